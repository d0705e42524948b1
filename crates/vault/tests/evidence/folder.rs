//! A folder comes in whole, and what did not come in is named.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _, path::Path};

use kernel::Digest;
use vault::{Manifest, Taken, VaultError, Why};

use crate::{files, noise, open};

fn take(vault: &vault::Vault, path: &Path) -> (Digest, Manifest) {
    match vault.put_path(path).unwrap() {
        Taken::Folder { stored, manifest } => (stored.sha256, manifest),
        Taken::File(stored) => panic!("{stored:?}"),
    }
}

#[test]
fn a_folder_is_its_files_and_a_manifest_and_the_same_again() {
    let (store, share) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(store.path());
    let root = share.path();
    std::fs::create_dir_all(root.join("logs/old")).unwrap();
    std::fs::write(root.join("logs/Security.evtx"), noise(1, 70_000)).unwrap();
    std::fs::write(root.join("logs/old/Security.evtx"), noise(1, 70_000)).unwrap();
    std::fs::write(root.join("note.txt"), "").unwrap();
    std::fs::write(root.join(OsStr::from_bytes(b"caf\xe9.txt")), "Latin-1 name").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.join("passwd")).unwrap();
    std::os::unix::fs::symlink("..", root.join("logs/loop")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();

    let (digest, manifest) = take(&vault, root);
    let paths: Vec<_> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["caf\u{fffd}.txt", "logs/Security.evtx", "logs/old/Security.evtx", "note.txt"]);
    assert_eq!(manifest.files[0].path_hex.as_deref(), Some("636166e92e747874"));
    assert_eq!(manifest.files[1].sha256, manifest.files[2].sha256);
    assert!(manifest.files.iter().all(|file| file.modified.is_some() && !file.changed_meanwhile));
    let skipped: Vec<_> =
        manifest.skipped.iter().map(|skip| (skip.path.as_str(), skip.why, skip.detail.as_deref())).collect();
    assert_eq!(
        skipped,
        [
            ("logs/loop", Why::SymbolicLink, Some("..")),
            ("passwd", Why::SymbolicLink, Some("/etc/passwd")),
            ("socket", Why::Socket, None),
        ]
    );

    for file in &manifest.files {
        assert_eq!(vault.read_verified(&file.sha256, u64::MAX).unwrap().len() as u64, file.bytes);
    }
    let stored = Manifest::from_json(&vault.read_verified(&digest, u64::MAX).unwrap()).unwrap();
    assert_eq!(stored, manifest);
    assert_eq!(vault.list().unwrap().len(), 4, "three contents and the manifest");
    assert_eq!(take(&vault, root).0, digest, "the same folder is the same evidence");
    assert!(Manifest::from_json(br#"{"format":"another","files":[],"skipped":[]}"#).is_err());
}

#[test]
fn a_single_file_is_one_object_and_a_link_or_device_is_refused() {
    let (store, share) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vault = open(store.path());
    let path = share.path().join("image.dd");
    let content = noise(2, (3 << 20) + 5);
    std::fs::write(&path, &content).unwrap();
    let taken = vault.put_path(&path).unwrap();
    assert_eq!(taken.bytes(), content.len() as u64);
    assert_eq!(taken.stored().sha256, Digest::of(&content));

    let link = share.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for (path, word) in [(link.as_path(), "symbolic link"), (Path::new("/dev/null"), "device")] {
        let error = vault.put_path(path).unwrap_err();
        assert!(matches!(&error, VaultError::NotEvidence { what, .. } if what.contains(word)), "{error}");
    }
    assert!(matches!(vault.put_path(&share.path().join("none")), Err(VaultError::Io { .. })));
    assert_eq!(files(&store.path().join("objects")).len(), 1);
}
