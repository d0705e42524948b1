//! Whatever happens to the bytes on disk, it is found at the next read.

use std::io::Read as _;

use kernel::Digest;
use vault::{Arrival, Rehash, Vault, VaultError};

use crate::{files, noise, open, tamper};

fn is_found(vault: &Vault, digest: &Digest, what: &str) {
    assert!(matches!(vault.rehash(digest), Ok(Rehash::Changed { .. })), "{what}: rehash");
    assert!(
        matches!(vault.read_verified(digest, u64::MAX), Err(VaultError::Changed { .. })),
        "{what}: read at once"
    );
    assert!(matches!(vault.open_verified(digest), Err(VaultError::Changed { .. })), "{what}: checked first");
    match vault.open_evidence(digest) {
        Err(error) => assert!(matches!(error, VaultError::Changed { .. }), "{what}: {error}"),
        Ok(mut evidence) => {
            let mut served = Vec::new();
            let error = VaultError::from_io(evidence.read_to_end(&mut served).unwrap_err()).unwrap();
            assert!(matches!(error, VaultError::Changed { .. }), "{what}: {error}");
            // It stays an error: nobody takes the second try for the end.
            assert!(evidence.read(&mut [0; 16]).is_err(), "{what}: second try");
        }
    }
}

#[test]
fn any_bit_of_a_small_object_that_is_turned_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let digest = vault.put(&b"Monday, 07:42: the screens turned red."[..], None).unwrap().sha256;
    let path = vault.sealed_path(&digest);
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        // One bit of each byte, a different one from byte to byte; case, and the other bits, follow below.
        let bit = 1 << (at % 8);
        tamper(&path, |bytes| bytes[at] ^= bit);
        assert!(matches!(vault.rehash(&digest), Ok(Rehash::Changed { .. })), "byte {at}, bit {bit}");
        tamper(&path, |bytes| bytes[at] ^= bit);
    }
    for at in (0..whole.len()).step_by(5) {
        for change in [0x01, 0x20, 0x80, 0xff] {
            tamper(&path, |bytes| bytes[at] ^= change);
            is_found(&vault, &digest, &format!("byte {at} by {change:02x}"));
            tamper(&path, |bytes| bytes[at] ^= change);
        }
    }
    assert!(matches!(vault.rehash(&digest), Ok(Rehash::Intact { bytes: 38 })));
}

#[test]
fn a_change_anywhere_in_a_large_object_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let content = noise(1, 3 << 20);
    let digest = vault.put(content.as_slice(), None).unwrap().sha256;
    let path = vault.sealed_path(&digest);
    let length = std::fs::metadata(&path).unwrap().len() as usize;
    for at in [0, 100, 500, length / 2, length - 65_552, length - 17, length - 1] {
        tamper(&path, |bytes| bytes[at] ^= 4);
        is_found(&vault, &digest, &format!("byte {at}"));
        tamper(&path, |bytes| bytes[at] ^= 4);
    }
    // Two whole sealed chunks that change places.
    let start = length - 48 * 65_552;
    let swap = |bytes: &mut Vec<u8>| {
        let (one, other) = bytes[start..].split_at_mut(65_552);
        one.swap_with_slice(&mut other[..65_552]);
    };
    tamper(&path, swap);
    is_found(&vault, &digest, "swapped chunks");
    tamper(&path, swap);
    assert!(matches!(vault.rehash(&digest), Ok(Rehash::Intact { .. })));
}

#[test]
fn an_object_cut_short_or_extended_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for size in [0_usize, 10, 64 << 10, 200_000] {
        let digest = vault.put(noise(size as u64, size).as_slice(), None).unwrap().sha256;
        let path = vault.sealed_path(&digest);
        let whole = std::fs::read(&path).unwrap();
        // The header's length differs from one object to the next: age puts a stanza of random length into it.
        let length = whole.len();
        for cut in [0, 1, 21, 100, 200, length - 65_552.min(length), length - 17, length - 16, length - 1] {
            tamper(&path, |bytes| bytes.truncate(cut));
            is_found(&vault, &digest, &format!("{size} cut to {cut}"));
            tamper(&path, |bytes| bytes.clone_from(&whole));
        }
        for more in [1, 16, 17, 65_552, 70_000] {
            tamper(&path, |bytes| bytes.extend(noise(2, more)));
            is_found(&vault, &digest, &format!("{size} longer by {more}"));
            tamper(&path, |bytes| bytes.clone_from(&whole));
        }
    }
}

#[test]
fn an_object_in_the_place_of_another_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let one = vault.put(noise(1, 70_000).as_slice(), None).unwrap().sha256;
    let other = vault.put(noise(2, 70_000).as_slice(), None).unwrap().sha256;
    let (one_path, other_path) = (vault.sealed_path(&one), vault.sealed_path(&other));
    let aside = folder.path().join("aside");
    std::fs::rename(&one_path, &aside).unwrap();
    std::fs::rename(&other_path, &one_path).unwrap();
    std::fs::rename(&aside, &other_path).unwrap();
    is_found(&vault, &one, "swapped");
    is_found(&vault, &other, "swapped");
    let what = match vault.rehash(&one).unwrap() {
        Rehash::Changed { what } => what,
        found => panic!("{found:?}"),
    };
    assert!(what.contains(&other.to_string()), "it says what lies there instead: {what}");
}

#[test]
fn an_object_sealed_by_somebody_else_is_found() {
    let (folder, foreign) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(folder.path());
    let theirs = Vault::open(foreign.path(), &mut |slice| slice.fill(0x17)).unwrap();
    let digest = vault.put(&b"evidence"[..], None).unwrap().sha256;
    theirs.put(&b"evidence"[..], None).unwrap();
    let sealed = std::fs::read(theirs.sealed_path(&digest)).unwrap();
    tamper(&vault.sealed_path(&digest), |bytes| bytes.clone_from(&sealed));
    is_found(&vault, &digest, "foreign key");
}

#[test]
fn taking_changed_evidence_in_again_repairs_it_and_keeps_the_changed_file() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for size in [50, 2 << 20] {
        let content = noise(8, size);
        let digest = vault.put(content.as_slice(), None).unwrap().sha256;
        for round in 1..3 {
            tamper(&vault.sealed_path(&digest), |bytes| *bytes.last_mut().unwrap() ^= 1);
            let changed = std::fs::read(vault.sealed_path(&digest)).unwrap();
            let stored = vault.put(content.as_slice(), None).unwrap();
            assert_eq!(stored.arrival, Arrival::ReplacedDamaged);
            assert!(vault.read_verified(&digest, u64::MAX).unwrap() == content);
            let aside = folder.path().join("damaged").join(format!("{digest}.{round}.age"));
            assert!(std::fs::read(aside).unwrap() == changed);
        }
    }
    assert_eq!(files(&folder.path().join("damaged")).len(), 4);
}

#[test]
fn the_scheduled_check_names_what_changed_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let digests: Vec<_> =
        (0..20).map(|seed| vault.put(noise(seed, 500).as_slice(), None).unwrap().sha256).collect();
    tamper(&vault.sealed_path(&digests[7]), |bytes| bytes[450] ^= 1);
    let check = vault.rehash_all().unwrap();
    assert_eq!(check.len(), 20, "the caller knows how far it is");
    let changed: Vec<_> = check
        .filter(|(_, found)| !matches!(found, Ok(Rehash::Intact { bytes: 500 })))
        .map(|(digest, _)| digest)
        .collect();
    assert_eq!(changed, [digests[7]]);
}

#[test]
fn eight_people_who_repair_the_same_object_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let content = noise(9, 2000);
    let digest = vault.put(content.as_slice(), None).unwrap().sha256;
    for _ in 0..10 {
        tamper(&vault.sealed_path(&digest), |bytes| *bytes.last_mut().unwrap() ^= 1);
        let before = files(&folder.path().join("damaged")).len();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    vault.put(content.as_slice(), None).unwrap();
                    assert!(
                        vault.read_verified(&digest, u64::MAX).unwrap() == content,
                        "it was acknowledged"
                    );
                });
            }
        });
        let aside = files(&folder.path().join("damaged")).len() - before;
        assert_eq!(aside, 1, "the changed one is set aside, and no good one");
    }
}
