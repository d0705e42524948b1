//! A chunk: 64 KiB with a header of its own, the records, and two tables in the header that chain every name and every template
//! by a hash, so that a reader finds them by their offset in the chunk.

use std::collections::HashMap;

use crate::{
    binary_xml,
    record::{Record, filetime},
};

/// Bytes of a chunk.
const SIZE: usize = 0x1_0000;
/// Bytes of its header with the two tables.
const HEADER: usize = 512;
/// Bytes that records have in it.
pub(crate) const ROOM: usize = SIZE - HEADER;
const STRINGS: usize = 64;
const TEMPLATES: usize = 32;

/// A chunk that is being filled. Offsets are from its start.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    names: HashMap<String, u32>,
    strings: [u32; STRINGS],
    known_templates: HashMap<u128, u32>,
    templates: [u32; TEMPLATES],
    first_number: u64,
    records: u64,
    ids: Option<(u64, u64)>,
    last_record: u32,
}

impl Chunk {
    /// An empty chunk; `first_number` counts the file's records, not their ids.
    pub(crate) fn new(first_number: u64) -> Self {
        Self {
            bytes: vec![0; HEADER],
            names: HashMap::new(),
            strings: [0; STRINGS],
            known_templates: HashMap::new(),
            templates: [0; TEMPLATES],
            first_number,
            records: 0,
            ids: None,
            last_record: 0,
        }
    }

    pub(crate) const fn free(&self) -> usize {
        SIZE - self.bytes.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.records == 0
    }

    pub(crate) const fn next_number(&self) -> u64 {
        self.first_number + self.records
    }

    /// The offset of what is written next.
    pub(crate) fn here(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn patch(&mut self, at: usize, value: u32) {
        if let Some(place) = self.bytes.get_mut(at..at + 4) {
            place.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// Writes the reference to a name, and the name itself where the chunk has not got it yet.
    pub(crate) fn name(&mut self, name: &str) {
        if let Some(offset) = self.names.get(name) {
            let offset = *offset;
            self.put(&offset.to_le_bytes());
            return;
        }
        let offset = self.here() + 4;
        self.put(&offset.to_le_bytes());
        let hash = name_hash(name);
        let bucket = self.strings.get_mut(usize::from(hash) % STRINGS);
        let previous = bucket.map_or(0, |bucket| std::mem::replace(bucket, offset));
        self.put(&previous.to_le_bytes());
        self.put(&hash.to_le_bytes());
        let units: Vec<u16> = name.encode_utf16().collect();
        self.put(&u16::try_from(units.len()).unwrap_or(u16::MAX).to_le_bytes());
        units.iter().for_each(|unit| self.put(&unit.to_le_bytes()));
        self.put(&[0, 0]);
        self.names.insert(name.to_owned(), offset);
    }

    /// Writes the reference to a template. `true` where its definition has to follow right here.
    pub(crate) fn template(&mut self, guid: u128) -> bool {
        let known = self.known_templates.get(&guid).copied();
        let offset = known.unwrap_or_else(|| self.here() + 4);
        self.put(&offset.to_le_bytes());
        if known.is_some() {
            return false;
        }
        let bucket = self.templates.get_mut(binary_xml::template_number(guid) as usize % TEMPLATES);
        let previous = bucket.map_or(0, |bucket| std::mem::replace(bucket, offset));
        self.put(&previous.to_le_bytes());
        self.known_templates.insert(guid, offset);
        true
    }

    /// Adds a record; the caller has seen to it that it fits.
    pub(crate) fn push(&mut self, id: u64, record: &Record) {
        let start = self.bytes.len();
        self.last_record = self.here();
        self.put(b"\x2a\x2a\0\0\0\0\0\0");
        self.put(&id.to_le_bytes());
        self.put(&filetime(record.time).to_le_bytes());
        binary_xml::write(self, id, record);
        // Records start at multiples of eight.
        while !(self.bytes.len() + 4 - start).is_multiple_of(8) {
            self.put(&[0]);
        }
        let size = u32::try_from(self.bytes.len() + 4 - start).unwrap_or(u32::MAX);
        self.put(&size.to_le_bytes());
        self.patch(start + 4, size);
        self.ids = Some((self.ids.map_or(id, |(first, _)| first), id));
        self.records += 1;
    }

    /// The chunk's 64 KiB with its header and checksums.
    pub(crate) fn sealed(self) -> Vec<u8> {
        let free = self.here();
        let mut bytes = self.bytes;
        let sum = crc32fast::hash(bytes.get(HEADER..).unwrap_or_default());
        let (first, last) = self.ids.unwrap_or((u64::MAX, u64::MAX));
        let mut head = Vec::with_capacity(HEADER);
        head.extend_from_slice(b"ElfChnk\0");
        head.extend_from_slice(&self.first_number.to_le_bytes());
        head.extend_from_slice(&(self.first_number + self.records).saturating_sub(1).to_le_bytes());
        head.extend_from_slice(&first.to_le_bytes());
        head.extend_from_slice(&last.to_le_bytes());
        head.extend_from_slice(&128_u32.to_le_bytes());
        head.extend_from_slice(&self.last_record.to_le_bytes());
        head.extend_from_slice(&free.to_le_bytes());
        head.extend_from_slice(&sum.to_le_bytes());
        head.resize(120, 0);
        let mut tables = Vec::with_capacity(HEADER - 128);
        self.strings.iter().chain(&self.templates).for_each(|at| tables.extend_from_slice(&at.to_le_bytes()));
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&head);
        checksum.update(&tables);
        head.extend_from_slice(&0_u32.to_le_bytes());
        head.extend_from_slice(&checksum.finalize().to_le_bytes());
        head.extend_from_slice(&tables);
        if let Some(place) = bytes.get_mut(..HEADER) {
            place.copy_from_slice(&head);
        }
        bytes.resize(SIZE, 0);
        bytes
    }
}

/// The hash of a name: its UTF-16 units in base 65,599, the lower 16 bits (MS-EVEN6 section 2.2.12, `NameHash`).
fn name_hash(name: &str) -> u16 {
    let hash =
        name.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)));
    (hash & 0xffff) as u16
}
