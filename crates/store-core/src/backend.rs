//! What a database does for the journal. Both crates that implement it compile the same `shared/*.rs` and the same
//! `sql/*.sql`; what differs is in each crate's `dialect.rs`.

use std::time::Duration;

use app::ports::{Appended, JournalError};
use async_trait::async_trait;
use ledger::checkpoint::Signer;
use sqlx::types::Uuid;

use crate::{
    dump::{Lines, Restored},
    find::Needles,
    near::Near,
    prepare::Prepared,
    records::{
        AgreementRow, EntryRow, HeadRow, ListedRow, NodeRow, ShelfAsked, ShelfRow, SnapshotRow, UsedKey,
    },
};

/// A failure of a database.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database or the way to it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// What it holds does not fit together.
    #[error("{0}")]
    Damaged(String),
    /// Reading or writing a dump.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// No answer came in time; whether the database did what it was asked is not known.
    #[error("no answer came within {} seconds", .0.as_secs_f32())]
    Silent(Duration),
}

/// What kind of failure it is, and so what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The database cannot be reached, restarts or is locked: it may pass within seconds.
    Away,
    /// No room on its disk.
    Full,
    /// It refuses this statement or holds something it should not: trying again does not help.
    Lasting,
}

/// Whose rows.
#[derive(Debug, Clone, Copy)]
pub struct Tenant {
    /// All of them.
    pub every: bool,
    /// One practice's, if not all.
    pub practice: Uuid,
}

/// A stretch of what is to be searched: keys from `floor` up to but without `below`, not older than these instants.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    /// Whose.
    pub tenant: Tenant,
    /// Below this key.
    pub below: i64,
    /// At or above this key.
    pub floor: i64,
    /// Received at or after, in microseconds.
    pub received: i64,
    /// Changed at or after, in microseconds.
    pub updated: i64,
    /// At most so many.
    pub limit: i64,
}

/// Which of a stretch's instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// `received`.
    Received,
    /// `updated`.
    Updated,
}

/// What became of one write of a batch.
pub type Answer = Result<Appended, JournalError>;

/// A database. Reads of one row or page each; nothing here retries.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// What kind of failure this is.
    fn trouble(&self, error: &sqlx::Error) -> Trouble;

    /// Takes a batch in one transaction: durable when this returns. `again` says that an earlier attempt may have
    /// been committed. Gives the answers and the size of the log.
    async fn take(
        &self,
        batch: &[&Prepared],
        again: bool,
        signer: &Signer,
    ) -> Result<(Vec<Answer>, u64), Fault>;

    /// An idempotency key that was used.
    async fn used_key(&self, practice: Uuid, key: &[u8]) -> Result<Option<UsedKey>, Fault>;
    /// The index of the first entry that was accepted at or after an instant, in microseconds.
    async fn first_since(&self, at: i64) -> Result<Option<i64>, Fault>;
    /// Forgets at most so many idempotency keys that were used below an index, and says how many.
    async fn forget_keys(&self, below: i64, limit: i64) -> Result<u64, Fault>;

    /// The head.
    async fn head(&self) -> Result<HeadRow, Fault>;
    /// The checkpoint of a size.
    async fn checkpoint_at(&self, size: i64) -> Result<Option<String>, Fault>;
    /// Nodes by key.
    async fn nodes(&self, keys: &[i64]) -> Result<Vec<NodeRow>, Fault>;

    /// Entries of a stream, oldest first.
    async fn stream(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        after: i64,
        limit: i64,
    ) -> Result<Vec<EntryRow>, Fault>;
    /// Entries from an index on, oldest first.
    async fn tail(&self, tenant: Tenant, from: i64, limit: i64) -> Result<Vec<EntryRow>, Fault>;
    /// Entries by index, newest first.
    async fn entries(&self, indices: &[i64]) -> Result<Vec<EntryRow>, Fault>;

    /// Rows of lists by key, newest first.
    async fn listed(&self, keys: &[i64]) -> Result<Vec<ListedRow>, Fault>;
    /// A row of a list by id.
    async fn listed_by_id(&self, id: Uuid, kind: i16, tenant: Tenant) -> Result<Option<ListedRow>, Fault>;
    /// The alert with this key.
    async fn dedup(&self, practice: Uuid, key: &[u8]) -> Result<Option<Uuid>, Fault>;
    /// Rows of alerts that share a grouping key, newest first, as one JSON array: it is asked for each alert that comes in.
    async fn related(&self, practice: Uuid, keys: &[Uuid], since: i64, limit: i64) -> Result<Vec<u8>, Fault>;
    /// Whether the database is a part of this process.
    fn is_within(&self) -> bool;
    /// The newest alerts in memory, where this process writes the record.
    fn near(&self) -> Option<&Near>;
    /// How many judged alerts agree with the proposal.
    async fn agreement(&self, tenant: Tenant) -> Result<AgreementRow, Fault>;

    /// Walks a stretch, newest first, and gives the keys of rows whose document is like the pattern.
    async fn walk(&self, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault>;
    /// The key of the row that stands `skip` rows further back in the stretch.
    async fn floor(&self, stretch: Stretch, skip: i64) -> Result<Option<i64>, Fault>;
    /// How many rows of this kind there are since an instant of the stretch, counted no further than its limit.
    async fn count_since(&self, kind: i16, since: Since, stretch: Stretch) -> Result<i64, Fault>;
    /// The same as a walk, by the index of that instant: for few rows.
    async fn recent(&self, kind: i16, since: Since, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault>;
    /// The same as a walk by the index of words, which is asked for `lead` alone; the pattern decides, unless it is `%`.
    async fn search(&self, stretch: Stretch, lead: &Needles, like: &str) -> Result<Vec<i64>, Fault>;

    /// Practices' rows.
    async fn profiles(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault>;
    /// A token's row by its hash.
    async fn token(&self, hash: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
    /// Tokens' rows.
    async fn tokens(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault>;

    /// Takes a token's row away, and says whether it was there.
    async fn forget_token(&self, id: Uuid) -> Result<bool, Fault>;

    /// Sealed bytes.
    async fn payload(&self, practice: Uuid, digest: &[u8]) -> Result<Option<Vec<u8>>, Fault>;
    /// Destroys sealed bytes.
    async fn destroy_payload(&self, practice: Uuid, digest: &[u8]) -> Result<(), Fault>;

    /// A snapshot.
    async fn snapshot(&self, practice: Uuid, stream: (Uuid, i16)) -> Result<Option<SnapshotRow>, Fault>;
    /// Keeps a snapshot.
    async fn keep_snapshot(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        snapshot: &SnapshotRow,
    ) -> Result<(), Fault>;

    /// Keeps a thing of a person's own.
    async fn shelve(&self, row: &ShelfRow) -> Result<(), Fault>;
    /// Things of people's own.
    async fn shelf(&self, asked: &ShelfAsked, limit: i64) -> Result<Vec<ShelfRow>, Fault>;
    /// Takes a thing of a person's own away.
    async fn unshelve(&self, practice: Uuid, person: Uuid, kind: i16, name: &[u8]) -> Result<(), Fault>;

    /// Everything, in one consistent picture.
    async fn dump(&self, lines: &mut Lines) -> Result<(), Fault>;
    /// Puts a dump into an empty database, all or nothing.
    async fn restore(&self, restored: Restored) -> Result<(), Fault>;

    /// Lets go of the connections.
    async fn close(&self);
}

/// How a journal behaves.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long reads and writes wait for a database that is away before they fail.
    pub patience: Duration,
    /// How many connections read at once.
    pub readers: u32,
    /// How long a database behind a network may take for one answer before the connection is given up. One in this
    /// process is never given up: it cannot be lost on the way.
    pub answer: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { patience: Duration::from_secs(5), readers: 4, answer: Duration::from_secs(5) }
    }
}

/// Waits for an answer, but no longer than `limit` where there is one.
///
/// # Errors
/// [`Fault::Silent`] where none came in time, and the answer's own.
pub async fn answered<T>(
    limit: Option<Duration>,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Fault> {
    let Some(limit) = limit else { return Ok(asked.await?) };
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Fault::Silent(limit)),
    }
}
