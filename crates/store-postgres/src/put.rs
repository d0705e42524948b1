//! A whole batch in one statement, each table's rows as columns of arrays. Most of a small commit is asking the server and
//! waiting for its answer: ten tables, ten times.

use sqlx::{Result, query_file};
use store_core::{
    find::Kind,
    plan::{Batch, entry_key},
};

use crate::{dialect::Conn, writes::Head};

/// Writes a batch but for its profiles and its tokens, and moves the head to where it leaves the log, if that is given.
pub(crate) async fn put(conn: &mut Conn, batch: &Batch<'_>, head: Option<&Head>) -> Result<()> {
    let (entries, listed) = (&batch.entries, &batch.listed);
    let (node_keys, hashes): (Vec<_>, Vec<_>) =
        batch.nodes.iter().map(|(key, hash)| (*key, hash.as_slice())).unzip();
    let dedups: Vec<_> = (listed.iter().filter(|kept| kept.new))
        .filter_map(|kept| Some((kept.row, kept.row.dedup.as_ref()?.as_slice())))
        .collect();
    let grouped: Vec<_> =
        listed.iter().flat_map(|kept| kept.row.keys.iter().map(move |hash| (kept, *hash))).collect();
    let found = Found::of(batch);
    query_file!(
        "sql/put.sql",
        &column(entries, |new| new.idx),
        &column(entries, |new| new.practice),
        &column(entries, |new| new.stream.1),
        &column(entries, |new| new.stream.0),
        &column(entries, |new| new.version),
        &column(entries, |new| new.entry.canonical.as_slice()) as &[&[u8]],
        &node_keys,
        &hashes as &[&[u8]],
        &column(listed, |kept| kept.key),
        &column(listed, |kept| kept.row.kind.number()),
        &column(listed, |kept| kept.row.id),
        &column(listed, |kept| kept.row.practice),
        &column(listed, |kept| kept.row.judged),
        &column(listed, |kept| kept.row.row.as_slice()) as &[&[u8]],
        &column(&dedups, |(row, _)| row.practice),
        &column(&dedups, |(_, key)| *key) as &[&[u8]],
        &column(&dedups, |(row, _)| row.id),
        &column(&grouped, |(kept, _)| kept.row.practice),
        &column(&grouped, |(_, hash)| *hash),
        &column(&grouped, |(kept, _)| kept.row.received_at),
        &column(&grouped, |(kept, _)| kept.key),
        &found.keys,
        &found.kinds,
        &found.practices,
        &found.received,
        &found.updated,
        &found.docs as &[&str],
        &column(&batch.keys, |new| new.practice),
        &column(&batch.keys, |new| new.key.as_slice()) as &[&[u8]],
        &column(&batch.keys, |new| new.request.as_slice()) as &[&[u8]],
        &column(&batch.keys, |new| new.first),
        &column(&batch.keys, |new| new.last),
        &column(&batch.payloads, |(practice, _)| *practice),
        &column(&batch.payloads, |(_, payload)| payload.digest.as_bytes().as_slice()) as &[&[u8]],
        &column(&batch.payloads, |(_, payload)| payload.sealed.as_slice()) as &[&[u8]],
        head.map(|head| head.size),
        head.map(|head| head.listed),
        head.and_then(|head| head.root.as_deref()),
        head.and_then(|head| head.note.as_deref()),
    )
    .execute(conn)
    .await
    .map(drop)
}

/// One column of some rows.
fn column<'a, R, T>(rows: &'a [R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// What entries and rows are found by, a column each.
#[derive(Default)]
struct Found<'a> {
    keys: Vec<i64>,
    kinds: Vec<i16>,
    practices: Vec<sqlx::types::Uuid>,
    received: Vec<i64>,
    updated: Vec<i64>,
    docs: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn of(batch: &'a Batch<'_>) -> Self {
        let mut found = Self::default();
        for new in &batch.entries {
            found.keys.push(entry_key(new.idx));
            found.kinds.push(Kind::Entry.number());
            found.practices.push(new.practice);
            found.received.push(new.entry.at);
            found.updated.push(new.entry.at);
            found.docs.push(&new.entry.doc);
        }
        for kept in &batch.listed {
            found.keys.push(kept.key);
            found.kinds.push(kept.row.kind.number());
            found.practices.push(kept.row.practice);
            found.received.push(kept.row.received_at);
            found.updated.push(kept.row.updated_at);
            found.docs.push(&kept.row.doc);
        }
        found
    }
}
