//! Notes. A note's text is sealed outside the journal, so that it can be destroyed when its retention ends; the journal
//! has the digest of every version that there ever was.

use incident::{Request, Subject};
use kernel::{Actor, Capability, Digest, IncidentId, NoteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    App, AppError, Done,
    command::{Along, How},
};

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
    /// Why it changes.
    pub reason: String,
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
        self.command_with(actor, incident, request, how, along).await
    }

    /// Revises a note; what it said stays.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn revise_note(
        &self,
        actor: &Actor,
        incident: IncidentId,
        id: NoteId,
        note: RevisedNote,
        how: How,
    ) -> Result<Done, AppError> {
        let (digest, bytes) = checked(&note.text)?;
        // Whoever may not read a privileged note may not write over it either; to them it is not there.
        let view = self.incident(actor, incident).await?;
        if !view.state.notes.contains_key(&id) {
            return Err(AppError::not_found(format!("note {id}")));
        }
        let request = Request::ReviseNote { note: id, digest, bytes, reason: note.reason };
        let along = Along { payloads: vec![self.payload(digest, note.text.as_bytes())?], ..Along::default() };
        self.command_with(actor, incident, request, how, along).await
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
            let text = match self.unsealed(view.state.practice, &written.digest, "the note's text").await {
                Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                Err(AppError::NotFound { .. }) => None,
                Err(error) => return Err(error),
            };
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
