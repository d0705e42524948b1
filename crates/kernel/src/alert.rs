//! An alert in the one form that every source is brought to (`intake` makes it, triage reads it).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Digest, Moment, Severity};

/// What somebody or something reported.
///
/// A member that the source does not carry is `None` or empty: never invented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Where alerts of this kind come from.
    pub channel: Channel,
    /// The adapter that read it, such as `microsoft-defender`.
    pub source: String,
    /// The source's own id of it.
    pub source_id: Option<String>,
    /// One line.
    pub title: Option<String>,
    /// What the source says happened.
    pub description: Option<String>,
    /// How bad, on our five steps.
    pub severity: Option<Severity>,
    /// How bad, in the source's own word or number.
    pub source_severity: Option<String>,
    /// Whether the source considers it dealt with.
    pub status: Option<AlertStatus>,
    /// When it happened.
    pub occurred_at: Option<Moment>,
    /// When the source reported it.
    pub reported_at: Option<Moment>,
    /// Host names, as the source wrote them.
    pub hosts: Vec<String>,
    /// Accounts, as the source wrote them.
    pub accounts: Vec<String>,
    /// Addresses, hashes, domains … that it names.
    pub indicators: Vec<Indicator>,
    /// MITRE ATT&CK technique ids, upper case.
    pub techniques: Vec<String>,
    /// Where a person can see it at the source.
    pub link: Option<String>,
    /// SHA-256 of the bytes as received.
    pub raw_sha256: Digest,
}

/// Where an alert comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A detection tool or the people behind it.
    Mdr,
    /// Somebody at the practice.
    Staff,
    /// A vendor or business associate of the practice.
    Vendor,
}

impl Channel {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mdr => "mdr",
            Self::Staff => "staff",
            Self::Vendor => "vendor",
        }
    }
}

/// Whether the source considers an alert dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStatus {
    /// Not dealt with.
    Open,
    /// Dealt with.
    Resolved,
}

/// Something by which the attacker can be recognised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// What kind of thing.
    pub kind: IndicatorKind,
    /// Its value, as the source wrote it (hashes in lower case).
    pub value: String,
}

/// The kinds of indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the field's own")]
pub enum IndicatorKind {
    Ipv4,
    Ipv6,
    Domain,
    Url,
    Email,
    Md5,
    Sha1,
    Sha256,
    FilePath,
    Process,
    RegistryKey,
    Mutex,
    Cve,
}

impl IndicatorKind {
    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Domain => "domain",
            Self::Url => "url",
            Self::Email => "email",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::FilePath => "file_path",
            Self::Process => "process",
            Self::RegistryKey => "registry_key",
            Self::Mutex => "mutex",
            Self::Cve => "cve",
        }
    }
}
