//! Writes the report of a made-up incident: `board_report [FILE] [sample|empty|huge]`.

use std::{env, fs, process::ExitCode, time::Instant};

#[path = "../tests/sample.rs"]
mod sample;
#[path = "../tests/variants.rs"]
mod variants;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().unwrap_or_else(|| "report.pdf".to_owned());
    let report = match arguments.next().as_deref() {
        None | Some("sample") => sample::report(),
        Some("empty") => variants::empty(),
        Some("huge") => variants::huge(),
        Some("hostile") => variants::hostile(),
        Some(_) => return ExitCode::FAILURE,
    };
    let start = Instant::now();
    match report.to_pdf(sample::as_of()).map(|pdf| (pdf.len(), fs::write(&file, pdf))) {
        Ok((bytes, Ok(()))) => {
            println!("{file}: {bytes} bytes in {:.2} s", start.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Ok((_, Err(error))) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
