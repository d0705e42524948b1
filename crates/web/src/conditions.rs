//! What a request may say about when it counts: `If-Match` with the version it was made on, `Idempotency-Key` for
//! sending it again, a page's cursor and size.

use app::{
    AppError,
    command::How,
    ports::{Cursor, Page},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};
use kernel::Actor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{error::Problem, state::Web};

/// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key.
const LONGEST_KEY: usize = 200;
/// The largest page.
const LARGEST_PAGE: u32 = 500;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    /// The version in `If-Match`.
    pub(crate) expected: Option<u64>,
    key: Option<String>,
}

impl Conditions {
    /// Asks a use case as the request's headers say: once, and on the version that they name.
    pub(crate) async fn ask<T, F>(self, actor: &Actor, ask: impl FnOnce(How) -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        let expected = self.expected;
        ask(self.how(actor)).await.map_err(Self::problem(expected))
    }

    /// As the use cases take them. A key is each caller's own, so that two clients that count from 1 do not meet.
    pub(crate) fn how(self, actor: &Actor) -> How {
        How { expected: self.expected, key: self.key(actor) }
    }

    /// The key, in the caller's own space.
    pub(crate) fn key(&self, actor: &Actor) -> Option<String> {
        self.key.as_ref().map(|key| format!("{} {key}", actor.id))
    }

    /// An error of a use case, where a version that was named in `If-Match` makes it another.
    pub(crate) fn problem(expected: Option<u64>) -> impl FnOnce(AppError) -> Problem {
        move |error| {
            let problem = Problem::from(error);
            if expected.is_some() { problem.failed_precondition() } else { problem }
        }
    }
}

impl FromRequestParts<Web> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        read(&parts.headers)
    }
}

fn read(headers: &HeaderMap) -> Result<Conditions, Problem> {
    let expected = match headers.get(header::IF_MATCH) {
        None => None,
        Some(value) if value == "*" => None,
        Some(value) => Some(version(value).ok_or_else(|| {
            Problem::malformed("If-Match takes one ETag as it was sent, such as \"v12\"").at("If-Match")
        })?),
    };
    let key = match headers.get(&IDEMPOTENCY_KEY) {
        None => None,
        Some(value) => {
            let text = value.to_str().unwrap_or_default().trim();
            // The draft has a quoted string; most clients send the bare text.
            let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
            if text.is_empty()
                || text.len() > LONGEST_KEY
                || !text.bytes().all(|byte| byte.is_ascii_graphic())
            {
                let detail = format!("Idempotency-Key takes 1 to {LONGEST_KEY} visible ASCII characters");
                return Err(Problem::malformed(detail).at("Idempotency-Key"));
            }
            Some(text.to_owned())
        }
    };
    Ok(Conditions { expected, key })
}

fn version(value: &HeaderValue) -> Option<u64> {
    let digits = value.to_str().ok()?.trim().strip_prefix("\"v")?.strip_suffix('"')?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The `ETag` of a version.
pub(crate) fn etag(version: u64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"v{version}\""))]
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T: ToSchema> {
    /// The rows.
    items: Vec<T>,
    /// Send it as `cursor` for the next page; `null` on the last.
    next: Option<String>,
}

impl<T: ToSchema> From<Page<T>> for Listed<T> {
    fn from(page: Page<T>) -> Self {
        Self { items: page.items, next: page.next.map(|cursor| cursor.to_string()) }
    }
}

impl<T: ToSchema> From<Vec<T>> for Listed<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// A page's size, checked.
pub(crate) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(0),
        Some(limit @ 1..=LARGEST_PAGE) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit", format!("a page holds 1 to {LARGEST_PAGE} rows"))),
    }
}

/// A page's cursor, checked.
pub(crate) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let bad = |error: app::ports::page::BadCursor| Problem::invalid("cursor", error.to_string());
    text.map(|text| text.parse().map_err(bad)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &'static str, value: &str) -> Result<Conditions, Problem> {
        read(&[(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect())
    }

    #[test]
    fn a_version_that_cannot_be_read_is_refused_and_not_ignored() {
        assert_eq!(of("if-match", "\"v12\"").unwrap().expected, Some(12));
        assert_eq!(of("if-match", "*").unwrap().expected, None);
        for wrong in [
            "v12",
            "12",
            "W/\"v12\"",
            "\"v\"",
            "\"v-1\"",
            "\"v+1\"",
            "\"v1\", \"v2\"",
            "\"v99999999999999999999\"",
        ] {
            assert_eq!(of("if-match", wrong).unwrap_err().code, "malformed", "{wrong}");
        }
    }

    #[test]
    fn a_key_is_taken_with_and_without_quotes_and_never_empty() {
        for good in ["abc", "\"abc\""] {
            assert_eq!(of("idempotency-key", good).unwrap().key.as_deref(), Some("abc"));
        }
        for wrong in ["", "\"\"", "a b", &"x".repeat(201)] {
            assert!(of("idempotency-key", wrong).is_err(), "{wrong}");
        }
    }
}
