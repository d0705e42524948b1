//! Whatever is called evidence, a run comes to its end: random bytes under every name, and every file of the shared samples.

use std::path::Path;

use hunt::{
    archive::{Limits, expand},
    artefact::mapped,
    evidence::Item,
    run::{Hunt, Outcome, Progress},
    teller::Teller,
    walk,
};
use proptest::prelude::*;

fn run(items: Vec<Item>) -> Outcome {
    let mut items = expand(items, &Limits::default());
    let (mappings, _) = mapped::found(&items);
    mapped::apply(&mut items, mappings);
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 2, progress: &progress };
    let (outcome, tellers) = hunt.run(&items, Teller::new, &mut drop);
    let mut teller = Teller::join(tellers);
    for (file, damage) in &outcome.damage {
        teller.could_not_read(file, damage);
    }
    let (story, coverage) = teller.finish();
    assert!(serde_json::to_string(&story).is_ok() && serde_json::to_string(&coverage).is_ok());
    outcome
}

/// The first bytes by which readers recognise their own, so that random bytes get past the door.
const STARTS: [&[u8]; 16] = [
    b"",
    b"ElfFile\0",
    b"PK\x03\x04",
    b"7z\xbc\xaf\x27\x1c\0\x04",
    b"\x1f\x8b\x08\0",
    b"FILE0\0\x03\0",
    b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
    b"__CURSOR=s\n",
    b"#separator \\x09\n#fields\tts\n",
    b"{\"Operation\":1,\"CreationTime\":2}\n",
    b"Timestamp,RuleTitle,Computer\n",
    b"date=2026-09-13 time=04:40:31 devname=a type=b\n",
    b"<34>1 2026-09-12T03:10:22Z gw1 ",
    b"Sep 12 03:10:22 gw1 sshd[1]: ",
    b"type=EXECVE msg=audit(1.2:3): ",
    b"CEF:0|a|b|c|d|e|f|",
];
const NAMES: [&str; 12] = [
    "Security.evtx",
    "x.zip",
    "x.7z",
    "x.tar.gz",
    "x.gz",
    "$MFT",
    "a.lnk",
    "a.csv",
    "a.json",
    "auth.log",
    "a.mapping.toml",
    "nameless",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn random_bytes_under_any_name_end_well(
        start in prop::sample::select(&STARTS[..]),
        name in prop::sample::select(&NAMES[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..6000),
    ) {
        run(vec![Item::of_bytes(name, [start, &bytes[..]].concat())]);
    }
}

#[test]
fn every_file_of_the_shared_samples_is_survived() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !shared.is_dir() {
        eprintln!("SKIPPED: {} is absent; its files are not tried", shared.display());
        return;
    }
    let (items, faults) = walk::files(&shared).unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let count = items.len();
    let outcome = run(items);
    eprintln!(
        "{count} files: {} read, {} records, {} damaged",
        outcome.files,
        outcome.records,
        outcome.damage.len()
    );
    assert!(outcome.records > 8_000);
}
