//! The parts of a sealed story and coverage that pages draw, read leniently: what a later version adds is passed over, what an
//! earlier one did not have is absent.

use kernel::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

/// A record of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Origin {
    /// The file.
    pub file: String,
    /// The record's number.
    pub record: u64,
}

/// A step from one host to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The host it came from, or its address.
    pub from: String,
    /// The host it went to.
    pub to: String,
    /// Under which account.
    pub account: String,
    /// By what means.
    pub means: String,
    /// When first.
    pub time: Timestamp,
    /// `observed`, `inferred` or `unknown`.
    pub confidence: String,
    /// The records that it rests on.
    #[serde(default)]
    pub rests_on: Vec<Origin>,
}

/// A host of the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HostTold {
    /// Its short name in capitals.
    pub host: String,
    /// Since when it was in their hands, as far as is known.
    pub since: Timestamp,
    /// The last sign of them on it.
    pub until: Timestamp,
}

/// A log of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogTold {
    /// The host.
    pub host: String,
    /// The log.
    pub log: String,
    /// Records in it.
    #[serde(default)]
    pub records: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
    /// Where something is missing.
    #[serde(default)]
    pub gaps: Vec<GapTold>,
}

/// Something that is missing in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GapTold {
    /// The last record before it.
    pub from: Timestamp,
    /// The first after it.
    pub to: Timestamp,
    /// How many numbers are missing; 0 where the log is only silent.
    #[serde(default)]
    pub missing_records: u64,
}

/// A moment from which on, or up to which, a host's logs show less: a log was cleared, auditing was turned off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Blind {
    /// When.
    pub time: Timestamp,
    /// On which host.
    pub host: String,
    /// Which log was cleared, or what is no longer recorded.
    #[serde(alias = "log")]
    pub what: String,
    /// By whom.
    #[serde(default)]
    pub account: Option<String>,
}

/// Hours of the incident that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HoursTold {
    /// The first hour's begin.
    pub from: Timestamp,
    /// The last hour's end.
    pub to: Timestamp,
    /// Whether a device at the edge of the network recorded how much went out; absent where the hunt does not say.
    #[serde(default)]
    pub flows: Option<bool>,
    /// What was recorded, per host.
    pub hosts: Vec<RecordedTold>,
    /// What that means for the question whether information was acquired or viewed.
    pub says: String,
}

/// What a host recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordedTold {
    /// The host.
    pub host: String,
    /// Programs that started.
    pub programs: bool,
    /// Files that were reached.
    pub files: bool,
    /// Connections.
    pub network: bool,
    /// Sign-ins.
    pub sign_ins: bool,
}

/// What the logs show and what they cannot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CoverageTold {
    /// Each log of each host.
    pub logs: Vec<LogTold>,
    /// Logs that were cleared.
    pub cleared: Vec<Blind>,
    /// Auditing that was turned off.
    pub audit_off: Vec<Blind>,
    /// The incident hour by hour, equal hours together.
    pub hours: Vec<HoursTold>,
    /// What it all means, in sentences.
    pub says: Vec<String>,
}

/// The members of a list that can be read; one that cannot is passed over and never the whole.
fn list<T: DeserializeOwned>(value: &Value, name: &str) -> Vec<T> {
    let items = value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| T::deserialize(item).ok()).collect()
}

pub(super) fn path(story: &Value) -> Vec<Step> {
    let mut steps: Vec<Step> = list(story, "lateral_movement");
    steps.sort_by_key(|step| step.time);
    steps
}

pub(super) fn hosts(story: &Value) -> Vec<HostTold> {
    let mut hosts: Vec<HostTold> = list(story, "hosts");
    hosts.sort_by_key(|host| host.since);
    hosts
}

pub(super) fn coverage(coverage: &Value) -> CoverageTold {
    CoverageTold {
        logs: list(coverage, "logs"),
        cleared: list(coverage, "cleared"),
        audit_off: list(coverage, "audit_off"),
        hours: list(coverage, "hours"),
        says: list(coverage, "says"),
    }
}
