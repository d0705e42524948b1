//! What a hunt leaves in `--out`, and the rows of its CSV.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use hunt::{
    artefact::Damage,
    detect::Detection,
    event::Event,
    run::{Outcome, Watcher},
};
use jiff::Timestamp;
use story::{Collector, Detected, Fields, Origin, Seen, timeline};

use crate::failure::Failure;

/// Memory that the timeline's lines may take before they go to disk.
const HELD: usize = 64 << 20;

/// The folder of `--out`.
pub(super) struct Folder {
    path: PathBuf,
    detections: Mutex<BufWriter<File>>,
    lines: Mutex<timeline::Sorter>,
}

impl Folder {
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| Failure::writing(path, &error))?;
        let file = path.join("detections.jsonl");
        let detections = File::create(&file).map_err(|error| Failure::writing(&file, &error))?;
        Ok(Self {
            path: path.to_owned(),
            detections: Mutex::new(BufWriter::new(detections)),
            lines: Mutex::new(timeline::Sorter::new(path, HELD)),
        })
    }

    pub(super) fn keep(&self, line: &str) -> io::Result<()> {
        writeln!(self.detections.lock().unwrap_or_else(PoisonError::into_inner), "{line}")
    }

    fn write(&self, name: &str, value: &impl serde::Serialize) -> Result<(), Failure> {
        let path = self.path.join(name);
        let bytes = serde_json::to_vec_pretty(value).map_err(|error| Failure::outside(error.to_string()))?;
        fs::write(&path, bytes).map_err(|error| Failure::writing(&path, &error))
    }

    pub(super) fn finish(
        &self,
        watchers: Vec<Watch<'_>>,
        outcome: &Outcome,
        summary: &serde_json::Value,
    ) -> Result<(), Failure> {
        let writing = |error: io::Error| Failure::writing(&self.path, &error);
        self.detections.lock().unwrap_or_else(PoisonError::into_inner).flush().map_err(writing)?;
        let mut collector = Collector::new();
        for watcher in watchers {
            if let Some(fault) = watcher.fault {
                return Err(writing(fault));
            }
            collector.merge(watcher.collector);
        }
        for (file, damage) in &outcome.damage {
            collector.damaged(file, &damage.notes.join("; "));
        }
        let (story, coverage) = collector.finish();
        self.write("story.json", &story)?;
        self.write("coverage.json", &coverage)?;
        self.write("summary.json", summary)?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::replace(&mut *lines, timeline::Sorter::new(&self.path, HELD));
        let file = File::create(self.path.join("timeline.csv")).map_err(writing)?;
        lines.write_csv(BufWriter::new(file)).map_err(writing)
    }
}

/// A thread's watcher: for the story, the coverage and the timeline.
pub(super) struct Watch<'f> {
    folder: Option<&'f Folder>,
    collector: Collector,
    fault: Option<io::Error>,
}

impl<'f> Watch<'f> {
    pub(super) fn new(folder: Option<&'f Folder>) -> Self {
        Self { folder, collector: Collector::new(), fault: None }
    }

    fn line(&mut self, event: &Event<'_>, time: Timestamp, file: &str, what: &str, text: String) {
        let Some(folder) = self.folder else { return };
        let line = timeline::Line {
            time,
            host: event.host.to_owned(),
            what: what.to_owned(),
            text,
            account: event.account().map(Cow::into_owned).unwrap_or_default(),
            file: file.to_owned(),
            record: event.record,
        };
        let mut lines = folder.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = lines.push(line) {
            self.fault.get_or_insert(error);
        }
    }
}

struct Values<'e>(&'e Event<'e>);

impl Fields for Values<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.0.get(name)
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

impl Watcher for Watch<'_> {
    fn event(&mut self, file: &Arc<str>, event: &Event<'_>, detections: &[Detection]) {
        if self.folder.is_none() {
            return;
        }
        let Some(time) = event.time else { return };
        self.collector.see(&Seen {
            time,
            computer: event.host,
            channel: event.channel,
            event_id: event.event_id,
            file,
            record: event.record,
            fields: &Values(event),
        });
        let worth =
            WORTH.iter().find(|(channel, id, _, _)| *id == event.event_id && *channel == event.channel);
        if let Some((_, _, what, names)) = worth {
            let told: Vec<String> =
                names.iter().filter_map(|name| Some(format!("{name}={}", event.get(name)?))).collect();
            self.line(event, time, file, what, told.join(" "));
        }
        for detection in detections {
            self.line(event, time, file, "detection", format!("{} ({})", detection.rule, detection.level));
            let texts = |texts: &[String]| texts.iter().map(|text| text.as_str().into()).collect();
            self.collector.detect(Detected {
                time,
                computer: detection.computer.clone(),
                account: event.account().map(Cow::into_owned),
                rule: detection.rule.as_str().into(),
                rule_id: detection.rule_id.as_str().into(),
                level: detection.level.as_str().into(),
                techniques: texts(&detection.techniques),
                tactics: texts(&detection.tactics),
                origin: Origin { file: Arc::clone(file), record: detection.record_id },
            });
        }
    }

    fn part(&mut self, _: &Arc<str>, _: &'static str, _: &Damage) {}
}

/// The heading of the CSV.
pub(super) fn heading(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "time,level,rule,rule_id,computer,channel,event_id,record_id,file,techniques,tactics,matched"
    )
}

/// A detection as a row of the CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it.
pub(super) fn row(out: &mut impl Write, detection: &Detection) -> io::Result<()> {
    let time = detection.time.map(|time| format!("{time:.6}")).unwrap_or_default();
    let (id, record) = (detection.event_id.to_string(), detection.record_id.to_string());
    let matched: Vec<String> =
        detection.matched.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (techniques, tactics) = (detection.techniques.join(" "), detection.tactics.join(" "));
    let matched = matched.join(" | ");
    let cells = [
        time.as_str(),
        detection.level.as_str(),
        &detection.rule,
        &detection.rule_id,
        &detection.computer,
        &detection.channel,
        &id,
        &record,
        &detection.file,
        &techniques,
        &tactics,
        &matched,
    ];
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    let safe = cells.map(|cell| {
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            Cow::Owned(format!("'{cell}"))
        } else {
            Cow::Borrowed(cell)
        }
    });
    writer.write_record(safe.iter().map(|cell| cell.as_bytes()))?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&bytes)
}
