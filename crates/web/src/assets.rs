//! What a page loads: one style sheet and one script of our own, and htmx with two of its extensions as `build.rs`
//! fetched them. All are built into the binary. Each is served under a name that holds its digest, so that a browser
//! keeps it for good and a new version is a new name.

use std::{io::Write as _, sync::LazyLock};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use http_body_util::BodyExt as _;
use kernel::Digest;

use crate::{doors::Doors, error::Problem, received::Named};

/// One file.
pub(crate) struct Asset {
    /// Its path from the root of the site.
    pub(crate) path: String,
    kind: &'static str,
    text: String,
}

/// Everything that pages load.
pub(crate) struct Assets {
    /// The style sheet.
    pub(crate) style: Asset,
    /// htmx, its policy extension and its server-sent events, in this order.
    pub(crate) htmx: Asset,
    /// The small module of our own.
    pub(crate) desk: Asset,
    /// The mark in the browser's tab.
    pub(crate) mark: Asset,
}

pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let htmx = [
        include_str!(concat!(env!("OUT_DIR"), "/htmx.js")),
        include_str!(concat!(env!("OUT_DIR"), "/csp.js")),
        include_str!(concat!(env!("OUT_DIR"), "/sse.js")),
    ];
    let style = [
        include_str!("assets/ground.css"),
        include_str!("assets/parts.css"),
        include_str!("assets/pages.css"),
        include_str!("assets/figures.css"),
    ];
    Assets {
        style: Asset::new("tourniquet", "css", "text/css; charset=utf-8", style.join("\n")),
        htmx: Asset::new("htmx", "js", "text/javascript; charset=utf-8", htmx.join(";\n")),
        desk: Asset::new(
            "desk",
            "js",
            "text/javascript; charset=utf-8",
            include_str!("assets/desk.js").to_owned(),
        ),
        mark: Asset::new("mark", "svg", "image/svg+xml", include_str!("assets/mark.svg").to_owned()),
    }
});

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, text: String) -> Self {
        let digest = Digest::of(text.as_bytes());
        let short: String = digest.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/assets/{name}-{short}.{extension}"), kind, text }
    }
}

pub(crate) fn routes() -> Doors {
    Doors::default().get("/assets/{name}", serve)
}

async fn serve(Named(name): Named<String>) -> Result<Response, Problem> {
    let assets = &*ASSETS;
    let found = [&assets.style, &assets.htmx, &assets.desk, &assets.mark]
        .into_iter()
        .find(|asset| asset.path.strip_prefix("/assets/") == Some(name.as_str()))
        .ok_or_else(|| Problem::not_found("what the path names"))?;
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(found.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, found.text.clone()).into_response())
}

/// Compresses pages, their style and their scripts for a browser that takes it. A page's secrets are not at stake: what
/// a form carries is new at each showing (`pages::desk`). What streams, and what programs take, goes as it is.
pub(crate) async fn compressed(request: Request, next: Next) -> Response {
    let takes = request.headers().get(header::ACCEPT_ENCODING).and_then(|kinds| kinds.to_str().ok());
    let takes = takes.is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim() == "gzip"));
    // A page that asks for itself again (https://htmx.org/reference/#request_headers): when an entry comes, everybody who
    // looks does so at once, and packing well would take longer than the page itself.
    let again = request.headers().contains_key("hx-request");
    let response = next.run(request).await;
    let kind =
        response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = ["text/html", "text/css", "text/javascript"].iter().any(|own| kind.starts_with(own));
    if !takes || !text {
        return response;
    }
    // A browser asks for a style sheet or a script once and for pages all the time.
    let level = match (kind.starts_with("text/html"), again) {
        (true, true) => Compression::fast(),
        (true, false) => Compression::default(),
        (false, _) => Compression::best(),
    };
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else { return Problem::panicked().into_response() };
    let plain = whole.to_bytes();
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), level);
    let Ok(packed) = encoder.write_all(&plain).and_then(|()| encoder.finish()) else {
        return Response::from_parts(parts, Body::from(plain));
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Response::from_parts(parts, Body::from(packed))
}
