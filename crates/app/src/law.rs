//! From what an incident shows to the breach engine's facts, and from its answer to the incident's obligations. The
//! engine computes; whether it is a breach, and whether a duty is due, is the attorney's to decide.

use incident::{IncidentKind, Practice, State};
use kernel::{Actor, IncidentId};
use serde_json::{Value, json};

use crate::{App, AppError};

/// The facts that an incident supports by itself, as `contracts/breach.md` writes them. What it does not know it does
/// not say; the engine lists it as an open question.
#[must_use]
pub fn facts_of(state: &State, practice: &Practice) -> Value {
    let kind = match state.kind {
        Some(IncidentKind::Ransomware) => "ransomware",
        Some(IncidentKind::BusinessEmailCompromise) => "business_email_compromise",
        Some(IncidentKind::LostOrStolenDevice) => "loss",
        Some(IncidentKind::InsiderSnooping) => "snooping",
        Some(IncidentKind::VendorBreach) => "vendor_breach",
        Some(IncidentKind::MisdirectedPhi) => "misdirected",
        Some(IncidentKind::Malware) => "hacking",
        _ => "other",
    };
    let phi = state.systems.keys().any(|name| practice.system(name).is_some_and(|system| system.holds_phi))
        || state
            .accounts
            .keys()
            .any(|name| practice.account(name).is_some_and(|account| account.reaches_phi))
        || matches!(
            state.kind,
            Some(IncidentKind::InsiderSnooping | IncidentKind::MisdirectedPhi | IncidentKind::VendorBreach)
        );
    let mut knowledge = serde_json::Map::new();
    if let Some(declared) = &state.declared {
        knowledge.insert("known_on".to_owned(), json!(declared.at.to_string()));
    }
    if let Some(earliest) = state.earliest_compromise() {
        let day = earliest.to_zoned(practice.zone()).date();
        knowledge.insert("occurred_on".to_owned(), json!(day.to_string()));
    }
    json!({
        "entity": {
            "kind": "covered_entity", "name": practice.name, "state": practice.state, "time_zone": practice.time_zone,
        },
        "event": {
            "kind": kind,
            "data": if phi { ["phi"] } else { ["none"] },
            "permitted_use": false,
            "medium": "electronic",
        },
        "knowledge": knowledge,
        "individuals": { "by_state": {} },
    })
}

impl App {
    /// Computes the incident's obligations from what stands and records them. How many there are; `None` where the facts
    /// do not suffice yet, which is said in `remarks`.
    pub(crate) async fn compute_law(
        &self,
        actor: &Actor,
        incident: IncidentId,
        remarks: &mut Vec<String>,
    ) -> Result<Option<usize>, AppError> {
        let assessment = match self.recompute(actor, incident).await {
            Ok(assessment) => assessment,
            Err(AppError::Invalid { at, what }) => {
                remarks.push(format!("The law was not applied: {at}: {what}."));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let questions = assessment.open_questions.iter();
        remarks.extend(questions.map(|question| format!("For counsel: {}", question.why)));
        Ok(Some(assessment.obligations.len()))
    }
}
