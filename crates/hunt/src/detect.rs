//! What a rule found, in the words of `contracts/hunt.md`.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One detection: a line of the output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Detection {
    /// The rule's id; its title where it has none.
    pub rule_id: String,
    /// The rule's title.
    pub rule: String,
    /// `informational`, `low`, `medium`, `high` or `critical`.
    pub level: sigma::Level,
    /// When the event happened.
    #[serde(serialize_with = "micros")]
    pub time: Option<Timestamp>,
    /// The host.
    pub computer: String,
    /// The log.
    pub channel: String,
    /// The Windows event id.
    pub event_id: u32,
    /// The record's number in its file.
    pub record_id: u64,
    /// The file, relative to the evidence that held it; inside an archive `archive.zip!inner/path`.
    pub file: Arc<str>,
    /// ATT&CK techniques of the rule's tags, such as `T1059.001`.
    pub techniques: Vec<String>,
    /// ATT&CK tactics of the rule's tags, such as `credential-access`.
    pub tactics: Vec<String>,
    /// The values that the rule looked at and found.
    pub matched: BTreeMap<String, String>,
    /// Of a correlation rule: the events that it counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Place>,
}

/// A record of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// As [`Detection::file`].
    pub file: Arc<str>,
    /// As [`Detection::record_id`].
    pub record_id: u64,
}

fn micros<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(&format_args!("{time:.6}")),
        None => serializer.serialize_none(),
    }
}
