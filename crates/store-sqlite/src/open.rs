//! Opening a database file: pragmas, pools, schema.

use std::{path::Path, sync::Arc, time::Duration};

use app::ports::Outside;
use sqlx::{
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};
use store_core::{backend::Options, plan::Kept};

use crate::{
    Database,
    rack::Rack,
    room::{self, Room},
};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// How long a connection waits for another process's lock.
const BUSY: Duration = Duration::from_secs(2);
/// How often the write-ahead log is moved into the file; and how often while it grows and is nearly as long as it may be. Once it
/// is, the writer itself moves what is left, while everybody waits: little must be left by then.
const MOVE: Duration = Duration::from_millis(200);
const MOVE_SOON: Duration = Duration::from_millis(5);

/// Takes 4 MiB and lets go of them. SQLite's memory is the C library's, which gives what is free at the end of a thread's heap
/// back to the system as soon as it is 128 KiB, and fetches it again for the next batch: a tenth of the time of intake. It
/// keeps twice as much as the largest block that it ever saw come back (`mallopt(3)`, `M_MMAP_THRESHOLD`).
const HOARD: &str = "SELECT length(hex(zeroblob(2097152)))";

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(128)
        .pragma("temp_store", "MEMORY")
}

/// Opens the file at `path`, makes it where there is none, and brings it to this version's schema.
///
/// # Errors
/// [`Outside`]: it cannot be opened, is no database or is one of a newer version.
pub async fn open(path: &Path, limits: Options) -> Result<Database, Outside> {
    let doing = format!("opening the record {}", path.display());
    // FULL: a commit has returned only when the write-ahead log is on the disk.
    let writing = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16384")
        .pragma("wal_autocheckpoint", room::MOST.to_string())
        .pragma("journal_size_limit", "67108864")
        .pragma("secure_delete", "FAST");
    let writer =
        single().connect_with(writing).await.map_err(|error| Outside::never(doing.clone(), error))?;
    MIGRATIONS.run(&writer).await.map_err(|error| newer(&doing, error))?;
    sqlx::query(HOARD).execute(&writer).await.map_err(|error| Outside::never(doing.clone(), error))?;
    // A pragma and not read_only: a reader of a write-ahead log needs to write its shared index.
    let reading = options(path).pragma("query_only", "ON").pragma("cache_size", "-4096");
    let readers = readers(limits).connect_with(reading).await;
    let readers = readers.map_err(|error| Outside::never(doing.clone(), error))?;
    let moving = options(path).pragma("cache_size", "-1024");
    let moving = single().connect_with(moving).await.map_err(|error| Outside::never(doing, error))?;
    let (writer, readers) = (Rack::new(writer, limits.patience), Rack::new(readers, limits.patience));
    let room = Arc::new(Room::of(path));
    let mover = Some(tokio::spawn(keep_moving(moving, Arc::clone(&room))));
    Ok(Database { writer, readers, kept: Kept::writing(), answer: None, mover, room })
}

fn single() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Moves what was committed from the write-ahead log into the file, so that the writer does not have to stop for it. Where the
/// disk has little room the writer does: it alone sees the log moved to its end, so that it can begin anew.
async fn keep_moving(pool: SqlitePool, room: Arc<Room>) {
    let (mut pause, mut before) = (MOVE, 0);
    loop {
        tokio::time::sleep(pause).await;
        room.look();
        // Whether somebody was in the way, how many pages the log has, how many of them are moved. Where it fails, for want of
        // room say, the writer finds out for itself.
        let moved: sqlx::Result<(i64, i64, i64)> =
            sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&pool).await;
        let pages = moved.map_or(0, |(_, pages, _)| pages);
        pause = if pages != before && room.is_nearly_full(pages) { MOVE_SOON } else { MOVE };
        before = pages;
    }
}

/// Opens the file at `path` for reading alone: nothing in it changes.
///
/// # Errors
/// [`Outside`]: there is none, it cannot be read or is of another version.
pub async fn open_read_only(path: &Path, limits: Options) -> Result<Database, Outside> {
    let doing = format!("opening the record {} for reading", path.display());
    let reading = options(path).read_only(true).pragma("cache_size", "-4096");
    let writer = single().connect_lazy_with(reading.clone());
    let pool = readers(limits).connect_with(reading).await;
    let pool = pool.map_err(|error| Outside::never(doing.clone(), error))?;
    let applied: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&pool)
        .await
        .map_err(|error| Outside::never(doing.clone(), error))?;
    if MIGRATIONS.iter().map(|migration| migration.version).max() == Some(applied) {
        let (writer, readers) = (Rack::new(writer, limits.patience), Rack::new(pool, limits.patience));
        let room = Arc::new(Room::of(path));
        Ok(Database { writer, readers, kept: Kept::default(), answer: None, mover: None, room })
    } else {
        let why = format!("its schema is version {applied}, which this version of the program does not read");
        Err(Outside::never(doing, why))
    }
}

fn readers(limits: Options) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(limits.readers.max(1))
        .test_before_acquire(false)
        .acquire_timeout(limits.patience)
        .idle_timeout(Duration::from_secs(60))
        .max_lifetime(None)
}

fn newer(doing: &str, error: MigrateError) -> Outside {
    match error {
        MigrateError::VersionMissing(version) => Outside::never(
            doing,
            format!("it was written by a newer version of the program (schema {version}): use that one"),
        ),
        MigrateError::VersionMismatch(version) => Outside::never(
            doing,
            format!("its schema {version} is not the one this program knows by that number"),
        ),
        error => Outside::never(doing, error),
    }
}
