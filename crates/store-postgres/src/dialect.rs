//! What PostgreSQL does in its own way: lists as arrays, words in a GIN index, the head of the log locked for a batch.

use sqlx::{Result, query_file, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Stretch, Trouble},
    find::{Kind, Needles},
    plan::{Batch, entry_key},
    records::{EntryRow, HeadRow, KnownAlert, KnownKey, KnownRow, KnownStream, ListedRow, NodeRow},
};

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
) -> Result<Vec<i64>> {
    query_file_scalar!("sql/related.sql", practice, keys, since, limit).fetch_all(conn).await
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

pub(crate) async fn put_entries(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let all = &batch.entries;
    let indices: Vec<_> = all.iter().map(|new| new.idx).collect();
    let practices: Vec<_> = all.iter().map(|new| new.practice).collect();
    let kinds: Vec<_> = all.iter().map(|new| new.stream.1).collect();
    let ids: Vec<_> = all.iter().map(|new| new.stream.0).collect();
    let versions: Vec<_> = all.iter().map(|new| new.version).collect();
    let texts: Vec<_> = all.iter().map(|new| new.entry.canonical.clone()).collect();
    query_file!("sql/put_entries.sql", &indices, &practices, &kinds, &ids, &versions, &texts)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn put_nodes(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let (keys, hashes): (Vec<_>, Vec<_>) =
        batch.nodes.iter().map(|(key, hash)| (*key, hash.to_vec())).unzip();
    query_file!("sql/put_nodes.sql", &keys, &hashes).execute(conn).await.map(drop)
}

pub(crate) async fn put_listed(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let all = &batch.listed;
    let keys: Vec<_> = all.iter().map(|kept| kept.key).collect();
    let kinds: Vec<_> = all.iter().map(|kept| kept.row.kind.number()).collect();
    let ids: Vec<_> = all.iter().map(|kept| kept.row.id).collect();
    let practices: Vec<_> = all.iter().map(|kept| kept.row.practice).collect();
    let judged: Vec<_> = all.iter().map(|kept| kept.row.judged).collect();
    let rows: Vec<_> = all.iter().map(|kept| kept.row.row.clone()).collect();
    query_file!("sql/put_listed.sql", &keys, &kinds, &ids, &practices, &judged, &rows)
        .execute(&mut *conn)
        .await?;

    let dedups: Vec<_> = all
        .iter()
        .filter(|kept| kept.new)
        .filter_map(|kept| Some((kept.row.practice, kept.row.dedup?.to_vec(), kept.row.id)))
        .collect();
    if !dedups.is_empty() {
        let practices: Vec<_> = dedups.iter().map(|dedup| dedup.0).collect();
        let ids: Vec<_> = dedups.iter().map(|dedup| dedup.2).collect();
        let keys: Vec<_> = dedups.into_iter().map(|dedup| dedup.1).collect();
        query_file!("sql/put_dedups.sql", &practices, &keys, &ids).execute(&mut *conn).await?;
    }
    let grouped: Vec<_> = all
        .iter()
        .flat_map(|kept| {
            kept.row.keys.iter().map(|hash| (kept.row.practice, *hash, kept.row.received_at, kept.key))
        })
        .collect();
    if !grouped.is_empty() {
        let practices: Vec<_> = grouped.iter().map(|key| key.0).collect();
        let hashes: Vec<_> = grouped.iter().map(|key| key.1).collect();
        let received: Vec<_> = grouped.iter().map(|key| key.2).collect();
        let keys: Vec<_> = grouped.iter().map(|key| key.3).collect();
        query_file!("sql/put_alert_keys.sql", &practices, &hashes, &received, &keys).execute(conn).await?;
    }
    Ok(())
}

pub(crate) async fn put_find(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let size = batch.entries.len() + batch.listed.len();
    let (mut keys, mut kinds) = (Vec::with_capacity(size), Vec::with_capacity(size));
    let (mut practices, mut docs) = (Vec::with_capacity(size), Vec::with_capacity(size));
    let (mut received, mut updated) = (Vec::with_capacity(size), Vec::with_capacity(size));
    for new in &batch.entries {
        keys.push(entry_key(new.idx));
        kinds.push(Kind::Entry.number());
        practices.push(new.practice);
        received.push(new.entry.at);
        updated.push(new.entry.at);
        docs.push(new.entry.doc.clone());
    }
    for kept in &batch.listed {
        keys.push(kept.key);
        kinds.push(kept.row.kind.number());
        practices.push(kept.row.practice);
        received.push(kept.row.received_at);
        updated.push(kept.row.updated_at);
        docs.push(kept.row.doc.clone());
    }
    query_file!("sql/put_find.sql", &keys, &kinds, &practices, &received, &updated, &docs)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn put_keys(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let all = &batch.keys;
    let practices: Vec<_> = all.iter().map(|new| new.practice).collect();
    let keys: Vec<_> = all.iter().map(|new| new.key.to_vec()).collect();
    let requests: Vec<_> = all.iter().map(|new| new.request.to_vec()).collect();
    let firsts: Vec<_> = all.iter().map(|new| new.first).collect();
    let lasts: Vec<_> = all.iter().map(|new| new.last).collect();
    query_file!("sql/put_keys.sql", &practices, &keys, &requests, &firsts, &lasts)
        .execute(conn)
        .await
        .map(drop)
}

pub(crate) async fn put_payloads(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let all = &batch.payloads;
    let practices: Vec<_> = all.iter().map(|(practice, _)| *practice).collect();
    let digests: Vec<_> = all.iter().map(|(_, payload)| payload.digest.as_bytes().to_vec()).collect();
    let sealed: Vec<_> = all.iter().map(|(_, payload)| payload.sealed.clone()).collect();
    query_file!("sql/put_payloads.sql", &practices, &digests, &sealed).execute(conn).await.map(drop)
}
