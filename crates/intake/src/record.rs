//! The line that `tourniquet intake` prints for an alert, in the contract's order, and the key that tells whether an
//! alert was already taken.

use kernel::{Alert, AlertId};
use serde::Serialize;

/// An alert as it is printed: the contract's JSON object.
#[derive(Debug, Clone, Serialize)]
pub struct Record<'a> {
    /// The record's own id; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<AlertId>,
    /// The alert.
    #[serde(flatten)]
    pub alert: &'a Alert,
    /// The id of the first record of the same alert.
    pub duplicate_of: Option<AlertId>,
}

/// The key under which an alert is recorded once: the source with its own id of it, or else with the digest of the
/// bytes. The same alert sent twice has the same key, also where a vendor sends it again in another envelope.
#[must_use]
pub fn dedup_key(alert: &Alert) -> String {
    match &alert.source_id {
        Some(id) => format!("{}\u{1f}id\u{1f}{id}", alert.source),
        None => format!("{}\u{1f}sha256\u{1f}{}", alert.source, alert.raw_sha256),
    }
}
