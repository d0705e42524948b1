//! Windows event logs (MS-EVEN6, and the file format as Joachim Metz documents it): a file is a header and chunks of
//! 64 KiB, each with its own names and templates, so that chunks are read apart. A record's binary XML is not made
//! into a document: a template is compiled once in a chunk into its list of named values, and a record is that list
//! with its own values in place.

mod program;
mod record;

use std::{cell::RefCell, io};

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
const SIGNATURE: &[u8; 8] = b"ElfChnk\0";
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
        let (size, first) = (file.size(), HEADER + part * CHUNK as u64 * CHUNKS);
        MEMORY.with_borrow_mut(|(memory, buffer)| {
            buffer.resize(CHUNK, 0);
            for at in (first..size).step_by(CHUNK).take(usize::try_from(CHUNKS).unwrap_or(1)) {
                match load(file, at, buffer) {
                    Ok(count) => {
                        let cut = size - at < CHUNK as u64;
                        let chunk = buffer.get(..count).unwrap_or_default();
                        read_chunk(chunk, cut, memory, &mut damage, each);
                    }
                    Err(error) => {
                        damage.chunks += 1;
                        damage.note(error.to_string());
                    }
                }
            }
        });
        damage
    }
}

/// Reads what is used of a chunk: most logs are far from full. Where its header does not agree with what it speaks of, all
/// of it is read.
fn load(file: &dyn ReadAt, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let Some(head) = buffer.get_mut(..FIRST) else { return Ok(0) };
    let mut count = fill(file, at, head)?;
    if count == FIRST
        && head.starts_with(SIGNATURE)
        && let Some(free) = free(head)
        && let Some(rest) = buffer.get_mut(FIRST..free)
    {
        count += fill(file, at + FIRST as u64, rest)?;
        if buffer.get(..count).is_some_and(|chunk| agrees(chunk, free)) {
            return Ok(count);
        }
    }
    let Some(rest) = buffer.get_mut(count..) else { return Ok(count) };
    Ok(count + fill(file, at + count as u64, rest)?)
}

/// Where the header says that the records end.
fn free(chunk: &[u8]) -> Option<usize> {
    program::u32_at(chunk, 48).map(|free| free as usize).filter(|free| (FIRST..=CHUNK).contains(free))
}

/// Whether the last record lies where the header says, and ends where the header says that all do.
fn agrees(chunk: &[u8], free: usize) -> bool {
    let last = program::u32_at(chunk, 44).map_or(0, |last| last as usize);
    let size = program::u32_at(chunk, last.saturating_add(4)).map_or(0, |size| size as usize);
    last >= FIRST
        && last.checked_add(size) == Some(free)
        && chunk.get(last..).is_some_and(|record| record.starts_with(RECORD))
}

fn is_zero(bytes: &[u8]) -> bool {
    const ZERO: [u8; 4096] = [0; 4096];
    bytes.chunks(ZERO.len()).all(|block| ZERO.get(..block.len()) == Some(block))
}

/// Reads a chunk's records, whatever state it is in. `cut`: the file ends before the chunk does.
pub fn read_chunk(
    chunk: &[u8],
    cut: bool,
    memory: &mut record::Memory,
    damage: &mut Damage,
    each: &mut dyn FnMut(&Event<'_>),
) {
    if !chunk.starts_with(SIGNATURE) {
        if is_zero(chunk) {
            return;
        }
        damage.chunks += 1;
        damage.bytes += chunk.len() as u64;
        damage.note("a chunk without its signature; the records in it were read as far as they are whole");
    }
    if cut {
        damage.chunks += 1;
        damage.note("the last chunk is cut off");
    }
    let end = free(chunk).filter(|free| agrees(chunk, *free)).unwrap_or(chunk.len());
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
            let empty = chunk.get(at..next.unwrap_or(end)).is_none_or(is_zero);
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
