//! Transaction logs of Windows 8.1 and later: what was written to the log first and never reached the hive.

use crate::cells::{PAGE, base, checksum};

/// The seed of the checksums of log entries.
const SEED: u64 = 0x82EF_4D88_7A4E_55C5;

/// Marvin32, the checksum of log entries (both halves of the state; a published checksum, here without its use as a secret one).
#[must_use]
pub fn marvin32(seed: u64, bytes: &[u8]) -> u64 {
    fn mix([low, high]: [u32; 2], word: u32) -> [u32; 2] {
        let low = low.wrapping_add(word);
        let high = high ^ low;
        let low = low.rotate_left(20).wrapping_add(high);
        let high = high.rotate_left(9) ^ low;
        let low = low.rotate_left(27).wrapping_add(high);
        [low, high.rotate_left(19)]
    }
    let (words, rest) = bytes.as_chunks::<4>();
    let state = [(seed & 0xFFFF_FFFF) as u32, (seed >> 32) as u32];
    let state = words.iter().fold(state, |state, word| mix(state, u32::from_le_bytes(*word)));
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(rest.iter().chain(&[0x80])) {
        *to = *from;
    }
    let [low, high] = mix(mix(state, u32::from_le_bytes(last)), 0);
    (u64::from(high) << 32) | u64::from(low)
}

/// A hive whose last changes stand in its log alone.
#[derive(Debug, Clone)]
pub struct Journaled {
    /// The hive as it lies on the disk: old, and marked as not up to date.
    pub hive: Vec<u8>,
    /// Its transaction log (`NAME.LOG1`).
    pub log: Vec<u8>,
}

/// Takes a hive before and after a change, and puts the pages that differ into a log.
#[must_use]
pub fn journaled(before: &[u8], after: &[u8]) -> Journaled {
    let number = |bytes: &[u8], at: usize| {
        let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
        word.map_or(0, u32::from_le_bytes)
    };
    let (sequence, root) = (number(before, 8), number(after, 36));
    let length = after.len().saturating_sub(PAGE);
    let page =
        |bytes: &[u8], at: usize| bytes.get(PAGE + at..).map(|rest| rest.get(..PAGE).map(<[u8]>::to_vec));
    let changed: Vec<usize> =
        (0..length).step_by(PAGE).filter(|at| page(before, *at) != page(after, *at)).collect();
    let mut tail = Vec::new();
    for at in &changed {
        tail.extend((*at as u32).to_le_bytes());
        tail.extend((PAGE as u32).to_le_bytes());
    }
    for at in &changed {
        tail.extend(page(after, *at).flatten().unwrap_or_default());
    }
    let size = (40 + tail.len()).next_multiple_of(512);
    tail.resize(size - 40, 0);
    let mut entry = b"HvLE".to_vec();
    for number in [size as u32, 0, sequence, length as u32, changed.len() as u32] {
        entry.extend(number.to_le_bytes());
    }
    entry.extend(marvin32(SEED, &tail).to_le_bytes());
    entry.extend(marvin32(SEED, &entry).to_le_bytes());
    entry.extend(tail);
    let mut log = base([sequence; 2], 6, root, length, "");
    log.extend(entry);
    let mut hive = before.to_vec();
    if let Some(place) = hive.get_mut(4..8) {
        place.copy_from_slice(&(sequence + 1).to_le_bytes());
    }
    let sum = checksum(&hive);
    if let Some(place) = hive.get_mut(508..512) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
    Journaled { hive, log }
}

#[cfg(test)]
mod tests {
    use super::marvin32;

    #[test]
    fn the_checksum_is_the_published_one() {
        // The test vectors that come with the algorithm's description.
        for (bytes, sum) in [
            (&[][..], 0x30ED_35C1_00CD_3C7D_u64),
            (&[0xAF], 0x48E7_3FC7_7D75_DDC1),
            (&[0xE7, 0x0F], 0xB5F6_E1FC_485D_BFF8),
        ] {
            assert_eq!(marvin32(0x004F_B61A_001B_DBCC, bytes), sum, "{bytes:x?}");
        }
    }
}
