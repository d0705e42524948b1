//! Ours read by another implementation of the formats (`signed_note`, `tlog_tiles`), and theirs by ours.

use ledger::{checkpoint::Checkpoint, tree, verify::verify_log};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Hash as TlogHash, checkpoint::Checkpoint as TheirCheckpoint};

use crate::fixture::{ORIGIN, keys, log, signer, their_note};

#[test]
fn our_checkpoint_verifies_and_parses_with_theirs() {
    let log = log();
    let note = log.checkpoint();
    let opened = Note::from_bytes(note.as_bytes()).unwrap();
    let verifier = StandardVerifier::new(&signer().verifier_key()).unwrap();
    let (verified, unverified) = opened.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let theirs = TheirCheckpoint::from_bytes(opened.text()).unwrap();
    let root = tree::root(11, &|node| log.fetch(node)).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (ORIGIN, 11, root));
    assert_eq!(note.parse(), Ok(Checkpoint { origin: ORIGIN.into(), size: 11, root }));
}

#[test]
fn their_checkpoint_verifies_and_parses_with_ours() {
    let log = log();
    let root = tree::root(11, &|node| log.fetch(node)).unwrap();
    let theirs = TheirCheckpoint::new(ORIGIN, 11, TlogHash(root), "").unwrap().to_bytes();
    let note = their_note(std::str::from_utf8(&theirs).unwrap(), 42);
    assert_eq!(note, log.checkpoint().into_bytes(), "Ed25519 is deterministic: the notes are the same bytes");
    let note = String::from_utf8(note).unwrap();
    verify_log(log.indexed(), &note, &keys(), None).unwrap();
    assert_eq!(note.parse::<Checkpoint>().unwrap().size, 11);

    // With an extension line, and beside the signature of a witness that we do not know.
    let extended = TheirCheckpoint::new(ORIGIN, 11, TlogHash(root), "witnessed\n").unwrap().to_bytes();
    let note = String::from_utf8(their_note(std::str::from_utf8(&extended).unwrap(), 42)).unwrap();
    let witnessed = format!("{note}\u{2014} witness.example AAAAAGFueXRoaW5n\n");
    verify_log(log.indexed(), &witnessed, &keys(), None).unwrap();
    assert_eq!(witnessed.parse::<Checkpoint>().unwrap().root, root);
}

#[test]
fn both_refuse_the_same_bad_notes() {
    let log = log();
    let good = log.checkpoint();
    let verifiers = || VerifierList::new(vec![Box::new(StandardVerifier::new(&keys()[0]).unwrap())]);
    let theirs =
        |note: &str| Note::from_bytes(note.as_bytes()).is_ok_and(|note| note.verify(&verifiers()).is_ok());
    let ours = |note: &str| verify_log(log.indexed(), note, &keys(), None).is_ok();
    assert!(theirs(&good) && ours(&good));
    for bad in [
        good.trim_end().to_owned(),
        good.replace("\n\n", "\n"),
        good.replacen("\n11\n", "\n12\n", 1),
        good.replace('\u{2014}', "-"),
        good.replace(" cedar", " cedars"),
        format!("{good}\n"),
        format!("{good}x\n"),
        good.replace("\n\n", "\n\u{7}\n\n"),
    ] {
        assert!(!theirs(&bad), "theirs: {bad:?}");
        assert!(!ours(&bad), "ours: {bad:?}");
    }
}
