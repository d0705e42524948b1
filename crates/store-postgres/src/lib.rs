#![doc = include_str!("../README.md")]

#[path = "../../store-core/shared/backend.rs"]
mod backend;
mod dialect;
#[path = "../../store-core/shared/dumps.rs"]
mod dumps;
mod open;
mod put;
#[path = "../../store-core/shared/reads.rs"]
mod reads;
#[path = "../../store-core/shared/shelves.rs"]
mod shelves;
mod trust;
#[path = "../../store-core/shared/writes.rs"]
mod writes;

pub use open::{open, open_read_only};

/// An open database: a few connections, and one more for the batch that is being written.
#[derive(Debug)]
pub struct Database {
    writer: sqlx::PgPool,
    readers: sqlx::PgPool,
    kept: store_core::plan::Kept,
    /// How long one answer may take.
    answer: Option<std::time::Duration>,
    trust: std::sync::Arc<trust::Trust>,
}

impl Database {
    /// A connection fell silent: those that lie idle may be on the same dead way.
    fn distrust(&self) {
        self.trust.lose();
    }

    /// A server sees to its own log.
    #[expect(clippy::unused_async, reason = "the other database has something to say here")]
    async fn ready(&self, _: &mut dialect::Conn) -> sqlx::Result<()> {
        Ok(())
    }

    /// The next connection that writes is like this one.
    const fn let_writer_go(&self) {}
}
