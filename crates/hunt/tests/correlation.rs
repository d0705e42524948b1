//! Correlation rules over more than memory holds: the same findings in the same numbers, and a word about it.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use hunt::{
    detect::Detection,
    evidence::Item,
    judge::Judge,
    run::{Hunt, Outcome, Progress},
    source::Sources,
};
use sigma::{Level, Settings};

/// A base that speaks for itself as well, three of its events by one account within a minute, and two such findings in an hour.
const RULES: &str = "title: sign-in
name: sign_in
level: low
logsource: {product: azure, service: signinlogs}
detection: {s: {status.errorCode: 50126}, condition: s}
---
title: three in a minute
name: three
level: medium
correlation:
  type: event_count
  rules: [sign_in]
  group-by: [userPrincipalName]
  timespan: 1m
  generate: true
  condition: {gte: 3}
---
title: three in a minute, and again within the hour
level: high
correlation:
  type: event_count
  rules: [three]
  group-by: [userPrincipalName]
  timespan: 1h
  generate: true
  condition: {gte: 2}
";

fn judge(waiting: Option<usize>) -> Judge {
    let set = sigma::compile([("rules", RULES)], &Settings::default());
    assert!(set.refused.is_empty(), "{:?}", set.refused);
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), Level::Low);
    match waiting {
        Some(waiting) => judge.holding(waiting),
        None => judge,
    }
}

/// One sign-in a second: every hundredth minute of it is of one account, all others are of accounts that are seen once.
fn log(from: i64, seconds: i64) -> Vec<u8> {
    let mut text = String::new();
    for second in from..from + seconds {
        let time = jiff::Timestamp::from_second(1_789_000_000 + second).unwrap();
        let user = if second % 600 < 3 { "often".to_owned() } else { format!("u{second}") };
        writeln!(
            text,
            r#"{{"createdDateTime":"{time}","userPrincipalName":"{user}@cedar.example","status":{{"errorCode":50126}}}}"#
        )
        .unwrap();
    }
    text.into_bytes()
}

fn hunt(judge: &Judge, logs: &[(&str, Vec<u8>)], threads: usize) -> (Outcome, Vec<Detection>) {
    let items: Vec<Item> = logs.iter().map(|(name, bytes)| Item::of_bytes(name, bytes.clone())).collect();
    let progress = Progress::default();
    let hunt = Hunt { rules: Some(judge), threads, progress: &progress };
    let mut found = Vec::new();
    let (outcome, _) = hunt.run(&items, || (), &mut |detection| found.push(detection));
    (outcome, found)
}

fn findings(outcome: &Outcome) -> BTreeSet<String> {
    outcome.correlated.iter().map(|found| serde_json::to_string(found).unwrap()).collect()
}

#[test]
fn what_waits_beyond_memory_is_found_all_the_same_and_it_is_said() {
    let logs = [("a.jsonl", log(0, 9_000)), ("b.jsonl", log(9_000, 9_000))];
    let (roomy, _) = hunt(&judge(None), &logs, 2);
    assert!(roomy.notes.is_empty(), "{:?}", roomy.notes);
    let of = |outcome: &Outcome, title: &str| {
        outcome.correlated.iter().filter(|found| found.rule == title).count()
    };
    assert_eq!(of(&roomy, "three in a minute"), 30);
    assert_eq!(of(&roomy, "three in a minute, and again within the hour"), 15);
    for threads in [1, 2] {
        let (narrow, _) = hunt(&judge(Some(500)), &logs, threads);
        assert_eq!(findings(&narrow), findings(&roomy));
        assert_eq!(narrow.detections, roomy.detections);
        let [note] = narrow.notes.as_slice() else { panic!("{:?}", narrow.notes) };
        assert!(note.contains("more than 500 events wait") && note.contains("after a.jsonl"), "{note}");
    }
}

#[test]
fn one_file_with_more_than_memory_holds_is_told_in_order_to_the_last_record() {
    let logs = [("a.jsonl", log(0, 60_000))];
    let (outcome, found) = hunt(&judge(None), &logs, 2);
    assert_eq!(outcome.records, 60_000);
    // What the end alone told was not called back with.
    assert_eq!(found.len(), 60_000);
    assert!(found.is_sorted_by_key(|found| found.record_id));
    assert_eq!(outcome.detections, 60_000 + 100 + 50);
    assert_eq!((outcome.correlated.len(), outcome.late), (150, 150));
    assert_eq!(outcome.notes.len(), 1, "{:?}", outcome.notes);
}

#[test]
fn findings_that_are_more_than_a_story_could_hold_are_all_told() {
    let often = RULES.replace("gte: 3", "gte: 1");
    let set = sigma::compile([("rules", often.as_str())], &Settings::default());
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), Level::Medium);
    let names: Vec<String> = (0..8).map(|number| format!("{number}.jsonl")).collect();
    let logs: Vec<(&str, Vec<u8>)> =
        (0..).zip(&names).map(|(number, name)| (name.as_str(), log(number * 15_000, 15_000))).collect();
    let (outcome, found) = hunt(&judge, &logs, 2);
    assert_eq!(outcome.correlated.len(), hunt::run::TOLD);
    assert!(found.len() > 120_000);
    assert_eq!((outcome.detections, outcome.correlations), (found.len() as u64, found.len() as u64));
    let [note] = outcome.notes.as_slice() else { panic!("{:?}", outcome.notes) };
    assert!(note.contains("up to 6.jsonl"), "{note}");
}
