//! All that `tourniquet hunt` does between its arguments and its last line, on the demo's logs with the rules of the program.

use std::{fs, path::Path, sync::Arc, time::Instant};

use hunt::{
    rules,
    run::Progress,
    sweep::{Evidence, Format, Summary, Sweep},
};
use serde_json::Value as Json;
use sigma::{Level, RuleSet};

/// A rule of which only the end can tell: few sign-ins of an account in a day.
const WAITS: &str = "title: base of the waiting rule
name: waiting_base
logsource: {product: windows, service: security}
detection: {s: {EventID: 4624}, condition: s}
---
title: the waiting rule
id: waits
correlation:
  type: event_count
  rules: [waiting_base]
  group-by: [TargetUserName]
  timespan: 1d
  condition: {gte: 1, lt: 3}
";

fn evidence(folder: &Path) -> Evidence {
    for log in monday::logs().unwrap() {
        let path = folder.join("logs").join(&log.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, log.bytes).unwrap();
    }
    Evidence::of(&[folder.join("logs")]).unwrap()
}

fn set(more: Option<&str>) -> Arc<RuleSet> {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules");
    let mut texts = rules::named(&content).unwrap();
    texts.extend(more.map(|text| ("more".to_owned(), text.to_owned())));
    Arc::new(rules::compile(&texts))
}

fn sweep(rules: &Arc<RuleSet>, folder: &Path, format: Format, threads: usize) -> (Summary, String) {
    let progress = Progress::default();
    let out = folder.join("out");
    let sweep = Sweep {
        rules: Arc::clone(rules),
        yara: None,
        format,
        least: Level::Informational,
        threads,
        out: Some(&out),
        progress: &progress,
        began: Instant::now(),
    };
    let mut printed = Vec::new();
    let summary = sweep.run(&evidence(folder), &mut printed).unwrap();
    (summary, String::from_utf8(printed).unwrap())
}

fn places(lines: &str) -> Vec<(String, u64)> {
    let place = |line: &str| {
        let line: Json = serde_json::from_str(line).unwrap();
        (line["file"].as_str().unwrap().to_owned(), line["record_id"].as_u64().unwrap())
    };
    lines.lines().map(place).collect()
}

#[test]
fn detections_come_in_the_order_of_files_and_records_and_the_folder_holds_them_all() {
    for more in [None, Some(WAITS)] {
        let (rules, folder) = (set(more), tempfile::tempdir().unwrap());
        let (summary, printed) = sweep(&rules, folder.path(), Format::Jsonl, 2);
        let places = places(&printed);
        assert!(places.is_sorted(), "{places:?}");
        assert_eq!(summary.detections, places.len() as u64);
        assert_eq!(printed.contains("the waiting rule"), more.is_some());
        let out = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
        assert_eq!(out("detections.jsonl"), printed);
        let told: Json = serde_json::from_str(&out("summary.json")).unwrap();
        assert_eq!(told["detections"], summary.detections);
        assert_eq!(told["correlated"], summary.correlated);
        assert!(summary.correlated > 0, "no correlation rule found anything: {told}");
        let correlated = printed.lines().find(|line| line.contains("\"events\":")).unwrap();
        let correlated: Json = serde_json::from_str(correlated).unwrap();
        assert!(out("timeline.csv").contains(correlated["rule"].as_str().unwrap()));
        assert!(out("story.json").contains(correlated["rule"].as_str().unwrap()), "{}", correlated["rule"]);
        for name in ["coverage.json", "story.json"] {
            serde_json::from_str::<Json>(&out(name)).unwrap();
        }
    }
}

#[test]
fn the_number_of_threads_changes_nothing_that_is_found() {
    let (rules, folder) = (set(Some(WAITS)), tempfile::tempdir().unwrap());
    let (_, one) = sweep(&rules, folder.path(), Format::Jsonl, 1);
    let (_, four) = sweep(&rules, folder.path(), Format::Jsonl, 4);
    assert_eq!(one, four);
}

#[test]
fn csv_and_timeline_hold_the_same_rows_and_the_timeline_is_in_the_order_of_time() {
    let (rules, folder) = (set(None), tempfile::tempdir().unwrap());
    let (summary, csv) = sweep(&rules, folder.path(), Format::Csv, 2);
    let (_, timeline) = sweep(&rules, folder.path(), Format::Timeline, 2);
    let rows = |text: &str| -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let (mut one, mut other) = (rows(&csv), rows(&timeline));
    assert_eq!(one.len() as u64, summary.detections);
    assert!(other.is_sorted_by_key(|row| row[0].clone()));
    one.sort();
    other.sort();
    assert_eq!(one, other);
}
