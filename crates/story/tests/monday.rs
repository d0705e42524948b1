//! The demo's Monday, told from its logs alone and with the firewall's: every line of the story is checked.
#![cfg(test)]

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};
use story::{Collector, Confidence, Coverage, Flow, Origin, Seen, SignIn, Story};

/// Shows a collector the eight hosts' logs.
fn logs(collector: &mut Collector) {
    for log in monday::logs().unwrap() {
        let file: Arc<str> = Arc::from(log.path);
        let mut parser = evtx::EvtxParser::from_buffer(log.bytes).unwrap();
        for record in parser.records_json_value() {
            let event = record.unwrap().data["Event"].clone();
            let system = &event["System"];
            let mut fields = Map::new();
            for part in ["EventData", "UserData"] {
                let Some(data) = event[part].as_object() else { continue };
                let data = data.values().find_map(Value::as_object).unwrap_or(data);
                fields.extend(data.clone());
            }
            let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
            collector.see(&Seen {
                time: text(&system["TimeCreated"]["#attributes"]["SystemTime"]).parse().unwrap(),
                computer: &text(&system["Computer"]),
                channel: &text(&system["Channel"]),
                event_id: u32::try_from(system["EventID"].as_u64().unwrap()).unwrap(),
                file: &file,
                record: system["EventRecordID"].as_u64().unwrap(),
                fields: &fields,
            });
        }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn firewall(record: u64) -> Origin {
    Origin { file: Arc::from("FW-EDGE1-traffic.log"), record }
}

fn network(collector: &mut Collector) {
    for (record, time) in [(1, "2026-09-11T02:41:07Z"), (2, "2026-09-12T02:49:30Z")] {
        collector.sign_in(SignIn {
            time: at(time),
            to: "VPN".into(),
            user: "mkessler".into(),
            from: "203.0.113.77".parse().unwrap(),
            inside: "10.20.9.14".parse().ok(),
            second_factor: None,
            origin: firewall(record),
        });
    }
    collector.sign_in(SignIn {
        time: at("2026-09-10T13:00:00Z"),
        to: "VPN".into(),
        user: "mkessler".into(),
        from: "192.0.2.44".parse().unwrap(),
        inside: None,
        second_factor: None,
        origin: firewall(9),
    });
    collector.flow(Flow {
        time: at("2026-09-13T08:40:31Z"),
        observer: "FW-EDGE1".into(),
        from: "10.20.1.11".parse().unwrap(),
        to: "198.51.100.23".parse().unwrap(),
        port: 443,
        sent: 18_412_331_008,
        received: 29_110_233,
        origin: firewall(3),
    });
}

fn told(with_network: bool) -> (Story, Coverage) {
    let mut collector = Collector::new();
    logs(&mut collector);
    if with_network {
        network(&mut collector);
    }
    collector.finish()
}

/// The story on a page: what a responder would read.
fn page(story: &Story) -> String {
    use std::fmt::Write as _;
    let mut page = String::new();
    let mut answers = |name: &str, answers: &[story::Answer]| {
        for answer in answers {
            let time = answer.time.map_or_else(String::new, |time| time.to_string());
            let rests = answer.rests_on.len();
            writeln!(page, "{name} | {time} | {:?} | {} | {rests}", answer.confidence, answer.text).unwrap();
        }
    };
    answers("initial_access", &story.initial_access);
    answers("execution", &story.execution);
    answers("persistence", &story.persistence);
    answers("privilege_escalation", &story.privilege_escalation);
    answers("credential_theft", &story.credential_theft);
    answers("collection", &story.collection);
    answers("exfiltration", &story.exfiltration);
    answers("impact", &story.impact);
    answers("earliest", std::slice::from_ref(&story.earliest));
    answers("latest", std::slice::from_ref(&story.latest));
    for edge in &story.lateral_movement {
        writeln!(
            page,
            "lateral_movement | {} | {} → {} as {} by {}",
            edge.time, edge.from, edge.to, edge.account, edge.means
        )
        .unwrap();
    }
    for seen in &story.hosts {
        writeln!(page, "host | {} since {} until {}", seen.host, seen.since, seen.until).unwrap();
    }
    for seen in &story.accounts {
        writeln!(page, "account | {} since {}", seen.account, seen.since).unwrap();
    }
    for seen in &story.indicators {
        writeln!(page, "indicator | {} {} since {}", seen.kind, seen.value, seen.first).unwrap();
    }
    page
}

#[test]
fn the_demos_story_is_told_right_line_by_line() {
    let (story, _) = told(true);
    let page = page(&story);
    assert_eq!(page, include_str!("monday.story.txt"), "{page}");
}

#[test]
fn without_the_firewall_the_way_in_and_the_bytes_are_not_claimed() {
    let (story, _) = told(false);
    assert_eq!(story.initial_access[0].confidence, Confidence::Inferred);
    assert!(story.initial_access[0].text.contains("is not known"), "{:?}", story.initial_access);
    assert!(story.exfiltration.iter().all(|answer| answer.bytes.is_none()));
    assert_eq!(story.earliest.time, Some(at("2026-09-12T02:52:14Z")));
}

#[test]
fn coverage_says_what_was_cleared_and_turned_off_and_what_each_hour_cannot_show() {
    let (_, coverage) = told(true);
    assert_eq!(coverage.cleared.len(), 1);
    assert_eq!(&*coverage.cleared[0].host, "SRV-DC1");
    assert_eq!(coverage.audit_off[0].what, "access to files on shares, one by one");
    assert!(coverage.logs.iter().all(|log| log.gaps.iter().all(|gap| gap.missing_records == 0)));
    assert_eq!(coverage.logs.iter().map(|log| &log.host).collect::<std::collections::BTreeSet<_>>().len(), 8);
    let night = coverage
        .hours
        .iter()
        .find(|hours| hours.from <= at("2026-09-13T07:30:00Z") && hours.to > at("2026-09-13T07:30:00Z"))
        .unwrap();
    assert!(night.says.contains("SRV-ASC1"), "{}", night.says);
    let asc = night.hosts.iter().find(|host| &*host.host == "SRV-ASC1").unwrap();
    assert!(asc.programs && !asc.files);
    // Hours that are alike stand together: what is recorded does not change with every quiet hour.
    let spans: Vec<String> =
        coverage.hours.iter().map(|hours| format!("{} {}", hours.from, hours.says)).collect();
    assert!(spans.len() <= 11, "{spans:#?}");
    let answers: Vec<&str> =
        coverage.says.iter().map(String::as_str).filter(|line| line.contains("? ")).collect();
    assert_eq!(answers.len(), 3, "{answers:#?}");
    assert_eq!(
        answers[0],
        "Viewed? On WS-BILL2 (from Sep 12, 2026, 02:00 UTC), SRV-FILE1 (from Sep 12, 2026, 05:00 UTC), SRV-BKP1 (from Sep 13, 2026, 02:00 UTC), \
         SRV-ASC1 (from Sep 13, 2026, 06:00 UTC) and SRV-DC1 (from Sep 14, 2026, 10:00 UTC) access to files was not recorded at any \
         time while the attacker was there: the logs cannot rule out that information was viewed."
    );
    assert!(
        answers[1].contains("from Sep 13, 2026, 08:00 UTC to Sep 13, 2026, 09:00 UTC (1 hour)"),
        "{answers:#?}"
    );
    assert!(
        answers[2].contains("from Sep 12, 2026, 02:00 UTC to Sep 13, 2026, 08:00 UTC (30 hours)"),
        "{answers:#?}"
    );
    assert!(
        coverage.says.iter().any(|line| line.contains("The Security log of SRV-DC1 was cleared")),
        "{:?}",
        coverage.says
    );
}

#[test]
fn collectors_of_several_workers_tell_the_same_story() {
    let mut first = Collector::new();
    logs(&mut first);
    let mut second = Collector::new();
    network(&mut second);
    second.merge(first);
    assert_eq!(page(&second.finish().0), page(&told(true).0));
}

#[test]
fn an_ordinary_day_has_no_story() {
    let collector = Collector::new();
    let (story, coverage) = collector.finish();
    assert_eq!(story.earliest.confidence, Confidence::Unknown);
    assert_eq!(story.impact[0].confidence, Confidence::Unknown);
    assert!(story.hosts.is_empty() && coverage.hours.is_empty() && coverage.says.len() == 1);
}
