//! The breach question. `assess`, `explain` and `calendar` work on facts alone (`contracts/breach.md`); the other verbs
//! carry the attorney's decisions and the obligations of an incident.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use app::edge::Edge;
use breach::{Assessment, Facts, Law, LawError};
use clap::Subcommand;
use incident::{BreachAnswer, Duty, ObligationStanding, Request};
use jiff::civil::Date;
use kernel::Digest;
use serde_json::Value;

use super::{
    Bench,
    ask::{Ask, On, give, paper_of},
    case::CaseVerb,
    notices::{DocumentArgs, LettersArgs, NoticeVerb, WorksheetArgs},
};
use crate::{
    arguments::Globals,
    failure::Failure,
    pick::{digest, pick, short},
    terminal::{Ink, day, plain, say, say_json},
    word::word,
};

/// `breach …`
#[derive(Debug, Subcommand)]
pub(crate) enum BreachVerb {
    /// Assesses the facts of one event: determination, obligations, exact dates, as JSON
    #[command(
        after_help = "Examples:\n  tourniquet breach assess facts.json\n  tourniquet breach assess - < facts.json"
    )]
    Assess {
        /// The facts, or `-` for standard input
        facts: String,
    },
    /// Tells the same to a person: step by step, each with its citation and arithmetic
    #[command(after_help = "Example:\n  tourniquet breach explain facts.json")]
    Explain {
        /// The facts, or `-` for standard input
        facts: String,
    },
    /// Prints the obligations as iCalendar (RFC 5545)
    #[command(after_help = "Example:\n  tourniquet breach calendar facts.json > obligations.ics")]
    Calendar {
        /// The facts, or `-` for standard input
        facts: String,
    },
    /// Writes the letters to the people affected: drafts for counsel, or signed ones for the post
    Letters(LettersArgs),
    /// Fills in the HHS portal's form and the State agencies' as worksheets
    Worksheet(WorksheetArgs),
    /// Writes another document of the breach
    Document(DocumentArgs),
    /// The notice file: what the notices say, and who says it
    #[command(subcommand)]
    Notice(NoticeVerb),
    /// Answers the breach question (the attorney's alone)
    #[command(
        after_help = "Example:\n  tourniquet breach decide open breach --reason 'PHI was taken; no low probability' --as 'attorney:A. Counsel'"
    )]
    Decide {
        #[command(flatten)]
        on: On,
        /// The answer
        #[arg(value_parser = word::<BreachAnswer>())]
        answer: BreachAnswer,
        /// Why (may be repeated)
        #[arg(long, required = true)]
        reason: Vec<String>,
        /// The signed assessment, or its SHA-256; needed for not_a_breach
        #[arg(long, value_name = "FILE|SHA256")]
        document: Option<String>,
        /// The reasons are attorney–client privileged
        #[arg(long)]
        privileged: bool,
    },
    /// Lists the obligations; with --facts computes them anew from the facts
    #[command(
        after_help = "Examples:\n  tourniquet breach obligations open\n  tourniquet breach obligations open --facts facts.json"
    )]
    Obligations {
        #[command(flatten)]
        on: On,
        /// The facts to compute from (contracts/breach.md)
        #[arg(long, value_name = "FILE")]
        facts: Option<String>,
    },
    /// Records that an obligation was met, with proof
    #[command(
        after_help = "Example:\n  tourniquet breach met open 7K3M9Q --on 2026-10-02 --proof mailing-receipt.pdf --note 'letters handed to the post'"
    )]
    Met {
        #[command(flatten)]
        on: On,
        /// The obligation
        obligation: String,
        /// The day it was met, YYYY-MM-DD
        #[arg(long = "on", value_name = "DATE", id = "met_on")]
        day: Date,
        /// The proof's file, or its SHA-256
        #[arg(long, value_name = "FILE|SHA256")]
        proof: String,
        /// What the proof is
        #[arg(long)]
        note: String,
    },
    /// Determines that an obligation is not due (the attorney's alone)
    #[command(
        after_help = "Example:\n  tourniquet breach not-due open 7K3M9Q --reason 'fewer than 500 residents' --as 'attorney:A. Counsel'"
    )]
    NotDue {
        #[command(flatten)]
        on: On,
        /// The obligation
        obligation: String,
        /// Why (may be repeated)
        #[arg(long, required = true)]
        reason: Vec<String>,
        /// The reasons are attorney–client privileged
        #[arg(long)]
        privileged: bool,
    },
    /// The breach case of an incident: what may change, and what follows from it
    #[command(flatten)]
    Case(CaseVerb),
}

impl BreachVerb {
    /// Whether it works on facts alone.
    pub(crate) const fn needs_no_record(&self) -> bool {
        matches!(
            self,
            Self::Assess { .. }
                | Self::Explain { .. }
                | Self::Calendar { .. }
                | Self::Letters(_)
                | Self::Worksheet(_)
                | Self::Document(_)
                | Self::Notice(_)
        )
    }

    pub(crate) fn ask(self) -> Result<Ask, Box<Self>> {
        Ok(match self {
            Self::Decide { on, answer, reason, document, privileged } => Ask::with(on, move |_| {
                let document = document.map(|text| digest(&text)).transpose()?;
                Ok(Request::DecideBreach { answer, reasons: reason, document, privileged })
            }),
            Self::Obligations { on, facts: Some(facts) } => Ask::with(on, move |_| set_obligations(&facts)),
            Self::Met { on, obligation, day, proof, note } => Ask::with(on, move |about| {
                let obligation = pick(&obligation, about.state.obligations.keys().copied(), "obligation")?;
                Ok(Request::MeetObligation { obligation, on: day, proof: digest(&proof)?, note })
            }),
            Self::NotDue { on, obligation, reason, privileged } => Ask::with(on, move |about| {
                let obligation = pick(&obligation, about.state.obligations.keys().copied(), "obligation")?;
                Ok(Request::DetermineNotDue { obligation, reasons: reason, privileged })
            }),
            other => return Err(Box::new(other)),
        })
    }
}

pub(super) fn read_facts(given: &str) -> Result<(Facts, Vec<u8>), Failure> {
    const LARGEST: u64 = (1 << 20) + 1;
    let path = Path::new(given);
    let mut bytes = Vec::new();
    let read = if given == "-" {
        io::stdin().lock().take(LARGEST).read_to_end(&mut bytes)
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
        file.take(LARGEST).read_to_end(&mut bytes)
    };
    read.map_err(|error| Failure::reading(path, &error))?;
    let facts = Facts::from_json(&bytes).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((facts, bytes))
}

fn law() -> Result<&'static Law, Failure> {
    Law::embedded().map_err(|error: LawError| Failure::outside(error.to_string()))
}

fn assessed(given: &str) -> Result<(Facts, Assessment, Vec<u8>), Failure> {
    let (facts, bytes) = read_facts(given)?;
    let assessment = breach::assess(&facts, law()?);
    Ok((facts, assessment, bytes))
}

/// `assess`, `explain`, `calendar`, and the documents.
pub(crate) fn without_record(globals: &Globals, verb: BreachVerb) -> Result<(), Failure> {
    match verb {
        BreachVerb::Assess { facts } => say_json(&assessed(&facts)?.1),
        BreachVerb::Explain { facts } => {
            let (facts, assessment, _) = assessed(&facts)?;
            say(breach::explain(&assessment, &facts).trim_end());
            Ok(())
        }
        BreachVerb::Calendar { facts } => {
            let (_, assessment, bytes) = assessed(&facts)?;
            // The same facts give the same events, so that a calendar that imports the file again moves them.
            let reference = Digest::of(&bytes).to_string();
            let reference = reference.get(..16).unwrap_or(&reference);
            say(breach::calendar(&assessment, reference, Edge::machine().now()).trim_end());
            Ok(())
        }
        BreachVerb::Letters(args) => args.run(globals),
        BreachVerb::Worksheet(args) => args.run(globals),
        BreachVerb::Document(args) => args.run(globals),
        BreachVerb::Notice(verb) => verb.run(),
        _ => Ok(()),
    }
}

fn set_obligations(given: &str) -> Result<Request, Failure> {
    let (_, assessment, bytes) = assessed(given)?;
    // The answer's JSON is the contract that others rely on; it is read here as they read it.
    let answer = serde_json::to_value(&assessment)
        .map_err(|error| Failure::outside(format!("the assessment: {error}")))?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let duties =
        answer.get("obligations").and_then(Value::as_array).into_iter().flatten().filter_map(|duty| {
            Some(Duty {
                duty: text(duty, "duty")?,
                regime: text(duty, "regime")?,
                jurisdiction: text(duty, "jurisdiction"),
                recipient: text(duty, "recipient"),
                due: text(duty, "due").and_then(|date| date.parse().ok()),
                due_at: text(duty, "due_at").and_then(|at| at.parse().ok()),
                standard: text(duty, "standard"),
                citation: text(duty, "citation").unwrap_or_default(),
                confidence: text(duty, "confidence"),
                target: None,
            })
        });
    let duties = duties.collect();
    let tables = text(&answer, "law_tables_as_of").and_then(|date| date.parse().ok());
    let law_tables_as_of = tables.ok_or_else(|| Failure::outside("the law tables carry no date"))?;
    Ok(Request::SetObligations {
        duties,
        law_tables_as_of,
        facts: Some(Digest::of(&bytes)),
        grounds: Vec::new(),
    })
}

pub(crate) async fn run(bench: &Bench, verb: BreachVerb) -> Result<(), Failure> {
    let on = match verb.ask() {
        Ok(ask) => return give(bench, ask).await,
        Err(verb) => match *verb {
            BreachVerb::Obligations { on, .. } => on,
            BreachVerb::Case(verb) => return super::case::run(bench, verb).await,
            _ => return Ok(()),
        },
    };
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    let mut obligations: Vec<_> = seen.state.obligations.values().collect();
    obligations.sort_by_key(|obligation| {
        (obligation.standing.is_settled(), obligation.duty.due.is_none(), obligation.duty.due)
    });
    if bench.json() {
        return say_json(&obligations);
    }
    let paper = paper_of(bench, &seen).await;
    if let Some(decision) = seen.state.breach_decision() {
        say(&format!(
            "{}, {} ({})",
            decision.answer.plain(),
            decision.stamp.name,
            paper.at(decision.stamp.at)
        ));
    } else {
        say("The breach question is not answered; it is the attorney's.");
    }
    let rows = obligations
        .into_iter()
        .map(|obligation| {
            let stands = match &obligation.standing {
                ObligationStanding::Open if obligation.computed => (Ink::Caution, "open".to_owned()),
                ObligationStanding::Open => (Ink::Caution, "open; no longer computed".to_owned()),
                ObligationStanding::Met { on, .. } => (Ink::Good, format!("met {on}")),
                ObligationStanding::NotDue { .. } => (Ink::Faint, "not due".to_owned()),
            };
            let due = obligation.duty.due_at.map_or_else(|| day(obligation.duty.due), |at| paper.at(at));
            vec![
                plain(short(obligation.id)),
                plain(due),
                stands,
                plain(obligation.duty.plain()),
                plain(&obligation.duty.citation),
            ]
        })
        .collect();
    paper.table(&["obligation", "last day", "stands", "duty", "citation"], rows);
    if let Some(as_of) = seen.state.law_tables_as_of {
        say(&paper.ink(
            Ink::Faint,
            &format!("Law tables as of {as_of}. Questions of law are the attorney's to decide."),
        ));
    }
    Ok(())
}
