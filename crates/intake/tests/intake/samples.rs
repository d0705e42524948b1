//! Every real sample of the folders described in `tests/samples/*.json` is recognised without being told its source,
//! and read as the expectation says. An expectation names only what it wants to hold: `count`, `source`, `title`,
//! `severity`, `status`, `occurred_at` and the like must be equal (`null`: must be absent); of `hosts`, `accounts`,
//! `indicators` (`kind value`) and `techniques` each one named must be among those read (an empty list: there must be
//! none). A list of expectations is for the first alerts of a file, in order.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

fn samples() -> Option<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    [manifest.to_path_buf(), manifest.canonicalize().ok()?]
        .into_iter()
        .map(|crate_| crate_.join("../../../shared/data/samples"))
        .find(|path| path.is_dir())
}

/// The printed record with `indicators` as `kind value`.
fn record(alert: &kernel::Alert) -> Value {
    let mut record = serde_json::to_value(intake::Record { id: None, alert, duplicate_of: None }).unwrap();
    record["indicators"] =
        alert.indicators.iter().map(|i| format!("{} {}", i.kind.as_str(), i.value)).collect();
    record
}

fn compare(place: &str, expected: &Value, got: &Value, wrong: &mut Vec<String>) {
    for (name, want) in expected.as_object().unwrap().iter().filter(|(name, _)| *name != "count") {
        let found = &got[name];
        let holds = match (want.as_array(), found.as_array()) {
            (Some(want), Some(found)) if want.is_empty() => found.is_empty(),
            (Some(want), Some(found)) => want.iter().all(|one| found.contains(one)),
            _ => want == found,
        };
        if !holds {
            wrong.push(format!("{place}: {name}\n    wanted {want}\n    read   {found}"));
        }
    }
}

fn check(path: &Path, place: &str, expected: &Value, wrong: &mut Vec<String>) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{place}: {error}"));
    let results: Vec<_> = intake::read(None, &bytes[..]).collect();
    let mut read = Vec::new();
    for result in results {
        match result {
            Ok(taken) => {
                assert_eq!(kernel::Digest::of(&taken.raw), taken.alert.raw_sha256, "{place}");
                read.push(record(&taken.alert));
            }
            Err(error) => wrong.push(format!("{place}: {error}")),
        }
    }
    let list = expected.as_array().cloned().unwrap_or_else(|| vec![expected.clone()]);
    let count = list[0].get("count").and_then(Value::as_u64).map_or(list.len(), |count| count as usize);
    if read.len() != count {
        wrong.push(format!("{place}: wanted {count} alerts, read {}", read.len()));
    }
    for (index, expected) in list.iter().enumerate() {
        compare(&format!("{place}[{index}]"), expected, read.get(index).unwrap_or(&json!({})), wrong);
    }
}

#[test]
fn every_vendors_real_samples_are_read_as_a_person_reads_them() {
    let Some(samples) = samples() else {
        eprintln!("SKIPPED: no ../shared/data/samples here, so no real sample was read");
        return;
    };
    let mut wrong = Vec::new();
    let mut files = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let table: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for (file, expected) in &table {
            files += 1;
            check(&samples.join(&name).join(file), &format!("{name}/{file}"), expected, &mut wrong);
        }
        let present = std::fs::read_dir(samples.join(&name)).unwrap().map(|file| file.unwrap().file_name());
        for file in
            present.map(|file| file.into_string().unwrap()).filter(|file| !file.starts_with("schema__"))
        {
            if !table.contains_key(&file) {
                wrong.push(format!("{name}/{file}: no expectation"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {files} files and more:\n{}", wrong.len(), wrong.join("\n"));
    eprintln!("{files} samples read");
}

/// Prints what is read, as a start for new expectations: `SAMPLES=okta cargo test -p intake --test intake -- --ignored`.
#[test]
#[ignore = "prints, for writing expectations"]
fn print_what_is_read() {
    let (Some(samples), Ok(folder)) = (samples(), std::env::var("SAMPLES")) else { return };
    let mut files: Vec<_> =
        std::fs::read_dir(samples.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        println!("\n=== {}", path.file_name().unwrap().to_string_lossy());
        let bytes = std::fs::read(&path).unwrap();
        println!("COUNT {}", intake::read(None, &bytes[..]).count());
        for result in intake::read(None, &bytes[..]).take(4) {
            match result {
                Ok(taken) => println!("{}", serde_json::to_string_pretty(&record(&taken.alert)).unwrap()),
                Err(error) => println!("ERROR {error}"),
            }
        }
    }
}
