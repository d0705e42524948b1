//! What SQLite does in its own way: lists as JSON, words in FTS5.

use std::fmt::Write as _;

use sqlx::{Result, query_file, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Stretch, Trouble},
    find::{Kind, Needles, alert_key_tag},
    plan::{Asked, Batch, entry_key},
    records::{EntryRow, HeadRow, KnownFact, ListedRow, NodeRow},
};

pub(crate) use crate::rack::{Lent, Rack as Connections};
use crate::{
    pack::{Pack, Packed},
    reads,
    writes::Head,
};

pub(crate) type Conn = sqlx::SqliteConnection;

/// Takes the write lock at once, so that no transaction finds out late that it cannot write.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
/// In WAL mode a transaction that reads sees one picture.
pub(crate) const BEGIN_PICTURE: &str = "BEGIN DEFERRED";

/// A connection on loan.
pub(crate) async fn lend(connections: &Connections) -> Result<Lent> {
    connections.lend().await
}

/// Takes one back that can be used again.
pub(crate) fn take_back(lent: Lent) {
    lent.give_back();
}

/// Closes one that nobody knows what it will say next.
pub(crate) fn let_go(lent: Lent) {
    lent.let_go();
}

/// What a result code means (<https://www.sqlite.org/rescode.html>); the primary code is the low byte.
pub(crate) fn trouble(code: &str) -> Trouble {
    match code.parse::<u32>().map(|code| code & 0xFF) {
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_PROTOCOL
        Ok(5 | 6 | 10 | 14 | 15) => Trouble::Away,
        // SQLITE_FULL
        Ok(13) => Trouble::Full,
        _ => Trouble::Lasting,
    }
}

fn numbers(list: &[i64]) -> String {
    let texts: Vec<_> = list.iter().map(i64::to_string).collect();
    format!("[{}]", texts.join(","))
}

/// Pairs of an id and fixed bytes, in hexadecimal.
fn keyed(list: &[(Uuid, [u8; 32])]) -> String {
    let mut json = String::from("[");
    for (at, (id, key)) in list.iter().enumerate() {
        let _ = write!(json, "{}[\"{}\",\"", if at > 0 { "," } else { "" }, id.simple());
        key.iter().for_each(|byte| {
            let _ = write!(json, "{byte:02x}");
        });
        json.push_str("\"]");
    }
    json.push(']');
    json
}

/// Pairs of an id and a kind.
fn kinds(list: &[(Uuid, i16)]) -> String {
    let texts: Vec<_> = list.iter().map(|(id, kind)| format!("[\"{}\",{kind}]", id.simple())).collect();
    format!("[{}]", texts.join(","))
}

pub(crate) async fn lock_head(conn: &mut Conn) -> Result<HeadRow> {
    reads::head(conn).await
}

/// Begins a transaction that writes, and looks up what a batch asks.
pub(crate) async fn begin(conn: &mut Conn, asked: &Asked) -> Result<Vec<KnownFact>> {
    let Asked { keys, streams, dedups, listed } = asked;
    let (keys, streams) = (keyed(keys), kinds(streams));
    let (dedups, listed) = (keyed(dedups), kinds(listed));
    query_file_as!(KnownFact, "sql/begin.sql", keys, streams, dedups, listed).fetch_all(conn).await
}

/// Writes a batch but for its profiles and its tokens, moves the head to where it leaves the log, and commits.
pub(crate) async fn seal(conn: &mut Conn, batch: &Batch<'_>, head: &Head) -> Result<()> {
    put(&mut *conn, batch, None).await?;
    let Head { size, listed, root, note } = head;
    query_file!("sql/seal.sql", size, listed, root, note, size, note).execute(conn).await.map(drop)
}

/// Ends a transaction in which nothing was written.
pub(crate) async fn end(conn: &mut Conn) -> Result<()> {
    sqlx::query("COMMIT").execute(conn).await.map(drop)
}

pub(crate) async fn nodes(conn: &mut Conn, keys: &[i64]) -> Result<Vec<NodeRow>> {
    query_file_as!(NodeRow, "sql/nodes.sql", numbers(keys)).fetch_all(conn).await
}

pub(crate) async fn entries(conn: &mut Conn, indices: &[i64]) -> Result<Vec<EntryRow>> {
    query_file_as!(EntryRow, "sql/entries.sql", numbers(indices)).fetch_all(conn).await
}

pub(crate) async fn listed(conn: &mut Conn, keys: &[i64]) -> Result<Vec<ListedRow>> {
    query_file_as!(ListedRow, "sql/listed.sql", numbers(keys)).fetch_all(conn).await
}

/// By their tags in the index of words: it takes what comes in without a page of its own for each.
pub(crate) async fn related(
    conn: &mut Conn,
    practice: Uuid,
    keys: &[Uuid],
    since: i64,
    limit: i64,
) -> Result<Vec<u8>> {
    let tags: Vec<_> = keys.iter().map(|key| format!("\"{}\"", alert_key_tag(*key))).collect();
    let any = tags.join(" OR ");
    query_file_scalar!("sql/related.sql", any, practice, since, limit).fetch_one(conn).await
}

pub(crate) async fn search(
    conn: &mut Conn,
    stretch: Stretch,
    lead: &Needles,
    like: &str,
) -> Result<Vec<i64>> {
    let Stretch { below, floor, received, updated, limit, .. } = stretch;
    let words = lead.fts5();
    if like == "%" && received == i64::MIN && updated == i64::MIN {
        return query_file_scalar!("sql/search_words.sql", words, below, floor, limit).fetch_all(conn).await;
    }
    query_file_scalar!("sql/search.sql", words, below, floor, received, updated, like, limit)
        .fetch_all(conn)
        .await
}

/// Writes a batch but for its profiles, its tokens and the head. It is one call, as each is handed to the connection's
/// thread and back.
pub(crate) async fn put(conn: &mut Conn, batch: &Batch<'_>, _: Option<&Head>) -> Result<()> {
    let (entries, nodes, found) = (entries_of(batch), nodes_of(batch), found_of(batch));
    let (listed, dedups) = listed_of(batch);
    let (keys, payloads) = (keys_of(batch), payloads_of(batch));
    query_file!(
        "sql/put.sql",
        entries.0,
        entries.1,
        nodes.0,
        nodes.1,
        listed.0,
        listed.1,
        dedups.0,
        dedups.1,
        found.rows.0,
        found.rows.1,
        found.changed,
        found.keys,
        keys.0,
        keys.1,
        payloads.0,
        payloads.1,
    )
    .execute(conn)
    .await
    .map(drop)
}

fn entries_of(batch: &Batch<'_>) -> Packed {
    let mut pack = Pack::new();
    for new in &batch.entries {
        (pack.row().number(new.idx).fixed(new.practice.as_bytes()).number(new.stream.1.into()))
            .fixed(new.stream.0.as_bytes())
            .number(new.version)
            .bytes(&new.entry.canonical);
    }
    pack.finish()
}

fn nodes_of(batch: &Batch<'_>) -> Packed {
    let mut pack = Pack::new();
    for (key, hash) in &batch.nodes {
        pack.row().number(*key).fixed(hash);
    }
    pack.finish()
}

/// The rows of lists, and the keys of the alerts among them that are new.
fn listed_of(batch: &Batch<'_>) -> (Packed, Packed) {
    let (mut rows, mut dedups) = (Pack::new(), Pack::new());
    for kept in &batch.listed {
        let row = kept.row;
        (rows.row().number(kept.key).number(row.kind.number().into()).fixed(row.id.as_bytes()))
            .fixed(row.practice.as_bytes())
            .number(row.judged.into())
            .bytes(&row.row);
        if let Some(dedup) = row.dedup.filter(|_| kept.new) {
            dedups.row().fixed(row.practice.as_bytes()).fixed(&dedup).fixed(row.id.as_bytes());
        }
    }
    (rows.finish(), dedups.finish())
}

/// What entries and rows are found by.
struct Found {
    rows: Packed,
    /// The keys of all of them.
    keys: String,
    /// The keys of those that were there before.
    changed: String,
}

fn found_of(batch: &Batch<'_>) -> Found {
    let mut pack = Pack::new();
    let (mut keys, mut changed) = (Vec::new(), Vec::new());
    for new in &batch.entries {
        let key = entry_key(new.idx);
        keys.push(key);
        let row = pack.row().number(key).number(Kind::Entry.number().into());
        row.fixed(new.practice.as_bytes()).number(new.entry.at).number(new.entry.at);
        row.bytes(new.entry.doc.as_bytes());
    }
    for kept in &batch.listed {
        let row = kept.row;
        keys.push(kept.key);
        let into =
            pack.row().number(kept.key).number(row.kind.number().into()).fixed(row.practice.as_bytes());
        into.number(row.received_at).number(row.updated_at).bytes(row.doc.as_bytes());
        if !kept.new {
            changed.push(kept.key);
        }
    }
    Found { rows: pack.finish(), keys: numbers(&keys), changed: numbers(&changed) }
}

fn keys_of(batch: &Batch<'_>) -> Packed {
    let mut pack = Pack::new();
    for new in &batch.keys {
        let row = pack.row().fixed(new.practice.as_bytes()).fixed(&new.key).fixed(&new.request);
        row.number(new.first).number(new.last);
    }
    pack.finish()
}

fn payloads_of(batch: &Batch<'_>) -> Packed {
    let mut pack = Pack::new();
    for (practice, payload) in &batch.payloads {
        pack.row().fixed(practice.as_bytes()).fixed(payload.digest.as_bytes()).bytes(&payload.sealed);
    }
    pack.finish()
}
