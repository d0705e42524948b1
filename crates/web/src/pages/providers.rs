//! The way in by somebody else's sign-in page: away to the provider, and back. What the browser keeps in between is a
//! sealed ticket in a cookie of its own, which may come along from another site and is good for nothing else.

use app::accounts::{Came, IdentityView, Returning};
use axum::{
    body::Bytes,
    extract::State,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    desk::{Act, Desk},
    entrance,
    form::Fields,
    layout,
    own::{secret, told},
};
use crate::{
    caller::{peer, same_origin},
    error::Problem,
    received::{Asked, Named},
    signin,
    site::At,
    state::Web,
};

/// As long as somebody may take at the provider, in seconds.
const AWAY: u32 = 15 * 60;

const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-tourniquet-trip" } else { "tourniquet-trip" }
}

/// Links to the providers there are.
pub(super) fn offered(web: &Web) -> Markup {
    let providers = web.app.providers();
    html! {
        @if !providers.is_empty() {
            div.card {
                h2 { "With an account you have elsewhere" }
                p.actions { @for provider in &providers { a.button.plain href={ "/signin/with/" (provider.key) } { "Sign in with " (provider.name) } } }
            }
        }
    }
}

fn redirect(at: &At) -> Result<String, Problem> {
    let unknown = || {
        Problem::invalid("/", "this server does not know its own address: whoever runs it sets --public-url")
    };
    at.address.as_ref().map(|address| format!("{address}/signin/return")).ok_or_else(unknown)
}

/// Away to a provider, to sign in.
pub(crate) async fn leave(
    State(web): State<Web>,
    at: At,
    headers: HeaderMap,
    Named(key): Named<String>,
) -> Result<Response, Problem> {
    // A page of another site must not begin a sign-in: its visitor would find themselves signed in as somebody else.
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        let detail = "the link came from another site: open the sign-in page itself";
        return Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", "The sign-in was not begun", detail));
    }
    let left = web.app.leave_for_provider(&key, redirect(&at)?, None).await?;
    Ok(away(&web, left))
}

/// Away to a provider, to link it to one's own account.
pub(crate) async fn link(desk: Desk, at: At, Named(key): Named<String>) -> Result<Response, Problem> {
    let own = Some((&desk.actor, &desk.caller.token));
    let left = desk.web.app.leave_for_provider(&key, redirect(&at)?, own).await?;
    Ok(away(&desk.web, left))
}

fn away(web: &Web, left: Result<app::accounts::Leaving, app::ports::NotVouched>) -> Response {
    match left {
        Ok(leaving) => {
            let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, leaving.address)]).into_response();
            keep(web, &mut response, &leaving.ticket, AWAY);
            response
        }
        Err(why) => no(web, StatusCode::BAD_GATEWAY, &why.what),
    }
}

fn keep(web: &Web, response: &mut Response, ticket: &str, seconds: u32) {
    let (name, secure) = (cookie_name(web.config.secure), if web.config.secure { "; Secure" } else { "" });
    // Lax and not Strict: the browser comes back by a link on the provider's site (RFC 6265bis section 5.6.7.2).
    let cookie = format!("{name}={ticket}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn kept(headers: &HeaderMap, secure: bool) -> Option<String> {
    crate::caller::cookie(headers, cookie_name(secure)).map(str::to_owned)
}

/// What a provider sends along (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Back from a provider.
pub(crate) async fn back(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    Asked(answer): Asked<Answer>,
) -> Result<Response, Problem> {
    let Answer { code, state, error } = answer;
    let returning = Returning { ticket: kept(&headers, web.config.secure), code, state, error };
    let came = web.app.return_from_provider(returning).await?;
    let mut response = arrived(&web, &extensions, came)?;
    // A round trip is made once.
    keep(&web, &mut response, "", 0);
    Ok(response)
}

fn arrived(web: &Web, extensions: &Extensions, came: Came) -> Result<Response, Problem> {
    Ok(match came {
        Came::Session(session) => signin::begin_here(web, &session.token, "/"),
        Came::Linked => layout::onward(web, "/me", "Linked", "The two are linked."),
        Came::More(ticket) => layout::bare(web, StatusCode::OK, "One more step", &code(&ticket, None)),
        Came::No(what) => {
            web.failures.count(peer(extensions)).map_err(Problem::too_many_failures)?;
            no(web, StatusCode::FORBIDDEN, &what)
        }
    })
}

fn code(ticket: &str, wrong: Option<&str>) -> Markup {
    html! {
        h1 { "One more step" }
        @if let Some(wrong) = wrong { p.notice.bad role="alert" { (wrong) } }
        form.sheet method="post" action="/signin/second" {
            input type="hidden" name="ticket" value=(ticket);
            label.field { span { "The code of your app, or a recovery code" } input type="text" name="code" required maxlength="40" autocomplete="one-time-code" spellcheck="false" autofocus; }
            button.first type="submit" { "Sign in" }
        }
        p { "Or " a href="/signin" { "use a passkey" } "." }
    }
}

/// The code that an account asks for after its provider.
pub(crate) async fn second(
    State(web): State<Web>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Result<Response, Problem> {
    if !same_origin(&headers) {
        return Err(entrance::from_elsewhere());
    }
    let fields = Fields::read(&body);
    let (ticket, given) = (fields.get("ticket").unwrap_or_default(), fields.get("code").unwrap_or_default());
    match web.app.second_after_provider(ticket, given).await? {
        Came::More(ticket) => {
            web.failures.count(peer(&extensions)).map_err(Problem::too_many_failures)?;
            let page = code(&ticket, Some("That is not the code now. Try the next one."));
            Ok(layout::bare(&web, StatusCode::UNPROCESSABLE_ENTITY, "One more step", &page))
        }
        came => arrived(&web, &extensions, came),
    }
}

fn no(web: &Web, status: StatusCode, what: &str) -> Response {
    let body = html! {
        h1 { "You are not signed in" }
        p.lead { (what) }
        p.actions { a.button.first href="/signin" { "Sign in another way" } }
    };
    layout::bare(web, status, "Sign in", &body)
}

/// The part of one's own page.
pub(super) fn section(desk: &Desk, linked: &[IdentityView], password: bool) -> Markup {
    let providers = desk.web.app.providers();
    html! {
        @if !providers.is_empty() || !linked.is_empty() {
            section aria-labelledby="linked-h" {
                h2 #linked-h { "Sign-ins you have elsewhere" }
                @if !linked.is_empty() { ul.plain { @for own in linked { li {
                    @let name = providers.iter().find(|provider| provider.issuer == own.issuer).map_or(own.issuer.as_str(), |provider| &provider.name);
                    article.card { h3 { (name) } p.small.quiet { "as " code { (own.subject) } }
                        details.act { summary { "Unlink it" } form.do method="post" action={ "/me/identities/" (own.id) "/unlink" } {
                            (desk.seal()) @if password { (secret("present", "Your password", "current-password")) } button.risky type="submit" aria-label={ "Unlink " (name) } { "Unlink it" }
                        } }
                    }
                } } } }
                p.actions { @for provider in providers.iter().filter(|provider| !linked.iter().any(|own| own.issuer == provider.issuer)) {
                    a.button.plain href={ "/me/link/" (provider.key) } { "Link " (provider.name) }
                } }
            }
        }
    }
}

/// Unlinks one.
pub(crate) async fn unlink(Named(id): Named<String>, at: At, act: Act) -> Result<Response, Problem> {
    let present = act.fields.whole("present").map(str::to_owned);
    let desk = &act.desk;
    desk.web.app.unlink_own_identity(&desk.actor, &desk.caller.token, &id, present).await?;
    told(act, at, "The two are no longer linked.").await
}
