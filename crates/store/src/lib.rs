#![doc = include_str!("../README.md")]

use std::{path::PathBuf, sync::Arc};

use app::ports::{Journal, Outside};
use ledger::checkpoint::Signer;
use store_core::journal::Store;

pub use store_core::backend::Options;

/// Where a record is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// In this SQLite file, which is made where there is none.
    File(PathBuf),
    /// In the PostgreSQL database of this address (`postgres://user@host/name`).
    Postgres(String),
}

/// Opens a record and starts its writer, which signs the log's checkpoints with `signer`.
///
/// # Errors
/// [`Outside`]: it cannot be reached, is no record of ours, or is of a newer version of the program.
pub async fn open(
    location: &Location,
    signer: Signer,
    options: Options,
) -> Result<Arc<dyn Journal>, Outside> {
    Ok(match location {
        Location::File(path) => {
            let database = store_sqlite::open(path, options).await?;
            Arc::new(Store::start(database, Some(signer), options).await?)
        }
        Location::Postgres(url) => {
            let database = store_postgres::open(url, options).await?;
            Arc::new(Store::start(database, Some(signer), options).await?)
        }
    })
}

/// Opens a record for reading alone, to verify it for example. Nothing in it changes; appending to it fails.
///
/// # Errors
/// As [`open`], and where there is none or it is of an older version.
pub async fn open_read_only(location: &Location, options: Options) -> Result<Arc<dyn Journal>, Outside> {
    Ok(match location {
        Location::File(path) => {
            let database = store_sqlite::open_read_only(path, options).await?;
            Arc::new(Store::start(database, None, options).await?)
        }
        Location::Postgres(url) => {
            let database = store_postgres::open_read_only(url, options).await?;
            Arc::new(Store::start(database, None, options).await?)
        }
    })
}
