//! Practices at which somebody has a role beside the one that their account is for: what waits there, and the way there;
//! and who has such a role, for those who administer a practice.

use app::accounts::{ActAt, MembershipView, NewMembership, Standing};
use axum::response::Response;
use kernel::{PracticeId, Role, TokenId};
use maud::{Markup, html};

use super::{
    action::{Field, one},
    admin, choosing,
    desk::{Act, Desk},
    parts,
};
use crate::{error::Problem, received::Named, signin};

/// On the board: what waits at the practices where one is not just now, the worst first; and whether an incident is open at
/// one of them, which goes before everything here.
pub(super) async fn notice(desk: &Desk) -> Result<(Markup, bool), Problem> {
    let mut others = desk.web.app.standings(&desk.caller.token).await?;
    others.retain(|standing| !standing.here);
    others.sort_by_key(|standing| {
        std::cmp::Reverse((standing.worst, standing.open_incidents, standing.alerts_waiting))
    });
    let burns = others.iter().any(|standing| standing.open_incidents > 0);
    let shown = html! {
        @if !others.is_empty() { section aria-labelledby="elsewhere-h" {
            h2 #elsewhere-h { "Your other practices" }
            (list(desk, &others))
        } }
    };
    Ok((shown, burns))
}

/// On the page of one's own account: where one acts now, and where one could.
pub(super) async fn own(desk: &Desk) -> Result<Markup, Problem> {
    let standings = desk.web.app.standings(&desk.caller.token).await?;
    Ok(html! {
        @if !standings.is_empty() { section aria-labelledby="serve-h" {
            h2 #serve-h { "Where you work" }
            p.quiet { "You act at one practice at a time, in the role that you have there. Everything that you do is recorded there." }
            (list(desk, &standings))
        } }
    })
}

fn list(desk: &Desk, standings: &[Standing]) -> Markup {
    html! {
        ul.tiles { @for standing in standings { li.tile {
            strong { (standing.name) }
            span.small.quiet { "as " (standing.role) @if standing.home { " · your account is for it" } }
            (waits(standing))
            @if standing.here { (parts::chip("calm", "●", "you are here")) }
            @else { form.do method="post" action="/me/standings" {
                (desk.seal())
                input type="hidden" name="practice" value=(standing.practice);
                button type="submit" aria-label={ "Go to " (standing.name) " as " (standing.role) } { "Go there" }
            } }
        } } }
    }
}

fn waits(standing: &Standing) -> Markup {
    html! {
        @if let Some(worst) = standing.worst { span { (parts::severity(worst)) " " span.small { (parts::count(standing.open_incidents, "open incident", "open incidents")) } } }
        @else if standing.role.may(kernel::Capability::Read) { (parts::chip("good", "●", "calm")) }
        @if standing.alerts_waiting > 0 { span.small.quiet { (parts::count(standing.alerts_waiting, "alert waits", "alerts wait")) } }
    }
}

/// Goes there.
pub(crate) async fn go(act: Act) -> Result<Response, Problem> {
    let practice = act.fields.get("practice").unwrap_or_default();
    let practice =
        practice.parse().map_err(|_| Problem::invalid("practice", "choose one of your practices"))?;
    let desk = &act.desk;
    let session = desk.web.app.act_at(&desk.caller.token, ActAt { practice }).await?;
    Ok(signin::begin(&desk.web, &session.token, "/"))
}

/// On the page Administration: who has a role at a practice that their account is not for, and the form that gives one.
pub(super) async fn section(
    desk: &Desk,
    practices: &[(PracticeId, String)],
    wanted: &admin::Wanted,
) -> Result<Markup, Problem> {
    let mut members = desk.web.app.memberships(&desk.actor).await?;
    members.retain(|member| {
        let place = admin::place(Some(member.practice), practices);
        wanted.fits(&[&member.name, &member.sign_in, member.role.as_str(), place])
    });
    members
        .sort_by_cached_key(|member| (member.name.to_lowercase(), member.sign_in.clone(), member.practice));
    let (shown, more) = wanted.part(&members, "members");
    let roles = Role::ALL.iter().filter(|role| **role != Role::Service);
    let roles = roles.map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect();
    Ok(html! {
        section aria-labelledby="members-h" {
            h2 #members-h { "Roles at a second practice" }
            p.quiet { "Somebody whose account is for one practice may have a role at another as well, as counsel or as a responder of three clinics does. They choose where they are after they have signed in." }
            @if !members.is_empty() { ul.plain { @for member in shown { li { (card(desk, member, practices)) } } } (more) }
            details.act { summary { "Give somebody a role" }
                form.do method="post" action="/administration/memberships" {
                    (desk.seal())
                    label.field { span { "The e-mail address that they sign in with" } input type="email" name="sign_in" required maxlength="254" autocomplete="off"; }
                    (one(&Field::Choice("role", "Role", roles)))
                    @if desk.actor.practice.is_none() { (choosing::field(practices, "At which practice", false)) }
                    button.first type="submit" { "Give the role" }
                }
            }
        }
    })
}

fn card(desk: &Desk, member: &MembershipView, practices: &[(PracticeId, String)]) -> Markup {
    html! {
        article.card {
            h3 { (member.name) }
            p.small.quiet { (member.sign_in) " · " (member.role) " · " (admin::place(Some(member.practice), practices)) " · since " (parts::moment(member.since, &jiff::tz::TimeZone::UTC)) " UTC" }
            div.deeds { details.act { summary { "End it" } form.do method="post" action={ "/administration/memberships/" (member.id) "/end" } {
                (desk.seal()) p.small { "They are signed out there. Their account and its other roles stay." } button.risky type="submit" { "End the role" }
            } } }
        }
    }
}

/// Gives one.
pub(crate) async fn give(act: Act) -> Result<Response, Problem> {
    let role = act.fields.get("role").unwrap_or_default();
    let role: Role = role.parse().map_err(|_| Problem::invalid("role", format!("`{role}` is not a role")))?;
    let practice = choosing::chosen(&act.desk, act.fields.get("practice")).await?;
    let practice = practice.or(act.desk.actor.practice);
    let practice = practice.ok_or_else(|| Problem::invalid("practice", "choose the practice"))?;
    let sign_in = act.fields.get("sign_in").unwrap_or_default().to_owned();
    let given =
        act.desk.web.app.give_membership(&act.desk.actor, NewMembership { sign_in, role, practice }).await?;
    let told = html! { p.notice.good role="status" { (given.name) " is " (given.role) " there now. They go there from their board." } };
    admin::again(act, &told).await
}

/// Takes one away.
pub(crate) async fn end(Named(id): Named<TokenId>, act: Act) -> Result<Response, Problem> {
    act.desk.web.app.end_membership(&act.desk.actor, id).await?;
    admin::again(act, &html! { p.notice.good role="status" { "The role is ended." } }).await
}
