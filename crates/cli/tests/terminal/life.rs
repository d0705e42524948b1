//! An incident from its first alert to its closing, by the command line alone: what a person at a terminal can do, what
//! is refused and why, and that a stranger can check what came of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use serde_json::Value;
use tempfile::TempDir;
use testkit::server::Program;

pub(crate) struct Desk {
    pub(crate) program: Program,
    pub(crate) folder: TempDir,
}

const PRACTICE: [&str; 2] = ["--as", "practice:Dr. Calloway"];
pub(crate) const COUNSEL: [&str; 2] = ["--as", "attorney:J. Abrams"];
const RESPONDER: [&str; 2] = ["--as", "responder:M. Oyelaran"];

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.path().join("data"), None);
        let desk = Self { program, folder };
        desk.does(&["practice", "set", &demo("practice.toml").to_string_lossy()]);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.program.command(arguments).current_dir(self.folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        output
    }

    /// What it prints, where it ends well.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let text = self.does(&arguments);
        serde_json::from_str(text.lines().last().unwrap_or_default())
            .unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// What standard error says where it ends with this status.
    #[track_caller]
    pub(crate) fn refuses(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    pub(crate) fn state(&self) -> Value {
        self.json(&["incident", "show", "open"])["state"].take()
    }

    /// The ids of a map of the state whose value has this member.
    fn ids(&self, map: &str, holds: impl Fn(&Value) -> bool) -> Vec<String> {
        let state = self.state();
        state[map]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, value)| holds(value))
            .map(|(id, _)| id.clone())
            .collect()
    }
}

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo").join(name)
}

pub(crate) fn with<'a>(line: &[&'a str], acting: [&'a str; 2]) -> Vec<&'a str> {
    line.iter().copied().chain(acting).collect()
}

pub(crate) fn intake_and_declare(desk: &Desk) {
    let defender = demo("alerts/01-defender.json").to_string_lossy().into_owned();
    let report = demo("alerts/02-front-desk.json").to_string_lossy().into_owned();
    let taken = desk.does(&["intake", &defender, &report]);
    let taken: Vec<Value> = taken.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        taken.len() >= 3
            && taken.iter().all(|alert| alert["duplicate_of"].is_null() && alert["id"].is_string())
    );
    let again = desk.does(&["intake", &report]);
    let again: Value = serde_json::from_str(again.trim()).unwrap();
    assert_eq!(again["duplicate_of"], taken.last().unwrap()["id"]);
    let dry = desk.does(&["intake", "--dry-run", &report]);
    assert!(serde_json::from_str::<Value>(dry.trim()).unwrap().get("id").is_none());

    let id = taken[0]["id"].as_str().unwrap();
    assert!(desk.does(&["alert", "list"]).contains(&id[20..]));
    desk.does(&["alert", "show", &id[20..]]);
    let judged = desk.json(&["alert", "judge", id, "true_positive", "--reason", "seen on two screens"]);
    assert_eq!(judged["verdict"], "true");
    assert_eq!(desk.json(&["alert", "agreement"])["judged"], 1);

    desk.does(&[
        "incident",
        "declare",
        "--title",
        "Ransomware in billing",
        "--kind",
        "ransomware",
        "--reason",
        "a note on the screen",
        "--system",
        "ws-bill2",
        "--account",
        "CEDAR\\mkessler",
        "--indicator",
        "ipv4:198.51.100.23",
        "--alert",
        id,
    ]);
    assert_eq!(desk.state()["alerts"].as_object().unwrap().len(), 1);
    let shown = desk.does(&["incident", "show", "open"]);
    assert!(shown.contains("Phases") && shown.contains("ws-bill2") && !shown.contains('\u{1b}'), "{shown}");
}

fn engage_and_contain(desk: &Desk) {
    desk.does(&["engage", "call", "open", "counsel", "--name", "J. Abrams", "--means", "telephone"]);
    let call = desk.ids("engagements", |_| true).pop().unwrap();
    desk.does(&["engage", "answer", "open", &call[18..], "--text", "on it"]);
    assert!(desk.does(&["engage", "list", "open"]).contains("joins"));

    desk.does(&[
        "contain",
        "propose",
        "open",
        "isolate-host",
        "--system",
        "ws-bill2",
        "--why",
        "it encrypts",
    ]);
    desk.does(&[
        "contain",
        "propose",
        "open",
        "disable_account",
        "--account",
        "CEDAR\\mkessler",
        "--why",
        "stolen",
    ]);
    desk.does(&[
        "contain",
        "propose",
        "open",
        "block_address",
        "--indicator",
        "ipv4:198.51.100.23",
        "--why",
        "upload",
    ]);
    desk.does(&[
        "contain",
        "propose",
        "open",
        "take_service_offline",
        "--system",
        "ehr-asc",
        "--why",
        "it may be next",
    ]);
    // A measure that stops care is not applied on one side's word.
    let care = desk.ids("actions", |action| action["measure"] == "take_service_offline").pop().unwrap();
    let said = desk.refuses(1, &["contain", "apply", "open", &care]);
    assert!(said.contains("approv"), "{said}");
    let said =
        desk.refuses(1, &with(&["contain", "approve", "open", &care, "--side", "practice"], RESPONDER));
    assert!(said.contains("practice") && said.contains("--as"), "{said}");
    desk.does(&["contain", "withdraw", "open", &care[18..], "--reason", "it was not reached"]);
    for action in desk.ids("actions", |action| action["stage"]["stage"] == "proposed") {
        let missing = desk.state()["actions"][&action]["preapproved"] == false;
        if missing {
            desk.run(&with(&["contain", "approve", "open", &action], RESPONDER));
            desk.run(&with(&["contain", "approve", "open", &action], PRACTICE));
        }
        desk.does(&with(&["contain", "apply", "open", &action, "--receipt", "job 4711"], RESPONDER));
        desk.does(&["contain", "verify", "open", &action, "--how", "no traffic for ten minutes"]);
    }
    assert_eq!(desk.state()["systems"]["ws-bill2"]["stage"]["stage"], "contained");
    assert!(desk.does(&["contain", "list", "open"]).contains("verified"));
}

fn investigate(desk: &Desk) {
    fs::write(desk.folder.path().join("vpn.log"), "22:41 sign-in of mkessler from 203.0.113.77\n").unwrap();
    fs::create_dir(desk.folder.path().join("logs")).unwrap();
    fs::write(desk.folder.path().join("logs/a.txt"), "one").unwrap();
    fs::write(desk.folder.path().join("logs/b.txt"), "two").unwrap();
    desk.does(&["evidence", "take", "open", "vpn.log", "logs", "--source", "vpn", "--why", "sign-ins"]);
    let rows = desk.json(&["evidence", "list", "open"]);
    let row = rows.as_array().unwrap().iter().find(|row| row["name"] == "vpn.log").unwrap().clone();
    let item = row["id"].as_str().unwrap();
    desk.does(&["evidence", "get", "open", item, "--out", "copy.log"]);
    assert_eq!(
        fs::read(desk.folder.path().join("copy.log")).unwrap(),
        fs::read(desk.folder.path().join("vpn.log")).unwrap()
    );
    desk.does(&["evidence", "examine", "open", item, "--purpose", "timeline"]);
    desk.does(&["evidence", "hand-over", "open", item, "--to", "Forensics Ltd", "--why", "second look"]);
    desk.does(&["evidence", "receive", "open", item, "--from", "Forensics Ltd", "--file", "copy.log"]);
    desk.does(&["evidence", "rehash", "open"]);
    assert!(desk.does(&["evidence", "show", "open", &item[20..]]).contains("Chain of custody"));
    let said = desk.refuses(1, &["evidence", "hold", "open", "--reason", "litigation"]);
    assert!(said.contains("attorney"), "{said}");
    desk.does(&with(&["evidence", "hold", "open", "--reason", "litigation"], COUNSEL));
    let finding = [
        "finding",
        "record",
        "open",
        "earliest",
        "--text",
        "first sign-in",
        "--at",
        "2026-09-10T22:41:00-04:00",
        "--confidence",
        "inferred",
    ];
    desk.does(&with(&finding, RESPONDER));
    desk.does(&[
        "finding",
        "record",
        "open",
        "initial-access",
        "--text",
        "VPN without a second factor",
        "--evidence",
        &item[20..],
    ]);
    assert!(desk.does(&["finding", "list", "open"]).contains("not answered"));
    desk.does(&["note", "write", "open", "the contractor was asleep"]);
    desk.does(&with(&["note", "write", "open", "our exposure, for counsel", "--privileged"], COUNSEL));
    assert_eq!(desk.state()["notes"].as_object().unwrap().len(), 1, "a privileged note is the attorney's");
    let note = desk.ids("notes", |_| true).pop().unwrap();
    desk.does(&[
        "note",
        "revise",
        "open",
        &note,
        "the contractor was asleep, he says",
        "--reason",
        "hearsay",
    ]);
    assert!(desk.does(&["note", "show", "open", &note]).contains("Version 2"));
}

fn eradicate_and_recover(desk: &Desk) {
    let steps: &[&[&str]] = &[
        &["eradicate", "system", "open", "ws-bill2", "artefact_removed", "--what", "remote tool removed"],
        &[
            "eradicate",
            "system",
            "open",
            "ws-bill2",
            "attack_path_closed",
            "--what",
            "second factor everywhere",
        ],
        &["eradicate", "clean", "open", "ws-bill2"],
        &[
            "recover",
            "restore-point",
            "open",
            "ws-bill2",
            "--name",
            "nightly 09-09",
            "--source",
            "offline disk",
            "--taken-at",
            "2026-09-09T01:30:00-04:00",
        ],
        &["recover", "verify-point", "open", "ws-bill2", "--how", "mounted and swept"],
        &["recover", "restored", "open", "ws-bill2"],
        &[
            "recover",
            "gate",
            "open",
            "ws-bill2",
            "clean_source",
            "--how",
            "the point is older than the first sign",
        ],
        &["recover", "gate", "open", "ws-bill2", "swept_clean", "--how", "sweep 88"],
        &["recover", "gate", "open", "ws-bill2", "patched", "--how", "path closed"],
        &[
            "recover",
            "waive",
            "open",
            "ws-bill2",
            "monitored",
            "--reason",
            "no agent for this model; watched by hand",
        ],
    ];
    for step in steps {
        desk.does(step);
    }
    let said = desk.refuses(1, &["recover", "return", "open", "ws-bill2"]);
    assert!(said.contains("missing: "), "{said}");
    desk.does(&with(&["recover", "sign", "open", "ws-bill2", "--statement", "clean"], RESPONDER));
    desk.does(&with(&["recover", "sign", "open", "ws-bill2", "--statement", "we need it"], PRACTICE));
    assert!(desk.does(&["recover", "gates", "open"]).contains("waived"));
    for action in desk.ids("actions", |action| {
        action["stage"]["stage"] == "verified" && action["target"]["on"] != "indicator"
    }) {
        desk.does(&["contain", "undo", "open", &action, "--reason", "recovered"]);
    }
    desk.does(&["recover", "return", "open", "ws-bill2"]);
    let soon = testkit_soon();
    desk.does(&["recover", "watch", "open", "ws-bill2", "--until", &soon, "--what", "any new service"]);
    desk.does(&["recover", "observe", "open", "ws-bill2", "--text", "nothing"]);
    for work in ["password_reset", "sessions_revoked", "mfa_re_enrolled"] {
        desk.does(&["eradicate", "account", "open", "CEDAR\\mkessler", work, "--what", "done in person"]);
    }
    desk.does(&["recover", "return-account", "open", "cedar\\mkessler"]);
    std::thread::sleep(std::time::Duration::from_secs(2));
    desk.does(&["recover", "clear", "open", "ws-bill2", "--why", "the watch was quiet"]);
}

/// A second and a half from now, as a person would write it.
#[expect(clippy::disallowed_methods, reason = "the program under test reads the machine's clock")]
fn testkit_soon() -> String {
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1_500);
    soon.to_string()
}

fn decide_and_learn(desk: &Desk) {
    let said = desk.refuses(1, &["breach", "decide", "open", "breach", "--reason", "PHI was taken"]);
    assert!(said.contains("attorney"), "{said}");
    desk.does(&with(
        &["breach", "decide", "open", "breach", "--reason", "PHI was taken", "--privileged"],
        COUNSEL,
    ));
    fs::write(
        desk.folder.path().join("facts.json"),
        r#"{"entity":{"kind":"covered_entity","state":"OH","time_zone":"America/New_York"},
            "event":{"kind":"ransomware","data":["phi"]},
            "knowledge":{"known_on":"2026-09-14"},"individuals":{"by_state":{"OH":40}}}"#,
    )
    .unwrap();
    let assessed: Value =
        serde_json::from_str(desk.does(&["breach", "assess", "facts.json"]).trim()).unwrap();
    assert!(!assessed["obligations"].as_array().unwrap().is_empty());
    assert!(desk.does(&["breach", "explain", "facts.json"]).contains("164.4"));
    assert!(desk.does(&["breach", "calendar", "facts.json"]).starts_with("BEGIN:VCALENDAR"));
    desk.does(&["breach", "obligations", "open", "--facts", "facts.json"]);
    let mut open = desk.ids("obligations", |obligation| obligation["standing"]["standing"] == "open");
    let first = open.pop().unwrap();
    fs::write(desk.folder.path().join("receipt.txt"), "forty letters").unwrap();
    desk.does(&[
        "breach",
        "met",
        "open",
        &first,
        "--on",
        "2026-10-02",
        "--proof",
        "receipt.txt",
        "--note",
        "letters posted",
    ]);
    for obligation in open {
        desk.does(&with(&["breach", "not-due", "open", &obligation, "--reason", "for the test"], COUNSEL));
    }
    assert!(desk.does(&["breach", "obligations", "open"]).contains("met 2026-10-02"));

    let said = desk.refuses(1, &["incident", "close", "open"]);
    for thing in ["root cause", "remediation", "retention"] {
        assert!(said.contains(thing), "a refusal to close lists what is missing: {said}");
    }
    desk.does(&["learn", "root-cause", "open", "--text", "no second factor for contractors"]);
    desk.does(&[
        "learn",
        "remediate",
        "open",
        "--what",
        "second factor",
        "--owner",
        "IT",
        "--due",
        "2030-10-01",
    ]);
    let item = desk.ids("remediation", |_| true).pop().unwrap();
    desk.does(&["learn", "done", "open", &item, "--how", "enforced"]);
    desk.does(&["learn", "runbook", "open", "ransomware", "--change", "backup server first"]);
    desk.does(&["incident", "report", "open", "--out", "report.pdf"]);
    assert!(fs::read(desk.folder.path().join("report.pdf")).unwrap().starts_with(b"%PDF-"));
    desk.does(&[
        "learn",
        "report",
        "open",
        "--what",
        "incident report",
        "--to",
        "owners",
        "--file",
        "report.pdf",
    ]);
    one_way_to_send_a_situation_report(desk);
    desk.does(&["retention", "set", "open", "2040-01-01", "--reason", "six years and more"]);
}

fn one_way_to_send_a_situation_report(desk: &Desk) {
    fs::write(desk.folder.path().join("report.txt"), "Everything is held.\n").unwrap();
    desk.does(&["learn", "sitrep", "open", "--to", "insurer", "--file", "report.txt"]);
    let sent = desk.json(&["situation", "list", "open"]);
    let id = sent.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let shown = desk.does(&["situation", "show", "open", &id]);
    assert!(shown.contains("Everything is held."), "the text of the older verb's report is lost: {shown}");
    let said = desk.refuses(2, &["learn", "sitrep", "open", "--to", "insurer", "--file", "report.pdf"]);
    assert!(said.contains("not text") && said.contains("learn report"), "{said}");
}

fn flip(path: &str, at: usize) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    bytes
}

fn check_by_a_stranger(desk: &Desk, id: &str) {
    let said = desk.refuses(2, &["export", id, "--for", "archive", "--out", "archive.zip"]);
    assert!(said.contains("attorney"), "the archive holds privileged notes: {said}");
    desk.does(&with(&["export", id, "--for", "archive", "--out", "archive.zip"], COUNSEL));
    desk.does(&["export", id, "--for", "insurer", "--out", "insurer.zip"]);
    let key = desk.does(&["log", "key"]);
    for package in ["archive.zip", "insurer.zip"] {
        // The stranger has the file and the key, and nothing else.
        let said = desk.does(&["verify", package, "--key", key.trim(), "--data", "/nonexistent"]);
        assert_eq!(said.lines().last(), Some("verified"), "{said}");
    }
    let insurer = fs::read(desk.folder.path().join("insurer.zip")).unwrap();
    let counsel_only = b"our exposure, for counsel";
    assert!(!insurer.windows(counsel_only.len()).any(|window| window == counsel_only));
    for at in [insurer.len() / 3, insurer.len() / 2, insurer.len() - 40] {
        fs::write(desk.folder.path().join("bad.zip"), flip(&desk.path("insurer.zip"), at)).unwrap();
        let said = desk.refuses(1, &["verify", "bad.zip", "--key", key.trim()]);
        assert!(said.starts_with("no: ") && said.lines().count() == 1, "{said}");
    }
    desk.refuses(2, &["verify", "archive.zip", "--key", "nonsense"]);
    fs::write(desk.folder.path().join("older.txt"), desk.does(&["log", "checkpoint"])).unwrap();
    desk.does(&["incident", "reopen", id, "--reason", "to prove that it can"]);
    let data = desk.path("data");
    let said = desk.does(&["verify", &data, "--key", key.trim(), "--against", "older.txt", "--evidence"]);
    assert!(
        said.contains("history: extends") && said.contains("evidence:") && said.ends_with("verified\n"),
        "{said}"
    );
    desk.does(&["incident", "close", id]);
}

fn back_up(desk: &Desk, id: &str) {
    desk.does(&["backup", "all.tourniquet"]);
    desk.refuses(2, &["backup", "all.tourniquet"]);
    let tested = desk.json(&["restore-test", "all.tourniquet", "--scratch", &desk.path("")]);
    assert_eq!(tested["verified"], true);
    assert!(tested["backup"]["items"].as_u64().unwrap() >= 4);
    let scratch = fs::read_dir(desk.folder.path()).unwrap().filter_map(Result::ok);
    assert_eq!(
        scratch.filter(|entry| entry.file_name().to_string_lossy().contains("restore-test")).count(),
        0
    );
    let restored = desk.path("restored");
    desk.does(&["restore", "all.tourniquet", "--data", &restored]);
    desk.refuses(2, &["restore", "all.tourniquet", "--data", &restored]);
    let seen = desk.json(&["incident", "show", id, "--data", &restored]);
    assert_eq!(seen["state"]["status"], "closed");
    let rows = desk.json(&["evidence", "list", id, "--data", &restored]);
    let item = rows.as_array().unwrap().iter().find(|row| row["name"] == "vpn.log").unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.does(&["evidence", "get", id, &item, "--out", "again.log", "--data", &restored]);
    assert_eq!(
        fs::read(desk.folder.path().join("again.log")).unwrap(),
        fs::read(desk.folder.path().join("vpn.log")).unwrap()
    );
    // The restored log goes on under the same key.
    assert_eq!(desk.does(&["log", "key", "--data", &restored]), desk.does(&["log", "key"]));

    let whole = fs::metadata(desk.path("all.tourniquet")).unwrap().len();
    for at in [600, usize::try_from(whole / 2).unwrap()] {
        fs::write(desk.path("bad.tourniquet"), flip(&desk.path("all.tourniquet"), at)).unwrap();
        let said = desk.refuses(2, &["restore", "bad.tourniquet", "--data", &desk.path("never")]);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!Path::new(&desk.path("never")).exists(), "nothing is left of a backup that was changed");
    }
    fs::write(desk.path("short.tourniquet"), &fs::read(desk.path("all.tourniquet")).unwrap()[..9_000])
        .unwrap();
    desk.refuses(2, &["restore-test", "short.tourniquet"]);
}

#[test]
fn an_incident_is_led_from_its_first_alert_to_its_archive_by_the_command_line_alone() {
    let desk = Desk::new();
    intake_and_declare(&desk);
    engage_and_contain(&desk);
    investigate(&desk);
    eradicate_and_recover(&desk);
    decide_and_learn(&desk);
    let id = desk.state()["incident"].as_str().unwrap().to_owned();
    desk.does(&["incident", "close", "open", "--summary", "contained within the hour"]);
    assert!(desk.refuses(2, &["incident", "show", "open"]).contains("no incident is open"));
    let timeline = desk.does(&["incident", "timeline", &id[18..]]);
    assert!(timeline.lines().count() > 40 && timeline.contains("Dr. Calloway (practice)"), "{timeline}");
    check_by_a_stranger(&desk, &id);
    back_up(&desk, &id);
    let state = desk.json(&["incident", "show", &id])["state"].take();
    assert_eq!(state["status"], "closed");
}

#[test]
fn the_same_verbs_go_through_a_server_while_it_has_the_directory() {
    let desk = Desk::new();
    intake_and_declare(&desk);
    let token = desk.json(&["token", "make", "lead", "--role", "lead"])["token"].as_str().unwrap().to_owned();
    let counsel =
        desk.json(&["token", "make", "counsel", "--role", "attorney"])["token"].as_str().unwrap().to_owned();
    let server = desk.program.serve().unwrap();
    let url = format!("http://{}", server.address());
    let there = ["--server", url.as_str(), "--token", token.as_str()];
    let go = |line: &[&str]| {
        let line: Vec<_> = line.iter().copied().chain(there).collect();
        desk.json(&line)
    };
    let seen = go(&["incident", "show", "open"]);
    assert_eq!(seen["state"]["title"], "Ransomware in billing");
    go(&["contain", "propose", "open", "isolate_host", "--system", "ws-bill2", "--why", "it encrypts"]);
    let state = go(&["incident", "show", "open"])["state"].take();
    let action = state["actions"].as_object().unwrap().keys().next().unwrap().clone();
    let refused = desk.refuses(
        1,
        &["breach", "decide", "open", "breach", "--reason", "r", "--server", &url, "--token", &token],
    );
    assert!(refused.contains("attorney"), "{refused}");
    desk.does(&[
        "breach", "decide", "open", "breach", "--reason", "r", "--server", &url, "--token", &counsel,
    ]);
    go(&["contain", "apply", "open", &action[18..]]);
    fs::write(desk.folder.path().join("x.log"), vec![7; 3_000_000]).unwrap();
    go(&["evidence", "take", "open", "x.log", "--source", "fw", "--why", "w"]);
    let rows = go(&["evidence", "list", "open"]);
    let item = rows[0]["id"].as_str().unwrap();
    desk.does(&["evidence", "get", "open", item, "--out", "y.log", "--server", &url, "--token", &token]);
    assert_eq!(fs::read(desk.folder.path().join("y.log")).unwrap(), vec![7; 3_000_000]);
    go(&["evidence", "rehash", "open"]);
    let firewall = demo("evidence/FW-EDGE1-traffic.log").to_string_lossy().into_owned();
    go(&["evidence", "take", "open", &firewall, "--source", "fw", "--why", "flows"]);
    let found = go(&["evidence", "hunt", "open"]);
    assert!(found["found"]["detections"].as_u64().unwrap() > 0, "{found}");
    assert_eq!(go(&["evidence", "hunt", "open", "--last"]), found);
    let yara =
        "rule edge { meta: level = \"high\" title = \"Edge\" strings: $a = \"FW-EDGE1\" condition: $a }";
    fs::write(desk.folder.path().join("own.yar"), yara).unwrap();
    let found = go(&["evidence", "hunt", "open", "--yara", "own.yar"]);
    assert!(found["found"]["answers"].to_string().contains("the YARA rule Edge"), "{found}");
    assert!(
        desk.does(&["evidence", "hunt", "open", "--server", &url, "--token", &token]).contains("detections")
    );
    go(&["note", "write", "open", "through the server"]);
    let note = go(&["note", "list", "open"]).as_object().unwrap().keys().next().unwrap().clone();
    assert_eq!(go(&["note", "show", "open", &note])[0]["text"], "through the server");
    desk.does(&["export", "open", "--for", "insurer", "--out", "p.zip", "--server", &url, "--token", &token]);
    assert!(desk.does(&["verify", "p.zip"]).ends_with("verified\n"));
    desk.does(&["incident", "report", "open", "--out", "r.pdf", "--server", &url, "--token", &token]);
    desk.does(&["backup", "b.tourniquet", "--server", &url, "--token", &token]);
    desk.does(&["restore-test", "b.tourniquet"]);
    assert!(go(&["log", "key"])["key"].as_str().unwrap().starts_with("tourniquet.invalid/"));
    let zeek = demo("alerts/04-suricata-eve.json").to_string_lossy().into_owned();
    let taken = desk.does(&["intake", &zeek, "--server", &url, "--token", &token]);
    assert!(
        taken.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["id"].is_string()),
        "{taken}"
    );
    assert!(
        desk.does(&["incident", "timeline", "open", "--server", &url, "--token", &token]).lines().count() > 5
    );
    let wrong = desk.refuses(2, &["incident", "list", "--server", &url, "--token", "tq_nonsense"]);
    assert!(wrong.contains("token") && wrong.lines().count() == 1, "{wrong}");
    assert!(server.stop().unwrap().success());
    let gone = desk.refuses(3, &["incident", "list", "--server", &url, "--token", &token]);
    assert_eq!(gone.lines().count(), 1, "{gone}");
}
