//! Unpacked bytes that are read at any place. What is unpacked when a thread comes to it is held in memory where it is small, else in
//! an unnamed temporary file that is gone with its last reader; what has to be unpacked before the hunt begins goes into one such
//! file, one behind the other, so that neither memory nor open files grow with an archive. What ends in an error keeps the bytes
//! before it.

use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom, Write},
    sync::Arc,
};

use jiff::Timestamp;

use super::place::Slice;
use crate::artefact::ReadAt;

/// Up to this length a member is held in memory: 8 MiB for each thread that reads.
const IN_MEMORY: usize = 8 << 20;

enum Store {
    Memory(Vec<u8>),
    File(File, u64),
}

/// Unpacked bytes.
pub(super) struct Spooled {
    store: Store,
    fault: Option<String>,
}

impl Spooled {
    /// Reads a stream to its end, to its first error, or to the most bytes that it may have.
    ///
    /// # Errors
    /// Where no temporary file can be written.
    pub(super) fn new(from: &mut dyn Read, most: u64) -> io::Result<Self> {
        let mut sink = Sink { memory: Vec::new(), file: None };
        let (size, fault) = copy(from, &mut sink, most)?;
        let store = match sink.file {
            Some(file) => Store::File(file, size),
            None => Store::Memory(sink.memory),
        };
        Ok(Self { store, fault })
    }
}

/// Memory up to a limit, then a file.
struct Sink {
    memory: Vec<u8>,
    file: Option<File>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        } else if self.memory.len() + bytes.len() <= IN_MEMORY {
            self.memory.extend_from_slice(bytes);
        } else {
            let mut file = tempfile::tempfile()?;
            file.write_all(&std::mem::take(&mut self.memory))?;
            file.write_all(bytes)?;
            self.file = Some(file);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Copies a stream to its end, to its first error, or to the most bytes; says how many, and what was wrong.
fn copy(from: &mut dyn Read, to: &mut dyn Write, most: u64) -> io::Result<(u64, Option<String>)> {
    let (mut size, mut buffer) = (0_u64, vec![0; 1 << 16]);
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok((size, None)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                return Ok((size, Some(format!("cannot be unpacked beyond {size} bytes: {error}"))));
            }
        };
        let room = usize::try_from(most - size).unwrap_or(usize::MAX);
        let bytes = buffer.get(..count.min(room)).unwrap_or_default();
        to.write_all(bytes)?;
        size += bytes.len() as u64;
        if count > room {
            let fault = format!("becomes more than the {most} bytes that it may; the rest was not read");
            return Ok((size, Some(fault)));
        }
    }
}

/// One temporary file for all that is unpacked before the hunt begins.
#[derive(Default)]
pub(super) struct Disk {
    file: Option<Arc<File>>,
    end: u64,
}

impl Disk {
    /// Unpacks a stream behind what is there already.
    pub(super) fn take(&mut self, from: &mut dyn Read, most: u64) -> io::Result<Slice> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(tempfile::tempfile()?))),
        };
        let start = self.end;
        // Reading at a place moves the file's own on some systems.
        (&*file).seek(SeekFrom::Start(start))?;
        let (size, fault) = copy(from, &mut &*file, most)?;
        self.end += size;
        Ok(Slice { of: file, start, size, fault })
    }
}

impl ReadAt for Spooled {
    fn size(&self) -> u64 {
        match &self.store {
            Store::Memory(bytes) => bytes.len() as u64,
            Store::File(_, size) => *size,
        }
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        match &self.store {
            Store::Memory(bytes) => bytes.read_at(at, into),
            Store::File(file, _) => ReadAt::read_at(file, at, into),
        }
    }

    fn fault(&self) -> Option<String> {
        self.fault.clone()
    }
}

/// A member with what its archive says of it.
pub(super) struct Told {
    pub(super) file: Arc<dyn ReadAt>,
    pub(super) fault: Option<String>,
    pub(super) modified: Option<Timestamp>,
}

impl ReadAt for Told {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(at, into)
    }

    fn modified(&self) -> Option<Timestamp> {
        self.modified.or_else(|| self.file.modified())
    }

    fn fault(&self) -> Option<String> {
        let Some(fault) = &self.fault else { return self.file.fault() };
        Some(self.file.fault().map_or_else(|| fault.clone(), |more| format!("{fault}; {more}")))
    }
}
