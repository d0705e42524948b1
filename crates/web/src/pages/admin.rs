//! Administration: who may come in. Links, tokens and sessions are made and ended here; a token's text is shown once.

use app::{
    access::NewToken,
    ports::{TokenKind, TokenRow},
};
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, tz::TimeZone};
use kernel::{Capability, PracticeId, Role, TokenId};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    action::{Field, one},
    choosing,
    desk::{Act, Desk},
    elsewhere,
    layout::{self, Place, Sheet},
    parts, people,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
    state::Web,
};

/// So many people, links and tokens are seen at a glance; of more one looks for a part of a name.
const FEW: usize = 12;
/// The most of each that one page lists.
const MANY: usize = 40;

/// Which people, links and tokens are looked for, and from which on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    find: String,
    people: usize,
    members: usize,
    tokens: usize,
    ended: usize,
}

impl Wanted {
    /// Whether every word that is looked for stands in one of these texts.
    pub(super) fn fits(&self, texts: &[&str]) -> bool {
        let texts = texts.join(" ").to_lowercase();
        self.find.to_lowercase().split_whitespace().all(|word| texts.contains(word))
    }

    /// A page of a list, and the way to the next one; `which` is the parameter that says where it begins.
    pub(super) fn part<'l, T>(&self, list: &'l [T], which: &str) -> (&'l [T], Markup) {
        let from = match which {
            "people" => self.people,
            "members" => self.members,
            "tokens" => self.tokens,
            _ => self.ended,
        };
        let rest = list.get(from..).unwrap_or_default();
        let shown = rest.get(..MANY).unwrap_or(rest);
        let end = from + shown.len();
        let more = html! {
            @if from > 0 || end < list.len() { nav.pager aria-label={ "Pages: " (which) } {
                span.small.quiet { @if shown.is_empty() { "There are " (list.len()) } @else { (from + 1) " to " (end) " of " (list.len()) } }
                @if from > 0 { a.button.plain href=(self.place(which, from.saturating_sub(MANY))) rel="prev" { "Before" } }
                @if end < list.len() { a.button href=(self.place(which, end)) rel="next" { "More" } }
            } }
        };
        (shown, more)
    }

    fn place(&self, which: &str, from: usize) -> String {
        let find: String = form_urlencoded::byte_serialize(self.find.as_bytes()).collect();
        format!("/administration?find={find}&{which}={from}#{which}-h")
    }
}

/// What there is.
pub(crate) async fn page(desk: Desk, Asked(wanted): Asked<Wanted>) -> Result<Response, Problem> {
    let body = body(&desk, &wanted, &html! {}).await?;
    Ok(layout::page(&desk, &Sheet::new("Administration", Place::Administration, body).wide()))
}

async fn body(desk: &Desk, wanted: &Wanted, made: &Markup) -> Result<Markup, Problem> {
    let rows = desk.web.app.tokens(&desk.actor).await?;
    let practices = desk.web.app.practice_names(&desk.actor).await?;
    let now = desk.web.app.edge().now();
    let accounts =
        |row: &TokenRow| matches!(row.kind, TokenKind::Account | TokenKind::Identity | TokenKind::Membership);
    let tokens = rows.iter().filter(|row| !accounts(row));
    let fits =
        |row: &&TokenRow| wanted.fits(&[&row.name, row.role.as_str(), place(row.practice, &practices)]);
    let (mut good, ended): (Vec<&TokenRow>, Vec<&TokenRow>) = tokens
        .filter(fits)
        .partition(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now));
    good.sort_by_key(|row| (row.kind != TokenKind::Session, std::cmp::Reverse(row.created_at)));
    let (shown, more) = wanted.part(&good, "tokens");
    let (over, older) = wanted.part(&ended, "ended");
    let roles = Role::ALL.iter().map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect();
    Ok(html! {
        h1 { "Administration" }
        (made)
        @if rows.len() > FEW || !wanted.find.is_empty() {
            form.filters method="get" action="/administration" role="search" {
                label.field { span { "A person, a link, a token or a practice" } input type="search" name="find" value=(wanted.find) maxlength="200"; }
                button type="submit" { "Find" }
                @if !wanted.find.is_empty() { a href="/administration" { "All" } }
            }
        }
        (people::section(desk, &practices, wanted).await?)
        (elsewhere::section(desk, &practices, wanted).await?)
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
        section aria-labelledby="tokens-h" {
            h2 #tokens-h { "Who may come in" }
            @if good.is_empty() { (parts::empty("No link, browser or token has that in its name.", &html! { a href="/administration" { "All" } })) }
            @else { (table(desk, shown, &practices, true)) (more) }
        }
        (super::glass::log(desk).await?)
        @if !ended.is_empty() { details.more open[wanted.ended > 0] { summary #ended-h { (ended.len()) " that have ended" } (table(desk, over, &practices, false)) (older) } }
    })
}

/// Where somebody may work, in words.
pub(super) fn place(practice: Option<PracticeId>, practices: &[(PracticeId, String)]) -> &str {
    let named = |id| practices.iter().find(|(own, _)| *own == id).map_or("one", |(_, name)| name.as_str());
    practice.map_or("all practices", named)
}

fn table(desk: &Desk, rows: &[&TokenRow], practices: &[(PracticeId, String)], standing: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens" { table {
            thead { tr { th scope="col" { "Who" } th scope="col" { "Kind" } th scope="col" { "Practice" } th scope="col" { "Since" } th scope="col" { "Until" } @if standing { th scope="col" { span.unseen { "End it" } } } } }
            tbody { @for row in rows { tr {
                th scope="row" { (row.name) span.small.quiet { (row.role) @if !row.scopes.is_empty() { " · only " (row.scopes.join(", ")) } } }
                td data-label="Kind" { (match row.kind { TokenKind::Api => "token", TokenKind::Link => "link", TokenKind::Session => "browser", TokenKind::Source => "alert source", TokenKind::Account | TokenKind::Identity => "account", TokenKind::Membership => "role" })  @if row.glass.is_some() { " " (parts::chip("bad", "!", "emergency access")) } @if row.id == desk.caller.token.id { " " (parts::chip("calm", "●", "this one")) } }
                td data-label="Practice" { (place(row.practice, practices)) }
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
    let body = body(&act.desk, &Wanted::default(), told).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_thousand_one_sees_a_page_and_the_way_to_the_others() {
        let all: Vec<u32> = (0..1000).collect();
        let wanted = Wanted { find: "o’hara & co".to_owned(), people: 40, ..Wanted::default() };
        let (shown, more) = wanted.part(&all, "people");
        let more = more.into_string();
        assert_eq!((shown.first(), shown.last()), (Some(&40), Some(&79)));
        assert!(more.contains("41 to 80 of 1000"), "{more}");
        assert!(more.contains("find=o%E2%80%99hara+%26+co&amp;people=80#people-h"), "{more}");
        assert!(more.contains("people=0#people-h"), "{more}");
        assert_eq!(wanted.part(&all, "tokens").0.first(), Some(&0));
        // Beyond the end there is nothing, and a way back.
        let beyond = Wanted { people: 5000, ..Wanted::default() };
        let (shown, more) = beyond.part(&all, "people");
        assert!(shown.is_empty() && more.into_string().contains("rel=\"prev\""));
    }

    #[test]
    fn all_words_must_fit_somewhere() {
        let wanted = Wanted { find: "dana Cedar".to_owned(), ..Wanted::default() };
        assert!(wanted.fits(&["Dana Reyes", "practice", "Cedar Hollow ENT"]));
        assert!(!wanted.fits(&["Dana Reyes", "practice", "Larch Street"]));
        assert!(Wanted::default().fits(&["anybody"]));
    }
}
