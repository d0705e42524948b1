//! Rules over events: which rules look at a kind of event is found once and kept (a route), each thread has its own
//! bench with scratch space, and the rules themselves are shared and never change. Hits of rules that correlations
//! speak of are kept until the hunt is over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use sigma::{Kind, Level, Route, RuleSet, Scratch, correlation::Hit};

use crate::{
    detect::{Detection, Place},
    event::{Event, Shape, Value},
    source::Sources,
};

impl sigma::Value for Value<'_> {
    fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    fn write(&self, into: &mut String) {
        Value::write(self, into);
    }
}

#[derive(PartialEq, Eq, Hash)]
struct RouteKey {
    channel: Box<str>,
    provider: Box<str>,
    id: u32,
    shape: Arc<Shape>,
}

/// By the shape's address and the event id: routes that this thread used (the key keeps the shape alive).
type Near = HashMap<(usize, u32), Vec<(RouteKey, Arc<Route>)>>;

/// An event that a correlation may count.
#[derive(Debug, Clone)]
struct Counted {
    place: Place,
    time: Option<Timestamp>,
    host: String,
    channel: String,
    event_id: u32,
}

#[derive(Default)]
struct Kept {
    events: Vec<Counted>,
    hits: Vec<Hit>,
}

impl Kept {
    /// A correlation's finding as a hit of its own: at its last event, with the values of that event's hits.
    fn finding(&self, rule: u32, events: &[u64]) -> Option<Hit> {
        let last = events.last()?;
        let hits = self.hits.iter().filter(|hit| hit.event == *last);
        let (mut values, mut time) = (BTreeMap::new(), None);
        for hit in hits {
            time = Some(hit.time);
            values.extend(hit.values.clone());
        }
        Some(Hit { rule, time: time?, values, event: *last })
    }
}

/// Compiled rules, ready for events.
pub struct Judge {
    rules: Arc<RuleSet>,
    sources: Sources,
    least: Level,
    /// For each rule: the names of the values that correlations want of its hits; none where none speaks of it.
    wants: HashMap<u32, Vec<String>>,
    routes: Mutex<HashMap<RouteKey, Arc<Route>>>,
    kept: Mutex<Kept>,
}

/// A thread's place to judge at.
pub struct Bench<'j> {
    judge: &'j Judge,
    scratch: Scratch,
    routes: Near,
}

/// The longest value that a detection quotes, in letters.
const QUOTED: usize = 4096;

impl Judge {
    /// Rules and the log sources that they mean; what is below the level is not told (correlations still count it).
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, sources: Sources, least: Level) -> Self {
        let mut wants: HashMap<u32, Vec<String>> = HashMap::new();
        let first = u32::try_from(rules.rules.len()).unwrap_or(u32::MAX);
        // Backwards, as what a correlation is asked for its own rules have to bring.
        for (own, correlation) in (first..).zip(&rules.correlations).collect::<Vec<_>>().into_iter().rev() {
            let asked = wants.get(&own).cloned().unwrap_or_default();
            for rule in &correlation.rules {
                let names = wants.entry(*rule).or_default();
                names.extend(correlation.wants(*rule).into_iter().map(str::to_owned));
                names.extend(asked.iter().cloned());
            }
        }
        let (routes, kept) = (Mutex::default(), Mutex::default());
        Self { rules, sources, least, wants, routes, kept }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// A place for one thread.
    #[must_use]
    pub fn bench(&self) -> Bench<'_> {
        Bench { judge: self, scratch: Scratch::default(), routes: HashMap::new() }
    }

    fn route(&self, event: &Event<'_>) -> Arc<Route> {
        let key = key(event);
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(route) = routes.get(&key) {
            return Arc::clone(route);
        }
        let windows = !event.provider.is_empty() || event.event_id != 0;
        let rules = (0_u32..).zip(&self.rules.rules);
        let looking = rules
            .filter(|(_, rule)| self.sources.looks(&rule.source, windows, event.channel, event.event_id))
            .map(|(number, _)| number);
        let id = event.event_id.to_string();
        let fixed: &[(&str, &str)] = if windows {
            &[("EventID", &id), ("Channel", event.channel), ("Provider_Name", event.provider)]
        } else {
            &[]
        };
        let aliases = self.sources.aliases(event.channel, event.event_id, event.shape.names());
        let kind = Kind { names: event.shape.names(), aliases: &aliases, fixed };
        let route = Arc::new(Route::new(&self.rules, looking, &kind));
        // A hostile file may have as many kinds as records.
        if routes.len() < 20_000 {
            routes.insert(key, Arc::clone(&route));
        }
        route
    }

    /// What the correlation rules find in the hits of all events that were judged.
    #[must_use]
    pub fn correlate(&self) -> Vec<Detection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        let first = u32::try_from(self.rules.rules.len()).unwrap_or(u32::MAX);
        // A correlation stands after those that it speaks of, so their findings are hits by the time it is judged.
        for (own, rule) in (first..).zip(&self.rules.correlations) {
            let findings = rule.judge(&kept.hits);
            if self.wants.contains_key(&own) {
                for hit in findings.iter().filter_map(|events| kept.finding(own, events)).collect::<Vec<_>>()
                {
                    kept.hits.push(hit);
                }
            }
            if rule.level < self.least {
                continue;
            }
            for numbers in findings {
                let event = |number: &u64| usize::try_from(*number).ok().and_then(|at| kept.events.get(at));
                let events: Vec<&Counted> = numbers.iter().filter_map(event).collect();
                let Some(last) = events.last() else { continue };
                found.push(Detection {
                    rule_id: rule.id.clone(),
                    rule: rule.title.clone(),
                    level: rule.level,
                    time: last.time,
                    computer: last.host.clone(),
                    channel: last.channel.clone(),
                    event_id: last.event_id,
                    record_id: last.place.record_id,
                    file: Arc::clone(&last.place.file),
                    techniques: sigma::techniques(&rule.tags),
                    tactics: sigma::tactics(&rule.tags),
                    matched: BTreeMap::new(),
                    events: events.iter().map(|event| event.place.clone()).collect(),
                });
            }
        }
        found
    }
}

fn key(event: &Event<'_>) -> RouteKey {
    RouteKey {
        channel: event.channel.into(),
        provider: event.provider.into(),
        id: event.event_id,
        shape: Arc::clone(event.shape),
    }
}

impl Bench<'_> {
    /// Adds what the rules find in an event.
    pub fn judge(&mut self, file: &Arc<str>, event: &Event<'_>, found: &mut Vec<Detection>) {
        let judge = self.judge;
        let near = self.routes.entry((Arc::as_ptr(event.shape).addr(), event.event_id)).or_default();
        let same = |key: &RouteKey| *key.channel == *event.channel && *key.provider == *event.provider;
        let route = match near.iter().find(|(key, _)| same(key)) {
            Some((_, route)) => Arc::clone(route),
            None => {
                let route = judge.route(event);
                near.push((key(event), Arc::clone(&route)));
                route
            }
        };
        let mut counted = None;
        self.scratch.judge(&route, event.values, &mut |scratch, number, places| {
            let Some(rule) = judge.rules.rules.get(number as usize) else { return };
            if let Some(names) = judge.wants.get(&number) {
                let event_number = *counted.get_or_insert_with(|| judge.keep(file, event));
                judge.hit(number, names, event, event_number);
            }
            if rule.silent || rule.level < judge.least {
                return;
            }
            let names = event.shape.names();
            let quote = |place: &u16| {
                let text: String = scratch.text(*place)?.chars().take(QUOTED).collect();
                Some((names.get(usize::from(*place))?.to_string(), text))
            };
            found.push(Detection {
                rule_id: rule.id.clone(),
                rule: rule.title.clone(),
                level: rule.level,
                time: event.time,
                computer: event.host.to_owned(),
                channel: event.channel.to_owned(),
                event_id: event.event_id,
                record_id: event.record,
                file: Arc::clone(file),
                techniques: rule.techniques(),
                tactics: rule.tactics(),
                matched: places.iter().filter_map(quote).collect(),
                events: Vec::new(),
            });
        });
    }
}

impl Judge {
    fn keep(&self, file: &Arc<str>, event: &Event<'_>) -> u64 {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.events.push(Counted {
            place: Place { file: Arc::clone(file), record_id: event.record },
            time: event.time,
            host: event.host.to_owned(),
            channel: event.channel.to_owned(),
            event_id: event.event_id,
        });
        kept.events.len() as u64 - 1
    }

    fn hit(&self, rule: u32, names: &[String], event: &Event<'_>, number: u64) {
        let aliases = self.sources.aliases(event.channel, event.event_id, event.shape.names());
        let value = |name: &str| {
            event.get(name).map(std::borrow::Cow::into_owned).or_else(|| {
                let (_, at) = aliases.iter().find(|(alias, _)| **alias == *name)?;
                event.values.get(usize::from(*at)).map(Value::text)
            })
        };
        let values = names.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect();
        let time = event.time.map_or(0, Timestamp::as_microsecond);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.hits.push(Hit { rule, time, values, event: number });
    }
}
