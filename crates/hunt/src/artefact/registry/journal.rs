//! Transaction logs: what Windows wrote beside a hive before it wrote it into the hive. A hive of a running machine is old by as much
//! as stands in its logs. Both forms are replayed: entries with checksums (`HvLE`, since Windows 8.1), and pages with a map (`DIRT`).

use super::{
    super::little::{size_at, slice, u32_at, u64_at},
    hive::{BASE, Hive, checksum},
};

/// The seed of the checksums of entries.
const SEED: u64 = 0x82EF_4D88_7A4E_55C5;
const SECTOR: usize = 512;

/// Marvin32: both halves of the state.
fn marvin32(seed: u64, bytes: &[u8]) -> u64 {
    fn mix([low, high]: [u32; 2], word: u32) -> [u32; 2] {
        let low = low.wrapping_add(word);
        let high = high ^ low;
        let low = low.rotate_left(20).wrapping_add(high);
        let high = high.rotate_left(9) ^ low;
        let low = low.rotate_left(27).wrapping_add(high);
        [low, high.rotate_left(19)]
    }
    let (words, rest) = bytes.as_chunks::<4>();
    let seed = seed.to_le_bytes();
    let state = [u32_at(&seed, 0).unwrap_or(0), u32_at(&seed, 4).unwrap_or(0)];
    let state = words.iter().fold(state, |state, word| mix(state, u32::from_le_bytes(*word)));
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *to = *from;
    }
    let [low, high] = mix(mix(state, u32::from_le_bytes(last)), 0);
    (u64::from(high) << 32) | u64::from(low)
}

/// An entry: its sequence number, how long the bins are after it, and pages (where from the end of the base block, and what).
struct Entry<'l> {
    sequence: u32,
    length: usize,
    pages: Vec<(usize, &'l [u8])>,
}

/// An entry at the beginning of these bytes and how long it is; none where its checksums are wrong.
fn entry(log: &[u8]) -> Option<(Entry<'_>, usize)> {
    if !log.starts_with(b"HvLE") {
        return None;
    }
    let size = size_at(log, 4).filter(|size| *size >= 40)?;
    let all = log.get(..size)?;
    if u64_at(all, 24)? != marvin32(SEED, all.get(40..)?)
        || u64_at(all, 32)? != marvin32(SEED, all.get(..32)?)
    {
        return None;
    }
    let count = size_at(all, 20)?;
    let mut at = 40_usize.checked_add(count.checked_mul(8)?)?;
    let mut pages = Vec::new();
    for number in 0..count {
        let length = size_at(all, 44 + number * 8)?;
        pages.push((size_at(all, 40 + number * 8)?, slice(all, at, length)?));
        at += length;
    }
    Some((Entry { sequence: u32_at(all, 12)?, length: size_at(all, 16)?, pages }, size))
}

/// The entries of a log, as far as they are whole.
fn entries(log: &[u8]) -> Vec<Entry<'_>> {
    let mut rest = log.get(SECTOR..).unwrap_or_default();
    let mut found = Vec::new();
    while let Some((entry, size)) = entry(rest) {
        found.push(entry);
        rest = rest.get(size..).unwrap_or_default();
    }
    found
}

/// The pages of a log of the older form; `None` where it is none.
fn pages(log: &[u8]) -> Option<Entry<'_>> {
    if slice(log, SECTOR, 4)? != b"DIRT" || u32_at(log, 508)? != checksum(log) {
        return None;
    }
    let length = size_at(log, 40)?;
    let map = slice(log, SECTOR + 4, length / SECTOR / 8)?;
    let mut at = (SECTOR + 4 + map.len()).next_multiple_of(SECTOR);
    let mut pages = Vec::new();
    for number in 0..length / SECTOR {
        if map.get(number / 8).is_some_and(|bits| bits & (1 << (number % 8)) != 0) {
            pages.push((number * SECTOR, slice(log, at, SECTOR)?));
            at += SECTOR;
        }
    }
    Some(Entry { sequence: u32_at(log, 4)?, length, pages })
}

/// Brings a hive up to date by its logs; says how many entries were applied. What is longer than `most` is not.
pub(super) fn replay(hive: &mut Hive, logs: &[Vec<u8>], most: usize) -> usize {
    let (_, written) = hive.sequences();
    let mut waiting: Vec<Entry<'_>> = logs.iter().flat_map(|log| entries(log)).collect();
    waiting.sort_by_key(|entry| entry.sequence);
    waiting.retain(|entry| entry.sequence >= written && entry.length <= most);
    if waiting.is_empty() {
        // The older form knows one state alone, that of the last write that did not reach the hive.
        let last = logs.iter().filter_map(|log| pages(log)).max_by_key(|entry| entry.sequence);
        waiting.extend(last.filter(|entry| entry.sequence >= written && entry.length <= most));
    }
    let (mut applied, mut next) = (0, waiting.first().map_or(0, |entry| entry.sequence));
    for entry in &waiting {
        // An entry that is missing ends what the others can say.
        if entry.sequence != next {
            if entry.sequence.wrapping_add(1) == next {
                continue;
            }
            break;
        }
        next = next.wrapping_add(1);
        if hive.bytes.len() < BASE + entry.length {
            hive.bytes.resize(BASE + entry.length, 0);
        }
        for (place, page) in &entry.pages {
            let at = BASE.saturating_add(*place);
            if let Some(to) = at.checked_add(page.len()).and_then(|end| hive.bytes.get_mut(at..end)) {
                to.copy_from_slice(page);
            }
        }
        applied += 1;
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::marvin32;

    #[test]
    fn the_checksum_of_entries_is_the_published_one() {
        // Vectors of .NET's own tests; `hive-writer`, whose logs this reader is tested with, is held to some of them as well.
        for (seed, bytes, sum) in [
            (0x004F_B61A_001B_DBCC, &[][..], 0x30ED_35C1_00CD_3C7D_u64),
            (0x004F_B61A_001B_DBCC, &[0xAF], 0x48E7_3FC7_7D75_DDC1),
            (0x004F_B61A_001B_DBCC, &[0xE7, 0x0F], 0xB5F6_E1FC_485D_BFF8),
            (0x004F_B61A_001B_DBCC, &[0x37, 0xF4, 0x95], 0xF0B0_7C78_9B8C_F7E8),
            (0x004F_B61A_001B_DBCC, &[0x86, 0x42, 0xDC, 0x59], 0x7008_F2E8_7E9C_F556),
            (0x804F_B61A_001B_DBCC, &[0x15, 0x3F, 0xB7, 0x98, 0x26], 0x0A06_114B_1346_4DBD),
            (0x804F_B61A_801B_DBCC, &[0, 0xFF, 0, 0xFF, 0, 0xFF, 0], 0x7187_6F2E_FB1B_0EE8),
        ] {
            assert_eq!(marvin32(seed, bytes), sum, "{seed:x} {bytes:x?}");
        }
    }
}
