//! Trouble from outside: a full disk, a database that goes away, a directory of a newer version or in use, input that
//! is truncated, enormous, nested without end, in another charset, sent twice or dated in the future. Each gets a clear
//! answer, nothing of it is recorded, and everything else is.
#![cfg(test)]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::{
    alert,
    ground::{self, Ground},
    http::{self, Answer, Client},
    load::{Account, Kind, Round, pages},
    postgres,
    random::Random,
    server::{Program, Server},
};

fn program(folder: &Path, database: Option<&str>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.join("data"), database)
}

fn round(server: &Server, ground: &Ground, name: &str) -> Round {
    let (token, practice) = (ground.token.clone(), ground.practice.clone());
    Round { address: server.address(), token, practice, name: name.to_owned(), clients: 4 }
}

fn verified(program: &Program) {
    let said = program.done(["verify", &program.data().to_string_lossy()]).unwrap();
    assert_eq!(said.lines().last(), Some("verified"), "{said}");
}

/// An error as RFC 9457 has it: says which status it is, what is wrong and a stable word for it.
#[track_caller]
fn problem(answer: &Answer) -> Value {
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{} {}", answer.status, answer.text());
    let problem = answer.json();
    assert_eq!(problem["status"], json!(answer.status));
    for member in ["type", "title", "detail", "code"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
    }
    problem
}

/// A program that ended as `contracts/README.md` has it: this status, one line on standard error.
#[track_caller]
fn one_line(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let lines = said.lines().filter(|line| !line.starts_with("warning:")).count();
    assert_eq!(lines, 1, "{said}");
    said
}

/// A file system of its own in memory, gone with this value.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size: &str) -> Option<Self> {
        fs::create_dir_all(&at).unwrap();
        let options = format!("size={size},mode=700");
        let output =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tourniquet-test"]).arg(&at).output();
        match output {
            Ok(output) if output.status.success() => Some(Self(at)),
            Ok(output) => {
                eprintln!("SKIPPED: cannot mount a small disk: {}", String::from_utf8_lossy(&output.stderr));
                None
            }
            Err(error) => {
                eprintln!("SKIPPED: cannot mount a small disk: {error}");
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_told_as_such_and_recording_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path().join("data"), "12m") else { return };
    let program = program(folder.path(), None);
    let ground = ground::lay(&program).unwrap();
    // What somebody else fills the disk with, and takes away later.
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![1_u8; 6 << 20]).unwrap();
    let server = program.serve().unwrap();
    let mut account = Account::default();
    let until = Instant::now() + Duration::from_secs(60);
    let mut number = 0;
    while account.later.is_empty() {
        assert!(Instant::now() < until, "the disk did not fill");
        number += 1;
        let load = account.begin(&round(&server, &ground, &format!("filling{number}")));
        thread::sleep(Duration::from_millis(300));
        account.end(load);
    }
    eprintln!("full after {} alerts; answers then: {:?}", account.count(Kind::Alert), account.later);
    let mut client = Client::new(server.address(), Some(&ground.token));
    let path = format!("/api/v1/intake/generic?practice={}", ground.practice);
    let refused =
        (0..200).map(|number| client.post(&path, &json!({"title": "full", "id": number}), &[]).unwrap());
    let refused =
        refused.filter(|answer| answer.status >= 400).last().expect("the disk is full and alerts are taken");
    let problem = problem(&refused);
    assert!(matches!(refused.status, 503 | 507), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|text| text.contains("disk")), "{problem}");
    assert_eq!(
        client.get("/api/v1/alerts").unwrap().status,
        200,
        "what is there can be read while the disk is full"
    );

    fs::remove_file(&ballast).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while number < 1_000 && (account.open() > 0 || number == 0) {
        assert!(Instant::now() < until, "with room again, {} requests are still not taken", account.open());
        number += 1;
        let load = account.begin(&round(&server, &ground, &format!("after{number}")));
        thread::sleep(Duration::from_millis(60));
        account.end(load);
    }
    let wrong = account.check(&mut client).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(account.read_back(&mut client, 20).unwrap().is_empty());
    assert!(server.stop().unwrap().success());
    verified(&program);
}

/// How long the database stays away: `TROUBLE_AWAY_SECONDS=60` for the minute of the requirement.
fn away() -> Duration {
    let given = std::env::var("TROUBLE_AWAY_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(given.unwrap_or(8))
}

#[test]
fn a_database_that_goes_away_costs_waiting_and_nothing_that_was_acknowledged() {
    let Some(postgres) = postgres::start_alone() else { return };
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), Some(&postgres.database()));
    let ground = ground::lay(&program).unwrap();
    let mut server = program.serve().unwrap();
    let mut account = Account::default();
    let load = account.begin(&round(&server, &ground, "before"));
    thread::sleep(Duration::from_secs(1));
    postgres.stop();
    thread::sleep(away());
    let mut client = Client::new(server.address(), Some(&ground.token));
    assert_eq!(client.get("/healthz").unwrap().status, 200, "the program itself is alive");
    let ready = client.get("/readyz").unwrap();
    assert_eq!(ready.status, 503);
    problem(&ready);
    let page = client.get("/api/v1/alerts").unwrap();
    assert_eq!((page.status, page.header("retry-after").is_some()), (503, true));
    assert_eq!(problem(&page)["code"], "unavailable");
    postgres.start_again();
    thread::sleep(Duration::from_secs(1));
    account.end(load);
    assert!(server.runs());
    let wrong: Vec<_> = account.later.keys().filter(|(status, _)| ![409, 503].contains(status)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");

    let until = Instant::now() + Duration::from_secs(20);
    let mut number = 0;
    while number == 0 || account.open() > 0 {
        assert!(Instant::now() < until, "{} requests are still not taken", account.open());
        number += 1;
        let load = account.begin(&round(&server, &ground, &format!("after{number}")));
        thread::sleep(Duration::from_millis(200));
        account.end(load);
    }
    assert_eq!(client.get("/readyz").unwrap().status, 200);
    let wrong = account.check(&mut client).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{} alerts; told to come later: {:?}", account.count(Kind::Alert), account.later);
    assert!(server.stop().unwrap().success());
    verified(&program);
}

#[test]
fn a_directory_of_a_newer_version_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    ground::lay(&program).unwrap();
    let format = program.data().join("format.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&format).unwrap()).unwrap();
    value["layout"] = json!(99);
    fs::write(&format, value.to_string()).unwrap();
    let before = fs::read(program.data().join("journal.sqlite")).unwrap();
    for verb in [&["serve", "--listen", "127.0.0.1:0"][..], &["alert", "list"], &["incident", "list"]] {
        let said = one_line(&program.run(verb).unwrap(), 2);
        assert!(said.contains("newer"), "{said}");
    }
    assert_eq!(fs::read(program.data().join("journal.sqlite")).unwrap(), before);
}

#[test]
fn a_second_program_on_the_directory_is_told_who_has_it_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    let ground = ground::lay(&program).unwrap();
    let server = program.serve().unwrap();
    for verb in [&["serve", "--listen", "127.0.0.1:0"][..], &["alert", "list"], &["intake", "-"]] {
        let said = one_line(&program.run(verb).unwrap(), 3);
        assert!(said.contains(&server.id().to_string()) && said.contains("--server"), "{said}");
    }
    let mut client = Client::new(server.address(), Some(&ground.token));
    assert_eq!(client.get("/api/v1/alerts").unwrap().status, 200);
    // To verify needs no lock.
    verified(&program);
    assert!(server.stop().unwrap().success());
}

/// Input of which nothing can be taken, by what is wrong with it.
fn unreadable() -> Vec<(&'static str, Vec<u8>)> {
    let whole = alert::defender("da-whole", &mut Random::new(1), 10).to_string().into_bytes();
    let mut zip = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
    zip.extend((0..4_000_u32).flat_map(u32::to_le_bytes));
    vec![
        ("truncated in the middle", whole[..whole.len() / 2].to_vec()),
        ("truncated at its last byte", whole[..whole.len() - 1].to_vec()),
        ("nested a hundred thousand deep", "[".repeat(100_000).into_bytes()),
        ("objects nested ten thousand deep", br#"{"a":"#.repeat(10_000)),
        ("empty", Vec::new()),
        ("zeros", vec![0; 1 << 20]),
        ("neither text nor anything known", zip),
    ]
}

#[test]
fn what_cannot_be_read_over_http_is_refused_with_a_reason_and_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    let ground = ground::lay(&program).unwrap();
    let server = program.serve().unwrap();
    let mut client = Client::new(server.address(), Some(&ground.token));
    let path = |source: &str| format!("/api/v1/intake/{source}?practice={}", ground.practice);
    let json_kind = [("content-type", "application/json")];
    for (what, body) in unreadable() {
        for source in ["microsoft-defender", "generic"] {
            let answer = client.send("POST", &path(source), &json_kind, &body).unwrap();
            assert!(
                (400..500).contains(&answer.status),
                "{what} as {source}: {} {}",
                answer.status,
                answer.text()
            );
            problem(&answer);
        }
    }
    // Larger than any delivery: refused by what it says of itself, before it is read.
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 209715200\r\n\r\n",
        path("generic"),
        ground.token
    );
    let mut sent = head.into_bytes();
    sent.resize(sent.len() + (1 << 20), b' ');
    let said = String::from_utf8_lossy(&http::raw(server.address(), &sent).unwrap()).into_owned();
    assert!(said.starts_with("HTTP/1.1 413 "), "{said}");
    // A delivery that breaks off in its middle.
    let whole = alert::defender("da-broken-off", &mut Random::new(2), 10).to_string();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{}",
        path("microsoft-defender"),
        ground.token,
        whole.len(),
        &whole[..whole.len() - 10]
    );
    http::raw(server.address(), head.as_bytes()).unwrap();
    // No source, no token, a source that there is not.
    let good = alert::defender("da-good", &mut Random::new(3), 10);
    assert_eq!(problem(&client.post("/api/v1/intake/no-such-source", &good, &[]).unwrap())["status"], 404);
    let stranger = Client::new(server.address(), None).post(&path("generic"), &good, &[]).unwrap();
    assert_eq!(problem(&stranger)["status"], 401);

    assert_eq!(pages(&mut client, "/api/v1/alerts").unwrap(), Vec::<Value>::new());
    assert!(server.stop().unwrap().success());
    verified(&program);
}

#[test]
fn the_readable_alerts_of_a_delivery_are_taken_and_the_others_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    let ground = ground::lay(&program).unwrap();
    let server = program.serve().unwrap();
    let mut client = Client::new(server.address(), Some(&ground.token));
    let path = format!("/api/v1/intake/microsoft-defender?practice={}", ground.practice);
    let one = |id: &str| alert::defender(id, &mut Random::new(5), 10).to_string();
    let body =
        format!("{}\n{{\"id\": \"broken\", \n{}\n{}", one("first"), one("second"), &one("third")[..900]);
    let answer =
        client.send("POST", &path, &[("content-type", "application/x-ndjson")], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 202, "{}", answer.text());
    let results = answer.json()["results"].as_array().cloned().unwrap();
    let refused: Vec<_> = results.iter().filter(|result| result["status"] == 422).collect();
    assert!(!refused.is_empty(), "{results:?}");
    assert!(refused.iter().all(|result| result["problem"]["offset"].is_u64()), "{refused:?}");
    let ids = || -> Vec<String> {
        let mut client = Client::new(server.address(), Some(&ground.token));
        let rows = pages(&mut client, "/api/v1/alerts").unwrap();
        rows.iter()
            .rev()
            .map(|row| row["alert"]["source_id"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(ids(), ["first", "second"]);

    // Sent twice, and once more within a larger delivery: the same, by its first id.
    let first = results.iter().find(|result| result["status"] == 202).unwrap()["alert"]["id"].clone();
    let again = client.send("POST", &path, &[], one("first").as_bytes()).unwrap();
    assert_eq!((again.status, &again.json()["duplicate_of"], &again.json()["id"]), (200, &first, &first));
    let more = format!("[{},{}]", one("first"), one("fourth"));
    assert_eq!(client.send("POST", &path, &[], more.as_bytes()).unwrap().status, 202);
    assert_eq!(ids(), ["first", "second", "fourth"]);
    assert!(server.stop().unwrap().success());
}

#[test]
fn an_alert_from_the_future_or_in_another_charset_is_taken_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    let ground = ground::lay(&program).unwrap();
    let server = program.serve().unwrap();
    let mut client = Client::new(server.address(), Some(&ground.token));
    let path = format!("/api/v1/intake/generic?practice={}", ground.practice);
    for (id, time) in [("future", "2199-12-31T23:59:59Z"), ("past", "1981-01-01T00:00:00Z"), ("now", "")] {
        let body = json!({"id": id, "title": "beacon", "timestamp": time, "host": "ws-1"});
        let answer = client.post(&path, &body, &[]).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    let utf_16: Vec<u8> = "\u{feff}{\"id\": \"wide\", \"title\": \"Überfall\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin_1 = b"{\"id\": \"narrow\", \"title\": \"\xdcberfall\"}".to_vec();
    for body in [utf_16, latin_1] {
        let answer = client.send("POST", &path, &[("content-type", "application/json")], &body).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
        assert_eq!(answer.json()["title"], "Überfall");
    }
    let rows = pages(&mut client, "/api/v1/alerts").unwrap();
    let shown: Vec<_> = rows.iter().rev().map(|row| row["alert"]["source_id"].as_str().unwrap()).collect();
    assert_eq!(shown, ["future", "past", "now", "wide", "narrow"], "a list is in the order of arrival");
    assert_eq!(
        rows[4]["alert"]["occurred_at"], "2199-12-31T23:59:59Z",
        "the date is kept as the source said it"
    );
    let received = rows[4]["received_at"].as_str().unwrap();
    assert!(received < "2199", "and does not become the date of its arrival: {received}");
    assert!(server.stop().unwrap().success());
}

fn intake(program: &Program, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = program
        .command(["intake"].iter().chain(arguments))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // The program may refuse before it has read everything.
    let writer = thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

#[test]
fn what_cannot_be_read_at_the_terminal_ends_with_2_and_the_rest_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path(), None);
    ground::lay(&program).unwrap();
    for (what, body) in unreadable() {
        eprintln!("{what}");
        let output = intake(&program, &["-"], &body);
        one_line(&output, 2);
        assert_eq!(output.stdout, b"", "{what}");
    }
    let listed = || program.done(["alert", "list", "--json"]).unwrap();
    assert!(!listed().contains("source_id"), "{}", listed());

    let one = |id: &str| alert::defender(id, &mut Random::new(5), 10).to_string();
    let mixed = format!("{}\n{}\n{}", one("first"), one("second"), &one("third")[..900]);
    let output = intake(&program, &["-"], mixed.as_bytes());
    let said = one_line(&output, 2);
    assert!(said.contains("byte"), "the place is named: {said}");
    let taken: Vec<Value> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    assert_eq!(taken.iter().map(|alert| &alert["source_id"]).collect::<Vec<_>>(), ["first", "second"]);
    let again = intake(&program, &["-"], one("first").as_bytes());
    assert_eq!(again.status.code(), Some(0));
    let again: Value = serde_json::from_slice(again.stdout.trim_ascii()).unwrap();
    assert_eq!(again["duplicate_of"], taken[0]["id"]);
    verified(&program);
}
