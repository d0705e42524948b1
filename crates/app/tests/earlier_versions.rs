//! A record that version 1 of the schema wrote, brought up to this version: everything in it is found, the same request
//! with the same key gets its first answer, the log verifies, and life goes on. `version_1/` is frozen; a later version
//! adds its own folder and leaves this one alone.
#![cfg(test)]

use std::path::Path;

use app::{
    App,
    command::How,
    edge::Edge,
    ports::{AlertQuery, EntryQuery, EvidenceQuery, IncidentQuery, Scope},
    retention::RetentionQuery,
};
use incident::Request;
use kernel::{AlertId, Digest, IncidentId, PracticeId, Role, Stream};
use ledger::package::Audience;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use store::Location;
use testkit::app::actor;

const INCIDENT: &str = "01M2FW50R0KKE3RWEP7EG2B9F4";
const PRACTICE: &str = "01M2FW50R0CAW47N79YTF1VPAD";
const JUDGED: &str = "01M2FW50R0FQY7N4JRMNZW4PDG";
const TOKEN: &str = "tq_094163d67a74040c367128f953a0c14010c184fcd9222dc78ea1e446c4b25b0f";
const KEY: &str = "tourniquet.invalid/95035294+a15e5d3a+AU03OImT42bhfPvziT7LGGOBLmhhoi5nEqzVElszcRkK";
const ROOT: &str = "d18bd4725b5195ce05bab2f774074ca0ae58214c06233de00bcd3f517c5b8814";

fn fixture() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/version_1")
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

async fn lay(location: &Location) {
    let script = |name: &str| {
        let text = std::fs::read_to_string(fixture().join(name)).unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(text))
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

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_version_1_is_brought_up_with_everything_in_it() {
    let server = testkit::postgres::start();
    for kind in ["SQLite", "PostgreSQL"] {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixture().join("data"), folder.path());
        let location = match (kind, &server) {
            ("SQLite", _) => Location::File(folder.path().join("journal.sqlite")),
            (_, Some(server)) => Location::Postgres(server.database()),
            _ => continue,
        };
        lay(&location).await;
        let (edge, _) = Edge::simulated("2026-09-15T08:00:00Z".parse().unwrap(), 7);
        let app = testkit::app::open(folder.path(), &location, edge).await.unwrap();
        lists_show_it(&app).await;
        incident_stands(&app).await;
        log_verifies(&app, folder.path()).await;
        app.journal().close().await;
    }
}

async fn lists_show_it(app: &App) {
    let lead = actor(Role::Lead, None);
    let practices = app.practices(&lead).await.unwrap();
    assert_eq!(practices.iter().map(|row| row.id.to_string()).collect::<Vec<_>>(), [PRACTICE]);
    let found =
        app.alerts(&lead, AlertQuery { text: Some("beacon".into()), ..Default::default() }).await.unwrap();
    assert_eq!(found.items.len(), 5, "the words of earlier alerts are not found");
    let judged: AlertId = JUDGED.parse().unwrap();
    let row = app.alert(&lead, judged).await.unwrap();
    assert_eq!((row.verdict, row.incident), (Some(app::ports::Verdict::True), INCIDENT.parse().ok()));
    assert_eq!(app.agreement(&lead).await.unwrap().judged, 1);
    let raw = app.raw_alert(&lead, judged).await.unwrap();
    assert_eq!(Digest::of(&raw), row.alert.raw_sha256);
    let incidents = app.incidents(&lead, IncidentQuery::default()).await.unwrap();
    assert_eq!(incidents.items.len(), 1);
    let entries = app.entries(&lead, EntryQuery { text: Some("beacon".into()), ..Default::default() }).await;
    assert!(!entries.unwrap().items.is_empty());
    let caller = app.caller(TOKEN).await.unwrap().expect("a token of before is no good");
    assert_eq!((caller.actor.role, caller.actor.name.as_str()), (Role::Responder, "fixture"));
    // The same alert of then is still the same alert.
    let text = r#"{"title":"Beacon number 3","severity":"high","id":"fx-3","host":"WS-1","time":"2026-09-14T11:50:00Z"}"#;
    let taken = app.read_alerts(Some("generic"), text.as_bytes()).remove(0).unwrap();
    let again = app.take_alert(&lead, PRACTICE.parse().unwrap(), taken).await.unwrap();
    assert!(again.duplicate_of.is_some(), "an alert of before is taken twice");
}

async fn incident_stands(app: &App) {
    let (lead, incident): (_, IncidentId) = (actor(Role::Lead, None), INCIDENT.parse().unwrap());
    let practice: PracticeId = PRACTICE.parse().unwrap();
    let snapshot = app.journal().snapshot(practice, Stream::incident(incident)).await.unwrap();
    assert!(snapshot.is_some());
    let view = app.incident(&lead, incident).await.unwrap();
    assert_eq!((view.state.systems.len(), view.state.alerts.len(), view.state.notes.len()), (1, 2, 1));
    let note = *view.state.notes.keys().next().unwrap();
    let texts = app.note(&lead, incident, note).await.unwrap();
    assert_eq!(texts[0].text.as_deref(), Some("Rosa saw the note first."));
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

async fn log_verifies(app: &App, folder: &Path) {
    let lead = actor(Role::Lead, None);
    let head = app.log_head(&lead).await.unwrap();
    assert_eq!((head.size, Digest::from_bytes(head.root).to_string().as_str()), (23, ROOT));
    assert_eq!(app.verifier_key(), KEY);
    let all = app.journal().tail(Scope::Provider, 0, 500).await.unwrap();
    let leaves: Vec<_> = all.iter().map(|entry| ledger::tree::leaf_hash(&entry.canonical)).collect();
    let grown = ledger::tree::append(0, &|_| None, &leaves).unwrap();
    assert_eq!((grown.size, grown.root), (head.size, head.root));
    // And the log grows on from it: a package of what is written now verifies under the same key.
    let request: Request = serde_json::from_value(serde_json::json!({
        "command": "suspect", "subject": {"what": "system", "system": "WS-1"}, "why": "it beacons too",
    }))
    .unwrap();
    let incident = INCIDENT.parse().unwrap();
    app.command(&actor(Role::Responder, None), incident, request, How::default()).await.unwrap();
    let out = folder.join("package.zip");
    app.export(&lead, incident, Audience::Archive, None, &out).await.unwrap();
    let package = std::fs::File::open(&out).unwrap();
    let checked = ledger::verify::verify_package(package, &[KEY.to_owned()], None).unwrap();
    assert!(checked.pinned);
}
