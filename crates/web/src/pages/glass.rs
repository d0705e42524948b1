//! Emergency access on the pages: the band over every page of such a session, the notice on the board of those who watch
//! over it, the form by which a colleague is let in, and the one by which a responder enters a practice.

use app::accounts::{ChangedAccount, Emergency, Enter, LetIn};
use axum::response::Response;
use kernel::{Capability, Role, TokenId};
use maud::{Markup, html};

use super::{
    admin,
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    parts,
};
use crate::{error::Problem, received::Named, signin};

/// Over every page of a session that broke the glass.
pub(super) fn band(desk: &Desk) -> Markup {
    html! {
        @if let Some(glass) = &desk.caller.token.glass {
            aside.glass role="note" aria-label="Emergency access" {
                p { strong { "! Emergency access." } " “" (glass.reason) "” — " (glass.by)
                    @if let Some(end) = desk.caller.token.expires_at { ", until " (parts::moment(end, &jiff::tz::TimeZone::UTC)) " UTC" }
                    ". Every lead sees it, and everything you do bears it." }
                form method="post" action="/signout" { button.plain type="submit" { "End it" } }
            }
        }
    }
}

/// On the board, for those who watch over who comes in.
pub(super) async fn notice(desk: &Desk) -> Result<Markup, Problem> {
    let standing = desk.web.app.emergencies(&desk.actor).await?;
    Ok(html! {
        @if !standing.is_empty() {
            section.notice.bad aria-labelledby="glass-h" {
                h2 #glass-h { (parts::count(standing.len(), "person has", "people have")) " broken the glass to come in" }
                ul.plain { @for one in &standing { li { (line(desk, one)) } } }
            }
        }
    })
}

fn line(desk: &Desk, one: &Emergency) -> Markup {
    html! {
        p { strong { (one.name) } ", " (one.role) ": “" (one.reason) "” — let in by " (one.by) " at " (parts::moment(one.since, &jiff::tz::TimeZone::UTC)) " UTC"
            @if let Some(end) = one.until { ", ends " (parts::moment(end, &jiff::tz::TimeZone::UTC)) " UTC" } "." }
        form.do method="post" action={ "/emergencies/" (one.id) "/end" } { (desk.seal()) button.plain type="submit" aria-label={ "End the emergency access of " (one.name) } { "End it now" } }
    }
}

fn reason(label: &str) -> Markup {
    html! { label.field { span { (label) " " small.quiet { "everybody will read it" } } textarea name="reason" required minlength="10" maxlength="500" rows="2" {} } }
}

/// The page: who is in, whom to let in, where to go.
pub(crate) async fn page(desk: Desk) -> Result<Response, Problem> {
    shown(&desk, &html! {}).await
}

async fn shown(desk: &Desk, made: &Markup) -> Result<Response, Problem> {
    let app = &desk.web.app;
    let watches = desk.actor.role.may(Capability::Lead) || desk.actor.role.may(Capability::Approve);
    let people = if watches { app.people_to_let_in(&desk.actor).await? } else { Vec::new() };
    let own = app.own_account(&desk.actor).await?;
    let enters = own.is_some_and(|account| account.elsewhere && account.practice.is_some());
    let body = html! {
        h1 { "Emergency access" }
        (made)
        p.lead { "For when somebody is needed now and the usual way in is shut. It is named, has a reason, lasts four hours, and every lead sees it." }
        (notice(desk).await?)
        @if watches { section aria-labelledby="let-h" {
            h2 #let-h { "Let a colleague in" }
            p { "Somebody with an account has lost their telephone or key. Make sure that it is they: see their face or know their voice. Their role stays what it is." }
            @if people.is_empty() { (parts::empty("Nobody here has an account that you may let in.", &html! { @if desk.may(Capability::Administer) { a href="/administration" { "Make accounts on the page Administration" } } @else { p.small.quiet { "A lead makes accounts on the page Administration." } } })) }
            @else { form.sheet method="post" action="/emergencies/let-in" {
                (desk.seal())
                label.field { span { "Whom" } select name="account" required { option value="" { "Choose" } @for person in &people { option value=(person.id) { (person.name) ", " (person.role) " · " (person.sign_in) } } } }
                (reason("Why, and how you know that it is they"))
                button.risky type="submit" { "Break the glass: make a link for half an hour" }
            } }
        } }
        @if enters { section aria-labelledby="enter-h" {
            h2 #enter-h { "Enter a practice that is not yours" }
            form.sheet method="post" action="/emergencies/enter" {
                (desk.seal())
                label.field { span { "Its name, as it calls itself" } input type="text" name="practice" required maxlength="200" autocomplete="off"; }
                (reason("Why"))
                button.risky type="submit" { "Break the glass: enter for four hours" }
            }
        } }
        @if !watches && !enters { (parts::empty("You let nobody in and enter no other practice.", &html! { p { "If you cannot sign in one day: a lead, or your practice’s owner, can let you in." } })) }
    };
    Ok(layout::page(desk, &Sheet::new("Emergency access", Place::Own, body)))
}

/// Lets somebody in: shows the link this once.
pub(crate) async fn let_in(mut act: Act) -> Result<Response, Problem> {
    let account = act.fields.get("account").unwrap_or_default();
    let id: TokenId = account.parse().map_err(|_| Problem::invalid("account", "choose whom to let in"))?;
    let reason = act.fields.get("reason").unwrap_or_default().to_owned();
    let made = act.desk.web.app.let_in(&act.desk.actor, id, LetIn { reason }).await?;
    "/emergencies".clone_into(&mut act.desk.here);
    let link = html! { div.notice.bad role="status" {
        p { strong { "The glass is broken." } " Give this link to them alone. It signs one browser in, once, within half an hour, for four hours." }
        p { code.hash { "/signin/" (made.token) } " at this site’s address." }
    } };
    shown(&act.desk, &link).await
}

/// Enters another practice: this browser is there from now on.
pub(crate) async fn enter(act: Act) -> Result<Response, Problem> {
    let text = |name: &str| act.fields.get(name).unwrap_or_default().to_owned();
    let enter = Enter { practice: text("practice"), reason: text("reason") };
    let desk = &act.desk;
    let session = desk.web.app.enter_practice(&desk.actor, enter).await?;
    Ok(signin::begin(&desk.web, &session.token, "/"))
}

/// Ends one.
pub(crate) async fn end(Named(id): Named<TokenId>, act: Act) -> Result<Response, Problem> {
    act.desk.web.app.end_emergency(&act.desk.actor, id).await?;
    Ok(act.back())
}

/// The log of sign-ins, for the page Administration.
pub(super) async fn log(desk: &Desk) -> Result<Markup, Problem> {
    let lines = desk.web.app.sign_ins(&desk.actor, 40).await?;
    Ok(html! {
        @if !lines.is_empty() { details.more { summary { "Who signed in, and who was turned away" }
            div.scroll tabindex="0" role="region" aria-label="Sign-ins" { table {
                thead { tr { th scope="col" { "When" } th scope="col" { "Who" } th scope="col" { "How" } th scope="col" { "Outcome" } } }
                tbody { @for line in &lines { tr {
                    td data-label="When" { (parts::moment(line.at, &jiff::tz::TimeZone::UTC)) " UTC" }
                    th scope="row" { @if line.name.is_empty() { "somebody unknown" } @else { (line.name) } }
                    td data-label="How" { (parts::words(&line.way)) }
                    td data-label="Outcome" { @match &line.refused { Some(why) => (parts::chip("bad", "×", &parts::words(why))), None => (parts::chip("good", "✓", "signed in")) } }
                } } }
            } }
        } }
    })
}

/// Back on the page Administration, with what was done.
pub(crate) async fn change(Named(id): Named<TokenId>, act: Act) -> Result<Response, Problem> {
    let role = |field: &str| {
        let role = act.fields.get(field).map(str::parse::<Role>).transpose();
        role.map_err(|error| Problem::invalid(field, error.to_string()))
    };
    let elsewhere = act.fields.get("elsewhere").map(|word| word == "yes");
    let changed = ChangedAccount { name: None, role: role("role")?, was: role("was")?, elsewhere };
    act.desk.web.app.change_account(&act.desk.actor, id, changed).await?;
    admin::again(act, &html! { p.notice.good role="status" { "Changed. Where the role changed, they are signed out everywhere." } }).await
}
