//! The rules that ship with the program compile; which ones do not is written down here, and no other may join them.
#![cfg(test)]

use std::{collections::BTreeSet, fs, path::Path};

use sigma::{Settings, compile};

/// Correlations of a correlation (many failures, then a success), which the engine says that it does not load yet.
const CHAINED: [&str; 5] = [
    "brute-force-then-success",
    "cisco-asa-vpn-guess-success",
    "fortigate-vpn-guess-success",
    "guess-then-login",
    "rdp-gateway-guess-success",
];

#[test]
fn every_rule_that_we_ship_compiles_but_for_those_named() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules");
    let mut texts = Vec::new();
    for group in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(group).unwrap().map(|entry| entry.unwrap().path()) {
            texts.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
        }
    }
    let set = compile(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())), &Settings::default());
    let refused: BTreeSet<&str> =
        set.refused.iter().filter_map(|(name, _)| name.rsplit('/').next()?.strip_suffix(".yml")).collect();
    assert_eq!(refused, BTreeSet::from(CHAINED), "{:?}", set.refused);
    assert!(set.rules.len() + set.correlations.len() >= texts.len());
}
