//! A stretch of an input that is read as it is needed, so that a file of any length is taken with little memory.

use std::io::{self, Read};

const CHUNK: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    base: u64,
    ended: bool,
}

impl<R: Read> Window<R> {
    pub(crate) const fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), start: 0, base: 0, ended: false }
    }

    /// Everything from here on, as a reader.
    pub(crate) fn into_reader(self) -> impl Read + use<R> {
        let Self { mut buffer, start, reader, .. } = self;
        buffer.drain(..start.min(buffer.len()));
        io::Cursor::new(buffer).chain(reader)
    }

    /// What has been read and not consumed.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// How far into the input [`Window::bytes`] begins.
    pub(crate) const fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Reads more; `false` at the end of the input.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.start > CHUNK && self.start * 2 > self.buffer.len() {
            self.buffer.drain(..self.start);
            self.base += self.start as u64;
            self.start = 0;
        }
        let held = self.buffer.len();
        let more = CHUNK.max(self.bytes().len().min(8 << 20));
        let read = self.reader.by_ref().take(more as u64).read_to_end(&mut self.buffer);
        self.ended = self.buffer.len() - held < more;
        read.map(|count| count > 0)
    }

    /// Reads until `count` bytes are there or the input ends.
    pub(crate) fn want(&mut self, count: usize) -> io::Result<()> {
        while self.bytes().len() < count && self.fill()? {}
        Ok(())
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.buffer.len());
    }

    /// The next byte, reading more where needed; `None` at the end.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        self.want(1)?;
        Ok(self.bytes().first().copied())
    }

    /// The length of the line that begins here, without its line feed, or `None` where it is longer than `most`.
    pub(crate) fn line(&mut self, most: usize) -> io::Result<Option<usize>> {
        let mut seen = 0;
        loop {
            let bytes = self.bytes();
            if let Some(at) = memchr::memchr(b'\n', bytes.get(seen..).unwrap_or_default()) {
                return Ok(Some(seen + at));
            }
            seen = bytes.len();
            if seen > most {
                return Ok(None);
            }
            if !self.fill()? {
                return Ok(Some(seen));
            }
        }
    }

    /// Drops everything up to and with the next line feed.
    pub(crate) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            if let Some(at) = memchr::memchr(b'\n', self.bytes()) {
                self.consume(at + 1);
                return Ok(());
            }
            self.consume(self.bytes().len());
            if !self.fill()? {
                return Ok(());
            }
        }
    }
}
