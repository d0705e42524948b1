//! Notes. A note's text is sealed outside the journal, so that it can be destroyed when its retention ends; the journal
//! has the digest of every version that there ever was. A revision names the version that it was begun on: where somebody
//! else was first, both changes are merged, and where they do not go together, nothing is taken and both texts are given.

pub mod merge;

use incident::{Request, Subject};
use kernel::{Actor, Capability, Digest, IncidentId, NoteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError, Done,
    command::{Along, How},
    drafts::{DraftOf, DraftText},
};
use merge::Merged;

/// How often a merge is tried again when the incident has moved on meanwhile.
const TRIES: u32 = 8;

/// The longest note, in bytes.
pub const LONGEST: usize = 1 << 20;

/// A new note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The text.
    pub text: String,
    /// What it is about, where it is about one thing.
    #[serde(default)]
    pub about: Option<Subject>,
    /// Whether it is attorney–client privileged.
    #[serde(default)]
    pub privileged: bool,
}

/// A new version of a note.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisedNote {
    /// The new text.
    pub text: String,
    /// Why it changes; `revised` where that is not said.
    #[serde(default)]
    pub reason: String,
    /// The version that the text was begun on. Where the note has moved on since, both changes are merged; without it
    /// the text takes the note's place.
    #[serde(default)]
    pub base: Option<usize>,
}

/// Two changes to a note that do not go together. Nothing was recorded; the text is kept as its writer's draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoteConflict {
    /// The note.
    #[schema(value_type = String)]
    pub note: NoteId,
    /// The version that stands: what a settled text is begun on.
    pub version: usize,
    /// Who wrote that, and when.
    pub stamp: incident::Stamp,
    /// Its text.
    pub theirs: String,
    /// The text that was sent.
    pub yours: String,
    /// Both in one: what goes together merged, and where they differ both, each under a line that says whose it is.
    pub both: String,
}

/// One version of a note, with its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoteText {
    /// The version, from 1.
    pub version: usize,
    /// Who wrote it, and when.
    pub stamp: incident::Stamp,
    /// Why it was revised.
    pub because: Option<String>,
    /// SHA-256 of the text.
    pub sha256: Digest,
    /// The text; `None` where it has been destroyed.
    pub text: Option<String>,
}

/// A new version that is to be taken.
struct Revision {
    text: String,
    reason: String,
}

/// Why a note changes, as far as that was said.
fn reason(said: &str) -> String {
    let said = said.trim();
    if said.is_empty() { "revised".to_owned() } else { said.to_owned() }
}

fn checked(text: &str) -> Result<(Digest, u64), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::invalid("/text", "a note needs a text"));
    }
    if text.len() > LONGEST {
        return Err(AppError::invalid(
            "/text",
            "a note holds at most 1 MiB: take a longer text in as evidence",
        ));
    }
    Ok((Digest::of(text.as_bytes()), u64::try_from(text.len()).unwrap_or(u64::MAX)))
}

impl App {
    /// Writes a note.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn write_note(
        &self,
        actor: &Actor,
        incident: IncidentId,
        note: NewNote,
        how: How,
    ) -> Result<Done, AppError> {
        let (digest, bytes) = checked(&note.text)?;
        let request = Request::WriteNote { digest, bytes, about: note.about, privileged: note.privileged };
        let along = Along { payloads: vec![self.payload(digest, note.text.as_bytes())?], ..Along::default() };
        let done = self.command_with(actor, incident, request, how, along).await?;
        self.settle_draft(actor, done.state.practice, incident, DraftOf::NewNote, &note.text).await?;
        Ok(done)
    }

    /// Revises a note; what it said stays. With [`RevisedNote::base`] a revision that is behind is merged with what
    /// came in meanwhile.
    ///
    /// # Errors
    /// [`AppError::Conflict`] where the two do not go together; then the text is kept as a draft.
    pub async fn revise_note(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: NoteId,
        note: RevisedNote,
        how: How,
    ) -> Result<Done, AppError> {
        checked(&note.text)?;
        let Some(base) = note.base else {
            let view = self.noted(actor, incident, id).await?;
            let revision = Revision { text: note.text, reason: reason(&note.reason) };
            return self.take_revision(actor, &view.state, id, revision, how).await;
        };
        for _ in 1..TRIES {
            match self.merged_revision(actor, incident, id, base, &note, &how).await {
                Err(AppError::Stale { .. }) if how.expected.is_none() => {}
                outcome => return outcome,
            }
        }
        self.merged_revision(actor, incident, id, base, &note, &how).await
    }

    /// One try of a revision that was begun on a version.
    async fn merged_revision(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: NoteId,
        base: usize,
        note: &RevisedNote,
        how: &How,
    ) -> Result<Done, AppError> {
        let view = self.noted(actor, incident, id).await?;
        let state = &view.state;
        let versions = state.notes.get(&id).map(|known| known.versions.as_slice()).unwrap_or_default();
        let (stands, newest) = match versions.last() {
            Some(newest) if base <= versions.len() && base > 0 => (versions.len(), newest),
            _ => return Err(AppError::invalid("/base", format!("the note has no version {base}"))),
        };
        let mut revision = Revision { text: note.text.clone(), reason: reason(&note.reason) };
        if stands > base {
            let begun = versions.get(base - 1).map_or(newest.digest, |version| version.digest);
            let (begun, theirs) =
                (self.note_text(state, &begun).await?, self.note_text(state, &newest.digest).await?);
            let theirs = theirs.unwrap_or_default();
            match merge::merge(&begun.unwrap_or_default(), &note.text, &theirs) {
                Merged::Together(text) => {
                    if text != note.text {
                        revision.reason.push_str(&format!(" (merged with version {stands})"));
                    }
                    revision.text = text;
                }
                Merged::Apart(both) => {
                    let (yours, stamp) = (note.text.clone(), newest.stamp.clone());
                    let draft = DraftText { text: yours.clone(), base: Some(base), seen: None };
                    self.keep_draft(actor, incident, DraftOf::Note(id), draft).await?;
                    let conflict = NoteConflict { note: id, version: stands, stamp, theirs, yours, both };
                    return Err(AppError::Conflict(Box::new(conflict)));
                }
            }
        }
        if Digest::of(revision.text.as_bytes()) == newest.digest {
            // It says already what it is to say: the same form sent twice, for one.
            self.settle_draft(actor, state.practice, incident, DraftOf::Note(id), &note.text).await?;
            let (version, state) = (state.version, state.clone());
            return Ok(Done { incident, version, entries: Vec::new(), state, repeated: true });
        }
        let how = How { expected: how.expected.or(Some(state.version)), key: how.key.clone() };
        let done = self.take_revision(actor, state, id, revision, how).await?;
        self.settle_draft(actor, done.state.practice, incident, DraftOf::Note(id), &note.text).await?;
        Ok(done)
    }

    async fn take_revision(
        &self,
        actor: &Actor,
        state: &incident::State,
        id: NoteId,
        revision: Revision,
        how: How,
    ) -> Result<Done, AppError> {
        let Revision { text, reason } = revision;
        let (digest, bytes) = checked(&text)?;
        let request = Request::ReviseNote { note: id, digest, bytes, reason };
        let along = Along { payloads: vec![self.payload(digest, text.as_bytes())?], ..Along::default() };
        self.command_with(actor, state.incident, request, how, along).await
    }

    /// The incident, where the actor may see this note of it: whoever may not read a privileged note may not write over
    /// it either; to them it is not there.
    async fn noted(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: NoteId,
    ) -> Result<crate::read::IncidentView, AppError> {
        let view = self.incident(actor, incident).await?;
        if !view.state.notes.contains_key(&id) {
            return Err(AppError::not_found(format!("note {id}")));
        }
        Ok(view)
    }

    /// A version's text; `None` where it has been destroyed.
    async fn note_text(&self, state: &incident::State, digest: &Digest) -> Result<Option<String>, AppError> {
        match self.unsealed(state.practice, digest, "the note's text").await {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(AppError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every version of a note, oldest first, with its text.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also where the note is privileged and the reader may not read it.
    pub async fn note(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: NoteId,
    ) -> Result<Vec<NoteText>, AppError> {
        let view = self.incident(actor, incident).await?;
        let note = view.state.notes.get(&id).ok_or_else(|| AppError::not_found(format!("note {id}")))?;
        if note.privileged && !actor.role.may(Capability::Privileged) {
            return Err(AppError::not_found(format!("note {id}")));
        }
        let mut texts = Vec::new();
        for (version, written) in (1..).zip(&note.versions) {
            let text = self.note_text(&view.state, &written.digest).await?;
            texts.push(NoteText {
                version,
                stamp: written.stamp.clone(),
                because: written.because.clone(),
                sha256: written.digest,
                text,
            });
        }
        Ok(texts)
    }
}
