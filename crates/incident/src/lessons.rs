//! What is learned and what is told: root cause, remediation, runbook changes, reports, notes.

use jiff::civil::Date;
use kernel::{Digest, EvidenceId, ItemId, NoteId, ReportId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Subject, stamp::Stamp};

/// Why it could happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RootCause {
    /// The cause.
    pub text: String,
    /// Evidence it rests on.
    pub evidence: Vec<EvidenceId>,
    /// Who and when.
    pub stamp: Stamp,
}

/// Something that has to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remediation {
    /// Its id.
    pub id: ItemId,
    /// What.
    pub what: String,
    /// Who sees to it.
    pub owner: String,
    /// By when.
    pub due: Date,
    /// Who recorded it, and when.
    pub stamp: Stamp,
    /// Who recorded that it is done, when and how.
    pub done: Option<(Stamp, String)>,
}

/// A change to a runbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunbookChange {
    /// Its id.
    pub id: ItemId,
    /// The runbook.
    pub runbook: String,
    /// What changes.
    pub change: String,
    /// Who and when.
    pub stamp: Stamp,
}

/// A report that was delivered, or a situation report that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// What it is.
    pub what: String,
    /// To whom.
    pub to: String,
    /// SHA-256 of what they received: frozen.
    pub digest: Digest,
    /// Whether it is a situation report.
    pub situation: bool,
    /// Whether it is privileged.
    pub privileged: bool,
    /// Who and when.
    pub stamp: Stamp,
}

/// A note. Its text is sealed outside the journal; here are the digests of every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    /// Its id.
    pub id: NoteId,
    /// What it is about, where it is about one thing.
    pub about: Option<Subject>,
    /// Whether it is privileged.
    pub privileged: bool,
    /// Its versions, oldest first; never empty.
    pub versions: Vec<NoteVersion>,
}

/// A version of a note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NoteVersion {
    /// SHA-256 of the text.
    pub digest: Digest,
    /// How many bytes the text has.
    pub bytes: u64,
    /// Why it was revised, from the second version on.
    pub because: Option<String>,
    /// Who and when.
    pub stamp: Stamp,
}
