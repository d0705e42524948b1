//! From what a value holds to the tests that this makes true, for each value of a kind of event by itself: one pass over
//! the text's windows of four bytes for all needles that may lie anywhere (each entered by its rarest window, behind a
//! filter of bits that stays in the processor's nearest cache), and a look at its start, its end and its whole.

use std::collections::HashMap;

use crate::test::Place;

/// How many bytes at an end or a start are looked up; a needle is entered under the most that it has. Most needles end in
/// `.exe`, so a few bytes tell little.
const LENGTHS: [usize; 3] = [12, 8, 4];
/// Text that nearly every Windows event holds somewhere: a window of it tells nothing.
const COMMON: &[u8] = b"c:\\windows\\system32\\cmd.exe c:\\windows\\syswow64\\ c:\\program files (x86)\\ c:\\program files\\ \
c:\\users\\administrator\\appdata\\local\\temp\\ c:\\programdata\\microsoft\\windows defender\\ powershell.exe svchost.exe \
explorer.exe .dll .sys .ps1 .bat .tmp .lnk .txt \\device\\harddiskvolume nt authority\\system \\currentversion\\ \
hklm\\software\\microsoft\\windows\\currentversion\\run hkcu\\software\\classes hklm\\system\\currentcontrolset\\services\\ \
microsoft corporation microsoft\xc2\xae windows\xc2\xae operating system https://www. http:// sha1= ,md5= ,sha256= \
,imphash= /c /k -command start process service user local remote server system win32 object file name -executionpolicy";

/// A needle as an index holds it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    check: u32,
    /// Where its text lies among those of all needles.
    at: u32,
    length: u16,
    /// Where in it the window lies by which it is entered.
    offset: u16,
}

/// Entries by the hash of something.
type Entries = HashMap<u64, Vec<Entry>, Plain>;

/// The needles for one value.
#[derive(Debug, Default)]
struct Slot {
    slot: u16,
    /// Which windows any needle has; the number of bits is a power of two.
    filter: Vec<u64>,
    shift: u32,
    windows: HashMap<u32, Vec<Entry>, Plain>,
    /// Needles of two or three bytes: which pairs of bytes they are entered by, one bit for each pair that there is.
    pairs: Vec<u64>,
    by_pair: HashMap<u32, Vec<Entry>, Plain>,
    /// Needles of one byte.
    singles: Vec<(u8, u32)>,
    ends: [Entries; 3],
    starts: [Entries; 3],
    wholes: Entries,
    /// The lengths that whole texts have, from the least to the most.
    lengths: (usize, usize),
    /// Starts and ends that are too short to be looked up.
    short: Vec<(Entry, Place)>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Index {
    slots: Vec<Slot>,
    texts: Vec<u8>,
}

/// A hash of keys that are hashes already, or spread well enough.
#[derive(Debug, Default, Clone, Copy)]
pub struct Spread(u64);

/// Builds [`Spread`]: for maps whose keys no stranger chooses.
pub type Plain = std::hash::BuildHasherDefault<Spread>;

impl std::hash::Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }
    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }
}

fn whole(bytes: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = Spread::default();
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hasher.write_u64(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    hasher.write_u64(u64::from_le_bytes(last));
    hasher.write_u64(bytes.len() as u64);
    hasher.finish()
}

impl Index {
    /// The values that it looks at, by their number in it and their place in the event.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (usize, u16)> + '_ {
        self.slots.iter().map(|slot| slot.slot).enumerate()
    }

    /// Calls back with each check that the text of a value (by its number in the index) makes true; with some more than once.
    #[inline]
    pub(crate) fn scan(&self, number: usize, text: &str, mut found: impl FnMut(u32)) {
        let Some(slot) = self.slots.get(number) else { return };
        let bytes = text.as_bytes();
        let needle = |entry: &Entry| {
            let at = entry.at as usize;
            self.texts.get(at..at + usize::from(entry.length)).unwrap_or_default()
        };
        if (slot.lengths.0..=slot.lengths.1).contains(&bytes.len())
            && let Some(entries) = slot.wholes.get(&whole(bytes))
        {
            entries.iter().filter(|entry| needle(entry) == bytes).for_each(|entry| found(entry.check));
        }
        for (entry, place) in &slot.short {
            let lies = match place {
                Place::Start => bytes.starts_with(needle(entry)),
                _ => bytes.ends_with(needle(entry)),
            };
            if lies {
                found(entry.check);
            }
        }
        for ((length, ends), starts) in LENGTHS.iter().zip(&slot.ends).zip(&slot.starts) {
            let Some(rest) = bytes.len().checked_sub(*length) else { continue };
            if !starts.is_empty()
                && let Some(entries) = bytes.get(..*length).and_then(|part| starts.get(&whole(part)))
            {
                let fit = entries.iter().filter(|entry| bytes.starts_with(needle(entry)));
                fit.for_each(|entry| found(entry.check));
            }
            if !ends.is_empty()
                && let Some(entries) = bytes.get(rest..).and_then(|part| ends.get(&whole(part)))
            {
                let fit = entries.iter().filter(|entry| bytes.ends_with(needle(entry)));
                fit.for_each(|entry| found(entry.check));
            }
        }
        for (byte, check) in &slot.singles {
            if bytes.contains(byte) {
                found(*check);
            }
        }
        if !slot.pairs.is_empty() {
            for (at, pair) in bytes.array_windows::<2>().enumerate() {
                let pair = u16::from_le_bytes(*pair);
                let bit = slot.pairs.get(usize::from(pair >> 6)).map_or(0, |word| word >> (pair & 63));
                if bit & 1 != 0
                    && let Some(entries) = slot.by_pair.get(&u32::from(pair))
                {
                    let fit = entries.iter().filter(|entry| lies_at(bytes, at, entry, needle(entry)));
                    fit.for_each(|entry| found(entry.check));
                }
            }
        }
        if slot.filter.is_empty() {
            return;
        }
        let (filter, shift) = (slot.filter.as_slice(), slot.shift);
        for (at, window) in bytes.array_windows::<4>().enumerate() {
            let window = u32::from_le_bytes(*window);
            let place = place_of(window, shift);
            let bit = filter.get((place >> 6) as usize).map_or(0, |word| word >> (place & 63));
            if bit & 1 == 0 {
                continue;
            }
            let Some(entries) = slot.windows.get(&window) else { continue };
            let fit = entries.iter().filter(|entry| lies_at(bytes, at, entry, needle(entry)));
            fit.for_each(|entry| found(entry.check));
        }
    }
}

/// Whether a needle lies around a place in which its window was seen.
#[inline]
fn lies_at(bytes: &[u8], at: usize, entry: &Entry, needle: &[u8]) -> bool {
    at.checked_sub(usize::from(entry.offset))
        .and_then(|from| bytes.get(from..from + needle.len()))
        .is_some_and(|part| part == needle)
}

fn place_of(window: u32, shift: u32) -> u32 {
    window.wrapping_mul(0x9E37_79B1) >> shift
}

/// Collects needles.
#[derive(Default)]
pub(crate) struct Builder {
    needles: Vec<Needle>,
    texts: Vec<u8>,
}

struct Needle {
    entry: Entry,
    place: Place,
    slots: Vec<u16>,
}

impl Builder {
    /// Enters a needle for the values of these places; says whether the index will answer for it.
    pub(crate) fn add(&mut self, check: u32, place: Place, needle: &str, slots: &[u16]) -> bool {
        let (Ok(length), Ok(at)) = (u16::try_from(needle.len()), u32::try_from(self.texts.len())) else {
            return false;
        };
        if needle.is_empty() && place != Place::Whole {
            return false;
        }
        self.texts.extend_from_slice(needle.as_bytes());
        let entry = Entry { check, at, length, offset: 0 };
        self.needles.push(Needle { entry, place, slots: slots.to_vec() });
        true
    }

    pub(crate) fn build(self) -> Index {
        let mut slots: HashMap<u16, Vec<(Entry, Place)>> = HashMap::new();
        for needle in &self.needles {
            for slot in &needle.slots {
                slots.entry(*slot).or_default().push((needle.entry, needle.place));
            }
        }
        let texts = self.texts;
        let mut slots: Vec<Slot> =
            slots.into_iter().map(|(slot, needles)| Slot::new(slot, &needles, &texts)).collect();
        slots.sort_by_key(|slot| slot.slot);
        Index { slots, texts }
    }
}

impl Slot {
    fn new(number: u16, needles: &[(Entry, Place)], texts: &[u8]) -> Self {
        let text = |entry: &Entry| {
            let at = entry.at as usize;
            texts.get(at..at + usize::from(entry.length)).unwrap_or_default()
        };
        let mut slot = Self { slot: number, lengths: (1, 0), ..Self::default() };
        let within = || needles.iter().filter(|(_, place)| *place == Place::Within);
        let mut common: HashMap<[u8; 4], u32, Plain> = HashMap::default();
        for (entry, _) in within() {
            for window in text(entry).array_windows::<4>() {
                *common.entry(*window).or_default() += 1;
            }
        }
        for window in COMMON.array_windows::<4>() {
            if let Some(count) = common.get_mut(window) {
                *count += 100;
            }
        }
        // Eight bits for each needle: one window in eight or fewer passes the filter in vain.
        let bits = (within().count() * 8).next_power_of_two().clamp(256, 1 << 16);
        slot.shift = 32 - bits.trailing_zeros();
        for (entry, place) in needles {
            let bytes = text(entry);
            let most = LENGTHS.iter().position(|length| *length <= bytes.len());
            match place {
                Place::Whole => {
                    let (least, longest) = slot.lengths;
                    slot.lengths = match slot.wholes.is_empty() {
                        true => (bytes.len(), bytes.len()),
                        false => (least.min(bytes.len()), longest.max(bytes.len())),
                    };
                    slot.wholes.entry(whole(bytes)).or_default().push(*entry);
                }
                Place::Start | Place::End => {
                    let end = *place == Place::End;
                    let maps = if end { &mut slot.ends } else { &mut slot.starts };
                    let length = most.and_then(|most| LENGTHS.get(most)).copied().unwrap_or(0);
                    let part = if end { bytes.get(bytes.len() - length..) } else { bytes.get(..length) };
                    match (most.and_then(|most| maps.get_mut(most)), part) {
                        (Some(map), Some(part)) => map.entry(whole(part)).or_default().push(*entry),
                        _ => slot.short.push((*entry, *place)),
                    }
                }
                Place::Within => {
                    let windows = bytes.array_windows::<4>().enumerate();
                    let rarest = windows.min_by_key(|(_, window)| common.get(*window).copied().unwrap_or(0));
                    let Some((offset, window)) = rarest else {
                        slot.enter_short(*entry, bytes);
                        continue;
                    };
                    slot.enter(u32::from_le_bytes(*window), offset, *entry, bits);
                }
            }
        }
        slot
    }

    fn enter_short(&mut self, entry: Entry, bytes: &[u8]) {
        let often = |pair: &[u8; 2]| COMMON.array_windows::<2>().filter(|window| *window == pair).count();
        let rarest = bytes.array_windows::<2>().enumerate().min_by_key(|(_, pair)| often(pair));
        let Some((offset, pair)) = rarest else {
            self.singles.extend(bytes.first().map(|byte| (*byte, entry.check)));
            return;
        };
        let pair = u16::from_le_bytes(*pair);
        let offset = u16::try_from(offset).unwrap_or(0);
        self.by_pair.entry(u32::from(pair)).or_default().push(Entry { offset, ..entry });
        self.pairs.resize(1 << 10, 0);
        if let Some(word) = self.pairs.get_mut(usize::from(pair >> 6)) {
            *word |= 1 << (pair & 63);
        }
    }

    fn enter(&mut self, window: u32, offset: usize, entry: Entry, bits: usize) {
        let offset = u16::try_from(offset).unwrap_or(0);
        self.windows.entry(window).or_default().push(Entry { offset, ..entry });
        if self.filter.is_empty() {
            self.filter = vec![0; bits / 64];
        }
        let place = place_of(window, self.shift);
        if let Some(word) = self.filter.get_mut((place >> 6) as usize) {
            *word |= 1 << (place & 63);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_index_finds_what_a_look_at_every_needle_finds(
            needles in prop::collection::vec(("[a-c]{0,14}", 0..4_u8), 1..60),
            text in "[a-c]{0,60}",
        ) {
            const PLACES: [Place; 4] = [Place::Whole, Place::Within, Place::Start, Place::End];
            let mut builder = Builder::default();
            let mut expected = BTreeSet::new();
            for (number, (needle, place)) in (0..).zip(&needles) {
                let place = PLACES[usize::from(*place)];
                if builder.add(number, place, needle, &[3]) && crate::test::lies(place, &text, needle) {
                    expected.insert(number);
                }
            }
            let index = builder.build();
            let mut found = BTreeSet::new();
            for (number, slot) in index.slots() {
                prop_assert_eq!(slot, 3);
                index.scan(number, &text, |check| {
                    found.insert(check);
                });
            }
            prop_assert_eq!(found, expected);
        }
    }
}
