//! The sealed package: what one reader may see of an incident, with everything needed to check it without us. A ZIP
//! archive whose every byte is determined by its contents: files are stored, not compressed, in a fixed order, with a
//! fixed date; the manifest names them all; `manifest.sig` signs the manifest; the record's entries are proven to be in
//! the signed log. Sources are read twice, once to measure and once to write, so that nothing is held in memory and an
//! item of evidence that changed on disk is found before the first byte of the package exists.
//!
//! Order of the archive: `manifest.json`, `manifest.sig`, `checkpoint`, `record.jsonl`, `proofs.json`, `VERIFY.md`, then
//! the files that go along (`report.pdf`, `evidence/…`, `notes/…`) by the bytes of their names.

mod archive;
mod guide;
mod manifest;
mod path;
mod record;

use std::{
    collections::HashMap,
    fmt,
    io::{self, Read, Write},
    str::FromStr,
};

use kernel::{Digest, IncidentId, PracticeId, Stream, Timestamp, entry::EntryActor};
use sha2::{Digest as _, Sha256};

pub use self::path::{BadPath, FilePath};
use self::{archive::Archive, manifest::Manifest};
use crate::{
    canonical::{self, CanonicalError},
    checkpoint::{BadCheckpoint, Checkpoint, Signer},
    tree::Hash,
};

/// The largest entry that a package holds, in bytes of canonical JSON; [`crate::verify`] reads no longer line.
pub const MAX_ENTRY: usize = 4 << 20;

/// The largest manifest, in bytes; [`crate::verify`] reads no larger one.
pub const MAX_MANIFEST: usize = 32 << 20;

/// Who a package is for, and so what may be in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// The practice's attorney.
    Counsel,
    /// The cyber insurer.
    Insurer,
    /// HHS Office for Civil Rights.
    Ocr,
    /// Police, FBI, Secret Service.
    LawEnforcement,
    /// The practice's own archive.
    Archive,
}

impl Audience {
    /// All audiences.
    pub const ALL: [Self; 5] = [Self::Counsel, Self::Insurer, Self::Ocr, Self::LawEnforcement, Self::Archive];

    /// The word of `--for`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counsel => "counsel",
            Self::Insurer => "insurer",
            Self::Ocr => "ocr",
            Self::LawEnforcement => "law-enforcement",
            Self::Archive => "archive",
        }
    }

    /// Whether privileged entries and notes go along.
    #[must_use]
    pub const fn sees_privileged(self) -> bool {
        matches!(self, Self::Counsel | Self::Archive)
    }

    /// Whether patients' identities go along (to the OCR in its own form).
    #[must_use]
    pub const fn sees_identities(self) -> bool {
        matches!(self, Self::Counsel | Self::Ocr | Self::Archive)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no audience.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no audience: counsel, insurer, ocr, law-enforcement or archive")]
pub struct BadAudience(pub String);

impl FromStr for Audience {
    type Err = BadAudience;
    fn from_str(text: &str) -> Result<Self, BadAudience> {
        Self::ALL
            .into_iter()
            .find(|audience| audience.as_str() == text)
            .ok_or_else(|| BadAudience(text.to_owned()))
    }
}

/// What goes into a package.
pub struct Package<'a> {
    /// The tenant.
    pub practice: PracticeId,
    /// The incident.
    pub incident: IncidentId,
    /// Who it is for.
    pub audience: Audience,
    /// When it was made.
    pub exported_at: Timestamp,
    /// Who made it.
    pub exported_by: EntryActor,
    /// The signed checkpoint that the proofs lead to.
    pub checkpoint: String,
    /// The entries, in the order of the log: all of the incident's stream, and of each other stream that goes along
    /// (its alerts) all, from version 1.
    pub entries: Vec<Line>,
    /// Proofs that the log extends earlier checkpoints, so that a reader who holds one can compare.
    pub consistency: Vec<Consistency>,
    /// `report.pdf`, evidence, notes.
    pub files: Vec<File<'a>>,
}

/// An entry in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its leaf in the log, from 0.
    pub index: u64,
    /// The inclusion proof (RFC 6962 section 2.1.1) in the checkpoint's tree.
    pub proof: Vec<Hash>,
    /// What the reader sees of it.
    pub shown: Shown,
}

/// What the reader sees of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// All of it: its canonical bytes.
    Entry(Vec<u8>),
    /// That it exists, where it stands and its leaf hash. An entry's id and instant hold more than 80 bits that the
    /// reader cannot guess, so its content cannot be found by trying.
    Withheld {
        /// Its stream.
        stream: Stream,
        /// Its version in the stream.
        version: u64,
        /// Its leaf hash.
        leaf_hash: Hash,
    },
}

/// The proof that the checkpoint's log extends an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// The size of the earlier log.
    pub size: u64,
    /// The proof (RFC 6962 section 2.1.2).
    pub hashes: Vec<Hash>,
}

/// How a file's bytes are had. Called twice.
pub type Open<'a> = Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + Send + Sync + 'a>;

/// A file that goes along.
pub struct File<'a> {
    /// Its name in the package.
    pub path: FilePath,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, as recorded when it was taken in.
    pub sha256: Digest,
    /// Its bytes.
    pub open: Open<'a>,
}

impl<'a> File<'a> {
    /// A file of bytes that are at hand.
    #[must_use]
    pub fn of_bytes(path: FilePath, bytes: &'a [u8]) -> Self {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self { path, size, sha256: Digest::of(bytes), open: Box::new(move || Ok(Box::new(bytes))) }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The package's size in bytes.
    pub size: u64,
    /// The SHA-256 of `manifest.json`: the one number that stands for the whole package.
    pub manifest: Digest,
    /// Entries shown.
    pub shown: u64,
    /// Entries withheld.
    pub withheld: u64,
    /// Files, those that every package has among them.
    pub files: u64,
}

/// A package that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The destination cannot be written.
    #[error("the package cannot be written: {0}")]
    Write(#[source] io::Error),
    /// A file that goes along cannot be read.
    #[error("`{path}` cannot be read: {source}")]
    Read {
        /// Its name in the package.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file's bytes are not those that were recorded.
    #[error("`{path}` is not what was recorded: expected {expected}, found {found}")]
    Changed {
        /// Its name in the package.
        path: String,
        /// Size and SHA-256 as recorded.
        expected: String,
        /// Size and SHA-256 as read.
        found: String,
    },
    /// Two files have names that one file system or another takes for the same.
    #[error("two files are named `{0}`, but for upper and lower case")]
    SameName(String),
    /// The checkpoint does not parse.
    #[error(transparent)]
    Checkpoint(#[from] BadCheckpoint),
    /// The checkpoint is of another log than the signer's.
    #[error("the checkpoint is of the log `{checkpoint}`, the key of `{signer}`")]
    OtherLog {
        /// The checkpoint's origin.
        checkpoint: String,
        /// The signer's name.
        signer: String,
    },
    /// The record does not hold together.
    #[error("the entry at index {index} of the log cannot go into the package: {why}")]
    Entry {
        /// Its leaf.
        index: u64,
        /// Why not.
        why: String,
    },
    /// The incident's stream is not in the record.
    #[error("the record holds no entry of the incident")]
    Empty,
    /// The manifest would be larger than [`MAX_MANIFEST`].
    #[error("the package has too many entries or files: its manifest would exceed {MAX_MANIFEST} bytes")]
    TooMany,
    /// The manifest has no canonical bytes.
    #[error("the manifest cannot be written: {0}")]
    Canonical(#[from] CanonicalError),
}

/// What writes a part's bytes, the same each time.
type Render<'a> = Box<dyn Fn(&mut dyn Write) -> Result<(), PackageError> + 'a>;

/// A file of the package.
struct Part<'a> {
    path: String,
    render: Render<'a>,
}

/// A part's size and digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Measure {
    size: u64,
    sha256: Hash,
    crc32: u32,
}

/// Measures what passes through it, and hands it on.
struct Meter<W> {
    out: W,
    size: u64,
    sha256: Sha256,
    crc32: crc32fast::Hasher,
}

impl<W: Write> Meter<W> {
    fn new(out: W) -> Self {
        Self { out, size: 0, sha256: Sha256::new(), crc32: crc32fast::Hasher::new() }
    }

    fn measure(self) -> Measure {
        Measure { size: self.size, sha256: self.sha256.finalize().into(), crc32: self.crc32.finalize() }
    }
}

impl<W: Write> Write for Meter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write_all(bytes)?;
        self.sha256.update(bytes);
        self.crc32.update(bytes);
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Part<'_> {
    fn measure(&self) -> Result<Measure, PackageError> {
        let mut meter = Meter::new(io::sink());
        (self.render)(&mut meter)?;
        Ok(meter.measure())
    }

    fn write<W: Write>(&self, archive: &mut Archive<W>, expected: Measure) -> Result<(), PackageError> {
        archive.begin(&self.path, expected.size, expected.crc32).map_err(PackageError::Write)?;
        let mut meter = Meter::new(archive.data());
        (self.render)(&mut meter)?;
        let found = meter.measure();
        if found == expected { Ok(()) } else { Err(changed(&self.path, expected, found)) }
    }
}

fn changed(path: &str, expected: Measure, found: Measure) -> PackageError {
    let words = |measure: Measure| format!("{} bytes, {}", measure.size, Digest::from_bytes(measure.sha256));
    PackageError::Changed { path: path.to_owned(), expected: words(expected), found: words(found) }
}

/// Hands a file's bytes on, telling a source that cannot be read from a destination that cannot be written.
fn copy(file: &File<'_>, out: &mut dyn Write) -> Result<(), PackageError> {
    let unreadable = |source| PackageError::Read { path: file.path.to_string(), source };
    let mut source = (file.open)().map_err(unreadable)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                out.write_all(buffer.get(..count).unwrap_or_default()).map_err(PackageError::Write)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

fn bytes_part<'a>(path: &str, bytes: &'a [u8]) -> Part<'a> {
    Part {
        path: path.to_owned(),
        render: Box::new(move |out| out.write_all(bytes).map_err(PackageError::Write)),
    }
}

/// Writes a package.
///
/// # Errors
/// [`PackageError`]. Where the entries, the checkpoint or a file do not hold, nothing has been written yet; where the
/// destination fails, what it holds is to be thrown away.
pub fn write<W: Write>(package: &Package<'_>, signer: &Signer, out: W) -> Result<Written, PackageError> {
    let checkpoint: Checkpoint = package.checkpoint.parse()?;
    if checkpoint.origin != signer.name() {
        let signer = signer.name().to_owned();
        return Err(PackageError::OtherLog { checkpoint: checkpoint.origin, signer });
    }
    let record = record::check(package, checkpoint.size)?;
    let guide = guide::text(&checkpoint.origin, &signer.verifier_key());
    let parts = parts(package, &guide)?;
    let mut measures = Vec::with_capacity(parts.len());
    for part in &parts {
        measures.push(part.measure()?);
    }
    check_files(package, &parts, &measures)?;

    let files: Vec<_> = parts.iter().map(|part| part.path.as_str()).zip(measures.iter().copied()).collect();
    let verifier_key = signer.verifier_key();
    let manifest = Manifest::new(package, &checkpoint, &record, &files, &verifier_key);
    let manifest = canonical::to_vec(&manifest)?;
    if manifest.len() > MAX_MANIFEST {
        return Err(PackageError::TooMany);
    }
    let digest = Digest::of(&manifest);
    let signature = signer.note(&format!("tourniquet package manifest\n{digest}  manifest.json\n"));

    let mut archive = Archive::new(out);
    for head in [bytes_part("manifest.json", &manifest), bytes_part("manifest.sig", signature.as_bytes())] {
        head.write(&mut archive, head.measure()?)?;
    }
    for (part, measure) in parts.iter().zip(&measures) {
        part.write(&mut archive, *measure)?;
    }
    let (size, files) = archive.finish().map_err(PackageError::Write)?;
    Ok(Written { size, manifest: digest, shown: record.shown, withheld: record.withheld, files })
}

/// The files that the manifest names, in the archive's order.
fn parts<'a>(package: &'a Package<'_>, guide: &'a str) -> Result<Vec<Part<'a>>, PackageError> {
    let mut parts = vec![
        bytes_part("checkpoint", package.checkpoint.as_bytes()),
        Part {
            path: "record.jsonl".to_owned(),
            render: Box::new(|out| record::write_record(&package.entries, out)),
        },
        Part { path: "proofs.json".to_owned(), render: Box::new(|out| record::write_proofs(package, out)) },
        bytes_part("VERIFY.md", guide.as_bytes()),
    ];
    let mut files: Vec<_> = package.files.iter().collect();
    files.sort_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
    parts.extend(
        files
            .into_iter()
            .map(|file| Part { path: file.path.to_string(), render: Box::new(move |out| copy(file, out)) }),
    );
    path::distinct(parts.iter().map(|part| part.path.as_str())).map_err(PackageError::SameName)?;
    Ok(parts)
}

/// Whether each file is what the caller says it is.
fn check_files(package: &Package<'_>, parts: &[Part<'_>], measures: &[Measure]) -> Result<(), PackageError> {
    let measured: HashMap<_, _> = parts.iter().map(|part| part.path.as_str()).zip(measures).collect();
    for file in &package.files {
        let Some(&&found) = measured.get(file.path.as_str()) else { continue };
        let expected = Measure { size: file.size, sha256: *file.sha256.as_bytes(), crc32: found.crc32 };
        if expected != found {
            return Err(changed(file.path.as_str(), expected, found));
        }
    }
    Ok(())
}
