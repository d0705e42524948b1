//! Any names of files and folders as evidence, and any bytes as a folder's manifest:
//! `cargo +nightly fuzz run evidence_names`. What was taken comes back under the name that it had.
#![no_main]

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use vault::{Taken, Vault};

static PLACE: LazyLock<(tempfile::TempDir, Vault)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Vault::open(&folder.path().join("vault"), &mut |bytes| bytes.fill(7)).expect("a vault");
    (folder, vault)
});

fuzz_target!(|names: Vec<Vec<u8>>| {
    let (folder, vault) = &*PLACE;
    for name in &names {
        drop(vault::Manifest::from_json(name).map_err(|error| error.to_string()));
    }
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).expect("a folder");
    let mut laid = 0;
    for (number, name) in names.iter().take(8).enumerate() {
        let at = evidence.join(OsStr::from_bytes(name));
        // A name with `/` may point elsewhere; none of ours does.
        if name.contains(&b'/') || !at.starts_with(&evidence) || at == evidence || name == b".." {
            continue;
        }
        let made = if number % 3 == 2 { fs::create_dir(&at) } else { fs::write(&at, number.to_string()) };
        laid += usize::from(made.is_ok() && number % 3 != 2);
    }
    let taken = vault.put_path(&evidence);
    fs::remove_dir_all(&evidence).expect("ours");
    let Taken::Folder { stored, manifest } = taken.expect("a folder of files can always be taken") else {
        panic!("a folder came out as a file");
    };
    assert!(manifest.files.len() <= laid);
    let kept = vault.read_verified(&stored.sha256, 1 << 24).expect("what was kept");
    assert_eq!(vault::Manifest::from_json(&kept).expect("our own manifest"), manifest);
});
