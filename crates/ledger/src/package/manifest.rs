//! `manifest.json`: what the package says of itself. Its SHA-256 is what `manifest.sig` signs, so that names, sizes,
//! audience, exporter and instant are bound like the entries are.

use kernel::{Digest, IncidentId, PracticeId, Timestamp, entry::EntryActor};
use serde::Serialize;

use super::{Measure, Package, record::Record};
use crate::checkpoint::Checkpoint;

/// The form of the package; a reader of another form refuses it.
const FORMAT: &str = "tourniquet-package/1";

#[derive(Serialize)]
pub(super) struct Manifest<'a> {
    format: &'static str,
    practice: PracticeId,
    incident: IncidentId,
    audience: &'static str,
    exported_at: Timestamp,
    exported_by: &'a EntryActor,
    key: &'a str,
    log: Log<'a>,
    record: RecordSummary<'a>,
    files: Vec<FileSummary<'a>>,
}

#[derive(Serialize)]
struct Log<'a> {
    origin: &'a str,
    size: u64,
    root: Digest,
}

#[derive(Serialize)]
struct RecordSummary<'a> {
    entries: u64,
    withheld: u64,
    /// The entries' leaves in the log, in the order of `record.jsonl`.
    indices: &'a [u64],
    streams: Vec<StreamSummary>,
}

#[derive(Serialize)]
struct StreamSummary {
    kind: &'static str,
    id: String,
    /// Its versions are 1 to this.
    entries: u64,
}

#[derive(Serialize)]
struct FileSummary<'a> {
    path: &'a str,
    size: u64,
    sha256: Digest,
}

impl<'a> Manifest<'a> {
    pub(super) fn new(
        package: &'a Package<'_>,
        checkpoint: &'a Checkpoint,
        record: &'a Record,
        files: &[(&'a str, Measure)],
        key: &'a str,
    ) -> Self {
        Self {
            format: FORMAT,
            practice: package.practice,
            incident: package.incident,
            audience: package.audience.as_str(),
            exported_at: package.exported_at,
            exported_by: &package.exported_by,
            key,
            log: Log {
                origin: &checkpoint.origin,
                size: checkpoint.size,
                root: Digest::from_bytes(checkpoint.root),
            },
            record: RecordSummary {
                entries: record.shown + record.withheld,
                withheld: record.withheld,
                indices: &record.indices,
                streams: record
                    .streams
                    .iter()
                    .map(|(&(kind, id), &entries)| StreamSummary {
                        kind,
                        id: IncidentId::from_u128(id).to_string(),
                        entries,
                    })
                    .collect(),
            },
            files: files
                .iter()
                .map(|&(path, measure)| FileSummary {
                    path,
                    size: measure.size,
                    sha256: Digest::from_bytes(measure.sha256),
                })
                .collect(),
        }
    }
}
