//! Alerts: found, looked at, judged and grouped.

use app::{
    ports::{AlertQuery, AlertRow, Verdict},
    read::Look,
    triage::Agreement,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::IntoResponse,
};
use incident::AlertRequest;
use kernel::{AlertId, Channel, GroupId, IncidentId, Severity, Timestamp, authorise};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, Write},
    conditions::{Conditions, Listed, cursor, etag, limit},
    error::Problem,
    received::{Asked, Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(agreement))
        .routes(routes!(show))
        .routes(routes!(raw))
        .routes(routes!(command))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Words that must all occur: in title, description, hosts, accounts, indicators or source.
    text: Option<String>,
    /// A person's verdict: `true`, `false`, `undetermined`, or `none` for what nobody has judged yet.
    verdict: Option<String>,
    /// At least this severe.
    #[param(value_type = Option<String>)]
    severity: Option<Severity>,
    /// The adapter.
    source: Option<String>,
    /// `mdr`, `staff` or `vendor`.
    #[param(value_type = Option<String>)]
    channel: Option<Channel>,
    /// Attached to this incident.
    #[param(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// Of this group.
    #[param(value_type = Option<String>)]
    group: Option<GroupId>,
    /// Changed at or after (RFC 3339).
    #[param(value_type = Option<String>)]
    updated_since: Option<Timestamp>,
    /// Received at or after (RFC 3339).
    #[param(value_type = Option<String>)]
    received_since: Option<Timestamp>,
    /// The `next` of an earlier page.
    cursor: Option<String>,
    /// Rows a page, 1 to 500; 50 where absent.
    limit: Option<u32>,
}

impl Filter {
    fn query(self) -> Result<AlertQuery, Problem> {
        let verdict = match self.verdict.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some("true") => Some(Some(Verdict::True)),
            Some("false") => Some(Some(Verdict::False)),
            Some("undetermined") => Some(Some(Verdict::Undetermined)),
            Some(_) => {
                return Err(Problem::invalid("verdict", "a verdict is true, false, undetermined or none"));
            }
        };
        Ok(AlertQuery {
            text: self.text,
            verdict,
            severity: self.severity,
            source: self.source,
            channel: self.channel,
            incident: self.incident,
            group: self.group,
            updated_since: self.updated_since,
            received_since: self.received_since,
            after: cursor(self.cursor.as_deref())?,
            limit: limit(self.limit)?,
        })
    }
}

/// A page of alerts, newest first.
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "list_alerts", params(Filter), responses((status = 200, body = Listed<AlertRow>)))]
async fn list(
    State(web): State<Web>,
    by: By<Read>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Listed<AlertRow>>, Problem> {
    Ok(Json(web.app.alerts(&by.actor, filter.query()?).await?.into()))
}

/// How often people agreed with triage.
#[utoipa::path(get, path = "/alerts/agreement", tag = "alerts", responses((status = 200, body = Agreement)))]
async fn agreement(State(web): State<Web>, by: By<Read>) -> Result<Json<Agreement>, Problem> {
    let _ = authorise(&by.actor, Look)?;
    Ok(Json(web.app.agreement(&by.actor).await?))
}

/// One alert.
#[utoipa::path(
    get, path = "/alerts/{id}", tag = "alerts", operation_id = "show_alert", params(("id" = AlertId, Path, description = "The alert")),
    responses((status = 200, body = AlertRow, headers(("ETag" = String, description = "The version it stands at")))),
)]
async fn show(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<AlertId>,
) -> Result<impl IntoResponse, Problem> {
    let row = web.app.alert(&by.actor, id).await?;
    Ok((etag(row.version), Json(row)))
}

/// The bytes of an alert as they were received.
#[utoipa::path(
    get, path = "/alerts/{id}/raw", tag = "alerts", operation_id = "show_raw_alert", params(("id" = AlertId, Path, description = "The alert")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)),
)]
async fn raw(
    State(web): State<Web>,
    by: By<Read>,
    Named(id): Named<AlertId>,
) -> Result<impl IntoResponse, Problem> {
    let bytes = web.app.raw_alert(&by.actor, id).await?;
    Ok((attachment("application/octet-stream", &format!("{id}.raw")), bytes))
}

/// Judges an alert, puts it into a group or takes it out.
#[utoipa::path(
    post, path = "/alerts/{id}/commands", tag = "alerts", operation_id = "command_alert", request_body = AlertRequest,
    params(
        ("id" = AlertId, Path, description = "The alert"),
        ("If-Match" = Option<String>, Header, description = "The ETag that this is decided on"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days; the alert is given as it stands"),
    ),
    responses((status = 200, body = AlertRow, headers(("ETag" = String, description = "The version it stands at")))),
)]
async fn command(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<AlertId>,
    conditions: Conditions,
    Sent(request): Sent<AlertRequest>,
) -> Result<impl IntoResponse, Problem> {
    let row = conditions.ask(&by.actor, |how| web.app.triage(&by.actor, id, request, how)).await?;
    Ok((etag(row.version), Json(row)))
}

/// Headers of bytes that a browser saves and never shows. `name` must be a plain word.
pub(crate) fn attachment(kind: &'static str, name: &str) -> [(HeaderName, String); 2] {
    let name: String = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'))
        .collect();
    [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ]
}
