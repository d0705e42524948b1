//! The yearly log of breaches of fewer than 500 people, across incidents, with its filing date: 60 days after the end
//! of the calendar year in which each was discovered (45 CFR 164.408(c)).

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::IncidentId;
use serde::{Deserialize, Serialize};

use crate::{
    day::{between, plus, year_end},
    facts::{EventKind, Facts},
    result::{Assessment, Duty},
};

/// A small breach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachSmallBreach)]
#[serde(deny_unknown_fields)]
pub struct SmallBreach {
    /// Its incident.
    pub incident: IncidentId,
    /// What happened.
    pub kind: EventKind,
    /// When it happened, where known.
    pub occurred_on: Option<Date>,
    /// When it was discovered.
    pub discovered_on: Date,
    /// How many people.
    pub people: u64,
    /// When the letters went out.
    pub letters_on: Option<Date>,
    /// When it was filed with HHS.
    pub filed_on: Option<Date>,
}

impl SmallBreach {
    /// The log's entry for an incident; `None` where no yearly report is due.
    #[must_use]
    pub fn of(incident: IncidentId, facts: &Facts, assessment: &Assessment) -> Option<Self> {
        let due = assessment.obligations.iter().find(|each| each.duty == Duty::HhsAnnualReport)?;
        Some(Self {
            incident,
            kind: facts.event.kind,
            occurred_on: facts.knowledge.occurred_on.map(|day| day.date),
            discovered_on: assessment.discovery.on,
            people: assessment.counts.total,
            letters_on: facts.sent.individuals_on.map(|day| day.date),
            filed_on: due.met_on,
        })
    }
}

/// One calendar year of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachLogYear)]
#[serde(deny_unknown_fields)]
pub struct LogYear {
    /// The year of discovery.
    pub year: i16,
    /// The last lawful day of filing: 1 March, or 29 February before a leap day.
    pub file_by: Date,
    /// The breaches, by discovery.
    pub breaches: Vec<SmallBreach>,
}

impl LogYear {
    /// Breaches not filed yet.
    pub fn unfiled(&self) -> impl Iterator<Item = &SmallBreach> {
        self.breaches.iter().filter(|breach| breach.filed_on.is_none())
    }

    /// Days left on the day; negative once it is past.
    #[must_use]
    pub fn days_left(&self, today: Date) -> i64 {
        between(today, self.file_by)
    }
}

/// The log by year of discovery, oldest first. Each breach is one report of its own; all may go in on one day.
#[must_use]
pub fn log(breaches: impl IntoIterator<Item = SmallBreach>) -> Vec<LogYear> {
    let mut years: BTreeMap<i16, LogYear> = BTreeMap::new();
    for breach in breaches {
        let end = year_end(breach.discovered_on);
        let year = end.year();
        let fresh = || LogYear { year, file_by: plus(end, 60), breaches: Vec::new() };
        years.entry(year).or_insert_with(fresh).breaches.push(breach);
    }
    let mut out: Vec<_> = years.into_values().collect();
    for year in &mut out {
        year.breaches.sort_by_key(|breach| (breach.discovered_on, breach.incident));
    }
    out
}
