//! Why a use case did not do what was asked. When to use which: [`AppError::Refused`] when the incident's rules say no,
//! [`AppError::Forbidden`] when the role may not, [`AppError::NotFound`] when the thing is absent *or belongs to another
//! practice* (which of the two is nobody's business), [`AppError::Invalid`] when the request itself makes no sense,
//! [`AppError::Stale`] and [`AppError::Overtaken`] when somebody else was first, and [`AppError::Outside`] when disk, database or network failed.

use incident::Refusal;
use kernel::{AlertId, Forbidden};

use crate::ports::{EvidenceError, JournalError, Outside, Recorded};

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing here.
    #[error("{what} is not here: check the id, and that it belongs to this practice")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// The role may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The rules of the incident say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request makes no sense.
    #[error("{at}: {what}")]
    Invalid {
        /// Where, as a JSON pointer or the name of an argument.
        at: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// Somebody else wrote first.
    #[error("it is at version {current} now, not {expected}: look at what changed and try again")]
    Stale {
        /// What the caller had seen.
        expected: u64,
        /// Where it stands.
        current: u64,
        /// What was written since.
        since: Vec<Recorded>,
    },
    /// Somebody else changed the same account at the same moment. Nothing was written.
    #[error(
        "somebody else changed this at the same moment, and nothing of yours was written: look at it and try again"
    )]
    Overtaken,
    /// Two changes to a note do not go together. Nothing was recorded, and the text is kept as a draft.
    #[error("somebody changed the same lines meanwhile (version {}): your text is kept as a draft; settle the two", .0.version)]
    Conflict(Box<crate::notes::NoteConflict>),
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request: use a new key for a new request")]
    KeyReused,
    /// The same alert is there already.
    #[error("already recorded as alert {0}")]
    Duplicate(AlertId),
    /// Sealed bytes could not be had.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A document could not be made.
    #[error("the document could not be made: {0}")]
    Document(String),
    /// Something outside failed.
    #[error(transparent)]
    Outside(#[from] Outside),
}

impl AppError {
    /// A request that makes no sense.
    pub fn invalid(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Invalid { at: at.into(), what: what.into() }
    }

    /// A thing that is not here.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// A value of ours that cannot be written or read as JSON: a defect or a damaged record.
    pub(crate) fn json(what: &str) -> impl Fn(serde_json::Error) -> Self + '_ {
        move |error| Self::Outside(Outside::never(what, error))
    }
}

impl From<JournalError> for AppError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Stale { expected, current, since, .. } => Self::Stale { expected, current, since },
            JournalError::Duplicate(alert) => Self::Duplicate(alert),
            JournalError::KeyReused => Self::KeyReused,
            overtaken @ JournalError::Overtaken => {
                Self::Outside(Outside::later("writing to the record", overtaken))
            }
            JournalError::Outside(outside) => Self::Outside(outside),
        }
    }
}
