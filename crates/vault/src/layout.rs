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
//! lock                 held by whoever sweeps, or sets a damaged object aside
//! ```

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use kernel::Digest;

use crate::{Keys, VaultError, destroy::condemned_digest, keys::Entropy};

const VERSION: &str = "tourniquet-vault 1";

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

    pub(crate) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(crate) fn shard(&self, digest: &Digest) -> PathBuf {
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
        // No sweep runs between the file's creation and its lock.
        let guard = Held(self.lock_file()?);
        guard.0.lock_shared().map_err(|error| VaultError::at("lock", &self.root, error))?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.tmp().join(format!("{}-{number}", std::process::id()));
            let file =
                match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                    Ok(file) => file,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    Err(error) => return Err(VaultError::at("write", &path, error)),
                };
            let tmp = Tmp { file, path, named: AtomicBool::new(false) };
            tmp.file.lock().map_err(|error| VaultError::at("lock", &tmp.path, error))?;
            return Ok(tmp);
        }
    }

    /// Removes what crashed processes left under `tmp/`, and finishes the destructions they began. What a living one
    /// works on is locked.
    fn sweep(&self) -> Result<(), VaultError> {
        let _lock = self.lock()?;
        for path in folder_entries(&self.tmp())? {
            let file = match open_itself(&path) {
                Ok(Some(file)) => file,
                Ok(None) => continue,
                Err(error) => return Err(VaultError::at("open", &path, error)),
            };
            let file = Held(file);
            match file.0.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(VaultError::at("lock", &path, error)),
            }
            match condemned_digest(&path) {
                Some(digest) => self.bury(&file.0, &path, &digest)?,
                None => remove(&path)?,
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
        tmp.link_new(&self.object(digest))
    }

    /// Keeps everybody else, in this process and others, from sweeping, from setting objects aside and from beginning
    /// a file under `tmp/`, until it is dropped. Whoever found an object changed has to look again with the lock, or it
    /// would set the repaired one aside.
    pub(crate) fn lock(&self) -> Result<Held, VaultError> {
        let held = Held(self.lock_file()?);
        held.0.lock().map_err(|error| VaultError::at("lock", &self.root, error))?;
        Ok(held)
    }

    fn lock_file(&self) -> Result<File, VaultError> {
        let path = self.root.join("lock");
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| VaultError::at("lock", &path, error))
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
                // It was destroyed in this very moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(VaultError::at("set aside", &object, error)),
            }
        }
        sync_folder(&self.damaged())?;
        remove(&object)?;
        sync_folder(&self.shard(digest))
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
        tmp.link_new(path)
    }

    /// Bytes that this process may still write to the disk of the vault.
    pub(crate) fn available(&self) -> Result<u64, VaultError> {
        let disk = rustix::fs::statvfs(&self.root)
            .map_err(|error| VaultError::at("measure", &self.root, error.into()))?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

/// A locked file. The lock ends when this is dropped, and not only when the last child process that was forked in between
/// has closed its copy.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) File);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// A file under `tmp/` that goes away when it is dropped.
#[derive(Debug)]
pub(crate) struct Tmp {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// Whether it may have another name by now.
    named: AtomicBool,
}

impl Tmp {
    /// Makes the bytes durable and read-only; the name is still to come.
    pub(crate) fn seal_shut(&self) -> Result<(), VaultError> {
        let failed = |error| VaultError::at("write", &self.path, error);
        self.file.set_permissions(fs::Permissions::from_mode(0o400)).map_err(failed)?;
        self.file.sync_all().map_err(failed)
    }

    /// Gives it this name too. `false` where that is taken.
    fn link_new(&self, path: &Path) -> Result<bool, VaultError> {
        self.named.store(true, Ordering::Relaxed);
        link_new(&self.path, path)
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
        // What was never given a name came to nothing. Its space is free at once, even where a child process, between its
        // fork and its exec, still holds the file open. A leftover is harmless: the next sweep takes it.
        if !self.named.load(Ordering::Relaxed) {
            let _ = self.file.set_len(0);
        }
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// Links `from` to `path` and makes that durable. `false` where `path` exists; that name is made durable all the same,
/// as whoever made it may not have come that far.
pub(crate) fn link_new(from: &Path, path: &Path) -> Result<bool, VaultError> {
    let fresh = match fs::hard_link(from, path) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(VaultError::at("write", path, error)),
    };
    if let Some(folder) = path.parent() {
        sync_folder(folder)?;
    }
    Ok(fresh)
}

/// Opens a regular file for reading: itself, not what a link points to, and without waiting where it is a pipe.
/// `None` where there is none of that name.
pub(crate) fn open_itself(path: &Path) -> io::Result<Option<File>> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(_) => match OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        },
    }
}

pub(crate) fn remove(path: &Path) -> Result<(), VaultError> {
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
