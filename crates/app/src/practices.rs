//! Practices: the tenants, with their profiles. A change of a profile is an entry in the practice's own stream.

use std::sync::{Arc, PoisonError};

use incident::Practice;
use kernel::{Actor, Authorised, Capability, Digest, PracticeId, Requires, Stream, authorise};

use crate::{
    App, AppError,
    ports::{Append, PracticeRow, Row, Scope},
    read::Look,
    write::Fact,
};

/// A practice and its profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its id.
    pub id: PracticeId,
    /// The version of its stream.
    pub version: u64,
    /// The profile.
    pub practice: Practice,
}

/// The ids and names of practices, by name.
pub type Names = Arc<Vec<(PracticeId, String)>>;

/// A new or changed profile.
#[derive(Debug, Clone)]
pub struct SetProfile {
    /// Which practice; `None` makes a new one, or takes the one of the same name.
    pub id: Option<PracticeId>,
    /// The profile.
    pub practice: Practice,
}

impl Requires for SetProfile {
    fn requires(&self) -> Capability {
        Capability::Administer
    }
}

impl App {
    /// Takes a profile in.
    ///
    /// # Errors
    /// [`AppError::Invalid`] where the profile contradicts itself, and the usual.
    pub async fn set_profile(&self, actor: &Actor, request: SetProfile) -> Result<Profile, AppError> {
        self.set_profile_once(actor, request, None).await
    }

    /// Takes a profile in. With a key the same request is taken once, and the key refused for another one; a key counts
    /// within its practice.
    ///
    /// # Errors
    /// As [`App::set_profile`].
    pub async fn set_profile_once(
        &self,
        actor: &Actor,
        request: SetProfile,
        key: Option<String>,
    ) -> Result<Profile, AppError> {
        self.change_profile(actor, request, None, key).await
    }

    /// As [`App::set_profile_once`], decided on the version that the caller saw where they name one.
    ///
    /// # Errors
    /// As [`App::set_profile`], and [`AppError::Stale`].
    pub async fn change_profile(
        &self,
        actor: &Actor,
        request: SetProfile,
        expected: Option<u64>,
        key: Option<String>,
    ) -> Result<Profile, AppError> {
        let request = authorise(actor, request)?;
        let (actor, SetProfile { id, practice }) = Authorised::into_parts(request);
        let practice = practice
            .validated()
            .map_err(|invalid| AppError::invalid("the practice's profile", invalid.to_string()))?;
        let known = self.journal().practices(Scope::Provider).await?;
        let found = match id {
            Some(id) => Some(
                known
                    .into_iter()
                    .find(|row| row.id == id)
                    .ok_or_else(|| AppError::not_found(format!("practice {id}")))?,
            ),
            None => known.into_iter().find(|row| row.name == practice.name),
        };
        if let Some(own) = actor.practice
            && found.as_ref().map(|row| row.id) != Some(own)
        {
            return Err(AppError::not_found("this practice"));
        }
        let json = serde_json::to_value(&practice).map_err(AppError::json("the profile"))?;
        let asked = serde_json::to_vec(&("profile", &json)).map_err(AppError::json("the profile"))?;
        let key = key.map(|key| (key, Digest::of(&asked)));
        if let (Some(row), Some((key, asked))) = (&found, &key)
            && self.journal().repeated(row.id, key, asked).await?.is_some()
        {
            return Ok((*self.profile(&actor, row.id).await?).clone());
        }
        let standing = found.as_ref().map_or(0, |row| row.version);
        if let Some(expected) = expected.filter(|&expected| expected != standing) {
            return Err(AppError::Stale { expected, current: standing, since: Vec::new() });
        }
        let (id, version) = match &found {
            Some(row) if row.profile == json => {
                if key.is_some() {
                    // Nothing changes, but the key is used.
                    let (parts, rows, payloads) = (Vec::new(), Vec::new(), Vec::new());
                    self.journal().append(Append { practice: row.id, key, parts, rows, payloads }).await?;
                }
                return Ok(Profile { id: row.id, version: row.version, practice });
            }
            // Tokens and packages stand in the practice's stream as well: the row has the version of the last profile.
            Some(row) => {
                let written = self.whole_stream(row.id, Stream::practice(row.id)).await?;
                (row.id, written.last().map_or(row.version, |last| last.version))
            }
            None => (self.edge().id(PracticeId::new), 0),
        };
        let now = self.edge().now();
        let canonical = ledger::canonical::to_vec(&json)
            .map_err(|error| crate::command::damaged("the profile", error))?;
        // The profile names people and telephone numbers that may have to be corrected or forgotten: the log has its digest.
        let fact = Fact {
            kind: "profile_set".to_owned(),
            privileged: false,
            body: serde_json::json!({ "name": practice.name, "sha256": Digest::of(&canonical) }),
        };
        let row = PracticeRow { id, name: practice.name.clone(), version: version + 1, profile: json };
        let append = Append {
            practice: id,
            key,
            parts: vec![self.part(id, Stream::practice(id), version, &actor, now, [fact])?],
            rows: vec![Row::Practice(Box::new(row))],
            payloads: Vec::new(),
        };
        self.journal().append(append).await?;
        self.0.practices.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        *self.0.names.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(Profile { id, version: version + 1, practice })
    }

    /// The practices that an actor may see.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn practices(&self, actor: &Actor) -> Result<Vec<PracticeRow>, AppError> {
        let _ = authorise(actor, Look)?;
        Ok(self.journal().practices(Scope::of(actor)).await?)
    }

    /// The ids and names of the practices that an actor may see, by name.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn practice_names(&self, actor: &Actor) -> Result<Names, AppError> {
        let _ = authorise(actor, Look)?;
        if let Some(own) = actor.practice {
            let profile = self.profile(actor, own).await?;
            return Ok(Arc::new(vec![(own, profile.practice.name.clone())]));
        }
        if let Some(names) = self.0.names.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Ok(names);
        }
        let names: Names = Arc::new(self.journal().practice_names(Scope::Provider).await?);
        *self.0.names.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&names));
        Ok(names)
    }

    /// A practice's profile, for one who may act for it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where it is absent or somebody else's.
    pub async fn profile(&self, actor: &Actor, id: PracticeId) -> Result<Arc<Profile>, AppError> {
        let missing = || AppError::not_found(format!("practice {id}"));
        if !actor.serves(id) {
            return Err(missing());
        }
        if let Some(profile) = self.0.practices.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(profile.clone());
        }
        let rows = self.journal().practices(Scope::Practice(id)).await?;
        let row = rows.into_iter().find(|row| row.id == id).ok_or_else(missing)?;
        let practice =
            serde_json::from_value(row.profile).map_err(AppError::json("the practice's profile"))?;
        let profile = Arc::new(Profile { id, version: row.version, practice });
        self.0.practices.lock().unwrap_or_else(PoisonError::into_inner).insert(id, profile.clone());
        Ok(profile)
    }

    /// Forgets the profiles and the tokens kept in memory, so that a change made by another process is seen. Called every
    /// few seconds by what runs for long.
    pub fn forget_profiles(&self) {
        self.callers().empty();
        self.0.practices.lock().unwrap_or_else(PoisonError::into_inner).clear();
        *self.0.names.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
