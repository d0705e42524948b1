//! Destroys an object. Its file is moved under `tmp/` with its digest in the name, loses the wrapped key, is cut to
//! nothing, and becomes its own tombstone: that needs no free space, so that a full disk can be relieved. A crash in between is
//! finished by the next sweep.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use kernel::Digest;

use crate::{
    Vault, VaultError,
    layout::{Held, Layout, link_new, open_itself, remove, sync_folder},
};

/// Bytes at the start of an object that hold its wrapped key: an age header with one recipient is below 2 KiB.
const HEADER: u64 = 4096;
const CONDEMNED: &str = ".condemned";

/// The digest of an object whose destruction has begun.
pub(crate) fn condemned_digest(path: &Path) -> Option<Digest> {
    path.file_name()?.to_str()?.strip_suffix(CONDEMNED)?.parse().ok()
}

impl Vault {
    /// Takes an object out of the vault for good, and leaves a file that holds its digest and nothing else. Who may
    /// ask for it, and when, is the caller's to have decided. Doing it again is no error. The same content may be stored
    /// again later.
    ///
    /// Its sealed bytes lose their wrapped key before they are released, so that old blocks are noise (NIST SP 800-88 calls
    /// it cryptographic erase), as far as the disk writes in place: flash and copy-on-write file systems may keep the old
    /// block for a while. Copies under `damaged/` and in backups are not touched.
    ///
    /// # Errors
    /// [`VaultError::Missing`] where it never was there; else what the disk reports.
    pub fn destroy(&self, digest: &Digest) -> Result<(), VaultError> {
        let object = self.layout.object(digest);
        let condemned = self.layout.tmp().join(format!("{digest}{CONDEMNED}"));
        let opened = open_itself(&object).map_err(|error| VaultError::at("remove", &object, error))?;
        let Some(file) = opened else {
            return match self.absent(digest) {
                VaultError::Destroyed { .. } => Ok(()),
                other => Err(other),
            };
        };
        let file = Held(file);
        file.0.lock().map_err(|error| VaultError::at("lock", &object, error))?;
        match fs::rename(&object, &condemned) {
            Ok(()) => {}
            // Somebody else destroys it in this very moment.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(VaultError::at("remove", &object, error)),
        }
        sync_folder(&self.layout.shard(digest))?;
        self.layout.bury(&file.0, &condemned, digest)
    }
}

impl Layout {
    /// Turns a condemned object into its tombstone. `file` is it, locked.
    pub(crate) fn bury(&self, file: &File, condemned: &Path, digest: &Digest) -> Result<(), VaultError> {
        let failed = |error| VaultError::at("erase", condemned, error);
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let mut own = match OpenOptions::new().write(true).custom_flags(flags).open(condemned) {
            Ok(own) => own,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let (held, found) = (file.metadata().map_err(failed)?, own.metadata().map_err(failed)?);
        if (held.dev(), held.ino()) != (found.dev(), found.ino()) {
            return Err(failed(io::Error::other("another file took its place")));
        }
        io::copy(&mut io::repeat(0).take(found.len().min(HEADER)), &mut own).map_err(failed)?;
        own.sync_all().map_err(failed)?;
        own.set_len(0).map_err(failed)?;
        own.sync_all().map_err(failed)?;
        let own = OpenOptions::new().append(true).custom_flags(flags).open(condemned).map_err(failed)?;
        (&own).write_all(format!("{digest}\n").as_bytes()).map_err(failed)?;
        own.sync_all().map_err(failed)?;
        link_new(condemned, &self.tombstone(digest))?;
        remove(condemned)
    }

    /// Writes a tombstone for an object that is not here.
    pub(crate) fn write_tombstone(&self, digest: &Digest) -> Result<(), VaultError> {
        self.write_new(&self.tombstone(digest), format!("{digest}\n").as_bytes()).map(|_| ())
    }
}
