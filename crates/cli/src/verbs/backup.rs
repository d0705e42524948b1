//! Backup, restore, and the test that a backup restores.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use app::{backup, edge::Edge};
use clap::Args;
use ledger::verify::Checked;
use serde_json::{Value, json};

use super::{Bench, verify};
use crate::{
    arguments::Globals,
    failure::Failure,
    terminal::{clean, say, say_json, size, tell, waiting},
    wiring,
};

/// `backup`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet backup /mnt/usb/2026-09-14.tourniquet\n  \
    tourniquet backup 2026-09-14.tourniquet --server https://tourniquet.example --token tq_…\n\n\
    The file holds the keys to the evidence: guard it as the evidence itself. `restore-test` proves that it restores.")]
pub(crate) struct BackupArgs {
    /// The file; one that is there is not overwritten
    file: PathBuf,
    /// Overwrites a file that is there
    #[arg(long)]
    force: bool,
}

/// `restore`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tourniquet restore 2026-09-14.tourniquet --data ./restored")]
pub(crate) struct RestoreArgs {
    /// The backup. It is restored into --data, which must be new or empty
    file: PathBuf,
}

/// `restore-test`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tourniquet restore-test 2026-09-14.tourniquet\n\n\
    Restores into a scratch directory, verifies the whole log and every item of evidence, prints how long each took, and\n\
    removes the scratch directory again.")]
pub(crate) struct RestoreTestArgs {
    /// The backup
    file: PathBuf,
    /// Where the scratch directory is made; the system's temporary directory where absent
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
}

pub(crate) async fn run(bench: &Bench, args: BackupArgs) -> Result<(), Failure> {
    if args.file.exists() && !args.force {
        return Err(Failure::usage(format!(
            "{}: is there already; name another file, or say --force",
            args.file.display()
        )));
    }
    let bar = waiting("backing up");
    let outcome = bench.desk.backup(&args.file).await;
    bar.finish_and_clear();
    let facts = outcome?;
    let bytes = fs::metadata(&args.file).map_err(|error| Failure::reading(&args.file, &error))?.len();
    if bench.json() {
        let mut facts = facts;
        if let Some(members) = facts.as_object_mut() {
            members.insert("file".to_owned(), json!(args.file));
            members.insert("bytes".to_owned(), json!(bytes));
        }
        return say_json(&facts);
    }
    let number = |name: &str| facts.get(name).and_then(Value::as_u64);
    let what = match (number("entries"), number("items")) {
        (Some(entries), Some(items)) => format!(": {entries} entries, {items} items of evidence"),
        _ => String::new(),
    };
    say(&format!("{} ({}){what}", args.file.display(), size(bytes)));
    say("It holds the keys to the evidence: guard it as the evidence itself.");
    Ok(())
}

/// What was restored, and how long each part took.
struct Restored {
    facts: backup::BackupFacts,
    checked: Checked,
    evidence: Option<String>,
    steps: Vec<(&'static str, f64)>,
}

/// Restores into a directory that is new or empty, and verifies what came out.
async fn into(
    file: &Path,
    data: &Path,
    database_url: Option<&str>,
    evidence: bool,
) -> Result<Restored, Failure> {
    let mut steps = Vec::new();
    let mut begun = Instant::now();
    let mut step = |what: &'static str| {
        let seconds = begun.elapsed().as_secs_f64();
        begun = Instant::now();
        steps.push((what, seconds));
    };
    let unpacked = backup::unpack(file, data)?;
    step("unpacked, every member's checksum right");
    let (app, vault) = wiring::open_restored(data, database_url, &unpacked.keys, Edge::machine()).await?;
    app.journal().load(&backup::dump_in(data)).await?;
    step("record loaded");
    backup::put_items(&unpacked, data, &*vault)?;
    step("evidence put back, each item opened to its digest");
    let head = app.log_head().await?;
    app.journal().close().await;
    drop((app, vault));
    if head.size < unpacked.facts.entries {
        let what = format!("the backup says {} entries, and {} came out", unpacked.facts.entries, head.size);
        return Err(Failure::no("not_verified", what));
    }
    let globals = Globals {
        data: data.to_owned(),
        database_url: database_url.map(str::to_owned),
        server: None,
        token: None,
        acting: crate::arguments::Acting { role: kernel::Role::Lead, name: None },
        json: false,
    };
    let checked = verify::directory(&globals, data, &[], None, false).await?;
    step("log verified");
    let evidence = if evidence {
        let found = verify::evidence_of(&data.join("vault"))?;
        step("evidence hashed again");
        Some(found)
    } else {
        None
    };
    Ok(Restored { facts: unpacked.facts, checked, evidence, steps })
}

fn is_new(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

pub(crate) async fn restore(globals: Globals, args: RestoreArgs) -> Result<(), Failure> {
    fs::metadata(&args.file).map_err(|error| Failure::reading(&args.file, &error))?;
    let (data, was_there) = (&globals.data, globals.data.exists());
    if !is_new(data) {
        return Err(Failure::usage(format!(
            "{}: is not empty; restore into a new directory with --data",
            data.display()
        )));
    }
    let bar = waiting("restoring");
    let outcome = into(&args.file, data, globals.database_url.as_deref(), false).await;
    bar.finish_and_clear();
    let restored = match outcome {
        Ok(restored) => restored,
        Err(failure) => {
            // A half-restored directory would look like a record. It was empty before.
            let _ = fs::remove_dir_all(data);
            if was_there {
                let _ = fs::create_dir(data);
            }
            return Err(failure);
        }
    };
    tell_restored(&restored, globals.json, &format!("restored into {}", data.display()))
}

pub(crate) async fn restore_test(globals: Globals, args: RestoreTestArgs) -> Result<(), Failure> {
    fs::metadata(&args.file).map_err(|error| Failure::reading(&args.file, &error))?;
    let random: [u8; 8] = Edge::machine().random();
    let tag: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let scratch =
        args.scratch.unwrap_or_else(std::env::temp_dir).join(format!("tourniquet-restore-test-{tag}"));
    let bar = waiting("restoring into a scratch place");
    // Always into the embedded database: the test must not touch the one that is in use.
    let outcome = into(&args.file, &scratch, None, true).await;
    bar.finish_and_clear();
    let removed = if scratch.exists() { fs::remove_dir_all(&scratch) } else { Ok(()) };
    if let Err(error) = removed {
        tell(&format!("warning: the scratch directory {} could not be removed: {error}", scratch.display()));
    }
    tell_restored(&outcome?, globals.json, "the backup restores")
}

fn tell_restored(restored: &Restored, json: bool, last: &str) -> Result<(), Failure> {
    let Restored { facts, checked, evidence, steps } = restored;
    if json {
        let steps: Vec<_> =
            steps.iter().map(|(what, seconds)| json!({ "what": what, "seconds": seconds })).collect();
        return say_json(&json!({
            "backup": facts, "checked": checked.points, "evidence": evidence, "steps": steps, "verified": true,
        }));
    }
    say(&format!(
        "backup of {}, {} entries, {} items of evidence",
        facts.made_at, facts.entries, facts.items
    ));
    checked.points.iter().for_each(|point| say(&clean(point)));
    evidence.iter().for_each(|point| say(point));
    for (what, seconds) in steps {
        say(&format!("{seconds:>9.3} s  {what}"));
    }
    say(last);
    Ok(())
}
