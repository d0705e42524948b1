//! Severity, computed from facts, each step with its reason in words. The same facts on a packed Monday and on an
//! empty Sunday give different answers, as what is at stake in the next hours differs.

use kernel::Severity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IncidentKind, practice::Impact};

/// The facts that a severity rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    /// What kind of incident.
    pub kind: IncidentKind,
    /// Systems suspected or compromised and not settled.
    pub systems: usize,
    /// Of these, how many are confirmed.
    pub confirmed_systems: usize,
    /// Accounts suspected and not settled.
    pub accounts: usize,
    /// Of these, how many have administrative rights.
    pub privileged_accounts: usize,
    /// Whether PHI is on, or reachable from, what is affected.
    pub phi_in_reach: bool,
    /// Whether data is known or thought to have left.
    pub exfiltration: bool,
    /// Whether what is affected is held by containment.
    pub contained: bool,
    /// What stops when everything affected is lost, with what the next hours hold.
    pub at_stake: Impact,
    /// How bad the worst alert says it is.
    pub alerts_say: Option<Severity>,
}

/// A severity and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    /// The severity.
    pub severity: Severity,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// Minutes within which those called have to answer.
    pub engage_within_minutes: u32,
}
