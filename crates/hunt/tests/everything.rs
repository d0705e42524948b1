//! Whatever is called evidence, a run comes to its end: random bytes under every name, and every file of the shared samples.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use hunt::{
    archive::{Limits, expand},
    artefact::{Damage, mapped},
    detect::Detection,
    event::Event,
    evidence::Item,
    run::{Hunt, Outcome, Progress, Watcher},
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

/// Counts events by file, and knows which reader took which file.
#[derive(Default)]
struct Count {
    records: BTreeMap<Arc<str>, u64>,
    readers: BTreeMap<Arc<str>, &'static str>,
}

impl Watcher for Count {
    fn event(&mut self, file: &Arc<str>, _: &Event<'_>, _: &[Detection]) {
        *self.records.entry(Arc::clone(file)).or_default() += 1;
    }

    fn part(&mut self, file: &Arc<str>, artefact: &'static str, _: &Damage) {
        self.readers.insert(Arc::clone(file), artefact);
    }
}

/// The records of an event log, counted without the reader: each chunk's from the first on by its size, to where the chunk's
/// header says that they end. What lies behind belongs to an earlier life of the chunk.
fn records_of(log: &[u8]) -> u64 {
    let number = |bytes: &[u8], at: usize| -> usize {
        bytes.get(at..at + 4).map_or(0, |four| u32::from_le_bytes(four.try_into().unwrap()) as usize)
    };
    let mut count = 0;
    for chunk in log[4096..].chunks(65_536).filter(|chunk| chunk.starts_with(b"ElfChnk\0")) {
        let (mut at, end) = (512, number(chunk, 48));
        while at < end {
            assert_eq!(&chunk[at..at + 4], b"**\0\0");
            at += number(chunk, at + 4);
            count += 1;
        }
    }
    count
}

/// What the shared samples hold, by the kind of file: counted by [`records_of`] for event logs, by lines for text, by hand for JSON.
const KINDS: [(&str, u64, u64); 5] =
    [("evtx", 277, 8_255), ("firewall", 3, 30), ("json", 54, 85), ("syslog", 9, 15), ("table", 13, 37)];

#[test]
fn every_record_of_the_shared_samples_is_read_and_every_file_survived() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !shared.is_dir() {
        eprintln!("SKIPPED: {} is absent; its files are not tried", shared.display());
        return;
    }
    let (items, faults) = walk::files(&shared).unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    run(items);
    let (items, _) = walk::files(&shared).unwrap();
    let items = expand(items, &Limits::default());
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 2, progress: &progress };
    let (outcome, counts) = hunt.run(&items, Count::default, &mut drop);
    let (mut records, mut readers) = (BTreeMap::<Arc<str>, u64>::new(), BTreeMap::new());
    for count in counts {
        count.records.into_iter().for_each(|(file, more)| *records.entry(file).or_default() += more);
        readers.extend(count.readers);
    }
    let mut kinds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (file, reader) in &readers {
        let read = records.get(file).copied().unwrap_or(0);
        let kind = kinds.entry(reader).or_default();
        *kind = (kind.0 + 1, kind.1 + read);
        if *reader == "evtx" {
            let bytes = std::fs::read(shared.join(&**file)).unwrap();
            assert_eq!(read, records_of(&bytes), "{file}");
        } else if matches!(*reader, "firewall" | "syslog") {
            let text = std::fs::read(shared.join(&**file)).unwrap();
            let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            assert_eq!(read, lines.count() as u64, "{file}");
        }
    }
    let kinds: Vec<(&str, u64, u64)> =
        kinds.into_iter().map(|(kind, (files, read))| (kind, files, read)).collect();
    // What is of no kind that a hunt reads, and says so: answers of a Duo server, of the Graph's alerts, of InsightIDR.
    assert_eq!(outcome.damage.len(), 3, "{:?}", outcome.damage);
    assert_eq!(kinds, KINDS);
    assert_eq!(outcome.records, KINDS.iter().map(|(.., records)| records).sum::<u64>());
}
