//! Takes evidence in. Three threads work at once on a long stream: the caller's reads and hashes, one seals, one writes;
//! blocks go round between them, so that memory does not grow with the file. What fits in one block takes none of that.

use std::{
    io::{self, Read, Write as _},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use age::{Encryptor, x25519};
use kernel::Digest;
use sha2::{Digest as _, Sha256};

use crate::{
    Rehash, Vault, VaultError,
    layout::Tmp,
    spool::{Sink, spool},
};

/// Bytes read, hashed and sealed at once.
const BLOCK: usize = 1 << 20;
/// Blocks of content in flight.
const BLOCKS: usize = 4;
/// What age adds: a header below this, and 16 bytes to every 64 KiB.
const HEADER: u64 = 4096;

/// An object that is in the vault, durably.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of the content, by which it is found.
    pub sha256: Digest,
    /// Length of the content in bytes.
    pub bytes: u64,
    /// How it came to be there.
    pub arrival: Arrival,
}

impl Stored {
    /// Whether the same content was there already, so that nothing was written.
    #[must_use]
    pub fn existed(&self) -> bool {
        self.arrival == Arrival::AlreadyThere
    }
}

/// How an object came to be in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Its content was not there before.
    New,
    /// The same content was there, was read again and found unchanged; the vault keeps one copy.
    AlreadyThere,
    /// A copy was there and was found changed on disk. It was set aside under `damaged/`, and this one took its place.
    ReplacedDamaged,
    /// Its content was here once and was destroyed; the tombstone stays.
    AfterDestruction,
}

impl Vault {
    /// Stores what `reader` gives, to its end: hashed, sealed and durable when this returns.
    ///
    /// `expected` is the length in bytes where it is known: with it a disk that is too small is refused before a byte
    /// is written. A stream that turns out shorter or longer is stored as it is.
    ///
    /// # Errors
    /// [`VaultError::NoSpace`], [`VaultError::Source`] where `reader` fails, or what the disk reports. Nothing of the
    /// stream is left behind then.
    pub fn put(&self, mut reader: impl Read, expected: Option<u64>) -> Result<Stored, VaultError> {
        self.with_space(expected, |vault| {
            let mut first = Vec::new();
            fill(&mut reader, &mut first)?;
            if first.len() < BLOCK { vault.put_short(&first) } else { vault.put_long(reader, first) }
        })
    }

    /// Runs `work`, with what a full disk needs to be told.
    pub(crate) fn with_space<T>(
        &self,
        expected: Option<u64>,
        work: impl FnOnce(&Self) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let path = self.layout.root().to_owned();
        let needed = sealed_length(expected.unwrap_or(0));
        let available = self.layout.available()?;
        if needed > available {
            return Err(VaultError::NoSpace { path, needed, available });
        }
        work(self).map_err(|error| match error {
            VaultError::NoSpace { .. } => {
                // The partial file is gone by now, so this is what a second try will find.
                let available = self.layout.available().unwrap_or(0);
                VaultError::NoSpace { path, needed: needed.max(available.saturating_add(1)), available }
            }
            other => other,
        })
    }

    fn put_short(&self, content: &[u8]) -> Result<Stored, VaultError> {
        let sha256 = Digest::of(content);
        let bytes = content.len() as u64;
        // Known content costs no write at all.
        if let Rehash::Intact { .. } = self.rehash(&sha256)? {
            return Ok(Stored { sha256, bytes, arrival: Arrival::AlreadyThere });
        }
        let tmp = self.layout.new_tmp()?;
        let failed = |error| VaultError::at("write", &tmp.path, error);
        let mut sealed = self.encryptor().and_then(|age| age.wrap_output(Vec::new())).map_err(failed)?;
        sealed.write_all(content).map_err(failed)?;
        let sealed = sealed.finish().map_err(failed)?;
        (&tmp.file).write_all(&sealed).map_err(failed)?;
        self.settle(&tmp, sha256, bytes)
    }

    fn put_long(&self, mut reader: impl Read, first: Vec<u8>) -> Result<Stored, VaultError> {
        let tmp = self.layout.new_tmp()?;
        let failed = |error| VaultError::at("write", &tmp.path, error);
        let age = self.encryptor().map_err(failed)?;
        let (sha256, bytes) = spool(&tmp, |sink| {
            thread::scope(|scope| {
                let (full, blocks) = sync_channel(BLOCKS);
                let (back, free) = channel();
                for _ in 1..BLOCKS {
                    let _ = back.send(Vec::with_capacity(BLOCK));
                }
                let sealer = thread::Builder::new()
                    .name("vault-seal".to_owned())
                    .spawn_scoped(scope, move || seal_blocks(age, sink, &blocks, &back))
                    .map_err(failed)?;
                let hashed = hash_blocks(&mut reader, first, &full, &free)?;
                drop(full);
                match sealer.join() {
                    Ok(sealed) => sealed.map_err(failed)?,
                    Err(_) => return Err(failed(io::Error::other("the sealing thread stopped"))),
                };
                Ok(hashed)
            })
        })?;
        self.settle(&tmp, sha256, bytes)
    }

    /// Gives a finished sealed file its place, once.
    pub(crate) fn settle(&self, tmp: &Tmp, sha256: Digest, bytes: u64) -> Result<Stored, VaultError> {
        tmp.seal_shut()?;
        let buried = self.layout.tombstone(&sha256).exists();
        let mut arrival = if buried { Arrival::AfterDestruction } else { Arrival::New };
        while !self.layout.place(tmp, &sha256)? {
            let mut found = self.rehash(&sha256)?;
            if matches!(found, Rehash::Changed { .. }) {
                let _lock = self.layout.lock()?;
                found = self.rehash(&sha256)?;
                if matches!(found, Rehash::Changed { .. }) {
                    self.layout.set_aside(&sha256)?;
                    arrival = Arrival::ReplacedDamaged;
                }
            }
            if matches!(found, Rehash::Intact { .. }) {
                arrival = Arrival::AlreadyThere;
                break;
            }
            // Set aside just now, or destroyed in this very moment: the place is free.
        }
        Ok(Stored { sha256, bytes, arrival })
    }

    fn encryptor(&self) -> io::Result<Encryptor> {
        let recipient: x25519::Recipient = self.keys.identity.to_public();
        Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(io::Error::other)
    }
}

/// Reads and hashes to the end, and passes the blocks on. `None` is the end: without it the sealer takes the stream for
/// broken off. Where the sealer has stopped, its own error says why, so that this one just stops too.
fn hash_blocks(
    reader: &mut impl Read,
    first: Vec<u8>,
    full: &SyncSender<Option<Vec<u8>>>,
    free: &Receiver<Vec<u8>>,
) -> Result<(Digest, u64), VaultError> {
    let mut hash = Sha256::new();
    let mut bytes = 0_u64;
    let mut block = first;
    loop {
        hash.update(&block);
        bytes += block.len() as u64;
        let last = block.len() < BLOCK;
        if full.send(Some(block)).is_err() {
            break;
        }
        if last {
            let _ = full.send(None);
            break;
        }
        let Ok(next) = free.recv() else { break };
        block = next;
        fill(reader, &mut block)?;
    }
    Ok((Digest::from_bytes(hash.finalize().into()), bytes))
}

fn seal_blocks(
    age: Encryptor,
    sink: Sink,
    blocks: &Receiver<Option<Vec<u8>>>,
    back: &Sender<Vec<u8>>,
) -> io::Result<u64> {
    let mut sealed = age.wrap_output(sink)?;
    while let Ok(block) = blocks.recv() {
        let Some(block) = block else { return sealed.finish()?.finish() };
        sealed.write_all(&block)?;
        let _ = back.send(block);
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// Reads one block, less only at the end of the stream.
fn fill(reader: &mut impl Read, block: &mut Vec<u8>) -> Result<(), VaultError> {
    block.clear();
    reader.by_ref().take(BLOCK as u64).read_to_end(block).map_err(VaultError::Source)?;
    Ok(())
}

/// At most how many bytes an object takes on disk.
fn sealed_length(bytes: u64) -> u64 {
    let tags = bytes.div_ceil(64 << 10).max(1).saturating_mul(16);
    bytes.saturating_add(tags).saturating_add(HEADER)
}
