//! The pages: everything the product does, done by a person in a browser. Each is rendered whole on the server and works
//! as plain links and forms; scripts make it live and quicker. A form's action goes to the same use case that the API
//! and the command line call, and its answer sends the browser back to where it was.
//!
//! To add a page: a file here with a view that takes a [`desk::Desk`], a line in [`routes`], and a line in the table of
//! `tests/web/pages.rs`, which asks it as every role and as another practice.

pub(crate) mod accounts;
pub(crate) mod action;
pub(crate) mod admin;
pub(crate) mod alert;
pub(crate) mod alerts;
pub(crate) mod axis;
pub(crate) mod board;
pub(crate) mod breach;
pub(crate) mod choosing;
pub(crate) mod command;
pub(crate) mod desk;
pub(crate) mod downtime;
pub(crate) mod drafts;
pub(crate) mod entrance;
pub(crate) mod evidence;
pub(crate) mod form;
pub(crate) mod glass;
pub(crate) mod graph;
pub(crate) mod incident;
pub(crate) mod investigation;
pub(crate) mod journal;
pub(crate) mod layout;
pub(crate) mod lessons;
pub(crate) mod line;
pub(crate) mod live;
pub(crate) mod notes;
pub(crate) mod own;
pub(crate) mod papers;
pub(crate) mod parts;
pub(crate) mod passkeys;
pub(crate) mod people;
pub(crate) mod practice;
pub(crate) mod providers;
pub(crate) mod qr;
pub(crate) mod recovery;
pub(crate) mod reports;
pub(crate) mod situation;
pub(crate) mod staff;
pub(crate) mod system;
pub(crate) mod systems;
pub(crate) mod told;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/", get(board::page))
        .route("/declare", get(board::declare_page).post(board::declare))
        .route("/alerts", get(alerts::page))
        .route("/alerts/views", post(alerts::save))
        .route("/alerts/views/{view}/drop", post(alerts::discard))
        .route("/alerts/{id}", get(alert::page))
        .route("/alerts/{id}/do", post(alert::act))
        .route("/alerts/{id}/photos/{sha256}", get(alert::photo))
        .route("/incidents/{id}", get(incident::page))
        .route("/incidents/{id}/do", post(command::act))
        .route("/incidents/{id}/notes", get(notes::page).post(notes::write))
        .route("/incidents/{id}/notes/{note}", get(notes::history).post(notes::revise))
        .route("/incidents/{id}/situation", get(situation::page).post(situation::send))
        .route("/incidents/{id}/situation/{report}", get(situation::one))
        .route("/incidents/{id}/drafts/{of}", post(drafts::keep))
        .route("/incidents/{id}/drafts/{of}/drop", post(drafts::discard))
        .route("/incidents/{id}/systems", get(systems::page))
        .route("/incidents/{id}/systems/{system}", get(system::page))
        .route("/incidents/{id}/accounts", get(accounts::page))
        .route("/incidents/{id}/investigation", get(investigation::page))
        .route("/incidents/{id}/investigation/hunt", post(investigation::begin))
        .route("/incidents/{id}/investigation/finding", get(investigation::finding))
        .route("/incidents/{id}/evidence/rehash", post(evidence::rehash))
        .route("/incidents/{id}/breach", get(breach::page))
        .route("/incidents/{id}/breach/facts", post(breach::facts::state))
        .route("/incidents/{id}/breach/factors", post(breach::factors::prepare))
        .route("/incidents/{id}/breach/recommend", post(breach::factors::recommend))
        .route("/incidents/{id}/breach/determine", post(breach::factors::determine))
        .route("/incidents/{id}/breach/conditions", post(breach::factors::condition))
        .route("/incidents/{id}/breach/what-if", get(breach::what_if::page))
        .route("/incidents/{id}/breach/papers/{kind}", get(papers::page))
        .route("/incidents/{id}/recovery", get(recovery::page))
        .route("/incidents/{id}/reports", get(reports::page))
        .route("/incidents/{id}/lessons", get(lessons::page))
        .route("/me", get(own::page))
        .route("/me/password", post(own::set_password))
        .route("/me/authenticator", post(own::begin))
        .route("/me/authenticator/confirm", post(own::confirm))
        .route("/me/authenticator/drop", post(own::drop_app))
        .route("/me/sessions/{id}/end", post(own::end))
        .route("/me/passkeys", post(passkeys::make_one))
        .route("/me/passkeys/challenge", post(passkeys::challenge))
        .route("/me/passkeys/{id}/remove", post(passkeys::remove))
        .route("/me/link/{provider}", get(providers::link))
        .route("/me/identities/{id}/unlink", post(providers::unlink))
        .route("/emergencies", get(glass::page))
        .route("/emergencies/let-in", post(glass::let_in))
        .route("/emergencies/enter", post(glass::enter))
        .route("/emergencies/{id}/end", post(glass::end))
        .route("/journal", get(journal::page))
        .route("/journal/{index}", get(journal::entry))
        .route("/today", get(staff::today_page))
        .route("/practices", get(practice::list))
        .route("/practices/{id}", get(practice::page))
        .route("/practices/{id}/forms/{service}", get(downtime::page))
        .route("/administration", get(admin::page).post(admin::make))
        .route("/administration/accounts", post(people::make))
        .route("/administration/accounts/{id}/reset", post(people::reset))
        .route("/administration/accounts/{id}/end", post(people::end))
        .route("/administration/accounts/{id}/change", post(glass::change))
        .route("/administration/{id}/revoke", post(admin::revoke))
        .route("/staff/{token}/poster", get(staff::poster))
        .route("/staff/{token}/forms/{service}", get(staff::form))
}

pub(crate) fn lasting_routes() -> Router<Web> {
    Router::new()
        .route("/staff/{token}", get(staff::page).post(staff::report))
        .route("/incidents/{id}/live", get(live::follow))
        .route("/incidents/{id}/evidence", get(evidence::page).post(evidence::take))
        .route("/incidents/{id}/reports/package", post(reports::package))
}
