//! The checker. It shares no code with what writes the log and the package: it has its own hashing of leaves and nodes,
//! its own Merkle proofs (after RFC 9162, where the writer follows RFC 6962), its own reader of signed notes, of canonical
//! JSON and of the one ZIP layout that a package may have. What it reads is taken for hostile: it reads once, from front to
//! back, in bounded memory, and stops at the first thing that does not hold, by name.

mod archive;
mod json;
mod log;
mod merkle;
mod note;
mod package;
mod proofs;
mod record;

use std::fmt;

pub use self::{
    log::{LogVerifier, verify_log},
    package::verify_package,
};

/// A SHA-256.
type Hash = [u8; 32];

/// Whether a leaf hash stands at this index of the log with this size and root, shown by this path (RFC 9162 section
/// 2.1.3.2).
#[must_use]
pub fn includes(root: &[u8; 32], size: u64, index: u64, leaf: &[u8; 32], path: &[[u8; 32]]) -> bool {
    merkle::includes(root, size, index, leaf, path)
}

/// Whether the log with this size and root begins with all of an earlier one, shown by this path (RFC 9162 section 2.1.4.2).
#[must_use]
pub fn extends(old_size: u64, old_root: &[u8; 32], size: u64, root: &[u8; 32], path: &[[u8; 32]]) -> bool {
    merkle::extends(old_size, old_root, size, root, path)
}

/// What was checked, and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was checked, in words, one a line.
    pub points: Vec<String>,
    /// What the reader must know before relying on it, in words: loud.
    pub warnings: Vec<String>,
    /// Entries, those withheld among them.
    pub entries: u64,
    /// Entries of which only the leaf hash is shown.
    pub withheld: u64,
    /// Files of the package; 0 for a log.
    pub files: u64,
    /// The number of entries that the checkpoint covers.
    pub log_size: u64,
    /// The root hash that the checkpoint signs.
    pub root: [u8; 32],
    /// The verifier key that signed.
    pub key: String,
    /// Whether the reader gave that key; otherwise it is the one that the package names itself.
    pub pinned: bool,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for point in &self.points {
            writeln!(f, "{point}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "WARNING: {warning}")?;
        }
        f.write_str("verified")
    }
}

/// What kind of thing does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// It could not be read at all: an error of the disk or the network, not of the package.
    Unreadable,
    /// A `--key` or `--against` that the reader gave is not one.
    Question,
    /// The container is not laid out as a package is.
    Container,
    /// The manifest is not one.
    Manifest,
    /// A signature is missing, wrong, or by an unknown key.
    Signature,
    /// A file was changed, renamed, added or removed.
    File,
    /// An entry was changed, added, removed, repeated or moved.
    Entry,
    /// The log is not an extension of the older checkpoint.
    Forked,
    /// Nothing shows whether it is: the package lacks the proof.
    Unproven,
}

/// The first thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub struct Failure {
    /// What kind of thing.
    pub kind: FailureKind,
    /// Which: a file's name, an entry's stream and version.
    pub what: String,
    /// What is wrong with it.
    pub why: String,
}

impl Failure {
    fn new(kind: FailureKind, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { kind, what: what.into(), why: why.into() }
    }
}

/// Text from outside, fit for a terminal: escaped, and cut to 160 characters.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == 160 {
            shown.push('…');
            break;
        }
        if character.is_control()
            || ('\u{200b}'..='\u{200f}').contains(&character)
            || ('\u{202a}'..='\u{202e}').contains(&character)
            || ('\u{2066}'..='\u{2069}').contains(&character)
        {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A SHA-256 of exactly 64 lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<Hash> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut hash = [0; 32];
    if pairs.len() != hash.len() || !rest.is_empty() {
        return None;
    }
    for (byte, &[high, low]) in hash.iter_mut().zip(pairs) {
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(hash)
}

/// `1 entry`, `2 entries`.
fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
