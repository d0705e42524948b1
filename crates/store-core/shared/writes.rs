//! A batch in one transaction: look up, decide, write, commit. Compiled by both database crates.

use app::ports::{JournalError, Outside, Recorded};
use ledger::{checkpoint::Signer, tree};
use sqlx::{Result, query_file, types::Uuid};
use store_core::{
    backend::{Answer, Fault},
    journal::SINCE,
    plan::{Asked, Batch, Kept, Known, Verdict, plan},
    prepare::{Prepared, stream_kind},
    records::{AgreementRow, count, node_key, whole},
};

use crate::{
    dialect::{self, Conn},
    reads,
};

/// Takes a batch: what is given back is durable. Gives the answers and the size of the log. Where it fails, the connection
/// may be within a transaction and must not be used again.
pub(crate) async fn take(
    conn: &mut Conn,
    kept: &Kept,
    batch: &[&Prepared],
    again: bool,
    signer: &Signer,
) -> Result<(Vec<Answer>, u64), Fault> {
    let asked = Asked::of(batch);
    let known = Known::new(&asked, dialect::begin(conn, &asked).await?).with_memory(kept);
    let landed = if again { landed(conn, batch).await? } else { Vec::new() };
    let known = match known.with_edge(kept) {
        Ok(known) => known,
        Err(known) => {
            let edge: Vec<_> = tree::append_needs(known.size()).into_iter().map(node_key).collect();
            known.with_nodes(&dialect::nodes(conn, &edge).await?)
        }
    };
    let (verdicts, planned) =
        plan(batch, known, &landed).map_err(|error| Fault::Damaged(error.to_string()))?;
    if planned.is_empty() {
        dialect::end(conn).await?;
    } else {
        put_others(conn, &planned).await?;
        dialect::seal(conn, &planned, &Head::after(&planned, signer)).await?;
        kept.keep(&planned);
    }
    let mut answers = Vec::with_capacity(verdicts.len());
    for (verdict, write) in verdicts.into_iter().zip(batch) {
        answers.push(answer(conn, verdict, write.practice).await?);
    }
    Ok((answers, planned.size))
}

/// Where a batch leaves the log.
pub(crate) struct Head {
    /// The number of leaves.
    pub(crate) size: i64,
    /// The number of rows that ever arrived.
    pub(crate) listed: i64,
    /// The new root, where entries came.
    pub(crate) root: Option<Vec<u8>>,
    /// The signed checkpoint of it.
    pub(crate) note: Option<String>,
}

impl Head {
    fn after(batch: &Batch<'_>, signer: &Signer) -> Self {
        Self {
            size: whole(batch.size),
            listed: whole(batch.arrived),
            root: batch.root.map(|root| root.to_vec()),
            note: batch.root.map(|root| signer.checkpoint(signer.name(), batch.size, &root)),
        }
    }
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
        Verdict::Overtaken => Err(JournalError::Overtaken),
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
    dialect::put(&mut *conn, batch, None).await?;
    put_others(conn, batch).await
}

/// Writes what hardly any batch holds.
async fn put_others(conn: &mut Conn, batch: &Batch<'_>) -> Result<()> {
    for (practice, AgreementRow { judged, agreed }) in &batch.judged {
        query_file!("../store-core/sql/judged_keep.sql", practice, judged, agreed)
            .execute(&mut *conn)
            .await?;
    }
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

pub(crate) async fn set_head(conn: &mut Conn, size: i64, listed: i64, root: &[u8], note: &str) -> Result<()> {
    query_file!("../store-core/sql/head_grow.sql", size, listed, root, note).execute(conn).await.map(drop)
}

pub(crate) async fn keep_checkpoint(conn: &mut Conn, size: i64, note: &str) -> Result<()> {
    query_file!("../store-core/sql/checkpoint_keep.sql", size, note).execute(conn).await.map(drop)
}
