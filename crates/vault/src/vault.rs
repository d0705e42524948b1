//! The vault itself: opening it, and what needs no reading of content.

use std::path::{Path, PathBuf};

use kernel::Digest;

use crate::{Keys, Sealer, VaultError, keys::Entropy, layout::Layout};

/// Sealed evidence in a folder, write-once, found by the SHA-256 of its content.
///
/// Shared by reference between threads, and the folder between processes. All calls block: call them from a thread
/// that may.
#[derive(Debug)]
pub struct Vault {
    pub(crate) layout: Layout,
    pub(crate) keys: Keys,
}

impl Vault {
    /// Opens the vault in `folder`; makes folder and keys, the latter from `entropy`, where there is none yet. Removes
    /// what a crash left half-written. (age draws each object's own key from the operating system.)
    ///
    /// # Errors
    /// [`VaultError::Layout`] for a folder of a newer version, [`VaultError::Key`] where a key is missing or damaged
    /// (a new one is never made beside existing objects), or what the disk reports.
    pub fn open(folder: &Path, entropy: Entropy<'_>) -> Result<Self, VaultError> {
        let layout = Layout::open(folder)?;
        let keys = layout.keys(entropy)?;
        Ok(Self { layout, keys })
    }

    /// Makes a vault in `folder` with these keys, for a restore; or opens one that has them.
    ///
    /// # Errors
    /// [`VaultError::Key`] where the folder has other keys; else as [`Vault::open`].
    pub fn with_keys(folder: &Path, keys: &Keys) -> Result<Self, VaultError> {
        let layout = Layout::open(folder)?;
        layout.place_keys(keys)?;
        let found = layout.keys(&mut |_| ())?;
        if found.recipient() == keys.recipient() && found.payload == keys.payload {
            Ok(Self { layout, keys: found })
        } else {
            let what = "the folder is a vault with other keys".to_owned();
            Err(VaultError::Key { path: layout.identity(), what })
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.layout.root()
    }

    /// The secrets, for a backup.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Seals small payloads for database columns with this vault's key.
    #[must_use]
    pub fn sealer(&self) -> Sealer {
        Sealer::new(&self.keys.payload)
    }

    /// The digests of all objects, sorted.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn list(&self) -> Result<Vec<Digest>, VaultError> {
        self.layout.digests()
    }

    /// The digests of everything that was ever destroyed, sorted; also of what came back later.
    ///
    /// # Errors
    /// What the disk reports.
    pub fn destroyed(&self) -> Result<Vec<Digest>, VaultError> {
        self.layout.tombstones()
    }

    /// Whether there is an object of this digest. Says nothing about its state: see [`Vault::rehash`].
    #[must_use]
    pub fn contains(&self, digest: &Digest) -> bool {
        self.layout.object(digest).exists()
    }

    /// Where the sealed bytes of an object lie, or would; `age -d -i <folder>/identity <path>` opens them.
    #[must_use]
    pub fn sealed_path(&self, digest: &Digest) -> PathBuf {
        self.layout.object(digest)
    }

    /// Why there is no object of this digest.
    pub(crate) fn absent(&self, digest: &Digest) -> VaultError {
        if self.layout.tombstone(digest).exists() {
            VaultError::Destroyed { digest: *digest }
        } else {
            VaultError::Missing { digest: *digest }
        }
    }
}
