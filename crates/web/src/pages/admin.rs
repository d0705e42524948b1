//! Administration: who may come in. Links, tokens and sessions are made and ended here; a token's text is shown once.

use app::{
    access::NewToken,
    ports::{TokenKind, TokenRow},
};
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, tz::TimeZone};
use kernel::{Capability, PracticeId, Role, TokenId};
use maud::{Markup, html};

use super::{
    action::{Field, one},
    choosing,
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    parts, people,
};
use crate::{error::Problem, received::Named, state::Web};

/// What there is.
pub(crate) async fn page(desk: Desk) -> Result<Response, Problem> {
    let body = body(&desk, &html! {}).await?;
    Ok(layout::page(&desk, &Sheet::new("Administration", Place::Administration, body).wide()))
}

async fn body(desk: &Desk, made: &Markup) -> Result<Markup, Problem> {
    let rows = desk.web.app.tokens(&desk.actor).await?;
    let practices = desk.web.app.practice_names(&desk.actor).await?;
    let now = desk.web.app.edge().now();
    let (mut good, ended): (Vec<&TokenRow>, Vec<&TokenRow>) = rows
        .iter()
        .filter(|row| !matches!(row.kind, TokenKind::Account | TokenKind::Identity))
        .partition(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now));
    good.sort_by_key(|row| (row.kind != TokenKind::Session, std::cmp::Reverse(row.created_at)));
    let roles = Role::ALL.iter().map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect();
    Ok(html! {
        h1 { "Administration" }
        (made)
        (people::section(desk, &practices).await?)
        section aria-labelledby="new-h" {
            h2 #new-h { "Let somebody in" }
            form.sheet method="post" action="/administration" {
                (desk.seal())
                (one(&Field::Choice("kind", "What", vec![("link".to_owned(), "A link that signs one browser in, once".to_owned()), ("staff".to_owned(), "A page for the practice’s staff, without sign-in".to_owned()), ("api".to_owned(), "A token for a program".to_owned())])))
                (one(&Field::Line("name", "Whose, or what for")))
                (one(&Field::Choice("role", "Role", roles)))
                @if desk.actor.practice.is_none() { (choosing::field(&practices, "Practice; empty: all of them", true)) }
                button.first type="submit" { "Make it" }
            }
        }
        section aria-labelledby="standing-h" { h2 #standing-h { "Who may come in" } (table(desk, &good, &practices, true)) }
        (super::glass::log(desk).await?)
        @if !ended.is_empty() { details.more { summary { (ended.len()) " that have ended" } (table(desk, &ended, &practices, false)) } }
    })
}

fn table(desk: &Desk, rows: &[&TokenRow], practices: &[(PracticeId, String)], standing: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens" { table {
            thead { tr { th scope="col" { "Who" } th scope="col" { "Kind" } th scope="col" { "Practice" } th scope="col" { "Since" } th scope="col" { "Until" } @if standing { th scope="col" { span.unseen { "End it" } } } } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.name) span.small.quiet { (row.role) @if !row.scopes.is_empty() { " · only " (row.scopes.join(", ")) } } }
                td data-label="Kind" { (match row.kind { TokenKind::Api => "token", TokenKind::Link => "link", TokenKind::Session => "browser", TokenKind::Source => "alert source", TokenKind::Account | TokenKind::Identity => "account" })  @if row.glass.is_some() { " " (parts::chip("bad", "!", "emergency access")) } @if row.id == desk.caller.token.id { " " (parts::chip("calm", "●", "this one")) } }
                td data-label="Practice" { (row.practice.map_or("all", |id| practices.iter().find(|(own, _)| *own == id).map_or("one", |(_, name)| name.as_str()))) }
                td data-label="Since" { (parts::moment(row.created_at, &TimeZone::UTC)) " UTC" }
                td data-label="Until" { @match row.revoked_at.or(row.expires_at) { Some(end) => { (parts::moment(end, &TimeZone::UTC)) " UTC" }, None => "ended by hand" } }
                @if standing { td { form.do method="post" action={ "/administration/" (row.id) "/revoke" } { (desk.seal()) button.plain type="submit" aria-label={ "End " (row.name) } { "End" } } } }
            } } }
        } }
    }
}

/// Makes one, and shows its text this once.
pub(crate) async fn make(State(web): State<Web>, mut act: Act) -> Result<Response, Problem> {
    let desk = &act.desk;
    let text = |name: &str| act.fields.get(name).map(str::to_owned);
    let staff = text("kind").as_deref() == Some("staff");
    let role = if staff {
        Role::Staff
    } else {
        text("role")
            .unwrap_or_default()
            .parse()
            .map_err(|error: kernel::authority::BadRole| Problem::invalid("role", error.to_string()))?
    };
    let practice = choosing::chosen(desk, act.fields.get("practice")).await?.or(desk.actor.practice);
    if staff && practice.is_none() {
        return Err(Problem::invalid("practice", "a page for staff is for one practice: choose it"));
    }
    let kind = if text("kind").as_deref() == Some("link") { TokenKind::Link } else { TokenKind::Api };
    let ends = (kind == TokenKind::Link)
        .then(|| web.app.edge().now().checked_add(SignedDuration::from_hours(1)).ok())
        .flatten();
    let scopes = if staff { vec!["read".to_owned(), "intake".to_owned()] } else { Vec::new() };
    let new = NewToken {
        name: text("name").unwrap_or_default(),
        role,
        practice,
        scopes,
        kind,
        expires_at: ends,
        secret: None,
        person: None,
    };
    let made = web.app.make_token(&desk.actor, new).await?;
    let shown = match (kind, staff) {
        (TokenKind::Link, _) => format!("/signin/{}", made.token),
        (_, true) => format!("/staff/{}", made.token),
        _ => made.token.clone(),
    };
    let told = html! {
        div.notice.good role="status" {
            p { strong { "Made." } " This is the only time that it is shown." }
            p { @if shown.starts_with('/') { a href=[staff.then_some(&shown)] { code.hash { (shown) } } " at this site’s address" @if staff { ". " a href={ (shown) "/poster" } { "A sheet for the wall, with a code to scan" } } @if kind == TokenKind::Link { "; it ends in an hour" } "." } @else { code.hash { (shown) } } }
        }
    };
    let _ = act.fields.take("kind");
    again(act, &told).await
}

/// The page again after something was done on it, with what came of it.
pub(crate) async fn again(mut act: Act, told: &Markup) -> Result<Response, Problem> {
    "/administration".clone_into(&mut act.desk.here);
    let body = body(&act.desk, told).await?;
    Ok(layout::page(&act.desk, &Sheet::new("Administration", Place::Administration, body).wide()))
}

/// Ends one.
pub(crate) async fn revoke(
    State(web): State<Web>,
    Named(id): Named<TokenId>,
    act: Act,
) -> Result<Response, Problem> {
    act.desk.needs(Capability::Administer)?;
    web.app.revoke_token(&act.desk.actor, id).await?;
    Ok(act.back())
}
