//! Any text as a mapping, and any as its list: `cargo +nightly fuzz run hunt_mapping`.
#![no_main]

use hunt::artefact::mapped::Mapping;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &[u8])| {
    let _ = Mapping::parse(texts.0, &|_| Some(texts.1.to_vec()));
});
