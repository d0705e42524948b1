//! Prefetch files: which program ran on a machine, when (the last eight times), how often, and what it loaded. The format is
//! documented by Joachim Metz ("Windows Prefetch File (PF) format"); since Windows 10 a file is packed, see [`xpress`]. Read here
//! and not by a crate, for the reasons in `docs/decisions/0004-artefacts.md`.

mod xpress;

use super::{Artefact, Damage, Head, ReadAt, fill, row::Row};
use crate::event::{Event, filetime, push_utf16};

/// The reader.
#[derive(Debug)]
pub struct Prefetch;

/// Larger than a prefetch file is, packed or not: 16 MiB.
const LARGEST: u64 = 16 << 20;
/// More files than a program loads in its first ten seconds.
const LOADED: usize = 1024;

impl Artefact for Prefetch {
    fn name(&self) -> &'static str {
        "prefetch"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        head.bytes.starts_with(b"MAM\x04")
            || head.bytes.starts_with(b"MAM\x84")
            || head.bytes.get(4..8) == Some(b"SCCA")
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let mut bytes = vec![0; usize::try_from(file.size().min(LARGEST)).unwrap_or(0)];
        match fill(file, 0, &mut bytes) {
            Ok(count) => bytes.truncate(count),
            Err(error) => damage.note(error.to_string()),
        }
        let unpacked = if bytes.starts_with(b"MAM") { unpack(&bytes) } else { Some(bytes) };
        let told = unpacked.as_deref().and_then(|bytes| runs(bytes, each));
        if told.is_none() {
            damage.records += 1;
            damage.note("the prefetch file is cut off, broken, or of a version that is not known");
        }
        damage
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// `MAM`, how it is packed (and whether a checksum follows), the size, the bytes.
fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = size_at(bytes, 4).filter(|size| *size as u64 <= LARGEST)?;
    let checked = bytes.get(3).is_some_and(|flags| flags & 0x80 != 0);
    xpress::unpacked(bytes.get(if checked { 12 } else { 8 }..)?, size)
}

/// Text in UTF-16 up to its zero.
fn text(bytes: &[u8]) -> String {
    let (letters, _) = bytes.as_chunks::<2>();
    let end = letters.iter().position(|letter| *letter == [0, 0]).unwrap_or(letters.len());
    let mut text = String::new();
    push_utf16(bytes.get(..end * 2).unwrap_or_default(), &mut text);
    text
}

/// An event for each time that the program ran; none where the file is none.
fn runs(bytes: &[u8], each: &mut dyn FnMut(&Event<'_>)) -> Option<()> {
    if bytes.get(4..8)? != b"SCCA" {
        return None;
    }
    let (times_at, times, count_at) = match (u32_at(bytes, 0)?, u32_at(bytes, 84)?) {
        (17, _) => (120, 1, 144),
        (23, _) => (128, 1, 152),
        // Windows 10 has two forms of the last part, told apart by where the next one begins.
        (30 | 31, 296) => (128, 8, 200),
        (26 | 30 | 31, _) => (128, 8, 208),
        _ => return None,
    };
    let mut row = Row { channel: "windows/prefetch".to_owned(), ..Row::default() };
    let name = text(bytes.get(16..76)?);
    row.push("FileName", name.as_str());
    row.push("PathHash", format!("{:08X}", u32_at(bytes, 76)?));
    row.push("RunCount", u32_at(bytes, count_at)?.to_string());
    let loaded = loaded(bytes);
    // The name is cut after 29 letters; the path of the program itself is among what it loaded.
    let own = loaded.iter().find(|path| {
        path.rsplit('\\').next().is_some_and(|last| last.to_uppercase().starts_with(&name.to_uppercase()))
    });
    row.push("Image", own.map_or(name.as_str(), String::as_str));
    if let Some((volume, serial)) = volume(bytes) {
        row.push("Volume", volume);
        row.push("VolumeSerial", serial);
    }
    loaded.iter().for_each(|path| row.push("Loaded", path.as_str()));
    for number in 0..times {
        let at = times_at + number * 8;
        let ticks = u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?);
        if ticks > 0 || number == 0 {
            row.time = filetime(ticks).filter(|_| ticks > 0);
            row.emit(number as u64 + 1, each);
        }
    }
    Some(())
}

/// Paths of what was loaded, one behind the other.
fn loaded(bytes: &[u8]) -> Vec<String> {
    let block = || {
        let at = size_at(bytes, 100)?;
        bytes.get(at..at.checked_add(size_at(bytes, 104)?)?)
    };
    let (letters, _) = block().unwrap_or_default().as_chunks::<2>();
    let paths = letters.split(|letter| *letter == [0, 0]).filter(|path| !path.is_empty());
    paths.take(LOADED).map(|path| text(path.as_flattened())).collect()
}

/// The first volume: its device path and serial number.
fn volume(bytes: &[u8]) -> Option<(String, String)> {
    let volumes = bytes.get(size_at(bytes, 108)?..)?;
    let (at, letters) = (size_at(volumes, 0)?, size_at(volumes, 4)?);
    let path = text(volumes.get(at..at.checked_add(letters.checked_mul(2)?)?)?);
    Some((path, format!("{:08X}", u32_at(volumes, 16)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PATH: &str = "\\VOLUME{01d}\\TOOLS\\RCLONE.EXE";

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes[at..at + value.len()].copy_from_slice(value);
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    /// A file of Windows 10 as it is unpacked.
    fn sample() -> Vec<u8> {
        let mut bytes = vec![0; 296];
        put(&mut bytes, 0, &30_u32.to_le_bytes());
        put(&mut bytes, 4, b"SCCA");
        put(&mut bytes, 16, &wide("RCLONE.EXE"));
        put(&mut bytes, 76, &0xCAFE_0001_u32.to_le_bytes());
        put(&mut bytes, 84, &296_u32.to_le_bytes());
        for (number, second) in [1_789_000_000_u64, 1_788_000_000].into_iter().enumerate() {
            let ticks = second * 10_000_000 + 116_444_736_000_000_000;
            put(&mut bytes, 128 + number * 8, &ticks.to_le_bytes());
        }
        put(&mut bytes, 200, &7_u32.to_le_bytes());
        let names = [wide("\\VOLUME{01d}\\WINDOWS\\NTDLL.DLL"), wide(PATH)].concat();
        put(&mut bytes, 100, &296_u32.to_le_bytes());
        put(&mut bytes, 104, &(names.len() as u32).to_le_bytes());
        put(&mut bytes, 108, &(296 + names.len() as u32).to_le_bytes());
        bytes.extend(names);
        let volume = wide("\\VOLUME{01d}");
        bytes.extend(
            [32, (volume.len() / 2 - 1) as u32, 0, 0, 0xBEEF_0002, 0, 0, 0].map(u32::to_le_bytes).concat(),
        );
        bytes.extend(volume);
        bytes
    }

    fn read(bytes: &Vec<u8>) -> (Vec<String>, Damage) {
        let mut seen = Vec::new();
        let damage = Prefetch.read(bytes, 0, &mut |event| {
            let names = ["Image", "RunCount", "Volume", "VolumeSerial"];
            let values: Vec<String> =
                names.iter().map(|name| event.get(name).unwrap_or_default().into_owned()).collect();
            seen.push(format!("{} {}", event.time.unwrap_or_default(), values.join(" ")));
        });
        (seen, damage)
    }

    #[test]
    fn what_ran_when_and_how_often_is_read_packed_or_not() {
        let bytes = sample();
        let packed =
            [b"MAM\x04", &(bytes.len() as u32).to_le_bytes()[..], &xpress::tests::packed(&bytes)].concat();
        for bytes in [bytes, packed] {
            assert!(Prefetch.recognises(&Head { path: "a.pf", bytes: &bytes, size: bytes.len() as u64 }));
            let (seen, damage) = read(&bytes);
            assert!(damage.is_none(), "{damage:?}");
            assert_eq!(
                seen,
                [
                    format!("2026-09-10T00:26:40Z {PATH} 7 \\VOLUME{{01d}} BEEF0002"),
                    format!("2026-08-29T10:40:00Z {PATH} 7 \\VOLUME{{01d}} BEEF0002"),
                ]
            );
        }
    }

    proptest! {
        #[test]
        fn any_damage_is_survived(packed in any::<bool>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..32), cut in any::<prop::sample::Index>()) {
            let mut bytes = sample();
            if packed {
                bytes = [b"MAM\x04", &(bytes.len() as u32).to_le_bytes()[..], &xpress::tests::packed(&bytes)].concat();
            }
            for (at, byte) in flips {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            bytes.truncate(cut.index(bytes.len()));
            let _ = read(&bytes);
        }
    }
}
