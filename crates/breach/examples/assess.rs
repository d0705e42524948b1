//! Assesses facts from the command line, for trying the crate out by itself:
//! `assess breach assess FILE` (or `-` for standard input) prints the result as JSON.

use std::{
    io::{Read as _, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let path = std::env::args().next_back().unwrap_or_else(|| "-".to_owned());
    let mut text = Vec::new();
    let read = if path == "-" {
        std::io::stdin().read_to_end(&mut text).map(|_| ())
    } else {
        std::fs::read(&path).map(|bytes| text = bytes)
    };
    let mut stderr = std::io::stderr();
    if let Err(error) = read {
        let _ = writeln!(stderr, "{path}: {error}");
        return ExitCode::from(2);
    }
    let answer = breach::Facts::from_json(&text)
        .map_err(|error| error.to_string())
        .and_then(|facts| Ok((facts, breach::Law::embedded().map_err(|error| error.to_string())?)))
        .map(|(facts, law)| breach::assess(&facts, law));
    match answer {
        Ok(assessment) => {
            let json = serde_json::to_string_pretty(&assessment).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(stderr, "{error}");
            ExitCode::from(2)
        }
    }
}
