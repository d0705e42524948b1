//! The demo's Monday through the engine: event logs and the firewall's log go in, the story comes out, rules and all.

use std::{path::Path, sync::Arc};

use hunt::{
    evidence::Item,
    judge::Judge,
    run::{Hunt, Progress},
    source::Sources,
    teller::Teller,
};
use sigma::{Level, Settings};

fn rules(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rules(&path, texts);
        } else if path.extension().is_some_and(|ending| ending == "yml") {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn the_engine_tells_the_demos_story_from_its_raw_files() {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let firewall = std::fs::read(content.join("demo/evidence/FW-EDGE1-traffic.log")).unwrap();
    let mut items: Vec<Item> =
        monday::logs().unwrap().into_iter().map(|log| Item::of_bytes(&log.path, log.bytes)).collect();
    items.push(Item::of_bytes("FW-EDGE1-traffic.log", firewall));
    items.sort_by(|one, other| one.path.cmp(&other.path));
    let mut texts = Vec::new();
    rules(&content.join("rules"), &mut texts);
    let set =
        sigma::compile(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())), &Settings::default());
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), Level::Informational);
    let progress = Progress::default();
    let hunt = Hunt { rules: Some(&judge), threads: 2, progress: &progress };
    let (outcome, tellers) = hunt.run(&items, Teller::new, &mut |_| {});
    assert!(outcome.damage.is_empty() && outcome.unread.is_empty(), "{outcome:?}");
    assert!(outcome.records > 8_000 && outcome.detections >= 5, "{outcome:?}");
    let mut teller = Teller::join(tellers);
    teller.correlated(&outcome.correlated);
    let (story, coverage) = teller.finish();
    assert_eq!(story.earliest.time, Some("2026-09-11T02:41:07Z".parse().unwrap()));
    assert_eq!(story.initial_access.len(), 2, "{:?}", story.initial_access);
    assert_eq!(story.exfiltration.iter().find_map(|answer| answer.bytes), Some(18_412_331_008));
    assert!(story.impact.iter().any(|answer| !answer.rules.is_empty()), "{:?}", story.impact);
    let hosts: Vec<&str> = story.hosts.iter().map(|seen| &*seen.host).collect();
    assert_eq!(hosts, ["WS-BILL2", "SRV-FILE1", "SRV-BKP1", "SRV-ASC1", "SRV-DC1"]);
    let accounts: Vec<&str> = story.accounts.iter().map(|seen| &*seen.account).collect();
    assert_eq!(accounts, ["CEDAR\\mkessler", "CEDAR\\svc-backup"]);
    assert!(coverage.says.iter().any(|line| line.contains("The Security log of SRV-DC1 was cleared")));
    // What each hour shows changes when something happened to it, and not with each quiet hour.
    let hours: Vec<String> =
        coverage.hours.iter().map(|span| format!("{} {}", span.from, span.says)).collect();
    assert!(hours.len() <= 12, "{hours:#?}");
}
