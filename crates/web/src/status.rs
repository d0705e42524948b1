//! What works: at the practice, for its staff; and here, for whoever keeps this program running.

use app::{
    ports::{IncidentQuery, Scope},
    status::Today,
};
use axum::{
    Json,
    extract::{FromRequestParts as _, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::Capability;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read, peer},
    conditions::Listed,
    doors::Doors,
    error::Problem,
    intake::ForPractice,
    received::Asked,
    state::Web,
};

pub(crate) fn api_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(today))
}

pub(crate) fn routes() -> Doors {
    Doors::default().get("/healthz", alive).get("/readyz", ready).get("/metrics", metrics)
}

/// Which clinical services work today, and what stands in for those that do not.
#[utoipa::path(get, path = "/status", tag = "practices", operation_id = "show_status", params(ForPractice), responses((status = 200, body = Listed<Today>)))]
async fn today(
    State(web): State<Web>,
    by: By<Read>,
    Asked(asked): Asked<ForPractice>,
) -> Result<Json<Listed<Today>>, Problem> {
    Ok(Json(web.app.today(&by.actor, asked.practice).await?.into()))
}

async fn alive() -> &'static str {
    "alive\n"
}

async fn ready(State(web): State<Web>) -> Result<&'static str, Problem> {
    match web.app.journal().ready().await {
        Ok(()) => Ok("ready\n"),
        Err(outside) => {
            tracing::warn!(what = %outside.what, cause = %outside.source, "not ready");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Err(Problem::new(status, "unavailable", "Not available now", "the database does not answer")
                .retry_after(5))
        }
    }
}

/// Counts, for Prometheus: to this machine, and to tokens that read all practices. They tell how busy a provider is.
async fn metrics(State(web): State<Web>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let forwarded =
        parts.headers.contains_key("x-forwarded-for") || parts.headers.contains_key(header::FORWARDED);
    let local = !forwarded && peer(&parts.extensions).is_some_and(|address| address.is_loopback());
    if !local {
        let by = By::<Read>::from_request_parts(&mut parts, &web).await?;
        by.needs(Capability::Read)?;
        if by.actor.practice.is_some() {
            return Err(kernel::Forbidden { role: by.actor.role, needs: Capability::Administer }.into());
        }
    }
    // The counts name nobody, and whoever sits at this machine may see them.
    let head = web.app.journal().head().await?;
    let text = web.metrics.text(head.size, open_incidents(&web).await?).ok_or_else(Problem::panicked)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn open_incidents(web: &Web) -> Result<u64, Problem> {
    let mut query = IncidentQuery { status: Some("open".to_owned()), limit: 500, ..IncidentQuery::default() };
    let mut open = 0;
    loop {
        let page = web.app.journal().incidents(Scope::Provider, query.clone()).await?;
        open += u64::try_from(page.items.len()).unwrap_or(0);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(open),
        }
    }
}
