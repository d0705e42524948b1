//! Connections that wait for their next use. A pool asks each that comes back whether it still stands, on a task of its own;
//! within this process that costs as much as most reads and says nothing, so that they lie here instead.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Error, Result, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// See the module.
#[derive(Debug)]
pub(crate) struct Rack {
    pool: SqlitePool,
    idle: Arc<Mutex<Vec<PoolConnection<Sqlite>>>>,
    free: Arc<Semaphore>,
    patience: Duration,
}

/// A connection on loan.
#[derive(Debug)]
pub(crate) struct Lent {
    conn: PoolConnection<Sqlite>,
    home: Arc<Mutex<Vec<PoolConnection<Sqlite>>>>,
    _place: OwnedSemaphorePermit,
}

impl Rack {
    /// Over a pool, all of whose connections are lent here.
    pub(crate) fn new(pool: SqlitePool, patience: Duration) -> Self {
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(1);
        Self { pool, idle: Arc::default(), free: Arc::new(Semaphore::new(most)), patience }
    }

    /// Lends one, once one is free.
    pub(crate) async fn lend(&self) -> Result<Lent> {
        let place = timeout(self.patience, Arc::clone(&self.free).acquire_owned()).await;
        let place = place.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.pool.acquire().await?,
        };
        Ok(Lent { conn, home: Arc::clone(&self.idle), _place: place })
    }

    /// Lets go of all of them, and waits for those on loan.
    pub(crate) async fn close(&self) {
        let all = self.pool.options().get_max_connections();
        let lent = self.free.acquire_many(all).await;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.free.close();
        drop(lent);
        self.pool.close().await;
    }
}

impl Lent {
    /// It can be used again.
    pub(crate) fn give_back(self) {
        let Self { conn, home, _place } = self;
        home.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }

    /// It is closed, and another one made when one is needed.
    pub(crate) fn let_go(self) {
        drop(self.conn.detach());
    }
}

impl Deref for Lent {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.conn
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}
