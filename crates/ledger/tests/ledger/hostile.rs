//! Packages made to hurt the program that reads them: each gets a clean answer, in bounded time and memory.

use std::io::{self, Read};

use ledger::verify::{FailureKind, verify_package};
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::{self, Parts, sample, zip};

/// Counts what is read of an endless source.
struct Endless<'a> {
    head: &'a [u8],
    read: u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if self.head.is_empty() {
            buffer.fill(b'[');
            buffer.len()
        } else {
            self.head.read(buffer)?
        };
        self.read += count as u64;
        Ok(count)
    }
}

fn local_header(name: &str, method: u8, size: u32) -> Vec<u8> {
    let mut header = zip(&[(name.to_owned(), Vec::new())])[..30 + name.len()].to_vec();
    header[8] = method;
    header[18..22].copy_from_slice(&size.to_le_bytes());
    header[22..26].copy_from_slice(&size.to_le_bytes());
    header
}

#[test]
fn an_endless_package_is_not_read_to_its_end() {
    for (head, most) in [
        (vec![], 1 << 10),
        (local_header("manifest.json", 0, u32::MAX - 1), 1 << 10),
        (local_header("manifest.json", 8, 100), 1 << 10),
        (local_header("manifest.json", 0, 32 << 20), 34 << 20),
        ([&sample()[..], b""].concat(), 1 << 20),
    ] {
        let mut source = Endless { head: &head, read: 0 };
        let failure = verify_package(&mut source, &fixture::keys(), None).unwrap_err();
        assert!(source.read <= most + head.len() as u64, "{} bytes were read: {failure}", source.read);
    }
}

#[test]
fn a_manifest_of_brackets_does_not_end_the_stack() {
    for bytes in [vec![b'['; 8 << 20], b"{\"a\":".repeat(1 << 20)] {
        let package = zip(&[("manifest.json".into(), bytes), ("manifest.sig".into(), vec![])]);
        assert!(verify_package(&package[..], &[], None).is_err());
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused_before_anything_is_unpacked() {
    for name in [
        "../../etc/cron.d/x",
        "/etc/passwd",
        "C:\\x",
        "a\\..\\b",
        "a/../b",
        "a//b",
        "a\u{0}b",
        "a\nb",
        "",
        "MANIFEST.json",
        "Report.PDF",
        "x ",
        "x.",
        &"x".repeat(600),
    ] {
        let mut parts = Parts::of(&sample());
        parts.files.insert(6, (name.to_owned(), b"x".to_vec()));
        let failure = fixture::verify(&parts.seal(42)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Manifest, "{name:?}: {failure}");
        assert!(!failure.to_string().contains(['\0', '\n', '\u{1b}']), "{failure:?}");
    }
}

#[test]
fn absurd_numbers_get_a_clean_answer() {
    type Spoil = fn(&mut Parts);
    let spoils: [Spoil; 8] = [
        |parts| parts.manifest["files"][0]["size"] = json!(9_007_199_254_740_991_u64),
        |parts| parts.manifest["files"][1]["size"] = json!(9_007_199_254_740_991_u64),
        |parts| parts.manifest["files"][5]["size"] = json!(4_294_967_295_u64),
        |parts| parts.manifest["files"][5]["size"] = json!(-1),
        |parts| parts.manifest["record"]["entries"] = json!(9_007_199_254_740_991_u64),
        |parts| parts.manifest["record"]["indices"][6] = json!(9_007_199_254_740_991_u64),
        |parts| parts.manifest["log"]["size"] = json!(9_007_199_254_740_991_u64),
        |parts| parts.manifest["files"] = json!([]),
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut parts = Parts::of(&sample());
        spoil(&mut parts);
        assert!(fixture::verify(&parts.seal_as_it_is(42)).is_err(), "{number}");
    }
}

#[test]
fn an_endless_line_is_refused() {
    let mut parts = Parts::of(&sample());
    *parts.file("record.jsonl") = vec![b'1'; 6 << 20];
    let failure = fixture::verify(&parts.seal(42)).unwrap_err();
    assert!(failure.why.contains("longer than any"), "{failure}");
}

#[test]
fn what_a_hostile_package_says_cannot_write_to_the_terminal() {
    let mut parts = Parts::of(&sample());
    parts.manifest["exported_by"]["name"] = json!("\u{1b}[2J\u{202e}verified");
    let checked = fixture::verify(&parts.seal(42)).unwrap().to_string();
    assert!(!checked.contains(['\u{1b}', '\u{202e}']), "{checked}");
}

#[test]
fn a_disk_that_fails_is_not_taken_for_a_forgery() {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let sample = sample();
            let left = sample.get(self.0..2000).filter(|left| !left.is_empty());
            let mut left = left.ok_or_else(|| io::Error::other("input/output error"))?;
            let count = left.read(buffer)?;
            self.0 += count;
            Ok(count)
        }
    }
    let failure = verify_package(Broken(0), &fixture::keys(), None).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreadable, "{failure}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), key: String, older: String) {
        prop_assert!(verify_package(&bytes[..], &[], None).is_err());
        prop_assert!(verify_package(&bytes[..], std::slice::from_ref(&key), Some(&older)).is_err());
        let package = zip(&[("manifest.json".into(), bytes.clone()), ("manifest.sig".into(), older.clone().into_bytes())]);
        prop_assert!(verify_package(&package[..], &[], None).is_err());
        prop_assert!(ledger::verify::verify_log([(0, &bytes)].into_iter(), &older, &[key], None).is_err());
    }
}
