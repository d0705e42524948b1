//! Numbers and text as Windows writes them into its files: little endian, UTF-16. Each answers nothing where the bytes end.

use crate::event::push_utf16;

/// A number of 16 bits.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// A number of 32 bits.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number of 64 bits.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// A number of 32 bits as a length or place.
pub(super) fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// So many bytes from a place.
pub(super) fn slice(bytes: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(length)?)
}

/// UTF-16 up to its first zero letter.
pub(super) fn wide(bytes: &[u8]) -> String {
    let (letters, _) = bytes.as_chunks::<2>();
    let end = letters.iter().position(|letter| *letter == [0, 0]).unwrap_or(letters.len());
    let mut text = String::new();
    push_utf16(bytes.get(..end * 2).unwrap_or_default(), &mut text);
    text
}

/// Texts in UTF-16 that stand one behind the other, each with a zero letter at its end.
pub(super) fn wide_list(bytes: &[u8]) -> Vec<String> {
    let (letters, _) = bytes.as_chunks::<2>();
    let texts = letters.split(|letter| *letter == [0, 0]).filter(|text| !text.is_empty());
    texts.map(|text| wide(text.as_flattened())).collect()
}
