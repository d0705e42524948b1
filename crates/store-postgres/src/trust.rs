//! Which idle connections may be believed. A way that went dead (a cable, a firewall that forgot the connection, a server
//! that stands still) says nothing, so that a connection on it waits for ever. Once one has fallen silent, every other
//! that has lain idle since before is let go of, and new ones are made.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection, pool::PoolConnectionMetadata};
use tokio::time::{Instant, timeout};

/// A connection that lay idle for longer is asked first whether it still stands.
const RESTED: Duration = Duration::from_secs(5);
/// How long it may take to say so.
const PROMPT: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    lost: Mutex<Option<Instant>>,
}

impl Trust {
    /// A connection fell silent now.
    pub(crate) fn lose(&self) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection that lay idle may be used.
    pub(crate) async fn holds(&self, conn: &mut PgConnection, of: PoolConnectionMetadata) -> bool {
        let lost = *self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        if lost.is_some_and(|at| at.elapsed() < of.idle_for) {
            return false;
        }
        if of.idle_for < RESTED {
            return true;
        }
        match timeout(PROMPT, conn.ping()).await {
            Ok(answer) => answer.is_ok(),
            Err(_) => {
                self.lose();
                false
            }
        }
    }
}
