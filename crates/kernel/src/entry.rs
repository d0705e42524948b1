//! A line of the journal. Its canonical JSON (RFC 8785, made by `ledger`) is a leaf of the transparency log, so
//! every member here is covered by the log's signature. No PHI and no free bytes: ids, digests, counts and the
//! reasons that people gave.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AlertId, EntryId, IncidentId, PersonId, PracticeId, Role, Timestamp};

/// What an entry is about. An entry's `version` counts from 1 within its stream, without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub struct Stream {
    /// What kind of thing.
    pub kind: StreamKind,
    /// The thing's id, as its 128 bits written as ULID text.
    #[serde(with = "raw_id")]
    #[schema(value_type = String)]
    pub id: u128,
}

/// The kinds of things that have a history of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// One alert: received, proposed, judged, grouped, attached.
    Alert,
    /// One incident.
    Incident,
    /// One practice: profile, people, tokens.
    Practice,
}

impl StreamKind {
    /// The word used in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Incident => "incident",
            Self::Practice => "practice",
        }
    }
}

impl Stream {
    /// The stream of an alert.
    #[must_use]
    pub const fn alert(id: AlertId) -> Self {
        Self { kind: StreamKind::Alert, id: id.as_u128() }
    }

    /// The stream of an incident.
    #[must_use]
    pub const fn incident(id: IncidentId) -> Self {
        Self { kind: StreamKind::Incident, id: id.as_u128() }
    }

    /// The stream of a practice.
    #[must_use]
    pub const fn practice(id: PracticeId) -> Self {
        Self { kind: StreamKind::Practice, id: id.as_u128() }
    }
}

mod raw_id {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use ulid::Ulid;

    pub(super) fn serialize<S: Serializer>(id: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Ulid(*id))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Ulid::from_string(&text).map(|ulid| ulid.0).map_err(D::Error::custom)
    }
}

/// Who made an entry. The name and role are those at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntryActor {
    /// Who.
    pub id: PersonId,
    /// Their name then.
    pub name: String,
    /// Their role then.
    pub role: Role,
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// The version of this form: 1.
    pub v: u8,
    /// Its own id.
    pub id: EntryId,
    /// The tenant.
    pub practice: PracticeId,
    /// What it is about.
    pub stream: Stream,
    /// Its place in the stream, from 1.
    pub version: u64,
    /// When it was accepted, to the microsecond.
    pub at: Timestamp,
    /// Who made it.
    pub actor: EntryActor,
    /// What happened, such as `containment_applied`.
    pub kind: String,
    /// Whether it is attorney–client privileged: only those who may read privileged entries see more than its leaf hash.
    pub privileged: bool,
    /// The event itself.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
}
