//! Practices and their profiles.

use app::{ports::PracticeRow, practices::SetProfile, read::Look};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use incident::Practice;
use kernel::{PracticeId, authorise};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{Administer, By, Read},
    conditions::{Conditions, Listed, etag},
    error::Problem,
    received::{Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(show, change)).routes(routes!(binder))
}

/// The practices that the token is for.
#[utoipa::path(get, path = "/practices", tag = "practices", operation_id = "list_practices", responses((status = 200, body = Listed<PracticeRow>)))]
async fn list(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<PracticeRow>>, Problem> {
    let _ = authorise(&by.actor, Look)?;
    Ok(Json(web.app.practices(&by.actor).await?.into()))
}

/// Takes a practice's profile in. One of the same name is changed.
#[utoipa::path(
    post, path = "/practices", tag = "practices", operation_id = "make_practice", request_body = Practice,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days")),
    responses((status = 201, body = PracticeRow, headers(("ETag" = String), ("Location" = String)))),
)]
async fn make(
    State(web): State<Web>,
    by: By<Administer>,
    conditions: Conditions,
    Sent(practice): Sent<Practice>,
) -> Result<Response, Problem> {
    let set = SetProfile { id: None, practice };
    let profile = web.app.set_profile_once(&by.actor, set, conditions.key(&by.actor)).await?;
    let row = row(&web, &by, profile.id).await?;
    let place = [(header::LOCATION, format!("/api/v1/practices/{}", row.id))];
    Ok((StatusCode::CREATED, etag(row.version), place, Json(row)).into_response())
}

/// The binder for when nothing works, as PDF/A: contacts, who decides what, runbooks in brief, a paper form for each service.
#[utoipa::path(
    get, path = "/practices/{id}/binder.pdf", tag = "practices", operation_id = "show_binder", params(("id" = PracticeId, Path, description = "The practice")),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)),
)]
async fn binder(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<PracticeId>,
) -> Result<Response, Problem> {
    let pdf = web.app.binder_pdf(&by.actor, id).await?;
    Ok(crate::reports::shown("application/pdf", &format!("binder-{id}.pdf"), pdf))
}

/// One practice with its profile.
#[utoipa::path(
    get, path = "/practices/{id}", tag = "practices", operation_id = "show_practice", params(("id" = PracticeId, Path, description = "The practice")),
    responses((status = 200, body = PracticeRow, headers(("ETag" = String, description = "The version it stands at")))),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<PracticeId>,
) -> Result<impl IntoResponse, Problem> {
    let _ = authorise(&by.actor, Look)?;
    let row = row(&web, &by, id).await?;
    Ok((etag(row.version), Json(row)))
}

/// Changes a practice's profile.
#[utoipa::path(
    put, path = "/practices/{id}", tag = "practices", operation_id = "change_practice", request_body = Practice,
    params(
        ("id" = PracticeId, Path, description = "The practice"),
        Conditions,
    ),
    responses((status = 200, body = PracticeRow, headers(("ETag" = String)))),
)]
async fn change(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<PracticeId>,
    conditions: Conditions,
    Sent(practice): Sent<Practice>,
) -> Result<impl IntoResponse, Problem> {
    by.needs(kernel::Capability::Administer)?;
    let set = SetProfile { id: Some(id), practice };
    let (expected, key) = (conditions.expected, conditions.key(&by.actor));
    let set = web.app.change_profile(&by.actor, set, expected, key).await;
    set.map_err(Conditions::problem(expected))?;
    let row = row(&web, &by, id).await?;
    Ok((etag(row.version), Json(row)))
}

async fn row<S>(web: &Web, by: &By<S>, id: PracticeId) -> Result<PracticeRow, Problem> {
    let rows = web.app.practices(&by.actor).await?;
    rows.into_iter().find(|row| row.id == id).ok_or_else(|| Problem::not_found(format!("practice {id}")))
}
