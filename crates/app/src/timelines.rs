//! Timelines kept in memory. Everybody who has an incident's page open asks for it again when something moves; what was
//! told before is not read and worded a second time, and of many who ask at once one reads for all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use incident::State;
use kernel::{Actor, Capability, IncidentId, Stream};

use crate::{
    App, AppError,
    ports::{Recorded, Scope},
    read::{EntryView, entry_view, withheld},
};

/// An incident's entries in words, oldest first, shared by all who look.
pub type Timeline = Arc<Vec<Arc<EntryView>>>;

/// Incidents whose timelines are kept.
const INCIDENTS: usize = 64;
/// Entries of the longest timeline that is kept.
const LONGEST: u64 = 20_000;
/// Entries read at once.
const CHUNK: u32 = 2_000;

/// See the module.
#[derive(Default)]
pub(crate) struct Timelines(Mutex<HashMap<IncidentId, Arc<tokio::sync::Mutex<Kept>>>>);

#[derive(Default)]
struct Kept {
    version: u64,
    /// For those who may read what is privileged.
    whole: Timeline,
    /// For all others.
    open: Timeline,
}

impl Timelines {
    fn of(&self, incident: IncidentId) -> Arc<tokio::sync::Mutex<Kept>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Ids begin with the time: the oldest incident's goes.
        if all.len() >= INCIDENTS
            && !all.contains_key(&incident)
            && let Some(oldest) = all.keys().min().copied()
        {
            all.remove(&oldest);
        }
        Arc::clone(all.entry(incident).or_default())
    }

    fn forget(&self, incident: IncidentId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&incident);
    }
}

impl Kept {
    fn tell(&mut self, newer: &[Recorded], state: &State) -> Result<(), AppError> {
        for recorded in newer {
            let view = Arc::new(entry_view(true, recorded, Some(state))?);
            let open = if view.entry.privileged { Arc::new(withheld(&view)) } else { Arc::clone(&view) };
            Arc::make_mut(&mut self.whole).push(view);
            Arc::make_mut(&mut self.open).push(open);
            self.version = recorded.version;
        }
        Ok(())
    }
}

impl App {
    /// Every entry of an incident, oldest first, as [`App::timeline`], without a copy for each who asks.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn shared_timeline(&self, actor: &Actor, id: IncidentId) -> Result<Timeline, AppError> {
        // It refuses those who may not look, and knows how far the incident has come.
        let mut read = Vec::new();
        let state = self.load_reading(Scope::of(actor), id, |entries| read.extend(entries)).await?;
        kernel::authorise(actor, crate::read::Look)?;
        let own = self.0.timelines.of(id);
        let mut kept = own.lock().await;
        // What had to be read for the state is not read again.
        if read.first().is_some_and(|first| first.version == kept.version + 1) {
            kept.tell(&read, &state)?;
        }
        while kept.version < state.version {
            let after = kept.version;
            let newer = self.journal().stream(state.practice, Stream::incident(id), after, CHUNK).await?;
            if newer.is_empty() {
                break;
            }
            kept.tell(&newer, &state)?;
        }
        if kept.version > LONGEST {
            self.0.timelines.forget(id);
        }
        let may = actor.role.may(Capability::Privileged);
        Ok(Arc::clone(if may { &kept.whole } else { &kept.open }))
    }
}
