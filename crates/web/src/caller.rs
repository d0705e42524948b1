//! Who asks. A handler takes a [`By`] with the scope it needs, so that none can be written that forgets to ask. What the
//! role may do is the use case's business; a scope only narrows a token further. A browser's cookie is taken for a
//! request that changes something only where the browser says that one of our own pages made it.

use std::{
    marker::PhantomData,
    net::{IpAddr, SocketAddr},
};

use app::{access, ports::TokenKind};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use kernel::{Actor, Capability, Forbidden};

use crate::{error::Problem, state::Web};

/// A scope that a token may be narrowed to (`app::access::SCOPES`).
pub(crate) trait Scope {
    const WORD: &'static str;
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $word:literal),* $(,)?) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}
        impl Scope for $name { const WORD: &'static str = $word; }
    )*};
}

scopes! {
    /// Looking.
    Read = "read",
    /// Changing.
    Write = "write",
    /// Sending alerts.
    Intake = "intake",
    /// Taking packages out.
    Export = "export",
    /// Profiles, tokens, backups.
    Administer = "administer",
}

/// A caller whose token holds the scope.
pub(crate) struct By<S> {
    pub(crate) actor: Actor,
    pub(crate) token: app::ports::TokenRow,
    /// Whether it is a browser's session.
    pub(crate) session: bool,
    scope: PhantomData<S>,
}

impl<S> By<S> {
    /// Refuses a role that lacks a capability, where the use case serves the program itself as well and does not ask.
    pub(crate) fn needs(&self, needs: Capability) -> Result<(), Problem> {
        if self.actor.role.may(needs) {
            Ok(())
        } else {
            Err(Forbidden { role: self.actor.role, needs }.into())
        }
    }
}

impl<S: Scope> FromRequestParts<Web> for By<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let (caller, session) = authenticated(parts, web).await?;
        if !caller.within(S::WORD) {
            let detail = format!("this token is narrowed to other scopes and lacks `{}`", S::WORD);
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "out_of_scope",
                "The token's scopes do not hold this",
                detail,
            ));
        }
        Ok(Self { actor: caller.actor, token: caller.token, session, scope: PhantomData })
    }
}

/// A browser that has signed in, where one has; pages are shown to others too.
pub(crate) struct Visitor(pub(crate) Option<Actor>);

impl FromRequestParts<Web> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        let Some(token) = session_cookie(&parts.headers, web.config.secure) else { return Ok(Self(None)) };
        let found = web.app.caller(token).await?;
        Ok(Self(found.filter(|caller| caller.token.kind == TokenKind::Session).map(|caller| caller.actor)))
    }
}

async fn authenticated(parts: &Parts, web: &Web) -> Result<(access::Caller, bool), Problem> {
    if let Some(token) = bearer(&parts.headers) {
        let found = web.app.caller(token).await?.filter(|caller| caller.token.kind == TokenKind::Api);
        return found.map(|caller| (caller, false)).ok_or_else(|| failed(&parts.extensions, web));
    }
    if let Some(token) = session_cookie(&parts.headers, web.config.secure) {
        let found = web.app.caller(token).await?.filter(|caller| caller.token.kind == TokenKind::Session);
        let caller = found.ok_or_else(|| failed(&parts.extensions, web))?;
        if !parts.method.is_safe() && !same_origin(&parts.headers) {
            let detail = "a signed-in browser may change something only from our own pages; a program sends a bearer token";
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "cross_site",
                "The request came from another site",
                detail,
            ));
        }
        return Ok((caller, true));
    }
    Err(Problem::unauthenticated())
}

/// Counts a wrong token. The right one always passes, so that nobody behind the same address can lock responders out;
/// a token has 256 random bits, so that guessing costs us time and nothing else.
fn failed(extensions: &axum::http::Extensions, web: &Web) -> Problem {
    match web.failures.count(peer(extensions)) {
        Ok(()) => Problem::unauthenticated(),
        Err(seconds) => Problem::too_many_failures(seconds),
    }
}

/// The address at the other end of the connection, where there is a connection.
pub(crate) fn peer(extensions: &axum::http::Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// The token of `Authorization: Bearer TOKEN` (RFC 6750; the scheme in any case).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The name of the session's cookie. Over TLS its prefix makes the browser refuse one that another host or an
/// unencrypted page set (RFC 6265bis section 4.1.3.2).
pub(crate) const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-tourniquet" } else { "tourniquet" }
}

pub(crate) fn session_cookie(headers: &HeaderMap, secure: bool) -> Option<&str> {
    cookie(headers, cookie_name(secure))
}

/// A cookie that is there and not empty.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(own, value)| (own == name && !value.is_empty()).then_some(value))
}

/// Whether the browser says that one of our own pages made the request: `Sec-Fetch-Site` where it sends that, else an
/// `Origin` whose host is ours.
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_page_of_another_site_cannot_act_with_a_signed_in_browser() {
        assert!(same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(same_origin(&headers(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")])));
        for forged in [
            &[("sec-fetch-site", "cross-site"), ("origin", "http://a"), ("host", "a")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null"), ("host", "a")],
            &[("origin", "https://evil.example"), ("host", "a")],
            &[("host", "a")],
            &[],
        ] {
            assert!(!same_origin(&headers(forged)), "{forged:?}");
        }
    }

    #[test]
    fn a_cookie_set_without_tls_is_no_session_over_tls() {
        let sent = headers(&[("cookie", "a=b; tourniquet=x; __Host-tourniquet=y")]);
        assert_eq!(session_cookie(&sent, false), Some("x"));
        assert_eq!(session_cookie(&sent, true), Some("y"));
        assert_eq!(session_cookie(&headers(&[("cookie", "tourniquet=x")]), true), None);
    }

    #[test]
    fn a_bearer_token_is_read_whatever_the_case_of_its_scheme() {
        assert_eq!(bearer(&headers(&[("authorization", "bEaReR  tq_1 ")])), Some("tq_1"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic eDp5")])), None);
    }
}
