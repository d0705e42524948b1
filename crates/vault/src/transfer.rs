//! Sealed objects in and out as they are, for backup and restore: a backup holds no plain evidence, and a restore takes
//! nothing that the keys do not open to the digest it is listed under.

use std::{
    fs::File,
    io::{self, Read},
};

use kernel::Digest;

use crate::{Stored, Vault, VaultError, read::Evidence, spool::spool};

/// The sealed bytes of one object, as they lie on disk.
#[derive(Debug)]
pub struct Sealed {
    file: File,
    bytes: u64,
}

impl Sealed {
    /// How many there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no sealed object is empty: it has a header")]
    pub const fn len(&self) -> u64 {
        self.bytes
    }
}

impl Read for Sealed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Vault {
    /// The sealed bytes of an object, unchecked: a backup reads them once, and [`Vault::rehash`] or the restore test
    /// checks.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::Destroyed`], or what the disk reports.
    pub fn export_sealed(&self, digest: &Digest) -> Result<Sealed, VaultError> {
        let file = self.open_sealed(digest)?;
        let bytes = file.metadata().map_err(|error| self.reading(digest, error))?.len();
        Ok(Sealed { file, bytes })
    }

    /// Stores what [`Vault::export_sealed`] gave, of this vault or one with the same keys, once it was opened and found
    /// to have this digest.
    ///
    /// # Errors
    /// [`VaultError::Changed`] where it does not open to that digest; nothing is left behind then. Else as
    /// [`Vault::put`].
    pub fn import_sealed(
        &self,
        digest: &Digest,
        mut sealed: impl Read,
        expected: Option<u64>,
    ) -> Result<Stored, VaultError> {
        self.with_space(expected, |vault| {
            let tmp = vault.layout.new_tmp()?;
            spool(&tmp, |mut sink| {
                vault.copy(&mut sealed, &mut sink)?;
                sink.finish().map_err(|error| VaultError::at("write", &tmp.path, error))
            })?;
            let inner = vault.unseal(digest, tmp.rewound()?)?;
            let bytes =
                Evidence::new(*digest, inner).drain().map_err(|error| vault.reading(digest, error))?;
            vault.settle(&tmp, *digest, bytes)
        })
    }

    /// Notes that an object was destroyed, for the restore of a vault where it was.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn import_tombstone(&self, digest: &Digest) -> Result<(), VaultError> {
        self.with_space(None, |vault| vault.layout.write_tombstone(digest))
    }

    /// Copies, and tells a source that fails from a disk that does.
    fn copy(&self, from: &mut impl Read, to: &mut impl io::Write) -> Result<(), VaultError> {
        let mut block = vec![0; 1 << 20];
        loop {
            let count = match from.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(VaultError::Source(error)),
            };
            to.write_all(block.get(..count).unwrap_or_default())
                .map_err(|error| VaultError::at("write", self.folder(), error))?;
        }
    }
}
