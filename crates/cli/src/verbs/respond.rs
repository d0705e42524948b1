//! `respond`: the main job (`contracts/respond.md`).

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use app::respond::{Material, Outcome};
use clap::Args;
use kernel::PracticeId;

use super::{Bench, practice::read_profile};
use crate::{
    desk::Here,
    failure::Failure,
    terminal::{clean, say, say_json, tell, waiting},
};

/// The largest input of alerts that is held in memory.
const LARGEST: u64 = 256 << 20;

/// `respond`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet respond --practice practice.toml --alert defender.json --alert front-desk.json --evidence ./logs\n  \
    tourniquet respond --alert alert.json\n\n\
    Writes incident.json, decisions.md, timeline.csv, story.json, coverage.json, obligations.ics, report.pdf and package.zip into\n\
    --out, with explain.md (the breach question for a person) and drafts for counsel of what is due in notices/. The\n\
    last line on standard output is a JSON object: incident, severity, hosts, accounts, detections, individuals, obligations,\n\
    open_decisions, out, seconds. `tourniquet serve` afterwards shows the same incident to the team."
)]
pub(crate) struct RespondArgs {
    /// The practice's profile (TOML; `tourniquet practice init` writes a commented one), or the name of one that is set up
    #[arg(long, value_name = "FILE")]
    practice: Option<String>,
    /// Alerts: a file, or `-` for standard input (may be repeated)
    #[arg(long, value_name = "FILE")]
    alert: Vec<PathBuf>,
    /// Evidence: a file or a folder (may be repeated)
    #[arg(long, value_name = "PATH")]
    evidence: Vec<PathBuf>,
    /// Files that were or may have been seen by the attacker (may be repeated)
    #[arg(long, value_name = "PATH")]
    exposed: Vec<PathBuf>,
    /// Further detection rules for the hunt (may be repeated)
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// YARA rules over every file of the evidence: a file, a folder or an archive (may be repeated)
    #[arg(long, value_name = "PATH")]
    yara: Vec<PathBuf>,
    /// Where the documents go; ./tourniquet-out/INCIDENT where absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) async fn run(bench: &Bench, args: RespondArgs) -> Result<(), Failure> {
    let here = bench.desk.here("respond")?;
    let material = Material {
        alerts: args.alert.iter().map(|path| read(path)).collect::<Result<_, _>>()?,
        evidence: checked(&args.evidence)?,
        exposed: checked(&args.exposed)?,
        rules: checked(&args.rules)?,
        yara: checked(&args.yara)?,
    };
    if material.alerts.is_empty() && material.evidence.is_empty() && material.exposed.is_empty() {
        return Err(Failure::usage(
            "nothing to respond to: name at least one --alert, --evidence or --exposed",
        ));
    }
    let practice = practice(bench, args.practice.as_deref()).await?;
    let bar = waiting("responding");
    let outcome = respond(here, practice, material, args.out).await;
    bar.finish_and_clear();
    print(&outcome?, bench.json())
}

/// Reads one input of alerts.
pub(super) fn read(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let mut bytes = Vec::new();
    let name = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
    let read = if path.as_os_str() == "-" {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        let file = fs::File::open(path).map_err(|error| Failure::reading(path, &error))?;
        if file.metadata().is_ok_and(|facts| facts.is_dir()) {
            return Err(Failure::reading(path, &io::Error::from(io::ErrorKind::IsADirectory)));
        }
        file.take(LARGEST + 1).read_to_end(&mut bytes)
    };
    read.map_err(|error| Failure::reading(path, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::usage(format!(
            "{name}: byte {LARGEST}: larger than 256 MiB, which no alert is; give it with --evidence, or its alerts with `intake`"
        )));
    }
    Ok((name, bytes))
}

fn checked(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    for path in paths {
        fs::metadata(path).map_err(|error| Failure::reading(path, &error))?;
    }
    Ok(paths.to_vec())
}

async fn practice(bench: &Bench, given: Option<&str>) -> Result<PracticeId, Failure> {
    match given {
        Some(file) if Path::new(file).is_file() => {
            Ok(bench.desk.set_practice(None, read_profile(Path::new(file))?).await?.0)
        }
        Some(name) if name.ends_with(".toml") || name.ends_with(".json") => {
            Err(Failure::reading(Path::new(name), &io::Error::from(io::ErrorKind::NotFound)))
        }
        named => bench.desk.practice_or_unnamed(named).await,
    }
}

/// Does the main job. Without `out` the documents go into a folder named after the incident, which is known only then.
pub(super) async fn respond(
    here: &Here,
    practice: PracticeId,
    material: Material,
    out: Option<PathBuf>,
) -> Result<Outcome, Failure> {
    if let Some(out) = out {
        return Ok(here.app.respond(&here.actor, practice, material, &out).await?);
    }
    let base = PathBuf::from("tourniquet-out");
    let draft = base.join(format!(".{}", here.app.edge().id(kernel::EntryId::new)));
    let outcome = here.app.respond(&here.actor, practice, material, &draft).await;
    let moved = match outcome {
        Ok(mut outcome) => {
            let name = outcome.incident.map_or_else(|| "no-incident".to_owned(), |id| id.to_string());
            outcome.out = Path::new(".").join(&base).join(name);
            move_into(&draft, &outcome.out).map(|()| outcome)
        }
        Err(error) => Err(error.into()),
    };
    let _ = fs::remove_dir_all(&draft);
    moved
}

fn move_into(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.exists() {
        return Ok(());
    }
    moved(from, to).map_err(|error| Failure::writing(to, &error))
}

fn moved(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let target = to.join(file.file_name());
        // A folder may be there from the first time that this incident was responded to.
        if file.file_type()?.is_dir() {
            moved(&file.path(), &target)?;
        } else {
            fs::rename(file.path(), target)?;
        }
    }
    Ok(())
}

/// Tells what could not be read and what else a person should know, and then the contract's last line.
pub(super) fn print(outcome: &Outcome, json: bool) -> Result<(), Failure> {
    for (name, error) in &outcome.unread {
        tell(&format!("warning: {}: {}", clean(name), clean(&error.to_string())));
    }
    outcome.remarks.iter().for_each(|remark| tell(&format!("note: {}", clean(remark))));
    if !json && let Some(incident) = outcome.incident {
        let severity = outcome.severity.map_or("no severity", kernel::Severity::as_str);
        say(&format!("Incident {incident}: {severity}"));
        say(&format!(
            "{} hosts, {} accounts, {} decisions wait. Documents: {}",
            outcome.hosts,
            outcome.accounts,
            outcome.open_decisions,
            outcome.out.display()
        ));
        say("Next: `tourniquet incident decisions open`, or `tourniquet serve` for the team.");
    }
    say_json(outcome)
}
