//! Recovery: in which order systems come back (what others stand on first, then clinical weight), from which restore
//! point, and which gates still stand before each.

use axum::response::Response;
use incident::{System, SystemStage};
use jiff::Timestamp;
use kernel::{IncidentId, SystemName};
use maud::{Markup, html};

use super::{
    desk::Desk,
    graph,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts, system,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// The order and the gates.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let profile = &room.profile;
    let order = order(&room);
    let body = html! {
        (room.head(Tab::Recovery))
        (room.said(&said).await?)
        section #points data-live aria-labelledby="points-h" { h2 #points-h { "Restore points and the earliest compromise" } (axis(&room)) }
        section #order data-live aria-labelledby="order-h" {
            h2 #order-h { "Restore order" }
            p.quiet { "What others depend on comes first; among equals, what touches the most visits and procedures today." }
            @if order.is_empty() { (parts::empty("No system waits to come back.", &html! { a href={ "/incidents/" (id) "/systems" } { "All systems" } })) }
            ol.order {
                @for (name, own, weight) in &order {
                    li {
                        div.line { h3 { a href=(parts::system_page(id, name)) { (profile.practice.system(name).map_or(name.as_str(), |own| own.name.as_str())) } } (parts::system_stage(&own.stage)) span.small.quiet { (weight) " visits and procedures in 12 h" } }
                        details.more id={ "gates-" (name) } open[!own.open_gates().is_empty() && matches!(own.stage, SystemStage::Restored { .. })] { summary { (6 - own.open_gates().len()) " of 6 gates hold" } (system::gates(&room, name, own)) (system::restore(&room, name, own)) }
                    }
                }
            }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Recovery · {}", view.state.title), Place::Incident(Tab::Recovery), body)
            .wide()
            .live(id, from),
    ))
}

/// Systems that are not back, in the order in which they should come.
fn order<'a>(room: &'a Room<'_>) -> Vec<(&'a SystemName, &'a System, u32)> {
    let depths = graph::depths(&room.profile.practice);
    let waits = |system: &System| {
        !matches!(
            system.stage,
            SystemStage::InProduction { .. } | SystemStage::Cleared { .. } | SystemStage::Retired { .. }
        )
    };
    let mut order: Vec<_> = room
        .state()
        .systems
        .iter()
        .filter(|(_, system)| waits(system))
        .map(|(name, system)| {
            let impact = room.profile.practice.impact(std::slice::from_ref(name), room.now, 12);
            (name, system, impact.visits + impact.procedures)
        })
        .collect();
    order.sort_by_key(|(name, _, weight)| {
        (depths.get(name).copied().unwrap_or(0), std::cmp::Reverse(*weight))
    });
    order
}

const WIDE: i64 = 900;
const LEFT: i64 = 150;

/// Every chosen restore point on one axis with the earliest sign of the attacker: what stands right of it is not safe.
fn axis(room: &Room<'_>) -> Markup {
    let points: Vec<(&SystemName, Timestamp, bool)> = room
        .state()
        .systems
        .iter()
        .filter_map(|(name, system)| {
            system.restore_point.as_ref().map(|point| (name, point.taken_at, point.verified.is_some()))
        })
        .collect();
    let Some(earliest) = room.state().earliest_compromise() else {
        return html! { p.quiet { "The investigation has not found the earliest sign of them yet; until then no restore point is known to be safe." } (system::record_finding(room, None)) };
    };
    let first =
        points.iter().map(|(_, at, _)| *at).chain([earliest]).min().unwrap_or(earliest).as_second() - 86_400;
    let span = (room.now.as_second() - first).max(86_400);
    let x = |at: Timestamp| LEFT + (WIDE - LEFT - 20) * (at.as_second() - first) / span;
    let tall = 46 + 30 * i64::try_from(points.len()).unwrap_or(0);
    html! {
        p { "The earliest sign of them is " strong { (parts::whole_moment(earliest, &room.zone)) } ". A restore point must be older." }
        @if points.is_empty() { p.quiet { "No restore point was chosen yet; choose one on the system’s page or below." } }
        @else { div.scroll tabindex="0" role="region" aria-label="Restore points" {
            svg.dates xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (tall) } width=(WIDE) height=(tall) role="img" aria-label="Restore points before and after the earliest compromise" {
                rect.unsafe x=(x(earliest)) y="0" width=(WIDE - 20 - x(earliest)) height=(tall - 24) {}
                text.tick.at-end x=(WIDE - 24) y=(tall - 8) { "now" }
                text.tick x=(x(earliest)) y=(tall - 8) { "earliest compromise" }
                @for (place, (name, at, verified)) in points.iter().enumerate() {
                    @let y = 20 + 30 * i64::try_from(place).unwrap_or(0);
                    text.row-name x="0" y=(y + 4) { (name) }
                    line.axis x1=(LEFT) y1=(y) x2=(WIDE - 20) y2=(y) {}
                    circle class={ "date " (if *at >= earliest { "bad" } else if *verified { "good" } else { "care" }) } cx=(x(*at)) cy=(y) r="7" { title { (name) ": " (at) (if *verified { ", verified" } else { ", not verified" }) } }
                }
            }
        } }
    }
}
