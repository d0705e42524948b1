//! Evidence and its custody: each item from the moment it was taken in, who has it, whether its bytes are still those.

use app::{
    ports::{EvidenceQuery, EvidenceRow},
    retention::RetentionQuery,
};
use axum::{extract::State, response::Response};
use incident::{Evidence, Place as Kept};
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{
    action::{Field, folded},
    desk::{Act, Desk},
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    keeping,
    received::{Asked, Named},
    state::Web,
};

/// Items shown at once; the API has them all.
const MOST: u32 = 200;

/// The items with their chains.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let query = EvidenceQuery { incident: Some(id), limit: MOST, ..EvidenceQuery::default() };
    let rows = desk.web.app.evidence_list(&desk.actor, query).await?;
    let kept = RetentionQuery { incident: Some(id), ..RetentionQuery::default() };
    let kept = desk.web.app.retention(&desk.actor, kept).await?;
    let body = html! {
        (room.head(Tab::Evidence))
        (room.said(&said).await?)
        div #watch data-live { (keeping::section(&kept)) }
        section #items data-live aria-labelledby="items-h" {
            div.masthead { h2 #items-h { (parts::count(rows.items.len(), "item", "items")) " in custody" }
                @if desk.may(Capability::Evidence) && !rows.items.is_empty() { form.do method="post" action={ "/incidents/" (id) "/evidence/rehash" } { (desk.seal()) button.plain type="submit" { "Hash all of it again" } } }
            }
            @if let Some(hold) = &view.state.hold { p.notice { strong { "Legal hold: " } (hold.reason) " " (parts::stamp(&hold.stamp, &room.zone)) } }
            (folded(&desk, id, Capability::Counsel, "Place a legal hold on everything", "place_hold", &[Field::Text("reason", "Reason")]))
            @if rows.items.is_empty() { (parts::empty("Nothing was taken in yet.", &html! { p.small { "With the command line: " code { "tourniquet evidence add" } ", or " code { "POST /api/v1/incidents/" (id) "/evidence" } "." } })) }
            @for row in &rows.items { (item(&room, row, view.state.evidence.get(&row.id))) }
            @if rows.next.is_some() { p.quiet { "Only the newest " (MOST) " are shown here." } }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Evidence · {}", view.state.title), Place::Incident(Tab::Evidence), body)
            .wide()
            .live(id, from),
    ))
}

fn item(room: &Room<'_>, row: &EvidenceRow, own: Option<&Evidence>) -> Markup {
    let named = || Field::Fixed("evidence", row.id.to_string());
    let form = |needs: Capability, label: &str, command: &str, fields: &[Field<'_>]| {
        folded(room.desk, room.id, needs, label, command, fields)
    };
    let place = own.map(|own| &own.place);
    html! {
        article.card {
            div.line {
                h3 { (row.name) }
                @match place {
                    Some(Kept::HandedOver { to, .. }) => (parts::chip("care", "◐", &format!("with {to}"))),
                    Some(Kept::Released { to, .. }) => (parts::chip("quiet", "–", &format!("released to {to}"))),
                    Some(Kept::Destroyed { .. }) => (parts::chip("quiet", "✕", "destroyed")),
                    _ => (parts::chip("good", "■", "in the vault")),
                }
                @match row.rehashed.as_ref().map(|(_, outcome)| outcome.as_str()) {
                    Some("ok") => (parts::chip("good", "✓", "unchanged")),
                    Some("changed") => (parts::chip("critical", "!", "changed")),
                    Some("missing") => (parts::chip("critical", "!", "missing")),
                    _ => {}
                }
            }
            p.small { (row.source) " · " (parts::bytes(row.bytes)) " · SHA-256 " (parts::digest(&row.sha256)) " · taken " (parts::moment(row.taken_at, &room.zone))
                @if let Some((at, _)) = &row.rehashed { " · hashed again " (parts::moment(*at, &room.zone)) }
                @if room.desk.may(Capability::Evidence) && row.state != "destroyed" { " · " a href={ "/api/v1/evidence/" (row.id) "/content" } { "Save" } }
            }
            @if let Some(own) = own {
                p.small.quiet { (own.why) @if let Some(until) = own.retain_until { " · kept until " (until) } }
                @if let Some(asked) = &own.destruction { p.notice { "Destruction was asked for: " (asked.reason) " " (parts::stamp(&asked.stamp, &room.zone)) } }
                details.more id={ "chain-" (row.id) } { summary { "Chain of custody, " (parts::count(own.chain.len(), "step", "steps")) } ol.line { @for step in &own.chain { li { p { (step.what) } (parts::stamp(&step.stamp, &room.zone)) } } } }
                div.deeds {
                    @match place {
                        Some(Kept::Vault) => {
                            (form(Capability::Evidence, "Hand over", "hand_over_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
                            (form(Capability::Evidence, "A copy was examined", "examine_copy", &[named(), Field::Line("purpose", "For what")]))
                            (form(Capability::Evidence, "Release", "release_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
                            @if own.destruction.is_none() { (form(Capability::Destroy, "Ask for destruction", "request_destruction", &[named(), Field::Line("reason", "Reason")])) }
                            @else {
                                (form(Capability::Destroy, "Confirm destruction", "confirm_destruction", &[named()]))
                                (form(Capability::Destroy, "Do not destroy it", "withdraw_destruction", &[named(), Field::Line("reason", "Reason")]))
                            }
                        },
                        Some(Kept::HandedOver { .. }) => (form(Capability::Evidence, "It came back", "receive_evidence_back", &[named(), Field::Line("from", "From whom")])),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Hashes every item of the incident again.
pub(crate) async fn rehash(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let _ = web.app.incident(&act.desk.actor, id).await?;
    web.app.rehash(&act.desk.actor, Some(id)).await?;
    Ok(act.back())
}
