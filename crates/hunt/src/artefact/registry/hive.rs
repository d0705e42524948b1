//! The format of a registry hive (`regf`): a base block, hive bins of cells, and in the cells keys, lists of keys and values. Nothing
//! a hive says of itself is believed: each place, length and count is looked up within the bytes that are there, what does not fit is
//! counted, and all lists together may not hold more than a hive can. The layout is as Maxim Suhanov's public description of it and
//! the sources of ReactOS have it.

use std::cell::Cell;

use jiff::Timestamp;

use super::super::little::{size_at, slice, u16_at, u32_at, u64_at, wide, wide_list};
use crate::event::filetime;

/// Bytes of the base block; places of cells count from its end.
pub(super) const BASE: usize = 4096;
/// Keys and values that are looked at in one hive: more than any real one has.
const MOST: u64 = 4_000_000;
/// A value that is longer than this is cut.
const LONGEST: usize = 16 << 20;
/// What a segment of a large value holds.
const SEGMENT: usize = 16344;

/// A hive in memory.
pub(super) struct Hive {
    pub(super) bytes: Vec<u8>,
    /// How many keys and values may still be looked at.
    left: Cell<u64>,
    /// How many bytes of names and values may still be looked at: cells that lie may all point at the same large one.
    bytes_left: Cell<u64>,
    /// Cells that are not what they should be.
    broken: Cell<u64>,
}

/// A key.
#[derive(Clone, Copy)]
pub(super) struct Key<'h> {
    hive: &'h Hive,
    cell: &'h [u8],
    /// Where its cell begins, from the beginning of the file.
    pub(super) at: u64,
}

/// A value.
#[derive(Clone)]
pub(super) struct Value<'h> {
    /// Its name; empty for the default value.
    pub(super) name: String,
    /// Its type: 1 `REG_SZ`, 3 `REG_BINARY`, 4 `REG_DWORD` ….
    pub(super) kind: u32,
    /// Its bytes.
    pub(super) bytes: std::borrow::Cow<'h, [u8]>,
    /// Where its cell begins, from the beginning of the file.
    pub(super) at: u64,
}

/// XOR of the first 127 words of the base block, as Windows computes it.
pub(super) fn checksum(block: &[u8]) -> u32 {
    let (words, _) = block.get(..508).unwrap_or_default().as_chunks::<4>();
    match words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word)) {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    }
}

impl Hive {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let bytes_left = Cell::new((bytes.len() as u64).saturating_mul(16).saturating_add(64 << 20));
        Self { bytes, left: Cell::new(MOST), bytes_left, broken: Cell::new(0) }
    }

    /// Both sequence numbers: they differ while not all that was written is in the file.
    pub(super) fn sequences(&self) -> (u32, u32) {
        (u32_at(&self.bytes, 4).unwrap_or(0), u32_at(&self.bytes, 8).unwrap_or(0))
    }

    /// Whether what the hive should hold stands partly in its transaction logs.
    pub(super) fn is_dirty(&self) -> bool {
        let (first, second) = self.sequences();
        first != second || u32_at(&self.bytes, 508) != Some(checksum(&self.bytes))
    }

    /// The end of the path that Windows knew the file by.
    pub(super) fn file(&self) -> String {
        slice(&self.bytes, 48, 64).map(wide).unwrap_or_default()
    }

    /// How many cells could not be read so far, and whether there were more keys than are looked at.
    pub(super) fn damage(&self) -> (u64, bool) {
        (self.broken.get(), self.left.get() == 0 || self.bytes_left.get() == 0)
    }

    pub(super) fn root(&self) -> Option<Key<'_>> {
        let place = u32_at(&self.bytes, 36)?;
        // The root stands first in the first bin where the base block is not to be trusted.
        self.key(place).or_else(|| self.key(32))
    }

    /// The content of an allocated cell.
    fn cell(&self, place: u32) -> Option<&[u8]> {
        let at = BASE.checked_add(usize::try_from(place).ok()?)?;
        let size = i32::from_le_bytes(slice(&self.bytes, at, 4)?.try_into().ok()?);
        let length = usize::try_from(size.unsigned_abs()).ok()?;
        if size >= 0 || place == u32::MAX {
            return None;
        }
        slice(&self.bytes, at + 4, length.checked_sub(4)?)
    }

    fn key(&self, place: u32) -> Option<Key<'_>> {
        let key = Key { hive: self, cell: self.cell(place)?, at: BASE as u64 + u64::from(place) };
        self.spend(u16_at(key.cell, 72).map_or(0, usize::from));
        key.is_sound().then_some(key)
    }

    /// What stands in a free cell, as if it were a key.
    pub(super) fn deleted(&self, at: usize) -> Option<Key<'_>> {
        let key = Key { hive: self, cell: self.bytes.get(at + 4..)?, at: at as u64 };
        let flags = u16_at(key.cell, 2)?;
        let plausible =
            key.is_sound() && flags & !0x7F == 0 && key.written().is_some() && !key.name().is_empty();
        plausible.then_some(key)
    }

    /// Counts a look; false where there were too many.
    fn look(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0 && self.bytes_left.get() > 0
    }

    fn spend(&self, bytes: usize) {
        self.bytes_left.set(self.bytes_left.get().saturating_sub(bytes as u64));
    }

    fn fail(&self) {
        self.broken.set(self.broken.get() + 1);
    }

    /// The places of subkeys in a list; a list of lists is followed once.
    fn places(&self, list: u32, within: bool, into: &mut Vec<u32>) {
        let Some((cell, count)) = self.cell(list).and_then(|cell| Some((cell, u16_at(cell, 2)?))) else {
            return self.fail();
        };
        let step = match cell.get(..2) {
            Some(b"lf" | b"lh") => 8,
            Some(b"li") => 4,
            Some(b"ri") if !within => {
                for number in 0..usize::from(count) {
                    match u32_at(cell, 4 + number * 4) {
                        Some(place) if self.look() => self.places(place, true, into),
                        Some(_) => return,
                        None => return self.fail(),
                    }
                }
                return;
            }
            _ => return self.fail(),
        };
        for number in 0..usize::from(count) {
            match u32_at(cell, 4 + number * step) {
                Some(place) if self.look() => into.push(place),
                Some(_) => return,
                None => return self.fail(),
            }
        }
    }

    fn value(&self, place: u32) -> Option<Value<'_>> {
        let cell = self.cell(place).filter(|cell| cell.starts_with(b"vk"))?;
        let letters = slice(cell, 20, usize::from(u16_at(cell, 2)?))?;
        let name = name(letters, u16_at(cell, 16)? & 1 != 0);
        let (size, data) = (u32_at(cell, 4)?, u32_at(cell, 8)?);
        self.spend(letters.len() + usize::try_from(size & 0x7FFF_FFFF).ok()?.min(LONGEST));
        let bytes = if size & 0x8000_0000 != 0 {
            // Four bytes and less stand where the place of the others would.
            slice(cell, 8, usize::try_from(size & 0x7FFF_FFFF).ok()?.min(4))?.into()
        } else {
            self.data(data, usize::try_from(size).ok()?.min(LONGEST))?
        };
        Some(Value { name, kind: u32_at(cell, 12)?, bytes, at: BASE as u64 + u64::from(place) })
    }

    fn data(&self, place: u32, size: usize) -> Option<std::borrow::Cow<'_, [u8]>> {
        if size == 0 {
            return Some(Vec::new().into());
        }
        let cell = self.cell(place)?;
        if size <= SEGMENT || !cell.starts_with(b"db") {
            return cell.get(..size.min(cell.len())).map(Into::into);
        }
        let (count, list) = (usize::from(u16_at(cell, 2)?), self.cell(u32_at(cell, 4)?)?);
        let mut bytes = Vec::new();
        for number in 0..count {
            let segment = self.cell(u32_at(list, number * 4)?)?;
            let wanted = (size - bytes.len()).min(SEGMENT).min(segment.len());
            bytes.extend_from_slice(segment.get(..wanted)?);
            if bytes.len() >= size {
                break;
            }
        }
        Some(bytes.into())
    }
}

/// A name in Latin-1 or UTF-16.
fn name(letters: &[u8], narrow: bool) -> String {
    if narrow { letters.iter().map(|letter| char::from(*letter)).collect() } else { wide(letters) }
}

impl<'h> Key<'h> {
    fn is_sound(&self) -> bool {
        self.cell.starts_with(b"nk")
            && u16_at(self.cell, 72).is_some_and(|length| slice(self.cell, 76, usize::from(length)).is_some())
    }

    pub(super) fn name(&self) -> String {
        let length = u16_at(self.cell, 72).map_or(0, usize::from);
        let narrow = u16_at(self.cell, 2).is_some_and(|flags| flags & 0x20 != 0);
        name(slice(self.cell, 76, length).unwrap_or_default(), narrow)
    }

    /// When it, or a value of it, was last written.
    pub(super) fn written(&self) -> Option<Timestamp> {
        filetime(u64_at(self.cell, 4).filter(|ticks| *ticks > 0)?)
    }

    pub(super) fn parent(&self) -> Option<Self> {
        self.hive.key(u32_at(self.cell, 16)?)
    }

    /// The keys below it that can be read.
    pub(super) fn keys(&self) -> Vec<Self> {
        let mut places = Vec::new();
        if u32_at(self.cell, 20).is_some_and(|count| count > 0) {
            self.hive.places(u32_at(self.cell, 28).unwrap_or(u32::MAX), false, &mut places);
        }
        let key = |place| {
            self.hive.key(place).or_else(|| {
                self.hive.fail();
                None
            })
        };
        places.into_iter().filter_map(key).collect()
    }

    /// The key at this path below it; `*` is none here.
    pub(super) fn below(&self, path: &str) -> Option<Self> {
        path.split('\\').filter(|name| !name.is_empty()).try_fold(*self, |key, name| {
            key.keys().into_iter().find(|below| below.name().eq_ignore_ascii_case(name))
        })
    }

    /// Its values that can be read.
    pub(super) fn values(&self) -> Vec<Value<'h>> {
        let count = size_at(self.cell, 36).unwrap_or(0);
        let list = u32_at(self.cell, 40).filter(|_| count > 0).map(|place| self.hive.cell(place));
        let list = match list {
            None => return Vec::new(),
            Some(None) => {
                self.hive.fail();
                return Vec::new();
            }
            Some(Some(list)) => list,
        };
        let (places, _) = list.as_chunks::<4>();
        let mut values = Vec::new();
        for place in places.iter().take(count) {
            if !self.hive.look() {
                break;
            }
            match self.hive.value(u32::from_le_bytes(*place)) {
                Some(value) => values.push(value),
                None => self.hive.fail(),
            }
        }
        values
    }

    /// The value of this name.
    pub(super) fn value(&self, name: &str) -> Option<Value<'h>> {
        self.values().into_iter().find(|value| value.name.eq_ignore_ascii_case(name))
    }

    /// The text of a value; none where it is absent or empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.value(name)?.text()).filter(|text| !text.is_empty())
    }

    /// The number of a value.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.number()
    }
}

impl Value<'_> {
    /// Its number, where it is one.
    pub(super) fn number(&self) -> Option<u64> {
        match self.kind {
            4 => u32_at(&self.bytes, 0).map(u64::from),
            11 => u64_at(&self.bytes, 0),
            _ => None,
        }
    }

    /// Its text, where it is text.
    pub(super) fn text(&self) -> String {
        match self.kind {
            1 | 2 | 6 => wide(&self.bytes),
            7 => wide_list(&self.bytes).join("; "),
            _ => String::new(),
        }
    }

    /// As Sysmon writes the value that was set, so that rules made for its events read it.
    pub(super) fn details(&self) -> String {
        match (self.kind, self.number()) {
            (4, Some(number)) => format!("DWORD ({number:#010x})"),
            (11, Some(number)) => format!("QWORD ({:#010x}-{:#010x})", number >> 32, number & 0xFFFF_FFFF),
            (1 | 2 | 6 | 7, _) => self.text(),
            _ => "Binary Data".to_owned(),
        }
    }
}
