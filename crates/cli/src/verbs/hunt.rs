//! `hunt`: evidence in, one detection a line out (`contracts/hunt.md`). It needs no data directory and no incident.

mod output;
mod rules;

use std::{
    io::{BufWriter, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use hunt::{
    detect::Detection,
    evidence::Item,
    judge::Judge,
    run::{Hunt, Outcome, Progress},
    source::Sources,
    walk,
};

use crate::{
    failure::Failure,
    terminal::{size, tell, waiting, warn},
};

/// How detections are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON Lines, by file and record
    Jsonl,
    /// CSV with a heading, by file and record
    Csv,
    /// CSV with a heading, in the order of time
    Timeline,
}

/// `hunt`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet hunt ./triage --out ./hunt-out\n  tourniquet hunt Security.evtx --rules ./sigma/rules \
    --min-level high\n  tourniquet hunt ./triage --format csv\n  tourniquet hunt --check-rules ./sigma/rules\n\n\
    A damaged file never ends a hunt: what can be read is, the rest is counted, and the exit status stays 0."
)]
pub(crate) struct HuntArgs {
    /// Evidence: files and folders
    #[arg(value_name = "EVIDENCE", required_unless_present = "check_rules")]
    evidence: Vec<PathBuf>,
    /// Sigma rules: a file or a folder (may be repeated), beside those that ship with the program
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Writes detections, timeline, story, coverage and summary into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Tells nothing below this: informational, low, medium, high or critical
    #[arg(long, value_name = "LEVEL", default_value = "informational")]
    min_level: sigma::Level,
    /// Threads that read; as many as the machine has cores where absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Leaves out the rules that ship with the program
    #[arg(long)]
    no_builtin: bool,
    /// Reads rules, and lists for each whether it is loaded, or why it is not supported
    #[arg(long, value_name = "PATH")]
    check_rules: Option<PathBuf>,
}

pub(crate) fn run(args: &HuntArgs) -> Result<(), Failure> {
    if let Some(path) = &args.check_rules {
        return rules::check(path);
    }
    let began = Instant::now();
    let set = Arc::new(rules::load(&args.rules, !args.no_builtin)?);
    for (name, why) in &set.refused {
        warn(&format!("rule not supported: {name}: {why}"));
    }
    let sources =
        Sources::builtin().map_err(|error| Failure::outside(format!("the log sources: {error}")))?;
    let judge = Judge::new(Arc::clone(&set), sources, args.min_level);
    let (mut items, mut faults) = (Vec::new(), Vec::new());
    for path in &args.evidence {
        let (mut found, mut wrong) = walk::files(path).map_err(|error| Failure::reading(path, &error))?;
        items.append(&mut found);
        faults.append(&mut wrong);
    }
    items.sort_by(|one, other| one.path.cmp(&other.path));
    let out = args.out.as_deref().map(output::Folder::create).transpose()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.map_or(cores, usize::from);
    let mut sink = Sink {
        format: args.format,
        out: BufWriter::new(std::io::stdout().lock()),
        held: Vec::new(),
        hold: args.format == Format::Timeline || !set.correlations.is_empty(),
        fault: None,
        folder: out.as_ref(),
        begun: false,
    };
    let progress = Progress::default();
    let hunt = Hunt { rules: Some(&judge), threads, progress: &progress };
    let (outcome, watchers) = beside_a_bar(&items, &progress, || {
        hunt.run(&items, || output::Watch::new(out.as_ref()), &mut |detection| sink.take(detection))
    });
    let correlated = judge.correlate();
    let detections = outcome.detections + correlated.len() as u64;
    sink.finish(correlated)?;
    let summary = summary(&set, &outcome, detections, &faults, began.elapsed());
    if let Some(folder) = &out {
        folder.finish(watchers, &outcome, &summary)?;
    }
    tell(&format!(
        "{} files, {}, {} records, {} rules ({} not supported), {detections} detections, {:.2} s",
        outcome.files,
        size(outcome.bytes),
        outcome.records,
        set.rules.len() + set.correlations.len(),
        set.refused.len(),
        began.elapsed().as_secs_f64()
    ));
    if !outcome.damage.is_empty() {
        tell(&format!("{} files are damaged; what could be read was read", outcome.damage.len()));
    }
    Ok(())
}

fn summary(
    set: &sigma::RuleSet,
    outcome: &Outcome,
    detections: u64,
    faults: &[String],
    took: Duration,
) -> serde_json::Value {
    let refused = set.refused.iter().map(|(rule, why)| serde_json::json!({"rule": rule, "reason": why}));
    serde_json::json!({
        "files": outcome.files, "bytes": outcome.bytes, "records": outcome.records, "detections": detections,
        "rules_loaded": set.rules.len() + set.correlations.len(),
        "rules_not_supported": refused.collect::<Vec<_>>(),
        "files_not_read": outcome.unread, "faults": faults, "damage": outcome.damage,
        "seconds": took.as_secs_f64(),
    })
}

/// Runs the work while a bar says how far it is: bytes, records, detections, time left.
fn beside_a_bar<T>(items: &[Item], progress: &Progress, work: impl FnOnce() -> T) -> T {
    let total: u64 = items.iter().map(|item| item.size).sum();
    let bar = waiting("hunting");
    let done = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let bytes = progress.bytes.load(Ordering::Relaxed);
                let share = bytes.min(total).max(1);
                let left =
                    began.elapsed().as_secs_f64() * (total.saturating_sub(share)) as f64 / share as f64;
                bar.set_message(format!(
                    "{} of {}, {} records, {} detections, {left:.0} s left",
                    size(bytes),
                    size(total),
                    progress.records.load(Ordering::Relaxed),
                    progress.detections.load(Ordering::Relaxed),
                ));
                std::thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// Where detections go: standard output and the folder, as they come; or first into an order.
struct Sink<'s> {
    format: Format,
    out: BufWriter<std::io::StdoutLock<'static>>,
    held: Vec<Detection>,
    /// Whether an order has to be made at the end: of time, or with what correlations found in their places.
    hold: bool,
    fault: Option<std::io::Error>,
    folder: Option<&'s output::Folder>,
    begun: bool,
}

impl Sink<'_> {
    fn take(&mut self, detection: Detection) {
        if self.hold {
            self.held.push(detection);
        } else {
            self.print(&detection);
        }
    }

    fn print(&mut self, detection: &Detection) {
        if self.fault.is_some() {
            return;
        }
        let line = serde_json::to_string(detection).unwrap_or_default();
        let printed = match self.format {
            Format::Jsonl => writeln!(self.out, "{line}"),
            Format::Csv | Format::Timeline => {
                let heading = if self.begun { Ok(()) } else { output::heading(&mut self.out) };
                heading.and_then(|()| output::row(&mut self.out, detection))
            }
        };
        self.begun = true;
        let kept = self.folder.map_or(Ok(()), |folder| folder.keep(&line));
        self.fault = printed.and(kept).err();
    }

    fn finish(mut self, correlated: Vec<Detection>) -> Result<(), Failure> {
        let mut held = std::mem::take(&mut self.held);
        held.extend(correlated);
        if self.format == Format::Timeline {
            held.sort_by_key(|detection| detection.time);
        } else {
            held.sort_by(|one, other| (&one.file, one.record_id).cmp(&(&other.file, other.record_id)));
        }
        for detection in &held {
            self.print(detection);
        }
        let flushed = self.out.flush();
        match self.fault.map_or(flushed, Err) {
            Ok(()) => Ok(()),
            // Whoever reads has read enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::outside(format!("the detections could not be written: {error}"))),
        }
    }
}
