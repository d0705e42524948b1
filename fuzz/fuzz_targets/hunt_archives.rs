//! Any bytes as a collection: `cargo +nightly fuzz run hunt_archives`.
#![no_main]

use hunt::{
    archive::{Limits, expand},
    artefact::fill,
    evidence::Item,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { depth: 3, members: 64, total: 1 << 22, ratio: 100, free: 1 << 16 };
    for item in expand(vec![Item::of_bytes("any", bytes.to_vec())], &limits) {
        if let Ok(file) = (item.open)() {
            let mut head = vec![0; 4096];
            let _ = fill(&*file, 0, &mut head);
        }
    }
});
