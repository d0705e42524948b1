//! Sets the report of one incident: `board_report [VIEW.json [REPORT.pdf]]`. Without a view it takes the made-up
//! incident of the tests. Prints how long it took.

use std::{env, error::Error, fs, io::Write as _, time::Instant};

use report::IncidentReport;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let view = match arguments.next() {
        Some(file) => fs::read_to_string(file)?,
        None => include_str!("../tests/report/sample.json").to_owned(),
    };
    let file = arguments.next().unwrap_or_else(|| "report.pdf".into());
    let report: IncidentReport = serde_json::from_str(&view)?;
    let start = Instant::now();
    let pdf = report.to_pdf(report.as_of)?;
    let seconds = start.elapsed().as_secs_f64();
    fs::write(&file, &pdf)?;
    writeln!(std::io::stdout(), "{}: {} bytes in {seconds:.2} s", file.display(), pdf.len())?;
    Ok(())
}
