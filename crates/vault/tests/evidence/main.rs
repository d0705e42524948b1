//! What somebody would lose if the vault did not keep its promises.
#![cfg(test)]

mod change;
mod crash;
mod disk;
mod folder;
mod keep;
mod transfer;

use std::path::Path;

use vault::Vault;

/// Opens a vault with keys that are the same every time.
fn open(folder: &Path) -> Vault {
    Vault::open(folder, &mut |slice| slice.fill(0x42)).unwrap()
}

/// Bytes that look random and are the same for the same seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

/// All files under a folder of the vault.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Changes the bytes of an object, which is read-only.
fn tamper(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut bytes = std::fs::read(path).unwrap();
    change(&mut bytes);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(path, bytes).unwrap();
}
