//! What makes a page live: a stream that says only that something of this incident moved, and at which place of the log.
//! The page then asks for itself again, with its viewer's own rights; nothing of an entry travels here.

use axum::{extract::State, http::HeaderMap, response::IntoResponse};
use kernel::{Capability, IncidentId, Stream};
use serde::Deserialize;

use super::desk::Desk;
use crate::{
    error::Problem,
    journal::{self, Tell},
    received::{Asked, Named},
    state::Web,
};

#[derive(Debug, Deserialize)]
pub(crate) struct Start {
    /// The log's size when the page was made.
    from: Option<u64>,
}

/// The stream of one incident.
pub(crate) async fn follow(
    State(web): State<Web>,
    desk: Desk,
    Named(id): Named<IncidentId>,
    headers: HeaderMap,
    Asked(start): Asked<Start>,
) -> Result<impl IntoResponse, Problem> {
    desk.needs(Capability::Read)?;
    let _ = web.app.incident(&desk.actor, id).await?;
    journal::stream(
        &web,
        desk.actor,
        &desk.caller.token,
        &headers,
        start.from,
        Tell::Moved(Stream::incident(id)),
    )
    .await
}
