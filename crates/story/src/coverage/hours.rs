//! The incident hour by hour: what was recorded on each host of the story, and what follows for the question whether
//! information was acquired or viewed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    AuditOff, Cleared, FILES, FLOWS, LOGONS, LogCoverage, NETWORK, PROGRAMS, SHARES, answers::listed,
    hour_of, logs::silences,
};
use crate::Story;

/// Hours of an incident that are alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// The first hour's begin.
    pub from: Timestamp,
    /// The last hour's end.
    pub to: Timestamp,
    /// Whether a firewall or sensor recorded connections and how much went over them.
    pub flows: bool,
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
    /// Files that were reached, by name.
    pub files: bool,
    /// Shares that were reached, without the files in them.
    pub shares: bool,
    /// Connections.
    pub network: bool,
    /// Sign-ins.
    pub sign_ins: bool,
    /// Whether records of this hour are missing from its Security or Sysmon log, or the log is silent against its rhythm.
    pub incomplete: bool,
}

/// The longest incident that is told by the hour; of longer ones the last hours are told.
const MOST: i64 = 24 * 120;
/// Whether something is recorded is a setting, and does not change with each hour in which nothing happens: between two records
/// of a kind that are no further apart than this, a day and what a nightly task may be late, it counts as kept.
const APART: i64 = 26;

/// By hour: which kinds of records there are.
type Bits = BTreeMap<i64, u8>;

pub(super) fn of(
    story: &Story,
    recorded: &BTreeMap<Arc<str>, Bits>,
    cleared: &[Cleared],
    audit_off: &[AuditOff],
    logs: &[LogCoverage],
) -> Vec<Hours> {
    let (Some(earliest), Some(latest)) = (story.earliest.time, story.latest.time) else { return Vec::new() };
    let last = hour_of(latest);
    let first = hour_of(earliest).max(last - MOST);
    let instant = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
    let devices: Vec<Device<'_>> = recorded.values().filter_map(Device::of).collect();
    let mut hours: Vec<Hours> = Vec::new();
    for hour in first..=last {
        let theirs = story.hosts.iter().filter(|seen| hour_of(seen.since) <= hour);
        let hosts: Vec<Recorded> = theirs
            .map(|seen| Recorded {
                incomplete: incomplete(&seen.host, hour, logs),
                ..on(&seen.host, hour, recorded.get(&seen.host), cleared, audit_off)
            })
            .collect();
        let flows = devices.iter().any(|device| device.recorded(hour));
        match hours.last_mut() {
            Some(known) if known.hosts == hosts && known.flows == flows => known.to = instant(hour + 1),
            _ => {
                let says = sentence(&hosts, flows);
                hours.push(Hours { from: instant(hour), to: instant(hour + 1), flows, hosts, says });
            }
        }
    }
    hours
}

/// A firewall or sensor that counts what goes over connections. Of these it is known how often they write: where one is
/// silent for longer than that lets expect, it did not record.
struct Device<'b> {
    hours: &'b Bits,
    silences: Vec<(i64, i64)>,
}

impl<'b> Device<'b> {
    fn of(hours: &'b Bits) -> Option<Self> {
        let own = hours.iter().filter(|(_, bits)| **bits & FLOWS != 0).map(|(hour, _)| *hour);
        let own: Vec<i64> = own.collect();
        (!own.is_empty()).then(|| Self { hours, silences: silences(&own) })
    }

    fn recorded(&self, hour: i64) -> bool {
        kept(self.hours, FLOWS, hour)
            && !self.silences.iter().any(|(before, after)| *before < hour && hour < *after)
    }
}

/// Whether a kind of record counts as kept in an hour.
fn kept(hours: &Bits, bit: u8, hour: i64) -> bool {
    let has = |(hour, bits): (&i64, &u8)| (bits & bit != 0).then_some(*hour);
    let before = hours.range(hour - APART..=hour).rev().find_map(has);
    let after = hours.range(hour..=hour + APART).find_map(has);
    before.zip(after).is_some_and(|(before, after)| after - before <= APART)
}

/// What a host recorded in an hour. What a cleared log held before is not there to be bridged.
fn on(
    host: &Arc<str>,
    hour: i64,
    recorded: Option<&Bits>,
    cleared: &[Cleared],
    audit_off: &[AuditOff],
) -> Recorded {
    let kept = |bit: u8| recorded.is_some_and(|hours| kept(hours, bit, hour));
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
        shares: kept(SHARES) && !gone && !off("access to shares"),
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

fn names(hosts: &[Recorded], which: impl Fn(&Recorded) -> bool) -> Vec<&str> {
    hosts.iter().filter(|host| which(host)).map(|host| &*host.host).collect()
}

fn sentence(hosts: &[Recorded], flows: bool) -> String {
    if hosts.is_empty() {
        return "No host is known to have been in the attacker's hands yet.".to_owned();
    }
    let mut says = Vec::new();
    let blind = names(hosts, |host| !host.files);
    says.push(if blind.is_empty() {
        "Viewed: access to files was recorded on every host concerned; what was opened can be looked up, as far as folders are audited.".to_owned()
    } else {
        format!(
            "Viewed: access to files was not recorded on {}; the logs cannot rule out that information was viewed there.",
            listed(&blind)
        )
    });
    let shares = names(hosts, |host| !host.files && host.shares);
    if !shares.is_empty() {
        says.push(format!(
            "On {} only that a share was reached was recorded, not which files.",
            listed(&shares)
        ));
    }
    let sign_ins = names(hosts, |host| !host.sign_ins);
    if !sign_ins.is_empty() {
        says.push(format!("Who signed in was not recorded on {}.", listed(&sign_ins)));
    }
    let programs = names(hosts, |host| !host.programs);
    if !programs.is_empty() {
        says.push(format!("Programs that started were not recorded on {}.", listed(&programs)));
    }
    let gaps = names(hosts, |host| host.incomplete);
    if !gaps.is_empty() {
        says.push(format!(
            "Records of this time are missing from the logs of {}: what they show of viewing is not all of it.",
            listed(&gaps)
        ));
    }
    says.push(acquired(hosts, flows));
    says.join(" ")
}

fn acquired(hosts: &[Recorded], flows: bool) -> String {
    if flows {
        return "Acquired: a firewall or sensor recorded connections and how much went over them; large transfers would show."
            .to_owned();
    }
    let own = names(hosts, |host| host.network);
    if own.is_empty() {
        "Acquired: no record of connections to the outside exists for this time; the logs cannot rule out that information was taken.".to_owned()
    } else {
        format!(
            "Acquired: connections of {} were recorded, but not how much went over them; the logs cannot rule out that information was taken.",
            listed(&own)
        )
    }
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

    #[test]
    fn what_is_recorded_does_not_change_with_every_quiet_hour() {
        let host: Arc<str> = Arc::from("SRV-1");
        // Files are reached by a nightly task alone; nothing on the second of three days.
        let nightly: Bits = [(3, FILES), (27, FILES), (75, FILES)].into();
        let files: Vec<i64> =
            (0..80).filter(|hour| on(&host, *hour, Some(&nightly), &[], &[]).files).collect();
        assert_eq!(files, (3..=27).chain([75]).collect::<Vec<i64>>());
        // A firewall that writes in every hour and then is silent for ten did not record in these.
        let firewall: Bits = (0..40).chain(50..90).map(|hour| (hour, FLOWS)).collect();
        let device = Device::of(&firewall).unwrap();
        let silent: Vec<i64> = (0..90).filter(|hour| !device.recorded(*hour)).collect();
        assert_eq!(silent, (40..50).collect::<Vec<i64>>());
        // One whose rhythm nobody knows is bridged.
        let rare: Bits = [(1, FLOWS), (9, FLOWS)].into();
        assert!(Device::of(&rare).unwrap().recorded(5));
    }

    #[test]
    fn connections_without_their_volume_do_not_answer_what_was_taken() {
        let mut host = on(&Arc::from("SRV-1"), 10, None, &[], &[]);
        host.network = true;
        host.shares = true;
        let says = sentence(&[host.clone()], false);
        assert!(says.contains("connections of SRV-1 were recorded, but not how much"), "{says}");
        assert!(says.contains("On SRV-1 only that a share was reached was recorded"), "{says}");
        assert!(sentence(&[host], true).contains("large transfers would show"));
    }
}
