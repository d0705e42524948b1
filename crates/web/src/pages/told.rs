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
    let asked = Asked::of(&request);
    let response = next.run(request).await;
    match response.extensions().get::<Problem>().cloned() {
        Some(problem) if browser => {
            let wait = response.headers().get(header::RETRY_AFTER);
            let seconds = wait.and_then(|wait| wait.to_str().ok()?.parse().ok());
            let (title, body) = match () {
                () if asked.staff => asked.plainly(&problem, seconds),
                () if problem.code == "unauthenticated" => ("Sign in".to_owned(), signed_out()),
                () => (problem.title.clone(), asked.told(&problem, seconds)),
            };
            let mut page = layout::bare(&web, problem.status(), &title, &body);
            if let Some(wait) = wait {
                page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
            }
            page
        }
        _ => response,
    }
}

/// What was asked, as far as the next step depends on it.
struct Asked {
    method: Method,
    /// The page itself.
    here: String,
    /// A page nearer than the board.
    back: Option<String>,
    /// It is the staff's own page: they have no account and no board, and read plain English.
    staff: bool,
}

/// How long to wait, in words.
fn wait(seconds: Option<u32>) -> String {
    match seconds.unwrap_or(60) {
        0..=90 => "a minute".to_owned(),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let mut parts = path.split('/').skip(1);
        // The page that the request came from is not sent to us (`no-referrer`); for an incident's form its own page is near.
        let (kind, id) = (parts.next(), parts.next());
        let back = match (kind, id) {
            (Some(kind @ ("incidents" | "alerts" | "practices")), Some(id)) => Some(format!("/{kind}/{id}")),
            (Some(kind @ ("administration" | "journal" | "me" | "emergencies")), _) => {
                Some(format!("/{kind}"))
            }
            (Some("staff"), Some(token)) => Some(format!("/staff/{token}")),
            _ => None,
        };
        let here = request.uri().path_and_query().map_or("/", |place| place.as_str());
        let back = back.filter(|back| *back != here);
        Self { method: request.method().clone(), here: here.to_owned(), back, staff: kind == Some("staff") }
    }

    fn again(&self, status: u16) -> Markup {
        html! { @if self.method == Method::GET && matches!(status, 408 | 429 | 500..) { a.button href=(self.here) { "Try again" } } }
    }

    fn told(&self, problem: &Problem, seconds: Option<u32>) -> Markup {
        html! {
            p.kicker { (problem.status) }
            h1 { (problem.title) }
            p.lead { (sentence(&problem.detail)) }
            @match problem.code.as_str() {
                "not_found" | "no_such_route" => p { "The address may be mistyped. What it named may have another name by now, or belong to a practice that you do not serve." },
                "forbidden" | "not_yours" | "out_of_scope" => p { "Whoever leads the response can do it, or give you a role that may." },
                "too_many_failures" => p { "Wait " (wait(seconds)) ", then try once more. Whoever leads the response can let you in at once (page Emergency access)." },
                "unavailable" => p { "Wait a few seconds, then try again. What is recorded stays recorded." },
                _ => {},
            }
            @if problem.status == 500 { p { "It is not your doing. If it comes again, tell whoever runs this server, with the time: its log says what went wrong. Keep working on paper where you must." } }
            @if !problem.missing.is_empty() {
                h2 { "What is missing" }
                ul { @for missing in &problem.missing { li { (sentence(missing)) } } }
            }
            @if self.method == Method::POST && problem.status < 500 { p.quiet { "Nothing was recorded. Go back in your browser: what you wrote is still in the form." } }
            p.actions {
                (self.again(problem.status))
                @if let Some(back) = &self.back { a.button.plain href=(back) { "Back" } }
                a.button.plain href="/" { "To the board" }
            }
        }
    }

    /// The same for the staff's own pages, in plain English.
    fn plainly(&self, problem: &Problem, seconds: Option<u32>) -> (String, Markup) {
        let sent = self.method == Method::POST;
        let (title, text) = match problem.status {
            404 => {
                ("This page is not here", "The link may be old. Ask your manager for the new one.".to_owned())
            }
            429 => (
                "Please wait a bit",
                format!("Many reports came from here. Wait {}. Then send it again.", wait(seconds)),
            ),
            413 => (
                "That is too big",
                "Go back. Take the photo out, or write less. Then send it again.".to_owned(),
            ),
            400..=499 => (
                "We could not take it",
                "Go back. Say what is wrong in the first box. Then send it again.".to_owned(),
            ),
            _ => (
                "This page does not work now",
                "It is not your fault. Wait a bit, then try again.".to_owned(),
            ),
        };
        let body = html! {
            h1 { (title) }
            p.lead { (text) }
            @if sent { p { "Your words are still there when you go back." } }
            p { "If it cannot wait, call your manager now. If a patient is in danger, call for help first." }
            p.actions {
                (self.again(problem.status))
                @if problem.status != 404 { @if let Some(back) = &self.back { a.button.plain href=(back) { "See what works today" } } }
            }
        };
        (title.to_owned(), body)
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
