//! The repository's tasks: `cargo xtask test` installs what the tests need and passes them, `cargo xtask bench`
//! measures, `cargo xtask sqlx` renews the checked queries. Standard library only, so that it builds in seconds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to the terminal")]

mod bench;
mod run;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  test            install what the tests need, then run formatting, lints, all tests, doc tests and licence checks
  bench [NAME…]   build with optimisation and measure; without names, everything (the table of docs/performance.md)
  fuzz [SECONDS]  run every fuzz target for a while (needs cargo-fuzz)
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::all(),
        ["bench", names @ ..] => bench::run(names),
        ["fuzz", rest @ ..] => test::fuzz(rest.first().copied().unwrap_or("60")),
        _ => {
            print!("{HELP}");
            return if words.is_empty() || words == ["--help"] {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(2)
            };
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("xtask: {what}");
            ExitCode::FAILURE
        }
    }
}
