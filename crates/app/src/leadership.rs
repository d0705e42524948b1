//! The report for the practice's leadership: an incident's state, worded and put into the plain values that `report`
//! typesets. What is privileged stays out unless the reader may see it.

mod gaps;
mod lists;

use std::collections::BTreeSet;

use incident::{PhaseStatus, Practice, State, practice::Impact};
use kernel::{Actor, IncidentId, Severity, SystemName, Timestamp};
use report::incident_report as view;

use crate::{
    App, AppError,
    hunt::place_apart,
    ports::{LogHead, Scope},
    read::{EntryView, Look},
};

/// Hours ahead that visits and procedures are counted for.
const HOURS: u16 = 8;

impl App {
    /// The report as it stands now, as PDF/A.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn report_pdf(&self, actor: &Actor, incident: IncidentId) -> Result<Vec<u8>, AppError> {
        let _ = kernel::authorise(actor, Look)?;
        let timeline = self.timeline(actor, incident).await?;
        let seen = self.incident(actor, incident).await?;
        let profile = self.profile(actor, seen.state.practice).await?;
        let now = self.edge().now();
        let head = self.log_head(actor).await?;
        let names = self.evidence_names(seen.state.practice, incident).await?;
        let gaps = match self.investigation(actor, incident).await {
            Ok(found) => found.map(|found| gaps::gaps(&found.coverage)).unwrap_or_default(),
            // The report is made whatever has become of the hunt's result, and says so.
            Err(error) => vec![view::CoverageGap {
                source: "The result of the hunt".to_owned(),
                cannot_show: format!("anything: it cannot be read now ({error})"),
                from: None,
                to: None,
            }],
        };
        let report = Filled {
            state: &seen.state,
            practice: &profile.practice,
            timeline: &timeline,
            names: &names,
            gaps,
            now,
            prepared_by: &actor.name,
        }
        .report(&seen, &head, &self.verifier_key());
        self.blocking(move || report.to_pdf(now).map_err(|error| AppError::Document(error.to_string()))).await
    }

    pub(crate) async fn evidence_names(
        &self,
        practice: kernel::PracticeId,
        incident: IncidentId,
    ) -> Result<std::collections::BTreeMap<kernel::EvidenceId, String>, AppError> {
        let mut names = std::collections::BTreeMap::new();
        let mut query =
            crate::ports::EvidenceQuery { incident: Some(incident), limit: 500, ..Default::default() };
        loop {
            let page = self.journal().evidence(Scope::Practice(practice), query.clone()).await?;
            names.extend(page.items.into_iter().map(|row| (row.id, row.name)));
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(names),
            }
        }
    }
}

/// What the report is filled from.
struct Filled<'a> {
    state: &'a State,
    practice: &'a Practice,
    timeline: &'a [EntryView],
    names: &'a std::collections::BTreeMap<kernel::EvidenceId, String>,
    /// What the logs cannot show.
    gaps: Vec<view::CoverageGap>,
    now: Timestamp,
    prepared_by: &'a str,
}

/// The number that people say on the telephone: the year of the declaration and the last six characters of the id.
#[must_use]
pub fn spoken_number(state: &State, practice: &Practice) -> String {
    let id = state.incident.to_string();
    let tail = id.get(id.len().saturating_sub(6)..).unwrap_or(&id).to_owned();
    let year = state.declared.as_ref().map(|stamp| stamp.at.to_zoned(practice.zone()).year());
    year.map_or_else(|| tail.clone(), |year| format!("{year}-{tail}"))
}

impl Filled<'_> {
    fn report(&self, seen: &crate::read::IncidentView, head: &LogHead, key: &str) -> view::IncidentReport {
        let state = self.state;
        let severity = state.severity.as_ref();
        let privileged =
            state.notes.values().any(|note| note.privileged) || state.breach.iter().any(|b| b.privileged);
        view::IncidentReport {
            practice: view::Practice {
                name: self.practice.name.clone(),
                place: Some(self.practice.state.clone()),
            },
            number: spoken_number(state, self.practice),
            title: state.title.clone(),
            kind: capitalised(state.kind.map_or("incident", incident::IncidentKind::plain)),
            exercise: state.exercise,
            marking: privileged.then(|| "Confidential. Prepared for counsel".to_owned()),
            severity: view::Assessed {
                level: severity.map_or(Severity::Informational, |standing| standing.severity),
                reasons: severity.map(|standing| standing.reasons.clone()).unwrap_or_default(),
            },
            as_of: self.now,
            time_zone: self.practice.time_zone.clone(),
            prepared_by: Some(self.prepared_by.to_owned()),
            summary: self.summary(),
            figures: self.figures(),
            phases: seen.phases.iter().map(phase).collect(),
            story: self.story(),
            timeline: self.events(),
            services: self.services(),
            systems: self.systems(),
            actions: self.actions(),
            decisions: seen.decisions.iter().map(decision).collect(),
            obligations: self.obligations(),
            findings: self.findings(),
            gaps: self.gaps.clone(),
            evidence: self.evidence(),
            remediation: self.remediation(),
            people: self.people(),
            record: checkpoint(head, key, self.now),
            content: state
                .law_tables_as_of
                .map(|date| view::ContentVersion { name: "Law tables".to_owned(), version: date.to_string() })
                .into_iter()
                .collect(),
        }
    }

    /// What stands or falls with everything that is not in production yet.
    fn at_stake(&self) -> Impact {
        let down: Vec<SystemName> = self
            .state
            .systems
            .iter()
            .filter(|(_, system)| is_down(&system.stage))
            .map(|(name, _)| name.clone())
            .collect();
        self.practice.impact(&down, self.now, HOURS)
    }

    fn summary(&self) -> String {
        let state = self.state;
        let declared = state.declared.as_ref().map_or_else(String::new, |stamp| {
            stamp.at.to_zoned(self.practice.zone()).strftime("on %A, %B %-d, at %-I:%M %p").to_string()
        });
        let held = state.systems.values().filter(|system| system.stage.as_str() != "suspected").count();
        let mut text = format!(
            "{} (declared {declared}). {} of {} affected systems are contained or further along; {} of {} \
             affected accounts are out of the attacker's hands.",
            state.title.trim_end_matches('.'),
            held,
            state.systems.len(),
            state.accounts.values().filter(|account| account.stage.as_str() != "suspected").count(),
            state.accounts.len(),
        );
        let services = self.services();
        let named = |status: view::ServiceStatus| {
            let own = services.iter().filter(|service| service.status == status);
            own.map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let (down, risk) = (named(view::ServiceStatus::Down), named(view::ServiceStatus::AtRisk));
        if !down.is_empty() {
            text.push_str(&format!(" Down now: {down}."));
        } else if !state.systems.is_empty() {
            text.push_str(" No clinical service is stopped now.");
        }
        if !risk.is_empty() {
            text.push_str(&format!(" At risk, on systems that are suspected: {risk}."));
        }
        let stake = self.at_stake();
        if stake.stops_care() {
            text.push_str(&format!(
                " With them go {} visits and {} procedures of the next {HOURS} hours.",
                stake.visits, stake.procedures
            ));
        }
        match state.breach_decision() {
            None => text.push_str(" Whether this is a breach under HIPAA is for the practice's healthcare attorney to decide; it has not been decided yet."),
            Some(decided) => {
                text.push_str(&format!(" The practice's healthcare attorney has decided: {}.", decided.answer.plain()));
            }
        }
        text
    }

    fn figures(&self) -> view::Figures {
        let state = self.state;
        let stake = self.at_stake();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let past = |stages: &[&str]| {
            count(state.systems.values().filter(|system| !stages.contains(&system.stage.as_str())).count())
        };
        let in_use = |stage: &str| matches!(stage, "in_production" | "cleared");
        view::Figures {
            systems_affected: count(state.systems.len()),
            systems_contained: past(&["suspected"]),
            systems_returned: count(
                state.systems.values().filter(|system| in_use(system.stage.as_str())).count(),
            ),
            accounts_affected: count(state.accounts.len()),
            accounts_contained: count(
                state.accounts.values().filter(|a| a.stage.as_str() != "suspected").count(),
            ),
            visits_touched: Some(stake.visits),
            procedures_touched: Some(stake.procedures),
            people_affected: None,
            evidence_items: count(state.evidence.values().filter(|item| !item.is_destroyed()).count()),
            minutes_to_containment: self.minutes_to_containment(),
        }
    }

    fn minutes_to_containment(&self) -> Option<u64> {
        let state = self.state;
        let declared = state.declared.as_ref()?.at;
        if state.systems.is_empty()
            || state.systems.values().any(|system| system.stage.as_str() == "suspected")
        {
            return None;
        }
        let applied = self
            .timeline
            .iter()
            .filter(|seen| seen.entry.kind == "containment_applied")
            .map(|seen| seen.entry.at);
        let last = applied.max()?;
        u64::try_from(last.duration_since(declared).as_mins()).ok()
    }

    /// The answers to the scope questions, in the order in which things happened. Which record shows each stands with the
    /// findings.
    fn story(&self) -> Vec<view::Chapter> {
        let mut chapters: Vec<view::Chapter> = Vec::new();
        for question in incident::Question::ALL {
            let answers = self.state.findings.values().map(|finding| &finding.statement);
            let mut points: Vec<_> = answers
                .filter(|statement| statement.question == *question)
                .map(|statement| view::Point {
                    at: statement.at,
                    text: place_apart(&statement.text).0.trim_end_matches('.').to_owned() + ".",
                })
                .collect();
            points.sort_by_key(|point| point.at.unwrap_or(Timestamp::MAX));
            points.dedup();
            if !points.is_empty() {
                chapters.push(view::Chapter { title: capitalised(question.plain()), points });
            }
        }
        let mut add = |title: &str, text: String| {
            chapters.push(view::Chapter {
                title: title.to_owned(),
                points: vec![view::Point { at: None, text }],
            });
        };
        if let Some(cause) = &self.state.root_cause {
            add("Why it could happen", format!("{}.", cause.text.trim_end_matches('.')));
        } else if self.state.findings.is_empty() {
            let systems: BTreeSet<_> = self.state.systems.keys().map(SystemName::as_str).collect();
            let named = systems.into_iter().collect::<Vec<_>>().join(", ");
            let known = if named.is_empty() { String::new() } else { format!(" Named so far: {named}.") };
            add("", format!("The investigation has not recorded findings yet.{known}"));
        }
        chapters
    }
}

fn phase(seen: &incident::PhaseView) -> view::Phase {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    view::Phase {
        name: capitalised(seen.phase.plain()),
        status: match seen.status {
            PhaseStatus::NotStarted => view::Progress::Open,
            PhaseStatus::Running => view::Progress::Underway,
            PhaseStatus::Done => view::Progress::Done,
        },
        done: count(seen.done),
        total: count(seen.total),
        counted: "steps settled".to_owned(),
    }
}

fn decision(waiting: &incident::Decision) -> view::Decision {
    let stops = waiting.stops.as_ref().filter(|impact| impact.stops_care()).map(Impact::sentence);
    view::Decision {
        number: u32::try_from(waiting.number).unwrap_or(u32::MAX),
        question: waiting.what.clone(),
        context: Some(stops.map_or_else(|| waiting.why.clone(), |stops| format!("{} {stops}", waiting.why))),
        owner: capitalised(waiting.owner.as_str()),
        due: waiting.due_at,
    }
}

fn checkpoint(head: &LogHead, key: &str, now: Timestamp) -> Option<view::Checkpoint> {
    let mut lines = head.checkpoint.lines();
    let origin = lines.next()?.to_owned();
    let root_hash = lines.nth(1)?.to_owned();
    Some(view::Checkpoint {
        origin,
        size: head.size,
        root_hash,
        at: now,
        key: Some(key.to_owned()),
        verify: vec![format!("tourniquet verify PACKAGE.zip --key '{key}'")],
    })
}

pub(crate) fn is_down(stage: &incident::SystemStage) -> bool {
    matches!(stage.as_str(), "suspected" | "contained" | "clean" | "restored")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
