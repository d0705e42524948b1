//! The journal: every entry that one may see, found by words or kind, and one entry with its leaf and the proof that it
//! stands in the signed log. The proof is checked here, while the page is made, by the verifier that shares no code with
//! whoever wrote it.

use app::{
    ports::{Cursor, EntryQuery},
    read::EntryView,
};
use axum::response::Response;
use jiff::tz::TimeZone;
use kernel::{Capability, Digest, IncidentId, Stream, StreamKind};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    desk::Desk,
    layout::{self, Place, Sheet},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    text: String,
    kind: String,
    incident: String,
    after: String,
}

/// The entries, newest first.
pub(crate) async fn page(desk: Desk, Asked(filter): Asked<Filter>) -> Result<Response, Problem> {
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let incident: Option<IncidentId> = given(&filter.incident)
        .map(|id| id.parse())
        .transpose()
        .map_err(|_| Problem::invalid("incident", "no such incident"))?;
    let query = EntryQuery {
        text: given(&filter.text),
        kind: given(&filter.kind),
        stream: incident.map(Stream::incident),
        after: given(&filter.after)
            .map(|cursor| cursor.parse::<Cursor>())
            .transpose()
            .map_err(|error| Problem::invalid("after", error.to_string()))?,
        limit: 60,
        ..EntryQuery::default()
    };
    let found = desk.web.app.entries(&desk.actor, query).await?;
    let head = desk.web.app.log_head(&desk.actor).await?;
    let body = html! {
        h1 { "Journal" }
        p.lead { "Every decision and observation is an entry; nothing is changed or taken away. The log holds " (head.size) " entries, and its head is signed." }
        form.filters method="get" action="/journal" role="search" {
            label.field.grow { span { "Words" } input type="search" name="text" value=(filter.text) maxlength="200"; }
            label.field { span { "Kind" } input type="text" name="kind" value=(filter.kind) maxlength="80" placeholder="containment_applied"; }
            @if incident.is_some() { input type="hidden" name="incident" value=(filter.incident); }
            button type="submit" { "Show" }
        }
        @if let Some(id) = incident { p { a href={ "/incidents/" (id) } { "Back to the incident" } } }
        @if found.items.is_empty() { (parts::empty("No entry fits.", &html! { a href="/journal" { "Show all" } })) }
        ol.line { @for seen in &found.items { (line(seen)) } }
        @if let Some(next) = found.next { nav.pager aria-label="Pages" { a.button href={ "/journal?text=" (filter.text) "&kind=" (filter.kind) "&incident=" (filter.incident) "&after=" (next) } rel="next" { "Older entries" } } }
    };
    Ok(layout::page(&desk, &Sheet::new("Journal", Place::Journal, body)))
}

fn line(seen: &EntryView) -> Markup {
    html! {
        li { (parts::moment(seen.entry.at, &TimeZone::UTC)) " " span.small.quiet { "UTC" }
            p { (seen.says) }
            span.small.quiet { (seen.entry.actor.name) ", " (seen.entry.actor.role) " · " a href={ "/journal/" (seen.index) } { "entry " (seen.index) } " · " code { (parts::words(&seen.entry.kind)) } }
        }
    }
}

/// One entry, its leaf and its proof.
pub(crate) async fn entry(desk: Desk, Named(index): Named<u64>) -> Result<Response, Problem> {
    let found = desk.web.app.tail(&desk.actor, index, 1).await?;
    let seen = found
        .into_iter()
        .find(|seen| seen.index == index)
        .ok_or_else(|| Problem::not_found(format!("entry {index}")))?;
    let head = desk.web.app.log_head(&desk.actor).await?;
    let path =
        desk.web.app.journal().inclusion(&[index], head.size).await?.into_iter().next().unwrap_or_default();
    let holds = ledger::verify::includes(&head.root, head.size, index, seen.leaf.as_bytes(), &path);
    let hidden = seen.entry.privileged && !desk.actor.role.may(Capability::Privileged);
    let stream = seen.entry.stream;
    let body = html! {
        p.kicker { a href="/journal" { "Journal" } }
        h1 { "Entry " (index) }
        p.lead { (seen.says) }
        dl.facts {
            dt { "When" } dd { (parts::whole_moment(seen.entry.at, &TimeZone::UTC)) }
            dt { "Who" } dd { (seen.entry.actor.name) ", " (seen.entry.actor.role) }
            dt { "Kind" } dd { code { (seen.entry.kind) } }
            dt { "Of" } dd { @match stream.kind { StreamKind::Incident => a href={ "/incidents/" (IncidentId::from_u128(stream.id)) } { "an incident" }, StreamKind::Alert => a href={ "/alerts/" (kernel::AlertId::from_u128(stream.id)) } { "an alert" }, _ => "the practice" } ", version " (seen.entry.version) }
        }
        section.card aria-labelledby="body-h" { h2 #body-h { "What was recorded" } @if hidden { p.quiet { "Privileged: for counsel alone. Its place in the log is shown to everybody." } } @else { pre tabindex="0" { (serde_json::to_string_pretty(&seen.entry.body).unwrap_or_default()) } } }
        section.card aria-labelledby="proof-h" {
            h2 #proof-h { "Proof" }
            p { @if holds { (parts::chip("good", "✓", "proven")) " This entry is leaf " (index) " of the " (head.size) " that the signed head covers." } @else { (parts::chip("critical", "!", "not proven")) " The proof does not lead to the signed head. Keep everything as it is and call whoever leads." } }
            dl.facts {
                dt { "Leaf" } dd { code.hash { (seen.leaf) } }
                dt { "Root" } dd { code.hash { (Digest::from_bytes(head.root)) } }
            }
            details.more { summary { "The path, " (parts::count(path.len(), "hash", "hashes")) } ol.small { @for hash in &path { li { code.hash { (Digest::from_bytes(*hash)) } } } } }
            details.more { summary { "The signed head" } pre { (head.checkpoint) } p.small { "Key: " code.hash { (desk.web.app.verifier_key()) } } }
        }
    };
    Ok(layout::page(&desk, &Sheet::new(format!("Entry {index}"), Place::Journal, body)))
}
