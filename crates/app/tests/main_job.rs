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

#[tokio::test(flavor = "multi_thread")]
async fn a_ransomware_monday_becomes_an_incident_with_its_decisions_and_documents() {
    let (edge, _) = Edge::simulated("2026-09-14T11:52:00Z".parse().unwrap(), 1);
    let program = Program::start(edge).await.unwrap();
    let lead = program.person(Role::Lead);
    let out = tempfile::tempdir().unwrap();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo");
    let material = || Material {
        alerts: demo("alerts"),
        evidence: vec![folder.join("evidence")],
        exposed: vec![folder.join("share")],
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

    // The same material again goes on with the same incident and takes nothing twice.
    let again = program.app.respond(&lead, program.practice, material(), out.path()).await.unwrap();
    assert_eq!(again.incident, Some(incident));
    let after = program.app.incident(&lead, incident).await.unwrap();
    assert_eq!(after.state.evidence.len(), view.state.evidence.len());
    assert_eq!(after.state.actions.len(), view.state.actions.len());
}
