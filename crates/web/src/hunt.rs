//! The hunt through an incident's sealed evidence: run it, and read what it found.

use app::{
    chronicle::{Figure, Filter, Investigation, Level, Lines},
    hunt::{HuntDone, HuntStanding},
    ports::{MoreRules, RuleText},
};
use axum::{Json, extract::State};
use kernel::{Capability, IncidentId, Timestamp};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::{cursor, limit},
    described::OfIncident,
    error::Problem,
    received::{Asked, MaybeSent, Named},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(standing, begin))
        .routes(routes!(investigation))
        .routes(routes!(figure))
        .routes(routes!(lines))
}

/// Routes that may take as long as the evidence takes.
pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(show, run))
}

/// What the latest hunt through an incident's evidence found: story, coverage, answers with the records they rest on.
#[utoipa::path(
    get, path = "/incidents/{id}/hunt", tag = "evidence", operation_id = "show_hunt",
    params(OfIncident),
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
    /// YARA rules over every file of the evidence.
    #[serde(default)]
    yara: Vec<RuleText>,
}

impl HuntWith {
    fn rules(self) -> MoreRules {
        MoreRules { texts: self.rules, yara: self.yara, ..MoreRules::default() }
    }
}

/// Hunts through an incident's sealed evidence with the rules that ship with the program, and those that are sent. What it finds becomes findings,
/// suspicions and proposals for containment; what the incident knows already is not recorded again.
#[utoipa::path(
    post, path = "/incidents/{id}/hunt", tag = "evidence", operation_id = "run_hunt",
    params(OfIncident),
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
    Ok(Json(web.app.hunt(&by.actor, id, with.unwrap_or_default().rules()).await?))
}

/// Begins a hunt and does not wait for its end; while one runs, that one is told of. One runs at a time for an incident.
#[utoipa::path(
    post, path = "/incidents/{id}/hunt/standing", tag = "evidence", operation_id = "begin_hunt",
    params(OfIncident),
    request_body(content = Option<HuntWith>, description = "Rules to hunt with besides; may be left out"),
    responses((status = 200, body = HuntStanding)),
)]
async fn begin(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<IncidentId>,
    MaybeSent(with): MaybeSent<HuntWith>,
) -> Result<Json<HuntStanding>, Problem> {
    by.needs(Capability::Evidence)?;
    Ok(Json(web.app.begin_hunt(&by.actor, id, with.unwrap_or_default().rules()).await?))
}

/// How far the hunt is that was begun here last, or how it ended.
#[utoipa::path(
    get, path = "/incidents/{id}/hunt/standing", tag = "evidence", operation_id = "show_hunt_standing",
    params(OfIncident),
    responses((status = 200, body = Option<HuntStanding>, description = "`null` where none was begun since the program started")),
)]
async fn standing(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Option<HuntStanding>>, Problem> {
    Ok(Json(web.app.hunt_standing(&by.actor, id).await?))
}

/// What the latest hunt found, as the page draws it: the way from host to host, hosts, coverage, answers. The story's own words,
/// in which commands and paths stand, only for those who handle evidence.
#[utoipa::path(
    get, path = "/incidents/{id}/investigation", tag = "evidence", operation_id = "show_investigation",
    params(OfIncident),
    responses((status = 200, body = Investigation)),
)]
async fn investigation(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
) -> Result<Json<Investigation>, Problem> {
    let found = web.app.investigation(&by.actor, id).await?;
    found.map(Json).ok_or_else(|| Problem::not_found("a hunt through the evidence of this incident"))
}

/// Which lines of the timeline.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// From when.
    from: Option<Timestamp>,
    /// Until when, itself left out.
    to: Option<Timestamp>,
    /// The host's short name in capitals.
    host: Option<String>,
    /// The account as the log names it.
    account: Option<String>,
    /// An ATT&CK tactic, such as `credential-access`.
    tactic: Option<String>,
    /// Detections of at least this level.
    level: Option<Level>,
    /// What kind of line: `detection`, `logon` ….
    what: Option<String>,
    /// Where to go on: the `next` of the page before.
    cursor: Option<String>,
    /// How many lines.
    limit: Option<u32>,
}

impl Which {
    fn filter(&self) -> Filter {
        Filter {
            from: self.from,
            to: self.to,
            host: self.host.clone(),
            account: self.account.clone(),
            tactic: self.tactic.clone(),
            level: self.level,
            what: self.what.clone(),
        }
    }
}

/// The timeline of the latest hunt as counts in bins, host by host: what a figure of it is drawn from.
#[utoipa::path(
    get, path = "/incidents/{id}/hunt/figure", tag = "evidence", operation_id = "show_hunt_figure",
    params(OfIncident, Which),
    responses((status = 200, body = Figure)),
)]
async fn figure(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
    Asked(which): Asked<Which>,
) -> Result<Json<Figure>, Problem> {
    Ok(Json(web.app.hunt_figure(&by.actor, id, &which.filter()).await?))
}

/// Lines of the timeline of the latest hunt, in order of time. What commands and paths say only for those who handle evidence.
#[utoipa::path(
    get, path = "/incidents/{id}/hunt/lines", tag = "evidence", operation_id = "list_hunt_lines",
    params(OfIncident, Which),
    responses((status = 200, body = Lines)),
)]
async fn lines(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<IncidentId>,
    Asked(which): Asked<Which>,
) -> Result<Json<Lines>, Problem> {
    let limit = match limit(which.limit)? {
        0 => 100,
        limit => limit,
    };
    let after = cursor(which.cursor.as_deref())?;
    Ok(Json(web.app.hunt_lines(&by.actor, id, &which.filter(), after, limit).await?))
}
