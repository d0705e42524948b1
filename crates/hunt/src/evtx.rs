//! Windows event logs (MS-EVEN6, and the file format as Joachim Metz documents it): a file is a header and chunks of
//! 64 KiB, each with its own names and templates, so that chunks are read apart. A record's binary XML is not made
//! into a document: a template is compiled once in a chunk into its list of named values, and a record is that list
//! with its own values in place.

mod program;
mod record;

use std::cell::RefCell;

use crate::{
    artefact::{Artefact, Damage, Head, ReadAt, fill},
    event::Event,
};

/// Bytes of a file's header.
const HEADER: u64 = 4096;
/// Bytes of a chunk.
const CHUNK: usize = 0x1_0000;
/// Chunks in a part.
const CHUNKS: u64 = 8;
/// Where records begin in a chunk.
const FIRST: usize = 512;
const RECORD: &[u8; 4] = b"**\0\0";

/// The reader of event logs.
pub struct Evtx;

thread_local! {
    static MEMORY: RefCell<(record::Memory, Vec<u8>)> = RefCell::new((record::Memory::default(), Vec::new()));
}

impl Artefact for Evtx {
    fn name(&self) -> &'static str {
        "evtx"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        let named = head.path.get(head.path.len().saturating_sub(5)..);
        head.bytes.starts_with(b"ElfFile\0")
            || named.is_some_and(|end| end.eq_ignore_ascii_case(".evtx")) && head.size > HEADER
    }

    fn parts(&self, file: &dyn ReadAt) -> u64 {
        file.size().saturating_sub(HEADER).div_ceil(CHUNK as u64 * CHUNKS)
    }

    fn read(&self, file: &dyn ReadAt, part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        MEMORY.with_borrow_mut(|(memory, buffer)| {
            buffer.resize(CHUNK * usize::try_from(CHUNKS).unwrap_or(1), 0);
            let at = HEADER + part * CHUNK as u64 * CHUNKS;
            match fill(file, at, buffer) {
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    for chunk in bytes.chunks(CHUNK) {
                        read_chunk(chunk, memory, &mut damage, each);
                    }
                }
                Err(error) => {
                    damage.chunks += CHUNKS;
                    damage.note(error.to_string());
                }
            }
        });
        damage
    }
}

/// Reads a chunk's records, whatever state it is in.
pub fn read_chunk(
    chunk: &[u8],
    memory: &mut record::Memory,
    damage: &mut Damage,
    each: &mut dyn FnMut(&Event<'_>),
) {
    if !chunk.starts_with(b"ElfChnk\0") {
        if chunk.iter().any(|byte| *byte != 0) {
            damage.chunks += 1;
            damage.bytes += chunk.len() as u64;
            damage
                .note("a chunk without its signature; the records in it were read as far as they are whole");
        } else {
            return;
        }
    }
    if chunk.len() < CHUNK {
        damage.chunks += 1;
        damage.note("the last chunk is cut off");
    }
    let free = program::u32_at(chunk, 48).map_or(CHUNK, |free| free as usize);
    let end = if (FIRST..=chunk.len()).contains(&free) { free } else { chunk.len() };
    let mut reader = record::Reader::new(chunk, memory);
    let mut at = FIRST;
    while at + 24 < end {
        let size = program::u32_at(chunk, at + 4).map_or(0, |size| size as usize);
        let signed = chunk.get(at..at + 4) == Some(RECORD);
        if !signed || size < 28 || at + size > chunk.len() {
            // Something else lies here: on to the next signature.
            let from = at + usize::from(signed) * 4;
            let rest = chunk.get(from..end).unwrap_or_default();
            let next = rest.windows(4).position(|window| window == RECORD).map(|next| from + next);
            let empty =
                chunk.get(at..next.unwrap_or(end)).is_none_or(|rest| rest.iter().all(|byte| *byte == 0));
            if !empty {
                damage.records += 1;
                damage.bytes += (next.unwrap_or(end) - at) as u64;
            }
            match next {
                Some(next) => at = next,
                None => break,
            }
            continue;
        }
        if !reader.read(at, size, each) {
            damage.records += 1;
        }
        at += size;
    }
}

pub use record::Memory;
