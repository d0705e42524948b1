//! A small log with two streams and a package of it, and the means to take a package apart and put it together wrongly.

use std::{collections::HashMap, io::Cursor};

use kernel::{AlertId, Entry, EntryId, IncidentId, PersonId, PracticeId, Role, Stream, entry::EntryActor};
use ledger::{
    canonical,
    checkpoint::Signer,
    package::{self, Audience, Consistency, File, FilePath, Line, Package, Shown},
    tree::{self, Hash, NodeId},
    verify::{Checked, Failure, verify_package},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) const ORIGIN: &str = "cedar-hollow.example/tourniquet";
pub(crate) const PRACTICE: PracticeId = PracticeId::from_u128(7);
pub(crate) const INCIDENT: IncidentId = IncidentId::from_u128(0x0193_5E00_0000_0000_0000_0000_0000_0001);
pub(crate) const ALERT: AlertId = AlertId::from_u128(0x0193_5E00_0000_0000_0000_0000_0000_0002);

pub(crate) fn signer() -> Signer {
    Signer::new(ORIGIN, &[42; 32]).unwrap()
}

pub(crate) fn stranger() -> Signer {
    Signer::new(ORIGIN, &[66; 32]).unwrap()
}

pub(crate) fn keys() -> Vec<String> {
    vec![signer().verifier_key()]
}

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) entries: Vec<Vec<u8>>,
    nodes: HashMap<NodeId, Hash>,
}

pub(crate) fn entry(stream: Stream, version: u64, privileged: bool, note: &str) -> Vec<u8> {
    let entry = Entry {
        v: 1,
        id: EntryId::from_u128(u128::from(version) << 80 | stream.id & 0xFF),
        practice: PRACTICE,
        stream,
        version,
        at: "2026-11-23T08:15:00.25Z".parse().unwrap(),
        actor: EntryActor { id: PersonId::from_u128(3), name: "Dana Ruiz".into(), role: Role::Lead },
        kind: "note_added".into(),
        privileged,
        body: json!({ "note": note, "counts": [1, 2.5, -3e-7], "größe": "é" }),
    };
    canonical::to_vec(&entry).unwrap()
}

impl Log {
    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        let grown = tree::append(self.size(), &|node| self.fetch(node), &[tree::leaf_hash(&bytes)]).unwrap();
        self.nodes.extend(grown.nodes);
        self.entries.push(bytes);
    }

    pub(crate) fn fetch(&self, node: NodeId) -> Option<Hash> {
        self.nodes.get(&node).copied()
    }

    pub(crate) fn checkpoint_at(&self, size: u64, signer: &Signer) -> String {
        let root = tree::root(size, &|node| self.fetch(node)).unwrap();
        signer.checkpoint(ORIGIN, size, &root)
    }

    pub(crate) fn checkpoint(&self) -> String {
        self.checkpoint_at(self.size(), &signer())
    }

    pub(crate) fn line(&self, index: u64) -> Line {
        let proof = tree::inclusion(index, self.size(), &|node| self.fetch(node)).unwrap();
        Line { index, proof, shown: Shown::Entry(self.entries[index as usize].clone()) }
    }

    pub(crate) fn consistency(&self, size: u64) -> Consistency {
        let hashes = tree::consistency(size, self.size(), &|node| self.fetch(node)).unwrap();
        Consistency { size, hashes }
    }

    pub(crate) fn indexed(&self) -> impl Iterator<Item = (u64, &Vec<u8>)> {
        (0..).zip(&self.entries)
    }
}

/// Eleven entries: five of the incident (the fourth is privileged), two of its alert, four of another incident.
pub(crate) fn log() -> Log {
    let (incident, alert) = (Stream::incident(INCIDENT), Stream::alert(ALERT));
    let other = Stream::incident(IncidentId::from_u128(99));
    let mut log = Log::default();
    for (stream, version, privileged) in [
        (other, 1, false),
        (alert, 1, false),
        (incident, 1, false),
        (incident, 2, false),
        (other, 2, false),
        (alert, 2, false),
        (incident, 3, false),
        (incident, 4, true),
        (other, 3, false),
        (incident, 5, false),
        (other, 4, false),
    ] {
        log.push(entry(stream, version, privileged, &format!("note {version}")));
    }
    log
}

/// The places of the incident's and the alert's entries in that log.
pub(crate) const INDICES: [u64; 7] = [1, 2, 3, 5, 6, 7, 9];

pub(crate) fn package_of(log: &Log, audience: Audience) -> Package<'static> {
    let entries = INDICES.into_iter().map(|index| {
        let mut line = log.line(index);
        if index == 7 && !audience.sees_privileged() {
            line.shown = Shown::Withheld {
                stream: Stream::incident(INCIDENT),
                version: 4,
                leaf_hash: tree::leaf_hash(&log.entries[7]),
            };
        }
        line
    });
    let file = |path: &str, bytes: &'static [u8]| File::of_bytes(FilePath::new(path).unwrap(), bytes);
    Package {
        practice: PRACTICE,
        incident: INCIDENT,
        audience,
        exported_at: "2026-11-23T10:00:00Z".parse().unwrap(),
        exported_by: EntryActor { id: PersonId::from_u128(3), name: "Dana Ruiz".into(), role: Role::Lead },
        checkpoint: log.checkpoint(),
        entries: entries.collect(),
        consistency: vec![log.consistency(4), log.consistency(7)],
        files: vec![
            file("report.pdf", b"%PDF-1.7 not really"),
            file("evidence/01JQ/mail.eml", b"From: a@example.com\r\n\r\nhello\r\n"),
            file("evidence/01JQ/empty", b""),
        ],
    }
}

pub(crate) fn write(package: &Package<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let written = package::write(package, &signer(), &mut out).unwrap();
    assert_eq!(written.size, out.len() as u64);
    out
}

/// A package for the insurer, who does not see the privileged entry.
pub(crate) fn sample() -> Vec<u8> {
    write(&package_of(&log(), Audience::Insurer))
}

pub(crate) fn verify(package: &[u8]) -> Result<Checked, Failure> {
    verify_package(Cursor::new(package), &keys(), None)
}

/// A package taken apart.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) manifest: Value,
    /// Name and bytes of what the manifest names.
    pub(crate) files: Vec<(String, Vec<u8>)>,
}

fn le(bytes: &[u8], at: usize, length: usize) -> usize {
    bytes[at..at + length].iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

impl Parts {
    pub(crate) fn of(package: &[u8]) -> Self {
        let (mut at, mut files) = (0, Vec::new());
        while package[at..].starts_with(b"PK\x03\x04") {
            let (size, name, extra) =
                (le(package, at + 18, 4), le(package, at + 26, 2), le(package, at + 28, 2));
            let data = at + 30 + name + extra;
            let path = String::from_utf8(package[at + 30..at + 30 + name].to_vec()).unwrap();
            files.push((path, package[data..data + size].to_vec()));
            at = data + size;
        }
        let manifest = serde_json::from_slice(&files[0].1).unwrap();
        Self { manifest, files: files.split_off(2) }
    }

    pub(crate) fn file(&mut self, path: &str) -> &mut Vec<u8> {
        &mut self.files.iter_mut().find(|(name, _)| name == path).unwrap().1
    }

    pub(crate) fn lines(&self, path: &str) -> Vec<String> {
        let bytes = &self.files.iter().find(|(name, _)| name == path).unwrap().1;
        String::from_utf8(bytes.clone()).unwrap().lines().map(str::to_owned).collect()
    }

    /// Replaces the record and its proofs, and has the manifest count them as they are.
    pub(crate) fn set_record(&mut self, entries: &[(String, Value)]) {
        let mut record = String::new();
        let mut streams: HashMap<(String, String), u64> = HashMap::new();
        for (line, _) in entries {
            record += line;
            record += "\n";
            let line: Value = serde_json::from_str(line).unwrap();
            let word = |name: &str| line["stream"][name].as_str().unwrap().to_owned();
            *streams.entry((word("kind"), word("id"))).or_default() += 1;
        }
        let proofs: Vec<_> = entries.iter().map(|(_, proof)| proof.to_string()).collect();
        *self.file("record.jsonl") = record.into_bytes();
        *self.file("proofs.json") =
            format!("{{\"consistency\":[\n],\"inclusion\":[\n{}\n]}}\n", proofs.join(",\n")).into_bytes();
        let withheld = entries.iter().filter(|(line, _)| line.contains("\"withheld\":true")).count();
        self.manifest["record"] = json!({
            "entries": entries.len(),
            "withheld": withheld,
            "indices": entries.iter().map(|(_, proof)| proof["index"].clone()).collect::<Vec<_>>(),
            "streams": streams.into_iter().map(|((kind, id), entries)| json!({"kind": kind, "id": id, "entries": entries})).collect::<Vec<_>>(),
        });
    }

    /// The record's lines, each with its proof.
    pub(crate) fn record(&self) -> Vec<(String, Value)> {
        let proofs: Value = serde_json::from_slice(self.lines("proofs.json").join("").as_bytes()).unwrap();
        self.lines("record.jsonl").into_iter().zip(proofs["inclusion"].as_array().unwrap().clone()).collect()
    }

    /// Puts the package together again, with a manifest that fits the files, signed by `key` (a signed note's private
    /// key text; made with another implementation of the format).
    pub(crate) fn seal(mut self, seed: u8) -> Vec<u8> {
        self.manifest["files"] = self
            .files
            .iter()
            .map(|(path, bytes)| json!({"path": path, "size": bytes.len(), "sha256": format!("{:x}", HexOf(&Sha256::digest(bytes)))}))
            .collect();
        self.seal_as_it_is(seed)
    }

    /// As [`Self::seal`], leaving the manifest's list of files alone.
    pub(crate) fn seal_as_it_is(self, seed: u8) -> Vec<u8> {
        let manifest = canonical::to_vec(&self.manifest).unwrap();
        let digest = format!("{:x}", HexOf(&Sha256::digest(&manifest)));
        let note = their_note(&format!("tourniquet package manifest\n{digest}  manifest.json\n"), seed);
        let mut files = vec![("manifest.json".to_owned(), manifest), ("manifest.sig".to_owned(), note)];
        files.extend(self.files);
        zip(&files)
    }
}

pub(crate) struct HexOf<'a>(pub(crate) &'a [u8]);

impl std::fmt::LowerHex for HexOf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A note signed by the crate `signed_note`, with the key of `[seed; 32]`.
pub(crate) fn their_note(text: &str, seed: u8) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let verifier_key = Signer::new(ORIGIN, &[seed; 32]).unwrap().verifier_key();
    let hash = verifier_key.split('+').nth(1).unwrap();
    let private = STANDARD.encode([&[1][..], &[seed; 32]].concat());
    let signer = signed_note::StandardSigner::new(&format!("PRIVATE+KEY+{ORIGIN}+{hash}+{private}")).unwrap();
    let mut note = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    note.to_bytes()
}

/// The layout of a package, written a third time.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (path, bytes) in files {
        let offset = (out.len() as u32).to_le_bytes();
        let size = (bytes.len() as u32).to_le_bytes();
        let mut fields = vec![10, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
        fields.extend(crc32fast::hash(bytes).to_le_bytes());
        fields.extend([size, size].concat());
        fields.extend((path.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        out.extend([b"PK\x03\x04", &fields[..], path.as_bytes(), bytes].concat());
        let rest = [0, 0, 0, 0, 0, 0, 0, 0, 0xA4, 0x81];
        directory.extend([b"PK\x01\x02", &[0x2D, 3][..], &fields, &rest, &offset, path.as_bytes()].concat());
    }
    let (start, size) = ((out.len() as u32).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let count = (files.len() as u16).to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06", &[0; 4][..], &count, &count, &size, &start, &[0, 0]].concat());
    out
}
