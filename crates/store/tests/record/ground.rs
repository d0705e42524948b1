//! A record of each kind to test on, and ways to make what goes into it.

use std::sync::Arc;

use app::ports::{AlertRow, Append, Journal, Leaf, Part, Row, Verdict};
use kernel::{
    Alert, AlertId, Channel, Digest, Entry, EntryId, GroupId, Indicator, IndicatorKind, PersonId, PracticeId,
    Role, Severity, Stream, Timestamp, entry::EntryActor,
};
use ledger::checkpoint::Signer;
use store::{Location, Options};
use testkit::postgres::Postgres;

/// A database of one kind, empty, that lives as long as this.
pub(crate) struct Ground {
    pub(crate) name: &'static str,
    pub(crate) location: Location,
    _folder: Option<tempfile::TempDir>,
    _server: Option<Arc<Postgres>>,
}

/// One ground of each kind that this machine has.
pub(crate) fn grounds() -> Vec<Ground> {
    let folder = tempfile::tempdir().unwrap();
    let mut grounds = vec![Ground {
        name: "SQLite",
        location: Location::File(folder.path().join("record.db")),
        _folder: Some(folder),
        _server: None,
    }];
    if let Some(server) = testkit::postgres::start() {
        let location = Location::Postgres(server.database());
        grounds.push(Ground { name: "PostgreSQL", location, _folder: None, _server: Some(server) });
    }
    grounds
}

impl Ground {
    pub(crate) async fn open(&self) -> Arc<dyn Journal> {
        store::open(&self.location, signer(), Options::default()).await.unwrap()
    }
}

pub(crate) const LOG: &str = "test.example/tourniquet";

pub(crate) fn signer() -> Signer {
    Signer::new(LOG, &[7; 32]).unwrap()
}

pub(crate) fn practice(number: u128) -> PracticeId {
    PracticeId::from_u128(number)
}

/// A microsecond for each `number` after a Monday morning in 2026.
pub(crate) fn at(number: i64) -> Timestamp {
    Timestamp::from_microsecond(1_769_400_000_000_000 + number).unwrap()
}

pub(crate) fn leaf(
    practice: PracticeId,
    stream: Stream,
    version: u64,
    id: u128,
    body: serde_json::Value,
) -> Leaf {
    leaf_at(practice, stream, version, id, body, at(i64::try_from(id % 1_000_000).unwrap()))
}

pub(crate) fn leaf_at(
    practice: PracticeId,
    stream: Stream,
    version: u64,
    id: u128,
    body: serde_json::Value,
    at: Timestamp,
) -> Leaf {
    let entry = Entry {
        v: 1,
        id: EntryId::from_u128(id),
        practice,
        stream,
        version,
        at,
        actor: EntryActor {
            id: PersonId::from_u128(1),
            name: "Ada Responder".to_owned(),
            role: Role::Responder,
        },
        kind: "noted".to_owned(),
        privileged: body.get("privileged").is_some(),
        body,
    };
    let canonical = serde_json::to_vec(&entry).unwrap();
    Leaf { entry, canonical }
}

/// A write of `count` entries to one stream.
pub(crate) fn entries(practice: PracticeId, stream: Stream, expected: u64, count: u64, id: u128) -> Append {
    let entries = (1..=count)
        .map(|n| {
            leaf(practice, stream, expected + n, id * 1000 + u128::from(n), serde_json::json!({ "n": n }))
        })
        .collect();
    Append {
        practice,
        key: None,
        parts: vec![Part { stream, expected, entries }],
        rows: Vec::new(),
        payloads: Vec::new(),
    }
}

/// An alert's row that can be told from others by its number.
pub(crate) fn alert(practice: PracticeId, number: u128, title: &str) -> AlertRow {
    let received = at(i64::try_from(number).unwrap());
    AlertRow {
        id: AlertId::from_u128((1_769_400_000_000 << 80) + number),
        practice,
        alert: Alert {
            channel: Channel::Mdr,
            source: "generic".to_owned(),
            source_id: Some(number.to_string()),
            title: Some(title.to_owned()),
            description: None,
            severity: Some(Severity::High),
            source_severity: None,
            status: None,
            occurred_at: None,
            reported_at: None,
            hosts: vec![format!("WS-{}", number % 7)],
            accounts: Vec::new(),
            indicators: vec![Indicator {
                kind: IndicatorKind::Ipv4,
                value: format!("203.0.113.{}", number % 200),
            }],
            techniques: Vec::new(),
            link: None,
            raw_sha256: Digest::of(&number.to_be_bytes()),
        },
        dedup_key: format!("generic:{number}"),
        version: 1,
        received_at: received,
        updated_at: received,
        proposal: serde_json::json!({ "reasons": ["it looks so"] }),
        proposed_verdict: Verdict::True,
        severity: Severity::High,
        verdict: None,
        group: GroupId::from_u128(number % 5),
        incident: None,
    }
}

/// The write that takes an alert in.
pub(crate) fn intake(row: AlertRow) -> Append {
    let stream = Stream::alert(row.id);
    let body = serde_json::json!({ "title": row.alert.title });
    let entry = leaf_at(
        row.practice,
        stream,
        row.version,
        row.id.as_u128() ^ u128::from(row.version),
        body,
        row.updated_at,
    );
    Append {
        practice: row.practice,
        key: None,
        parts: vec![Part { stream, expected: row.version - 1, entries: vec![entry] }],
        rows: vec![Row::Alert(Box::new(row))],
        payloads: Vec::new(),
    }
}
