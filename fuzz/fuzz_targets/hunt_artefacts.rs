//! Any bytes to each reader of artefacts (the first byte chooses): `cargo +nightly fuzz run hunt_artefacts`.
#![no_main]

use hunt::artefact::{ARTEFACTS, Head};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let reader = ARTEFACTS[usize::from(*first) % ARTEFACTS.len()];
    let file = rest.to_vec();
    let head = &rest[..rest.len().min(4096)];
    let _ = reader.recognises(&Head { path: "any", bytes: head, size: rest.len() as u64 });
    for part in 0..reader.parts(&file).min(4) {
        let _ = reader.read(&file, part, &mut |event| {
            event.fields().for_each(|(_, value)| drop(value.text()));
        });
    }
});
