//! Backup files that were damaged or made by somebody else: read strictly, never followed out of their folder, and never
//! a reason to crash.
#![cfg(test)]

use std::path::Path;

use app::{backup, edge::Edge, evidence::Provenance};
use kernel::Role;
use proptest::prelude::*;
use testkit::app::{Program, actor};

fn made() -> Vec<u8> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (edge, _) = Edge::simulated("2026-09-14T11:52:00Z".parse().unwrap(), 1);
        let program = Program::start(edge).await.unwrap();
        let lead = program.person(Role::Lead);
        let declare = serde_json::json!({
            "command": "declare", "title": "Odd sign-ins", "incident_kind": "other", "reason": "two at night",
        });
        let declare = serde_json::from_value(declare).unwrap();
        let incident = program.app.declare(&lead, program.practice, declare, None).await.unwrap().incident;
        let from = Provenance { name: "a".into(), source: "b".into(), why: "c".into() };
        let bytes: Box<dyn std::io::Read + Send> = Box::new(&b"sign-ins"[..]);
        program.app.take_evidence(&lead, incident, bytes, from, Default::default()).await.unwrap();
        let out = program.folder().join("out.backup");
        program.app.backup(&actor(Role::Lead, None), &out, None).await.unwrap();
        std::fs::read(out).unwrap()
    })
}

/// What comes out of these bytes: the keys and the dump.
fn unpacked(bytes: &[u8]) -> Result<(String, Vec<u8>), String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (folder.path().join("file"), folder.path().join("into"));
    std::fs::write(&file, bytes).unwrap();
    let outcome = backup::unpack(&file, &into, None);
    let outside: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(outside.iter().all(|name| name == "file" || name == "into"), "it wrote outside: {outside:?}");
    let unpacked = outcome.map_err(|error| error.to_string())?;
    Ok((unpacked.keys, std::fs::read(backup::dump_in(&into)).unwrap()))
}

#[test]
fn whatever_was_changed_in_a_backup_is_found_or_harmless() {
    let whole = made();
    let good = unpacked(&whole).unwrap();
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        if let Ok(out) = unpacked(&bytes) {
            assert_eq!(out, good, "byte {at} was changed, and something else came out");
        }
    }
    for length in (0..whole.len()).step_by(997) {
        // What is cut off after the checksums holds nothing.
        if let Ok(out) = unpacked(&whole[..length]) {
            assert_eq!(out, good, "cut to {length} bytes, something else came out");
            assert!(length + 2048 > whole.len(), "cut to {length} bytes, it was taken for whole");
        }
    }
}

#[test]
fn a_member_that_points_out_of_the_folder_is_refused() {
    for name in
        ["../evil", "/tmp/evil", "vault/../../evil", "vault/evil", "log.key/evil", "journal.dump\u{1}"]
    {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, &b"evil"[..]).unwrap();
        let bytes = tar.into_inner().unwrap();
        let refused = unpacked(&bytes).unwrap_err();
        assert!(
            refused.contains("no part of a backup") || refused.contains("not a whole backup"),
            "{refused}"
        );
        assert!(!Path::new("/tmp/evil").exists());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_refused_without_a_crash(bytes in prop::collection::vec(any::<u8>(), 0..4096), sealed: bool) {
        let magic: &[u8] = if sealed { b"age-encryption.org/v1\n" } else { b"" };
        prop_assert!(unpacked(&[magic, &bytes].concat()).is_err());
    }
}
