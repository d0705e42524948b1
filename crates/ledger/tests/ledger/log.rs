//! The whole log against its checkpoint.

use ledger::{
    tree,
    verify::{Failure, FailureKind, LogVerifier, verify_log},
};

use crate::fixture::{Log, keys, log, signer, stranger};

fn verify(entries: &[Vec<u8>], checkpoint: &str, against: Option<&str>) -> Result<String, Failure> {
    verify_log((0..).zip(entries), checkpoint, &keys(), against).map(|checked| checked.to_string())
}

#[test]
fn a_log_verifies_against_every_older_checkpoint_of_its_own() {
    let log = log();
    for size in 0..=log.size() {
        let text =
            verify(&log.entries, &log.checkpoint(), Some(&log.checkpoint_at(size, &signer()))).unwrap();
        assert!(text.contains("extends the older checkpoint") && text.ends_with("verified"), "{text}");
    }
    let text = verify(&[], &Log::default().checkpoint(), None).unwrap();
    assert!(text.contains("checkpoint: 0 entries"), "{text}");
}

#[test]
fn entries_behind_the_checkpoint_are_told_apart() {
    let log = log();
    let checked = verify_log(log.indexed(), &log.checkpoint_at(9, &signer()), &keys(), None).unwrap();
    assert_eq!((checked.entries, checked.log_size), (11, 9));
    assert!(checked.warnings[0].starts_with("2 entries stand after the checkpoint"), "{checked}");
}

#[test]
fn a_changed_missing_added_repeated_or_moved_entry_is_found() {
    let (log, checkpoint) = (log(), log().checkpoint());
    let spoilt = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut entries = log.entries.clone();
        change(&mut entries);
        verify(&entries, &checkpoint, None).unwrap_err().to_string()
    };
    let edit = |text: &[u8], from: &str, to: &str| {
        String::from_utf8(text.to_vec()).unwrap().replace(from, to).into_bytes()
    };
    let failure = spoilt(&|entries| entries[3] = edit(&entries[3], "note 2", "note 9"));
    assert!(failure.contains("an entry was changed, added, removed or moved"), "{failure}");
    let failure = spoilt(&|entries| drop(entries.remove(3)));
    assert!(failure.contains("version 2 is missing before it"), "{failure}");
    let failure = spoilt(&|entries| drop(entries.pop()));
    assert!(failure.starts_with("entry 10 of the log: missing"), "{failure}");
    let failure = spoilt(&|entries| entries.insert(3, entries[3].clone()));
    assert!(failure.contains("repeated, moved or added"), "{failure}");
    let failure = spoilt(&|entries| entries.swap(2, 3));
    assert!(failure.contains("version 1 is missing before it"), "{failure}");
    let failure = spoilt(&|entries| entries.swap(0, 1));
    assert!(failure.contains("changed, added, removed or moved"), "{failure}");
    let failure = spoilt(&|entries| entries[5].push(b' '));
    assert!(failure.starts_with("entry 5 of the log: something follows"), "{failure}");
    let failure = spoilt(&|entries| entries[5] = edit(&entries[5], "\"v\":1", "\"v\":2"));
    assert!(failure.contains("use a newer one"), "{failure}");
}

#[test]
fn the_stored_leaf_hash_names_the_changed_entry() {
    let log = log();
    let mut verifier = LogVerifier::new(&log.checkpoint(), &keys(), None).unwrap();
    let leaves: Vec<_> = log.entries.iter().map(|entry| tree::leaf_hash(entry)).collect();
    verifier.entry(0, &log.entries[0], Some(&leaves[0])).unwrap();
    let failure = verifier.entry(1, &log.entries[2], Some(&leaves[1])).unwrap_err();
    assert!(failure.what.starts_with("entry 1 of the log (incident "), "{failure}");
    assert!(failure.why.contains("its bytes were changed"), "{failure}");
    let failure = verifier.entry(1, b"rot", Some(&leaves[1])).unwrap_err();
    assert_eq!(failure.what, "entry 1 of the log");
    let failure = verifier.entry(2, &log.entries[2], None).unwrap_err();
    assert_eq!(failure.to_string(), "entry 1 of the log: missing");
    let failure = verifier.entry(0, &log.entries[0], None).unwrap_err();
    assert_eq!(failure.to_string(), "entry 0 of the log: repeated or out of order");
}

#[test]
fn a_log_that_forked_is_found() {
    let log = log();
    let mut fork = Log::default();
    log.entries.iter().rev().for_each(|entry| fork.push(entry.clone()));
    let older = fork.checkpoint_at(6, &signer());
    let failure = verify(&log.entries, &log.checkpoint(), Some(&older)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forked, "{failure}");
    let failure =
        verify(&log.entries, &log.checkpoint_at(5, &signer()), Some(&log.checkpoint())).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Question, "{failure}");
}

#[test]
fn a_checkpoint_by_another_key_is_refused() {
    let log = log();
    let failure = verify(&log.entries, &log.checkpoint_at(11, &stranger()), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Signature, "{failure}");
    let failure = verify_log(log.indexed(), &log.checkpoint(), &[], None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Question, "{failure}");
    for bad in ["", "x", "a+b+c", &signer().verifier_key()[1..], &signer().verifier_key().replace("+", "-")] {
        let failure = verify_log(log.indexed(), &log.checkpoint(), &[bad.to_owned()], None).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Question, "{bad}: {failure}");
    }
    let resized = log.checkpoint().replacen("\n11\n", "\n10\n", 1);
    let failure = verify(&log.entries, &resized, None).unwrap_err();
    assert!(failure.why.contains("does not hold"), "{failure}");
}
