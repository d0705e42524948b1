//! Writes a long stream to a file of the vault at the rate of the disk, while other threads hash and seal.
//!
//! Measured on ext4: through the page cache, two gigabytes take three to five times as long to become durable as they
//! do past it, because write-back starts late and then competes with the processor for memory. So the file is written
//! with `O_DIRECT` from aligned blocks where the file system can do that, and otherwise through the cache with a sync
//! every few blocks, so that the last one is short. The last block is padded and the file cut to its length.

use std::{
    fs::{File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use crate::{VaultError, layout::Tmp};

/// What direct input and output asks of addresses and lengths; 4096 satisfies every disk in use.
const ALIGN: usize = 4096;
/// Bytes written at once.
const BLOCK: usize = 4 << 20;
/// Blocks in flight: one being filled, one waiting, one being written.
const BLOCKS: usize = 3;
/// Blocks between two syncs where the page cache is in the way.
const SYNC_EVERY: u64 = 8;

/// A buffer that begins at a multiple of [`ALIGN`], without unsafe code: a slice of a slightly larger one.
struct Block {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Block {
    fn new() -> Self {
        let bytes = vec![0; BLOCK + ALIGN];
        let start = bytes.as_ptr().align_offset(ALIGN).min(ALIGN);
        Self { bytes, start, length: 0 }
    }

    fn free(&mut self) -> &mut [u8] {
        let (from, to) = (self.start + self.length, self.start + BLOCK);
        self.bytes.get_mut(from..to).unwrap_or_default()
    }

    /// The filled part, up to the next multiple of [`ALIGN`] where `padded`.
    fn filled(&self, padded: bool) -> &[u8] {
        let length = if padded { self.length.next_multiple_of(ALIGN) } else { self.length };
        self.bytes.get(self.start..self.start + length).unwrap_or_default()
    }
}

enum Message {
    Block(Block),
    /// All blocks were sent; without it the file is not complete.
    End,
}

/// Takes the bytes of one file. Dropped without [`Sink::finish`], the file counts as incomplete.
pub(crate) struct Sink {
    block: Option<Block>,
    full: SyncSender<Message>,
    free: Receiver<Block>,
    written: u64,
}

impl Sink {
    /// Says that this was everything.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.send()?;
        self.full.send(Message::End).map_err(|_| stopped())?;
        Ok(self.written)
    }

    fn send(&mut self) -> io::Result<()> {
        match self.block.take() {
            Some(block) => self.full.send(Message::Block(block)).map_err(|_| stopped()),
            None => Ok(()),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let block = match &mut self.block {
            Some(block) => block,
            none => none.insert(self.free.recv().map_err(|_| stopped())?),
        };
        let free = block.free();
        let count = free.len().min(bytes.len());
        for (to, from) in [(free.get_mut(..count), bytes.get(..count))] {
            if let (Some(to), Some(from)) = (to, from) {
                to.copy_from_slice(from);
            }
        }
        block.length += count;
        self.written += count as u64;
        if block.length == BLOCK {
            self.send()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The writer has stopped; its own error says why.
fn stopped() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

/// Runs `fill` with a sink, and a thread that writes to `tmp` what the sink takes.
///
/// `fill` owns the sink and has to finish it. The writer's error wins over that of `fill`, which is then only its echo.
pub(crate) fn spool<T>(tmp: &Tmp, fill: impl FnOnce(Sink) -> Result<T, VaultError>) -> Result<T, VaultError> {
    let failed = |error| VaultError::at("write", &tmp.path, error);
    thread::scope(|scope| {
        let (full, blocks) = sync_channel(BLOCKS);
        let (back, free) = channel();
        for _ in 0..BLOCKS {
            let _ = back.send(Block::new());
        }
        let writer = thread::Builder::new()
            .name("vault-write".to_owned())
            .spawn_scoped(scope, move || write_blocks(tmp, &blocks, &back))
            .map_err(failed)?;
        let filled = fill(Sink { block: None, full, free, written: 0 });
        match writer.join() {
            Ok(Ok(true)) => filled,
            Ok(Ok(false)) => filled.and_then(|_| Err(failed(io::ErrorKind::UnexpectedEof.into()))),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(failed(io::Error::other("the writing thread stopped"))),
        }
    })
}

/// Writes blocks until the end; `false` where the end never came.
fn write_blocks(tmp: &Tmp, blocks: &Receiver<Message>, back: &Sender<Block>) -> io::Result<bool> {
    let mut direct = open_direct(&tmp.path);
    let mut cached = &tmp.file;
    let mut position = 0_u64;
    let mut count = 0_u64;
    while let Ok(message) = blocks.recv() {
        let Message::Block(mut block) = message else {
            cached.set_len(position)?;
            return Ok(true);
        };
        let next = position + block.length as u64;
        let done = match &mut direct {
            Some(file) => match file.write_all(block.filled(true)) {
                Ok(()) => true,
                // This file system takes the flag and not the write; the cache takes everything.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => false,
                Err(error) => return Err(error),
            },
            None => false,
        };
        if !done {
            direct = None;
            cached.seek(SeekFrom::Start(position))?;
            cached.write_all(block.filled(false))?;
            count += 1;
            if count.is_multiple_of(SYNC_EVERY) {
                cached.sync_data()?;
            }
        }
        position = next;
        block.length = 0;
        let _ = back.send(block);
    }
    Ok(false)
}

fn open_direct(path: &Path) -> Option<File> {
    let flags = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).ok()?;
    OpenOptions::new().write(true).custom_flags(flags).open(path).ok()
}
