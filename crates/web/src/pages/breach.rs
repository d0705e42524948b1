//! The breach question: what the incident itself shows, who has decided what, and every duty with its date. Whether it is
//! a breach, and whether a duty is due, is the attorney's to decide; everybody else sees that it is.

pub(crate) mod factors;
pub(crate) mod facts;
mod months;
mod usa;
pub(crate) mod what_if;

use app::{case::DutyView, ports::EvidenceQuery};
use axum::response::Response;
use incident::{BreachAnswer, Obligation, ObligationStanding};
use jiff::tz::TimeZone;
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{
    action::{Field, choices, folded},
    desk::Desk,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    papers, parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Findings shown beside; the investigation has them all.
const BESIDE: usize = 4;
/// Items of evidence that a form offers as proof, the newest first.
const PROOFS: u32 = 100;

/// The question, the answer, the duties.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let query = EvidenceQuery { incident: Some(id), limit: PROOFS, ..EvidenceQuery::default() };
    let items = desk.web.app.evidence_list(&desk.actor, query).await?.items;
    let proofs: Vec<(String, String)> =
        items.iter().map(|row| (row.sha256.to_string(), row.name.clone())).collect();
    let case = desk.web.app.case(&desk.actor, id).await?;
    let versions = desk.web.app.facts_versions(&desk.actor, id).await?;
    let four = desk.web.app.factors(&desk.actor, id).await?;
    let today = room.now.to_zoned(room.zone.clone()).date();
    let body = html! {
        (room.head(Tab::Breach))
        (room.said(&said).await?)
        (ahead(&room, &case.duties))
        nav.jumps aria-label="On this page" { ul {
            li { a href="#answer" { "Is it a breach?" } } li { a href="#factors" { "The four factors" } } li { a href="#counts" { "Who is affected" } }
            li { a href="#duties" { "Duties and dates" } } li { a href="#facts" { "The facts" } } li { a href={ "/incidents/" (id) "/breach/what-if" } { "What if?" } }
        } }
        div.columns {
            div.main-column {
                section.card #answer data-live aria-labelledby="answer-h" { h2 #answer-h { "Is it a breach?" } (answer(&room)) }
                section #factors data-live aria-labelledby="factors-h" { h2 #factors-h { "The four factors" } (factors::section(&room, &four, &items)) }
                section #counts data-live aria-labelledby="counts-h" { h2 #counts-h { "Who is affected, by State" } (usa::draw(&usa::counts(&case.facts.facts))) p.small.quiet { "Where the counts came from: " (facts::came_from(&room, "/individuals/by_state", &case.facts, &versions)) } (facts::count_form(&room, &case.facts)) }
                section #dates data-live aria-labelledby="dates-h" { h2 #dates-h { "Duties and dates" } (months::draw(&case.duties, today)) (room.dates()) p { a.button.plain href={ "/incidents/" (id) "/breach/what-if" } { "What if a count or a day changes?" } } }
                section #duties data-live aria-labelledby="duties-h" { h2 #duties-h { "Each duty" } (duties(&room, &proofs, &case.duties)) }
                (changes(&desk, id, &room.zone).await?)
                section #facts data-live aria-labelledby="facts-h" { h2 #facts-h { "The facts as they stand" } (facts::section(&room, &case.facts, &versions)) }
            }
            aside.side-column aria-label="Besides" {
                section.card #shows data-live aria-labelledby="shows-h" { h2 #shows-h { "What the incident shows" } (shows(&room)) }
                (questions(case.assessment.as_ref()))
                section.card aria-labelledby="papers-h" { h2 #papers-h { "Papers" } (papers::kinds(&desk, id)) }
                section.card aria-labelledby="who-h" { h2 #who-h { "Who decides" }
                    ul.small {
                        li { "Whether it is a breach, whether a duty is due, what a notice says: the healthcare attorney." }
                        li { "What happened to which system, and how many people: the responders." }
                        li { "What may stop in the clinic, and what was sent: the practice." }
                    }
                    p.small { @match room.desk.actor.role { kernel::Role::Attorney => "You decide law here, and read what is privileged.", kernel::Role::Responder | kernel::Role::Lead => "You state what happened. Law is the attorney’s.", kernel::Role::Practice => "You state what was sent, and who the practice is.", _ => "You may read this, and change nothing." } }
                    p.small { a href={ "/api/v1/incidents/" (id) "/obligations.ics" } { "Legal dates as a calendar" } }
                }
            }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Breach · {}", view.state.title), Place::Incident(Tab::Breach), body)
            .wide()
            .live(id, from),
    ))
}

/// The next day that counts, in a sentence at the top.
fn ahead(room: &Room<'_>, duties: &[DutyView]) -> Markup {
    use app::case::Stands;
    let missed = duties.iter().filter(|duty| duty.stands == Stands::Missed).count();
    let next = duties
        .iter()
        .filter(|duty| matches!(duty.stands, Stands::Near | Stands::Ahead))
        .filter_map(|duty| Some((duty.due?, duty)))
        .min_by_key(|(due, _)| *due);
    html! {
        div #ahead data-live {
            @if missed > 0 { p.notice.bad { strong { (parts::count(missed, "duty is past its last day.", "duties are past their last day.")) } " " a href="#duties" { "See which" } } }
            @match next {
                Some((due, duty)) => p.next-day { "The next legal day is " strong { (due.strftime("%A, %B %-d, %Y")) } @if let Some(days) = duty.days { ", in " (parts::count(usize::try_from(days).unwrap_or(0), "day", "days")) } ": " a href={ "#duty-" (duty.id) } { (duty.duty) } "." },
                None => { @if missed == 0 && room.state().breach_decision().is_none() { p.next-day { "No legal day is set yet. State the facts below, and the dates follow." } } },
            }
        }
    }
}

/// What should be found out, as the law asks it.
fn questions(assessment: Option<&breach::Assessment>) -> Markup {
    html! {
        @if let Some(own) = assessment.filter(|own| !own.open_questions.is_empty()) {
            section.card #questions data-live aria-labelledby="questions-h" {
                h2 #questions-h { "Still to be found out" }
                ul.small { @for question in &own.open_questions { li { (parts::capitalised(&question.why)) @if !question.assumed.is_empty() { span.quiet { " Until then: " (question.assumed) "." } } } } }
            }
        }
    }
}

fn answer(room: &Room<'_>) -> Markup {
    html! {
        @match room.state().breach_decision() {
            Some(decided) => {
                p { @match decided.answer { BreachAnswer::Breach => (parts::chip("bad", "▲", "a breach")), BreachAnswer::NotABreach => (parts::chip("good", "✓", "not a breach")), BreachAnswer::Undetermined => (parts::chip("care", "◐", "undetermined")) } " " (parts::stamp(&decided.stamp, &room.zone)) }
                @if decided.reasons.is_empty() && decided.privileged { p.quiet { "The reasons are privileged." } }
                ul { @for reason in &decided.reasons { li { (reason) } } }
            },
            None => p { "Not decided yet. An unpermitted use or disclosure is presumed to be a breach unless the four factors show a low probability that the PHI was compromised (45 CFR 164.402)." },
        }
        @if room.state().breach.len() > 1 { details.more { summary { "Earlier answers" } ul.small { @for earlier in room.state().breach.iter().rev().skip(1) { li { (earlier.answer.plain()) " " (parts::stamp(&earlier.stamp, &room.zone)) } } } } }
        (folded(room.desk, room.id, Capability::Counsel, if room.state().breach_decision().is_some() { "Decide anew" } else { "Decide" }, "decide_breach", &[Field::Choice("answer", "It is", choices!(BreachAnswer)), Field::Text("reasons:lines", "Reasons, one a line"), Field::Tick("privileged", "The reasons are privileged")]))
    }
}

/// What the last changes of facts did to the legal dates.
async fn changes(desk: &Desk, id: IncidentId, zone: &TimeZone) -> Result<Markup, Problem> {
    let changes = desk.web.app.changes(&desk.actor, id).await?;
    Ok(html! {
        @if !changes.is_empty() {
            section #changes data-live aria-labelledby="changes-h" {
                h2 #changes-h { "What changed in the legal dates" }
                @for change in changes.iter().take(5) {
                    div.card {
                        p.small.quiet { (parts::moment(change.at, zone)) " · " (change.by) }
                        ul { @for line in change.said.iter().take(20) { li { (line) } } }
                    }
                }
            }
        }
    })
}

fn duties(room: &Room<'_>, proofs: &[(String, String)], views: &[DutyView]) -> Markup {
    let mut duties: Vec<&Obligation> = room.state().obligations.values().collect();
    duties.sort_by_key(|own| (own.standing.is_settled(), own.duty.due_at, own.duty.due));
    html! {
        @if duties.is_empty() { (parts::empty("No duty stands yet.", &html! { p.small.quiet { "They are computed from the facts with the law tables, and stand here with their dates and citations." } })) }
        @else if let Some(as_of) = room.state().law_tables_as_of { p.small.quiet { "Law tables as of " (as_of) ". A computed date is a draft for counsel, who confirms or rejects it." } }
        ul.plain { @for own in duties { li { (duty(room, own, proofs, views)) } } }
    }
}

fn duty(room: &Room<'_>, own: &Obligation, proofs: &[(String, String)], views: &[DutyView]) -> Markup {
    let named = || Field::Fixed("obligation", own.id.to_string());
    html! {
        article.card id={ "duty-" (own.id) } {
            div.line {
                h3 { (parts::capitalised(&own.duty.plain())) }
                @if let Some(view) = views.iter().find(|view| view.id == own.id) { (months::stands(view.stands)) }
            }
            p {
                @match (own.duty.due_at, own.duty.due) {
                    (Some(at), _) => { "By " strong { (parts::whole_moment(at, &room.zone)) } " " @if !own.standing.is_settled() { (parts::due(at, room.now)) } },
                    (None, Some(day)) => { "By " strong { (day.strftime("%A, %B %-d, %Y")) } },
                    (None, None) => span.quiet { (own.duty.standard.as_deref().unwrap_or("no date in the law")) },
                }
            }
            p.small.quiet { (own.duty.citation) @if let Some(sure) = &own.duty.confidence { " · this reading is " (sure) } }
            @match &own.standing {
                ObligationStanding::Met { on, note, stamp, .. } => p.small { "Met on " (on) ": " (note) " " (parts::stamp(stamp, &room.zone)) },
                ObligationStanding::NotDue { reasons, stamp, .. } => p.small { "Not due: " (reasons.join("; ")) " " (parts::stamp(stamp, &room.zone)) },
                ObligationStanding::Open => div.deeds {
                    @if !proofs.is_empty() { (folded(room.desk, room.id, Capability::Write, "It is met", "meet_obligation", &[named(), Field::Date("on", "On"), Field::Choice("proof", "Proof, from the evidence", proofs.to_vec()), Field::Line("note", "How")])) }
                    (folded(room.desk, room.id, Capability::Counsel, "It is not due", "determine_not_due", &[named(), Field::Text("reasons:lines", "Reasons, one a line"), Field::Tick("privileged", "The reasons are privileged")]))
                },
            }
        }
    }
}

fn shows(room: &Room<'_>) -> Markup {
    let state = room.state();
    let phi: Vec<&str> = state
        .systems
        .keys()
        .filter_map(|name| room.profile.practice.system(name))
        .filter(|system| system.holds_phi)
        .map(|system| system.name.as_str())
        .collect();
    html! {
        dl.facts {
            dt { "Kind" } dd { (state.kind.map_or("not known", incident::IncidentKind::plain)) }
            dt { "Systems with PHI" } dd { @if phi.is_empty() { "none is affected" } @else { (phi.join(", ")) } }
            dt { "Earliest sign" } dd { @match state.earliest_compromise() { Some(at) => (parts::whole_moment(at, &room.zone)), None => "not found yet" } }
            dt { "Latest sign" } dd { @match state.latest_compromise() { Some(at) => (parts::whole_moment(at, &room.zone)), None => "not found yet" } }
            dt { "Practice" } dd { (room.profile.practice.state) }
        }
        @let said: Vec<_> = state.findings.values().filter(|finding| matches!(finding.statement.question, incident::Question::Exfiltration | incident::Question::Collection | incident::Question::Impact)).collect();
        @for finding in said.iter().take(BESIDE) {
            p.small { strong { (parts::capitalised(finding.statement.question.plain())) } ": " (finding.statement.text) " (" (finding.statement.confidence.plain()) ", " (parts::count(finding.statement.evidence.len(), "item of evidence", "items of evidence")) ")" }
        }
        @if said.len() > BESIDE { p.small { a href={ "/incidents/" (room.id) "/investigation#findings" } { (said.len() - BESIDE) " more of what they gathered, took and damaged" } } }
    }
}
