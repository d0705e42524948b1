//! Worked cases. Ours were written from the texts of the rules with a day count of their own; those of the samples
//! folder are tried where it is there.

use std::{fs, path::Path};

use breach::Facts;
use serde_json::{Value, json};

use crate::law;

/// What of `expect` the result does not say.
fn compare(expect: &Value, result: &Value) -> Vec<String> {
    let mut bad = Vec::new();
    for (name, pointer) in [("breach", "/determination/breach"), ("discovery", "/discovery/on")] {
        let want = &expect[name];
        let got = result.pointer(pointer).unwrap();
        if !want.is_null() && got != want {
            bad.push(format!("{pointer} is {got}, expected {want}"));
        }
    }
    let obligations = result["obligations"].as_array().unwrap();
    let same =
        |a: &Value, b: &Value| ["duty", "regime", "jurisdiction"].iter().all(|name| a[*name] == b[*name]);
    let mut left: Vec<&Value> = obligations.iter().collect();
    for want in expect["obligations"].as_array().into_iter().flatten() {
        let fits = |got: &&Value| {
            same(want, got)
                && ["due", "due_at", "projected", "post_through"]
                    .iter()
                    .all(|name| want.get(name).is_none_or(|value| got.get(name) == Some(value)))
        };
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => {
                let dates: Vec<_> =
                    left.iter().filter(|got| same(want, got)).map(|got| &got["due"]).collect();
                bad.push(format!("no {want}; there is {dates:?}"));
            }
        }
    }
    for no in expect["absent"].as_array().into_iter().flatten() {
        for got in obligations {
            let place = no["jurisdiction"] == "*" || no["jurisdiction"] == got["jurisdiction"];
            if no["duty"] == got["duty"] && no["regime"] == got["regime"] && place {
                bad.push(format!("must be absent: {} {}", got["duty"], got["regime"]));
            }
        }
    }
    for (name, pointer) in
        [("substitute_notice", "/counts/substitute_notice"), ("retain_until", "/retain_until")]
    {
        if let Some(want) = expect.get(name)
            && result.pointer(pointer).unwrap() != want
        {
            bad.push(format!("{pointer} is {}, expected {want}", result.pointer(pointer).unwrap()));
        }
    }
    for (key, days) in expect["late_by_days"].as_object().into_iter().flatten() {
        let mut parts = key.split(' ');
        let (duty, regime) = (parts.next().unwrap(), parts.next().unwrap_or("hipaa"));
        let found = obligations
            .iter()
            .any(|got| got["duty"] == duty && got["regime"] == regime && got["late_by_days"] == *days);
        if !found {
            bad.push(format!("late_by_days of {key} is not {days}"));
        }
    }
    bad
}

fn run(path: &Path) -> (usize, Vec<String>) {
    let text = fs::read_to_string(path).unwrap();
    let (mut tried, mut failures) = (0, Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).unwrap();
        tried += 1;
        let bad = match Facts::from_json(case["facts"].to_string().as_bytes()) {
            Ok(facts) => compare(&case["expect"], &json!(breach::assess(&facts, law()))),
            Err(error) => vec![error.to_string()],
        };
        failures.extend(bad.iter().map(|what| format!("{} ({}): {what}", case["id"], case["title"])));
    }
    (tried, failures)
}

#[test]
fn every_case_of_our_own_holds() {
    let mut tried = 0;
    for name in ["hipaa", "other", "states"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/vectors/{name}.jsonl"));
        let (cases, failures) = run(&path);
        assert!(failures.is_empty(), "{}", failures.join("\n"));
        tried += cases;
    }
    assert!(tried >= 150, "{tried} cases");
}

#[test]
fn every_case_of_the_samples_holds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/law/vectors.jsonl");
    if !path.exists() {
        eprintln!("SKIPPED: ../shared/law/vectors.jsonl is not here");
        return;
    }
    let (tried, failures) = run(&path);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(tried > 0);
}
