//! The breach question over the API. What is asked with facts alone is answered and forgotten; an incident's documents
//! stand under the incident. What a notice says is the attorney's, so that nobody else's signature is taken.

use app::notices::{Answer, Choice, Document, Format, Kind, Listing, TEMPLATE, Wanted};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{Request, header},
    response::{IntoResponse, Response},
};
use breach::{Assessment, Facts, Law};
use kernel::{Capability, Digest, IncidentId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    described::OfIncident,
    error::Problem,
    limits,
    received::{Asked, Named, Sent, bytes, is_json},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(assess))
        .routes(routes!(explain))
        .routes(routes!(calendar))
        .routes(routes!(notice))
}

/// Letters to ten thousand people take as long as they take.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(documents)).routes(routes!(of_incident))
}

/// Which document, in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// In which form: `pdf`, `docx`, `text`, `html` or `merge` (letters: the mail-merge file). A list of what there is
    /// where absent.
    pub(crate) format: Option<Format>,
    /// Which, where there are several, by its name in the list.
    name: Option<String>,
    /// For `states`: one State's two letters.
    state: Option<String>,
}

impl From<Which> for Choice {
    fn from(which: Which) -> Self {
        Self { format: which.format, name: which.name, state: which.state }
    }
}

/// Reads the facts of a request and assesses them.
async fn assessed(
    by: &By<Read>,
    web: &Web,
    request: Request<Body>,
) -> Result<(Facts, Assessment, Digest), Problem> {
    by.needs(Capability::Read)?;
    is_json(request.headers())?;
    let body = bytes(request, web, limits::JSON_BODY).await?;
    let facts = Facts::from_json(&body).map_err(|error| Problem::invalid(error.pointer, error.what))?;
    let law = Law::embedded().map_err(|error| app::AppError::Document(error.to_string()))?;
    let assessment = breach::assess(&facts, law);
    Ok((facts, assessment, Digest::of(&body)))
}

/// Assesses the facts of one event: determination, obligations, exact dates. It supports counsel and does not replace
/// counsel.
#[utoipa::path(
    post, path = "/breach/assess", tag = "law", operation_id = "assess_breach", request_body(content = serde_json::Value, description = "The facts (contracts/breach.md)"),
    responses((status = 200, body = serde_json::Value)),
)]
async fn assess(
    State(web): State<Web>,
    by: By<Read>,
    request: Request<Body>,
) -> Result<Json<Assessment>, Problem> {
    Ok(Json(assessed(&by, &web, request).await?.1))
}

/// The same for a person: what was concluded, why, and what would change it.
#[utoipa::path(
    post, path = "/breach/explain", tag = "law", operation_id = "explain_breach", request_body(content = serde_json::Value, description = "The facts (contracts/breach.md)"),
    responses((status = 200, content_type = "text/plain", body = String)),
)]
async fn explain(State(web): State<Web>, by: By<Read>, request: Request<Body>) -> Result<Response, Problem> {
    let (facts, assessment, _) = assessed(&by, &web, request).await?;
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((kind, breach::explain(&assessment, &facts)).into_response())
}

/// The obligations as iCalendar (RFC 5545).
#[utoipa::path(
    post, path = "/breach/calendar", tag = "law", operation_id = "breach_calendar", request_body(content = serde_json::Value, description = "The facts (contracts/breach.md)"),
    responses((status = 200, content_type = "text/calendar", body = String)),
)]
async fn calendar(State(web): State<Web>, by: By<Read>, request: Request<Body>) -> Result<Response, Problem> {
    let (_, assessment, digest) = assessed(&by, &web, request).await?;
    let reference = digest.to_string();
    let reference = reference.get(..16).unwrap_or(&reference);
    let kind = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    Ok((kind, breach::calendar(&assessment, reference, web.app.edge().now())).into_response())
}

/// A commented notice file to fill in (TOML); the same members as JSON are the `notice` of a request for documents.
#[utoipa::path(
    get, path = "/breach/notice", tag = "law", operation_id = "show_notice_template",
    responses((status = 200, content_type = "application/toml", body = String)),
)]
async fn notice(by: By<Read>) -> Result<Response, Problem> {
    by.needs(Capability::Read)?;
    Ok(([(header::CONTENT_TYPE, "application/toml; charset=utf-8")], TEMPLATE).into_response())
}

/// Makes documents from facts: letters, worksheets, notices and records. Drafts for counsel until an attorney signs.
#[utoipa::path(
    post, path = "/breach/documents/{kind}", tag = "law", operation_id = "make_breach_document", request_body = Wanted,
    params(("kind" = String, Path, description = "letters, substitute, media, hhs, part2, states, business_associate, insurer, delay, memorandum or proof"), Which),
    responses((status = 200, body = Listing, description = "What there is; with a format, the document")),
)]
async fn documents(
    State(web): State<Web>,
    by: By<Read>,
    Named(kind): Named<Kind>,
    Asked(which): Asked<Which>,
    Sent(wanted): Sent<Wanted>,
) -> Result<Response, Problem> {
    by.needs(Capability::Read)?;
    Ok(sent(web.app.breach_documents(&by.actor, wanted, kind, which.into()).await?))
}

/// Makes documents of an incident. An attorney's signature is written down as a note of it.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/documents/{kind}", tag = "law", operation_id = "make_incident_document", request_body = Wanted,
    params(OfIncident, ("kind" = String, Path, description = "letters, substitute, media, hhs, part2, states, business_associate, insurer, delay, memorandum or proof"), Which),
    responses((status = 200, body = Listing, description = "What there is; with a format, the document")),
)]
async fn of_incident(
    State(web): State<Web>,
    by: By<Write>,
    Named((id, kind)): Named<(IncidentId, Kind)>,
    Asked(which): Asked<Which>,
    Sent(wanted): Sent<Wanted>,
) -> Result<Response, Problem> {
    by.needs(Capability::Read)?;
    Ok(sent(web.app.incident_documents(&by.actor, id, wanted, kind, which.into()).await?))
}

pub(crate) fn sent(answer: Answer) -> Response {
    match answer {
        Answer::Listing(listing) => Json(listing).into_response(),
        Answer::Document(Document { name, format, bytes, .. }) => {
            let headers = [
                (header::CONTENT_TYPE, format.media_type().to_owned()),
                // A page for a web site is to be kept, not opened here.
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, bytes.into_revealed()).into_response()
        }
    }
}
