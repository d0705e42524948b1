//! What is drawn and listed of the index: lines that a filter lets through, counted in bins host by host, or one after
//! another. A figure has a few hundred marks whatever the number of lines.

use kernel::{EvidenceId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::index::{Chronicle, Level, Mark};
use crate::ports::Cursor;

/// Bins of a lane.
const BINS: usize = 56;
/// Hosts with a lane of their own; the others share one.
const LANES: usize = 7;
/// Bins of the whole, in which the part is marked.
const WHOLE: usize = 112;
/// The shortest part that is drawn, in microseconds: a second.
const SHORTEST: i64 = 1_000_000;

/// Which lines. What is absent lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct Filter {
    /// From when.
    pub from: Option<Timestamp>,
    /// Until when, itself left out.
    pub to: Option<Timestamp>,
    /// The host's short name in capitals.
    pub host: Option<String>,
    /// The account as the log names it.
    pub account: Option<String>,
    /// An ATT&CK tactic, such as `credential-access`.
    pub tactic: Option<String>,
    /// Detections of at least this level.
    pub level: Option<Level>,
    /// What kind of line: `detection`, `logon` ….
    pub what: Option<String>,
}

/// A filter in numbers.
struct Sieve {
    host: Option<u32>,
    account: Option<u32>,
    what: Option<u16>,
    tactics: u32,
    level: Level,
}

impl Sieve {
    fn lets(&self, mark: &Mark) -> bool {
        self.host.is_none_or(|host| host == mark.host)
            && self.account.is_none_or(|account| account == mark.account)
            && self.what.is_none_or(|what| what == mark.what)
            && (self.tactics == 0 || self.tactics & mark.tactics != 0)
            && mark.level >= self.level
    }
}

/// A part of a lane with lines in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bin {
    /// Its place, from 0.
    pub at: usize,
    /// Lines in it.
    pub lines: u64,
    /// The worst of them.
    pub worst: Level,
}

/// A host in the figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lane {
    /// The host; `None` for all those that have no lane of their own.
    pub host: Option<String>,
    /// How many hosts it is.
    pub hosts: usize,
    /// Lines.
    pub lines: u64,
    /// Detections.
    pub detections: u64,
    /// The worst.
    pub worst: Level,
    /// Bins with lines in them, in order.
    pub bins: Vec<Bin>,
}

/// A figure of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figure {
    /// The first instant that is drawn.
    pub from: Timestamp,
    /// The end of the last bin.
    pub to: Timestamp,
    /// The first and the last line of all, whatever the filter.
    pub whole: (Timestamp, Timestamp),
    /// Bins of a lane.
    pub bins: usize,
    /// The hosts, the worst first.
    pub lanes: Vec<Lane>,
    /// The lines of the whole span that the filter lets through, in equal parts: how many, and the worst.
    pub overview: Vec<(u64, Level)>,
    /// Lines that are drawn.
    pub lines: u64,
    /// Detections among them.
    pub detections: u64,
    /// Lines in all.
    pub all: u64,
    /// The earliest lines that are not in memory; they stand in the sealed timeline.
    pub left_out: u64,
}

/// A line as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineView {
    /// Its number.
    pub number: u64,
    /// When.
    pub time: Timestamp,
    /// The host's short name in capitals.
    pub host: String,
    /// The account; empty where the record names none.
    pub account: String,
    /// What kind of line.
    pub what: String,
    /// Of a detection: its level.
    pub level: Level,
    /// Of a detection the rule's title; else what the record says, only for those who handle evidence.
    pub text: String,
    /// ATT&CK tactics of the rule.
    pub tactics: Vec<String>,
    /// ATT&CK techniques of the rule.
    pub techniques: Vec<String>,
    /// What the rule looked at and found, only for those who handle evidence.
    pub matched: Vec<(String, String)>,
    /// Of a correlation: how many events it counted.
    pub counted: u32,
    /// How often the same line was there.
    pub copies: u32,
    /// The item of evidence.
    pub evidence: Option<EvidenceId>,
    /// The file in it.
    pub file: String,
    /// The record's number.
    pub record: u64,
}

/// Lines in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Lines {
    /// The lines.
    pub items: Vec<LineView>,
    /// Where the next page starts; `None` at the end.
    #[schema(value_type = Option<String>)]
    pub next: Option<Cursor>,
    /// How many the filter lets through, before and after these.
    pub total: u64,
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

/// The bin of a moment among equal ones, from `from` on.
fn place(at: i64, from: i64, span: i64, bins: usize) -> usize {
    let bin = i128::from(at - from) * bins as i128 / i128::from(span.max(1));
    usize::try_from(bin).unwrap_or(0).min(bins - 1)
}

impl Chronicle {
    /// The sieve of a filter; `None` where it names what no line has.
    fn sieve(&self, filter: &Filter) -> Option<Sieve> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let mut sieve = Sieve {
            host: None,
            account: None,
            what: None,
            tactics: 0,
            level: filter.level.unwrap_or_default(),
        };
        if let Some(host) = given(&filter.host) {
            sieve.host = Some(self.hosts.find(&host)?);
        }
        if let Some(account) = given(&filter.account) {
            sieve.account = Some(self.accounts.find(&account)?);
        }
        if let Some(what) = given(&filter.what) {
            sieve.what = Some(u16::try_from(self.whats.find(&what)?).ok()?);
        }
        if let Some(tactic) = given(&filter.tactic) {
            sieve.tactics = 1_u32.checked_shl(self.tactics.find(&tactic)?)?;
        }
        Some(sieve)
    }

    /// The marks between two moments, and the number of the first.
    fn between(&self, filter: &Filter) -> (usize, &[Mark]) {
        let start = filter.from.map_or(0, |from| {
            let from = from.as_microsecond();
            self.marks.partition_point(|mark| mark.at < from)
        });
        let end = filter.to.map_or(self.marks.len(), |to| {
            let to = to.as_microsecond();
            self.marks.partition_point(|mark| mark.at < to)
        });
        (start, self.marks.get(start..end.max(start)).unwrap_or_default())
    }

    /// The figure of what a filter lets through.
    #[must_use]
    pub fn figure(&self, filter: &Filter) -> Figure {
        let whole = self.span().unwrap_or_default();
        let first = filter.from.unwrap_or(whole.0).as_microsecond();
        // Outwards of the last line, so that it is drawn as well.
        let last = filter.to.map_or(whole.1.as_microsecond() + 1, Timestamp::as_microsecond);
        let span = last.saturating_sub(first).max(SHORTEST);
        let mut figure = Figure {
            from: instant(first),
            to: instant(first.saturating_add(span)),
            whole,
            bins: BINS,
            lanes: Vec::new(),
            overview: vec![(0, Level::None); WHOLE],
            lines: 0,
            detections: 0,
            all: self.marks.len() as u64,
            left_out: self.left_out(),
        };
        let Some(sieve) = self.sieve(filter) else { return figure };
        let (_, marks) = self.between(filter);
        let (lane_of, lanes) = self.lanes(marks, &sieve);
        let mut bins = vec![(0_u64, Level::None); lanes.len() * BINS];
        for mark in marks.iter().filter(|mark| sieve.lets(mark)) {
            let lane = usize::try_from(mark.host).ok().and_then(|host| lane_of.get(host)).copied();
            let at = lane.unwrap_or(0) * BINS + place(mark.at, first, span, BINS);
            if let Some((lines, worst)) = bins.get_mut(at) {
                *lines += 1;
                *worst = (*worst).max(mark.level);
            }
        }
        figure.lanes = lanes;
        for (lane, own) in figure.lanes.iter_mut().zip(bins.chunks(BINS)) {
            let there = own.iter().enumerate().filter(|(_, (lines, _))| *lines > 0);
            lane.bins = there.map(|(at, (lines, worst))| Bin { at, lines: *lines, worst: *worst }).collect();
        }
        figure.lines = figure.lanes.iter().map(|lane| lane.lines).sum();
        figure.detections = figure.lanes.iter().map(|lane| lane.detections).sum();
        let (begin, all) =
            (whole.0.as_microsecond(), whole.1.as_microsecond() - whole.0.as_microsecond() + 1);
        for mark in self.marks.iter().filter(|mark| sieve.lets(mark)) {
            if let Some((lines, worst)) = figure.overview.get_mut(place(mark.at, begin, all, WHOLE)) {
                *lines += 1;
                *worst = (*worst).max(mark.level);
            }
        }
        figure
    }

    /// Which host has which lane, and the lanes: the worst hosts have their own, the last is for all others.
    fn lanes(&self, marks: &[Mark], sieve: &Sieve) -> (Vec<usize>, Vec<Lane>) {
        let mut counts = vec![(Level::None, 0_u64, 0_u64); self.hosts.len()];
        for mark in marks.iter().filter(|mark| sieve.lets(mark)) {
            if let Some((worst, detections, lines)) =
                usize::try_from(mark.host).ok().and_then(|host| counts.get_mut(host))
            {
                *worst = (*worst).max(mark.level);
                *detections += u64::from(mark.level > Level::None);
                *lines += 1;
            }
        }
        let mut order: Vec<usize> = (0..counts.len()).collect();
        order.retain(|host| counts.get(*host).is_some_and(|(.., lines)| *lines > 0));
        order.sort_by_key(|host| std::cmp::Reverse(counts.get(*host).copied()));
        let (mut lane_of, mut lanes) = (vec![0; counts.len()], Vec::<Lane>::new());
        let shared = order.len() > LANES + 1;
        for (rank, host) in order.into_iter().enumerate() {
            let (worst, detections, lines) = counts.get(host).copied().unwrap_or_default();
            let alone = !shared || rank < LANES;
            if alone || rank == LANES {
                let name = alone.then(|| self.hosts.get(u32::try_from(host).unwrap_or(u32::MAX)).to_owned());
                lanes.push(Lane {
                    host: name,
                    hosts: 0,
                    lines: 0,
                    detections: 0,
                    worst: Level::None,
                    bins: Vec::new(),
                });
            }
            if let Some(own) = lane_of.get_mut(host) {
                *own = lanes.len() - 1;
            }
            if let Some(lane) = lanes.last_mut() {
                lane.hosts += 1;
                lane.lines += lines;
                lane.detections += detections;
                lane.worst = lane.worst.max(worst);
            }
        }
        (lane_of, lanes)
    }

    /// Lines that a filter lets through, after a number.
    #[must_use]
    pub fn lines(&self, filter: &Filter, after: Option<Cursor>, limit: usize, words: bool) -> Lines {
        let mut found = Lines { items: Vec::new(), next: None, total: 0 };
        let Some(sieve) = self.sieve(filter) else { return found };
        let (start, marks) = self.between(filter);
        let after = after.and_then(|after| usize::try_from(after.0).ok());
        for (number, _) in (start..).zip(marks).filter(|(_, mark)| sieve.lets(mark)) {
            found.total += 1;
            if after.is_some_and(|after| number <= after) {
                continue;
            }
            if found.items.len() < limit {
                found.items.extend(self.line(number as u64, words));
            } else if found.next.is_none() {
                found.next = found.items.last().map(|line| Cursor(line.number));
            }
        }
        found
    }

    /// A line by its number; with `words` also what commands and paths say.
    #[must_use]
    pub fn line(&self, number: u64, words: bool) -> Option<LineView> {
        let at = usize::try_from(number).ok()?;
        let (mark, said) = (self.marks.get(at)?, self.said.get(at)?);
        let detail = usize::try_from(said.detail).ok().filter(|at| *at > 0);
        let detail = detail.and_then(|at| self.details.get(at - 1));
        let file = self.files.get(said.file);
        let tactics = (0..32).filter(|number| (mark.tactics >> number) & 1 == 1);
        let text = if words || detail.is_some() { self.texts.get(said.text) } else { "" };
        Some(LineView {
            number,
            time: instant(mark.at),
            host: self.hosts.get(mark.host).to_owned(),
            account: self.accounts.get(mark.account).to_owned(),
            what: self.whats.get(u32::from(mark.what)).to_owned(),
            level: mark.level,
            text: text.to_owned(),
            tactics: tactics.map(|number| self.tactics.get(number).to_owned()).collect(),
            techniques: detail
                .map(|detail| detail.techniques.iter().map(|text| text.to_string()).collect())
                .unwrap_or_default(),
            matched: detail
                .filter(|_| words)
                .map(|detail| {
                    let pairs = detail.matched.iter();
                    pairs.map(|(name, value)| (name.to_string(), value.to_string())).collect()
                })
                .unwrap_or_default(),
            counted: detail.map_or(0, |detail| detail.counted),
            copies: said.copies,
            evidence: self.evidence(file),
            file: file.to_owned(),
            record: said.record,
        })
    }
}
