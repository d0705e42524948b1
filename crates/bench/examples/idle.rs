//! From start to first answer, and resident memory when nothing happens. `cargo run --release -p bench --example idle`
//!
//! The promise: an answer within 0.5 s, under 100 MB. Measured on an empty record and on one with some thousand alerts,
//! which the server must not read at its start.

use std::{
    error::Error,
    thread,
    time::{Duration, Instant},
};

use bench::{Times, heading, ms, row};
use testkit::{
    alert,
    ground::{self, Ground},
    http::Client,
    random::Random,
    server::Program,
};

const STARTS: usize = 15;
const ALERTS: usize = 5_000;
/// How long the server is left alone before its memory is read.
const QUIET: Duration = Duration::from_secs(4);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = bench::scratch()?;
    let program = Program::new(bench::binary()?, folder.path().join("data"), None);
    let ground = ground::lay(&program)?;
    heading("an empty record")?;
    measure(&program, &ground)?;

    let server = program.serve()?;
    let mut client = Client::new(server.address(), Some(&ground.token));
    let mut random = Random::new(0x1D1E);
    // Twenty a request: this fills the record, it does not measure.
    for group in 0..ALERTS / 20 {
        let alerts: Vec<_> = (0..20)
            .map(|number| alert::defender(&format!("idle-{group}-{number}"), &mut random, 200))
            .collect();
        let path = format!("/api/v1/intake/microsoft-defender?practice={}", ground.practice);
        let answer = client.post(&path, &alerts.into(), &[])?;
        if answer.status >= 300 {
            return Err(format!("{} {}", answer.status, answer.text()).into());
        }
    }
    drop(client);
    row("memory after taking them in", &format!("{:.0} MB", bench::resident_megabytes(server.id())?), None)?;
    server.stop()?;
    heading(&format!("a record of {ALERTS} alerts"))?;
    measure(&program, &ground)
}

fn measure(program: &Program, ground: &Ground) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    for _ in 0..STARTS {
        let start = Instant::now();
        let server = program.serve()?;
        let answer = Client::new(server.address(), Some(&ground.token)).get("/api/v1/alerts?limit=50")?;
        times.add(start.elapsed());
        if answer.status != 200 {
            return Err(format!("{} {}", answer.status, answer.text()).into());
        }
        server.stop()?;
    }
    let slowest = times.quantile(1.0);
    let text = format!("{:.0} / {:.0} ms", ms(times.quantile(0.5)), ms(slowest));
    let kept = slowest < Duration::from_millis(500);
    row("start to first answer (a page), median / slowest", &text, Some(("under 500 ms", kept)))?;
    let server = program.serve()?;
    let _ = Client::new(server.address(), Some(&ground.token)).get("/api/v1/alerts?limit=50")?;
    thread::sleep(QUIET);
    let resident = bench::resident_megabytes(server.id())?;
    row("resident when idle", &format!("{resident:.0} MB"), Some(("under 100 MB", resident < 100.0)))?;
    server.stop()?;
    Ok(())
}
