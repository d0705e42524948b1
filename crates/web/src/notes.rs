//! Notes of an incident. The text is sealed; the journal has its digest.

use app::notes::{NewNote, NoteText, RevisedNote};
use axum::{Json, extract::State, response::Response};
use incident::{Event, Note};
use kernel::{IncidentId, NoteId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::{Conditions, Listed},
    described::OfIncident,
    error::Problem,
    incidents::CommandTaken,
    received::{Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, write)).routes(routes!(show, revise))
}

/// The notes of an incident, without their texts.
#[utoipa::path(
    get, path = "/incidents/{id}/notes", tag = "notes", operation_id = "list_notes", params(OfIncident),
    responses((status = 200, body = Listed<Note>)),
)]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Note>>, Problem> {
    let view = web.app.incident(&by.actor, id).await?;
    Ok(Json(view.state.notes.values().cloned().collect::<Vec<_>>().into()))
}

/// Writes a note.
#[utoipa::path(
    post, path = "/incidents/{id}/notes", tag = "notes", operation_id = "write_note", request_body = NewNote,
    params(OfIncident, Conditions),
    responses((status = 201, body = CommandTaken, headers(("ETag" = String), ("Location" = String)))),
)]
async fn write(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(note): Sent<NewNote>,
) -> Result<Response, Problem> {
    let done = conditions.ask(&by.actor, |how| web.app.write_note(&by.actor, id, note, how)).await?;
    let made = done.entries.iter().find_map(|entry| match Event::from_entry(entry) {
        Ok(Event::NoteWritten { note, .. }) => Some(note),
        _ => None,
    });
    let place = made.map(|note| format!("/api/v1/incidents/{id}/notes/{note}"));
    Ok(CommandTaken::answer(&by.actor, done, place))
}

/// Every version of a note, oldest first, with its text.
#[utoipa::path(
    get, path = "/incidents/{id}/notes/{note}", tag = "notes", operation_id = "show_note",
    params(OfIncident, ("note" = NoteId, Path, description = "The note")),
    responses((status = 200, body = Listed<NoteText>)),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named((id, note)): Named<(IncidentId, NoteId)>,
) -> Result<Json<Listed<NoteText>>, Problem> {
    Ok(Json(web.app.note(&by.actor, id, note).await?.into()))
}

/// Revises a note; what it said stays.
#[utoipa::path(
    put, path = "/incidents/{id}/notes/{note}", tag = "notes", operation_id = "revise_note", request_body = RevisedNote,
    params(
        OfIncident, ("note" = NoteId, Path, description = "The note"),
        Conditions,
    ),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn revise(
    State(web): State<Web>,
    by: By<Write>,
    Named((id, note)): Named<(IncidentId, NoteId)>,
    conditions: Conditions,
    Sent(revised): Sent<RevisedNote>,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.revise_note(&by.actor, id, note, revised, how))
        .await
}
