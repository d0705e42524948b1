//! Practices: the tenants, with their profiles. A change of a profile is an entry in the practice's own stream.

use std::sync::{Arc, PoisonError};

use incident::Practice;
use kernel::{Actor, Authorised, Capability, Digest, PracticeId, Requires, Stream, authorise};

use crate::{
    App, AppError,
    ports::{Append, PracticeRow, Row, Scope},
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
        let (id, version) = match &found {
            Some(row) if row.profile == json => {
                return Ok(Profile { id: row.id, version: row.version, practice });
            }
            Some(row) => (row.id, row.version),
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
            key: None,
            parts: vec![self.part(id, Stream::practice(id), version, &actor, now, [fact])?],
            rows: vec![Row::Practice(Box::new(row))],
            payloads: Vec::new(),
        };
        self.journal().append(append).await?;
        self.0.practices.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        Ok(Profile { id, version: version + 1, practice })
    }

    /// The practices that an actor may see.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn practices(&self, actor: &Actor) -> Result<Vec<PracticeRow>, AppError> {
        Ok(self.journal().practices(Scope::of(actor)).await?)
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
    }
}
