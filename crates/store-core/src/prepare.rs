//! What a write looks like once everything that needs no database is done: rows as JSON, documents cut into words,
//! leaves hashed. It happens in the task of whoever writes, so that the one writer has little left to do.

use app::ports::{
    AlertKey, AlertRow, Append, EvidenceRow, IncidentRow, Leaf, NearAlert, NearFacts, Outside, Payload, Row,
};
use kernel::{Digest, Entry, Severity, Stream, StreamKind, Timestamp};
use sqlx::types::Uuid;

use crate::find::{self, Document, Kind, Tag};

/// A write, ready for the writer.
#[derive(Debug)]
pub struct Prepared {
    /// The tenant.
    pub practice: Uuid,
    /// SHA-256 of the idempotency key, and the digest of the request.
    pub key: Option<([u8; 32], [u8; 32])>,
    /// The entries.
    pub parts: Vec<PreparedPart>,
    /// Rows of lists.
    pub listed: Vec<PreparedRow>,
    /// Practices: id and row.
    pub profiles: Vec<(Uuid, Vec<u8>)>,
    /// Tokens.
    pub tokens: Vec<PreparedToken>,
    /// Sealed bytes.
    pub payloads: Vec<Payload>,
    /// The state of the alerts in memory that it rests on, if it does.
    pub state: Option<u64>,
}

impl Prepared {
    /// About how many bytes it brings.
    #[must_use]
    pub fn weight(&self) -> usize {
        let entries = self.parts.iter().flat_map(|part| &part.entries);
        entries.map(|entry| entry.canonical.len() + entry.doc.len()).sum::<usize>()
            + self.listed.iter().map(|row| row.row.len() + row.doc.len()).sum::<usize>()
            + self.payloads.iter().map(|payload| payload.sealed.len()).sum::<usize>()
    }
}

/// The entries of one stream.
#[derive(Debug)]
pub struct PreparedPart {
    /// The stream.
    pub stream: Stream,
    /// The version the writer saw.
    pub expected: u64,
    /// The entries.
    pub entries: Vec<PreparedEntry>,
}

/// An entry.
#[derive(Debug)]
pub struct PreparedEntry {
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
    /// Its leaf hash.
    pub leaf: [u8; 32],
    /// When it was accepted, in microseconds.
    pub at: i64,
    /// What it is found by.
    pub doc: String,
}

/// A row of a list.
#[derive(Debug)]
pub struct PreparedRow {
    /// Which list.
    pub kind: Kind,
    /// The thing's id.
    pub id: Uuid,
    /// The tenant.
    pub practice: Uuid,
    /// The row as JSON.
    pub row: Vec<u8>,
    /// What it is found by.
    pub doc: String,
    /// When it was received, in microseconds.
    pub received_at: i64,
    /// When it last changed, in microseconds.
    pub updated_at: i64,
    /// An alert judged by a person: 1 where the verdict agreed with the proposal, else 0; -1 where not judged.
    pub judged: i16,
    /// SHA-256 of an alert's key among its source's.
    pub dedup: Option<[u8; 32]>,
    /// What an alert is grouped by.
    pub keys: Vec<Uuid>,
    /// What grouping needs of an alert.
    pub near: Option<NearAlert>,
}

/// A token.
#[derive(Debug)]
pub struct PreparedToken {
    /// Its id.
    pub id: Uuid,
    /// Its hash.
    pub hash: [u8; 32],
    /// The tenant, if it has one.
    pub practice: Option<Uuid>,
    /// The row as JSON.
    pub row: Vec<u8>,
}

/// The digest that an alert's key is kept as: no text of a source stands in an index.
#[must_use]
pub fn dedup(key: &str) -> [u8; 32] {
    *Digest::of(key.as_bytes()).as_bytes()
}

/// The 128 bits that a grouping key is kept as.
#[must_use]
pub fn alert_key(key: &AlertKey) -> Uuid {
    let digest = Digest::of(format!("{}\0{}", key.kind, key.value).as_bytes());
    let mut bits = [0; 16];
    bits.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    Uuid::from_bytes(bits)
}

/// The number of a stream's kind in the database.
#[must_use]
pub const fn stream_kind(kind: StreamKind) -> i16 {
    match kind {
        StreamKind::Alert => 1,
        StreamKind::Incident => 2,
        StreamKind::Practice => 3,
    }
}

/// The value of a stream's tag.
#[must_use]
pub fn stream_tag(stream: Stream) -> String {
    format!("{}{}", stream_kind(stream.kind), find::id(stream.id))
}

/// Does what needs no database.
///
/// # Errors
/// [`Outside`] where a row cannot be written as JSON.
pub fn prepare(append: Append) -> Result<Prepared, Outside> {
    let practice = Uuid::from_u128(append.practice.as_u128());
    let mut prepared = Prepared {
        practice,
        key: append.key.map(|(key, request)| (*Digest::of(key.as_bytes()).as_bytes(), *request.as_bytes())),
        parts: Vec::with_capacity(append.parts.len()),
        listed: Vec::with_capacity(append.rows.len()),
        profiles: Vec::new(),
        tokens: Vec::new(),
        payloads: append.payloads,
        state: None,
    };
    for part in append.parts {
        let entries = part.entries.into_iter().map(|leaf| entry(leaf, practice)).collect();
        prepared.parts.push(PreparedPart { stream: part.stream, expected: part.expected, entries });
    }
    for row in append.rows {
        prepare_row(row, &mut prepared)?;
    }
    Ok(prepared)
}

/// Does what an entry needs.
#[must_use]
pub fn entry(leaf: Leaf, practice: Uuid) -> PreparedEntry {
    PreparedEntry {
        leaf: ledger::tree::leaf_hash(&leaf.canonical),
        at: leaf.entry.at.as_microsecond(),
        doc: entry_doc(&leaf.entry, practice),
        canonical: leaf.canonical,
    }
}

/// Does what a row needs and puts it where it belongs.
///
/// # Errors
/// [`Outside`] where it cannot be written as JSON.
pub fn prepare_row(row: Row, prepared: &mut Prepared) -> Result<(), Outside> {
    match row {
        Row::Alert(row) => prepared.listed.push(alert(&row)?),
        Row::Incident(row) => prepared.listed.push(incident(&row)?),
        Row::Evidence(row) => prepared.listed.push(evidence(&row)?),
        Row::Practice(row) => prepared.profiles.push((Uuid::from_u128(row.id.as_u128()), json(&row)?)),
        Row::Token(row) => prepared.tokens.push(PreparedToken {
            id: Uuid::from_u128(row.id.as_u128()),
            hash: *row.hash.as_bytes(),
            practice: row.practice.map(|id| Uuid::from_u128(id.as_u128())),
            row: json(&row)?,
        }),
    }
    Ok(())
}

fn json<T: serde::Serialize>(row: &T) -> Result<Vec<u8>, Outside> {
    serde_json::to_vec(row).map_err(|error| Outside::never("a row cannot be written as JSON", error))
}

fn entry_doc(entry: &Entry, practice: Uuid) -> String {
    let mut doc = Document::new(Kind::Entry, practice);
    doc.tag(Tag::Stream, &stream_tag(entry.stream));
    doc.tag(Tag::EntryKind, &find::text(&entry.kind));
    if !entry.privileged {
        doc.tag(Tag::Open, "");
    }
    doc.words(&entry.kind);
    doc.words(&entry.actor.name);
    doc.words(&entry.id.to_string());
    doc.value(&entry.body);
    doc.finish()
}

/// Marks a row as at least this severe, for every step up to its own.
fn severities(doc: &mut Document, severity: Severity) {
    for step in Severity::ALL.into_iter().filter(|&step| step <= severity) {
        doc.tag(Tag::Severity, step.as_str());
    }
}

fn alert(row: &AlertRow) -> Result<PreparedRow, Outside> {
    let practice = Uuid::from_u128(row.practice.as_u128());
    let mut doc = Document::new(Kind::Alert, practice);
    let alert = &row.alert;
    doc.tag(Tag::Verdict, row.verdict.map_or("none", app::ports::Verdict::as_str));
    severities(&mut doc, row.severity);
    doc.tag(Tag::Source, &find::text(&alert.source));
    doc.tag(Tag::Channel, alert.channel.as_str());
    doc.tag(Tag::Group, &find::id(row.group.as_u128()));
    if let Some(incident) = row.incident {
        doc.tag(Tag::Incident, &find::id(incident.as_u128()));
    }
    doc.words(&alert.source);
    alert.title.iter().for_each(|text| doc.words(text));
    let named = alert.hosts.iter().chain(&alert.accounts).chain(alert.indicators.iter().map(|it| &it.value));
    named.for_each(|text| doc.words(text));
    alert.description.iter().for_each(|text| doc.words(text));

    let near = near(row);
    let keys = near_keys(&near.alert);
    keys.iter().for_each(|key| doc.tag(Tag::Key, &find::id(key.as_u128())));
    Ok(PreparedRow {
        kind: Kind::Alert,
        id: Uuid::from_u128(row.id.as_u128()),
        practice,
        row: json(row)?,
        doc: doc.finish(),
        received_at: micros(row.received_at),
        updated_at: micros(row.updated_at),
        judged: row.verdict.map_or(-1, |verdict| i16::from(verdict == row.proposed_verdict)),
        dedup: Some(dedup(&row.dedup_key)),
        keys,
        near: Some(near),
    })
}

fn near(row: &AlertRow) -> NearAlert {
    let alert = &row.alert;
    let facts = NearFacts {
        occurred_at: alert.occurred_at,
        hosts: alert.hosts.clone(),
        accounts: alert.accounts.clone(),
        indicators: alert.indicators.clone(),
    };
    NearAlert { id: row.id, alert: facts, received_at: row.received_at, group: row.group }
}

/// What an alert is grouped by, in order, each once.
#[must_use]
pub fn near_keys(alert: &NearFacts) -> Vec<Uuid> {
    let key =
        |kind: &str, value: &str| alert_key(&AlertKey { kind: kind.to_owned(), value: value.to_lowercase() });
    let mut keys: Vec<_> = (alert.hosts.iter().map(|host| key("host", host)))
        .chain(alert.accounts.iter().map(|account| key("account", account)))
        .chain(alert.indicators.iter().map(|indicator| key(indicator.kind.as_str(), &indicator.value)))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn incident(row: &IncidentRow) -> Result<PreparedRow, Outside> {
    let practice = Uuid::from_u128(row.practice.as_u128());
    let mut doc = Document::new(Kind::Incident, practice);
    doc.tag(Tag::Status, &find::text(&row.status));
    severities(&mut doc, row.severity);
    doc.words(&row.title);
    doc.words(&row.kind);
    Ok(PreparedRow {
        kind: Kind::Incident,
        id: Uuid::from_u128(row.id.as_u128()),
        practice,
        row: json(row)?,
        doc: doc.finish(),
        received_at: micros(row.declared_at),
        updated_at: micros(row.updated_at),
        judged: -1,
        dedup: None,
        keys: Vec::new(),
        near: None,
    })
}

fn evidence(row: &EvidenceRow) -> Result<PreparedRow, Outside> {
    let practice = Uuid::from_u128(row.practice.as_u128());
    let mut doc = Document::new(Kind::Evidence, practice);
    doc.tag(Tag::Incident, &find::id(row.incident.as_u128()));
    doc.tag(Tag::Sha256, &row.sha256.to_string());
    doc.words(&row.name);
    doc.words(&row.source);
    let taken = micros(row.taken_at);
    Ok(PreparedRow {
        kind: Kind::Evidence,
        id: Uuid::from_u128(row.id.as_u128()),
        practice,
        row: json(row)?,
        doc: doc.finish(),
        received_at: taken,
        updated_at: row.rehashed.as_ref().map_or(taken, |(at, _)| micros(*at)),
        judged: -1,
        dedup: None,
        keys: Vec::new(),
        near: None,
    })
}

fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}
