#![doc = include_str!("../README.md")]

pub mod access;
pub mod accounts;
pub mod backup;
pub mod binder;
pub mod case;
pub mod chronicle;
pub mod command;
pub mod directory;
pub mod drafts;
pub mod edge;
pub mod error;
pub mod evidence;
pub mod export;
pub mod hunt;
pub mod intake;
pub mod law;
pub mod leadership;
pub mod notes;
pub mod notices;
pub mod photos;
pub mod ports;
pub mod practices;
pub mod read;
pub mod respond;
pub mod retention;
mod session;
pub mod situation;
pub mod status;
pub mod timelines;
pub mod triage;
pub mod upkeep;
pub mod views;
mod write;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use incident::State;
use kernel::{IncidentId, PracticeId};

pub use command::Done;
pub use error::AppError;
pub use report::downtime;

use crate::{
    edge::Edge,
    ports::{AlertReaders, EvidenceStore, Hunter, Journal, Passkeys, SingleSignOn},
    practices::Profile,
};

/// What the program is put together from.
pub struct Parts {
    /// The record.
    pub journal: Arc<dyn Journal>,
    /// Sealed bytes.
    pub evidence: Arc<dyn EvidenceStore>,
    /// Readers of alerts.
    pub readers: Arc<dyn AlertReaders>,
    /// What searches evidence.
    pub hunter: Arc<dyn Hunter>,
    /// Passkeys.
    pub passkeys: Arc<dyn Passkeys>,
    /// Other people's sign-in pages.
    pub single_sign_on: Arc<dyn SingleSignOn>,
    /// Clock and randomness.
    pub edge: Edge,
    /// The log's verifier key (c2sp.org/signed-note), for packages and people.
    pub signer: Arc<ledger::checkpoint::Signer>,
    /// The data directory.
    pub directory: Arc<directory::Directory>,
}

/// The use cases. Cheap to clone; every face holds one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    incidents: Mutex<HashMap<IncidentId, Arc<State>>>,
    practices: Mutex<HashMap<PracticeId, Arc<Profile>>>,
    names: Mutex<Option<practices::Names>>,
    timelines: timelines::Timelines,
    callers: Mutex<access::Callers>,
    attempts: accounts::Attempts,
    hunts: Mutex<HashMap<IncidentId, Arc<hunt::Running>>>,
    chronicles: Mutex<chronicle::Kept>,
    refusals: accounts::Refusals,
}

/// Folded incidents kept in memory. A practice has a handful open; a provider's board looks at rows, not at states.
const KEPT: usize = 256;

impl App {
    /// Puts the use cases on their ports.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            incidents: Mutex::default(),
            practices: Mutex::default(),
            names: Mutex::default(),
            timelines: timelines::Timelines::default(),
            callers: Mutex::default(),
            attempts: accounts::Attempts::default(),
            hunts: Mutex::default(),
            chronicles: Mutex::default(),
            refusals: accounts::Refusals::default(),
        }))
    }

    /// The record.
    #[must_use]
    pub fn journal(&self) -> &dyn Journal {
        &*self.0.parts.journal
    }

    /// Clock and randomness.
    #[must_use]
    pub fn edge(&self) -> &Edge {
        &self.0.parts.edge
    }

    /// The readers of alerts.
    #[must_use]
    pub fn readers(&self) -> &dyn AlertReaders {
        &*self.0.parts.readers
    }

    pub(crate) fn hunter(&self) -> &Arc<dyn Hunter> {
        &self.0.parts.hunter
    }

    pub(crate) fn hunts(&self) -> &Mutex<HashMap<IncidentId, Arc<hunt::Running>>> {
        &self.0.hunts
    }

    pub(crate) fn chronicles(&self) -> &Mutex<chronicle::Kept> {
        &self.0.chronicles
    }

    pub(crate) fn passkey_protocol(&self) -> &dyn Passkeys {
        &*self.0.parts.passkeys
    }

    pub(crate) fn single_sign_on(&self) -> &dyn SingleSignOn {
        &*self.0.parts.single_sign_on
    }

    pub(crate) fn attempts(&self) -> &accounts::Attempts {
        &self.0.attempts
    }

    pub(crate) fn store(&self) -> &Arc<dyn EvidenceStore> {
        &self.0.parts.evidence
    }

    pub(crate) fn signer(&self) -> &ledger::checkpoint::Signer {
        &self.0.parts.signer
    }

    /// The data directory.
    #[must_use]
    pub fn directory(&self) -> &directory::Directory {
        &self.0.parts.directory
    }

    /// The key with which anybody can check the log (c2sp.org/signed-note).
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.0.parts.signer.verifier_key()
    }

    fn remembered(&self, id: IncidentId) -> Option<Arc<State>> {
        self.0.incidents.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn remember(&self, state: &Arc<State>) {
        let mut kept = self.0.incidents.lock().unwrap_or_else(PoisonError::into_inner);
        // Ids begin with the time: the oldest incident goes.
        if kept.len() >= KEPT
            && !kept.contains_key(&state.incident)
            && let Some(oldest) = kept.keys().min().copied()
        {
            kept.remove(&oldest);
        }
        kept.insert(state.incident, state.clone());
    }

    /// Runs what blocks (disk, hashing, typesetting) where blocking is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(error) => {
                Err(AppError::Outside(ports::Outside::never("a background task ended early", error)))
            }
        }
    }
}
