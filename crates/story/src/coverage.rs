//! Coverage: how far the logs can be trusted, and what that means for the question that decides most about a breach: was
//! protected health information acquired or viewed (45 CFR 164.402(2)(iii))? For each hour of the incident it says, per host,
//! whether programs, files and the network were being recorded.

mod answers;
mod clocks;
mod hours;
mod logs;
mod sentences;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    Story,
    observation::{Observation, Origin, Seen, What, host_name},
};
pub use clocks::ClockSkew;
use clocks::Clocks;
pub use hours::{Hours, Recorded};
use logs::LogWatch;
pub use logs::{Gap, LogCoverage};

/// How far the logs can be trusted.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// Each log of each host.
    pub logs: Vec<LogCoverage>,
    /// Logs that were cleared.
    pub cleared: Vec<Cleared>,
    /// Auditing that was turned off.
    pub audit_off: Vec<AuditOff>,
    /// Clocks that were set by a minute or more.
    pub clocks: Vec<ClockChange>,
    /// Clocks that differ between hosts, as far as sign-ins and connections that both recorded show it.
    pub skews: Vec<ClockSkew>,
    /// Parts of files that could not be read.
    pub damaged: Vec<Damaged>,
    /// The incident hour by hour, equal hours together.
    pub hours: Vec<Hours>,
    /// What it all means, in sentences.
    pub says: Vec<String>,
}

/// A log that was cleared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// When.
    pub time: Timestamp,
    /// On which host.
    pub host: Arc<str>,
    /// Which log.
    pub log: String,
    /// By whom.
    pub account: Option<Arc<str>>,
    /// The record that says so.
    pub rests_on: Origin,
}

/// Auditing that was turned off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditOff {
    /// When.
    pub time: Timestamp,
    /// On which host.
    pub host: Arc<str>,
    /// What of: the subcategory in words where it is a known one, else its GUID.
    pub what: String,
    /// By whom.
    pub account: Option<Arc<str>>,
    /// The record that says so.
    pub rests_on: Origin,
}

/// A clock that was set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockChange {
    /// The host.
    pub host: Arc<str>,
    /// What it showed before.
    pub from: Timestamp,
    /// What it showed after.
    pub to: Timestamp,
    /// Seconds that it was behind; negative where it was ahead.
    pub seconds: i64,
    /// The record that says so.
    pub rests_on: Origin,
}

/// A part of a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// The file.
    pub file: Arc<str>,
    /// How many of its parts.
    pub count: u64,
    /// What was wrong with the first.
    pub what: String,
}

/// Programs that start, files that are read or written, connections, sign-ins: what is recorded in an hour, as bits.
pub(crate) const PROGRAMS: u8 = 1;
pub(crate) const FILES: u8 = 2;
pub(crate) const NETWORK: u8 = 4;
pub(crate) const LOGONS: u8 = 8;
/// Shares that are reached, without the files in them.
pub(crate) const SHARES: u8 = 16;
/// Connections as a device on the network counts them, with how much went over them.
pub(crate) const FLOWS: u8 = 32;

/// Audit subcategories whose loss matters for the question (MS-GPAC 2.2.1.4).
const SUBCATEGORIES: [(&str, &str); 8] = [
    ("0cce9244", "access to files on shares, one by one"),
    ("0cce9224", "access to shares"),
    ("0cce921d", "access to files"),
    ("0cce922b", "programs that start"),
    ("0cce9215", "sign-ins"),
    ("0cce9226", "connections"),
    ("0cce922f", "changes of the audit policy"),
    ("0cce9237", "changes of groups"),
];

/// Host, channel, file.
type Key = (Arc<str>, Arc<str>, Arc<str>);

/// Watches records go by.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    logs: Vec<(Key, LogWatch)>,
    /// Where a log stands in `logs`.
    index: BTreeMap<Key, usize>,
    /// The log of the last record, as the record named it: records of one log come one after another.
    last: Option<(String, String, Arc<str>, usize)>,
    recorded: BTreeMap<Arc<str>, BTreeMap<i64, u8>>,
    cleared: Vec<Cleared>,
    audit_off: Vec<AuditOff>,
    clocks: Vec<ClockChange>,
    skews: Clocks,
    damaged: BTreeMap<Arc<str>, (u64, String)>,
}

fn hour_of(time: Timestamp) -> i64 {
    time.as_second().div_euclid(3600)
}

impl Watch {
    pub(crate) fn see(&mut self, seen: &Seen<'_>) {
        let index = self.index_of(seen);
        if let Some((_, log)) = self.logs.get_mut(index) {
            log.see(seen.record, seen.time);
        }
        self.skews.see(seen);
        let bits = match (seen.channel, seen.event_id) {
            ("Security", 4688) | ("Microsoft-Windows-Sysmon/Operational", 1) => PROGRAMS,
            ("Security", 5145) => FILES,
            // Of objects of all kinds: keys and processes tell nothing about what was viewed.
            ("Security", 4656 | 4663) if seen.fields.get("ObjectType").is_some_and(|kind| kind == "File") => {
                FILES
            }
            ("Security", 5140) => SHARES,
            ("Microsoft-Windows-Sysmon/Operational", 3) | ("Security", 5156) => NETWORK,
            ("Security", 4624) => LOGONS,
            _ => return,
        };
        let Some(host) = self.logs.get(index).map(|((host, ..), _)| host.clone()) else { return };
        *self.recorded.entry(host).or_default().entry(hour_of(seen.time)).or_default() |= bits;
    }

    fn index_of(&mut self, seen: &Seen<'_>) -> usize {
        if let Some((computer, channel, file, index)) = &self.last
            && computer == seen.computer
            && channel == seen.channel
            && Arc::ptr_eq(file, seen.file)
        {
            return *index;
        }
        let index = self.place((host_name(seen.computer), Arc::from(seen.channel), seen.file.clone()));
        self.last = Some((seen.computer.to_owned(), seen.channel.to_owned(), seen.file.clone(), index));
        index
    }

    fn place(&mut self, key: Key) -> usize {
        if let Some(index) = self.index.get(&key) {
            return *index;
        }
        self.index.insert(key.clone(), self.logs.len());
        self.logs.push((key, LogWatch::default()));
        self.logs.len() - 1
    }

    pub(crate) fn observed(&mut self, seen: &Observation) {
        let (host, account, rests_on) = (seen.host.clone(), seen.account.clone(), seen.origin.clone());
        match &seen.what {
            What::Cleared { log } => {
                self.cleared.push(Cleared { time: seen.time, host, log: log.clone(), account, rests_on });
            }
            What::AuditPolicy { subcategory, removed: true } => {
                let guid = subcategory.trim_matches(['{', '}']).to_lowercase();
                let known = SUBCATEGORIES.iter().find(|(start, _)| guid.starts_with(start));
                let what = known.map_or(guid.clone(), |(_, words)| (*words).to_owned());
                self.audit_off.push(AuditOff { time: seen.time, host, what, account, rests_on });
            }
            What::ClockSet { from } => {
                let seconds = seen.time.as_second() - from.as_second();
                if seconds.abs() >= 60 {
                    self.clocks.push(ClockChange { host, from: *from, to: seen.time, seconds, rests_on });
                }
            }
            _ => {}
        }
    }

    /// A device on the network counted a connection at this time.
    pub(crate) fn network(&mut self, observer: &str, time: Timestamp) {
        self.record(observer, time, FLOWS);
    }

    /// Something that is signed in to from outside recorded a sign-in.
    pub(crate) fn signed_in(&mut self, to: &str, time: Timestamp) {
        self.record(to, time, LOGONS);
    }

    fn record(&mut self, by: &str, time: Timestamp, bits: u8) {
        *self.recorded.entry(host_name(by)).or_default().entry(hour_of(time)).or_default() |= bits;
    }

    pub(crate) fn damaged(&mut self, file: &Arc<str>, parts: u64, what: &str) {
        self.damaged.entry(file.clone()).or_insert_with(|| (0, what.to_owned())).0 += parts;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (key, log) in other.logs {
            let index = self.place(key);
            if let Some((_, known)) = self.logs.get_mut(index) {
                known.merge(log);
            }
        }
        for (host, hours) in other.recorded {
            let known = self.recorded.entry(host).or_default();
            for (hour, bits) in hours {
                *known.entry(hour).or_default() |= bits;
            }
        }
        self.cleared.extend(other.cleared);
        self.audit_off.extend(other.audit_off);
        self.clocks.extend(other.clocks);
        self.skews.merge(other.skews);
        for (file, (count, what)) in other.damaged {
            self.damaged.entry(file).or_insert((0, what)).0 += count;
        }
    }

    pub(crate) fn finish(mut self, story: &Story) -> Coverage {
        self.cleared.sort_by(|a, b| (a.time, &a.host, &a.rests_on).cmp(&(b.time, &b.host, &b.rests_on)));
        self.audit_off.sort_by(|a, b| (a.time, &a.host, &a.rests_on).cmp(&(b.time, &b.host, &b.rests_on)));
        self.clocks.sort_by(|a, b| (a.to, &a.host, &a.rests_on).cmp(&(b.to, &b.host, &b.rests_on)));
        self.logs.sort_by(|(one, _), (other, _)| one.cmp(other));
        let logs: Vec<LogCoverage> = self
            .logs
            .into_iter()
            .map(|((host, channel, file), log)| log.finish(host, channel, file))
            .collect();
        let damaged: Vec<Damaged> =
            self.damaged.into_iter().map(|(file, (count, what))| Damaged { file, count, what }).collect();
        let hours = hours::of(story, &self.recorded, &self.cleared, &self.audit_off, &logs);
        let mut coverage = Coverage {
            logs,
            cleared: self.cleared,
            audit_off: self.audit_off,
            clocks: self.clocks,
            skews: self.skews.finish(),
            damaged,
            hours,
            says: Vec::new(),
        };
        coverage.says = sentences::of(&coverage, story);
        coverage
    }
}
