//! `hunt`: evidence in, one detection a line out (`contracts/hunt.md`). It needs no data directory and no incident.

mod rules;

use std::{
    io::BufWriter,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use hunt::{
    run::Progress,
    sweep::{self, Evidence, Fault, Sweep},
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
    /// Evidence: files, folders and collections (ZIP, 7z, tar.gz), which are read in place
    #[arg(value_name = "EVIDENCE", required_unless_present = "check_rules")]
    evidence: Vec<PathBuf>,
    /// Sigma rules: a file, a folder or a ZIP (may be repeated), beside those that ship with the program
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// YARA rules over every file: a file, a folder or a ZIP (may be repeated)
    #[arg(long, value_name = "PATH")]
    yara: Vec<PathBuf>,
    /// How a product's own access log is to be read: a mapping file, see docs/mapping.md (may be repeated). Files in the
    /// evidence whose names end in `.mapping.toml` are used without being named
    #[arg(long, value_name = "PATH")]
    mapping: Vec<PathBuf>,
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
    let yara = rules::yara(&args.yara)?;
    let evidence = Evidence::with(&args.evidence, rules::mappings(&args.mapping)?).map_err(failure)?;
    evidence.faults.iter().for_each(|fault| warn(fault));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let progress = Progress::default();
    let sweep = Sweep {
        rules: set,
        yara: yara.as_ref(),
        format: match args.format {
            Format::Jsonl => sweep::Format::Jsonl,
            Format::Csv => sweep::Format::Csv,
            Format::Timeline => sweep::Format::Timeline,
        },
        least: args.min_level,
        threads: args.threads.map_or(cores, usize::from),
        out: args.out.as_deref(),
        progress: &progress,
        began,
    };
    let mut print = BufWriter::new(std::io::stdout().lock());
    let summary = beside_a_bar(evidence.bytes(), &progress, || sweep.run(&evidence, &mut print));
    let summary = summary.map_err(failure)?;
    tell(&format!(
        "{} files, {}, {} records, {} rules ({} not supported), {} detections ({} of correlation rules), {:.2} s",
        summary.files,
        size(summary.bytes),
        summary.records,
        summary.rules_loaded,
        summary.rules_not_supported.len(),
        summary.detections,
        summary.correlated,
        began.elapsed().as_secs_f64()
    ));
    summary.notes.iter().for_each(|note| warn(note));
    if !summary.damage.is_empty() {
        tell(&format!("{} files are damaged; what could be read was read", summary.damage.len()));
    }
    Ok(())
}

fn failure(fault: Fault) -> Failure {
    match fault {
        Fault::Read(path, error) => Failure::reading(&path, &error),
        Fault::Write(path, error) => Failure::writing(&path, &error),
        Fault::Print(error) => Failure::outside(format!("the detections could not be written: {error}")),
        Fault::Content(error) => Failure::outside(format!("the log sources: {error}")),
    }
}

/// Runs the work while a bar says how far it is: bytes, records, detections, time left.
fn beside_a_bar<T>(total: u64, progress: &Progress, work: impl FnOnce() -> T) -> T {
    let bar = waiting("hunting");
    let done = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                bar.set_message(so_far(total, progress, began.elapsed()));
                std::thread::park_timeout(Duration::from_millis(100));
            }
            bar.finish_and_clear();
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        result
    })
}

fn so_far(total: u64, progress: &Progress, since: Duration) -> String {
    let bytes = progress.bytes.load(Ordering::Relaxed);
    let left = match bytes {
        0 => String::new(),
        bytes => {
            let left = since.as_secs_f64() * (total.saturating_sub(bytes)) as f64 / bytes as f64;
            format!(", {left:.0} s left")
        }
    };
    format!(
        "{} of {}, {} records, {} detections{left}",
        size(bytes),
        size(total.max(bytes)),
        progress.records.load(Ordering::Relaxed),
        progress.detections.load(Ordering::Relaxed),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_says_bytes_records_detections_and_the_time_left() {
        let progress = Progress::default();
        assert_eq!(so_far(4_000_000, &progress, Duration::ZERO), "0 B of 4.0 MB, 0 records, 0 detections");
        progress.bytes.store(1_000_000, Ordering::Relaxed);
        progress.records.store(900, Ordering::Relaxed);
        progress.detections.store(7, Ordering::Relaxed);
        assert_eq!(
            so_far(4_000_000, &progress, Duration::from_secs(2)),
            "1.0 MB of 4.0 MB, 900 records, 7 detections, 6 s left"
        );
    }
}
