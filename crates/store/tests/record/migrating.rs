//! Databases of other versions.

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use store::{Location, Options};

use crate::ground::{Ground, grounds, signer};

/// Runs a script on a database that nobody has open.
pub(crate) async fn run(ground: &Ground, script: &str) {
    match &ground.location {
        Location::File(path) => {
            let url = format!("sqlite://{}?mode=rwc", path.display());
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned()))).await.unwrap();
            conn.close().await.unwrap();
        }
        Location::Postgres(url) => {
            let mut conn = PgConnection::connect(url).await.unwrap();
            conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(script.to_owned()))).await.unwrap();
            conn.close().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_record_of_a_newer_version_is_refused_in_clear_words_and_left_alone() {
    for ground in grounds() {
        ground.open().await.close().await;
        let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                     VALUES (9999, 'later', true, '', 0)";
        run(&ground, newer).await;
        for refused in [
            store::open(&ground.location, signer(), Options::default()).await.err(),
            store::open_read_only(&ground.location, Options::default()).await.err(),
        ] {
            let text = refused.unwrap().to_string();
            assert!(text.contains("9999") && text.contains("version"), "{}: {text}", ground.name);
        }
    }
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear practice,\n".repeat(1000)).unwrap();
    let before = std::fs::read(&file).unwrap();
    assert!(store::open(&Location::File(file.clone()), signer(), Options::default()).await.is_err());
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let missing = Location::File(folder.path().join("missing.db"));
    assert!(store::open_read_only(&missing, Options::default()).await.is_err());
    assert!(!folder.path().join("missing.db").exists());
    let bad = Location::Postgres("postgres://%%%".to_owned());
    assert!(store::open(&bad, signer(), Options::default()).await.is_err());
}
