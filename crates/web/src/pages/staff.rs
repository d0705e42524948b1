//! The page for everybody at the practice, without an account: what works today and what to use instead with the paper
//! form to print, and six plain questions and a photo when something is wrong. The address holds a token of the role
//! staff, which can do these things and nothing else; reports from one address are counted, so that nobody floods the
//! queue. A poster with the address as a QR code hangs where no computer works.

use std::{net::IpAddr, time::Duration};

use app::{
    AppError,
    intake::StaffReport,
    photos,
    ports::TokenKind,
    status::{Running, Today},
};
use axum::{
    body::Body,
    extract::State,
    http::{Extensions, HeaderMap, Request, StatusCode, header},
    response::Response,
};
use kernel::{Actor, Capability, PracticeId, Role};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    desk::Desk,
    downtime,
    form::Fields,
    layout::{self, Place, Sheet},
    parts, qr,
};
use crate::{
    caller::peer,
    error::Problem,
    limits,
    multipart::Multipart,
    received::{self, Asked, Named},
    state::Web,
};

/// So many practices are shown on one page.
const FEW: usize = 12;
/// The longest form, in bytes.
const LONGEST: usize = 64 << 10;
/// How long a form with a photo may take: a telephone at the edge of the Wi-Fi.
const PATIENCE: Duration = Duration::from_secs(180);

/// What works today, for those who are signed in.
pub(crate) async fn today(desk: Desk, which: Which) -> Result<Response, Problem> {
    let one = which.practice;
    // Who serves many practices chooses one: what works is worked out from each one's open incidents.
    if one.is_none() && desk.actor.role.may(Capability::Read) && desk.actor.practice.is_none() {
        let names = desk.web.app.practice_names(&desk.actor).await?;
        if names.len() > FEW {
            let body = html! {
                h1 { "What works today" }
                p.lead { "Choose the practice." }
                (super::practice::search("/today", &which.text, &names, |id| format!("/today?practice={id}")))
            };
            return Ok(layout::page(&desk, &Sheet::new("What works", Place::Today, body).wide()));
        }
    }
    let all = desk.web.app.today(&desk.actor, one).await?;
    let body = html! {
        @if all.is_empty() { (parts::empty("No practice is known yet.", &html! { p.small { "Take one in: " code { "tourniquet practice set practice.toml" } } })) }
        @for today in &all { (works(today, &format!("/practices/{}", today.practice))) }
    };
    Ok(layout::page(&desk, &Sheet::new("What works", Place::Today, body).wide()))
}

/// Of which practice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Which {
    practice: Option<PracticeId>,
    /// A part of the name of the one that is looked for.
    text: String,
}

/// The same at its own address, of one practice where it is named.
pub(crate) async fn today_page(desk: Desk, Asked(which): Asked<Which>) -> Result<Response, Problem> {
    today(desk, which).await
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
        p.alarm.unprinted { a.button href="#wrong-h" { "Something is wrong? Tell us" } }
        @for today in &today { (works(today, &format!("/staff/{token}"))) }
        section.unprinted aria-labelledby="wrong-h" {
            h2 #wrong-h tabindex="-1" { "Something is wrong?" }
            p { "Tell us here. It goes to the people who can help. You do nothing wrong when you ask." }
            (questions(&token))
        }
        p.unprinted { a href={ "/staff/" (token) "/poster" } { "A sheet for the wall, with a code to scan" } }
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
    web.reports.count(address).map_err(Problem::too_many_reports)?;
    let sent = tokio::time::timeout(PATIENCE, read(request, &web)).await;
    let (fields, photo) = sent.map_err(|_| Problem::too_slow())??;
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
    let taken = web.app.report_trouble(&actor, practice, told).await?;
    // The report stands whatever becomes of the photo.
    let trouble = match (photo, taken.id) {
        (Some(Ok(photo)), Some(alert)) => match web.app.add_photo(&actor, alert, photo).await {
            Ok(_) => None,
            Err(AppError::Invalid { .. }) => Some("It is not a photo that we can use."),
            Err(error) => return Err(error.into()),
        },
        (Some(Err(why)), _) => Some(why),
        _ => None,
    };
    let body = html! {
        h1 { "Thank you. We have it." }
        p.lead { "Somebody will call you or come to you." }
        @if let Some(why) = trouble { p.notice.care { "But the photo did not come with it. " (why) " Keep it, and show it to whoever comes." } }
        (do_now())
        p.actions { a.button href={ "/staff/" (token) } { "See what works today" } }
    };
    Ok(layout::bare(&web, StatusCode::OK, "We have it", &body))
}

/// The fields of a report, and its photo or why there is none.
type Told = (Fields, Option<Result<Vec<u8>, &'static str>>);

async fn read(request: Request<Body>, web: &Web) -> Result<Told, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let Some(kind) = kind.filter(|kind| kind.starts_with("multipart/")).map(str::to_owned) else {
        let bytes = received::bytes(request, web, limits::JSON_BODY).await?;
        if bytes.len() > LONGEST {
            return Err(Problem::too_large(u64::try_from(LONGEST).unwrap_or(u64::MAX)));
        }
        return Ok((Fields::read(&bytes), None));
    };
    let mut form = Multipart::new(&kind, request.into_body())?;
    let (mut fields, mut photo) = (Fields::default(), None);
    let mut left = LONGEST;
    while let Some(part) = form.part().await? {
        if part.file.is_none() {
            let text = form.text(left).await?;
            left = left.saturating_sub(text.len());
            fields.add(&part.name, text);
        } else if part.name == "photo" && photo.is_none() {
            photo = match form.bytes(usize::try_from(photos::LARGEST).unwrap_or(usize::MAX)).await {
                Ok(bytes) if bytes.is_empty() => None,
                Ok(bytes) => Some(Ok(bytes)),
                // What was said is taken all the same; the rest of the form is only the photo's.
                Err(problem) if problem.status == 413 => return Ok((fields, Some(Err("It is too large.")))),
                Err(problem) => return Err(problem),
            };
        }
    }
    Ok((fields, photo))
}

/// The paper form of a service, blank.
pub(crate) async fn form(
    State(web): State<Web>,
    Named((token, service)): Named<(String, String)>,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let (actor, practice) = known(&web, &token, peer(&extensions)).await?;
    let profile = web.app.profile(&actor, practice).await?;
    let service = profile.practice.service(&service).ok_or_else(|| Problem::not_found("this form"))?;
    let body = html! {
        (downtime::form(&profile.practice.name, service))
        p.unprinted { a href={ "/staff/" (token) } { "Back" } }
    };
    Ok(layout::bare(&web, StatusCode::OK, &format!("Form for {}", service.name), &body))
}

/// A sheet for the wall: the page's address as a code that a telephone reads.
pub(crate) async fn poster(
    State(web): State<Web>,
    Named(token): Named<String>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<Response, Problem> {
    let (actor, practice) = known(&web, &token, peer(&extensions)).await?;
    let profile = web.app.profile(&actor, practice).await?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = if web.config.secure { "https" } else { "http" };
    let address = format!("{scheme}://{host}/staff/{token}");
    let body = html! {
        article.poster {
            p.kicker { (profile.practice.name) }
            h1 { "Something wrong with a computer?" }
            p.lead { "Scan this with your phone. Tell us what you see. It takes one minute." }
            div.qr { (qr::drawn(&address, "Code for the page where you tell us")?) }
            p { "You also see there what works today, and which paper form to use." }
            (do_now())
            p.small { "No phone? Tell your manager." }
        }
        p.unprinted { "Print this sheet and hang it where the staff can see it. Whoever has it can tell you of trouble and see what works, and nothing else. A lead can end it under Administration." }
        p.unprinted { a href={ "/staff/" (token) } { "Back" } }
    };
    Ok(layout::bare(&web, StatusCode::OK, "A sheet for the wall", &body))
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
        form.sheet.staff method="post" enctype="multipart/form-data" action={ "/staff/" (token) } {
            label.field { span { "1. What is wrong?" } textarea name="what" rows="3" required maxlength="4000" {} }
            label.field { span { "2. Where is it? The room or the name on the computer" } input type="text" name="place" maxlength="200"; }
            label.field { span { "3. When did you first see it?" } input type="text" name="when" maxlength="100" placeholder="Just now"; }
            label.field { span { "4. What do you see on the screen?" } textarea name="screen" rows="2" maxlength="4000" {} }
            label.field { span { "5. Your name" } input type="text" name="who" maxlength="100" autocomplete="name"; }
            label.field { span { "6. How can we reach you?" } input type="text" name="contact" maxlength="100" autocomplete="tel"; }
            label.field { span { "A photo of the screen, if you like" } input type="file" name="photo" accept="image/jpeg,image/png,image/webp,image/heic" capture="environment"; }
            p.small { "Please do not write any patient’s name. Keep patients out of the photo." }
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

/// What works at one practice. Paper forms are below `under`.
pub(crate) fn works(today: &Today, under: &str) -> Markup {
    html! {
        section.works aria-label={ "What works today at " (today.name) } {
            h1 { "What works today" }
            p.lead { (today.name) @if today.all_works { ": everything works." } }
            @for happening in &today.happening { p.notice { @if happening.exercise { (parts::chip("care", "◇", "exercise")) " " } (happening.what) } }
            ul.tiles {
                @for place in &today.services {
                    li.tile {
                        strong { (place.service.name) } (parts::running(place.running))
                        span.small { a href=(downtime::place(under, &place.service.service)) { "Paper form to print" span.unseen { " for " (place.service.name) } } }
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
