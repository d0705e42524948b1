//! Who was called, who answered, and by when they had to.

use kernel::{ItemId, Severity, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{stamp::Stamp, word::words};

words! {
    /// Who may have to be called.
    Party, "a party":
    Responder = "responder", "the responder on call";
    Lead = "lead", "the incident lead";
    Practice = "practice", "the practice's owner or administrator";
    Counsel = "counsel", "the healthcare attorney";
    Insurer = "insurer", "the cyber insurer";
    Vendor = "vendor", "the vendor";
    LawEnforcement = "law_enforcement", "law enforcement";
    Staff = "staff", "the staff on duty";
}

/// Minutes from the setting of a severity until those called have to have answered.
#[must_use]
pub const fn engagement_minutes(severity: Severity) -> u32 {
    match severity {
        Severity::Critical => 15,
        Severity::High => 30,
        Severity::Medium => 240,
        Severity::Low => 1440,
        Severity::Informational => 4320,
    }
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Engagement {
    /// Its id.
    pub id: ItemId,
    /// Who, by part.
    pub party: Party,
    /// Who, by name.
    pub name: String,
    /// How they were called: telephone, page, e-mail.
    pub means: String,
    /// By when they have to answer.
    pub due_at: Timestamp,
    /// Who called, and when.
    pub called: Stamp,
    /// What they answered.
    pub answer: Option<Answer>,
}

impl Engagement {
    /// Whether they answered after they had to, or have not answered by `now` and should have.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.answer.as_ref().map_or(now, |answer| answer.at) > self.due_at
    }
}

/// What somebody who was called answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answer {
    /// When they answered.
    pub at: Timestamp,
    /// Whether they take part.
    pub joins: bool,
    /// What they said.
    pub text: String,
    /// Who recorded it, and when.
    pub stamp: Stamp,
}
