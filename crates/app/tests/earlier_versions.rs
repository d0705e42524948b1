//! Records that earlier versions of the schema wrote, brought up to this one: everything in them is found, the same request
//! with the same key gets its first answer, the log verifies, and life goes on. Each `version_N/` is frozen: the program of
//! that version wrote it (`examples/version_fixture.rs`), and a later version adds its own folder and leaves it alone.
#![cfg(test)]

use std::path::{Path, PathBuf};

use app::{
    App,
    accounts::{CameFrom, Credentials, SignedIn},
    command::How,
    drafts::DraftOf,
    edge::Edge,
    ports::{AlertQuery, EntryQuery, EvidenceQuery, IncidentQuery, Scope, Verdict},
    retention::RetentionQuery,
};
use incident::Request;
use kernel::{AlertId, Digest, IncidentId, PracticeId, Role, Stream, TokenId};
use ledger::{package::Audience, tree, verify};
use serde::Deserialize;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use store::Location;
use testkit::app::actor;

/// What a fixture holds, as it was told when it was written.
#[derive(Deserialize)]
struct Expected {
    practice: PracticeId,
    incident: IncidentId,
    alerts: usize,
    judged: Vec<Judged>,
    agreed: u64,
    token: String,
    account: Option<Account>,
    /// What people kept beside the record, from version 3 on.
    kept: Option<Kept>,
    key: String,
    size: u64,
    root: Digest,
}

#[derive(Deserialize)]
struct Judged {
    alert: AlertId,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Account {
    id: TokenId,
    sign_in: String,
    password: String,
}

#[derive(Deserialize)]
struct Kept {
    draft: String,
    view: String,
}

fn fixture(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/version_{version}"))
}

/// The newest schema of a database.
fn present(database: &str) -> u32 {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../store-{database}/migrations"));
    let names = std::fs::read_dir(migrations).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter_map(|name| name.to_str()?.split('_').next()?.parse().ok()).max().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

async fn lay(fixture: &Path, location: &Location) {
    let script = |name: &str| {
        // In one transaction: each statement would wait for the disk.
        let text = std::fs::read_to_string(fixture.join(name)).unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("BEGIN;\n{text}\nCOMMIT;")))
    };
    match location {
        Location::File(path) => {
            let url = format!("sqlite://{}?mode=rwc", path.display());
            let mut conn = SqliteConnection::connect(&url).await.unwrap();
            conn.execute(script("sqlite.sql")).await.unwrap();
            conn.close().await.unwrap();
        }
        Location::Postgres(url) => {
            let mut conn = PgConnection::connect(url).await.unwrap();
            conn.execute(script("postgres.sql")).await.unwrap();
            conn.close().await.unwrap();
        }
    }
}

#[test]
fn no_version_of_the_schema_is_left_behind_without_a_record_that_it_wrote() {
    assert_eq!(present("sqlite"), present("postgres"), "the databases are at one version");
    for version in 1..present("sqlite") {
        for file in ["expected.json", "sqlite.sql", "postgres.sql", "data/format.json"] {
            assert!(
                fixture(version).join(file).exists(),
                "tests/version_{version}/{file} is missing. On the last commit before migration {}: `cargo run -p app \
                 --example version_fixture crates/app/tests/version_{version}`",
                version + 1
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_each_earlier_version_is_brought_up_with_everything_in_it() {
    let server = testkit::postgres::start();
    for version in 1..present("sqlite") {
        let expected = std::fs::read(fixture(version).join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_slice(&expected).unwrap();
        for kind in ["SQLite", "PostgreSQL"] {
            println!("version {version} in {kind}");
            let folder = tempfile::tempdir().unwrap();
            copy(&fixture(version).join("data"), folder.path());
            let location = match (kind, &server) {
                ("SQLite", _) => Location::File(folder.path().join("journal.sqlite")),
                (_, Some(server)) => Location::Postgres(server.database()),
                _ => continue,
            };
            lay(&fixture(version), &location).await;
            let (edge, _) = Edge::simulated("2026-09-15T08:00:00Z".parse().unwrap(), 8);
            let app = testkit::app::open(folder.path(), &location, edge).await.unwrap();
            lists_show_it(&app, &expected).await;
            incident_stands(&app, &expected).await;
            log_proves_it(&app, &expected).await;
            people_get_in(&app, &expected).await;
            log_grows_on(&app, &expected, folder.path()).await;
            app.journal().close().await;
        }
    }
}

async fn lists_show_it(app: &App, expected: &Expected) {
    let lead = actor(Role::Lead, None);
    let practices = app.practices(&lead).await.unwrap();
    assert_eq!(practices.iter().map(|row| row.id).collect::<Vec<_>>(), [expected.practice]);
    let found =
        app.alerts(&lead, AlertQuery { text: Some("beacon".into()), ..Default::default() }).await.unwrap();
    assert_eq!(found.items.len(), expected.alerts, "the words of earlier alerts are not found");
    for (place, judged) in expected.judged.iter().enumerate() {
        let row = app.alert(&lead, judged.alert).await.unwrap();
        // The first was put to the incident.
        let incident = (place == 0).then_some(expected.incident);
        assert_eq!((row.verdict, row.incident), (Some(judged.verdict), incident));
        let raw = app.raw_alert(&lead, judged.alert).await.unwrap();
        assert_eq!(Digest::of(&raw), row.alert.raw_sha256);
    }
    let agreement = app.agreement(&lead).await.unwrap();
    assert_eq!((agreement.judged, agreement.agreed), (expected.judged.len() as u64, expected.agreed));
    let incidents = app.incidents(&lead, IncidentQuery::default()).await.unwrap();
    assert_eq!(incidents.items.len(), 1);
    let entries = app.entries(&lead, EntryQuery { text: Some("beacon".into()), ..Default::default() }).await;
    assert!(!entries.unwrap().items.is_empty());
    // The same alert of then is still the same alert.
    let text = r#"{"title":"Beacon number 3","severity":"high","id":"fx-3","host":"WS-1","time":"2026-09-14T11:50:00Z"}"#;
    let taken = app.read_alerts(Some("generic"), text.as_bytes()).remove(0).unwrap();
    let again = app.take_alert(&lead, expected.practice, taken).await.unwrap();
    assert!(again.duplicate_of.is_some(), "an alert of before is taken twice");
}

async fn incident_stands(app: &App, expected: &Expected) {
    let (lead, incident) = (actor(Role::Lead, None), expected.incident);
    let snapshot = app.journal().snapshot(expected.practice, Stream::incident(incident)).await.unwrap();
    assert!(snapshot.is_some());
    let view = app.incident(&lead, incident).await.unwrap();
    assert_eq!((view.state.systems.len(), view.state.alerts.len(), view.state.notes.len()), (1, 2, 1));
    let note = *view.state.notes.keys().next().unwrap();
    let texts = app.note(&lead, incident, note).await.unwrap();
    assert_eq!(texts[0].text.as_deref(), Some("Rosa saw the note first."));
    assert!(texts.iter().all(|version| version.text.is_some()), "a later text of the note is lost");
    let evidence = app.evidence_list(&lead, EvidenceQuery::default()).await.unwrap().items.remove(0);
    let (_, mut reader) = app.open_evidence(&lead, evidence.id).await.unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    assert_eq!(bytes, b"bytes of a disk");
    // What rows of then do not say is known from the incident.
    let within_days = Some(10_000);
    let kept = app.retention(&lead, RetentionQuery { within_days, ..Default::default() }).await.unwrap();
    assert_eq!(kept.iter().map(|kept| kept.retain_until).collect::<Vec<_>>(), ["2032-09-14".parse().ok()]);
    // The same request with its key of then is not taken again.
    let version = view.state.version;
    let suspect: Request = serde_json::from_value(serde_json::json!({
        "command": "suspect", "subject": {"what": "system", "system": "WS-0"}, "why": "it beacons",
    }))
    .unwrap();
    let responder = actor(Role::Responder, None);
    let how = How { expected: None, key: Some("fixture suspect".into()) };
    let again = app.command(&responder, incident, suspect, how).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.state.version, version);
}

async fn people_get_in(app: &App, expected: &Expected) {
    let lead = actor(Role::Lead, None);
    let caller = app.caller(&expected.token).await.unwrap().expect("a token of before is no good");
    assert_eq!((caller.actor.role, caller.actor.name.as_str()), (Role::Responder, "fixture"));
    if let Some(account) = &expected.account {
        let accounts = app.accounts(&lead).await.unwrap();
        assert_eq!(accounts.iter().map(|row| row.id).collect::<Vec<_>>(), [account.id]);
        let given =
            Credentials { sign_in: account.sign_in.clone(), password: account.password.clone(), code: None };
        let came = app.sign_in(given, CameFrom::default()).await.unwrap();
        assert!(matches!(came, SignedIn::Session(_)), "a password of before is no good");
    }
    if let Some(kept) = &expected.kept {
        let draft = app.draft(&lead, expected.incident, DraftOf::NewNote).await.unwrap();
        assert_eq!(draft.map(|draft| draft.text).as_ref(), Some(&kept.draft));
        let views = app.alert_views(&lead).await.unwrap();
        let views: Vec<_> = views.iter().map(|view| (&view.name, view.filter.text.as_str())).collect();
        assert_eq!(views, [(&kept.view, "beacon")]);
    }
}

async fn leaves(app: &App) -> Vec<tree::Hash> {
    let all = app.journal().tail(Scope::Provider, 0, 500).await.unwrap();
    all.iter().map(|entry| tree::leaf_hash(&entry.canonical)).collect()
}

fn root(leaves: &[tree::Hash]) -> tree::Hash {
    tree::append(0, &|_| None, leaves).unwrap().root
}

/// Before anything is written by this version: its head is the one of then.
async fn log_proves_it(app: &App, expected: &Expected) {
    let head = app.log_head(&actor(Role::Lead, None)).await.unwrap();
    assert_eq!((head.size, Digest::from_bytes(head.root)), (expected.size, expected.root));
    assert_eq!(app.verifier_key(), expected.key);
    let leaves = leaves(app).await;
    assert_eq!((leaves.len() as u64, root(&leaves)), (head.size, head.root));
    proofs_hold(app, &leaves, head.size).await;
}

/// Every node of the tree has a part in one of these: no earlier size and no entry is left out.
async fn proofs_hold(app: &App, leaves: &[tree::Hash], before: u64) {
    let (size, now) = (leaves.len() as u64, root(leaves));
    let indices: Vec<u64> = (0..size).collect();
    let paths = app.journal().inclusion(&indices, size).await.unwrap();
    for ((index, leaf), path) in indices.iter().zip(leaves).zip(&paths) {
        assert!(verify::includes(&now, size, *index, leaf, path), "entry {index} of {size} is not proved");
    }
    for old in 1..=before {
        let path = app.journal().consistency(old, size).await.unwrap();
        let then = root(&leaves[..usize::try_from(old).unwrap()]);
        assert!(verify::extends(old, &then, size, &now, &path), "{size} entries do not extend {old}");
    }
}

/// What is written now goes on from what was there, and a package of it verifies under the key of then.
async fn log_grows_on(app: &App, expected: &Expected, folder: &Path) {
    let (lead, responder) = (actor(Role::Lead, None), actor(Role::Responder, None));
    let before = app.log_head(&lead).await.unwrap();
    for system in ["WS-1", "WS-2", "WS-3"] {
        let request: Request = serde_json::from_value(serde_json::json!({
            "command": "suspect", "subject": {"what": "system", "system": system}, "why": "it beacons too",
        }))
        .unwrap();
        app.command(&responder, expected.incident, request, How::default()).await.unwrap();
    }
    let head = app.log_head(&lead).await.unwrap();
    let leaves = leaves(app).await;
    assert!(head.size > before.size);
    assert_eq!((leaves.len() as u64, root(&leaves)), (head.size, head.root));
    proofs_hold(app, &leaves, before.size).await;
    let all = app.journal().tail(Scope::Provider, 0, 500).await.unwrap();
    let entries = all.iter().map(|entry| (entry.index, &entry.canonical));
    let keys = [expected.key.clone()];
    verify::verify_log(entries, &head.checkpoint, &keys, Some(&before.checkpoint)).unwrap();
    let out = folder.join("package.zip");
    app.export(&lead, expected.incident, Audience::Archive, None, &out).await.unwrap();
    let package = std::fs::File::open(&out).unwrap();
    assert!(verify::verify_package(package, &keys, None).unwrap().pinned);
}
