//! The way in for people with an account: name, password and, where they have set one up, a code. What was wrong is not
//! said, so that nobody learns here who has an account.

use app::accounts::{Credentials, SignedIn};
use axum::{
    body::Bytes,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};

use super::{form::Fields, layout};
use crate::{
    caller::{Visitor, peer, same_origin},
    error::Problem,
    signin,
    state::Web,
};

/// The form.
pub(crate) async fn page(State(web): State<Web>, Visitor(there): Visitor) -> Response {
    if there.is_some() {
        return Redirect::to("/").into_response();
    }
    layout::bare(&web, StatusCode::OK, "Sign in", &form("", None))
}

/// Signs in.
pub(crate) async fn enter(
    State(web): State<Web>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    // Somebody signed in as a stranger would write their notes into the stranger's hands.
    if !same_origin(&headers) {
        let detail = "the form came from another site: open the sign-in page itself";
        return Err(Problem::new(StatusCode::FORBIDDEN, "cross_site", "The form was not taken", detail));
    }
    let fields = Fields::read(&body);
    let name = fields.get("name").unwrap_or_default().to_owned();
    let password = fields.whole("password").unwrap_or_default().to_owned();
    let code = fields.get("code").map(str::to_owned);
    let given = Credentials { sign_in: name.clone(), password, code };
    let wrong =
        |why: &str| layout::bare(&web, StatusCode::UNPROCESSABLE_ENTITY, "Sign in", &form(&name, Some(why)));
    Ok(match web.app.sign_in(given, peer(&extensions)).await? {
        SignedIn::Session(session) => signin::begin(&web, &session.token, "/"),
        SignedIn::CodeNeeded => wrong(
            "This account also asks for a code. Type your password again, and the code that your app shows now.",
        ),
        SignedIn::No => match web.failures.count(peer(&extensions)) {
            Ok(()) => {
                wrong("That did not match. Check the name, the password and, if you use one, the code.")
            }
            Err(seconds) => return Err(Problem::too_many_failures(seconds)),
        },
        SignedIn::Wait(seconds) => return Err(Problem::too_many_failures(seconds)),
    })
}

fn form(name: &str, wrong: Option<&str>) -> Markup {
    html! {
        h1 { "Sign in" }
        @if let Some(wrong) = wrong { p.notice.bad role="alert" { (wrong) } }
        form.sheet method="post" action="/signin" {
            label.field { span { "E-mail address" } input type="email" name="name" value=(name) required maxlength="254" autocomplete="username" autofocus[name.is_empty()]; }
            label.field { span { "Password" } input type="password" name="password" required maxlength="1024" autocomplete="current-password" autofocus[!name.is_empty()]; }
            label.field { span { "Code " small.quiet { "only if you use an authenticator app; a recovery code will do" } } input type="text" name="code" maxlength="40" inputmode="text" autocomplete="one-time-code" spellcheck="false"; }
            button.first type="submit" { "Sign in" }
        }
        details.more {
            summary { "I cannot sign in" }
            p { "Whoever leads the response, or your practice’s administrator, can send you a link that lets you in once: page Administration, or " code { "tourniquet account reset NAME" } "." }
            p { "If something is wrong with the computers right now: call your practice’s manager. Do not wait." }
        }
    }
}
