//! `record.jsonl`, one entry a line in the order of the log, and `proofs.json`, one proof a line in the same order. Both
//! are plain JSON to any reader and can be read line by line by one who minds memory.

use std::{collections::BTreeMap, io::Write};

use kernel::{Digest, PracticeId, Stream};
use serde::{Deserialize, Serialize};

use super::{Line, MAX_ENTRY, Package, PackageError, Shown};
use crate::{canonical, tree::Hash};

/// What the manifest says of the record.
pub(super) struct Record {
    pub(super) shown: u64,
    pub(super) withheld: u64,
    pub(super) indices: Vec<u64>,
    /// The number of entries by kind and id of stream.
    pub(super) streams: BTreeMap<(&'static str, u128), u64>,
}

#[derive(Deserialize)]
struct Head {
    practice: PracticeId,
    stream: Stream,
    version: u64,
    privileged: bool,
}

#[derive(Serialize)]
struct WithheldLine {
    leaf_hash: Digest,
    stream: Stream,
    version: u64,
    withheld: bool,
}

#[derive(Serialize)]
struct InclusionLine {
    hashes: Vec<Digest>,
    index: u64,
}

#[derive(Serialize)]
struct ConsistencyLine {
    hashes: Vec<Digest>,
    size: u64,
}

/// Checks that the entries are whole streams in the order of the log and that this reader may see what is shown.
pub(super) fn check(package: &Package<'_>, log_size: u64) -> Result<Record, PackageError> {
    let mut record = Record { shown: 0, withheld: 0, indices: Vec::new(), streams: BTreeMap::new() };
    for line in &package.entries {
        let refuse = |why: String| PackageError::Entry { index: line.index, why };
        if record.indices.last().is_some_and(|&last| last >= line.index) {
            return Err(refuse("it is out of order".to_owned()));
        }
        if line.index >= log_size {
            return Err(refuse(format!("the checkpoint covers {log_size} entries")));
        }
        let (stream, version) = match &line.shown {
            Shown::Withheld { stream, version, .. } => {
                record.withheld += 1;
                (*stream, *version)
            }
            Shown::Entry(bytes) => {
                let head = head(bytes).map_err(refuse)?;
                if head.practice != package.practice {
                    return Err(refuse(format!("it belongs to another practice, {}", head.practice)));
                }
                if head.privileged && !package.audience.sees_privileged() {
                    return Err(refuse(format!("it is privileged, and the reader is {}", package.audience)));
                }
                record.shown += 1;
                (head.stream, head.version)
            }
        };
        let last = record.streams.entry((stream.kind.as_str(), stream.id)).or_default();
        if version != *last + 1 {
            return Err(refuse(format!("version {version} follows version {last} of its stream")));
        }
        *last = version;
        record.indices.push(line.index);
    }
    let own = Stream::incident(package.incident);
    if !record.streams.contains_key(&(own.kind.as_str(), own.id)) {
        return Err(PackageError::Empty);
    }
    Ok(record)
}

fn head(bytes: &[u8]) -> Result<Head, String> {
    if bytes.len() > MAX_ENTRY {
        return Err(format!("it has {} bytes; {MAX_ENTRY} are the most", bytes.len()));
    }
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let again = canonical::to_vec(&value).map_err(|error| error.to_string())?;
    if again != bytes {
        return Err("its bytes are not canonical JSON".to_owned());
    }
    serde_json::from_value(value).map_err(|error| error.to_string())
}

fn put(out: &mut dyn Write, bytes: &[u8]) -> Result<(), PackageError> {
    out.write_all(bytes).map_err(PackageError::Write)
}

pub(super) fn write_record(lines: &[Line], out: &mut dyn Write) -> Result<(), PackageError> {
    for line in lines {
        match &line.shown {
            Shown::Entry(bytes) => put(out, bytes)?,
            Shown::Withheld { stream, version, leaf_hash } => {
                let leaf_hash = Digest::from_bytes(*leaf_hash);
                let line = WithheldLine { leaf_hash, stream: *stream, version: *version, withheld: true };
                put(out, &canonical::to_vec(&line)?)?;
            }
        }
        put(out, b"\n")?;
    }
    Ok(())
}

pub(super) fn write_proofs(package: &Package<'_>, out: &mut dyn Write) -> Result<(), PackageError> {
    let digests = |hashes: &[Hash]| hashes.iter().copied().map(Digest::from_bytes).collect();
    put(out, b"{\"consistency\":[\n")?;
    list(out, &package.consistency, |proof| {
        canonical::to_vec(&ConsistencyLine { hashes: digests(&proof.hashes), size: proof.size })
    })?;
    put(out, b"],\"inclusion\":[\n")?;
    list(out, &package.entries, |line| {
        canonical::to_vec(&InclusionLine { hashes: digests(&line.proof), index: line.index })
    })?;
    put(out, b"]}\n")
}

fn list<T>(
    out: &mut dyn Write,
    items: &[T],
    line: impl Fn(&T) -> Result<Vec<u8>, canonical::CanonicalError>,
) -> Result<(), PackageError> {
    for (place, item) in items.iter().enumerate() {
        put(out, &line(item)?)?;
        put(out, if place + 1 < items.len() { b",\n" } else { b"\n" })?;
    }
    Ok(())
}
