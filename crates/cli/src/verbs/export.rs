//! `export`: the sealed package (`contracts/package.md`).

use std::path::PathBuf;

use clap::Args;
use ledger::package::Audience;
use serde_json::Value;

use super::{Bench, ask::On};
use crate::{
    failure::Failure,
    terminal::{say, say_json, size, waiting},
    word::word,
};

/// `export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tourniquet export open --for insurer --out insurer.zip\n  \
    tourniquet export open --for counsel --out counsel.zip --as 'attorney:A. Counsel'\n\n\
    `tourniquet verify FILE.zip` checks a package without data directory, network or account; VERIFY.md in it says how to do\n\
    the same with public tools.")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    on: On,
    /// Who reads it, and so what may be in it
    #[arg(long = "for", value_name = "READER", value_parser = word::<Audience>())]
    audience: Audience,
    /// The file
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Takes the evidence along
    #[arg(long, conflicts_with = "no_evidence")]
    evidence: bool,
    /// Leaves the evidence out
    #[arg(long)]
    no_evidence: bool,
}

pub(crate) async fn run(bench: &Bench, args: ExportArgs) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&args.on.incident).await?;
    let evidence = match (args.evidence, args.no_evidence) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let bar = waiting("writing the package");
    let outcome = bench.desk.export(id, args.audience, evidence, &args.out).await;
    bar.finish_and_clear();
    let exported = outcome?;
    if bench.json() {
        return say_json(&exported);
    }
    let number = |name: &str| exported.get(name).and_then(Value::as_u64);
    say(&format!("{} ({})", args.out.display(), size(number("bytes").unwrap_or_default())));
    if let (Some(entries), Some(withheld), Some(files)) =
        (number("entries"), number("withheld"), number("files"))
    {
        say(&format!(
            "{entries} entries, {withheld} more as leaf hash alone, {files} files, for {}",
            args.audience
        ));
    }
    let text = |name: &str| exported.get(name).and_then(Value::as_str);
    if let Some(manifest) = text("manifest") {
        say(&format!("manifest sha-256 {manifest}"));
    }
    if let Some(key) = text("key") {
        say(&format!("verify with: tourniquet verify {} --key '{key}'", args.out.display()));
    }
    Ok(())
}
