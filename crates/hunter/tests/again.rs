//! The same evidence is the same result, to the byte, however the threads fell: what is sealed once is not sealed again.
#![cfg(test)]

use std::{
    io::{Cursor, Read as _},
    path::Path,
};

use app::ports::{HuntProgress, Hunter as _, Quarry};
use hunter::Engine;
use kernel::EvidenceId;

/// The demo's evidence, in an order of its own.
fn items(backwards: bool) -> Vec<Quarry> {
    let firewall =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo/evidence/FW-EDGE1-traffic.log");
    let mut files = vec![("FW-EDGE1-traffic.log".to_owned(), std::fs::read(firewall).unwrap())];
    files.extend(monday::logs().unwrap().into_iter().map(|log| (log.path.to_string(), log.bytes)));
    let mut items: Vec<Quarry> = (1_u128..)
        .zip(files)
        .map(|(number, (name, bytes))| Quarry {
            evidence: EvidenceId::from_u128(number),
            name,
            bytes: bytes.len() as u64,
            open: Box::new(move || Ok(Box::new(Cursor::new(bytes.clone())))),
        })
        .collect();
    if backwards {
        items.reverse();
    }
    items
}

/// What is found, and the files that say it event by event.
fn found(engine: &Engine, backwards: bool) -> Vec<String> {
    let caught = engine.hunt(items(backwards), &[], &HuntProgress::default()).unwrap();
    let mut texts = vec![serde_json::to_string_pretty(&caught.found).unwrap()];
    for mut file in caught.files {
        let mut text = String::new();
        file.bytes.read_to_string(&mut text).unwrap();
        texts.push(text);
    }
    texts
}

#[test]
fn the_same_evidence_is_the_same_result() {
    let engine = Engine::new();
    let first = found(&engine, false);
    assert_eq!(first.len(), 3);
    for round in 1..6 {
        let again = found(&engine, round % 2 == 1);
        for (one, other) in first.iter().zip(&again) {
            let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            assert_eq!(differs, None, "round {round}");
        }
        assert_eq!(first, again);
    }
}

#[test]
fn each_detection_stands_in_its_file_by_file_and_record_and_in_the_timeline() {
    let caught = Engine::new().hunt(items(false), &[], &HuntProgress::default()).unwrap();
    let texts = found(&Engine::new(), false);
    let detections: Vec<serde_json::Value> =
        texts[1].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(detections.len(), caught.found.detections);
    let place = |line: &serde_json::Value| {
        (line["file"].as_str().unwrap().to_owned(), line["record_id"].as_u64().unwrap())
    };
    assert!(detections.windows(2).all(|pair| place(&pair[0]) <= place(&pair[1])));
    let times: Vec<&str> = texts[2].lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert!(times.len() > detections.len(), "{} lines", times.len());
    assert!(texts[2].lines().any(|line| line.contains(",detection,")));
}
