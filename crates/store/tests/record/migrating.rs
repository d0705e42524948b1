//! Databases of other versions.

use std::{collections::BTreeMap, path::Path};

use ledger::tree::NodeId;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use store::{Location, Options};
use store_core::records::node_key;

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

/// The scripts of a database's schema, in order.
fn scripts(ground: &Ground) -> Vec<String> {
    let package = match ground.location {
        Location::File(_) => "../store-sqlite/migrations",
        Location::Postgres(_) => "../store-postgres/migrations",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(package);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

async fn nodes(ground: &Ground) -> BTreeMap<i64, Vec<u8>> {
    let all = "SELECT key, hash FROM node";
    let rows: Vec<(i64, Vec<u8>)> = match &ground.location {
        Location::File(path) => {
            let url = format!("sqlite://{}", path.display());
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            sqlx::query_as(all).fetch_all(&mut conn).await.unwrap()
        }
        Location::Postgres(url) => {
            let mut conn = PgConnection::connect(url).await.unwrap();
            sqlx::query_as(all).fetch_all(&mut conn).await.unwrap()
        }
    };
    rows.into_iter().collect()
}

/// The records that earlier versions wrote (`app/tests/version_N`) are too small to reach all of that arithmetic.
#[tokio::test]
async fn a_log_of_billions_of_entries_keeps_every_node_when_they_are_numbered_anew() {
    let (mut before, mut after) = (Vec::new(), BTreeMap::new());
    for level in 0..32_u8 {
        let last = (1_u64 << (32 - level)) - 1;
        for leaf in [0_u64, 1 << 31, 0xA5A5_A5A5, 0x5A5A_5A5A, 0x0F1E_2D3C, 0xFFFF_FFFF, 0x7FFF_0001] {
            for index in [leaf >> level, ((leaf >> level) + 1).min(last)] {
                let node = NodeId { level, index };
                let hash = format!("{level:02x}{index:016x}");
                if after.insert(node_key(node), hash.clone()).is_none() {
                    before.push(((u64::from(level) << 56) + index, hash));
                }
            }
        }
    }
    for ground in grounds() {
        for (version, script) in (1..=5).zip(scripts(&ground)) {
            if version == 5 {
                let rows: Vec<_> = before
                    .iter()
                    .map(|(key, hash)| match ground.location {
                        Location::File(_) => format!("({key}, x'{hash}')"),
                        Location::Postgres(_) => format!("({key}, '\\x{hash}')"),
                    })
                    .collect();
                run(&ground, &format!("INSERT INTO node (key, hash) VALUES {}", rows.join(", "))).await;
            }
            run(&ground, &script).await;
        }
        let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let found: BTreeMap<_, _> =
            nodes(&ground).await.into_iter().map(|(key, hash)| (key, hex(hash))).collect();
        assert_eq!(found, after, "{}", ground.name);
    }
}
