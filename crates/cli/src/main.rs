#![doc = include_str!("../README.md")]

mod arguments;
mod desk;
mod failure;
mod overview;
mod pick;
mod terminal;
mod verbs;
mod wiring;
mod word;

use std::process::ExitCode;

use clap::{FromArgMatches as _, error::ErrorKind};

use crate::{arguments::Tourniquet, failure::Failure};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let parsed = overview::command().try_get_matches().and_then(|found| Tourniquet::from_arg_matches(&found));
    let outcome = match parsed {
        Ok(tourniquet) => run(tourniquet),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            terminal::say(error.render().to_string().trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(Failure::Usage(overview::usage_line(&error))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.status())
        }
    }
}

fn run(tourniquet: Tourniquet) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(step_back)
        .enable_all()
        .build()
        .map_err(|error| Failure::Outside(format!("the program could not start its threads: {error}")))?;
    runtime.block_on(verbs::run(tourniquet))
}

/// Lets the thread that writes the record go before those that read requests, where processors are few: everybody waits for its
/// commit, and it works for a fraction of a millisecond at a time. Linux counts niceness by thread (`setpriority(2)`); it is made
/// greater here, which needs no privilege.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let own = getpriority_process(None).unwrap_or(0);
        // Where it is not granted, requests are answered all the same.
        let _ = setpriority_process(None, (own + 10).min(19));
    }
}
