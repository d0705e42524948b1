//! What has to be decided next, and by whom: containment first. The clocks that run. In which order systems come back.

mod clocks;
mod decisions;
mod restore;
mod services;

use kernel::{Role, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use clocks::{containment_minutes, situation_minutes};
pub use restore::RestoreStep;
pub use services::{ServiceStatus, SystemStatus};

use crate::{Request, practice::Impact};

/// A decision that waits for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    /// Its place in the order, from 1.
    pub number: usize,
    /// What has to be decided, in one sentence.
    pub what: String,
    /// Why now.
    pub why: String,
    /// Whose decision it is.
    pub owner: Role,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// What stops working if it is done.
    pub stops: Option<Impact>,
    /// The request that would settle it, where it can be written down whole.
    pub request: Option<Request>,
}

/// A clock that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Clock {
    /// What it is about.
    pub kind: ClockKind,
    /// In words.
    pub what: String,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ends; a civil date ends with its last second in the practice's zone.
    pub due_at: Option<Timestamp>,
    /// The internal target ahead of a legal day; never a legal date itself.
    #[serde(default)]
    pub target_at: Option<Timestamp>,
    /// Whether the internal target has passed and the end has not.
    #[serde(default)]
    pub near: bool,
    /// Whether the end has passed.
    pub late: bool,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// Whose it is.
    pub owner: Role,
}

/// What a clock is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// People who were called have to answer.
    Engagement,
    /// The attacker has to be held.
    Containment,
    /// A duty has to be met.
    Obligation,
    /// A system is watched.
    Watch,
    /// The insurer wants notice.
    Insurer,
    /// Something has to change.
    Remediation,
    /// The next situation report is due.
    Situation,
}
