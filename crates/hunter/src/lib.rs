#![doc = include_str!("../README.md")]

mod answers;
mod files;
pub mod rules;
mod sealed;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use app::ports::{Caught, HuntProgress, Hunted, Hunter, MoreRules, Outside, Quarry};
use hunt::{
    archive::{Limits, expand},
    artefact::mapped,
    evidence::Item,
    judge::Judge,
    machine,
    rules::Cache,
    run::{Hunt, Progress},
    teller::Teller,
};
use kernel::EvidenceId;
use sigma::Level;

/// The engine behind the port. It judges with the rules that ship with the program and those that are named besides.
#[derive(Debug, Clone)]
pub struct Engine {
    threads: usize,
    cache: Option<Cache>,
}

impl Engine {
    /// An engine of as many threads as the machine has processors.
    #[must_use]
    pub fn new() -> Self {
        Self { threads: std::thread::available_parallelism().map_or(1, std::num::NonZero::get), cache: None }
    }

    /// The same, that keeps the compiled form of its rules in a folder.
    #[must_use]
    pub fn with_cache(self, folder: impl Into<PathBuf>) -> Self {
        Self { cache: Some(Cache::new(folder)), ..self }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

/// Which item a path belongs to: the path is the item's name, and what an archive holds stands behind `!`.
pub(crate) struct Names(BTreeMap<Arc<str>, EvidenceId>);

impl Names {
    pub(crate) fn of(&self, file: &str) -> Option<EvidenceId> {
        let outer = file.split_once('!').map_or(file, |(outer, _)| outer);
        self.0.get(outer).copied()
    }
}

impl Hunter for Engine {
    fn hunt(&self, items: Vec<Quarry>, rules: &MoreRules, told: &HuntProgress) -> Result<Caught, Outside> {
        let mut loaded = rules::load(rules, self.cache.as_ref())?;
        let yara = rules::yara(rules, &mut loaded.notes)?;
        let judge = Judge::new(Arc::new(loaded.set), loaded.sources, Level::Informational);
        let mut names = BTreeMap::new();
        let mut opened: Vec<Item> = Vec::new();
        for quarry in items {
            // Two items may have the same name; both are told apart by the id.
            let mut path: Arc<str> = Arc::from(quarry.name.as_str());
            if names.contains_key(&path) {
                path = Arc::from(format!("{}/{}", quarry.evidence, quarry.name));
            }
            names.insert(path.clone(), quarry.evidence);
            opened.push(sealed::item(path, quarry));
        }
        let mut opened = expand(opened, &Limits::default());
        let (mappings, faults) = mapped::found(&opened);
        mapped::apply(&mut opened, mappings);
        machine::told(&mut opened);
        let progress = Progress::default();
        let hunt = Hunt { rules: Some(&judge), threads: self.threads, progress: &progress };
        told.total.store(opened.iter().map(|item| item.size).sum(), Relaxed);
        let (lines, mut detections) = (files::sorter(), files::Detections::new()?);
        let (outcome, watchers) = telling(&progress, told, || {
            hunt.run(&opened, || files::Watch::new(&lines), &mut |detection| detections.take(&detection))
        });
        let scanned = yara.as_ref().map(|yara| yara.scan(&opened, self.threads, Level::Informational));
        let scanned = scanned.unwrap_or_default();
        let mut teller = Teller::join(files::tellers(watchers)?);
        teller.correlated(&outcome.correlated);
        for (file, damage) in &outcome.damage {
            teller.could_not_read(file, damage);
        }
        for (file, damage) in &scanned.damage {
            teller.could_not_read(file, damage);
        }
        let (story, coverage) = teller.finish();
        let names = Names(names);
        let written = |what: &str, value: serde_json::Result<serde_json::Value>| {
            value.map_err(|error| Outside::never(format!("cannot write {what} as JSON"), error))
        };
        let found = Hunted {
            detections: usize::try_from(outcome.detections).unwrap_or(usize::MAX) + scanned.found.len(),
            records: outcome.records,
            files: usize::try_from(outcome.files).unwrap_or(usize::MAX),
            rules: judge.rules().rules.len()
                + judge.rules().correlations.len()
                + yara.as_ref().map_or(0, |yara| yara.rules),
            notes: [loaded.notes, faults, outcome.notes.clone()].concat(),
            answers: [answers::of(&story, &names), answers::of_files(&scanned.found, &names)].concat(),
            hosts: story.hosts.iter().map(|seen| (seen.host.to_string(), seen.since)).collect(),
            accounts: story.accounts.iter().map(|seen| (seen.account.to_string(), seen.since)).collect(),
            indicators: answers::indicators(&story),
            story: written("the story", serde_json::to_value(&story))?,
            coverage: written("the coverage", serde_json::to_value(&coverage))?,
            sealed: Vec::new(),
        };
        // Those that the end alone could tell were not called back with.
        let late = outcome.correlated.len().saturating_sub(outcome.late);
        let mut late = outcome.correlated.get(late..).unwrap_or_default().to_vec();
        late.extend(scanned.found);
        files::caught(found, detections.finish(late)?, lines, &outcome.correlated)
    }
}

/// Works, and says meanwhile how far it is.
fn telling<T>(progress: &Progress, told: &HuntProgress, work: impl FnOnce() -> T) -> T {
    let tell = || {
        told.bytes.store(progress.bytes.load(Relaxed), Relaxed);
        told.records.store(progress.records.load(Relaxed), Relaxed);
        told.detections.store(progress.detections.load(Relaxed), Relaxed);
    };
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let teller = scope.spawn(|| {
            while !done.load(Relaxed) {
                tell();
                std::thread::park_timeout(Duration::from_millis(250));
            }
        });
        let result = work();
        done.store(true, Relaxed);
        teller.thread().unpark();
        tell();
        result
    })
}
