//! Situation reports: what happened, what works at the practice, what was done since the last one, what comes next. A
//! draft is made from the incident as it stands; a person edits it; once sent it is frozen: the journal has its digest,
//! the text is sealed beside it. How often one is due follows from the severity (`incident::situation_minutes`).

use incident::{Clock, ClockKind, Request, State, SystemStage, situation_minutes};
use jiff::{ToSpan as _, tz::TimeZone};
use kernel::{Actor, Digest, IncidentId, ReportId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError, Done,
    command::{Along, How},
    drafts::DraftOf,
    leadership::spoken_number,
    practices::Profile,
    read::{EntryView, IncidentView},
    status::{Running, Today},
};

/// The longest report, in bytes.
const LONGEST: usize = 256 << 10;
/// Things done that a draft names; the record has them all.
const DONE: usize = 25;
/// Decisions that a draft names.
const NEXT: usize = 8;
/// Clocks that a draft names.
const CLOCKS: usize = 6;

/// A situation report as it would be written now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SituationDraft {
    /// Which one it would be, from 1.
    pub number: usize,
    /// The text, to be edited.
    pub text: String,
    /// To whom the last one went.
    pub to: Option<String>,
    /// By when it is due; `None` where the severity sets no cadence or the incident is closed.
    pub due_at: Option<Timestamp>,
    /// Minutes from one report to the next.
    pub every_minutes: Option<i64>,
}

/// A situation report that is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSituation {
    /// The text. It is sealed; the record has its digest.
    pub text: String,
    /// To whom it goes. Stands in the record: no PHI.
    pub to: String,
}

/// A situation report that was sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Situation {
    /// Its id.
    #[schema(value_type = String)]
    pub id: ReportId,
    /// Which one it was, from 1.
    pub number: usize,
    /// To whom it went.
    pub to: String,
    /// Who sent it, and when.
    pub stamp: incident::Stamp,
    /// SHA-256 of the text, as the journal has it.
    pub sha256: Digest,
    /// The text as it was sent; `None` where it has been destroyed or was never kept here.
    pub text: Option<String>,
}

impl App {
    /// The next situation report, drafted from the incident as it stands. Nothing privileged is in it, whoever asks.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn situation_draft(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<SituationDraft, AppError> {
        let view = self.incident(actor, incident).await?;
        let profile = self.profile(actor, view.state.practice).await?;
        let timeline = self.timeline(actor, incident).await?;
        let today = self.today(actor, Some(view.state.practice)).await?;
        let now = self.edge().now();
        let mut sent = view.state.reports.iter().filter(|report| report.situation);
        let number = sent.clone().count() + 1;
        let last = sent.next_back();
        let draft = Drafted {
            view: &view,
            profile: &profile,
            timeline: &timeline,
            today: today.first(),
            since: last.map(|report| report.stamp.at),
            zone: profile.practice.zone(),
            number,
            now,
        };
        let due = |clock: &&Clock| clock.kind == ClockKind::Situation && clock.stopped_at.is_none();
        Ok(SituationDraft {
            number,
            text: draft.text(),
            to: last.map(|report| report.to.clone()),
            due_at: view.clocks.iter().find(due).and_then(|clock| clock.due_at),
            every_minutes: minutes(&view.state),
        })
    }

    /// Sends a situation report: its text is sealed as it is, and the record gets its digest.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn send_situation(
        &self,
        actor: &Actor,
        incident: IncidentId,
        new: NewSituation,
        how: How,
    ) -> Result<(ReportId, Done), AppError> {
        if new.text.trim().is_empty() {
            return Err(AppError::invalid("/text", "a situation report needs a text"));
        }
        if new.text.len() > LONGEST {
            return Err(AppError::invalid("/text", "a situation report holds at most 256 KiB"));
        }
        let digest = Digest::of(new.text.as_bytes());
        // The same report sent with the same key is the same request: its id follows from the key.
        let fresh = self.edge().id(ReportId::new);
        let report = how.key.as_ref().map_or(fresh, |key| {
            let digest = Digest::of(format!("situation {incident} {key}").as_bytes());
            let bits = digest.as_bytes().iter().take(16);
            ReportId::from_u128(bits.fold(0, |bits, &byte| (bits << 8) | u128::from(byte)))
        });
        let request = Request::SendSituationReport { report, to: new.to, digest };
        let along = Along { payloads: vec![self.payload(digest, new.text.as_bytes())?], ..Along::default() };
        let done = self.command_with(actor, incident, request, how, along).await?;
        self.settle_draft(actor, done.state.practice, incident, DraftOf::Situation, &new.text).await?;
        Ok((report, done))
    }

    /// The situation reports that were sent, newest first, without their texts.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn situations(&self, actor: &Actor, incident: IncidentId) -> Result<Vec<Situation>, AppError> {
        let view = self.incident(actor, incident).await?;
        let mut all = sent(&view.state);
        all.reverse();
        Ok(all)
    }

    /// One that was sent, with its text as it was.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn situation(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: ReportId,
    ) -> Result<Situation, AppError> {
        let view = self.incident(actor, incident).await?;
        let found = sent(&view.state).into_iter().find(|report| report.id == id);
        let mut report = found.ok_or_else(|| AppError::not_found(format!("situation report {id}")))?;
        report.text = match self.unsealed(view.state.practice, &report.sha256, "the report's text").await {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(AppError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(report)
    }
}

fn sent(state: &State) -> Vec<Situation> {
    let reports = state.reports.iter().filter(|report| report.situation);
    (1..)
        .zip(reports)
        .map(|(number, report)| Situation {
            id: report.id,
            number,
            to: report.to.clone(),
            stamp: report.stamp.clone(),
            sha256: report.digest,
            text: None,
        })
        .collect()
}

fn minutes(state: &State) -> Option<i64> {
    situation_minutes(state.severity.as_ref()?.severity)
}

/// What a draft is made of.
struct Drafted<'a> {
    view: &'a IncidentView,
    profile: &'a Profile,
    timeline: &'a [EntryView],
    today: Option<&'a Today>,
    since: Option<Timestamp>,
    zone: TimeZone,
    number: usize,
    now: Timestamp,
}

impl Drafted<'_> {
    fn text(&self) -> String {
        let mut parts = vec![self.head(), self.severity(), self.happened(), self.works(), self.done()];
        parts.extend([self.next(), self.clocks(), self.following()]);
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    fn moment(&self, at: Timestamp) -> String {
        let local = at.to_zoned(self.zone.clone());
        let today = self.now.to_zoned(self.zone.clone()).date() == local.date();
        local.strftime(if today { "%-I:%M %p" } else { "%b %-d, %-I:%M %p" }).to_string()
    }

    fn head(&self) -> String {
        let (state, practice) = (&self.view.state, &self.profile.practice);
        let at = self.now.to_zoned(self.zone.clone()).strftime("%A, %B %-d, %Y, %-I:%M %p %Z").to_string();
        let exercise = if state.exercise { "\nTHIS IS AN EXERCISE." } else { "" };
        let number = spoken_number(state, practice);
        let title = format!("SITUATION REPORT {}\n{} · incident {number}", self.number, practice.name);
        format!("{title}\n{}\nAs of {at}{exercise}", state.title)
    }

    fn severity(&self) -> String {
        let Some(standing) = &self.view.state.severity else { return String::new() };
        let reasons = bullets(standing.reasons.iter().cloned());
        format!("HOW BAD: {}\n{reasons}", standing.severity.as_str().to_uppercase())
    }

    fn happened(&self) -> String {
        let state = &self.view.state;
        let mut lines = Vec::new();
        if let Some(kind) = state.kind {
            lines.push(format!("We work on {}.", kind.plain()));
        }
        if let Some(declared) = &state.declared {
            lines.push(format!("Declared {} by {}.", self.moment(declared.at), declared.name));
        }
        if let Some(first) = state.earliest_compromise() {
            lines.push(format!("The earliest sign of the attacker is from {}.", self.moment(first)));
        }
        let waits =
            state.systems.iter().filter(|(_, own)| matches!(own.stage, SystemStage::Suspected { .. }));
        let suspected: Vec<_> = waits.map(|(name, _)| name.to_string()).collect();
        let held = state.systems.len() - suspected.len();
        if !state.systems.is_empty() {
            lines.push(format!("Systems touched: {}. Held or further: {held}.", state.systems.len()));
        }
        if !suspected.is_empty() {
            lines.push(format!("Not held yet: {}.", suspected.join(", ")));
        }
        for phase in self.view.phases.iter().filter(|phase| phase.total > 0) {
            lines.push(format!("{}: {} of {}.", capital(phase.phase.as_str()), phase.done, phase.total));
        }
        format!("WHAT HAPPENED\n{}", bullets(lines))
    }

    fn works(&self) -> String {
        let Some(today) = self.today else { return String::new() };
        let lines = today.services.iter().map(|place| {
            let (name, forms) = (&place.service.name, place.service.downtime.join(", "));
            match place.running {
                Running::Works => format!("{name}: works"),
                Running::OnPaper => format!("{name}: on paper, with {forms}"),
                Running::Stopped => format!("{name}: STOPPED, and there is no paper form for it"),
            }
        });
        format!("WHAT WORKS AT THE PRACTICE\n{}", bullets(lines))
    }

    fn done(&self) -> String {
        let told = |seen: &&EntryView| {
            let own = matches!(
                seen.entry.kind.as_str(),
                "note_written" | "note_revised" | "situation_report_sent" | "report_delivered"
            );
            !own && !seen.entry.privileged && self.since.is_none_or(|since| seen.entry.at > since)
        };
        let all: Vec<_> = self.timeline.iter().filter(told).collect();
        let since = self.since.map_or_else(
            || "SO FAR".to_owned(),
            |since| format!("SINCE THE LAST REPORT ({})", self.moment(since)),
        );
        if all.is_empty() {
            return format!("DONE {since}\n- Nothing was recorded.");
        }
        let left = all.len().saturating_sub(DONE);
        let mut lines: Vec<_> = all
            .iter()
            .skip(left)
            .map(|seen| format!("{}: {}", self.moment(seen.entry.at), seen.says.trim_end_matches('.')))
            .collect();
        if left > 0 {
            lines.insert(0, format!("{left} earlier things, which the record has"));
        }
        format!("DONE {since}\n{}", bullets(lines))
    }

    fn next(&self) -> String {
        let decisions = &self.view.decisions;
        if decisions.is_empty() {
            return "NEXT DECISIONS\n- None waits.".to_owned();
        }
        let mut lines: Vec<_> = decisions
            .iter()
            .take(NEXT)
            .map(|decision| {
                let by = decision.due_at.map_or_else(String::new, |due| format!(", by {}", self.moment(due)));
                let what = decision.what.trim_end_matches('.');
                format!("{}. {what}: for the {}{by}", decision.number, decision.owner)
            })
            .collect();
        if decisions.len() > NEXT {
            lines.push(format!("and {} more", decisions.len() - NEXT));
        }
        format!("NEXT DECISIONS\n{}", lines.join("\n"))
    }

    fn clocks(&self) -> String {
        let runs = |clock: &&Clock| {
            clock.stopped_at.is_none() && clock.kind != ClockKind::Situation && clock.due_at.is_some()
        };
        let lines: Vec<_> = self
            .view
            .clocks
            .iter()
            .filter(runs)
            .take(CLOCKS)
            .map(|clock| {
                let due = clock.due_at.map_or_else(String::new, |due| self.moment(due));
                let late = if clock.late { ", LATE" } else { "" };
                format!("{}: {due}{late}", clock.what)
            })
            .collect();
        if lines.is_empty() { String::new() } else { format!("CLOCKS\n{}", bullets(lines)) }
    }

    fn following(&self) -> String {
        let every = minutes(&self.view.state).and_then(|every| self.now.checked_add(every.minutes()).ok());
        every.map_or_else(String::new, |at| format!("NEXT REPORT\n- By {}", self.moment(at)))
    }
}

fn bullets(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
