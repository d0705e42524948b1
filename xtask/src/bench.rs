//! `cargo xtask bench`: builds everything once with optimisation and runs the measuring programs, one after the other, as
//! the machine has two cores and a second load would spoil the figures. They are built as one workspace and started
//! from the target directory: a `cargo run -p` each would ask shared crates for other features and build them again.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{cargo, root, step};

/// Name, example and arguments of each measuring program; `{}` is a folder on the disk that is measured.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    ("intake", "intake", &[]),
    ("page", "page_speed", &[]),
    ("incident", "incident", &[]),
    ("vault", "vault_speed", &["{}"]),
    ("verify", "verify_speed", &[]),
    ("idle", "idle", &[]),
    ("pages", "pages", &[]),
    ("viewers", "viewers", &[]),
    ("breach", "time", &[]),
    ("read", "intake_speed", &[]),
    ("fold", "speed", &[]),
    ("hunt", "hunt_speed", &["--growth", "128", "1024"]),
    ("figure", "figure_speed", &[]),
];

/// Builds what the hunt is measured against: a workspace of its own, so that its libraries stay out of the program's. Where it
/// cannot be built (no network, another compiler) the hunt is measured alone.
fn peer(target: &Path) -> Option<PathBuf> {
    let manifest = root().join("bench-peer/Cargo.toml");
    let target = target.join("bench-peer");
    let mut command = cargo();
    command.args(["build", "--release", "--locked", "--manifest-path"]).arg(manifest);
    let built = step("build the peer", command.arg("--target-dir").arg(&target));
    if let Err(error) = built {
        println!("SKIPPED: the peer of the hunt was not built: {error}");
        return None;
    }
    Some(target.join("release/tourniquet-bench-peer"))
}

/// Runs the named programs, or all.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    for name in names {
        if !PROGRAMS.iter().any(|program| program.0 == *name) {
            let known: Vec<_> = PROGRAMS.iter().map(|program| program.0).collect();
            return Err(format!("no benchmark `{name}`; there are: {}", known.join(", ")));
        }
    }
    let target =
        root().join(std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from));
    if names == ["hunt"] {
        // It needs nothing of the crates that take long, so it is built by itself.
        let own = ["build", "--release", "--locked", "--package", "hunt", "--example", "hunt_speed"];
        step("build", cargo().args(own).args(["--features", "files"]))?;
    } else {
        step(
            "build",
            cargo().args(["build", "--release", "--locked", "--workspace", "--bins", "--examples"]),
        )?;
    }
    let peer = if names.is_empty() || names.contains(&"hunt") { peer(&target) } else { None };
    let scratch = target.join("bench");
    std::fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    for (name, example, arguments) in PROGRAMS {
        if names.is_empty() || names.contains(name) {
            let mut command = Command::new(target.join("release/examples").join(example));
            for argument in *arguments {
                command.arg(if *argument == "{}" { scratch.as_os_str() } else { argument.as_ref() });
            }
            if let Some(peer) = peer.as_ref().filter(|_| *name == "hunt") {
                command.arg("--peer").arg(peer);
            }
            step(name, command.current_dir(root()))?;
        }
    }
    Ok(())
}
