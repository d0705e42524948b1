//! What can go wrong in the vault. Every error says whether trying again can help, how bad it is, and what a
//! person can do about it. Where a reader of [`std::io::Read`] has to pass one on, it travels inside the
//! [`io::Error`] and [`VaultError::from_io`] takes it out again.

use std::{
    io,
    path::{Path, PathBuf},
};

use kernel::{Digest, Severity};

/// Why the vault did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The disk is full, or the quota used up. Nothing partial is left behind.
    #[error(
        "no space left in {}: {needed} bytes are needed, {available} are free", path.display()
    )]
    NoSpace {
        /// The vault's folder.
        path: PathBuf,
        /// Bytes that have to be free for it to succeed; a lower bound where the length was not known beforehand.
        needed: u64,
        /// Bytes that are free now.
        available: u64,
    },
    /// What is on disk is not what was stored.
    #[error("evidence {digest} was changed on disk: {what}")]
    Changed {
        /// The object.
        digest: Digest,
        /// What gave it away.
        what: String,
    },
    /// There is no such object, and no trace that there ever was.
    #[error("evidence {digest} is not in the vault")]
    Missing {
        /// The object.
        digest: Digest,
    },
    /// The object was destroyed on purpose; its digest is all that is left.
    #[error("evidence {digest} was destroyed; only its digest is kept")]
    Destroyed {
        /// The object.
        digest: Digest,
    },
    /// The operating system does not let this process at it.
    #[error("not allowed to {doing} {}", path.display())]
    Denied {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// The object is longer than the caller wants in memory.
    #[error("evidence {digest} holds {bytes} bytes, more than the {limit} allowed here")]
    TooLarge {
        /// The object.
        digest: Digest,
        /// Its length.
        bytes: u64,
        /// The caller's limit.
        limit: u64,
    },
    /// A path that is neither a file nor a folder: a symbolic link, a device, a socket, a pipe.
    #[error("{} is {what}, neither a file nor a folder", path.display())]
    NotEvidence {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The folder was written by a newer version of the program, or is no vault.
    #[error(
        "{} has the vault layout {found:?}; this program knows {supported:?}", path.display()
    )]
    Layout {
        /// The version file.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What this program writes.
        supported: &'static str,
    },
    /// A key is missing, unreadable, or not the one that the objects were sealed for.
    #[error("the vault's key {} cannot be used: {what}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// What was to be stored could not be read to its end. Nothing of it was kept.
    #[error("the evidence could not be read")]
    Source(#[source] io::Error),
    /// Anything else that the operating system reports.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

/// Whether the same request can succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Trying again changes nothing until a person has acted on the vault's content or keys.
    Permanent,
    /// It can succeed later: when there is space, when the disk or the share is back.
    Temporary,
}

impl VaultError {
    /// The error for a failed call to the operating system.
    pub(crate) fn at(doing: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path: path.to_owned(), needed: 0, available: 0 }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { doing, path: path.to_owned(), source }
            }
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }

    /// Takes a vault error out of the [`io::Error`] that a reader of this crate returned.
    ///
    /// # Errors
    /// The error itself where it is none of ours.
    pub fn from_io(error: io::Error) -> Result<Self, io::Error> {
        error.downcast::<Self>()
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::NoSpace { .. } | Self::Io { .. } | Self::Source(_) => Status::Temporary,
            Self::Changed { .. }
            | Self::Missing { .. }
            | Self::Destroyed { .. }
            | Self::Denied { .. }
            | Self::TooLarge { .. }
            | Self::NotEvidence { .. }
            | Self::Layout { .. }
            | Self::Key { .. } => Status::Permanent,
        }
    }

    /// How bad it is for the record: changed evidence or a lost key is critical, a refused path is not.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self {
            Self::Changed { .. } | Self::Key { .. } => Severity::Critical,
            Self::Missing { .. } | Self::NoSpace { .. } | Self::Layout { .. } => Severity::High,
            Self::Denied { .. } | Self::Io { .. } => Severity::Medium,
            Self::Source(_) | Self::TooLarge { .. } => Severity::Low,
            Self::Destroyed { .. } | Self::NotEvidence { .. } => Severity::Informational,
        }
    }

    /// What a person can do about it, in one or two sentences.
    #[must_use]
    pub fn guidance(&self) -> String {
        match self {
            Self::NoSpace { path, needed, available } => format!(
                "Free {} bytes on the disk that holds {}, then take the evidence in again. Nothing partial was left; \
                 everything taken in earlier is safe.",
                needed.saturating_sub(*available).max(1),
                path.display()
            ),
            Self::Changed { digest, .. } => format!(
                "Do not use this copy. Restore {digest} from a backup, or take the original in again, which sets the \
                 changed file aside under damaged/. Record who could write to the vault's disk."
            ),
            Self::Missing { digest } => {
                format!("Restore {digest} from a backup, or take the original in again.")
            }
            Self::Destroyed { .. } => {
                "Nothing to do: retention had ended and two people confirmed its destruction.".to_owned()
            }
            Self::Denied { path, .. } => format!(
                "Give the account that runs this program access to {}. The vault needs to be its own.",
                path.display()
            ),
            Self::TooLarge { .. } => "Read it as a stream, or export it to a file.".to_owned(),
            Self::NotEvidence { .. } => "Name the file or folder itself.".to_owned(),
            Self::Layout { .. } => {
                "Use the version of the program that wrote this folder, or a newer one. Nothing was touched."
                    .to_owned()
            }
            Self::Key { path, .. } => format!(
                "Put the key back from a backup to {}. Without it the evidence sealed for it cannot be opened.",
                path.display()
            ),
            Self::Source(_) => {
                "Check the file, share or pipe that it was read from, then try again.".to_owned()
            }
            Self::Io { path, .. } => {
                format!("Check the disk that holds {} and the system's log, then try again.", path.display())
            }
        }
    }
}

impl From<VaultError> for io::Error {
    fn from(error: VaultError) -> Self {
        let kind = match &error {
            VaultError::Changed { .. } => io::ErrorKind::InvalidData,
            VaultError::Missing { .. } | VaultError::Destroyed { .. } => io::ErrorKind::NotFound,
            VaultError::NoSpace { .. } => io::ErrorKind::StorageFull,
            VaultError::Denied { .. } => io::ErrorKind::PermissionDenied,
            VaultError::Source(source) | VaultError::Io { source, .. } => source.kind(),
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
