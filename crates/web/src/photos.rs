//! Photos that came with staff reports.

use app::photos::LARGEST;
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use incident::Photo;
use kernel::{AlertId, Capability, Digest};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Intake, Read},
    conditions::Listed,
    error::Problem,
    received::{self, Named},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Routes that may take as long as a telephone takes.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    let most = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    OpenApiRouter::new().routes(routes!(add)).layer(axum::extract::DefaultBodyLimit::max(most))
}

/// The photos that came with an alert.
#[utoipa::path(
    get, path = "/alerts/{id}/photos", tag = "alerts", operation_id = "list_photos", params(("id" = AlertId, Path, description = "The alert")),
    responses((status = 200, body = Listed<Photo>)),
)]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<AlertId>,
) -> Result<Json<Listed<Photo>>, Problem> {
    Ok(Json(web.app.photos(&by.actor, id).await?.into()))
}

/// Adds a photo to a staff report: JPEG, PNG, WebP or HEIC, at most 20 MiB. It is sealed, and taken into custody when the
/// alert is put to an incident.
#[utoipa::path(
    post, path = "/alerts/{id}/photos", tag = "alerts", operation_id = "add_photo", params(("id" = AlertId, Path, description = "The alert")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Photo)),
)]
async fn add(
    State(web): State<Web>,
    by: By<Intake>,
    Named(id): Named<AlertId>,
    request: Request<Body>,
) -> Result<(StatusCode, Json<Photo>), Problem> {
    by.needs(Capability::Report)?;
    let bytes = received::bytes(request, &web, usize::try_from(LARGEST).unwrap_or(usize::MAX)).await?;
    Ok((StatusCode::CREATED, Json(web.app.add_photo(&by.actor, id, bytes.to_vec()).await?)))
}

/// The bytes of a photo.
#[utoipa::path(
    get, path = "/alerts/{id}/photos/{sha256}", tag = "alerts", operation_id = "show_photo",
    params(("id" = AlertId, Path, description = "The alert"), ("sha256" = String, Path, description = "SHA-256 of the photo")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named((id, sha256)): Named<(AlertId, Digest)>,
) -> Result<Response, Problem> {
    let (photo, bytes) = web.app.photo(&by.actor, id, &sha256).await?;
    Ok(served(&photo, bytes))
}

/// A photo as a browser shows it: as what its bytes were seen to be, and as nothing else.
pub(crate) fn served(photo: &Photo, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let kind =
        HeaderValue::from_str(&photo.media).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
