//! The record: an append-only journal whose entries are leaves of a transparency log, and the lists drawn from it.
//! A write is one [`Append`]: entries of one or more streams, the rows that changed with them and the sealed
//! payloads they name. It is taken whole, durably, or not at all.

use async_trait::async_trait;
use kernel::{AlertId, Digest, Entry, EvidenceId, IncidentId, PracticeId, Stream, Timestamp, TokenId};

use super::{
    AlertKey, AlertQuery, AlertRow, EntryQuery, EvidenceQuery, EvidenceRow, IncidentQuery, IncidentRow,
    NearAlert, Outside, Page, PracticeRow, Row, Scope, ShelfPlace, ShelfQuery, Shelved, TokenRow,
};

/// An entry and its canonical bytes (RFC 8785), which are the leaf.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The entry.
    pub entry: Entry,
    /// Its canonical bytes, made by `ledger::canonical`.
    pub canonical: Vec<u8>,
}

/// The entries that one stream gets.
#[derive(Debug, Clone)]
pub struct Part {
    /// The stream.
    pub stream: Stream,
    /// The version that the writer last saw; 0 for a new stream. The first entry has `expected + 1`.
    pub expected: u64,
    /// The entries, in order.
    pub entries: Vec<Leaf>,
}

/// Bytes too private for an entry, sealed by the vault: a raw alert, the text of a note.
#[derive(Debug, Clone)]
pub struct Payload {
    /// SHA-256 of the plain bytes.
    pub digest: Digest,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// One write.
#[derive(Debug, Clone)]
pub struct Append {
    /// The tenant.
    pub practice: PracticeId,
    /// The client's idempotency key with the digest of its request; a repetition gets the first answer.
    pub key: Option<(String, Digest)>,
    /// The entries.
    pub parts: Vec<Part>,
    /// The rows of lists that change with them.
    pub rows: Vec<Row>,
    /// Sealed bytes that the entries name by digest. Already present ones are kept as they are.
    pub payloads: Vec<Payload>,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The log index of the first and the last entry (of the first write, where this one repeats it).
    pub first: u64,
    /// See `first`.
    pub last: u64,
    /// Whether the key had been used for the same request before; then nothing was written now.
    pub repeated: bool,
}

/// Why a write was not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody else wrote to the stream first.
    #[error("{stream:?} is at version {current}, not {expected}: look at what changed and try again")]
    Stale {
        /// Which stream.
        stream: Stream,
        /// What the writer had seen.
        expected: u64,
        /// Where it stands.
        current: u64,
        /// What was written since, at most 100 entries.
        since: Vec<Recorded>,
    },
    /// The same alert of the same source is already there.
    #[error("already recorded as alert {0}")]
    Duplicate(AlertId),
    /// The idempotency key was used for a different request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// It rests on what this process had in memory, and another process has written to the record since: ask again, the
    /// database this time.
    #[error("another program wrote to the record at the same moment")]
    Overtaken,
    /// Outside.
    #[error(transparent)]
    Outside(#[from] Outside),
}

/// Who is asked for related alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// This process's memory, and the database for what is not there.
    Memory,
    /// The database.
    Database,
}

/// Alerts that share something with another.
#[derive(Debug, Clone, Default)]
pub struct Related {
    /// The alerts, newest first.
    pub alerts: Vec<NearAlert>,
    /// Where they are of this process's memory: which state of it, for [`Journal::append_after`].
    pub seen: Option<u64>,
}

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its leaf index in the log, from 0.
    pub index: u64,
    /// Its stream.
    pub stream: Stream,
    /// Its version in the stream.
    pub version: u64,
    /// Its canonical bytes.
    pub canonical: Vec<u8>,
}

/// The head of the log: what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Number of leaves.
    pub size: u64,
    /// Root hash (RFC 6962).
    pub root: [u8; 32],
    /// The signed checkpoint (c2sp.org/tlog-checkpoint); empty while the log is empty.
    pub checkpoint: String,
}

/// A folded state kept so that a long stream need not be folded from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: Stream,
    /// The version it stands at.
    pub version: u64,
    /// The form it is written in; a reader that knows another ignores the snapshot.
    pub form: u32,
    /// The state as JSON.
    pub state: Vec<u8>,
}

/// The record. Reads take a [`Scope`], so that no query goes without its tenant.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Takes a write. Returns when it is durable (`fsync`) and covered by a signed checkpoint.
    async fn append(&self, append: Append) -> Result<Appended, JournalError>;
    /// As [`Journal::append`], for a write that rests on [`Related::seen`]: `Overtaken` where another process has written since.
    async fn append_after(&self, append: Append, seen: Option<u64>) -> Result<Appended, JournalError>;

    /// What became of an earlier write with this key, so that a repeated request gets its first answer even where it
    /// would be refused today. `KeyReused` where the key was used for a request with another digest.
    async fn repeated(
        &self,
        practice: PracticeId,
        key: &str,
        request: &Digest,
    ) -> Result<Option<Appended>, JournalError>;

    /// Entries of a stream after `after_version`, oldest first.
    async fn stream(
        &self,
        practice: PracticeId,
        stream: Stream,
        after_version: u64,
        limit: u32,
    ) -> Result<Vec<Recorded>, Outside>;

    /// The newest snapshot of a stream.
    async fn snapshot(&self, practice: PracticeId, stream: Stream) -> Result<Option<Snapshot>, Outside>;
    /// Keeps a snapshot; an older one of the stream goes.
    async fn keep_snapshot(&self, practice: PracticeId, snapshot: Snapshot) -> Result<(), Outside>;

    /// Entries with a log index of at least `from`, oldest first: the journal's tail.
    async fn tail(&self, scope: Scope, from: u64, limit: u32) -> Result<Vec<Recorded>, Outside>;
    /// Tells the size of the log whenever it has grown (by this process or, within a second, by another).
    fn watch(&self) -> tokio::sync::watch::Receiver<u64>;
    /// Entries by filter and text, newest first.
    async fn entries(&self, scope: Scope, query: EntryQuery) -> Result<Page<Recorded>, Outside>;

    /// A page of alerts, newest first.
    async fn alerts(&self, scope: Scope, query: AlertQuery) -> Result<Page<AlertRow>, Outside>;
    /// One alert.
    async fn alert(&self, scope: Scope, id: AlertId) -> Result<Option<AlertRow>, Outside>;
    /// The id of the alert with this key of this source, if it was taken before.
    async fn alert_by_key(&self, practice: PracticeId, dedup_key: &str) -> Result<Option<AlertId>, Outside>;
    /// Alerts since `since` that share a key, newest first.
    async fn related_alerts(
        &self,
        practice: PracticeId,
        keys: &[AlertKey],
        since: Timestamp,
        limit: u32,
        ask: Ask,
    ) -> Result<Related, Outside>;
    /// How many alerts a person has judged, and how many of those verdicts agreed with the proposal.
    async fn verdict_agreement(&self, scope: Scope) -> Result<(u64, u64), Outside>;

    /// A page of incidents, newest first.
    async fn incidents(&self, scope: Scope, query: IncidentQuery) -> Result<Page<IncidentRow>, Outside>;
    /// One incident's row.
    async fn incident(&self, scope: Scope, id: IncidentId) -> Result<Option<IncidentRow>, Outside>;

    /// A page of evidence, newest first.
    async fn evidence(&self, scope: Scope, query: EvidenceQuery) -> Result<Page<EvidenceRow>, Outside>;
    /// One item of evidence.
    async fn evidence_item(&self, scope: Scope, id: EvidenceId) -> Result<Option<EvidenceRow>, Outside>;

    /// The practices in scope, by name.
    async fn practices(&self, scope: Scope) -> Result<Vec<PracticeRow>, Outside>;

    /// Their ids and names alone, by name: profiles are long, and there may be a thousand.
    async fn practice_names(&self, scope: Scope) -> Result<Vec<(PracticeId, String)>, Outside>;

    /// The token with this hash.
    async fn token(&self, hash: &Digest) -> Result<Option<TokenRow>, Outside>;
    /// All tokens in scope.
    async fn tokens(&self, scope: Scope) -> Result<Vec<TokenRow>, Outside>;

    /// Sealed bytes.
    async fn payload(&self, practice: PracticeId, digest: &Digest) -> Result<Option<Vec<u8>>, Outside>;
    /// Destroys sealed bytes. The digest stays in the entries.
    async fn destroy_payload(&self, practice: PracticeId, digest: &Digest) -> Result<(), Outside>;

    /// Keeps a thing of a person's own in its place, over what was there.
    async fn shelve(&self, thing: Shelved) -> Result<(), Outside>;
    /// Things that people keep for themselves, at most 500.
    async fn shelf(&self, query: ShelfQuery) -> Result<Vec<Shelved>, Outside>;
    /// Takes a thing away. One that is gone already is fine.
    async fn unshelve(&self, place: ShelfPlace) -> Result<(), Outside>;

    /// The head of the log.
    async fn head(&self) -> Result<LogHead, Outside>;
    /// The checkpoint that was signed at this size, if one was.
    async fn checkpoint_at(&self, size: u64) -> Result<Option<String>, Outside>;
    /// RFC 6962 inclusion proofs of these leaves in the tree of `size`.
    async fn inclusion(&self, indices: &[u64], size: u64) -> Result<Vec<Vec<[u8; 32]>>, Outside>;
    /// RFC 6962 consistency proof between two sizes.
    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<[u8; 32]>, Outside>;

    /// Forgets the idempotency keys that were used before an instant, and says how many.
    async fn forget_keys(&self, before: Timestamp) -> Result<u64, Outside>;

    /// Takes rows of tokens away, and says how many were there. What became of them stays in their entries.
    async fn forget_tokens(&self, ids: &[TokenId]) -> Result<u64, Outside>;

    /// Whether the database answers.
    async fn ready(&self) -> Result<(), Outside>;
    /// Writes everything, as one consistent picture, to a new file at `path`: a backup that either kind of database can load.
    async fn dump(&self, path: &std::path::Path) -> Result<(), Outside>;
    /// Loads a dump into an empty database. Refuses a database that holds entries.
    async fn load(&self, path: &std::path::Path) -> Result<(), Outside>;
    /// Finishes what was acknowledged and stops writing.
    async fn close(&self);
}
