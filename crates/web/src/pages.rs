//! The pages: everything the product does, done by a person in a browser. Each is rendered whole on the server and works
//! as plain links and forms; scripts make it live and quicker. A form's action goes to the same use case that the API
//! and the command line call, and its answer sends the browser back to where it was.
//!
//! To add a page: a file here with a view that takes a [`desk::Desk`], a line in [`routes`], and a line in the table of
//! `tests/web/doors.rs`, which asks it as every role, from another practice and by nobody.

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
pub(crate) mod elsewhere;
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
pub(crate) mod showing;
pub(crate) mod situation;
pub(crate) mod staff;
pub(crate) mod system;
pub(crate) mod systems;
pub(crate) mod told;

use crate::doors::Doors;

pub(crate) fn routes() -> Doors {
    Doors::default()
        .get("/", board::page)
        .get("/declare", board::declare_page)
        .post("/declare", board::declare)
        .get("/alerts", alerts::page)
        .post("/alerts/views", alerts::save)
        .post("/alerts/views/{view}/drop", alerts::discard)
        .get("/alerts/{id}", alert::page)
        .post("/alerts/{id}/do", alert::act)
        .get("/alerts/{id}/photos/{sha256}", alert::photo)
        .get("/incidents/{id}", incident::page)
        .post("/incidents/{id}/do", command::act)
        .get("/incidents/{id}/notes", notes::page)
        .post("/incidents/{id}/notes", notes::write)
        .get("/incidents/{id}/notes/{note}", notes::history)
        .post("/incidents/{id}/notes/{note}", notes::revise)
        .get("/incidents/{id}/situation", situation::page)
        .post("/incidents/{id}/situation", situation::send)
        .get("/incidents/{id}/situation/{report}", situation::one)
        .post("/incidents/{id}/drafts/{of}", drafts::keep)
        .post("/incidents/{id}/drafts/{of}/drop", drafts::discard)
        .get("/incidents/{id}/systems", systems::page)
        .get("/incidents/{id}/systems/{system}", system::page)
        .get("/incidents/{id}/accounts", accounts::page)
        .get("/incidents/{id}/investigation", investigation::page)
        .post("/incidents/{id}/investigation/hunt", investigation::begin)
        .get("/incidents/{id}/investigation/finding", investigation::finding)
        .post("/incidents/{id}/evidence/rehash", evidence::rehash)
        .get("/incidents/{id}/breach", breach::page)
        .post("/incidents/{id}/breach/facts", breach::facts::state)
        .post("/incidents/{id}/breach/factors", breach::factors::prepare)
        .post("/incidents/{id}/breach/recommend", breach::factors::recommend)
        .post("/incidents/{id}/breach/determine", breach::factors::determine)
        .post("/incidents/{id}/breach/conditions", breach::factors::condition)
        .get("/incidents/{id}/breach/what-if", breach::what_if::page)
        .get("/incidents/{id}/breach/papers/{kind}", papers::page)
        .get("/incidents/{id}/recovery", recovery::page)
        .get("/incidents/{id}/reports", reports::page)
        .get("/incidents/{id}/lessons", lessons::page)
        .get("/me", own::page)
        .post("/me/password", own::set_password)
        .post("/me/authenticator", own::begin)
        .post("/me/authenticator/confirm", own::confirm)
        .post("/me/authenticator/drop", own::drop_app)
        .post("/me/sessions/{id}/end", own::end)
        .post("/me/standings", elsewhere::go)
        .post("/me/passkeys", passkeys::make_one)
        .post("/me/passkeys/challenge", passkeys::challenge)
        .post("/me/passkeys/{id}/remove", passkeys::remove)
        .get("/me/link/{provider}", providers::link)
        .post("/me/identities/{id}/unlink", providers::unlink)
        .get("/emergencies", glass::page)
        .post("/emergencies/let-in", glass::let_in)
        .post("/emergencies/enter", glass::enter)
        .post("/emergencies/{id}/end", glass::end)
        .get("/journal", journal::page)
        .get("/journal/{index}", journal::entry)
        .get("/today", staff::today_page)
        .get("/practices", practice::list)
        .get("/practices/{id}", practice::page)
        .get("/practices/{id}/forms/{service}", downtime::page)
        .get("/administration", admin::page)
        .post("/administration", admin::make)
        .post("/administration/accounts", people::make)
        .post("/administration/accounts/{id}/reset", people::reset)
        .post("/administration/accounts/{id}/end", people::end)
        .post("/administration/accounts/{id}/change", glass::change)
        .post("/administration/memberships", elsewhere::give)
        .post("/administration/memberships/{id}/end", elsewhere::end)
        .post("/administration/{id}/revoke", admin::revoke)
        .get("/staff/{token}/poster", staff::poster)
        .get("/staff/{token}/forms/{service}", staff::form)
}

pub(crate) fn lasting_routes() -> Doors {
    Doors::default()
        .get("/staff/{token}", staff::page)
        .post("/staff/{token}", staff::report)
        .get("/incidents/{id}/live", live::follow)
        .get("/incidents/{id}/evidence", evidence::page)
        .post("/incidents/{id}/evidence", evidence::take)
        .post("/incidents/{id}/reports/package", reports::package)
}
