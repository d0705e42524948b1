//! How they got in, where nobody signed in from elsewhere: a browser fetched a program, and somebody started it.
#![cfg(test)]

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use story::{Answer, Collector, Confidence, Keeps, Kept, Origin, Seen, Story};

const HOST: &str = "WS-EXAM3.cedarhollow.example";
const FETCHED: &str = "2026-01-25T03:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn security(collector: &mut Collector, time: &str, event_id: u32, record: u64, values: Value) {
    let fields: Map<String, Value> = values.as_object().unwrap().clone();
    collector.see(&Seen {
        time: at(time),
        computer: HOST,
        channel: "Security",
        event_id,
        file: &Arc::from("WS-EXAM3/Security.evtx"),
        record,
        fields: &fields,
    });
}

/// What the story says of the way in, where the fetched program was started at this time from this path.
fn told(started: &str, image: &str, attacked: bool) -> Story {
    let mut collector = Collector::new();
    collector.keep(&Kept {
        time: at(FETCHED),
        computer: HOST,
        account: Some("CEDARHOLLOW\\nadia"),
        origin: Origin { file: Arc::from("C/Users/nadia/History"), record: 9 },
        keeps: Keeps::Download {
            url: "https://files.example/invoice_viewer.exe",
            path: r"C:\Users\nadia\Downloads\invoice_viewer.exe",
            browser: "Chrome",
        },
    });
    let who = json!({"SubjectUserName": "nadia", "SubjectDomainName": "CEDARHOLLOW"});
    let mut start = who.clone();
    start["NewProcessName"] = image.into();
    start["CommandLine"] = format!("\"{image}\"").into();
    security(&mut collector, started, 4688, 41, start);
    if attacked {
        let mut damage = who;
        damage["NewProcessName"] = r"C:\Windows\System32\vssadmin.exe".into();
        damage["CommandLine"] = "vssadmin delete shadows /all /quiet".into();
        security(&mut collector, "2026-01-25T03:40:00Z", 4688, 42, damage);
    }
    collector.finish().0
}

fn way_in(started: &str, image: &str, attacked: bool) -> Vec<Answer> {
    told(started, image, attacked).initial_access
}

const THERE: &str = r"C:\Users\nadia\Downloads\invoice_viewer.exe";

#[test]
fn a_program_that_was_fetched_and_soon_started_is_inferred_to_be_the_way_in() {
    let answers = way_in("2026-01-25T03:05:00Z", THERE, true);
    let [answer] = &answers[..] else { panic!("{answers:#?}") };
    assert_eq!(
        answer.text,
        "invoice_viewer.exe was downloaded on WS-EXAM3 with Chrome and started soon after: https://files.example/invoice_viewer.exe"
    );
    assert_eq!((answer.confidence, answer.time), (Confidence::Inferred, Some(at(FETCHED))));
    let rests: Vec<_> = answer.rests_on.iter().map(|origin| (&*origin.file, origin.record)).collect();
    assert_eq!(rests, [("C/Users/nadia/History", 9), ("WS-EXAM3/Security.evtx", 41)]);
    // It is the earliest sign then, before the first certain one.
    let earliest = told("2026-01-25T03:05:00Z", THERE, true).earliest;
    assert_eq!((earliest.confidence, earliest.time), (Confidence::Inferred, Some(at(FETCHED))));
    // The same from a place where programs do not belong, which is a sign by itself.
    let elsewhere = way_in("2026-01-25T03:05:00Z", r"C:\Users\Public\invoice_viewer.exe", true);
    assert_eq!(elsewhere.len(), 1);
    assert_eq!(elsewhere[0].text, answer.text);
}

#[test]
fn without_a_start_soon_after_or_an_attack_nothing_is_said_of_a_download() {
    for answers in [
        // Days later; before it was there; another program; a host that nothing befell.
        way_in("2026-01-28T03:05:00Z", THERE, true),
        way_in("2026-01-25T02:05:00Z", THERE, true),
        way_in("2026-01-25T03:05:00Z", r"C:\Users\nadia\Downloads\zoom_installer.exe", true),
        way_in("2026-01-25T03:05:00Z", THERE, false),
    ] {
        assert_eq!(answers.len(), 1, "{answers:#?}");
        assert_eq!(answers[0].confidence, Confidence::Unknown, "{answers:#?}");
    }
}
