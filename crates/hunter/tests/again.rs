//! The same evidence is the same result, to the byte, however the threads fell: what is sealed once is not sealed again.
#![cfg(test)]

use std::{
    io::{Cursor, Read as _, Write as _},
    path::Path,
};

use app::ports::{HuntProgress, Hunter as _, MoreRules, Quarry, RuleText};
use hunter::Engine;
use kernel::EvidenceId;
use zip::{ZipWriter, write::SimpleFileOptions};

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
    let caught = engine.hunt(items(backwards), &MoreRules::default(), &HuntProgress::default()).unwrap();
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
    let caught = Engine::new().hunt(items(false), &MoreRules::default(), &HuntProgress::default()).unwrap();
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

fn zipped<'b>(members: impl IntoIterator<Item = (&'b str, &'b [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_sealed_collection_tells_the_story_and_points_at_itself_and_the_file_in_it() {
    let logs = monday::logs().unwrap();
    let archive = zipped(logs.iter().map(|log| (&*log.path, &log.bytes[..])));
    let firewall =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/demo/evidence/FW-EDGE1-traffic.log");
    let files = [("collection.zip", archive), ("FW-EDGE1-traffic.log", std::fs::read(firewall).unwrap())];
    let sealed = (1_u128..).zip(files).map(|(number, (name, bytes))| Quarry {
        evidence: EvidenceId::from_u128(number),
        name: name.to_owned(),
        bytes: bytes.len() as u64,
        open: Box::new(move || Ok(Box::new(Cursor::new(bytes.clone())))),
    });
    let engine = Engine::new();
    let packed =
        engine.hunt(sealed.collect(), &MoreRules::default(), &HuntProgress::default()).unwrap().found;
    let plain = engine.hunt(items(false), &MoreRules::default(), &HuntProgress::default()).unwrap().found;
    assert_eq!((packed.records, packed.detections), (plain.records, plain.detections));
    assert_eq!((&packed.hosts, &packed.accounts), (&plain.hosts, &plain.accounts));
    let origins = packed.answers.iter().flat_map(|answer| &answer.rests_on);
    let inside: Vec<_> = origins.filter(|origin| origin.file.contains('!')).collect();
    assert!(!inside.is_empty());
    for origin in inside {
        assert!(origin.file.starts_with("collection.zip!"), "{}", origin.file);
        assert_eq!(origin.evidence, EvidenceId::from_u128(1));
    }
}

#[test]
fn rules_come_out_of_a_zip_and_as_they_were_sent() {
    let rule = "title: Any logon\nid: 4d1f6a52-6d0f-4a43-9f7c-1f2b5f0a0001\nlogsource: {product: windows, service: security}\n\
        detection: {selection: {EventID: 4624}, condition: selection}\nlevel: low\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.zip");
    let members = [("a/logon.yml", rule.as_bytes()), ("README.md", &b"no rule"[..])];
    std::fs::write(&path, zipped(members)).unwrap();
    let named = hunt::rules::named(&path).unwrap();
    assert_eq!(named, [(format!("{}!a/logon.yml", path.display()), rule.to_owned())]);
    let engine = Engine::new();
    let hunted = |more: MoreRules| engine.hunt(items(false), &more, &HuntProgress::default()).unwrap().found;
    let without = hunted(MoreRules::default());
    let by_path = hunted(MoreRules { paths: vec![path], ..MoreRules::default() });
    let sent = RuleText { name: "logon.yml".to_owned(), text: rule.to_owned() };
    let by_text = hunted(MoreRules { texts: vec![sent], ..MoreRules::default() });
    assert!(by_path.detections > without.detections && by_path.rules == without.rules + 1);
    assert_eq!(by_text.detections, by_path.detections);
}

#[test]
fn yara_rules_find_sealed_files_and_point_at_the_item_and_the_file_in_it() {
    let rule = "rule locker { meta: title = \"Locker's note\" level = \"high\" mitre = \"T1486\" strings: $a = \"files are locked\" \
        condition: $a }\nrule low { meta: level = \"low\" condition: filesize > 0 }";
    let archive =
        zipped([("share/note.txt", &b"your files are locked"[..]), ("share/other.txt", b"nothing")]);
    let quarry = || {
        let archive = archive.clone();
        vec![Quarry {
            evidence: EvidenceId::from_u128(7),
            name: "share.zip".to_owned(),
            bytes: archive.len() as u64,
            open: Box::new(move || Ok(Box::new(Cursor::new(archive.clone())))),
        }]
    };
    let sent = |text: &str| vec![RuleText { name: "own.yar".to_owned(), text: text.to_owned() }];
    let hunted = |more: MoreRules| Engine::new().hunt(quarry(), &more, &HuntProgress::default()).unwrap();
    let mut caught = hunted(MoreRules { yara: sent(rule), ..MoreRules::default() });
    assert_eq!(caught.found.detections, 3);
    let answer = caught.found.answers.iter().find(|answer| answer.text.contains("YARA")).unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.question.as_str()),
        ("a file matches the YARA rule Locker's note", "impact")
    );
    assert_eq!(answer.rests_on.len(), 1);
    let place = &answer.rests_on[0];
    assert_eq!((place.evidence, place.file.as_str()), (EvidenceId::from_u128(7), "share.zip!share/note.txt"));
    let mut lines = String::new();
    caught.files[0].bytes.read_to_string(&mut lines).unwrap();
    assert_eq!(lines.lines().filter(|line| line.contains("\"channel\":\"yara\"")).count(), 3, "{lines}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.yar");
    std::fs::write(&path, rule).unwrap();
    let by_path = hunted(MoreRules { yara_paths: vec![path], ..MoreRules::default() }).found;
    assert_eq!(by_path.detections, 3);
    let broken = hunted(MoreRules { yara: sent("rule x {"), ..MoreRules::default() }).found;
    assert_eq!(broken.detections, 0);
    assert!(
        broken.notes[0].contains("YARA rules could not be used; the first: own.yar"),
        "{:?}",
        broken.notes
    );
}
