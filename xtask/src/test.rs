//! `cargo xtask test`: everything that must hold before a change lands.

use std::{fs, process::Command};

use crate::run::{apt, cargo, has, root, step};

/// Formatting, lints, tests, doc tests, licences.
pub(crate) fn all() -> Result<(), String> {
    let mut skipped = Vec::new();
    needs()?;
    step("format", cargo().args(["fmt", "--all", "--check"]))?;
    step(
        "lints",
        cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    )?;
    // Builds the binary too: the end-to-end tests start it as a user would.
    step("tests", cargo().args(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]))?;
    step("doc tests", cargo().args(["test", "--workspace", "--doc", "--locked", "--quiet"]))?;
    if has("cargo-deny") {
        // The advisory database is fetched over git, which not every machine may do; what needs no fetch is checked always.
        step(
            "licences and sources",
            cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]),
        )?;
        if step("advisories", cargo().args(["deny", "check", "advisories"])).is_err() {
            skipped.push("cargo deny check advisories: its database cannot be had here");
        }
    } else {
        skipped.push("cargo deny: not installed (cargo install cargo-deny --locked)");
    }
    if !root().join("../shared/data/samples/manifest.csv").exists() {
        skipped.push("tests on the shared samples: ../shared is not here");
    }
    for what in skipped {
        eprintln!("SKIPPED: {what}");
    }
    Ok(())
}

/// Installs what the tests need and this machine lacks.
fn needs() -> Result<(), String> {
    if !has_postgres() {
        apt("postgresql")?;
        if !has_postgres() {
            return Err("no PostgreSQL server binary, even after installing the package `postgresql`".into());
        }
    }
    if !has("pdftotext") {
        apt("poppler-utils")?;
    }
    // The pages' htmx is fetched with npm when `web` is built, and the browser tests drive the real thing.
    if !has("npm") {
        apt("npm")?;
    }
    if !has("chromium") && !has("chromium-browser") && !has("google-chrome") {
        apt("chromium")?;
    }
    if !has("cargo-nextest") {
        step("install cargo-nextest", cargo().args(["install", "cargo-nextest", "--locked"]))?;
    }
    Ok(())
}

fn has_postgres() -> bool {
    has("postgres")
        || fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
            versions.flatten().any(|version| version.path().join("bin/postgres").exists())
        })
}

/// Where inputs of our own lie that a target may begin with.
fn seeds(target: &str) -> &'static [&'static str] {
    match target {
        "breach_facts" => &["content/demo"],
        "intake_any" => &["crates/intake/tests/contract", "crates/intake/tests/samples"],
        "practice_toml" => &["content/demo"],
        "sigma_rules" => &["content/rules"],
        "hunt_mapping" => &["content/mappings"],
        _ => &[],
    }
}

/// Runs each fuzz target for `seconds`.
pub(crate) fn fuzz(seconds: &str) -> Result<(), String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("`{seconds}` is not a number of seconds"))?;
    if !has("cargo-fuzz") {
        return Err("cargo-fuzz is not installed: cargo install cargo-fuzz --locked".into());
    }
    let targets = fs::read_dir(root().join("fuzz/fuzz_targets"))
        .map_err(|error| format!("fuzz/fuzz_targets: {error}"))?;
    for target in targets.flatten() {
        let path = target.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let mut command = Command::new("cargo");
        let corpus = format!("fuzz/corpus/{name}");
        fs::create_dir_all(root().join(&corpus)).map_err(|error| format!("{corpus}: {error}"))?;
        // libFuzzer's instrumentation is an unstable compiler flag; this lets the stable compiler take it.
        command.env("RUSTC_BOOTSTRAP", "1").current_dir(root()).args(["fuzz", "run", name, &corpus]);
        command.args(seeds(name)).args(["--", "-timeout=10", "-rss_limit_mb=2048"]);
        step(&format!("fuzz {name}"), command.arg(format!("-max_total_time={seconds}")))?;
    }
    Ok(())
}
