//! `demo`: a made-up practice in a ransomware Monday. The raw material is written where one can look at it, the main job is
//! done on it with a clock that starts at the scenario's instant, and the result is served.

use std::{
    fs,
    path::{Path, PathBuf},
};

use app::{practices::SetProfile, respond::Material};
use clap::Args;
use include_dir::{Dir, include_dir};
use kernel::Timestamp;
use serde::Deserialize;

use super::{
    practice::{parse_profile, parse_schedule},
    respond,
    serve::{self, ListenArgs},
};
use crate::{
    arguments::Globals,
    desk::{Here, actor},
    failure::Failure,
    terminal::{say, tell, waiting},
    wiring,
};

/// The raw material, as `content/demo` has it.
static MATERIAL: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../content/demo");
/// The file by which a folder is known to be a demo's, and so may be replaced.
const MARKER: &str = "THIS-IS-A-DEMO";

/// `demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet demo\n  tourniquet demo --no-serve --dir /tmp/demo\n\n\
    Everything in it is made up. DIR/raw holds the material as it came in, DIR/data the data directory, DIR/out the documents.")]
pub(crate) struct DemoArgs {
    /// Where the demo lives; an older demo there is replaced
    #[arg(long, value_name = "DIR", default_value = "./tourniquet-demo")]
    dir: PathBuf,
    /// Stops before serving
    #[arg(long)]
    no_serve: bool,
    #[command(flatten)]
    listener: ListenArgs,
}

/// What the material is, and when it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    now: Timestamp,
    practice: String,
    schedule: String,
    alerts: Vec<PathBuf>,
    evidence: Vec<PathBuf>,
    exposed: Vec<PathBuf>,
}

fn text(name: &str) -> Result<&'static str, Failure> {
    MATERIAL
        .get_file(name)
        .and_then(include_dir::File::contents_utf8)
        .ok_or_else(|| Failure::outside(format!("the demo's {name} is missing from this program")))
}

fn manifest() -> Result<Manifest, Failure> {
    toml::from_str(text("manifest.toml")?)
        .map_err(|error| Failure::outside(format!("the demo's manifest: {}", error.message())))
}

/// The demo's practice, with the day's schedule.
fn profile(manifest: &Manifest) -> Result<incident::Practice, Failure> {
    let mut practice = parse_profile(text(&manifest.practice)?, Path::new(&manifest.practice))?;
    let days = parse_schedule(text(&manifest.schedule)?.as_bytes())
        .map_err(|what| Failure::outside(format!("the demo's schedule: {what}")))?;
    practice
        .schedule
        .days
        .retain(|old| !days.iter().any(|new| new.date == old.date && new.service == old.service));
    practice.schedule.days.extend(days);
    practice.validated().map_err(|invalid| Failure::outside(format!("the demo's practice: {invalid}")))
}

/// Makes the folder anew. Only a demo's own folder is ever removed.
fn fresh(dir: &Path) -> Result<(), Failure> {
    let writing = |error: std::io::Error| Failure::writing(dir, &error);
    let has_something = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Failure::reading(dir, &error)),
    };
    if has_something && !dir.join(MARKER).is_file() {
        return Err(Failure::usage(format!(
            "{}: is not empty and no demo's; name another folder with --dir",
            dir.display()
        )));
    }
    if has_something {
        fs::remove_dir_all(dir).map_err(writing)?;
    }
    fs::create_dir_all(dir.join("raw")).map_err(writing)?;
    let note = "A demo of Tourniquet. Everything in it is made up; `tourniquet demo` replaces this folder.\n";
    fs::write(dir.join(MARKER), note).map_err(writing)?;
    MATERIAL.extract(dir.join("raw")).map_err(writing)?;
    event_logs(&dir.join("raw/evidence"))
}

/// Writes the hosts' event logs, a folder each.
fn event_logs(evidence: &Path) -> Result<(), Failure> {
    let logs = monday::logs().map_err(|error| Failure::outside(format!("the demo's event logs: {error}")))?;
    for log in logs {
        let path = evidence.join(&log.path);
        let folder = path.parent().unwrap_or(evidence);
        fs::create_dir_all(folder).map_err(|error| Failure::writing(folder, &error))?;
        fs::write(&path, &log.bytes).map_err(|error| Failure::writing(&path, &error))?;
    }
    Ok(())
}

pub(crate) async fn run(globals: Globals, args: DemoArgs) -> Result<(), Failure> {
    let manifest = manifest()?;
    let listener = if args.no_serve { None } else { Some(serve::listener(&args.listener)?) };
    fresh(&args.dir)?;
    let raw = args.dir.join("raw");
    let under = |paths: &[PathBuf]| paths.iter().map(|path| raw.join(path)).collect::<Vec<_>>();
    let material = Material {
        alerts: under(&manifest.alerts).iter().map(|path| respond::read(path)).collect::<Result<_, _>>()?,
        evidence: under(&manifest.evidence),
        exposed: under(&manifest.exposed),
        rules: Vec::new(),
        yara: Vec::new(),
    };
    let data = args.dir.join("data");
    wiring::mark_demo(&data, manifest.now)?;
    let app = wiring::open(&data, None, wiring::edge_of(&data)).await?;
    let here = Here { app: app.clone(), actor: actor(&globals.acting) };
    let profile = profile(&manifest)?;
    let zone = profile.zone();
    let set = SetProfile { id: None, practice: profile };
    let practice = here.app.set_profile(&serve::program(), set).await?.id;
    let bar = waiting("responding to a made-up Monday");
    let outcome = respond::respond(&here, practice, material, Some(args.dir.join("out"))).await;
    bar.finish_and_clear();
    let outcome = outcome?;
    if !globals.json {
        say(&format!(
            "It is {} at a made-up practice. The raw material: {}",
            app.edge().now().to_zoned(zone).strftime("%A, %B %-d, %Y, %H:%M %Z"),
            raw.display()
        ));
    }
    respond::print(&outcome, globals.json)?;
    match listener {
        None => {
            app.journal().close().await;
            tell(&format!("look further with: tourniquet incident show open --data {}", data.display()));
            Ok(())
        }
        Some((listener, tls)) => {
            let link = serve::link(&app).await?;
            serve::serve(
                app,
                listener,
                tls,
                Some(link),
                args.listener.public_url,
                &data.display().to_string(),
            )
            .await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_material_is_in_the_program_whole() {
        let manifest = manifest().unwrap();
        for path in manifest.alerts.iter().chain(&manifest.evidence).chain(&manifest.exposed) {
            assert!(MATERIAL.get_entry(path).is_some(), "{}", path.display());
        }
        let practice = profile(&manifest).unwrap();
        assert!(practice.systems.len() >= 15 && !practice.schedule.days.is_empty());
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(fresh(folder.path()), Err(Failure::Usage(_))));
        assert!(folder.path().join("thesis.txt").is_file());
        let demo = folder.path().join("demo");
        fresh(&demo).unwrap();
        fs::write(demo.join("old"), "").unwrap();
        fresh(&demo).unwrap();
        assert!(!demo.join("old").exists() && demo.join("raw/manifest.toml").is_file());
        assert!(demo.join("raw/evidence/SRV-FILE1/Security.evtx").is_file());
    }
}
