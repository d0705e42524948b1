//! The readers of artefacts. A reader says whether a file is its own, into how many parts the file falls that may be
//! read apart (by several threads, in any order), and calls back with each event. It never panics and never gives up
//! a good record for a bad one beside it: what it could not read it counts as [`Damage`].
//!
//! To add one: write `src/artefact/NAME.rs` with a unit struct that is an [`Artefact`], and add it to [`ARTEFACTS`].
//! The first reader that recognises a file gets it, so the sure ones (by magic bytes) stand before the guessing ones.

pub mod browser;
pub mod journal;
pub mod json;
pub mod key_value;
mod little;
pub mod lnk;
pub mod mapped;
mod message;
pub mod mft;
pub mod prefetch;
pub mod registry;
pub(crate) mod row;
mod sqlite;
pub mod syslog;
pub mod table;
pub mod zeek;

use std::io;

use jiff::Timestamp;

use crate::event::Event;

/// The readers, in the order in which they are asked.
pub static ARTEFACTS: &[&dyn Artefact] = &[
    &crate::evtx::Evtx,
    &mft::Mft,
    &lnk::Lnk,
    &prefetch::Prefetch,
    &registry::Registry,
    &registry::Log,
    &browser::Browser,
    &journal::Journal,
    &zeek::Zeek,
    &json::JsonExport,
    &table::Table,
    &key_value::KeyValueLog,
    &syslog::Syslog,
];

/// Bytes that can be read at any place, by several threads at once.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Reads from a place into the buffer; says how many bytes came (0 at the end).
    ///
    /// # Errors
    /// What the medium says.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// When the file was last written, where its keeper knows; logs that leave the year out are dated by it.
    fn modified(&self) -> Option<Timestamp> {
        None
    }

    /// What is wrong with the bytes as a whole, such as an archive that broke off within them; nothing for most.
    fn fault(&self) -> Option<String> {
        None
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }
}

/// Reads as far as the buffer or the bytes go.
///
/// # Errors
/// What the medium says.
pub fn fill(from: &dyn ReadAt, at: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match from.read_at(at + done as u64, rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// [`ReadAt`] as a stream, for readers that go from front to back.
pub struct Stream<'a> {
    from: &'a dyn ReadAt,
    at: u64,
}

impl<'a> Stream<'a> {
    /// From the first byte.
    #[must_use]
    pub fn new(from: &'a dyn ReadAt) -> Self {
        Self { from, at: 0 }
    }
}

impl io::Seek for Stream<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let place = match to {
            io::SeekFrom::Start(place) => Some(place),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
            io::SeekFrom::End(by) => self.from.size().checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

impl io::Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read_at(self.at, into)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// A file as a reader sees it before it decides.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// Its path in the evidence, with `/`.
    pub path: &'a str,
    /// Its first bytes: 4096, or as many as there are.
    pub bytes: &'a [u8],
    /// How long it is.
    pub size: u64,
}

/// What could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Damage {
    /// Blocks (of an event log: chunks) that are broken as a whole.
    pub chunks: u64,
    /// Records that could not be read.
    pub records: u64,
    /// Bytes that belong to nothing that could be read.
    pub bytes: u64,
    /// What was wrong, in words: the first few.
    pub notes: Vec<String>,
}

impl Damage {
    /// Adds what another part found.
    pub fn add(&mut self, other: Self) {
        self.chunks += other.chunks;
        self.records += other.records;
        self.bytes += other.bytes;
        for note in other.notes {
            self.note(note);
        }
    }

    /// Keeps a remark, if there are not too many yet and it is not there.
    pub fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < 8 && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Whether all was well.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.chunks == 0 && self.records == 0 && self.bytes == 0 && self.notes.is_empty()
    }
}

/// A kind of file with events in it.
pub trait Artefact: Send + Sync {
    /// Its name, for summaries: `evtx`, `m365`, ….
    fn name(&self) -> &'static str;

    /// Whether this file is one.
    fn recognises(&self, head: &Head<'_>) -> bool;

    /// Into how many parts the file falls that may be read apart; at least 1.
    fn parts(&self, _file: &dyn ReadAt) -> u64 {
        1
    }

    /// Reads one part (from 0) and calls back with each event, in the part's order.
    fn read(&self, file: &dyn ReadAt, part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage;
}
