//! The line that `tourniquet intake` prints for an alert, in the contract's order, and the key that tells whether an
//! alert was already taken.

use kernel::{Alert, AlertId};
use serde::Serialize;

use crate::Taken;

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

/// The key under which an alert is recorded once: the source, its own id of it, the title, the time and, where the source
/// publishes it anew under the same id, the version; or else the digest of the bytes and of what was read of them. The
/// same alert sent twice has the same key, also where a vendor sends it again in another envelope or with a newer
/// status. Title and time are there because some sources use an id again.
#[must_use]
pub fn dedup_key(taken: &Taken) -> String {
    let alert = &taken.alert;
    match &alert.source_id {
        Some(id) => {
            let at = alert.occurred_at.map(|at| at.to_string()).unwrap_or_default();
            let title = alert.title.as_deref().unwrap_or_default();
            // What has no versions keeps the key that earlier versions of this program gave it.
            let revision = taken.revision.as_ref().map(|text| format!("\u{1f}{text}")).unwrap_or_default();
            format!("{}\u{1f}{id}\u{1f}{at}\u{1f}{title}{revision}", alert.source)
        }
        // Alerts of one envelope share its bytes, and so their digest: what was read of each tells them apart.
        None => {
            let read = serde_json::to_vec(alert).unwrap_or_default();
            format!("{}\u{1f}{}\u{1f}{}", alert.source, alert.raw_sha256, kernel::Digest::of(&read))
        }
    }
}
