//! The way in for people with an account: a passkey; or name, password and, where they have set one up, a code. What was wrong is not
//! said, so that nobody learns here who has an account.

use app::accounts::{CameFrom, Credentials, PasskeyChallenge, SignedIn};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};

use super::{form::Fields, layout, providers};
use crate::{
    caller::{Visitor, cookie, peer, same_origin},
    error::Problem,
    signin,
    site::At,
    state::Web,
};

/// The form.
pub(crate) async fn page(State(web): State<Web>, at: At, Visitor(there): Visitor) -> Response {
    if there.is_some() {
        return Redirect::to("/").into_response();
    }
    layout::entrance(&web, StatusCode::OK, "Sign in", &form(&web, &at, "", None))
}

/// Somebody signed in as a stranger would write their notes into the stranger's hands.
pub(super) fn from_elsewhere() -> Problem {
    let detail = "the form came from another site: open the sign-in page itself";
    Problem::new(StatusCode::FORBIDDEN, "cross_site", "The form was not taken", detail)
}

/// Signs in.
pub(crate) async fn enter(
    State(web): State<Web>,
    at: At,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if !same_origin(&headers) {
        return Err(from_elsewhere());
    }
    let fields = Fields::read(&body);
    let name = fields.get("name").unwrap_or_default().to_owned();
    let password = fields.whole("password").unwrap_or_default().to_owned();
    let code = fields.get("code").map(str::to_owned);
    let given = Credentials { sign_in: name.clone(), password, code };
    let browser = cookie(&headers, known_name(web.config.secure)).map(str::to_owned);
    let outcome = web.app.sign_in(given, CameFrom { address: peer(&extensions), browser }).await?;
    let known = matches!(outcome, SignedIn::Session(_)).then(|| web.app.known_browser(&name)).transpose()?;
    let mut response = outcome_of(&web, &at, &extensions, &name, outcome)?;
    if let Some(known) = known {
        keep(&web, &mut response, &known);
    }
    Ok(response)
}

const fn known_name(secure: bool) -> &'static str {
    if secure { "__Host-tourniquet-known" } else { "tourniquet-known" }
}

/// Lets the browser show later that its owner signed in here before.
fn keep(web: &Web, response: &mut Response, known: &str) {
    let (name, secure) = (known_name(web.config.secure), if web.config.secure { "; Secure" } else { "" });
    let cookie = format!("{name}={known}; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

fn outcome_of(
    web: &Web,
    at: &At,
    extensions: &Extensions,
    name: &str,
    outcome: SignedIn,
) -> Result<Response, Problem> {
    let wrong = |why: &str| {
        let body = form(web, at, name, Some(why));
        layout::entrance(web, StatusCode::UNPROCESSABLE_ENTITY, "Sign in", &body)
    };
    Ok(match outcome {
        SignedIn::Session(session) => signin::begin(web, &session.token, "/"),
        SignedIn::MoreNeeded { app: true, .. } => wrong(
            "This account also asks for a code. Type your password again, and the code that your app shows now. A passkey \
             or a recovery code will do as well.",
        ),
        SignedIn::MoreNeeded { .. } => wrong(
            "This account also asks for a passkey. Use it with the button below, or type your password again with a \
             recovery code.",
        ),
        SignedIn::No => match web.failures.count(peer(extensions)) {
            Ok(()) => wrong(
                "That did not match. Check the name, the password and, if you use one, the code or passkey.",
            ),
            Err(seconds) => return Err(Problem::too_many_failures(seconds)),
        },
        SignedIn::Wait(seconds) => return Err(Problem::too_many_failures(seconds)),
    })
}

/// What the browser is to be asked.
pub(crate) async fn challenge(
    State(web): State<Web>,
    at: At,
    headers: HeaderMap,
) -> Result<Json<PasskeyChallenge>, Problem> {
    if !same_origin(&headers) {
        return Err(from_elsewhere());
    }
    Ok(Json(web.app.ask_passkey(at.need_site()?)?))
}

/// Signs in with a passkey.
pub(crate) async fn passkey(
    State(web): State<Web>,
    at: At,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if !same_origin(&headers) {
        return Err(from_elsewhere());
    }
    let fields = Fields::read(&body);
    let (ticket, answer) =
        (fields.get("ticket").unwrap_or_default(), fields.get("answer").unwrap_or_default());
    let outcome = web.app.sign_in_with_passkey(at.need_site()?, ticket, answer).await?;
    outcome_of(&web, &at, &extensions, "", outcome)
}

fn form(web: &Web, at: &At, name: &str, wrong: Option<&str>) -> Markup {
    html! {
        h1 { "Sign in" }
        @if let Some(wrong) = wrong { p.notice.bad role="alert" { (wrong) } }
        @if at.site.is_some() {
            form.sheet hidden method="post" action="/signin/passkey" data-passkey="get" data-ask="/signin/passkey/challenge" {
                input type="hidden" name="ticket"; input type="hidden" name="answer";
                p { "Your telephone, your computer or your security key knows you." }
                button type="submit" { "Sign in with a passkey" }
                p role="alert" data-trouble {}
            }
        } @else if let Some(other) = &at.instead {
            p.small.quiet { "For a passkey, open " a href={ (other) "/signin" } { (other) } "." }
        }
        form.sheet method="post" action="/signin" {
            label.field { span { "E-mail address" } input type="email" name="name" value=(name) required maxlength="254" autocomplete="username" autofocus[name.is_empty()]; }
            label.field { span { "Password" } input type="password" name="password" required maxlength="1024" autocomplete="current-password" autofocus[!name.is_empty()]; }
            label.field { span { "Code " small.quiet { "only if you use an authenticator app; a recovery code will do" } } input type="text" name="code" maxlength="40" inputmode="text" autocomplete="one-time-code" spellcheck="false"; }
            button.first type="submit" { "Sign in" }
        }
        (providers::offered(web))
        details.more {
            summary { "I cannot sign in" }
            p { "Whoever leads the response, or your practice’s owner, can let you in at once for four hours (page Emergency access), or send you a link with which you begin anew (page Administration, or " code { "tourniquet account reset NAME" } ")." }
            p { "If something is wrong with the computers right now: call your practice’s manager. Do not wait." }
        }
    }
}
