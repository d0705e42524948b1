//! Findings: what the investigation knows, one scope question each, with the evidence it rests on and how sure it is.

use kernel::{AccountName, EvidenceId, FindingId, SystemName, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{stamp::Stamp, word::words};

words! {
    /// The scope questions; the words are those of a hunt's story.
    Question, "a scope question":
    InitialAccess = "initial_access", "how they got in";
    Execution = "execution", "what they ran";
    Persistence = "persistence", "how they stayed";
    PrivilegeEscalation = "privilege_escalation", "how they gained rights";
    CredentialTheft = "credential_theft", "which credentials they took";
    LateralMovement = "lateral_movement", "how they moved on";
    Collection = "collection", "what they gathered";
    Exfiltration = "exfiltration", "what they took out";
    Impact = "impact", "what they damaged";
    Earliest = "earliest", "the earliest sign of them";
    Latest = "latest", "the latest sign of them";
}

words! {
    /// How sure a finding is.
    Confidence, "a confidence":
    Observed = "observed", "observed";
    Inferred = "inferred", "inferred";
    Unknown = "unknown", "unknown";
}

/// What a finding says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The question it answers.
    pub question: Question,
    /// The answer. No PHI.
    pub text: String,
    /// How sure.
    pub confidence: Confidence,
    /// The instant it is about; needed for `earliest` and `latest` unless the answer is unknown.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Evidence it rests on.
    #[serde(default)]
    pub evidence: Vec<EvidenceId>,
    /// Systems it is about.
    #[serde(default)]
    pub systems: Vec<SystemName>,
    /// Accounts it is about.
    #[serde(default)]
    pub accounts: Vec<AccountName>,
}

/// A finding, with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// What it says now.
    pub statement: Statement,
    /// Who said so, and when.
    pub stamp: Stamp,
    /// What it said before, oldest first, each with why it was revised.
    pub earlier: Vec<EarlierStatement>,
}

/// What a finding said before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EarlierStatement {
    /// What it said.
    pub statement: Statement,
    /// Who had said so, and when.
    pub stamp: Stamp,
    /// Why it was revised.
    pub revised_because: String,
}
