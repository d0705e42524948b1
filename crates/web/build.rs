//! Fetches what the pages load in a browser (htmx and two of its extensions) from the npm registry, exactly as the lock
//! file says, and leaves it where `assets` builds it into the binary. Nothing of it is kept in the repository. Once npm
//! has the package in its cache, or this directory has been built before, no network is needed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const FILES: [(&str, &str); 3] =
    [("htmx.js", "htmx.min.js"), ("csp.js", "ext/hx-csp.min.js"), ("sse.js", "ext/hx-sse.min.js")];

fn main() -> ExitCode {
    for input in ["build.rs", "npm/package.json", "npm/package-lock.json"] {
        println!("cargo::rerun-if-changed={input}");
    }
    match fetch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            println!("cargo::error={what}");
            ExitCode::FAILURE
        }
    }
}

fn fetch() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives no OUT_DIR")?);
    let place = out.join("npm");
    fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let lock = copy("package-lock.json", &place)? | copy("package.json", &place)?;
    let dist = place.join("node_modules/htmx.org/dist");
    if lock || FILES.iter().any(|(_, file)| !dist.join(file).is_file()) {
        install(&place)?;
    }
    for (name, file) in FILES {
        let text = fs::read_to_string(dist.join(file))
            .map_err(|error| format!("htmx.org is fetched, and its {file} cannot be read: {error}"))?;
        // The map is not served, so that no browser should ask for it.
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("//# sourceMappingURL")).collect();
        fs::write(out.join(name), kept.join("\n")).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// Copies an input; whether it differs from what was there.
fn copy(name: &str, place: &Path) -> Result<bool, String> {
    let wanted = fs::read(Path::new("npm").join(name)).map_err(|error| format!("npm/{name}: {error}"))?;
    let target = place.join(name);
    if fs::read(&target).ok().as_ref() == Some(&wanted) {
        return Ok(false);
    }
    fs::write(&target, wanted).map_err(|error| format!("{}: {error}", target.display()))?;
    Ok(true)
}

fn install(place: &Path) -> Result<(), String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let arguments =
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
    let ran = Command::new(npm).args(arguments).current_dir(place).output().map_err(|error| {
        format!("npm is needed to fetch htmx for the pages, and cannot be run ({error}): install Node.js 20 or later, with npm")
    })?;
    if ran.status.success() {
        return Ok(());
    }
    // A half-done installation must not be taken for a whole one next time.
    let _ = fs::remove_dir_all(place.join("node_modules"));
    let said: String = String::from_utf8_lossy(&ran.stderr).lines().take(6).collect::<Vec<_>>().join(" · ");
    Err(format!(
        "npm could not fetch htmx for the pages, which needs the npm registry once (after that its cache is enough): {said}"
    ))
}
