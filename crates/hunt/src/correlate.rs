//! Correlation rules over a hunt: what the benches counted comes in file by file, in the contract's order, and a finding goes
//! out with the file that completes it. It stands at the last of its events in that order, so that detections stream.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::Timestamp;
use sigma::{
    Level, RuleSet,
    correlation::{Correlation, Hit, Running},
};

use crate::detect::{Detection, Place};

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
    events: Vec<Counted>,
}

impl<'j> Correlator<'j> {
    pub(crate) fn new(rules: &'j RuleSet, wants: &'j HashMap<u32, Vec<Arc<str>>>, least: Level) -> Self {
        let running = rules.correlations.iter().map(Running::new).collect();
        Self { rules, wants, least, running, events: Vec::new() }
    }

    /// Takes a file's counted events; gives the findings that they complete.
    pub fn take(&mut self, mut counted: Vec<Counted>) -> Vec<Detection> {
        if counted.is_empty() {
            return Vec::new();
        }
        counted.sort_by(|one, other| one.place.cmp(&other.place));
        let mut hits = Vec::new();
        for mut event in counted {
            let number = self.events.len() as u64;
            hits.extend(std::mem::take(&mut event.hits).into_iter().map(|hit| Hit { event: number, ..hit }));
            self.events.push(event);
        }
        self.judge(hits, |running, hits| running.take(hits))
    }

    /// What only the end could tell.
    pub fn finish(&mut self) -> Vec<Detection> {
        self.judge(Vec::new(), |running, more| {
            let mut findings = running.take(more);
            findings.append(&mut running.finish());
            findings
        })
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
            for events in findings(running, &hits) {
                if self.wants.contains_key(&own) {
                    let hit = self.as_hit(own, &events, &hits);
                    hits.extend(hit);
                }
                if !rule.silent && rule.level >= self.least {
                    found.extend(self.detection(rule, &events));
                }
            }
        }
        self.running = running;
        found
    }

    fn event(&self, number: u64) -> Option<&Counted> {
        usize::try_from(number).ok().and_then(|at| self.events.get(at))
    }

    /// A finding as a hit of its own: at its last event, with the values of that event's hits.
    fn as_hit(&self, rule: u32, events: &[u64], hits: &[Hit]) -> Option<Hit> {
        let last = events.last()?;
        let mut values: BTreeMap<Arc<str>, Box<str>> = BTreeMap::new();
        for hit in hits.iter().filter(|hit| events.contains(&hit.event)) {
            values.extend(hit.values.clone());
        }
        let time = self.event(*last)?.time.map_or(0, Timestamp::as_microsecond);
        Some(Hit { rule, time, values: values.into_iter().collect(), event: *last })
    }

    fn detection(&self, rule: &Correlation, numbers: &[u64]) -> Option<Detection> {
        let events: Vec<&Counted> = numbers.iter().filter_map(|number| self.event(*number)).collect();
        // Numbers are given in the contract's order.
        let at = self.event(*numbers.iter().max()?)?;
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
}
