//! The names of files in a package. They must mean the same file wherever the package is unpacked, on Windows and macOS
//! too, and must never leave the folder it is unpacked into.

use std::{collections::HashSet, fmt};

/// A name that cannot stand in a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be a file of a package: {why}")]
pub struct BadPath {
    /// What was given, cut to 200 characters.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// The name of a file in a package: parts joined by `/`, such as `evidence/01JQ…/mail.eml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

/// The longest name, in bytes.
const MAX_PATH: usize = 512;

/// The longest part of a name, in bytes: what common file systems hold.
const MAX_PART: usize = 200;

impl FilePath {
    /// The name of `text`.
    ///
    /// # Errors
    /// [`BadPath`] where it is empty or long, leaves the folder (`..`, a leading `/`), holds what some file system does
    /// not (`\ : * ? " < > |`, control characters, a part that ends in a dot or a space, `CON` and its like).
    pub fn new(text: &str) -> Result<Self, BadPath> {
        let bad = |why| BadPath { path: text.chars().take(200).collect(), why };
        if text.is_empty() || text.len() > MAX_PATH {
            return Err(bad("its length must be 1 to 512 bytes"));
        }
        for part in text.split('/') {
            match part {
                "" => return Err(bad("a part is empty")),
                "." | ".." => return Err(bad("it leaves the folder")),
                _ if part.len() > MAX_PART => return Err(bad("a part is longer than 200 bytes")),
                _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => {
                    return Err(bad("a part begins with a space or ends in a dot or a space"));
                }
                _ if part.chars().any(|c| c.is_control() || r#"\:*?"<>|"#.contains(c)) => {
                    return Err(bad("it holds a character that file systems refuse"));
                }
                _ if is_device(part) => return Err(bad("it names a device on Windows")),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// A name below `folder` that keeps what it can of `original` (a file's name as found, from anybody): refused
    /// characters become `_`, and only the last part is kept.
    ///
    /// # Errors
    /// [`BadPath`] where `folder` itself cannot stand in a package.
    pub fn below(folder: &str, original: &str) -> Result<Self, BadPath> {
        let last = original.rsplit(['/', '\\']).next().unwrap_or_default();
        let mut name: String =
            last.chars().map(|c| if c.is_control() || r#"\:*?"<>|"#.contains(c) { '_' } else { c }).collect();
        while name.len() > MAX_PART - 8 {
            name.pop();
        }
        let name = name.trim().trim_end_matches(['.', ' ']);
        let name = if name.is_empty() || is_device(name) { format!("file_{name}") } else { name.to_owned() };
        Self::new(&format!("{folder}/{name}"))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether Windows takes the part for a device, with or without an extension.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered =
        |prefix: &str| stem.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// Whether no two names are one on a file system that ignores case, and none is a folder of another.
pub(super) fn distinct<'a>(paths: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut files: HashSet<String> = ["manifest.json", "manifest.sig"].map(str::to_owned).into();
    let mut folders = HashSet::new();
    for path in paths {
        let folded = path.to_lowercase();
        folders.extend(folded.match_indices('/').filter_map(|(at, _)| folded.get(..at).map(str::to_owned)));
        if !files.insert(folded) {
            return Err(path.to_owned());
        }
    }
    files.into_iter().find(|file| folders.contains(file)).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_or_break_a_file_system_are_refused() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".",
            "C:/x",
            "a\\b",
            "a\u{0}b",
            "nul",
            "x/COM1.txt",
            "x. ",
            "dots.",
            " lead",
        ] {
            assert!(FilePath::new(bad).is_err(), "{bad:?}");
        }
        for good in ["report.pdf", "evidence/01JQ/mail.eml", "notes/Größe 1.md", "evidence/console.log"] {
            assert!(FilePath::new(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_hostile_file_name_becomes_a_harmless_one() {
        let name = |original: &str| FilePath::below("evidence/1", original).unwrap().to_string();
        assert_eq!(name("../../etc/passwd"), "evidence/1/passwd");
        assert_eq!(name("C:\\Windows\\evil?.exe"), "evidence/1/evil_.exe");
        assert_eq!(name("CON"), "evidence/1/file_CON");
        assert_eq!(name("..."), "evidence/1/file_");
        assert_eq!(name(&"é".repeat(500)).len(), "evidence/1/".len() + 192);
    }

    #[test]
    fn names_that_differ_by_case_alone_are_found() {
        assert!(distinct(["a/B", "a/b"].into_iter()).is_err());
        assert!(distinct(["a", "a/b"].into_iter()).is_err());
        assert!(distinct(["Manifest.json"].into_iter()).is_err());
        assert!(distinct(["a/b", "a/c"].into_iter()).is_ok());
    }
}
