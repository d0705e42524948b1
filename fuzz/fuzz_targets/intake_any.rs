//! Any bytes, their source not named: `cargo +nightly fuzz run intake_any crates/intake/tests/contract`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for result in intake::read(None, bytes) {
        match result {
            Ok(taken) => assert!(taken.offset <= bytes.len() as u64 || bytes.starts_with(&[0x1F, 0x8B])),
            Err(error) => drop(error.to_string()),
        }
    }
});
