//! What SQLite does in its own way: lists as JSON, words in FTS5.

use std::fmt::Write as _;

use sqlx::{Result, query_file, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Stretch, Trouble},
    find::{Kind, Needles, alert_key_tag},
    plan::{Batch, entry_key},
    records::{EntryRow, HeadRow, KnownAlert, KnownKey, KnownRow, KnownStream, ListedRow, NodeRow},
};

use crate::{pack::Pack, reads};

pub(crate) type Conn = sqlx::SqliteConnection;
pub(crate) type Driver = sqlx::Sqlite;

/// Takes the write lock at once, so that no transaction finds out late that it cannot write.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
/// In WAL mode a transaction that reads sees one picture.
pub(crate) const BEGIN_PICTURE: &str = "BEGIN DEFERRED";

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

pub(crate) async fn keys(conn: &mut Conn, asked: &[(Uuid, [u8; 32])]) -> Result<Vec<KnownKey>> {
    query_file_as!(KnownKey, "sql/known_keys.sql", keyed(asked)).fetch_all(conn).await
}

pub(crate) async fn streams(conn: &mut Conn, asked: &[(Uuid, i16)]) -> Result<Vec<KnownStream>> {
    query_file_as!(KnownStream, "sql/known_streams.sql", kinds(asked)).fetch_all(conn).await
}

pub(crate) async fn dedups(conn: &mut Conn, asked: &[(Uuid, [u8; 32])]) -> Result<Vec<KnownAlert>> {
    query_file_as!(KnownAlert, "sql/known_dedups.sql", keyed(asked)).fetch_all(conn).await
}

pub(crate) async fn known(conn: &mut Conn, asked: &[(Uuid, i16)]) -> Result<Vec<KnownRow>> {
    query_file_as!(KnownRow, "sql/known_listed.sql", kinds(asked)).fetch_all(conn).await
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
) -> Result<Vec<ListedRow>> {
    let tags: Vec<_> = keys.iter().map(|key| format!("\"{}\"", alert_key_tag(*key))).collect();
    let any = tags.join(" OR ");
    query_file_as!(ListedRow, "sql/related.sql", any, practice, since, limit).fetch_all(conn).await
}

pub(crate) async fn search(
    conn: &mut Conn,
    stretch: Stretch,
    lead: &Needles,
    like: &str,
) -> Result<Vec<i64>> {
    let Stretch { below, floor, received, updated, limit, .. } = stretch;
    let words = lead.fts5();
    query_file_scalar!("sql/search.sql", words, below, floor, received, updated, like, limit)
        .fetch_all(conn)
        .await
}

/// Writes a batch but for its profiles, its tokens and the head.
pub(crate) async fn put(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    if !batch.entries.is_empty() {
        put_entries(conn, batch).await?;
        put_nodes(conn, batch).await?;
    }
    if !batch.listed.is_empty() {
        put_listed(conn, batch).await?;
    }
    if !batch.entries.is_empty() || !batch.listed.is_empty() {
        put_find(conn, batch).await?;
    }
    if !batch.keys.is_empty() {
        put_keys(conn, batch).await?;
    }
    if !batch.payloads.is_empty() {
        put_payloads(conn, batch).await?;
    }
    Ok(())
}

async fn put_entries(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let mut pack = Pack::new();
    for new in &batch.entries {
        (pack.row().number(new.idx).fixed(new.practice.as_bytes()).number(new.stream.1.into()))
            .fixed(new.stream.0.as_bytes())
            .number(new.version)
            .bytes(&new.entry.canonical);
    }
    let (json, blob) = pack.finish();
    query_file!("sql/put_entries.sql", json, blob).execute(conn).await.map(drop)
}

async fn put_nodes(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let mut pack = Pack::new();
    for (key, hash) in &batch.nodes {
        pack.row().number(*key).fixed(hash);
    }
    let (json, blob) = pack.finish();
    query_file!("sql/put_nodes.sql", json, blob).execute(conn).await.map(drop)
}

async fn put_listed(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let (mut rows, mut dedups, mut any_dedup) = (Pack::new(), Pack::new(), false);
    for kept in &batch.listed {
        let row = kept.row;
        (rows.row().number(kept.key).number(row.kind.number().into()).fixed(row.id.as_bytes()))
            .fixed(row.practice.as_bytes())
            .number(row.judged.into())
            .bytes(&row.row);
        if let Some(dedup) = row.dedup.filter(|_| kept.new) {
            any_dedup = true;
            dedups.row().fixed(row.practice.as_bytes()).fixed(&dedup).fixed(row.id.as_bytes());
        }
    }
    let (json, blob) = rows.finish();
    query_file!("sql/put_listed.sql", json, blob).execute(&mut *conn).await?;
    if any_dedup {
        let (json, blob) = dedups.finish();
        query_file!("sql/put_dedups.sql", json, blob).execute(conn).await?;
    }
    Ok(())
}

async fn put_find(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let mut pack = Pack::new();
    let mut changed = Vec::new();
    for new in &batch.entries {
        let row = pack.row().number(entry_key(new.idx)).number(Kind::Entry.number().into());
        row.fixed(new.practice.as_bytes()).number(new.entry.at).number(new.entry.at).plain(&new.entry.doc);
    }
    for kept in &batch.listed {
        let row = kept.row;
        let into =
            pack.row().number(kept.key).number(row.kind.number().into()).fixed(row.practice.as_bytes());
        into.number(row.received_at).number(row.updated_at).plain(&row.doc);
        if !kept.new {
            changed.push(kept.key);
        }
    }
    let (json, blob) = pack.finish();
    query_file!("sql/put_find.sql", json, blob).execute(&mut *conn).await?;
    if !changed.is_empty() {
        query_file!("sql/drop_words.sql", numbers(&changed)).execute(&mut *conn).await?;
    }
    query_file!("sql/put_words.sql", json).execute(conn).await.map(drop)
}

async fn put_keys(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let mut pack = Pack::new();
    for new in &batch.keys {
        let row = pack.row().fixed(new.practice.as_bytes()).fixed(&new.key).fixed(&new.request);
        row.number(new.first).number(new.last);
    }
    let (json, blob) = pack.finish();
    query_file!("sql/put_keys.sql", json, blob).execute(conn).await.map(drop)
}

async fn put_payloads(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    let mut pack = Pack::new();
    for (practice, payload) in &batch.payloads {
        pack.row().fixed(practice.as_bytes()).fixed(payload.digest.as_bytes()).bytes(&payload.sealed);
    }
    let (json, blob) = pack.finish();
    query_file!("sql/put_payloads.sql", json, blob).execute(conn).await.map(drop)
}
