//! The frame of every page: head, policy, navigation, and the place where a page's own content goes. The policy lets
//! nothing run, load or be framed but what this program serves and this answer named with its nonce.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use kernel::{Capability, IncidentId};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::desk::Desk;
use crate::{assets::ASSETS, state::Web};

/// Where a page stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Board,
    Alerts,
    Journal,
    Today,
    Practices,
    Administration,
    Own,
    Incident(Tab),
}

/// A page of one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Room,
    Systems,
    Accounts,
    Investigation,
    Evidence,
    Breach,
    Recovery,
    Reports,
    Lessons,
    Situation,
    Notes,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Room, "", "War room"),
        (Self::Systems, "/systems", "Systems"),
        (Self::Accounts, "/accounts", "Accounts"),
        (Self::Investigation, "/investigation", "Investigation"),
        (Self::Evidence, "/evidence", "Evidence"),
        (Self::Breach, "/breach", "Breach"),
        (Self::Recovery, "/recovery", "Recovery"),
        (Self::Reports, "/reports", "Reports"),
        (Self::Lessons, "/lessons", "Lessons"),
        (Self::Situation, "/situation", "Situation"),
        (Self::Notes, "/notes", "Notes"),
    ];
}

/// A page's content.
pub(crate) struct Sheet {
    pub(crate) title: String,
    pub(crate) place: Place,
    pub(crate) body: Markup,
    /// Followed live: the page is asked for again when something of this incident changes after this log index.
    pub(crate) live: Option<(IncidentId, u64)>,
    /// Wide for lists and maps; else as wide as one reads well.
    pub(crate) wide: bool,
    /// The region that answers a form of the page while one types: its id.
    pub(crate) asks: Option<&'static str>,
}

impl Sheet {
    pub(crate) fn new(title: impl Into<String>, place: Place, body: Markup) -> Self {
        Self { title: title.into(), place, body, live: None, wide: false, asks: None }
    }

    pub(crate) fn live(mut self, incident: IncidentId, from: u64) -> Self {
        self.live = Some((incident, from));
        self
    }

    pub(crate) fn asks(mut self, region: &'static str) -> Self {
        self.asks = Some(region);
        self
    }

    pub(crate) fn wide(mut self) -> Self {
        self.wide = true;
        self
    }
}

/// A page for somebody who is signed in.
pub(crate) fn page(desk: &Desk, sheet: &Sheet) -> Response {
    let nonce = nonce(&desk.web);
    let body = html! {
        div.frame {
            header.rail {
                a.mark href="/" aria-label="Tourniquet, to the board" { (mark()) span { "Tourniquet" } }
                (navigation(desk, sheet.place))
                div.who {
                    div.me {
                        a.name href="/me" aria-current=[(sheet.place == Place::Own).then_some("page")] { (desk.actor.name) }
                        span.quiet.small { (desk.actor.role) @if let Some(profile) = &desk.place { " · " (profile.practice.name) } }
                    }
                    form method="post" action="/signout" { button.plain type="submit" { "Sign out" } }
                }
            }
            main #main .wide[sheet.wide] tabindex="-1" {
                (super::glass::band(desk))
                (sheet.body)
                p #away .away-note hidden role="status" { "There is no way to the server just now. The page shows what it last heard, and nothing is sent. It goes on by itself." }
                @if let Some((incident, from)) = sheet.live { (feed(incident, from, &desk.here, &nonce)) }
                @if let Some(region) = sheet.asks { div #ask hx-nonce=(nonce) hx-get=(desk.here) hx-trigger="ask" hx-swap="none" hx-select-oob={ "#" (region) ":outerMorph" } {} }
            }
        }
    };
    paper(StatusCode::OK, &sheet.title, &nonce, Scripts::All, &body)
}

/// Regions of a page, for one that has the rest of it.
pub(crate) fn regions(markup: Markup) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
    ];
    (StatusCode::OK, headers, without_controls(markup.into_string())).into_response()
}

/// What a page runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scripts {
    /// Nothing.
    None,
    /// Our own small module: the sign-in page asks the browser for passkeys.
    Own,
    /// htmx as well.
    All,
}

/// A page without navigation: sign-in, the staff's own, errors.
pub(crate) fn bare(web: &Web, status: StatusCode, title: &str, body: &Markup) -> Response {
    paper(status, title, &nonce(web), Scripts::None, &alone(body))
}

/// The same with our own module: the page of the entrance.
pub(crate) fn entrance(web: &Web, status: StatusCode, title: &str, body: &Markup) -> Response {
    paper(status, title, &nonce(web), Scripts::Own, &alone(body))
}

fn alone(body: &Markup) -> Markup {
    html! {
        div.alone {
            header { span.mark { (mark()) span { "Tourniquet" } } }
            main #main tabindex="-1" { (body) }
        }
    }
}

/// A page that leads on to another of our own by itself, and by a link where it does not.
pub(crate) fn onward(web: &Web, next: &'static str, title: &str, what: &str) -> Response {
    let body = html! { h1 { (what) } p.actions { a.button.first href=(next) { "Go on" } } };
    let mut response = bare(web, StatusCode::OK, title, &body);
    if let Ok(value) = HeaderValue::from_str(&format!("0; url={next}")) {
        // Understood by every browser, though only its twin in a page's head stands in the HTML Standard (section 15.1.1).
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

fn nonce(web: &Web) -> String {
    let random: [u8; 16] = web.app.edge().random();
    random.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn paper(status: StatusCode, title: &str, nonce: &str, scripts: Scripts, body: &Markup) -> Response {
    let assets = &*ASSETS;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                title { (title) " · Tourniquet" }
                link rel="icon" href=(assets.mark.path) type="image/svg+xml";
                link rel="stylesheet" href=(assets.style.path) nonce=(nonce);
                @if scripts == Scripts::All {
                    meta name="htmx-config" content="extensions:\"hx-csp,sse\",includeIndicatorCSS:false,history:false,defaultTimeout:15000";
                    script src=(assets.htmx.path) nonce=(nonce) defer {}
                }
                @if scripts != Scripts::None { script src=(assets.desk.path) nonce=(nonce) defer {} }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    };
    let scripting = match scripts {
        Scripts::None => String::new(),
        Scripts::Own => format!("script-src 'nonce-{nonce}'; connect-src 'self'; trusted-types 'none'; "),
        Scripts::All => format!("script-src 'nonce-{nonce}'; connect-src 'self'; trusted-types htmx; "),
    };
    let policy = format!(
        "default-src 'none'; {scripting}style-src 'nonce-{nonce}'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    let headers: [(HeaderName, String); 3] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()".to_owned(),
        ),
    ];
    (status, headers, without_controls(markup.into_string())).into_response()
}

/// A page holds no control characters but tabs and line ends: HTML forbids them (HTML Standard, section 13.2.3.5), and what
/// came in over the API or with an alert may hold any.
fn without_controls(text: String) -> String {
    let kept = |byte: u8| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r');
    if text.bytes().all(kept) {
        return text;
    }
    text.chars().filter(|one| !one.is_control() || matches!(one, '\t' | '\n' | '\r')).collect()
}

fn navigation(desk: &Desk, place: Place) -> Markup {
    let reads = desk.actor.role.may(Capability::Read);
    let entries = [
        (Place::Board, "/", "Board", reads),
        (Place::Alerts, "/alerts", "Alerts", reads),
        (Place::Today, "/today", "What works", true),
        (Place::Practices, "/practices", "Practices", reads),
        (Place::Journal, "/journal", "Journal", reads),
        (
            Place::Administration,
            "/administration",
            "Administration",
            desk.actor.role.may(Capability::Administer),
        ),
    ];
    html! {
        nav aria-label="Main" {
            ul {
                @for (own, path, name, shown) in entries {
                    @let current = own == place || (own == Place::Board && matches!(place, Place::Incident(_)));
                    @if shown { li { a href=(path) aria-current=[current.then_some("page")] { (name) } } }
                }
            }
        }
    }
}

/// The pages of one incident.
pub(crate) fn tabs(incident: IncidentId, tab: Tab) -> Markup {
    html! {
        nav.tabs aria-label="This incident" {
            ul {
                @for (own, path, name) in Tab::ALL {
                    li { a href={ "/incidents/" (incident) (path) } aria-current=[(own == tab).then_some("page")] { (name) } }
                }
                li { a href={ "/journal?incident=" (incident) } { "Record" } }
            }
        }
    }
}

/// The stream, and what asks for the page again when it says that something moved.
fn feed(incident: IncidentId, from: u64, here: &str, nonce: &str) -> Markup {
    html! {
        div #feed hx-nonce=(nonce) hx-sse:connect={ "/incidents/" (incident) "/live?from=" (from) } hx-swap="none" {}
        div #renew hx-nonce=(nonce) hx-get=(here) hx-trigger="moved from:#feed" hx-swap="none" {}
        p #kept .notice hidden role="status" { "Something changed where you are writing. It is shown when you have sent your form, or " a href=(here) { "now" } "." }
    }
}

fn mark() -> Markup {
    PreEscaped(include_str!("../assets/mark.svg").replacen(
        "<svg ",
        "<svg aria-hidden=\"true\" class=\"glyph\" ",
        1,
    ))
}
