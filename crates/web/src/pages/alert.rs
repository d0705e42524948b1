//! One alert: what came in, what triage proposes and why, what people decided, and the bytes as they were received.

use app::{
    ports::{AlertRow, EntryQuery, Verdict},
    read::EntryView,
};
use axum::{extract::State, response::Response};
use incident::{
    AlertRequest,
    triage::{About, Proposal},
};
use jiff::tz::TimeZone;
use kernel::{AlertId, Capability, Stream};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    alerts::{ZONE, title},
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    parts,
};
use crate::{
    error::Problem,
    photos,
    received::{Asked, Named},
    state::Web,
};

/// Characters of a raw alert that are shown; the whole of it can be saved.
const SHOWN: usize = 20_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    done: String,
}

/// The alert's page.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<AlertId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let app = &desk.web.app;
    let row = app.alert(&desk.actor, id).await?;
    let raw = app.raw_alert(&desk.actor, id).await.map_err(Problem::from);
    let query = EntryQuery { stream: Some(Stream::alert(id)), limit: 100, ..EntryQuery::default() };
    let entries = app.entries(&desk.actor, query).await?.items;
    let zone = app.profile(&desk.actor, row.practice).await?.practice.zone();
    let proposal: Option<Proposal> = serde_json::from_value(row.proposal.clone()).ok();
    let photos = app.photos(&desk.actor, id).await?;
    let body = html! {
        p.kicker { a href="/alerts" { "Alerts" } " · " (row.alert.source) }
        h1 { (title(&row)) }
        p.chips { (parts::severity(row.severity)) (verdict(row.verdict)) @if let Some(incident) = row.incident { a href={ "/incidents/" (incident) } { "belongs to an incident" } } }
        @if !said.done.is_empty() { p.notice role="status" { "Recorded: " (entries.first().map_or("", |seen| seen.says.as_str())) } }
        div.columns {
            div.main-column {
                section.card aria-labelledby="what" { h2 #what { "What came in" } (facts(&row, &zone)) }
                @if let Some(proposal) = &proposal { section.card aria-labelledby="proposal" { h2 #proposal { "What triage proposes" } (proposed(proposal)) } }
                @if !photos.is_empty() { section.card aria-labelledby="photos" { h2 #photos { "Photos that came with it" } (shown_photos(id, &photos)) } }
                section.card #raw aria-labelledby="received" {
                    h2 #received { "As received" }
                    @match &raw {
                        Ok(bytes) => {
                            p.small.quiet { (parts::bytes(u64::try_from(bytes.len()).unwrap_or(u64::MAX))) " · SHA-256 " (parts::digest(&row.alert.raw_sha256)) " · " a data-raw href={ "/api/v1/alerts/" (id) "/raw" } { "Save" } }
                            pre tabindex="0" { (shown(bytes)) }
                        },
                        Err(problem) => p { (problem.detail) },
                    }
                }
            }
            aside.side-column aria-label="Verdict and history" {
                @if desk.may(Capability::Triage) {
                    section.card data-alert=(id) aria-labelledby="judge" { h2 #judge { @if row.verdict.is_some() { "Revise the verdict" } @else { "Judge it" } } (judge(&desk, &row, proposal.as_ref())) @if row.verdict.is_some() { (withdraw(&desk, id)) } }
                }
                @if desk.may(Capability::Lead) && row.incident.is_none() { p { a.button href={ "/declare?alert=" (id) } { "Declare an incident from it" } } }
                section.card aria-labelledby="history" { h2 #history { "History" } (history(&entries, &zone)) }
            }
        }
    };
    Ok(layout::page(&desk, &Sheet::new(title(&row), Place::Alerts, body).wide()))
}

/// Judges, groups or ungroups.
pub(crate) async fn act(
    State(web): State<Web>,
    Named(id): Named<AlertId>,
    mut act: Act,
) -> Result<Response, Problem> {
    if let Some(verdict) = act.fields.take("verdict") {
        act.fields.add("command", "judge".to_owned());
        act.fields.add("verdict", verdict);
    }
    let request: AlertRequest = act.fields.request(&TimeZone::UTC)?;
    let judged = matches!(request, AlertRequest::Judge { .. });
    let row = web.app.triage(&act.desk.actor, id, request, act.how()).await?;
    let told = if judged { id.to_string() } else { String::new() };
    Ok(act.back_with(&[("done", row.version.to_string()), ("judged", told)]))
}

/// A photo of it.
pub(crate) async fn photo(
    desk: Desk,
    Named((id, sha256)): Named<(AlertId, kernel::Digest)>,
) -> Result<Response, Problem> {
    let (photo, bytes) = desk.web.app.photo(&desk.actor, id, &sha256).await?;
    Ok(photos::served(&photo, bytes))
}

fn shown_photos(id: AlertId, photos: &[incident::Photo]) -> Markup {
    html! {
        div.photos { @for photo in photos {
            @let path = format!("/alerts/{id}/photos/{}", photo.sha256);
            figure {
                @if photo.media == "image/heic" { p { a href=(path) { "Save the photo" } " Browsers do not show this kind." } }
                @else { a href=(path) { img src=(path) alt="Photo that came with the report" loading="lazy"; } }
                figcaption.small.quiet { (photo.media) " · " (parts::bytes(photo.bytes)) " · SHA-256 " (parts::digest(&photo.sha256)) }
            }
        } }
        p.small.quiet { "Sealed in the vault. They come into an incident’s custody when the alert is put to it." }
    }
}

/// Takes the verdict back that stands.
fn withdraw(desk: &Desk, id: AlertId) -> Markup {
    html! {
        details.act { summary { "Take the verdict back" }
            form.do method="post" action={ "/alerts/" (id) "/do" } {
                (desk.seal())
                input type="hidden" name="command" value="withdraw_verdict";
                label.field { span { "Reason" } input type="text" name="reason" required maxlength="2000" autocomplete="off"; }
                button type="submit" { "Take it back" }
            }
        }
    }
}

/// Undoes a verdict that was just given, in one gesture.
pub(crate) fn undo(desk: &Desk, id: AlertId) -> Markup {
    html! {
        form.do.inline method="post" action={ "/alerts/" (id) "/do" } {
            (desk.seal())
            input type="hidden" name="command" value="withdraw_verdict";
            input type="hidden" name="reason" value="undone at once";
            button.plain.slight type="submit" data-undo { "Undo " kbd { "z" } }
        }
    }
}

/// Why a proposal thinks an alert true or not; where it does not say, its first reason.
pub(crate) fn why(proposal: &Proposal) -> Option<&str> {
    let own = proposal.reasons.iter().find(|reason| reason.about == About::Verdict);
    own.or_else(|| proposal.reasons.first()).map(|reason| reason.text.as_str())
}

/// The form of a verdict, with the proposal's own as what stands in it at first: never taken without a person's reason.
pub(crate) fn judge(desk: &Desk, row: &AlertRow, proposal: Option<&Proposal>) -> Markup {
    let verdicts = [("true_positive", "True"), ("false_positive", "False"), ("undetermined", "Undetermined")];
    let reason = proposal.and_then(why).map(str::to_owned);
    // What stands in the reason when a key chooses a verdict: the proposal's own where it says the same. Whoever presses
    // the key reads it, types over it or sends it.
    let own = |word: &str, otherwise: &str| {
        let same = proposal.filter(|proposal| proposal.verdict.as_str() == word).and(reason.clone());
        same.unwrap_or_else(|| otherwise.to_owned())
    };
    html! {
        form.do.judge data-true=(own("true_positive", "Confirmed where it was seen")) data-false=(own("false_positive", "Known and harmless")) data-unclear=(own("undetermined", "Not enough is known yet")) method="post" action={ "/alerts/" (row.id) "/do" } {
            (desk.seal())
            fieldset { legend { "Verdict" }
                @for (value, words) in verdicts {
                    label.choice { input type="radio" name="verdict" value=(value) required; span { (words) } }
                }
            }
            label.field { span { "Reason" } input type="text" name="reasons:lines" required maxlength="2000" list={ "why-" (row.id) } autocomplete="off"; }
            datalist id={ "why-" (row.id) } { @if let Some(reason) = reason { option value=(reason) {} } }
            button.first type="submit" { "Record the verdict" }
        }
    }
}

pub(crate) fn verdict(verdict: Option<Verdict>) -> Markup {
    match verdict {
        None => parts::chip("care", "◐", "waits"),
        Some(Verdict::True) => parts::chip("bad", "✓", "true"),
        Some(Verdict::False) => parts::chip("quiet", "✕", "false"),
        Some(Verdict::Undetermined) => parts::chip("calm", "?", "undetermined"),
    }
}

fn facts(row: &AlertRow, zone: &TimeZone) -> Markup {
    let alert = &row.alert;
    let list = |items: &[String]| html! { @for item in items { span.mono { (item) } " " } };
    html! {
        @if let Some(text) = &alert.description { p.pre { (text) } }
        dl.facts {
            @if !alert.hosts.is_empty() { dt { "Hosts" } dd { (list(&alert.hosts)) } }
            @if !alert.accounts.is_empty() { dt { "Accounts" } dd { (list(&alert.accounts)) } }
            @for found in &alert.indicators { dt { (parts::words(found.kind.as_str())) } dd { span.mono { (found.value) } } }
            @if !alert.techniques.is_empty() { dt { "ATT&CK" } dd { (list(&alert.techniques)) } }
            @if let Some(at) = alert.occurred_at { dt { "Happened" } dd { (parts::whole_moment(at.at(), zone)) } }
            dt { "Received" } dd { (parts::whole_moment(row.received_at, zone)) " " span.quiet { (parts::moment(row.received_at, &ZONE)) " UTC" } }
            @if let Some(severity) = &alert.source_severity { dt { "The source says" } dd { (severity) } }
            @if let Some(own) = &alert.source_id { dt { "Its id there" } dd { span.mono { (own) } } }
            dt { "Group" } dd { a href={ "/alerts?group=" (row.group) } { "alerts that belong together" } }
        }
    }
}

fn proposed(proposal: &Proposal) -> Markup {
    html! {
        p { strong { (parts::capitalised(proposal.verdict.plain())) } ", " (proposal.kind.plain()) " " (parts::severity(proposal.severity)) }
        dl.facts {
            @for reason in &proposal.reasons { dt { (parts::capitalised(reason.about.plain())) } dd { (reason.text) } }
            @for call in &proposal.engage { dt { "Call " (call.party.plain()) } dd { @if let Some(name) = &call.name { (name) ", " } "within " (call.within_minutes) " minutes: " (call.why) } }
        }
    }
}

fn history(entries: &[EntryView], zone: &TimeZone) -> Markup {
    html! {
        ol.line { @for seen in entries { li { (parts::moment(seen.entry.at, zone)) p { (seen.says) } span.small.quiet { (seen.entry.actor.name) ", " (seen.entry.actor.role) " · " a href={ "/journal/" (seen.index) } { "entry " (seen.index) } } } } }
    }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let pretty = serde_json::from_str::<serde_json::Value>(&text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = pretty.as_deref().unwrap_or(&text);
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push_str("\n… cut here; save it to see all of it");
    }
    shown
}
