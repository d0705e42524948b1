//! The container: a ZIP archive (PKWARE APPNOTE 6.3.10) of stored files whose every byte follows from names, sizes and
//! contents. Sizes and CRC-32 stand before the data, so that readers which do not seek to the end can unpack it too;
//! ZIP64 fields appear only where a number needs them. Dates are 1 January 1980, the format's zero; the mode is 0644.

use std::io::{self, Write};

/// What fits into the format's 32-bit fields.
const LIMIT32: u64 = 0xFFFF_FFFF;
/// What fits into its 16-bit counts.
const LIMIT16: u64 = 0xFFFF;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
/// 1 January 1980.
const DATE: u16 = 0x0021;
/// Made on Unix, by version 4.5 of the format.
const MADE_BY: u16 = 0x032D;
/// A regular file, readable by all.
const MODE: u32 = 0o100_644 << 16;

struct Member {
    path: String,
    size: u64,
    crc32: u32,
    offset: u64,
}

/// An archive that is being written.
pub(super) struct Archive<W> {
    out: Counter<W>,
    members: Vec<Member>,
}

struct Counter<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for Counter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Little-endian fields, one after the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn u16(mut self, value: u16) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
    fn u32(mut self, value: u32) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
    fn u64(mut self, value: u64) -> Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }
    /// A number in 32 bits, all ones where a ZIP64 field holds it.
    fn u32_or_ones(self, value: u64) -> Self {
        self.u32(u32::try_from(value).unwrap_or(u32::MAX))
    }
    fn u16_or_ones(self, value: u64) -> Self {
        self.u16(u16::try_from(value).unwrap_or(u16::MAX))
    }
}

/// The ZIP64 extra field (APPNOTE 4.5.3) with the numbers that did not fit, or nothing.
fn zip64(numbers: &[u64]) -> Vec<u8> {
    let Ok(count) = u16::try_from(numbers.len()) else { return Vec::new() };
    if count == 0 {
        return Vec::new();
    }
    numbers.iter().fold(Fields::default().u16(0x0001).u16(count * 8), |fields, &number| fields.u64(number)).0
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

impl Member {
    fn is_large(&self) -> bool {
        self.size >= LIMIT32
    }

    fn local_header(&self) -> Vec<u8> {
        let extra = if self.is_large() { zip64(&[self.size, self.size]) } else { Vec::new() };
        Fields::default()
            .u32(0x0403_4B50)
            .u16(if self.is_large() { 45 } else { 10 })
            .u16(FLAGS)
            .u16(0)
            .u16(0)
            .u16(DATE)
            .u32(self.crc32)
            .u32_or_ones(self.size)
            .u32_or_ones(self.size)
            .u16(length(self.path.as_bytes()))
            .u16(length(&extra))
            .bytes(self.path.as_bytes())
            .bytes(&extra)
            .0
    }

    fn central_header(&self) -> Vec<u8> {
        let mut numbers = Vec::new();
        if self.is_large() {
            numbers.extend([self.size, self.size]);
        }
        if self.offset >= LIMIT32 {
            numbers.push(self.offset);
        }
        let extra = zip64(&numbers);
        Fields::default()
            .u32(0x0201_4B50)
            .u16(MADE_BY)
            .u16(if extra.is_empty() { 10 } else { 45 })
            .u16(FLAGS)
            .u16(0)
            .u16(0)
            .u16(DATE)
            .u32(self.crc32)
            .u32_or_ones(self.size)
            .u32_or_ones(self.size)
            .u16(length(self.path.as_bytes()))
            .u16(length(&extra))
            .u16(0)
            .u16(0)
            .u16(0)
            .u32(MODE)
            .u32_or_ones(self.offset)
            .bytes(self.path.as_bytes())
            .bytes(&extra)
            .0
    }
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out: Counter { out, count: 0 }, members: Vec::new() }
    }

    /// Begins a file; exactly `size` bytes must go into [`Self::data`] next.
    pub(super) fn begin(&mut self, path: &str, size: u64, crc32: u32) -> io::Result<()> {
        let member = Member { path: path.to_owned(), size, crc32, offset: self.out.count };
        self.out.write_all(&member.local_header())?;
        self.members.push(member);
        Ok(())
    }

    pub(super) fn data(&mut self) -> &mut impl Write {
        &mut self.out
    }

    /// Writes the directory; gives the archive's size and the number of its files.
    pub(super) fn finish(mut self) -> io::Result<(u64, u64)> {
        let start = self.out.count;
        for member in &self.members {
            self.out.write_all(&member.central_header())?;
        }
        let end = self.out.count;
        let count = u64::try_from(self.members.len()).unwrap_or(u64::MAX);
        self.out.write_all(&trailer(count, start, end))?;
        self.out.flush()?;
        Ok((self.out.count, count))
    }
}

/// What follows the directory that stands at `start..end` and names `count` files.
fn trailer(count: u64, start: u64, end: u64) -> Vec<u8> {
    let size = end - start;
    let mut fields = Fields::default();
    if count >= LIMIT16 || start >= LIMIT32 || size >= LIMIT32 {
        fields = fields
            .u32(0x0606_4B50)
            .u64(44)
            .u16(MADE_BY)
            .u16(45)
            .u32(0)
            .u32(0)
            .u64(count)
            .u64(count)
            .u64(size)
            .u64(start)
            .u32(0x0706_4B50)
            .u32(0)
            .u64(end)
            .u32(1);
    }
    fields
        .u32(0x0605_4B50)
        .u16(0)
        .u16(0)
        .u16_or_ones(count)
        .u16_or_ones(count)
        .u32_or_ones(size)
        .u32_or_ones(start)
        .u16(0)
        .0
}
