//! Whatever the bytes, there is an answer: no panic, no endless loop, and offsets inside the input.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

pub(crate) fn drain(chosen: Option<&'static intake::Adapter>, bytes: &[u8]) -> Result<(), TestCaseError> {
    for result in intake::read(chosen, bytes) {
        match result {
            Ok(taken) => {
                prop_assert!(taken.offset <= bytes.len() as u64);
                prop_assert_eq!(kernel::Digest::of(&taken.raw), taken.alert.raw_sha256);
                let alert = &taken.alert;
                prop_assert!(
                    alert.title.as_deref().is_none_or(|title| !title.is_empty() && !title.contains('\n'))
                );
                prop_assert!(alert.hosts.iter().chain(&alert.accounts).all(|name| !name.trim().is_empty()));
                let mut seen = alert.indicators.clone();
                seen.sort();
                seen.dedup();
                prop_assert_eq!(seen.len(), alert.indicators.len(), "an indicator twice");
                let printed = intake::Record { id: None, alert, duplicate_of: None };
                let again: kernel::Alert =
                    serde_json::from_str(&serde_json::to_string(&printed).unwrap()).unwrap();
                prop_assert_eq!(&again, alert);
            }
            Err(error) => prop_assert!(error.offset <= bytes.len() as u64, "{}", error),
        }
    }
    Ok(())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        "[0-9T:.Z+-]{0,30}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z_@.]{1,12}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The inputs of the contract tests: one or more of each adapter's formats.
fn valid() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inputs = files.filter(|path| path.to_str().unwrap().ends_with(".in.json"));
    inputs.map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()).collect()
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts something else in the place of the `index`th value.
fn replace(value: &mut Value, index: &mut usize, other: &Value) {
    if *index == 0 {
        *value = other.clone();
        *index = usize::MAX;
        return;
    }
    *index -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|inner| step(inner, index, other)),
        Value::Object(members) => members.values_mut().for_each(|inner| step(inner, index, other)),
        _ => {}
    }
}

fn step(inner: &mut Value, index: &mut usize, other: &Value) {
    if *index != usize::MAX {
        replace(inner, index, other);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drain(None, &bytes)?;
    }

    #[test]
    fn random_text(text in "[{}\\[\\]\":,\\\\ \n#<a-e0-9\u{fc}\u{1f600}]{0,200}") {
        drain(None, text.as_bytes())?;
        let wide: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        drain(None, &wide)?;
    }

    #[test]
    fn random_json_given_to_every_adapter(value in json()) {
        let bytes = value.to_string();
        drain(None, bytes.as_bytes())?;
        for adapter in intake::adapters() {
            drain(Some(adapter), bytes.as_bytes())?;
        }
    }

    #[test]
    fn a_vendors_alert_with_something_odd_in_the_place_of_a_member(
        which: prop::sample::Index, place: prop::sample::Index, other in json(),
    ) {
        let all = valid();
        let mut value = all[which.index(all.len())].clone();
        let mut place = place.index(count(&value));
        replace(&mut value, &mut place, &other);
        drain(None, value.to_string().as_bytes())?;
    }

    #[test]
    fn a_vendors_alert_cut_off_or_with_a_byte_changed(
        which: prop::sample::Index, place: prop::sample::Index, byte: u8, cut: bool,
    ) {
        let all = valid();
        let mut bytes = all[which.index(all.len())].to_string().into_bytes();
        let at = place.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        drain(None, &bytes)?;
    }
}
