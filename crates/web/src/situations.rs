//! Situation reports of an incident: drafted from it as it stands, frozen when sent.

use app::situation::{NewSituation, Situation, SituationDraft};
use axum::{Json, extract::State, response::Response};
use kernel::{IncidentId, ReportId};
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
    OpenApiRouter::new().routes(routes!(list, send)).routes(routes!(draft)).routes(routes!(show))
}

/// The situation reports that were sent, newest first, without their texts.
#[utoipa::path(
    get, path = "/incidents/{id}/situations", tag = "documents", operation_id = "list_situations", params(OfIncident),
    responses((status = 200, body = Listed<Situation>)),
)]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Situation>>, Problem> {
    Ok(Json(web.app.situations(&by.actor, id).await?.into()))
}

/// Sends a situation report: from now on it is frozen. The next one is due by the severity's cadence.
#[utoipa::path(
    post, path = "/incidents/{id}/situations", tag = "documents", operation_id = "send_situation", request_body = NewSituation,
    params(OfIncident, Conditions),
    responses((status = 201, body = CommandTaken, headers(("ETag" = String), ("Location" = String)))),
)]
async fn send(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(new): Sent<NewSituation>,
) -> Result<Response, Problem> {
    let (report, done) =
        conditions.ask(&by.actor, |how| web.app.send_situation(&by.actor, id, new, how)).await?;
    let place = format!("/api/v1/incidents/{id}/situations/{report}");
    Ok(CommandTaken::answer(&by.actor, done, Some(place)))
}

/// The next situation report, drafted from the incident as it stands.
#[utoipa::path(
    get, path = "/incidents/{id}/situations/draft", tag = "documents", operation_id = "draft_situation", params(OfIncident),
    responses((status = 200, body = SituationDraft)),
)]
async fn draft(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<SituationDraft>, Problem> {
    Ok(Json(web.app.situation_draft(&by.actor, id).await?))
}

/// One situation report, as it was sent.
#[utoipa::path(
    get, path = "/incidents/{id}/situations/{report}", tag = "documents", operation_id = "show_situation",
    params(OfIncident, ("report" = ReportId, Path, description = "The report")),
    responses((status = 200, body = Situation)),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named((id, report)): Named<(IncidentId, ReportId)>,
) -> Result<Json<Situation>, Problem> {
    Ok(Json(web.app.situation(&by.actor, id, report).await?))
}
