//! Statements against what `.sqlx/` says of them. The compiler believes that: an entry that no database gave would let a
//! statement through that the database refuses.

use std::{collections::BTreeMap, fs, path::Path};

use kernel::Digest;
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection, SqlSafeStr as _, SqliteConnection};
use store::Location;

use crate::ground::grounds;

/// The files of a folder with this ending, by name.
fn texts(folder: &Path, ending: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|own| own == ending) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            texts.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Conn {
    async fn to(location: &Location) -> Self {
        match location {
            Location::File(path) => {
                let url = format!("sqlite://{}", path.display());
                Self::Sqlite(SqliteConnection::connect(&url).await.unwrap())
            }
            Location::Postgres(url) => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// What the macros ask: columns, their types and origins, whether they may be null, and parameters.
    async fn describe(&mut self, query: &str) -> sqlx::Result<Value> {
        let query = sqlx::AssertSqlSafe(query.to_owned()).into_sql_str();
        let described = match self {
            Self::Sqlite(conn) => serde_json::to_value(conn.describe(query).await?),
            Self::Postgres(conn) => serde_json::to_value(conn.describe(query).await?),
        };
        Ok(described.unwrap())
    }
}

#[tokio::test]
async fn what_the_compiler_is_told_of_each_statement_is_what_the_database_says() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let advice = "`cargo run -p store-core --example check_sql` renews `.sqlx/`";
    for ground in grounds() {
        ground.open().await.close().await;
        let mut conn = Conn::to(&ground.location).await;
        let package = match conn {
            Conn::Sqlite(_) => crates.join("store-sqlite"),
            Conn::Postgres(_) => crates.join("store-postgres"),
        };
        let mut used = texts(&crates.join("store-core/sql"), "sql");
        used.append(&mut texts(&package.join("sql"), "sql"));
        let mut kept = texts(&package.join(".sqlx"), "json");
        for (name, query) in &used {
            // The macros look an entry up by the digest of the statement's text.
            let entry = kept.remove(&format!("query-{}.json", Digest::of(query.as_bytes())));
            let entry = entry.unwrap_or_else(|| panic!("{}: {name} has no entry: {advice}", ground.name));
            let entry: Value = serde_json::from_str(&entry).unwrap();
            assert_eq!(entry["query"], query.as_str(), "{}: {name}", ground.name);
            match conn.describe(query).await {
                Ok(says) => assert_eq!(entry["describe"], says, "{}: {name}: {advice}", ground.name),
                Err(error) => panic!("{}: {name}: {error}", ground.name),
            }
        }
        assert!(kept.is_empty(), "{}: entries of no statement: {:?}: {advice}", ground.name, kept.keys());
    }
}
