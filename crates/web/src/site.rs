//! The address at which browsers reach this server, as far as it is known: passkeys are bound to it, and providers of
//! sign-ins send browsers back to it. It is the one that the configuration gives; on this machine itself (loopback) the
//! one that the browser asked for will do. A stranger's `Host` is never believed.

use app::ports::Site;
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{error::Problem, state::Web};

/// What the browser asked for.
pub(crate) struct At {
    /// The site, where passkeys can be made for it.
    pub(crate) site: Option<Site>,
    /// The address, where it is known: scheme, host and port.
    pub(crate) address: Option<String>,
    /// Where passkeys would work, when they do not here.
    pub(crate) instead: Option<String>,
}

impl At {
    /// The site, or what to do about it.
    pub(crate) fn need_site(&self) -> Result<&Site, Problem> {
        self.site.as_ref().ok_or_else(|| {
            let detail = match &self.instead {
                Some(other) => {
                    format!("a passkey belongs to a name and not to a number: open {other} instead")
                }
                None => {
                    "this server does not know its own address: whoever runs it sets --public-url".to_owned()
                }
            };
            Problem::invalid("/", detail)
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    let number = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    name == "localhost" || number.is_ok_and(|address| address.is_loopback())
}

fn at(host: Option<&str>, public: Option<&str>, secure: bool) -> At {
    let host = host.map(str::to_ascii_lowercase);
    let scheme = if secure { "https" } else { "http" };
    if let Some(public) = public {
        let own = public.split_once("://").map(|(_, host)| host.trim_end_matches('/').to_ascii_lowercase());
        if host == own {
            return At {
                site: Site::of(public),
                address: Some(public.trim_end_matches('/').to_owned()),
                instead: None,
            };
        }
        if !host.as_deref().is_some_and(is_loopback) {
            return At {
                site: None,
                address: Some(public.trim_end_matches('/').to_owned()),
                instead: Some(public.to_owned()),
            };
        }
    }
    let Some(host) = host.filter(|host| is_loopback(host)) else {
        return At { site: None, address: None, instead: public.map(str::to_owned) };
    };
    let address = format!("{scheme}://{host}");
    let site = Site::of(&address);
    let port =
        host.rsplit_once(':').map(|(_, port)| port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let instead = site.is_none().then(|| match port {
        Some(port) => format!("{scheme}://localhost:{port}"),
        None => format!("{scheme}://localhost"),
    });
    At { site, address: Some(address), instead }
}

impl FromRequestParts<Web> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Problem> {
        // HTTP/2 names the host in the request's own address.
        let asked = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        let sent = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Ok(at(asked.or(sent), web.config.public_url.as_deref(), web.config.secure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_a_stranger_names_is_not_believed() {
        assert!(at(Some("evil.example"), None, true).address.is_none());
        assert!(at(Some("localhost.evil.example"), None, false).address.is_none());
        let other = at(Some("evil.example"), Some("https://ir.example.com"), true);
        assert!(other.site.is_none());
        assert_eq!(other.address.as_deref(), Some("https://ir.example.com"));
    }

    #[test]
    fn the_address_that_was_given_is_the_site_and_on_this_machine_localhost_is() {
        let own = at(Some("IR.example.com"), Some("https://ir.example.com/"), true);
        assert_eq!(own.site.unwrap().origin, "https://ir.example.com");
        let here = at(Some("localhost:8787"), None, false);
        assert_eq!(here.site.unwrap().origin, "http://localhost:8787");
        let number = at(Some("127.0.0.1:8787"), None, false);
        assert!(number.site.is_none());
        assert_eq!(number.instead.as_deref(), Some("http://localhost:8787"));
        assert_eq!(number.address.as_deref(), Some("http://127.0.0.1:8787"));
        assert!(at(Some("[::1]:8787"), None, false).address.is_some());
        assert!(at(None, None, false).site.is_none());
    }
}
