//! The rows of lists: what a page shows of an alert, an incident or an item of evidence without folding its stream.
//! The use cases compute them from the state; the store only keeps and finds them.

use jiff::civil::Date;
use kernel::{
    Alert, AlertId, Digest, EvidenceId, GroupId, IncidentId, PersonId, PracticeId, Role, Severity, Stream,
    Timestamp, TokenId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Cursor;

/// Whose rows a read may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One practice.
    Practice(PracticeId),
    /// All practices of the provider: for people who serve all of them, and for the program itself.
    Provider,
}

impl Scope {
    /// What an actor may see.
    #[must_use]
    pub fn of(actor: &kernel::Actor) -> Self {
        actor.practice.map_or(Self::Provider, Self::Practice)
    }
}

/// A row that a write inserts or replaces.
#[derive(Debug, Clone)]
pub enum Row {
    /// Keyed by id. A new one whose `dedup_key` is taken makes the whole write a `Duplicate`.
    Alert(Box<AlertRow>),
    /// Keyed by id.
    Incident(Box<IncidentRow>),
    /// Keyed by id.
    Evidence(Box<EvidenceRow>),
    /// Keyed by id.
    Practice(Box<PracticeRow>),
    /// Keyed by id.
    Token(Box<TokenRow>),
}

/// A verdict on an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ListedVerdict)]
pub enum Verdict {
    /// It is what it says.
    True,
    /// A false alarm.
    False,
    /// Nobody can tell yet.
    Undetermined,
}

impl Verdict {
    /// The word used in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Undetermined => "undetermined",
        }
    }
}

/// Something that alerts are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertKey {
    /// `host`, `account` or an indicator's kind.
    pub kind: String,
    /// Lower case.
    pub value: String,
}

/// What a list shows of an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRow {
    /// Its id.
    pub id: AlertId,
    /// The tenant.
    pub practice: PracticeId,
    /// What was reported.
    pub alert: Alert,
    /// Unique within a practice: the source and its own id, or the digest of the raw bytes.
    pub dedup_key: String,
    /// The version of the alert's stream.
    pub version: u64,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// The proposal of triage, as JSON.
    #[schema(value_type = Object)]
    pub proposal: serde_json::Value,
    /// What triage proposed.
    pub proposed_verdict: Verdict,
    /// The severity that triage proposes (or a person set).
    pub severity: Severity,
    /// A person's verdict.
    pub verdict: Option<Verdict>,
    /// The group it belongs to.
    pub group: GroupId,
    /// The incident it is attached to.
    pub incident: Option<IncidentId>,
}

/// What grouping needs of an earlier alert. Every alert that comes in reads some, so that no more than this is taken out
/// of their rows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NearAlert {
    /// Its id.
    pub id: AlertId,
    /// What was reported.
    pub alert: NearFacts,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// The group it belongs to.
    pub group: GroupId,
}

/// What grouping needs of what an earlier alert reported.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct NearFacts {
    /// When it happened, as far as the source says.
    #[serde(default)]
    pub occurred_at: Option<kernel::Moment>,
    /// Hosts by name.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Indicators.
    #[serde(default)]
    pub indicators: Vec<kernel::Indicator>,
}

/// What a page of alerts is filtered by; `None` and empty do not filter.
#[derive(Debug, Clone, Default)]
pub struct AlertQuery {
    /// Words that must all occur (prefix match) in title, description, hosts, accounts, indicators or source.
    pub text: Option<String>,
    /// Judged so; `Some(None)`: not yet judged by a person.
    pub verdict: Option<Option<Verdict>>,
    /// At least this severe.
    pub severity: Option<Severity>,
    /// The adapter.
    pub source: Option<String>,
    /// `mdr`, `staff` or `vendor`.
    pub channel: Option<kernel::Channel>,
    /// Attached to this incident.
    pub incident: Option<IncidentId>,
    /// Of this group.
    pub group: Option<GroupId>,
    /// Changed at or after.
    pub updated_since: Option<Timestamp>,
    /// Received before or at / at or after.
    pub received_since: Option<Timestamp>,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows a page, 1 to 500; 0 means 50.
    pub limit: u32,
}

/// What a list shows of an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IncidentRow {
    /// Its id.
    pub id: IncidentId,
    /// The tenant.
    pub practice: PracticeId,
    /// One line.
    pub title: String,
    /// The kind, such as `ransomware`.
    pub kind: String,
    /// How bad.
    pub severity: Severity,
    /// `open` or `closed`.
    pub status: String,
    /// The phase that stands out, such as `containment`.
    pub phase: String,
    /// The version of its stream.
    pub version: u64,
    /// When it was declared.
    pub declared_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// The next clock that runs out.
    pub next_due: Option<Timestamp>,
    /// Counts for the board, as JSON.
    #[schema(value_type = Object)]
    pub counts: serde_json::Value,
}

/// What a page of incidents is filtered by.
#[derive(Debug, Clone, Default)]
pub struct IncidentQuery {
    /// Words in title or kind (prefix match).
    pub text: Option<String>,
    /// `open` or `closed`.
    pub status: Option<String>,
    /// At least this severe.
    pub severity: Option<Severity>,
    /// Changed at or after.
    pub updated_since: Option<Timestamp>,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows a page, 1 to 500; 0 means 50.
    pub limit: u32,
}

/// What a list shows of an item of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceRow {
    /// Its id.
    pub id: EvidenceId,
    /// The tenant.
    pub practice: PracticeId,
    /// The incident it belongs to.
    pub incident: IncidentId,
    /// What it is called.
    pub name: String,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
    /// Where it came from.
    pub source: String,
    /// Where it stands: `held`, `handed_over`, `released`, `destroyed`.
    pub state: String,
    /// When it was taken in.
    pub taken_at: Timestamp,
    /// When it was last hashed again, and what came of it (`ok`, `changed`, `missing`).
    pub rehashed: Option<(Timestamp, String)>,
    /// The last day it has to be kept. Rows of version 1 of the record do not say it.
    #[serde(default)]
    pub retain_until: Option<Date>,
    /// Why it is under legal hold, by itself or with its whole incident.
    #[serde(default)]
    pub held: Option<String>,
    /// Who asked for its destruction, while nobody has confirmed.
    #[serde(default)]
    pub destruction_asked_by: Option<String>,
}

/// What a page of evidence is filtered by.
#[derive(Debug, Clone, Default)]
pub struct EvidenceQuery {
    /// Words in name or source (prefix match).
    pub text: Option<String>,
    /// Of this incident.
    pub incident: Option<IncidentId>,
    /// With these bytes.
    pub sha256: Option<Digest>,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows a page, 1 to 500; 0 means 50.
    pub limit: u32,
}

/// What a page of entries is filtered by.
#[derive(Debug, Clone, Default)]
pub struct EntryQuery {
    /// Words in the entry (prefix match). Entries hold no PHI, so that they can be searched.
    pub text: Option<String>,
    /// Of this stream.
    pub stream: Option<Stream>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Whether privileged entries are left out.
    pub without_privileged: bool,
    /// Accepted at or after.
    pub since: Option<Timestamp>,
    /// Where to go on.
    pub after: Option<Cursor>,
    /// Rows a page, 1 to 500; 0 means 50.
    pub limit: u32,
}

/// A practice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PracticeRow {
    /// Its id.
    pub id: PracticeId,
    /// Its name.
    pub name: String,
    /// The version of its stream.
    pub version: u64,
    /// Its profile as JSON.
    #[schema(value_type = Object)]
    pub profile: serde_json::Value,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// A program's or a person's access to the API.
    Api,
    /// A link that signs a browser in once.
    Link,
    /// A browser that has signed in.
    Session,
    /// A person who signs in with a password of their own; their secrets are kept sealed.
    Account,
    /// Where a provider's name for somebody leads to their account. Nobody comes in by it.
    Identity,
    /// The role that somebody who has an account has at a further practice. Nobody comes in by it.
    Membership,
    /// The secret of an alert source (`name` is the adapter's); kept sealed, as some schemes need it to check a signature.
    Source,
}

/// An access token. Only its hash is kept, but for sources, whose secret is kept sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub kind: TokenKind,
    /// SHA-256 of the token.
    pub hash: Digest,
    /// Whose it is.
    pub person: PersonId,
    /// Their name, or what the token is called.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// For one practice, or for all.
    pub practice: Option<PracticeId>,
    /// Narrower than the role where not empty: `read`, `write`, `intake`, `export`, `administer`.
    pub scopes: Vec<String>,
    /// The sealed secret of a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When somebody ended it, or a link was used.
    pub revoked_at: Option<Timestamp>,
    /// Where the glass was broken to come in: why, and by whom. Every page and every entry says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glass: Option<Glass>,
    /// For a session that its owner began by signing in: the key of their account. Such a one alone goes on to another
    /// practice. No list shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Digest>,
}

/// Why and by whom somebody was let in past the usual way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Glass {
    /// Why.
    pub reason: String,
    /// Who let them in; themselves where they entered a practice that is not theirs.
    pub by: String,
    /// The practice that their account is for; `None` for all.
    pub home: Option<PracticeId>,
}
