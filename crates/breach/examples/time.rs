//! How long an assessment takes with all 54 jurisdictions, thresholds passed everywhere: prints the median and the
//! slowest of many runs. `cargo run --release -p breach --example time`.

use std::{io::Write as _, process::ExitCode, time::Instant};

use breach::{Facts, Law};
use serde_json::json;

const RUNS: usize = 2000;

fn main() -> ExitCode {
    let started = Instant::now();
    let law = match Law::embedded() {
        Ok(law) => law,
        Err(error) => return fail(&error.to_string()),
    };
    let loaded = started.elapsed();
    let by_state: serde_json::Map<_, _> =
        law.jurisdictions.keys().map(|state| (state.code().to_owned(), json!(10_001))).collect();
    let facts = json!({
        "entity": {"kind": "covered_entity", "state": "CA", "time_zone": "America/Los_Angeles"},
        "event": {"kind": "ransomware", "data": ["phi", "employee", "part2", "phr"]},
        "knowledge": {"known_on": "2026-06-01T09:00:00-07:00", "determined_on": "2026-06-10"},
        "law_enforcement_holds": [{"form": "written", "stated_on": "2026-06-20", "until": "2026-09-30"}],
        "individuals": {"by_state": by_state, "elements": ["name", "ssn", "diagnosis"]},
    });
    let facts = match Facts::from_value(&facts) {
        Ok(facts) => facts,
        Err(error) => return fail(&error.to_string()),
    };
    let mut times = Vec::with_capacity(RUNS);
    let mut obligations = 0;
    for _ in 0..RUNS {
        let run = Instant::now();
        let answer = breach::assess(&facts, law);
        times.push(run.elapsed());
        obligations = answer.obligations.len();
    }
    times.sort_unstable();
    let (Some(median), Some(slowest)) = (times.get(RUNS / 2), times.last()) else { return ExitCode::FAILURE };
    let _ = writeln!(
        std::io::stdout(),
        "{} jurisdictions, {obligations} obligations: median {median:?}, slowest {slowest:?} of {RUNS}; tables read once in {loaded:?}",
        law.jurisdictions.len()
    );
    ExitCode::SUCCESS
}

fn fail(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{error}");
    ExitCode::FAILURE
}
