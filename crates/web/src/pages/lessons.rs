//! Lessons: why it could happen, what is changed so that it cannot again, who does it by when; and what is missing
//! before the incident can be closed.

use axum::response::Response;
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{
    action::{Field, folded},
    desk::Desk,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Root cause, remediation, runbooks, closing.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let body = html! {
        (room.head(Tab::Lessons))
        (room.said(&said).await?)
        section.card #cause data-live aria-labelledby="cause-h" {
            h2 #cause-h { "Why it could happen" }
            @match &view.state.root_cause { Some(cause) => { p { (cause.text) } p { (parts::stamp(&cause.stamp, &room.zone)) } }, None => p.quiet { "No root cause is recorded yet." } }
            (folded(&desk, id, Capability::Respond, "Record the root cause", "record_root_cause", &[Field::Text("text", "Root cause")]))
        }
        section #remediation data-live aria-labelledby="remediation-h" {
            h2 #remediation-h { "What is changed" }
            (remediation(&room))
            (folded(&desk, id, Capability::Write, "Add a remediation", "add_remediation", &[Field::Line("what", "What is to be done"), Field::Line("owner", "Who does it"), Field::Date("due", "By when")]))
        }
        section #runbooks data-live aria-labelledby="runbooks-h" {
            h2 #runbooks-h { "Changes to runbooks" }
            @if view.state.runbook_changes.is_empty() { p.quiet { "None yet." } }
            ul { @for change in &view.state.runbook_changes { li { strong { (change.runbook) } ": " (change.change) " " (parts::stamp(&change.stamp, &room.zone)) } } }
            (folded(&desk, id, Capability::Write, "Change a runbook", "change_runbook", &[Field::Line("runbook", "Which runbook"), Field::Text("change", "What changes in it")]))
        }
        section.card #closing data-live aria-labelledby="closing-h" {
            h2 #closing-h { "Before it can be closed" }
            @let missing = view.state.missing_for_closing();
            @if missing.is_empty() { p.good { "✓ Nothing is missing." } } @else { ul { @for missing in &missing { li { (missing) } } } }
            div.deeds {
                (folded(&desk, id, Capability::Evidence, "Set the retention", "set_retention", &[Field::Date("until", "Keep everything until"), Field::Line("reason", "Reason")]))
                (folded(&desk, id, Capability::Lead, "Close the incident", "close", &[Field::MayLine("summary", "In a sentence")]))
            }
            @for closing in &view.state.closings { p.small { "Closed " (parts::stamp(&closing.closed, &room.zone)) @if let Some(summary) = &closing.summary { ": " (summary) } @if let Some((stamp, reason)) = &closing.reopened { " · reopened: " (reason) " " (parts::stamp(stamp, &room.zone)) } } }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Lessons · {}", view.state.title), Place::Incident(Tab::Lessons), body)
            .live(id, from),
    ))
}

fn remediation(room: &Room<'_>) -> Markup {
    html! {
        @if room.state().remediation.is_empty() { p.quiet { "Nothing is planned yet. An incident is not closed without it." } }
        ul.plain {
            @for item in room.state().remediation.values() {
                li.card {
                    div.line { h3 { (item.what) } @match &item.done { Some(_) => (parts::chip("good", "✓", "done")), None => (parts::chip("care", "◐", "open")) } }
                    p.small { (item.owner) ", by " (item.due) @if let Some((stamp, how)) = &item.done { " · " (how) " " (parts::stamp(stamp, &room.zone)) } }
                    @if item.done.is_none() { (folded(room.desk, room.id, Capability::Write, "It is done", "complete_remediation", &[Field::Fixed("item", item.id.to_string()), Field::Line("how", "What was done")])) }
                }
            }
        }
    }
}
