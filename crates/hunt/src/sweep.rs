//! A hunt from start to end, as `tourniquet hunt` does it: evidence on this machine in, detections printed in the contract's
//! order, the folder of `--out` written. The command line and the benchmark call the same.

mod folder;
mod rows;
mod sink;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use serde::Serialize;
use sigma::{Level, RuleSet, correlation::Correlation};

use crate::{
    archive::{Limits, expand},
    artefact::{
        Damage,
        mapped::{self, Mapping},
    },
    evidence::Item,
    judge::Judge,
    machine,
    run::{Hunt, Progress},
    source::Sources,
    walk,
    yara::Yara,
};

/// How detections are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines, by file and record.
    Jsonl,
    /// CSV with a heading, by file and record.
    Csv,
    /// CSV with a heading, in the order of time.
    Timeline,
}

/// What is hunted in, and with what.
pub struct Evidence {
    /// The files, in the order of their paths.
    pub items: Vec<Item>,
    /// What could not be looked into.
    pub faults: Vec<String>,
}

impl Evidence {
    /// All files of these files and folders, and of the collections among them.
    ///
    /// # Errors
    /// Evidence that is not there.
    pub fn of(paths: &[PathBuf]) -> Result<Self, Fault> {
        Self::with(paths, Vec::new())
    }

    /// The same, where tables are read by these mappings, and by those that lie in the evidence.
    ///
    /// # Errors
    /// Evidence that is not there.
    pub fn with(paths: &[PathBuf], mut mappings: Vec<Arc<Mapping>>) -> Result<Self, Fault> {
        let (mut items, mut faults) = (Vec::new(), Vec::new());
        for path in paths {
            let (mut found, mut wrong) =
                walk::files(path).map_err(|error| Fault::Read(path.clone(), error))?;
            items.append(&mut found);
            faults.append(&mut wrong);
        }
        let mut items = expand(items, &Limits::default());
        let (mut more, mut unusable) = mapped::found(&items);
        mappings.append(&mut more);
        faults.append(&mut unusable);
        mapped::apply(&mut items, mappings);
        machine::told(&mut items);
        Ok(Self { items, faults })
    }

    /// How many bytes, as far as known before anything is opened.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.size).sum()
    }
}

/// How it is hunted.
pub struct Sweep<'s> {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// YARA rules over every file, if any.
    pub yara: Option<&'s Yara>,
    /// How detections are printed.
    pub format: Format,
    /// Nothing below this is told.
    pub least: Level,
    /// How many threads read; at least 1.
    pub threads: usize,
    /// The folder for everything that is found, if one is wanted.
    pub out: Option<&'s Path>,
    /// Where to say how far it is.
    pub progress: &'s Progress,
    /// When the work began: for the summary.
    pub began: Instant,
}

/// What stopped a hunt: never its evidence.
#[derive(Debug)]
pub enum Fault {
    /// Something that was named cannot be read.
    Read(PathBuf, io::Error),
    /// The folder cannot be written.
    Write(PathBuf, io::Error),
    /// The detections cannot be printed.
    Print(io::Error),
    /// The content of the program is broken.
    Content(String),
}

/// A rule that is not supported.
#[derive(Debug, Clone, Serialize)]
pub struct Refused {
    /// Its file or title.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// What was gone through: `summary.json`.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Files that a reader took.
    pub files: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Records.
    pub records: u64,
    /// Detections, those of correlation rules among them.
    pub detections: u64,
    /// Of those, how many correlation rules made.
    pub correlated: u64,
    /// Rules that were loaded.
    pub rules_loaded: usize,
    /// Rules that were not, and why.
    pub rules_not_supported: Vec<Refused>,
    /// Files that no reader knows.
    pub files_not_read: Vec<Arc<str>>,
    /// What could not be looked into.
    pub faults: Vec<String>,
    /// What of the files could not be read.
    pub damage: BTreeMap<Arc<str>, Damage>,
    /// What has to be known of how detections were made, such as limits that were reached.
    pub notes: Vec<String>,
    /// How long it took.
    pub seconds: f64,
}

impl Sweep<'_> {
    /// Hunts. `print` is written to as detections come.
    ///
    /// # Errors
    /// Where something cannot be written; evidence that cannot be read is in the summary.
    pub fn run(&self, evidence: &Evidence, print: &mut dyn Write) -> Result<Summary, Fault> {
        let sources = Sources::builtin().map_err(|error| Fault::Content(error.to_string()))?;
        let judge = Judge::new(Arc::clone(&self.rules), sources, self.least);
        let folder = self.out.map(folder::Folder::create).transpose()?;
        let waits = self.yara.is_some() || self.rules.correlations.iter().any(Correlation::waits);
        let mut sink = sink::Sink::new(self.format, print, folder.as_ref(), waits);
        let hunt = Hunt { rules: Some(&judge), threads: self.threads, progress: self.progress };
        let watch = || folder::Watch::new(folder.as_ref());
        let (mut outcome, watches) = hunt.run(&evidence.items, watch, &mut |detection| sink.take(&detection));
        let told = outcome.correlated.len() - outcome.late;
        let mut late = outcome.correlated.get(told..).unwrap_or_default().to_vec();
        if let Some(yara) = self.yara {
            let scanned = yara.scan(&evidence.items, self.threads, self.least);
            outcome.detections += scanned.found.len() as u64;
            for (file, damage) in scanned.damage {
                outcome.damage.entry(file).or_default().add(damage);
            }
            late.extend(scanned.found);
        }
        sink.finish(&late).map_err(Fault::Print)?;
        let refused = self.rules.refused.iter();
        let refused = refused.map(|(rule, reason)| Refused { rule: rule.clone(), reason: reason.clone() });
        let summary = Summary {
            files: outcome.files,
            bytes: outcome.bytes,
            records: outcome.records,
            detections: outcome.detections,
            correlated: outcome.correlations,
            rules_loaded: self.rules.rules.len() + self.rules.correlations.len(),
            rules_not_supported: refused.collect(),
            files_not_read: outcome.unread.clone(),
            faults: evidence.faults.clone(),
            damage: outcome.damage.clone(),
            notes: outcome.notes.clone(),
            seconds: self.began.elapsed().as_secs_f64(),
        };
        if let Some(folder) = &folder {
            folder.finish(watches, &outcome, &summary)?;
        }
        Ok(summary)
    }
}
