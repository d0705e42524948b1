//! Writes the fixture that `tests/earlier_versions.rs` brings up: a small record as this version keeps it, the same in both
//! databases. Run before a migration is added: `version_fixture crates/app/tests/version_N`, N being the schema that is
//! left behind. PostgreSQL's `pg_dump` has to be on the path.

use std::{
    env,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use app::{
    App,
    access::NewToken,
    accounts::NewAccount,
    command::{How, SNAPSHOT_FORM},
    drafts::{DraftOf, DraftText},
    edge::Edge,
    evidence::Provenance,
    notes::{NewNote, RevisedNote},
    ports::{Snapshot, TokenKind},
    practices::SetProfile,
    views::NewView,
};
use incident::{AlertRequest, Request};
use kernel::{Actor, AlertId, Digest, IncidentId, PracticeId, Role, Stream};
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use store::Location;
use testkit::app::actor;

/// The log's size. A tree of 43 leaves has nodes on six levels and four peaks: enough to see where one is misplaced.
const SIZE: u64 = 43;
const PASSWORD: &str = "seven quiet lanterns drift";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let into = PathBuf::from(env::args().nth(1).ok_or("name the folder to write to")?);
    if into.exists() {
        return Err(format!("{} is there already: a fixture is never changed", into.display()).into());
    }
    let scratch = tempfile::tempdir()?;
    let here = |name: &str| scratch.path().join(name);
    // The keys are made first, so that one folder of them opens both records.
    let app = open(&here("keys"), &Location::File(here("unused.sqlite")), 1).await?;
    app.journal().close().await;
    drop(app);
    let server = testkit::postgres::start().ok_or("no PostgreSQL on this machine")?;
    let url = server.database();
    let file = here("journal.sqlite");
    let mut told = Vec::new();
    for (name, location) in
        [("sqlite", Location::File(file.clone())), ("postgres", Location::Postgres(url.clone()))]
    {
        copy(&here("keys"), &here(name))?;
        let app = open(&here(name), &location, 7).await?;
        told.push(write(&app).await?);
        app.journal().close().await;
    }
    told.dedup();
    let [expected] = told.as_slice() else { return Err("the two databases keep different records".into()) };

    let (version, sqlite) = dump_sqlite(&file).await?;
    let heading = format!(
        "-- A record as version {version} of the schema kept it, written by the program as it stood then \
         (`examples/version_fixture.rs`): the fixture of\n-- `../earlier_versions.rs`, which is never changed again.\n\n"
    );
    copy(&here("sqlite"), &into.join("data"))?;
    fs::write(into.join("sqlite.sql"), heading.clone() + &sqlite)?;
    fs::write(into.join("postgres.sql"), heading + &dump_postgres(&url)?)?;
    fs::write(into.join("expected.json"), serde_json::to_string_pretty(expected)? + "\n")?;
    Ok(())
}

/// Opens a record on a clock and numbers of its own, so that the same is written each time.
async fn open(folder: &Path, location: &Location, seed: u64) -> Outcome<App> {
    let (edge, _) = Edge::simulated("2026-09-14T11:52:00Z".parse()?, seed);
    testkit::app::open(folder, location, edge).await
}

/// Writes something of every kind, and says what a later version has to find.
async fn write(app: &App) -> Outcome<Value> {
    let (lead, responder) = (actor(Role::Lead, None), actor(Role::Responder, None));
    let profile = SetProfile { id: None, practice: testkit::app::demo_practice()? };
    let practice = app.set_profile(&lead, profile).await?.id;
    let alerts = alerts(app, &lead, practice).await?;
    let [first, second, .., last] = alerts.as_slice() else { return Err("too few alerts".into()) };
    let mut judged = Vec::new();
    for (alert, verdict, reason) in
        [(first, "true", "the host talks to a known address"), (last, "false", "a colleague tested the rule")]
    {
        let request = json!({
            "command": "judge", "verdict": format!("{verdict}_positive"), "reasons": [reason],
        });
        let request: AlertRequest = serde_json::from_value(request)?;
        app.triage(&responder, *alert, request, How::default()).await?;
        judged.push(json!({ "alert": alert, "verdict": verdict }));
    }
    let declare: Request = serde_json::from_value(json!({
        "command": "declare", "title": "Beacons at the front desk", "incident_kind": "malware", "reason": "two hosts",
        "alerts": [first, second],
    }))?;
    let incident = app.declare(&lead, practice, declare, None).await?.state.incident;
    respond(app, &responder, incident).await?;
    let token = NewToken {
        name: "fixture".to_owned(),
        role: Role::Responder,
        practice: None,
        scopes: Vec::new(),
        kind: TokenKind::Api,
        expires_at: None,
        secret: None,
        person: None,
    };
    let token = app.make_token(&lead, token).await?.token;
    let account = account(app, &lead).await?;
    fill(app, &responder, incident).await?;
    let kept = shelve(app, &lead, incident).await?;
    let (head, agreement) = (app.log_head(&lead).await?, app.agreement(&lead).await?);
    Ok(json!({
        "practice": practice,
        "incident": incident,
        "alerts": alerts.len(),
        "judged": judged,
        "agreed": agreement.agreed,
        "token": token,
        "account": account,
        "kept": kept,
        "key": app.verifier_key(),
        "size": head.size,
        "root": Digest::from_bytes(head.root),
    }))
}

async fn alerts(app: &App, lead: &Actor, practice: PracticeId) -> Outcome<Vec<AlertId>> {
    let mut alerts = Vec::new();
    for number in 0..7 {
        let text = json!({
            "title": format!("Beacon number {number}"), "severity": "high", "id": format!("fx-{number}"),
            "host": format!("WS-{}", number % 2), "time": "2026-09-14T11:50:00Z",
        });
        let taken =
            app.read_alerts(Some("generic"), text.to_string().as_bytes()).pop().ok_or("no alert")??;
        alerts.push(app.take_alert(lead, practice, taken).await?.id.ok_or("an alert was not recorded")?);
    }
    Ok(alerts)
}

/// A system that is suspected and confirmed, an item of evidence and a note.
async fn respond(app: &App, responder: &Actor, incident: IncidentId) -> Outcome<()> {
    let suspect: Request = serde_json::from_value(json!({
        "command": "suspect", "subject": { "what": "system", "system": "WS-0" }, "why": "it beacons",
    }))?;
    let how = How { expected: None, key: Some("fixture suspect".to_owned()) };
    app.command(responder, incident, suspect, how).await?;
    let from = Provenance {
        name: "disk.img".to_owned(),
        source: "WS-0".to_owned(),
        why: "to look at it".to_owned(),
    };
    let bytes = Box::new(b"bytes of a disk".as_slice());
    app.take_evidence(responder, incident, bytes, from, How::default()).await?;
    let note = NewNote { text: "Rosa saw the note first.".to_owned(), about: None, privileged: false };
    app.write_note(responder, incident, note, How::default()).await?;
    let confirm: Request = serde_json::from_value(json!({
        "command": "confirm", "subject": { "what": "system", "system": "WS-0" }, "why": "the binary was found",
    }))?;
    app.command(responder, incident, confirm, How::default()).await?;
    Ok(())
}

/// An account whose owner has chosen a password.
async fn account(app: &App, lead: &Actor) -> Outcome<Value> {
    let sign_in = "dana@cedarhollow.example";
    let new = NewAccount {
        sign_in: sign_in.to_owned(),
        name: "Dana Reyes".to_owned(),
        role: Role::Lead,
        practice: None,
    };
    let invitation = app.make_account(lead, new).await?;
    let session = app.use_link(&invitation.token).await?.ok_or("the invitation is no good")?;
    let there = app.caller(&session.token).await?.ok_or("the session is no good")?.actor;
    app.set_password(&there, session.id, None, PASSWORD.to_owned()).await?;
    Ok(json!({ "id": invitation.id, "sign_in": sign_in, "password": PASSWORD }))
}

/// Entries until the log has its size, and a snapshot before them: by itself one is kept of a longer stream alone.
async fn fill(app: &App, responder: &Actor, incident: IncidentId) -> Outcome<()> {
    let state = app.incident(responder, incident).await?.state;
    let note = *state.notes.keys().next().ok_or("no note")?;
    let snapshot = Snapshot {
        stream: Stream::incident(incident),
        version: state.version,
        form: SNAPSHOT_FORM,
        state: serde_json::to_vec(&*state)?,
    };
    app.journal().keep_snapshot(state.practice, snapshot).await?;
    for number in app.journal().head().await?.size..SIZE {
        let revised: RevisedNote = serde_json::from_value(json!({
            "text": format!("Rosa saw the note first. Told again as number {number}."), "reason": "told again",
        }))?;
        app.revise_note(responder, incident, note, revised, How::default()).await?;
    }
    Ok(())
}

/// What people keep beside the record.
async fn shelve(app: &App, lead: &Actor, incident: IncidentId) -> Outcome<Value> {
    let (draft, view) = ("The beacons began when", "Beacons");
    let text = DraftText { text: draft.to_owned(), ..DraftText::default() };
    app.keep_draft(lead, incident, DraftOf::NewNote, text).await?;
    let new: NewView = serde_json::from_value(json!({ "name": view, "filter": { "text": "beacon" } }))?;
    app.save_view(lead, new).await?;
    Ok(json!({ "draft": draft, "view": view }))
}

/// The schema's version, and statements that make the database again.
async fn dump_sqlite(file: &Path) -> Outcome<(i64, String)> {
    let mut conn = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await?;
    let version =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut conn).await?;
    let made: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY rowid",
    )
    .fetch_all(&mut conn)
    .await?;
    let (mut schema, mut rows) = (String::new(), String::new());
    for (name, sql) in made {
        // The index of words makes its tables itself; what this version wrote to them takes the place of what it put there.
        if name.starts_with("words_") {
            rows += &format!("DELETE FROM {name};\n");
        } else {
            schema += &format!("{sql};\n");
        }
        if sql.starts_with("CREATE TABLE") {
            rows += &dump_rows(&mut conn, &name).await?;
        }
    }
    conn.close().await?;
    Ok((version, format!("{schema}\n{rows}")))
}

async fn dump_rows(conn: &mut SqliteConnection, table: &str) -> Outcome<String> {
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info($1)")
            .bind(table)
            .fetch_all(&mut *conn)
            .await?;
    let query = format!(
        "SELECT 'INSERT INTO {table} VALUES (' || {} || ');' || char(10) FROM {table}",
        columns.join(" || ', ' || ")
    );
    let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_all(conn).await?;
    Ok(rows.concat())
}

/// What `pg_dump` prints, without comments and without what is for `psql` or for a server of this version alone.
fn dump_postgres(url: &str) -> Outcome<String> {
    let output = Command::new("pg_dump")
        .args(["--inserts", "--no-owner", "--no-privileges", url])
        .output()
        .map_err(|error| format!("pg_dump: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let script = String::from_utf8(output.stdout)?;
    let (mut kept, mut statement, mut quoted) = (String::new(), String::new(), false);
    for line in script.lines() {
        if statement.is_empty() && (line.is_empty() || line.starts_with("--") || line.starts_with('\\')) {
            continue;
        }
        statement += line;
        statement.push('\n');
        quoted ^= line.matches('\'').count() % 2 == 1;
        if !quoted && line.ends_with(';') {
            if !statement.starts_with("SET ") && !statement.starts_with("SELECT pg_catalog.set_config") {
                kept += &statement;
            }
            statement.clear();
        }
    }
    Ok(kept)
}

/// Copies what a data directory holds besides the record and what comes and goes.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "LOCK" || name == "lock" || name == "tmp" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(name))?;
        } else {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}
