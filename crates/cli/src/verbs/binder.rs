//! The binder for when nothing works.

use std::{fs, path::PathBuf};

use clap::Args;

use super::Bench;
use crate::{
    failure::Failure,
    terminal::{say, say_json},
};

/// `binder`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet binder --out binder.pdf\n  tourniquet binder 'Cedar Hollow' --out binder.pdf"
)]
pub(crate) struct BinderArgs {
    /// The practice, by name or id; the only one where absent
    practice: Option<String>,
    /// The file
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) async fn run(bench: &Bench, args: BinderArgs) -> Result<(), Failure> {
    let practice = bench.desk.find_practice(args.practice.as_deref()).await?;
    let pdf = bench.desk.binder(practice).await?;
    fs::write(&args.out, &pdf).map_err(|error| Failure::writing(&args.out, &error))?;
    if bench.json() {
        return say_json(&serde_json::json!({"practice": practice, "file": args.out, "bytes": pdf.len()}));
    }
    say(&format!("{}: print it, and keep it where it is found without a computer", args.out.display()));
    Ok(())
}
