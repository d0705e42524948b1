//! The page for everybody at the practice, without an account: what works today and what to use instead, and six plain
//! questions when something is wrong. The address holds a token of the role staff, which can do these two things and
//! nothing else; reports from one address are counted, so that nobody floods the queue.

use std::net::IpAddr;

use app::{
    intake::StaffReport,
    ports::TokenKind,
    status::{Running, Today},
};
use axum::{
    body::Body,
    extract::State,
    http::{Extensions, Request, StatusCode},
    response::Response,
};
use kernel::{Actor, PracticeId, Role};
use maud::{Markup, html};

use super::{
    desk::Desk,
    form::Fields,
    layout::{self, Place, Sheet},
    parts,
};
use crate::{
    caller::peer,
    error::Problem,
    limits,
    received::{self, Named},
    state::Web,
};

/// The longest form, in bytes.
const LONGEST: usize = 64 << 10;

/// What works today, for those who are signed in.
pub(crate) async fn today(desk: Desk) -> Result<Response, Problem> {
    let all = desk.web.app.today(&desk.actor, None).await?;
    let body = html! {
        @if all.is_empty() { (parts::empty("No practice is known yet.", &html! {})) }
        @for today in &all { (works(today)) }
    };
    Ok(layout::page(&desk, &Sheet::new("What works", Place::Today, body).wide()))
}

/// The page behind a staff link.
pub(crate) async fn page(
    State(web): State<Web>,
    Named(token): Named<String>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let (actor, practice) = known(&web, &token, peer(&extensions)).await?;
    let today = web.app.today(&actor, Some(practice)).await?;
    let body = html! {
        @for today in &today { (works(today)) }
        section aria-labelledby="wrong-h" {
            h2 #wrong-h { "Something is wrong?" }
            p { "Tell us here. It goes to the people who can help. You do nothing wrong when you ask." }
            (questions(&token))
        }
    };
    Ok(layout::bare(&web, StatusCode::OK, "What works today", &body))
}

/// Takes a report.
pub(crate) async fn report(
    State(web): State<Web>,
    Named(token): Named<String>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let address = peer(request.extensions());
    let (actor, practice) = known(&web, &token, address).await?;
    web.reports.count(address).map_err(Problem::too_many_failures)?;
    let bytes = received::bytes(request, &web, limits::JSON_BODY).await?;
    if bytes.len() > LONGEST {
        return Err(Problem::too_large(u64::try_from(LONGEST).unwrap_or(u64::MAX)));
    }
    let fields = Fields::read(&bytes);
    let text = |name: &str| fields.get(name).map(str::to_owned);
    let when = text("when");
    let what = [text("what"), when.map(|when| format!("Seen: {when}."))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let told = StaffReport {
        what,
        place: text("place"),
        who: text("who"),
        when: None,
        screen: text("screen"),
        contact: text("contact"),
    };
    web.app.report_trouble(&actor, practice, told).await?;
    let body = html! {
        h1 { "Thank you. We have it." }
        p.lead { "Somebody will call you or come to you." }
        (do_now())
        p.actions { a.button href={ "/staff/" (token) } { "See what works today" } }
    };
    Ok(layout::bare(&web, StatusCode::OK, "We have it", &body))
}

/// Whose page it is. Wrong links are counted by address as wrong tokens are.
async fn known(web: &Web, token: &str, address: Option<IpAddr>) -> Result<(Actor, PracticeId), Problem> {
    let found = web
        .app
        .caller(token)
        .await?
        .filter(|caller| caller.token.kind == TokenKind::Api && caller.actor.role == Role::Staff);
    if let Some((actor, practice)) =
        found.and_then(|caller| caller.actor.practice.map(|practice| (caller.actor, practice)))
    {
        return Ok((actor, practice));
    }
    web.failures.count(address).map_err(Problem::too_many_failures)?;
    Err(Problem::not_found("this page; ask your manager for the right link"))
}

fn questions(token: &str) -> Markup {
    html! {
        form.sheet.staff method="post" action={ "/staff/" (token) } {
            label.field { span { "1. What is wrong?" } textarea name="what" rows="3" required maxlength="4000" {} }
            label.field { span { "2. Where is it? The room or the name on the computer" } input type="text" name="place" maxlength="200"; }
            label.field { span { "3. When did you first see it?" } input type="text" name="when" maxlength="100" placeholder="Just now"; }
            label.field { span { "4. What do you see on the screen?" } textarea name="screen" rows="2" maxlength="4000" {} }
            label.field { span { "5. Your name" } input type="text" name="who" maxlength="100" autocomplete="name"; }
            label.field { span { "6. How can we reach you?" } input type="text" name="contact" maxlength="100" autocomplete="tel"; }
            p.small { "Please do not write any patient’s name." }
            button.first type="submit" { "Send it" }
        }
        (do_now())
    }
}

fn do_now() -> Markup {
    html! {
        div.card {
            h2 { "What to do now" }
            ul {
                li { "Leave the computer on. Do not turn it off." }
                li { "Take out the network cable, or turn off the Wi-Fi." }
                li { "Do not click, pay or answer anything on the screen." }
                li { "Use the paper form for your patients." }
                li { "If a patient is in danger, call for help first." }
            }
        }
    }
}

/// What works at one practice.
pub(crate) fn works(today: &Today) -> Markup {
    html! {
        section.works aria-label={ "What works today at " (today.name) } {
            h1 { "What works today" }
            p.lead { (today.name) @if today.all_works { ": everything works." } }
            @for happening in &today.happening { p.notice { @if happening.exercise { (parts::chip("care", "◇", "exercise")) " " } (happening.what) } }
            ul.tiles {
                @for place in &today.services {
                    li.tile {
                        strong { (place.service.name) } (parts::running(place.running))
                        @if place.running != Running::Works {
                            @for form in &place.service.downtime { span { "Use: " strong { (form) } } }
                            @if !place.service.because.is_empty() { span.small.quiet { "Down: " (place.service.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) } }
                        }
                    }
                }
            }
            @if !today.do_not_use.is_empty() { h2 { "Do not use" } ul { @for system in &today.do_not_use { li { strong { (system.name) } ": " (system.why) } } } }
            @if !today.advice.is_empty() { h2 { "What to do" } ul { @for line in &today.advice { li { (line) } } } }
        }
    }
}
