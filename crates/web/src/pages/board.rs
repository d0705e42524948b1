//! The board: every practice that one serves at a glance. What is open and how bad, which clock runs out next, how many
//! alerts wait. And the form with which a lead declares an incident.

use std::collections::BTreeMap;

use app::ports::{AlertQuery, Cursor, IncidentQuery, IncidentRow};
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use incident::{IncidentKind, Request};
use jiff::tz::TimeZone;
use kernel::{AlertId, Capability, PracticeId, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    action::{Field, choices, one},
    choosing,
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    parts, told,
};
use crate::{caller::Visitor, error::Problem, received::Asked, state::Web};

/// Incidents and alerts read for the board; more are one link away.
const MOST: u32 = 200;

/// Tiles of practices on the board.
const TILES: usize = 48;

/// Rows of incidents on the board, the worst first, and on a page of their list.
const ROWS: usize = 40;
/// After so long without an entry an incident is said to be quiet.
const QUIET: jiff::SignedDuration = jiff::SignedDuration::from_hours(12);
/// So many closed ones stand folded on the board; more have a list of their own.
const CLOSED: usize = 12;

/// Which list of incidents is looked at instead of the board, and from where.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Shown {
    show: String,
    text: String,
    after: String,
}

/// The start: the board, what works today for those who read no incidents, or how to sign in.
pub(crate) async fn page(
    State(web): State<Web>,
    Visitor(visitor): Visitor,
    Asked(shown): Asked<Shown>,
    desk: Result<Desk, Problem>,
) -> Result<Response, Problem> {
    if visitor.is_none() {
        return Ok(layout::bare(&web, axum::http::StatusCode::OK, "Sign in", &told::signed_out()));
    }
    let desk = desk?;
    if !desk.actor.role.may(Capability::Read) {
        return super::staff::today(desk, super::staff::Which::default()).await;
    }
    let names = web.app.practice_names(&desk.actor).await?;
    if matches!(shown.show.as_str(), "open" | "closed") {
        return listed(&desk, &names, &shown).await;
    }
    let (open, more_open) = incidents(&desk, "open").await?;
    let (closed, _) = incidents(&desk, "closed").await?;
    let waiting = AlertQuery { verdict: Some(None), limit: MOST, ..AlertQuery::default() };
    let waiting = web.app.alerts(&desk.actor, waiting).await?;
    let now = web.app.edge().now();
    let board = Board { desk: &desk, names: &names, now, more_open };
    let alerts = Waiting {
        more: waiting.next.is_some(),
        by_practice: tally(waiting.items.iter().map(|row| row.practice)),
        worst: waiting.items.iter().map(|row| row.severity).max(),
        count: waiting.items.len(),
    };
    let (elsewhere, burns) = super::elsewhere::notice(&desk).await?;
    let body = html! {
        (super::glass::notice(&desk).await?)
        @if burns { (elsewhere) }
        (board.body(&open, &closed, &alerts))
        @if !burns { (elsewhere) }
    };
    Ok(layout::page(&desk, &Sheet::new("Board", Place::Board, body).wide()))
}

/// Incidents, the worst first, and whether there are more.
async fn incidents(desk: &Desk, status: &str) -> Result<(Vec<IncidentRow>, bool), Problem> {
    let query = IncidentQuery { status: Some(status.to_owned()), limit: MOST, ..IncidentQuery::default() };
    let found = desk.web.app.incidents(&desk.actor, query).await?;
    let (mut rows, more) = (found.items, found.next.is_some());
    rows.sort_by(|one, other| other.severity.cmp(&one.severity).then(one.next_due.cmp(&other.next_due)));
    Ok((rows, more))
}

/// Every open or closed incident, newest first, page by page.
async fn listed(desk: &Desk, names: &[(PracticeId, String)], shown: &Shown) -> Result<Response, Problem> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let after = given(&shown.after).map(|cursor| cursor.parse::<Cursor>()).transpose();
    let query = IncidentQuery {
        status: given(&shown.show),
        text: given(&shown.text),
        after: after.map_err(|error| Problem::invalid("after", error.to_string()))?,
        limit: u32::try_from(ROWS).unwrap_or(u32::MAX),
        ..IncidentQuery::default()
    };
    let found = desk.web.app.incidents(&desk.actor, query).await?;
    let board = Board { desk, names, now: desk.web.app.edge().now(), more_open: false };
    let here = format!("/?show={}", shown.show);
    let next = |cursor: Cursor| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("show", &shown.show).append_pair("text", shown.text.trim());
        format!("/?{}", query.append_pair("after", &cursor.to_string()).finish())
    };
    let body = html! {
        p.kicker { a href="/" { "Board" } }
        h1 { (parts::capitalised(&shown.show)) " incidents" }
        form.filters method="get" action="/" role="search" {
            input type="hidden" name="show" value=(shown.show);
            label.field.grow { span { "Words in the title or kind" } input type="search" name="text" value=(shown.text) maxlength="200"; }
            button type="submit" { "Find" }
        }
        @if found.items.is_empty() { (parts::empty("No incident fits.", &html! { a href=(here) { "Show all of them" } })) }
        @else { (board.table(&found.items)) }
        @if let Some(cursor) = found.next { nav.pager aria-label="Pages" { a.button href=(next(cursor)) rel="next" { "More incidents" } } }
    };
    Ok(layout::page(desk, &Sheet::new("Incidents", Place::Board, body).wide()))
}

fn tally(practices: impl Iterator<Item = PracticeId>) -> BTreeMap<PracticeId, usize> {
    let mut counts = BTreeMap::new();
    for practice in practices {
        *counts.entry(practice).or_default() += 1;
    }
    counts
}

struct Waiting {
    count: usize,
    more: bool,
    worst: Option<kernel::Severity>,
    by_practice: BTreeMap<PracticeId, usize>,
}

struct Board<'a> {
    desk: &'a Desk,
    /// By name.
    names: &'a [(PracticeId, String)],
    now: Timestamp,
    /// More incidents are open than were read.
    more_open: bool,
}

impl Board<'_> {
    fn body(&self, open: &[IncidentRow], closed: &[IncidentRow], waiting: &Waiting) -> Markup {
        let next =
            open.iter().filter_map(|row| row.next_due.map(|due| (due, row))).min_by_key(|(due, _)| *due);
        let late = open.iter().filter(|row| row.next_due.is_some_and(|due| due < self.now)).count();
        html! {
            div.masthead {
                h1 { @match open.len() { 0 => "Nothing is open", 1 => "One incident is open", n => { @if self.more_open { "More than " } (n) " incidents are open" } } }
                @if self.desk.may(Capability::Lead) { a.button href="/declare" { "Declare an incident" } }
            }
            dl.figures {
                div { dt { "Open incidents" } dd { (open.len()) @if self.more_open { "+" } } }
                div { dt { "Clocks run out" } dd.bad[late > 0] { (late) } }
                div { dt { "Next clock" } dd { @match next { Some((due, row)) => { (parts::due(due, self.now)) " " a.small href={ "/incidents/" (row.id) } { (row.title) } }, None => { "none" } } } }
                div { dt { "Alerts waiting" } dd { a href="/alerts?verdict=none" { (waiting.count) @if waiting.more { "+" } } @if let Some(worst) = waiting.worst { " " (parts::severity(worst)) } } }
            }
            @if open.is_empty() {
                (parts::empty("No incident is open at the practices that you see.", &html! { a href="/alerts?verdict=none" { "Look at the alerts that wait" } }))
            } @else { (self.table(open.get(..ROWS).unwrap_or(open))) }
            @if open.len() > ROWS { p { "The worst " (ROWS) " are shown. " a href="/?show=open" { "All that are open" } } }
            @if self.names.len() > 1 { (self.practices(open, waiting)) }
            @if closed.len() > CLOSED { p { a href="/?show=closed" { "Closed incidents" } } }
            @else if !closed.is_empty() { details.more { summary { (parts::count(closed.len(), "closed incident", "closed incidents")) } (self.table(closed)) } }
        }
    }

    fn table(&self, rows: &[IncidentRow]) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label="Incidents" { table.board {
                thead { tr { th scope="col" { "Incident" } th scope="col" { "Severity" } th scope="col" { "Phase" } th scope="col" { "Systems" } th scope="col" { "Next clock" } th scope="col" { "Who is on it" } } }
                tbody { @for row in rows { (self.row(row)) } }
            } }
        }
    }

    fn row(&self, row: &IncidentRow) -> Markup {
        let number = |name: &str| row.counts.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
        let (all, suspected) = (number("systems"), number("suspected"));
        html! {
            tr {
                th scope="row" {
                    a href={ "/incidents/" (row.id) } { (row.title) }
                    span.small.quiet { (self.name(row.practice)) " · " (parts::words(&row.kind)) " · declared " (parts::moment(row.declared_at, &TimeZone::UTC)) " UTC" }
                }
                td data-label="Severity" { (parts::severity(row.severity)) }
                td data-label="Phase" { (parts::capitalised(&parts::words(&row.phase))) }
                td data-label="Systems" {
                    (all.saturating_sub(suspected)) " of " (all) " held"
                    @if number("glass_broken") > 0 { " " (parts::chip("bad", "!", "glass broken")) }
                }
                td data-label="Next clock" { @match row.next_due { Some(due) => (parts::due(due, self.now)), None => span.quiet { "none" } }
                    @if number("duties_missed") > 0 { " " (parts::chip("bad", "!", &parts::count(number("duties_missed") as usize, "legal date missed", "legal dates missed"))) }
                    @if number("duties_near") > 0 { " " (parts::chip("care", "◐", &parts::count(number("duties_near") as usize, "legal date near", "legal dates near"))) }
                }
                td data-label="Who is on it" { (self.people(row, number("people"), number("called"))) }
            }
        }
    }

    /// Who was called and joined, or did something in the hours before the last entry; and whether calls are unanswered.
    fn people(&self, row: &IncidentRow, all: u64, called: u64) -> Markup {
        let named = row.counts.get("on_it").and_then(serde_json::Value::as_array).map(Vec::as_slice);
        let named: Vec<&str> =
            named.unwrap_or_default().iter().filter_map(serde_json::Value::as_str).collect();
        let more = (all as usize).saturating_sub(named.len());
        html! {
            @if !named.is_empty() { (named.join(", ")) @if more > 0 { " and " (more) " more" } }
            @else if row.status == "open" { (parts::chip("care", "◐", "nobody")) }
            @if row.status == "open" && self.now.duration_since(row.updated_at) > QUIET { " " span.small.quiet { "quiet since " (parts::moment(row.updated_at, &TimeZone::UTC)) " UTC" } }
            @if called > 0 { " " span.small.quiet { (parts::count(called as usize, "call is not answered", "calls are not answered")) } }
        }
    }

    fn name(&self, id: PracticeId) -> &str {
        self.names.iter().find(|(own, _)| *own == id).map_or("", |(_, name)| name.as_str())
    }

    /// A tile for each practice where something happens, the busiest first; of a provider with many, the calm ones are a
    /// link away.
    fn practices(&self, open: &[IncidentRow], waiting: &Waiting) -> Markup {
        let incidents = tally(open.iter().map(|row| row.practice));
        let mut tiles: Vec<(usize, usize, &PracticeId, &str)> = self
            .names
            .iter()
            .map(|(id, name)| {
                let count = |of: &BTreeMap<PracticeId, usize>| of.get(id).copied().unwrap_or(0);
                (count(&incidents), count(&waiting.by_practice), id, name.as_str())
            })
            .collect();
        tiles.sort_by_key(|(incidents, alerts, ..)| std::cmp::Reverse((*incidents, *alerts)));
        let busy = tiles.iter().filter(|(incidents, alerts, ..)| incidents + alerts > 0).count();
        let shown = if tiles.len() > TILES { busy.min(TILES) } else { tiles.len() };
        html! {
            h2 { "Practices" }
            ul.tiles {
                @for (here, alerts, id, name) in tiles.iter().take(shown) {
                    li.tile {
                        a href={ "/practices/" (id) } { (name) }
                        @if *here > 0 { (parts::chip("bad", "▲", &parts::count(*here, "incident", "incidents"))) } @else { (parts::chip("good", "●", "calm")) }
                        @if *alerts > 0 { span.small.quiet { (parts::count(*alerts, "alert waits", "alerts wait")) } }
                    }
                }
            }
            @if shown < tiles.len() { p { a href="/practices" { "All " (tiles.len()) " practices" } } }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct From {
    /// An alert that the incident begins with.
    alert: Option<AlertId>,
}

/// The form that declares an incident.
pub(crate) async fn declare_page(desk: Desk, Asked(from): Asked<From>) -> Result<Response, Problem> {
    desk.needs(Capability::Lead)?;
    let alert = match from.alert {
        Some(id) => Some(desk.web.app.alert(&desk.actor, id).await?),
        None => None,
    };
    let practices = desk.web.app.practice_names(&desk.actor).await?;
    let practices: Vec<_> = practices
        .iter()
        .filter(|(id, _)| alert.as_ref().is_none_or(|alert| alert.practice == *id))
        .cloned()
        .collect();
    let kinds = choices!(IncidentKind);
    let body = html! {
        h1 { "Declare an incident" }
        p.lead { "Declare early: an incident that turns out to be nothing is closed in a minute, and containment never waits for proof." }
        form.sheet method="post" action="/declare" {
            (desk.seal())
            (choosing::field(&practices, "Practice", false))
            label.field { span { "What happened, in one line" } input type="text" name="title" required maxlength="200" value=[alert.as_ref().and_then(|row| row.alert.title.clone())]; }
            (one(&Field::Choice("incident_kind", "Kind", kinds)))
            (one(&Field::Text("reason", "Why it is one")))
            @if let Some(row) = &alert { (one(&Field::Fixed("alerts:lines", row.id.to_string()))) p.quiet.small { "The alert is attached to it." } }
            label.field { span { "Systems that are suspected " small.quiet { "one a line, optional" } } textarea name="systems" rows="2" {} }
            (one(&Field::Tick("exercise", "This is an exercise")))
            button.first type="submit" { "Declare" }
        }
    };
    Ok(layout::page(&desk, &Sheet::new("Declare an incident", Place::Board, body)))
}

/// Declares it.
pub(crate) async fn declare(State(web): State<Web>, mut act: Act) -> Result<Response, Problem> {
    act.desk.needs(Capability::Lead)?;
    let practice = act.fields.take("practice");
    let practice = choosing::chosen(&act.desk, practice.as_deref()).await?;
    let practice = practice.ok_or_else(|| Problem::invalid("practice", "choose the practice"))?;
    let systems = act.fields.take("systems").unwrap_or_default();
    for system in systems.lines().map(str::trim).filter(|line| !line.is_empty()) {
        act.fields
            .add("subjects:json", serde_json::json!([{"what": "system", "system": system}]).to_string());
    }
    act.fields.add("command", "declare".to_owned());
    let request: Request = act.fields.request(&TimeZone::UTC)?;
    let done = web.app.declare(&act.desk.actor, practice, request, act.how().key).await?;
    Ok(Redirect::to(&format!("/incidents/{}", done.incident)).into_response())
}
