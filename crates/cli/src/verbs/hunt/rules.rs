//! The rules of a hunt: those in the program, and those that a person names.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hunt::{
    artefact::mapped::Mapping,
    rules::{self, Cache, Texts},
    yara::Yara,
};

use crate::{
    failure::Failure,
    terminal::{say, warn},
};

fn read(path: &Path) -> Result<Texts, Failure> {
    rules::named(path).map_err(|(file, error)| Failure::reading(&file, &error))
}

/// Where compiled rules are kept between hunts: a hunt needs no data directory, so it is the person's folder for caches.
/// None where the machine names none; the rules are compiled each time then.
fn cache() -> Option<Cache> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = set("XDG_CACHE_HOME")
        .or_else(|| {
            let home = set("HOME")?;
            Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
        })
        .or_else(|| set("LOCALAPPDATA"))?;
    Some(Cache::new(folder.join("tourniquet/rules")))
}

fn texts(paths: &[PathBuf], with_builtin: bool) -> Result<Texts, Failure> {
    let mut texts = if with_builtin { hunter::rules::shipped() } else { Vec::new() };
    for path in paths {
        texts.append(&mut read(path)?);
    }
    Ok(texts)
}

/// The rules of these files and folders, and those in the program.
pub(super) fn load(paths: &[PathBuf], with_builtin: bool) -> Result<sigma::RuleSet, Failure> {
    let texts = texts(paths, with_builtin)?;
    Ok(match cache() {
        Some(cache) => cache.compile(&texts),
        None => rules::compile(&texts),
    })
}

/// The YARA rules of these files, folders and archives; none where none are named.
pub(super) fn yara(paths: &[PathBuf]) -> Result<Option<Yara>, Failure> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut texts = Texts::new();
    for path in paths {
        let mut more = rules::named_yara(path).map_err(|(file, error)| Failure::reading(&file, &error))?;
        texts.append(&mut more);
    }
    let yara = Yara::compile(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    for (name, why) in &yara.refused {
        warn(&format!("YARA rules not used: {name}: {why}"));
    }
    Ok(Some(yara))
}

/// The mappings that are named.
pub(super) fn mappings(paths: &[PathBuf]) -> Result<Vec<Arc<Mapping>>, Failure> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
        let list = |name: &str| std::fs::read(path.with_file_name(name)).ok();
        let mapping = Mapping::parse(&text, &list);
        mapping.map(Arc::new).map_err(|fault| Failure::usage(format!("{}: {fault}", path.display())))
    };
    paths.iter().map(read).collect()
}

/// `--check-rules`.
pub(super) fn check(path: &Path) -> Result<(), Failure> {
    let texts = read(path)?;
    let sources = hunt::source::Sources::builtin()
        .map_err(|error| Failure::outside(format!("the log sources: {error}")))?;
    let set = rules::compile(&texts);
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
        let count = texts(&[], true).unwrap().len();
        assert!(count >= 120, "{count}");
        assert!(texts(&[], false).unwrap().is_empty());
    }
}
