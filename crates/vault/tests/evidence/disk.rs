//! A full disk: a clear error, no partial object, everything earlier readable.

use std::{path::Path, process::Command};

use vault::{Status, VaultError};

use crate::{files, noise, open};

/// A small file system of its own, unmounted when it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("SKIPPED: a full disk cannot be tried here, as mounting a small one needs root");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_leaves_no_partial_object_and_the_earlier_ones_readable() {
    let Some(disk) = Disk::mount(16) else { return };
    let vault = open(disk.path());
    let early = noise(1, 2 << 20);
    let digest = vault.put(early.as_slice(), Some(early.len() as u64)).unwrap().sha256;

    // Of unknown length: the disk runs full on the way. Of a known one: not a byte is written.
    let large = noise(2, 20 << 20);
    for expected in [None, Some(large.len() as u64)] {
        let error = vault.put(large.as_slice(), expected).unwrap_err();
        let VaultError::NoSpace { path, needed, available } = &error else { panic!("{error:?}") };
        assert_eq!(path, disk.path());
        assert!(needed > available, "{error}");
        assert!(*available > 10 << 20, "the partial file is gone: {error}");
        assert_eq!(error.status(), Status::Temporary);
        assert!(error.guidance().contains("Free "), "{}", error.guidance());
        assert!(files(&disk.path().join("tmp")).is_empty());
        assert_eq!(vault.list().unwrap(), [digest]);
    }
    // Fill it to the last page: a short one fails just as cleanly, and reading needs no space.
    let filler = disk.path().join("filler");
    let mut size = 16 << 20;
    while size >= 4096 {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if std::io::Write::write_all(&mut file, &vec![1; size]).is_err() {
            size /= 2;
        }
    }
    let short = noise(3, 30_000);
    for expected in [None, Some(30_000)] {
        assert!(matches!(vault.put(short.as_slice(), expected), Err(VaultError::NoSpace { .. })));
    }
    assert!(files(&disk.path().join("tmp")).is_empty());
    assert_eq!(vault.list().unwrap(), [digest]);
    assert!(vault.read_verified(&digest, u64::MAX).unwrap() == early);
    assert!(open(disk.path()).read_verified(&digest, u64::MAX).unwrap() == early, "it opens when full, too");
    // Destruction at the end of retention must be possible on a full disk, as it makes room.
    vault.destroy(&digest).unwrap();
    assert_eq!(vault.destroyed().unwrap(), [digest]);

    std::fs::remove_file(&filler).unwrap();
    vault.put(short.as_slice(), None).unwrap();
    assert_eq!(vault.list().unwrap().len(), 1);
}
