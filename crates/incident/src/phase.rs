//! The six phases, as a view of how far systems, accounts and indicators are. Nobody sets a phase.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::word::words;

words! {
    /// A phase of the response.
    Phase, "a phase":
    Identify = "identify", "identification and declaration";
    Contain = "contain", "containment";
    Investigate = "investigate", "investigation";
    Eradicate = "eradicate", "eradication";
    Recover = "recover", "recovery";
    Learn = "learn", "notification, lessons and closing";
}

/// Where a phase stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PhaseView {
    /// The phase.
    pub phase: Phase,
    /// Where it stands.
    pub status: PhaseStatus,
    /// How many things are done.
    pub done: usize,
    /// Out of how many.
    pub total: usize,
    /// What is open, in words.
    pub open: Vec<String>,
}

/// Where a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PhaseStatus {
    /// Nothing done.
    NotStarted,
    /// Something done, something open.
    Running,
    /// Nothing open.
    Done,
}
