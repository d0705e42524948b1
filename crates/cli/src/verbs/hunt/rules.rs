//! The rules of a hunt: those in the program, and those that a person names.

use std::path::Path;

use hunter::rules;

use crate::{failure::Failure, terminal::say};

fn read(path: &Path) -> Result<rules::Texts, Failure> {
    rules::named(path).map_err(|(file, error)| Failure::reading(&file, &error))
}

/// The rules of these files and folders, and those in the program.
pub(super) fn load(paths: &[std::path::PathBuf], with_builtin: bool) -> Result<sigma::RuleSet, Failure> {
    let mut texts = if with_builtin { rules::shipped() } else { Vec::new() };
    for path in paths {
        texts.append(&mut read(path)?);
    }
    Ok(rules::compile(&texts))
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
        let set = load(&[], true).unwrap();
        assert!(set.rules.len() >= 120, "{}", set.rules.len());
        assert!(load(&[], false).unwrap().rules.is_empty());
    }
}
