//! What leaves an incident: the report, the decisions, the calendar of obligations, and sealed packages.

use app::respond::files;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Actor, Capability, IncidentId};
use ledger::package::Audience;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Export, Read},
    described::OfIncident,
    error::Problem,
    received::{Named, Sent},
    state::Web,
    tokens::passing,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(report)).routes(routes!(decisions)).routes(routes!(obligations))
}

pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(package))
}

/// What a browser shows, and saves under this name.
pub(crate) fn shown(kind: &'static str, name: &str, body: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}

/// The report for the practice's leadership, as PDF/A.
#[utoipa::path(
    get, path = "/incidents/{id}/report.pdf", tag = "documents", operation_id = "show_report", params(OfIncident),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)),
)]
async fn report(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Response, Problem> {
    let pdf = web.app.report_pdf(&by.actor, id).await?;
    Ok(shown("application/pdf", &format!("report-{id}.pdf"), pdf))
}

/// The decisions that wait, for people.
#[utoipa::path(
    get, path = "/incidents/{id}/decisions.md", tag = "documents", operation_id = "show_decisions_text", params(OfIncident),
    responses((status = 200, content_type = "text/markdown", body = String)),
)]
async fn decisions(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Response, Problem> {
    let view = web.app.incident(&by.actor, id).await?;
    let profile = web.app.profile(&by.actor, view.state.practice).await?;
    let text = files::decisions(&view, &profile.practice, web.app.edge().now());
    Ok(shown("text/markdown; charset=utf-8", &format!("decisions-{id}.md"), text))
}

/// The obligations that have a date, as iCalendar (RFC 5545).
#[utoipa::path(
    get, path = "/incidents/{id}/obligations.ics", tag = "documents", operation_id = "show_obligations", params(OfIncident),
    responses((status = 200, content_type = "text/calendar", body = String)),
)]
async fn obligations(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Response, Problem> {
    let view = web.app.incident(&by.actor, id).await?;
    let profile = web.app.profile(&by.actor, view.state.practice).await?;
    let text = files::calendar(&view.state, &profile.practice, web.app.edge().now());
    Ok(shown("text/calendar; charset=utf-8", &format!("obligations-{id}.ics"), text))
}

/// A package to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPackage {
    /// `counsel`, `insurer`, `ocr`, `law-enforcement` or `archive`.
    #[serde(rename = "for")]
    audience: String,
    /// Whether evidence goes along; the reader's usual where absent.
    #[serde(default)]
    evidence: Option<bool>,
}

/// Makes a sealed package of what one reader may see, and sends it.
#[utoipa::path(
    post, path = "/incidents/{id}/packages", tag = "documents", operation_id = "make_package", request_body = NewPackage,
    params(OfIncident),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>, headers(("Manifest-SHA256" = String, description = "The one number that stands for the whole package")))),
)]
async fn package(
    State(web): State<Web>,
    by: By<Export>,
    Named(id): Named<IncidentId>,
    Sent(new): Sent<NewPackage>,
) -> Result<Response, Problem> {
    by.needs(Capability::Export)?;
    packaged(&web, &by.actor, id, &new.audience, new.evidence).await
}

/// Makes a package and sends it as it is written.
pub(crate) async fn packaged(
    web: &Web,
    actor: &Actor,
    id: IncidentId,
    audience: &str,
    evidence: Option<bool>,
) -> Result<Response, Problem> {
    let audience: Audience = audience.parse().map_err(|_| {
        Problem::invalid("/for", "a package is for counsel, insurer, ocr, law-enforcement or archive")
    })?;
    let path = web.app.directory().tmp().join(format!("{}.zip", web.app.edge().id(kernel::EntryId::new)));
    let exported =
        web.app.export(actor, id, audience, evidence, &path).await.map_err(|error| match error {
            app::AppError::Invalid { at, what } => {
                // The use case names the command line's arguments.
                let pointer = if at == "--evidence" { "/evidence" } else { "/for" };
                let code =
                    if pointer == "/for" { StatusCode::FORBIDDEN } else { StatusCode::UNPROCESSABLE_ENTITY };
                Problem::new(
                    code,
                    "not_for_this_reader",
                    "The package would hold what its reader may not see",
                    what,
                )
                .at(pointer)
            }
            error => error.into(),
        })?;
    let mut response = passing(&path, "application/zip", &format!("{id}-{audience}.zip")).await?;
    if let Ok(manifest) = exported.manifest.to_string().parse() {
        response.headers_mut().insert("manifest-sha256", manifest);
    }
    Ok(response)
}
