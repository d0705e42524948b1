//! Two pages that need no script: what is open, and one incident. They hold whatever attackers wrote into alerts, so
//! that everything is text (`maud` escapes it) and the page's policy lets nothing run, load or be framed.

use app::{
    ports::{IncidentQuery, IncidentRow},
    read::{EntryView, IncidentView},
    retention::RetentionQuery,
    status::{Running, Today},
};
use axum::{
    Router,
    extract::State,
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use incident::{Clock, Decision, PhaseStatus, PhaseView};
use jiff::tz::TimeZone;
use kernel::{Actor, Capability, IncidentId, Severity, Timestamp};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{caller::Visitor, error::Problem, keeping, received::Named, state::Web};

const STYLE: &str = include_str!("page.css");
/// Entries shown of a timeline, newest first; the API has them all.
const RECENT: usize = 200;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/", get(start)).route("/incidents/{id}", get(incident))
}

/// A page with its policy: a style of its own, forms to ourselves, and nothing else.
fn page(web: &Web, status: StatusCode, title: &str, visitor: Option<&Actor>, body: &Markup) -> Response {
    let random: [u8; 16] = web.app.edge().random();
    let nonce: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · Tourniquet" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header.top {
                    strong { a href="/" { "Tourniquet" } }
                    @if let Some(actor) = visitor {
                        span.small {
                            (actor.name) span.quiet { " · " (actor.role) } " "
                            form method="post" action="/signout" { button type="submit" { "Sign out" } }
                        }
                    }
                }
                main #main { (body) }
            }
        }
    };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    );
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (status, headers, markup.into_string()).into_response()
}

/// What a browser is shown whose link was used before.
pub(crate) fn link_is_used(web: &Web) -> Response {
    let body = html! {
        h1 { "This link is no good any more" }
        p { "A link signs one browser in, once, and ends by itself. Ask whoever leads the response for a new one." }
    };
    page(web, StatusCode::GONE, "Link used", None, &body)
}

fn signed_out(web: &Web, status: StatusCode) -> Response {
    let body = html! {
        h1 { "You are not signed in" }
        p { "Whoever leads the response gives you a link. Open it in this browser; it works once." }
        div.card {
            h3 { "For the lead" }
            p { "Make a link with " code { "tourniquet token link --name NAME --role ROLE" }
                ", or with " code { "POST /api/v1/tokens" } " and " code { r#""kind": "link""# } "." }
        }
        p.quiet { "If something is wrong with the computers right now and you cannot sign in: call your practice's manager. Do not wait." }
    };
    page(web, status, "Sign in", None, &body)
}

async fn start(State(web): State<Web>, Visitor(visitor): Visitor) -> Result<Response, Problem> {
    let Some(actor) = visitor else { return Ok(signed_out(&web, StatusCode::OK)) };
    let today = if actor.practice.is_some() { web.app.today(&actor, None).await? } else { Vec::new() };
    if !actor.role.may(Capability::Read) {
        let body = html! {
            @for today in &today { h1 { (today.name) } (what_works(today, true)) }
            @if today.is_empty() { h1 { "Nothing to show" } p { "Your role sees what works at one practice, and this sign-in is for none." } }
        };
        return Ok(page(&web, StatusCode::OK, "Today", Some(&actor), &body));
    }
    let open = incidents(&web, &actor, "open").await?;
    let closed = incidents(&web, &actor, "closed").await?;
    let body = html! {
        h1 { @match open.len() { 0 => "No incident is open", 1 => "One incident is open", _ => "Open incidents" } }
        (rows(&open))
        @for today in today.iter().filter(|today| !today.all_works) { (what_works(today, false)) }
        @if !closed.is_empty() { h2 { "Closed" } (rows(&closed)) }
    };
    Ok(page(&web, StatusCode::OK, "Incidents", Some(&actor), &body))
}

async fn incidents(web: &Web, actor: &Actor, status: &str) -> Result<Vec<IncidentRow>, Problem> {
    let query = IncidentQuery { status: Some(status.to_owned()), limit: 50, ..IncidentQuery::default() };
    Ok(web.app.incidents(actor, query).await?.items)
}

fn rows(rows: &[IncidentRow]) -> Markup {
    html! {
        ul.plain {
            @for row in rows {
                li.card {
                    h3 { a href={ "/incidents/" (row.id) } { (row.title) } }
                    p { (severity(row.severity)) " " span.quiet { (row.kind.replace('_', " ")) " · " (row.phase.replace('_', " ")) } }
                    p.quiet.small {
                        "declared " (at(row.declared_at, &TimeZone::UTC))
                        @if let Some(due) = row.next_due { " · next clock " (at(due, &TimeZone::UTC)) }
                    }
                }
            }
        }
    }
}

async fn incident(
    State(web): State<Web>,
    Visitor(visitor): Visitor,
    Named(id): Named<IncidentId>,
) -> Result<Response, Problem> {
    let Some(actor) = visitor else { return Ok(signed_out(&web, StatusCode::UNAUTHORIZED)) };
    let view = match web.app.incident(&actor, id).await.map_err(Problem::from) {
        Ok(view) => view,
        Err(problem) if problem.status < 500 => return Ok(told(&web, &actor, &problem)),
        Err(problem) => return Err(problem),
    };
    let profile = web.app.profile(&actor, view.state.practice).await?;
    let timeline = web.app.timeline(&actor, id).await?;
    let today = web.app.today(&actor, Some(view.state.practice)).await?;
    let kept = RetentionQuery { incident: Some(id), ..RetentionQuery::default() };
    let kept = web.app.retention(&actor, kept).await?;
    let zone = profile.practice.zone();
    let body = html! {
        p.quiet { (profile.practice.name) " · " (id) }
        h1 { (view.state.title) }
        (head(&view, &zone))
        nav.documents aria-label="Documents" {
            a href={ "/api/v1/incidents/" (id) "/report.pdf" } { "Report (PDF)" }
            a href={ "/api/v1/incidents/" (id) "/decisions.md" } { "Decisions (text)" }
            a href={ "/api/v1/incidents/" (id) "/obligations.ics" } { "Legal dates (calendar)" }
        }
        h2 { "Next decisions" }
        (decisions(&view.decisions, &zone))
        @for today in &today { (what_works(today, false)) }
        h2 { "Phases" }
        div.grid { @for phase in &view.phases { (phase_card(phase)) } }
        h2 { "Clocks" }
        (clocks(&view.clocks, &zone))
        (keeping::section(&kept))
        h2 { "Timeline" }
        (entries(&timeline, &zone))
    };
    Ok(page(&web, StatusCode::OK, &view.state.title, Some(&actor), &body))
}

fn told(web: &Web, actor: &Actor, problem: &Problem) -> Response {
    let body =
        html! { h1 { (problem.title) } p { (problem.detail) } p { a href="/" { "Back to the start" } } };
    page(web, problem.status(), &problem.title, Some(actor), &body)
}

fn head(view: &IncidentView, zone: &TimeZone) -> Markup {
    let state = &view.state;
    html! {
        p {
            @if let Some(standing) = &state.severity { (severity(standing.severity)) " " }
            @if let Some(kind) = state.kind { span.tag { (kind.plain()) } " " }
            @if state.exercise { span.tag.care { "exercise" } " " }
            @if state.status == incident::Status::Closed { span.tag.good { "closed" } }
        }
        @if let Some(declared) = &state.declared {
            p.quiet { "Declared " (at(declared.at, zone)) " by " (declared.name) "." }
        }
        @if let Some(standing) = &state.severity {
            ul { @for reason in &standing.reasons { li { (reason) } } }
        }
        @for broken in &state.glass_broken {
            p.bad { strong { "Done without approval: " } (broken.reason) " (" (broken.stamp.name) ", " (at(broken.stamp.at, zone)) ")" }
        }
    }
}

fn decisions(decisions: &[Decision], zone: &TimeZone) -> Markup {
    html! {
        @if decisions.is_empty() { p.quiet { "Nothing waits for a decision." } }
        ol.plain {
            @for decision in decisions {
                li.card {
                    h3 { (decision.number) ". " (decision.what) }
                    p { (decision.why) }
                    @if let Some(stops) = decision.stops.as_ref().filter(|stops| !stops.services.is_empty()) { p.care { (stops.sentence()) } }
                    p.quiet.small {
                        "for the " (decision.owner)
                        @if let Some(due) = decision.due_at { " · by " (at(due, zone)) }
                    }
                }
            }
        }
    }
}

/// What works today, for each place; with what to do, for those who see nothing else.
fn what_works(today: &Today, whole: bool) -> Markup {
    html! {
        h2 { "What works today" @if !whole { " at " (today.name) } }
        @for happening in today.happening.iter().filter(|_| whole) {
            p { @if happening.exercise { span.tag.care { "exercise" } " " } (happening.what) }
        }
        @if today.all_works { p.good { "Everything works." } }
        div.grid {
            @for place in &today.services {
                div.card {
                    h3 { (place.service.name) }
                    p.small.quiet { (place.service.workflow.plain()) }
                    (running(place.running))
                    @if !place.service.because.is_empty() {
                        p.small { "misses " (place.service.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
                    }
                    @for procedure in place.service.downtime.iter().filter(|_| place.running != Running::Works) { p { "Use: " strong { (procedure) } } }
                    @if place.running != Running::Works {
                        p.small.quiet { (place.service.visits) " visits and " (place.service.procedures) " procedures in the next twelve hours" }
                    }
                }
            }
        }
        @if !today.do_not_use.is_empty() {
            h3 { "Do not use" }
            ul { @for system in &today.do_not_use { li { strong { (system.name) } ": " (system.why) } } }
        }
        @if whole {
            h3 { "What to do, and what to leave" }
            ul { @for line in &today.advice { li { (line) } } }
        }
    }
}

fn running(running: Running) -> Markup {
    match running {
        Running::Works => html! { span.tag.good { "works" } },
        Running::OnPaper => html! { span.tag.care { "on paper" } },
        Running::Stopped => html! { span.tag.bad { "stopped" } },
    }
}

fn phase_card(phase: &PhaseView) -> Markup {
    html! {
        div.card {
            h3 { (capitalised(phase.phase.plain())) }
            @match phase.status {
                PhaseStatus::NotStarted => p.quiet { "not started" },
                PhaseStatus::Running => p.care { (phase.done) " of " (phase.total) " done" },
                PhaseStatus::Done => p.good { "done" },
            }
            @if phase.total > 0 { progress value=(phase.done) max=(phase.total) aria-label=(phase.phase.plain()) {} }
            @if phase.status != PhaseStatus::Done {
                ul.small { @for open in phase.open.iter().take(6) { li { (open) } } }
                @if phase.open.len() > 6 { p.small.quiet { "and " (phase.open.len() - 6) " more" } }
            }
        }
    }
}

fn clocks(clocks: &[Clock], zone: &TimeZone) -> Markup {
    html! {
        @if clocks.is_empty() { p.quiet { "No clock runs." } }
        ul.plain {
            @for clock in clocks {
                li.card {
                    strong { (clock.what) } " "
                    @if clock.stopped_at.is_some() { span.tag.good { "stopped" } }
                    @else if clock.late { span.tag.bad { "late" } }
                    @else { span.tag.care { "runs" } }
                    p.small.quiet {
                        "for the " (clock.owner)
                        @if let Some(due) = clock.due_at { " · due " (at(due, zone)) }
                        @if let Some(stopped) = clock.stopped_at { " · stopped " (at(stopped, zone)) }
                    }
                }
            }
        }
    }
}

fn entries(timeline: &[EntryView], zone: &TimeZone) -> Markup {
    html! {
        ol.plain.line {
            @for seen in timeline.iter().rev().take(RECENT) {
                li {
                    time datetime=(seen.entry.at) { (at(seen.entry.at, zone)) " · " (seen.entry.actor.name) ", " (seen.entry.actor.role) }
                    (seen.says)
                }
            }
        }
        @if timeline.len() > RECENT { p.quiet { (timeline.len() - RECENT) " earlier entries are in the report and the API." } }
    }
}

fn severity(severity: Severity) -> Markup {
    match severity {
        Severity::Critical | Severity::High => html! { span.tag.bad { (severity) } },
        Severity::Medium => html! { span.tag.care { (severity) } },
        _ => html! { span.tag.quiet { (severity) } },
    }
}

fn at(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %b %-d %Y, %-I:%M %p %Z").to_string()
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
