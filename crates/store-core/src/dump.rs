//! A backup of the record as one file: JSON Lines, compressed with gzip. It holds what cannot be worked out again:
//! entries, checkpoints, rows, idempotency keys and sealed bytes. Indices, words and the tree are made anew where it
//! is loaded, and the new root must be the old one; so a dump of one kind of database fits the other.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _},
    path::Path,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use kernel::{Digest, PersonId, PracticeId};
use serde::{Deserialize, Serialize};
use sqlx::types::Uuid;

use crate::records::{ShelfRow, hash};

/// The form of a dump that this version writes.
pub const FORM: u32 = 1;
/// The longest line that is read: an entry or a sealed payload, with much room.
const LONGEST: u64 = 1 << 30;

/// A line of a dump.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Head {
        /// The form of the dump.
        form: u32,
        /// Number of leaves.
        size: u64,
        /// Number of rows that ever arrived.
        arrived: u64,
        /// The root hash.
        root: Digest,
        /// The signed checkpoint.
        checkpoint: String,
    },
    /// An entry, as its canonical text. They come in the order of the log.
    Entry(String),
    /// A checkpoint.
    Checkpoint {
        /// Its size.
        size: u64,
        /// The signed note.
        note: String,
    },
    /// A row of a list.
    Row {
        /// Its key.
        key: i64,
        /// The row as JSON.
        row: Box<serde_json::value::RawValue>,
    },
    /// A practice's row.
    Profile(Box<serde_json::value::RawValue>),
    /// A token's row.
    Token(Box<serde_json::value::RawValue>),
    /// A used idempotency key.
    Key {
        /// The tenant.
        practice: PracticeId,
        /// The key's digest.
        key: Digest,
        /// The request's digest.
        request: Digest,
        /// The first entry.
        first: u64,
        /// The last entry.
        last: u64,
    },
    /// Sealed bytes.
    Payload {
        /// The tenant.
        practice: PracticeId,
        /// SHA-256 of the plain bytes.
        digest: Digest,
        /// The sealed bytes in base 64.
        sealed: String,
    },
    /// A thing that somebody keeps for themselves.
    Shelf(ShelfLine),
    /// The last line; a dump without it was cut off.
    End,
}

/// A thing that somebody keeps for themselves.
#[derive(Debug, Serialize, Deserialize)]
pub struct ShelfLine {
    /// The tenant.
    practice: PracticeId,
    /// Whose.
    person: PersonId,
    /// The number of its kind.
    kind: i16,
    /// What it is about.
    name: Digest,
    /// When it was last written, in microseconds.
    at: i64,
    /// SHA-256 of the plain bytes.
    digest: Digest,
    /// The sealed bytes in base 64.
    sealed: String,
}

impl From<ShelfRow> for ShelfLine {
    fn from(row: ShelfRow) -> Self {
        Self {
            practice: PracticeId::from_u128(row.practice.as_u128()),
            person: PersonId::from_u128(row.person.as_u128()),
            kind: row.kind,
            name: Digest::from_bytes(hash(&row.name)),
            at: row.at,
            digest: Digest::from_bytes(hash(&row.digest)),
            sealed: encode(&row.sealed),
        }
    }
}

impl ShelfLine {
    /// The row that it was.
    ///
    /// # Errors
    /// Where the sealed bytes are not base 64.
    pub fn row(self) -> io::Result<ShelfRow> {
        Ok(ShelfRow {
            practice: Uuid::from_u128(self.practice.as_u128()),
            person: Uuid::from_u128(self.person.as_u128()),
            kind: self.kind,
            name: self.name.as_bytes().to_vec(),
            at: self.at,
            digest: self.digest.as_bytes().to_vec(),
            sealed: decode(&self.sealed)?,
        })
    }
}

/// Sealed bytes as text.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Text as sealed bytes.
///
/// # Errors
/// Where it is not base 64.
pub fn decode(text: &str) -> io::Result<Vec<u8>> {
    BASE64_STANDARD.decode(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A dump that is being written.
#[derive(Debug)]
pub struct Lines {
    file: GzEncoder<BufWriter<File>>,
}

impl Lines {
    /// A new file. It is readable by its owner only and must not be there yet.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self {
            file: GzEncoder::new(BufWriter::with_capacity(1 << 18, options.open(path)?), Compression::fast()),
        })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, line)?;
        self.file.write_all(b"\n")
    }

    /// Writes the last line and waits until the file is on its disk.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.put(&Line::End)?;
        let file = self.file.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

/// A dump that is being read.
pub struct Restored {
    file: BufReader<MultiGzDecoder<BufReader<File>>>,
    number: u64,
}

impl Restored {
    /// Opens a dump.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(1 << 18, File::open(path)?);
        Ok(Self { file: BufReader::with_capacity(1 << 18, MultiGzDecoder::new(file)), number: 0 })
    }

    /// The next line.
    ///
    /// # Errors
    /// Where the file is cut off or holds something else than a dump.
    pub fn line(&mut self) -> io::Result<Line> {
        self.number += 1;
        let mut text = Vec::new();
        self.file.by_ref().take(LONGEST).read_until(b'\n', &mut text)?;
        serde_json::from_slice(&text).map_err(|error| {
            let what = format!("line {} is not one of a dump that this version reads: {error}", self.number);
            io::Error::new(io::ErrorKind::InvalidData, what)
        })
    }
}
