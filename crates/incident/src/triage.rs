//! Triage proposes; people decide. A proposal says which alerts belong together, whether this one means what it says,
//! what kind of incident it would be, how bad, and whom to call: each with its reasons in words. Pure and quick: it is
//! run on every alert that comes in.

use kernel::{AccountName, AlertId, GroupId, Indicator, Severity, SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IncidentKind, Party, Verdict, word::words};

/// What triage proposes for one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proposal {
    /// Whether it means what it says.
    pub verdict: Verdict,
    /// What kind of incident it would be.
    pub kind: IncidentKind,
    /// How bad.
    pub severity: Severity,
    /// Alerts that belong to the same event.
    pub with: Vec<AlertId>,
    /// The group that those are in already, where they are in one.
    pub group: Option<GroupId>,
    /// Whom to call.
    pub engage: Vec<Call>,
    /// Why, in words.
    pub reasons: Vec<Reason>,
    /// The systems it is about, by the profile's keys where listed there.
    pub systems: Vec<SystemName>,
    /// The accounts it is about.
    pub accounts: Vec<AccountName>,
}

/// Somebody to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    /// Who, by part.
    pub party: Party,
    /// Who, by name, where the profile says.
    pub name: Option<String>,
    /// Minutes within which they have to answer.
    pub within_minutes: u32,
    /// Why.
    pub why: String,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// What it is a reason for.
    pub about: About,
    /// The reason.
    pub text: String,
}

words! {
    /// What a reason is about.
    About, "a subject of a reason":
    Verdict = "verdict", "whether it is true";
    Kind = "kind", "what kind of incident";
    Severity = "severity", "how bad";
    Group = "group", "what it belongs to";
    Engage = "engage", "whom to call";
}

/// What triage needs to know of an earlier alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelatedAlert {
    /// Its id.
    pub id: AlertId,
    /// When it happened, or was received where the source does not say.
    pub at: Timestamp,
    /// Its group.
    pub group: Option<GroupId>,
    /// Hosts, as the source wrote them.
    pub hosts: Vec<String>,
    /// Accounts, as the source wrote them.
    pub accounts: Vec<String>,
    /// Indicators.
    pub indicators: Vec<Indicator>,
}
