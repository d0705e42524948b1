//! Why a request was not followed. A refusal is a value: what does not hold, and the way out.

use serde::Serialize;

/// A refusal. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{reason}; {way_out}")]
pub struct Refusal {
    /// What kind of refusal.
    pub why: RefusalKind,
    /// What does not hold, as a clause.
    pub reason: String,
    /// What would make it possible, as a clause.
    pub way_out: String,
    /// Everything that is missing, where several things are.
    pub missing: Vec<String>,
}

/// The kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The incident has not been declared.
    NotDeclared,
    /// The incident is declared already.
    AlreadyDeclared,
    /// The incident is closed.
    Closed,
    /// The incident is open.
    Open,
    /// Something the request names is not in the incident.
    Unknown,
    /// It is there already.
    Already,
    /// A member of the request does not make sense.
    Invalid,
    /// The thing is not far enough for this, or too far.
    WrongStage,
    /// Approvals are missing.
    NeedsApproval,
    /// It takes another person.
    SamePerson,
    /// Gates do not hold.
    GatesOpen,
    /// Evidence has to be kept.
    Kept,
    /// The incident is not ready to be closed.
    NotReady,
    /// It belongs to somebody else.
    NotYours,
}

impl RefusalKind {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotDeclared => "not_declared",
            Self::AlreadyDeclared => "already_declared",
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Already => "already",
            Self::Invalid => "invalid",
            Self::WrongStage => "wrong_stage",
            Self::NeedsApproval => "needs_approval",
            Self::SamePerson => "same_person",
            Self::GatesOpen => "gates_open",
            Self::Kept => "kept",
            Self::NotReady => "not_ready",
            Self::NotYours => "not_yours",
        }
    }
}

impl Refusal {
    pub(crate) fn new(why: RefusalKind, reason: impl Into<String>, way_out: impl Into<String>) -> Self {
        Self { why, reason: reason.into(), way_out: way_out.into(), missing: Vec::new() }
    }

    pub(crate) fn missing(mut self, missing: Vec<String>) -> Self {
        self.missing = missing;
        self
    }

    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.why.code()
    }
}
