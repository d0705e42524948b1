//! Browsers' histories as SQLite itself writes them: many pages, long addresses, and rows that stand in the write-ahead log alone.

use std::{fs, path::Path, sync::Arc};

use hunt::{
    artefact::Damage,
    detect::Detection,
    event::Event,
    evidence::Item,
    machine,
    run::{Hunt, Progress, Watcher},
};
use proptest::prelude::*;
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

const CHROMIUM: &str = "
CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT,url LONGVARCHAR,title LONGVARCHAR,visit_count INTEGER DEFAULT 0 NOT NULL,
  typed_count INTEGER DEFAULT 0 NOT NULL,last_visit_time INTEGER NOT NULL,hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT,url INTEGER NOT NULL,visit_time INTEGER NOT NULL,from_visit INTEGER,
  transition INTEGER DEFAULT 0 NOT NULL, segment_id INTEGER);
CREATE TABLE downloads (id INTEGER PRIMARY KEY,guid VARCHAR NOT NULL,current_path LONGVARCHAR NOT NULL,target_path LONGVARCHAR NOT NULL,
  start_time INTEGER NOT NULL,received_bytes INTEGER NOT NULL,total_bytes INTEGER NOT NULL,state INTEGER NOT NULL,
  danger_type INTEGER NOT NULL,interrupt_reason INTEGER NOT NULL,hash BLOB NOT NULL,end_time INTEGER NOT NULL,opened INTEGER NOT NULL,
  referrer VARCHAR NOT NULL,tab_url VARCHAR NOT NULL,mime_type VARCHAR(255) NOT NULL);
CREATE TABLE downloads_url_chains (id INTEGER NOT NULL,chain_index INTEGER NOT NULL,url LONGVARCHAR NOT NULL, PRIMARY KEY (id, chain_index) );
CREATE INDEX urls_url_index ON urls (url);
";
const FIREFOX: &str = "
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER, visit_type INTEGER);
CREATE TABLE moz_anno_attributes (id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL);
CREATE TABLE moz_annos (id INTEGER PRIMARY KEY, place_id INTEGER NOT NULL, anno_attribute_id INTEGER, content LONGVARCHAR, dateAdded INTEGER DEFAULT 0);
INSERT INTO moz_places VALUES (1, 'https://news.example/', 'News', '', 1), (2, 'https://files.example/tool.zip', '', '', 1);
INSERT INTO moz_historyvisits VALUES (1, 0, 1, 1769310000000000, 2), (2, 1, 2, 1769310060000000, 7);
INSERT INTO moz_anno_attributes VALUES (1, 'downloads/destinationFileURI');
INSERT INTO moz_annos VALUES (1, 2, 1, 'file:///C:/Users/nadia/Downloads/my%20tool.zip', 1769310061000000);
";
/// 2026-01-25 03:00 as Chromium counts.
const START: i64 = (1_769_310_000 + 11_644_473_600) * 1_000_000;

async fn open(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path).create_if_missing(true))
        .await
        .unwrap()
}

async fn run(connection: &mut SqliteConnection, sql: String) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// A history with many visits, one very long address, a download, and one more visit that only the log holds.
fn chromium(folder: &Path, visits: usize) -> (Vec<u8>, Vec<u8>) {
    let path = folder.join("History");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut connection = open(&path).await;
        run(&mut connection, format!("PRAGMA journal_mode=DELETE; {CHROMIUM}")).await;
        let long = "x".repeat(20_000);
        let mut sql = format!("BEGIN; INSERT INTO urls VALUES (1, 'https://long.example/{long}', 'Long', 1, 1, 0, 0);");
        for number in 2..=visits {
            sql += &format!("INSERT INTO urls VALUES ({number}, 'https://site{number}.example/', 'Site {number}', 1, 0, 0, 0);");
        }
        for number in 1..=visits {
            let (time, from) = (START + number as i64 * 1_000_000, number - 1);
            sql += &format!("INSERT INTO visits VALUES ({number}, {number}, {time}, {from}, 805306368, 0);");
        }
        sql += &format!(
            "INSERT INTO downloads VALUES (9, 'g', '', 'C:\\Users\\nadia\\Downloads\\anydesk.exe', {START}, 4096, 4096, 1, 5, 0,
             x'00', {START}, 1, 'https://mail.example/', 'https://get.example/', 'application/x-msdownload');
             INSERT INTO downloads_url_chains VALUES (9, 1, 'https://cdn.example/anydesk.exe'), (9, 0, 'https://get.example/go');
             COMMIT; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;
             INSERT INTO visits VALUES ({}, 2, {START}, 0, 1, 0);",
            visits + 1
        );
        run(&mut connection, sql).await;
        let wal = fs::read(folder.join("History-wal")).unwrap();
        (fs::read(&path).unwrap(), wal)
    })
}

#[derive(Default)]
struct Seen(Vec<String>);

impl Watcher for Seen {
    fn event(&mut self, _: &Arc<str>, event: &Event<'_>, _: &[Detection]) {
        let names = ["Url", "TargetFilename", "Referrer", "Transition", "Danger", "State", "Opened"];
        let values: Vec<String> =
            names.iter().filter_map(|name| event.get(name)).map(|value| value.into_owned()).collect();
        let browser = event.get("Browser").unwrap();
        let time = event.time.map_or_else(String::new, |time| time.to_string());
        let account = event.account.unwrap_or("-");
        self.0.push(format!(
            "{time} {} {browser} {account} {} {}",
            event.channel,
            event.record,
            values.join(" | ")
        ));
    }
}

fn hunted(mut items: Vec<Item>) -> (Vec<String>, Damage) {
    machine::told(&mut items);
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 1, progress: &progress };
    let (outcome, seen) = hunt.run(&items, Seen::default, &mut drop);
    assert!(outcome.unread.is_empty(), "{:?}", outcome.unread);
    let damage = outcome.damage.into_values().next().unwrap_or_default();
    (seen.into_iter().flat_map(|seen| seen.0).collect(), damage)
}

#[test]
fn visits_and_downloads_of_chromium_are_read_with_what_its_log_alone_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (history, wal) = chromium(folder.path(), 3000);
    let path = "C/Users/nadia/AppData/Local/Google/Chrome/User Data/Default/History";
    let items = |wal: Option<Vec<u8>>| {
        let mut items = vec![Item::of_bytes(path, history.clone())];
        items.extend(wal.map(|wal| Item::of_bytes(&format!("{path}-wal"), wal)));
        items
    };
    let (seen, damage) = hunted(items(Some(wal.clone())));
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(seen.len(), 3002);
    assert!(
        seen[0].starts_with("2026-01-25T03:00:01Z browser/history Chrome nadia 1 https://long.example/xxx"),
        "{}",
        seen[0]
    );
    assert_eq!(
        seen[0].len()
            - "2026-01-25T03:00:01Z browser/history Chrome nadia 1 https://long.example/ | link".len(),
        20_000
    );
    assert_eq!(
        seen[2],
        "2026-01-25T03:00:03Z browser/history Chrome nadia 3 https://site3.example/ | https://site2.example/ | link"
    );
    assert_eq!(
        seen[3000],
        "2026-01-25T03:00:00Z browser/history Chrome nadia 3001 https://site2.example/ | typed"
    );
    assert_eq!(
        seen[3001],
        r"2026-01-25T03:00:00Z browser/downloads Chrome nadia 9 https://cdn.example/anydesk.exe | C:\Users\nadia\Downloads\anydesk.exe | https://mail.example/ | uncommon content | complete | true"
    );
    // A log that is torn says nothing, and the database what it held before.
    let mut torn = wal;
    torn[40] ^= 1;
    let (seen, _) = hunted(items(Some(torn)));
    assert_eq!(seen.len(), 3001);
}

#[test]
fn visits_and_downloads_of_firefox_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut connection = open(&path).await;
        run(&mut connection, format!("PRAGMA page_size=32768; PRAGMA encoding='UTF-16le'; {FIREFOX}")).await;
        connection.close().await.unwrap();
    });
    let name = "home/nadia/.mozilla/firefox/abc.default/places.sqlite";
    let (seen, damage) = hunted(vec![Item::of_bytes(name, fs::read(path).unwrap())]);
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(
        seen,
        [
            "2026-01-25T03:00:00Z browser/history Firefox nadia 1 https://news.example/ | typed",
            "2026-01-25T03:01:00Z browser/history Firefox nadia 2 https://files.example/tool.zip | https://news.example/ | download",
            r"2026-01-25T03:01:01Z browser/downloads Firefox nadia 1 https://files.example/tool.zip | C:\Users\nadia\Downloads\my tool.zip",
        ]
    );
}

#[test]
fn a_broken_page_costs_its_own_rows_alone_and_no_damage_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let (history, wal) = chromium(folder.path(), 600);
    let whole = hunted(vec![Item::of_bytes("History", history.clone())]).0.len();
    let mut bytes = history.clone();
    // A page in the middle of the visits' rows.
    let leaf = bytes.chunks(4096).rposition(|page| page[0] == 13 && page[3..5] > [0, 20][..]).unwrap();
    bytes[leaf * 4096] = 99;
    let (seen, damage) = hunted(vec![Item::of_bytes("History", bytes)]);
    assert!(seen.len() < whole && seen.len() > whole / 2, "{} of {whole}", seen.len());
    assert!(damage.chunks >= 1, "{damage:?}");

    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..64);
    let cuts = (flips, any::<prop::sample::Index>(), any::<bool>());
    runner
        .run(&cuts, |(flips, cut, head)| {
            let (mut bytes, mut log) = (history.clone(), wal.clone());
            for (at, byte) in flips {
                let length = if head { 4096 } else { bytes.len() };
                let (at, of_log) = (at.index(length), at.index(log.len()));
                bytes[at] = byte;
                log[of_log] = byte;
            }
            // The first bytes say what file it is.
            bytes[..16].copy_from_slice(&history[..16]);
            if !head {
                bytes.truncate(cut.index(bytes.len()).max(4096));
            }
            log[..4].copy_from_slice(&wal[..4]);
            hunted(vec![Item::of_bytes("History", bytes), Item::of_bytes("History-wal", log)]);
            Ok(())
        })
        .unwrap();
}
