//! The breach case of an incident: facts, the four factors, conditions, what would change, the mailing, proof of notice,
//! and the yearly log of small breaches. What changes a fact computes the obligations anew in the same write.

use app::case::{
    CaseView, Change, ConditionGiven, Determination, FactorsGiven, FactorsView, FactsChange, FactsGiven,
    FactsView, LONGEST, MailGiven, MailView, ProofView, Recommendation, SmallBreaches, VersionOfFacts,
    WhatIf, csv,
};
use axum::{
    Json,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{Request, header},
    response::{IntoResponse, Response},
};
use kernel::{Capability, IncidentId, PracticeId};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::{Conditions, Listed, etag},
    described::OfIncident,
    error::Problem,
    incidents::CommandTaken,
    received::{self, Asked, Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(case))
        .routes(routes!(facts, set_facts, patch_facts))
        .routes(routes!(versions))
        .routes(routes!(changes))
        .routes(routes!(what_if))
        .routes(routes!(factors, prepare))
        .routes(routes!(recommend))
        .routes(routes!(determine))
        .routes(routes!(condition))
        .routes(routes!(mailing))
        .routes(routes!(record_mail))
        .routes(routes!(proof))
        .routes(routes!(small))
        .routes(routes!(small_csv))
}

/// Routes that take as long as their bytes.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(import)).layer(DefaultBodyLimit::max(LONGEST))
}

/// The breach case whole: facts, what they amount to, every duty with how near its day is, the mailing.
#[utoipa::path(
    get, path = "/incidents/{id}/breach", tag = "breach", operation_id = "show_case",
    params(OfIncident),
    responses((status = 200, body = CaseView, headers(("ETag" = String)))),
)]
async fn case(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<impl IntoResponse, Problem> {
    let case = web.app.case(&by.actor, id).await?;
    Ok((etag(case.facts.incident_version), Json(case)))
}

/// The facts that stand, with which of them are drawn from the record.
#[utoipa::path(
    get, path = "/incidents/{id}/breach/facts", tag = "breach", operation_id = "show_facts",
    params(OfIncident),
    responses((status = 200, body = FactsView, headers(("ETag" = String)))),
)]
async fn facts(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<impl IntoResponse, Problem> {
    let facts = web.app.facts(&by.actor, id).await?;
    Ok((etag(facts.incident_version), Json(facts)))
}

/// Replaces the facts. Technical ones are the responders', legal ones the attorney's.
#[utoipa::path(
    put, path = "/incidents/{id}/breach/facts", tag = "breach", operation_id = "set_facts", request_body = FactsGiven,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn set_facts(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<FactsGiven>,
) -> Result<Response, Problem> {
    let FactsGiven { facts, reason } = given;
    change(&web, &by, id, conditions, FactsChange::Whole(facts), &reason).await
}

/// Changes members of the facts, as a JSON merge patch (RFC 7396) does.
#[utoipa::path(
    patch, path = "/incidents/{id}/breach/facts", tag = "breach", operation_id = "patch_facts", request_body = FactsGiven,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn patch_facts(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<FactsGiven>,
) -> Result<Response, Problem> {
    let FactsGiven { facts, reason } = given;
    change(&web, &by, id, conditions, FactsChange::Patch(facts), &reason).await
}

async fn change(
    web: &Web,
    by: &By<Write>,
    id: IncidentId,
    conditions: Conditions,
    change: FactsChange,
    reason: &str,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.state_facts(&by.actor, id, change, reason, how))
        .await
}

/// Every version of the facts, oldest first: who changed what, when and why.
#[utoipa::path(
    get, path = "/incidents/{id}/breach/facts/versions", tag = "breach", operation_id = "list_facts_versions",
    params(OfIncident),
    responses((status = 200, body = Listed<VersionOfFacts>)),
)]
async fn versions(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<VersionOfFacts>>, Problem> {
    Ok(Json(web.app.facts_versions(&by.actor, id).await?.into()))
}

/// Every time that obligations changed, newest first: new, moved or no longer due, each with its reason.
#[utoipa::path(
    get, path = "/incidents/{id}/breach/changes", tag = "breach", operation_id = "list_changes",
    params(OfIncident),
    responses((status = 200, body = Listed<Change>)),
)]
async fn changes(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Listed<Change>>, Problem> {
    Ok(Json(web.app.changes(&by.actor, id).await?.into()))
}

/// What would change if the facts were patched so (RFC 7396). Nothing is recorded.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/what-if", tag = "breach", operation_id = "what_if", request_body = Object,
    params(OfIncident),
    responses((status = 200, body = WhatIf)),
)]
async fn what_if(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
    Sent(patch): Sent<Value>,
) -> Result<Json<WhatIf>, Problem> {
    Ok(Json(web.app.what_if(&by.actor, id, &patch).await?))
}

/// The four-factor record (45 CFR 164.402(2)): versions, recommendations, determinations, conditions.
#[utoipa::path(
    get, path = "/incidents/{id}/breach/factors", tag = "breach", operation_id = "show_factors",
    params(OfIncident),
    responses((status = 200, body = FactorsView)),
)]
async fn factors(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<FactorsView>, Problem> {
    Ok(Json(web.app.factors(&by.actor, id).await?))
}

/// Writes a version of the four factors. The reasoning is the attorney's.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/factors", tag = "breach", operation_id = "prepare_factors", request_body = FactorsGiven,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn prepare(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<FactorsGiven>,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.prepare_factors(&by.actor, id, given, how)).await
}

/// Recommends what the attorney should determine. It binds nobody.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/factors/recommendation", tag = "breach", operation_id = "recommend_probability",
    request_body = Recommendation,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn recommend(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<Recommendation>,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.recommend(&by.actor, id, given, how)).await
}

/// Signs the newest version of the four factors: the attorney's alone.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/factors/determination", tag = "breach", operation_id = "determine_probability",
    request_body = Determination,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn determine(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<Determination>,
) -> Result<Response, Problem> {
    by.needs(Capability::Counsel)?;
    CommandTaken::of(&by.actor, conditions, |how| web.app.determine(&by.actor, id, given, how)).await
}

/// States a condition of an exception or a safe harbour: the attorney's alone.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/conditions", tag = "breach", operation_id = "state_condition",
    request_body = ConditionGiven,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn condition(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<ConditionGiven>,
) -> Result<Response, Problem> {
    by.needs(Capability::Counsel)?;
    CommandTaken::of(&by.actor, conditions, |how| web.app.state_condition(&by.actor, id, given, how)).await
}

/// How the mailing stands: what was sent, what came back, and which substitute notice that calls for.
#[utoipa::path(
    get, path = "/incidents/{id}/breach/mailing", tag = "breach", operation_id = "show_mailing",
    params(OfIncident),
    responses((status = 200, body = MailView)),
)]
async fn mailing(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<MailView>, Problem> {
    let mailing = web.app.mailing(&by.actor, id).await?;
    mailing.map(Json).ok_or_else(|| Problem::not_found("a mailing: no list of recipients was imported"))
}

/// Takes the list of recipients in (CSV with a header: `individual`, `address_1`, and `letter` where letters have
/// numbers) as sealed evidence, and begins the mailing.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/mailing", tag = "breach", operation_id = "import_recipients",
    params(OfIncident, Conditions),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn import(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    request: Request<Body>,
) -> Result<Response, Problem> {
    by.needs(Capability::Evidence)?;
    let list = received::bytes(request, &web, LONGEST).await?.to_vec();
    let imported =
        conditions.ask(&by.actor, |how| web.app.import_recipients(&by.actor, id, list, how)).await?;
    Ok(CommandTaken::answer(&by.actor, imported.done, None))
}

/// Records what happened to letters: sent, came back, reached otherwise.
#[utoipa::path(
    post, path = "/incidents/{id}/breach/mailing/events", tag = "breach", operation_id = "record_mail", request_body = MailGiven,
    params(OfIncident, Conditions),
    responses((status = 200, body = CommandTaken, headers(("ETag" = String)))),
)]
async fn record_mail(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    conditions: Conditions,
    Sent(given): Sent<MailGiven>,
) -> Result<Response, Problem> {
    CommandTaken::of(&by.actor, conditions, |how| web.app.record_mail(&by.actor, id, given, how)).await
}

/// What shows that each notice was made (45 CFR 164.414(b)).
#[utoipa::path(
    get, path = "/incidents/{id}/breach/proof", tag = "breach", operation_id = "show_proof",
    params(OfIncident),
    responses((status = 200, body = ProofView)),
)]
async fn proof(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<ProofView>, Problem> {
    Ok(Json(web.app.proof_of_notice(&by.actor, id).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this practice.
    #[param(value_type = Option<String>)]
    practice: Option<PracticeId>,
    /// Discovered in this year.
    year: Option<i16>,
}

/// The yearly log of breaches of fewer than 500 people, with its filing date (45 CFR 164.408(c)).
#[utoipa::path(
    get, path = "/small-breaches", tag = "breach", operation_id = "list_small_breaches", params(Which),
    responses((status = 200, body = Listed<SmallBreaches>)),
)]
async fn small(
    State(web): State<Web>,
    by: By<Read>,
    Asked(which): Asked<Which>,
) -> Result<Json<Listed<SmallBreaches>>, Problem> {
    Ok(Json(web.app.small_breaches(&by.actor, which.practice, which.year).await?.into()))
}

/// The same as CSV, a row a breach.
#[utoipa::path(
    get, path = "/small-breaches.csv", tag = "breach", operation_id = "list_small_breaches_csv", params(Which),
    responses((status = 200, content_type = "text/csv", body = String)),
)]
async fn small_csv(
    State(web): State<Web>,
    by: By<Read>,
    Asked(which): Asked<Which>,
) -> Result<Response, Problem> {
    let logs = web.app.small_breaches(&by.actor, which.practice, which.year).await?;
    let head = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"small-breaches.csv\""),
    ];
    Ok((head, csv(&logs)).into_response())
}
