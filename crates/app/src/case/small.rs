//! The yearly log of breaches of fewer than 500 people, across the incidents of each practice, with its filing date: 60
//! days after the end of the calendar year of discovery (45 CFR 164.408(c)). Exercises are no breaches.

use breach::small::{LogYear, SmallBreach, log};
use jiff::civil::Date;
use kernel::{Actor, PracticeId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::law;
use crate::{
    App, AppError,
    ports::{IncidentQuery, Scope},
    read::Look,
};

/// A practice's log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SmallBreaches {
    /// The practice.
    pub practice: PracticeId,
    /// Its name.
    pub name: String,
    /// The years, oldest first; each breach is a report of its own.
    pub years: Vec<LogYear>,
    /// Breaches that are not filed, and the next day by which some of them must be.
    pub unfiled: usize,
    /// That day.
    pub next_filing: Option<Date>,
    /// Incidents whose facts do not hold together, and which are therefore not in the log.
    pub unreadable: Vec<kernel::IncidentId>,
}

impl App {
    /// The yearly logs of the practices in scope; of one year of discovery, where one is named.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn small_breaches(
        &self,
        actor: &Actor,
        practice: Option<PracticeId>,
        year: Option<i16>,
    ) -> Result<Vec<SmallBreaches>, AppError> {
        let _ = authorise(actor, Look)?;
        if let Some(practice) = practice {
            let _ = self.profile(actor, practice).await?;
        }
        let law = law()?;
        let mut found: std::collections::BTreeMap<PracticeId, (Vec<SmallBreach>, Vec<kernel::IncidentId>)> =
            std::collections::BTreeMap::new();
        let scope = practice.map_or_else(|| Scope::of(actor), Scope::Practice);
        let mut query = IncidentQuery { limit: 500, ..IncidentQuery::default() };
        loop {
            let page = self.journal().incidents(scope, query.clone()).await?;
            for row in page.items {
                let state = self.load(Scope::Practice(row.practice), row.id).await?;
                // What nobody assessed yet is in no log.
                if state.exercise || (state.case.facts.is_empty() && state.obligations.is_empty()) {
                    continue;
                }
                let profile = self.profile(actor, row.practice).await?;
                let drawn = self.drawn(&state, &profile.practice, &[]).await?;
                let (breaches, unreadable) = found.entry(row.practice).or_default();
                match drawn.standing(&state, &profile.practice) {
                    Ok(standing) => {
                        let assessment = breach::assess(&standing.facts, law);
                        breaches.extend(SmallBreach::of(row.id, &standing.facts, &assessment));
                    }
                    Err(_) => unreadable.push(row.id),
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        let mut logs = Vec::new();
        for (practice, (breaches, unreadable)) in found {
            let name = self.profile(actor, practice).await?.practice.name.clone();
            let years: Vec<LogYear> =
                log(breaches).into_iter().filter(|each| year.is_none_or(|year| each.year == year)).collect();
            let open = || years.iter().filter(|year| year.unfiled().next().is_some());
            logs.push(SmallBreaches {
                practice,
                name,
                unfiled: years.iter().map(|year| year.unfiled().count()).sum(),
                next_filing: open().map(|year| year.file_by).min(),
                years,
                unreadable,
            });
        }
        Ok(logs)
    }
}

/// The logs as CSV (RFC 4180), one row a breach.
#[must_use]
pub fn csv(logs: &[SmallBreaches]) -> String {
    let mut out =
        "practice,year,file_by,incident,kind,occurred_on,discovered_on,people,letters_on,filed_on\r\n"
            .to_owned();
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    for log in logs {
        for year in &log.years {
            for each in &year.breaches {
                let row = [
                    quoted(&log.name),
                    year.year.to_string(),
                    year.file_by.to_string(),
                    each.incident.to_string(),
                    each.kind.as_str().to_owned(),
                    day(each.occurred_on),
                    each.discovered_on.to_string(),
                    each.people.to_string(),
                    day(each.letters_on),
                    day(each.filed_on),
                ];
                out.push_str(&row.join(","));
                out.push_str("\r\n");
            }
        }
    }
    out
}

/// A name as a field: quoted, and never a formula.
fn quoted(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_owned() };
    format!("\"{}\"", text.replace('"', "\"\""))
}
