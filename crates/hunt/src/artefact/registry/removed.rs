//! Keys that were deleted and whose cells were not used again: what was there, and when it was last written. What of it is no longer
//! whole is left out; a value is told only where its cell is still the one that the key points at.

use super::{
    super::little::{size_at, slice},
    hive::{BASE, Hive, Key},
    scribe::Scribe,
};

/// Deleted keys that are told of.
const MOST: usize = 10_000;
/// How many keys above one are followed for its path.
const DEEPEST: usize = 32;

pub(super) fn told(hive: &Hive, scribe: &mut Scribe<'_>) {
    let mut told = 0;
    for (at, length) in free(hive) {
        for place in (at..at + length).step_by(8) {
            // The rest of a cell that was joined to another keeps the size that it had.
            if slice(&hive.bytes, place + 4, 2) != Some(b"nk") || told >= MOST {
                continue;
            }
            let Some(key) = hive.deleted(place) else { continue };
            let mut row = scribe.row("registry", &path(&key));
            row.push("EventType", "DeleteKey");
            row.push("Kind", "deleted key");
            scribe.tell(row, key.written(), key.at);
            told += 1;
        }
    }
}

/// Free cells, bin by bin: where, and how long.
fn free(hive: &Hive) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut bin = BASE;
    while bin < hive.bytes.len() {
        let size = slice(&hive.bytes, bin, 4)
            .filter(|sign| *sign == b"hbin")
            .and_then(|_| size_at(&hive.bytes, bin + 8));
        let Some(size) = size.filter(|size| *size >= 4096 && size.is_multiple_of(4096)) else {
            bin += 4096;
            continue;
        };
        let end = (bin + size).min(hive.bytes.len());
        let mut at = bin + 32;
        while at + 8 <= end {
            let Some(Ok(word)) = slice(&hive.bytes, at, 4).map(<[u8; 4]>::try_from) else { break };
            let length = i32::from_le_bytes(word);
            let bytes = length.unsigned_abs() as usize;
            if bytes < 8 || !bytes.is_multiple_of(8) || at + bytes > end {
                break;
            }
            if length > 0 {
                found.push((at, bytes));
            }
            at += bytes;
        }
        bin = end.next_multiple_of(4096);
    }
    found
}

/// Its path, as far as the keys above it are still there.
fn path(key: &Key<'_>) -> String {
    let mut names = vec![key.name()];
    let mut above = key.parent();
    while let Some(parent) = above.filter(|_| names.len() < DEEPEST) {
        above = parent.parent();
        // The root has no name of its own in a path.
        if above.is_some() {
            names.push(parent.name());
        }
    }
    names.reverse();
    names.join("\\")
}
