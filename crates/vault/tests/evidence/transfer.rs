//! A backup restores to the same evidence, and takes nothing false.

use std::io::Read as _;

use kernel::Digest;
use vault::{Keys, Rehash, Vault, VaultError};

use crate::{files, noise, open};

#[test]
fn a_restored_vault_holds_the_same_evidence_and_opens_the_same_rows() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(here.path());
    for length in [0, 10, 64 << 10, (6 << 20) + 1] {
        vault.put(noise(1, length).as_slice(), None).unwrap();
    }
    let gone = vault.put(&b"gone"[..], None).unwrap().sha256;
    vault.destroy(&gone).unwrap();
    let digest = Digest::of(b"a note");
    let row = vault.sealer().seal(&digest, b"a note", [5; 24]).unwrap();

    let keys = Keys::from_text(&vault.keys().to_text()).unwrap();
    let restored = Vault::with_keys(there.path(), &keys).unwrap();
    for digest in vault.list().unwrap() {
        let sealed = vault.export_sealed(&digest).unwrap();
        let bytes = sealed.len();
        restored.import_sealed(&digest, sealed, Some(bytes)).unwrap();
    }
    for digest in vault.destroyed().unwrap() {
        restored.import_tombstone(&digest).unwrap();
    }
    assert_eq!(restored.list().unwrap(), vault.list().unwrap());
    assert!(restored.rehash_all().unwrap().all(|(_, found)| matches!(found, Ok(Rehash::Intact { .. }))));
    assert_eq!(restored.rehash(&gone).unwrap(), Rehash::Destroyed);
    assert_eq!(restored.sealer().open(&digest, &row).unwrap(), b"a note");
    drop(restored);
    assert_eq!(open(there.path()).list().unwrap().len(), 4);
}

#[test]
fn a_backup_that_was_changed_or_mislabelled_is_not_restored() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(here.path());
    let restored = Vault::with_keys(there.path(), vault.keys()).unwrap();
    let one = vault.put(noise(1, 100_000).as_slice(), None).unwrap().sha256;
    let other = vault.put(noise(2, 100_000).as_slice(), None).unwrap().sha256;
    let mut sealed = Vec::new();
    vault.export_sealed(&one).unwrap().read_to_end(&mut sealed).unwrap();
    let refused = |digest: &Digest, bytes: &[u8]| {
        let error = restored.import_sealed(digest, bytes, None).unwrap_err();
        assert!(matches!(error, VaultError::Changed { .. }), "{error}");
    };
    refused(&other, &sealed);
    refused(&one, &sealed[..sealed.len() - 1]);
    refused(&one, b"");
    let mut turned = sealed.clone();
    turned[70_000] ^= 1;
    refused(&one, &turned);
    assert!(files(&there.path().join("objects")).is_empty());
    assert!(files(&there.path().join("tmp")).is_empty());
    restored.import_sealed(&one, sealed.as_slice(), None).unwrap();
    assert!(restored.import_sealed(&one, sealed.as_slice(), None).unwrap().existed());
}
