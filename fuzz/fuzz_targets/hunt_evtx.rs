//! Any bytes as a chunk of an event log: `cargo +nightly fuzz run hunt_evtx`. Its values in lower case are those of its text.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut damage = hunt::artefact::Damage::default();
    let mut memory = hunt::evtx::Memory::default();
    hunt::evtx::read_chunk(bytes, false, &mut memory, &mut damage, &mut |event| {
        event.fields().for_each(|(_, value)| {
            let mut lower = String::new();
            value.write_lower(&mut lower);
            assert_eq!(lower, sigma::fold(&value.text()));
        });
    });
});
