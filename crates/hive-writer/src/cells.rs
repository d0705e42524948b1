//! The cells of a hive and the bins that they lie in.

use crate::{Key, filetime, wide};

/// Bytes of the base block, and of a page.
pub(crate) const PAGE: usize = 4096;
/// No cell.
const NONE: u32 = u32::MAX;
/// Values longer than this are kept in segments of this length.
const SEGMENT: usize = 16344;
/// The sequence number of a hive that is written here.
const SEQUENCE: u32 = 7;

/// Cells one behind the other. A hive bin may be of any length, so all of them lie in one.
struct Bin {
    bytes: Vec<u8>,
}

impl Bin {
    /// Adds a cell; says where it begins.
    fn add(&mut self, data: &[u8]) -> u32 {
        let at = self.bytes.len();
        let length = (data.len() + 4).next_multiple_of(8);
        let size = i32::try_from(length).unwrap_or(i32::MAX);
        self.bytes.extend((-size).to_le_bytes());
        self.bytes.extend(data);
        self.bytes.resize(at + length, 0);
        u32::try_from(at).unwrap_or(NONE)
    }

    fn put(&mut self, at: u32, data: &[u8]) {
        let at = at as usize;
        if let Some(place) = self.bytes.get_mut(at..at + data.len()) {
            place.copy_from_slice(data);
        }
    }
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// A name in Latin letters where it has no others, and whether it is so.
fn name(text: &str) -> (Vec<u8>, bool) {
    let narrow: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    narrow.map_or_else(|| (wide(text), false), |narrow| (narrow, true))
}

/// The hash by which Windows finds a subkey in a list.
fn hash(text: &str) -> u32 {
    let add = |sum: u32, letter: char| sum.wrapping_mul(37).wrapping_add(u32::from(letter));
    text.to_uppercase().chars().fold(0, add)
}

fn value(bin: &mut Bin, called: &str, value: &crate::Value) -> u32 {
    let (kind, bytes) = value.raw();
    let (letters, narrow) = name(called);
    let (size, at) = if bytes.len() <= 4 {
        let mut within = [0; 4];
        if let Some(place) = within.get_mut(..bytes.len()) {
            place.copy_from_slice(&bytes);
        }
        (bytes.len() as u32 | 0x8000_0000, u32::from_le_bytes(within))
    } else if bytes.len() > SEGMENT {
        let segments: Vec<u8> = bytes.chunks(SEGMENT).flat_map(|part| bin.add(part).to_le_bytes()).collect();
        let list = bin.add(&segments);
        let big = [b"db".to_vec(), short(segments.len() / 4).to_vec(), list.to_le_bytes().to_vec()];
        (bytes.len() as u32, bin.add(&big.concat()))
    } else {
        (bytes.len() as u32, bin.add(&bytes))
    };
    let mut cell = b"vk".to_vec();
    cell.extend(short(letters.len()));
    cell.extend(size.to_le_bytes());
    cell.extend(at.to_le_bytes());
    cell.extend(kind.to_le_bytes());
    cell.extend([u8::from(narrow), 0, 0, 0]);
    cell.extend(letters);
    bin.add(&cell)
}

fn key(bin: &mut Bin, key: &Key, parent: u32, security: u32, root: bool) -> u32 {
    let (letters, narrow) = name(&key.name);
    let flags: u16 = if root { 0x0c } else { 0 } | if narrow { 0x20 } else { 0 };
    let mut cell = b"nk".to_vec();
    cell.extend(flags.to_le_bytes());
    cell.extend(filetime(key.written).to_le_bytes());
    cell.extend([0; 4]);
    cell.extend(parent.to_le_bytes());
    cell.extend(long(key.keys.len()));
    cell.extend([0; 4]);
    cell.extend(NONE.to_le_bytes());
    cell.extend(NONE.to_le_bytes());
    cell.extend(long(key.values.len()));
    cell.extend(NONE.to_le_bytes());
    cell.extend(security.to_le_bytes());
    cell.extend(NONE.to_le_bytes());
    cell.extend([0; 20]);
    cell.extend(short(letters.len()));
    cell.extend([0; 2]);
    cell.extend(letters);
    let at = bin.add(&cell);
    if !key.keys.is_empty() {
        let mut below: Vec<&Key> = key.keys.iter().collect();
        below.sort_by_key(|key| key.name.to_uppercase());
        let mut list = b"lh".to_vec();
        list.extend(short(below.len()));
        for each in below {
            list.extend(self::key(bin, each, at, security, false).to_le_bytes());
            list.extend(hash(&each.name).to_le_bytes());
        }
        let list = bin.add(&list);
        bin.put(at + 4 + 28, &list.to_le_bytes());
    }
    if !key.values.is_empty() {
        let values: Vec<u8> =
            key.values.iter().flat_map(|(name, is)| value(bin, name, is).to_le_bytes()).collect();
        let list = bin.add(&values);
        bin.put(at + 4 + 40, &list.to_le_bytes());
    }
    at
}

/// XOR of the first 127 words of the base block, as Windows checks it.
pub(crate) fn checksum(block: &[u8]) -> u32 {
    let (words, _) = block.get(..508).unwrap_or_default().as_chunks::<4>();
    match words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}

/// A base block: both sequence numbers, the kind of file (0 a hive, 6 a log), where the root is, how long the bins are.
pub(crate) fn base(sequences: [u32; 2], kind: u32, root: u32, length: usize, file: &str) -> Vec<u8> {
    let mut block = b"regf".to_vec();
    block.extend(sequences[0].to_le_bytes());
    block.extend(sequences[1].to_le_bytes());
    block.extend([0; 8]);
    for number in [1, 5, kind, 1, root] {
        block.extend(number.to_le_bytes());
    }
    block.extend(long(length));
    block.extend(1_u32.to_le_bytes());
    let letters: Vec<char> = file.chars().collect();
    let end: String = letters.get(letters.len().saturating_sub(31)..).unwrap_or_default().iter().collect();
    block.extend(wide(&end));
    block.resize(508, 0);
    let sum = checksum(&block);
    block.extend(sum.to_le_bytes());
    block
}

/// A clean hive with this root.
pub(crate) fn hive(root: &Key, file: &str) -> Vec<u8> {
    let mut bin = Bin { bytes: vec![0; 32] };
    // One security descriptor without a word in it, which points at itself as the list's only one.
    let security = bin.add(&[b"sk\0\0".as_slice(), &[0; 8], &1_u32.to_le_bytes(), &[0; 4]].concat());
    bin.put(security + 4 + 4, &security.to_le_bytes());
    bin.put(security + 4 + 8, &security.to_le_bytes());
    let root = key(&mut bin, root, NONE, security, true);
    let used = bin.bytes.len();
    let length = (used + 8).next_multiple_of(PAGE);
    let free = i32::try_from(length - used).unwrap_or(i32::MAX);
    bin.bytes.extend(free.to_le_bytes());
    bin.bytes.resize(length, 0);
    bin.put(0, &[b"hbin".as_slice(), &[0; 4], &long(length)].concat());
    let mut bytes = base([SEQUENCE; 2], 0, root, length, file);
    bytes.resize(PAGE, 0);
    bytes.extend(bin.bytes);
    bytes
}
