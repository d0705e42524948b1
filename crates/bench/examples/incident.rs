//! Opening an incident of 10,000 entries: with nothing remembered, after a restart, and again.
//! `cargo run --release -p bench --example incident [ENTRIES]`
//!
//! The promise: under 30 ms. The incident is led over HTTP as a long one would be: systems, accounts, indicators,
//! findings, evidence, notes and the work on each system.

use std::{
    error::Error,
    io,
    time::{Duration, Instant},
};

use bench::{Times, heading, ms, row};
use serde_json::{Value, json};
use testkit::{
    ground::{self, Ground},
    http::{Answer, Client},
    postgres,
    server::Program,
};

const PROMISE: Duration = Duration::from_millis(30);
const SYSTEMS: u64 = 40;
const ACCOUNTS: u64 = 20;
const INDICATORS: u64 = 300;

fn main() -> Result<(), Box<dyn Error>> {
    let entries = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse::<u64>())?;
    let folder = bench::scratch()?;
    let program = Program::new(bench::binary()?, folder.path().join("sqlite"), None);
    measure("SQLite", &program, entries)?;
    if let Some(postgres) = postgres::start_alone() {
        let program =
            Program::new(bench::binary()?, folder.path().join("postgres"), Some(&postgres.database()));
        measure("PostgreSQL", &program, entries)?;
    }
    Ok(())
}

fn measure(name: &str, program: &Program, entries: u64) -> Result<(), Box<dyn Error>> {
    let ground = ground::lay(program)?;
    let server = program.serve()?;
    let mut client = Client::new(server.address(), Some(&ground.token));
    let start = Instant::now();
    let incident = lead(&mut client, &ground, entries)?;
    let took = start.elapsed();
    let path = format!("/api/v1/incidents/{incident}");
    let view = good(client.get(&path)?)?;
    let version = view.json().pointer("/state/version").and_then(Value::as_u64).unwrap_or(0);
    heading(&format!("{name}: an incident of {version} entries, {} kB as JSON", view.body.len() / 1000))?;
    let each = took.as_secs_f64() * 1e3 / version as f64;
    row("leading it there, one command after the other", &format!("{each:.2} ms an entry"), None)?;
    drop(client);
    server.stop()?;

    let mut cold = Times::default();
    for _ in 0..7 {
        let server = program.serve()?;
        let mut client = Client::new(server.address(), Some(&ground.token));
        // The connection, the token and the first statement of each kind are not what is measured.
        good(client.get("/api/v1/incidents")?)?;
        let start = Instant::now();
        good(client.get(&path)?)?;
        cold.add(start.elapsed());
        server.stop()?;
    }
    told("opened after a restart, median / slowest", &cold, true)?;

    let server = program.serve()?;
    let mut client = Client::new(server.address(), Some(&ground.token));
    let mut warm = Times::default();
    for _ in 0..200 {
        let start = Instant::now();
        good(client.get(&path)?)?;
        warm.add(start.elapsed());
    }
    told("opened again, median / slowest of 200", &warm, true)?;
    for (what, own) in
        [("its decisions", "decisions"), ("its clocks", "clocks"), ("its timeline, whole", "timeline")]
    {
        let mut times = Times::default();
        for _ in 0..10 {
            let start = Instant::now();
            good(client.get(&format!("{path}/{own}"))?)?;
            times.add(start.elapsed());
        }
        told(&format!("{what}, median / slowest"), &times, false)?;
    }
    let body =
        json!({"command": "suspect", "subject": {"what": "system", "system": "ws-last"}, "why": "one more"});
    let start = Instant::now();
    good(client.post(&format!("{path}/commands"), &body, &[])?)?;
    row("one more command, durable", &format!("{:.1} ms", ms(start.elapsed())), None)?;
    server.stop()?;
    Ok(())
}

fn told(what: &str, times: &Times, promised: bool) -> io::Result<()> {
    let (half, slowest) = (times.quantile(0.5), times.quantile(1.0));
    let text = format!("{:.1} / {:.1} ms", ms(half), ms(slowest));
    row(what, &text, promised.then_some(("under 30 ms", slowest < PROMISE)))
}

fn good(answer: Answer) -> Result<Answer, String> {
    if answer.status < 300 { Ok(answer) } else { Err(format!("{} {}", answer.status, answer.text())) }
}

/// Leads an incident until it has so many entries.
fn lead(client: &mut Client, ground: &Ground, entries: u64) -> Result<String, Box<dyn Error>> {
    let declare = json!({
        "practice": ground.practice, "title": "Ransomware at the clinic", "incident_kind": "ransomware",
        "reason": "files were renamed on two workstations",
    });
    let declared = good(client.post("/api/v1/incidents", &declare, &[])?)?.json();
    let incident =
        declared.get("incident").and_then(Value::as_str).ok_or("no incident in the answer")?.to_owned();
    let path = format!("/api/v1/incidents/{incident}");
    let mut made = 1;
    let mut number = 0;
    while made < entries {
        let (own, body) = step(number);
        let answer = match own {
            Some(bytes) => {
                let path = format!(
                    "{path}/evidence?name=triage-{number}.zip&source=ws-{}&why=triage",
                    number % SYSTEMS
                );
                client.send("POST", &path, &[("content-type", "application/octet-stream")], &bytes)?
            }
            None if body.get("text").is_some() => client.post(&format!("{path}/notes"), &body, &[])?,
            None => client.post(&format!("{path}/commands"), &body, &[])?,
        };
        let answer = good(answer)?.json();
        made = answer.get("version").and_then(Value::as_u64).ok_or("no version in the answer")?;
        number += 1;
    }
    Ok(incident)
}

/// What is done next: bytes to take in, or a note or a command.
fn step(number: u64) -> (Option<Vec<u8>>, Value) {
    let why = "the sensor saw a beacon to the same address, and the same scheduled task as on the first";
    let system = format!("ws-{}", number % SYSTEMS);
    let suspect = |subject: Value| json!({"command": "suspect", "subject": subject, "why": why});
    let (accounts, indicators) = (SYSTEMS + ACCOUNTS, SYSTEMS + ACCOUNTS + INDICATORS);
    if number < SYSTEMS {
        return (None, suspect(json!({"what": "system", "system": system})));
    }
    if number < accounts {
        return (
            None,
            suspect(json!({"what": "account", "account": format!("user{number}@cedarhollow.example")})),
        );
    }
    if number < indicators {
        let indicator = json!({"kind": "domain", "value": format!("c{number}.example")});
        return (None, suspect(json!({"what": "indicator", "indicator": indicator})));
    }
    match number % 20 {
        0 => (Some(number.to_le_bytes().repeat(500)), Value::Null),
        1..8 => (None, json!({"text": format!("Call {number}: {why}.")})),
        _ => (
            None,
            json!({
                "command": "record_system_work", "system": system, "work": "artefact_removed",
                "what": format!("removed the scheduled task and its file, pass {number}"), "evidence": [],
            }),
        ),
    }
}
