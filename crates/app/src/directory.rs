//! The data directory: what lies where, who has it open, and which version wrote it.
//!
//! ```text
//! LOCK              held while a program has the directory open; says which
//! format.json       the version of this layout and the log's origin
//! log.key           the seed of the log's signing key (0600)
//! journal.sqlite    the record, where no PostgreSQL is named
//! vault/            sealed evidence and its keys
//! tmp/              files on their way; swept at the next start
//! ```

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::edge::Edge;

/// The layout that this program writes.
pub const LAYOUT: u32 = 1;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It is open elsewhere.
    #[error(
        "{path} is in use by {holder}. Stop that program, or talk to it: --server URL with a token does what this \
         command does, through it"
    )]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Who, as it says in LOCK.
        holder: String,
    },
    /// A later program wrote it.
    #[error(
        "{path} was written by a newer version (layout {found}, this program knows {LAYOUT}). Use that version; nothing was touched"
    )]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// It is not there and was not to be made.
    #[error("{0} is no data directory: there is no format.json in it. Name the right one with --data")]
    Absent(PathBuf),
    /// Something in it cannot be read.
    #[error("{path}: {what}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Format {
    layout: u32,
    origin: String,
}

/// An open data directory. Its lock is let go when this is dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    origin: String,
    seed: [u8; 32],
    _lock: Option<File>,
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError + '_ {
    move |source| DirectoryError::Io { path: path.to_owned(), source }
}

impl Directory {
    /// Opens the directory for this program alone; makes it where it is absent.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn open(path: &Path, edge: &Edge) -> Result<Self, DirectoryError> {
        private_directory(path)?;
        let lock = take_lock(path)?;
        let format = path.join("format.json");
        if !format.exists() {
            let random: [u8; 4] = edge.random();
            let tag: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            let text = serde_json::to_vec_pretty(&Format {
                layout: LAYOUT,
                origin: format!("tourniquet.invalid/{tag}"),
            })
            .map_err(|error| DirectoryError::Damaged { path: format.clone(), what: error.to_string() })?;
            let seed: [u8; 32] = edge.random();
            write_once(&path.join("log.key"), &seed)?;
            write_once(&format, &text)?;
        }
        private_directory(&path.join("tmp"))?;
        let mut directory = Self::read(path)?;
        directory._lock = Some(lock);
        Ok(directory)
    }

    /// Reads an existing directory without locking or changing it: to verify it.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn read(path: &Path) -> Result<Self, DirectoryError> {
        let format_path = path.join("format.json");
        if !format_path.exists() {
            return Err(DirectoryError::Absent(path.to_owned()));
        }
        let text = fs::read(&format_path).map_err(io_at(&format_path))?;
        let format: Format = serde_json::from_slice(&text)
            .map_err(|error| DirectoryError::Damaged { path: format_path, what: error.to_string() })?;
        if format.layout > LAYOUT {
            return Err(DirectoryError::Newer { path: path.to_owned(), found: format.layout });
        }
        let key = path.join("log.key");
        let bytes = fs::read(&key).map_err(io_at(&key))?;
        let seed = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| DirectoryError::Damaged {
            path: key,
            what: "the signing key must be 32 bytes".into(),
        })?;
        Ok(Self { path: path.to_owned(), origin: format.origin, seed, _lock: None })
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The embedded database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("journal.sqlite")
    }

    /// The vault's folder.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.path.join("vault")
    }

    /// A folder for files on their way.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// The log's origin (c2sp.org/tlog-checkpoint), which is also its key's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What signs the log.
    ///
    /// # Errors
    /// [`DirectoryError::Damaged`] where the origin cannot name a key.
    pub fn signer(&self) -> Result<ledger::checkpoint::Signer, DirectoryError> {
        ledger::checkpoint::Signer::new(&self.origin, &self.seed).map_err(|error| DirectoryError::Damaged {
            path: self.path.join("format.json"),
            what: error.to_string(),
        })
    }

    /// What a restored directory needs besides database and vault: layout, origin and signing key, by file name.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn identity_files(&self) -> Result<Vec<(&'static str, Vec<u8>)>, DirectoryError> {
        ["format.json", "log.key"]
            .into_iter()
            .map(|name| {
                let path = self.path.join(name);
                fs::read(&path).map(|bytes| (name, bytes)).map_err(io_at(&path))
            })
            .collect()
    }
}

fn take_lock(path: &Path) -> Result<File, DirectoryError> {
    let lock_path = path.join("LOCK");
    let mut lock = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(io_at(&lock_path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = lock.read_to_string(&mut holder);
            let holder = if holder.trim().is_empty() {
                "another program".to_owned()
            } else {
                holder.trim().to_owned()
            };
            return Err(DirectoryError::InUse { path: path.to_owned(), holder });
        }
        Err(TryLockError::Error(source)) => return Err(DirectoryError::Io { path: lock_path, source }),
    }
    let program = std::env::args().take(2).collect::<Vec<_>>().join(" ");
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "process {} ({program})", std::process::id()))
        .map_err(io_at(&lock_path))?;
    Ok(lock)
}

/// Makes a folder that only its owner may enter.
///
/// # Errors
/// [`DirectoryError::Io`].
pub fn private_directory(path: &Path) -> Result<(), DirectoryError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path).map_err(io_at(path))
}

/// Writes a small file durably that only its owner may read: under another name first, so that it is whole or absent.
///
/// # Errors
/// [`DirectoryError::Io`].
pub fn write_once(path: &Path, bytes: &[u8]) -> Result<(), DirectoryError> {
    let draft = path.with_extension("new");
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft).map_err(io_at(&draft))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io_at(&draft))?;
    fs::rename(&draft, path).map_err(io_at(path))?;
    if let Some(parent) = path.parent() {
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(io_at(parent))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> Edge {
        Edge::simulated(kernel::Timestamp::UNIX_EPOCH, 7).0
    }

    #[test]
    fn a_second_program_on_the_same_directory_is_told_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Directory::open(folder.path(), &edge()).unwrap();
        let refused = Directory::open(folder.path(), &edge()).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        let key = first.signer().unwrap().verifier_key();
        drop(first);
        assert_eq!(Directory::open(folder.path(), &edge()).unwrap().signer().unwrap().verifier_key(), key);
    }

    #[test]
    fn a_directory_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        drop(Directory::open(folder.path(), &edge()).unwrap());
        fs::write(folder.path().join("format.json"), r#"{"layout":99,"origin":"x"}"#).unwrap();
        assert!(matches!(
            Directory::open(folder.path(), &edge()),
            Err(DirectoryError::Newer { found: 99, .. })
        ));
    }
}
