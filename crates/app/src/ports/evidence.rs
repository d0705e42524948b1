//! Sealed bytes: evidence (large, streamed, in the vault) and payloads (small, in the journal's database). Calls block;
//! the use cases make them where blocking is allowed.

use std::{io::Read, path::Path};

use kernel::Digest;

use super::Outside;

/// What was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of the bytes.
    pub sha256: Digest,
    /// How many.
    pub bytes: u64,
    /// Whether the same bytes were there before; they are kept once.
    pub existed: bool,
}

/// One file of a path that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name: the file's own, or its path below the folder with `/`.
    pub name: String,
    /// Its bytes.
    pub stored: Stored,
}

/// What came of hashing an item again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rehash {
    /// The bytes are those that were taken in.
    Intact,
    /// They are not.
    Changed,
    /// They are gone.
    Missing,
}

impl Rehash {
    /// The word used in entries and rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Intact => "ok",
            Self::Changed => "changed",
            Self::Missing => "missing",
        }
    }
}

/// Why sealed bytes could not be had.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// They are not those that were taken in. They are not served.
    #[error("{digest}: {what}. It is not served; restore it from a backup, and find out who changed it")]
    Changed {
        /// Which.
        digest: Digest,
        /// What is wrong.
        what: String,
    },
    /// Nothing with this digest is kept here.
    #[error("{0} is not kept here")]
    Missing(Digest),
    /// The disk is full.
    #[error("no space left for evidence: {0}. Nothing of it was kept; make room and take it in again")]
    Full(String),
    /// Outside.
    #[error(transparent)]
    Outside(#[from] Outside),
}

/// Where sealed bytes are kept.
pub trait EvidenceStore: Send + Sync {
    /// Takes bytes in: hashed, sealed and durable when it returns; written once, kept once.
    ///
    /// # Errors
    /// [`EvidenceError`]; then nothing is kept.
    fn put(&self, reader: &mut (dyn Read + Send)) -> Result<Stored, EvidenceError>;

    /// Takes in a file, or each file of a folder (symbolic links are not followed).
    ///
    /// # Errors
    /// [`EvidenceError`].
    fn put_path(&self, path: &Path) -> Result<Vec<StoredFile>, EvidenceError>;

    /// The bytes of a digest. A changed file is an error at the latest at the end of the stream, never a good end.
    ///
    /// # Errors
    /// [`EvidenceError`].
    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, EvidenceError>;

    /// Hashes an item again.
    ///
    /// # Errors
    /// [`EvidenceError`] where the disk fails.
    fn rehash(&self, digest: &Digest) -> Result<Rehash, EvidenceError>;

    /// Removes an item for good. One that is gone already is fine.
    ///
    /// # Errors
    /// [`EvidenceError`] where the disk fails.
    fn destroy(&self, digest: &Digest) -> Result<(), EvidenceError>;

    /// Every digest that is kept.
    ///
    /// # Errors
    /// [`EvidenceError`] where the disk fails.
    fn list(&self) -> Result<Vec<Digest>, EvidenceError>;

    /// The sealed form of an item, as it lies on disk: for a backup.
    ///
    /// # Errors
    /// [`EvidenceError`].
    fn export_sealed(&self, digest: &Digest) -> Result<(Box<dyn Read + Send>, u64), EvidenceError>;

    /// Puts back the sealed form of an item and checks that it opens to its digest.
    ///
    /// # Errors
    /// [`EvidenceError`]; then nothing is kept.
    fn import_sealed(&self, digest: &Digest, reader: &mut (dyn Read + Send)) -> Result<(), EvidenceError>;

    /// The keys, as text: for a backup, which is worth nothing without them and has to be guarded because of them.
    fn keys(&self) -> String;

    /// Seals a small payload with a nonce of 24 random bytes.
    ///
    /// # Errors
    /// [`Outside`] where the key cannot be used.
    fn seal(&self, digest: &Digest, bytes: &[u8], nonce: [u8; 24]) -> Result<Vec<u8>, Outside>;

    /// Opens a small payload.
    ///
    /// # Errors
    /// [`EvidenceError::Changed`] where it is not what was sealed.
    fn unseal(&self, digest: &Digest, sealed: &[u8]) -> Result<Vec<u8>, EvidenceError>;
}
