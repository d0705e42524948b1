//! A clock that jumps: an hour back, as when a machine finds its time server again, and a year forward, as when its
//! battery is dead. The journal's order is that of its versions and indices, never that of its instants.
#![cfg(test)]

use std::collections::BTreeMap;

use app::{
    command::How,
    edge::Edge,
    ports::{AlertQuery, Scope},
};
use incident::{IncidentKind, Request, Subject};
use kernel::{Entry, Role, Stream, StreamKind, SystemName, Timestamp};
use testkit::app::Program;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alert(number: u32, host: &str) -> Vec<u8> {
    let text = format!(
        r#"{{"id": "a{number}", "title": "beacon", "host": "{host}", "timestamp": "2026-01-26T13:00:00Z"}}"#
    );
    text.into_bytes()
}

/// The log's entries, each stream's versions without a gap, and the whole log verified against its checkpoint.
async fn whole_log(program: &Program) -> Vec<Entry> {
    let journal = program.app.journal();
    let recorded = journal.tail(Scope::Provider, 0, 100_000).await.unwrap();
    let mut versions: BTreeMap<Stream, u64> = BTreeMap::new();
    for (index, entry) in (0..).zip(&recorded) {
        assert_eq!(entry.index, index);
        let version = versions.entry(entry.stream).or_default();
        *version += 1;
        assert_eq!(entry.version, *version, "{:?}", entry.stream);
    }
    let head = journal.head().await.unwrap();
    assert_eq!(head.size, recorded.len() as u64);
    let leaves = recorded.iter().map(|entry| (entry.index, &entry.canonical));
    ledger::verify::verify_log(leaves, &head.checkpoint, &[program.app.verifier_key()], None).unwrap();
    recorded.iter().map(|entry| serde_json::from_slice(&entry.canonical).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_keep_their_order_when_the_clock_goes_back_an_hour_and_forward_a_year() {
    let (edge, hand) = Edge::simulated(at("2026-01-26T13:00:00Z"), 11);
    let program = Program::start(edge).await.unwrap();
    let lead = program.person(Role::Lead);
    let declare = Request::Declare {
        title: "Beacons from the front desk".to_owned(),
        incident_kind: IncidentKind::Malware,
        reason: "two sensors agree".to_owned(),
        alerts: vec![],
        subjects: vec![],
        severity: None,
        exercise: false,
    };
    let incident = program.app.declare(&lead, program.practice, declare, None).await.unwrap().incident;

    let mut received = Vec::new();
    let jumps =
        ["2026-01-26T13:05:00Z", "2026-01-26T12:05:00Z", "2027-01-26T13:00:00Z", "2026-01-26T12:06:00Z"];
    for (jump, number) in jumps.into_iter().zip(0..) {
        hand.set(at(jump));
        for (host, own) in [("ws-front2.cedarhollow.example", 0), ("ws-exam1.cedarhollow.example", 1)] {
            let taken =
                program.app.read_alerts(None, &alert(number * 10 + own, host)).pop().unwrap().unwrap();
            let intake = program.app.take_alert(&lead, program.practice, taken).await.unwrap();
            received.push((intake.id.unwrap(), intake.duplicate_of));
        }
        for member in 0..3 {
            let system = SystemName::new(&format!("ws-{number}-{member}")).unwrap();
            let why = format!("seen at {jump}");
            let request = Request::Suspect { subject: Subject::System { system }, why, seen_on: vec![] };
            let done = program.app.command(&lead, incident, request, How::default()).await.unwrap();
            assert_eq!(done.version, done.entries.last().unwrap().version);
        }
        // What is shown at any moment of a wrong clock may be odd, and must be there.
        let view = program.app.incident(&lead, incident).await.unwrap();
        assert_eq!(view.state.systems.len(), (number as usize + 1) * 3);
        assert_eq!(view.phases.len(), 6);
        assert!(!view.decisions.is_empty());
        program.app.timeline(&lead, incident).await.unwrap();
    }

    let entries = whole_log(&program).await;
    let told: Vec<_> = entries
        .iter()
        .filter(|entry| entry.stream == Stream::incident(incident) && entry.kind == "suspected")
        .map(|entry| entry.at)
        .collect();
    let expected: Vec<_> = jumps.iter().flat_map(|jump| [at(jump); 3]).collect();
    assert_eq!(
        told, expected,
        "an entry keeps the instant that the clock had, in the order in which it came"
    );
    assert_eq!(
        entries.iter().filter(|entry| entry.stream.kind == StreamKind::Alert && entry.version == 1).count(),
        8
    );
    assert!(received.iter().all(|(_, duplicate)| duplicate.is_none()));

    // A list is in the order of arrival, so that no page leaves an alert out or shows one twice.
    let mut listed = Vec::new();
    let mut query = AlertQuery { limit: 3, ..AlertQuery::default() };
    loop {
        let page = program.app.alerts(&lead, query.clone()).await.unwrap();
        listed.extend(page.items.iter().map(|row| row.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    listed.reverse();
    assert_eq!(listed, received.iter().map(|(id, _)| *id).collect::<Vec<_>>());

    let report = program.app.report_pdf(&lead, incident).await.unwrap();
    assert!(report.starts_with(b"%PDF-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_known_again_whatever_the_clock_says_meanwhile() {
    let (edge, hand) = Edge::simulated(at("2026-01-26T13:00:00Z"), 12);
    let program = Program::start(edge).await.unwrap();
    let lead = program.person(Role::Lead);
    let declare = || Request::Declare {
        title: "A laptop is gone".to_owned(),
        incident_kind: IncidentKind::LostOrStolenDevice,
        reason: "the car was broken into".to_owned(),
        alerts: vec![],
        subjects: vec![],
        severity: None,
        exercise: false,
    };
    let key = || Some("one".to_owned());
    let first = program.app.declare(&lead, program.practice, declare(), key()).await.unwrap();
    let taken = || program.app.read_alerts(None, &alert(1, "ws-front2")).pop().unwrap().unwrap();
    let alert = program.app.take_alert(&lead, program.practice, taken()).await.unwrap().id;
    for jump in ["2026-01-26T12:00:00Z", "2027-01-26T13:00:00Z", "1999-12-31T23:59:59Z"] {
        hand.set(at(jump));
        let again = program.app.declare(&lead, program.practice, declare(), key()).await.unwrap();
        assert!(again.repeated && again.incident == first.incident, "{jump}");
        let again = program.app.take_alert(&lead, program.practice, taken()).await.unwrap();
        assert_eq!((again.id, again.duplicate_of), (alert, alert), "{jump}");
    }
    assert_eq!(
        whole_log(&program).await.len(),
        1 + first.entries.len() + 2,
        "a profile, an incident, an alert"
    );
}
