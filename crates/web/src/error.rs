//! Problems (RFC 9457). Every error that leaves this face is one. What becomes what:
//!
//! | use case | status | code |
//! | --- | --- | --- |
//! | `NotFound` (absent, or another practice's) | 404 | `not_found` |
//! | `Forbidden` | 403 | `forbidden` |
//! | `Refused`, a member makes no sense or names what is not there | 422 | the refusal's own |
//! | `Refused`, it belongs to somebody else | 403 | `not_yours` |
//! | `Refused`, otherwise | 409 | the refusal's own |
//! | `Invalid` | 422 | `invalid` |
//! | `Overtaken` | 409 | `overtaken` |
//! | `Stale` | 409, or 412 where `If-Match` was sent | `stale` |
//! | `Conflict` | 409 | `note_conflict` |
//! | `KeyReused` | 422 | `key_reused` |
//! | `Duplicate` | 409 | `duplicate` |
//! | `Evidence`: changed, missing, disk full | 500, 410, 507 | `evidence_changed`, `evidence_missing`, `no_space` |
//! | `Document` | 500 | `document` |
//! | `Outside`, may pass | 503 with `Retry-After` | `unavailable` |
//! | `Outside`, stays | 500 | `internal` |
//!
//! The edge itself adds: 400 `malformed`, 401 `unauthenticated`, 404 `no_such_route`, 405 `no_such_method`, 408 `too_slow`,
//! 413 `too_large`, 415 `media_type`, 429 `too_many_failures` and `too_many_reports`, 403 `out_of_scope` and `cross_site`.
//! A problem never repeats a token or a body; causes of failures outside go to the log, not to the client.

use std::ops::{Deref, DerefMut};

use app::{
    AppError,
    notes::NoteConflict,
    ports::{EvidenceError, Outside, Recorded, Retry},
};
use axum::{
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use incident::RefusalKind;
use kernel::{AlertId, Entry, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Seconds after which a client may try again what failed for a passing reason.
const RETRY_AFTER: u32 = 5;

/// An answer that says why not (RFC 9457), as `application/problem+json`. In a box, as most answers are none.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<Said>);

/// What a problem says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Said {
    /// `https://tourniquet.invalid/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here and what to do about it.
    pub detail: String,
    /// A stable word for programs.
    pub code: String,
    /// Where in the request, as a JSON pointer (RFC 6901) or the name of a parameter or header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Everything that is missing, where several things are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The version that stands, where somebody else was first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<u64>,
    /// What was written since the version that the request was made on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Since>,
    /// Where in the body, in bytes from its start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The alert that is there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// Both texts of a note, where two changes do not go together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<NoteConflict>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// An entry that was written meanwhile. Its body can be read through the journal by those who may.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Since {
    /// Its place in the stream.
    pub version: u64,
    /// Its index in the log.
    pub index: u64,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

impl Deref for Problem {
    type Target = Said;
    fn deref(&self) -> &Said {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut Said {
        &mut self.0
    }
}

impl utoipa::PartialSchema for Problem {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Said::schema()
    }
}

impl ToSchema for Problem {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        Said::schemas(schemas);
    }
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self(Box::new(Said {
            kind: format!("https://tourniquet.invalid/problems/{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            pointer: None,
            missing: Vec::new(),
            current: None,
            since: Vec::new(),
            offset: None,
            alert: None,
            conflict: None,
            retry_after: None,
        }))
    }

    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    pub(crate) fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The same, for a request that named the version it was made on.
    pub(crate) fn failed_precondition(mut self) -> Self {
        if self.code == "stale" {
            self.status = StatusCode::PRECONDITION_FAILED.as_u16();
        }
        self
    }

    pub(crate) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request makes no sense", detail)
            .at(pointer)
    }

    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read", detail)
    }

    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        AppError::not_found(what.to_string()).into()
    }

    pub(crate) fn too_large(limit: u64) -> Self {
        let detail = format!("the body is larger than {limit} bytes: send less at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large", detail)
    }

    pub(crate) fn too_slow() -> Self {
        let detail = "the request was not finished in time: send it again, with the same Idempotency-Key where it writes";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "The request took too long", detail)
    }

    pub(crate) fn unauthenticated() -> Self {
        let detail =
            "send `Authorization: Bearer TOKEN` with a token that is neither revoked nor past its end";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Nobody is signed in", detail)
    }

    pub(crate) fn too_many_failures(seconds: u32) -> Self {
        let detail = "too many attempts with a wrong token or password from this address: wait, then check it and try again";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", "Too many failed attempts", detail)
            .retry_after(seconds)
    }

    pub(crate) fn too_many_reports(seconds: u32) -> Self {
        let detail =
            "many reports came from this address in a short time: wait, or call the practice's manager";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_reports", "Please wait a moment", detail)
            .retry_after(seconds)
    }

    pub(crate) fn panicked() -> Self {
        tracing::error!("a request met a defect of this program");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "This program failed",
            "nothing was recorded by this request, or all of it: look before you send it again",
        )
    }

    fn outside(outside: &Outside) -> Self {
        tracing::error!(what = %outside.what, cause = %outside.source, "something outside failed");
        match outside.retry {
            Retry::Later => {
                let detail = format!("{}: this may pass; nothing of the request was kept", outside.what);
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available now", detail)
                    .retry_after(RETRY_AFTER)
            }
            Retry::Never => {
                let detail =
                    format!("{}: this does not pass by itself; the program's log says more", outside.what);
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "This program failed", detail)
            }
        }
    }

    fn refused(refusal: incident::Refusal) -> Self {
        let status = match refusal.why {
            RefusalKind::Invalid | RefusalKind::Unknown => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::NotYours => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        let mut problem =
            Self::new(status, refusal.code(), "The incident's rules say no", refusal.to_string());
        problem.missing = refusal.missing;
        problem
    }

    fn evidence(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Outside(outside) => Self::outside(&outside),
            EvidenceError::Changed { .. } => {
                tracing::error!(%error, "sealed bytes were changed");
                let title = "Sealed bytes were changed";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "evidence_changed", title, error.to_string())
            }
            EvidenceError::Missing(_) => {
                Self::new(StatusCode::GONE, "evidence_missing", "Sealed bytes are gone", error.to_string())
            }
            EvidenceError::Full(_) => {
                tracing::error!(%error, "the disk is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "no_space", "No space left", error.to_string())
            }
        }
    }
}

fn since(recorded: &Recorded) -> Option<Since> {
    let entry: Entry = serde_json::from_slice(&recorded.canonical).ok()?;
    let Entry { kind, at, actor, .. } = entry;
    Some(Since { version: recorded.version, index: recorded.index, kind, at, by: actor.name })
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let detail = error.to_string();
        match error {
            AppError::NotFound { .. } => {
                Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing here", detail)
            }
            AppError::Forbidden(_) => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role may not do this", detail)
            }
            AppError::Refused(refusal) => Self::refused(refusal),
            AppError::Invalid { at, what } => Self::invalid(at, what),
            AppError::Stale { current, since: written, .. } => {
                let mut problem = Self::new(StatusCode::CONFLICT, "stale", "Somebody else was first", detail);
                problem.current = Some(current);
                problem.since = written.iter().filter_map(since).collect();
                problem
            }
            AppError::Overtaken => {
                Self::new(StatusCode::CONFLICT, "overtaken", "Somebody else was first", detail)
            }
            AppError::Conflict(conflict) => {
                let title = "Two changes do not go together";
                let mut problem = Self::new(StatusCode::CONFLICT, "note_conflict", title, detail);
                problem.conflict = Some(*conflict);
                problem
            }
            AppError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key_reused",
                "The key was used for another request",
                detail,
            )
            .at("Idempotency-Key"),
            AppError::Duplicate(alert) => {
                let mut problem = Self::new(StatusCode::CONFLICT, "duplicate", "It is there already", detail);
                problem.alert = Some(alert);
                problem
            }
            AppError::Evidence(error) => Self::evidence(error),
            AppError::Document(_) => {
                tracing::error!(%detail, "a document could not be made");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "document",
                    "The document could not be made",
                    detail,
                )
            }
            AppError::Outside(outside) => Self::outside(&outside),
        }
    }
}

impl From<Outside> for Problem {
    fn from(outside: Outside) -> Self {
        Self::outside(&outside)
    }
}

impl From<kernel::Forbidden> for Problem {
    fn from(forbidden: kernel::Forbidden) -> Self {
        AppError::from(forbidden).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"tourniquet\""));
        }
        // For those who ask with a browser: `pages::told` says it in words.
        response.extensions_mut().insert(self);
        response
    }
}

pub(crate) async fn no_such_route(uri: Uri) -> Problem {
    let about =
        if uri.path().starts_with("/api/") { "; /api/v1/openapi.json lists what there is" } else { "" };
    Problem::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        "Nothing is here",
        format!("there is no such path{about}"),
    )
}

pub(crate) async fn no_such_method() -> Problem {
    let detail = "this path does not know the method; the Allow header lists those it knows";
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "no_such_method",
        "The path does not know this method",
        detail,
    )
}
