//! The papers of a breach, as drafts made from the facts of the breach case as they stand: what there is of a kind, and
//! each in its forms. They are signed over the API or at the terminal, by the attorney; here nothing is sent or filed.

use app::notices::{Answer, Kind, Listing, Wanted};
use axum::response::{IntoResponse as _, Response};
use kernel::IncidentId;
use maud::{Markup, html};

use super::{
    desk::Desk,
    incident::Room,
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    breach::{Which, sent},
    error::Problem,
    received::{Asked, Named},
};

/// The list of kinds, on the page of the breach.
pub(crate) fn kinds(desk: &Desk, incident: IncidentId) -> Markup {
    let privileged = desk.actor.role.may(kernel::Capability::Privileged);
    let shown = Kind::ALL.iter().filter(|kind| privileged || !kind.privileged());
    html! {
        ul {
            @for kind in shown { li { a href={ "/incidents/" (incident) "/breach/papers/" (kind.as_str()) } { (parts::capitalised(kind.plain())) } } }
        }
        p.small.quiet { "Drafts until the attorney signs. They support counsel and do not replace it." }
    }
}

/// What there is of a kind; with a form, the document itself.
pub(crate) async fn page(
    desk: Desk,
    Named((id, kind)): Named<(IncidentId, Kind)>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    desk.needs(kernel::Capability::Read)?;
    let answer =
        desk.web.app.incident_documents(&desk.actor, id, Wanted::default(), kind, which.into()).await?;
    let listing = match answer {
        Answer::Listing(listing) => listing,
        document @ Answer::Document(_) => return Ok(sent(document).into_response()),
    };
    let room = Room::of(&desk, id).await?;
    let body = html! {
        (room.head(Tab::Breach))
        h2 { (parts::capitalised(kind.plain())) }
        (listed(&listing, id, kind))
        p { a href={ "/incidents/" (id) "/breach" } { "Back to the breach" } }
    };
    let title = format!("{} · {}", parts::capitalised(kind.plain()), room.state().title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Breach), body)))
}

fn listed(listing: &Listing, incident: IncidentId, kind: Kind) -> Markup {
    html! {
        @if listing.documents.is_empty() { (parts::empty("The facts as they stand ask for none of these.", &html! { p.small.quiet { "What would change that stands under “Duties”, with its reason." } })) }
        ul.plain {
            @for document in &listing.documents { li { article.card {
                h3 { (parts::capitalised(&document.name.replace('-', " "))) @if listing.draft { " " (parts::chip("care", "◐", "draft")) } }
                p.actions {
                    @for format in &document.formats {
                        a.button.plain href={ "/incidents/" (incident) "/breach/papers/" (kind.as_str()) "?format=" (format.as_str()) "&name=" (urlencoded(&document.name)) } { (plain(format.as_str())) }
                    }
                }
            } } }
        }
        p.small.quiet { (listing.note) }
    }
}

/// A form of a document, as one looks for it.
fn plain(format: &str) -> &str {
    match format {
        "pdf" => "PDF, to print",
        "docx" => "Word, to edit",
        "text" => "Plain text",
        "html" => "Web page",
        "csv" => "Table (CSV)",
        other => other,
    }
}

fn urlencoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
