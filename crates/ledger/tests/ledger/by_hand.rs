//! The commands of VERIFY.md, run as they stand there: they pass on a good package and fail on a bad one.

use std::{
    path::Path,
    process::{Command, Output},
};

use ledger::package::{Audience, File, FilePath};

use crate::fixture::{Parts, log, package_of, sample, write};

/// Whether the tools are here; says so where they are not.
fn tools() -> bool {
    let missing: Vec<_> = ["unzip", "sha256sum", "python3", "openssl", "sh"]
        .into_iter()
        .filter(|tool| !Command::new("which").arg(tool).output().is_ok_and(|output| output.status.success()))
        .collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: the commands of VERIFY.md were not run: {} not found", missing.join(", "));
    }
    missing.is_empty()
}

fn unpack(package: &[u8], folder: &Path) {
    let archive = folder.join("package.zip");
    std::fs::write(&archive, package).unwrap();
    let output =
        Command::new("unzip").arg("-q").arg(&archive).args(["-d", "package"]).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Runs the blocks of the guide in one shell, which stops at the first error.
fn follow(folder: &Path) -> Output {
    let package = folder.join("package");
    let guide = std::fs::read_to_string(package.join("VERIFY.md")).unwrap();
    let blocks: Vec<_> = guide.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 4);
    let script = format!("set -e\n{}", blocks.join("\n"));
    Command::new("sh").args(["-c", &script]).current_dir(package).output().unwrap()
}

#[test]
fn the_guide_passes_on_a_whole_package() {
    if !tools() {
        return;
    }
    let mut counsel = package_of(&log(), Audience::Counsel);
    let path = FilePath::new("evidence/01JQ/Größe 1 & 'more'.txt").unwrap();
    counsel.files.push(File::of_bytes(path, b"metric"));
    for package in [sample(), write(&counsel)] {
        let folder = tempfile::tempdir().unwrap();
        unpack(&package, folder.path());
        let output = follow(folder.path());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        for words in ["report.pdf: OK", "files: complete", "manifest.sig: signed by", "checkpoint: signed by"]
        {
            assert!(said.contains(words), "{words:?} is not in\n{said}");
        }
        assert!(said.contains("record: 7 entries in 2 streams, all in the log of 11 entries"), "{said}");
    }
}

#[test]
fn the_guide_finds_what_was_done_to_a_package() {
    if !tools() {
        return;
    }
    let spoil = |name: &str, change: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        unpack(&sample(), folder.path());
        change(&folder.path().join("package"));
        assert!(!follow(folder.path()).status.success(), "{name}");
    };
    let edit = |folder: &Path, file: &str, from: &str, to: &str| {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from));
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    spoil("a changed file", &|folder| std::fs::write(folder.join("report.pdf"), "other").unwrap());
    spoil("an added file", &|folder| std::fs::write(folder.join("more"), "x").unwrap());
    spoil("a removed file", &|folder| std::fs::remove_file(folder.join("report.pdf")).unwrap());
    spoil("a changed manifest", &|folder| edit(folder, "manifest.json", "insurer", "counsel"));
    spoil("another size", &|folder| edit(folder, "checkpoint", "\n11\n", "\n12\n"));

    // Records that were changed and signed again by the owner: only the proofs are left to find it.
    for change in ["note 2", "\"version\":2"] {
        let mut parts = Parts::of(&sample());
        let mut record = parts.record();
        record[2].0 = record[2].0.replace(change, "\"version\":2".replace('2', "3").as_str());
        if change == "note 2" {
            record[2].0 = parts.record()[2].0.replace("note 2", "note 3");
        }
        parts.set_record(&record);
        let folder = tempfile::tempdir().unwrap();
        unpack(&parts.seal(42), folder.path());
        let output = follow(folder.path());
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("line 3: the entry is not in the log"),
            "{output:?}"
        );
    }
}
