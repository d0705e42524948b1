//! Compiled rules on disk. A file is named by the digest of what it was made from: the rules' names and texts, the
//! program's version, the form of the bytes. It is only ever taken back whole and unchanged; anything else in its place is
//! ignored and written anew, and where nothing can be written the rules are compiled each time.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};
use sigma::RuleSet;

use super::compile;

/// What a file begins with: its kind, and the number of its form.
const MAGIC: &[u8; 16] = b"tourniquetrules\x01";
/// Files of other rules or versions that are kept beside; the oldest go first.
const KEPT: usize = 8;
const DIGEST: usize = 32;

/// A folder of compiled rules.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

fn digest_of(parts: &[&[u8]]) -> [u8; DIGEST] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

impl Cache {
    /// The cache in this folder, which is made when something is first kept.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The rules of these texts: out of the cache, or compiled and then kept.
    #[must_use]
    pub fn compile(&self, texts: &[(String, String)]) -> RuleSet {
        let path = self.file(texts);
        if let Some(set) = read(&path) {
            return set;
        }
        let set = compile(texts);
        // Without a cache a hunt is slower and nothing else.
        let _ = self.keep(&path, &set);
        set
    }

    /// Where the compiled form of these texts is kept.
    #[must_use]
    pub fn file(&self, texts: &[(String, String)]) -> PathBuf {
        let mut parts: Vec<&[u8]> = vec![MAGIC, env!("CARGO_PKG_VERSION").as_bytes()];
        parts.extend(texts.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]));
        self.folder.join(format!("{}.rules", hex(&digest_of(&parts))))
    }

    /// Writes a set under a name of its own and then gives it its place, so that nobody reads half of one.
    fn keep(&self, path: &Path, set: &RuleSet) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let bytes = set.to_bytes();
        let part = path.with_extension(format!("part{}", std::process::id()));
        let mut file = private(&part)?;
        let written = file
            .write_all(MAGIC)
            .and_then(|()| file.write_all(&digest_of(&[&bytes])))
            .and_then(|()| file.write_all(&bytes))
            .and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written?;
        self.forget(path)
    }

    /// Removes the oldest files beyond those that are kept.
    fn forget(&self, newest: &Path) -> io::Result<()> {
        let mut others: Vec<(SystemTime, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path != newest && path.extension().is_some_and(|ending| ending == "rules") {
                others.push((fs::metadata(&path)?.modified()?, path));
            }
        }
        others.sort();
        let more = others.len().saturating_sub(KEPT - 1);
        others.into_iter().take(more).try_for_each(|(_, path)| fs::remove_file(path))
    }
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn read(path: &Path) -> Option<RuleSet> {
    let bytes = fs::read(path).ok()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (digest, bytes) = rest.split_first_chunk::<DIGEST>()?;
    (digest_of(&[bytes]) == *digest).then(|| RuleSet::from_bytes(bytes)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(title: &str) -> Vec<(String, String)> {
        let rule = format!(
            "title: {title}\nlogsource: {{product: windows}}\ndetection: {{s: {{f|re: 'x.*'}}, condition: s}}"
        );
        vec![("a.yml".to_owned(), rule)]
    }

    /// Compiles with what lies in the cache's file instead of what belongs there: the rules must come all the same, and the
    /// file must be whole again.
    fn survives(spoil: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("rules"));
        let texts = texts("one");
        let file = cache.file(&texts);
        assert_eq!(cache.compile(&texts).rules.len(), 1);
        let whole = fs::read(&file).unwrap();
        fs::write(&file, spoil(whole.clone())).unwrap();
        assert_eq!(cache.compile(&texts).rules[0].title, "one");
        assert!(fs::read(&file).unwrap() == whole, "the cache was not mended");
    }

    #[test]
    fn what_was_kept_is_taken_back_without_compiling() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let set = cache.compile(&texts("one"));
        let (mine, file) = (texts("two"), cache.file(&texts("two")));
        cache.keep(&file, &set).unwrap();
        // The file of the second text holds the first one's rules: whoever answers with them has not compiled.
        assert_eq!(cache.compile(&mine).rules[0].title, "one");
    }

    #[test]
    fn a_cut_cache_is_made_anew() {
        survives(|bytes| bytes[..bytes.len() / 2].to_vec());
    }

    #[test]
    fn a_cache_with_a_flipped_bit_is_made_anew() {
        survives(|mut bytes| {
            let last = bytes.len() - 3;
            bytes[last] ^= 4;
            bytes
        });
    }

    #[test]
    fn a_file_of_another_form_is_made_anew() {
        survives(|mut bytes| {
            bytes[15] = 0;
            bytes
        });
        survives(|_| Vec::new());
        survives(|_| b"something else altogether".to_vec());
    }

    #[test]
    fn whole_bytes_that_are_no_rules_are_made_anew() {
        survives(|_| [&MAGIC[..], &digest_of(&[b"no rules"]), b"no rules"].concat());
    }

    #[test]
    fn changed_rules_and_names_have_another_file() {
        let cache = Cache::new("x");
        let (one, other) = (texts("one"), texts("other"));
        assert_ne!(cache.file(&one), cache.file(&other));
        let named = vec![("b.yml".to_owned(), one[0].1.clone())];
        assert_ne!(cache.file(&one), cache.file(&named));
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_nothing_but_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        fs::write(&file, "x").unwrap();
        assert_eq!(Cache::new(file.join("rules")).compile(&texts("one")).rules.len(), 1);
    }

    #[test]
    fn old_rules_do_not_pile_up() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        for number in 0..KEPT + 5 {
            assert_eq!(cache.compile(&texts(&format!("rule {number}"))).rules.len(), 1);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), KEPT);
        assert!(cache.file(&texts(&format!("rule {}", KEPT + 4))).is_file());
    }
}
