#![doc = include_str!("../README.md")]

#[path = "../../store-core/shared/backend.rs"]
mod backend;
mod dialect;
#[path = "../../store-core/shared/dumps.rs"]
mod dumps;
mod open;
mod pack;
mod rack;
#[path = "../../store-core/shared/reads.rs"]
mod reads;
mod room;
#[path = "../../store-core/shared/shelves.rs"]
mod shelves;
#[path = "../../store-core/shared/writes.rs"]
mod writes;

pub use open::{open, open_read_only};

/// An open database file: one connection that writes, a few that read beside it.
#[derive(Debug)]
pub struct Database {
    writer: rack::Rack,
    readers: rack::Rack,
    kept: store_core::plan::Kept,
    /// How long one answer may take: as long as it takes, as nothing is lost on the way within a process.
    answer: Option<std::time::Duration>,
    /// Moves the write-ahead log into the file, beside the writer.
    mover: Option<tokio::task::JoinHandle<()>>,
    /// How long that log may grow.
    room: std::sync::Arc<room::Room>,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(mover) = &self.mover {
            mover.abort();
        }
    }
}

impl Database {
    /// Nothing stands between this process and its file that could fall silent.
    const fn distrust(&self) {}

    /// Tells the connection that writes how long the log may grow, where that is another than before.
    async fn ready(&self, conn: &mut dialect::Conn) -> sqlx::Result<()> {
        if let Some(pages) = self.room.news() {
            // A pragma takes no parameters; the number is ours.
            let pragma = sqlx::AssertSqlSafe(format!("PRAGMA wal_autocheckpoint = {pages}"));
            sqlx::query(pragma).execute(conn).await?;
            self.room.told(pages);
        }
        Ok(())
    }

    /// The next connection that writes knows nothing yet.
    fn let_writer_go(&self) {
        self.room.told(room::MOST);
    }
}
