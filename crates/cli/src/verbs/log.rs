//! The log's signed head, and the key that verifies it.

use clap::Subcommand;

use super::Bench;
use crate::{
    failure::Failure,
    terminal::{say, say_json},
};

/// `log …`
#[derive(Debug, Subcommand)]
pub(crate) enum LogVerb {
    /// Prints the signed checkpoint (c2sp.org/tlog-checkpoint): keep one elsewhere, and `verify --against` proves later that nothing before it changed
    #[command(after_help = "Example:\n  tourniquet log checkpoint > checkpoint-2026-09-14.txt")]
    Checkpoint,
    /// Prints the key that verifies the log (c2sp.org/signed-note): note it down outside this machine
    #[command(after_help = "Example:\n  tourniquet log key")]
    Key,
}

pub(crate) async fn run(bench: &Bench, verb: LogVerb) -> Result<(), Failure> {
    let head = bench.desk.log_head().await?;
    if bench.json() {
        return say_json(&head);
    }
    match verb {
        LogVerb::Checkpoint if head.checkpoint.is_empty() => {
            Err(Failure::usage("the log is empty: there is no checkpoint yet"))
        }
        LogVerb::Checkpoint => {
            say(head.checkpoint.trim_end());
            Ok(())
        }
        LogVerb::Key => {
            say(&head.key);
            Ok(())
        }
    }
}
