//! A sealed package, read once from front to back: container, manifest and its signature, checkpoint, record, proofs, and
//! every other file.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    Checked, Failure, FailureKind, Hash,
    archive::{Container, Named},
    count, hex, json, merkle,
    note::{self, Head, Key, MAX_NOTE},
    proofs::{Lines, Proofs},
    record::{self, Stream, Streams},
    shown, unhex,
};

/// The largest manifest that is read, in bytes.
const MAX_MANIFEST: u64 = 32 << 20;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = (4 << 20) + 64;

/// The files that every package has, in their order; what else goes along follows by the bytes of its name.
const OWN_FILES: [&str; 4] = ["checkpoint", "record.jsonl", "proofs.json", "VERIFY.md"];

#[derive(Deserialize)]
struct Manifest {
    format: String,
    practice: String,
    incident: String,
    audience: String,
    exported_at: String,
    exported_by: Exporter,
    key: String,
    log: Log,
    record: Summary,
    files: Vec<FileLine>,
}

#[derive(Deserialize)]
struct Exporter {
    name: String,
    role: String,
}

#[derive(Deserialize)]
struct Log {
    origin: String,
    size: u64,
    root: String,
}

#[derive(Deserialize)]
struct Summary {
    entries: u64,
    withheld: u64,
    indices: Vec<u64>,
    streams: Vec<StreamLine>,
}

#[derive(Deserialize)]
struct StreamLine {
    kind: record::Kind,
    id: String,
    entries: u64,
}

#[derive(Deserialize)]
struct FileLine {
    path: String,
    size: u64,
    sha256: String,
}

fn manifest_failure(why: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Manifest, "manifest.json", why)
}

impl Manifest {
    fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        json::check(bytes).map_err(manifest_failure)?;
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| manifest_failure(format!("not a manifest: {}", shown(&error.to_string()))))?;
        if manifest.format != "tourniquet-package/1" {
            let why = format!("of the form `{}`, which this verifier does not know", shown(&manifest.format));
            return Err(manifest_failure(why));
        }
        manifest.check_files()?;
        manifest.check_record()?;
        Ok(manifest)
    }

    /// Names that mean one file each, inside the folder, in the one order.
    fn check_files(&self) -> Result<(), Failure> {
        let own = self.files.iter().map(|file| file.path.as_str()).take(OWN_FILES.len());
        if !own.eq(OWN_FILES) {
            return Err(manifest_failure(format!("its first files must be {}", OWN_FILES.join(", "))));
        }
        let mut folded: HashSet<String> = ["manifest.json", "manifest.sig"].map(str::to_owned).into();
        let mut last = "";
        for (place, file) in self.files.iter().enumerate() {
            let path = file.path.as_str();
            if !is_safe(path) {
                return Err(manifest_failure(format!(
                    "the file name `{}` is not safe to unpack",
                    shown(path)
                )));
            }
            if !folded.insert(path.to_lowercase()) {
                return Err(manifest_failure(format!("two files are named `{}`", shown(path))));
            }
            if place >= OWN_FILES.len() {
                if path <= last {
                    return Err(manifest_failure(format!("the file `{}` is out of order", shown(path))));
                }
                last = path;
            }
        }
        Ok(())
    }

    /// The record's summary fits together.
    fn check_record(&self) -> Result<(), Failure> {
        let record = &self.record;
        if u64::try_from(record.indices.len()) != Ok(record.entries) || record.withheld > record.entries {
            return Err(manifest_failure("its counts of entries contradict each other"));
        }
        let rising = record.indices.iter().zip(record.indices.iter().skip(1)).all(|(a, b)| a < b);
        if !rising || record.indices.last().is_some_and(|&last| last >= self.log.size) {
            return Err(manifest_failure("its indices of entries are out of order or outside the log"));
        }
        Ok(())
    }

    fn streams(&self) -> Result<HashMap<Stream, u64>, Failure> {
        let mut streams = HashMap::new();
        for line in &self.record.streams {
            let stream = Stream::parse(line.kind, &line.id).map_err(manifest_failure)?;
            if streams.insert(stream, line.entries).is_some() {
                return Err(manifest_failure(format!("it names the stream {} twice", stream.name())));
            }
        }
        let own = Stream::incident(&self.incident).map_err(manifest_failure)?;
        if !streams.contains_key(&own) {
            return Err(manifest_failure("its record does not hold the incident's stream"));
        }
        Ok(streams)
    }

    fn named<'a>(&self, file: &'a FileLine) -> Result<Named<'a>, Failure> {
        let sha256 = unhex(&file.sha256)
            .ok_or_else(|| manifest_failure(format!("no SHA-256 of `{}`", shown(&file.path))))?;
        Ok(Named { path: &file.path, size: file.size, sha256 })
    }
}

/// Whether a name means one file below the folder, wherever it is unpacked.
fn is_safe(path: &str) -> bool {
    path.len() <= 512
        && !path.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c))
        && path.split('/').all(|part| {
            !part.is_empty() && part.len() <= 255 && !part.ends_with(['.', ' ']) && !part.starts_with(' ')
        })
}

/// Checks a sealed package. `keys` are the verifier keys that the reader trusts; with none, the key that the package names
/// itself is used and a warning says so. `against` is an older checkpoint of the same log that the reader holds: the
/// package must show that its log extends it, and can do so only where it was exported with that proof.
///
/// # Errors
/// [`Failure`]: the first thing that does not hold.
pub fn verify_package(
    package: impl Read,
    keys: &[String],
    against: Option<&str>,
) -> Result<Checked, Failure> {
    let mut known = Key::parse_all(keys)?;
    let pinned = !known.is_empty();
    let mut container = Container::new(package);
    let manifest_bytes = container.unnamed("manifest.json", MAX_MANIFEST)?;
    let signature = container.unnamed("manifest.sig", MAX_NOTE)?;
    // Where the reader trusts a key, nothing is parsed that it has not signed.
    let mut signed_by = pinned.then(|| check_signature(&manifest_bytes, &signature, &known)).transpose()?;
    let manifest = Manifest::parse(&manifest_bytes)?;
    if !pinned {
        known.push(Key::parse(&manifest.key).map_err(manifest_failure)?);
        signed_by = Some(check_signature(&manifest_bytes, &signature, &known)?);
    }
    if signed_by.as_ref() != Some(&manifest.key) {
        return Err(manifest_failure("it names another key than the one that signed it"));
    }
    drop(manifest_bytes);

    let mut files = manifest.files.iter();
    let mut next = || {
        files.next().ok_or_else(|| manifest_failure("it names too few files")).and_then(|f| manifest.named(f))
    };
    let head = read_checkpoint(&mut container, &next()?, &manifest, &known)?;
    let older = against.map(|older| note::open_older(older, &known, &head)).transpose()?;
    let read = Reading { manifest: &manifest, head: &head, older: older.as_ref() };
    let (entries, record_whole) = read.record(&mut container, &next()?)?;
    let proofs = read.proofs(&mut container, &next()?, &entries)?;
    if !record_whole {
        return Err(changed("record.jsonl"));
    }
    for file in manifest.files.iter().skip(3) {
        if !container.named(&manifest.named(file)?, &mut |_| Ok(()))? {
            return Err(changed(&file.path));
        }
    }
    let count = container.finish()?;
    let history = older.as_ref().map(|older| read.history(older, proofs)).transpose()?;
    Ok(read.checked(count, history, pinned))
}

fn changed(path: &str) -> Failure {
    Failure::new(
        FailureKind::File,
        shown(path),
        "its bytes were changed: they do not have the SHA-256 of the manifest",
    )
}

fn utf8<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes).map_err(|_| Failure::new(FailureKind::Signature, path, "not UTF-8"))
}

/// `manifest.sig` signs the manifest's SHA-256 and holds nothing else. Gives the key that signed.
fn check_signature(manifest: &[u8], note: &[u8], keys: &[Key]) -> Result<String, Failure> {
    let fail = |why: String| Failure::new(FailureKind::Signature, "manifest.sig", why);
    let opened = note::open(utf8("manifest.sig", note)?, keys).map_err(fail)?;
    if opened.signatures != 1 {
        return Err(fail("it must hold one signature and no other".to_owned()));
    }
    let expected =
        format!("tourniquet package manifest\n{}  manifest.json\n", hex(&Sha256::digest(manifest)));
    if opened.text != expected {
        return Err(Failure::new(
            FailureKind::Signature,
            "manifest.json",
            "it was changed: `manifest.sig` signs another SHA-256",
        ));
    }
    Ok(opened.key.text.clone())
}

fn read_checkpoint<R: Read>(
    container: &mut Container<R>,
    file: &Named<'_>,
    manifest: &Manifest,
    keys: &[Key],
) -> Result<Head, Failure> {
    if file.size > MAX_NOTE {
        return Err(manifest_failure("its checkpoint is too large to be one"));
    }
    let mut bytes = Vec::new();
    let whole = container.named(file, &mut |chunk| {
        bytes.extend_from_slice(chunk);
        Ok(())
    })?;
    if !whole {
        return Err(changed("checkpoint"));
    }
    let text = utf8("checkpoint", &bytes)?;
    let (head, _) = note::open_checkpoint(text, keys)
        .map_err(|why| Failure::new(FailureKind::Signature, "checkpoint", why))?;
    let log = &manifest.log;
    if head.origin != log.origin || head.size != log.size || Some(head.root) != unhex(&log.root) {
        return Err(manifest_failure("it speaks of another checkpoint than the one in the package"));
    }
    Ok(head)
}

/// An entry's name and leaf, kept until its proof comes.
pub(super) struct Leaf {
    pub(super) stream: Stream,
    pub(super) version: u64,
    pub(super) hash: Hash,
}

impl Leaf {
    pub(super) fn name(&self) -> String {
        format!("{} version {}", self.stream.name(), self.version)
    }
}

struct Reading<'a> {
    manifest: &'a Manifest,
    head: &'a Head,
    older: Option<&'a Head>,
}

impl Reading<'_> {
    /// Reads `record.jsonl`. Whether its bytes are those of the manifest is for later: the proofs tell which entry is not.
    fn record<R: Read>(
        &self,
        container: &mut Container<R>,
        file: &Named<'_>,
    ) -> Result<(Vec<Leaf>, bool), Failure> {
        let mut leaves: Vec<Leaf> = Vec::new();
        let (mut streams, mut withheld) = (Streams::default(), 0_u64);
        let mut lines = Lines::new("record.jsonl", MAX_LINE);
        let whole = container.named(file, &mut |chunk| {
            lines.push(chunk, &mut |number, line| {
                let fail = |what: String, why: String| Failure::new(FailureKind::Entry, what, why);
                let entry =
                    record::line(line).map_err(|why| fail(format!("record.jsonl line {number}"), why))?;
                let name = || format!("{} version {}", entry.stream.name(), entry.version);
                streams.advance(&entry).map_err(|why| fail(name(), why))?;
                if entry.practice.as_ref().is_some_and(|practice| *practice != self.manifest.practice) {
                    return Err(fail(name(), "it belongs to another practice".to_owned()));
                }
                if number > self.manifest.record.entries {
                    return Err(fail(name(), "was added: the manifest counts fewer entries".to_owned()));
                }
                withheld += u64::from(entry.withheld);
                leaves.push(Leaf { stream: entry.stream, version: entry.version, hash: entry.leaf });
                Ok(())
            })
        })?;
        lines.finish()?;
        let fail = |why: String| Failure::new(FailureKind::Entry, "record.jsonl", why);
        if u64::try_from(leaves.len()) != Ok(self.manifest.record.entries) {
            let said = count(self.manifest.record.entries, "entry", "entries");
            return Err(fail(format!("entries are missing at its end: {} of {said}", leaves.len())));
        }
        if withheld != self.manifest.record.withheld {
            return Err(fail("other entries are withheld than the manifest counts".to_owned()));
        }
        if streams.into_map() != self.manifest.streams()? {
            return Err(fail("its streams are not those that the manifest counts".to_owned()));
        }
        Ok((leaves, whole))
    }

    fn proofs<R: Read>(
        &self,
        container: &mut Container<R>,
        file: &Named<'_>,
        leaves: &[Leaf],
    ) -> Result<Option<Vec<Hash>>, Failure> {
        let wanted = self.older.map(|older| older.size);
        let mut proofs = Proofs::new(self.head, leaves, &self.manifest.record.indices, wanted);
        let mut lines = Lines::new("proofs.json", MAX_LINE);
        let whole =
            container.named(file, &mut |chunk| lines.push(chunk, &mut |_, line| proofs.line(line)))?;
        lines.finish()?;
        if !whole {
            return Err(changed("proofs.json"));
        }
        proofs.finish()
    }

    /// That the log extends the older checkpoint, in words.
    fn history(&self, older: &Head, proof: Option<Vec<Hash>>) -> Result<String, Failure> {
        let log = format!("the log `{}`", shown(&self.head.origin));
        let simple = older.size == 0 || older.size == self.head.size;
        let Some(proof) = proof.or_else(|| simple.then(Vec::new)) else {
            return Err(Failure::new(
                FailureKind::Unproven,
                log,
                format!(
                    "the package does not hold the proof that its {} extend your older checkpoint of {}; nothing speaks \
                     against it, but it is not shown: ask for an export that includes this proof, or have the log itself \
                     verified against your checkpoint",
                    count(self.head.size, "entry", "entries"),
                    older.size
                ),
            ));
        };
        if merkle::extends(older.size, &older.root, self.head.size, &self.head.root, &proof) {
            return Ok(format!(
                "history: the log extends the older checkpoint of {}",
                count(older.size, "entry", "entries")
            ));
        }
        let why = format!(
            "it is not an extension of the older checkpoint of {}: it forked, or the proof in the package is not one",
            count(older.size, "entry", "entries")
        );
        Err(Failure::new(FailureKind::Forked, log, why))
    }

    fn checked(&self, files: u64, history: Option<String>, pinned: bool) -> Checked {
        let (manifest, head) = (self.manifest, self.head);
        let entries = manifest.record.entries;
        let mut points = vec![
            format!(
                "package: incident {} for {}, exported {} by {} ({})",
                shown(&manifest.incident),
                shown(&manifest.audience),
                shown(&manifest.exported_at),
                shown(&manifest.exported_by.name),
                shown(&manifest.exported_by.role)
            ),
            format!("manifest: signed by {}", manifest.key),
            format!(
                "files: {}, each with the name, size and SHA-256 of the manifest, and nothing else",
                count(files, "file", "files")
            ),
            format!(
                "checkpoint: {} of `{}`, signed, root {}",
                count(head.size, "entry", "entries"),
                head.origin,
                hex(&head.root)
            ),
            format!(
                "record: {} in {}, versions without a gap, each proven to be in the log{}",
                count(entries, "entry", "entries"),
                count(u64::try_from(manifest.record.streams.len()).unwrap_or(u64::MAX), "stream", "streams"),
                match manifest.record.withheld {
                    0 => String::new(),
                    withheld => format!(
                        "; {withheld} of them withheld: their leaf hashes are in the log, their places in the streams are \
                         the exporter's word"
                    ),
                }
            ),
        ];
        points.extend(history);
        points.push(format!(
            "not shown by any package: that nothing was recorded after the last of these entries, up to entry {} of the log",
            head.size
        ));
        let mut warnings = Vec::new();
        if !pinned {
            warnings.push(format!(
                "signed by the key in the package itself: {}. Whoever made another package could name another key. Ask for \
                 the key by another way and pin it with --key",
                manifest.key
            ));
        }
        Checked {
            points,
            warnings,
            entries,
            withheld: manifest.record.withheld,
            files,
            log_size: head.size,
            root: head.root,
            key: manifest.key.clone(),
            pinned,
        }
    }
}
