//! The same evidence is the same result, to the byte, however the threads fell: what is sealed once is not sealed again.
#![cfg(test)]

use std::{io::Cursor, path::Path};

use app::ports::{Hunter as _, Quarry};
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

#[test]
fn the_same_evidence_is_the_same_result() {
    let engine = Engine::new();
    let first = serde_json::to_string_pretty(&engine.hunt(items(false), &[]).unwrap()).unwrap();
    for round in 1..6 {
        let again = serde_json::to_string_pretty(&engine.hunt(items(round % 2 == 1), &[]).unwrap()).unwrap();
        let differs = first.lines().zip(again.lines()).find(|(one, other)| one != other);
        assert_eq!(differs, None, "round {round}");
        assert_eq!(first, again);
    }
}
