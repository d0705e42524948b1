//! Backup, restore, and the test that a backup restores.

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    time::Instant,
};

use app::{
    backup::{self, Passphrase},
    edge::Edge,
};
use clap::Args;
use ledger::verify::Checked;
use serde_json::{Value, json};

use super::{Bench, verify};
use crate::{
    arguments::Globals,
    failure::Failure,
    terminal::{clean, say, say_json, size, tell, waiting, warn},
    wiring,
};

/// `backup`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet backup /mnt/usb/2026-09-14.tourniquet --passphrase-file backup.pass\n  \
    tourniquet backup 2026-09-14.tourniquet --passphrase\n  \
    tourniquet backup 2026-09-14.tourniquet --server https://tourniquet.example --token tq_…\n\n\
    With a passphrase the file is sealed (age, scrypt): whoever finds it can do nothing with it, and nobody can open it\n\
    without the passphrase. Without one it holds the keys to the evidence in clear: guard it as the evidence itself.\n\
    `restore-test` proves that it restores."
)]
pub(crate) struct BackupArgs {
    /// The file; one that is there is not overwritten
    file: PathBuf,
    /// Overwrites a file that is there
    #[arg(long)]
    force: bool,
    /// Seals the backup with the passphrase that is the first line of this file
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Seals the backup with a passphrase that is asked for at the terminal, twice
    #[arg(long, conflicts_with = "passphrase_file")]
    passphrase: bool,
}

/// How a sealed backup is opened.
#[derive(Debug, Args)]
struct OpenArgs {
    /// For a sealed backup: the passphrase is the first line of this file. At a terminal it is asked for
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// `restore`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet restore 2026-09-14.tourniquet --data ./restored\n  \
    tourniquet restore 2026-09-14.tourniquet --data ./restored --passphrase-file backup.pass\n  \
    tourniquet restore 2026-09-14.tourniquet --data ./restored --database-url postgres://…/tourniquet\n\n\
    A backup of either database is restored into either: into SQLite in --data, or into an empty PostgreSQL database.")]
pub(crate) struct RestoreArgs {
    /// The backup. It is restored into --data, which must be new or empty
    file: PathBuf,
    #[command(flatten)]
    open: OpenArgs,
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
    #[command(flatten)]
    open: OpenArgs,
}

pub(crate) async fn run(bench: &Bench, args: BackupArgs) -> Result<(), Failure> {
    if args.file.exists() && !args.force {
        return Err(Failure::usage(format!(
            "{}: is there already; name another file, or say --force",
            args.file.display()
        )));
    }
    let passphrase = match (&args.passphrase_file, args.passphrase) {
        (Some(file), _) => Some(first_line(file)?),
        (None, true) => Some(asked_twice()?),
        (None, false) => None,
    };
    let sealed = passphrase.is_some();
    let bar = waiting("backing up");
    let outcome = bench.desk.backup(&args.file, passphrase).await;
    bar.finish_and_clear();
    let facts = outcome?;
    let bytes = fs::metadata(&args.file).map_err(|error| Failure::reading(&args.file, &error))?.len();
    if !sealed {
        warn(
            "THIS BACKUP IS NOT SEALED. It holds the keys to the evidence, every note and alert, and the key that signs \
             the log: whoever finds it reads and forges all of it. Keep it as you keep the evidence, or make it with \
             --passphrase-file FILE (or --passphrase)",
        );
    }
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
    if sealed {
        say("It is sealed. Keep the passphrase apart from it: without the passphrase nobody can open it.");
    }
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
    passphrase: Option<&Passphrase>,
) -> Result<Restored, Failure> {
    let mut steps = Vec::new();
    let mut begun = Instant::now();
    let mut step = |what: &'static str| {
        let seconds = begun.elapsed().as_secs_f64();
        begun = Instant::now();
        steps.push((what, seconds));
    };
    let unpacked = backup::unpack(file, data, passphrase)?;
    step("unpacked, every member's checksum right");
    let (app, vault) = wiring::open_restored(data, database_url, &unpacked.keys, Edge::machine()).await?;
    app.journal().load(&backup::dump_in(data)).await?;
    step("record loaded");
    backup::put_items(&unpacked, data, &*vault)?;
    step("evidence put back, each item opened to its digest");
    let head = app.journal().head().await?;
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

impl OpenArgs {
    /// The passphrase of a sealed backup; `None` for one in clear.
    fn passphrase(&self, backup: &Path) -> Result<Option<Passphrase>, Failure> {
        let sealed = backup::is_sealed(backup)?;
        match &self.passphrase_file {
            Some(file) if sealed => Ok(Some(Passphrase::given(first_line(file)?))),
            Some(_) => {
                warn(
                    "this backup is not sealed: the passphrase is not needed, and others can read the file as well",
                );
                Ok(None)
            }
            None if sealed && io::stdin().is_terminal() => {
                Ok(Some(Passphrase::given(asked("passphrase of the backup: ")?)))
            }
            None => Ok(None),
        }
    }
}

/// The first line of a file, without its end.
fn first_line(file: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::reading(file, &error))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        return Err(Failure::usage(format!("{}: its first line has to be the passphrase", file.display())));
    }
    Ok(line)
}

/// Asks at the terminal; what is typed is not shown.
fn asked(prompt: &str) -> Result<String, Failure> {
    let terminal = console::Term::stderr();
    let typed = terminal.write_str(prompt).and_then(|()| terminal.read_secure_line());
    typed.map_err(|error| Failure::usage(format!("no passphrase could be asked for: {error}")))
}

fn asked_twice() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("--passphrase asks at a terminal: give --passphrase-file FILE instead"));
    }
    let first = asked("passphrase for the backup: ")?;
    if asked("the same again: ")? == first {
        Ok(first)
    } else {
        Err(Failure::usage("the two were not the same: nothing was written"))
    }
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
    let passphrase = args.open.passphrase(&args.file)?;
    let bar = waiting("restoring");
    let outcome = into(&args.file, data, globals.database_url.as_deref(), false, passphrase.as_ref()).await;
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
    let passphrase = args.open.passphrase(&args.file)?;
    let bar = waiting("restoring into a scratch place");
    // Always into the embedded database: the test must not touch the one that is in use.
    let outcome = into(&args.file, &scratch, None, true, passphrase.as_ref()).await;
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
