//! Any text as a signed checkpoint, today's and an older one, and as a verifier's key:
//! `cargo +nightly fuzz run ledger_note`.
#![no_main]

use ledger::{checkpoint::Signer, verify::LogVerifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str)| {
    let (note, older, key) = input;
    let signer = Signer::new("fuzz.example/log", &[7; 32]).expect("a good name");
    let ours = [signer.verifier_key()];
    for keys in [&ours[..], &[key.to_owned()][..], &[]] {
        for against in [None, Some(older)] {
            match LogVerifier::new(note, keys, against) {
                Ok(verifier) => drop(verifier.finish()),
                Err(failure) => drop(failure.to_string()),
            }
        }
    }
    // What we signed opens, whatever stands beside it.
    let good = signer.checkpoint(signer.name(), 0, &ledger::tree::empty_root());
    assert!(LogVerifier::new(&good, &ours, None).is_ok());
});
