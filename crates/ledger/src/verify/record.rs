//! The entries as a verifier reads them: which stream and version a line is of, and whether streams are whole.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;

use super::{Hash, json, merkle, shown, unhex};

/// Which thing's history an entry belongs to: the kind, and the 26 characters of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stream {
    kind: Kind,
    id: [u8; 26],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Alert,
    Incident,
    Practice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStream<'a> {
    kind: Kind,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl Stream {
    fn new(raw: &RawStream<'_>) -> Result<Self, &'static str> {
        Self::parse(raw.kind, &raw.id)
    }

    pub(super) fn incident(id: &str) -> Result<Self, &'static str> {
        Self::parse(Kind::Incident, id)
    }

    pub(super) fn parse(kind: Kind, id: &str) -> Result<Self, &'static str> {
        let id = <[u8; 26]>::try_from(id.as_bytes())
            .ok()
            .filter(|id| id.iter().all(u8::is_ascii_alphanumeric))
            .ok_or("its stream's id is not one")?;
        Ok(Self { kind, id })
    }

    pub(super) fn name(&self) -> String {
        let kind = match self.kind {
            Kind::Alert => "alert",
            Kind::Incident => "incident",
            Kind::Practice => "practice",
        };
        format!("{kind} {}", String::from_utf8_lossy(&self.id))
    }
}

/// An entry, or what stands for a withheld one.
pub(super) struct Entry {
    pub(super) stream: Stream,
    pub(super) version: u64,
    pub(super) leaf: Hash,
    pub(super) withheld: bool,
    /// The tenant; not shown of a withheld entry.
    pub(super) practice: Option<String>,
}

#[derive(Deserialize)]
struct Head<'a> {
    v: u8,
    #[serde(borrow)]
    practice: Cow<'a, str>,
    #[serde(borrow)]
    stream: RawStream<'a>,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withheld<'a> {
    leaf_hash: Cow<'a, str>,
    #[serde(borrow)]
    stream: RawStream<'a>,
    version: u64,
    withheld: bool,
}

/// Reads an entry of the log.
pub(super) fn entry(bytes: &[u8]) -> Result<Entry, String> {
    json::check(bytes)?;
    let head: Head<'_> = serde_json::from_slice(bytes)
        .map_err(|error| format!("not an entry: {}", shown(&error.to_string())))?;
    if head.v != 1 {
        return Err(format!("of form {}, which this verifier does not know: use a newer one", head.v));
    }
    Ok(Entry {
        stream: Stream::new(&head.stream)?,
        version: head.version,
        leaf: merkle::leaf(bytes),
        withheld: false,
        practice: Some(head.practice.into_owned()),
    })
}

/// Reads a line of a package's record: an entry, or what stands for a withheld one.
pub(super) fn line(bytes: &[u8]) -> Result<Entry, String> {
    // In canonical JSON the member `leaf_hash` sorts before all others of such a line, and no entry has it.
    if !bytes.starts_with(b"{\"leaf_hash\":") {
        return entry(bytes);
    }
    json::check(bytes)?;
    let line: Withheld<'_> = serde_json::from_slice(bytes)
        .map_err(|error| format!("not an entry: {}", shown(&error.to_string())))?;
    let leaf = unhex(&line.leaf_hash).filter(|_| line.withheld).ok_or("its leaf hash is not a SHA-256")?;
    Ok(Entry {
        stream: Stream::new(&line.stream)?,
        version: line.version,
        leaf,
        withheld: true,
        practice: None,
    })
}

/// How far each stream has come.
#[derive(Default)]
pub(super) struct Streams(HashMap<Stream, u64>);

impl Streams {
    /// The next entry of a stream must have the next version.
    pub(super) fn advance(&mut self, entry: &Entry) -> Result<(), String> {
        let last = self.0.entry(entry.stream).or_default();
        if Some(entry.version) == last.checked_add(1) {
            *last = entry.version;
            return Ok(());
        }
        Err(if entry.version > *last {
            format!("version {} is missing before it: removed or moved", last.saturating_add(1))
        } else {
            format!("version {last} stands before it: repeated, moved or added")
        })
    }

    pub(super) fn into_map(self) -> HashMap<Stream, u64> {
        self.0
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }
}
