//! How a verb ends when it does not end well (`contracts/README.md`): 1 the answer is no, 2 the input or the usage is
//! wrong (one line says what, where and what to do), 3 something outside failed.

use app::{AppError, directory::DirectoryError, ports::EvidenceError};

use crate::terminal;

/// See the module.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The answer is no: a gate refuses, a verification fails, a role may not.
    No {
        /// Why, and the way out.
        what: String,
        /// A stable word for programs.
        code: String,
        /// Everything that is missing, where several things are.
        missing: Vec<String>,
    },
    /// The input or the usage is wrong.
    Usage(String),
    /// Disk, network or database.
    Outside(String),
    /// It was told already; only the status is left.
    Told(u8),
}

impl Failure {
    /// The answer is no.
    pub(crate) fn no(code: &str, what: impl Into<String>) -> Self {
        Self::No { what: what.into(), code: code.to_owned(), missing: Vec::new() }
    }

    /// The input is wrong.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }

    /// Disk, network or database.
    pub(crate) fn outside(what: impl Into<String>) -> Self {
        Self::Outside(what.into())
    }

    /// A file that cannot be read: a name that is wrong, or a disk that failed.
    pub(crate) fn reading(path: &std::path::Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        let name = path.display();
        match error.kind() {
            K::NotFound => Self::Usage(format!("{name}: there is no such file; check the name")),
            K::IsADirectory => {
                Self::Usage(format!("{name}: a folder where a file is needed; name the files in it"))
            }
            K::PermissionDenied => {
                Self::Usage(format!("{name}: may not be read by this user; check its permissions"))
            }
            _ => Self::Outside(format!("{name}: {error}")),
        }
    }

    /// A file that cannot be written.
    pub(crate) fn writing(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::Outside(format!("cannot write {}: {error}", path.display()))
    }

    /// The exit status.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::No { .. } => 1,
            Self::Usage(_) => 2,
            Self::Outside(_) => 3,
            Self::Told(status) => *status,
        }
    }

    /// Tells the person: one line, and after a refusal a line for each thing that is missing.
    pub(crate) fn print(&self) {
        match self {
            Self::No { what, missing, .. } => {
                terminal::tell(&format!("no: {}", one_line(what)));
                for thing in missing {
                    terminal::tell(&format!("  missing: {}", one_line(thing)));
                }
            }
            Self::Usage(what) | Self::Outside(what) => terminal::tell(&format!("error: {}", one_line(what))),
            Self::Told(_) => {}
        }
    }

    /// The failure as JSON, for `--json`.
    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Self::No { what, code, missing } => {
                serde_json::json!({ "error": { "code": code, "detail": what, "missing": missing } })
            }
            Self::Usage(what) => serde_json::json!({ "error": { "code": "invalid", "detail": what } }),
            Self::Outside(what) => serde_json::json!({ "error": { "code": "outside", "detail": what } }),
            Self::Told(_) => serde_json::Value::Null,
        }
    }
}

/// Whatever the text, one line of it: a parser's message may hold the input's line ends.
fn one_line(text: &str) -> String {
    terminal::clean(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        // Some errors say their cause themselves.
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match &error {
            AppError::Refused(refusal) => {
                let missing = refusal.missing.clone();
                Self::No { what: refusal.to_string(), code: refusal.code().to_owned(), missing }
            }
            AppError::Forbidden(forbidden) => {
                Self::no("forbidden", format!("{forbidden}. At the terminal: --as ROLE:NAME"))
            }
            AppError::Stale { .. } => Self::no("stale", chain(&error)),
            AppError::Overtaken => Self::no("overtaken", chain(&error)),
            AppError::Conflict(conflict) => {
                let version = conflict.version;
                let way =
                    format!("read it with `note show`, and send the settled text with --base {version}");
                Self::no("note_conflict", format!("{error}: {way}"))
            }
            AppError::Duplicate(_) => Self::no("duplicate", chain(&error)),
            AppError::Evidence(EvidenceError::Changed { .. }) => Self::no("evidence_changed", chain(&error)),
            AppError::Evidence(EvidenceError::Missing(_)) => Self::no("evidence_missing", chain(&error)),
            AppError::NotFound { .. } | AppError::Invalid { .. } | AppError::KeyReused => {
                Self::Usage(chain(&error))
            }
            AppError::Evidence(_) | AppError::Document(_) | AppError::Outside(_) => {
                Self::Outside(chain(&error))
            }
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Newer { .. } | DirectoryError::Absent(_) => Self::Usage(error.to_string()),
            DirectoryError::InUse { .. } | DirectoryError::Damaged { .. } | DirectoryError::Io { .. } => {
                Self::Outside(chain(&error))
            }
        }
    }
}

impl From<app::ports::Outside> for Failure {
    fn from(error: app::ports::Outside) -> Self {
        Self::Outside(chain(&error))
    }
}
