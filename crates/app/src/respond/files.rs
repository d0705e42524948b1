//! The documents that the main job leaves behind (`contracts/respond.md`, step 7).

use std::{fs, path::Path};

use incident::{Clock, Decision, Practice, State};
use kernel::{Actor, IncidentId, Timestamp};
use ledger::package::Audience;
use serde_json::json;

use crate::{
    App, AppError,
    leadership::spoken_number,
    ports::{AlertRow, Hunted, Outside},
    read::{EntryView, IncidentView},
};

impl App {
    /// Writes every document of an incident into `out`.
    ///
    /// # Errors
    /// [`AppError`].
    pub(super) async fn write_documents(
        &self,
        actor: &Actor,
        incident: IncidentId,
        rows: &[AlertRow],
        hunted: Option<&Hunted>,
        out: &Path,
    ) -> Result<(), AppError> {
        let failed = |what: &Path| {
            let what = format!("cannot write {}", what.display());
            move |error: std::io::Error| AppError::Outside(Outside::never(what, error))
        };
        fs::create_dir_all(out).map_err(failed(out))?;
        let view = self.incident(actor, incident).await?;
        let profile = self.profile(actor, view.state.practice).await?;
        let timeline = self.timeline(actor, incident).await?;
        let now = self.edge().now();
        let mut documents: Vec<(&str, Vec<u8>)> = vec![
            ("incident.json", serde_json::to_vec_pretty(&view).map_err(AppError::json("the incident"))?),
            ("decisions.md", decisions(&view, &profile.practice, now).into_bytes()),
            ("timeline.csv", timeline_csv(&timeline, rows, hunted)?),
            (
                "story.json",
                serde_json::to_vec_pretty(&story_of(&view.state, rows, hunted))
                    .map_err(AppError::json("the story"))?,
            ),
            ("obligations.ics", calendar(&view.state, &profile.practice, now).into_bytes()),
        ];
        if let Some(hunted) = hunted {
            let coverage = serde_json::to_vec_pretty(&hunted.coverage);
            documents.push(("coverage.json", coverage.map_err(AppError::json("the coverage"))?));
        }
        documents.push(("report.pdf", self.report_pdf(actor, incident).await?));
        for (name, bytes) in documents {
            let path = out.join(name);
            fs::write(&path, bytes).map_err(failed(&path))?;
        }
        self.write_notices(actor, &view.state, &profile.practice, out).await?;
        let package = out.join("package.zip");
        match self.export(actor, incident, Audience::Archive, None, &package).await {
            // An incident with privileged entries is archived by the attorney; the other documents stand all the same.
            Err(AppError::Invalid { .. }) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// The open decisions, for people, numbered as the incident numbers them.
#[must_use]
pub fn decisions(view: &IncidentView, practice: &Practice, now: Timestamp) -> String {
    let zone = practice.zone();
    let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %b %-d, %-I:%M %p %Z").to_string();
    let mut text = format!(
        "# Decisions: {}\n\nIncident {} at {}. As of {}.\n\n",
        line(&view.state.title),
        spoken_number(&view.state, practice),
        line(&practice.name),
        local(now)
    );
    if view.decisions.is_empty() {
        text.push_str("Nothing waits for a decision.\n");
    }
    for decision in &view.decisions {
        text.push_str(&decision_text(decision, &local));
    }
    let running: Vec<&Clock> = view.clocks.iter().filter(|clock| clock.stopped_at.is_none()).collect();
    if !running.is_empty() {
        text.push_str("## Clocks\n\n| what | whose | by |\n| --- | --- | --- |\n");
        for clock in running {
            let due = clock.due_at.map_or_else(|| "no fixed limit".to_owned(), &local);
            let late = match (clock.late, clock.near) {
                (true, _) => " **late**",
                (false, true) => " **near**",
                (false, false) => "",
            };
            text.push_str(&format!(
                "| {} | {} | {due}{late} |\n",
                line(&clock.what).replace('|', "/"),
                clock.owner
            ));
        }
    }
    text.push_str("\nQuestions of law are the healthcare attorney's to decide. This list supports counsel; it does not replace it.\n");
    text
}

fn decision_text(decision: &Decision, local: &impl Fn(Timestamp) -> String) -> String {
    let mut text =
        format!("## {}. {}\n\n- Owner: {}\n", decision.number, line(&decision.what), decision.owner);
    if let Some(due) = decision.due_at {
        text.push_str(&format!("- By: {}\n", local(due)));
    }
    text.push_str(&format!("- Why: {}\n", line(&decision.why)));
    if let Some(stops) = &decision.stops {
        text.push_str(&format!("- If done: {}\n", stops.sentence()));
        for service in &stops.services {
            let instead = if service.downtime.is_empty() {
                "no paper form on file".to_owned()
            } else {
                service.downtime.join("; ")
            };
            text.push_str(&format!(
                "  - {} ({}): {instead}\n",
                line(&service.name),
                service.workflow.plain()
            ));
        }
    }
    text.push('\n');
    text
}

/// One line of Markdown: what came from outside cannot begin a heading, a list or a table.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('<', "&lt;").replace('[', "\\[")
}

fn timeline_csv(
    timeline: &[EntryView],
    rows: &[AlertRow],
    hunted: Option<&Hunted>,
) -> Result<Vec<u8>, AppError> {
    let mut lines: Vec<[String; 6]> = Vec::new();
    for row in rows {
        let at = row.alert.occurred_at.map_or_else(|| row.received_at.to_string(), |at| at.to_string());
        let title = row.alert.title.clone().unwrap_or_else(|| "(no title)".to_owned());
        let hosts = row.alert.hosts.join(" ");
        lines.push([at, "alert".to_owned(), row.alert.source.clone(), hosts, title, row.id.to_string()]);
    }
    for answer in hunted.into_iter().flat_map(|hunted| &hunted.answers) {
        let Some(at) = answer.at else { continue };
        let origin = answer.rests_on.first();
        lines.push([
            at.to_string(),
            answer.question.as_str().to_owned(),
            answer.accounts.join(" "),
            answer.hosts.join(" "),
            answer.text.clone(),
            origin.map_or_else(String::new, |origin| format!("{}#{}", origin.file, origin.record)),
        ]);
    }
    for seen in timeline {
        lines.push([
            seen.entry.at.to_string(),
            "response".to_owned(),
            seen.entry.actor.name.clone(),
            String::new(),
            seen.says.clone(),
            seen.entry.id.to_string(),
        ]);
    }
    lines.sort_by_key(|line| line.first().and_then(|at| at.parse::<Timestamp>().ok()));
    let mut csv = csv::Writer::from_writer(Vec::new());
    let written = csv.write_record(["time", "what", "who", "where", "text", "id"]).and_then(|()| {
        lines.iter().try_for_each(|line| csv.write_record(line.iter().map(|cell| inert(cell))))
    });
    written.map_err(|error| AppError::Document(error.to_string()))?;
    csv.into_inner().map_err(|error| AppError::Document(error.to_string()))
}

/// A cell that a spreadsheet takes for text: alerts are written by attackers too (OWASP, "CSV Injection").
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// The hunt's story where evidence was searched and shows one, else what alerts and findings say.
fn story_of(state: &State, rows: &[AlertRow], hunted: Option<&Hunted>) -> serde_json::Value {
    match hunted {
        Some(hunted) if !hunted.hosts.is_empty() => hunted.story.clone(),
        _ => story(state, rows),
    }
}

/// What alerts alone can say of the scope questions. What nothing shows is `unknown`.
fn story(state: &State, rows: &[AlertRow]) -> serde_json::Value {
    let mut story = serde_json::Map::new();
    for question in incident::Question::ALL {
        let answers: Vec<_> = state
            .findings
            .values()
            .filter(|finding| finding.statement.question == *question)
            .map(|finding| {
                json!({
                    "text": finding.statement.text, "confidence": finding.statement.confidence,
                    "at": finding.statement.at, "evidence": finding.statement.evidence,
                })
            })
            .collect();
        let unknown = || json!({ "confidence": "unknown" });
        story.insert(
            question.as_str().to_owned(),
            if answers.is_empty() { unknown() } else { json!(answers) },
        );
    }
    let moments: Vec<_> = rows.iter().filter_map(|row| row.alert.occurred_at).collect();
    for (name, moment) in [("earliest", moments.iter().min()), ("latest", moments.iter().max())] {
        if let Some(moment) = moment
            && story.get(name).is_some_and(serde_json::Value::is_object)
        {
            let rests_on: Vec<_> =
                rows.iter().filter(|row| row.alert.occurred_at == Some(*moment)).map(|row| row.id).collect();
            story.insert(
                name.to_owned(),
                json!({ "time": moment, "confidence": "inferred", "alerts": rests_on }),
            );
        }
    }
    story.insert("hosts".to_owned(), json!(state.systems.keys().collect::<Vec<_>>()));
    story.insert("accounts".to_owned(), json!(state.accounts.keys().collect::<Vec<_>>()));
    story.insert(
        "indicators".to_owned(),
        json!(state.indicators.values().map(|seen| &seen.indicator).collect::<Vec<_>>()),
    );
    serde_json::Value::Object(story)
}

/// The obligations that have a date, as iCalendar (RFC 5545): an all-day event each, with an alarm a week ahead.
#[must_use]
pub fn calendar(state: &State, practice: &Practice, now: Timestamp) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Tourniquet//Obligations//EN".to_owned(),
    ];
    for obligation in state.obligations.values().filter(|obligation| !obligation.standing.is_settled()) {
        let Some(due) = obligation.duty.due else { continue };
        lines.extend([
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@{}.tourniquet", obligation.id, state.incident),
            format!("DTSTAMP:{}", now.strftime("%Y%m%dT%H%M%SZ")),
            format!("DTSTART;VALUE=DATE:{}", due.strftime("%Y%m%d")),
            format!("SUMMARY:{}", escaped(&format!("Last lawful day: {}", obligation.duty.plain()))),
            format!(
                "DESCRIPTION:{}",
                escaped(&format!(
                    "{}. {}. Incident {} at {}. For the healthcare attorney to decide.",
                    obligation.duty.standard.as_deref().unwrap_or("As the law says"),
                    obligation.duty.citation,
                    spoken_number(state, practice),
                    practice.name
                ))
            ),
            "BEGIN:VALARM".to_owned(),
            "ACTION:DISPLAY".to_owned(),
            "DESCRIPTION:A legal date is a week away".to_owned(),
            "TRIGGER:-P7D".to_owned(),
            "END:VALARM".to_owned(),
            "END:VEVENT".to_owned(),
        ]);
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n").replace('\r', "")
}

/// A content line of at most 75 octets, folded (RFC 5545 section 3.1).
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut octets = 0;
    for letter in line.chars() {
        if octets + letter.len_utf8() > 75 {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(letter);
        octets += letter.len_utf8();
    }
    out.push_str("\r\n");
    out
}
