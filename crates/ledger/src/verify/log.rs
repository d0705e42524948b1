//! The whole log against its checkpoint: every leaf is hashed again, the root computed, and the older checkpoint's root
//! found on the way. One pass, in memory that grows with the number of streams alone.

use super::{
    Checked, Failure, FailureKind, count, hex,
    merkle::{self, Frontier},
    note::{self, Head, Key},
    record::{self, Streams},
};

/// A log that is being checked, entry by entry.
pub struct LogVerifier {
    head: Head,
    key: String,
    older: Option<Head>,
    tree: Frontier,
    streams: Streams,
    read: u64,
}

impl LogVerifier {
    /// Opens the checkpoint, and the older one that the log must extend, with the keys that the reader trusts.
    ///
    /// # Errors
    /// [`Failure`] where a key is not one, a checkpoint is not signed by one of them, or the older one is of another log
    /// or not older.
    pub fn new(checkpoint: &str, keys: &[String], against: Option<&str>) -> Result<Self, Failure> {
        let keys = Key::parse_all(keys)?;
        if keys.is_empty() {
            let why = "no verifier key was given: the checkpoint's signature cannot be checked";
            return Err(Failure::new(FailureKind::Question, "the log", why));
        }
        let (head, key) = note::open_checkpoint(checkpoint, &keys)
            .map_err(|why| Failure::new(FailureKind::Signature, "the checkpoint", why))?;
        let older = against.map(|older| note::open_older(older, &keys, &head)).transpose()?;
        let mut verifier = Self {
            key: key.text.clone(),
            head,
            older,
            tree: Frontier::default(),
            streams: Streams::default(),
            read: 0,
        };
        verifier.milestones()?;
        Ok(verifier)
    }

    /// How many entries the checkpoint covers.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// Checks the next entry: its leaf index, its canonical bytes and, where the log keeps it, the leaf hash that was
    /// stored when it was appended, by which a changed entry is found by name.
    ///
    /// # Errors
    /// [`Failure`] that names the entry.
    pub fn entry(&mut self, index: u64, bytes: &[u8], stored: Option<&[u8; 32]>) -> Result<(), Failure> {
        let refuse = |what: String, why: String| Failure::new(FailureKind::Entry, what, why);
        let unnamed = || format!("entry {index} of the log");
        if index != self.read {
            let why = if index > self.read { "missing" } else { "repeated or out of order" };
            return Err(refuse(format!("entry {} of the log", self.read.min(index)), why.to_owned()));
        }
        // The stored hash first: bytes that were changed on disk need not be an entry any more.
        if stored.is_some_and(|stored| merkle::leaf(bytes) != *stored) {
            let what = record::entry(bytes).map_or_else(|_| unnamed(), |entry| name(index, &entry));
            return Err(refuse(
                what,
                "its bytes were changed: they do not have the leaf hash of the log".to_owned(),
            ));
        }
        let entry = record::entry(bytes).map_err(|why| refuse(unnamed(), why))?;
        self.streams.advance(&entry).map_err(|why| refuse(name(index, &entry), why))?;
        self.read += 1;
        if self.tree.size() < self.head.size {
            self.tree.push(entry.leaf);
            self.milestones()?;
        }
        Ok(())
    }

    /// Compares roots where the tree has the size of a checkpoint.
    fn milestones(&mut self) -> Result<(), Failure> {
        if let Some(older) = self.older.as_ref().filter(|older| older.size == self.tree.size()) {
            let root = self.tree.root();
            if root != older.root {
                return Err(Failure::new(
                    FailureKind::Forked,
                    "the log",
                    format!(
                        "its first {} are not those of the older checkpoint (root {} here, {} there): the log forked, or \
                         an entry before that point was changed",
                        count(older.size, "entry", "entries"),
                        hex(&root),
                        hex(&older.root)
                    ),
                ));
            }
        }
        if self.tree.size() == self.head.size && self.tree.root() != self.head.root {
            return Err(Failure::new(
                FailureKind::Entry,
                "the log",
                format!(
                    "the root of its first {} is {}, but the checkpoint signs {}: an entry was changed, added, removed or \
                     moved",
                    count(self.head.size, "entry", "entries"),
                    hex(&self.tree.root()),
                    hex(&self.head.root)
                ),
            ));
        }
        Ok(())
    }

    /// After the last entry.
    ///
    /// # Errors
    /// [`Failure`] where the log ends before the checkpoint does.
    pub fn finish(self) -> Result<Checked, Failure> {
        if self.read < self.head.size {
            return Err(Failure::new(
                FailureKind::Entry,
                format!("entry {} of the log", self.read),
                format!(
                    "missing: the log ends before it, and the checkpoint covers {} entries",
                    self.head.size
                ),
            ));
        }
        let mut points = vec![
            format!(
                "checkpoint: {} of `{}`, signed by {}",
                count(self.head.size, "entry", "entries"),
                self.head.origin,
                self.key
            ),
            format!("log: every entry hashed again, root {}", hex(&self.head.root)),
            format!(
                "record: {} in canonical form, in {} without a gap",
                count(self.read, "entry", "entries"),
                count(self.streams.len(), "stream", "streams")
            ),
        ];
        if let Some(older) = &self.older {
            points.push(format!(
                "history: extends the older checkpoint of {}",
                count(older.size, "entry", "entries")
            ));
        }
        let mut warnings = Vec::new();
        let behind = self.read - self.head.size;
        if behind > 0 {
            warnings.push(format!(
                "{} after the checkpoint: not signed yet, and not proven",
                count(behind, "entry stands", "entries stand")
            ));
        }
        Ok(Checked {
            points,
            warnings,
            entries: self.read,
            withheld: 0,
            files: 0,
            log_size: self.head.size,
            root: self.head.root,
            key: self.key,
            pinned: true,
        })
    }
}

fn name(index: u64, entry: &record::Entry) -> String {
    format!("entry {index} of the log ({} version {})", entry.stream.name(), entry.version)
}

/// Checks a whole log: `entries` are leaf indices and canonical bytes, from the first. Where a log keeps its leaf hashes,
/// [`LogVerifier`] finds by name which entry was changed.
///
/// # Errors
/// [`Failure`]: the first thing that does not hold.
pub fn verify_log<B: AsRef<[u8]>>(
    entries: impl Iterator<Item = (u64, B)>,
    checkpoint: &str,
    keys: &[String],
    against: Option<&str>,
) -> Result<Checked, Failure> {
    let mut verifier = LogVerifier::new(checkpoint, keys, against)?;
    for (index, bytes) in entries {
        verifier.entry(index, bytes.as_ref(), None)?;
    }
    verifier.finish()
}
