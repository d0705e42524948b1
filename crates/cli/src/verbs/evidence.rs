//! Evidence: taken in, listed, handed over, examined, kept, destroyed by two.

mod search;

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use app::evidence::Provenance;
use clap::{Args, Subcommand};
use incident::{Place, Request};
use jiff::civil::Date;
use kernel::{EvidenceId, IncidentId};
use serde_json::Value;

use super::{
    Bench,
    ask::{About, Ask, On, give, paper_of},
};
use crate::{
    desk::Desk,
    failure::Failure,
    pick::{digest, pick, short},
    terminal::{Ink, day, plain, say, say_json, size, waiting},
};

/// `evidence …`
#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceVerb {
    /// Takes files, folders or standard input (`-`) into the vault: hashed, sealed, in custody
    #[command(
        after_help = "Examples:\n  tourniquet evidence take open ./logs/security.evtx --source srv-file1 --why 'sign-ins of the weekend'\n  \
        ssh host cat /var/log/vpn.log | tourniquet evidence take open - --name vpn.log --source vpn --why 'contractor sign-ins'\n  \
        tourniquet evidence take open - --name vpn.log --source vpn --why 'contractor sign-ins'"
    )]
    Take(TakeArgs),
    /// Lists the items
    #[command(after_help = "Example:\n  tourniquet evidence list open")]
    List {
        #[command(flatten)]
        on: On,
    },
    /// Shows an item with its chain of custody
    #[command(after_help = "Example:\n  tourniquet evidence show open 7K3M9Q")]
    Show {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
    },
    /// Writes an item's bytes to a file, or to standard output; a changed item is refused
    #[command(after_help = "Example:\n  tourniquet evidence get open 7K3M9Q --out vpn.log")]
    Get {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// The file; standard output where absent
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Hashes items again: one incident's, or all
    #[command(after_help = "Examples:\n  tourniquet evidence rehash open\n  tourniquet evidence rehash")]
    Rehash {
        /// The incident; every incident where absent
        incident: Option<String>,
    },
    /// Hunts through the items: findings, suspects and proposals come of it; nothing is recorded twice
    #[command(
        after_help = "Examples:\n  tourniquet evidence hunt open\n  tourniquet evidence hunt open --last --json\n  \
        tourniquet evidence hunt open --yara families.yar"
    )]
    Hunt {
        /// The incident: its id, the end of its id, or `open` for the only open one
        incident: String,
        /// Shows what the last hunt found, and hunts for nothing
        #[arg(long, conflicts_with_all = ["rules", "yara"])]
        last: bool,
        /// Sigma rules beside those that ship with the program: a file, a folder or a ZIP (may be repeated)
        #[arg(long, value_name = "PATH")]
        rules: Vec<PathBuf>,
        /// YARA rules over every item, and what is in archives: a file, a folder or an archive (may be repeated)
        #[arg(long, value_name = "PATH")]
        yara: Vec<PathBuf>,
    },
    /// Lists what the last hunt found line by line, in order of time
    #[command(
        after_help = "Examples:\n  tourniquet evidence lines open --level high\n  tourniquet evidence lines open --host SRV-FILE1 \
        --from 2026-09-13T06:00:00Z --to 2026-09-13T08:00:00Z\n  tourniquet evidence lines open --tactic credential-access --json"
    )]
    Lines(search::LinesArgs),
    /// Hands an item over to somebody who has to give it back
    #[command(
        after_help = "Example:\n  tourniquet evidence hand-over open 7K3M9Q --to 'Forensics Ltd, J. Doe' --why 'disk image to be examined'"
    )]
    HandOver {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// To whom
        #[arg(long)]
        to: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Receives an item back; a digest that differs stays visible
    #[command(
        after_help = "Example:\n  tourniquet evidence receive open 7K3M9Q --from 'Forensics Ltd, J. Doe' --file returned.img"
    )]
    Receive {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// From whom
        #[arg(long)]
        from: String,
        /// What came back, or its SHA-256
        #[arg(long, value_name = "FILE|SHA256")]
        file: Option<String>,
    },
    /// Records that a copy was examined
    #[command(
        after_help = "Example:\n  tourniquet evidence examine open 7K3M9Q --purpose 'timeline of sign-ins'"
    )]
    Examine {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// What for
        #[arg(long)]
        purpose: String,
        /// The copy, or its SHA-256
        #[arg(long, value_name = "FILE|SHA256")]
        copy: Option<String>,
    },
    /// Gives an item away for good
    #[command(
        after_help = "Example:\n  tourniquet evidence release open 7K3M9Q --to 'FBI field office' --why 'subpoena of 2026-09-20'"
    )]
    Release {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// To whom
        #[arg(long)]
        to: String,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Places a legal hold on an item, or on everything (the attorney's)
    #[command(
        after_help = "Example:\n  tourniquet evidence hold open --reason 'litigation is expected' --as 'attorney:A. Counsel'"
    )]
    Hold {
        #[command(flatten)]
        on: On,
        /// The item; everything of the incident, now and later, where absent
        item: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Lifts a legal hold (the attorney's)
    #[command(
        after_help = "Example:\n  tourniquet evidence lift-hold open --reason 'settled' --as 'attorney:A. Counsel'"
    )]
    LiftHold {
        #[command(flatten)]
        on: On,
        /// The item; the hold on everything where absent
        item: Option<String>,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Sets the last day an item has to be kept; it can be moved later, never earlier
    #[command(
        after_help = "Example:\n  tourniquet evidence retain open 7K3M9Q --until 2033-01-01 --reason 'last effect in 2026'"
    )]
    Retain {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// The last day, YYYY-MM-DD
        #[arg(long)]
        until: Date,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Destruction after retention and hold: asked by one, confirmed by another
    #[command(subcommand)]
    Destroy(DestroyVerb),
}

/// `evidence take`.
#[derive(Debug, Args)]
pub(crate) struct TakeArgs {
    #[command(flatten)]
    on: On,
    /// Files, folders, or `-` for standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Where it comes from: a host, a person, a product. No PHI
    #[arg(long)]
    source: String,
    /// Why it is taken
    #[arg(long)]
    why: String,
    /// What it is called, for standard input
    #[arg(long, default_value = "standard input")]
    name: String,
}

/// `evidence destroy …`
#[derive(Debug, Subcommand)]
pub(crate) enum DestroyVerb {
    /// Asks for the destruction of an item
    #[command(
        after_help = "Example:\n  tourniquet evidence destroy request open 7K3M9Q --reason 'retention ended'"
    )]
    Request {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Confirms it, as another person; the bytes are destroyed, the digest stays
    #[command(
        after_help = "Example:\n  tourniquet evidence destroy confirm open 7K3M9Q --as 'practice:Dr. Ruiz'"
    )]
    Confirm {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
    },
    /// Takes the request back
    #[command(
        after_help = "Example:\n  tourniquet evidence destroy withdraw open 7K3M9Q --reason 'still needed'"
    )]
    Withdraw {
        #[command(flatten)]
        on: On,
        /// The item
        item: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
}

fn item_of(text: &str, about: &About<'_>) -> Result<EvidenceId, Failure> {
    pick(text, about.state.evidence.keys().copied(), "evidence")
}

fn maybe_item(text: Option<&String>, about: &About<'_>) -> Result<Option<EvidenceId>, Failure> {
    text.map(|text| item_of(text, about)).transpose()
}

fn maybe_digest(text: Option<&String>) -> Result<Option<kernel::Digest>, Failure> {
    text.map(|text| digest(text)).transpose()
}

impl EvidenceVerb {
    /// The command; the verb itself where it is not one command.
    pub(crate) fn ask(self) -> Result<Ask, Box<Self>> {
        Ok(match self {
            Self::HandOver { on, item, to, why } => Ask::with(on, move |about| {
                Ok(Request::HandOverEvidence { evidence: item_of(&item, about)?, to, why })
            }),
            Self::Receive { on, item, from, file } => Ask::with(on, move |about| {
                let digest = maybe_digest(file.as_ref())?;
                Ok(Request::ReceiveEvidenceBack { evidence: item_of(&item, about)?, from, digest })
            }),
            Self::Examine { on, item, purpose, copy } => Ask::with(on, move |about| {
                let copy = maybe_digest(copy.as_ref())?;
                Ok(Request::ExamineCopy { evidence: item_of(&item, about)?, purpose, copy })
            }),
            Self::Release { on, item, to, why } => Ask::with(on, move |about| {
                Ok(Request::ReleaseEvidence { evidence: item_of(&item, about)?, to, why })
            }),
            Self::Hold { on, item, reason } => Ask::with(on, move |about| {
                Ok(Request::PlaceHold { evidence: maybe_item(item.as_ref(), about)?, reason })
            }),
            Self::LiftHold { on, item, reason } => Ask::with(on, move |about| {
                Ok(Request::LiftHold { evidence: maybe_item(item.as_ref(), about)?, reason })
            }),
            Self::Retain { on, item, until, reason } => Ask::with(on, move |about| {
                Ok(Request::SetEvidenceRetention { evidence: item_of(&item, about)?, until, reason })
            }),
            Self::Destroy(DestroyVerb::Request { on, item, reason }) => Ask::with(on, move |about| {
                Ok(Request::RequestDestruction { evidence: item_of(&item, about)?, reason })
            }),
            Self::Destroy(DestroyVerb::Confirm { on, item }) => Ask::with(on, move |about| {
                Ok(Request::ConfirmDestruction { evidence: item_of(&item, about)? })
            }),
            Self::Destroy(DestroyVerb::Withdraw { on, item, reason }) => Ask::with(on, move |about| {
                Ok(Request::WithdrawDestruction { evidence: item_of(&item, about)?, reason })
            }),
            other => return Err(Box::new(other)),
        })
    }
}

pub(crate) async fn run(bench: &Bench, verb: EvidenceVerb) -> Result<(), Failure> {
    let verb = match verb.ask() {
        Ok(ask) => return give(bench, ask).await,
        Err(verb) => *verb,
    };
    match verb {
        EvidenceVerb::Take(args) => take(bench, args).await,
        EvidenceVerb::List { on } => list(bench, &on).await,
        EvidenceVerb::Show { on, item } => show(bench, &on, &item).await,
        EvidenceVerb::Get { on, item, out } => get(bench, &on, &item, out.as_deref()).await,
        EvidenceVerb::Rehash { incident } => rehash(bench, incident.as_deref()).await,
        EvidenceVerb::Hunt { incident, last, rules, yara } => {
            let rules = search::rules(&rules, &yara)?;
            search::run(bench, &incident, last, rules).await
        }
        EvidenceVerb::Lines(args) => search::lines(bench, args).await,
        _ => Ok(()),
    }
}

async fn take(bench: &Bench, args: TakeArgs) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&args.on.incident).await?;
    let mut taken = Vec::new();
    for path in &args.paths {
        let from = |name: String| Provenance { name, source: args.source.clone(), why: args.why.clone() };
        let bar = waiting(&format!("taking in {}", path.display()));
        if path.as_os_str() == "-" {
            let answered = bench
                .desk
                .take_evidence(id, Box::new(io::stdin()), from(args.name.clone()), &args.on.how())
                .await?;
            taken.push((args.name.clone(), answered));
        } else {
            take_path(&bench.desk, id, path, &from, &args, &mut taken).await?;
        }
        bar.finish_and_clear();
    }
    if bench.json() {
        return say_json(&taken.iter().map(|(_, answered)| answered).collect::<Vec<_>>());
    }
    let seen = bench.desk.incident(id).await?;
    for (name, _) in &taken {
        say(&format!("{} {}", bench.paper.ink(Ink::Good, "sealed"), crate::terminal::clean(name)));
    }
    say(&format!("{} of evidence now, every one in custody", items(seen.state.evidence.len())));
    Ok(())
}

fn items(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

type TakenItems = Vec<(String, crate::desk::Answered)>;

async fn take_path(
    desk: &Desk,
    id: IncidentId,
    path: &Path,
    from: &impl Fn(String) -> Provenance,
    args: &TakeArgs,
    taken: &mut TakenItems,
) -> Result<(), Failure> {
    fs::symlink_metadata(path).map_err(|error| Failure::reading(path, &error))?;
    if let Desk::Here(here) = desk {
        // The vault walks a folder itself, and seals a list of what lay where.
        let done =
            here.app.take_evidence_path(&here.actor, id, path.to_owned(), &args.source, &args.why).await?;
        let name = path.display().to_string();
        taken.extend(done.into_iter().map(|done| (name.clone(), done.into())));
        return Ok(());
    }
    let mut waiting = vec![path.to_owned()];
    let base = path.parent().unwrap_or(Path::new(""));
    while let Some(next) = waiting.pop() {
        let kind = fs::symlink_metadata(&next).map_err(|error| Failure::reading(&next, &error))?.file_type();
        if kind.is_dir() {
            let entries = fs::read_dir(&next).map_err(|error| Failure::reading(&next, &error))?;
            for entry in entries {
                waiting.push(entry.map_err(|error| Failure::reading(&next, &error))?.path());
            }
            waiting.sort();
        } else if kind.is_file() {
            let name = next.strip_prefix(base).unwrap_or(&next).to_string_lossy().into_owned();
            let file = File::open(&next).map_err(|error| Failure::reading(&next, &error))?;
            let answered = desk.take_evidence(id, Box::new(file), from(name.clone()), &args.on.how()).await?;
            taken.push((name, answered));
        } else {
            crate::terminal::warn(&format!("{}: neither a file nor a folder; not taken", next.display()));
        }
    }
    Ok(())
}

async fn list(bench: &Bench, on: &On) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&on.incident).await?;
    let rows = bench.desk.evidence(id).await?;
    if bench.json() {
        return say_json(&rows);
    }
    let seen = bench.desk.incident(id).await?;
    let paper = paper_of(bench, &seen).await;
    let rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let checked = match &row.rehashed {
                None => (Ink::Faint, "not since".to_owned()),
                Some((at, outcome)) if outcome == "ok" => (Ink::Good, format!("intact {}", paper.at(*at))),
                Some((at, outcome)) => (Ink::Alarm, format!("{} {}", outcome.to_uppercase(), paper.at(*at))),
            };
            let digest = row.sha256.to_string();
            vec![
                plain(short(row.id)),
                plain(&row.name),
                plain(size(row.bytes)),
                plain(&row.source),
                plain(row.state.replace('_', " ")),
                plain(paper.at(row.taken_at)),
                checked,
                (Ink::Faint, digest.get(..12).unwrap_or(&digest).to_owned()),
            ]
        })
        .collect();
    if rows.is_empty() {
        say("No evidence has been taken.");
    }
    paper.table(&["item", "name", "size", "source", "where", "taken", "hashed again", "sha-256"], rows);
    Ok(())
}

async fn show(bench: &Bench, on: &On, item: &str) -> Result<(), Failure> {
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    let id = pick(item, seen.state.evidence.keys().copied(), "evidence")?;
    let Some(item) = seen.state.evidence.get(&id) else {
        return Err(Failure::usage(format!("evidence {id} is not in this incident")));
    };
    if bench.json() {
        return say_json(item);
    }
    let paper = paper_of(bench, &seen).await;
    let place = match &item.place {
        Place::Vault => "in the vault".to_owned(),
        Place::HandedOver { to, .. } => format!("handed over to {to}"),
        Place::Released { to, .. } => format!("released to {to}"),
        Place::Destroyed { .. } => "destroyed; the digest stays".to_owned(),
    };
    for (name, value) in [
        ("item", id.to_string()),
        ("sha-256", item.digest.to_string()),
        ("size", format!("{} ({} bytes)", size(item.bytes), item.bytes)),
        ("source", item.source.clone()),
        ("why", item.why.clone()),
        ("where", place),
        ("keep until", day(item.retain_until)),
        (
            "legal hold",
            item.hold
                .as_ref()
                .or(seen.state.hold.as_ref())
                .map_or_else(|| "none".to_owned(), |hold| hold.reason.clone()),
        ),
    ] {
        say(&format!("{name:<11} {}", crate::terminal::clean(&value)));
    }
    paper.heading("Chain of custody");
    let rows = item
        .chain
        .iter()
        .map(|event| {
            let who = format!("{} ({})", event.stamp.name, event.stamp.role);
            vec![plain(paper.at(event.stamp.at)), plain(&event.what), plain(who)]
        })
        .collect();
    paper.table(&["when", "what", "who"], rows);
    Ok(())
}

async fn get(bench: &Bench, on: &On, item: &str, out: Option<&Path>) -> Result<(), Failure> {
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    let id = pick(item, seen.state.evidence.keys().copied(), "evidence")?;
    let Some(out) = out else {
        let mut output = io::stdout();
        bench.desk.copy_evidence(id, &mut output).await?;
        return output.flush().map_err(|error| Failure::outside(format!("standard output: {error}")));
    };
    let draft = out.with_extension("part");
    let mut file = File::create(&draft).map_err(|error| Failure::writing(&draft, &error))?;
    let outcome = match bench.desk.copy_evidence(id, &mut file).await {
        Ok(_) => file
            .sync_all()
            .and_then(|()| fs::rename(&draft, out))
            .map_err(|error| Failure::writing(out, &error)),
        Err(failure) => Err(failure),
    };
    if outcome.is_err() {
        let _ = fs::remove_file(&draft);
    }
    outcome
}

async fn rehash(bench: &Bench, incident: Option<&str>) -> Result<(), Failure> {
    let id = match incident {
        Some(text) => Some(bench.desk.find_incident(text).await?),
        None => None,
    };
    let bar = waiting("hashing again");
    let outcomes = bench.desk.rehash(id).await?;
    bar.finish_and_clear();
    let bad: Vec<&Value> = outcomes
        .iter()
        .filter(|outcome| outcome.get("outcome").and_then(Value::as_str) != Some("ok"))
        .collect();
    if bench.json() {
        say_json(&outcomes)?;
    } else {
        say(&format!("{} hashed again", items(outcomes.len())));
    }
    if bad.is_empty() {
        return Ok(());
    }
    let missing = bad
        .iter()
        .map(|outcome| {
            let part = |name: &str| outcome.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}: {}", part("evidence"), part("name"), part("outcome"))
        })
        .collect();
    let what = format!(
        "{} not what was taken in; restore from a backup, and find out who changed it",
        items(bad.len())
    );
    Err(Failure::No { what, code: "evidence_changed".to_owned(), missing })
}
