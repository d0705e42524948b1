//! A hive with its transaction log, or a browser's history with its write-ahead log (the first byte chooses, the next two say where
//! one ends and the other begins): `cargo +nightly fuzz run hunt_machine`.
#![no_main]

use hunt::{
    evidence::Item,
    machine,
    run::{Hunt, Progress},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [which, low, high, rest @ ..] = bytes else { return };
    let cut = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
    let (file, log) = rest.split_at(cut);
    let names = if which % 2 == 0 { ["SOFTWARE", "SOFTWARE.LOG1"] } else { ["History", "History-wal"] };
    let mut items = vec![Item::of_bytes(names[0], file.to_vec()), Item::of_bytes(names[1], log.to_vec())];
    machine::told(&mut items);
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 1, progress: &progress };
    let _ = hunt.run(&items, || (), &mut drop);
});
