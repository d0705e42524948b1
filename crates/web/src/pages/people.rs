//! People with accounts, as a part of the page Administration: who may sign in with a password, and the link by which
//! somebody new, or somebody locked out, comes in and chooses one.

use app::accounts::{AccountView, Invitation, NewAccount};
use axum::response::Response;
use kernel::{PracticeId, Role, TokenId};
use maud::{Markup, html};

use super::{
    action::{Field, one},
    admin::{self, Wanted},
    choosing,
    desk::{Act, Desk},
    parts,
};
use crate::{error::Problem, received::Named};

/// The accounts that stand, and the form that makes one.
pub(crate) async fn section(
    desk: &Desk,
    practices: &[(PracticeId, String)],
    wanted: &Wanted,
) -> Result<Markup, Problem> {
    let mut accounts = desk.web.app.accounts(&desk.actor).await?;
    accounts.retain(|account| account.ended_at.is_none());
    let nobody = accounts.is_empty();
    accounts.retain(|account| {
        let place = admin::place(account.practice, practices);
        wanted.fits(&[&account.name, &account.sign_in, account.role.as_str(), place])
    });
    accounts.sort_by_cached_key(|account| (account.name.to_lowercase(), account.sign_in.clone()));
    let (shown, more) = wanted.part(&accounts, "people");
    let roles = Role::ALL.iter().filter(|role| **role != Role::Service);
    let roles = roles.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect();
    Ok(html! {
        section aria-labelledby="people-h" {
            h2 #people-h { "People" }
            p.quiet { "They sign in with a password of their own. You never choose it: you give them a link, and they do." }
            @if nobody { (parts::empty("Nobody has an account yet.", &html! { p.small.quiet { "Make one for each person who comes back more than once." } })) }
            @else if accounts.is_empty() { (parts::empty("No account has that in its name.", &html! { a href="/administration" { "All" } })) }
            @else { ul.plain { @for account in shown { li { (person(desk, account, practices)) } } } (more) }
            details.act { summary { "Invite somebody" }
                form.do method="post" action="/administration/accounts" {
                    (desk.seal())
                    (one(&Field::Line("name", "Name, as the record shows it")))
                    label.field { span { "E-mail address, to sign in with" } input type="email" name="sign_in" required maxlength="254" autocomplete="off"; }
                    (one(&Field::Choice("role", "Role", roles)))
                    @if desk.actor.practice.is_none() { (choosing::field(practices, "Practice; empty: all of them", true)) }
                    button.first type="submit" { "Make the link" }
                }
            }
        }
    })
}

fn person(desk: &Desk, account: &AccountView, practices: &[(PracticeId, String)]) -> Markup {
    html! {
        article.card {
            div.line {
                h3 { (account.name) }
                (ways(account))
            }
            p.small.quiet { (account.sign_in) " · " (account.role) " · " (admin::place(account.practice, practices)) }
            div.deeds {
                (change(desk, account))
                details.act { summary { "Locked out" } form.do method="post" action={ "/administration/accounts/" (account.id) "/reset" } {
                    (desk.seal()) p.small { "Takes password and app away, signs them out everywhere, and makes a new link." } button.risky type="submit" { "Make a new link" }
                } }
                details.act { summary { "End it" } form.do method="post" action={ "/administration/accounts/" (account.id) "/end" } {
                    (desk.seal()) p.small { "They are signed out everywhere and cannot come back." } button.risky type="submit" { "End the account" }
                } }
            }
        }
    }
}

/// How they come in, as a word.
fn ways(account: &AccountView) -> Markup {
    let strong = account.passkeys > 0 || account.authenticator;
    let mut ways = Vec::new();
    if account.passkeys > 0 {
        ways.push(parts::count(account.passkeys, "passkey", "passkeys"));
    }
    if account.password {
        ways.push("password".to_owned());
    }
    if account.authenticator {
        ways.push("app".to_owned());
    }
    if !account.identities.is_empty() {
        ways.push("sign-in elsewhere".to_owned());
    }
    match (ways.is_empty(), strong) {
        (true, _) => parts::chip("care", "◐", "invited"),
        (_, true) => parts::chip("good", "✓", &ways.join(", ")),
        (_, false) => parts::chip("calm", "●", &ways.join(", ")),
    }
}

fn change(desk: &Desk, account: &AccountView) -> Markup {
    let own = account.person == desk.actor.id;
    html! {
        @if !own { details.act { summary { "Change role" } form.do method="post" action={ "/administration/accounts/" (account.id) "/change" } {
            (desk.seal())
            input type="hidden" name="was" value=(account.role);
            label.field { span { "Role" } select name="role" { @for role in Role::ALL.iter().filter(|role| **role != Role::Service) { option value=(role) selected[*role == account.role] { (role) } } } }
            @if desk.actor.practice.is_none() && account.practice.is_some() {
                label.field { span { "May enter other practices in an emergency" } select name="elsewhere" { option value="no" selected[!account.elsewhere] { "no" } option value="yes" selected[account.elsewhere] { "yes" } } }
            }
            p.small { "A changed role signs them out everywhere." }
            button.risky type="submit" { "Change it" }
        } } }
    }
}

/// Makes an account, and shows its link this once.
pub(crate) async fn make(act: Act) -> Result<Response, Problem> {
    let text = |name: &str| act.fields.get(name).unwrap_or_default().to_owned();
    let role = text("role");
    let role: Role = role.parse().map_err(|_| Problem::invalid("role", format!("`{role}` is not a role")))?;
    let practice = choosing::chosen(&act.desk, act.fields.get("practice")).await?;
    let practice = practice.or(act.desk.actor.practice);
    let new = NewAccount { sign_in: text("sign_in"), name: text("name"), role, practice };
    let made = act.desk.web.app.make_account(&act.desk.actor, new).await?;
    admin::again(act, &link(&made)).await
}

/// Lets somebody who is locked out in again.
pub(crate) async fn reset(Named(id): Named<TokenId>, act: Act) -> Result<Response, Problem> {
    let made = act.desk.web.app.reset_account(&act.desk.actor, id).await?;
    admin::again(act, &link(&made)).await
}

/// Ends an account.
pub(crate) async fn end(Named(id): Named<TokenId>, act: Act) -> Result<Response, Problem> {
    act.desk.web.app.end_account(&act.desk.actor, id).await?;
    admin::again(act, &html! { p.notice.good role="status" { "The account is ended." } }).await
}

fn link(made: &Invitation) -> Markup {
    html! {
        div.notice.good role="status" {
            p { strong { "Give them this link." } " It signs one browser in, once, within 72 hours, and asks for a password. It is not shown again." }
            p { code.hash { "/signin/" (made.token) } " at this site’s address." }
        }
    }
}
