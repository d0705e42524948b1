//! The incident hour by hour: what was recorded on each host of the story, and what follows for the question whether
//! information was acquired or viewed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use super::{AuditOff, Cleared, FILES, LOGONS, LogCoverage, NETWORK, PROGRAMS, hour_of};
use crate::Story;

/// Hours of an incident that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// The first hour's begin.
    pub from: Timestamp,
    /// The last hour's end.
    pub to: Timestamp,
    /// What was recorded, per host.
    pub hosts: Vec<Recorded>,
    /// What that means.
    pub says: String,
}

/// What a host recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// The host.
    pub host: Arc<str>,
    /// Programs that started.
    pub programs: bool,
    /// Files that were reached.
    pub files: bool,
    /// Connections.
    pub network: bool,
    /// Sign-ins.
    pub sign_ins: bool,
    /// Whether records of this hour are missing from its Security or Sysmon log, or the log is silent against its rhythm.
    pub incomplete: bool,
}

/// The longest incident that is told by the hour; of longer ones the last hours are told.
const MOST: i64 = 24 * 120;
/// Hours around an hour in which a kind of record shows that it was being kept then.
const AROUND: i64 = 12;

pub(super) fn of(
    story: &Story,
    recorded: &BTreeMap<Arc<str>, BTreeMap<i64, u8>>,
    cleared: &[Cleared],
    audit_off: &[AuditOff],
    logs: &[LogCoverage],
) -> Vec<Hours> {
    let (Some(earliest), Some(latest)) = (story.earliest.time, story.latest.time) else { return Vec::new() };
    let last = hour_of(latest);
    let first = hour_of(earliest).max(last - MOST);
    let instant = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
    let mut hours: Vec<Hours> = Vec::new();
    for hour in first..=last {
        let theirs = story.hosts.iter().filter(|seen| hour_of(seen.since) <= hour);
        let hosts: Vec<Recorded> = theirs
            .map(|seen| Recorded {
                incomplete: incomplete(&seen.host, hour, logs),
                ..on(&seen.host, hour, recorded.get(&seen.host), cleared, audit_off)
            })
            .collect();
        let network = recorded.values().any(|hours| hours.get(&hour).is_some_and(|bits| bits & NETWORK != 0));
        let says = sentence(&hosts, network);
        match hours.last_mut() {
            Some(known) if known.hosts == hosts && known.says == says => known.to = instant(hour + 1),
            _ => hours.push(Hours { from: instant(hour), to: instant(hour + 1), hosts, says }),
        }
    }
    hours
}

/// What a host recorded in an hour: a kind of record counts as kept where one stands in the hour, or before and after it
/// within half a day, since nothing may have happened.
fn on(
    host: &Arc<str>,
    hour: i64,
    recorded: Option<&BTreeMap<i64, u8>>,
    cleared: &[Cleared],
    audit_off: &[AuditOff],
) -> Recorded {
    let kept = |bit: u8| {
        let Some(hours) = recorded else { return false };
        let any = |range: std::ops::RangeInclusive<i64>| hours.range(range).any(|(_, bits)| bits & bit != 0);
        any(hour..=hour) || (any(hour - AROUND..=hour) && any(hour..=hour + AROUND))
    };
    let gone =
        cleared.iter().any(|log| log.host == *host && log.log == "Security" && hour_of(log.time) > hour);
    let off = |words: &str| {
        audit_off
            .iter()
            .any(|off| off.host == *host && off.what.starts_with(words) && hour_of(off.time) <= hour)
    };
    Recorded {
        host: host.clone(),
        programs: kept(PROGRAMS) && !off("programs"),
        files: kept(FILES) && !gone && !off("access to"),
        network: kept(NETWORK),
        sign_ins: kept(LOGONS) && !gone && !off("sign-ins"),
        incomplete: false,
    }
}

/// Whether something is missing in this hour from the logs that answer the question.
fn incomplete(host: &Arc<str>, hour: i64, logs: &[LogCoverage]) -> bool {
    let telling = |log: &&LogCoverage| {
        log.host == *host && matches!(&*log.log, "Security" | "Microsoft-Windows-Sysmon/Operational")
    };
    logs.iter().filter(telling).flat_map(|log| &log.gaps).any(|gap| {
        // A silence ends where the next hour begins; missing records lie between two that may stand in one hour.
        let last = if gap.missing_records == 0 { hour_of(gap.to) - 1 } else { hour_of(gap.to) };
        (hour_of(gap.from)..=last).contains(&hour)
    })
}

fn sentence(hosts: &[Recorded], network: bool) -> String {
    if hosts.is_empty() {
        return "No host is known to have been in the attacker's hands yet.".to_owned();
    }
    let without = |kept: &dyn Fn(&Recorded) -> bool| -> Vec<&str> {
        hosts.iter().filter(|host| !kept(host)).map(|host| &*host.host).collect()
    };
    let mut says = Vec::new();
    let sign_ins = without(&|host| host.sign_ins);
    let (files, programs) = (without(&|host| host.files), without(&|host| host.programs));
    says.push(match files.as_slice() {
        [] => "Access to files was recorded on every host concerned: what was viewed can be looked up.".to_owned(),
        blind => format!(
            "Viewed: access to files was not recorded on {}; the logs cannot rule out that information was viewed there.",
            blind.join(", ")
        ),
    });
    if !sign_ins.is_empty() {
        says.push(format!("Who signed in was not recorded on {}.", sign_ins.join(", ")));
    }
    if !programs.is_empty() {
        says.push(format!("Programs that started were not recorded on {}.", programs.join(", ")));
    }
    let gaps: Vec<&str> = hosts.iter().filter(|host| host.incomplete).map(|host| &*host.host).collect();
    if !gaps.is_empty() {
        says.push(format!(
            "Records of this time are missing from the logs of {}: what they show of viewing is not all of it.",
            gaps.join(", ")
        ));
    }
    says.push(if network {
        "Acquired: connections to the outside were recorded; large transfers would show.".to_owned()
    } else {
        "Acquired: no record of connections to the outside exists for this time; the logs cannot rule out that information was taken.".to_owned()
    });
    says.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{super::Gap, *};

    #[test]
    fn an_hour_whose_records_are_missing_says_so_for_the_question_of_viewing() {
        let hour = |hour: i64| Timestamp::from_second(hour * 3600).unwrap();
        let host: Arc<str> = Arc::from("SRV-1");
        let log = |name: &str, gap: Gap| LogCoverage {
            host: host.clone(),
            log: Arc::from(name),
            file: Arc::from("a.evtx"),
            records: 10,
            first: hour(0),
            last: hour(50),
            first_record: 1,
            gaps: vec![gap],
        };
        let logs = [
            log("Security", Gap { from: hour(10), to: hour(10), missing_records: 3 }),
            log("Security", Gap { from: hour(20), to: hour(23), missing_records: 0 }),
            log("System", Gap { from: hour(30), to: hour(33), missing_records: 9 }),
        ];
        let hours: Vec<i64> = (0..40).filter(|hour| incomplete(&host, *hour, &logs)).collect();
        assert_eq!(hours, [10, 20, 21, 22]);
        let mut recorded = on(&host, 10, None, &[], &[]);
        recorded.incomplete = true;
        let says = sentence(&[recorded], true);
        assert!(says.contains("Records of this time are missing from the logs of SRV-1"), "{says}");
        assert!(says.contains("cannot rule out that information was viewed there"), "{says}");
    }
}
