//! Drafts of a person's own: of a note, of a revision of one, of the next situation report. Sealed, never in the record.

use app::drafts::{Draft, DraftOf, DraftText};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use kernel::IncidentId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::Listed,
    described::OfIncident,
    error::Problem,
    received::{Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(keep, discard))
}

/// One's own drafts on an incident, the newest first.
#[utoipa::path(
    get, path = "/incidents/{id}/drafts", tag = "notes", operation_id = "list_drafts", params(OfIncident),
    responses((status = 200, body = Listed<Draft>)),
)]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Draft>>, Problem> {
    Ok(Json(web.app.drafts(&by.actor, id).await?.into()))
}

/// Keeps a draft; one that somebody wrote elsewhere at the same time is put aside in it. An empty text ends it.
#[utoipa::path(
    put, path = "/incidents/{id}/drafts/{of}", tag = "notes", operation_id = "keep_draft", request_body = DraftText,
    params(
        OfIncident,
        ("of" = String, Path, description = "`note`, `situation`, or the id of the note that is being revised"),
    ),
    responses((status = 200, body = Draft), (status = 204, description = "It was empty, and is ended")),
)]
async fn keep(
    State(web): State<Web>,
    by: By<Write>,
    Named((id, of)): Named<(IncidentId, DraftOf)>,
    Sent(said): Sent<DraftText>,
) -> Result<Response, Problem> {
    Ok(match web.app.keep_draft(&by.actor, id, of, said).await? {
        Some(draft) => Json(draft).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Throws a draft away.
#[utoipa::path(
    delete, path = "/incidents/{id}/drafts/{of}", tag = "notes", operation_id = "discard_draft",
    params(
        OfIncident,
        ("of" = String, Path, description = "`note`, `situation`, or the id of the note that is being revised"),
    ),
    responses((status = 204, description = "It is gone")),
)]
async fn discard(
    State(web): State<Web>,
    by: By<Write>,
    Named((id, of)): Named<(IncidentId, DraftOf)>,
) -> Result<StatusCode, Problem> {
    web.app.drop_draft(&by.actor, id, of).await?;
    Ok(StatusCode::NO_CONTENT)
}
