//! Correlation rules over a hunt: what the benches counted comes in file by file, in the contract's order, and a finding goes
//! out with the file that completes it. It stands at the last of its events in that order, so that detections stream.
//!
//! What waits for others to come is held in memory, up to a bound. Beyond it everything that waits goes to disk in the order of time,
//! and is judged at the end: then only what a rule's window covers at a moment is held, however much was counted.

mod waiting;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;
use sigma::{
    Level, RuleSet,
    correlation::{Correlation, Hit, InOrder, Running},
};
use waiting::Waited;
pub(crate) use waiting::Waiting;

use crate::detect::{Detection, Place};

/// Hits that may wait in memory: some 60 MB.
pub(crate) const HELD: usize = 200_000;
/// Events that are kept before it is looked which of them still wait.
const FIRST: usize = 4096;

/// An event that correlation rules count.
#[derive(Debug, Clone)]
pub struct Counted {
    pub(crate) place: Place,
    pub(crate) time: Option<Timestamp>,
    pub(crate) host: Arc<str>,
    pub(crate) channel: Arc<str>,
    pub(crate) event_id: u32,
    pub(crate) hits: Vec<Hit>,
}

/// The correlation rules of a hunt.
pub struct Correlator<'j> {
    rules: &'j RuleSet,
    /// Rules (correlations among them, by their numbers beyond the rules') whose findings count for others.
    wants: &'j HashMap<u32, Vec<Arc<str>>>,
    least: Level,
    running: Vec<Running<'j>>,
    /// Events whose hits wait, by number.
    events: HashMap<u64, Counted>,
    next: u64,
    look_at: usize,
    most: usize,
    waiting: Option<Waiting>,
    notes: Vec<String>,
}

impl<'j> Correlator<'j> {
    pub(crate) fn new(
        rules: &'j RuleSet,
        wants: &'j HashMap<u32, Vec<Arc<str>>>,
        least: Level,
        most: usize,
    ) -> Self {
        let running = rules.correlations.iter().map(Running::new).collect();
        let (events, notes) = (HashMap::new(), Vec::new());
        Self { rules, wants, least, running, events, next: 0, look_at: FIRST, most, waiting: None, notes }
    }

    /// Takes a file's counted events; gives the findings that they complete.
    pub fn take(&mut self, mut counted: Vec<Counted>) -> Vec<Detection> {
        if counted.is_empty() {
            return Vec::new();
        }
        if let Some(waiting) = &mut self.waiting {
            counted.iter().for_each(|event| waiting.push(event));
            return Vec::new();
        }
        counted.sort_by(|one, other| one.place.cmp(&other.place));
        let mut hits = Vec::new();
        for mut event in counted {
            let number = self.next;
            self.next += 1;
            hits.extend(std::mem::take(&mut event.hits).into_iter().map(|hit| Hit { event: number, ..hit }));
            self.events.insert(number, event);
        }
        let found = self.judge(hits, |running, hits| running.take(hits));
        self.forget();
        found
    }

    /// Takes a file's counted events that were too many for memory.
    pub(crate) fn take_waiting(&mut self, more: Waiting) {
        self.overflow(None).take(more);
    }

    /// What only the end could tell.
    pub fn finish(&mut self) -> Vec<Detection> {
        if let Some(waiting) = self.waiting.take() {
            return self.in_order(waiting);
        }
        self.judge(Vec::new(), |running, more| {
            let mut findings = running.take(more);
            findings.append(&mut running.finish());
            findings
        })
    }

    /// What the reader of the findings has to know of how they were made.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn judge(
        &mut self,
        mut hits: Vec<Hit>,
        mut findings: impl FnMut(&mut Running<'j>, &[Hit]) -> Vec<Vec<u64>>,
    ) -> Vec<Detection> {
        let mut found = Vec::new();
        let first = u32::try_from(self.rules.rules.len()).unwrap_or(u32::MAX);
        let mut running = std::mem::take(&mut self.running);
        // A correlation stands after those that it speaks of, so their findings are hits by the time it is judged.
        for ((own, rule), running) in (first..).zip(&self.rules.correlations).zip(&mut running) {
            for numbers in findings(running, &hits) {
                if self.wants.contains_key(&own) {
                    let of_finding = hits.iter().filter(|hit| numbers.contains(&hit.event));
                    let hit = self.last(&numbers).map(|(last, event)| as_hit(own, last, event, of_finding));
                    hits.extend(hit);
                }
                if self.tells(rule) {
                    let events: Vec<&Counted> =
                        numbers.iter().filter_map(|number| self.events.get(number)).collect();
                    found.extend(detection(rule, &events));
                }
            }
        }
        self.running = running;
        found
    }

    fn tells(&self, rule: &Correlation) -> bool {
        !rule.silent && rule.level >= self.least
    }

    fn last(&self, numbers: &[u64]) -> Option<(u64, &Counted)> {
        let last = numbers.last()?;
        Some((*last, self.events.get(last)?))
    }

    /// Lets go of events that no rule waits with; where too many wait, all of them go to disk.
    fn forget(&mut self) {
        if self.events.len() < self.look_at {
            return;
        }
        let waiting = || self.running.iter().flat_map(Running::waiting);
        if waiting().count() > self.most {
            let last = self.events.values().map(|event| &event.place.file).max().cloned();
            self.overflow(last);
            return;
        }
        let numbers: HashSet<u64> = waiting().map(|hit| hit.event).collect();
        self.events.retain(|number, _| numbers.contains(number));
        self.look_at = (self.events.len() * 2).max(FIRST);
    }

    /// Everything that waits to disk, where it stays until the end.
    fn overflow(&mut self, last: Option<Arc<str>>) -> &mut Waiting {
        let Self { running, events, most, notes, waiting, .. } = self;
        waiting.get_or_insert_with(|| {
            let since = last.map_or_else(String::new, |file| format!(" after {file}"));
            notes.push(format!(
                "more than {most} events wait for correlation rules to find others with them: what these rules find{since} is told at the end, not where it happened"
            ));
            let mut waiting = Waiting::default();
            for (own, running) in (0..).zip(running) {
                for hit in running.let_go() {
                    if let Some(event) = events.get(&hit.event) {
                        waiting.push_hit(event, &hit, Some(own));
                    }
                }
            }
            events.clear();
            waiting
        })
    }

    /// Judges what waited, in the order of time: each hit by every rule that counts it, and what they find by the rules that
    /// speak of these.
    fn in_order(&mut self, waiting: Waiting) -> Vec<Detection> {
        let mut rules: Vec<InOrder<'_, Waited>> =
            self.rules.correlations.iter().map(|rule| InOrder::new(rule, self.most)).collect();
        let mut found = Vec::new();
        let fault = waiting.each(|waited| self.step(&mut rules, waited, &mut found));
        self.notes.extend(fault);
        let forgotten: u64 = rules.iter().map(InOrder::forgotten).sum();
        if forgotten > 0 {
            self.notes.push(format!(
                "correlation rules had to forget {forgotten} events that their time spans cover: a span held more than {} of them",
                self.most
            ));
        }
        found
    }

    fn step(&self, rules: &mut [InOrder<'_, Waited>], first: Waited, found: &mut Vec<Detection>) {
        let beyond = u32::try_from(self.rules.rules.len()).unwrap_or(u32::MAX);
        let mut hits = vec![first];
        for ((own, rule), running) in (0..).zip(&self.rules.correlations).zip(rules) {
            let mut more = Vec::new();
            for hit in hits.iter().filter(|hit| hit.is_for(own, rule)) {
                let Some(finding) = running.take(hit.clone()) else { continue };
                if let (true, Some(last)) = (self.wants.contains_key(&(beyond + own)), finding.last()) {
                    let of_finding = finding.iter().map(Waited::hit);
                    let hit = as_hit(beyond + own, last.hit().event, last.event(), of_finding);
                    more.push(last.with(hit));
                }
                if self.tells(rule) {
                    let mut events: Vec<&Counted> = finding.iter().map(Waited::event).collect();
                    events.dedup_by_key(|event| &event.place);
                    found.extend(detection(rule, &events));
                }
            }
            hits.append(&mut more);
        }
    }
}

/// A finding as a hit of its own: at its last event, with the values of that event's hits.
fn as_hit<'h>(rule: u32, last: u64, event: &Counted, hits: impl Iterator<Item = &'h Hit>) -> Hit {
    let mut values: BTreeMap<Arc<str>, Box<str>> = BTreeMap::new();
    hits.for_each(|hit| values.extend(hit.values.clone()));
    let time = event.time.map_or(0, Timestamp::as_microsecond);
    Hit { rule, time, values: values.into_iter().collect(), event: last }
}

/// A finding of these events, which stands at the last of them in the contract's order.
fn detection(rule: &Correlation, events: &[&Counted]) -> Option<Detection> {
    let at = events.iter().max_by_key(|event| &event.place)?;
    Some(Detection {
        rule_id: rule.id.clone(),
        rule: rule.title.clone(),
        level: rule.level,
        time: events.iter().filter_map(|event| event.time).max(),
        computer: at.host.to_string(),
        channel: at.channel.to_string(),
        event_id: at.event_id,
        record_id: at.place.record_id,
        file: Arc::clone(&at.place.file),
        techniques: sigma::techniques(&rule.tags),
        tactics: sigma::tactics(&rule.tags),
        matched: BTreeMap::new(),
        events: events.iter().map(|event| event.place.clone()).collect(),
    })
}
