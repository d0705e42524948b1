//! Opening a database: connection settings, pools, schema.

use std::{sync::Arc, time::Duration};

use app::ports::Outside;
use sqlx::{
    Connection as _, PgConnection,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use store_core::{backend::Options, plan::Kept};
use tokio::time::timeout;

use crate::{Database, trust::Trust};

/// How long the first connection may take.
const CONNECT: Duration = Duration::from_secs(10);

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Opens the database at `url` and brings it to this version's schema.
///
/// # Errors
/// [`Outside`]: the address is none, nobody answers there, the database refuses us or is of a newer version.
pub async fn open(url: &str, limits: Options) -> Result<Database, Outside> {
    let doing = "opening the record in PostgreSQL";
    migrate(url, doing).await?;
    let (pool, trust) = pool(url, limits, doing).await?;
    Ok(database(pool, trust, limits, Kept::writing()))
}

fn database(pool: PgPool, trust: Arc<Trust>, limits: Options, kept: Kept) -> Database {
    Database { writer: pool.clone(), readers: pool, kept, answer: Some(limits.answer), trust }
}

/// Brings the schema to this version, on a connection of its own: a new index over a large record takes its time.
async fn migrate(url: &str, doing: &str) -> Result<(), Outside> {
    let mut conn = timeout(CONNECT, PgConnection::connect_with(&options(url, doing)?))
        .await
        .map_err(|_| Outside::later(doing, format!("nobody answers within {} seconds", CONNECT.as_secs())))?
        .map_err(|error| unreached(doing, error))?;
    MIGRATIONS.run(&mut conn).await.map_err(|error| newer(doing, error))?;
    // What was to be done is done.
    let _ = conn.close().await;
    Ok(())
}

/// Opens the database at `url` for reading alone.
///
/// # Errors
/// As [`open`], and where the database is of an older version or holds no record.
pub async fn open_read_only(url: &str, limits: Options) -> Result<Database, Outside> {
    let doing = "opening the record in PostgreSQL for reading";
    let (pool, trust) = pool(url, limits, doing).await?;
    let applied: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&pool)
        .await
        .map_err(|error| Outside::never(doing, error))?;
    if MIGRATIONS.iter().map(|migration| migration.version).max() == Some(applied) {
        Ok(database(pool, trust, limits, Kept::default()))
    } else {
        let why = format!("its schema is version {applied}, which this version of the program does not read");
        Err(Outside::never(doing, why))
    }
}

fn options(url: &str, doing: &str) -> Result<PgConnectOptions, Outside> {
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| Outside::never(doing, error))?;
    Ok(options.application_name("tourniquet"))
}

fn unreached(doing: &str, error: sqlx::Error) -> Outside {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => Outside::later(doing, error),
        error => Outside::never(doing, error),
    }
}

async fn pool(url: &str, limits: Options, doing: &str) -> Result<(PgPool, Arc<Trust>), Outside> {
    let options = options(url, doing)?.options([
        // An acknowledged entry is durable whatever the server's default is.
        ("synchronous_commit", "on"),
        // What a parameter is decides how a search is best done.
        ("plan_cache_mode", "force_custom_plan"),
        // Every read has its index; walking a large table is never the better way, whatever the statistics say.
        ("enable_seqscan", "off"),
        // Compiling a query, or starting helpers for it, takes longer than these take.
        ("jit", "off"),
        ("max_parallel_workers_per_gather", "0"),
        // Nobody waits any more for what takes longer.
        ("statement_timeout", "60s"),
        // A writer that vanished must not keep the head of the log locked.
        ("idle_in_transaction_session_timeout", "10s"),
    ]);
    // Less than we wait for a batch: a server must not go on queueing for a lock on behalf of somebody who has gone.
    let options = options.options([("lock_timeout", limits.answer.as_millis())]);
    let trust = Arc::new(Trust::default());
    let asked = trust.clone();
    let pool = PgPoolOptions::new()
        .max_connections(limits.readers.max(1) + 2)
        .acquire_timeout(limits.patience)
        .idle_timeout(Duration::from_secs(60))
        .test_before_acquire(false)
        .before_acquire(move |conn, of| {
            let trust = asked.clone();
            Box::pin(async move { Ok(trust.holds(conn, of).await) })
        })
        .connect_with(options)
        .await
        .map_err(|error| unreached(doing, error))?;
    Ok((pool, trust))
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
