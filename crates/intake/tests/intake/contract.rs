//! What each adapter makes of input in its vendor's format, to the last member: for each `tests/contract/NAME.in.json`
//! the lines that `tourniquet intake --dry-run` prints are those of `NAME.out.jsonl`. After a change that is meant,
//! `BLESS=1` writes them anew; look at the difference.

use std::path::{Path, PathBuf};

fn inputs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(".in.json"))
        .collect();
    found.sort();
    found
}

fn printed(bytes: &[u8]) -> String {
    let lines = intake::read(None, bytes).map(|taken| {
        let taken = taken.unwrap();
        assert_eq!(kernel::Digest::of(&taken.raw), taken.alert.raw_sha256);
        let place = usize::try_from(taken.offset).unwrap();
        assert_eq!(&bytes[place..place + taken.raw.len()], &taken.raw[..], "the bytes as received");
        let record = intake::Record { id: None, alert: &taken.alert, duplicate_of: None };
        serde_json::to_string(&record).unwrap() + "\n"
    });
    lines.collect()
}

#[test]
fn every_member_of_the_contract_is_read_as_the_vendor_means_it() {
    let mut wrong = Vec::new();
    for input in inputs() {
        let expected = PathBuf::from(input.to_str().unwrap().replace(".in.json", ".out.jsonl"));
        let got = printed(&std::fs::read(&input).unwrap());
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &got).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != got {
            wrong.push(format!("{}:\n{got}", input.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_members_stand_in_the_contracts_order() {
    let line = printed(br#"{"title":"x"}"#);
    let order = [
        "channel",
        "source",
        "source_id",
        "title",
        "description",
        "severity",
        "source_severity",
        "status",
        "occurred_at",
        "reported_at",
        "hosts",
        "accounts",
        "indicators",
        "techniques",
        "link",
        "raw_sha256",
        "duplicate_of",
    ];
    let places: Vec<_> = order.iter().map(|name| line.find(&format!("\"{name}\":")).expect(name)).collect();
    assert!(places.is_sorted(), "{line}");
    assert!(!line.contains("\"id\":"), "a dry run has no id of its own");
}

#[test]
fn the_same_alert_in_another_envelope_or_with_a_newer_status_is_recorded_once() {
    let key = |text: &str| {
        let taken = intake::read(None, text.as_bytes()).next().unwrap().unwrap();
        intake::dedup_key(&taken)
    };
    let alert = |status: &str, title: &str| {
        format!(
            r#"{{"id":"da1","machineId":"m","severity":"High","status":"{status}","title":"{title}","alertCreationTime":"2026-01-26T20:33:01Z","firstEventTime":"2026-01-26T20:31:32Z"}}"#
        )
    };
    let first = key(&alert("New", "a"));
    assert_eq!(first, key(&format!("{{\"value\": [ {} ]}}", alert("Resolved", "a"))));
    assert_ne!(first, key(&alert("New", "b")), "another alert under an id used again");
    assert_ne!(key(r#"{"title":"a"}"#), key(r#"{"title":"b"}"#));
}

#[test]
fn every_named_source_reads_its_own_and_takes_a_vendors_new_format_by_the_usual_names() {
    for adapter in intake::adapters() {
        let input = br#"{"title":"x","host":"ws1"}"#;
        let results: Vec<_> = intake::read(Some(adapter), &input[..]).collect();
        let Some(Ok(taken)) = results.first() else { continue };
        assert_eq!(taken.alert.source, adapter.name);
        assert_eq!(results.len(), 1, "{}", adapter.name);
    }
}

#[test]
fn what_a_vendor_publishes_anew_under_the_same_id_is_no_repetition() {
    let key = |text: String| {
        let taken = intake::read(None, text.as_bytes()).next().unwrap().unwrap();
        assert!(taken.alert.source_id.is_some(), "{}", taken.alert.source);
        (taken.alert.source.clone(), intake::dedup_key(&taken))
    };
    let csaf = |version: &str| {
        format!(
            r#"{{"document":{{"csaf_version":"2.0","title":"Pump gateway","publisher":{{"name":"Acme"}},"tracking":{{"id":"ACME-1","version":"{version}","current_release_date":"2026-03-02T08:14:15Z"}}}}}}"#
        )
    };
    let stix = |modified: &str| {
        format!(
            r#"{{"type":"bundle","id":"bundle--1","objects":[{{"type":"report","id":"report--1","name":"Loader","created":"2026-01-01T00:00:00Z","modified":"{modified}"}}]}}"#
        )
    };
    let misp = |timestamp: &str| {
        format!(
            r#"{{"Event":{{"uuid":"e-1","info":"Loader","threat_level_id":"1","timestamp":"{timestamp}","publish_timestamp":"1700000000","Attribute":[]}}}}"#
        )
    };
    let statuspage = |update: &str| {
        format!(
            r#"{{"page":{{"id":"p"}},"incident":{{"id":"i","name":"EHR down","status":"identified","impact":"major","created_at":"2026-03-02T08:14:15Z","incident_updates":[{{"id":"{update}","status":"identified","body":"x","created_at":"2026-03-02T08:20:00Z"}}]}}}}"#
        )
    };
    let versions: [(&str, [String; 2]); 4] = [
        ("csaf", [csaf("1"), csaf("2")]),
        ("stix21", [stix("2026-01-01T00:00:00Z"), stix("2026-02-01T00:00:00Z")]),
        ("misp", [misp("1700000001"), misp("1700000002")]),
        ("statuspage", [statuspage("u-1"), statuspage("u-2")]),
    ];
    for (source, [first, second]) in versions {
        assert_eq!(key(first.clone()).0, source);
        assert_ne!(key(first.clone()), key(second), "an update of {source} would be lost");
        assert_eq!(key(first.clone()), key(first));
    }
}
