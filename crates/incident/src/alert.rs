//! The life of one alert: received, proposed upon, judged by a person, grouped, put to an incident. A person's verdict
//! stands beside the proposal and never replaces it, so that one can ask how often the two agreed.

use kernel::{Alert, AlertId, Capability, GroupId, IncidentId, PracticeId, Requires, Severity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{IncidentKind, stamp::Stamp, triage::Proposal, word::words};

words! {
    /// Whether an alert means what it says.
    Verdict, "a verdict":
    TruePositive = "true_positive", "a true positive";
    FalsePositive = "false_positive", "a false positive";
    Undetermined = "undetermined", "undetermined";
}

/// What may be asked of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each member is named in the field's terms, and its variant's line says what it does"
)]
pub enum AlertRequest {
    /// Takes an alert in.
    Receive { alert: Box<Alert> },
    /// Records what triage proposes.
    Propose { proposal: Box<Proposal> },
    /// Judges it.
    Judge {
        verdict: Verdict,
        reasons: Vec<String>,
        #[serde(default)]
        incident_kind: Option<IncidentKind>,
        #[serde(default)]
        severity: Option<Severity>,
    },
    /// Puts it into a group.
    Group { group: GroupId, reason: String },
    /// Takes it out of its group.
    Ungroup { reason: String },
    /// Puts it to an incident.
    Attach { incident: IncidentId, reason: String },
    /// Takes it off its incident.
    Detach { reason: String },
}

impl Requires for AlertRequest {
    fn requires(&self) -> Capability {
        match self {
            Self::Receive { .. } | Self::Propose { .. } => Capability::Intake,
            Self::Judge { .. }
            | Self::Group { .. }
            | Self::Ungroup { .. }
            | Self::Attach { .. }
            | Self::Detach { .. } => Capability::Triage,
        }
    }
}

/// What happened to an alert: the kind and body of an entry in the alert's own stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each member is named in the field's terms, and its variant's line says what happened"
)]
pub enum AlertEvent {
    /// It was taken in. The entry holds what an entry may hold: titles and descriptions may name patients, so they
    /// stay with the raw bytes and are found by their digest.
    AlertReceived { alert: Received },
    /// Triage proposed.
    AlertProposed { proposal: Box<Proposal> },
    /// A person judged.
    AlertJudged {
        verdict: Verdict,
        reasons: Vec<String>,
        incident_kind: Option<IncidentKind>,
        severity: Option<Severity>,
    },
    /// It was put into a group.
    AlertGrouped { group: GroupId, reason: String },
    /// It was taken out of its group.
    AlertUngrouped { group: GroupId, reason: String },
    /// It was put to an incident.
    AlertAttachedTo { incident: IncidentId, reason: String },
    /// It was taken off its incident.
    AlertDetachedFrom { incident: IncidentId, reason: String },
}

/// What an entry keeps of an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Received {
    /// Where alerts of this kind come from.
    pub channel: kernel::Channel,
    /// The adapter.
    pub source: String,
    /// The source's own id.
    pub source_id: Option<String>,
    /// How bad the source says it is.
    pub severity: Option<Severity>,
    /// When it happened.
    pub occurred_at: Option<kernel::Moment>,
    /// When the source reported it.
    pub reported_at: Option<kernel::Moment>,
    /// How many hosts it names.
    pub hosts: usize,
    /// How many accounts it names.
    pub accounts: usize,
    /// How many indicators it names.
    pub indicators: usize,
    /// Techniques it names.
    pub techniques: Vec<String>,
    /// SHA-256 of the bytes as received.
    pub raw_sha256: kernel::Digest,
}

/// Where an alert stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertState {
    /// The alert.
    pub id: AlertId,
    /// The practice.
    pub practice: PracticeId,
    /// How many events made this state.
    pub version: u64,
    /// What was received, and when.
    pub received: Option<(Received, Stamp)>,
    /// What triage proposes, the last one.
    pub proposal: Option<Box<Proposal>>,
    /// What a person judged, the last one standing.
    pub judgement: Option<Judgement>,
    /// Its group.
    pub group: Option<GroupId>,
    /// Its incident.
    pub incident: Option<IncidentId>,
}

/// A person's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<String>,
    /// What kind of incident, where they said.
    pub incident_kind: Option<IncidentKind>,
    /// How bad, where they said.
    pub severity: Option<Severity>,
    /// What triage proposed when they judged, where it had.
    pub proposed: Option<Verdict>,
    /// Who and when.
    pub stamp: Stamp,
}

impl Judgement {
    /// Whether the person agreed with the proposal; `None` where there was none, or it was undetermined.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        let proposed = self.proposed.filter(|&verdict| verdict != Verdict::Undetermined)?;
        Some(proposed == self.verdict)
    }
}
