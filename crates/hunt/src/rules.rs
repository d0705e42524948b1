//! Rules as they lie on this machine: files and folders of Sigma's YAML, read by several threads, and their compiled form
//! kept on disk ([`Cache`]), so that a second hunt with the same rules begins at once.

mod cache;

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use sigma::{RuleSet, Settings};

pub use self::cache::Cache;
use crate::{archive, walk};

/// What the rules of a ZIP may be together, unpacked: a hundred times what there is.
const LARGEST: u64 = 256 << 20;

/// The texts of rules, each with the name that it is known by in what is said about it.
pub type Texts = Vec<(String, String)>;

/// Compiles rules. What cannot be supported is in the set with its reason.
#[must_use]
pub fn compile(texts: &[(String, String)]) -> RuleSet {
    let borrowed = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    sigma::compile(borrowed, &Settings::default())
}

/// The rules of a file, of a folder and what is in it, or of a ZIP, in the order of their paths.
///
/// # Errors
/// The file or folder that cannot be read, and why.
pub fn named(path: &Path) -> Result<Texts, (PathBuf, io::Error)> {
    let failed = |error| (path.to_owned(), error);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        let zip = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
        return if zip {
            zipped(path).map_err(failed)
        } else {
            Ok(vec![(path.display().to_string(), text(path)?)])
        };
    }
    let (items, _) = walk::files(path).map_err(failed)?;
    let names: Vec<&str> = items.iter().map(|item| &*item.path).filter(|name| is_rule(name)).collect();
    read(path, &names)
}

/// The YARA rules of a file, or of a folder or an archive (ZIP, 7z, tar.gz) and what is in it, in the order of their paths.
///
/// # Errors
/// As [`named`].
pub fn named_yara(path: &Path) -> Result<Texts, (PathBuf, io::Error)> {
    let failed = |error| (path.to_owned(), error);
    let (items, _) = walk::files(path).map_err(failed)?;
    let folder = fs::metadata(path).map_err(failed)?.is_dir();
    let mut texts = Texts::new();
    for item in archive::expand(items, &archive::Limits::default()) {
        // A file that is named by itself is taken for rules, whatever it is called.
        let ending = Path::new(&*item.path).extension();
        let yara = ending.is_some_and(|is| is.eq_ignore_ascii_case("yar") || is.eq_ignore_ascii_case("yara"));
        if yara || !folder && !item.path.contains('!') {
            let bytes = (item.open)().and_then(|file| archive::whole(file, LARGEST)).map_err(failed)?;
            texts.push((item.path.to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(texts)
}

/// Whether a file's name is a rule's.
#[must_use]
pub fn is_rule(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("yml") || ending.eq_ignore_ascii_case("yaml"))
}

fn text(file: &Path) -> Result<String, (PathBuf, io::Error)> {
    match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())),
        Err(error) => Err((file.to_owned(), error)),
    }
}

/// The rules in a ZIP, such as those that SigmaHQ publishes.
fn zipped(path: &Path) -> io::Result<Texts> {
    let mut archive = zip::ZipArchive::new(io::BufReader::new(fs::File::open(path)?))?;
    let (name, mut left) = (path.display(), LARGEST);
    let mut texts = Texts::new();
    for number in 0..archive.len() {
        let entry = archive.by_index(number)?;
        if !entry.is_file() || !is_rule(entry.name()) {
            continue;
        }
        let (inner, mut bytes) = (format!("{name}!{}", entry.name()), Vec::new());
        left -= entry.take(left).read_to_end(&mut bytes)? as u64;
        if left == 0 {
            return Err(io::Error::other("the rules in it are larger than 256 MiB"));
        }
        texts.push((inner, String::from_utf8_lossy(&bytes).into_owned()));
    }
    texts.sort();
    Ok(texts)
}

/// Reads the named files of a folder. Opening thousands of small files waits more than it works, so a few threads share it.
fn read(folder: &Path, names: &[&str]) -> Result<Texts, (PathBuf, io::Error)> {
    const AT_ONCE: usize = 64;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(AT_ONCE, Ordering::Relaxed);
                    let Some(rest) = names.get(first..).filter(|rest| !rest.is_empty()) else { break };
                    let some = rest.iter().take(AT_ONCE);
                    let texts: Result<Texts, _> =
                        some.map(|name| Ok(((*name).to_owned(), text(&folder.join(name))?))).collect();
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((first, texts));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(first, _)| *first);
    let mut all = Vec::with_capacity(names.len());
    for (_, texts) in done {
        all.append(&mut texts?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const RULE: &str = "title: t\nlogsource: {product: x}\ndetection: {s: {f: x}, condition: s}";

    #[test]
    fn rules_come_out_of_a_folder_and_out_of_a_zip_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("rules.zip");
        let mut writer = zip::ZipWriter::new(fs::File::create(&zip).unwrap());
        for name in ["b/two.yml", "a/one.YAML", "a/readme.md"] {
            writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(RULE.as_bytes()).unwrap();
            let path = folder.path().join("rules").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, RULE).unwrap();
        }
        writer.finish().unwrap();
        let names = |path: &Path| -> Vec<String> {
            let texts = named(path).unwrap();
            assert!(texts.iter().all(|(_, text)| text == RULE));
            texts.into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&folder.path().join("rules")), ["a/one.YAML", "b/two.yml"]);
        let zip_name = zip.display().to_string();
        assert_eq!(names(&zip), [format!("{zip_name}!a/one.YAML"), format!("{zip_name}!b/two.yml")]);
        fs::write(&zip, "no zip").unwrap();
        assert!(named(&zip).is_err());
    }
}
