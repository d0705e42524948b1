//! Running other programs, with what they do and how long it took on standard error.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a step to its end; a failure names the step.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<(), String> {
    eprintln!("── {name}");
    let start = Instant::now();
    let status =
        command.stdin(Stdio::null()).status().map_err(|error| format!("{name}: cannot start: {error}"))?;
    eprintln!("── {name}: {:.0} s", start.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})")) }
}

/// Whether a program of this name starts.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Installs a Debian package, as root or through sudo.
pub(crate) fn apt(package: &str) -> Result<(), String> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    let apt = || {
        let mut command = if root {
            Command::new("apt-get")
        } else {
            let mut command = Command::new("sudo");
            command.arg("apt-get");
            command
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("apt-get update", apt().args(["update", "-qq"]))?;
    step(
        &format!("install {package}"),
        apt().args(["install", "-y", "-qq", "--no-install-recommends", package]),
    )
}
