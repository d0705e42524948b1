//! `verify`: checks a package or a data directory, without an account or a network (`contracts/package.md`). What checks
//! shares no code with what writes.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use app::ports::Scope;
use clap::Args;
use ledger::verify::{Checked, Failure as Broken, FailureKind, LogVerifier, verify_package};

use crate::{
    arguments::Globals,
    failure::Failure,
    terminal::{clean, say, say_json, tell, waiting},
    wiring,
};

/// Entries read at once.
const CHUNK: u32 = 5_000;

/// `verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet verify package.zip\n  tourniquet verify package.zip --key 'tourniquet.invalid/5f0c…+1a2b3c4d+AX…'\n  \
    tourniquet verify ./tourniquet-data --against older-checkpoint.txt\n\n\
    Prints what was checked and, last, `verified` (exit 0); or the first thing that does not hold, by name (exit 1)."
)]
pub(crate) struct VerifyArgs {
    /// A package, or a data directory
    #[arg(value_name = "FILE.zip|DATA_DIR")]
    what: PathBuf,
    /// A verifier key that you trust (may be repeated); without one, the key that the thing itself names
    #[arg(long, value_name = "VERIFIER_KEY")]
    key: Vec<String>,
    /// An older checkpoint: proves that today's log extends it
    #[arg(long, value_name = "CHECKPOINT_FILE")]
    against: Option<PathBuf>,
    /// With a data directory: hashes every item of evidence again as well
    #[arg(long)]
    evidence: bool,
}

pub(crate) async fn run(globals: Globals, args: VerifyArgs) -> Result<(), Failure> {
    let against = match &args.against {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?),
    };
    let facts = fs::metadata(&args.what).map_err(|error| Failure::reading(&args.what, &error))?;
    let bar = waiting("verifying");
    let outcome = if facts.is_dir() {
        directory(&globals, &args.what, &args.key, against.as_deref(), args.evidence).await
    } else {
        package(&args.what, &args.key, against.as_deref())
    };
    bar.finish_and_clear();
    report(outcome?, globals.json)
}

fn report(checked: Checked, json: bool) -> Result<(), Failure> {
    if json {
        let root: String = checked.root.iter().map(|byte| format!("{byte:02x}")).collect();
        return say_json(&serde_json::json!({
            "verified": true, "checked": checked.points, "warnings": checked.warnings, "entries": checked.entries,
            "withheld": checked.withheld, "files": checked.files, "log_size": checked.log_size, "root": root,
            "key": checked.key, "key_was_given": checked.pinned,
        }));
    }
    checked.points.iter().for_each(|point| say(&clean(point)));
    checked.warnings.iter().for_each(|warning| tell(&format!("WARNING: {}", clean(warning))));
    say("verified");
    Ok(())
}

/// A thing that does not hold is an answer; a key that is none is a wrong question; a disk that fails is outside.
fn broken(broken: &Broken) -> Failure {
    match broken.kind {
        FailureKind::Question => Failure::usage(broken.to_string()),
        FailureKind::Unreadable => Failure::outside(broken.to_string()),
        _ => Failure::no("not_verified", broken.to_string()),
    }
}

fn package(path: &Path, keys: &[String], against: Option<&str>) -> Result<Checked, Failure> {
    let file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let reader = BufReader::with_capacity(1 << 20, file);
    verify_package(reader, keys, against).map_err(|failure| broken(&failure))
}

/// Checks a data directory's log, and where asked its evidence.
pub(crate) async fn directory(
    globals: &Globals,
    path: &Path,
    keys: &[String],
    against: Option<&str>,
    evidence: bool,
) -> Result<Checked, Failure> {
    let (directory, journal) = wiring::open_to_verify(path, globals.database_url.as_deref()).await?;
    let own = directory.signer()?.verifier_key();
    let pinned = !keys.is_empty();
    let keys = if pinned { keys.to_vec() } else { vec![own.clone()] };
    let head = journal.head().await?;
    let mut checked = if head.size == 0 {
        Checked {
            points: vec!["log: empty".to_owned()],
            warnings: Vec::new(),
            entries: 0,
            withheld: 0,
            files: 0,
            log_size: 0,
            root: head.root,
            key: own,
            pinned,
        }
    } else {
        let mut verifier =
            LogVerifier::new(&head.checkpoint, &keys, against).map_err(|failure| broken(&failure))?;
        let mut next = 0;
        loop {
            let entries = journal.tail(Scope::Provider, next, CHUNK).await?;
            let Some(last) = entries.last() else { break };
            next = last.index + 1;
            for entry in &entries {
                // Entries that were appended since the head was read are signed by a later checkpoint.
                if entry.index < verifier.size() {
                    verifier
                        .entry(entry.index, &entry.canonical, None)
                        .map_err(|failure| broken(&failure))?;
                }
            }
            if next >= verifier.size() {
                break;
            }
        }
        verifier.finish().map_err(|failure| broken(&failure))?
    };
    checked.pinned = pinned;
    if !pinned {
        checked.warnings.push(
            "the key is the directory's own: whoever could change the log could change the key. Give the key that you \
             noted down with --key"
                .to_owned(),
        );
    }
    journal.close().await;
    if evidence {
        checked.points.push(evidence_of(&directory.vault())?);
    }
    Ok(checked)
}

/// Hashes every item of a vault again.
pub(crate) fn evidence_of(folder: &Path) -> Result<String, Failure> {
    if !folder.exists() {
        return Ok("evidence: none".to_owned());
    }
    let failed = |error: vault::VaultError| {
        Failure::outside(format!("{}. {}", crate::failure::chain(&error), error.guidance()))
    };
    let edge = app::edge::Edge::machine();
    let vault = vault::Vault::open(folder, &mut |bytes| edge.fill(bytes)).map_err(failed)?;
    let mut items = 0_u64;
    for (digest, rehash) in vault.rehash_all().map_err(failed)? {
        match rehash.map_err(failed)? {
            vault::Rehash::Intact { .. } => items += 1,
            vault::Rehash::Destroyed => {}
            vault::Rehash::Changed { what } => {
                return Err(Failure::no(
                    "not_verified",
                    format!("evidence {digest}: was changed on disk: {what}"),
                ));
            }
            vault::Rehash::Missing => {
                return Err(Failure::no(
                    "not_verified",
                    format!("evidence {digest}: went missing while it was checked"),
                ));
            }
        }
    }
    let what = if items == 1 {
        "1 item opens to its digest".to_owned()
    } else {
        format!("{items} items open to their digests")
    };
    Ok(format!("evidence: {what}"))
}
