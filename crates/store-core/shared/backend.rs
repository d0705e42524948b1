//! The database as a backend of the journal. Compiled by both database crates.

use async_trait::async_trait;
use ledger::checkpoint::Signer;
use sqlx::{Connection as _, types::Uuid};
use store_core::{
    backend::{Answer, Backend, Fault, Since, Stretch, Tenant, Trouble, answered},
    dump::{Lines, Restored},
    find::{Kind, Needles},
    near::Near,
    prepare::Prepared,
    records::{
        AgreementRow, EntryRow, HeadRow, ListedRow, NodeRow, ShelfAsked, ShelfRow, SnapshotRow, UsedKey,
    },
};

use crate::{Database, dialect, dumps, reads, shelves, writes};

/// How long the end waits for connections to be closed in good order.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(10);

/// A connection on loan. It goes back to the pool only once its answer was read to the end: one whose answer did not
/// come in time is let go of there and then, as nobody knows what it will say next.
struct Loan {
    conn: Option<dialect::Lent>,
}

impl Loan {
    async fn of(pool: &dialect::Connections) -> Result<Self, Fault> {
        Ok(Self { conn: Some(dialect::lend(pool).await?) })
    }

    fn conn(&mut self) -> Result<&mut dialect::Conn, Fault> {
        self.conn.as_deref_mut().ok_or_else(|| Fault::Damaged("the connection was given back".to_owned()))
    }

    fn give_back(mut self) {
        if let Some(conn) = self.conn.take() {
            dialect::take_back(conn);
        }
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            dialect::let_go(conn);
        }
    }
}

/// Asks one thing on a connection of a pool.
macro_rules! ask {
    ($database:ident.$pool:ident, |$conn:ident| $asked:expr) => {{
        let mut loan = Loan::of(&$database.$pool).await?;
        let $conn = loan.conn()?;
        let answer = answered($database.answer, $asked).await;
        match &answer {
            // A statement that the database refused leaves its connection as it was.
            Ok(_) | Err(Fault::Database(sqlx::Error::Database(_))) => loan.give_back(),
            Err(Fault::Silent(_)) => $database.distrust(),
            Err(_) => {}
        }
        answer
    }};
}

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
        let mut loan = Loan::of(&self.writer).await?;
        self.ready(loan.conn()?).await?;
        let taking = writes::take(loan.conn()?, &self.kept, batch, again, signer);
        let taken = match self.answer {
            None => taking.await,
            Some(limit) => {
                // A batch is several statements and an `fsync`.
                let limit = limit * 2;
                tokio::time::timeout(limit, taking).await.unwrap_or(Err(Fault::Silent(limit)))
            }
        };
        match &taken {
            Ok(_) => loan.give_back(),
            Err(Fault::Silent(_)) => {
                self.distrust();
                self.near().into_iter().for_each(Near::doubt);
            }
            // Where a transaction stands after a failure is not known (SQLite ends some by itself): a fresh connection is
            // in none.
            Err(_) => {
                self.let_writer_go();
                self.near().into_iter().for_each(Near::doubt);
            }
        }
        taken
    }

    async fn used_key(&self, practice: Uuid, key: &[u8]) -> Result<Option<UsedKey>, Fault> {
        ask!(self.readers, |conn| reads::used_key(conn, practice, key))
    }

    async fn first_since(&self, at: i64) -> Result<Option<i64>, Fault> {
        ask!(self.readers, |conn| reads::first_since(conn, Kind::Entry.number(), at))
    }

    async fn forget_keys(&self, below: i64, limit: i64) -> Result<u64, Fault> {
        ask!(self.writer, |conn| reads::forget_keys(conn, below, limit))
    }

    async fn head(&self) -> Result<HeadRow, Fault> {
        ask!(self.readers, |conn| reads::head(conn))
    }

    async fn checkpoint_at(&self, size: i64) -> Result<Option<String>, Fault> {
        ask!(self.readers, |conn| reads::checkpoint_at(conn, size))
    }

    async fn nodes(&self, keys: &[i64]) -> Result<Vec<NodeRow>, Fault> {
        ask!(self.readers, |conn| dialect::nodes(conn, keys))
    }

    async fn stream(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        after: i64,
        limit: i64,
    ) -> Result<Vec<EntryRow>, Fault> {
        ask!(self.readers, |conn| reads::stream(conn, practice, stream, after, limit))
    }

    async fn tail(&self, tenant: Tenant, from: i64, limit: i64) -> Result<Vec<EntryRow>, Fault> {
        ask!(self.readers, |conn| reads::tail(conn, tenant, from, limit))
    }

    async fn entries(&self, indices: &[i64]) -> Result<Vec<EntryRow>, Fault> {
        ask!(self.readers, |conn| dialect::entries(conn, indices))
    }

    async fn listed(&self, keys: &[i64]) -> Result<Vec<ListedRow>, Fault> {
        ask!(self.readers, |conn| dialect::listed(conn, keys))
    }

    async fn listed_by_id(&self, id: Uuid, kind: i16, tenant: Tenant) -> Result<Option<ListedRow>, Fault> {
        ask!(self.readers, |conn| reads::listed_by_id(conn, id, kind, tenant))
    }

    async fn dedup(&self, practice: Uuid, key: &[u8]) -> Result<Option<Uuid>, Fault> {
        ask!(self.readers, |conn| reads::dedup(conn, practice, key))
    }

    async fn related(&self, practice: Uuid, keys: &[Uuid], since: i64, limit: i64) -> Result<Vec<u8>, Fault> {
        ask!(self.readers, |conn| dialect::related(conn, practice, keys, since, limit))
    }

    fn is_within(&self) -> bool {
        self.answer.is_none()
    }

    fn near(&self) -> Option<&Near> {
        self.kept.near()
    }

    async fn agreement(&self, tenant: Tenant) -> Result<AgreementRow, Fault> {
        ask!(self.readers, |conn| reads::agreement(conn, tenant))
    }

    async fn walk(&self, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault> {
        ask!(self.readers, |conn| reads::walk(conn, stretch, like))
    }

    async fn floor(&self, stretch: Stretch, skip: i64) -> Result<Option<i64>, Fault> {
        ask!(self.readers, |conn| reads::floor(conn, stretch, skip))
    }

    async fn count_since(&self, kind: i16, since: Since, stretch: Stretch) -> Result<i64, Fault> {
        ask!(self.readers, |conn| reads::count_since(conn, kind, since, stretch))
    }

    async fn recent(&self, kind: i16, since: Since, stretch: Stretch, like: &str) -> Result<Vec<i64>, Fault> {
        ask!(self.readers, |conn| reads::recent(conn, kind, since, stretch, like))
    }

    async fn search(&self, stretch: Stretch, lead: &Needles, like: &str) -> Result<Vec<i64>, Fault> {
        ask!(self.readers, |conn| dialect::search(conn, stretch, lead, like))
    }

    async fn profiles(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault> {
        ask!(self.readers, |conn| reads::profiles(conn, tenant))
    }

    async fn token(&self, hash: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        ask!(self.readers, |conn| reads::token(conn, hash))
    }

    async fn tokens(&self, tenant: Tenant) -> Result<Vec<Vec<u8>>, Fault> {
        ask!(self.readers, |conn| reads::tokens(conn, tenant))
    }

    async fn forget_token(&self, id: Uuid) -> Result<bool, Fault> {
        ask!(self.writer, |conn| reads::forget_token(conn, id))
    }

    async fn payload(&self, practice: Uuid, digest: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        ask!(self.readers, |conn| reads::payload(conn, practice, digest))
    }

    async fn destroy_payload(&self, practice: Uuid, digest: &[u8]) -> Result<(), Fault> {
        ask!(self.writer, |conn| reads::destroy_payload(conn, practice, digest))
    }

    async fn snapshot(&self, practice: Uuid, stream: (Uuid, i16)) -> Result<Option<SnapshotRow>, Fault> {
        ask!(self.readers, |conn| reads::snapshot(conn, practice, stream))
    }

    async fn keep_snapshot(
        &self,
        practice: Uuid,
        stream: (Uuid, i16),
        snapshot: &SnapshotRow,
    ) -> Result<(), Fault> {
        ask!(self.writer, |conn| reads::keep_snapshot(conn, practice, stream, snapshot))
    }

    async fn shelve(&self, row: &ShelfRow) -> Result<(), Fault> {
        ask!(self.writer, |conn| shelves::keep(conn, row))
    }

    async fn shelf(&self, asked: &ShelfAsked, limit: i64) -> Result<Vec<ShelfRow>, Fault> {
        ask!(self.readers, |conn| shelves::find(conn, asked, limit))
    }

    async fn unshelve(&self, practice: Uuid, person: Uuid, kind: i16, name: &[u8]) -> Result<(), Fault> {
        ask!(self.writer, |conn| shelves::drop_one(conn, practice, person, kind, name))
    }

    async fn dump(&self, lines: &mut Lines) -> Result<(), Fault> {
        let mut loan = Loan::of(&self.readers).await?;
        let mut tx = answered(self.answer, loan.conn()?.begin_with(dialect::BEGIN_PICTURE)).await?;
        let dumped = dumps::dump(&mut tx, lines, self.answer).await;
        if dumped.is_ok() {
            answered(self.answer, tx.rollback()).await?;
            loan.give_back();
        }
        dumped
    }

    async fn restore(&self, restored: Restored) -> Result<(), Fault> {
        let mut loan = Loan::of(&self.writer).await?;
        let mut tx = loan.conn()?.begin_with(dialect::BEGIN).await?;
        dumps::restore(&mut tx, restored).await?;
        tx.commit().await?;
        loan.give_back();
        self.near().into_iter().for_each(Near::doubt);
        Ok(())
    }

    async fn close(&self) {
        // What was acknowledged is durable. A connection that fell silent is never given back, and the end does not wait
        // for it: the server drops it with its socket.
        let all = async { tokio::join!(self.writer.close(), self.readers.close()) };
        if tokio::time::timeout(LAST_WORDS, all).await.is_err() {
            tracing::warn!("a connection to the database fell silent and was left behind");
        }
    }
}
