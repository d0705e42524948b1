//! Law-enforcement delay, 45 CFR 164.412. A written statement that names a time holds for that time; an oral one, and
//! a written one that names none, for 30 days at most. The duty then falls due on the day after the hold, unless its
//! own day is later. A statement that arrives after a notice was due cures nothing.

use jiff::civil::Date;

use crate::{
    day::{BusinessDays, plus},
    facts::{Hold, HoldForm},
    law::{Count, HoldRule, Resume},
};

/// A due date after the holds.
pub(crate) struct Moved {
    pub(crate) due: Date,
    pub(crate) held_until: Option<Date>,
    /// Each step in words, to follow the arithmetic of the base date.
    pub(crate) steps: Vec<String>,
}

/// The last day on which the statement holds under the rule.
fn last_day(hold: &Hold, rule: &HoldRule) -> Date {
    let oral = plus(hold.stated_on.date, rule.oral_days);
    match (hold.form, hold.until) {
        (HoldForm::Written, Some(until)) => {
            rule.written_days.map_or(until.date, |days| until.date.min(plus(hold.stated_on.date, days)))
        }
        (HoldForm::Oral, Some(until)) => until.date.min(oral),
        (HoldForm::Written | HoldForm::Oral, None) => oral,
    }
}

fn resumes(last: Date, base: Date, rule: &HoldRule, business: &BusinessDays) -> Option<Date> {
    match &rule.resume {
        Resume::NextDay(_) => Some(plus(last, 1)),
        Resume::After(after) if after.if_elapsed && last < base => None,
        Resume::After(after) => Some(match after.count {
            Count::Calendar => plus(last, after.days),
            Count::Business => business.after(last, after.days).on,
        }),
    }
}

/// Moves `base` by the holds in the order of their statements. Never to an earlier day.
pub(crate) fn moved(base: Date, rule: Option<&HoldRule>, holds: &[Hold], business: &BusinessDays) -> Moved {
    let mut out = Moved { due: base, held_until: None, steps: Vec::new() };
    let Some(rule) = rule else { return out };
    let mut order: Vec<&Hold> = holds.iter().collect();
    order.sort_by_key(|hold| (hold.stated_on.date, hold.until.map(|until| until.date)));
    for hold in order {
        let stated = hold.stated_on.date;
        let form = if hold.form == HoldForm::Oral { "oral" } else { "written" };
        let last = last_day(hold, rule);
        if stated > out.due {
            out.steps.push(format!(
                "the {form} statement of {stated} came after the day it was due: it holds what is not yet sent, through {last}, and cures nothing"
            ));
            continue;
        }
        match resumes(last, base, rule, business) {
            Some(due) if due > out.due => {
                out.steps.push(format!("the {form} statement of {stated} holds through {last}, so {due}"));
                out.due = due;
                out.held_until = Some(last);
            }
            _ => out.steps.push(format!(
                "the {form} statement of {stated} holds through {last} only: {} stands",
                out.due
            )),
        }
    }
    out
}
