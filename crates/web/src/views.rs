//! Views of the alert queue that people saved, for themselves or for their practice.

use app::views::{AlertView, NewView};
use axum::{Json, extract::State, http::StatusCode};
use kernel::Digest;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::Listed,
    error::Problem,
    received::{Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(discard))
}

/// One's own views of the alert queue and those that others share, by name.
#[utoipa::path(get, path = "/alert-views", tag = "alerts", operation_id = "list_views", responses((status = 200, body = Listed<AlertView>)))]
async fn list(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<AlertView>>, Problem> {
    Ok(Json(web.app.alert_views(&by.actor).await?.into()))
}

/// Saves a view; one's own of the same name is replaced.
#[utoipa::path(post, path = "/alert-views", tag = "alerts", operation_id = "save_view", request_body = NewView, responses((status = 201, body = AlertView)))]
async fn save(
    State(web): State<Web>,
    by: By<Write>,
    Sent(new): Sent<NewView>,
) -> Result<(StatusCode, Json<AlertView>), Problem> {
    crate::pages::alerts::readable(&new.filter)?;
    Ok((StatusCode::CREATED, Json(web.app.save_view(&by.actor, new).await?)))
}

/// Takes one's own view away.
#[utoipa::path(
    delete, path = "/alert-views/{view}", tag = "alerts", operation_id = "discard_view",
    params(("view" = String, Path, description = "The view's id")),
    responses((status = 204, description = "It is gone")),
)]
async fn discard(
    State(web): State<Web>,
    by: By<Write>,
    Named(view): Named<Digest>,
) -> Result<StatusCode, Problem> {
    web.app.drop_view(&by.actor, view).await?;
    Ok(StatusCode::NO_CONTENT)
}
