//! The arrows of ARCHITECTURE.md are the arrows of the code.
#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The table of ARCHITECTURE.md: `| crate | may use | … |`.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = text
        .split("<!-- arrows -->")
        .nth(1)
        .expect("ARCHITECTURE.md has no table between <!-- arrows --> marks");
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let names = |cell: &str| -> BTreeSet<String> {
                cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
            };
            let from = names(cells.next().unwrap()).into_iter().next().unwrap();
            (from, names(cells.next().unwrap()))
        })
        .collect()
}

#[test]
fn no_crate_reaches_where_the_architecture_does_not_let_it() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let allowed = allowed();
    let mut wrong = Vec::new();
    for package in packages {
        let from = package["name"].as_str().unwrap();
        let Some(may) = allowed.get(from) else {
            wrong.push(format!("{from} is not in the table"));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let to = dependency["name"].as_str().unwrap();
            // What tests use is no arrow of the product.
            let ours = ours.contains(to) && dependency["kind"].as_str() != Some("dev");
            if ours && !may.contains(to) {
                wrong.push(format!("{from} → {to}"));
            }
        }
    }
    for from in allowed.keys() {
        if !ours.contains(from.as_str()) {
            wrong.push(format!("the table names {from}, which does not exist"));
        }
    }
    assert!(wrong.is_empty(), "arrows that ARCHITECTURE.md does not have:\n  {}", wrong.join("\n  "));
}
