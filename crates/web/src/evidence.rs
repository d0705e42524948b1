//! Evidence: streamed into the vault as it comes, streamed out through a check of every byte, hashed again on demand.

use app::{
    evidence::{Provenance, Rehashed},
    ports::{EvidenceQuery, EvidenceRow},
    retention::{Kept, RetentionQuery},
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, Request, header},
    response::{IntoResponse as _, Response},
};
use kernel::{Capability, Digest, EvidenceId, IncidentId, PracticeId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    alerts::attachment,
    caller::{By, Read, Write},
    conditions::{Conditions, Listed, cursor, limit},
    described::OfIncident,
    error::Problem,
    incidents::CommandTaken,
    received::{Asked, Named},
    state::Web,
    stream,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(retention))
}

/// Routes that may take as long as the bytes take.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(of_incident, take)).routes(routes!(content)).routes(routes!(rehash))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Words in name or source.
    text: Option<String>,
    /// With these bytes.
    #[param(value_type = Option<String>)]
    sha256: Option<Digest>,
    /// The `next` of an earlier page.
    cursor: Option<String>,
    /// Rows a page, 1 to 500; 50 where absent.
    limit: Option<u32>,
}

impl Filter {
    fn query(self, incident: Option<IncidentId>) -> Result<EvidenceQuery, Problem> {
        let (after, limit) = (cursor(self.cursor.as_deref())?, limit(self.limit)?);
        Ok(EvidenceQuery { text: self.text, incident, sha256: self.sha256, after, limit })
    }
}

/// A page of evidence of all incidents, newest first.
#[utoipa::path(get, path = "/evidence", tag = "evidence", operation_id = "list_evidence", params(Filter), responses((status = 200, body = Listed<EvidenceRow>)))]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Listed<EvidenceRow>>, Problem> {
    Ok(Json(web.app.evidence_list(&by.actor, filter.query(None)?).await?.into()))
}

/// A page of an incident's evidence, newest first.
#[utoipa::path(
    get, path = "/incidents/{id}/evidence", tag = "evidence", operation_id = "list_incident_evidence",
    params(OfIncident, Filter),
    responses((status = 200, body = Listed<EvidenceRow>)),
)]
async fn of_incident(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Listed<EvidenceRow>>, Problem> {
    // An incident that is not here is told from one without evidence.
    let _ = web.app.incident(&by.actor, id).await?;
    Ok(Json(web.app.evidence_list(&by.actor, filter.query(Some(id))?).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Origin {
    /// What it is called. No PHI.
    name: String,
    /// Where it comes from: a host, a person, a product. No PHI.
    source: String,
    /// Why it is taken.
    why: String,
}

/// Takes an item of evidence in: the body is hashed and sealed as it arrives.
#[utoipa::path(
    post, path = "/incidents/{id}/evidence", tag = "evidence", operation_id = "take_evidence",
    params(
        OfIncident, Origin,
        Conditions,
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = CommandTaken, headers(("ETag" = String), ("Location" = String)))),
)]
async fn take(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    Asked(from): Asked<Origin>,
    conditions: Conditions,
    request: Request<Body>,
) -> Result<Response, Problem> {
    by.needs(Capability::Evidence)?;
    let limit = web.config.evidence_limit;
    let stated =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if stated.is_some_and(|stated: u64| stated > limit) {
        return Err(Problem::too_large(limit));
    }
    for (name, text) in [("name", &from.name), ("source", &from.source), ("why", &from.why)] {
        if text.trim().is_empty() || text.len() > 1_024 || text.chars().any(char::is_control) {
            return Err(Problem::invalid(name, "takes 1 to 1024 bytes without control characters"));
        }
    }
    let (reader, cause) = stream::incoming(request.into_body(), limit);
    let from = Provenance { name: from.name, source: from.source, why: from.why };
    let expected = conditions.expected;
    let taken = web.app.take_evidence(&by.actor, id, Box::new(reader), from, conditions.how(&by.actor)).await;
    let done = taken.map_err(|error| cause.take().unwrap_or_else(|| Conditions::problem(expected)(error)))?;
    let made = done.entries.iter().find_map(|entry| match incident::Event::from_entry(entry) {
        Ok(incident::Event::EvidenceTaken { evidence, .. }) => Some(evidence),
        _ => None,
    });
    let place = made.map(|evidence| format!("/api/v1/evidence/{evidence}"));
    Ok(CommandTaken::answer(&by.actor, done, place))
}

/// One item of evidence.
#[utoipa::path(
    get, path = "/evidence/{id}", tag = "evidence", operation_id = "show_evidence", params(("id" = EvidenceId, Path, description = "The item")),
    responses((status = 200, body = EvidenceRow)),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<EvidenceId>,
) -> Result<Json<EvidenceRow>, Problem> {
    Ok(Json(web.app.evidence_row(&by.actor, id).await?))
}

/// The bytes of an item. An answer that breaks off, or is shorter than its `Content-Length`, means that they were changed.
#[utoipa::path(
    get, path = "/evidence/{id}/content", tag = "evidence", operation_id = "show_evidence_content", params(("id" = EvidenceId, Path, description = "The item")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)),
)]
async fn content(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<EvidenceId>,
) -> Result<Response, Problem> {
    let (row, reader) = web.app.open_evidence(&by.actor, id).await?;
    let mut response =
        (attachment("application/octet-stream", &format!("{id}.bin")), stream::outgoing(reader))
            .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(row.bytes));
    if let Ok(digest) = HeaderValue::from_str(&format!("\"{}\"", row.sha256)) {
        headers.insert(header::ETAG, digest);
    }
    Ok(response)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Only the items of this incident.
    #[param(value_type = Option<String>)]
    incident: Option<IncidentId>,
}

/// Hashes evidence again, and says of each item whether it is what was taken in.
#[utoipa::path(
    post, path = "/evidence/rehash", tag = "evidence", operation_id = "rehash_evidence",
    params(Which, ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is done once, for seven days, and answered as it was")),
    responses((status = 200, body = Listed<Rehashed>)),
)]
async fn rehash(
    State(web): State<Web>,
    by: By<Write>,
    Asked(which): Asked<Which>,
    conditions: Conditions,
) -> Result<Json<Listed<Rehashed>>, Problem> {
    by.needs(Capability::Evidence)?;
    if let Some(incident) = which.incident {
        let _ = web.app.incident(&by.actor, incident).await?;
    }
    let key = conditions.key(&by.actor);
    Ok(Json(web.app.rehash_once(&by.actor, which.incident, key).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeptBy {
    /// Only what this practice keeps.
    #[param(value_type = Option<String>)]
    practice: Option<PracticeId>,
    /// Only the items of this incident.
    #[param(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// Retention that ends within so many days; 90 where absent.
    within_days: Option<u32>,
}

/// Evidence whose retention ends, what is under legal hold, what somebody asked to destroy and what was found altered;
/// with what may be done next, and by whom. Most urgent first.
#[utoipa::path(get, path = "/retention", tag = "evidence", operation_id = "list_retention", params(KeptBy), responses((status = 200, body = Listed<Kept>)))]
async fn retention(
    State(web): State<Web>,
    by: By<Read>,
    Asked(asked): Asked<KeptBy>,
) -> Result<Json<Listed<Kept>>, Problem> {
    let KeptBy { practice, incident, within_days } = asked;
    let query = RetentionQuery { practice, incident, within_days };
    Ok(Json(web.app.retention(&by.actor, query).await?.into()))
}
