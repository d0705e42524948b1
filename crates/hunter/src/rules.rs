//! The rules of a hunt: those that ship with the program (`content/rules`), and files and folders that are named besides. Whoever
//! hunts takes them from here, on the command line as through an incident's evidence.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use app::ports::Outside;
use hunt::{source::Sources, walk};
use include_dir::{Dir, include_dir};
use sigma::{RuleSet, Settings};

static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content/rules");

/// The texts of rules, each with the name that it is known by in what is said about it.
pub type Texts = Vec<(String, String)>;

/// Rules, and what they mean by their log sources.
pub(crate) struct Loaded {
    pub(crate) set: RuleSet,
    pub(crate) sources: Sources,
    pub(crate) notes: Vec<String>,
}

/// Loads and compiles the rules that ship with the program, and those that are named. What cannot be used is told in the notes.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Loaded, Outside> {
    let mut texts = shipped();
    for path in paths {
        let mut more = named(path).map_err(|(file, error)| {
            Outside::never(format!("cannot read rules from {}", file.display()), error)
        })?;
        texts.append(&mut more);
    }
    let set = compile(&texts);
    let notes = match set.refused.as_slice() {
        [] => Vec::new(),
        [(name, why), rest @ ..] => {
            vec![format!("{} rules could not be used; the first: {name}: {why}", rest.len() + 1)]
        }
    };
    let sources = Sources::builtin()
        .map_err(|error| Outside::never("cannot read the log sources of the rules", error))?;
    Ok(Loaded { set, sources, notes })
}

/// Compiles rules. What cannot be supported is in the set with its reason.
#[must_use]
pub fn compile(texts: &[(String, String)]) -> RuleSet {
    let borrowed = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    sigma::compile(borrowed, &Settings::default())
}

/// The rules that ship with the program.
#[must_use]
pub fn shipped() -> Texts {
    let mut texts = Vec::new();
    within(&BUILTIN, &mut texts);
    texts
}

/// The rules of a file, or of a folder and what is in it, in the order of their paths.
///
/// # Errors
/// The file or folder that cannot be read, and why.
pub fn named(path: &Path) -> Result<Texts, (PathBuf, io::Error)> {
    let text = |file: &Path| match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => Err((file.to_owned(), error)),
    };
    let failed = |error| (path.to_owned(), error);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![(path.display().to_string(), text(path)?)]);
    }
    let (items, _) = walk::files(path).map_err(failed)?;
    let rules = items.iter().filter(|item| is_rule(&item.path));
    rules.map(|item| Ok((item.path.to_string(), text(&path.join(&*item.path))?))).collect()
}

fn is_rule(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("yml") || ending.eq_ignore_ascii_case("yaml"))
}

fn within(folder: &Dir<'static>, texts: &mut Texts) {
    for file in folder.files() {
        let name = file.path().to_string_lossy();
        if let (true, Some(text)) = (is_rule(&name), file.contents_utf8()) {
            texts.push((name.into_owned(), text.to_owned()));
        }
    }
    folder.dirs().for_each(|inner| within(inner, texts));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_ship_with_the_program_are_in_it() {
        let set = compile(&shipped());
        assert!(set.rules.len() >= 120, "{}", set.rules.len());
    }
}
