//! A practice's profile as people read it: its services with their downtime forms, its systems, who is called, what its
//! plan allows beforehand. Before anything happens this page is where one sees what is still missing in it.

use axum::response::Response;
use incident::Practice;
use kernel::{Capability, PracticeId};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    desk::Desk,
    layout::{self, Place, Sheet},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// So many practices need no search.
const FEW: usize = 24;
/// The most that one page lists.
const MANY: usize = 120;

/// Which practices are looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    text: String,
}

/// The practices that one serves.
pub(crate) async fn list(desk: Desk, Asked(wanted): Asked<Wanted>) -> Result<Response, Problem> {
    desk.needs(Capability::Read)?;
    let names = desk.web.app.practice_names(&desk.actor).await?;
    let body = html! {
        h1 { "Practices" }
        @if names.is_empty() { (parts::empty("No practice is known yet.", &html! { p { "Take one in: " code { "tourniquet practice set practice.toml" } } })) }
        (search("/practices", &wanted.text, &names, |id| format!("/practices/{id}")))
    };
    Ok(layout::page(&desk, &Sheet::new("Practices", Place::Practices, body).wide()))
}

/// Practices whose names hold these words, each as a link; with a form to look for one where there are many.
pub(super) fn search(
    here: &str,
    text: &str,
    names: &[(PracticeId, String)],
    place: impl Fn(PracticeId) -> String,
) -> Markup {
    let words = text.to_lowercase();
    let fits = |name: &str| words.split_whitespace().all(|word| name.to_lowercase().contains(word));
    let found: Vec<_> = names.iter().filter(|(_, name)| fits(name)).collect();
    html! {
        @if names.len() > FEW {
            form.filters method="get" action=(here) role="search" {
                label.field { span { "Part of the name" } input type="search" name="text" value=(text) maxlength="200"; }
                button type="submit" { "Find" }
            }
        }
        @if found.is_empty() && !names.is_empty() { (parts::empty("No practice has that in its name.", &html! { a href=(here) { "All practices" } })) }
        ul.tiles { @for (id, name) in found.iter().take(MANY) { li.tile { a href=(place(*id)) { (name) } } } }
        @if found.len() > MANY { p.quiet { (found.len() - MANY) " more: type a part of the name." } }
    }
}

/// One practice.
pub(crate) async fn page(desk: Desk, Named(id): Named<PracticeId>) -> Result<Response, Problem> {
    desk.needs(Capability::Read)?;
    let profile = desk.web.app.profile(&desk.actor, id).await?;
    let practice = &profile.practice;
    let body = html! {
        p.kicker { a href="/practices" { "Practices" } }
        h1 { (practice.name) }
        p.quiet { (practice.state) " · " (practice.time_zone) " · profile version " (profile.version) }
        p.actions { a.button href={ "/api/v1/practices/" (id) "/binder.pdf" } { "The binder to print (PDF)" } span.small.quiet { "Contacts, who decides what, runbooks in brief and a paper form for each service, for when nothing works. Print it again after each change." } }
        (services(id, practice))
        (systems(practice))
        div.columns { div.main-column { (people(practice)) } aside.side-column aria-label="Vendors and plan" { (vendors(practice)) (plan(practice)) } }
        p.small.quiet { "The profile is changed with " code { "tourniquet practice set" } " or " code { "PUT /api/v1/practices/" (id) } "; each change is an entry of the journal." }
    };
    Ok(layout::page(&desk, &Sheet::new(practice.name.clone(), Place::Practices, body).wide()))
}

fn services(id: PracticeId, practice: &Practice) -> Markup {
    html! {
        section aria-labelledby="services-h" { h2 #services-h { "Clinical services" }
            @if practice.services.is_empty() { (parts::empty("No clinical service is in the profile: nobody can be told what stops.", &html! { p.small { "Add them to the profile: " code { "tourniquet practice set practice.toml" } } })) }
            @else { div.scroll tabindex="0" role="region" aria-label="Table of clinical services" { table {
                thead { tr { th scope="col" { "Service" } th scope="col" { "Place" } th scope="col" { "Downtime form" } } }
                tbody { @for service in &practice.services { tr { th scope="row" { (service.name) } td data-label="Place" { (service.kind.plain()) " · " (service.site) } td data-label="Downtime form" { @match &service.downtime { Some(form) => { (form) }, None => (parts::chip("care", "◐", "none")) } span.small { a href=(super::downtime::place(&format!("/practices/{id}"), &service.key)) { "Blank form to print" span.unseen { " for " (service.name) } } } } } } }
            } } }
        }
    }
}

fn systems(practice: &Practice) -> Markup {
    html! {
        section aria-labelledby="systems-h" { h2 #systems-h { "Systems" }
            div.scroll tabindex="0" role="region" aria-label="Table of systems" { table {
                thead { tr { th scope="col" { "System" } th scope="col" { "Kind" } th scope="col" { "Needs" } th scope="col" { "Carries" } } }
                tbody { @for system in &practice.systems { tr {
                    th scope="row" { (system.name) span.small.quiet { span.mono { (system.key) } @if system.holds_phi { " · holds PHI" } } }
                    td data-label="Kind" { (system.kind.plain()) }
                    td data-label="Needs" { @for on in &system.depends_on { span.mono { (on) } " " } }
                    td data-label="Carries" { (system.services.iter().map(|own| practice.service(&own.service).map_or(own.service.as_str(), |service| service.name.as_str())).collect::<Vec<_>>().join(", ")) }
                } } }
            } }
        }
    }
}

fn people(practice: &Practice) -> Markup {
    html! {
        section.card aria-labelledby="people-h" { h2 #people-h { "Who is called" }
            ul.people {
                @for person in &practice.people { li { div { strong { (person.name) } span.small.quiet { " " (person.title.as_deref().unwrap_or(person.role.as_str())) } } span.small { @if let Some(phone) = &person.phone { a href={ "tel:" (phone) } { (phone) } } @if let Some(order) = person.on_call { " · on call, place " (order) } } } }
                @if let Some(counsel) = &practice.counsel { li { div { strong { (counsel.name) } span.small.quiet { " healthcare attorney" @if let Some(firm) = &counsel.firm { ", " (firm) } } } span.small { @if let Some(phone) = &counsel.phone { a href={ "tel:" (phone) } { (phone) } } } } }
                @if let Some(insurer) = &practice.insurer { li { div { strong { (insurer.name) } span.small.quiet { " cyber insurer · policy " (insurer.policy_number) @if let Some(hours) = insurer.notice_hours { " · notice within " (hours) " h" } } } span.small { @if let Some(phone) = &insurer.hotline { a href={ "tel:" (phone) } { (phone) } } } } }
            }
            @if practice.counsel.is_none() { p { (parts::chip("care", "◐", "no attorney")) " Name one before the day when one is needed." } }
            @if practice.insurer.is_none() { p { (parts::chip("care", "◐", "no insurer")) " If there is a policy, its hotline belongs here." } }
        }
    }
}

fn vendors(practice: &Practice) -> Markup {
    html! { section.card aria-labelledby="vendors-h" { h2 #vendors-h { "Vendors" }
        @if practice.vendors.is_empty() { p.quiet { "None." } }
        ul.small { @for vendor in &practice.vendors { li { strong { (vendor.name) } ": " (vendor.what) " · " @if vendor.baa { "BAA" } @else { "no BAA" } } } }
    } }
}

fn plan(practice: &Practice) -> Markup {
    html! { section.card aria-labelledby="plan-h" { h2 #plan-h { "Approved beforehand" }
        @if practice.plan.preapproved.is_empty() { p.quiet { "Nothing: what stops care waits for two people." } }
        ul.small { @for own in &practice.plan.preapproved { li { (own.measures.iter().map(|measure| measure.plain()).collect::<Vec<_>>().join(", ")) " for " (own.incidents.iter().map(|kind| kind.plain()).collect::<Vec<_>>().join(", ")) @if let Some(agreed) = &own.agreed { " · " (agreed) } } } }
    } }
}
