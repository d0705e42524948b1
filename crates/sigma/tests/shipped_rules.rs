//! The rules that ship with the program compile, to the last one.
#![cfg(test)]

use std::{fs, path::Path};

use sigma::{Settings, compile};

#[test]
fn every_rule_that_we_ship_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules");
    let mut texts = Vec::new();
    for group in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(group).unwrap().map(|entry| entry.unwrap().path()) {
            texts.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
        }
    }
    let set = compile(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())), &Settings::default());
    assert!(set.refused.is_empty(), "{:?}", set.refused);
    assert!(set.rules.len() + set.correlations.len() >= texts.len());
}
