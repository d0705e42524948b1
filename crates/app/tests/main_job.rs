//! The main job on the demo's raw material, with the real database, vault and readers.
#![cfg(test)]

use app::{edge::Edge, respond::Material};
use kernel::Role;
use testkit::app::Program;

fn demo(folder: &str) -> Vec<(String, Vec<u8>)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The demo's evidence as the demo lays it out: the files of its folder, and the event logs of the eight hosts.
fn evidence(into: &std::path::Path) {
    for (name, bytes) in demo("evidence") {
        std::fs::write(into.join(name), bytes).unwrap();
    }
    for log in monday::logs().unwrap() {
        let path = into.join(&log.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &log.bytes).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ransomware_monday_becomes_an_incident_with_its_decisions_and_documents() {
    let (edge, _) = Edge::simulated("2026-09-14T11:52:00Z".parse().unwrap(), 1);
    let program = Program::start(edge).await.unwrap();
    let lead = program.person(Role::Lead);
    let out = tempfile::tempdir().unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo");
    let logs = tempfile::tempdir().unwrap();
    evidence(logs.path());
    let material = || Material {
        alerts: demo("alerts"),
        evidence: vec![logs.path().to_owned()],
        exposed: vec![folder.join("share")],
        rules: Vec::new(),
        yara: Vec::new(),
    };
    let outcome = program.app.respond(&lead, program.practice, material(), out.path()).await.unwrap();
    assert_eq!(outcome.unread, []);
    let incident = outcome.incident.unwrap();
    for name in [
        "incident.json",
        "decisions.md",
        "timeline.csv",
        "story.json",
        "obligations.ics",
        "report.pdf",
        "package.zip",
        "explain.md",
        "notices/README.md",
        "notices/letter-individual.docx",
        "notices/four-factor-memorandum.docx",
        "notices/hhs-worksheet.pdf",
    ] {
        assert!(out.path().join(name).metadata().unwrap().len() > 100, "{name}");
    }
    if let Some(keep) = std::env::var_os("KEEP_DOCUMENTS") {
        std::fs::create_dir_all(&keep).unwrap();
        let files = std::fs::read_dir(out.path()).unwrap().flatten().filter(|entry| entry.path().is_file());
        for entry in files {
            std::fs::copy(entry.path(), std::path::Path::new(&keep).join(entry.file_name())).unwrap();
        }
    }
    let package = std::fs::File::open(out.path().join("package.zip")).unwrap();
    let checked = ledger::verify::verify_package(package, &[program.app.verifier_key()], None).unwrap();
    assert!(checked.pinned && checked.withheld == 0);

    let view = program.app.incident(&lead, incident).await.unwrap();
    assert_eq!(view.state.kind, Some(incident::IncidentKind::Ransomware));
    assert_eq!(outcome.severity, Some(kernel::Severity::Critical));
    assert!(
        view.state.systems.len() >= 3 && view.state.accounts.len() >= 2,
        "{:?}",
        view.state.systems.keys()
    );
    assert_eq!(view.state.alerts.len(), 10, "of eleven alerts one is a false alarm");

    the_story_is_in_the_incident(&view.state, out.path());

    // The same material again goes on with the same incident and takes nothing twice.
    let again = program.app.respond(&lead, program.practice, material(), out.path()).await.unwrap();
    assert_eq!(again.incident, Some(incident));
    let after = program.app.incident(&lead, incident).await.unwrap();
    assert_eq!(after.state.evidence.len(), view.state.evidence.len());
    assert_eq!(after.state.actions.len(), view.state.actions.len());
}

/// What the hunt found stands in the documents and in the incident: findings with their evidence, suspects, containment.
fn the_story_is_in_the_incident(state: &incident::State, out: &std::path::Path) {
    let story: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("story.json")).unwrap()).unwrap();
    assert_eq!(story["earliest"]["time"], "2026-09-11T02:41:07Z");
    assert_eq!(story["initial_access"][0]["confidence"], "inferred");
    let bytes: Vec<u64> = story["exfiltration"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|answer| answer["bytes"].as_u64())
        .collect();
    assert_eq!(bytes, [18_412_331_008]);
    let edges: Vec<String> = story["lateral_movement"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| format!("{}>{}", edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap()))
        .collect();
    assert_eq!(
        edges,
        [
            "10.20.9.14>WS-BILL2",
            "WS-BILL2>SRV-FILE1",
            "WS-BILL2>SRV-FILE1",
            "SRV-FILE1>SRV-BKP1",
            "SRV-FILE1>SRV-ASC1",
        ]
    );
    assert_eq!(state.earliest_compromise(), Some("2026-09-11T02:41:07Z".parse().unwrap()));
    for question in
        [incident::Question::CredentialTheft, incident::Question::Exfiltration, incident::Question::Impact]
    {
        let finding = state.findings.values().find(|finding| finding.statement.question == question).unwrap();
        assert_eq!(finding.statement.confidence, incident::Confidence::Observed, "{finding:?}");
        assert!(
            !finding.statement.evidence.is_empty() && finding.statement.text.contains("record "),
            "{finding:?}"
        );
    }
    for system in ["ws-bill2", "file1", "backup", "ehr-asc", "dc1"] {
        assert!(
            state.systems.keys().any(|key| key.as_str() == system),
            "{system}: {:?}",
            state.systems.keys()
        );
    }
    let coverage = std::fs::read_to_string(out.join("coverage.json")).unwrap();
    assert!(coverage.contains("The Security log of SRV-DC1 was cleared"));
}
