//! Where things lie in a vault's folder, and how a file gets there so that it survives a power cut: written under
//! `tmp/`, its bytes synced, linked to its final name (which fails where that exists: nothing is ever overwritten),
//! and the folder synced.
//!
//! ```text
//! VERSION              the layout's version
//! identity             age identity, 0600: `age -d -i identity objects/ab/ab….age` opens an object by hand
//! payload.key          key of the Sealer, 0600
//! objects/ab/ab….age   sealed objects, 0400, named by the SHA-256 of their content
//! destroyed/ab…        one for each destroyed object: its digest and nothing else
//! damaged/ab….N.age    objects that were found changed when their content was taken in again
//! tmp/                 work in progress; swept when the vault is opened
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use kernel::Digest;

use crate::{Keys, VaultError, keys::Entropy};

const VERSION: &str = "tourniquet-vault 1";

/// Bytes at the start of an object that hold its wrapped key: an age header with one recipient is below 2 KiB.
const HEADER: u64 = 4096;

/// The folder of a vault.
#[derive(Debug)]
pub(crate) struct Layout {
    root: PathBuf,
    next: AtomicU64,
}

impl Layout {
    /// Opens the folder, or makes a new one; sweeps what a crash left behind.
    pub(crate) fn open(root: &Path) -> Result<Self, VaultError> {
        let layout = Self { root: root.to_owned(), next: AtomicU64::new(0) };
        let version = layout.version_file();
        match fs::read_to_string(&version) {
            Ok(text) if text.trim() == VERSION => {}
            Ok(text) => {
                let found = text.trim().chars().take(64).collect();
                return Err(VaultError::Layout { path: version, found, supported: VERSION });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(VaultError::at("read", &version, error)),
        }
        make_folder(root)?;
        for folder in [layout.objects(), layout.tmp(), layout.destroyed(), layout.damaged()] {
            make_folder(&folder)?;
        }
        sync_folder(root)?;
        layout.sweep()?;
        Ok(layout)
    }

    /// Marks a new vault as complete; the keys are in place by now.
    pub(crate) fn write_version(&self) -> Result<(), VaultError> {
        self.write_new(&self.version_file(), format!("{VERSION}\n").as_bytes()).map(|_| ())
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    fn version_file(&self) -> PathBuf {
        self.root.join("VERSION")
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.root.join("identity")
    }

    pub(crate) fn payload_key(&self) -> PathBuf {
        self.root.join("payload.key")
    }

    pub(crate) fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    pub(crate) fn destroyed(&self) -> PathBuf {
        self.root.join("destroyed")
    }

    fn damaged(&self) -> PathBuf {
        self.root.join("damaged")
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn shard(&self, digest: &Digest) -> PathBuf {
        let [first, ..] = *digest.as_bytes();
        self.objects().join(format!("{first:02x}"))
    }

    pub(crate) fn object(&self, digest: &Digest) -> PathBuf {
        self.shard(digest).join(format!("{digest}.age"))
    }

    pub(crate) fn tombstone(&self, digest: &Digest) -> PathBuf {
        self.destroyed().join(digest.to_string())
    }

    /// The keys in the folder; new ones where the vault is new. Never makes a key beside objects that it cannot open.
    pub(crate) fn keys(&self, entropy: Entropy<'_>) -> Result<Keys, VaultError> {
        let key_error = |path: &Path, what: String| VaultError::Key { path: path.to_owned(), what };
        let (identity, payload) = (self.identity(), self.payload_key());
        if !self.version_file().exists() {
            if !identity.exists() && self.digests()?.is_empty() {
                let keys =
                    Keys::generate(entropy).map_err(|error| key_error(&identity, error.to_string()))?;
                self.place_keys(&keys)?;
            }
            if identity.exists() && payload.exists() {
                self.write_version()?;
            }
        }
        let read = |path: &Path| match fs::read_to_string(path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(key_error(path, "it is missing".to_owned()))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(key_error(path, "it is not text".to_owned()))
            }
            Err(error) => Err(VaultError::at("read", path, error)),
        };
        let (identity_text, payload_text) = (read(&identity)?, read(&payload)?);
        Keys::from_files(&identity_text, &payload_text)
            .map_err(|error| key_error(&identity, error.to_string()))
    }

    /// Writes the key files. The payload key goes first: an identity without it never stands alone.
    pub(crate) fn place_keys(&self, keys: &Keys) -> Result<(), VaultError> {
        self.write_new(&self.payload_key(), keys.payload_file().as_bytes())?;
        self.write_new(&self.identity(), keys.identity_file().as_bytes())?;
        Ok(())
    }

    /// A new file under `tmp/`, locked for as long as it is held, so that no sweep takes it away.
    pub(crate) fn new_tmp(&self) -> Result<Tmp, VaultError> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.tmp().join(format!("{}-{number}", std::process::id()));
            let file =
                match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    Err(error) => return Err(VaultError::at("write", &path, error)),
                };
            let tmp = Tmp { file, path };
            tmp.file.lock().map_err(|error| VaultError::at("lock", &tmp.path, error))?;
            // Another process that opens the vault may have swept the file between its creation and the lock.
            let links =
                tmp.file.metadata().map_err(|error| VaultError::at("read", &tmp.path, error))?.nlink();
            if links > 0 {
                return Ok(tmp);
            }
        }
    }

    /// Removes what crashed processes left under `tmp/`. What a living one works on is locked.
    fn sweep(&self) -> Result<(), VaultError> {
        for path in folder_entries(&self.tmp())? {
            let file = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                // A file that was complete but for its removal from here is read-only already.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    File::open(&path).map_err(|error| VaultError::at("open", &path, error))?
                }
                Err(error) => return Err(VaultError::at("open", &path, error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(VaultError::at("lock", &path, error)),
            }
            let condemned = path.extension().is_some_and(|extension| extension == "condemned");
            if condemned {
                erase(&path)?;
            } else {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Gives a finished file its object's name. `false` where an object of that name is there already.
    pub(crate) fn place(&self, tmp: &Tmp, digest: &Digest) -> Result<bool, VaultError> {
        let shard = self.shard(digest);
        if !shard.exists() {
            make_folder(&shard)?;
            sync_folder(&self.objects())?;
        }
        link_new(tmp, &self.object(digest))
    }

    /// Moves a changed object out of the way; it is evidence of its own.
    pub(crate) fn set_aside(&self, digest: &Digest) -> Result<(), VaultError> {
        let object = self.object(digest);
        let mut number = 1_u32;
        loop {
            let aside = self.damaged().join(format!("{digest}.{number}.age"));
            match fs::hard_link(&object, &aside) {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number = number.saturating_add(1)
                }
                // Somebody else set it aside first.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(VaultError::at("set aside", &object, error)),
            }
        }
        sync_folder(&self.damaged())?;
        remove(&object)?;
        sync_folder(&self.shard(digest))
    }

    /// Takes an object out of the vault for good: tombstone first, then the name, then the bytes that hold its key.
    pub(crate) fn destroy(&self, digest: &Digest) -> Result<(), VaultError> {
        let object = self.object(digest);
        self.write_tombstone(digest)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let condemned = self.tmp().join(format!("{}-{number}.condemned", std::process::id()));
        fs::rename(&object, &condemned).map_err(|error| VaultError::at("remove", &object, error))?;
        sync_folder(&self.shard(digest))?;
        erase(&condemned)
    }

    pub(crate) fn write_tombstone(&self, digest: &Digest) -> Result<(), VaultError> {
        self.write_new(&self.tombstone(digest), format!("{digest}\n").as_bytes()).map(|_| ())
    }

    /// The digests of all objects, sorted. Names that are no object's are left alone.
    pub(crate) fn digests(&self) -> Result<Vec<Digest>, VaultError> {
        let mut digests = Vec::new();
        for shard in folder_entries(&self.objects())? {
            for path in folder_entries(&shard)? {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                digests.extend(name.strip_suffix(".age").and_then(|name| name.parse::<Digest>().ok()));
            }
        }
        digests.sort_unstable();
        Ok(digests)
    }

    /// The digests that have a tombstone, sorted.
    pub(crate) fn tombstones(&self) -> Result<Vec<Digest>, VaultError> {
        let mut digests: Vec<Digest> = folder_entries(&self.destroyed())?
            .iter()
            .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
            .collect();
        digests.sort_unstable();
        Ok(digests)
    }

    /// Writes a small file of mode 0600 that must not exist yet. `false`, and nothing written, where it does.
    pub(crate) fn write_new(&self, path: &Path, content: &[u8]) -> Result<bool, VaultError> {
        let tmp = self.new_tmp()?;
        (&tmp.file).write_all(content).map_err(|error| VaultError::at("write", path, error))?;
        tmp.file.sync_all().map_err(|error| VaultError::at("write", path, error))?;
        link_new(&tmp, path)
    }

    /// Bytes that this process may still write to the disk of the vault.
    pub(crate) fn available(&self) -> Result<u64, VaultError> {
        let disk = rustix::fs::statvfs(&self.root)
            .map_err(|error| VaultError::at("measure", &self.root, error.into()))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// A file under `tmp/` that goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Tmp {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Tmp {
    /// Makes the bytes durable and read-only; the name is still to come.
    pub(crate) fn seal_shut(&self) -> Result<(), VaultError> {
        let failed = |error| VaultError::at("write", &self.path, error);
        self.file.set_permissions(fs::Permissions::from_mode(0o400)).map_err(failed)?;
        self.file.sync_all().map_err(failed)
    }

    /// The file's content from its start.
    pub(crate) fn rewound(&self) -> Result<File, VaultError> {
        let failed = |error| VaultError::at("read", &self.path, error);
        let mut file = self.file.try_clone().map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(file)
    }
}

impl Drop for Tmp {
    fn drop(&mut self) {
        // A leftover is harmless: the next sweep takes it.
        let _ = fs::remove_file(&self.path);
    }
}

/// Links `tmp` to `path` and makes that durable. `false` where `path` exists; that name is made durable all the same,
/// as whoever made it may not have come that far.
fn link_new(tmp: &Tmp, path: &Path) -> Result<bool, VaultError> {
    let fresh = match fs::hard_link(&tmp.path, path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(VaultError::at("write", path, error)),
    };
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    Ok(fresh)
}

/// Overwrites the part of a sealed file that holds its key, and removes it. Without that key the rest is noise
/// (NIST SP 800-88 calls it cryptographic erase), as far as the disk writes in place: flash and copy-on-write
/// file systems may keep the old block for a while.
fn erase(path: &Path) -> Result<(), VaultError> {
    let failed = |error| VaultError::at("erase", path, error);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len().min(HEADER);
    io::copy(&mut io::repeat(0).take(length), &mut file).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    remove(path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn remove(path: &Path) -> Result<(), VaultError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(VaultError::at("remove", path, error)),
        _ => Ok(()),
    }
}

fn make_folder(path: &Path) -> Result<(), VaultError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| VaultError::at("create", path, error))
}

/// A new name in a folder survives a power cut once the folder is synced.
pub(crate) fn sync_folder(path: &Path) -> Result<(), VaultError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| VaultError::at("write", path, error))
}

fn folder_entries(path: &Path) -> Result<Vec<PathBuf>, VaultError> {
    let failed = |error| VaultError::at("list", path, error);
    match fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(failed(error)),
    }
}
