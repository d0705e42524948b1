//! What a sweep leaves in its folder (`--out`): the detections, the timeline, the story, the coverage, the summary.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use story::timeline;

use super::{Fault, Summary};
use crate::{
    detect::Detection,
    event::Event,
    lines,
    run::{Outcome, Watcher},
    teller::Teller,
};

/// Memory that the timeline's lines may take before they go to disk.
const HELD: usize = 64 << 20;

/// The folder.
pub(super) struct Folder {
    path: PathBuf,
    detections: Mutex<BufWriter<File>>,
    lines: Mutex<timeline::Sorter>,
}

impl Folder {
    pub(super) fn create(path: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(path).map_err(|error| Fault::Write(path.to_owned(), error))?;
        let file = path.join("detections.jsonl");
        let detections = File::create(&file).map_err(|error| Fault::Write(file, error))?;
        Ok(Self {
            path: path.to_owned(),
            detections: Mutex::new(BufWriter::new(detections)),
            lines: Mutex::new(timeline::Sorter::new(path, HELD)),
        })
    }

    pub(super) fn keep(&self, line: &[u8]) -> io::Result<()> {
        self.detections.lock().unwrap_or_else(PoisonError::into_inner).write_all(line)
    }

    fn fault(&self, error: io::Error) -> Fault {
        Fault::Write(self.path.clone(), error)
    }

    fn line(&self, line: timeline::Line) -> io::Result<()> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line)
    }

    fn write(&self, name: &str, value: &impl serde::Serialize) -> Result<(), Fault> {
        let path = self.path.join(name);
        let written = serde_json::to_vec_pretty(value)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&path, bytes));
        written.map_err(|error| Fault::Write(path, error))
    }

    /// Writes what can be told at the end alone.
    pub(super) fn finish(
        &self,
        watches: Vec<Watch<'_>>,
        outcome: &Outcome,
        summary: &Summary,
    ) -> Result<(), Fault> {
        let flushed = self.detections.lock().unwrap_or_else(PoisonError::into_inner).flush();
        flushed.map_err(|error| self.fault(error))?;
        let mut tellers = Vec::new();
        for watch in watches {
            if let Some(fault) = watch.fault {
                return Err(self.fault(fault));
            }
            tellers.push(watch.teller);
        }
        let mut teller = Teller::join(tellers);
        teller.correlated(&outcome.correlated);
        // Files that could not be opened were in nobody's hands.
        for (file, damage) in &outcome.damage {
            teller.could_not_read(file, damage);
        }
        for line in outcome.correlated.iter().filter_map(|detection| lines::of_detection(detection, "")) {
            self.line(line).map_err(|error| self.fault(error))?;
        }
        let (story, coverage) = teller.finish();
        self.write("story.json", &story)?;
        self.write("coverage.json", &coverage)?;
        self.write("summary.json", summary)?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::replace(&mut *lines, timeline::Sorter::new(&self.path, HELD));
        let file = File::create(self.path.join("timeline.csv")).map_err(|error| self.fault(error))?;
        lines.write_csv(BufWriter::new(file)).map_err(|error| self.fault(error))
    }
}

/// A thread's watcher: for the story and the coverage, and for the timeline's lines.
pub(super) struct Watch<'f> {
    folder: Option<&'f Folder>,
    teller: Teller,
    fault: Option<io::Error>,
}

impl<'f> Watch<'f> {
    pub(super) fn new(folder: Option<&'f Folder>) -> Self {
        Self { folder, teller: Teller::new(), fault: None }
    }
}

impl Watcher for Watch<'_> {
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]) {
        let Some(folder) = self.folder else { return };
        self.teller.event(file, event, detections);
        let mut lines = lines::of(file, event, detections);
        if let Err(error) = lines.try_for_each(|line| folder.line(line)) {
            self.fault.get_or_insert(error);
        }
    }
}
