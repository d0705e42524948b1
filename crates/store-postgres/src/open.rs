//! Opening a database: connection settings, pools, schema.

use std::time::Duration;

use app::ports::Outside;
use sqlx::{
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};
use store_core::backend::Options;

use crate::Database;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Opens the database at `url` and brings it to this version's schema.
///
/// # Errors
/// [`Outside`]: the address is none, nobody answers there, the database refuses us or is of a newer version.
pub async fn open(url: &str, limits: Options) -> Result<Database, Outside> {
    let doing = "opening the record in PostgreSQL";
    let pool = pool(url, limits, doing).await?;
    MIGRATIONS.run(&pool).await.map_err(|error| newer(doing, error))?;
    Ok(Database { writer: pool.clone(), readers: pool })
}

/// Opens the database at `url` for reading alone.
///
/// # Errors
/// As [`open`], and where the database is of an older version or holds no record.
pub async fn open_read_only(url: &str, limits: Options) -> Result<Database, Outside> {
    let doing = "opening the record in PostgreSQL for reading";
    let pool = pool(url, limits, doing).await?;
    let applied: i64 = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(&pool)
        .await
        .map_err(|error| Outside::never(doing, error))?;
    if MIGRATIONS.iter().map(|migration| migration.version).max() == Some(applied) {
        Ok(Database { writer: pool.clone(), readers: pool })
    } else {
        let why = format!("its schema is version {applied}, which this version of the program does not read");
        Err(Outside::never(doing, why))
    }
}

async fn pool(url: &str, limits: Options, doing: &str) -> Result<PgPool, Outside> {
    let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| Outside::never(doing, error))?;
    let options = options.application_name("tourniquet").options([
        // An acknowledged entry is durable whatever the server's default is.
        ("synchronous_commit", "on"),
        // What a parameter is decides how a search is best done.
        ("plan_cache_mode", "force_custom_plan"),
        // Every read has its index; walking a large table is never the better way, whatever the statistics say.
        ("enable_seqscan", "off"),
        // Compiling a query takes longer than these take.
        ("jit", "off"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "60s"),
    ]);
    PgPoolOptions::new()
        .max_connections(limits.readers.max(1) + 2)
        .acquire_timeout(limits.patience)
        .idle_timeout(Duration::from_secs(60))
        .connect_with(options)
        .await
        .map_err(|error| match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => Outside::later(doing, error),
            error => Outside::never(doing, error),
        })
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
