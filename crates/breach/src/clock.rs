//! The living clock: how each obligation stands today, and the internal target ahead of its legal day. The day is a
//! parameter.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    day::{between, plus},
    result::{Assessment, Duty, Obligation, Regime},
};

/// How an obligation stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachStanding)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// Met, in time or so many days late.
    Met {
        /// Days late; zero in time.
        late_by: i64,
    },
    /// Not met, and the last lawful day is past.
    Missed {
        /// Days since.
        days: i64,
    },
    /// Not met; the internal target is past or today, the last lawful day is not.
    Near {
        /// Days left to the last lawful day.
        days: i64,
    },
    /// Not met, and the internal target lies ahead.
    Ahead {
        /// Days left to the last lawful day.
        days: i64,
    },
    /// The law names no number of days; measured by the internal target.
    NoFixedLimit {
        /// Days left to the internal target; negative once it is past.
        days: i64,
    },
    /// Nothing to send: a file to keep.
    Keep,
}

/// The internal target: three quarters of the way from discovery to the last lawful day. Where the law names no number
/// of days, HIPAA's last day or 30 days after discovery, whichever is earlier. Never a legal date.
#[must_use]
pub fn target(obligation: &Obligation, assessment: &Assessment) -> Option<Date> {
    if obligation.duty == Duty::RecordRetention {
        return None;
    }
    let discovered = assessment.discovery.on;
    if let Some(due) = obligation.due {
        let span = between(discovered, due).max(0);
        return Some(plus(discovered, u16::try_from(span * 3 / 4).unwrap_or(0)));
    }
    let letters = assessment
        .obligations
        .iter()
        .find(|each| each.duty == Duty::IndividualNotice && each.regime == Regime::Hipaa)
        .and_then(|each| each.due);
    let thirty = plus(discovered, 30);
    Some(letters.map_or(thirty, |letters| letters.min(thirty)))
}

/// How the obligation stands today.
#[must_use]
pub fn standing(obligation: &Obligation, assessment: &Assessment, today: Date) -> Standing {
    if obligation.duty == Duty::RecordRetention {
        return Standing::Keep;
    }
    if obligation.met_on.is_some() {
        return Standing::Met { late_by: obligation.late_by_days.unwrap_or(0) };
    }
    let target = target(obligation, assessment);
    let Some(due) = obligation.due else {
        return Standing::NoFixedLimit { days: target.map_or(0, |target| between(today, target)) };
    };
    let days = between(today, due);
    if days < 0 {
        Standing::Missed { days: -days }
    } else if target.is_some_and(|target| target <= today) {
        Standing::Near { days }
    } else {
        Standing::Ahead { days }
    }
}
