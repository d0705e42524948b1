//! Takes a path in. A file is one object. A folder is one object for each file in it, so that a file which is in ten
//! folders is stored once and can be hunted through on its own, and a manifest, itself an object, which says what lay
//! where. Symbolic links are not followed; they, devices, sockets, pipes and what could not be read are listed, not
//! taken. Names can hold health information: the manifest is sealed like everything else, and belongs in no log.

use std::{
    ffi::OsStr,
    fs::{self, File, FileType, Metadata, OpenOptions},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileTypeExt as _, OpenOptionsExt as _},
    },
    path::{Path, PathBuf},
};

use kernel::{Digest, Timestamp, time::microseconds};
use serde::{Deserialize, Serialize};

use crate::{Stored, Vault, VaultError};

const FORMAT: &str = "tourniquet-folder-1";

/// What [`Vault::put_path`] took in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// A file.
    File(Stored),
    /// A folder.
    Folder {
        /// The manifest as an object.
        stored: Stored,
        /// What it says.
        manifest: Manifest,
    },
}

impl Taken {
    /// The object that stands for what was taken: the file, or the folder's manifest.
    #[must_use]
    pub const fn stored(&self) -> &Stored {
        match self {
            Self::File(stored) | Self::Folder { stored, .. } => stored,
        }
    }

    /// Bytes of evidence: of the file, or of all files of the folder.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match self {
            Self::File(stored) => stored.bytes,
            Self::Folder { manifest, .. } => manifest.files.iter().map(|file| file.bytes).sum(),
        }
    }
}

/// What lay in a folder. The same files with the same times give the same manifest, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Which form this is.
    pub format: String,
    /// The files, by path.
    pub files: Vec<FileRecord>,
    /// What was not taken, by path.
    pub skipped: Vec<Skipped>,
}

impl Manifest {
    /// Reads a manifest from the content of its object.
    ///
    /// # Errors
    /// Where the bytes are no manifest of this form.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let manifest: Self = serde_json::from_slice(bytes)?;
        if manifest.format == FORMAT {
            Ok(manifest)
        } else {
            Err(serde::de::Error::custom(format!("not a {FORMAT}")))
        }
    }
}

/// A file of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its path below the folder, with `/` between names; what is not UTF-8 is replaced by U+FFFD.
    pub path: String,
    /// The path's bytes in hexadecimal where they are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Bytes that were read.
    pub bytes: u64,
    /// Their SHA-256: the object.
    pub sha256: Digest,
    /// When it was last written, as its file system says.
    pub modified: Option<Timestamp>,
    /// Its length or time changed while it was being read: something was still writing to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed_meanwhile: bool,
}

/// Something in a folder that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path below the folder.
    pub path: String,
    /// The path's bytes in hexadecimal where they are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Why not.
    pub why: Why,
    /// Where a symbolic link points to, or what the system said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Why {
    SymbolicLink,
    Device,
    Socket,
    Pipe,
    Unreadable,
}

impl Why {
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::SymbolicLink
        } else if kind.is_socket() {
            Self::Socket
        } else if kind.is_fifo() {
            Self::Pipe
        } else {
            Self::Device
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::SymbolicLink => "a symbolic link",
            Self::Device => "a device",
            Self::Socket => "a socket",
            Self::Pipe => "a pipe",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Vault {
    /// Takes in a file, or a folder with everything below it.
    ///
    /// # Errors
    /// [`VaultError::NotEvidence`] where the path is a symbolic link or a special file, [`VaultError::Denied`] or
    /// [`VaultError::Io`] where it cannot be read; else as [`Vault::put`]. Inside a folder, what cannot be read is listed
    /// as skipped; a full disk ends the whole intake, and what was taken in before stays, to be found again by the next
    /// try.
    pub fn put_path(&self, path: &Path) -> Result<Taken, VaultError> {
        let kind =
            fs::symlink_metadata(path).map_err(|error| VaultError::at("read", path, error))?.file_type();
        if kind.is_dir() {
            let manifest = self.put_folder(path)?;
            let json = serde_json::to_vec(&manifest).map_err(|error| VaultError::Source(error.into()))?;
            let stored = self.put(json.as_slice(), Some(json.len() as u64))?;
            Ok(Taken::Folder { stored, manifest })
        } else if kind.is_file() {
            self.put_file(path).map(|(stored, ..)| Taken::File(stored))
        } else {
            Err(VaultError::NotEvidence { path: path.to_owned(), what: Why::of(kind).words() })
        }
    }

    fn put_file(&self, path: &Path) -> Result<(Stored, Option<Timestamp>, bool), VaultError> {
        let failed = |error| VaultError::at("read", path, error);
        let file = open_plain(path).map_err(failed)?;
        let before = file.metadata().map_err(failed)?;
        if !before.is_file() {
            // It was swapped for something else since it was listed.
            let what = Why::of(before.file_type()).words();
            return Err(VaultError::NotEvidence { path: path.to_owned(), what });
        }
        let stored = self.put(&file, Some(before.len()))?;
        let after = file.metadata().map_err(failed)?;
        let modified = modified(&before);
        let meanwhile = stored.bytes != before.len() || self::modified(&after) != modified;
        Ok((stored, modified, meanwhile))
    }

    fn put_folder(&self, root: &Path) -> Result<Manifest, VaultError> {
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let entries = match list(&folder) {
                Ok(entries) => entries,
                Err(error) if folder == root => return Err(VaultError::at("list", root, error)),
                Err(error) => {
                    skipped.push(skip(root, &folder, Why::Unreadable, Some(error.to_string())));
                    continue;
                }
            };
            for (path, kind) in entries {
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    match self.put_file(&path) {
                        Ok(taken) => files.push(record(root, &path, &taken)),
                        Err(error) => {
                            skipped.push(skip(root, &path, Why::Unreadable, Some(excuse(&path, error)?)))
                        }
                    }
                } else {
                    let target = fs::read_link(&path).ok().map(|target| target.display().to_string());
                    skipped.push(skip(root, &path, Why::of(kind), target));
                }
            }
        }
        files.sort_unstable_by(|a, b| (&a.path, &a.path_hex).cmp(&(&b.path, &b.path_hex)));
        skipped.sort_unstable_by(|a, b| (&a.path, &a.path_hex).cmp(&(&b.path, &b.path_hex)));
        Ok(Manifest { format: FORMAT.to_owned(), files, skipped })
    }
}

/// What to say about a file that could not be taken; the error itself where it is the vault's and not the file's.
fn excuse(file: &Path, error: VaultError) -> Result<String, VaultError> {
    match error {
        VaultError::Source(source) => Ok(source.to_string()),
        VaultError::Denied { path, source, .. } | VaultError::Io { path, source, .. } if path == file => {
            Ok(source.to_string())
        }
        VaultError::NotEvidence { what, .. } => Ok(format!("it became {what}")),
        other => Err(other),
    }
}

fn list(folder: &Path) -> std::io::Result<Vec<(PathBuf, FileType)>> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.path(), entry.file_type()?))
        })
        .collect()
}

/// Opens a file for reading without following a link, and without waiting where it is a pipe by now.
fn open_plain(path: &Path) -> std::io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

fn modified(metadata: &Metadata) -> Option<Timestamp> {
    Timestamp::try_from(metadata.modified().ok()?).ok().map(microseconds)
}

fn record(
    root: &Path,
    path: &Path,
    (stored, modified, meanwhile): &(Stored, Option<Timestamp>, bool),
) -> FileRecord {
    let (path, path_hex) = below(root, path);
    FileRecord {
        path,
        path_hex,
        bytes: stored.bytes,
        sha256: stored.sha256,
        modified: *modified,
        changed_meanwhile: *meanwhile,
    }
}

fn skip(root: &Path, path: &Path, why: Why, detail: Option<String>) -> Skipped {
    let (path, path_hex) = below(root, path);
    Skipped { path, path_hex, why, detail }
}

fn below(root: &Path, path: &Path) -> (String, Option<String>) {
    let name: &OsStr = path.strip_prefix(root).unwrap_or(path).as_os_str();
    match name.to_str() {
        Some(name) => (name.to_owned(), None),
        None => {
            let hex = name.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            (name.to_string_lossy().into_owned(), Some(hex))
        }
    }
}
