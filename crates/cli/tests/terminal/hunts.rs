//! `hunt` over what is no event log: a product's own access log with its mapping, files by YARA, archives that are broken.

use std::{fs, path::Path, process::Stdio};

use serde_json::Value;
use testkit::server::Program;

fn hunt(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.join("data"), None);
    let arguments = [&["hunt"], arguments].concat();
    let output = program.command(&arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_products_access_log_is_read_by_its_mapping_named_or_found() {
    let folder = tempfile::tempdir().unwrap();
    let mappings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/mappings");
    let found = hunt(folder.path(), &[&mappings.to_string_lossy()]);
    let rules: Vec<&str> = found.iter().filter_map(|one| one["rule"].as_str()).collect();
    assert!(rules.contains(&"One user opens very many records within an hour"), "{rules:?}");
    let log = mappings.join("access-log.csv").to_string_lossy().into_owned();
    let mapping = mappings.join("sample.mapping.toml").to_string_lossy().into_owned();
    assert_eq!(hunt(folder.path(), &[&log, "--mapping", &mapping]).len(), found.len());
    assert!(hunt(folder.path(), &[&log]).is_empty(), "without its mapping nobody knows its columns");
}

#[test]
fn files_are_scanned_with_yara_and_a_broken_archive_is_counted_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    fs::write(evidence.join("readme.txt"), "YOUR FILES ARE LOCKED").unwrap();
    fs::write(evidence.join("broken.zip"), b"PK\x03\x04 and no more").unwrap();
    fs::write(
        folder.path().join("note.yar"),
        "rule note { meta: level = \"critical\" strings: $a = \"FILES ARE LOCKED\" condition: $a }",
    )
    .unwrap();
    let found = hunt(folder.path(), &["evidence", "--yara", "note.yar", "--out", "out"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["rule"], &found[0]["level"], &found[0]["file"]),
        (&"note".into(), &"critical".into(), &"readme.txt".into())
    );
    let out = folder.path().join("out");
    let coverage = json(&out.join("coverage.json"));
    let damaged = coverage["damaged"].as_array().unwrap();
    assert!(
        damaged
            .iter()
            .any(|one| one["file"] == "broken.zip" && one["what"].as_str().unwrap().contains("directory")),
        "{damaged:?}"
    );
    assert_eq!(json(&out.join("summary.json"))["files_not_read"], serde_json::json!(["readme.txt"]));
}
