//! What is seen: records as readers hand them over, and the few kinds of things in them that a story is made of.

use std::{net::IpAddr, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Fields;

/// Where something stands in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The file: below the evidence argument, with `/`; `archive.zip!inner/path` inside an archive.
    pub file: Arc<str>,
    /// The record's number in it: its own, or the line.
    pub record: u64,
}

/// A record of a Windows event log.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    /// When it was written.
    pub time: Timestamp,
    /// The host as the log writes it.
    pub computer: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// The event's number.
    pub event_id: u32,
    /// The file.
    pub file: &'a Arc<str>,
    /// The record's number.
    pub record: u64,
    /// Its values.
    pub fields: &'a dyn Fields,
}

impl Seen<'_> {
    pub(crate) fn origin(&self) -> Origin {
        Origin { file: self.file.clone(), record: self.record }
    }
}

/// A connection as a firewall or a network sensor counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// When it ended, or was seen.
    pub time: Timestamp,
    /// Who saw it.
    pub observer: String,
    /// From where.
    pub from: IpAddr,
    /// To where.
    pub to: IpAddr,
    /// The port there.
    pub port: u16,
    /// Bytes from `from` to `to`.
    pub sent: u64,
    /// Bytes back.
    pub received: u64,
    /// Where it stands.
    pub origin: Origin,
}

/// A sign-in from outside: a VPN's tunnel, a cloud service's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// When.
    pub time: Timestamp,
    /// What was signed in to: `VPN`, `Okta`, `Microsoft 365`.
    pub to: String,
    /// Who, as the log writes it.
    pub user: String,
    /// From which address.
    pub from: IpAddr,
    /// The address that the tunnel got inside, where it says so.
    pub inside: Option<IpAddr>,
    /// Whether a second factor was asked for; `None` where the log does not say.
    pub second_factor: Option<bool>,
    /// Where it stands.
    pub origin: Origin,
}

/// One thing that was seen on a host.
#[derive(Debug, Clone)]
pub(crate) struct Observation {
    pub(crate) time: Timestamp,
    /// The host's short name in capitals.
    pub(crate) host: Arc<str>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) origin: Origin,
    pub(crate) what: What,
}

/// What it was.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Logon { kind: u32, from: String },
    Process { image: String, original: String, command: String, sha256: Option<String> },
    Service { name: String, path: String },
    Task { name: String, command: String },
    Member { group: String, member: String },
    Cleared { log: String },
    AuditPolicy { subcategory: String, removed: bool },
    ClockSet { from: Timestamp },
    MemoryRead { image: String, target: String },
    Connection { image: String, to: IpAddr, name: String },
    Wrote { image: String, path: String },
    Script { text: String },
}

/// A host's short name in capitals.
pub(crate) fn host_name(computer: &str) -> Arc<str> {
    let short = if computer.parse::<IpAddr>().is_ok() {
        computer
    } else {
        computer.split('.').next().unwrap_or(computer)
    };
    Arc::from(short.trim().to_uppercase())
}

/// An account as `DOMAIN\name`; `None` for the accounts that every machine has of itself.
pub(crate) fn account_name(domain: &str, name: &str) -> Option<Arc<str>> {
    const OF_ITSELF: [&str; 6] =
        ["system", "local service", "network service", "anonymous logon", "-", "lokaler dienst"];
    let name = name.trim().to_lowercase();
    let own = name.is_empty() || name.ends_with('$') || OF_ITSELF.contains(&name.as_str());
    if own || name.starts_with("dwm-") || name.starts_with("umfd-") {
        return None;
    }
    let domain = domain.trim().to_uppercase();
    if matches!(domain.as_str(), "WINDOW MANAGER" | "FONT DRIVER HOST" | "NT AUTHORITY" | "NT SERVICE") {
        return None;
    }
    Some(if domain.is_empty() || domain == "-" {
        Arc::from(name)
    } else {
        Arc::from(format!("{domain}\\{name}"))
    })
}

/// The account's name without its domain.
pub(crate) fn bare(account: &str) -> &str {
    let name = account.rsplit('\\').next().unwrap_or(account);
    name.split('@').next().unwrap_or(name)
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.trim_matches('"').rsplit(['\\', '/']).next().unwrap_or(path)
}

/// Whether an address belongs to a network of one's own.
pub(crate) fn is_inside(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.to_ipv4_mapped().is_some_and(|v4| is_inside(&IpAddr::V4(v4)))
                || v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}
