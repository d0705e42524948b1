//! The master file table of NTFS (`$MFT`), read by the crate `mft`: every file of a volume, also deleted ones whose record was not
//! used again, with its times. Each becomes an event at the time when it was made, and another when it was last written; a file
//! whose `$STANDARD_INFORMATION` says an earlier making than its `$FILE_NAME` was set back by somebody (ATT&CK T1070.006).

use std::{
    io::BufReader,
    panic::{AssertUnwindSafe, catch_unwind},
};

use mft::{MftEntry, MftParser, Timestamp, attribute::MftAttributeContent};

use super::{Artefact, Damage, Head, ReadAt, Stream, row::Row};
use crate::event::Event;

/// The reader.
#[derive(Debug)]
pub struct Mft;

/// Whether these are the first bytes of a table: a record of 1,024 or 4,096 bytes that is in use.
fn is_table(head: &[u8]) -> bool {
    let size = head.get(28..32).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    head.starts_with(b"FILE") && matches!(size, Some(1024 | 4096))
}

impl Artefact for Mft {
    fn name(&self) -> &'static str {
        "mft"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_table(head.bytes)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        // A parser of foreign bytes that gives up ends its file and not the run.
        let read = catch_unwind(AssertUnwindSafe(|| table(file, &mut damage, each)));
        if read.is_err() {
            damage.records += 1;
            damage.note("the rest of the table is broken in a way that its parser does not survive");
        }
        damage
    }
}

fn table(file: &dyn ReadAt, damage: &mut Damage, each: &mut dyn FnMut(&Event<'_>)) {
    let stream = BufReader::with_capacity(1 << 18, Stream::new(file));
    let mut table = match MftParser::from_read_seek(stream, Some(file.size())) {
        Ok(table) => table,
        Err(error) => {
            damage.records += 1;
            return damage.note(error.to_string());
        }
    };
    for number in 0..table.get_entry_count() {
        let entry = match table.get_entry(number) {
            // A record that was never used is all zeros.
            Ok(entry) if entry.header.signature == [0; 4] => continue,
            Ok(entry) if !entry.header.is_valid() => {
                damage.records += 1;
                continue;
            }
            Ok(entry) => entry,
            Err(_) => {
                damage.records += 1;
                continue;
            }
        };
        if !entry.header.is_base_record() {
            continue;
        }
        let path = table.get_full_path_for_entry(&entry).ok().flatten();
        if let Some(path) = path {
            let path = path.to_string_lossy().replace('/', "\\");
            told(&entry, &path, number, each);
        }
    }
}

fn told(entry: &MftEntry, path: &str, number: u64, each: &mut dyn FnMut(&Event<'_>)) {
    let (mut standard, mut named) = (None, None);
    for attribute in entry.iter_attributes().flatten() {
        match attribute.data {
            MftAttributeContent::AttrX10(info) => standard = standard.or(Some(info)),
            MftAttributeContent::AttrX30(name) => {
                named = named.or(Some((name.created, name.modified, name.logical_size)));
            }
            _ => {}
        }
    }
    let Some(standard) = standard else { return };
    let mut row = Row { channel: "windows/mft".to_owned(), ..Row::default() };
    row.push("TargetFilename", path);
    row.push("FileName", path.rsplit('\\').next().unwrap_or(path));
    row.push("Directory", if entry.is_dir() { "true" } else { "false" });
    row.push("Deleted", if entry.is_allocated() { "false" } else { "true" });
    let times = [
        ("Created", standard.created),
        ("Modified", standard.modified),
        ("RecordModified", standard.mft_modified),
        ("Accessed", standard.accessed),
    ];
    for (name, time) in times {
        row.push(name, time.to_string());
    }
    if let Some((created, modified, size)) = named {
        row.push("NameCreated", created.to_string());
        row.push("NameModified", modified.to_string());
        row.push("Size", size.to_string());
        row.push("SetBack", if set_back(standard.created, created) { "true" } else { "false" });
    }
    let place = row.fields.len();
    let mut tell = |time: Timestamp, action: &str| {
        row.time = Some(time);
        row.fields.truncate(place);
        row.push("Action", action);
        row.emit(number, each);
    };
    tell(standard.created, "created");
    if standard.modified != standard.created {
        tell(standard.modified, "modified");
    }
}

/// Whether a file claims to be more than a day older than its name, to the whole second as tools set it. Copies and archives bring
/// old times of writing along, but not of making.
fn set_back(created: Timestamp, named: Timestamp) -> bool {
    named.as_second() - created.as_second() > 86_400 && created.subsec_nanosecond() == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNIX_IN_FILETIME: u64 = 116_444_736_000_000_000;

    fn filetime(second: u64) -> [u8; 8] {
        (second * 10_000_000 + UNIX_IN_FILETIME).to_le_bytes()
    }

    fn attribute(kind: u32, id: u16, value: &[u8]) -> Vec<u8> {
        let length = (24 + value.len()).next_multiple_of(8);
        let mut bytes = Vec::new();
        bytes.extend(kind.to_le_bytes());
        bytes.extend((length as u32).to_le_bytes());
        bytes.extend([0, 0, 24, 0, 0, 0]);
        bytes.extend(id.to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend([24, 0, 0, 0]);
        bytes.extend(value);
        bytes.resize(length, 0);
        bytes
    }

    /// A record as NTFS writes one: header, update sequence, `$STANDARD_INFORMATION`, `$FILE_NAME`.
    fn record(number: u32, name: &str, directory: bool, created: u64, named: u64) -> Vec<u8> {
        let times = |second: u64| {
            [filetime(second), filetime(second + 60), filetime(second), filetime(second)].concat()
        };
        let mut standard = times(created);
        standard.resize(72, 0);
        // The parent is the root, which is record 5 with sequence 5.
        let mut file_name = [5, 0, 0, 0, 0, 0, 5, 0].to_vec();
        file_name.extend(times(named));
        file_name.extend([0; 8]);
        file_name.extend(4096_u64.to_le_bytes());
        file_name.extend([0; 8]);
        let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        file_name.extend([(letters.len() / 2) as u8, 1]);
        file_name.extend(letters);
        let attributes =
            [attribute(0x10, 0, &standard), attribute(0x30, 1, &file_name), vec![0xff; 4], vec![0; 4]];
        let attributes = attributes.concat();
        let mut bytes = b"FILE".to_vec();
        bytes.extend([48, 0, 3, 0]);
        bytes.extend([0; 8]);
        bytes.extend(if number == 5 { [5, 0, 1, 0] } else { [1, 0, 1, 0] });
        bytes.extend([56, 0, if directory { 3 } else { 1 }, 0]);
        bytes.extend((56 + attributes.len() as u32).to_le_bytes());
        bytes.extend(1024_u32.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend([2, 0, 0, 0]);
        bytes.extend(number.to_le_bytes());
        // Update sequence: the number 1 at the end of each sector, whose own bytes are zero.
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(attributes);
        bytes.resize(1024, 0);
        bytes[510] = 1;
        bytes[1022] = 1;
        bytes
    }

    fn sample() -> Vec<u8> {
        let mut table = Vec::new();
        for number in 0..5 {
            table.extend(record(number, &format!("$M{number}"), false, 1_700_000_000, 1_700_000_000));
        }
        table.extend(record(5, ".", true, 1_700_000_000, 1_700_000_000));
        table.extend(record(6, "HOW_TO_DECRYPT.txt", false, 1_789_000_000, 1_789_000_000));
        table.extend(record(7, "svc.exe", false, 1_500_000_000, 1_789_000_000));
        table
    }

    #[test]
    fn files_are_read_with_their_times_and_those_that_were_set_back() {
        let bytes = sample();
        assert!(Mft.recognises(&Head { path: "C/$MFT", bytes: &bytes[..1024], size: bytes.len() as u64 }));
        let mut seen = Vec::new();
        let damage = Mft.read(&bytes, 0, &mut |event| {
            if event.record >= 6 {
                let of = |name: &str| event.get(name).unwrap_or_default().into_owned();
                let time = event.time.unwrap();
                seen.push(format!("{time} {} {} {}", of("Action"), of("TargetFilename"), of("SetBack")));
            }
        });
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(
            seen,
            [
                "2026-09-10T00:26:40Z created HOW_TO_DECRYPT.txt false",
                "2026-09-10T00:27:40Z modified HOW_TO_DECRYPT.txt false",
                "2017-07-14T02:40:00Z created svc.exe true",
                "2017-07-14T02:41:00Z modified svc.exe true",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_damage_is_survived(flips in prop::collection::vec((0_usize..8192, any::<u8>()), 0..64), cut in 0_usize..8192) {
            let mut bytes = sample();
            for (at, byte) in flips {
                bytes[at] = byte;
            }
            bytes.truncate(cut);
            let _ = Mft.read(&bytes, 0, &mut |_| ());
        }
    }
}
