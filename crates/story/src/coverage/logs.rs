//! One log: its first and last record, records that are missing in its numbering, and hours of silence against its own rhythm.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

/// What a log covers.
#[derive(Debug, Clone, Serialize)]
pub struct LogCoverage {
    /// The host.
    pub host: Arc<str>,
    /// The channel.
    pub log: Arc<str>,
    /// The file.
    pub file: Arc<str>,
    /// Records in it.
    pub records: u64,
    /// The first.
    pub first: Timestamp,
    /// The last.
    pub last: Timestamp,
    /// The lowest number of a record in it: 1 where nothing before it was overwritten.
    pub first_record: u64,
    /// Where something is missing.
    pub gaps: Vec<Gap>,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The last record before it.
    pub from: Timestamp,
    /// The first after it.
    pub to: Timestamp,
    /// How many numbers are missing; 0 where the log is only silent for longer than its rhythm lets expect.
    pub missing_records: u64,
}

/// Records one after another in number.
#[derive(Debug, Clone, Copy)]
struct Run {
    first: (u64, Timestamp),
    last: (u64, Timestamp),
}

/// More runs than a log has whose records are in order.
const MOST_RUNS: usize = 10_000;

/// Watches one log.
#[derive(Debug, Default)]
pub(crate) struct LogWatch {
    records: u64,
    span: Option<(Timestamp, Timestamp)>,
    runs: Vec<Run>,
    hours: BTreeMap<i64, u32>,
}

impl LogWatch {
    pub(crate) fn see(&mut self, record: u64, time: Timestamp) {
        self.records += 1;
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        *self.hours.entry(super::hour_of(time)).or_default() += 1;
        let full = self.runs.len() >= MOST_RUNS;
        match self.runs.last_mut() {
            Some(run) if run.last.0.wrapping_add(1) == record => run.last = (record, time),
            Some(run) if run.last.0 == record || full => {}
            _ => self.runs.push(Run { first: (record, time), last: (record, time) }),
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.records += other.records;
        self.span = match (self.span, other.span) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        self.runs.extend(other.runs);
        for (hour, count) in other.hours {
            *self.hours.entry(hour).or_default() += count;
        }
    }

    pub(crate) fn finish(mut self, host: Arc<str>, log: Arc<str>, file: Arc<str>) -> LogCoverage {
        let (first, last) = self.span.unwrap_or_default();
        let mut gaps = self.missing();
        let first_record = self.runs.first().map_or(0, |run| run.first.0);
        gaps.extend(self.silent());
        gaps.sort_by_key(|gap| (gap.from, gap.to));
        LogCoverage { host, log, file, records: self.records, first, last, first_record, gaps }
    }

    /// Numbers that are missing between others. A log whose numbers begin anew makes no gap.
    fn missing(&mut self) -> Vec<Gap> {
        self.runs.sort_unstable_by_key(|run| run.first.0);
        let mut gaps = Vec::new();
        let mut reached: Option<(u64, Timestamp)> = None;
        for run in &self.runs {
            if let Some((number, time)) = reached
                && run.first.0 > number.saturating_add(1)
            {
                gaps.push(Gap { from: time, to: run.first.1, missing_records: run.first.0 - number - 1 });
            }
            if reached.is_none_or(|(number, _)| run.last.0 > number) {
                reached = Some(run.last);
            }
        }
        gaps
    }

    fn silent(&self) -> Vec<Gap> {
        let hours: Vec<i64> = self.hours.keys().copied().collect();
        let instant = |hour: i64| Timestamp::from_second(hour * 3600).unwrap_or_default();
        let gap =
            |(one, next): (i64, i64)| Gap { from: instant(one + 1), to: instant(next), missing_records: 0 };
        silences(&hours).into_iter().map(gap).collect()
    }
}

/// Out of the hours (in order) that hold a record: pairs of neighbours between which there is silence for longer than the
/// rhythm of the others lets expect, four times the longest ordinary pause, which is taken as the 95th part in a hundred of
/// all pauses. Too few hours have no rhythm.
pub(super) fn silences(hours: &[i64]) -> Vec<(i64, i64)> {
    let pairs = || hours.iter().copied().zip(hours.iter().copied().skip(1));
    let mut pauses: Vec<i64> = pairs().map(|(one, next)| next - one).collect();
    if pauses.len() < 24 {
        return Vec::new();
    }
    pauses.sort_unstable();
    let usual = pauses.get(pauses.len() * 95 / 100).copied().unwrap_or(1);
    pairs().filter(|(one, next)| next - one > (usual * 4).max(3)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_789_000_000 + second).unwrap()
    }

    fn finished(watch: LogWatch) -> LogCoverage {
        watch.finish(Arc::from("WS-1"), Arc::from("Security"), Arc::from("Security.evtx"))
    }

    #[test]
    fn missing_numbers_and_what_was_overwritten_are_seen_whoever_read_which_part() {
        let (mut one, mut other) = (LogWatch::default(), LogWatch::default());
        for record in 500..600 {
            one.see(record, at(record as i64));
        }
        for record in (600..650).chain(657..700) {
            other.see(record, at(record as i64));
        }
        other.merge(one);
        let log = finished(other);
        assert_eq!((log.first_record, log.records), (500, 193));
        assert_eq!(log.gaps, [Gap { from: at(649), to: at(657), missing_records: 7 }]);
    }

    #[test]
    fn a_silence_is_a_gap_only_against_the_logs_own_rhythm() {
        let (mut hourly, mut rare) = (LogWatch::default(), LogWatch::default());
        for hour in (0..40).chain(52..90) {
            hourly.see(hour as u64 + 1, at(hour * 3600));
        }
        for day in 0..40 {
            rare.see(day as u64 + 1, at(day * 86_400));
        }
        let gaps = finished(hourly).gaps;
        let silent: Vec<_> = gaps.iter().filter(|gap| gap.missing_records == 0).collect();
        assert_eq!(silent.len(), 1, "{gaps:?}");
        assert_eq!(silent[0].to.as_second() - silent[0].from.as_second(), 12 * 3600);
        assert!(finished(rare).gaps.is_empty());
    }
}
