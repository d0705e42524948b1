//! Any bytes as a sealed package: `cargo +nightly fuzz run ledger_package`. What verifies must not do so by luck: there is
//! no package in a corpus of bytes that anybody made up.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match ledger::verify::verify_package(bytes, &[], None) {
        // A package of the corpus verifies; its checkpoint is signed by nobody we named.
        Ok(checked) => assert!(!checked.pinned),
        Err(failure) => drop(failure.to_string()),
    }
});
