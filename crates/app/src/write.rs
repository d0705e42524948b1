//! Making entries: from events to canonical bytes with a place in their stream.

use kernel::{Actor, Digest, Entry, EntryId, PracticeId, Stream, Timestamp, entry::EntryActor};

use crate::{
    App, AppError,
    ports::{Leaf, Outside, Part, Payload},
};

/// What an entry holds besides its place.
pub(crate) struct Fact {
    pub(crate) kind: String,
    pub(crate) privileged: bool,
    pub(crate) body: serde_json::Value,
}

impl From<&incident::Event> for Fact {
    fn from(event: &incident::Event) -> Self {
        Self { kind: event.kind().to_owned(), privileged: event.privileged(), body: event.body() }
    }
}

impl From<&incident::AlertEvent> for Fact {
    fn from(event: &incident::AlertEvent) -> Self {
        Self { kind: event.kind().to_owned(), privileged: false, body: event.body() }
    }
}

/// The actor as an entry names them.
pub(crate) fn entry_actor(actor: &Actor) -> EntryActor {
    EntryActor { id: actor.id, name: actor.name.clone(), role: actor.role }
}

impl App {
    /// The part of a write that gives a stream these facts, after `expected`.
    pub(crate) fn part(
        &self,
        practice: PracticeId,
        stream: Stream,
        expected: u64,
        actor: &Actor,
        at: Timestamp,
        facts: impl IntoIterator<Item = Fact>,
    ) -> Result<Part, AppError> {
        let mut entries = Vec::new();
        for (version, fact) in (expected + 1..).zip(facts) {
            let entry = Entry {
                v: 1,
                id: self.edge().id(EntryId::new),
                practice,
                stream,
                version,
                at,
                actor: entry_actor(actor),
                kind: fact.kind,
                privileged: fact.privileged,
                body: fact.body,
            };
            let canonical = ledger::canonical::to_vec(&entry).map_err(|error| {
                AppError::Outside(Outside::never("an entry has no canonical form", error))
            })?;
            entries.push(Leaf { entry, canonical });
        }
        Ok(Part { stream, expected, entries })
    }

    /// Seals bytes that an entry names by digest.
    pub(crate) fn payload(&self, digest: Digest, bytes: &[u8]) -> Result<Payload, AppError> {
        let sealed = self.store().seal(&digest, bytes, self.edge().random())?;
        Ok(Payload { digest, sealed })
    }
}
