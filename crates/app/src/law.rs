//! From what an incident shows to the breach engine's facts, and from its answer to the incident's obligations. The
//! engine computes; whether it is a breach, and whether a duty is due, is the attorney's to decide.

use incident::{Duty, IncidentKind, Practice, Request, State};
use kernel::{Actor, Digest, IncidentId};
use serde_json::{Value, json};

use crate::{App, AppError, command::How, ports::Scope};

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
    /// Computes the incident's obligations from what it shows by itself and records them. How many there are; `None`
    /// where the facts do not suffice yet, which is said in `remarks`.
    pub(crate) async fn compute_law(
        &self,
        actor: &Actor,
        incident: IncidentId,
        remarks: &mut Vec<String>,
    ) -> Result<Option<usize>, AppError> {
        let state = self.load(Scope::of(actor), incident).await?;
        let profile = self.profile(actor, state.practice).await?;
        let facts = facts_of(&state, &profile.practice);
        let assessed = match assess(&facts) {
            Ok(assessed) => assessed,
            Err(why) => {
                remarks.push(format!("The law was not applied: {why}."));
                return Ok(None);
            }
        };
        let count = assessed.duties.len();
        let same =
            |duty: &Duty| state.obligations.values().any(|known| known.duty == *duty && known.computed);
        if count > 0 && !(assessed.duties.iter().all(same) && state.obligations.len() == count) {
            let bytes = serde_json::to_vec(&facts).map_err(AppError::json("the facts"))?;
            let request = Request::SetObligations {
                duties: assessed.duties,
                law_tables_as_of: assessed.tables,
                facts: Some(Digest::of(&bytes)),
            };
            self.command(actor, incident, request, How::default()).await?;
        }
        remarks.extend(assessed.questions.into_iter().map(|question| format!("For counsel: {question}")));
        Ok(Some(count))
    }
}

struct Assessed {
    duties: Vec<Duty>,
    tables: jiff::civil::Date,
    questions: Vec<String>,
}

fn assess(facts: &Value) -> Result<Assessed, String> {
    let law = breach::law::Law::embedded().map_err(|error| error.to_string())?;
    let facts = breach::facts::Facts::from_value(facts).map_err(|error| error.to_string())?;
    let answer = serde_json::to_value(breach::assess(&facts, law)).map_err(|error| error.to_string())?;
    // The answer's JSON is the contract that others rely on; read as they read it.
    let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let duties = list("obligations")
        .iter()
        .filter_map(|duty| {
            Some(Duty {
                duty: text(duty, "duty")?,
                regime: text(duty, "regime")?,
                jurisdiction: text(duty, "jurisdiction"),
                recipient: text(duty, "recipient"),
                due: text(duty, "due").and_then(|date| date.parse().ok()),
                due_at: text(duty, "due_at").and_then(|at| at.parse().ok()),
                standard: text(duty, "standard"),
                citation: text(duty, "citation").unwrap_or_default(),
                confidence: text(duty, "confidence"),
            })
        })
        .collect();
    let questions = list("open_questions").iter().filter_map(|question| text(question, "why")).collect();
    let tables = text(&answer, "law_tables_as_of").and_then(|date| date.parse().ok());
    let tables = tables.ok_or_else(|| "the law tables carry no date".to_owned())?;
    Ok(Assessed { duties, tables, questions })
}
