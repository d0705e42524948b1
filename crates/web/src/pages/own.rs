//! One's own account: password, passkeys, authenticator app, sign-ins elsewhere, and the browsers in which one is signed in. What guards the account is
//! changed only by somebody who knows the password, so that a browser left open gives nothing away for good.

use app::accounts::{AccountView, Enrolment};
use axum::response::Response;
use jiff::tz::TimeZone;
use kernel::TokenId;
use maud::{Markup, html};

use super::{
    desk::{Act, Desk},
    elsewhere,
    layout::{self, Place, Sheet},
    parts, passkeys, providers,
};
use crate::{error::Problem, received::Named, site::At};

/// What there is.
pub(crate) async fn page(desk: Desk, at: At) -> Result<Response, Problem> {
    shown(&desk, &at, &html! {}).await
}

async fn shown(desk: &Desk, at: &At, told: &Markup) -> Result<Response, Problem> {
    let account = desk.web.app.own_account(&desk.actor).await?;
    let keys = passkeys::of(desk).await?;
    let standings = elsewhere::own(desk).await?;
    let body = html! {
        h1 { "Your account" }
        (told)
        @match &account {
            Some(account) => {
                p.lead { (account.name) ", " (account.role) " · signs in as " (account.sign_in) }
                (standings)
                (password(desk, account))
                (passkeys::section(desk, &keys, account.password, at))
                (authenticator(desk, account))
                (providers::section(desk, &account.identities, account.password))
            }
            None if desk.caller.token.account.is_some() => {
                p { "You are at another practice than the one that your account is for. What guards your account is changed there." }
                (standings)
            }
            None => p { "You came by a link. It signs this browser in and nothing else; an administrator can make you an account with a password." }
        }
        (sessions(desk).await?)
        p.small { a href="/emergencies" { "Emergency access" } ": when somebody is needed now and cannot sign in." }
    };
    Ok(layout::page(desk, &Sheet::new("Your account", Place::Own, body)))
}

fn password(desk: &Desk, account: &AccountView) -> Markup {
    html! {
        section aria-labelledby="password-h" {
            h2 #password-h { @if account.password { "Change your password" } @else { "Choose a password" } }
            p.quiet { "At least 15 characters. Four or five words that only you would put together are easy to keep in mind and hard to guess." }
            form.sheet method="post" action="/me/password" {
                (desk.seal())
                input type="hidden" autocomplete="username" value=(account.sign_in);
                @if account.password { (secret("present", "Your present password", "current-password")) }
                (secret("new", "New password", "new-password"))
                (secret("again", "The new password again", "new-password"))
                button.first type="submit" { "Set the password" }
            }
            @if account.password { p.small.quiet { "Every other browser in which you are signed in is signed out." } }
        }
    }
}

fn authenticator(desk: &Desk, account: &AccountView) -> Markup {
    html! {
        section aria-labelledby="app-h" {
            h2 #app-h { "Authenticator app" }
            @if account.authenticator {
                p { (parts::chip("good", "●", "in use")) " " (parts::count(account.recovery_codes, "recovery code is", "recovery codes are")) " left." }
                details.act { summary { "Stop using it" } form.do method="post" action="/me/authenticator/drop" {
                    (desk.seal()) (secret("present", "Your password", "current-password")) button.risky type="submit" { "Stop using it" }
                } }
            } @else {
                p { "An app on your telephone shows a new code every half minute. Whoever learns your password still cannot get in." }
            }
            @if account.password {
                details.act open[!account.authenticator] { summary { @if account.authenticator { "Set up another telephone" } @else { "Set it up" } } form.do method="post" action="/me/authenticator" {
                    (desk.seal()) (secret("present", "Your password", "current-password")) button.first type="submit" { "Go on" }
                } }
            } @else { p.quiet { "Choose a password first." } }
        }
    }
}

pub(super) fn secret(name: &str, label: &str, kind: &str) -> Markup {
    html! { label.field { span { (label) } input type="password" name=(name) required maxlength="1024" autocomplete=(kind); } }
}

async fn sessions(desk: &Desk) -> Result<Markup, Problem> {
    let rows = desk.web.app.sessions(&desk.actor).await?;
    Ok(html! {
        section aria-labelledby="in-h" {
            h2 #in-h { "Where you are signed in" }
            ul.plain {
                @for row in &rows { li {
                    "A browser, since " (parts::moment(row.created_at, &TimeZone::UTC)) " UTC"
                    @if let Some(end) = row.expires_at { ", until " (parts::moment(end, &TimeZone::UTC)) " UTC" }
                    @if row.id == desk.caller.token.id { " " (parts::chip("calm", "●", "this one")) }
                    @else { form.do method="post" action={ "/me/sessions/" (row.id) "/end" } { (desk.seal()) button.plain type="submit" { "Sign it out" } } }
                } }
            }
        }
    })
}

/// Sets the password.
pub(crate) async fn set_password(at: At, act: Act) -> Result<Response, Problem> {
    let text = |name: &str| act.fields.whole(name).map(str::to_owned);
    let new = text("new").unwrap_or_default();
    if text("again").unwrap_or_default() != new {
        return Err(Problem::invalid("again", "the two new passwords are not the same: type both again"));
    }
    let desk = &act.desk;
    desk.web.app.set_password(&desk.actor, desk.caller.token.id, text("present"), new).await?;
    told(act, at, "Your password is set. Use it, with your e-mail address, the next time you sign in.").await
}

/// Begins to set an authenticator app up: shows what it has to be told.
pub(crate) async fn begin(mut act: Act) -> Result<Response, Problem> {
    let present = act.fields.whole("present").map(str::to_owned);
    let enrolment = act.desk.web.app.begin_authenticator(&act.desk.actor, present).await?;
    "/me".clone_into(&mut act.desk.here);
    let body = enrolling(&act.desk, &enrolment)?;
    Ok(layout::page(&act.desk, &Sheet::new("Authenticator app", Place::Own, body)))
}

fn enrolling(desk: &Desk, enrolment: &Enrolment) -> Result<Markup, Problem> {
    let groups: Vec<String> = enrolment
        .secret
        .as_bytes()
        .chunks(4)
        .map(|four| String::from_utf8_lossy(four).into_owned())
        .collect();
    Ok(html! {
        h1 { "Set up your authenticator app" }
        ol {
            li { p { "Open the app and scan this." } div.qr { (super::qr::drawn(&enrolment.address, "QR code for the app; the key stands below it")?) } p.small { "Or type this key into it: " code { (groups.join(" ")) } } }
            li { p { "Type the code that it shows now." }
                form.sheet method="post" action="/me/authenticator/confirm" {
                    (desk.seal())
                    label.field { span { "Code" } input type="text" name="code" required maxlength="10" inputmode="numeric" autocomplete="one-time-code" autofocus; }
                    button.first type="submit" { "Use this app" }
                }
            }
        }
        p { a href="/me" { "Not now" } }
    })
}

/// Ends the setting up, and shows the recovery codes this once.
pub(crate) async fn confirm(mut act: Act) -> Result<Response, Problem> {
    let code = act.fields.get("code").unwrap_or_default().to_owned();
    let recovery = act.desk.web.app.confirm_authenticator(&act.desk.actor, &code).await?;
    "/me".clone_into(&mut act.desk.here);
    let body = codes("Your app is in use", &recovery.codes);
    Ok(layout::page(&act.desk, &Sheet::new("Recovery codes", Place::Own, body)))
}

/// Recovery codes, shown once.
pub(super) fn codes(title: &str, codes: &[String]) -> Markup {
    html! {
        h1 { (title) }
        div.notice.good role="status" { p { strong { "Print or write these down, and keep them where your telephone is not." } " With your password, each lets you in once in place of the app’s code or a passkey. They are not shown again." } }
        ul.plain.codes { @for code in codes { li { code { (code) } } } }
        p.actions { a.button href="/me" { "I have kept them" } }
    }
}

/// Stops using the app.
pub(crate) async fn drop_app(at: At, act: Act) -> Result<Response, Problem> {
    let present = act.fields.whole("present").map(str::to_owned);
    act.desk.web.app.drop_authenticator(&act.desk.actor, present).await?;
    told(act, at, "The app is no longer asked for, and its recovery codes are void.").await
}

/// Signs another browser out.
pub(crate) async fn end(Named(id): Named<TokenId>, at: At, act: Act) -> Result<Response, Problem> {
    act.desk.web.app.end_session(&act.desk.actor, id).await?;
    told(act, at, "That browser is signed out.").await
}

/// The page again, with what was done.
pub(super) async fn told(mut act: Act, at: At, what: &str) -> Result<Response, Problem> {
    "/me".clone_into(&mut act.desk.here);
    shown(&act.desk, &at, &html! { p.notice.good role="status" { (what) } }).await
}
