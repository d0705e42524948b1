//! Reading back. The bytes on disk are not trusted: age authenticates each 64 KiB before a byte of it is handed out,
//! and the end of the stream is only reported once the SHA-256 of everything read is the one asked for. What cannot be
//! found before the end (an intact object of this vault under another's name, or cut off by someone who has the key)
//! is an error in place of the end. Whoever must not act on a byte before that takes
//! [`Vault::read_verified`] or [`Vault::open_verified`].

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
};

use age::{DecryptError, Decryptor, Identity, stream::StreamReader};
use kernel::Digest;
use sha2::{Digest as _, Sha256};

use crate::{Vault, VaultError};

const BUFFER: usize = 256 << 10;

type Opened = StreamReader<BufReader<File>>;

/// The content of an object, checked while it is read.
///
/// `read` answers 0 only when everything was read and has the right digest; an [`io::Error`] it returns holds a
/// [`VaultError`]. After an error it gives no more bytes.
pub struct Evidence {
    digest: Digest,
    inner: Opened,
    hash: Sha256,
    state: State,
}

enum State {
    Reading,
    Whole,
    Changed(String),
}

impl Evidence {
    pub(crate) fn new(digest: Digest, inner: Opened) -> Self {
        Self { digest, inner, hash: Sha256::new(), state: State::Reading }
    }

    /// What it was asked for by.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    fn changed(&mut self, what: String) -> io::Error {
        self.state = State::Changed(what.clone());
        VaultError::Changed { digest: self.digest, what }.into()
    }

    /// Reads to the end, for the check alone; the length of the content in bytes.
    pub(crate) fn drain(&mut self) -> io::Result<u64> {
        let mut block = vec![0; BUFFER];
        let mut bytes = 0;
        loop {
            match self.read(&mut block)? {
                0 => return Ok(bytes),
                count => bytes += count as u64,
            }
        }
    }
}

impl Read for Evidence {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.state {
            State::Reading if buffer.is_empty() => return Ok(0),
            State::Reading => {}
            State::Whole => return Ok(0),
            State::Changed(what) => {
                return Err(VaultError::Changed { digest: self.digest, what: what.clone() }.into());
            }
        }
        match self.inner.read(buffer) {
            Ok(0) => {
                let found = Digest::from_bytes(self.hash.finalize_reset().into());
                if found != self.digest {
                    return Err(self.changed(format!("its content has the digest {found}")));
                }
                self.state = State::Whole;
                Ok(0)
            }
            Ok(count) => {
                self.hash.update(buffer.get(..count).unwrap_or_default());
                Ok(count)
            }
            Err(error) => match not_authentic(&error) {
                Some(what) => Err(self.changed(what.to_owned())),
                None => Err(error),
            },
        }
    }
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence").field("digest", &self.digest).finish_non_exhaustive()
    }
}

/// What an error of the sealed stream says about the bytes on disk; `None` where it is the disk's own.
fn not_authentic(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Some("it was cut short"),
        io::ErrorKind::InvalidData => Some("its sealed bytes do not authenticate"),
        _ => None,
    }
}

/// What a check of one object found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rehash {
    /// Unchanged.
    Intact {
        /// Length of its content.
        bytes: u64,
    },
    /// Changed on disk.
    Changed {
        /// What gave it away.
        what: String,
    },
    /// Not there, and never destroyed.
    Missing,
    /// Destroyed on purpose.
    Destroyed,
}

impl Vault {
    /// Opens an object for reading. See [`Evidence`] for what is checked when.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::Destroyed`], [`VaultError::Changed`] where the header no longer opens;
    /// else what the disk reports.
    pub fn open_evidence(&self, digest: &Digest) -> Result<Evidence, VaultError> {
        let file = self.open_sealed(digest)?;
        Ok(Evidence::new(*digest, self.unseal(digest, file)?))
    }

    /// Reads an object to its end once, and only then opens it: no byte of a changed one is handed out. It takes twice as
    /// long. Both passes read the same open file, and the second checks again.
    ///
    /// # Errors
    /// As [`Vault::open_evidence`], and [`VaultError::Changed`] for any change at all.
    pub fn open_verified(&self, digest: &Digest) -> Result<Evidence, VaultError> {
        let file = self.open_sealed(digest)?;
        let failed = |error| self.reading(digest, error);
        let again = file.try_clone().map_err(failed)?;
        Evidence::new(*digest, self.unseal(digest, file)?).drain().map_err(failed)?;
        let mut again = again;
        again.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Evidence::new(*digest, self.unseal(digest, again)?))
    }

    /// The whole content of an object of at most `limit` bytes, after it was checked.
    ///
    /// # Errors
    /// As [`Vault::open_verified`], and [`VaultError::TooLarge`].
    pub fn read_verified(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, VaultError> {
        let bytes = self.len(digest)?;
        if bytes > limit {
            return Err(VaultError::TooLarge { digest: *digest, bytes, limit });
        }
        let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        self.open_evidence(digest)?.read_to_end(&mut content).map_err(|error| self.reading(digest, error))?;
        Ok(content)
    }

    /// The length of an object's content in bytes, from its sealed length and the authenticity of its last 64 KiB;
    /// the content is not read.
    ///
    /// # Errors
    /// As [`Vault::open_evidence`].
    pub fn len(&self, digest: &Digest) -> Result<u64, VaultError> {
        let file = self.open_sealed(digest)?;
        self.unseal(digest, file)?.seek(SeekFrom::End(0)).map_err(|error| self.reading(digest, error))
    }

    /// Reads an object to its end and says whether it is what was stored.
    ///
    /// # Errors
    /// What the disk reports, such as a read error: that is no statement about the evidence.
    pub fn rehash(&self, digest: &Digest) -> Result<Rehash, VaultError> {
        let checked = self
            .open_evidence(digest)
            .and_then(|mut evidence| evidence.drain().map_err(|error| self.reading(digest, error)));
        match checked {
            Ok(bytes) => Ok(Rehash::Intact { bytes }),
            Err(VaultError::Changed { what, .. }) => Ok(Rehash::Changed { what }),
            Err(VaultError::Missing { .. }) => Ok(Rehash::Missing),
            Err(VaultError::Destroyed { .. }) => Ok(Rehash::Destroyed),
            Err(other) => Err(other),
        }
    }

    /// Checks every object, one with each step of the iterator: the caller shows progress, waits between two, or stops.
    /// What has no file any more does not turn up here; ask [`Vault::rehash`] for the digests that the record knows.
    ///
    /// # Errors
    /// What the disk reports about the folder.
    pub fn rehash_all(&self) -> Result<Rehashing<'_>, VaultError> {
        Ok(Rehashing { vault: self, digests: self.list()?.into_iter() })
    }

    pub(crate) fn open_sealed(&self, digest: &Digest) -> Result<File, VaultError> {
        let path = self.layout.object(digest);
        File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => self.absent(digest),
            _ => VaultError::at("read", &path, error),
        })
    }

    /// Opens sealed bytes with the vault's identity.
    pub(crate) fn unseal(&self, digest: &Digest, file: File) -> Result<Opened, VaultError> {
        let changed = |what: &str| VaultError::Changed { digest: *digest, what: what.to_owned() };
        let broken = |error| match error {
            DecryptError::Io(error) => self.reading(digest, error),
            DecryptError::NoMatchingKeys => changed("it is not sealed for this vault's key"),
            _ => changed("its header does not authenticate"),
        };
        let decryptor = Decryptor::new_buffered(BufReader::with_capacity(BUFFER, file)).map_err(broken)?;
        decryptor.decrypt(std::iter::once(&self.keys.identity as &dyn Identity)).map_err(broken)
    }

    /// The vault's error for a failed read of an object.
    pub(crate) fn reading(&self, digest: &Digest, error: io::Error) -> VaultError {
        VaultError::from_io(error).unwrap_or_else(|error| match not_authentic(&error) {
            Some(what) => VaultError::Changed { digest: *digest, what: what.to_owned() },
            None => VaultError::at("read", &self.layout.object(digest), error),
        })
    }
}

/// The check of all objects, one at each step.
#[derive(Debug)]
pub struct Rehashing<'a> {
    vault: &'a Vault,
    digests: std::vec::IntoIter<Digest>,
}

impl Iterator for Rehashing<'_> {
    type Item = (Digest, Result<Rehash, VaultError>);

    fn next(&mut self) -> Option<Self::Item> {
        let digest = self.digests.next()?;
        Some((digest, self.vault.rehash(&digest)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.digests.size_hint()
    }
}

impl ExactSizeIterator for Rehashing<'_> {}
