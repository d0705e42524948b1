//! What every handler is given: the use cases, and the little that the face itself remembers.

use std::{ops::Deref, sync::Arc};

use app::App;
use tokio::sync::Semaphore;

use crate::{
    config::Config, intake::Secrets, limits::Failures, pages::showing::Showings, recent::Recent,
    uploads::Uploads, watch::Metrics,
};

/// Event streams open at once; each costs a task and a small buffer.
const STREAMS: usize = 1_024;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Web(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) config: Config,
    pub(crate) metrics: Metrics,
    pub(crate) failures: Failures,
    /// Reports of staff, by address.
    pub(crate) reports: Failures,
    pub(crate) secrets: Secrets,
    pub(crate) streams: Arc<Semaphore>,
    /// Files that are being taken in.
    pub(crate) uploads: Uploads,
    /// Pages that many look at.
    pub(crate) showings: Showings,
    pub(crate) recent: Recent,
}

impl Web {
    pub(crate) fn new(app: App, config: Config) -> Self {
        let showings = Showings::new(app.edge().random());
        Self(Arc::new(Shared {
            app,
            config,
            metrics: Metrics::default(),
            failures: Failures::default(),
            reports: Failures::default(),
            secrets: Secrets::default(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            uploads: Uploads::default(),
            showings,
            recent: Recent::default(),
        }))
    }
}

impl Deref for Web {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
