//! `intake` (`contracts/intake.md`): reads alerts and prints one JSON object for each, as JSON Lines, in input order.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use intake::{IntakeError, adapter::Adapter, error::Fault};
use kernel::PracticeId;
use serde_json::Value;

use super::Bench;
use crate::{
    desk::Desk,
    failure::Failure,
    terminal::{Paper, plain, say_json, tell},
};

/// `intake`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet intake defender.json front-desk.json vendor.eml\n  \
    tourniquet intake --dry-run - < alerts.jsonl\n  tourniquet intake --sources\n\n\
    Prints one JSON object for each alert, in input order. What cannot be read is told on standard error with its byte\n\
    offset (exit 2); nothing of it is recorded, and the other alerts are.")]
pub(crate) struct IntakeArgs {
    /// Files, or `-` for standard input
    #[arg(value_name = "FILE", required_unless_present = "sources")]
    files: Vec<PathBuf>,
    /// The adapter; recognised from the content where absent
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Reads and prints, and records nothing
    #[arg(long)]
    dry_run: bool,
    /// Lists the adapters: name, vendor, product, what each reads, how it authenticates over HTTP
    #[arg(long)]
    sources: bool,
    /// The practice that the alerts are for, by name or id; the only one where absent
    #[arg(long, value_name = "NAME|ID")]
    practice: Option<String>,
    /// Prints JSON (with --sources)
    #[arg(skip)]
    json: bool,
}

impl IntakeArgs {
    /// Whether it opens no data directory.
    pub(crate) const fn needs_no_record(&self) -> bool {
        self.sources || self.dry_run
    }

    /// Carries the global option to the list of adapters.
    pub(crate) fn with_json(mut self, json: bool) -> Self {
        self.json = json;
        self
    }

    fn adapter(&self) -> Result<Option<&'static Adapter>, Failure> {
        match &self.source {
            None => Ok(None),
            Some(name) => intake::adapter(name).map(Some).ok_or_else(|| {
                Failure::usage(format!(
                    "--source {name}: there is no such adapter; `tourniquet intake --sources` lists them"
                ))
            }),
        }
    }
}

/// Opens a file, or standard input.
fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let is_folder = file.metadata().is_ok_and(|facts| facts.is_dir());
    if is_folder {
        return Err(Failure::reading(path, &io::Error::from(io::ErrorKind::IsADirectory)));
    }
    Ok(Box::new(file))
}

fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// Tells what could not be read: one line.
fn unread(path: &Path, error: &IntakeError) {
    tell(&format!(
        "error: {}: {}",
        crate::terminal::clean(&name(path)),
        crate::terminal::clean(&error.to_string())
    ));
}

/// The worst that happened so far.
#[derive(Default)]
struct Tally {
    unread: bool,
    failed: Option<Failure>,
}

impl Tally {
    fn outcome(self) -> Result<(), Failure> {
        match self {
            Self { failed: Some(failure), .. } => Err(failure),
            Self { unread: true, .. } => Err(Failure::Told(2)),
            Self { .. } => Ok(()),
        }
    }
}

/// A disk that fails while it is read is no fault of the input.
const fn is_outside(error: &IntakeError) -> bool {
    matches!(error.fault, Fault::Unreadable(_))
}

/// `--sources` and `--dry-run`.
pub(crate) fn without_record(args: &IntakeArgs) -> Result<(), Failure> {
    if args.sources {
        return sources(args.json);
    }
    let chosen = args.adapter()?;
    let mut tally = Tally::default();
    for path in &args.files {
        let input = match open(path) {
            Ok(input) => input,
            Err(failure) => {
                failure.print();
                tally.unread = true;
                continue;
            }
        };
        for read in intake::read(chosen, input) {
            match read {
                Ok(taken) => {
                    say_json(&app::intake::Intake { id: None, alert: taken.alert, duplicate_of: None })?
                }
                Err(error) => {
                    unread(path, &error);
                    tally.unread = true;
                }
            }
        }
    }
    tally.outcome()
}

fn sources(json: bool) -> Result<(), Failure> {
    use app::ports::AlertReaders as _;
    let sources = intake::port::Readers.sources();
    if json {
        return say_json(&sources);
    }
    let rows = sources
        .into_iter()
        .map(|source| {
            vec![
                plain(source.name),
                plain(source.vendor),
                plain(source.product),
                plain(source.reads),
                plain(source.authentication),
            ]
        })
        .collect();
    Paper::new().table(&["name", "vendor", "product", "reads", "over HTTP"], rows);
    Ok(())
}

pub(crate) async fn run(bench: &Bench, args: IntakeArgs) -> Result<(), Failure> {
    let chosen = args.adapter()?;
    let practice = bench.desk.practice_or_unnamed(args.practice.as_deref()).await?;
    let mut tally = Tally::default();
    for path in &args.files {
        let input = match open(path) {
            Ok(input) => input,
            Err(failure) => {
                failure.print();
                tally.unread = true;
                continue;
            }
        };
        let outcome = match &bench.desk {
            Desk::Here(_) => here(&bench.desk, practice, path, chosen, input, &mut tally).await,
            Desk::There(_) => there(&bench.desk, practice, path, chosen, input, &mut tally).await,
        };
        if let Err(failure) = outcome {
            // What was printed is recorded; what was not printed is not.
            tally.failed = Some(failure);
            break;
        }
    }
    tally.outcome()
}

async fn here(
    desk: &Desk,
    practice: PracticeId,
    path: &Path,
    chosen: Option<&'static Adapter>,
    input: Box<dyn Read>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    for read in intake::read(chosen, input) {
        match read {
            Ok(taken) => say_json(&desk.take_alert(practice, intake::port::taken(taken)).await?)?,
            Err(error) if is_outside(&error) => {
                return Err(Failure::outside(format!("{}: {error}", name(path))));
            }
            Err(error) => {
                unread(path, &error);
                tally.unread = true;
            }
        }
    }
    Ok(())
}

/// Through a server. A file of one source goes as it is, so that rows which need their header keep it.
async fn there(
    desk: &Desk,
    practice: PracticeId,
    path: &Path,
    chosen: Option<&'static Adapter>,
    input: Box<dyn Read>,
    tally: &mut Tally,
) -> Result<(), Failure> {
    const MOST: u64 = 64 << 20;
    let mut bytes = Vec::new();
    input
        .take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::outside(format!("{}: {error}", name(path))))?;
    if bytes.len() as u64 > MOST {
        return Err(Failure::usage(format!(
            "{}: byte {MOST}: larger than 64 MiB; split it, or give it as JSON Lines",
            name(path)
        )));
    }
    let mut taken = Vec::new();
    for read in intake::read(chosen, bytes.as_slice()) {
        match read {
            Ok(alert) => taken.push(alert),
            Err(error) => {
                unread(path, &error);
                tally.unread = true;
            }
        }
    }
    let source = taken.first().map(|first| first.alert.source.clone());
    let of_one_source = taken.iter().all(|alert| Some(&alert.alert.source) == source.as_ref());
    match source {
        Some(source) if of_one_source && !tally.unread => {
            let answer = desk.deliver(practice, &source, &bytes).await?;
            match answer.get("results").and_then(Value::as_array) {
                Some(results) => {
                    results.iter().filter_map(|result| result.get("alert")).try_for_each(say_json)
                }
                None => say_json(&answer),
            }
        }
        _ => {
            for alert in taken {
                say_json(&desk.take_alert(practice, intake::port::taken(alert)).await?)?;
            }
            Ok(())
        }
    }
}
