//! The accounts and indicators of an incident: who was taken over, what was seen, what is blocked, and what comes next.

use axum::response::Response;
use incident::{AccountStage, AccountWork, IndicatorStage};
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{
    action::{Field, choices, folded},
    desk::Desk,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Accounts and indicators.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let body = html! {
        (room.head(Tab::Accounts))
        (room.said(&said).await?)
        section #accounts data-live aria-labelledby="accounts-h" { h2 #accounts-h { "Accounts" } (accounts(&room)) }
        section #indicators data-live aria-labelledby="indicators-h" { h2 #indicators-h { "Indicators" } (indicators(&room)) }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Accounts · {}", view.state.title), Place::Incident(Tab::Accounts), body)
            .wide()
            .live(id, from),
    ))
}

fn accounts(room: &Room<'_>) -> Markup {
    html! {
        @if room.state().accounts.is_empty() { (parts::empty("No account is suspected.", &html! { a href={ "/incidents/" (room.id) "/investigation" } { "What the investigation shows" } })) }
        ul.plain {
            @for (name, account) in &room.state().accounts {
                @let named = || Field::Fixed("account", name.to_string());
                @let own = room.profile.practice.account(name);
                li.card {
                    div.line { h3 { span.mono { (name) } @if let Some(own) = own { span.small.quiet { " " (own.purpose) @if own.privileged { " · administrator" } @if own.reaches_phi { " · reaches PHI" } } } } (parts::account_stage(&account.stage)) }
                    p.small { (account.why) }
                    @if !account.work.is_empty() { ul.small { @for work in &account.work { li { (parts::capitalised(work.kind.plain())) ": " (work.what) " " (parts::stamp(&work.stamp, &room.zone)) } } } }
                    div.deeds {
                        @if matches!(account.stage, AccountStage::Suspected { .. }) {
                            (folded(room.desk, room.id, Capability::Respond, "Propose to disable it", "propose_containment", &[Field::Fixed("measure", "disable_account".to_owned()), Field::Fixed("target.on", "account".to_owned()), Field::Fixed("target.account", name.to_string()), Field::Line("why", "Why")]))
                            (folded(room.desk, room.id, Capability::Respond, "It was unfounded", "clear_suspicion", &[Field::Fixed("subject.what", "account".to_owned()), Field::Fixed("subject.account", name.to_string()), Field::Line("why", "What shows it")]))
                        }
                        @if !account.stage.is_settled() {
                            (folded(room.desk, room.id, Capability::Respond, "Record work on it", "record_account_work", &[named(), Field::Choice("work", "Work", choices!(AccountWork)), Field::Line("what", "What was done")]))
                        }
                        @if matches!(account.stage, AccountStage::MfaReEnrolled { .. } | AccountStage::CredentialsReset { .. }) {
                            (folded(room.desk, room.id, Capability::Respond, "Return it", "return_account", &[named(), Field::MayLine("without_mfa_because", "Without MFA, because")]))
                        }
                        @if !account.stage.is_settled() { (folded(room.desk, room.id, Capability::Respond, "Retire it", "retire_account", &[named(), Field::Line("reason", "Reason")])) }
                    }
                }
            }
        }
    }
}

fn indicators(room: &Room<'_>) -> Markup {
    html! {
        @if room.state().indicators.is_empty() { (parts::empty("No indicator was seen.", &html! { p.small.quiet { "Addresses, hashes and names of the attacker appear here when an alert or the hunt brings them." } })) }
        @else { div.scroll tabindex="0" role="region" aria-label="Table of indicators" { table {
            thead { tr { th scope="col" { "Indicator" } th scope="col" { "Stage" } th scope="col" { "Why" } th scope="col" { "Seen on" } } }
            tbody { @for own in room.state().indicators.values() {
                @let (tone, shape) = match own.stage { IndicatorStage::Seen { .. } => ("care", "◐"), IndicatorStage::Blocked { .. } => ("held", "■"), IndicatorStage::Cleared { .. } => ("good", "✓") };
                tr {
                    th scope="row" { span.mono { (own.indicator.value) } span.small.quiet { (parts::words(own.indicator.kind.as_str())) } }
                    td data-label="Stage" { (parts::chip(tone, shape, own.stage.as_str())) }
                    td data-label="Why" { (own.why) }
                    td data-label="Seen on" { @if own.systems.is_empty() { span.quiet { "no system is named" } } @for system in &own.systems { a href=(parts::system_page(room.id, system)) { (system) } " " } }
                }
            } }
        } }
        p.small { "What blocks an indicator is proposed, approved and looked at again in the " a href={ "/incidents/" (room.id) "#actions" } { "war room, under Containment" } "." } }
    }
}
