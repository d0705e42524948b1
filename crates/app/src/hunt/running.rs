//! Hunts that run beside the requests of people: begun by one, followed by everybody who reads the incident. How far one is
//! is kept in this process alone; what it found is in the record and in the vault.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use kernel::{Actor, IncidentId, Timestamp, authorise};
use serde::Serialize;
use utoipa::ToSchema;

use super::Search;
use crate::{
    App, AppError,
    ports::{HuntProgress, MoreRules, Scope},
    read::Look,
};

/// A hunt that was begun here.
pub(crate) struct Running {
    by: String,
    began: Timestamp,
    progress: Arc<HuntProgress>,
    ended: Mutex<Option<(Timestamp, Option<String>)>>,
}

/// How a hunt stands that was begun here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HuntStanding {
    /// Who began it.
    pub by: String,
    /// When.
    pub began: Timestamp,
    /// Bytes of evidence to be read; 0 until they are counted.
    pub total: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Records read.
    pub records: u64,
    /// Detections made so far.
    pub detections: u64,
    /// When it ended; absent while it runs.
    pub ended: Option<Timestamp>,
    /// Why it failed, where it did.
    pub failed: Option<String>,
}

impl Running {
    fn standing(&self) -> HuntStanding {
        let read = |count: &AtomicU64| count.load(Relaxed);
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (ended, failed) = ended.map_or((None, None), |(at, failed)| (Some(at), failed));
        HuntStanding {
            by: self.by.clone(),
            began: self.began,
            total: read(&self.progress.total),
            bytes: read(&self.progress.bytes).min(read(&self.progress.total)),
            records: read(&self.progress.records),
            detections: read(&self.progress.detections),
            ended,
            failed,
        }
    }
}

impl App {
    /// Begins a hunt through an incident's evidence, with these rules besides, and does not wait for its end. One runs at a time for an incident: while
    /// one does, that one is told of.
    ///
    /// # Errors
    /// [`AppError`] where the actor may not, or the incident is not there. How the hunt itself fares is in its standing.
    pub async fn begin_hunt(
        &self,
        actor: &Actor,
        incident: IncidentId,
        rules: MoreRules,
    ) -> Result<HuntStanding, AppError> {
        let _ = authorise(actor, Search)?;
        let _ = self.load(Scope::of(actor), incident).await?;
        let running = {
            let mut hunts = self.hunts().lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = hunts.get(&incident).filter(|known| known.standing().ended.is_none()) {
                return Ok(known.standing());
            }
            let running = Arc::new(Running {
                by: actor.name.clone(),
                began: self.edge().now(),
                progress: Arc::default(),
                ended: Mutex::default(),
            });
            hunts.insert(incident, running.clone());
            running
        };
        let standing = running.standing();
        let (app, actor) = (self.clone(), actor.clone());
        drop(tokio::spawn(async move {
            let done = app.hunt_telling(&actor, incident, rules, running.progress.clone()).await;
            let failed = match done {
                // Whoever looks next finds the figure drawn.
                Ok(_) => app.chronicle(&actor, incident).await.err().map(|error| error.to_string()),
                Err(error) => Some(error.to_string()),
            };
            if let Some(failed) = &failed {
                tracing::warn!(%incident, failed, "a hunt ended early");
            }
            *running.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((app.edge().now(), failed));
        }));
        Ok(standing)
    }

    /// How the hunt stands that was begun here last; `None` where none was since the program started.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn hunt_standing(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Option<HuntStanding>, AppError> {
        let _ = authorise(actor, Look)?;
        let _ = self.load(Scope::of(actor), incident).await?;
        let hunts = self.hunts().lock().unwrap_or_else(PoisonError::into_inner);
        Ok(hunts.get(&incident).map(|running| running.standing()))
    }
}
