//! Incidents: declared, found, looked at from each side, and commanded.

use app::{
    AppError, Done,
    command::How,
    ports::{IncidentQuery, IncidentRow},
    read::{EntryView, IncidentView},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use incident::{Clock, Decision, IncidentKind, PhaseView, Request, RestoreStep, Subject};
use kernel::{Actor, AlertId, Capability, Entry, IncidentId, PracticeId, Severity, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::{Conditions, Listed, cursor, etag, limit},
    described::OfIncident,
    error::Problem,
    intake::practice_for,
    received::{Asked, Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, declare))
        .routes(routes!(show))
        .routes(routes!(timeline))
        .routes(routes!(phases))
        .routes(routes!(decisions))
        .routes(routes!(clocks))
        .routes(routes!(restore_order))
        .routes(routes!(command))
}

/// An incident to be declared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Declaration {
    /// The practice, where the token is for all of a provider's.
    #[serde(default)]
    practice: Option<PracticeId>,
    /// One line.
    title: String,
    /// What happened to the practice.
    incident_kind: IncidentKind,
    /// Why it is one.
    reason: String,
    /// Alerts that belong to it.
    #[serde(default)]
    alerts: Vec<AlertId>,
    /// Systems, accounts and indicators that are suspected.
    #[serde(default)]
    subjects: Vec<Subject>,
    /// Computed from the facts where absent.
    #[serde(default)]
    severity: Option<Severity>,
    /// Whether it is an exercise.
    #[serde(default)]
    exercise: bool,
}

/// A command that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandTaken {
    /// The incident.
    incident: IncidentId,
    /// The version it stands at.
    version: u64,
    /// Whether the same request with the same key had been taken before; then nothing was written now.
    repeated: bool,
    /// The entries it made.
    entries: Vec<Entry>,
}

impl CommandTaken {
    /// What a command came to that is given as the request's headers say: once, and on the version that they name.
    pub(crate) async fn of<F>(
        actor: &Actor,
        conditions: Conditions,
        give: impl FnOnce(How) -> F,
    ) -> Result<Response, Problem>
    where
        F: Future<Output = Result<Done, AppError>>,
    {
        Ok(Self::answer(actor, conditions.ask(actor, give).await?, None))
    }

    pub(crate) fn answer(actor: &Actor, done: Done, created: Option<String>) -> Response {
        let status = if created.is_some() && !done.repeated { StatusCode::CREATED } else { StatusCode::OK };
        let mut entries = done.entries;
        // A key can be repeated by somebody who may not read what it wrote.
        for entry in entries.iter_mut().filter(|entry| entry.privileged) {
            if !actor.role.may(Capability::Privileged) {
                entry.body = serde_json::Value::Null;
            }
        }
        let taken = Self { incident: done.incident, version: done.version, repeated: done.repeated, entries };
        let mut response = (status, etag(done.version), Json(taken)).into_response();
        if let Some(location) = created.and_then(|place| place.parse().ok()) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

/// Declares an incident.
#[utoipa::path(
    post, path = "/incidents", tag = "incidents", operation_id = "declare_incident", request_body = Declaration,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days")),
    responses(
        (status = 201, description = "Declared", body = CommandTaken, headers(("ETag" = String), ("Location" = String))),
        (status = 200, description = "Declared before with the same key", body = CommandTaken),
    ),
)]
async fn declare(
    State(web): State<Web>,
    by: By<Write>,
    conditions: Conditions,
    Sent(declaration): Sent<Declaration>,
) -> Result<Response, Problem> {
    let Declaration { practice, title, incident_kind, reason, alerts, subjects, severity, exercise } =
        declaration;
    // Who may not declare learns that first, whichever practice they named.
    by.needs(Capability::Lead)?;
    let practice = practice_for(&by.actor, practice)?;
    let request = Request::Declare { title, incident_kind, reason, alerts, subjects, severity, exercise };
    let done = web.app.declare(&by.actor, practice, request, conditions.key(&by.actor)).await?;
    let place = format!("/api/v1/incidents/{}", done.incident);
    Ok(CommandTaken::answer(&by.actor, done, Some(place)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Words in title or kind.
    text: Option<String>,
    /// `open` or `closed`.
    status: Option<String>,
    /// At least this severe.
    #[param(value_type = Option<String>)]
    severity: Option<Severity>,
    /// Changed at or after (RFC 3339).
    #[param(value_type = Option<String>)]
    updated_since: Option<Timestamp>,
    /// The `next` of an earlier page.
    cursor: Option<String>,
    /// Rows a page, 1 to 500; 50 where absent.
    limit: Option<u32>,
}

impl Filter {
    fn query(self) -> Result<IncidentQuery, Problem> {
        if self.status.as_deref().is_some_and(|status| !matches!(status, "open" | "closed")) {
            return Err(Problem::invalid("status", "a status is open or closed"));
        }
        Ok(IncidentQuery {
            text: self.text,
            status: self.status,
            severity: self.severity,
            updated_since: self.updated_since,
            after: cursor(self.cursor.as_deref())?,
            limit: limit(self.limit)?,
        })
    }
}

/// A page of incidents, newest first.
#[utoipa::path(get, path = "/incidents", tag = "incidents", operation_id = "list_incidents", params(Filter), responses((status = 200, body = Listed<IncidentRow>)))]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Listed<IncidentRow>>, Problem> {
    Ok(Json(web.app.incidents(&by.actor, filter.query()?).await?.into()))
}

/// One incident whole: what stands, the six phases, the decisions that wait, the clocks.
#[utoipa::path(
    get, path = "/incidents/{id}", tag = "incidents", operation_id = "show_incident", params(OfIncident),
    responses((status = 200, body = IncidentView, headers(("ETag" = String, description = "The version it stands at")))),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<impl IntoResponse, Problem> {
    let view = web.app.incident(&by.actor, id).await?;
    Ok((etag(view.state.version), Json(view)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// Entries after this version of the incident only.
    after_version: Option<u64>,
}

/// The entries of an incident, oldest first.
#[utoipa::path(
    get, path = "/incidents/{id}/timeline", tag = "incidents", operation_id = "show_timeline",
    params(OfIncident, After),
    responses((status = 200, body = Listed<EntryView>)),
)]
async fn timeline(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
    Asked(after): Asked<After>,
) -> Result<Json<Listed<EntryView>>, Problem> {
    let mut entries = web.app.timeline(&by.actor, id).await?;
    if let Some(version) = after.after_version {
        entries.retain(|seen| seen.entry.version > version);
    }
    Ok(Json(entries.into()))
}

/// The six phases of an incident.
#[utoipa::path(
    get, path = "/incidents/{id}/phases", tag = "incidents", operation_id = "show_phases", params(OfIncident),
    responses((status = 200, body = Listed<PhaseView>)),
)]
async fn phases(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<PhaseView>>, Problem> {
    Ok(Json(web.app.incident(&by.actor, id).await?.phases.into()))
}

/// The systems that are not back, in the order in which they should come: nothing before what it stands on, then by the visits
/// and procedures that wait for it.
#[utoipa::path(
    get, path = "/incidents/{id}/restore-order", tag = "incidents", operation_id = "show_restore_order", params(OfIncident),
    responses((status = 200, body = Listed<RestoreStep>)),
)]
async fn restore_order(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<RestoreStep>>, Problem> {
    Ok(Json(web.app.restore_order(&by.actor, id).await?.into()))
}

/// What has to be decided next, containment first.
#[utoipa::path(
    get, path = "/incidents/{id}/decisions", tag = "incidents", operation_id = "show_decisions", params(OfIncident),
    responses((status = 200, body = Listed<Decision>)),
)]
async fn decisions(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Decision>>, Problem> {
    Ok(Json(web.app.incident(&by.actor, id).await?.decisions.into()))
}

/// The clocks that run, and those that were stopped.
#[utoipa::path(
    get, path = "/incidents/{id}/clocks", tag = "incidents", operation_id = "show_clocks", params(OfIncident),
    responses((status = 200, body = Listed<Clock>)),
)]
async fn clocks(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Clock>>, Problem> {
    Ok(Json(web.app.incident(&by.actor, id).await?.clocks.into()))
}

/// Gives an incident a command.
#[utoipa::path(
    post, path = "/incidents/{id}/commands", tag = "incidents", operation_id = "command_incident", request_body = Request,
    params(
        OfIncident,
        ("If-Match" = Option<String>, Header, description = "The ETag that this is decided on; without it, whatever stands"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days"),
    ),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn command(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(request): Sent<Request>,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.command(&by.actor, id, request, how)).await
}
