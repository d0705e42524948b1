//! `cargo xtask bench`: builds with optimisation and runs the measuring programs, one after the other, as the
//! machine has two cores and a second load would spoil the figures.

use crate::run::{cargo, step};

/// Name, package, example and arguments of each measuring program.
const PROGRAMS: &[(&str, &str, &str, &[&str])] = &[
    ("intake", "bench", "intake", &[]),
    ("page", "store", "page_speed", &[]),
    ("incident", "bench", "incident", &[]),
    ("vault", "vault", "intake_speed", &["target/bench"]),
    ("verify", "ledger", "verify_speed", &[]),
    ("breach", "breach", "time", &[]),
    ("idle", "bench", "idle", &[]),
];

/// Runs the named programs, or all.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    for name in names {
        if !PROGRAMS.iter().any(|program| program.0 == *name) {
            let known: Vec<_> = PROGRAMS.iter().map(|program| program.0).collect();
            return Err(format!("no benchmark `{name}`; there are: {}", known.join(", ")));
        }
    }
    step("build", cargo().args(["build", "--release", "--locked"]))?;
    for (name, package, example, arguments) in PROGRAMS {
        if names.is_empty() || names.contains(name) {
            let mut command = cargo();
            command.args([
                "run",
                "--release",
                "--locked",
                "--quiet",
                "-p",
                package,
                "--example",
                example,
                "--",
            ]);
            step(name, command.args(*arguments))?;
        }
    }
    Ok(())
}
