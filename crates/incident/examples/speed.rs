//! Prints how long it takes to fold 10,000 events, to read them from their entries, and to triage alerts.
//! `cargo run --release -p incident --example speed`

use std::time::Instant;

use incident::{Event, Practice, RelatedAlert, State, Subject, triage};
use kernel::{
    AccountName, Alert, AlertId, Channel, Digest, EvidenceId, IncidentId, Indicator, IndicatorKind, PersonId,
    PracticeId, Role, Severity, SystemName, Timestamp, entry::EntryActor,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now: Timestamp = "2026-01-26T13:10:00Z".parse()?;
    let actor =
        EntryActor { id: PersonId::from_u128(1), name: "Rae Responder".to_owned(), role: Role::Responder };
    let events = events()?;
    let bodies: Vec<_> = events.iter().map(|event| (event.kind(), event.body())).collect();

    let start = Instant::now();
    let mut state = State::new(IncidentId::from_u128(1), PracticeId::from_u128(1));
    for event in &events {
        state.apply(event, now, &actor);
    }
    report("fold 10,000 events", start, events.len());

    let start = Instant::now();
    for (kind, body) in &bodies {
        Event::from_parts(kind, body)?;
    }
    report("read 10,000 events from their entries", start, bodies.len());

    let start = Instant::now();
    let count = state.next_decisions(&practice()?, now).len() + state.clocks(&practice()?, now).len();
    report("what waits, and clocks", start, count.max(1));

    let practice = practice()?;
    let (alert, related) = alerts(now);
    let start = Instant::now();
    for _ in 0..20_000 {
        std::hint::black_box(triage::propose(&alert, &related, &practice, now));
    }
    report("triage, 20 related alerts each", start, 20_000);

    let batch: Vec<_> = (0..10_000_u128)
        .map(|n| {
            RelatedAlert::of(
                AlertId::from_u128(n),
                &Alert { hosts: vec![format!("ws-{}", n % 900)], ..alert.clone() },
                now,
                None,
            )
        })
        .collect();
    let start = Instant::now();
    std::hint::black_box(triage::group(&batch));
    report("group a batch of 10,000", start, batch.len());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing the table is what the program is for")]
fn report(what: &str, start: Instant, count: usize) {
    let took = start.elapsed();
    println!(
        "{what:<40} {:>9.2} ms {:>9.2} µs each",
        took.as_secs_f64() * 1e3,
        took.as_secs_f64() * 1e6 / count as f64
    );
}

fn events() -> Result<Vec<Event>, Box<dyn std::error::Error>> {
    let mut events = Vec::new();
    for n in 0..2_500_u128 {
        let system = SystemName::new(&format!("ws-{}", n % 40))?;
        let why = "the EDR saw a beacon to the same address".to_owned();
        let subject = Subject::System { system: system.clone() };
        events.push(Event::Suspected { subject, why: why.clone(), seen_on: vec![] });
        let indicator = Indicator { kind: IndicatorKind::Ipv4, value: format!("203.0.113.{}", n % 200) };
        events.push(Event::Suspected {
            subject: Subject::Indicator { indicator },
            why: why.clone(),
            seen_on: vec![],
        });
        events.push(Event::EvidenceTaken {
            evidence: EvidenceId::from_u128(n),
            digest: Digest::of(b"x"),
            bytes: 1,
            source: "ws".to_owned(),
            why: why.clone(),
            retain_until: "2032-01-26".parse()?,
        });
        events.push(Event::SystemWorkDone {
            system,
            work: incident::SystemWork::ArtefactRemoved,
            what: why,
            evidence: vec![EvidenceId::from_u128(n)],
        });
    }
    Ok(events)
}

fn practice() -> Result<Practice, Box<dyn std::error::Error>> {
    let systems: Vec<_> = (0..20)
        .map(|n| {
            serde_json::json!({"key": format!("ws-{n}"), "name": "n", "kind": "workstation",
                "hostnames": [format!("WS-{n}.cedarhollow.example")], "services": [{"service": "visits"}]})
        })
        .collect();
    Ok(serde_json::from_value(serde_json::json!({
        "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York",
        "sites": [{"key": "main", "name": "Main", "kind": "clinic"}],
        "services": [{"key": "visits", "name": "Visits", "site": "main", "kind": "clinic"}],
        "systems": systems,
        "schedule": {"usual": [{"service": "visits", "weekdays": ["monday"], "hours": [{"hour": 9, "visits": 10}]}]}
    }))?)
}

fn alerts(now: Timestamp) -> (Alert, Vec<RelatedAlert>) {
    let alert = Alert {
        channel: Channel::Mdr,
        source: "generic".to_owned(),
        source_id: None,
        title: Some("Suspicious PowerShell with an encoded command".to_owned()),
        description: Some("A process started PowerShell with a hidden window. ".repeat(20)),
        severity: Some(Severity::High),
        source_severity: None,
        status: None,
        occurred_at: Some(now.into()),
        reported_at: None,
        hosts: vec!["ws-3.cedarhollow.example".to_owned()],
        accounts: AccountName::new("CEDAR\\frontdesk2").map(|name| name.to_string()).into_iter().collect(),
        indicators: vec![
            Indicator { kind: IndicatorKind::Ipv4, value: "203.0.113.9".to_owned() },
            Indicator { kind: IndicatorKind::Sha256, value: "ab".repeat(32) },
        ],
        techniques: vec!["T1059.001".to_owned()],
        link: None,
        raw_sha256: Digest::of(b"x"),
    };
    let related = (0..20).map(|n| RelatedAlert::of(AlertId::from_u128(n), &alert, now, None)).collect();
    (alert, related)
}
