//! The two files that say event by event what a hunt found, in the words of `contracts/hunt.md`: `detections.jsonl` (by file,
//! then by record) and `timeline.csv` (in order of time). Both are written to unnamed temporary files while the hunt runs, so
//! that a hunt through a million events needs no memory for them.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use app::ports::{Caught, HuntFile, Hunted, Outside};
use hunt::{artefact::Damage, detect::Detection, event::Event, lines, run::Watcher, teller::Teller};
use story::timeline::Sorter;

/// Memory that the timeline's lines may take before they go to disk, 32 MiB.
const HELD: usize = 32 << 20;

fn failed(error: io::Error) -> Outside {
    Outside::later("cannot write what the hunt finds to a temporary file", error)
}

/// Detections as they come, a line each, and where each of them stands.
pub(crate) struct Detections {
    out: BufWriter<File>,
    places: Vec<(Arc<str>, u64)>,
    fault: Option<io::Error>,
}

impl Detections {
    pub(crate) fn new() -> Result<Self, Outside> {
        let out = BufWriter::new(tempfile::tempfile().map_err(failed)?);
        Ok(Self { out, places: Vec::new(), fault: None })
    }

    pub(crate) fn take(&mut self, detection: &Detection) {
        let line = serde_json::to_string(detection).unwrap_or_default();
        self.places.push((Arc::clone(&detection.file), detection.record_id));
        if let Err(error) = writeln!(self.out, "{line}") {
            self.fault.get_or_insert(error);
        }
    }

    /// All of them, with what correlations found at the end in its place.
    pub(crate) fn finish(mut self, mut correlated: Vec<Detection>) -> Result<File, Outside> {
        if let Some(fault) = self.fault {
            return Err(failed(fault));
        }
        let mut written = self.out.into_inner().map_err(|error| failed(error.into_error()))?;
        written.rewind().map_err(failed)?;
        if correlated.is_empty() {
            return Ok(written);
        }
        correlated.sort_by(|one, other| (&one.file, one.record_id).cmp(&(&other.file, other.record_id)));
        self.places.reverse();
        let mut rest = correlated.iter().peekable();
        let mut out = BufWriter::new(tempfile::tempfile().map_err(failed)?);
        let mut own = |out: &mut BufWriter<File>, before: Option<&(Arc<str>, u64)>| -> io::Result<()> {
            let ahead = |each: &&&Detection| {
                before.is_none_or(|(file, record)| (&each.file, each.record_id) < (file, *record))
            };
            while let Some(detection) = rest.next_if(|each| ahead(&each)) {
                serde_json::to_writer(&mut *out, detection)?;
                out.write_all(b"\n")?;
            }
            Ok(())
        };
        let mut merge = || -> io::Result<()> {
            for line in BufReader::new(&written).lines() {
                own(&mut out, self.places.pop().as_ref())?;
                out.write_all(line?.as_bytes())?;
                out.write_all(b"\n")?;
            }
            own(&mut out, None)?;
            out.flush()
        };
        merge().map_err(failed)?;
        let mut merged = out.into_inner().map_err(|error| failed(error.into_error()))?;
        merged.rewind().map_err(failed)?;
        Ok(merged)
    }
}

/// A thread's watcher: for the story and for the timeline.
pub(crate) struct Watch<'s> {
    pub(crate) teller: Teller,
    lines: &'s Mutex<Sorter>,
    fault: Option<io::Error>,
}

impl<'s> Watch<'s> {
    pub(crate) fn new(lines: &'s Mutex<Sorter>) -> Self {
        Self { teller: Teller::new(), lines, fault: None }
    }
}

impl Watcher for Watch<'_> {
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]) {
        self.teller.event(file, event, detections);
        for line in lines::of(file, event, detections) {
            if let Err(error) = self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line) {
                self.fault.get_or_insert(error);
            }
        }
    }

    fn part(&mut self, file: &Arc<str>, artefact: &'static str, damage: &Damage) {
        self.teller.part(file, artefact, damage);
    }
}

/// A sorter for the timeline.
pub(crate) fn sorter() -> Mutex<Sorter> {
    Mutex::new(Sorter::new(&std::env::temp_dir(), HELD))
}

/// The watchers' tellers, and the first fault that any of them had.
pub(crate) fn tellers(watchers: Vec<Watch<'_>>) -> Result<Vec<Teller>, Outside> {
    watchers
        .into_iter()
        .map(|watch| match watch.fault {
            Some(fault) => Err(failed(fault)),
            None => Ok(watch.teller),
        })
        .collect()
}

/// The result with its files; what correlations found has lines besides.
pub(crate) fn caught(
    found: Hunted,
    detections: File,
    lines: Mutex<Sorter>,
    correlated: &[Detection],
) -> Result<Caught, Outside> {
    let mut lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    for line in correlated.iter().filter_map(|detection| lines::of_detection(detection, "")) {
        lines.push(line).map_err(failed)?;
    }
    let mut timeline = tempfile::tempfile().map_err(failed)?;
    lines.write_csv(BufWriter::new(&timeline)).map_err(failed)?;
    timeline.rewind().map_err(failed)?;
    Ok(Caught {
        found,
        files: vec![
            HuntFile { name: "hunt-detections.jsonl", bytes: Box::new(BufReader::new(detections)) },
            HuntFile { name: "hunt-timeline.csv", bytes: Box::new(BufReader::new(timeline)) },
        ],
    })
}
