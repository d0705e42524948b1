//! Whatever is done to a package is found, and named.

use ledger::{
    package::Audience,
    verify::{Failure, FailureKind, verify_package},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{self, Parts, keys, log, package_of, sample, write};

/// The keys of the log's owner and of somebody else.
const OWNER: u8 = 42;
const STRANGER: u8 = 66;

#[test]
fn a_package_put_together_by_hand_verifies_so_that_the_tests_below_mean_something() {
    assert_eq!(Parts::of(&sample()).seal(OWNER), sample());
    let mut parts = Parts::of(&sample());
    parts.set_record(&parts.record());
    fixture::verify(&parts.seal(OWNER)).unwrap();
}

#[test]
fn every_flipped_byte_is_found() {
    let mut package = sample();
    for at in 0..package.len() {
        let mask = 1 << (at % 8);
        package[at] ^= mask;
        assert!(fixture::verify(&package).is_err(), "byte {at} of {} flipped by {mask:#x}", package.len());
        package[at] ^= mask;
    }
    fixture::verify(&package).unwrap();
}

#[test]
fn every_flipped_byte_is_found_without_a_known_key_too() {
    let mut package = sample();
    for at in 0..package.len() {
        // Letters change case, digits become signs: what stays closest to being well formed.
        let mask = 0x20;
        package[at] ^= mask;
        assert!(verify_package(&package[..], &[], None).is_err(), "byte {at} flipped by {mask:#x}");
        package[at] ^= mask;
    }
}

#[test]
fn truncations_and_tails_are_found() {
    let package = sample();
    for length in (0..package.len()).step_by(5).chain(package.len() - 200..package.len()) {
        assert!(fixture::verify(&package[..length]).is_err(), "cut to {length}");
    }
    for tail in [&b"\0"[..], b"PK", &package] {
        let failure = fixture::verify(&[&package, tail].concat()).unwrap_err();
        assert_eq!(failure.what, "the end of the package");
    }
}

/// Changes the record and has the owner's own key sign the result: what is left are the proofs and the versions.
fn resealed(change: impl FnOnce(&mut Vec<(String, Value)>)) -> Failure {
    let mut parts = Parts::of(&write(&package_of(&log(), Audience::Counsel)));
    let mut record = parts.record();
    change(&mut record);
    parts.set_record(&record);
    let failure = fixture::verify(&parts.clone().seal(OWNER)).unwrap_err();
    // Somebody else's signature is found before anything else is looked at.
    let strange = fixture::verify(&parts.seal(STRANGER)).unwrap_err();
    assert_eq!((strange.kind, strange.what.as_str()), (FailureKind::Signature, "manifest.sig"));
    failure
}

fn assert_names(failure: &Failure, what: &str, why: &str) {
    assert!(failure.what.contains(what) && failure.why.contains(why), "{failure}");
}

#[test]
fn a_changed_entry_is_named_even_where_the_manifest_was_made_again() {
    let failure = resealed(|record| record[2].0 = record[2].0.replace("note 2", "note 3"));
    assert_names(&failure, "version 2", "changed or added");
    assert_eq!(failure.kind, FailureKind::Entry);
}

#[test]
fn a_removed_entry_is_named() {
    let failure = resealed(|record| drop(record.remove(2)));
    assert_names(&failure, "incident", "version 2 is missing before it");
    let failure = resealed(|record| {
        record.remove(4);
        record[4].0 = record[4].0.replace("\"version\":4", "\"version\":3");
        record[5].0 = record[5].0.replace("\"version\":5", "\"version\":4");
    });
    assert_names(&failure, "version 3", "changed or added");
}

#[test]
fn an_added_entry_is_named() {
    let failure = resealed(|record| {
        let (line, proof) = record[6].clone();
        let mut proof = proof;
        proof["index"] = json!(10);
        record.push((line.replace("\"version\":5", "\"version\":6"), proof));
    });
    assert_names(&failure, "version 6", "changed or added");
}

#[test]
fn reordered_and_repeated_entries_are_found() {
    let failure = resealed(|record| record.swap(2, 4));
    assert_names(&failure, "manifest.json", "out of order");
    let failure = resealed(|record| {
        let (first, second) = (record[2].0.clone(), record[4].0.clone());
        (record[2].0, record[4].0) = (second, first);
    });
    assert_names(&failure, "version 3", "version 2 is missing before it");
    let failure = resealed(|record| {
        let line = record[2].0.clone();
        record[4].0 = line;
    });
    assert_names(&failure, "version 2", "repeated, moved or added");
}

#[test]
fn a_withheld_entry_cannot_be_swapped_for_another() {
    let mut parts = Parts::of(&sample());
    let mut record = parts.record();
    assert!(record[5].0.contains("withheld"));
    record[5].0 = record[5].0.replacen("\"leaf_hash\":\"", "\"leaf_hash\":\"00", 1);
    let cut = record[5].0.find("\",\"stream").unwrap();
    record[5].0.replace_range(cut - 2..cut, "");
    parts.set_record(&record);
    assert_names(&fixture::verify(&parts.seal(OWNER)).unwrap_err(), "version 4", "changed or added");
}

/// The one thing that a package alone cannot show, said where it is read: its owner may have left out the newest entries.
#[test]
fn entries_cut_off_the_end_are_found_unless_the_owner_signs_it() {
    let mut parts = Parts::of(&sample());
    let untouched = parts.clone();
    let mut record = parts.record();
    record.pop();
    parts.set_record(&record);
    assert_eq!(fixture::verify(&parts.clone().seal(STRANGER)).unwrap_err().kind, FailureKind::Signature);

    let mut with_old_manifest = untouched;
    *with_old_manifest.file("record.jsonl") = parts.file("record.jsonl").clone();
    let failure = fixture::verify(&with_old_manifest.seal(OWNER)).unwrap_err();
    assert_names(&failure, "record.jsonl", "missing at its end: 6 of 7 entries");

    let checked = fixture::verify(&parts.seal(OWNER)).unwrap();
    assert!(checked.to_string().contains("not shown by any package: that nothing was recorded after"));
}

#[test]
fn a_whole_forged_log_is_not_signed_by_the_known_key() {
    let mut package = package_of(&log(), Audience::Counsel);
    package.checkpoint = log().checkpoint_at(11, &fixture::stranger());
    let mut forged = Vec::new();
    ledger::package::write(&package, &fixture::stranger(), &mut forged).unwrap();
    let failure = fixture::verify(&forged).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature);
    assert!(failure.why.starts_with("not signed by a known key"), "{failure}");
    // It fits together, and who has no key is told what that is worth.
    assert!(!verify_package(&forged[..], &[], None).unwrap().warnings.is_empty());
    // The owner's checkpoint under a stranger's manifest does not pass either.
    let failure = verify_package(&Parts::of(&sample()).seal(STRANGER)[..], &[], None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature);
}

#[test]
fn files_that_were_changed_renamed_added_removed_or_moved_are_named() {
    let spoilt = |change: &dyn Fn(&mut Parts)| {
        let mut parts = Parts::of(&sample());
        change(&mut parts);
        fixture::verify(&parts.seal_as_it_is(OWNER)).unwrap_err()
    };
    let failure = spoilt(&|parts| parts.file("report.pdf")[3] ^= 1);
    assert_names(&failure, "report.pdf", "its bytes were changed");
    let failure = spoilt(&|parts| parts.file("report.pdf").push(1));
    assert_names(&failure, "report.pdf", "header");
    let failure = spoilt(&|parts| parts.files[4].0 = "evidence/01JQ/full".into());
    assert_names(&failure, "evidence/01JQ/empty", "`evidence/01JQ/full");
    let failure = spoilt(&|parts| drop(parts.files.remove(5)));
    assert_names(&failure, "evidence/01JQ/mail.eml", "stands in its place");
    let failure = spoilt(&|parts| parts.files.swap(4, 5));
    assert_names(&failure, "evidence/01JQ/empty", "`evidence/01JQ/mail.eml");
    let failure = spoilt(&|parts| parts.files.push(("zzz".into(), b"more".to_vec())));
    assert_names(&failure, "zzz", "the manifest does not name it");
    let failure = spoilt(&|parts| parts.file("proofs.json")[30] ^= 1);
    assert_eq!(failure.what, "proofs.json", "{failure}");
    let failure = spoilt(&|parts| parts.manifest["audience"] = json!(["x"]));
    assert_eq!(failure.kind, FailureKind::Manifest, "{failure}");
    let failure = spoilt(&|parts| parts.manifest["log"]["size"] = json!(12));
    assert_names(&failure, "manifest.json", "another checkpoint");
    let failure = spoilt(&|parts| parts.manifest["practice"] = json!("00000000000000000000000008"));
    assert_names(&failure, "version 1", "another practice");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any cut, copy, insertion or overwriting anywhere.
    #[test]
    fn no_edit_passes_and_none_panics(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, prop::collection::vec(any::<u8>(), 0..40)), 1..4),
        pinned: bool,
    ) {
        let original = sample();
        let mut package = original.clone();
        for (at, cut, put) in edits {
            let from = at.index(package.len() + 1);
            let to = (from + cut).min(package.len());
            package.splice(from..to, put);
        }
        prop_assume!(package != original);
        let keys = if pinned { keys() } else { vec![] };
        prop_assert!(verify_package(&package[..], &keys, None).is_err());
    }

    /// The same inside the files, with an owner who signs whatever it is.
    #[test]
    fn no_signed_nonsense_panics(
        file in 0_usize..4, at: prop::sample::Index, cut in 0_usize..40, put in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut parts = Parts::of(&sample());
        let bytes = &mut parts.files[file].1;
        let from = at.index(bytes.len() + 1);
        let to = (from + cut).min(bytes.len());
        let changed = bytes[from..to] != put[..];
        bytes.splice(from..to, put);
        let result = fixture::verify(&parts.seal(OWNER));
        // VERIFY.md and unused consistency proofs may be anything that the owner signs; the rest may not.
        prop_assert!(result.is_err() || !changed || file >= 2, "{result:?}");
    }
}
