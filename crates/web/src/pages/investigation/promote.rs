//! A line of the timeline made a finding: the form comes filled in from the line, with the evidence and the record that it
//! rests on. Whoever sends it states it under their own name.

use app::chronicle::{Level, LineView};
use axum::response::Response;
use incident::Question;
use kernel::{AccountName, Capability, IncidentId};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::{
    action::choices,
    desk::Desk,
    incident::Room,
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Which line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    line: u64,
}

/// The form.
pub(crate) async fn page(
    mut desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    desk.needs(Capability::Respond)?;
    // The form leads back to the findings, where what it made is shown.
    desk.here = format!("/incidents/{id}/investigation#findings");
    let room = Room::of(&desk, id).await?;
    let words = desk.actor.role.may(Capability::Evidence);
    let chronicle = desk.web.app.chronicle(&desk.actor, id).await?;
    let line = chronicle
        .and_then(|chronicle| chronicle.line(which.line, words))
        .ok_or_else(|| Problem::not_found("this line of the timeline: hunt again, or choose it anew"))?;
    let body = html! {
        (room.head(Tab::Investigation))
        h2 { "Make it a finding" }
        p.lead { "A finding is stated under your name and rests on sealed evidence. Say what it means, not only what the log says; leave patients out of it." }
        (seen(&room, &line))
        @if room.desk.may(Capability::Respond) { (form(&room, &line)) }
        p { a href={ "/incidents/" (id) "/investigation#lines" } { "Back to the timeline" } }
    };
    let title = format!("A finding · {}", room.state().title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Investigation), body)))
}

/// The line as it stands in the log.
fn seen(room: &Room<'_>, line: &LineView) -> Markup {
    html! {
        section.card aria-label="The line" {
            p { strong { @if line.level == Level::None { (parts::capitalised(&line.what)) } @else { (line.text) } } " " (super::timeline::level_chip(line.level)) }
            dl.facts {
                dt { "When" } dd { (parts::whole_moment(line.time, &room.zone)) }
                dt { "Host" } dd.mono { (line.host) }
                @if !line.account.is_empty() { dt { "Account" } dd.mono { (line.account) } }
                dt { "Record" } dd { span.mono { (line.file) } ", record " (line.record) }
                @for (name, value) in &line.matched { dt { (name) } dd.mono { (value) } }
            }
        }
    }
}

/// The question that a tactic speaks to.
fn question(line: &LineView) -> Question {
    let of = |tactic: &str| match tactic {
        "initial-access" => Some(Question::InitialAccess),
        "persistence" => Some(Question::Persistence),
        "privilege-escalation" => Some(Question::PrivilegeEscalation),
        "credential-access" => Some(Question::CredentialTheft),
        "lateral-movement" => Some(Question::LateralMovement),
        "collection" | "discovery" => Some(Question::Collection),
        "exfiltration" => Some(Question::Exfiltration),
        "impact" => Some(Question::Impact),
        _ => None,
    };
    line.tactics.iter().find_map(|tactic| of(tactic)).unwrap_or(Question::Execution)
}

fn form(room: &Room<'_>, line: &LineView) -> Markup {
    let chosen = question(line);
    let what = if line.level == Level::None { parts::capitalised(&line.what) } else { line.text.clone() };
    let by = if line.account.is_empty() { String::new() } else { format!(" by {}", line.account) };
    let text = app::hunt::with_place(&format!("{what} on {}{by}", line.host), &line.file, line.record);
    let at = line.time.min(room.now).to_string();
    let system = room.profile.practice.system_name(&line.host);
    let account = AccountName::new(&line.account).ok();
    html! {
        form.sheet method="post" action={ "/incidents/" (room.id) "/do" } {
            (room.desk.seal())
            input type="hidden" name="command" value="record_finding";
            input type="hidden" name="statement.at" value=(at);
            @if let Some(item) = line.evidence { input type="hidden" name="statement.evidence:lines" value=(item); }
            label.field { span { "It answers" } select name="statement.question" required { @for (value, words) in choices!(Question) { option value=(value) selected[value == chosen.as_str()] { (words) } } } }
            label.field { span { "What was found" } textarea name="statement.text" rows="4" required maxlength="2000" { (text) } }
            label.field { span { "How sure" } select name="statement.confidence" required { @for (value, words) in choices!(incident::Confidence) { option value=(value) selected[value == "observed" && line.evidence.is_some()] { (words) } } } }
            @if let Some(system) = &system { label.tick { input type="checkbox" name="statement.systems:lines" value=(system) checked; span { "It is about the system " span.mono { (system) } } } }
            @if let Some(account) = &account { label.tick { input type="checkbox" name="statement.accounts:lines" value=(account) checked; span { "It is about the account " span.mono { (account) } } } }
            p.small.quiet { @if line.evidence.is_some() { "It rests on the sealed item that holds this record." } @else { "The item that holds this record is not in custody any more: it can only be inferred." } }
            p.actions { button type="submit" { "Record the finding" } a.button.plain href={ "/incidents/" (room.id) "/investigation#lines" } { "Not now" } }
        }
    }
}
