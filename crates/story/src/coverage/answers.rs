//! The two questions of 45 CFR 164.402(2)(iii) answered for the whole incident, as far as logs can: was information viewed, per
//! host; was it acquired. One sentence for spans that are alike, for somebody who reads law and not logs.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

use super::Hours;

/// Spans that are named one by one in a sentence; of more it says how many.
const NAMED: usize = 4;

/// A span of hours, and whether it was recorded.
type Span = (Timestamp, Timestamp, bool);

/// The answers; none where no host was in anybody's hands.
pub(super) fn of(hours: &[Hours]) -> Vec<String> {
    let mut hosts: Vec<&str> = Vec::new();
    let mut files: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    let mut flows: Vec<Span> = Vec::new();
    for span in hours.iter().filter(|span| !span.hosts.is_empty()) {
        for own in &span.hosts {
            if !hosts.contains(&&*own.host) {
                hosts.push(&own.host);
            }
            add(files.entry(&own.host).or_default(), (span.from, span.to, own.files));
        }
        add(&mut flows, (span.from, span.to, span.flows));
    }
    let (mut never, mut says) = (Vec::new(), Vec::new());
    for host in hosts {
        let Some(spans) = files.get(host) else { continue };
        let [(from, to, recorded)] = spans.as_slice() else {
            says.push(format!(
                "Viewed? On {host} access to files was recorded {}, and not {}: for the latter the logs cannot rule out that information was viewed.",
                told(spans, true),
                told(spans, false)
            ));
            continue;
        };
        if *recorded {
            says.push(format!(
                "Viewed? On {host} access to files was recorded for the whole time from {} to {}: what was opened there can be looked up, as far as its folders are audited.",
                said(*from),
                said(*to)
            ));
        } else {
            never.push(format!("{host} (from {})", said(*from)));
        }
    }
    if !never.is_empty() {
        let never: Vec<&str> = never.iter().map(String::as_str).collect();
        says.insert(0, format!(
            "Viewed? On {} access to files was not recorded at any time while the attacker was there: the logs cannot rule out that information was viewed.",
            listed(&never)
        ));
    }
    if flows.iter().any(|(.., recorded)| *recorded) {
        says.push(format!(
            "Acquired? A firewall or sensor recorded connections and how much went over them {}: large transfers in that time would show.",
            told(&flows, true)
        ));
    }
    if flows.iter().any(|(.., recorded)| !recorded) {
        says.push(format!(
            "Acquired? No device recorded how much went out {}: for that time the logs cannot rule out that information was taken.",
            told(&flows, false)
        ));
    }
    says
}

/// Adds a span, or makes the last one longer.
fn add(spans: &mut Vec<Span>, (from, to, recorded): Span) {
    match spans.last_mut() {
        Some((_, end, known)) if *end == from && *known == recorded => *end = to,
        _ => spans.push((from, to, recorded)),
    }
}

/// `from A to B (9 hours) and from C to D (1 hour)`.
fn told(spans: &[Span], which: bool) -> String {
    let one = |(from, to, _): &Span| {
        let hours = (to.as_second() - from.as_second()) / 3600;
        format!(
            "from {} to {} ({hours} {})",
            said(*from),
            said(*to),
            if hours == 1 { "hour" } else { "hours" }
        )
    };
    let mut all: Vec<String> = spans.iter().filter(|(.., recorded)| *recorded == which).map(one).collect();
    if all.len() > NAMED {
        let rest = all.len() + 1 - NAMED;
        all.truncate(NAMED - 1);
        all.push(format!("in {rest} more spans"));
    }
    listed(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `Sep 12, 2026, 02:00 UTC`.
fn said(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%b %-d, %Y, %H:%M UTC").to_string()
}

/// `A, B and C`.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::Recorded, *};

    fn hours(from: i64, to: i64, flows: bool, files: &[(&str, bool)]) -> Hours {
        let instant = |hour: i64| Timestamp::from_second(1_789_084_800 + hour * 3600).unwrap();
        let recorded = |(host, files): &(&str, bool)| Recorded {
            host: Arc::from(*host),
            programs: true,
            files: *files,
            shares: false,
            network: false,
            sign_ins: true,
            incomplete: false,
        };
        let hosts = files.iter().map(recorded).collect();
        Hours { from: instant(from), to: instant(to), flows, hosts, says: String::new() }
    }

    #[test]
    fn an_attorney_reads_one_sentence_for_each_host_and_not_one_for_each_hour() {
        let spans = [
            hours(0, 9, true, &[]),
            hours(9, 12, true, &[("WS-A", false)]),
            hours(12, 13, false, &[("WS-A", false), ("SRV-B", true), ("SRV-C", true)]),
            hours(13, 20, true, &[("WS-A", false), ("SRV-B", false), ("SRV-C", true)]),
        ];
        assert_eq!(
            of(&spans),
            [
                "Viewed? On WS-A (from Sep 11, 2026, 09:00 UTC) access to files was not recorded at any time while the attacker was there: the logs cannot rule out that information was viewed.",
                "Viewed? On SRV-B access to files was recorded from Sep 11, 2026, 12:00 UTC to Sep 11, 2026, 13:00 UTC (1 hour), and not from Sep 11, 2026, 13:00 UTC to Sep 11, 2026, 20:00 UTC (7 hours): for the latter the logs cannot rule out that information was viewed.",
                "Viewed? On SRV-C access to files was recorded for the whole time from Sep 11, 2026, 12:00 UTC to Sep 11, 2026, 20:00 UTC: what was opened there can be looked up, as far as its folders are audited.",
                "Acquired? A firewall or sensor recorded connections and how much went over them from Sep 11, 2026, 09:00 UTC to Sep 11, 2026, 12:00 UTC (3 hours) and from Sep 11, 2026, 13:00 UTC to Sep 11, 2026, 20:00 UTC (7 hours): large transfers in that time would show.",
                "Acquired? No device recorded how much went out from Sep 11, 2026, 12:00 UTC to Sep 11, 2026, 13:00 UTC (1 hour): for that time the logs cannot rule out that information was taken.",
            ]
        );
        assert!(of(&[hours(0, 9, false, &[])]).is_empty());
    }
}
