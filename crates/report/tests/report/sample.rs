//! A made-up ENT practice with a surgery center on the Monday that ransomware reached it.

use kernel::Timestamp;
use report::IncidentReport;

/// The sample.
pub(crate) fn report() -> IncidentReport {
    serde_json::from_str(include_str!("sample.json")).expect("the sample is a report")
}

/// The time of the sample's report.
pub(crate) fn as_of() -> Timestamp {
    report().as_of
}
