//! From what a value holds to the tests that this makes true: one pass over a text's windows of four bytes for all the
//! needles that may lie anywhere (each entered by its rarest window), and one look at its end, its start and its whole.

use std::collections::HashMap;

use crate::{
    route::Check,
    test::{Place, Test},
};

const BITS: u32 = 16;
/// How many bytes at an end or a start are looked up; a needle is entered under the most that it has.
const LENGTHS: [usize; 3] = [12, 8, 4];

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Index {
    filter: Vec<u64>,
    /// By window: the needle's check, and where in the needle the window lies.
    windows: HashMap<u32, Vec<(u32, u16)>, Plain>,
    /// By the hash of so many last bytes as [`LENGTHS`] says: most needles end in `.exe`, so a few bytes tell little.
    ends: [HashMap<u64, Vec<u32>, Plain>; 3],
    starts: [HashMap<u64, Vec<u32>, Plain>; 3],
    wholes: HashMap<u64, Vec<u32>, Plain>,
    /// Checks with needles too short for a window.
    short: Vec<u32>,
}

/// A hash of keys that are hashes already, or spread well enough.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Spread(u64);

pub(crate) type Plain = std::hash::BuildHasherDefault<Spread>;

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
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 32;
    }
}

fn place_of(window: u32) -> u32 {
    window.wrapping_mul(0x9E37_79B1) >> (32 - BITS)
}

fn whole(bytes: &[u8]) -> u64 {
    use std::hash::Hasher as _;
    let mut hasher = Spread::default();
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        hasher.write_u64(u64::from_le_bytes(*word));
    }
    hasher.write(rest);
    hasher.write_u64(bytes.len() as u64);
    hasher.finish()
}

/// Collects needles.
pub(crate) struct Builder {
    needles: Vec<(u32, Place)>,
}

impl Index {
    pub(crate) fn builder() -> Builder {
        Builder { needles: Vec::new() }
    }

    /// Calls back with each check whose needle lies in the text as asked; whether the check is of this text's value is
    /// the caller's to say first (`fits`).
    #[inline]
    pub(crate) fn scan(
        &self,
        text: &str,
        checks: &[Check],
        fits: &impl Fn(&Check) -> bool,
        found: &mut impl FnMut(u32),
    ) {
        let bytes = text.as_bytes();
        let mut see = |number: u32| {
            if let Some(check) = checks.get(number as usize)
                && let Test::Text { place, needle, .. } = &check.test
                && fits(check)
                && crate::test::lies(*place, text, needle)
            {
                found(number);
            }
        };
        if let Some(numbers) = self.wholes.get(&whole(bytes)) {
            numbers.iter().for_each(|number| see(*number));
        }
        for number in &self.short {
            see(*number);
        }
        for ((length, ends), starts) in LENGTHS.iter().zip(&self.ends).zip(&self.starts) {
            let Some(rest) = bytes.len().checked_sub(*length) else { continue };
            let (first, last) = (bytes.get(..*length), bytes.get(rest..));
            for (map, part) in [(starts, first), (ends, last)] {
                if !map.is_empty()
                    && let Some(numbers) = part.and_then(|part| map.get(&whole(part)))
                {
                    numbers.iter().for_each(|number| see(*number));
                }
            }
        }
        if self.filter.is_empty() {
            return;
        }
        let filter = self.filter.as_slice();
        for (at, window) in bytes.array_windows::<4>().enumerate() {
            let window = u32::from_le_bytes(*window);
            let place = place_of(window);
            let bit = filter.get((place >> 6) as usize).map_or(0, |word| word >> (place & 63));
            if bit & 1 == 0 {
                continue;
            }
            let Some(entries) = self.windows.get(&window) else { continue };
            for (number, offset) in entries {
                let Some(check) = checks.get(*number as usize) else { continue };
                let Test::Text { needle, .. } = &check.test else { continue };
                let lies = at
                    .checked_sub(usize::from(*offset))
                    .and_then(|from| bytes.get(from..from + needle.len()))
                    .is_some_and(|part| part == needle.as_bytes());
                if lies && fits(check) {
                    found(*number);
                }
            }
        }
    }
}

impl Builder {
    /// Enters a needle; says whether the index will answer for it.
    pub(crate) fn add(&mut self, number: u32, place: Place, needle: &str) -> bool {
        if needle.is_empty() && place != Place::Whole || needle.len() > usize::from(u16::MAX) {
            return false;
        }
        self.needles.push((number, place));
        true
    }

    pub(crate) fn build(self, checks: &[Check]) -> Index {
        let mut index = Index::default();
        let text = |number: u32| match checks.get(number as usize).map(|check| &check.test) {
            Some(Test::Text { needle, .. }) => needle.as_bytes(),
            _ => &[],
        };
        let mut common: HashMap<[u8; 4], u32> = HashMap::new();
        for (number, _) in &self.needles {
            for window in text(*number).array_windows::<4>() {
                *common.entry(*window).or_default() += 1;
            }
        }
        for (number, place) in self.needles {
            let bytes = text(number);
            let most = LENGTHS.iter().position(|length| *length <= bytes.len());
            match place {
                Place::Whole => index.wholes.entry(whole(bytes)).or_default().push(number),
                Place::Start | Place::End => {
                    let maps = if place == Place::End { &mut index.ends } else { &mut index.starts };
                    let length = most.and_then(|most| LENGTHS.get(most)).copied().unwrap_or(0);
                    let part = if place == Place::End {
                        bytes.get(bytes.len() - length..)
                    } else {
                        bytes.get(..length)
                    };
                    match (most.and_then(|most| maps.get_mut(most)), part) {
                        (Some(map), Some(part)) => map.entry(whole(part)).or_default().push(number),
                        _ => index.short.push(number),
                    }
                }
                Place::Within => {
                    let rarest = bytes
                        .array_windows::<4>()
                        .enumerate()
                        .min_by_key(|(_, window)| common.get(*window).copied().unwrap_or(0));
                    let Some((offset, window)) = rarest else {
                        index.short.push(number);
                        continue;
                    };
                    let window = u32::from_le_bytes(*window);
                    let offset = u16::try_from(offset).unwrap_or(0);
                    index.windows.entry(window).or_default().push((number, offset));
                    if index.filter.is_empty() {
                        index.filter = vec![0; 1 << (BITS - 6)];
                    }
                    let place = place_of(window);
                    if let Some(word) = index.filter.get_mut((place >> 6) as usize) {
                        *word |= 1 << (place & 63);
                    }
                }
            }
        }
        index
    }
}
