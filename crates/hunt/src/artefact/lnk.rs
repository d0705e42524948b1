//! Windows shortcuts (MS-SHLLINK): what was opened, from which volume or share, on which machine, and when the target was made,
//! written and used. Read here and not by a crate: the maintained one opens paths alone, panics on some of them and brings a
//! second calendar.

use super::{Artefact, Damage, Head, ReadAt, fill, row::Row};
use crate::event::{Event, filetime};

/// The reader.
#[derive(Debug)]
pub struct Lnk;

/// The header's size and the class id of shortcuts.
const START: [u8; 20] = [0x4c, 0, 0, 0, 0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
/// Larger than a shortcut is: 1 MiB.
const LARGEST: u64 = 1 << 20;
const TRACKER: u32 = 0xA000_0003;

impl Artefact for Lnk {
    fn name(&self) -> &'static str {
        "lnk"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        head.bytes.starts_with(&START)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let mut bytes = vec![0; usize::try_from(file.size().min(LARGEST)).unwrap_or(0)];
        match fill(file, 0, &mut bytes) {
            Ok(count) => bytes.truncate(count),
            Err(error) => damage.note(error.to_string()),
        }
        let mut row = Row { channel: "windows/lnk".to_owned(), ..Row::default() };
        if link(&bytes, &mut row).is_none() {
            damage.records += 1;
            damage.note("the shortcut is cut off or broken; what stands before that was read");
        }
        if row.time.is_some() || !row.fields.is_empty() {
            row.emit(1, each);
        }
        damage
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// Text in the machine's code page up to a zero byte; what is not ASCII of it is told as it may be read.
fn text_at(bytes: &[u8], at: usize) -> Option<String> {
    let rest = bytes.get(at..)?;
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    let text = String::from_utf8_lossy(rest.get(..end)?).into_owned();
    (!text.is_empty()).then_some(text)
}

/// What can be read of a link; none where it ends before it should.
fn link(bytes: &[u8], row: &mut Row) -> Option<()> {
    let flags = u32_at(bytes, 20)?;
    let has = |bit: u32| flags & (1 << bit) != 0;
    for (name, at) in [("Created", 28), ("Accessed", 36), ("Modified", 44)] {
        let ticks = u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?);
        if let Some(time) = filetime(ticks).filter(|_| ticks > 0) {
            row.push(name, time.to_string());
            // The last use that the link knows of; what it knows else where it knows of none.
            row.time = if name == "Modified" { row.time.or(Some(time)) } else { Some(time) };
        }
    }
    row.push("Size", u32_at(bytes, 52)?.to_string());
    let mut at = 76;
    if has(0) {
        at += 2 + u16_at(bytes, at)?;
    }
    if has(1) {
        let length = size_at(bytes, at)?;
        info(bytes.get(at..at.checked_add(length)?)?, row)?;
        at += length;
    }
    for (bit, name) in
        [(2, "Name"), (3, "RelativePath"), (4, "WorkingDirectory"), (5, "Arguments"), (6, "Icon")]
    {
        if has(bit) {
            at = string(bytes, at, has(7), name, row)?;
        }
    }
    extra(bytes, at, row)
}

/// A counted string; says where it ends.
fn string(bytes: &[u8], at: usize, wide: bool, name: &str, row: &mut Row) -> Option<usize> {
    let count = u16_at(bytes, at)?;
    let length = if wide { count * 2 } else { count };
    let end = (at + 2).checked_add(length)?;
    let raw = bytes.get(at + 2..end)?;
    let mut text = String::new();
    if wide {
        crate::event::push_utf16(raw, &mut text);
    } else {
        text = String::from_utf8_lossy(raw).into_owned();
    }
    row.push(name, text);
    Some(end)
}

/// Where the target lies (2.3 LinkInfo): on a volume of the machine, or on a share.
fn info(info: &[u8], row: &mut Row) -> Option<()> {
    let (flags, header) = (u32_at(info, 8)?, size_at(info, 4)?);
    let suffix = size_at(info, 24).and_then(|at| text_at(info, at)).unwrap_or_default();
    let mut path = None;
    if flags & 1 != 0 {
        let volume = info.get(size_at(info, 12)?..)?;
        let kind = match u32_at(volume, 4)? {
            2 => "removable",
            3 => "fixed",
            4 => "remote",
            5 => "optical",
            _ => "unknown",
        };
        row.push("DriveType", kind);
        row.push("VolumeSerial", format!("{:08X}", u32_at(volume, 8)?));
        if let Some(label) = text_at(volume, size_at(volume, 12)?) {
            row.push("VolumeLabel", label);
        }
        path = text_at(info, size_at(info, 16)?).map(|base| format!("{base}{suffix}"));
        // Since Windows 2000 the path stands there in UTF-16 as well, where the code page cannot hold it.
        if header >= 0x24
            && let Some(raw) = size_at(info, 28).filter(|at| *at > 0).and_then(|at| info.get(at..))
        {
            let (letters, _) = raw.as_chunks::<2>();
            let end = letters.iter().position(|letter| *letter == [0, 0]).unwrap_or(letters.len());
            let mut wide = String::new();
            crate::event::push_utf16(raw.get(..end * 2)?, &mut wide);
            path = Some(format!("{wide}{suffix}")).filter(|_| !wide.is_empty()).or(path);
        }
    }
    if flags & 2 != 0 {
        let network = info.get(size_at(info, 20)?..)?;
        if let Some(share) = text_at(network, size_at(network, 8)?) {
            path = Some(format!("{share}\\{suffix}"));
            row.push("Share", share);
        }
    }
    if let Some(path) = path {
        row.push("TargetFilename", path);
    }
    Some(())
}

/// The blocks at the end, of which one names the machine that the target was on (2.5.10 TrackerDataBlock).
fn extra(bytes: &[u8], mut at: usize, row: &mut Row) -> Option<()> {
    while let Some(size) = size_at(bytes, at).filter(|size| *size >= 8) {
        if u32_at(bytes, at + 4)? == TRACKER
            && let Some(machine) = bytes.get(at + 16..at + 32).and_then(|name| text_at(name, 0))
        {
            row.host.clone_from(&machine);
            row.push("MachineId", machine);
        }
        at = at.checked_add(size)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        let time = (1_789_000_000_u64 * 10_000_000 + 116_444_736_000_000_000).to_le_bytes();
        let mut link = START.to_vec();
        // Info, arguments, in UTF-16.
        link.extend((1_u32 << 1 | 1 << 5 | 1 << 7).to_le_bytes());
        link.extend([0; 4]);
        link.extend([time, time, time].concat());
        link.extend(4096_u32.to_le_bytes());
        link.resize(76, 0);
        let path = b"E:\\tools\\rclone.exe\0";
        let label = b"BACKUP\0";
        let volume = [
            &(16 + label.len() as u32).to_le_bytes()[..],
            &2_u32.to_le_bytes(),
            &0xCAFE_0001_u32.to_le_bytes(),
            &16_u32.to_le_bytes(),
            label,
        ]
        .concat();
        let (volume_at, path_at) = (28, 28 + volume.len() as u32);
        let end = path_at + path.len() as u32;
        let info = [end + 1, 28, 1, volume_at, path_at, 0, end].map(u32::to_le_bytes).concat();
        link.extend([&info[..], &volume, path, &[0]].concat());
        let arguments: Vec<u16> = "copy X: out:".encode_utf16().collect();
        link.extend((arguments.len() as u16).to_le_bytes());
        link.extend(arguments.iter().flat_map(|letter| letter.to_le_bytes()));
        let mut tracker = [96_u32, TRACKER, 88, 0].map(u32::to_le_bytes).concat();
        tracker.extend(b"ws-bill2\0");
        tracker.resize(96, 0);
        link.extend(tracker);
        link.extend([0; 4]);
        link
    }

    #[test]
    fn what_was_opened_from_which_volume_on_which_machine_is_read() {
        let bytes = sample();
        assert!(Lnk.recognises(&Head { path: "a.lnk", bytes: &bytes, size: bytes.len() as u64 }));
        let mut seen = Vec::new();
        let damage = Lnk.read(&bytes, 0, &mut |event| {
            let names = ["TargetFilename", "Arguments", "DriveType", "VolumeLabel", "VolumeSerial"];
            let values: Vec<String> =
                names.iter().map(|name| event.get(name).unwrap_or_default().into_owned()).collect();
            seen.push(format!("{} {} {}", event.time.unwrap(), event.host, values.join("|")));
        });
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(
            seen,
            ["2026-09-10T00:26:40Z ws-bill2 E:\\tools\\rclone.exe|copy X: out:|removable|BACKUP|CAFE0001"]
        );
    }

    proptest! {
        #[test]
        fn any_damage_is_survived(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..32), cut in any::<prop::sample::Index>()) {
            let mut bytes = sample();
            for (at, byte) in flips {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len()));
            let _ = Lnk.read(&bytes, 0, &mut |_| ());
        }
    }
}
