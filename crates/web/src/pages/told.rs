//! What a person is told when something is refused or is not there: the same problem that a program gets, as a page that
//! says what happened, what was not done, and what to do next.

use axum::{
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::Response,
};
use maud::{Markup, html};

use super::layout;
use crate::{error::Problem, state::Web};

/// Turns a problem into a page where a browser asked.
pub(crate) async fn in_words(State(web): State<Web>, request: Request, next: Next) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let browser = accepts.is_some_and(|kinds| kinds.contains("text/html"))
        && !request.uri().path().starts_with("/api/");
    let (method, back) = (request.method().clone(), back(&request));
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        Some(problem) if browser => {
            let body = if problem.code == "unauthenticated" {
                signed_out()
            } else {
                told(&problem, &method, back.as_deref())
            };
            let title = if problem.code == "unauthenticated" { "Sign in" } else { &problem.title };
            let mut page = layout::bare(&web, problem.status(), title, &body);
            if let Some(wait) = response.headers().get(header::RETRY_AFTER) {
                page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
            }
            page
        }
        _ => response,
    }
}

/// The page that the request came from is not sent to us (`no-referrer`); for an incident's form its own page is near.
fn back(request: &Request) -> Option<String> {
    let mut parts = request.uri().path().split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some(kind @ ("incidents" | "alerts")), Some(id)) => Some(format!("/{kind}/{id}")),
        _ => None,
    }
}

fn told(problem: &Problem, method: &Method, back: Option<&str>) -> Markup {
    html! {
        p.kicker { (problem.status) }
        h1 { (problem.title) }
        p.lead { (sentence(&problem.detail)) }
        @if !problem.missing.is_empty() {
            h2 { "What is missing" }
            ul { @for missing in &problem.missing { li { (sentence(missing)) } } }
        }
        @if *method == Method::POST && problem.status < 500 { p.quiet { "Nothing was recorded. Go back in your browser: what you wrote is still in the form." } }
        p.actions {
            @if let Some(back) = back { a.button href=(back) { "Back" } }
            a.button.plain href="/" { "To the board" }
        }
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut text: String =
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// The page of somebody who is not signed in.
pub(crate) fn signed_out() -> Markup {
    html! {
        h1 { "You are not signed in" }
        p.actions { a.button.first href="/signin" { "Sign in" } }
        p.lead { "Or open the link that whoever leads the response has given you. It signs one browser in, once." }
        div.card {
            h2 { "For the lead" }
            p { "Make an account with " code { "tourniquet account add NAME --sign-in E-MAIL --role ROLE" } ", or on the page Administration." }
        }
        p { "If something is wrong with the computers right now and you cannot sign in: call your practice’s manager. Do not wait." }
    }
}

/// What a browser is shown whose link was used before.
pub(crate) fn link_is_used() -> Markup {
    html! {
        h1 { "This link is no good any more" }
        p.lead { "A link signs one browser in, once, and ends by itself. Ask whoever leads the response for a new one." }
    }
}
