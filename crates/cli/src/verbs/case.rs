//! The breach case of an incident: its facts and their versions, what changed and what would, the four factors, the
//! mailing, proof of notice, the yearly log. It supports counsel and does not replace them.

use std::{fs, io::Read as _, path::Path};

use app::case::{ConditionGiven, Determination, FactorsGiven, FactsGiven, MailGiven, Recommendation};
use clap::Subcommand;
use incident::{Likelihood, MailReturn, MailStep};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Bench,
    ask::{On, told},
};
use crate::{
    desk::case::{CaseChange, View},
    failure::Failure,
    pick::pick_all,
    terminal::{clean, plain, say, say_json},
    word::word,
};

mod shown;

use shown::{cell, changes, clock, factors, list, log, proof, text, view, what_if};

/// Verbs of the breach case, beside the other verbs of `breach`.
#[derive(Debug, Subcommand)]
pub(crate) enum CaseVerb {
    /// The facts of the incident: shown, set, patched, with their versions
    #[command(subcommand)]
    Facts(FactsVerb),
    /// Shows how near every duty is: missed, near, ahead, met
    #[command(after_help = "Example:\n  tourniquet breach clock open")]
    Clock {
        #[command(flatten)]
        on: On,
    },
    /// Shows every time that obligations changed: new, moved or no longer due, each with its reason
    #[command(after_help = "Example:\n  tourniquet breach changes open")]
    Changes {
        #[command(flatten)]
        on: On,
    },
    /// Shows what would move if the facts were patched so; nothing is recorded
    #[command(
        after_help = "Examples:\n  tourniquet breach what-if open '{\"individuals\": {\"by_state\": {\"OH\": 520}}}'\n  tourniquet breach what-if open patch.json"
    )]
    WhatIf {
        #[command(flatten)]
        on: On,
        /// A JSON merge patch (RFC 7396): the text itself, a file, or `-`
        patch: String,
    },
    /// Shows the four-factor record with the question of each factor; with --write adds a version
    #[command(
        after_help = "Examples:\n  tourniquet breach factors open\n  tourniquet breach factors open --template > factors.json\n  \
        tourniquet breach factors open --write factors.json --as 'attorney:A. Counsel'"
    )]
    Factors {
        #[command(flatten)]
        on: On,
        /// A version: all four factors, each with `known`, `unknown` and the attorney's `reasoning`
        #[arg(long, value_name = "FILE", conflicts_with = "template")]
        write: Option<String>,
        /// Prints the newest version, or an empty one, to be filled in
        #[arg(long)]
        template: bool,
    },
    /// Recommends what the attorney should determine; it binds nobody
    #[command(
        after_help = "Example:\n  tourniquet breach recommend open low --because 'one session of four minutes; deletion attested'"
    )]
    Recommend {
        #[command(flatten)]
        on: On,
        /// What
        #[arg(value_parser = word::<Likelihood>())]
        probability: Likelihood,
        /// Why. No PHI
        #[arg(long)]
        because: String,
    },
    /// Signs the newest version of the four factors (the attorney's alone)
    #[command(after_help = "Example:\n  tourniquet breach determine open low --as 'attorney:A. Counsel'")]
    Determine {
        #[command(flatten)]
        on: On,
        /// What
        #[arg(value_parser = word::<Likelihood>())]
        probability: Likelihood,
        /// The version that was read; the newest where absent
        #[arg(long, value_name = "NUMBER")]
        factors_version: Option<u32>,
    },
    /// States a condition of an exception or a safe harbour (the attorney's alone)
    #[command(
        after_help = "Example:\n  tourniquet breach condition open encryption key_safe --met yes --because 'the key is held apart' --as 'attorney:A. Counsel'"
    )]
    Condition {
        #[command(flatten)]
        on: On,
        /// good_faith_workforce, inadvertent_internal, not_retained, encryption or destruction
        about: String,
        /// The condition, such as good_faith or key_safe (`breach factors` lists them)
        condition: String,
        /// Whether it is met: yes, no, or unknown
        #[arg(long, value_parser = ["yes", "no", "unknown"])]
        met: String,
        /// Why. No PHI
        #[arg(long)]
        because: String,
        /// Evidence it rests on (may be repeated)
        #[arg(long, value_name = "EVIDENCE")]
        evidence: Vec<String>,
    },
    /// The letters: a sealed list of recipients, what was sent, what came back
    #[command(subcommand)]
    Mail(MailVerb),
    /// Shows what proves that each notice was made (45 CFR 164.414(b))
    #[command(after_help = "Example:\n  tourniquet breach proof open")]
    Proof {
        #[command(flatten)]
        on: On,
    },
    /// The yearly log of breaches of fewer than 500 people, with its filing date (45 CFR 164.408(c))
    #[command(
        after_help = "Examples:\n  tourniquet breach log\n  tourniquet breach log --year 2026 --csv > small-breaches.csv"
    )]
    Log {
        /// Of this practice
        #[arg(long, value_name = "NAME")]
        practice: Option<String>,
        /// Discovered in this year
        #[arg(long)]
        year: Option<i16>,
        /// As CSV
        #[arg(long)]
        csv: bool,
    },
}

/// `breach facts …`
#[derive(Debug, Subcommand)]
pub(crate) enum FactsVerb {
    /// Shows the facts that stand, as JSON; those drawn from the record are named on standard error
    #[command(after_help = "Example:\n  tourniquet breach facts show open > facts.json")]
    Show {
        #[command(flatten)]
        on: On,
    },
    /// Replaces the facts; obligations are computed anew in the same write
    #[command(
        after_help = "Example:\n  tourniquet breach facts set open facts.json --reason 'the count is in' --as responder:Marcus"
    )]
    Set {
        #[command(flatten)]
        on: On,
        /// The facts (contracts/breach.md), or `-`
        facts: String,
        /// Why they change. No PHI
        #[arg(long)]
        reason: String,
    },
    /// Changes members of the facts (JSON merge patch, RFC 7396)
    #[command(
        after_help = "Examples:\n  tourniquet breach facts patch open '{\"individuals\": {\"by_state\": {\"OH\": 520}}}' --reason 'the share held more' --as responder:Marcus\n  \
        tourniquet breach facts patch open hold.json --reason 'the agent called' --as 'attorney:A. Counsel'"
    )]
    Patch {
        #[command(flatten)]
        on: On,
        /// The patch: the text itself, a file, or `-`
        patch: String,
        /// Why they change. No PHI
        #[arg(long)]
        reason: String,
    },
    /// Lists the versions: who changed what, when and why
    #[command(after_help = "Example:\n  tourniquet breach facts versions open")]
    Versions {
        #[command(flatten)]
        on: On,
    },
}

/// `breach mail …`
#[derive(Debug, Subcommand)]
pub(crate) enum MailVerb {
    /// Takes the list of recipients in as sealed evidence (CSV: individual, address_1, and letter where numbered)
    #[command(after_help = "Example:\n  tourniquet breach mail import open recipients.csv")]
    Import {
        #[command(flatten)]
        on: On,
        /// The list
        list: String,
    },
    /// Shows how the mailing stands, and which substitute notice that calls for
    #[command(after_help = "Example:\n  tourniquet breach mail show open")]
    Show {
        #[command(flatten)]
        on: On,
    },
    /// Records that letters went out, the first time or to a better address
    #[command(after_help = "Example:\n  tourniquet breach mail sent open all --on 2026-10-02")]
    Sent {
        #[command(flatten)]
        on: On,
        /// `all`, or numbers and spans such as 1-480,483
        letters: String,
        /// The day, YYYY-MM-DD
        #[arg(long = "on", value_name = "DATE", id = "mail_on")]
        day: Date,
    },
    /// Records that letters came back
    #[command(
        after_help = "Example:\n  tourniquet breach mail returned open 7,19,23 --on 2026-10-12 --reason moved"
    )]
    Returned {
        #[command(flatten)]
        on: On,
        /// Numbers and spans such as 7,19-23
        letters: String,
        /// The day, YYYY-MM-DD
        #[arg(long = "on", value_name = "DATE", id = "mail_on")]
        day: Date,
        /// Why
        #[arg(long, value_parser = word::<MailReturn>())]
        reason: MailReturn,
    },
    /// Records that people were reached by other means
    #[command(
        after_help = "Example:\n  tourniquet breach mail reached open 7 --on 2026-10-15 --how 'by telephone'"
    )]
    Reached {
        #[command(flatten)]
        on: On,
        /// Numbers and spans such as 7,19-23
        letters: String,
        /// The day, YYYY-MM-DD
        #[arg(long = "on", value_name = "DATE", id = "mail_on")]
        day: Date,
        /// How. No PHI
        #[arg(long)]
        how: String,
    },
}

fn bytes(given: &str) -> Result<Vec<u8>, Failure> {
    const LARGEST: u64 = (32 << 20) + 1;
    let path = Path::new(given);
    let mut bytes = Vec::new();
    let read = if given == "-" {
        std::io::stdin().lock().take(LARGEST).read_to_end(&mut bytes)
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
        file.take(LARGEST).read_to_end(&mut bytes)
    };
    read.map_err(|error| Failure::reading(path, &error))?;
    Ok(bytes)
}

/// JSON that was given as text, or as a file.
fn json<T: DeserializeOwned>(given: &str) -> Result<T, Failure> {
    let text = if given.trim_start().starts_with('{') { given.as_bytes().to_vec() } else { bytes(given)? };
    serde_json::from_slice(&text).map_err(|error| {
        let shown: String = given.chars().take(60).collect();
        Failure::usage(format!("{shown}: {error}"))
    })
}

pub(crate) async fn run(bench: &Bench, verb: CaseVerb) -> Result<(), Failure> {
    let (on, change) = match verb {
        CaseVerb::Facts(verb) => return facts(bench, verb).await,
        CaseVerb::Mail(verb) => return mail(bench, verb).await,
        CaseVerb::Log { practice, year, csv } => return log(bench, practice.as_deref(), year, csv).await,
        CaseVerb::Clock { on } => return clock(bench, &on).await,
        CaseVerb::Changes { on } => return changes(bench, &on).await,
        CaseVerb::Proof { on } => return proof(bench, &on).await,
        CaseVerb::WhatIf { on, patch } => return what_if(bench, &on, &patch).await,
        CaseVerb::Factors { on, write: None, template } => return factors(bench, &on, template).await,
        CaseVerb::Factors { on, write: Some(file), .. } => {
            (on, CaseChange::Factors(Box::new(FactorsGiven { factors: json(&file)? })))
        }
        CaseVerb::Recommend { on, probability, because } => {
            let version = newest(bench, &on).await?;
            (on, CaseChange::Recommend(Recommendation { version, probability, because }))
        }
        CaseVerb::Determine { on, probability, factors_version } => {
            let version = match factors_version {
                Some(version) => version,
                None => newest(bench, &on).await?,
            };
            (on, CaseChange::Determine(Determination { version, probability }))
        }
        CaseVerb::Condition { on, about, condition, met, because, evidence } => {
            let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
            let evidence = pick_all(&evidence, seen.state.evidence.keys().copied(), "evidence")?;
            let met = match met.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            };
            (on, CaseChange::Condition(ConditionGiven { about, condition, met, because, evidence }))
        }
    };
    change_case(bench, &on, change).await
}

async fn change_case(bench: &Bench, on: &On, change: CaseChange) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&on.incident).await?;
    let answered = bench.desk.change_case(id, change, &on.how()).await?;
    if answered.entries.is_empty() && !bench.json() {
        say("Nothing changed: it stands so already.");
    }
    told(bench, &answered).await
}

async fn newest(bench: &Bench, on: &On) -> Result<u32, Failure> {
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    Ok(u32::try_from(seen.state.case.factors.len()).unwrap_or(u32::MAX))
}

async fn facts(bench: &Bench, verb: FactsVerb) -> Result<(), Failure> {
    match verb {
        FactsVerb::Show { on } => {
            let shown = view(bench, &on, View::Facts).await?;
            if bench.json() {
                return say_json(&shown);
            }
            let facts = shown.get("facts").unwrap_or(&Value::Null);
            let pretty = serde_json::to_string_pretty(facts);
            say(&pretty.map_err(|error| Failure::outside(format!("cannot write JSON: {error}")))?);
            for source in list(&shown, "drawn") {
                let (pointer, from) = (clean(text(source, "pointer")), clean(text(source, "from")));
                crate::terminal::tell(&format!("{pointer} is drawn from {from}"));
            }
            if let Some(what) = shown.get("contradiction").and_then(Value::as_str) {
                crate::terminal::warn(&format!("the facts contradict each other: {what}"));
            }
            Ok(())
        }
        FactsVerb::Set { on, facts, reason } => {
            let facts = json(&facts)?;
            change_case(bench, &on, CaseChange::Whole(FactsGiven { facts, reason })).await
        }
        FactsVerb::Patch { on, patch, reason } => {
            let facts = json(&patch)?;
            change_case(bench, &on, CaseChange::Patch(FactsGiven { facts, reason })).await
        }
        FactsVerb::Versions { on } => {
            let versions = view(bench, &on, View::Versions).await?;
            if bench.json() {
                return say_json(&versions);
            }
            let rows: Vec<_> = versions
                .as_array()
                .into_iter()
                .flatten()
                .map(|version| {
                    let stamp = version.get("stamp").unwrap_or(&Value::Null);
                    let changed: Vec<_> = list(version, "changed").filter_map(Value::as_str).collect();
                    vec![
                        plain(cell(version, "version")),
                        plain(format!("{}, {}", cell(stamp, "name"), cell(stamp, "role"))),
                        plain(cell(stamp, "at")),
                        plain(clean(&changed.join(" "))),
                        plain(cell(version, "reason")),
                    ]
                })
                .collect();
            if rows.is_empty() {
                say("Nobody has stated the facts yet: they are what the incident shows by itself.");
            }
            bench.paper.table(&["version", "who", "when", "what changed", "why"], rows);
            Ok(())
        }
    }
}

async fn mail(bench: &Bench, verb: MailVerb) -> Result<(), Failure> {
    let given =
        |step, letters, on, reason, how| CaseChange::Mail(MailGiven { step, letters, on, reason, how });
    match verb {
        MailVerb::Import { on, list } => {
            let id = bench.desk.find_incident(&on.incident).await?;
            let answered = bench.desk.import_recipients(id, bytes(&list)?, &on.how()).await?;
            told(bench, &answered).await
        }
        MailVerb::Show { on } => {
            let mailing = view(bench, &on, View::Mailing).await?;
            if bench.json() {
                return say_json(&mailing);
            }
            let rows = ["letters", "waiting", "sent", "undeliverable", "deceased", "reached", "completed_on"]
                .map(|name| vec![plain(name.replace('_', " ")), plain(cell(&mailing, name))]);
            bench.paper.table(&["", ""], rows.to_vec());
            let notice = text(&mailing, "substitute_notice").replace('_', " ");
            say(&format!("substitute notice: {notice} (45 CFR 164.404(d)(2))"));
            Ok(())
        }
        MailVerb::Sent { on, letters, day } => {
            change_case(bench, &on, given(MailStep::Sent, letters, day, None, None)).await
        }
        MailVerb::Returned { on, letters, day, reason } => {
            change_case(bench, &on, given(MailStep::Returned, letters, day, Some(reason), None)).await
        }
        MailVerb::Reached { on, letters, day, how } => {
            change_case(bench, &on, given(MailStep::Reached, letters, day, None, Some(how))).await
        }
    }
}
