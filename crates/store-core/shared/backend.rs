//! The database as a backend of the journal. Compiled by both database crates.

use async_trait::async_trait;
use ledger::checkpoint::Signer;
use sqlx::{Connection as _, types::Uuid};
use store_core::{
    backend::{Answer, Backend, Fault, Since, Stretch, Tenant, Trouble},
    dump::{Lines, Restored},
    find::Needles,
    prepare::Prepared,
    records::{AgreementRow, EntryRow, HeadRow, ListedRow, NodeRow, SnapshotRow, UsedKey},
};

use crate::{Database, dialect, dumps, reads, writes};

#[async_trait]
impl Backend for Database {
    fn trouble(&self, error: &sqlx::Error) -> Trouble {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_) => Trouble::Away,
            sqlx::Error::Database(error) => {
                error.code().map_or(Trouble::Lasting, |code| dialect::trouble(&code))
            }
            _ => Trouble::Lasting,
        }
    }

    async fn take(
        &self,
        batch: &[&Prepared],
        again: bool,
        signer: &Signer,
    ) -> Result<(Vec<Answer>, u64), Fault> {
        let mut conn = self.writer.acquire().await?;
        let taken = writes::take(&mut conn, batch, again, signer).await;
        if taken.is_err() {
            // Where a transaction stands after a failure is the database's to say (SQLite ends some by itself): a
            // fresh connection is in none.
            conn.close_on_drop();
        }
        taken
    }

    async fn used_key(&self, practice: Uuid, key: &[u8]) -> Result<Option<UsedKey>, Fault> {
        Ok(reads::used_key(&mut *self.readers.acquire().await?, practice, key).await?)
    }

    async fn head(&self) -> Result<HeadRow, Fault> {
        Ok(reads::head(&mut *self.readers.acquire().await?).await?)
    }

    async fn checkpoint_at(&self, size: i64) -> Result<Option<String>, Fault> {
        Ok(reads::checkpoint_at(&mut *self.readers.acquire().await?, size).await?)
    }

    async fn nodes(&self, keys: &[i64]) -> Result<Vec<NodeRow>, Fault> {
        Ok(dialect::nodes(&mut *self.readers.acquire().await?, keys).await?)
    }

    async fn stream(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        after: i64,
        limit: i64,
    ) -> Result<Vec<EntryRow>, Fault> {
        Ok(reads::stream(&mut *self.readers.acquire().await?, practice, stream, after, limit).await?)
    }

    async fn tail(&self, tenant: Tenant, from: i64, limit: i64) -> Result<Vec<EntryRow>, Fault> {
        Ok(reads::tail(&mut *self.readers.acquire().await?, tenant, from, limit).await?)
    }

    async fn entries(&self, indices: &[i64]) -> Result<Vec<EntryRow>, Fault> {
        Ok(dialect::entries(&mut *self.readers.acquire().await?, indices).await?)
    }

    async fn listed(&self, keys: &[i64]) -> Result<Vec<ListedRow>, Fault> {
        Ok(dialect::listed(&mut *self.readers.acquire().await?, keys).await?)
    }

    async fn listed_by_id(&self, id: Uuid, kind: i16, tenant: Tenant) -> Result<Option<ListedRow>, Fault> {
        Ok(reads::listed_by_id(&mut *self.readers.acquire().await?, id, kind, tenant).await?)
    }

    async fn dedup(&self, practice: Uuid, key: &[u8]) -> Result<Option<Uuid>, Fault> {
        Ok(reads::dedup(&mut *self.readers.acquire().await?, practice, key).await?)
    }

    async fn related(
        &self,
        practice: Uuid,
        keys: &[Uuid],
        since: i64,
        limit: i64,
    ) -> Result<Vec<i64>, Fault> {
        let mut conn = self.readers.acquire().await?;
        let mut found = dialect::related(&mut conn, practice, keys, since, limit).await?;
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.dedup();
        found.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(found)
    }

    async fn agreement(&self, tenant: Tenant) -> Result<AgreementRow, Fault> {
        Ok(reads::agreement(&mut *self.readers.acquire().await?, tenant).await?)
    }

    async fn walk(&self, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault> {
        Ok(reads::walk(&mut *self.readers.acquire().await?, stretch, like).await?)
    }

    async fn floor(&self, stretch: Stretch, skip: i64) -> Result<Option<i64>, Fault> {
        Ok(reads::floor(&mut *self.readers.acquire().await?, stretch, skip).await?)
    }

    async fn count_since(&self, kind: i16, since: Since, stretch: Stretch) -> Result<i64, Fault> {
        Ok(reads::count_since(&mut *self.readers.acquire().await?, kind, since, stretch).await?)
    }

    async fn recent(&self, kind: i16, since: Since, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault> {
        Ok(reads::recent(&mut *self.readers.acquire().await?, kind, since, stretch, like).await?)
    }

    async fn search(&self, stretch: Stretch, lead: &Needles, like: &str) -> Result<Vec<i64>, Fault> {
        Ok(dialect::search(&mut *self.readers.acquire().await?, stretch, lead, like).await?)
    }

    async fn profiles(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault> {
        Ok(reads::profiles(&mut *self.readers.acquire().await?, tenant).await?)
    }

    async fn token(&self, hash: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(reads::token(&mut *self.readers.acquire().await?, hash).await?)
    }

    async fn tokens(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault> {
        Ok(reads::tokens(&mut *self.readers.acquire().await?, tenant).await?)
    }

    async fn payload(&self, practice: Uuid, digest: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(reads::payload(&mut *self.readers.acquire().await?, practice, digest).await?)
    }

    async fn destroy_payload(&self, practice: Uuid, digest: &[u8]) -> Result<(), Fault> {
        Ok(reads::destroy_payload(&mut *self.writer.acquire().await?, practice, digest).await?)
    }

    async fn snapshot(&self, practice: Uuid, stream: (Uuid, i16)) -> Result<Option<SnapshotRow>, Fault> {
        Ok(reads::snapshot(&mut *self.readers.acquire().await?, practice, stream).await?)
    }

    async fn keep_snapshot(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        snapshot: &SnapshotRow,
    ) -> Result<(), Fault> {
        Ok(reads::keep_snapshot(&mut *self.writer.acquire().await?, practice, stream, snapshot).await?)
    }

    async fn dump(&self, lines: &mut Lines) -> Result<(), Fault> {
        let mut conn = self.readers.acquire().await?;
        let mut tx = conn.begin_with(dialect::BEGIN_PICTURE).await?;
        dumps::dump(&mut tx, lines).await
    }

    async fn restore(&self, restored: Restored) -> Result<(), Fault> {
        let mut conn = self.writer.acquire().await?;
        let loaded = async {
            let mut tx = conn.begin_with(dialect::BEGIN).await?;
            dumps::restore(&mut tx, restored).await?;
            Ok(tx.commit().await?)
        };
        let loaded = loaded.await;
        if loaded.is_err() {
            conn.close_on_drop();
        }
        loaded
    }

    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}
