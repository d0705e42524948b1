//! Passkeys on one's own page: a list, a form that makes one, a form that removes one. Making one is a dialogue with the
//! browser itself (`assets/desk.js`); where that cannot be, the page says so and the other ways stay.

use app::{
    AppError,
    accounts::{NewPasskey, PasskeyChallenge, PasskeyView},
    ports::Site,
};
use axum::{Json, response::Response};
use maud::{Markup, html};

use super::{
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    own::{codes, secret, told},
    parts,
};
use crate::{error::Problem, received::Named, site::At};

/// The part of the page.
pub(super) fn section(desk: &Desk, keys: &[PasskeyView], password: bool, at: &At) -> Markup {
    html! {
        section aria-labelledby="passkeys-h" {
            h2 #passkeys-h { "Passkeys" }
            p.quiet { "A passkey is kept by your telephone, your computer or a security key. It asks for your finger, your face or a PIN, works for this site alone, and cannot be typed into a false one." }
            @if !keys.is_empty() { ul.plain { @for key in keys { li { (one(desk, key, password, at.site.as_ref())) } } } }
            @match (&at.site, &at.instead) {
                (Some(_), _) => (make(desk, password, keys.is_empty())),
                (None, Some(other)) => p { "Passkeys belong to a name and not to a number. Open " a href={ (other) "/me" } { (other) } " to make one." },
                (None, None) => p { "This server does not know its own address, and without it no passkey can be made: whoever runs it sets " code { "--public-url" } "." },
            }
        }
    }
}

fn make(desk: &Desk, password: bool, first: bool) -> Markup {
    html! {
        p.small data-without-passkeys { "Making one needs a browser that knows passkeys, with scripts on. Everything else here works without." }
        form.sheet hidden method="post" action="/me/passkeys" data-passkey="create" data-ask="/me/passkeys/challenge" {
            (desk.seal())
            input type="hidden" name="ticket"; input type="hidden" name="answer";
            label.field { span { "What you call it" } input type="text" name="name" required maxlength="60" autocomplete="off" placeholder="My telephone"; }
            @if password { (secret("present", "Your password", "current-password")) }
            button.first[first] type="submit" { "Make a passkey" }
            p role="alert" data-trouble {}
        }
    }
}

fn one(desk: &Desk, key: &PasskeyView, password: bool, site: Option<&Site>) -> Markup {
    html! {
        article.card {
            div.line { h3 { (key.name) } @if site.is_some_and(|site| site.origin != key.site) { (parts::chip("care", "◐", "for another address")) } }
            p.small.quiet { "Made " (parts::moment(key.created_at, &jiff::tz::TimeZone::UTC)) " UTC for " (key.site)
                @match key.used_at { Some(used) => { ", last used " (parts::moment(used, &jiff::tz::TimeZone::UTC)) " UTC" }, None => ", not used yet" } }
            details.act { summary { "Remove it" } form.do method="post" action={ "/me/passkeys/" (key.id) "/remove" } {
                (desk.seal()) p.small { "Remove it on the device as well: this page cannot." }
                @if password { (secret("present", "Your password", "current-password")) }
                button.risky type="submit" aria-label={ "Remove the passkey " (key.name) } { "Remove it" }
            } }
        }
    }
}

/// What the browser is to be asked for a new passkey.
pub(crate) async fn challenge(at: At, act: Act) -> Result<Json<PasskeyChallenge>, Problem> {
    let present = act.fields.whole("present").map(str::to_owned);
    let desk = &act.desk;
    let asked = desk.web.app.begin_passkey(&desk.actor, &desk.caller.token, at.need_site()?, present).await?;
    Ok(Json(asked))
}

/// Keeps the passkey that the browser made, and shows recovery codes where it is the first second factor.
pub(crate) async fn make_one(at: At, mut act: Act) -> Result<Response, Problem> {
    let text = |name: &str| act.fields.get(name).unwrap_or_default().to_owned();
    let new = NewPasskey { ticket: text("ticket"), answer: text("answer"), name: text("name") };
    let desk = &act.desk;
    let made = desk.web.app.add_passkey(&desk.actor, at.need_site()?, new).await?;
    if made.recovery_codes.is_empty() {
        return told(act, at, "Your passkey is in use.").await;
    }
    "/me".clone_into(&mut act.desk.here);
    let body = codes("Your passkey is in use", &made.recovery_codes);
    Ok(layout::page(&act.desk, &Sheet::new("Recovery codes", Place::Own, body)))
}

/// Removes one.
pub(crate) async fn remove(Named(id): Named<String>, at: At, act: Act) -> Result<Response, Problem> {
    let present = act.fields.whole("present").map(str::to_owned);
    let desk = &act.desk;
    desk.web.app.drop_passkey(&desk.actor, &desk.caller.token, &id, present).await?;
    told(act, at, "The passkey is removed. Remove it on the device as well.").await
}

/// One's passkeys; none for somebody without an account.
pub(super) async fn of(desk: &Desk) -> Result<Vec<PasskeyView>, Problem> {
    match desk.web.app.passkeys(&desk.actor).await {
        Err(AppError::NotFound { .. }) => Ok(Vec::new()),
        other => Ok(other?),
    }
}
