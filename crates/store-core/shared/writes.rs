//! A batch in one transaction: look up, decide, write, commit. Compiled by both database crates.

use app::ports::{JournalError, Outside, Recorded};
use ledger::{checkpoint::Signer, tree};
use sqlx::{Connection as _, Result, query_file, types::Uuid};
use store_core::{
    backend::{Answer, Fault},
    journal::SINCE,
    plan::{Asked, Batch, Found, Known, Verdict, plan},
    prepare::{Prepared, stream_kind},
    records::{count, node_key, whole},
};

use crate::{
    dialect::{self, Conn},
    reads,
};

/// Takes a batch: what is given back is durable. Gives the answers and the size of the log.
pub(crate) async fn take(
    conn: &mut Conn,
    batch: &[&Prepared],
    again: bool,
    signer: &Signer,
) -> Result<(Vec<Answer>, u64), Fault> {
    let mut tx = conn.begin_with(dialect::BEGIN).await?;
    let head = dialect::lock_head(&mut tx).await?;
    let landed = if again { landed(&mut tx, batch).await? } else { Vec::new() };
    let asked = Asked::of(batch);
    let edge: Vec<_> = tree::append_needs(count(head.size)).into_iter().map(node_key).collect();
    let found = Found {
        keys: if asked.keys.is_empty() { Vec::new() } else { dialect::keys(&mut tx, &asked.keys).await? },
        streams: if asked.streams.is_empty() {
            Vec::new()
        } else {
            dialect::streams(&mut tx, &asked.streams).await?
        },
        dedups: if asked.dedups.is_empty() {
            Vec::new()
        } else {
            dialect::dedups(&mut tx, &asked.dedups).await?
        },
        listed: if asked.listed.is_empty() {
            Vec::new()
        } else {
            dialect::known(&mut tx, &asked.listed).await?
        },
        peaks: dialect::nodes(&mut tx, &edge).await?,
        head,
    };
    let known = Known::new(&asked, found);
    let (verdicts, planned) =
        plan(batch, known, &landed).map_err(|error| Fault::Damaged(error.to_string()))?;
    if !planned.is_empty() {
        put(&mut tx, &planned).await?;
        grow(&mut tx, &planned, signer).await?;
    }
    let mut answers = Vec::with_capacity(verdicts.len());
    for (verdict, write) in verdicts.into_iter().zip(batch) {
        answers.push(answer(&mut tx, verdict, write.practice).await?);
    }
    let size = planned.size;
    tx.commit().await?;
    Ok((answers, size))
}

/// Where the first entry of each write stands in the log, if it does: an earlier attempt was committed after all.
async fn landed(conn: &mut Conn, batch: &[&Prepared]) -> Result<Vec<Option<u64>>> {
    let mut landed = Vec::with_capacity(batch.len());
    for write in batch {
        let first = write.parts.iter().find_map(|part| Some((part, part.entries.first()?)));
        let mut place = None;
        if let Some((part, entry)) = first {
            let stream = (Uuid::from_u128(part.stream.id), stream_kind(part.stream.kind));
            let there = reads::stream(conn, write.practice, stream, whole(part.expected), 1).await?;
            place = there.first().filter(|row| row.canonical == entry.canonical).map(|row| count(row.idx));
        }
        landed.push(place);
    }
    Ok(landed)
}

async fn answer(conn: &mut Conn, verdict: Verdict, practice: Uuid) -> Result<Answer> {
    Ok(match verdict {
        Verdict::Taken(appended) => Ok(appended),
        Verdict::Duplicate(alert) => Err(JournalError::Duplicate(alert)),
        Verdict::KeyReused => Err(JournalError::KeyReused),
        Verdict::Foreign(stream) => {
            let why = format!("{stream:?} belongs to another practice");
            Err(Outside::never("writing to the record", why).into())
        }
        Verdict::Stale { stream, expected, current } => {
            let key = (Uuid::from_u128(stream.id), stream_kind(stream.kind));
            let rows = reads::stream(conn, practice, key, whole(expected), SINCE).await?;
            let since = rows.into_iter().map(Recorded::from).collect();
            Err(JournalError::Stale { stream, expected, current, since })
        }
    })
}

/// Writes everything of a batch but the head.
pub(crate) async fn put(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    dialect::put(&mut *conn, batch).await?;
    for (practice, row) in &batch.profiles {
        query_file!("../store-core/sql/profile_keep.sql", practice, row).execute(&mut *conn).await?;
    }
    for token in &batch.tokens {
        let (hash, practice) = (token.hash.as_slice(), token.practice);
        query_file!("../store-core/sql/token_keep.sql", token.id, hash, practice, token.row)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Moves the head to where the batch leaves the log, and signs it.
async fn grow(conn: &mut Conn, batch: &Batch<'_>, signer: &Signer) -> Result<()> {
    let (size, listed) = (whole(batch.size), whole(batch.arrived));
    let Some(root) = batch.root else {
        return query_file!("../store-core/sql/arrived.sql", listed).execute(conn).await.map(drop);
    };
    let note = signer.checkpoint(signer.name(), batch.size, &root);
    set_head(conn, size, listed, &root, &note).await?;
    keep_checkpoint(conn, size, &note).await
}

pub(crate) async fn set_head(conn: &mut Conn, size: i64, listed: i64, root: &[u8], note: &str) -> Result<()> {
    query_file!("../store-core/sql/head_grow.sql", size, listed, root, note).execute(conn).await.map(drop)
}

pub(crate) async fn keep_checkpoint(conn: &mut Conn, size: i64, note: &str) -> Result<()> {
    query_file!("../store-core/sql/checkpoint_keep.sql", size, note).execute(conn).await.map(drop)
}
