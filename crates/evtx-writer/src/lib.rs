#![doc = include_str!("../README.md")]

mod binary_xml;
mod chunk;
mod record;

use std::io::Write;

use chunk::Chunk;
pub use record::{Body, Record, Value, filetime};

/// Bytes of the block that the file header stands in.
const HEADER_BLOCK: usize = 4096;

/// Why a record was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A record has to fit into one chunk, and each of its values into 64 KiB.
    #[error("record {id} is larger than a chunk can hold")]
    TooLarge {
        /// The record's number.
        id: u64,
    },
    /// The number of chunks stands in 16 bits.
    #[error("an event log holds at most 65,535 chunks (4 GiB)")]
    TooManyChunks,
    /// The destination failed.
    #[error("cannot write the event log")]
    Io(#[from] std::io::Error),
}

/// One event log that is being written. It is held in memory until [`Log::finish`], because the header counts the chunks.
#[derive(Debug)]
pub struct Log {
    next: u64,
    full: Vec<Vec<u8>>,
    chunk: Chunk,
}

impl Log {
    /// An empty log whose first record gets the number `first`.
    #[must_use]
    pub fn new(first: u64) -> Self {
        Self { next: first.max(1), full: Vec::new(), chunk: Chunk::new(1) }
    }

    /// The number that the next record gets.
    #[must_use]
    pub const fn next_id(&self) -> u64 {
        self.next
    }

    /// Leaves numbers out, as a log does from which records were taken.
    pub const fn skip(&mut self, records: u64) {
        self.next = self.next.saturating_add(records);
    }

    /// Adds a record and answers with its number.
    ///
    /// # Errors
    /// [`WriteError::TooLarge`]; the log is as it was before.
    pub fn push(&mut self, record: &Record) -> Result<u64, WriteError> {
        let id = self.next;
        let needed = record.largest_size();
        if needed > chunk::ROOM || !record.values_fit() {
            return Err(WriteError::TooLarge { id });
        }
        if self.chunk.free() < needed {
            let first = self.chunk.next_number();
            let chunk = std::mem::replace(&mut self.chunk, Chunk::new(first));
            self.full.push(chunk.sealed());
        }
        self.chunk.push(id, record);
        self.next += 1;
        Ok(id)
    }

    /// Writes the log.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn finish(self, out: &mut impl Write) -> Result<(), WriteError> {
        let chunks = self.full.len() + usize::from(!self.chunk.is_empty());
        let count = u16::try_from(chunks).map_err(|_| WriteError::TooManyChunks)?;
        out.write_all(&header(count, self.next))?;
        for chunk in &self.full {
            out.write_all(chunk)?;
        }
        if !self.chunk.is_empty() {
            out.write_all(&self.chunk.sealed())?;
        }
        out.flush()?;
        Ok(())
    }

    /// The log's bytes.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn into_bytes(self) -> Result<Vec<u8>, WriteError> {
        let mut bytes = Vec::new();
        self.finish(&mut bytes)?;
        Ok(bytes)
    }
}

/// The file header and the rest of its block: magic, first and last chunk, next record, sizes and version, checksum.
fn header(chunks: u16, next: u64) -> Vec<u8> {
    let mut block = Vec::with_capacity(HEADER_BLOCK);
    block.extend_from_slice(b"ElfFile\0");
    block.extend_from_slice(&0_u64.to_le_bytes());
    block.extend_from_slice(&u64::from(chunks.saturating_sub(1)).to_le_bytes());
    block.extend_from_slice(&next.to_le_bytes());
    block.extend_from_slice(&128_u32.to_le_bytes());
    block.extend_from_slice(&1_u16.to_le_bytes());
    block.extend_from_slice(&3_u16.to_le_bytes());
    block.extend_from_slice(&4096_u16.to_le_bytes());
    block.extend_from_slice(&chunks.to_le_bytes());
    block.resize(120, 0);
    let sum = crc32fast::hash(&block);
    block.extend_from_slice(&0_u32.to_le_bytes());
    block.extend_from_slice(&sum.to_le_bytes());
    block.resize(HEADER_BLOCK, 0);
    block
}
