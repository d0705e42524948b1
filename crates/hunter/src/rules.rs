//! The rules of a hunt: those that ship with the program (`content/rules`), and files and folders that are named besides. Whoever
//! hunts takes them from here, on the command line as through an incident's evidence.

use app::ports::{MoreRules, Outside};
use hunt::{
    rules::{self, Cache, Texts, is_rule},
    source::Sources,
    yara::Yara,
};
use include_dir::{Dir, include_dir};
use sigma::RuleSet;

static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content/rules");

/// Rules, and what they mean by their log sources.
pub(crate) struct Loaded {
    pub(crate) set: RuleSet,
    pub(crate) sources: Sources,
    pub(crate) notes: Vec<String>,
}

/// Loads and compiles the rules that ship with the program, and those that are named. What cannot be used is told in the notes.
pub(crate) fn load(more: &MoreRules, cache: Option<&Cache>) -> Result<Loaded, Outside> {
    let mut texts = shipped();
    for path in &more.paths {
        let mut named = rules::named(path).map_err(|(file, error)| {
            Outside::never(format!("cannot read rules from {}", file.display()), error)
        })?;
        texts.append(&mut named);
    }
    texts.extend(more.texts.iter().map(|rule| (rule.name.clone(), rule.text.clone())));
    let set = cache.map_or_else(|| rules::compile(&texts), |cache| cache.compile(&texts));
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

/// The YARA rules that are named or were sent; none where there are none. What cannot be used is told in the notes.
pub(crate) fn yara(more: &MoreRules, notes: &mut Vec<String>) -> Result<Option<Yara>, Outside> {
    let mut texts: Texts = more.yara.iter().map(|rule| (rule.name.clone(), rule.text.clone())).collect();
    for path in &more.yara_paths {
        let mut named = rules::named_yara(path).map_err(|(file, error)| {
            Outside::never(format!("cannot read YARA rules from {}", file.display()), error)
        })?;
        texts.append(&mut named);
    }
    if texts.is_empty() {
        return Ok(None);
    }
    let yara = Yara::compile(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    if let Some((name, why)) = yara.refused.first() {
        let count = yara.refused.len();
        notes.push(format!("{count} texts of YARA rules could not be used; the first: {name}: {why}"));
    }
    Ok(Some(yara))
}

/// The rules that ship with the program.
#[must_use]
pub fn shipped() -> Texts {
    let mut texts = Vec::new();
    within(&BUILTIN, &mut texts);
    texts
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
        let set = rules::compile(&shipped());
        assert!(set.rules.len() >= 120, "{}", set.rules.len());
    }
}
