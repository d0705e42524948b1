//! Reads that both databases understand, one statement each. Compiled by both database crates, where `sqlx` checks
//! the statements of `store-core/sql` against that database.

use sqlx::{Result, query_file, query_file_as, query_file_scalar, types::Uuid};
use store_core::{
    backend::{Since, Stretch, Tenant},
    records::{AgreementRow, EntryRow, HeadRow, ListedRow, SnapshotRow, UsedKey},
};

use crate::dialect::Conn;

pub(crate) async fn head(conn: &mut Conn) -> Result<HeadRow> {
    query_file_as!(HeadRow, "../store-core/sql/head.sql").fetch_one(conn).await
}

pub(crate) async fn used_key(conn: &mut Conn, practice: Uuid, key: &[u8]) -> Result<Option<UsedKey>> {
    query_file_as!(UsedKey, "../store-core/sql/used_key.sql", practice, key).fetch_optional(conn).await
}

pub(crate) async fn first_since(conn: &mut Conn, kind: i16, at: i64) -> Result<Option<i64>> {
    query_file_scalar!("../store-core/sql/keys_since.sql", kind, at).fetch_one(conn).await
}

pub(crate) async fn forget_keys(conn: &mut Conn, below: i64, limit: i64) -> Result<u64> {
    let done = query_file!("../store-core/sql/keys_forget.sql", below, limit).execute(conn).await?;
    Ok(done.rows_affected())
}

pub(crate) async fn checkpoint_at(conn: &mut Conn, size: i64) -> Result<Option<String>> {
    query_file_scalar!("../store-core/sql/checkpoint_at.sql", size).fetch_optional(conn).await
}

pub(crate) async fn stream(
    conn: &mut Conn,
    practice: Uuid,
    (id, kind): (Uuid, i16),
    after: i64,
    limit: i64,
) -> Result<Vec<EntryRow>> {
    query_file_as!(EntryRow, "../store-core/sql/stream.sql", id, kind, practice, after, limit)
        .fetch_all(conn)
        .await
}

pub(crate) async fn tail(conn: &mut Conn, tenant: Tenant, from: i64, limit: i64) -> Result<Vec<EntryRow>> {
    if tenant.every {
        query_file_as!(EntryRow, "../store-core/sql/tail.sql", from, limit).fetch_all(conn).await
    } else {
        let practice = tenant.practice;
        query_file_as!(EntryRow, "../store-core/sql/tail_of_practice.sql", practice, from, limit)
            .fetch_all(conn)
            .await
    }
}

pub(crate) async fn listed_by_id(
    conn: &mut Conn,
    id: Uuid,
    kind: i16,
    tenant: Tenant,
) -> Result<Option<ListedRow>> {
    let Tenant { every, practice } = tenant;
    query_file_as!(ListedRow, "../store-core/sql/listed_by_id.sql", id, kind, every, practice)
        .fetch_optional(conn)
        .await
}

pub(crate) async fn dedup(conn: &mut Conn, practice: Uuid, key: &[u8]) -> Result<Option<Uuid>> {
    query_file_scalar!("../store-core/sql/dedup.sql", practice, key).fetch_optional(conn).await
}

pub(crate) async fn agreement(conn: &mut Conn, tenant: Tenant) -> Result<AgreementRow> {
    let Tenant { every, practice } = tenant;
    query_file_as!(AgreementRow, "../store-core/sql/agreement.sql", every, practice).fetch_one(conn).await
}

pub(crate) async fn walk(conn: &mut Conn, stretch: Stretch, like: &str) -> Result<Vec<i64>> {
    let Stretch { tenant, below, floor, received, updated, limit } = stretch;
    if tenant.every {
        query_file_scalar!("../store-core/sql/walk.sql", below, floor, received, updated, like, limit)
            .fetch_all(conn)
            .await
    } else {
        let practice = tenant.practice;
        query_file_scalar!(
            "../store-core/sql/walk_of_practice.sql",
            below,
            floor,
            received,
            updated,
            like,
            limit,
            practice
        )
        .fetch_all(conn)
        .await
    }
}

pub(crate) async fn floor(conn: &mut Conn, stretch: Stretch, skip: i64) -> Result<Option<i64>> {
    let Stretch { tenant, below, floor, .. } = stretch;
    if tenant.every {
        query_file_scalar!("../store-core/sql/floor.sql", below, floor, skip).fetch_optional(conn).await
    } else {
        let practice = tenant.practice;
        query_file_scalar!("../store-core/sql/floor_of_practice.sql", below, floor, skip, practice)
            .fetch_optional(conn)
            .await
    }
}

pub(crate) async fn count_since(conn: &mut Conn, kind: i16, since: Since, stretch: Stretch) -> Result<i64> {
    let Stretch { tenant: Tenant { every, practice }, received, updated, limit, .. } = stretch;
    match since {
        Since::Received => {
            query_file_scalar!("../store-core/sql/received_count.sql", kind, received, every, practice, limit)
                .fetch_one(conn)
                .await
        }
        Since::Updated => {
            query_file_scalar!("../store-core/sql/updated_count.sql", kind, updated, every, practice, limit)
                .fetch_one(conn)
                .await
        }
    }
}

pub(crate) async fn recent(
    conn: &mut Conn,
    kind: i16,
    since: Since,
    stretch: Stretch,
    like: &str,
) -> Result<Vec<i64>> {
    let Stretch { tenant: Tenant { every, practice }, below, received, updated, limit, .. } = stretch;
    match since {
        Since::Received => {
            query_file_scalar!(
                "../store-core/sql/recent_received.sql",
                kind,
                received,
                updated,
                every,
                practice,
                below,
                like,
                limit
            )
            .fetch_all(conn)
            .await
        }
        Since::Updated => {
            query_file_scalar!(
                "../store-core/sql/recent_updated.sql",
                kind,
                updated,
                received,
                every,
                practice,
                below,
                like,
                limit
            )
            .fetch_all(conn)
            .await
        }
    }
}

pub(crate) async fn profiles(conn: &mut Conn, tenant: Tenant) -> Result<Vec<Vec<u8>>> {
    let Tenant { every, practice } = tenant;
    query_file_scalar!("../store-core/sql/profiles.sql", every, practice).fetch_all(conn).await
}

pub(crate) async fn forget_token(conn: &mut Conn, id: Uuid) -> Result<bool> {
    let done = query_file!("../store-core/sql/token_forget.sql", id).execute(conn).await?;
    Ok(done.rows_affected() > 0)
}

pub(crate) async fn token(conn: &mut Conn, hash: &[u8]) -> Result<Option<Vec<u8>>> {
    query_file_scalar!("../store-core/sql/token_by_hash.sql", hash).fetch_optional(conn).await
}

pub(crate) async fn tokens(conn: &mut Conn, tenant: Tenant) -> Result<Vec<Vec<u8>>> {
    let Tenant { every, practice } = tenant;
    query_file_scalar!("../store-core/sql/tokens.sql", every, practice).fetch_all(conn).await
}

pub(crate) async fn payload(conn: &mut Conn, practice: Uuid, digest: &[u8]) -> Result<Option<Vec<u8>>> {
    query_file_scalar!("../store-core/sql/payload.sql", digest, practice).fetch_optional(conn).await
}

pub(crate) async fn destroy_payload(conn: &mut Conn, practice: Uuid, digest: &[u8]) -> Result<()> {
    query_file!("../store-core/sql/payload_destroy.sql", digest, practice).execute(conn).await.map(drop)
}

pub(crate) async fn snapshot(
    conn: &mut Conn,
    practice: Uuid,
    (id, kind): (Uuid, i16),
) -> Result<Option<SnapshotRow>> {
    query_file_as!(SnapshotRow, "../store-core/sql/snapshot.sql", id, kind, practice)
        .fetch_optional(conn)
        .await
}

pub(crate) async fn keep_snapshot(
    conn: &mut Conn,
    practice: Uuid,
    (id, kind): (Uuid, i16),
    snapshot: &SnapshotRow,
) -> Result<()> {
    let SnapshotRow { version, form, state } = snapshot;
    query_file!("../store-core/sql/snapshot_keep.sql", id, kind, practice, version, form, state)
        .execute(conn)
        .await
        .map(drop)
}
