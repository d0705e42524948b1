//! Renews what `sqlx` keeps in `.sqlx/` of both database crates, after a change of a statement or of the schema: makes
//! an empty database of each kind, brings it to the schema, and has the compiler check every statement against it.

// Not by way of `testkit`, which needs the crates whose statements are still to be checked.
#[path = "../../testkit/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is made for tests, which use more of it")]
mod postgres;

use std::{error::Error, fs, path::Path, process::Command};

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection, sqlite::SqliteConnectOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("check.db");
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut sqlite = SqliteConnection::connect_with(&options).await?;
    for script in scripts(&crates.join("store-sqlite/migrations"))? {
        sqlite.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(script))).await?;
    }
    sqlite.close().await?;

    let server = postgres::start().ok_or("no PostgreSQL on this machine")?;
    let url = server.database();
    let mut postgres = PgConnection::connect(&url).await?;
    for script in scripts(&crates.join("store-postgres/migrations"))? {
        postgres.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(script))).await?;
    }
    postgres.close().await?;

    check(crates, "sqlite", &format!("sqlite://{}", file.display()))?;
    check(crates, "postgres", &url)
}

fn scripts(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut files: Vec<_> =
        fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    files.into_iter().map(|file| Ok(fs::read_to_string(file)?)).collect()
}

fn check(crates: &Path, kind: &str, url: &str) -> Result<(), Box<dyn Error>> {
    let package = crates.join(format!("store-{kind}"));
    let kept = package.join(".sqlx");
    let fresh = tempfile::tempdir_in(&package)?;
    // The macros run only where the crate is compiled: where a file of it is newer than what was made of it.
    let source = package.join("src/lib.rs");
    fs::write(&source, fs::read(&source)?)?;
    let name = format!("store-{kind}");
    let status = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--package", &name, "--lib", "--", "--emit=metadata"])
        .env(format!("TOURNIQUET_CHECK_{}", kind.to_uppercase()), url)
        .env("SQLX_OFFLINE_DIR", fresh.path())
        .status()?;
    if !status.success() {
        return Err(format!("the statements of {name} do not fit its schema").into());
    }
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    fs::rename(fresh.keep(), &kept)?;
    Ok(())
}
