//! Unpacking of LZ77 with Huffman codes (MS-XCA 2.2): blocks of 64 KiB, each begins with the code lengths of 512 symbols; a symbol
//! is a byte, or how far back and how long a repetition is.

/// Bytes that a block unpacks to.
const BLOCK: usize = 1 << 16;
/// The longest code, in bits.
const BITS: u32 = 15;
const SYMBOLS: usize = 512;

/// Unpacks to this size; none where the bytes do not say so much.
pub(super) fn unpacked(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(size.min(packed.len().saturating_mul(64)));
    let mut at = 0;
    while out.len() < size {
        let lengths = packed.get(at..at + SYMBOLS / 2)?;
        let codes = Codes::new(lengths)?;
        let mut stream = Stream::new(packed, at + SYMBOLS / 2)?;
        let end = (out.len() + BLOCK).min(size);
        while out.len() < end {
            match codes.next(&mut stream)? {
                symbol @ 0..256 => out.push(u8::try_from(symbol).ok()?),
                symbol => repeat(symbol - 256, &mut stream, &mut out, size)?,
            }
        }
        at = stream.at;
    }
    Some(out)
}

/// Appends a repetition of what is there. It may be longer than the way back: then it repeats itself.
fn repeat(symbol: u32, stream: &mut Stream<'_>, out: &mut Vec<u8>, size: usize) -> Option<()> {
    let mut length = usize::try_from(symbol % 16).ok()?;
    if length == 15 {
        length = usize::from(stream.byte()?);
        if length == 255 {
            length = usize::from(stream.word()?);
            if length == 0 {
                length = usize::from(stream.word()?) | usize::from(stream.word()?) << 16;
            }
            length = length.checked_sub(15)?;
        }
        length += 15;
    }
    length += 3;
    let bits = symbol / 16;
    let back = usize::try_from(stream.bits(bits)? + (1 << bits)).ok()?;
    let from = out.len().checked_sub(back)?;
    // A last repetition may say more than there is left.
    for number in 0..length.min(size - out.len()) {
        out.push(*out.get(from + number)?);
    }
    Some(())
}

/// The symbol of each fifteen bits.
struct Codes {
    symbols: Vec<u16>,
    lengths: Vec<u8>,
}

impl Codes {
    /// Shorter codes first, codes of one length in the order of their symbols.
    fn new(packed: &[u8]) -> Option<Self> {
        let lengths: Vec<u8> = packed.iter().flat_map(|pair| [pair & 15, pair >> 4]).collect();
        let mut symbols = Vec::with_capacity(1 << BITS);
        for length in 1..=BITS {
            for (symbol, _) in (0_u16..).zip(&lengths).filter(|(_, own)| u32::from(**own) == length) {
                let count = 1 << (BITS - length);
                if symbols.len() + count > 1 << BITS {
                    return None;
                }
                symbols.extend(std::iter::repeat_n(symbol, count));
            }
        }
        Some(Self { symbols, lengths })
    }

    fn next(&self, stream: &mut Stream<'_>) -> Option<u32> {
        let ahead = usize::try_from(stream.held >> (32 - BITS)).ok()?;
        let symbol = *self.symbols.get(ahead)?;
        stream.skip(u32::from(*self.lengths.get(usize::from(symbol))?));
        Some(u32::from(symbol))
    }
}

/// Bits from the highest of each two bytes; single bytes may stand between.
struct Stream<'p> {
    packed: &'p [u8],
    at: usize,
    held: u32,
    /// Bits that are held beyond the sixteen that have to be.
    spare: i32,
}

impl<'p> Stream<'p> {
    fn new(packed: &'p [u8], at: usize) -> Option<Self> {
        let mut stream = Self { packed, at, held: 0, spare: 16 };
        stream.held = u32::from(stream.word()?) << 16 | u32::from(stream.word()?);
        Some(stream)
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.packed.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn skip(&mut self, count: u32) {
        self.held = self.held.checked_shl(count).unwrap_or(0);
        self.spare -= count.cast_signed();
        if self.spare < 0 {
            // Past the end there are zeros: the last codes do not fill their two bytes.
            let word = u32::from(self.word().unwrap_or(0));
            self.held |= word << self.spare.unsigned_abs();
            self.spare += 16;
        }
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        if count > 15 {
            return None;
        }
        let bits = if count == 0 { 0 } else { self.held >> (32 - count) };
        self.skip(count);
        Some(bits)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Packs without repetitions: each byte is a code of eight bits of its own.
    pub(in super::super) fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for block in bytes.chunks(BLOCK) {
            out.extend([0x88; 128]);
            out.extend([0; 128]);
            for pair in block.chunks(2) {
                out.extend([pair.get(1).copied().unwrap_or(0), pair[0]]);
            }
            // The reader holds two bytes more than it needs.
            out.extend([0; 2]);
        }
        out
    }

    #[test]
    fn bytes_and_repetitions_are_unpacked() {
        let text: Vec<u8> = (0..100_000_u32).map(|number| (number * 7 % 251) as u8).collect();
        assert_eq!(unpacked(&packed(&text[..1001]), 1001).unwrap(), &text[..1001]);
        assert_eq!(unpacked(&packed(&text), text.len()).unwrap(), text);
        // a, b, c and a repetition from three back, codes of two bits each; its length of 297 stands in three bytes.
        let mut stream = vec![0; 256];
        stream[48] = 2 << 4;
        stream[49] = 2 << 4 | 2;
        stream[143] = 2 << 4;
        stream.extend([0x80, 0x1b, 0, 0, 0xff, 0x26, 0x01]);
        assert_eq!(unpacked(&stream, 300).unwrap(), b"abc".repeat(100));
        assert_eq!(unpacked(&stream[..255], 300), None);
    }
}
