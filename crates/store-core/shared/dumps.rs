//! Writing and loading dumps, a stretch of rows at a time within one transaction. Compiled by both database crates.

use std::{io, time::Duration};

use app::ports::{AlertRow, EvidenceRow, IncidentRow, Leaf, PracticeRow, Row, TokenRow};
use kernel::{Digest, Entry, PracticeId};
use ledger::tree;
use serde_json::value::RawValue;
use sqlx::{Result, query_file, types::Uuid};
use store_core::{
    backend::{Fault, Tenant, answered},
    dump::{FORM, Line, Lines, Restored, decode, encode},
    find::Kind,
    plan::{Batch, KeptRow, NewEntry, NewKey},
    prepare::{Prepared, entry, prepare_row, stream_kind},
    records::{count, hash, node_id, node_key, whole},
};

use crate::{dialect::Conn, reads, shelves, writes};

/// Rows read or written at once.
const STRETCH: i64 = 500;
const NOBODY: Tenant = Tenant { every: true, practice: Uuid::nil() };

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, Fault> {
    let text = String::from_utf8(json).map_err(|error| Fault::Damaged(error.to_string()))?;
    RawValue::from_string(text).map_err(|error| Fault::Damaged(error.to_string()))
}

/// Writes everything to `lines`.
pub(crate) async fn dump(conn: &mut Conn, lines: &mut Lines, limit: Option<Duration>) -> Result<(), Fault> {
    let head = answered(limit, reads::head(conn)).await?;
    lines.put(&Line::Head {
        form: FORM,
        size: count(head.size),
        arrived: count(head.listed),
        root: Digest::from_bytes(hash(&head.root)),
        checkpoint: head.checkpoint,
    })?;
    let mut next = 0;
    loop {
        let rows = answered(limit, reads::tail(conn, NOBODY, next, STRETCH)).await?;
        let Some(last) = rows.last() else { break };
        next = last.idx + 1;
        for row in rows {
            let text = String::from_utf8(row.canonical).map_err(|error| Fault::Damaged(error.to_string()))?;
            lines.put(&Line::Entry(text))?;
        }
    }
    let mut after = -1;
    loop {
        let rows =
            query_file!("../store-core/sql/dump_checkpoints.sql", after, STRETCH).fetch_all(&mut *conn);
        let rows = answered(limit, rows).await?;
        let Some(last) = rows.last() else { break };
        after = last.size;
        for row in rows {
            lines.put(&Line::Checkpoint { size: count(row.size), note: row.note })?;
        }
    }
    let mut after = -1;
    loop {
        let rows = query_file!("../store-core/sql/dump_listed.sql", after, STRETCH).fetch_all(&mut *conn);
        let rows = answered(limit, rows).await?;
        let Some(last) = rows.last() else { break };
        after = last.key;
        for row in rows {
            lines.put(&Line::Row { key: row.key, row: raw(row.row)? })?;
        }
    }
    for row in answered(limit, reads::profiles(conn, NOBODY)).await? {
        lines.put(&Line::Profile(raw(row)?))?;
    }
    for row in answered(limit, reads::tokens(conn, NOBODY)).await? {
        lines.put(&Line::Token(raw(row)?))?;
    }
    dump_keys(conn, lines, limit).await?;
    dump_payloads(conn, lines, limit).await?;
    shelves::dump(conn, lines, limit).await
}

async fn dump_keys(conn: &mut Conn, lines: &mut Lines, limit: Option<Duration>) -> Result<(), Fault> {
    let (mut practice, mut key) = (Uuid::nil(), Vec::new());
    loop {
        let rows = query_file!("../store-core/sql/dump_keys.sql", practice, key, STRETCH);
        let rows = answered(limit, rows.fetch_all(&mut *conn)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (practice, key) = (last.practice, last.key.clone());
        for row in rows {
            lines.put(&Line::Key {
                practice: PracticeId::from_u128(row.practice.as_u128()),
                key: Digest::from_bytes(hash(&row.key)),
                request: Digest::from_bytes(hash(&row.request)),
                first: count(row.first),
                last: count(row.last),
            })?;
        }
    }
}

async fn dump_payloads(conn: &mut Conn, lines: &mut Lines, limit: Option<Duration>) -> Result<(), Fault> {
    let (mut digest, mut practice) = (Vec::new(), Uuid::nil());
    loop {
        let rows = query_file!("../store-core/sql/dump_payloads.sql", digest, practice, STRETCH);
        let rows = answered(limit, rows.fetch_all(&mut *conn)).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        (digest, practice) = (last.digest.clone(), last.practice);
        for row in rows {
            lines.put(&Line::Payload {
                practice: PracticeId::from_u128(row.practice.as_u128()),
                digest: Digest::from_bytes(hash(&row.digest)),
                sealed: encode(&row.sealed),
            })?;
        }
    }
}

/// Puts a dump into an empty database. Nothing stays where the root that comes out is not the one that was dumped.
pub(crate) async fn restore(conn: &mut Conn, mut restored: Restored) -> Result<(), Fault> {
    let head = crate::dialect::lock_head(conn).await?;
    if head.size > 0 || head.listed > 0 || !reads::profiles(conn, NOBODY).await?.is_empty() {
        return Err(Fault::Damaged(
            "this database holds a record already: load into an empty one".to_owned(),
        ));
    }
    let Line::Head { form, size, arrived, root, checkpoint } = restored.line()? else {
        return Err(Fault::Damaged("the file does not begin as a backup does".to_owned()));
    };
    if form != FORM {
        let what = format!("the backup has form {form}; this version reads form {FORM}: use a newer version");
        return Err(Fault::Damaged(what));
    }
    let mut load = Load::new();
    loop {
        let line = restored.line()?;
        let end = matches!(line, Line::End);
        if let Line::Checkpoint { size, note } = &line {
            writes::keep_checkpoint(conn, whole(*size), note).await?;
        } else if let Line::Shelf(thing) = line {
            shelves::keep(conn, &thing.row()?).await?;
        } else if !end {
            load.line(line)?;
        }
        if end || load.lines >= STRETCH {
            load.flush(conn).await?;
        }
        if end {
            break;
        }
    }
    if load.size != size || load.root != *root.as_bytes() {
        return Err(Fault::Damaged("the backup's entries do not give the root that was signed".to_owned()));
    }
    writes::set_head(conn, whole(size), whole(arrived), &load.root, &checkpoint).await?;
    Ok(())
}

/// What has been read of a dump and not yet written.
struct Load {
    size: u64,
    root: tree::Hash,
    edge: Vec<(tree::NodeId, tree::Hash)>,
    versions: Vec<Entry>,
    entries: Vec<store_core::prepare::PreparedEntry>,
    prepared: Prepared,
    orders: Vec<i64>,
    keys: Vec<NewKey>,
    payloads: Vec<(Uuid, app::ports::Payload)>,
    lines: i64,
}

fn nothing() -> Prepared {
    Prepared {
        practice: Uuid::nil(),
        key: None,
        parts: Vec::new(),
        listed: Vec::new(),
        profiles: Vec::new(),
        tokens: Vec::new(),
        payloads: Vec::new(),
        state: None,
    }
}

impl Load {
    fn new() -> Self {
        Self {
            size: 0,
            root: tree::empty_root(),
            edge: Vec::new(),
            versions: Vec::new(),
            entries: Vec::new(),
            prepared: nothing(),
            orders: Vec::new(),
            keys: Vec::new(),
            payloads: Vec::new(),
            lines: 0,
        }
    }

    fn line(&mut self, line: Line) -> Result<(), Fault> {
        fn read<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Fault> {
            let what = |error| Fault::Damaged(format!("a row of the backup cannot be read: {error}"));
            serde_json::from_str(json).map_err(what)
        }
        self.lines += 1;
        let row = match line {
            Line::Entry(text) => {
                let parsed: Entry = read(&text)?;
                let leaf = Leaf { entry: parsed.clone(), canonical: text.into_bytes() };
                self.entries.push(entry(leaf, Uuid::from_u128(parsed.practice.as_u128())));
                self.versions.push(parsed);
                return Ok(());
            }
            Line::Key { practice, key, request, first, last } => {
                self.keys.push(NewKey {
                    practice: Uuid::from_u128(practice.as_u128()),
                    key: *key.as_bytes(),
                    request: *request.as_bytes(),
                    first: whole(first),
                    last: whole(last),
                });
                return Ok(());
            }
            Line::Payload { practice, digest, sealed } => {
                let payload = app::ports::Payload { digest, sealed: decode(&sealed)? };
                self.payloads.push((Uuid::from_u128(practice.as_u128()), payload));
                return Ok(());
            }
            Line::Row { key, row } => {
                self.orders.push(key);
                match key >> 56 {
                    kind if kind == i64::from(Kind::Alert.number()) => {
                        Row::Alert(Box::new(read::<AlertRow>(row.get())?))
                    }
                    kind if kind == i64::from(Kind::Incident.number()) => {
                        Row::Incident(Box::new(read::<IncidentRow>(row.get())?))
                    }
                    _ => Row::Evidence(Box::new(read::<EvidenceRow>(row.get())?)),
                }
            }
            Line::Profile(row) => Row::Practice(Box::new(read::<PracticeRow>(row.get())?)),
            Line::Token(row) => Row::Token(Box::new(read::<TokenRow>(row.get())?)),
            Line::Head { .. } | Line::Checkpoint { .. } | Line::Shelf(_) | Line::End => {
                let what =
                    io::Error::new(io::ErrorKind::InvalidData, "a line stands where it does not belong");
                return Err(what.into());
            }
        };
        prepare_row(row, &mut self.prepared).map_err(|error| Fault::Damaged(error.to_string()))
    }

    async fn flush(&mut self, conn: &mut Conn) -> Result<(), Fault> {
        let mut batch = Batch::default();
        for (entry, parsed) in self.entries.iter().zip(&self.versions) {
            batch.entries.push(NewEntry {
                idx: whole(self.size + batch.entries.len() as u64),
                practice: Uuid::from_u128(parsed.practice.as_u128()),
                stream: (Uuid::from_u128(parsed.stream.id), stream_kind(parsed.stream.kind)),
                version: whole(parsed.version),
                entry,
            });
        }
        let leaves: Vec<_> = self.entries.iter().map(|entry| entry.leaf).collect();
        let edge = &self.edge;
        let fetch = |wanted| edge.iter().rev().find(|(node, _)| *node == wanted).map(|(_, hash)| *hash);
        let grown =
            tree::append(self.size, &fetch, &leaves).map_err(|error| Fault::Damaged(error.to_string()))?;
        batch.nodes = grown.nodes.iter().map(|(node, hash)| (node_key(*node), *hash)).collect();
        let rows = self.prepared.listed.iter().zip(&self.orders);
        batch.keep_rows(rows.map(|(row, &key)| KeptRow { key, new: true, row }).collect(), |_| None);
        batch.keys = std::mem::take(&mut self.keys);
        batch.payloads = self.payloads.iter().map(|(practice, payload)| (*practice, payload)).collect();
        batch.profiles = self.prepared.profiles.iter().map(|(id, row)| (*id, row.as_slice())).collect();
        batch.tokens = self.prepared.tokens.iter().collect();
        writes::put(conn, &batch).await?;

        let mut known: Vec<_> = batch.nodes.iter().map(|(key, hash)| (node_id(*key), *hash)).collect();
        known.extend(self.edge.iter().copied());
        let needs = tree::append_needs(grown.size);
        known.retain(|(node, _)| needs.contains(node));
        (self.edge, self.size, self.root) = (known, grown.size, grown.root);
        self.entries.clear();
        self.versions.clear();
        self.orders.clear();
        self.payloads.clear();
        self.prepared = nothing();
        self.lines = 0;
        Ok(())
    }
}
