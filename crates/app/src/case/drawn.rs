//! What the facts of an incident amount to: the stated document, and over it what the record shows by itself: the signed
//! assessment, the conditions that the attorney stated, the letters that came back, the duties that were met. Each
//! member that is drawn from the record says where from, and cannot be stated otherwise.

use breach::{
    Facts, FactsError,
    decision::{ConditionKind, FourFactorRecord, Stated, exception_from, protection_from},
    facts::{ExceptionKind, ProtectionMethod},
    mailing::{MailEvent, Mailing, ReturnReason},
};
use incident::{BreachAnswer, MailRecord, MailStep, ObligationStanding, Practice, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::facts::put;

/// A member that is drawn from the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// Its JSON pointer.
    pub pointer: String,
    /// Where it is drawn from, and how to change it.
    pub from: String,
}

/// The stated document and the record, ready to be put together.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    /// The document as it was stated, or what the incident shows by itself.
    pub(crate) base: Value,
    /// The four-factor record.
    pub(crate) record: FourFactorRecord,
}

/// The facts that stand.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// As a document.
    pub(crate) value: Value,
    /// As the engine reads them.
    pub(crate) facts: Facts,
    /// Members that were drawn from the record.
    pub(crate) drawn: Vec<Source>,
    /// Members of the record that contradict the stated facts and were left out.
    pub(crate) left_out: Vec<Source>,
}

impl Drawn {
    /// The facts that stand in this state.
    ///
    /// # Errors
    /// [`FactsError`] with the pointer at fault.
    pub(crate) fn standing(&self, state: &State, practice: &Practice) -> Result<Standing, FactsError> {
        let mut value = self.base.clone();
        let (mut drawn, mut left_out) = (Vec::new(), Vec::new());
        for (pointer, decided, from) in self.decided(state, practice) {
            put(&mut value, pointer, Some(decided));
            drawn.push(Source { pointer: pointer.to_owned(), from: from.to_owned() });
        }
        Facts::from_value(&value)?;
        for (pointer, shown, from) in shown(state, practice, &value) {
            let mut with = value.clone();
            put(&mut with, pointer, Some(shown));
            match Facts::from_value(&with) {
                Ok(_) => {
                    value = with;
                    drawn.push(Source { pointer: pointer.to_owned(), from: from.to_owned() });
                }
                Err(error) => {
                    let from = format!("{from}; left out, as it contradicts the facts: {error}");
                    left_out.push(Source { pointer: pointer.to_owned(), from });
                }
            }
        }
        let facts = Facts::from_value(&value)?;
        Ok(Standing { value, facts, drawn, left_out })
    }

    /// What the attorney decided.
    fn decided(&self, state: &State, practice: &Practice) -> Vec<(&'static str, Value, &'static str)> {
        let mut found = Vec::new();
        if let Some(assessment) = self.record.facts(&practice.zone())
            && let Ok(value) = serde_json::to_value(assessment)
        {
            let from = "the four-factor record: write a version and have the attorney determine it";
            found.push(("/event/risk_assessment", value, from));
        }
        let stated: Vec<(&str, Stated)> = state
            .case
            .conditions
            .iter()
            .filter_map(|each| {
                let stated = Stated {
                    condition: ConditionKind::from_word(&each.condition)?,
                    met: each.met,
                    because: each.because.clone(),
                    grounds: Vec::new(),
                    by: each.stamp.by,
                    at: each.stamp.at,
                };
                Some((each.about.as_str(), stated))
            })
            .collect();
        let of = |about: &str| -> Vec<Stated> {
            stated.iter().filter(|(each, _)| *each == about).map(|(_, stated)| stated.clone()).collect()
        };
        let from = "the conditions that the attorney stated: state the condition anew";
        // The one stated last is the one relied on.
        let exception = stated.iter().rev().find_map(|(about, _)| ExceptionKind::from_word(about));
        if let Some(kind) = exception
            && let Ok(value) = serde_json::to_value(exception_from(kind, &of(kind.as_str())))
        {
            found.push(("/event/exception", value, from));
        }
        let method = stated.iter().rev().find_map(|(about, _)| ProtectionMethod::from_word(about));
        if let Some(method) = method
            && let Ok(value) = serde_json::to_value(protection_from(method, &of(method.as_str())))
        {
            found.push(("/event/protection", value, from));
        }
        found
    }
}

/// What the record shows that was done.
fn shown(state: &State, practice: &Practice, value: &Value) -> Vec<(&'static str, Value, &'static str)> {
    let mut found = Vec::new();
    let stated = |pointer: &str| value.pointer(pointer).is_some_and(|value| !value.is_null());
    if let Some(record) = &state.case.mailing {
        let from = "the mailing: record what came back or was sent again";
        let undeliverable = mailing(record).undeliverable();
        found.push(("/individuals/undeliverable_addresses", json!(undeliverable), from));
        if let Some(day) = completed(record) {
            found.push(("/sent/individuals_on", json!(day.to_string()), from));
        }
    }
    let from = "a duty that was recorded as met, with its proof";
    for obligation in state.obligations.values() {
        let ObligationStanding::Met { on, .. } = &obligation.standing else { continue };
        let duty = &obligation.duty;
        let pointer = match (duty.duty.as_str(), duty.regime.as_str()) {
            ("individual_notice", "hipaa") => "/sent/individuals_on",
            ("hhs_notice", _) => "/sent/hhs_on",
            ("media_notice", "hipaa") => "/sent/media_on",
            ("substitute_notice", _) => "/sent/substitute_posted_on",
            ("hhs_annual_report", _) => "/sent/small_breach_report_on",
            _ => continue,
        };
        if !stated(pointer) && !found.iter().any(|(known, ..)| *known == pointer) {
            found.push((pointer, json!(on.to_string()), from));
        }
    }
    if let Some(decision) = state.breach_decision().filter(|decision| decision.answer == BreachAnswer::Breach)
        && !stated("/knowledge/determined_on")
    {
        let on = decision.stamp.at.to_zoned(practice.zone()).date();
        found.push((
            "/knowledge/determined_on",
            json!(on.to_string()),
            "the day on which the attorney answered the breach question",
        ));
    }
    found
}

/// The mailing, as the engine folds it.
pub(crate) fn mailing(record: &MailRecord) -> Mailing {
    let mut mailing = Mailing::new(record.letters);
    for happened in &record.happened {
        for letter in happened.letters.iter().flat_map(|span| span.from..=span.to) {
            let on = happened.on;
            let event = match happened.step {
                MailStep::Sent => MailEvent::Sent { letter, on },
                MailStep::Returned => {
                    let word = happened.reason.map_or("other", incident::MailReturn::as_str);
                    let reason = ReturnReason::from_word(word).unwrap_or(ReturnReason::Other);
                    MailEvent::Returned { letter, on, reason }
                }
                MailStep::Reached => {
                    MailEvent::Reached { letter, on, how: happened.how.clone().unwrap_or_default() }
                }
            };
            mailing = mailing.after(&event);
        }
    }
    mailing
}

/// The day on which the last of the letters first went out; `None` while one has not. A letter that is sent again to a
/// better address keeps the day of its first sending.
pub(crate) fn completed(record: &MailRecord) -> Option<Date> {
    let mut first = std::collections::BTreeMap::new();
    for happened in record.happened.iter().filter(|happened| happened.step == MailStep::Sent) {
        for letter in happened.letters.iter().flat_map(|span| span.from..=span.to) {
            let day: &mut Date = first.entry(letter).or_insert(happened.on);
            *day = (*day).min(happened.on);
        }
    }
    let all = u32::try_from(first.len()).is_ok_and(|count| count >= record.letters);
    if all { first.into_values().max() } else { None }
}
