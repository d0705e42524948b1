//! A link signs a browser in, once. The link's token is used up by the first GET; the browser gets a session cookie that
//! no script can read and no other site can send.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    caller::{By, Read, cookie_name, peer},
    doors::Doors,
    error::Problem,
    pages::{entrance, layout, providers, told},
    received::Named,
    state::Web,
};

/// As long as a session lasts, in seconds.
const SESSION: u32 = 12 * 60 * 60;

pub(crate) fn routes() -> Doors {
    Doors::default()
        .get("/signin", entrance::page)
        .post("/signin", entrance::enter)
        .post("/signin/passkey", entrance::passkey)
        .post("/signin/passkey/challenge", entrance::challenge)
        .get("/signin/with/{provider}", providers::leave)
        .get("/signin/return", providers::back)
        .post("/signin/second", providers::second)
        .get("/signin/{token}", sign_in)
        .post("/signout", sign_out)
}

async fn sign_in(
    State(web): State<Web>,
    method: Method,
    headers: HeaderMap,
    extensions: axum::http::Extensions,
    Named(token): Named<String>,
) -> Result<Response, Problem> {
    // Programs that preview links ask with HEAD; they must not use the link up.
    if method == Method::HEAD {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let Some(session) = web.app.use_link(&token).await? else {
        return match web.failures.count(peer(&extensions)) {
            Ok(()) => Ok(layout::bare(&web, StatusCode::GONE, "Link used", &told::link_is_used())),
            Err(seconds) => Err(Problem::too_many_failures(seconds)),
        };
    };
    let caller = web.app.caller(&session.token).await?;
    let account = match caller {
        Some(caller) => web.app.own_account(&caller.actor).await?,
        None => None,
    };
    // Somebody invited comes by a link once; what they need next is a password of their own.
    let next = if account.is_some_and(|account| !account.password) { "/me" } else { "/" };
    // From a page of another site (mail read in a browser) a strict cookie would not come along to where we send it.
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let begin = if elsewhere { begin_here } else { begin };
    Ok(begin(&web, &session.token, next))
}

async fn sign_out(State(web): State<Web>, by: By<Read>) -> Result<Response, Problem> {
    if by.session {
        web.app.end_session(&by.actor, by.token.id).await?;
    }
    Ok(with_cookie(&web, "", 0, "/signin"))
}

/// On to a page, as somebody who is signed in.
pub(crate) fn begin(web: &Web, token: &str, next: &'static str) -> Response {
    with_cookie(web, token, SESSION, next)
}

/// The same, by way of a page of our own: a browser that comes from another site sends a strict cookie from there only.
pub(crate) fn begin_here(web: &Web, token: &str, next: &'static str) -> Response {
    carrying(web, layout::onward(web, next, "Signed in", "You are signed in."), token)
}

/// An answer that replaces the browser's session.
pub(crate) fn carrying(web: &Web, mut response: Response, token: &str) -> Response {
    set_cookie(web, &mut response, token, SESSION);
    response
}

/// On to a page, with the cookie set; or taken away, where it is to live for no time.
fn with_cookie(web: &Web, token: &str, seconds: u32, next: &'static str) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, next)]).into_response();
    set_cookie(web, &mut response, token, seconds);
    response
}

fn set_cookie(web: &Web, response: &mut Response, token: &str, seconds: u32) {
    let (name, secure) = (cookie_name(web.config.secure), if web.config.secure { "; Secure" } else { "" });
    let cookie = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}
