//! The systems of an incident: the map, and every system with its stage, what stands on it and what comes next.

use axum::response::Response;
use kernel::IncidentId;
use maud::{Markup, html};

use super::{
    desk::Desk,
    graph,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// The map and the list.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let today = desk.web.app.today(&desk.actor, Some(view.state.practice)).await?;
    let services = today.first().map_or(&[][..], |today| today.services.as_slice());
    let (practice, state) = (&room.profile.practice, &view.state);
    let map = graph::Map { incident: id, practice, state, services };
    let body = html! {
        (room.head(Tab::Systems))
        (room.said(&said).await?)
        section #map data-live aria-labelledby="map-h" {
            h2 #map-h { "Map" }
            (legend())
            (map.draw())
        }
        section #list data-live aria-labelledby="list-h" { h2 #list-h { "Affected systems" } (list(&room)) (room.propose()) }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Systems · {}", view.state.title), Place::Incident(Tab::Systems), body)
            .wide()
            .live(id, from),
    ))
}

fn legend() -> Markup {
    html! { p.chips.small { @for stage in ["suspected", "contained", "clean", "restored", "in_production", "cleared", "retired"] { (parts::stage_word(stage)) } } p.small.quiet { "From left to right: what the next one depends on. At the right the clinical services, with what is booked in the next 12 hours." } }
}

fn list(room: &Room<'_>) -> Markup {
    let state = room.state();
    html! {
        @if state.systems.is_empty() { (parts::empty("No system is suspected.", &html! { span.quiet { "Choose one on the map to say that it is." } })) }
        @else {
            div.scroll tabindex="0" role="region" aria-label="Table of affected systems" { table {
                thead { tr { th scope="col" { "System" } th scope="col" { "Stage" } th scope="col" { "Why" } th scope="col" { "Stands on it" } th scope="col" { "Gates" } } }
                tbody { @for (name, system) in &state.systems {
                    @let own = room.profile.practice.system(name);
                    @let impact = room.profile.practice.impact(std::slice::from_ref(name), room.now, 12);
                    tr {
                        th scope="row" { a href=(parts::system_page(room.id, name)) { (own.map_or(name.as_str(), |own| own.name.as_str())) } span.small.quiet { (name) @if let Some(own) = own { " · " (own.kind.plain()) @if own.holds_phi { " · holds PHI" } } } }
                        td data-label="Stage" { (parts::system_stage(&system.stage)) @if system.confirmed.is_some() { " " span.small.quiet { "confirmed" } } }
                        td data-label="Why" { (system.why) }
                        td data-label="Stands on it" { @if impact.stops_care() { (impact.services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ")) span.small.quiet { (impact.visits) " visits, " (impact.procedures) " procedures in 12 h" } } @else { span.quiet { "no clinical service" } } }
                        td data-label="Gates" { (6 - system.open_gates().len()) " of 6" }
                    }
                } }
            } }
        }
    }
}
