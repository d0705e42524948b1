//! Any text as Sigma rules, judging the words of the same text: `cargo +nightly fuzz run sigma_rules content/rules`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigma::{Kind, Route, Scratch, Settings, Value};

struct Word<'t>(&'t str);

impl Value for Word<'_> {
    fn is_null(&self) -> bool {
        self.0.is_empty()
    }
    fn write(&self, into: &mut String) {
        into.push_str(self.0);
    }
}

fuzz_target!(|text: &str| {
    let set = sigma::compile([("input", text)], &Settings::default());
    if set.rules.is_empty() {
        return;
    }
    assert!(sigma::RuleSet::from_bytes(&set.to_bytes()).is_some());
    let names = ["CommandLine", "Image", "TargetObject", "Details"].map(Box::from);
    let values: Vec<Word<'_>> = text.lines().rev().take(names.len()).map(|line| Word(line.trim())).collect();
    let kind = Kind { names: &names, aliases: &[], fixed: &[("EventID", "1")] };
    let rules = 0..u32::try_from(set.rules.len()).unwrap_or(0);
    Scratch::default().judge(&Route::new(&set, rules, &kind), &values, &mut |_, _| {});
});
