//! Bytes to text: UTF-8 with or without a mark, UTF-16 with a mark (or the look of it), and Windows-1252 for what is
//! neither, as Windows tools still write it. Nothing is lost: the alert keeps its bytes as received.

use std::borrow::Cow;

/// The text of some bytes: UTF-8, or Windows-1252 where they are not.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The order of the bytes of UTF-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf16 {
    Little,
    Big,
}

/// Whether the input begins as UTF-16: its order and the length of its mark.
pub(crate) fn utf16(head: &[u8]) -> Option<(Utf16, usize)> {
    match head {
        [0xFF, 0xFE, ..] => Some((Utf16::Little, 2)),
        [0xFE, 0xFF, ..] => Some((Utf16::Big, 2)),
        [b'{' | b'[' | b'<', 0, second, 0, ..] if *second != 0 => Some((Utf16::Little, 0)),
        [0, b'{' | b'[' | b'<', 0, second, ..] if *second != 0 => Some((Utf16::Big, 0)),
        _ => None,
    }
}

/// An input that was UTF-16, to find an item's bytes as received from its place in the UTF-8 text.
#[derive(Debug)]
pub(crate) struct Transcoded {
    source: Vec<u8>,
    mark: usize,
    text: String,
    /// A place in the text and the number of UTF-16 units before it, from where to count on.
    known: (usize, usize),
}

impl Transcoded {
    pub(crate) fn new(source: Vec<u8>, order: Utf16, mark: usize) -> Self {
        let encoding = match order {
            Utf16::Little => encoding_rs::UTF_16LE,
            Utf16::Big => encoding_rs::UTF_16BE,
        };
        let text =
            encoding.decode_without_bom_handling(source.get(mark..).unwrap_or_default()).0.into_owned();
        Self { source, mark, text, known: (0, 0) }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The byte of the source at which the text's byte `place` was.
    pub(crate) fn source_offset(&mut self, place: usize) -> usize {
        let (from, units) = if self.known.0 <= place { self.known } else { (0, 0) };
        let between = self.text.as_bytes().get(from..place.min(self.text.len())).unwrap_or_default();
        // A UTF-8 lead byte begins one UTF-16 unit, and that of a four-byte sequence begins two.
        let more: usize =
            between.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum();
        self.known = (place, units + more);
        (self.mark + (units + more) * 2).min(self.source.len())
    }

    /// The bytes of the source from which this stretch of the text came.
    pub(crate) fn source_bytes(&mut self, from: usize, length: usize) -> Vec<u8> {
        let start = self.source_offset(from);
        let end = self.source_offset(from + length);
        self.source.get(start..end).unwrap_or_default().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_a_utf16_file_keeps_its_own_bytes() {
        for order in [Utf16::Little, Utf16::Big] {
            let wide = |text: &str| -> Vec<u8> {
                text.encode_utf16()
                    .flat_map(
                        |unit| if order == Utf16::Little { unit.to_le_bytes() } else { unit.to_be_bytes() },
                    )
                    .collect()
            };
            let mut source = if order == Utf16::Little { vec![0xFF, 0xFE] } else { vec![0xFE, 0xFF] };
            source.extend(wide("\"Zoë 😀\"\n{\"a\":1}"));
            let mut whole = Transcoded::new(source, order, 2);
            let place = whole.text().find('{').unwrap();
            assert_eq!(whole.source_bytes(place, 7), wide("{\"a\":1}"));
            assert_eq!(whole.source_offset(0), 2);
        }
    }

    #[test]
    fn a_windows_tools_umlauts_are_read() {
        assert_eq!(text(b"Gr\xfc\xdfe"), "Grüße");
    }
}
