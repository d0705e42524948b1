//! What the use cases need of the outside. Adapters implement these; use cases see nothing else of them.

pub mod evidence;
pub mod hunter;
pub mod identity;
pub mod journal;
pub mod page;
pub mod readers;
pub mod rows;
pub mod shelf;

pub use evidence::{EvidenceError, EvidenceStore, Rehash, Stored, StoredFile};
pub use hunter::{
    Caught, HuntAnswer, HuntFile, HuntOrigin, HuntProgress, Hunted, Hunter, MoreRules, OpenSealed, Quarry,
    RuleText, SealedFile,
};
pub use identity::{
    Challenge, Claimed, Known, NotVouched, Owner, Passkeys, Provider, RoundTrip, SingleSignOn, Site,
    Unproven, Vouched,
};
pub use journal::{
    Append, Appended, Ask, Journal, JournalError, Leaf, LogHead, Part, Payload, Recorded, Related, Snapshot,
};
pub use page::{Cursor, Page};
pub use readers::{AlertReaders, ReadError, SourceInfo, TakenAlert};
pub use rows::{
    AlertKey, AlertQuery, AlertRow, EntryQuery, EvidenceQuery, EvidenceRow, Glass, IncidentQuery,
    IncidentRow, NearAlert, NearFacts, PracticeRow, Row, Scope, TokenKind, TokenRow, Verdict,
};
pub use shelf::{ShelfKind, ShelfPlace, ShelfQuery, Shelved};

/// Whether something that failed outside may work when tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may: a database that restarts, a lock, a time-out.
    Later,
    /// It will not, until a person mends something.
    Never,
}

/// Something outside failed: disk, database, network.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {source}")]
pub struct Outside {
    /// What was being done, as a phrase a person understands, with what to do about it where that is known.
    pub what: String,
    /// Whether to try again.
    pub retry: Retry,
    /// The cause.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl Outside {
    /// A failure that may pass.
    pub fn later(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { what: what.into(), retry: Retry::Later, source: source.into() }
    }

    /// A failure that stays until somebody mends it.
    pub fn never(
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { what: what.into(), retry: Retry::Never, source: source.into() }
    }
}
