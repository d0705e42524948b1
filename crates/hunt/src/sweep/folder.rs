//! What a sweep leaves in its folder (`--out`): the detections, the timeline, the story, the coverage, the summary.

use std::{
    borrow::Cow,
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
        for detection in outcome.correlated.iter().filter(|detection| detection.time.is_some()) {
            self.line(said(detection, "")).map_err(|error| self.fault(error))?;
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

/// A detection as a line of the timeline.
fn said(detection: &Detection, account: &str) -> timeline::Line {
    timeline::Line {
        time: detection.time.unwrap_or_default(),
        host: detection.computer.clone(),
        what: "detection".to_owned(),
        text: format!("{} ({})", detection.rule, detection.level),
        account: account.to_owned(),
        file: detection.file.to_string(),
        record: detection.record_id,
    }
}

/// Events worth a line by themselves: channel, id, what it is, and the values that tell it.
const WORTH: &[(&str, u32, &str, &[&str])] = &[
    ("Security", 4624, "logon", &["LogonType", "TargetUserName", "IpAddress", "WorkstationName"]),
    ("Security", 4625, "logon failed", &["LogonType", "TargetUserName", "IpAddress", "Status"]),
    (
        "Security",
        4648,
        "logon with explicit credentials",
        &["TargetUserName", "TargetServerName", "ProcessName"],
    ),
    ("Security", 4697, "service installed", &["ServiceName", "ServiceFileName"]),
    ("Security", 4698, "task created", &["TaskName"]),
    ("Security", 4720, "account created", &["TargetUserName"]),
    ("Security", 4728, "added to a group", &["MemberName", "TargetUserName"]),
    ("Security", 4732, "added to a group", &["MemberSid", "TargetUserName"]),
    ("Security", 1102, "log cleared", &["SubjectUserName"]),
    ("Security", 4719, "audit policy changed", &["SubcategoryGuid", "AuditPolicyChanges"]),
    ("System", 104, "log cleared", &["Channel"]),
    ("System", 7045, "service installed", &["ServiceName", "ImagePath"]),
];

/// The same for logs without numbers: how the log is called, what it is, and the values that tell it.
const WORTH_ELSEWHERE: &[(&str, &str, &[&str])] = &[
    ("hayabusa/timeline", "found by Hayabusa", &["RuleTitle", "Level", "Details"]),
    ("chainsaw/timeline", "found by Chainsaw", &["detections", "name", "group"]),
    ("plaso/timeline", "Plaso", &["timestamp_desc", "message"]),
    ("windows/lnk", "shortcut", &["TargetFilename", "Arguments", "DriveType", "VolumeLabel"]),
    ("windows/prefetch", "program ran", &["Image", "RunCount"]),
];

/// What an event is worth a line for.
fn worth(event: &Event<'_>) -> Option<(&'static str, &'static [&'static str])> {
    if event.event_id == 0 {
        let found = WORTH_ELSEWHERE.iter().find(|(channel, _, _)| *channel == event.channel);
        return found.map(|(_, what, names)| (*what, *names));
    }
    let found = WORTH.iter().find(|(channel, id, _, _)| *id == event.event_id && *channel == event.channel);
    found.map(|(_, _, what, names)| (*what, *names))
}

impl Watcher for Watch<'_> {
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]) {
        let Some(folder) = self.folder else { return };
        self.teller.event(file, event, detections);
        let Some(time) = event.time else { return };
        let worth = worth(event);
        if worth.is_none() && detections.is_empty() {
            return;
        }
        let account = event.account().map(Cow::into_owned).unwrap_or_default();
        let own = worth.map(|(what, names)| {
            let told: Vec<String> =
                names.iter().filter_map(|name| Some(format!("{name}={}", event.get(name)?))).collect();
            timeline::Line {
                time,
                host: event.host.to_owned(),
                what: what.to_owned(),
                text: told.join(" "),
                account: account.clone(),
                file: file.to_string(),
                record: event.record,
            }
        });
        let mut lines = own.into_iter().chain(detections.iter().map(|detection| said(detection, &account)));
        if let Err(error) = lines.try_for_each(|line| folder.line(line)) {
            self.fault.get_or_insert(error);
        }
    }
}
