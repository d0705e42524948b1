//! What PostgreSQL does in its own way: lists as arrays, words in a GIN index, the head of the log locked for a batch.

use sqlx::{Result, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Stretch, Trouble},
    find::Needles,
    records::{EntryRow, HeadRow, KnownAlert, KnownKey, KnownRow, KnownStream, ListedRow, NodeRow},
};

pub(crate) use crate::put::put;

pub(crate) type Conn = sqlx::PgConnection;
pub(crate) type Driver = sqlx::Postgres;

/// Read committed: the lock on the head makes whoever comes second see what the first has written.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// One picture for everything that is read.
pub(crate) const BEGIN_PICTURE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Keys per block of the index of words, as a power of two.
const BLOCK: u32 = 13;
/// A search names no more blocks than these.
const BLOCKS: i64 = 64;

/// What an error code means (PostgreSQL's manual, appendix A).
pub(crate) fn trouble(code: &str) -> Trouble {
    match code {
        // Serialisation failure, deadlock, too many connections, lock not available, query cancelled
        "40001" | "40P01" | "53300" | "55P03" | "57014" => Trouble::Away,
        // Disk full
        "53100" => Trouble::Full,
        // Connection exceptions; shutdown, crash and start of the server
        _ if code.starts_with("08") || code.starts_with("57P") => Trouble::Away,
        _ => Trouble::Lasting,
    }
}

/// The columns of pairs.
fn split<A: Copy, B: Copy>(list: &[(A, B)]) -> (Vec<A>, Vec<B>) {
    list.iter().copied().unzip()
}

fn split_keyed(list: &[(Uuid, [u8; 32])]) -> (Vec<Uuid>, Vec<Vec<u8>>) {
    list.iter().map(|(id, key)| (*id, key.to_vec())).unzip()
}

pub(crate) async fn lock_head(conn: &mut Conn) -> Result<HeadRow> {
    query_file_as!(HeadRow, "sql/lock_head.sql").fetch_one(conn).await
}

pub(crate) async fn keys(conn: &mut Conn, asked: &[(Uuid, [u8; 32])]) -> Result<Vec<KnownKey>> {
    let (practices, keys) = split_keyed(asked);
    query_file_as!(KnownKey, "sql/known_keys.sql", &practices, &keys).fetch_all(conn).await
}

pub(crate) async fn streams(conn: &mut Conn, asked: &[(Uuid, i16)]) -> Result<Vec<KnownStream>> {
    let (ids, kinds) = split(asked);
    query_file_as!(KnownStream, "sql/known_streams.sql", &ids, &kinds).fetch_all(conn).await
}

pub(crate) async fn dedups(conn: &mut Conn, asked: &[(Uuid, [u8; 32])]) -> Result<Vec<KnownAlert>> {
    let (practices, keys) = split_keyed(asked);
    query_file_as!(KnownAlert, "sql/known_dedups.sql", &practices, &keys).fetch_all(conn).await
}

pub(crate) async fn known(conn: &mut Conn, asked: &[(Uuid, i16)]) -> Result<Vec<KnownRow>> {
    let (ids, kinds) = split(asked);
    query_file_as!(KnownRow, "sql/known_listed.sql", &ids, &kinds).fetch_all(conn).await
}

pub(crate) async fn nodes(conn: &mut Conn, keys: &[i64]) -> Result<Vec<NodeRow>> {
    query_file_as!(NodeRow, "sql/nodes.sql", keys).fetch_all(conn).await
}

pub(crate) async fn entries(conn: &mut Conn, indices: &[i64]) -> Result<Vec<EntryRow>> {
    query_file_as!(EntryRow, "sql/entries.sql", indices).fetch_all(conn).await
}

pub(crate) async fn listed(conn: &mut Conn, keys: &[i64]) -> Result<Vec<ListedRow>> {
    query_file_as!(ListedRow, "sql/listed.sql", keys).fetch_all(conn).await
}

pub(crate) async fn related(
    conn: &mut Conn,
    practice: Uuid,
    keys: &[Uuid],
    since: i64,
    limit: i64,
) -> Result<Vec<ListedRow>> {
    query_file_as!(ListedRow, "sql/related.sql", practice, keys, since, limit).fetch_all(conn).await
}

pub(crate) async fn search(
    conn: &mut Conn,
    stretch: Stretch,
    lead: &Needles,
    like: &str,
) -> Result<Vec<i64>> {
    let Stretch { below, floor, received, updated, limit, .. } = stretch;
    let mut words = lead.tsquery();
    // The blocks of the index that the stretch lies in, if it is a short one.
    let (first, last) = (floor >> BLOCK, (below - 1) >> BLOCK);
    if (0..BLOCKS).contains(&(last - first)) {
        let blocks: Vec<_> = (first..=last).map(|block| format!("'-{block}'")).collect();
        words = format!("{words} & ({})", blocks.join(" | "));
    }
    query_file_scalar!("sql/search.sql", words, below, floor, received, updated, like, limit)
        .fetch_all(conn)
        .await
}
