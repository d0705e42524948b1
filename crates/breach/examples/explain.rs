//! Prints the explanation of facts read from a file, or the calendar with `--calendar`.

use std::{io::Write as _, process::ExitCode};

use breach::{Facts, Law};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), format) = (arguments.next(), arguments.next()) else {
        let _ = writeln!(std::io::stderr(), "usage: explain FACTS.json [--calendar]");
        return ExitCode::from(2);
    };
    let answer = std::fs::read(&path)
        .map_err(|error| error.to_string())
        .and_then(|text| Facts::from_json(&text).map_err(|error| error.to_string()))
        .and_then(|facts| Ok((facts, Law::embedded().map_err(|error| error.to_string())?)))
        .map(|(facts, law)| {
            let assessment = breach::assess(&facts, law);
            if format.as_deref() == Some("--calendar") {
                breach::calendar(&assessment, &path, jiff::Timestamp::UNIX_EPOCH)
            } else {
                breach::explain(&assessment, &facts)
            }
        });
    match answer {
        Ok(text) => {
            let _ = write!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{path}: {error}");
            ExitCode::from(2)
        }
    }
}
