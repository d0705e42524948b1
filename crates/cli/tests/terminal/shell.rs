//! What a person meets at the terminal besides an incident: the main job, the demo, wrong input, help in every form, the
//! server's beginning and end.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use testkit::server::Program;

fn program(folder: &Path) -> Program {
    Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.join("data"), None)
}

fn run(program: &Program, folder: &Path, arguments: &[&str]) -> Output {
    let mut command = program.command(arguments);
    command.current_dir(folder).env("XDG_CACHE_HOME", folder.join("cache"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{arguments:?}");
    output
}

#[track_caller]
fn one_line(output: &Output, status: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{said}");
    let lines = said.lines().filter(|line| !line.starts_with("warning:")).count();
    assert_eq!(lines, 1, "{said}");
    said
}

const OUTCOME: [&str; 10] = [
    "incident",
    "severity",
    "hosts",
    "accounts",
    "detections",
    "individuals",
    "obligations",
    "open_decisions",
    "out",
    "seconds",
];

fn outcome(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let last = text.lines().last().unwrap();
    let value: Value = serde_json::from_str(last).unwrap();
    let mut places: Vec<_> = OUTCOME.iter().map(|name| last.find(&format!("\"{name}\":")).unwrap()).collect();
    assert_eq!(value.as_object().unwrap().len(), OUTCOME.len(), "{last}");
    assert!(places.is_sorted(), "the members stand in the contract's order: {last}");
    places.clear();
    value
}

const DOCUMENTS: [&str; 7] = [
    "incident.json",
    "decisions.md",
    "timeline.csv",
    "story.json",
    "obligations.ics",
    "report.pdf",
    "package.zip",
];

#[test]
fn the_demo_responds_and_its_package_verifies_and_it_can_be_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    let mut detections = 0;
    for _ in 0..2 {
        let output = run(&program, folder.path(), &["demo", "--no-serve", "--dir", "demo"]);
        let outcome = outcome(&output);
        detections = outcome["detections"].as_u64().unwrap();
        assert_eq!(outcome["severity"], "critical");
        assert!(outcome["hosts"].as_u64().unwrap() >= 3 && outcome["open_decisions"].as_u64().unwrap() >= 3);
    }
    let demo = folder.path().join("demo");
    for name in DOCUMENTS {
        assert!(fs::metadata(demo.join("out").join(name)).unwrap().len() > 0, "{name}");
    }
    let story: Value = serde_json::from_slice(&fs::read(demo.join("out/story.json")).unwrap()).unwrap();
    assert_eq!(story["earliest"]["time"], "2026-09-11T02:41:07Z", "the contractor's sign-in");
    // The rules of `hunt` are those of `respond`.
    let raw = demo.join("raw/evidence").to_string_lossy().into_owned();
    let hunted = run(&program, folder.path(), &["hunt", &raw]);
    let lines = String::from_utf8(hunted.stdout).unwrap().lines().count();
    assert!(lines > 20 && lines as u64 == detections, "{lines} and {detections}");
    let package = demo.join("out/package.zip").to_string_lossy().into_owned();
    let verified = run(&program, folder.path(), &["verify", &package]);
    assert_eq!(verified.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&verified.stdout).ends_with("verified\n"));
    let data = demo.join("data").to_string_lossy().into_owned();
    let shown = run(&program, folder.path(), &["incident", "show", "open", "--data", &data]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("Sep 14 07:5"), "the demo's clock is the scenario's: {shown}");
    let other = folder.path().join("data/never-here");
    assert!(!other.exists());
}

#[test]
fn the_main_job_needs_no_configuration_and_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo");
    let alert = demo.join("alerts/01-defender.json").to_string_lossy().into_owned();
    let output = run(&program, folder.path(), &["respond", "--alert", &alert]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("State") && said.contains("practice init"),
        "what a missing practice costs is told: {said}"
    );
    let first = outcome(&output);
    let out = folder.path().join(first["out"].as_str().unwrap());
    assert!(out.ends_with(Path::new("tourniquet-out").join(first["incident"].as_str().unwrap())));
    for name in DOCUMENTS {
        assert!(out.join(name).is_file(), "{name}");
    }
    let evidence = demo.join("evidence").to_string_lossy().into_owned();
    let again =
        run(&program, folder.path(), &["respond", "--alert", &alert, "--evidence", &evidence, "--json"]);
    let again = outcome(&again);
    assert_eq!(again["incident"], first["incident"], "the same alerts are the same incident");
    let left: Vec<_> =
        fs::read_dir(folder.path().join("tourniquet-out")).unwrap().filter_map(Result::ok).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn wrong_input_is_told_in_one_line_with_its_place_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::write(folder.path().join("cut.json"), r#"{"title": "a", "hos"#).unwrap();
    fs::write(folder.path().join("deep.json"), "[".repeat(200_000)).unwrap();
    fs::write(folder.path().join("bad.toml"), "name = \"x\"\nstate = 7\n").unwrap();
    fs::write(folder.path().join("bytes.toml"), b"name = \"\xff\xfe\"").unwrap();
    fs::write(folder.path().join("facts.json"), r#"{"individuals":{"by_state":{"ZZ":1}}}"#).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&[], "--help"),
        (&["no-such-verb"], "no-such-verb"),
        (&["intake"], "FILE"),
        (&["intake", "."], "folder"),
        (&["intake", "absent.json"], "absent.json"),
        (&["intake", "empty"], "byte 0"),
        (&["intake", "cut.json"], "byte"),
        (&["intake", "--dry-run", "deep.json"], "byte"),
        (&["intake", "--source", "no-such", "cut.json"], "no-such"),
        (&["respond"], "--alert"),
        (&["respond", "--alert", "."], "folder"),
        (&["respond", "--alert", "cut.json"], "--alert"),
        (&["respond", "--practice", "absent.toml", "--alert", "cut.json"], "absent.toml"),
        (&["respond", "--practice", "bad.toml", "--alert", "cut.json"], "line 2"),
        (&["practice", "set", "bytes.toml"], "byte 8"),
        (&["practice", "set", "bad.toml", "--check"], "line 2"),
        (&["incident", "show", "open"], "open"),
        (&["incident", "show", "7K3M9Q"], "7K3M9Q"),
        (&["incident", "list", "--after", "x"], "--after"),
        (&["incident", "list", "--limit", "0"], "limit"),
        (&["contain", "propose", "open", "isolate_host", "--why", "w"], "--system"),
        (&["verify", "absent.zip"], "absent.zip"),
        (&["verify", "."], "data directory"),
        (&["export", "7K3M9Q", "--for", "nobody", "--out", "x.zip"], "nobody"),
        (&["restore", "cut.json", "--data", "new"], "backup"),
        (&["breach", "assess", "facts.json"], "/"),
        (&["breach", "assess", "cut.json"], "/"),
        (&["token", "make", "x", "--role", "king"], "king"),
        (&["source", "add", "no-such"], "no-such"),
        (&["serve", "--listen", "0.0.0.0:0"], "TLS"),
        (&["serve", "--tls-cert", "x.pem"], "tls-key"),
        (&["incident", "list", "--server", "ftp://x", "--token", "t"], "http"),
        (&["incident", "list", "--server", "http://127.0.0.1:1"], "token"),
        (&["incident", "list", "--as", "king"], "king"),
        (&["incident", "list", "--database-url", "mysql://x"], "postgres"),
    ];
    for (arguments, holds) in cases {
        let said = one_line(&run(&program, folder.path(), arguments), 2);
        assert!(said.contains(holds), "{arguments:?}: {said}");
    }
    assert!(!folder.path().join("new").exists());
    // A package that is none is an answer, not a usage.
    let said = one_line(&run(&program, folder.path(), &["verify", "cut.json"]), 1);
    assert!(said.starts_with("no: "), "{said}");
}

#[test]
fn two_hundred_megabytes_of_zeros_from_a_pipe_are_refused_with_their_place_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    let mut child = program
        .command(["intake", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let block = vec![0_u8; 1 << 20];
        (0..200).all(|_| stdin.write_all(&block).is_ok())
    });
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    assert!(one_line(&output, 2).contains("byte "));
    let listed = run(&program, folder.path(), &["alert", "list", "--json"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("\"items\":[]"));
}

#[test]
fn help_completions_and_manual_pages_come_out_whole() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    let help = String::from_utf8(run(&program, folder.path(), &["--help"]).stdout).unwrap();
    for heading in ["Contain:", "Recover:", "The record:", "Exit status"] {
        assert!(help.contains(heading), "{help}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&program, folder.path(), &["completions", shell]);
        assert!(
            output.status.success() && String::from_utf8_lossy(&output.stdout).contains("break-glass"),
            "{shell}"
        );
    }
    let output = run(&program, folder.path(), &["man", "pages"]);
    assert!(output.status.success());
    let page = fs::read_to_string(folder.path().join("pages/tourniquet-contain-break-glass.1")).unwrap();
    assert!(page.contains(".TH"), "{page}");
    assert!(!folder.path().join("data").exists(), "help makes no data directory");
    let version = run(&program, folder.path(), &["--version"]);
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("tourniquet "));
    let template = run(&program, folder.path(), &["practice", "init", "p.toml"]);
    assert!(template.status.success());
    assert_eq!(run(&program, folder.path(), &["practice", "init", "p.toml"]).status.code(), Some(2));
    assert!(run(&program, folder.path(), &["practice", "set", "p.toml"]).status.success());
}

#[test]
fn the_server_begins_with_a_link_ends_on_a_signal_and_logs_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let program = program(folder.path());
    let server = program.serve().unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !server.said().contains("ready: http://") && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let said = server.said();
    assert!(said.contains("sign in, once: http://") && said.contains("/signin/tq_"), "{said}");
    assert!(said.contains("ready: http://"), "{said}");
    let busy = run(&program, folder.path(), &["incident", "list"]);
    let busy = one_line(&busy, 3);
    assert!(busy.contains(&server.id().to_string()) && busy.contains("--server"), "{busy}");
    assert!(server.stop().unwrap().success());
    // Free again at once, and the second start prints no second link.
    assert!(run(&program, folder.path(), &["incident", "list"]).status.success());
    let server = program.serve().unwrap();
    assert!(!server.said().contains("/signin/"), "{}", server.said());
    assert!(server.stop().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_tourniquet");
    let line = format!(
        "set -o pipefail; '{binary}' intake --sources --json | head -c 10 >/dev/null; exit ${{PIPESTATUS[0]}}"
    );
    let output = Command::new("bash").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everybody waits for the commit: the thread that writes goes before those that read requests.
#[cfg(target_os = "linux")]
#[test]
fn the_thread_that_writes_the_record_goes_before_those_that_read_requests() {
    let folder = tempfile::tempdir().unwrap();
    let server = program(folder.path()).serve().unwrap();
    let niceness = |name: &str| {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
        let text = tasks
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).ok())
            .find(|text| text.contains(&format!("({name}")))
            .unwrap_or_else(|| panic!("no thread {name}"));
        let rest = text.rsplit_once(')').unwrap().1.to_owned();
        // proc_pid_stat(5): the nineteenth field; the third is the first after the name.
        rest.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
    };
    assert!(niceness("journal") < niceness("tokio-rt"));
    server.stop().unwrap();
}
