//! Alerts and staff reports come in (`contracts/intake.md`). A sender proves itself by its source's secret, in the
//! vendor's own scheme, or by an API token; which practice the alerts are for follows from that. An answer of 202 is
//! sent only after the alert is on disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::{
    AppError,
    intake::{Intake, StaffReport},
    ports::{ReadError, SourceInfo, TakenAlert, TokenKind, TokenRow},
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, FromRequestParts as _, State},
    http::{Request, StatusCode, request::Parts},
    middleware,
    response::{IntoResponse, Response},
};
use kernel::{Actor, Capability, Digest, PracticeId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{self, By, Read, Write, bearer, peer},
    conditions::{Conditions, Listed},
    doors::Doors,
    error::Problem,
    limits,
    received::{self, Asked, Named, Sent},
    state::Web,
    watch::Outcome,
};

/// Bodies up to this size are read where they are; larger ones would hold others up.
const SMALL: usize = 64 << 10;

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(deliver))
        .layer(DefaultBodyLimit::max(limits::INTAKE_BODY))
        .layer(middleware::from_fn(limits::delivered_in_time))
}

/// The question of a sender that sends nothing before it is answered.
pub(crate) fn question() -> Doors {
    Doors::default().get("/api/v1/intake/{source}", verify)
}

pub(crate) fn prompt_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(report_trouble)).routes(routes!(sources))
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForPractice {
    /// The practice, where the token is for all of a provider's.
    #[param(value_type = Option<String>)]
    pub(crate) practice: Option<PracticeId>,
}

/// The practice that a request is for.
pub(crate) fn practice_for(actor: &Actor, asked: Option<PracticeId>) -> Result<PracticeId, Problem> {
    match (actor.practice, asked) {
        (Some(own), None) => Ok(own),
        (_, Some(asked)) if actor.serves(asked) => Ok(asked),
        (_, Some(asked)) => Err(Problem::not_found(format!("practice {asked}"))),
        (None, None) => {
            Err(Problem::invalid("practice", "this token is for several practices: say for which this is"))
        }
    }
}

/// What came of one alert of a delivery that holds several.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivered {
    /// 202 recorded, 200 there already, 422 not readable.
    status: u16,
    /// The alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    alert: Option<Intake>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Problem>,
}

/// What came of a delivery that holds several alerts, in its order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deliveries {
    results: Vec<Delivered>,
}

/// The answer for one alert is the alert; for several, one result for each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the two forms of the answer")]
enum Taken {
    One(Box<Intake>),
    Several(Deliveries),
}

/// Takes alerts in from a source. A GET with the header `x-okta-verification-challenge` and the source's secret is Okta's
/// one-time question before the first delivery of an event hook, and is answered.
#[utoipa::path(
    post, path = "/intake/{source}", tag = "alerts", operation_id = "deliver_alerts",
    params(
        ("source" = String, Path, description = "The adapter's name; `/sources` lists them"), ForPractice,
        ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days"),
    ),
    request_body(content = String, content_type = "*/*", description = "One alert, a JSON array, JSON Lines, a vendor's envelope around many, or a mail, as the source sends it"),
    responses(
        (status = 202, description = "Recorded, and on disk", body = Taken),
        (status = 200, description = "All of it was there already; the ids are those of the first", body = Taken),
    ),
    security((), ("token" = ["intake"])),
)]
async fn deliver(
    State(web): State<Web>,
    Named(source): Named<String>,
    Asked(asked): Asked<ForPractice>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    if !web.readers_know(&source) {
        return Err(Problem::not_found("this source (GET /api/v1/sources lists those there are)"));
    }
    let (mut parts, body) = request.into_parts();
    // A sender that keeps failing is turned away before 64 MiB are read for it.
    let by_token = by_token(&mut parts, &web).await?;
    if by_token.is_none() {
        web.failures.allowed(peer(&parts.extensions)).map_err(Problem::too_many_failures)?;
    }
    let headers = headers(&parts);
    let conditions = Conditions::from_request_parts(&mut parts, &web).await?;
    let mut whole = Request::new(body);
    whole.extensions_mut().clone_from(&parts.extensions);
    let body = received::bytes(whole, &web, limits::INTAKE_BODY).await?;
    let actor = match by_token {
        Some(actor) => actor,
        None => match by_secret(&web, &source, bearer(&parts.headers), &headers, &body).await? {
            Some(actor) => actor,
            None => {
                web.metrics.alert(&source, Outcome::Refused);
                let failed = web.failures.count(peer(&parts.extensions));
                return Err(failed.map_or_else(Problem::too_many_failures, |()| Problem::unauthenticated()));
            }
        },
    };
    let practice = practice_for(&actor, asked.practice)?;
    let once = conditions.key(&actor).map(|key| Once::new(key, &source, &body));
    take(&web, &actor, practice, &source, body, once).await
}

/// A delivery that is to be taken once, by its key.
struct Once {
    key: String,
    request: Digest,
}

impl Once {
    fn new(key: String, source: &str, body: &[u8]) -> Self {
        Self { key, request: Digest::of(&[source.as_bytes(), b"\0", body].concat()) }
    }

    /// The key of one of its alerts. A key holds no second space.
    fn of(&self, number: usize) -> (String, Digest) {
        (format!("{} {number}", self.key), self.request)
    }
}

/// What a hook's one-time question wants to hear.
#[derive(Serialize)]
struct Verified {
    verification: String,
}

/// Answers the question that a vendor asks once, before its first delivery, with the secret that it will send
/// (<https://developer.okta.com/docs/concepts/event-hooks/#one-time-verification-request>).
async fn verify(
    State(web): State<Web>,
    Named(source): Named<String>,
    request: Request<Body>,
) -> Result<Json<Verified>, Problem> {
    let (parts, _) = request.into_parts();
    let headers = headers(&parts);
    let Some(verification) = web.app.readers().challenge(&source, &headers) else {
        return Err(Problem::not_found("a question to answer: alerts are sent with POST"));
    };
    web.failures.allowed(peer(&parts.extensions)).map_err(Problem::too_many_failures)?;
    match by_secret(&web, &source, bearer(&parts.headers), &headers, &Bytes::new()).await? {
        Some(_) => Ok(Json(Verified { verification })),
        None => {
            let failed = web.failures.count(peer(&parts.extensions));
            Err(failed.map_or_else(Problem::too_many_failures, |()| Problem::unauthenticated()))
        }
    }
}

fn headers(parts: &Parts) -> Vec<(String, String)> {
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    parts.headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}

/// An API token that may send alerts; `None` where the bearer is none of ours, as it may be the source's own secret.
async fn by_token(parts: &mut Parts, web: &Web) -> Result<Option<Actor>, Problem> {
    let Some(token) = bearer(&parts.headers) else { return Ok(None) };
    let found = web.app.caller(token).await?;
    if !found.is_some_and(|caller| caller.token.kind == TokenKind::Api) {
        return Ok(None);
    }
    By::<caller::Intake>::from_request_parts(parts, web).await.map(|by| Some(by.actor))
}

/// Whoever holds a secret of this source.
async fn by_secret(
    web: &Web,
    source: &str,
    bearer: Option<&str>,
    headers: &[(String, String)],
    body: &Bytes,
) -> Result<Option<Actor>, Problem> {
    let now = web.app.edge().now();
    let holds = |secret: &[u8]| web.app.readers().authenticate(source, headers, body, secret, now).is_ok();
    // The usual scheme sends the secret itself, which is found by its hash.
    if let Some(bearer) = bearer
        && let Some(caller) = web.app.caller(bearer).await?
        && caller.token.kind == TokenKind::Source
        && caller.token.name == source
        && holds(bearer.as_bytes())
    {
        return Ok(Some(caller.actor));
    }
    let secrets = web.secrets.of(web, source).await?;
    let found = secrets.iter().find(|(_, secret)| holds(secret));
    Ok(found.map(|(row, _)| Actor {
        id: row.person,
        name: row.name.clone(),
        role: row.role,
        practice: row.practice,
    }))
}

type Known = Arc<Vec<(TokenRow, Vec<u8>)>>;

/// The sources' secrets, for a moment: a signature is checked against each, and opening them for every delivery would
/// cost more than taking it in. A secret that was revoked is good for [`Secrets::MOMENT`] more.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<HashMap<String, (Instant, Known)>>);

impl Secrets {
    const MOMENT: Duration = Duration::from_secs(2);

    async fn of(&self, web: &Web, source: &str) -> Result<Known, AppError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(source).cloned();
        if let Some((at, secrets)) = known
            && at.elapsed() < Self::MOMENT
        {
            return Ok(secrets);
        }
        let secrets = Arc::new(web.app.source_secrets(source).await?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(source.to_owned(), (Instant::now(), secrets.clone()));
        Ok(secrets)
    }
}

impl Web {
    fn readers_know(&self, source: &str) -> bool {
        self.app.readers().knows(source)
    }
}

async fn take(
    web: &Web,
    actor: &Actor,
    practice: PracticeId,
    source: &str,
    body: Bytes,
    once: Option<Once>,
) -> Result<Response, Problem> {
    // Asked before anything is read, so that one who may not send is told so and not what is wrong with the bytes.
    if !actor.role.may(Capability::Intake) {
        return Err(kernel::Forbidden { role: actor.role, needs: Capability::Intake }.into());
    }
    let read = read(web, source, body).await?;
    if read.is_empty() {
        web.metrics.alert(source, Outcome::Refused);
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "unreadable",
            "Nothing in it can be read",
            "the body holds no alert",
        ));
    }
    let mut results = Vec::with_capacity(read.len());
    for (number, item) in read.into_iter().enumerate() {
        let key = once.as_ref().map(|once| once.of(number));
        results.push(one(web, actor, practice, source, item, key).await?);
    }
    let status = if results.iter().any(|result| result.status == 202) {
        StatusCode::ACCEPTED
    } else if results.iter().any(|result| result.status == 200) {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    if results.len() > 1 {
        return Ok((status, Json(Deliveries { results })).into_response());
    }
    match results.pop() {
        Some(Delivered { alert: Some(alert), .. }) => Ok((status, Json(alert)).into_response()),
        Some(Delivered { problem: Some(problem), .. }) => Err(problem),
        _ => Err(Problem::panicked()),
    }
}

async fn read(web: &Web, source: &str, body: Bytes) -> Result<Vec<Result<TakenAlert, ReadError>>, Problem> {
    if body.len() <= SMALL {
        return Ok(web.app.read_alerts(Some(source), &body));
    }
    let (app, source) = (web.app.clone(), source.to_owned());
    let read = tokio::task::spawn_blocking(move || app.read_alerts(Some(&source), &body)).await;
    read.map_err(|_| Problem::panicked())
}

async fn one(
    web: &Web,
    actor: &Actor,
    practice: PracticeId,
    source: &str,
    read: Result<TakenAlert, ReadError>,
    key: Option<(String, Digest)>,
) -> Result<Delivered, Problem> {
    match read {
        Ok(taken) => {
            let intake = web.app.take_alert_once(actor, practice, taken, key).await?;
            let (status, outcome) =
                if intake.duplicate_of.is_some() { (200, Outcome::Duplicate) } else { (202, Outcome::Taken) };
            web.metrics.alert(source, outcome);
            Ok(Delivered { status, alert: Some(intake), problem: None })
        }
        Err(error) => {
            web.metrics.alert(source, Outcome::Refused);
            let title = "It cannot be read";
            let problem =
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable", title, error.to_string());
            Ok(Delivered { status: 422, alert: None, problem: Some(problem.offset(error.offset)) })
        }
    }
}

/// Takes in what somebody at the practice says is wrong.
#[utoipa::path(
    post, path = "/staff-reports", tag = "alerts", request_body = StaffReport,
    params(ForPractice, ("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key is taken once, for seven days")),
    responses(
        (status = 202, description = "Recorded, and on disk", body = Intake),
        (status = 200, description = "Recorded before with the same key", body = Intake),
    ),
)]
async fn report_trouble(
    State(web): State<Web>,
    by: By<Write>,
    Asked(asked): Asked<ForPractice>,
    conditions: Conditions,
    Sent(report): Sent<StaffReport>,
) -> Result<(StatusCode, Json<Intake>), Problem> {
    by.needs(Capability::Report)?;
    let practice = practice_for(&by.actor, asked.practice)?;
    let key = conditions.key(&by.actor);
    let intake = web.app.report_trouble_once(&by.actor, practice, report, key).await?;
    let (status, outcome) = if intake.duplicate_of.is_some() {
        (StatusCode::OK, Outcome::Duplicate)
    } else {
        (StatusCode::ACCEPTED, Outcome::Taken)
    };
    web.metrics.alert("staff", outcome);
    Ok((status, Json(intake)))
}

/// The sources that alerts can come from, and how each proves itself.
#[utoipa::path(get, path = "/sources", tag = "alerts", responses((status = 200, body = Listed<SourceInfo>)))]
async fn sources(State(web): State<Web>, _by: By<Read>) -> Json<Listed<SourceInfo>> {
    Json(web.app.readers().sources().into())
}
