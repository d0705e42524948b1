//! What PostgreSQL does in its own way: lists as arrays, words in a GIN index, the head of the log locked for a batch.

use sqlx::{Executor as _, Result, Row as _, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Stretch, Trouble},
    find::Needles,
    plan::{Asked, Batch},
    records::{EntryRow, HeadRow, KnownFact, ListedRow, NodeRow},
};

pub(crate) use crate::put::put;
use crate::writes::Head;

pub(crate) type Conn = sqlx::PgConnection;
pub(crate) type Connections = sqlx::PgPool;
/// A connection on loan.
pub(crate) type Lent = sqlx::pool::PoolConnection<sqlx::Postgres>;

/// Read committed: the lock on the head makes whoever comes second see what the first has written.
pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The same for a batch, with the head locked: one question, one answer. A batch's statements are the same whatever is in it,
/// and planning them anew takes a good part of its time. No macro checks this text; the question in it is the file that
/// [`lock_head`] has checked.
const BEGIN_BATCH: &str = concat!(
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL plan_cache_mode = force_generic_plan; ",
    include_str!("../sql/lock_head.sql")
);
/// One picture for everything that is read.
pub(crate) const BEGIN_PICTURE: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Rows per block of the index of words, as a power of two.
const BLOCK: u32 = 14;

/// Lends a connection, once one is free.
pub(crate) async fn lend(connections: &Connections) -> Result<Lent> {
    connections.acquire().await
}

/// Takes one back that can be used again.
pub(crate) fn take_back(lent: Lent) {
    drop(lent);
}

/// Closes one that nobody knows what it will say next.
pub(crate) fn let_go(lent: Lent) {
    drop(lent.detach());
}

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

/// Begins a transaction that writes, with the head locked, and looks up what a batch asks.
pub(crate) async fn begin(conn: &mut Conn, asked: &Asked) -> Result<Vec<KnownFact>> {
    let head = (&mut *conn).fetch_one(sqlx::raw_sql(BEGIN_BATCH)).await?;
    let (practices, keys) = split_keyed(&asked.keys);
    let (streams, stream_kinds) = split(&asked.streams);
    let (owners, dedups) = split_keyed(&asked.dedups);
    let (ids, kinds) = split(&asked.listed);
    let mut facts = query_file_as!(
        KnownFact,
        "sql/known.sql",
        &practices,
        &keys,
        &streams,
        &stream_kinds,
        &owners,
        &dedups,
        &ids,
        &kinds
    )
    .fetch_all(conn)
    .await?;
    let (bytes, first, last) = (head.try_get("root")?, head.try_get("size")?, head.try_get("listed")?);
    facts.push(KnownFact { what: KnownFact::HEAD, at: 0, bytes, first, last });
    Ok(facts)
}

/// Writes a batch but for its profiles and its tokens, moves the head to where it leaves the log, and commits.
pub(crate) async fn seal(conn: &mut Conn, batch: &Batch<'_>, head: &Head) -> Result<()> {
    put(&mut *conn, batch, Some(head)).await?;
    end(conn).await
}

/// Ends a transaction.
pub(crate) async fn end(conn: &mut Conn) -> Result<()> {
    sqlx::query("COMMIT").execute(conn).await.map(drop)
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
) -> Result<Vec<u8>> {
    let rows = query_file_scalar!("sql/related.sql", practice, keys, since, limit).fetch_all(conn).await?;
    Ok([b"[".as_slice(), &rows.join(b",".as_slice()), b"]"].concat())
}

/// By the index of words, one block after the other, the newest first: it gives a block's rows in no order.
pub(crate) async fn search(
    conn: &mut Conn,
    stretch: Stretch,
    lead: &Needles,
    like: &str,
) -> Result<Vec<i64>> {
    let Stretch { below, floor, received, updated, limit, .. } = stretch;
    let block = |key: i64| i64::try_from(lead.kind().order(key) >> BLOCK).unwrap_or(i64::MAX);
    let (newest, oldest) = (block(below - 1), block(floor));
    query_file_scalar!(
        "sql/search.sql",
        lead.tsquery(),
        below,
        floor,
        received,
        updated,
        like,
        limit,
        newest,
        oldest
    )
    .fetch_all(conn)
    .await
}
