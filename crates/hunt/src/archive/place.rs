//! Bytes at any place as a stream that can seek, as the libraries of formats want them. Each stream has a place of its own, so that
//! several threads read members of one archive at once.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use crate::artefact::ReadAt;

/// How much is read ahead: headers are read a few bytes at a time.
const AHEAD: usize = 16 << 10;

/// A stream over bytes that are read at any place.
#[derive(Clone)]
pub(crate) struct At {
    from: Arc<dyn ReadAt>,
    at: u64,
    /// What was read ahead, and where it begins.
    ahead: Vec<u8>,
    begins: u64,
}

impl At {
    pub(crate) fn new(from: Arc<dyn ReadAt>) -> Self {
        Self { from, at: 0, ahead: Vec::new(), begins: 0 }
    }

    fn held(&self) -> &[u8] {
        let skip = self.at.checked_sub(self.begins).and_then(|skip| usize::try_from(skip).ok());
        skip.and_then(|skip| self.ahead.get(skip..)).unwrap_or_default()
    }
}

impl Read for At {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.held().is_empty() {
            if into.len() >= AHEAD {
                let count = self.from.read_at(self.at, into)?;
                self.at += count as u64;
                return Ok(count);
            }
            self.ahead.resize(AHEAD, 0);
            let count = self.from.read_at(self.at, &mut self.ahead)?;
            self.ahead.truncate(count);
            self.begins = self.at;
        }
        let held = self.held();
        let count = held.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), held.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for At {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.from.size().checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// A part of other bytes.
pub(crate) struct Slice {
    pub(crate) of: Arc<dyn ReadAt>,
    pub(crate) start: u64,
    pub(crate) size: u64,
    /// Why it ends before it should.
    pub(crate) fault: Option<String>,
}

impl ReadAt for Slice {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let count = into.len().min(left);
        match into.get_mut(..count).filter(|into| !into.is_empty()) {
            Some(into) => self.of.read_at(self.start.saturating_add(at), into),
            None => Ok(0),
        }
    }

    fn fault(&self) -> Option<String> {
        self.fault.clone()
    }
}
