//! A good package, changed here and there: `cargo fuzz run ledger_tampered`. Whatever is changed, it does not verify, with a key
//! that the reader knows and without.
#![no_main]

use std::{collections::HashMap, sync::LazyLock};

use kernel::{Entry, EntryId, IncidentId, PersonId, PracticeId, Role, Stream, entry::EntryActor};
use ledger::{
    canonical,
    checkpoint::Signer,
    package::{self, Audience, Consistency, File, FilePath, Line, Package, Shown},
    tree::{self, Hash, NodeId},
    verify::verify_package,
};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new("fuzz.example/log", &[42; 32]).expect("a good name"));

/// Three entries of an incident, the second of which the reader may not see, and a file.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (practice, incident) = (PracticeId::from_u128(7), IncidentId::from_u128(1));
    let actor = || EntryActor { id: PersonId::from_u128(3), name: "Dana Ruiz".into(), role: Role::Lead };
    let at = || "2026-11-23T08:15:00Z".parse().expect("an instant");
    let (mut entries, mut nodes) = (Vec::new(), HashMap::<NodeId, Hash>::new());
    for version in 1..=3_u64 {
        let entry = Entry {
            v: 1,
            id: EntryId::from_u128(u128::from(version)),
            practice,
            stream: Stream::incident(incident),
            version,
            at: at(),
            actor: actor(),
            kind: "note_added".into(),
            privileged: version == 2,
            body: json!({ "note": version }),
        };
        let bytes = canonical::to_vec(&entry).expect("an entry");
        let fetch = |node: NodeId| nodes.get(&node).copied();
        let grown = tree::append(version - 1, &fetch, &[tree::leaf_hash(&bytes)]).expect("a tree");
        nodes.extend(grown.nodes);
        entries.push(bytes);
    }
    let fetch = |node: NodeId| nodes.get(&node).copied();
    let line = |(index, bytes): (u64, &Vec<u8>)| Line {
        index,
        proof: tree::inclusion(index, 3, &fetch).expect("a proof"),
        shown: if index == 1 {
            let leaf_hash = tree::leaf_hash(bytes);
            Shown::Withheld { stream: Stream::incident(incident), version: 2, leaf_hash }
        } else {
            Shown::Entry(bytes.clone())
        },
    };
    let path = FilePath::new("evidence/01JQ/mail.eml").expect("a path");
    let package = Package {
        practice,
        incident,
        audience: Audience::Insurer,
        exported_at: at(),
        exported_by: actor(),
        checkpoint: SIGNER.checkpoint(SIGNER.name(), 3, &tree::root(3, &fetch).expect("a root")),
        entries: (0..).zip(&entries).map(line).collect(),
        consistency: vec![Consistency { size: 2, hashes: tree::consistency(2, 3, &fetch).expect("a proof") }],
        files: vec![File::of_bytes(path, b"hello")],
    };
    let mut out = Vec::new();
    package::write(&package, &SIGNER, &mut out).expect("a package");
    out
});

/// Where, what, and how: set, add before, take away, or cut off.
type Edit = (u32, u8, u8);

fuzz_target!(|edits: Vec<Edit>| {
    let mut bytes = GOOD.clone();
    for (at, byte, how) in edits {
        let at = at as usize % (bytes.len() + 1);
        match how % 4 {
            _ if at == bytes.len() => bytes.push(byte),
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    let ours = [SIGNER.verifier_key()];
    for keys in [&ours[..], &[]] {
        match verify_package(&bytes[..], keys, None) {
            Ok(_) => assert_eq!(bytes, *GOOD, "a changed package verified"),
            Err(failure) => assert_ne!(bytes, *GOOD, "{failure}"),
        }
    }
});
