//! What comes in: JSON bodies, ids in paths, queries. What cannot be read is refused with the place of the mistake, and
//! what is refused is not repeated in any log.

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{FromRequest, FromRequestParts, rejection::BytesRejection},
    http::{HeaderMap, Request, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{error::Problem, limits, state::Web};

/// A JSON body (RFC 8259): UTF-8, at most [`limits::JSON_BODY`] bytes, at most 128 levels deep.
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Web> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, web: &Web) -> Result<Self, Problem> {
        is_json(request.headers())?;
        let bytes = bytes(request, web, limits::JSON_BODY).await?;
        parse(&bytes).map(Self)
    }
}

/// A JSON body that may be left out.
pub(crate) struct MaybeSent<T>(pub(crate) Option<T>);

impl<T: DeserializeOwned> FromRequest<Web> for MaybeSent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, web: &Web) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = bytes(request, web, limits::JSON_BODY).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        is_json(&headers)?;
        parse(&bytes).map(|body| Self(Some(body)))
    }
}

/// A whole body of at most `limit` bytes, which must be the limit of the route.
pub(crate) async fn bytes(request: Request<Body>, web: &Web, limit: usize) -> Result<Bytes, Problem> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    // Refused by what it says of itself, so that nobody sends, and nobody holds, what will not be taken.
    if request.body().size_hint().lower() > most {
        return Err(Problem::too_large(most));
    }
    Bytes::from_request(request, web).await.map_err(|rejection: BytesRejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(most),
        _ => Problem::malformed("the body ended before it was whole: nothing of it was kept; send it again"),
    })
}

pub(crate) fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let wrong = |detail: &str| {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "The body is of another kind", detail)
    };
    let stated = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = stated.split_once(';').unwrap_or((stated, ""));
    let kind = kind.trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        return Err(wrong("send JSON with `Content-Type: application/json`").at("Content-Type"));
    }
    let charset =
        parameters.split(';').filter_map(|pair| pair.trim().split_once('=')).find_map(|(name, value)| {
            name.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
    match charset.as_deref() {
        None | Some("utf-8" | "utf8") => Ok(()),
        Some(_) => Err(wrong("JSON is UTF-8 (RFC 8259 section 8.1): convert the body").at("Content-Type")),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if let Err(error) = std::str::from_utf8(bytes) {
        let offset = u64::try_from(error.valid_up_to()).unwrap_or(u64::MAX);
        return Err(Problem::malformed("the body is not UTF-8: convert it and send it again").offset(offset));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            Problem::invalid(pointer, inner.to_string())
        } else {
            Problem::malformed(format!("not JSON: {inner}"))
        }
    })?;
    reader.end().map_err(|error| Problem::malformed(format!("not JSON: {error}")))?;
    Ok(value)
}

/// A JSON pointer (RFC 6901) to where reading stopped.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                text.push('/');
                text.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

/// Ids and names in the path. What is no id names nothing.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Web> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, web).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Problem::not_found("what the path names")),
        }
    }
}

/// The query. A member that a route does not know is refused: a filter with a typing error must not find everything.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Web> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, web).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                let detail = text.rsplit_once(": ").map_or(text.as_str(), |(_, why)| why);
                Err(Problem::invalid("query", format!("the query makes no sense: {detail}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "a/b")]
        inner: Vec<u8>,
    }

    #[test]
    fn a_wrong_member_is_named_by_its_pointer() {
        let problem = parse::<Outer>(br#"{"a/b": [1, "x"]}"#).unwrap_err();
        assert_eq!((problem.status, problem.pointer.as_deref()), (422, Some("/a~1b/1")));
        assert_eq!(parse::<Outer>(br#"{"a/b": [1]}"#).unwrap().inner, [1]);
    }

    #[test]
    fn what_is_no_json_is_told_from_json_that_makes_no_sense() {
        for broken in [&b"{\"a/b\": [1"[..], b"{\"a/b\": [1]} x", b"", b"\xff\xfe{\0}\0"] {
            assert_eq!(parse::<Outer>(broken).unwrap_err().status, 400);
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse::<serde_json::Value>(deep.as_bytes()).unwrap_err().status, 400);
    }

    #[test]
    fn only_json_in_utf_8_is_taken_for_json() {
        let of = |text: &str| is_json(&[(header::CONTENT_TYPE, text.parse().unwrap())].into_iter().collect());
        for good in [
            "application/json",
            "application/json; charset=UTF-8",
            "application/merge-patch+json;charset=\"utf-8\"",
        ] {
            assert!(of(good).is_ok(), "{good}");
        }
        for wrong in
            ["text/plain", "application/json; charset=iso-8859-1", "application/x-www-form-urlencoded", ""]
        {
            assert_eq!(of(wrong).unwrap_err().status, 415, "{wrong}");
        }
    }
}
