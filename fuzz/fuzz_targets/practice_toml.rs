//! Any text as a practice's profile, and what stops there when its first systems are taken down:
//! `cargo +nightly fuzz run practice_toml content/demo`.
#![no_main]

use incident::Practice;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(practice) = toml::from_str::<Practice>(text) else { return };
    let Ok(practice) = practice.validated() else { return };
    let now = "2026-09-14T11:52:00Z".parse().expect("an instant");
    let systems: Vec<_> = practice.systems.iter().take(3).map(|system| system.key.clone()).collect();
    let impact = practice.impact(&systems, now, 24);
    drop(impact.sentence());
    let _ = practice.zone();
});
