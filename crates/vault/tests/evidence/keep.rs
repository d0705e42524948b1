//! Evidence comes back as it was, is stored once, is open to other programs, and goes when it has to.

use std::{
    io::{self, Read},
    os::unix::fs::PermissionsExt as _,
};

use kernel::Digest;
use proptest::prelude::*;
use vault::{Arrival, Keys, Rehash, Status, Vault, VaultError};

use crate::{files, noise, open};

fn round_trip(vault: &Vault, content: &[u8]) {
    let stored = vault.put(content, Some(content.len() as u64)).unwrap();
    assert_eq!((stored.sha256, stored.bytes), (Digest::of(content), content.len() as u64));
    let mut back = Vec::new();
    vault.open_evidence(&stored.sha256).unwrap().read_to_end(&mut back).unwrap();
    assert!(back == content, "{} bytes came back changed", content.len());
    assert_eq!(vault.len(&stored.sha256).unwrap(), content.len() as u64);
}

#[test]
fn evidence_of_every_awkward_length_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let chunk = 64 << 10;
    let block = 1 << 20;
    for length in [
        0,
        1,
        15,
        16,
        17,
        4095,
        4096,
        4097,
        chunk - 16,
        chunk - 1,
        chunk,
        chunk + 1,
        chunk + 16,
        2 * chunk,
        2 * chunk + 1,
        block - 1,
        block,
        block + 1,
        block + chunk,
        2 * block,
        4 * block - 4096,
        4 * block,
        4 * block + 1,
        9 * block + 77,
    ] {
        round_trip(&vault, &noise(length as u64, length));
    }
}

/// Hands out a few bytes at a time, and is interrupted in between, as pipes and network shares do.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 += 1;
        if self.1.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = self.0.len().min(buffer.len()).min(1 + self.1 * 7919 % 100_000);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_stream_in_pieces_is_the_same_evidence(length in 0_usize..3_000_000, seed: u64, step in 0_usize..1000) {
        let folder = tempfile::tempdir().unwrap();
        let vault = open(folder.path());
        let content = noise(seed, length);
        let stored = vault.put(Drip(&content, step), None).unwrap();
        prop_assert_eq!(stored.sha256, Digest::of(&content));
        prop_assert_eq!(vault.read_verified(&stored.sha256, u64::MAX).unwrap(), content);
    }
}

#[test]
fn another_implementation_of_age_opens_an_object_with_the_identity_file() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for length in [0, 5, 70_000, 5 << 20] {
        let content = noise(1, length);
        let stored = vault.put(content.as_slice(), None).unwrap();
        let identities =
            age::IdentityFile::from_file(folder.path().join("identity").to_str().unwrap().to_owned())
                .unwrap();
        let identities = identities.into_identities().unwrap();
        let sealed = std::fs::File::open(vault.sealed_path(&stored.sha256)).unwrap();
        let mut plain = Vec::new();
        age::Decryptor::new(sealed)
            .unwrap()
            .decrypt(identities.iter().map(|identity| &**identity as &dyn age::Identity))
            .unwrap()
            .read_to_end(&mut plain)
            .unwrap();
        assert!(plain == content);
    }
}

#[test]
fn no_byte_of_the_evidence_lies_open_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let mut content = noise(9, 3 << 20);
    content.extend_from_slice(b"a made-up patient, born 1 April 1950");
    let stored = vault.put(content.as_slice(), None).unwrap();
    for path in files(folder.path()) {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"a made-up patien"), "{}", path.display());
        assert!(!bytes.windows(32).any(|window| window == &content[..32]), "{}", path.display());
    }
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("identity")), 0o600);
    assert_eq!(mode(&folder.path().join("payload.key")), 0o600);
    assert_eq!(mode(&folder.path().join("objects")), 0o700);
    assert_eq!(mode(&vault.sealed_path(&stored.sha256)), 0o400);
}

#[test]
fn the_same_content_is_stored_once_and_never_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for length in [100, 2 << 20] {
        let content = noise(3, length);
        let first = vault.put(content.as_slice(), None).unwrap();
        assert_eq!(first.arrival, Arrival::New);
        let sealed = std::fs::read(vault.sealed_path(&first.sha256)).unwrap();
        let again = vault.put(content.as_slice(), None).unwrap();
        assert!(again.existed());
        assert_eq!(again.sha256, first.sha256);
        assert!(std::fs::read(vault.sealed_path(&first.sha256)).unwrap() == sealed);
    }
    assert_eq!(vault.list().unwrap().len(), 2);
    assert!(files(&folder.path().join("tmp")).is_empty());
}

#[test]
fn eight_people_who_take_in_the_same_file_at_once_leave_one_object() {
    let folder = tempfile::tempdir().unwrap();
    for length in [3000, (5 << 20) + 3] {
        let content = noise(4, length);
        let news: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        // Each opens the vault as another process would, keys, sweep and all.
                        let stored = open(folder.path()).put(content.as_slice(), None).unwrap();
                        assert_eq!(stored.sha256, Digest::of(&content));
                        usize::from(!stored.existed())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(news, 1, "one is first, the others find it there");
    }
    let vault = open(folder.path());
    assert_eq!(vault.list().unwrap().len(), 2);
    assert_eq!(files(&folder.path().join("objects")).len(), 2);
    assert!(files(&folder.path().join("tmp")).is_empty());
    let checked: Vec<_> = vault.rehash_all().unwrap().collect();
    assert_eq!(checked.len(), 2);
    assert!(checked.into_iter().all(|(_, found)| matches!(found, Ok(Rehash::Intact { .. }))));
}

#[test]
fn whoever_opens_a_new_vault_at_the_same_time_gets_the_same_keys() {
    for _ in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let recipients: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8_u8)
                .map(|own| {
                    let path = folder.path();
                    scope.spawn(move || {
                        let vault = Vault::open(path, &mut |slice| slice.fill(own)).unwrap();
                        vault.put([own].as_slice(), None).unwrap();
                        vault.keys().recipient()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(recipients.len(), 1);
        let vault = open(folder.path());
        assert_eq!(vault.list().unwrap().len(), 8);
        assert!(
            vault.rehash_all().unwrap().all(|(_, found)| matches!(found, Ok(Rehash::Intact { bytes: 1 })))
        );
    }
}

#[test]
fn destroyed_evidence_leaves_its_digest_and_can_be_told_from_lost_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let content = noise(5, 300_000);
    let digest = vault.put(content.as_slice(), None).unwrap().sha256;
    let sealed = std::fs::File::open(vault.sealed_path(&digest)).unwrap();
    vault.destroy(&digest).unwrap();
    vault.destroy(&digest).unwrap();
    assert!(matches!(vault.open_evidence(&digest), Err(VaultError::Destroyed { .. })));
    assert_eq!(vault.rehash(&digest).unwrap(), Rehash::Destroyed);
    assert_eq!(vault.destroyed().unwrap(), [digest]);
    assert!(vault.list().unwrap().is_empty());
    let tombstone =
        std::fs::read_to_string(folder.path().join("destroyed").join(digest.to_string())).unwrap();
    assert_eq!(tombstone, format!("{digest}\n"));
    // Whoever still holds the file open finds nothing in it.
    let mut rest = String::new();
    (&sealed).read_to_string(&mut rest).unwrap();
    assert_eq!(rest, tombstone);
    assert!(files(&folder.path().join("tmp")).is_empty());

    let never = Digest::of(b"never taken in");
    assert!(matches!(vault.open_evidence(&never), Err(VaultError::Missing { .. })));
    assert!(matches!(vault.destroy(&never), Err(VaultError::Missing { .. })));
    assert_eq!(vault.rehash(&never).unwrap(), Rehash::Missing);

    let back = vault.put(content.as_slice(), None).unwrap();
    assert_eq!(back.arrival, Arrival::AfterDestruction);
    assert_eq!(vault.read_verified(&digest, u64::MAX).unwrap(), content);
    vault.destroy(&digest).unwrap();
    assert_eq!(vault.rehash(&digest).unwrap(), Rehash::Destroyed);
}

#[test]
fn destruction_does_not_reach_through_a_planted_link() {
    let (folder, share) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(folder.path());
    let digest = vault.put(&b"evidence"[..], None).unwrap().sha256;
    let theirs = share.path().join("payroll");
    std::fs::write(&theirs, "not the vault's").unwrap();
    std::fs::remove_file(vault.sealed_path(&digest)).unwrap();
    std::os::unix::fs::symlink(&theirs, vault.sealed_path(&digest)).unwrap();
    assert!(vault.destroy(&digest).is_err());
    for name in ["link", &format!("{digest}.condemned")] {
        std::os::unix::fs::symlink(&theirs, folder.path().join("tmp").join(name)).unwrap();
    }
    open(folder.path());
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "not the vault's");
}

#[test]
fn a_source_that_breaks_off_leaves_nothing() {
    struct Broken(u64);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the share went away"));
            }
            let count = buffer.len().min(usize::try_from(self.0).unwrap());
            buffer[..count].fill(1);
            self.0 -= count as u64;
            Ok(count)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for length in [0, 10, 1 << 20, 7 << 20, 40 << 20] {
        let error = vault.put(Broken(length), None).unwrap_err();
        assert!(matches!(&error, VaultError::Source(source) if source.to_string() == "the share went away"));
        assert_eq!(error.status(), Status::Temporary);
    }
    assert!(files(&folder.path().join("objects")).is_empty());
    assert!(files(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_large_object_is_not_pulled_into_memory_by_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let digest = vault.put(noise(6, 1000).as_slice(), None).unwrap().sha256;
    assert!(matches!(
        vault.read_verified(&digest, 999),
        Err(VaultError::TooLarge { bytes: 1000, limit: 999, .. })
    ));
    assert_eq!(vault.read_verified(&digest, 1000).unwrap().len(), 1000);
}

#[test]
fn a_vault_opens_with_its_own_keys_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let digest = vault.put(&b"evidence"[..], None).unwrap().sha256;
    // Opening again draws no new keys.
    let again = Vault::open(folder.path(), &mut |_| panic!("no entropy is needed")).unwrap();
    assert_eq!(again.read_verified(&digest, 100).unwrap(), b"evidence");

    let other = Keys::generate(&mut |slice| slice.fill(1)).unwrap();
    assert!(matches!(Vault::with_keys(folder.path(), &other), Err(VaultError::Key { .. })));

    for (name, damage) in [("identity", "AGE-SECRET-KEY-1NONSENSE\n"), ("payload.key", "short\n")] {
        let path = folder.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, damage).unwrap();
        let error = Vault::open(folder.path(), &mut |_| ()).unwrap_err();
        assert!(matches!(error, VaultError::Key { .. }), "{error}");
        assert!(error.guidance().contains("backup"));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(Vault::open(folder.path(), &mut |_| ()), Err(VaultError::Key { .. })));
        // Not even where the version file went with it: objects are there that a new key could not open.
        if name == "identity" {
            std::fs::rename(folder.path().join("VERSION"), folder.path().join("V")).unwrap();
            assert!(matches!(Vault::open(folder.path(), &mut |_| ()), Err(VaultError::Key { .. })));
            std::fs::rename(folder.path().join("V"), folder.path().join("VERSION")).unwrap();
        }
        std::fs::write(&path, whole).unwrap();
    }
    assert_eq!(open(folder.path()).read_verified(&digest, 100).unwrap(), b"evidence");
}

#[test]
fn a_folder_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    std::fs::write(folder.path().join("VERSION"), "tourniquet-vault 2\n").unwrap();
    std::fs::write(folder.path().join("tmp").join("theirs"), "").unwrap();
    let error = Vault::open(folder.path(), &mut |_| ()).unwrap_err();
    assert!(matches!(&error, VaultError::Layout { found, .. } if found == "tourniquet-vault 2"));
    assert!(folder.path().join("tmp").join("theirs").exists());
}
