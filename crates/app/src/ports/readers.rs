//! The readers of vendors' alerts.

use kernel::{Alert, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// An alert as it was read, with the bytes as they were received.
#[derive(Debug, Clone)]
pub struct TakenAlert {
    /// The common form.
    pub alert: Alert,
    /// The bytes of this item.
    pub raw: Vec<u8>,
    /// Unique within a practice.
    pub dedup_key: String,
}

/// Why an item could not be read. Nothing of it is kept; the others of the same input are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {what}")]
pub struct ReadError {
    /// Where in the input, in bytes from its start.
    pub offset: u64,
    /// What is wrong and what to do.
    pub what: String,
}

/// An adapter, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceInfo {
    /// The name used with `--source` and in the URL.
    pub name: String,
    /// Who makes the product.
    pub vendor: String,
    /// The product.
    pub product: String,
    /// What it reads.
    pub reads: String,
    /// How a sender proves itself over HTTP.
    pub authentication: String,
}

/// All readers.
pub trait AlertReaders: Send + Sync {
    /// The adapters.
    fn sources(&self) -> Vec<SourceInfo>;

    /// Whether there is an adapter of this name.
    fn knows(&self, source: &str) -> bool {
        self.sources().iter().any(|known| known.name == source)
    }

    /// Checks that a delivery comes from who holds the secret.
    ///
    /// # Errors
    /// Why not, for the log; the sender is told no more than that it failed.
    fn authenticate(
        &self,
        source: &str,
        headers: &[(String, String)],
        body: &[u8],
        secret: &[u8],
        now: Timestamp,
    ) -> Result<(), String>;

    /// What a source's one-time question, whether this address is ours, wants back; `None` where this is none.
    fn challenge(&self, source: &str, headers: &[(String, String)]) -> Option<String> {
        let _ = (source, headers);
        None
    }

    /// Reads every alert out of the bytes, in input order; without a source the format is recognised.
    fn read(&self, source: Option<&str>, bytes: &[u8]) -> Vec<Result<TakenAlert, ReadError>>;
}
