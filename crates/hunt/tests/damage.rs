//! A broken log never ends a run, and never loses the records beside the damage.

use std::{fs, path::Path, sync::Arc};

use hunt::{
    evidence::Item,
    run::{Hunt, Progress},
};
use proptest::prelude::*;

fn records(bytes: Vec<u8>) -> u64 {
    let progress = Progress::default();
    let hunt = Hunt { rules: None, threads: 1, progress: &progress };
    let items = [Item::of_bytes("Security.evtx", bytes)];
    hunt.run(&items, || (), &mut drop).0.records
}

fn sample() -> Option<Arc<Vec<u8>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/evtx/UACME_59_Sysmon.evtx");
    match fs::read(&path) {
        Ok(bytes) => Some(Arc::new(bytes)),
        Err(_) => {
            eprintln!("SKIPPED: {} is absent; flipped bytes are not tried", path.display());
            None
        }
    }
}

#[test]
fn a_log_with_flipped_bytes_is_read_to_its_end() {
    let Some(sample) = sample() else { return };
    assert!(records(sample.to_vec()) > 0);
    let mut runner = proptest::test_runner::TestRunner::default();
    let flips = prop::collection::vec((0..sample.len(), any::<u8>()), 1..64);
    runner
        .run(&flips, |flips| {
            let mut bytes = sample.to_vec();
            for (at, byte) in flips {
                bytes[at] = byte;
            }
            records(bytes);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_log_that_is_cut_off_keeps_the_records_before_the_cut() {
    let Some(sample) = sample() else { return };
    let whole = records(sample.to_vec());
    let half = records(sample[..4096 + 20_000].to_vec());
    assert!(half > 0 && half <= whole, "{half} of {whole}");
}

#[test]
fn a_chunk_whose_header_lies_about_its_end_keeps_all_its_records() {
    let log = monday::logs().unwrap().into_iter().next().unwrap();
    let whole = records(log.bytes.clone());
    assert!(whole > 10, "{whole}");
    // Where the records end (48), where the last one begins (44), the signature (0): each wiped in the first chunk.
    for (at, value) in [(48, 600_u32), (48, 0), (48, u32::MAX), (44, 0), (44, 700), (0, 0)] {
        let mut bytes = log.bytes.clone();
        bytes[4096 + at..4096 + at + 4].copy_from_slice(&value.to_le_bytes());
        assert_eq!(records(bytes), whole, "{value} at {at}");
    }
}

proptest! {
    #[test]
    fn any_bytes_in_a_chunk_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        let mut file = vec![0; 4096];
        file.extend_from_slice(b"ElfChnk\0");
        file.extend_from_slice(&bytes);
        records(file);
    }
}
