//! The rules of a hunt: those in the program, and those that a person names.

use std::{fs, path::Path};

use hunt::walk;
use include_dir::{Dir, DirEntry, include_dir};

use crate::{failure::Failure, terminal::say};

static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content/rules");

fn is_rule(name: &str) -> bool {
    [".yml", ".yaml"].iter().any(|end| name.ends_with(end))
}

fn builtin(folder: &'static Dir<'static>, texts: &mut Vec<(String, String)>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => builtin(folder, texts),
            DirEntry::File(file) => {
                let name = file.path().to_string_lossy();
                if let (true, Some(text)) = (is_rule(&name), file.contents_utf8()) {
                    texts.push((name.into_owned(), text.to_owned()));
                }
            }
        }
    }
}

fn read(path: &Path, texts: &mut Vec<(String, String)>) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::reading(path, error);
    let facts = fs::metadata(path).map_err(|error| failed(&error))?;
    if !facts.is_dir() {
        let text = fs::read(path).map_err(|error| failed(&error))?;
        texts.push((path.display().to_string(), String::from_utf8_lossy(&text).into_owned()));
        return Ok(());
    }
    let (items, _) = walk::files(path).map_err(|error| failed(&error))?;
    for item in items.iter().filter(|item| is_rule(&item.path)) {
        let file = path.join(&*item.path);
        let text = fs::read(&file).map_err(|error| Failure::reading(&file, &error))?;
        texts.push((item.path.to_string(), String::from_utf8_lossy(&text).into_owned()));
    }
    Ok(())
}

fn compile(texts: &[(String, String)]) -> sigma::RuleSet {
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    sigma::compile(texts, &sigma::Settings::default())
}

/// The rules of these files and folders, and those in the program.
pub(super) fn load(paths: &[std::path::PathBuf], with_builtin: bool) -> Result<sigma::RuleSet, Failure> {
    let mut texts = Vec::new();
    if with_builtin {
        builtin(&BUILTIN, &mut texts);
    }
    for path in paths {
        read(path, &mut texts)?;
    }
    Ok(compile(&texts))
}

/// `--check-rules`.
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    let mut texts = Vec::new();
    read(path, &mut texts)?;
    let sources = hunt::source::Sources::builtin()
        .map_err(|error| Failure::outside(format!("the log sources: {error}")))?;
    let set = compile(&texts);
    for rule in &set.rules {
        if sources.knows(&rule.source) {
            say(&format!("loaded\t{}\t{}", rule.id, rule.title));
        } else {
            say(&format!(
                "loaded\t{}\t{}\tno Windows event log is known to carry its log source",
                rule.id, rule.title
            ));
        }
    }
    for rule in &set.correlations {
        say(&format!("loaded\t{}\t{}", rule.id, rule.title));
    }
    for (name, why) in &set.refused {
        say(&format!("not supported\t{name}\t{}", why.replace('\n', " ")));
    }
    let loaded = set.rules.len() + set.correlations.len();
    crate::terminal::tell(&format!("{loaded} rules loaded, {} not supported", set.refused.len()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_that_ship_with_the_program_are_in_it() {
        // Which of them the engine does not load is held by the engine's own test.
        let set = load(&[], true).unwrap();
        assert!(set.rules.len() >= 120, "{}", set.rules.len());
        assert!(load(&[], false).unwrap().rules.is_empty());
    }
}
