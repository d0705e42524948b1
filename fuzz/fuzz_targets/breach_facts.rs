//! Any bytes as the facts of an event, and the law applied to them: `cargo +nightly fuzz run breach_facts`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let law = breach::law::Law::embedded().expect("our own tables");
    match breach::facts::Facts::from_json(bytes) {
        Ok(facts) => drop(breach::assess(&facts, law)),
        Err(error) => drop(error.to_string()),
    }
});
