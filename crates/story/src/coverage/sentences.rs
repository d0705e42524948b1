//! What coverage means, in sentences for somebody who has to act on it.

use std::collections::BTreeSet;

use jiff::{Timestamp, tz::TimeZone};

use super::{Coverage, answers};
use crate::Story;

/// `Sep 14, 2026, 10:49:55 UTC`.
fn said(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%b %-d, %Y, %H:%M:%S UTC").to_string()
}

/// What it means, a sentence each: the answers to the question first, then what they rest on, the gravest first.
pub(super) fn of(coverage: &Coverage, story: &Story) -> Vec<String> {
    let hosts: BTreeSet<&str> = story.hosts.iter().map(|seen| &*seen.host).collect();
    let mut says = answers::of(&coverage.hours);
    for cleared in &coverage.cleared {
        says.push(format!(
            "The {} log of {} was cleared at {}{}: what it held before is gone from this host.",
            cleared.log,
            cleared.host,
            said(cleared.time),
            cleared.account.as_ref().map_or_else(String::new, |account| format!(" by {account}"))
        ));
    }
    for off in &coverage.audit_off {
        says.push(format!(
            "Since {} {} is not recorded on {}: that nothing is seen there does not show that nothing was done.",
            said(off.time),
            off.what,
            off.host
        ));
    }
    if let Some(since) = story.earliest.time {
        for log in coverage.logs.iter().filter(|log| hosts.contains(&*log.host) && log.first > since) {
            let cleared =
                coverage.cleared.iter().any(|cleared| cleared.host == log.host && *cleared.log == *log.log);
            if !cleared {
                says.push(format!(
                    "The log {} of {} begins at {}, after the earliest sign of the attacker: what came before is not in it.",
                    log.log,
                    log.host,
                    said(log.first)
                ));
            }
        }
    }
    for log in coverage.logs.iter().filter(|log| hosts.contains(&*log.host) && log.first_record > 1) {
        let cleared =
            coverage.cleared.iter().any(|cleared| cleared.host == log.host && *cleared.log == *log.log);
        // A log that was cleared counts on; one that was not has lost what came before to its size.
        if !cleared && &*log.log == "Security" {
            says.push(format!(
                "The log {} of {} begins with record {}: {} older records were overwritten or not collected.",
                log.log,
                log.host,
                log.first_record,
                log.first_record - 1
            ));
        }
    }
    for log in &coverage.logs {
        let missing: u64 = log.gaps.iter().map(|gap| gap.missing_records).sum();
        if missing > 0 {
            says.push(format!(
                "{missing} records are missing between others in the log {} of {}.",
                log.log, log.host
            ));
        }
    }
    says.append(&mut clocks(coverage));
    for log in coverage.logs.iter().filter(|log| hosts.contains(&*log.host)) {
        for gap in log.gaps.iter().filter(|gap| gap.missing_records == 0) {
            says.push(format!(
                "The log {} of {} is silent from {} to {}, longer than its rhythm lets expect.",
                log.log,
                log.host,
                said(gap.from),
                said(gap.to)
            ));
        }
    }
    for damaged in &coverage.damaged {
        says.push(format!("{}: {} parts could not be read ({}).", damaged.file, damaged.count, damaged.what));
    }
    if story.hosts.is_empty() {
        says.push(
            "The evidence shows no host in the hands of an attacker; it does not show the contrary either."
                .to_owned(),
        );
    }
    says
}

/// What the clocks mean for times.
fn clocks(coverage: &Coverage) -> Vec<String> {
    let mut says = Vec::new();
    for clock in &coverage.clocks {
        let (by, way) = (clock.seconds.abs(), if clock.seconds > 0 { "behind" } else { "ahead" });
        says.push(format!("The clock of {} was {by} seconds {way} until {}.", clock.host, said(clock.to)));
    }
    for skew in &coverage.skews {
        let (by, way) = (skew.seconds.abs(), if skew.seconds > 0.0 { "ahead of" } else { "behind" });
        says.push(format!(
            "The clock of {} is {by:.0} seconds {way} that of {} (estimated to within {:.0} s; {}): times of the two hosts compare only with that in mind.",
            skew.host, skew.against, skew.within, skew.basis
        ));
    }
    says
}
