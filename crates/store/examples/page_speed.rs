//! How fast pages of alerts come out of a full record, and how fast alerts go into the journal. For both databases, or for
//! one: `page_speed [ALERTS] [sqlite | postgres | postgres://…]`. A record is filled once: SQLite's file stays in the target
//! directory, and a database named by its address where it is.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use app::ports::{AlertQuery, AlertRow, Append, Journal, Leaf, Part, Payload, Row, Scope, Verdict};
use kernel::{
    Alert, AlertId, Channel, Digest, Entry, EntryId, GroupId, IncidentId, Indicator, IndicatorKind, PersonId,
    PracticeId, Role, Severity, Stream, Timestamp, entry::EntryActor,
};
use ledger::checkpoint::Signer;
use store::{Location, Options};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PRACTICES: u64 = 50;
/// What 95 of 100 pages keep within, in milliseconds, at a million alerts.
const FLOOR: f64 = 15.0;

/// A number that looks drawn, from one that counts (SplitMix64).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

/// A word of a vocabulary in which the `n`th is as frequent as 1/n.
fn word(seed: u64) -> String {
    let rank = 20_000_f64.powf((mix(seed) % 1_000_000) as f64 / 1_000_000.0) as u64;
    format!("w{rank}x")
}

fn pick<T: Copy>(list: &[T], drawn: u64, other: T) -> T {
    let at = usize::try_from(drawn % list.len() as u64).unwrap_or(0);
    list.get(at).copied().unwrap_or(other)
}

fn alert(number: u64) -> Outcome<Append> {
    let practice = PracticeId::from_u128(u128::from(1 + mix(number) % PRACTICES));
    let at = Timestamp::from_microsecond(1_769_400_000_000_000 + i64::try_from(number)? * 1000)?;
    let id = AlertId::new(at, u128::from(mix(number ^ 77)));
    let words: Vec<_> = (0..60).map(|n| word(number * 64 + n)).collect();
    let text = words.join(" ");
    let alert = Alert {
        channel: Channel::Mdr,
        source: pick(&["microsoft-defender", "huntress", "wazuh"], mix(number), "wazuh").to_owned(),
        source_id: Some(format!("da{number}")),
        title: Some(format!("Suspicious activity {}", word(number * 64))),
        description: Some(text.repeat(2)),
        severity: Some(Severity::Medium),
        source_severity: Some("medium".to_owned()),
        status: None,
        occurred_at: Some(at.into()),
        reported_at: Some(at.into()),
        hosts: vec![format!("ws-{}", mix(number ^ 5) % 5000)],
        accounts: vec![],
        indicators: vec![
            Indicator {
                kind: IndicatorKind::Ipv4,
                value: format!("203.0.{}.{}", number % 250, mix(number) % 250),
            },
            Indicator { kind: IndicatorKind::Sha256, value: Digest::of(&number.to_be_bytes()).to_string() },
        ],
        techniques: vec!["T1486".to_owned()],
        link: None,
        raw_sha256: Digest::of(&number.to_le_bytes()),
    };
    let verdict = match mix(number ^ 9) % 1000 {
        0 => Some(Verdict::Undetermined),
        1..=300 => Some(Verdict::False),
        _ => None,
    };
    let row = AlertRow {
        id,
        practice,
        dedup_key: format!("s:{number}"),
        version: 1,
        received_at: at,
        updated_at: at,
        proposal: serde_json::json!({ "reasons": ["seen before", "same host"], "kind": "malware" }),
        proposed_verdict: Verdict::True,
        severity: pick(&Severity::ALL, mix(number ^ 3), Severity::Low),
        verdict,
        group: GroupId::from_u128(u128::from(mix(number) % 10_000)),
        incident: mix(number ^ 11)
            .is_multiple_of(5000)
            .then(|| IncidentId::from_u128(u128::from(mix(number) % 20))),
        alert,
    };
    let body = serde_json::json!({ "source": row.alert.source, "hosts": row.alert.hosts, "raw": row.alert.raw_sha256 });
    let entry = Entry {
        v: 1,
        id: EntryId::new(at, u128::from(mix(number ^ 13))),
        practice,
        stream: Stream::alert(id),
        version: 1,
        at,
        actor: EntryActor { id: PersonId::from_u128(1), name: "intake".to_owned(), role: Role::Service },
        kind: "alert_received".to_owned(),
        privileged: false,
        body,
    };
    let canonical = serde_json::to_vec(&entry)?;
    Ok(Append {
        practice,
        key: None,
        parts: vec![Part { stream: entry.stream, expected: 0, entries: vec![Leaf { entry, canonical }] }],
        payloads: vec![Payload {
            digest: row.alert.raw_sha256,
            sealed: vec![u8::try_from(number % 251)?; 2200],
        }],
        rows: vec![Row::Alert(Box::new(row))],
    })
}

/// Takes alerts in from so many clients until the record holds `until`; gives the rate.
async fn fill(
    journal: &Arc<dyn Journal>,
    from: u64,
    until: u64,
    clients: u64,
) -> Outcome<(f64, Vec<Duration>)> {
    let next = Arc::new(AtomicU64::new(from));
    let start = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (journal, next) = (Arc::clone(journal), Arc::clone(&next));
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= until {
                        return Outcome::Ok(times);
                    }
                    let append = alert(number)?;
                    let before = Instant::now();
                    journal.append(append).await?;
                    times.push(before.elapsed());
                }
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(((until - from) as f64 / start.elapsed().as_secs_f64(), times))
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// What is searched for.
fn cases() -> [(&'static str, Scope, AlertQuery); 12] {
    let text = |words: &str| Some(words.to_owned());
    let none = AlertQuery::default;
    [
        ("no filter", Scope::Provider, none()),
        ("one practice", Scope::Practice(PracticeId::from_u128(7)), none()),
        (
            "common word + unjudged",
            Scope::Provider,
            AlertQuery { text: text("suspicious"), verdict: Some(None), ..none() },
        ),
        (
            "common beginning + severe",
            Scope::Provider,
            AlertQuery { text: text("w1"), severity: Some(Severity::High), ..none() },
        ),
        (
            "1 in 15 + source",
            Scope::Provider,
            AlertQuery { text: text("w40x"), source: text("wazuh"), ..none() },
        ),
        (
            "1 in 150 + unjudged",
            Scope::Provider,
            AlertQuery { text: text("w500x"), verdict: Some(None), ..none() },
        ),
        (
            "1 in 1500 + unjudged",
            Scope::Provider,
            AlertQuery { text: text("w5000x"), verdict: Some(None), ..none() },
        ),
        (
            "one hash",
            Scope::Provider,
            AlertQuery { text: text(&Digest::of(&5_u64.to_be_bytes()).to_string()), ..none() },
        ),
        (
            "common word + rare verdict",
            Scope::Provider,
            AlertQuery { text: text("suspicious"), verdict: Some(Some(Verdict::Undetermined)), ..none() },
        ),
        (
            "common word + one incident",
            Scope::Provider,
            AlertQuery { text: text("suspicious"), incident: Some(IncidentId::from_u128(3)), ..none() },
        ),
        (
            "practice + 1 in 150",
            Scope::Practice(PracticeId::from_u128(7)),
            AlertQuery { text: text("w500x"), ..none() },
        ),
        ("two words, neither rare", Scope::Provider, AlertQuery { text: text("w40x w60x"), ..none() }),
    ]
}

#[expect(clippy::print_stdout, reason = "a benchmark's table")]
async fn measure(name: &str, location: Location, alerts: u64) -> Outcome<()> {
    let journal =
        store::open(&location, Signer::new("bench.example/log", &[1; 32])?, Options::default()).await?;
    let held = journal.head().await?.size;
    if held < alerts {
        let (rate, _) = fill(&journal, held, alerts, 256).await?;
        println!("{name}: filled to {alerts} with 256 clients at {rate:.0}/s");
    }
    let held = journal.head().await?.size;
    let (rate, mut times) = fill(&journal, held, held + 20_000, 16).await?;
    let p99 = percentile(&mut times, 99);
    println!("{name}: intake by 16 clients, {held} held: {rate:.0}/s, p99 {p99:.1} ms");
    for (case, scope, query) in cases() {
        let mut times = Vec::new();
        let mut found = 0;
        let mut after = None;
        for _ in 0..60 {
            let start = Instant::now();
            let page = journal.alerts(scope, AlertQuery { after, ..query.clone() }).await?;
            times.push(start.elapsed());
            found = page.items.len().max(found);
            after = page.next;
        }
        let (p50, p95) = (percentile(&mut times, 50), percentile(&mut times, 95));
        let kept = if p95 < FLOOR { "met" } else { "NOT MET" };
        println!(
            "{name}: {case:28} {found:3} rows  p50 {p50:6.2} ms  p95 {p95:6.2} ms  under {FLOOR} ms: {kept}"
        );
    }
    journal.close().await;
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let alerts = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let only = arguments.next();
    if only.as_deref().is_none_or(|only| only == "sqlite") {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let folder = PathBuf::from(target).join("page-speed");
        std::fs::create_dir_all(&folder)?;
        measure("SQLite", Location::File(folder.join(format!("{alerts}.db"))), alerts).await?;
    }
    match only.as_deref() {
        Some("sqlite") => Ok(()),
        Some(url) if url.contains("://") => {
            measure("PostgreSQL", Location::Postgres(url.to_owned()), alerts).await
        }
        _ => match testkit::postgres::start() {
            Some(server) => measure("PostgreSQL", Location::Postgres(server.database()), alerts).await,
            None => Ok(()),
        },
    }
}
