//! Who did something, and when: what every standing fact of an incident carries.

use kernel::{PersonId, Role, Timestamp, entry::EntryActor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who and when. The name and role are those at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: PersonId,
    /// Their name then.
    pub name: String,
    /// Their role then.
    pub role: Role,
}

impl Stamp {
    /// The stamp of an entry made by `actor` at `at`.
    #[must_use]
    pub fn new(at: Timestamp, actor: &EntryActor) -> Self {
        Self { at, by: actor.id, name: actor.name.clone(), role: actor.role }
    }
}
