//! The first byte chooses the adapter, the rest is what it is given.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, input)) = bytes.split_first() else { return };
    let adapters: Vec<_> = intake::adapters().collect();
    let Some(adapter) = adapters.get(usize::from(choice) % adapters.len()) else { return };
    for taken in intake::read(Some(adapter), input).flatten() {
        assert_eq!(taken.alert.source, adapter.name);
    }
});
