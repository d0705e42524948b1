//! The journal: searched, followed as server-sent events, and proven. The tail is read by each follower at its own
//! pace from what is on disk; nothing that writes ever waits for one, and one that does not read is let go.

use std::{convert::Infallible, time::Duration};

use app::{
    ports::EntryQuery,
    read::{EntryView, Look},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use kernel::{Actor, AlertId, Digest, IncidentId, PracticeId, Stream as Of, TokenId, authorise};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{By, Read},
    conditions::{Listed, cursor, limit},
    error::Problem,
    received::Asked,
    state::Web,
    watch::OpenStream,
};

/// The header with which a browser goes on where it was cut off (HTML Standard, section 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Entries read at once.
const CHUNK: u32 = 100;
/// A comment keeps the line open, and shows that it still is.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a follower may leave its events lying.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(search))
        .routes(routes!(checkpoint))
        .routes(routes!(key))
        .routes(routes!(inclusion))
        .routes(routes!(consistency))
}

pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(follow))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Words in the entry.
    text: Option<String>,
    /// Of this incident.
    #[param(value_type = Option<String>)]
    incident: Option<IncidentId>,
    /// Of this alert.
    #[param(value_type = Option<String>)]
    alert: Option<AlertId>,
    /// Of this practice's own stream: profiles, tokens, packages.
    #[param(value_type = Option<String>)]
    practice: Option<PracticeId>,
    /// Of this kind, such as `containment_applied`.
    kind: Option<String>,
    /// Accepted at or after (RFC 3339).
    #[param(value_type = Option<String>)]
    since: Option<kernel::Timestamp>,
    /// The `next` of an earlier page.
    cursor: Option<String>,
    /// Rows a page, 1 to 500; 50 where absent.
    limit: Option<u32>,
}

impl Filter {
    fn query(self) -> Result<EntryQuery, Problem> {
        let streams =
            [self.incident.map(Of::incident), self.alert.map(Of::alert), self.practice.map(Of::practice)];
        let mut streams = streams.into_iter().flatten();
        let stream = streams.next();
        if streams.next().is_some() {
            return Err(Problem::invalid("query", "name one of incident, alert and practice"));
        }
        Ok(EntryQuery {
            text: self.text,
            stream,
            kind: self.kind,
            without_privileged: false,
            since: self.since,
            after: cursor(self.cursor.as_deref())?,
            limit: limit(self.limit)?,
        })
    }
}

/// A page of entries, newest first.
#[utoipa::path(get, path = "/entries", tag = "journal", operation_id = "search_entries", params(Filter), responses((status = 200, body = Listed<EntryView>)))]
async fn search(
    State(web): State<Web>,
    by: By<Read>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Listed<EntryView>>, Problem> {
    Ok(Json(web.app.entries(&by.actor, filter.query()?).await?.into()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Start {
    /// The log index to begin at; what is written from now on where absent. `Last-Event-ID` goes before it.
    from: Option<u64>,
}

/// The journal's tail as server-sent events: `id` is the index in the log, `event` the entry's kind, `data` the entry.
#[utoipa::path(
    get, path = "/events", tag = "journal", operation_id = "follow_events",
    params(Start, ("Last-Event-ID" = Option<String>, Header, description = "The index of the last entry that was seen")),
    responses((status = 200, content_type = "text/event-stream", body = String)),
)]
async fn follow(
    State(web): State<Web>,
    by: By<Read>,
    headers: HeaderMap,
    Asked(asked): Asked<Start>,
) -> Result<impl IntoResponse, Problem> {
    let _ = authorise(&by.actor, Look)?;
    stream(&web, by.actor, &by.token, &headers, asked.from, Tell::Everything).await
}

/// What a follower is told.
pub(crate) enum Tell {
    /// Each entry.
    Everything,
    /// That something of this stream moved.
    Moved(Of),
}

/// Opens an event stream for somebody who may read.
pub(crate) async fn stream(
    web: &Web,
    actor: Actor,
    token: &app::ports::TokenRow,
    headers: &HeaderMap,
    from: Option<u64>,
    tell: Tell,
) -> Result<impl IntoResponse + use<>, Problem> {
    let from = match headers.get(&LAST_EVENT_ID) {
        Some(seen) => {
            let seen: Option<u64> = seen.to_str().ok().and_then(|seen| seen.trim().parse().ok());
            let seen = seen.ok_or_else(|| {
                Problem::malformed("Last-Event-ID takes the id of an event").at("Last-Event-ID")
            })?;
            seen.saturating_add(1)
        }
        None => match from {
            Some(from) => from,
            None => web.app.log_head(&actor).await?.size,
        },
    };
    let permit = web.streams.clone().try_acquire_owned().map_err(|_| {
        let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
        Problem::new(
            status,
            "unavailable",
            "Not available now",
            "too many event streams are open: close some",
        )
        .retry_after(30)
    })?;
    let (sender, receiver) = mpsc::channel(CHUNK as usize);
    let follower = Follower {
        actor,
        token: token.id,
        hash: token.hash,
        from,
        sender,
        tell,
        _open: web.metrics.stream(),
    };
    let web = web.clone();
    tokio::spawn(async move {
        follower.run(&web).await;
        drop(permit);
    });
    Ok(Sse::new(events(receiver)).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here")))
}

fn events(receiver: mpsc::Receiver<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|event| (Ok(event), receiver))
    })
}

struct Follower {
    actor: Actor,
    token: TokenId,
    hash: Digest,
    from: u64,
    sender: mpsc::Sender<Event>,
    tell: Tell,
    _open: OpenStream,
}

impl Follower {
    /// Sends what is there and then what comes, until the follower or the program goes, or the token ends.
    async fn run(mut self, web: &Web) {
        let mut grown = web.app.journal().watch();
        let mut pulse = tokio::time::interval(HEARTBEAT);
        let hello = Event::default().retry(Duration::from_secs(2)).comment("tourniquet");
        if self.sender.send(hello).await.is_err() {
            return;
        }
        loop {
            // Marked before it is read, so that what is written meanwhile is read in the next round.
            let size = *grown.borrow_and_update();
            let caught_up = match self.tell {
                Tell::Moved(stream) => self.tell_movement(web, stream, size).await,
                Tell::Everything => self.catch_up(web).await,
            };
            match caught_up {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    // The client comes back by itself, with the id that it saw last.
                    tracing::warn!(%error, "an event stream ends: the journal cannot be read");
                    return;
                }
            }
            tokio::select! {
                () = web.config.closing.cancelled() => return,
                () = self.sender.closed() => return,
                changed = grown.changed() => if changed.is_err() { return },
                _ = pulse.tick() => if !self.still_good(web).await { return },
            }
        }
    }

    /// Sends everything up to the end of the log; false where nobody reads any more.
    async fn catch_up(&mut self, web: &Web) -> Result<bool, app::AppError> {
        loop {
            let found = web.app.tail(&self.actor, self.from, CHUNK).await?;
            if found.is_empty() {
                return Ok(true);
            }
            for seen in found {
                self.from = seen.index + 1;
                let Some(event) = event(&seen) else { continue };
                if self.sender.send_timeout(event, PATIENCE).await.is_err() {
                    return Ok(false);
                }
            }
        }
    }

    /// Says that something of this stream moved; many entries at once are one movement.
    async fn tell_movement(&mut self, web: &Web, stream: Of, size: u64) -> Result<bool, app::AppError> {
        let (moved, next) = web.recent.newest(web.app.journal(), stream, self.from, size).await?;
        self.from = next;
        let Some(index) = moved else { return Ok(true) };
        let event = Event::default().id(index.to_string()).event("moved").data(index.to_string());
        Ok(self.sender.send_timeout(event, PATIENCE).await.is_ok())
    }

    /// A token that was revoked meanwhile sees no more.
    async fn still_good(&self, web: &Web) -> bool {
        let now = web.app.edge().now();
        match web.app.journal().token(&self.hash).await {
            Ok(Some(row)) => {
                row.id == self.token && row.revoked_at.is_none() && row.expires_at.is_none_or(|end| end > now)
            }
            Ok(None) => false,
            // A database that is away for a moment revokes nothing; nothing can be read either.
            Err(_) => true,
        }
    }
}

fn event(seen: &EntryView) -> Option<Event> {
    let kind: String =
        seen.entry.kind.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
    let data = serde_json::to_string(seen).ok()?;
    Some(Event::default().id(seen.index.to_string()).event(kind).data(data))
}

/// The signed head of the log (c2sp.org/tlog-checkpoint).
#[utoipa::path(get, path = "/log/checkpoint", tag = "journal", operation_id = "show_checkpoint", responses((status = 200, content_type = "text/plain", body = String)))]
async fn checkpoint(State(web): State<Web>, by: By<Read>) -> Result<impl IntoResponse, Problem> {
    let _ = authorise(&by.actor, Look)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], web.app.log_head(&by.actor).await?.checkpoint))
}

/// The key that verifies checkpoints (c2sp.org/signed-note).
#[utoipa::path(get, path = "/log/key", tag = "journal", operation_id = "show_log_key", responses((status = 200, content_type = "text/plain", body = String)))]
async fn key(State(web): State<Web>, by: By<Read>) -> Result<impl IntoResponse, Problem> {
    let _ = authorise(&by.actor, Look)?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{}\n", web.app.verifier_key())))
}

/// A proof (RFC 6962).
#[derive(Debug, Serialize, ToSchema)]
struct Proof {
    /// The size of the tree that it leads to.
    size: u64,
    /// The hashes, in the order of RFC 6962.
    hashes: Vec<Digest>,
}

impl Proof {
    fn new(size: u64, hashes: Vec<[u8; 32]>) -> Json<Self> {
        Json(Self { size, hashes: hashes.into_iter().map(Digest::from_bytes).collect() })
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Included {
    /// The entry's index in the log.
    index: u64,
    /// The tree's size.
    size: u64,
}

/// The proof that an entry is in the log of a size (RFC 6962 section 2.1.1).
#[utoipa::path(get, path = "/log/inclusion", tag = "journal", operation_id = "prove_inclusion", params(Included), responses((status = 200, body = Proof)))]
async fn inclusion(
    State(web): State<Web>,
    by: By<Read>,
    Asked(Included { index, size }): Asked<Included>,
) -> Result<Json<Proof>, Problem> {
    let _ = authorise(&by.actor, Look)?;
    let head = web.app.log_head(&by.actor).await?.size;
    if size > head || index >= size {
        return Err(Problem::invalid(
            "index",
            format!("an index below the size, and a size of at most {head}"),
        ));
    }
    let proof = web.app.journal().inclusion(&[index], size).await?.into_iter().next();
    Ok(Proof::new(size, proof.unwrap_or_default()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Consistent {
    /// The earlier size.
    old: u64,
    /// The later size.
    new: u64,
}

/// The proof that a later log extends an earlier one (RFC 6962 section 2.1.2).
#[utoipa::path(get, path = "/log/consistency", tag = "journal", operation_id = "prove_consistency", params(Consistent), responses((status = 200, body = Proof)))]
async fn consistency(
    State(web): State<Web>,
    by: By<Read>,
    Asked(Consistent { old, new }): Asked<Consistent>,
) -> Result<Json<Proof>, Problem> {
    let _ = authorise(&by.actor, Look)?;
    let head = web.app.log_head(&by.actor).await?.size;
    if old == 0 || old > new || new > head {
        return Err(Problem::invalid("old", format!("1 <= old <= new <= {head}")));
    }
    Ok(Proof::new(new, web.app.journal().consistency(old, new).await?))
}
