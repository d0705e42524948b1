//! A process that dies in the middle loses nothing that it had acknowledged, and leaves no half object.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
    time::Duration,
};

use kernel::Digest;
use vault::{Rehash, Vault};

use crate::{files, noise, open};

const FOLDER: &str = "VAULT_TEST_CRASH_FOLDER";

/// Not a test of its own: the process that the next test kills. It does nothing without its variable.
#[test]
fn takes_evidence_in_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let vault = open(folder.as_ref());
    let mut out = std::io::stdout();
    for seed in u64::from(std::process::id()) << 20.. {
        let content = noise(seed, if seed % 2 == 0 { 3000 } else { (1 << 20) + 4000 });
        let stored = vault.put(content.as_slice(), None).unwrap();
        writeln!(out, "\nacknowledged {}", stored.sha256).unwrap();
        if seed % 5 == 4 {
            vault.destroy(&stored.sha256).unwrap();
            writeln!(out, "destroyed {}", stored.sha256).unwrap();
        }
    }
}

#[test]
fn a_killed_process_leaves_whole_objects_and_every_acknowledged_one() {
    let folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut destroyed) = (Vec::<Digest>::new(), Vec::<Digest>::new());
    for round in 0..12 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::takes_evidence_in_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::sleep(Duration::from_millis(60 + 23 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in out.lines().map_while(Result::ok) {
            if let Some(digest) = line.strip_prefix("acknowledged ") {
                acknowledged.extend(digest.parse::<Digest>());
            } else if let Some(digest) = line.strip_prefix("destroyed ") {
                destroyed.extend(digest.parse::<Digest>());
            }
        }
        let vault = open(folder.path());
        assert!(files(&folder.path().join("tmp")).is_empty(), "the sweep leaves nothing");
        for digest in vault.list().unwrap() {
            assert!(matches!(vault.rehash(&digest), Ok(Rehash::Intact { .. })), "{digest} is half an object");
        }
    }
    let vault = open(folder.path());
    assert!(acknowledged.len() > 20, "only {} were taken in at all", acknowledged.len());
    for digest in &destroyed {
        assert_eq!(vault.rehash(digest).unwrap(), Rehash::Destroyed);
    }
    let tombstones = vault.destroyed().unwrap();
    for digest in &acknowledged {
        assert!(
            vault.contains(digest) || tombstones.contains(digest),
            "{digest} was acknowledged and is gone"
        );
    }
}

#[test]
fn the_sweep_spares_what_another_process_is_working_on() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let digest = vault.put(&b"evidence"[..], None).unwrap().sha256;
    let tmp = folder.path().join("tmp");
    std::fs::write(tmp.join("999999-0"), "left by a crash").unwrap();
    std::fs::write(tmp.join("999999-1"), "being written").unwrap();
    let working = std::fs::File::open(tmp.join("999999-1")).unwrap();
    working.lock().unwrap();
    // A destruction that broke off after the loss of the name.
    std::fs::rename(vault.sealed_path(&digest), tmp.join(format!("{digest}.condemned"))).unwrap();

    let again: Vault = open(folder.path());
    assert_eq!(files(&tmp), [tmp.join("999999-1")]);
    assert_eq!(again.rehash(&digest).unwrap(), Rehash::Destroyed);
    working.unlock().unwrap();
    open(folder.path());
    assert!(files(&tmp).is_empty());
}
