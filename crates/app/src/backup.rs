//! Backup and restore: one file with everything, the evidence and the keys included. The file is a tar archive that
//! ends with the SHA-256 of each of its members, so that one that was cut short or changed is found before anything of
//! it is used. With a passphrase the archive is sealed as an age file (age-encryption.org/v1, scrypt), which `age -d`
//! opens as well. Without one it holds the keys to the evidence in clear: guard it as the evidence itself.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Read, Write},
    path::Path,
};

use kernel::{Actor, Capability, Digest, Requires, Timestamp, authorise};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{
    App, AppError,
    directory::{DirectoryError, private_directory, write_once},
    ports::{EvidenceError, EvidenceStore, Outside},
};

mod passphrase;

pub use passphrase::{Passphrase, is_sealed};

const SUMS: &str = "SHA256SUMS";
const KEYS: &str = "vault.keys";
const DUMP: &str = "journal.dump";

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupFacts {
    /// The version of this form: 1.
    pub form: u32,
    /// When it was begun.
    pub made_at: Timestamp,
    /// The log's origin.
    pub origin: String,
    /// Entries in the log.
    pub entries: u64,
    /// Items in the vault.
    pub items: u64,
    /// Whether the file is sealed with a passphrase.
    #[serde(default)]
    pub sealed: bool,
}

struct Administer;

impl Requires for Administer {
    fn requires(&self) -> Capability {
        Capability::Administer
    }
}

fn outside(what: &str, path: &Path) -> impl FnOnce(io::Error) -> AppError {
    let what = format!("{what} {}", path.display());
    move |error| AppError::Outside(Outside::never(what, error))
}

fn directory_error(error: DirectoryError) -> AppError {
    AppError::Outside(Outside::never("the data directory cannot be used", error))
}

impl App {
    /// Writes a backup to `out`. The record is taken as one consistent picture; evidence taken in meanwhile may be in
    /// it without its entry, never the other way round.
    ///
    /// # Errors
    /// [`AppError`]; then no file is left at `out`.
    pub async fn backup(
        &self,
        actor: &Actor,
        out: &Path,
        passphrase: Option<Passphrase>,
    ) -> Result<BackupFacts, AppError> {
        let _ = authorise(actor, Administer)?;
        if actor.practice.is_some() {
            return Err(AppError::invalid(
                "",
                "a backup holds every practice's data: it is made by the provider's lead",
            ));
        }
        let dump = self.directory().tmp().join(format!("{}.dump", self.edge().id(kernel::EntryId::new)));
        let outcome = self.backup_with(out, &dump, passphrase).await;
        let _ = fs::remove_file(&dump);
        outcome
    }

    async fn backup_with(
        &self,
        out: &Path,
        dump: &Path,
        passphrase: Option<Passphrase>,
    ) -> Result<BackupFacts, AppError> {
        let head = self.journal().head().await?;
        self.journal().dump(dump).await?;
        let store = self.store().clone();
        let identity = self.directory().identity_files().map_err(directory_error)?;
        let (out, dump) = (out.to_owned(), dump.to_owned());
        let (made_at, origin) = (self.edge().now(), self.directory().origin().to_owned());
        self.blocking(move || {
            let draft = out.with_extension("part");
            let digests = store.list()?;
            let items = u64::try_from(digests.len()).unwrap_or(u64::MAX);
            let sealed = passphrase.is_some();
            let facts = BackupFacts { form: 1, made_at, origin, entries: head.size, items, sealed };
            let content = Content { facts: &facts, identity: &identity, digests: &digests, dump: &dump };
            let written = write_archive(&draft, &content, &*store, passphrase.as_ref())
                .and_then(|()| fs::rename(&draft, &out).map_err(outside("cannot write", &out)));
            if written.is_err() {
                let _ = fs::remove_file(&draft);
            }
            written.map(|()| facts)
        })
        .await
    }
}

/// What an archive is made of besides the vault.
struct Content<'a> {
    facts: &'a BackupFacts,
    identity: &'a [(&'static str, Vec<u8>)],
    digests: &'a [Digest],
    dump: &'a Path,
}

fn write_archive(
    draft: &Path,
    content: &Content<'_>,
    store: &dyn EvidenceStore,
    passphrase: Option<&Passphrase>,
) -> Result<(), AppError> {
    let Content { facts, identity, digests, dump } = *content;
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(draft).map_err(outside("cannot write", draft))?;
    let failed = |error: io::Error| {
        AppError::Outside(Outside::never(format!("cannot write {}", draft.display()), error))
    };
    let file = BufWriter::with_capacity(1 << 20, file);
    let sink = match passphrase {
        None => Sink::Clear(file),
        Some(passphrase) => Sink::Sealed(Box::new(passphrase.seal(file).map_err(failed)?)),
    };
    let mut archive = Archive { tar: tar::Builder::new(sink), sums: String::new() };
    let json = serde_json::to_vec_pretty(facts).map_err(AppError::json("the backup's facts"))?;
    archive.bytes("backup.json", &json).map_err(failed)?;
    for (name, bytes) in identity {
        archive.bytes(name, bytes).map_err(failed)?;
    }
    archive.bytes(KEYS, store.keys().as_bytes()).map_err(failed)?;
    let size = fs::metadata(dump).map_err(outside("cannot read", dump))?.len();
    let reader = File::open(dump).map_err(outside("cannot read", dump))?;
    archive.stream(DUMP, size, reader).map_err(failed)?;
    for digest in digests {
        match store.export_sealed(digest) {
            Ok((reader, size)) => archive.stream(&format!("vault/{digest}"), size, reader).map_err(failed)?,
            // Destroyed since the list was made: as it should be.
            Err(EvidenceError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    archive.finish().map_err(failed)
}

/// The file, in clear or through the seal.
enum Sink {
    Clear(BufWriter<File>),
    Sealed(Box<age::stream::StreamWriter<BufWriter<File>>>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(file) => file.write(bytes),
            Self::Sealed(seal) => seal.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(file) => file.flush(),
            Self::Sealed(seal) => seal.flush(),
        }
    }
}

impl Sink {
    /// Writes what is left and waits until it is on the disk.
    fn finish(self) -> io::Result<()> {
        let mut file = match self {
            Self::Clear(file) => file,
            Self::Sealed(seal) => seal.finish()?,
        };
        file.flush()?;
        file.get_ref().sync_all()
    }
}

struct Archive {
    tar: tar::Builder<Sink>,
    sums: String,
}

impl Archive {
    fn bytes(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.stream(name, u64::try_from(bytes.len()).unwrap_or(u64::MAX), bytes)
    }

    fn stream(&mut self, name: &str, size: u64, reader: impl Read) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        let mut hashing = Hashing { inner: reader.take(size), hash: Sha256::new(), read: 0 };
        self.tar.append_data(&mut header, name, &mut hashing)?;
        if hashing.read != size {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{name} became shorter while it was read"),
            ));
        }
        let digest = Digest::from_bytes(hashing.hash.finalize().into());
        self.sums.push_str(&format!("{digest}  {name}\n"));
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        let sums = std::mem::take(&mut self.sums);
        self.bytes(SUMS, sums.as_bytes())?;
        self.tar.into_inner()?.finish()
    }
}

struct Hashing<R> {
    inner: R,
    hash: Sha256,
    read: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.read += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}

/// What was unpacked of a backup.
#[derive(Debug)]
pub struct Unpacked {
    /// What the backup says of itself.
    pub facts: BackupFacts,
    /// The vault's keys.
    pub keys: String,
    /// Digests of the sealed items, which lie in `vault.sealed/` of the folder.
    pub items: Vec<Digest>,
}

/// Unpacks a backup into a folder that is new or empty, and checks each member. What comes out is not in use yet: the
/// caller loads [`dump_in`] into a database and puts the sealed items into a vault.
///
/// # Errors
/// [`AppError::Invalid`] where the file is no backup, or a changed or shortened one; nothing of it is to be used then.
pub fn unpack(backup: &Path, folder: &Path, passphrase: Option<&Passphrase>) -> Result<Unpacked, AppError> {
    let bad = |what: String| AppError::invalid(backup.display().to_string(), what);
    let in_use = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if in_use {
        return Err(AppError::invalid(
            folder.display().to_string(),
            "is not empty: restore into a new directory",
        ));
    }
    // Opened before anything is made: a wrong passphrase leaves no trace.
    let opened = passphrase::open(backup, passphrase)?;
    private_directory(&folder.join("tmp")).map_err(directory_error)?;
    private_directory(&sealed_in(folder)).map_err(directory_error)?;
    let mut tar = tar::Archive::new(opened);
    let mut found = BTreeMap::new();
    let mut sums = None;
    let unreadable = |error: io::Error| bad(format!("not a whole backup: {error}. Use another copy"));
    for member in tar.entries().map_err(unreadable)? {
        let mut member = member.map_err(unreadable)?;
        let name = member.path().map_err(unreadable)?.to_string_lossy().into_owned();
        if name == SUMS {
            let mut text = String::new();
            member.read_to_string(&mut text).map_err(unreadable)?;
            sums = Some(text);
            continue;
        }
        let target = match name.as_str() {
            "format.json" | "log.key" | "backup.json" | KEYS => folder.join(&name),
            DUMP => dump_in(folder),
            other => match other.strip_prefix("vault/").and_then(|digest| digest.parse::<Digest>().ok()) {
                Some(digest) => sealed_in(folder).join(digest.to_string()),
                None => return Err(bad(format!("holds `{other}`, which is no part of a backup"))),
            },
        };
        let mut out = File::create(&target).map_err(outside("cannot write", &target))?;
        let mut hashing = Hashing { inner: &mut member, hash: Sha256::new(), read: 0 };
        io::copy(&mut hashing, &mut out).map_err(unreadable)?;
        found.insert(name, Digest::from_bytes(hashing.hash.finalize().into()));
    }
    let sums =
        sums.ok_or_else(|| bad("was cut short: its list of checksums is missing. Use another copy".into()))?;
    let listed: BTreeMap<String, Digest> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .filter_map(|(digest, name)| Some((name.to_owned(), digest.parse().ok()?)))
        .collect();
    for (name, digest) in &found {
        if listed.get(name) != Some(digest) {
            return Err(bad(format!("`{name}` is not what was backed up. Use another copy")));
        }
    }
    if let Some(name) = listed.keys().find(|name| !found.contains_key(*name)) {
        return Err(bad(format!("`{name}` is missing. Use another copy")));
    }
    let facts =
        fs::read(folder.join("backup.json")).map_err(outside("cannot read", &folder.join("backup.json")))?;
    let facts: BackupFacts =
        serde_json::from_slice(&facts).map_err(|error| bad(format!("backup.json: {error}")))?;
    let keys_path = folder.join(KEYS);
    let keys = fs::read_to_string(&keys_path).map_err(outside("cannot read", &keys_path))?;
    // The keys lie in the vault's own files from here on.
    for name in ["backup.json", KEYS] {
        let _ = fs::remove_file(folder.join(name));
    }
    for name in ["format.json", "log.key"] {
        let path = folder.join(name);
        let bytes = fs::read(&path).map_err(outside("cannot read", &path))?;
        write_once(&path, &bytes).map_err(directory_error)?;
    }
    let items = found.keys().filter_map(|name| name.strip_prefix("vault/")?.parse().ok()).collect();
    Ok(Unpacked { facts, keys, items })
}

/// Where [`unpack`] puts the database's dump.
#[must_use]
pub fn dump_in(folder: &Path) -> std::path::PathBuf {
    folder.join("tmp").join(DUMP)
}

/// Where [`unpack`] puts sealed items.
#[must_use]
pub fn sealed_in(folder: &Path) -> std::path::PathBuf {
    folder.join("tmp").join("vault.sealed")
}

/// Puts the unpacked sealed items into a vault, each checked as it goes in, and removes the unpacked files.
///
/// # Errors
/// [`AppError`] that names the first item that does not open to its digest.
pub fn put_items(unpacked: &Unpacked, folder: &Path, store: &dyn EvidenceStore) -> Result<(), AppError> {
    for digest in &unpacked.items {
        let path = sealed_in(folder).join(digest.to_string());
        let mut reader = File::open(&path).map_err(outside("cannot read", &path))?;
        store.import_sealed(digest, &mut reader)?;
        let _ = fs::remove_file(&path);
    }
    let _ = fs::remove_dir_all(sealed_in(folder));
    let _ = fs::remove_file(dump_in(folder));
    Ok(())
}
