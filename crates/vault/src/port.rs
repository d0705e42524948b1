//! The vault behind the port of the use cases (`app::ports::EvidenceStore`).

use std::{io::Read, path::Path};

use app::{
    edge::Edge,
    ports::{EvidenceError, EvidenceStore, Outside, Rehash, Retry, Stored, StoredFile},
};
use kernel::Digest;

use crate::{Keys, SealError, Sealer, Status, Taken, Vault, VaultError};

/// Sealed evidence in a folder, and the sealer of small payloads with its key.
pub struct SealedEvidence {
    vault: Vault,
    sealer: Sealer,
}

impl SealedEvidence {
    /// Opens the vault; makes it, with new keys, where it is absent.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(folder: &Path, edge: &Edge) -> Result<Self, VaultError> {
        Vault::open(folder, &mut |bytes| edge.fill(bytes)).map(Self::of)
    }

    /// Makes the vault with keys that a backup brought.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn with_keys(folder: &Path, keys: &Keys) -> Result<Self, VaultError> {
        Vault::with_keys(folder, keys).map(Self::of)
    }

    fn of(vault: Vault) -> Self {
        let sealer = vault.sealer();
        Self { vault, sealer }
    }
}

fn stored(stored: &crate::Stored) -> Stored {
    Stored { sha256: stored.sha256, bytes: stored.bytes, existed: stored.existed() }
}

fn failed(error: VaultError) -> EvidenceError {
    match error {
        VaultError::Changed { digest, what } => EvidenceError::Changed { digest, what },
        VaultError::Missing { digest } | VaultError::Destroyed { digest } => EvidenceError::Missing(digest),
        VaultError::NoSpace { .. } => EvidenceError::Full(error.to_string()),
        other => {
            let what = other.guidance();
            let retry = if other.status() == Status::Temporary { Retry::Later } else { Retry::Never };
            EvidenceError::Outside(Outside { what, retry, source: Box::new(other) })
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "evidence".to_owned(), |name| name.to_string_lossy().into_owned())
}

impl EvidenceStore for SealedEvidence {
    fn put(&self, reader: &mut (dyn Read + Send)) -> Result<Stored, EvidenceError> {
        self.vault.put(reader, None).map(|done| stored(&done)).map_err(failed)
    }

    fn put_path(&self, path: &Path) -> Result<Vec<StoredFile>, EvidenceError> {
        match self.vault.put_path(path).map_err(failed)? {
            Taken::File(file) => Ok(vec![StoredFile { name: file_name(path), stored: stored(&file) }]),
            Taken::Folder { stored: list, manifest } => {
                let mut files: Vec<StoredFile> = manifest
                    .files
                    .iter()
                    .map(|file| StoredFile {
                        name: file.path.clone(),
                        stored: Stored { sha256: file.sha256, bytes: file.bytes, existed: false },
                    })
                    .collect();
                // What lay where, and what could not be taken, is evidence as well.
                files.push(StoredFile {
                    name: format!("{}.manifest.json", file_name(path)),
                    stored: stored(&list),
                });
                Ok(files)
            }
        }
    }

    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, EvidenceError> {
        Ok(Box::new(self.vault.open_evidence(digest).map_err(failed)?))
    }

    fn rehash(&self, digest: &Digest) -> Result<Rehash, EvidenceError> {
        Ok(match self.vault.rehash(digest).map_err(failed)? {
            crate::Rehash::Intact { .. } => Rehash::Intact,
            crate::Rehash::Changed { .. } => Rehash::Changed,
            crate::Rehash::Missing | crate::Rehash::Destroyed => Rehash::Missing,
        })
    }

    fn destroy(&self, digest: &Digest) -> Result<(), EvidenceError> {
        match self.vault.destroy(digest) {
            Ok(()) | Err(VaultError::Missing { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    fn list(&self) -> Result<Vec<Digest>, EvidenceError> {
        self.vault.list().map_err(failed)
    }

    fn export_sealed(&self, digest: &Digest) -> Result<(Box<dyn Read + Send>, u64), EvidenceError> {
        let sealed = self.vault.export_sealed(digest).map_err(failed)?;
        let bytes = sealed.len();
        Ok((Box::new(sealed), bytes))
    }

    fn import_sealed(&self, digest: &Digest, reader: &mut (dyn Read + Send)) -> Result<(), EvidenceError> {
        self.vault.import_sealed(digest, reader, None).map(|_| ()).map_err(failed)
    }

    fn keys(&self) -> String {
        self.vault.keys().to_text()
    }

    fn seal(&self, digest: &Digest, bytes: &[u8], nonce: [u8; 24]) -> Result<Vec<u8>, Outside> {
        let sealed = self.sealer.seal(digest, bytes, nonce);
        sealed.map_err(|error| Outside::never("cannot seal a payload", error))
    }

    fn unseal(&self, digest: &Digest, sealed: &[u8]) -> Result<Vec<u8>, EvidenceError> {
        self.sealer.open(digest, sealed).map_err(|error| match error {
            SealError::Newer(_) => EvidenceError::Outside(Outside::never(
                "cannot open a payload: use the version that wrote it",
                error,
            )),
            other => EvidenceError::Changed { digest: *digest, what: other.to_string() },
        })
    }
}
