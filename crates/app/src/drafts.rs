//! Drafts: what somebody has written and not yet kept. A page sends them while one writes, so that they outlive a crash
//! and are there on another device; they are sealed, their writer's alone, and never in the record. Where the same
//! person wrote in two places, neither text takes the other's place: the earlier one is put aside and shown with it.

use std::{fmt, str::FromStr};

use kernel::{
    Actor, Capability, Digest, IncidentId, NoteId, PersonId, PracticeId, Requires, Timestamp, authorise,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    notes::LONGEST,
    ports::{ShelfKind, ShelfPlace, ShelfQuery, Shelved},
};

/// Texts that are put aside at most; the oldest goes first.
const ASIDE: usize = 8;

struct Write;

impl Requires for Write {
    fn requires(&self) -> Capability {
        Capability::Write
    }
}

/// What a draft will be. In paths: `note`, `situation`, or the id of the note that is being revised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftOf {
    /// A new note.
    NewNote,
    /// A new version of a note.
    Note(NoteId),
    /// The next situation report.
    Situation,
}

impl fmt::Display for DraftOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewNote => formatter.write_str("note"),
            Self::Note(id) => fmt::Display::fmt(id, formatter),
            Self::Situation => formatter.write_str("situation"),
        }
    }
}

impl FromStr for DraftOf {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        match text {
            "note" => Ok(Self::NewNote),
            "situation" => Ok(Self::Situation),
            id => id.parse().map(Self::Note).map_err(|_| AppError::not_found(format!("draft {id}"))),
        }
    }
}

impl<'de> Deserialize<'de> for DraftOf {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        String::deserialize(reader)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A draft as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// The incident.
    pub incident: IncidentId,
    /// `note`, `situation`, or the id of the note that is being revised.
    pub of: String,
    /// The text.
    pub text: String,
    /// The version that it was begun on, where it revises something.
    #[serde(default)]
    pub base: Option<usize>,
    /// How often it was written: counts up.
    pub revision: u64,
    /// When it was last written.
    pub at: Timestamp,
    /// Texts of the same draft that the same person wrote elsewhere at the same time, oldest first.
    #[serde(default)]
    pub aside: Vec<Aside>,
}

/// A text that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Aside {
    /// When it was last written.
    pub at: Timestamp,
    /// The text.
    pub text: String,
}

/// What a page or a program sends of a draft.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftText {
    /// The text; an empty one ends the draft.
    pub text: String,
    /// The version that it was begun on, where it revises something.
    #[serde(default)]
    pub base: Option<usize>,
    /// The revision of the draft that this one goes on from. Where the draft has moved on since, its text is put aside.
    #[serde(default)]
    pub seen: Option<u64>,
}

fn place(practice: PracticeId, person: PersonId, incident: IncidentId, of: DraftOf) -> ShelfPlace {
    let name = Digest::of(format!("draft {incident} {of}").as_bytes());
    ShelfPlace { practice, person, kind: ShelfKind::Draft, name }
}

impl App {
    /// Keeps a draft. `None` where its text is empty, which ends it.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn keep_draft(
        &self,
        actor: &Actor,
        incident: IncidentId,
        of: DraftOf,
        said: DraftText,
    ) -> Result<Option<Draft>, AppError> {
        let place = self.draft_place(actor, incident, of).await?;
        if said.text.len() > LONGEST {
            return Err(AppError::invalid("/text", "a draft holds at most 1 MiB"));
        }
        let before = self.opened_draft(place).await?;
        let mut aside = before.as_ref().map_or_else(Vec::new, |draft| draft.aside.clone());
        if let Some(before) = &before
            && said.seen != Some(before.revision)
            && !said.text.contains(before.text.trim())
            && !aside.iter().any(|own| own.text == before.text)
        {
            aside.push(Aside { at: before.at, text: before.text.clone() });
            let over = aside.len().saturating_sub(ASIDE);
            aside.drain(..over);
        }
        if said.text.trim().is_empty() && aside.is_empty() {
            self.journal().unshelve(place).await?;
            return Ok(None);
        }
        let draft = Draft {
            incident,
            of: of.to_string(),
            text: said.text,
            base: said.base,
            revision: before.map_or(0, |draft| draft.revision) + 1,
            at: self.edge().now(),
            aside,
        };
        self.shelve_json(place, draft.at, &draft).await?;
        Ok(Some(draft))
    }

    /// A draft of the actor's own, where there is one.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn draft(
        &self,
        actor: &Actor,
        incident: IncidentId,
        of: DraftOf,
    ) -> Result<Option<Draft>, AppError> {
        let place = self.draft_place(actor, incident, of).await?;
        self.opened_draft(place).await
    }

    /// Every draft that the actor has on an incident.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn drafts(&self, actor: &Actor, incident: IncidentId) -> Result<Vec<Draft>, AppError> {
        let of = DraftOf::NewNote;
        let place = self.draft_place(actor, incident, of).await?;
        let query = ShelfQuery {
            practice: place.practice,
            kind: ShelfKind::Draft,
            person: Some(place.person),
            name: None,
        };
        let mut drafts = Vec::new();
        for thing in self.journal().shelf(query).await? {
            let draft: Draft = self.unshelved(&thing)?;
            if draft.incident == incident {
                drafts.push(draft);
            }
        }
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.at));
        Ok(drafts)
    }

    /// Throws a draft away.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn drop_draft(&self, actor: &Actor, incident: IncidentId, of: DraftOf) -> Result<(), AppError> {
        let place = self.draft_place(actor, incident, of).await?;
        Ok(self.journal().unshelve(place).await?)
    }

    /// Ends the draft that a form was filled from, once the form was taken: where nobody has written it since. Texts that
    /// were put aside stay until they are thrown away.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn end_draft(
        &self,
        actor: &Actor,
        incident: IncidentId,
        of: DraftOf,
        seen: Option<u64>,
    ) -> Result<(), AppError> {
        let place = self.draft_place(actor, incident, of).await?;
        match self.opened_draft(place).await? {
            Some(draft) if Some(draft.revision) == seen && draft.aside.is_empty() => {
                Ok(self.journal().unshelve(place).await?)
            }
            Some(draft) if Some(draft.revision) == seen => {
                let (text, revision) = (String::new(), draft.revision + 1);
                let draft = Draft { text, base: None, revision, ..draft };
                self.shelve_json(place, draft.at, &draft).await
            }
            _ => Ok(()),
        }
    }

    /// Ends a draft whose text was kept for good: where nothing is in it that was not kept.
    pub(crate) async fn settle_draft(
        &self,
        actor: &Actor,
        practice: PracticeId,
        incident: IncidentId,
        of: DraftOf,
        kept: &str,
    ) -> Result<(), AppError> {
        let place = place(practice, actor.id, incident, of);
        if let Some(draft) = self.opened_draft(place).await? {
            let whole = |text: &str| kept.contains(&*text.trim().replace("\r\n", "\n"));
            if whole(&draft.text) && draft.aside.iter().all(|own| whole(&own.text)) {
                self.journal().unshelve(place).await?;
            }
        }
        Ok(())
    }

    /// Where a draft is kept, where the actor may write what it is the draft of.
    async fn draft_place(
        &self,
        actor: &Actor,
        incident: IncidentId,
        of: DraftOf,
    ) -> Result<ShelfPlace, AppError> {
        let _ = authorise(actor, Write)?;
        let view = self.incident(actor, incident).await?;
        if let DraftOf::Note(id) = of
            && !view.state.notes.contains_key(&id)
        {
            return Err(AppError::not_found(format!("note {id}")));
        }
        Ok(place(view.state.practice, actor.id, incident, of))
    }

    async fn opened_draft(&self, place: ShelfPlace) -> Result<Option<Draft>, AppError> {
        let ShelfPlace { practice, person, kind, name } = place;
        let query = ShelfQuery { practice, kind, person: Some(person), name: Some(name) };
        match self.journal().shelf(query).await?.first() {
            Some(thing) => self.unshelved(thing).map(Some),
            None => Ok(None),
        }
    }

    /// Keeps a value, sealed.
    pub(crate) async fn shelve_json<T: Serialize>(
        &self,
        place: ShelfPlace,
        at: Timestamp,
        value: &T,
    ) -> Result<(), AppError> {
        let bytes = serde_json::to_vec(value).map_err(AppError::json("what is kept beside the record"))?;
        let digest = Digest::of(&bytes);
        let sealed = self.store().seal(&digest, &bytes, self.edge().random())?;
        Ok(self.journal().shelve(Shelved { place, at, digest, sealed }).await?)
    }

    /// Opens a value that was kept.
    pub(crate) fn unshelved<T: serde::de::DeserializeOwned>(&self, thing: &Shelved) -> Result<T, AppError> {
        let bytes = self.store().unseal(&thing.digest, &thing.sealed)?;
        serde_json::from_slice(&bytes).map_err(AppError::json("what is kept beside the record"))
    }
}
