//! Any text as Sigma rules: `cargo +nightly fuzz run sigma_rules content/rules`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let set = sigma::compile([("input", text)], &sigma::Settings::default());
    if !set.rules.is_empty() {
        assert!(sigma::RuleSet::from_bytes(&set.to_bytes()).is_some());
    }
});
