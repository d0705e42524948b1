//! The hunt through an incident's sealed evidence: run it, and read what it found.

use app::{
    hunt::HuntDone,
    ports::{MoreRules, RuleText},
};
use axum::{Json, extract::State};
use kernel::{Capability, IncidentId};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    error::Problem,
    received::{MaybeSent, Named},
    state::Web,
};

/// Routes that may take as long as the evidence takes.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(show, run))
}

/// What the latest hunt through an incident's evidence found: story, coverage, answers with the records they rest on.
#[utoipa::path(
    get, path = "/incidents/{id}/hunt", tag = "evidence", operation_id = "show_hunt",
    params(("id" = IncidentId, Path, description = "The incident")),
    responses((status = 200, body = HuntDone)),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<HuntDone>, Problem> {
    by.needs(Capability::Evidence)?;
    Ok(Json(web.app.hunt_result(&by.actor, id).await?))
}

/// What a hunt is run with besides.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HuntWith {
    /// Sigma rules beside those that ship with the program.
    #[serde(default)]
    rules: Vec<RuleText>,
}

/// Hunts through an incident's sealed evidence with the rules that ship with the program, and those that are sent. What it finds becomes findings,
/// suspicions and proposals for containment; what the incident knows already is not recorded again.
#[utoipa::path(
    post, path = "/incidents/{id}/hunt", tag = "evidence", operation_id = "run_hunt",
    params(("id" = IncidentId, Path, description = "The incident")),
    request_body(content = Option<HuntWith>, description = "Rules to hunt with besides; may be left out"),
    responses((status = 200, body = HuntDone)),
)]
async fn run(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    MaybeSent(with): MaybeSent<HuntWith>,
) -> Result<Json<HuntDone>, Problem> {
    by.needs(Capability::Evidence)?;
    let rules = MoreRules { texts: with.unwrap_or_default().rules, ..MoreRules::default() };
    Ok(Json(web.app.hunt(&by.actor, id, rules).await?))
}
