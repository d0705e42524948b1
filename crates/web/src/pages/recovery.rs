//! Recovery: in which order systems come back (nothing before what it stands on, then clinical weight), from which restore
//! point, and which gates still stand before each.

use axum::response::Response;
use incident::{Gate, GateStanding, System, SystemStage};
use jiff::Timestamp;
use kernel::{IncidentId, SystemName};
use maud::{Markup, html};

use super::{
    axis,
    desk::Desk,
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
    let order = view.state.restore_order(&profile.practice, room.now);
    let body = html! {
        (room.head(Tab::Recovery))
        (room.said(&said).await?)
        section #points data-live aria-labelledby="points-h" { h2 #points-h { "Restore points and the earliest compromise" } (points(&room)) }
        section #order data-live aria-labelledby="order-h" {
            h2 #order-h { "Restore order" }
            p.quiet { "Nothing comes back before what it stands on; of what could come next, first what the most visits and procedures of the next hours wait for. A system returns when its six gates hold, two of them signatures: a responder’s and the practice’s." }
            @if order.is_empty() { (parts::empty("No system waits to come back.", &html! { a href={ "/incidents/" (id) "/systems" } { "All systems" } })) }
            ol.order {
                @for step in &order {
                    @let name = &step.system;
                    @if let Some(own) = view.state.systems.get(name) { li {
                        div.line { h3 { a href=(parts::system_page(id, name)) { (profile.practice.system(name).map_or(name.as_str(), |own| own.name.as_str())) } } (parts::system_stage(&own.stage)) span.small.quiet { (step.visits + step.procedures) " visits and procedures in " (step.hours) " h" } }
                        (stands_on(&room, name))
                        (signatures(own))
                        details.more id={ "gates-" (name) } open[!own.open_gates().is_empty() && matches!(own.stage, SystemStage::Restored { .. })] { summary { (6 - own.open_gates().len()) " of 6 gates hold" } (system::gates(&room, name, own)) (system::restore(&room, name, own)) }
                    } }
                }
            }
        }
        section #watched data-live aria-labelledby="watched-h" { h2 #watched-h { "Back, and watched" } (watched(&room)) }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Recovery · {}", view.state.title), Place::Incident(Tab::Recovery), body)
            .wide()
            .live(id, from),
    ))
}

/// What a system stands on, and which of that is not back yet.
fn stands_on(room: &Room<'_>, name: &SystemName) -> Markup {
    let practice = &room.profile.practice;
    let on = practice.system(name).map(|own| own.depends_on.as_slice()).unwrap_or_default();
    let waits = |key: &SystemName| room.state().systems.get(key).is_some_and(|system| system.stage.is_away());
    html! {
        @if !on.is_empty() {
            p.small { "Stands on "
                @for (place, key) in on.iter().enumerate() {
                    @if place > 0 { ", " }
                    a href=(parts::system_page(room.id, key)) { (practice.system(key).map_or(key.as_str(), |own| own.name.as_str())) }
                    @if waits(key) { " " span.care { "◐ not back yet" } } @else { " " span.good { "✓" } }
                }
            }
        }
    }
}

/// The two signatures of a system, at a glance.
fn signatures(system: &System) -> Markup {
    html! {
        p.chips.small {
            @for (gate, who) in [(Gate::SignedByResponder, "responder"), (Gate::SignedByPractice, "practice")] {
                @match system.gates.get(&gate) {
                    Some(GateStanding::Held { stamp, .. }) => (parts::chip("good", "✓", &format!("signed by the {who}: {}", stamp.name))),
                    Some(GateStanding::Waived { .. }) => (parts::chip("bad", "!", &format!("{who}’s signature waived"))),
                    _ => (parts::chip("quiet", "○", &format!("not signed by the {who}"))),
                }
            }
        }
    }
}

/// Systems in production, with how long they are still watched.
fn watched(room: &Room<'_>) -> Markup {
    let back: Vec<_> = room
        .state()
        .systems
        .iter()
        .filter_map(|(name, system)| match &system.stage {
            SystemStage::InProduction { watch, .. } => Some((name, watch.as_ref())),
            _ => None,
        })
        .collect();
    html! {
        @if back.is_empty() { (parts::empty("No system is back yet.", &html! { p.small.quiet { "When one returns, it is watched for a while, and cleared when nothing came back." } })) }
        ul.plain {
            @for (name, watch) in back { li { article.card {
                div.line { h3 { a href=(parts::system_page(room.id, name)) { (room.profile.practice.system(name).map_or(name.as_str(), |own| own.name.as_str())) } }
                    @match watch { Some(watch) => (parts::due(watch.until, room.now)), None => (parts::chip("care", "◆", "nobody watches it")) } }
                @match watch {
                    Some(watch) => {
                        p { (watch.what) ", until " (parts::whole_moment(watch.until, &room.zone)) }
                        @let loud = watch.observations.iter().filter(|seen| !seen.quiet).count();
                        p.small { (parts::count(watch.observations.len(), "observation", "observations")) @if loud > 0 { ": " span.bad { "▲ " (loud) " not quiet" } } @else if !watch.observations.is_empty() { ": " span.good { "✓ all quiet" } } }
                    },
                    None => p.small { "Set a watch on the system’s page." },
                }
            } } }
        }
    }
}

const WIDE: i64 = 960;
const LEFT: i64 = 190;
const RIGHT: i64 = 120;
const ROW: i64 = 34;

/// A chosen restore point against the earliest sign of the attacker: shape, tone and words.
fn judged(at: Timestamp, verified: bool, earliest: Timestamp) -> (&'static str, &'static str, &'static str) {
    if at >= earliest {
        ("bad", "✕", "not safe")
    } else if verified {
        ("good", "✓", "verified")
    } else {
        ("care", "○", "not verified")
    }
}

/// Every chosen restore point on one axis with the earliest sign of the attacker: what stands right of it is not safe.
fn points(room: &Room<'_>) -> Markup {
    let points: Vec<(&SystemName, &str, Timestamp, bool)> = room
        .state()
        .systems
        .iter()
        .filter_map(|(name, system)| {
            let point = system.restore_point.as_ref()?;
            Some((name, point.name.as_str(), point.taken_at, point.verified.is_some()))
        })
        .collect();
    let Some(earliest) = room.state().earliest_compromise() else {
        return html! { p.quiet { "The investigation has not found the earliest sign of them yet; until then no restore point is known to be safe." } (system::record_finding(room, None)) };
    };
    let oldest = points.iter().map(|(_, _, at, _)| *at).chain([earliest]).min().unwrap_or(earliest);
    let first = Timestamp::from_second(oldest.as_second() - 86_400).unwrap_or(oldest);
    let span = (room.now.as_second() - first.as_second()).max(86_400);
    let x = |at: Timestamp| {
        LEFT + (WIDE - LEFT - RIGHT) * (at.as_second() - first.as_second()).clamp(0, span) / span
    };
    let rows = i64::try_from(points.len().max(1)).unwrap_or(1);
    let tall = 30 + ROW * rows + 30;
    html! {
        p { "The earliest sign of them is " strong { (parts::whole_moment(earliest, &room.zone)) } ". A restore point must be older: what stands in the hatched part may bring them back." }
        div.scroll tabindex="0" role="region" aria-label="Restore points" {
            svg.fig.points xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (tall) } width=(WIDE) height=(tall) role="img" aria-label={ (parts::count(points.len(), "restore point", "restore points")) " and the earliest sign of them; the table below says the same" } {
                defs { pattern #not-safe width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { rect.gap-ground width="8" height="8" {} rect.gap-line.faint width="1.6" height="8" {} } }
                rect fill="url(#not-safe)" x=(x(earliest)) y="24" width=((x(room.now) - x(earliest)).max(2)) height=(tall - 54) {}
                line.cut x1=(x(earliest)) y1="20" x2=(x(earliest)) y2=(tall - 28) {}
                text.cut-word.in-middle x=(x(earliest)) y="14" { "▼ earliest sign of them" }
                @for tick in axis::ticks(first, room.now, &room.zone, 7) { line.grid x1=(x(tick.at)) y1="24" x2=(x(tick.at)) y2=(tall - 28) {} text.tick x=(x(tick.at)) y=(tall - 10) { (tick.words) } }
                @for (place, (name, _, at, verified)) in (0_i64..).zip(&points) {
                    @let y = 24 + ROW * place + ROW / 2;
                    @let (tone, shape, word) = judged(*at, *verified, earliest);
                    text.row-name x="0" y=(y + 4) { (name) }
                    line.base x1=(LEFT) y1=(y) x2=(WIDE - RIGHT) y2=(y) {}
                    circle class={ "point " (tone) } cx=(x(*at)) cy=(y) r="9" { title { (name) ": " (word) } }
                    text.in-point x=(x(*at)) y=(y + 4) { (shape) }
                    text class={ "row-sub " (tone) } x=(WIDE - RIGHT + 10) y=(y + 4) { (shape) " " (word) }
                }
            }
        }
        @if points.is_empty() { p.quiet { "No restore point is chosen yet. Choose one for each system below, older than the earliest sign." } }
        @else {
            table {
                thead { tr { th scope="col" { "System" } th scope="col" { "Restore point" } th scope="col" { "Taken" } th scope="col" { "Against the earliest sign" } } }
                tbody { @for (name, point, at, verified) in &points { @let (tone, shape, word) = judged(*at, *verified, earliest); tr { th scope="row" { (name) } td data-label="Restore point" { (point) } td data-label="Taken" { (parts::whole_moment(*at, &room.zone)) } td data-label="Against the earliest sign" { (parts::chip(tone, shape, word)) } } } }
            }
        }
    }
}
