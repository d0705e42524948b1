//! Durable alert intake over HTTP: 16 kept connections, Defender alerts of 2 kB with one device and two indicators, each
//! its own. `cargo run --release -p bench --example intake [SECONDS]`
//!
//! The promise: 3,000/s on SQLite, 1,500/s on PostgreSQL, 99 in 100 answered within 50 ms. Measured in the same run, as
//! bounds: what this HTTP stack answers without doing anything, and how often this disk can be forced. An acknowledged
//! alert is forced, so that 16 clients that wait for their answers cannot get beyond 16 times the second. How fast the cores
//! are just then is told beside each figure.

use std::{
    error::Error,
    net::SocketAddr,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bench::{Times, heading, ms, row};
use testkit::{
    alert, ground,
    http::Client,
    postgres,
    random::Random,
    server::{Program, Server},
};

const CONNECTIONS: usize = 16;
const WARM_UP: Duration = Duration::from_secs(2);
/// Alerts made beforehand, for each second: more than this machine takes.
const A_SECOND: usize = 8_000;
/// Devices of the practice: with few of them, each alert meets the many earlier ones of its device.
const HOSTS: u64 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(10), |text| text.parse::<u64>())?;
    let lasting = Duration::from_secs(seconds);
    let folder = bench::scratch()?;
    heading("bounds of this machine")?;
    let syncs = bench::syncs_per_second(folder.path(), CONNECTIONS * 8_192, Duration::from_secs(2))?;
    row("disk: 128 KiB appended and forced", &format!("{syncs:.0}/s"), None)?;

    let program = Program::new(bench::binary()?, folder.path().join("sqlite"), None);
    intake("SQLite", &program, lasting, 3_000.0, true)?;
    if let Some(postgres) = postgres::start_alone() {
        let program =
            Program::new(bench::binary()?, folder.path().join("postgres"), Some(&postgres.database()));
        intake("PostgreSQL", &program, lasting, 1_500.0, false)?;
    }
    Ok(())
}

fn intake(
    name: &str,
    program: &Program,
    lasting: Duration,
    floor: f64,
    stack: bool,
) -> Result<(), Box<dyn Error>> {
    let ground = ground::lay(program)?;
    let server = program.serve()?;
    if stack {
        let health: Vec<Vec<Request>> = vec![vec![Request::health(); 400_000 / CONNECTIONS]; CONNECTIONS];
        let bound = run(&server, &ground.token, health, Duration::from_secs(2))?;
        row("HTTP: answers to GET /healthz", &format!("{:.0}/s", bound.rate), None)?;
    }
    let total = A_SECOND * usize::try_from((WARM_UP + lasting).as_secs())?;
    let mut random = Random::new(0xA1E7);
    let mut shares: Vec<Vec<Request>> =
        (0..CONNECTIONS).map(|_| Vec::with_capacity(total / CONNECTIONS)).collect();
    let path: Arc<str> = format!("/api/v1/intake/microsoft-defender?practice={}", ground.practice).into();
    let mut bytes = 0;
    for number in 0..total {
        let id = format!("da{:016x}_{number}", random.next());
        let body = alert::defender(&id, &mut random, HOSTS).to_string().into_bytes();
        bytes += body.len();
        if let Some(share) = shares.get_mut(number % CONNECTIONS) {
            share.push(Request { method: "POST", path: Arc::clone(&path), body });
        }
    }
    heading(&format!(
        "{name}: {CONNECTIONS} connections, alerts of {} bytes, {HOSTS} devices",
        bytes / total
    ))?;
    let cores = || -> Result<String, Box<dyn Error>> {
        let each = bench::cores_per_second(Duration::from_millis(500))?;
        Ok(each.iter().map(|rate| format!("{rate:.0}")).collect::<Vec<_>>().join(" and "))
    };
    row("the cores before: texts a second", &cores()?, None)?;
    let found = run(&server, &ground.token, shares, lasting)?;
    let kept = found.rate >= floor;
    row(
        "alerts taken, durable",
        &format!("{:.0}/s", found.rate),
        Some((&format!("at least {floor:.0}/s"), kept)),
    )?;
    let (half, most, last) =
        (found.times.quantile(0.5), found.times.quantile(0.95), found.times.quantile(0.99));
    let text = format!("{:.1} / {:.1} / {:.1} ms", ms(half), ms(most), ms(last));
    let kept = last < Duration::from_millis(50);
    row("p50 / p95 / p99", &text, Some(("p99 under 50 ms", kept)))?;
    row("slowest", &format!("{:.1} ms", ms(found.times.quantile(1.0))), None)?;
    row("not taken", &found.failed.to_string(), Some(("none", found.failed == 0)))?;
    let each = |seconds: f64| format!("{:.0} µs an alert", seconds * 1e6 / found.times.count() as f64);
    row("processor time of the server", &each(found.server_seconds), None)?;
    row("processor time of these clients", &each(found.client_seconds), None)?;
    row("the cores afterwards: texts a second", &cores()?, None)?;
    server.stop()?;
    Ok(())
}

#[derive(Debug, Clone)]
struct Request {
    method: &'static str,
    path: Arc<str>,
    body: Vec<u8>,
}

impl Request {
    fn health() -> Self {
        Self { method: "GET", path: "/healthz".into(), body: Vec::new() }
    }
}

struct Found {
    rate: f64,
    times: Times,
    failed: usize,
    server_seconds: f64,
    client_seconds: f64,
}

/// Lets each share of requests go over a connection of its own, one after the other; counts what is answered after the
/// warm-up.
fn run(
    server: &Server,
    token: &str,
    shares: Vec<Vec<Request>>,
    lasting: Duration,
) -> Result<Found, Box<dyn Error>> {
    let together = Arc::new(Barrier::new(shares.len() + 1));
    let stop = Arc::new(AtomicBool::new(false));
    let counted = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let (together, stop, counted) = (Arc::clone(&together), Arc::clone(&stop), Arc::clone(&counted));
            let (address, token) = (server.address(), token.to_owned());
            thread::spawn(move || {
                together.wait();
                client(address, &token, &share, &stop, &counted)
            })
        })
        .collect();
    let id = server.id().to_string();
    together.wait();
    thread::sleep(WARM_UP.min(lasting));
    let before = (bench::processor_seconds(&id)?, bench::processor_seconds("self")?);
    counted.store(true, Ordering::Relaxed);
    let start = Instant::now();
    while start.elapsed() < lasting && !clients.iter().all(|client| client.is_finished()) {
        thread::sleep(Duration::from_millis(5));
    }
    counted.store(false, Ordering::Relaxed);
    let took = start.elapsed();
    let after = (bench::processor_seconds(&id)?, bench::processor_seconds("self")?);
    stop.store(true, Ordering::Relaxed);
    let (mut times, mut failed) = (Times::default(), 0);
    for client in clients {
        let (own, wrong) = client.join().map_err(|_| "a client ended by a panic")?;
        times.extend(own);
        failed += wrong;
    }
    let rate = times.count() as f64 / took.as_secs_f64();
    Ok(Found { rate, times, failed, server_seconds: after.0 - before.0, client_seconds: after.1 - before.1 })
}

fn client(
    address: SocketAddr,
    token: &str,
    share: &[Request],
    stop: &AtomicBool,
    counted: &AtomicBool,
) -> (Times, usize) {
    let mut client = Client::new(address, Some(token));
    let (mut times, mut failed) = (Times::default(), 0);
    for request in share {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        let headers = [("content-type", "application/json")];
        let good = match client.send(request.method, &request.path, &headers, &request.body) {
            Ok(answer) => matches!(answer.status, 200 | 202),
            Err(_) => false,
        };
        failed += usize::from(!good);
        if good && counted.load(Ordering::Relaxed) {
            times.add(start.elapsed());
        }
    }
    (times, failed)
}
