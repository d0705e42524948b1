//! What a package holds, and what cannot become one.

use std::io::{self, Cursor, Read};

use kernel::{Digest, Stream};
use ledger::{
    package::{self, Audience, File, FilePath, PackageError, Shown},
    verify::{FailureKind, verify_package},
};

use crate::fixture::{self, INCIDENT, Parts, keys, log, package_of, sample, signer, stranger, write};

#[test]
fn a_package_verifies_and_says_what_was_checked() {
    let checked = fixture::verify(&sample()).unwrap();
    assert_eq!((checked.entries, checked.withheld, checked.files, checked.log_size), (7, 1, 9, 11));
    assert!(checked.pinned && checked.warnings.is_empty());
    let text = checked.to_string();
    for words in [
        "for insurer",
        "Dana Ruiz",
        "7 entries in 2 streams",
        "1 of them withheld",
        "9 files",
        "11 entries of",
    ] {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    assert!(text.ends_with("\nverified"));
}

#[test]
fn the_same_incident_gives_the_same_bytes() {
    assert_eq!(sample(), sample());
}

#[test]
fn without_a_key_the_reader_is_warned() {
    let checked = verify_package(Cursor::new(sample()), &[], None).unwrap();
    assert!(!checked.pinned);
    assert!(checked.to_string().contains("WARNING: signed by the key in the package itself"));
}

#[test]
fn a_privileged_entry_reaches_counsel_and_nobody_else() {
    let shown = write(&package_of(&log(), Audience::Counsel));
    assert_eq!(fixture::verify(&shown).unwrap().withheld, 0);
    assert!(Parts::of(&shown).lines("record.jsonl").iter().any(|line| line.contains("\"privileged\":true")));
    assert!(
        !Parts::of(&sample()).lines("record.jsonl").iter().any(|line| line.contains("\"privileged\":true"))
    );
    for audience in Audience::ALL {
        let mut package = package_of(&log(), Audience::Counsel);
        package.audience = audience;
        let result = package::write(&package, &signer(), io::sink());
        assert_eq!(result.is_ok(), audience.sees_privileged(), "{audience}");
        assert_eq!(audience.to_string().parse(), Ok(audience));
    }
}

#[test]
fn an_older_checkpoint_is_compared_where_the_package_can() {
    let (log, sample) = (log(), sample());
    let against = |older: &str| verify_package(Cursor::new(&sample), &keys(), Some(older));
    for size in [0, 4, 7, 11] {
        let checked = against(&log.checkpoint_at(size, &signer())).unwrap();
        assert!(checked.to_string().contains("extends the older checkpoint"), "{size}");
    }
    let failure = against(&log.checkpoint_at(5, &signer())).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unproven);
    assert!(failure.why.contains("nothing speaks against it"), "{failure}");

    let mut forked = fixture::Log::default();
    (0..4).for_each(|version| {
        forked.push(fixture::entry(Stream::incident(INCIDENT), version + 1, false, "other"))
    });
    let failure = against(&forked.checkpoint()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forked, "{failure}");

    let failure = against(&log.checkpoint_at(4, &stranger())).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Question, "{failure}");
    let failure = against("nonsense").unwrap_err();
    assert_eq!(failure.kind, FailureKind::Question, "{failure}");
    let later = signer().checkpoint(fixture::ORIGIN, 12, &[1; 32]);
    assert!(against(&later).unwrap_err().why.contains("this is the older one"));
}

#[test]
fn a_record_with_a_hole_does_not_become_a_package() {
    let log = log();
    type Spoil = fn(&mut package::Package<'_>);
    let spoils: [(&str, Spoil); 7] = [
        ("version 2 follows version 0", |package| drop(package.entries.remove(1))),
        ("out of order", |package| package.entries.swap(0, 1)),
        ("out of order", |package| package.entries.insert(1, package.entries[1].clone())),
        ("the checkpoint covers 11", |package| package.entries[6].index = 11),
        ("another practice", |package| package.practice = kernel::PracticeId::from_u128(8)),
        ("not canonical", |package| {
            let Shown::Entry(bytes) = &mut package.entries[0].shown else { panic!() };
            bytes.insert(1, b' ');
        }),
        ("holds no entry of the incident", |package| package.entries.truncate(1)),
    ];
    for (words, spoil) in spoils {
        let mut package = package_of(&log, Audience::Insurer);
        spoil(&mut package);
        let mut out = Vec::new();
        let error = package::write(&package, &signer(), &mut out).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(out.is_empty(), "nothing is written of a package that does not hold");
    }
    let foreign = ledger::checkpoint::Signer::new("other.example/log", &[1; 32]).unwrap();
    let result = package::write(&package_of(&log, Audience::Insurer), &foreign, io::sink());
    assert!(matches!(result, Err(PackageError::OtherLog { .. })));
}

#[test]
fn evidence_that_changed_on_disk_does_not_become_a_package() {
    let log = log();
    let spoilt = |file: File<'static>| {
        let mut package = package_of(&log, Audience::Insurer);
        package.files.push(file);
        let mut out = Vec::new();
        let error = package::write(&package, &signer(), &mut out).unwrap_err();
        assert!(out.is_empty());
        error
    };
    let path = || FilePath::new("evidence/2/disk.img").unwrap();
    let file =
        |size, sha256| File { path: path(), size, sha256, open: Box::new(|| Ok(Box::new(&b"now"[..]))) };
    assert!(matches!(spoilt(file(3, Digest::of(b"was"))), PackageError::Changed { .. }));
    assert!(matches!(spoilt(file(4, Digest::of(b"now"))), PackageError::Changed { .. }));
    let gone: package::Open<'static> = Box::new(|| Err(io::Error::from(io::ErrorKind::NotFound)));
    let error = spoilt(File { path: path(), size: 3, sha256: Digest::of(b"now"), open: gone });
    assert!(error.to_string().starts_with("`evidence/2/disk.img` cannot be read"), "{error}");
    let twice = File::of_bytes(FilePath::new("Evidence/01jq/MAIL.eml").unwrap(), b"x");
    assert!(matches!(spoilt(twice), PackageError::SameName(_)));
}

/// Hands out `size` zeros, as an item of evidence larger than memory would.
fn zeros(size: u64) -> io::Take<io::Repeat> {
    io::repeat(0).take(size)
}

#[test]
fn a_large_item_is_never_held_in_memory() {
    /// Fails where it is asked for, or handed, more than a buffer at a time.
    struct Sip<R>(R);
    impl<R: Read> Read for Sip<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(buffer.len() <= 1 << 20, "a read of {} bytes at once", buffer.len());
            self.0.read(buffer)
        }
    }
    let size = 24 << 20;
    let mut hasher = sha2::Sha256::default();
    io::copy(&mut zeros(size), &mut HashInto(&mut hasher)).unwrap();
    let sha256 = Digest::from_bytes(sha2::Digest::finalize(hasher).into());
    let mut package = package_of(&log(), Audience::Archive);
    let path = FilePath::new("evidence/2/disk.img").unwrap();
    package.files.push(File { path, size, sha256, open: Box::new(move || Ok(Box::new(Sip(zeros(size))))) });
    let bytes = write(&package);
    assert_eq!(verify_package(Sip(&bytes[..]), &keys(), None).unwrap().files, 10);
}

struct HashInto<'a>(&'a mut sha2::Sha256);

impl io::Write for HashInto<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sha2::Digest::update(self.0, bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file of 4 GiB and one behind it need the format's 64-bit fields. Run by `cargo test -- --ignored`.
#[test]
#[ignore = "hashes 4 GiB six times: a minute or two, and 4 GiB in the temporary folder"]
fn a_disk_image_beyond_four_gibibytes_fits() {
    let size = (4 << 30) + 5;
    let mut hasher = sha2::Sha256::default();
    io::copy(&mut zeros(size), &mut HashInto(&mut hasher)).unwrap();
    let sha256 = Digest::from_bytes(sha2::Digest::finalize(hasher).into());
    let mut package = package_of(&log(), Audience::Archive);
    let path = FilePath::new("evidence/2/disk.img").unwrap();
    package.files.push(File { path, size, sha256, open: Box::new(move || Ok(Box::new(zeros(size)))) });
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("large.zip");
    let out = io::BufWriter::new(std::fs::File::create(&target).unwrap());
    package::write(&package, &signer(), out).unwrap();
    assert_eq!(verify_package(std::fs::File::open(&target).unwrap(), &keys(), None).unwrap().files, 10);
    for (program, arguments) in [("unzip", vec!["-tq"]), ("python3", vec!["-m", "zipfile", "-t"])] {
        match std::process::Command::new(program).args(arguments).arg(&target).status() {
            Ok(status) => assert!(status.success(), "{program}"),
            Err(error) => eprintln!("SKIPPED: {program} is not here: {error}"),
        }
    }
}

#[test]
fn seventy_thousand_files_fit() {
    let names: Vec<String> = (0..70_000).map(|number| format!("evidence/{number:06}")).collect();
    let mut package = package_of(&log(), Audience::Archive);
    package.files = names.iter().map(|name| File::of_bytes(FilePath::new(name).unwrap(), b"")).collect();
    let bytes = write(&package);
    assert_eq!(fixture::verify(&bytes).unwrap().files, 70_006);
}
