//! What the queries give back, the same from both databases, and how it becomes what the port speaks of.

use app::ports::{LogHead, Outside, Recorded, ShelfKind, ShelfPlace, Shelved};
use kernel::{Digest, PersonId, PracticeId, Stream, StreamKind, Timestamp};
use ledger::tree::NodeId;
use sqlx::types::Uuid;

/// The one row of `log_head`.
#[derive(Debug, Clone)]
pub struct HeadRow {
    /// Number of leaves.
    pub size: i64,
    /// Number of rows of lists that ever arrived.
    pub listed: i64,
    /// The root hash.
    pub root: Vec<u8>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl HeadRow {
    /// The head as the port has it.
    #[must_use]
    pub fn head(self) -> LogHead {
        LogHead { size: count(self.size), root: hash(&self.root), checkpoint: self.checkpoint }
    }
}

/// An entry.
#[derive(Debug)]
pub struct EntryRow {
    /// Its leaf index.
    pub idx: i64,
    /// The tenant.
    pub practice: Uuid,
    /// The number of the stream's kind.
    pub stream_kind: i16,
    /// The stream's id.
    pub stream_id: Uuid,
    /// Its version in the stream.
    pub version: i64,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
}

impl From<EntryRow> for Recorded {
    fn from(row: EntryRow) -> Self {
        let kind = match row.stream_kind {
            1 => StreamKind::Alert,
            2 => StreamKind::Incident,
            _ => StreamKind::Practice,
        };
        Self {
            index: count(row.idx),
            stream: Stream { kind, id: row.stream_id.as_u128() },
            version: count(row.version),
            canonical: row.canonical,
        }
    }
}

/// A row of a list, by its key.
#[derive(Debug)]
pub struct ListedRow {
    /// Its key.
    pub key: i64,
    /// The row as JSON.
    pub row: Vec<u8>,
}

/// An idempotency key that was used.
#[derive(Debug)]
pub struct UsedKey {
    /// The digest of its request.
    pub request: Vec<u8>,
    /// The first entry written with it.
    pub first: i64,
    /// The last.
    pub last: i64,
}

/// One answer of the look-up before a batch.
#[derive(Debug, Clone)]
pub struct KnownFact {
    /// What was asked: one of the constants of this type.
    pub what: i16,
    /// Which of those asked for, from 0.
    pub at: i64,
    /// The root; a request's digest; a tenant; an alert.
    pub bytes: Option<Vec<u8>>,
    /// The size of the log; the first entry; a version; a row's key.
    pub first: Option<i64>,
    /// How many rows ever arrived; the last entry; how a row was judged.
    pub last: Option<i64>,
}

impl KnownFact {
    /// The head of the log: root, size, rows that ever arrived.
    pub const HEAD: i16 = 0;
    /// An idempotency key that was used: the request's digest, the first and the last entry written with it.
    pub const KEY: i16 = 1;
    /// A stream that exists: its tenant and its version.
    pub const STREAM: i16 = 2;
    /// An alert's key that is taken: the alert that has it.
    pub const DEDUP: i16 = 3;
    /// A row of a list that exists: its key, and how it was judged, where it was.
    pub const LISTED: i16 = 4;
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub struct NodeRow {
    /// See [`node_key`].
    pub key: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// A snapshot.
#[derive(Debug)]
pub struct SnapshotRow {
    /// The version it stands at.
    pub version: i64,
    /// The form it is written in.
    pub form: i64,
    /// The state.
    pub state: Vec<u8>,
}

/// How many alerts were judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct AgreementRow {
    /// By a person.
    pub judged: i64,
    /// As triage proposed.
    pub agreed: i64,
}

/// A thing that somebody keeps for themselves.
#[derive(Debug, Clone)]
pub struct ShelfRow {
    /// The tenant.
    pub practice: Uuid,
    /// Whose.
    pub person: Uuid,
    /// The number of its kind.
    pub kind: i16,
    /// What it is about.
    pub name: Vec<u8>,
    /// When it was last written, in microseconds.
    pub at: i64,
    /// SHA-256 of the plain bytes.
    pub digest: Vec<u8>,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

impl From<Shelved> for ShelfRow {
    fn from(thing: Shelved) -> Self {
        let ShelfPlace { practice, person, kind, name } = thing.place;
        Self {
            practice: Uuid::from_u128(practice.as_u128()),
            person: Uuid::from_u128(person.as_u128()),
            kind: kind.number(),
            name: name.as_bytes().to_vec(),
            at: thing.at.as_microsecond(),
            digest: thing.digest.as_bytes().to_vec(),
            sealed: thing.sealed,
        }
    }
}

impl ShelfRow {
    /// The thing as the port has it; `None` where it is of a kind that this version does not know.
    #[must_use]
    pub fn thing(self) -> Option<Shelved> {
        let place = ShelfPlace {
            practice: PracticeId::from_u128(self.practice.as_u128()),
            person: PersonId::from_u128(self.person.as_u128()),
            kind: ShelfKind::of(self.kind)?,
            name: Digest::from_bytes(hash(&self.name)),
        };
        Some(Shelved {
            place,
            at: Timestamp::from_microsecond(self.at).unwrap_or_default(),
            digest: Digest::from_bytes(hash(&self.digest)),
            sealed: self.sealed,
        })
    }
}

/// Which things of people's own are asked for.
#[derive(Debug, Clone)]
pub struct ShelfAsked {
    /// The tenant.
    pub practice: Uuid,
    /// The number of the kind.
    pub kind: i16,
    /// Whose, where one person's.
    pub person: Option<Uuid>,
    /// About what, where about one thing.
    pub name: Option<Vec<u8>>,
}

/// How many nodes a tree has before its leaf of this index comes: each leaf completes as many nodes above it as its index ends
/// in ones.
const fn nodes_before(leaf: u64) -> u64 {
    2 * leaf - leaf.count_ones() as u64
}

/// The key of a node in the database: how many nodes came to be before it. Those of one batch stand side by side.
#[must_use]
pub fn node_key(node: NodeId) -> i64 {
    let last = ((node.index + 1) << node.level) - 1;
    whole(nodes_before(last) + u64::from(node.level))
}

/// The node of a key in the database.
#[must_use]
pub fn node_id(key: i64) -> NodeId {
    let key = count(key);
    let mut last = key / 2;
    // A leaf has at most 64 ones in its index: a few steps.
    while nodes_before(last + 1) <= key {
        last += 1;
    }
    let level = u8::try_from(key - nodes_before(last)).unwrap_or(u8::MAX);
    NodeId { level, index: ((last + 1) >> level.min(63)).saturating_sub(1) }
}

/// A database's integer as a count.
#[must_use]
pub fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A count as a database's integer. None of ours comes near 2^63.
#[must_use]
pub fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bytes of the database as a hash; bytes that are none give one that nothing verifies against.
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().unwrap_or([0; 32])
}

/// Rows of JSON as what they are.
///
/// # Errors
/// [`Outside`] where the database holds something that this version cannot read.
pub fn read<T: serde::de::DeserializeOwned>(row: &[u8]) -> Result<T, Outside> {
    serde_json::from_slice(row)
        .map_err(|error| Outside::never("a row of the record cannot be read by this version", error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nodes_are_numbered_as_they_come_to_be() {
        let mut next = 0;
        for leaf in 0..5_000_u64 {
            for level in 0..=u8::try_from(leaf.trailing_ones()).unwrap() {
                let node = NodeId { level, index: ((leaf + 1) >> level) - 1 };
                assert_eq!(node_key(node), next, "{node:?}");
                assert_eq!(node_id(next), node);
                next += 1;
            }
        }
    }

    proptest! {
        #[test]
        fn a_nodes_key_names_it_however_large_the_log(level in 0_u8..40, index in 0_u64..1 << 20) {
            let node = NodeId { level, index };
            prop_assert_eq!(node_id(node_key(node)), node);
        }
    }
}
