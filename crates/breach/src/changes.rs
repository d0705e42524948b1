//! What changed between two assessments of one event: an earlier discovery turned up, the count grew past a threshold,
//! a hold arrived. A duty that was met never disappears: where the new facts no longer ask for it, it is kept.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    day::between,
    result::{Assessment, Obligation, ObligationKey},
};

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachChanges)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The discovery, before and after.
    pub discovery: Option<(Date, Date)>,
    /// Whether it is a breach, before and after.
    pub breach: Option<(bool, bool)>,
    /// How many people, before and after.
    pub total: Option<(u64, u64)>,
    /// Duties that were not there.
    pub appeared: Vec<Obligation>,
    /// Duties whose last lawful day moved.
    pub moved: Vec<MovedDuty>,
    /// Unmet duties that are no longer there, with the reason.
    pub vanished: Vec<Vanished>,
    /// Met duties that the new facts no longer ask for; they stay on the record.
    pub kept: Vec<Obligation>,
    /// Duties that were met since.
    pub met: Vec<ObligationKey>,
    /// Pointers of questions that were answered.
    pub answered: Vec<String>,
}

/// A duty whose last lawful day moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachMovedDuty)]
#[serde(deny_unknown_fields)]
pub struct MovedDuty {
    /// Which.
    pub key: ObligationKey,
    /// The day before.
    pub before: Option<Date>,
    /// The day after.
    pub after: Option<Date>,
    /// Days by which it moved; negative is earlier. `None` where one of them has no date.
    pub by_days: Option<i64>,
    /// How the new day was counted.
    pub arithmetic: String,
}

/// A duty that is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachVanished)]
#[serde(deny_unknown_fields)]
pub struct Vanished {
    /// What it was.
    pub obligation: Obligation,
    /// Why it is not due, as the new assessment says.
    pub reason: Option<String>,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn differ<T: PartialEq + Copy>(before: T, after: T) -> Option<(T, T)> {
    (before != after).then_some((before, after))
}

/// What changed from one assessment to the next.
#[must_use]
pub fn compare(before: &Assessment, after: &Assessment) -> Changes {
    let mut out = Changes {
        discovery: differ(before.discovery.on, after.discovery.on),
        breach: differ(before.determination.breach, after.determination.breach),
        total: differ(before.counts.total, after.counts.total),
        ..Changes::default()
    };
    for new in &after.obligations {
        match before.obligations.iter().find(|old| old.key() == new.key()) {
            None => out.appeared.push(new.clone()),
            Some(old) => {
                if old.due != new.due {
                    out.moved.push(MovedDuty {
                        key: new.key(),
                        before: old.due,
                        after: new.due,
                        by_days: old.due.zip(new.due).map(|(old, new)| between(old, new)),
                        arithmetic: new.arithmetic.clone(),
                    });
                }
                if old.met_on.is_none() && new.met_on.is_some() {
                    out.met.push(new.key());
                }
            }
        }
    }
    for old in &before.obligations {
        if after.obligations.iter().any(|new| new.key() == old.key()) {
            continue;
        }
        if old.met_on.is_some() {
            out.kept.push(old.clone());
        } else {
            let why = after.not_due.iter().find(|each| {
                each.duty == old.duty && each.regime == old.regime && each.jurisdiction == old.jurisdiction
            });
            out.vanished
                .push(Vanished { obligation: old.clone(), reason: why.map(|each| each.reason.clone()) });
        }
    }
    let gone = |pointer: &String| !after.open_questions.iter().any(|question| question.fact == *pointer);
    out.answered = before.open_questions.iter().map(|question| question.fact.clone()).filter(gone).collect();
    out
}

/// The obligations to show and to close by: those of the assessment, and the met ones that it no longer asks for.
/// `met` are obligations that somebody has recorded as met, from whatever earlier assessment.
#[must_use]
pub fn with_met(assessment: &Assessment, met: &[Obligation]) -> Vec<Obligation> {
    let mut out = assessment.obligations.clone();
    for old in met {
        match out.iter_mut().find(|new| new.key() == old.key()) {
            None => out.push(old.clone()),
            Some(new) if new.met_on.is_none() => {
                new.met_on = old.met_on;
                let late = old.met_on.zip(new.due).map(|(met, due)| between(due, met));
                new.late_by_days = late.filter(|&days| days > 0);
            }
            Some(_) => {}
        }
    }
    out
}
