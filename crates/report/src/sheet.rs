//! Turns the report's values into what its template prints: times in the practice's zone, numbers as words, tones for
//! what needs attention, the timeline by day and as a figure. The template decides how it looks, and nothing else.

use jiff::Timestamp;
use kernel::Severity;
use serde_json::{Value, json};

use crate::{
    chart::{chart, numbered},
    incident_report::{
        Action, ActionStatus, Chapter, Condition, Confidence, CoverageGap, Decision, Event, EvidenceItem,
        Figures, Finding, IncidentReport, Obligation, ObligationStatus, Person, Phase, Point, Progress,
        Remediation, Service, ServiceStatus, System,
    },
    when::{Clock, between, count, counted, date, size, span},
};

/// Above this many entries the timeline by day moves to the appendix.
const BODY: usize = 60;

/// The template's data.
pub(crate) fn sheet(report: &IncidentReport) -> Value {
    let clock = Clock::of(&report.time_zone);
    [head(report, &clock), account(report, &clock), tables(report, &clock), proof(report, &clock)]
        .into_iter()
        .filter_map(|part| match part {
            Value::Object(members) => Some(members),
            _ => None,
        })
        .flatten()
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The first page.
fn head(report: &IncidentReport, clock: &Clock) -> Value {
    let now = report.as_of;
    json!({
        "practice": {
            "name": shortened(&report.practice.name, 120),
            "place": report.practice.place.as_deref().map(|place| shortened(place, 80)),
        },
        "number": shortened(&report.number, 40),
        "title": shortened(&report.title, 240),
        "short_title": shortened(&report.title, 64),
        "short_practice": shortened(&report.practice.name, 48),
        "kind": shortened(&report.kind, 80),
        "exercise": report.exercise,
        "marking": shortened(report.marking.as_deref().unwrap_or("Confidential"), 60),
        "severity": {
            "word": report.severity.level.as_str(),
            "tone": severity_tone(report.severity.level),
            "reasons": report.severity.reasons,
        },
        "as_of": clock.full(now),
        "as_of_day": clock.day(now),
        "as_of_time": clock.time(now),
        "zone": clock.abbreviation(now),
        "zone_unknown": clock.unknown,
        "zone_name": report.time_zone,
        "prepared_by": report.prepared_by,
        "summary": report.summary,
        "figures": figures(&report.figures),
        "phases": report.phases.iter().map(phase).collect::<Vec<_>>(),
    })
}

/// What happened and when.
fn account(report: &IncidentReport, clock: &Clock) -> Value {
    let mut events = report.timeline.clone();
    events.sort_by_key(|event| event.at);
    let key = numbered(&events);
    let moments: Vec<Value> = (1_usize..)
        .zip(key.iter().filter_map(|place| events.get(*place)))
        .map(|(number, event)| {
            json!({"number": number, "at": clock.short(event.at), "lane": event.lane.key(), "text": event.text})
        })
        .collect();
    json!({
        "story": report.story.iter().map(|part| chapter(part, clock)).collect::<Vec<_>>(),
        "chart": chart(&events, &key, clock),
        "moments": moments,
        "days": days(&events, clock),
        "timeline_in_appendix": events.len() > BODY,
        "timeline_total": count(events.len() as u64),
    })
}

/// Everything that is a table.
fn tables(report: &IncidentReport, clock: &Clock) -> Value {
    let now = report.as_of;
    json!({
        "sites": sites(&report.services),
        "systems": report.systems.iter().map(|system| system_row(system, clock)).collect::<Vec<_>>(),
        "actions": report.actions.iter().map(|action| action_row(action, clock)).collect::<Vec<_>>(),
        "decisions": report.decisions.iter().map(|item| decision_row(item, clock, now)).collect::<Vec<_>>(),
        "obligations": report.obligations.iter().map(|duty| obligation_row(duty, clock, now)).collect::<Vec<_>>(),
        "findings": findings(&report.findings),
        "gaps": report.gaps.iter().map(|item| gap(item, clock)).collect::<Vec<_>>(),
        "remediation": report.remediation.iter().map(|item| remediation(item, clock, now)).collect::<Vec<_>>(),
        "people": report.people.iter().map(|person| person_row(person, clock, now)).collect::<Vec<_>>(),
    })
}

/// Evidence and the record.
fn proof(report: &IncidentReport, clock: &Clock) -> Value {
    let record = report.record.as_ref().map(|record| {
        json!({
            "origin": record.origin,
            "size": counted(record.size, "entry", "entries"),
            "root_hash": record.root_hash,
            "at": clock.full(record.at),
            "key": record.key,
            "verify": record.verify,
        })
    });
    json!({
        "evidence": report.evidence.iter().map(|item| evidence(item, clock)).collect::<Vec<_>>(),
        "evidence_total": counted(report.evidence.len() as u64, "item", "items"),
        "evidence_bytes": size(report.evidence.iter().map(|item| item.bytes).fold(0, u64::saturating_add)),
        "record": record,
        "content": report.content,
    })
}

/// At most `most` characters, cut at the end with an ellipsis: for places with room for no more.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

fn severity_tone(level: Severity) -> &'static str {
    match level {
        Severity::Critical | Severity::High => "bad",
        Severity::Medium => "warn",
        Severity::Low | Severity::Informational => "calm",
    }
}

fn figures(figures: &Figures) -> Value {
    let known = |number: Option<u64>| number.map(count);
    let of = |number: u32, all: u32| json!({"value": count(number.into()), "of": count(all.into())});
    json!({
        "affected": count(figures.systems_affected.into()),
        "contained": of(figures.systems_contained, figures.systems_affected),
        "returned": of(figures.systems_returned, figures.systems_affected),
        "accounts": of(figures.accounts_contained, figures.accounts_affected),
        "visits": known(figures.visits_touched.map(u64::from)),
        "procedures": known(figures.procedures_touched.map(u64::from)),
        "people": known(figures.people_affected),
        "evidence": count(figures.evidence_items.into()),
        "containment": figures.minutes_to_containment.map(span),
    })
}

const fn progress(status: Progress) -> (&'static str, &'static str) {
    match status {
        Progress::Open => ("not begun", "calm"),
        Progress::Underway => ("under way", "warn"),
        Progress::Done => ("done", "good"),
    }
}

fn phase(phase: &Phase) -> Value {
    let (word, tone) = progress(phase.status);
    let part = if phase.total == 0 {
        f64::from(u8::from(phase.status == Progress::Done))
    } else {
        f64::from(phase.done.min(phase.total)) / f64::from(phase.total)
    };
    let counted = if phase.total == 0 {
        String::new()
    } else {
        format!("{} of {} {}", phase.done, phase.total, phase.counted)
    };
    json!({"name": shortened(&phase.name, 40), "word": word, "tone": tone, "part": part, "counted": counted})
}

/// The timeline by local day.
fn days(events: &[Event], clock: &Clock) -> Vec<Value> {
    events
        .chunk_by(|left, right| clock.date(left.at) == clock.date(right.at))
        .filter_map(|day| {
            let name = clock.day(day.first()?.at);
            let rows: Vec<Value> = day
                .iter()
                .map(|event| {
                    json!({
                        "time": clock.time(event.at),
                        "lane": event.lane.key(),
                        "lane_name": event.lane.title(),
                        "text": event.text,
                        "who": event.who,
                    })
                })
                .collect();
            Some(json!({"day": name, "rows": rows}))
        })
        .collect()
}

/// The services by site, in order of appearance.
fn sites(services: &[Service]) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for service in services {
        if !names.contains(&service.site.as_str()) {
            names.push(&service.site);
        }
    }
    let row = |service: &Service| {
        let (word, tone) = match service.status {
            ServiceStatus::Works => ("works", "good"),
            ServiceStatus::Limited => ("limited", "warn"),
            ServiceStatus::AtRisk => ("at risk", "warn"),
            ServiceStatus::Down => ("down", "bad"),
        };
        let when = if service.status == ServiceStatus::AtRisk { "If it stops" } else { "Instead" };
        json!({"name": service.name, "word": word, "tone": tone, "when": when, "instead": service.instead})
    };
    names
        .into_iter()
        .map(|name| {
            let own: Vec<&Service> = services.iter().filter(|service| service.site == name).collect();
            let working = own.iter().filter(|service| service.status == ServiceStatus::Works).count();
            json!({
                "name": name,
                "tally": format!("{working} of {} work as usual", counted(own.len() as u64, "service", "services")),
                "rows": own.into_iter().map(row).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn system_row(system: &System, clock: &Clock) -> Value {
    let (word, tone) = match system.condition {
        Condition::Suspected => ("suspected", "bad"),
        Condition::Confirmed => ("confirmed", "bad"),
        Condition::Contained => ("contained", "warn"),
        Condition::Clean => ("clean", "warn"),
        Condition::Restored => ("restored", "warn"),
        Condition::InProduction => ("in production", "good"),
        Condition::Cleared => ("cleared", "good"),
        Condition::Retired => ("retired", "calm"),
        Condition::Stopped => ("stopped, not compromised", "calm"),
        Condition::AtRisk => ("at risk, works", "warn"),
    };
    json!({
        "name": system.name,
        "purpose": system.purpose,
        "site": system.site,
        "word": word,
        "tone": tone,
        "since": system.since.map(|at| clock.short(at)),
        "services": system.services.join(", "),
        "gates": (system.gates > 0).then(|| format!("{} of {}", system.gates_held, system.gates)),
        "waivers": system.waivers,
    })
}

fn action_row(action: &Action, clock: &Clock) -> Value {
    let (word, tone) = match action.status {
        ActionStatus::Proposed => ("waits for approval", "warn"),
        ActionStatus::Approved => ("approved, not applied", "warn"),
        ActionStatus::Applied => ("applied, not verified", "warn"),
        ActionStatus::Verified => ("applied and verified", "good"),
        ActionStatus::Failed => ("did not hold", "bad"),
        ActionStatus::Undone => ("undone", "calm"),
        ActionStatus::Refused => ("refused", "calm"),
    };
    let approvals: Vec<String> = action
        .approvals
        .iter()
        .map(|approval| match approval.at {
            Some(at) => format!("{}, {} ({})", approval.by, approval.role, clock.short(at)),
            None => format!("{}, {}", approval.by, approval.role),
        })
        .collect();
    json!({
        "what": action.what,
        "target": action.target,
        "why": action.why,
        "stops": action.stops,
        "undo": action.undo,
        "word": word,
        "tone": tone,
        "since": clock.short(action.since),
        "approvals": approvals,
        "break_glass": action.break_glass.as_ref().map(|glass| json!({
            "by": glass.by, "role": glass.role, "reason": glass.reason, "at": clock.short(glass.at),
        })),
    })
}

/// How an instant stands to now: what is left of it, or by how much it is past.
fn clock_word(due: Timestamp, now: Timestamp) -> (String, &'static str) {
    match between(now, due) {
        Some(left) => {
            (format!("{left} left"), if due.as_second() - now.as_second() < 86_400 { "warn" } else { "calm" })
        }
        None => (format!("overdue by {}", between(due, now).unwrap_or_default()), "bad"),
    }
}

fn decision_row(decision: &Decision, clock: &Clock, now: Timestamp) -> Value {
    let due = decision.due.map(|due| {
        let (left, tone) = clock_word(due, now);
        json!({"at": clock.short(due), "left": left, "tone": tone})
    });
    json!({
        "number": decision.number,
        "question": decision.question,
        "context": decision.context,
        "owner": decision.owner,
        "due": due,
    })
}

/// How a day stands to the local day of now.
fn day_word(due: jiff::civil::Date, clock: &Clock, now: Timestamp) -> (String, &'static str) {
    let today = clock.date(now);
    let days = today.until(due).map_or(0, |span| span.get_days());
    let number = counted(u64::from(days.unsigned_abs()), "day", "days");
    match days {
        ..=-1 => (format!("{number} overdue"), "bad"),
        0 => ("today".to_owned(), "bad"),
        1..=7 => (format!("{number} left"), "warn"),
        _ => (format!("{number} left"), "calm"),
    }
}

fn obligation_row(duty: &Obligation, clock: &Clock, now: Timestamp) -> Value {
    let (word, tone) = match duty.status {
        ObligationStatus::Undetermined => ("for counsel to decide", "warn"),
        ObligationStatus::Due => ("due", "warn"),
        ObligationStatus::Met => ("met", "good"),
        ObligationStatus::NotDue => ("not due", "calm"),
    };
    let runs = matches!(duty.status, ObligationStatus::Undetermined | ObligationStatus::Due);
    let left = duty.due.filter(|_| runs).map(|due| {
        let (left, tone) = day_word(due, clock, now);
        json!({"text": left, "tone": tone})
    });
    json!({
        "duty": duty.duty,
        "recipient": duty.recipient,
        "citation": duty.citation,
        "due": duty.due.map(date),
        "left": left,
        "word": word,
        "tone": tone,
        "note": duty.note,
    })
}

fn chapter(part: &Chapter, clock: &Clock) -> Value {
    let point = |point: &Point| {
        let at = point.at.map_or_else(String::new, |at| clock.short(at));
        json!({"at": at, "text": point.text})
    };
    json!({"title": part.title, "points": part.points.iter().map(point).collect::<Vec<_>>()})
}

/// By question: those that follow each other and answer the same stand together.
fn findings(all: &[Finding]) -> Value {
    let same = all.chunk_by(|one, next| one.question == next.question);
    let group = |answers: &[Finding]| {
        let question = answers.first().map_or("", |first| first.question.as_str());
        json!({"question": question, "answers": answers.iter().map(finding).collect::<Vec<_>>()})
    };
    same.map(group).collect()
}

fn finding(finding: &Finding) -> Value {
    let (word, tone) = match finding.confidence {
        Confidence::Observed => ("observed", "good"),
        Confidence::Inferred => ("inferred", "warn"),
        Confidence::Unknown => ("unknown", "calm"),
    };
    json!({
        "answer": finding.answer,
        "word": word,
        "tone": tone,
        "evidence": finding.evidence.join(", "),
    })
}

fn gap(gap: &CoverageGap, clock: &Clock) -> Value {
    let period = match (gap.from, gap.to) {
        (Some(from), Some(to)) => format!("{} – {}", clock.short(from), clock.short(to)),
        (Some(from), None) => format!("from {}", clock.short(from)),
        (None, Some(to)) => format!("until {}", clock.short(to)),
        (None, None) => "throughout".to_owned(),
    };
    json!({"source": gap.source, "cannot_show": gap.cannot_show, "period": period})
}

fn evidence(item: &EvidenceItem, clock: &Clock) -> Value {
    let sha256 = item.sha256.to_string();
    let custody: Vec<Value> = item
        .custody
        .iter()
        .map(|event| json!({"at": clock.short(event.at), "what": event.what, "by": event.by}))
        .collect();
    let last = item.custody.last().map(|event| format!("{}, {}", event.what, clock.short(event.at)));
    json!({
        "id": item.id,
        "what": item.what,
        "sha256": sha256,
        "sha256_short": sha256.chars().take(12).collect::<String>(),
        "size": size(item.bytes),
        "bytes": count(item.bytes),
        "taken_at": clock.short(item.taken_at),
        "taken_by": item.taken_by,
        "events": counted(item.custody.len() as u64 + 1, "event", "events"),
        "last": last,
        "custody": custody,
    })
}

fn remediation(item: &Remediation, clock: &Clock, now: Timestamp) -> Value {
    let (word, tone) = progress(item.status);
    let late = item.due.filter(|_| item.status != Progress::Done).map(|due| {
        let (left, tone) = day_word(due, clock, now);
        json!({"text": left, "tone": tone})
    });
    json!({
        "what": item.what,
        "owner": item.owner,
        "due": item.due.map(date),
        "left": late,
        "word": word,
        "tone": tone,
    })
}

fn person_row(person: &Person, clock: &Clock, now: Timestamp) -> Value {
    let (answer, tone) = match (person.called_at, person.answered_at, person.answer_by) {
        (Some(called), Some(answered), by) => {
            let took = between(called, answered).unwrap_or_else(|| "at once".to_owned());
            match by.filter(|by| answered > *by).and_then(|by| between(by, answered)) {
                Some(late) => (format!("in {took}, {late} late"), "warn"),
                None => (format!("in {took}"), "good"),
            }
        }
        (None, Some(_), _) => ("came unasked".to_owned(), "good"),
        (Some(_), None, Some(by)) if by < now => (format!("no answer; {}", clock_word(by, now).0), "bad"),
        (Some(_), None, _) => ("no answer yet".to_owned(), "warn"),
        (None, None, _) => ("not called".to_owned(), "calm"),
    };
    json!({
        "name": person.name,
        "role": person.role,
        "organization": person.organization,
        "called": person.called_at.map(|at| clock.short(at)),
        "answered": person.answered_at.map(|at| clock.short(at)),
        "answer": answer,
        "tone": tone,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_day_is_said_to_be_missed() {
        let clock = Clock::of("America/New_York");
        let now: Timestamp = "2026-03-10T03:00:00Z".parse().unwrap();
        let word = |day: &str| day_word(day.parse().unwrap(), &clock, now);
        assert_eq!(word("2026-03-08"), ("1 day overdue".to_owned(), "bad"));
        assert_eq!(word("2026-03-09"), ("today".to_owned(), "bad"));
        assert_eq!(word("2026-03-10"), ("1 day left".to_owned(), "warn"));
        assert_eq!(word("2026-05-08"), ("60 days left".to_owned(), "calm"));
    }

    #[test]
    fn an_unknown_number_is_not_printed_as_zero() {
        assert_eq!(figures(&Figures::default())["visits"], Value::Null);
        assert_eq!(figures(&Figures { visits_touched: Some(0), ..Figures::default() })["visits"], json!("0"));
    }
}
