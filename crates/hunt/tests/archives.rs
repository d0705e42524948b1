//! Collections are read in place as collectors write them, and a hostile one ends no run and hides nothing beside it.

use std::{
    collections::BTreeMap,
    io::{Cursor, Write as _},
    sync::Arc,
};

use hunt::{
    archive::{Limits, expand},
    evidence::Item,
    run::{Hunt, Outcome, Progress, Watcher},
};
use proptest::prelude::*;
use zip::{ZipWriter, write::SimpleFileOptions};

const LINE: &str = "{\"eventType\":\"user.session.start\",\"published\":\"2026-09-11T02:41:07Z\",\"actor\":{\"alternateId\":\"a@x.example\"}}\n";

#[derive(Default)]
struct Files(BTreeMap<String, u64>);

impl Watcher for Files {
    fn event(&mut self, file: &Arc<str>, _: &hunt::event::Event<'_>, _: &[hunt::detect::Detection]) {
        *self.0.entry(file.to_string()).or_default() += 1;
    }
}

fn read(items: Vec<Item>, limits: &Limits) -> (BTreeMap<String, u64>, Outcome) {
    let items = expand(items, limits);
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 2, progress: &progress };
    let (outcome, watchers) = hunt.run(&items, Files::default, &mut drop);
    let mut files = BTreeMap::new();
    for watcher in watchers {
        for (file, count) in watcher.0 {
            *files.entry(file).or_default() += count;
        }
    }
    (files, outcome)
}

fn one(path: &str, bytes: Vec<u8>) -> (BTreeMap<String, u64>, Outcome) {
    read(vec![Item::of_bytes(path, bytes)], &Limits::default())
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar_gz(members: &[(&str, &[u8])]) -> Vec<u8> {
    let packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut tar = tar::Builder::new(packed);
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        // The crate refuses to write a name that leads out, as it should; an attacker does not.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// A 7z archive of one block that is stored as it is (7zFormat.txt of the LZMA SDK).
fn seven_zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let number = |value: usize| [&[0xff][..], &(value as u64).to_le_bytes()].concat();
    let data: Vec<u8> = members.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let count = number(members.len());
    let mut header = vec![0x01, 0x04, 0x06, 0x00, 0x01, 0x09];
    header.extend([number(data.len()), vec![0x00, 0x07, 0x0b, 0x01, 0x00, 0x01, 0x01, 0x00, 0x0c]].concat());
    header.extend([number(data.len()), vec![0x00, 0x08, 0x0d], count.clone(), vec![0x09]].concat());
    for (_, bytes) in &members[..members.len() - 1] {
        header.extend(number(bytes.len()));
    }
    header.extend([0x0a, 0x01]);
    members.iter().for_each(|(_, bytes)| header.extend(crc(bytes)));
    header.extend([&[0x00, 0x00, 0x05][..], &count, &[0x11]].concat());
    let names: Vec<u8> = members
        .iter()
        .flat_map(|(name, _)| name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>())
        .collect();
    header.extend([number(names.len() + 1), vec![0x00], names, vec![0x00, 0x00]].concat());
    let start = [
        (data.len() as u64).to_le_bytes().to_vec(),
        (header.len() as u64).to_le_bytes().to_vec(),
        crc(&header).to_vec(),
    ]
    .concat();
    [&b"7z\xbc\xaf\x27\x1c\x00\x04"[..], &crc(&start), &start, &data, &header].concat()
}

fn log() -> (Vec<u8>, u64) {
    let log = monday::logs().unwrap().into_iter().min_by_key(|log| log.bytes.len()).unwrap();
    let (files, _) = one("Security.evtx", log.bytes.clone());
    (log.bytes, files["Security.evtx"])
}

#[test]
fn collections_are_read_as_their_collectors_write_them() {
    let (evtx, count) = log();
    let logs = "Windows/System32/winevt/Logs/Security.evtx";
    let names = [
        // KAPE, CyLR, Velociraptor, and a tool that writes backslashes.
        format!("C/{logs}"),
        format!("WS-EXAM3/C/{logs}"),
        format!("uploads/ntfs/%5C%5C.%5CC%3A/{logs}"),
        format!("D\\{}", logs.replace('/', "\\")),
    ];
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &evtx[..])).collect();
    for (path, bytes) in [
        ("case/collection.zip", zip(&members)),
        ("case/collection.tar.gz", tar_gz(&members)),
        ("case/collection.7z", seven_zip(&members)),
    ] {
        let (files, outcome) = one(path, bytes);
        assert!(outcome.damage.is_empty(), "{outcome:?}");
        let mut expected: BTreeMap<String, u64> =
            names.iter().map(|name| (format!("{path}!{}", name.replace('\\', "/")), count)).collect();
        assert_eq!(files, std::mem::take(&mut expected));
    }
}

#[test]
fn archives_in_archives_and_packed_logs_are_read() {
    let inner = zip(&[("host/okta.jsonl", LINE.as_bytes())]);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(LINE.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let bytes = tar_gz(&[("a/inner.zip", &inner), ("a/okta.jsonl.1.gz", &gz), ("a/b.json", LINE.as_bytes())]);
    let (files, outcome) = one("all.tgz", bytes);
    assert!(outcome.damage.is_empty(), "{outcome:?}");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["all.tgz!a/b.json", "all.tgz!a/inner.zip!host/okta.jsonl", "all.tgz!a/okta.jsonl.1.gz!okta.jsonl.1"]
    );
}

#[test]
fn what_is_refused_is_told_and_the_rest_is_read() {
    let limits = Limits { depth: 2, members: 20, total: 1 << 20, ratio: 50, free: 64 << 10 };
    let line = LINE.as_bytes();
    let told = |path: &str, bytes: Vec<u8>| {
        let (files, outcome) = read(vec![Item::of_bytes(path, bytes)], &limits);
        let notes: Vec<String> = outcome
            .damage
            .iter()
            .map(|(path, damage)| format!("{path}: {}", damage.notes.join("; ")))
            .collect();
        (files.values().sum::<u64>(), notes.join("\n"))
    };
    let zeros = vec![0; 900 << 10];
    let (read_records, notes) = told("bomb.zip", zip(&[("zeros.json", &zeros), ("good.json", line)]));
    assert!(
        read_records == 1 && notes.contains("bomb.zip!zeros.json: ") && notes.contains("bomb"),
        "{notes}"
    );
    let (read_records, notes) = told("bomb.tar.gz", tar_gz(&[("good.json", line), ("zeros.json", &zeros)]));
    assert!(read_records == 1 && notes.contains("becomes more than"), "{notes}");
    let deep = zip(&[("3.zip", &zip(&[("x.json", line)])), ("good.json", line)]);
    let (read_records, notes) = told("1.zip", zip(&[("2.zip", &deep)]));
    assert!(read_records == 1 && notes.contains("1.zip!2.zip!3.zip: ") && notes.contains("deep"), "{notes}");
    let many: Vec<String> = (0..30).map(|number| format!("{number}.json")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), line)).collect();
    let (read_records, notes) = told("many.zip", zip(&many));
    assert!(read_records == 20 && notes.contains("more than the 20 members"), "{notes}");
}

#[test]
fn names_that_lead_out_stay_in_and_are_told() {
    for bytes in [
        zip(&[("../../etc/cron.d/x.json", LINE.as_bytes()), ("ok.json", LINE.as_bytes())]),
        tar_gz(&[("../../etc/cron.d/x.json", LINE.as_bytes()), ("ok.json", LINE.as_bytes())]),
    ] {
        let (files, outcome) = one("case", bytes);
        assert_eq!(files.keys().collect::<Vec<_>>(), ["case!etc/cron.d/x.json", "case!ok.json"]);
        let damage = &outcome.damage["case!etc/cron.d/x.json"];
        assert!(damage.notes[0].contains("leads out"), "{damage:?}");
    }
}

#[test]
fn of_a_cut_or_locked_archive_what_can_be_read_is() {
    let (evtx, count) = log();
    let whole =
        zip(&[("a/Security.evtx", &evtx), ("b/Security.evtx", &evtx), ("c/okta.json", LINE.as_bytes())]);
    let cut = whole.len() * 3 / 4;
    let (files, outcome) = one("cut.zip", whole[..cut].to_vec());
    assert_eq!(files["cut.zip!a/Security.evtx"], count);
    assert!(outcome.damage["cut.zip"].notes[0].contains("no readable directory"), "{outcome:?}");
    let whole = tar_gz(&[("a/Security.evtx", &evtx), ("b/Security.evtx", &evtx)]);
    let (files, outcome) = one("cut.tgz", whole[..whole.len() * 3 / 4].to_vec());
    assert_eq!(files["cut.tgz!a/Security.evtx"], count);
    assert!(outcome.damage.contains_key("cut.tgz"), "{outcome:?}");
    // The bit that says "encrypted", in the local header and in the directory.
    let mut locked = zip(&[("secret.json", LINE.as_bytes()), ("open.json", LINE.as_bytes())]);
    locked[6] |= 1;
    let directory = locked.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    locked[directory + 8] |= 1;
    let (files, outcome) = one("locked.zip", locked);
    assert_eq!(files.len(), 1);
    assert!(outcome.damage["locked.zip!secret.json"].notes[0].contains("encrypted"), "{outcome:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_damage_to_any_archive_is_survived(
        kind in 0_usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        cut in any::<prop::sample::Index>(),
    ) {
        let members: [(&str, &[u8]); 2] = [("a/okta.json", LINE.as_bytes()), ("b/x.evtx", b"ElfFile\0")];
        let mut bytes = match kind {
            0 => zip(&members),
            1 => tar_gz(&members),
            _ => seven_zip(&members),
        };
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()).max(bytes.len() / 2));
        one("any.zip", bytes);
    }
}
