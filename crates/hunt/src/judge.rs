//! Rules over events: which rules look at a kind of event is found once and kept (a route), each thread has its own
//! bench with scratch space, and the rules themselves are shared and never change. What correlation rules count is handed
//! on to the [`Correlator`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use jiff::Timestamp;
use sigma::{Kind, Level, LogSource, Plain, Route, RuleSet, Scratch, correlation::Hit};

use crate::{
    correlate::{self, Correlator, Counted},
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

    fn write_lower(&self, into: &mut String) {
        Value::write_lower(self, into);
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
type Near = HashMap<(usize, u32), Vec<(RouteKey, Arc<Route>)>, Plain>;

/// Compiled rules, ready for events.
pub struct Judge {
    rules: Arc<RuleSet>,
    sources: Sources,
    least: Level,
    /// For each rule: the names of the values that correlations want of its hits; none where none speaks of it.
    wants: HashMap<u32, Vec<Arc<str>>>,
    by_source: Vec<(LogSource, Vec<u32>)>,
    routes: Mutex<HashMap<RouteKey, Arc<OnceLock<Arc<Route>>>>>,
    waiting: usize,
}

/// A thread's place to judge at.
pub struct Bench<'j> {
    judge: &'j Judge,
    scratch: Scratch,
    routes: Near,
    counted: Vec<Counted>,
    host: Arc<str>,
    channel: Arc<str>,
}

/// Routes that are kept; more kinds of events than any Windows writes.
const MOST_ROUTES: usize = 20_000;
/// The longest value that a detection quotes, in letters.
const QUOTED: usize = 4096;

impl Judge {
    /// Rules and the log sources that they mean; what is below the level is not told (correlations still count it).
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, sources: Sources, least: Level) -> Self {
        let mut wants: HashMap<u32, Vec<Arc<str>>> = HashMap::new();
        let first = u32::try_from(rules.rules.len()).unwrap_or(u32::MAX);
        // Backwards, as what a correlation is asked for its own rules have to bring.
        for (own, correlation) in (first..).zip(&rules.correlations).collect::<Vec<_>>().into_iter().rev() {
            let asked = wants.get(&own).cloned().unwrap_or_default();
            for rule in &correlation.rules {
                let names = wants.entry(*rule).or_default();
                names.extend(correlation.wants(*rule).into_iter().map(Arc::from));
                names.extend(asked.iter().cloned());
            }
        }
        let by_source = rules.by_source();
        Self { rules, sources, least, wants, by_source, routes: Mutex::default(), waiting: correlate::HELD }
    }

    /// How many events may wait in memory for correlation rules to find others with them; some 200,000 without this.
    #[must_use]
    pub fn holding(mut self, waiting: usize) -> Self {
        self.waiting = waiting;
        self
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The correlation rules, ready for what the benches counted.
    #[must_use]
    pub fn correlator(&self) -> Correlator<'_> {
        Correlator::new(&self.rules, &self.wants, self.least, self.waiting)
    }

    /// A place for one thread.
    #[must_use]
    pub fn bench(&self) -> Bench<'_> {
        Bench {
            judge: self,
            scratch: Scratch::default(),
            routes: Near::default(),
            counted: Vec::new(),
            host: Arc::default(),
            channel: Arc::default(),
        }
    }

    /// The route of an event's kind. Threads that need the same one wait for it; others are made beside it.
    fn route(&self, event: &Event<'_>) -> Arc<Route> {
        let place = {
            let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
            // A hostile file may have as many kinds as records.
            if routes.len() < MOST_ROUTES {
                Arc::clone(routes.entry(key(event)).or_default())
            } else {
                routes.get(&key(event)).map(Arc::clone).unwrap_or_default()
            }
        };
        Arc::clone(place.get_or_init(|| Arc::new(self.make_route(event))))
    }

    fn make_route(&self, event: &Event<'_>) -> Route {
        let windows = !event.provider.is_empty() || event.event_id != 0;
        let looks = |source: &LogSource| self.sources.looks(source, windows, event.channel, event.event_id);
        let of = self.by_source.iter().filter(|(source, _)| looks(source));
        let mut rules: Vec<u32> = of.flat_map(|(_, rules)| rules).copied().collect();
        rules.sort_unstable();
        // A hive does not say who set a value: a rule that asks for that was made for those who saw it happen.
        if event.channel == "windows/registry" {
            rules.retain(|rule| !self.rules.asks(*rule, "Image"));
        }
        let id = event.event_id.to_string();
        let fixed: &[(&str, &str)] = if windows {
            &[("EventID", &id), ("Channel", event.channel), ("Provider_Name", event.provider)]
        } else {
            &[]
        };
        let aliases = self.sources.aliases(event.channel, event.event_id, event.shape.names());
        let kind = Kind { names: event.shape.names(), aliases: &aliases, fixed };
        Route::new(&self.rules, rules.into_iter(), &kind)
    }
}

/// The text as the last one was, where it is the same: thousands of events are of one host and log.
fn shared(last: &mut Arc<str>, text: &str) -> Arc<str> {
    if **last != *text {
        *last = text.into();
    }
    Arc::clone(last)
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
    /// What was judged since the last time that correlation rules count.
    pub fn counted(&mut self) -> Vec<Counted> {
        std::mem::take(&mut self.counted)
    }

    /// How many events those are.
    #[must_use]
    pub fn holds(&self) -> usize {
        self.counted.len()
    }

    /// Adds what the rules find in an event.
    pub fn judge(&mut self, file: &Arc<str>, event: &Event<'_>, found: &mut Vec<Detection>) {
        let Bench { judge, scratch, routes, counted, host, channel } = self;
        let near = routes.entry((Arc::as_ptr(event.shape).addr(), event.event_id)).or_default();
        let same = |key: &RouteKey| *key.channel == *event.channel && *key.provider == *event.provider;
        let at = near.iter().position(|(key, _)| same(key)).unwrap_or_else(|| {
            near.push((key(event), judge.route(event)));
            near.len() - 1
        });
        let Some((_, route)) = near.get(at) else { return };
        let mut hits = Vec::new();
        scratch.judge(route, event.values, &mut |number, places| {
            let Some(rule) = judge.rules.rules.get(number as usize) else { return };
            if let Some(names) = judge.wants.get(&number) {
                hits.push(judge.hit(number, names, event));
            }
            if rule.silent || rule.level < judge.least {
                return;
            }
            let names = event.shape.names();
            let quote = |place: &u16| {
                let value = event.values.get(usize::from(*place)).filter(|value| **value != Value::Null)?;
                let mut text = value.text();
                if let Some((end, _)) = text.char_indices().nth(QUOTED) {
                    text.truncate(end);
                }
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
        if !hits.is_empty() {
            counted.push(Counted {
                place: Place { file: Arc::clone(file), record_id: event.record },
                time: event.time,
                host: shared(host, event.host),
                channel: shared(channel, event.channel),
                event_id: event.event_id,
                hits,
            });
        }
    }
}

impl Judge {
    fn hit(&self, rule: u32, names: &[Arc<str>], event: &Event<'_>) -> Hit {
        let aliases = self.sources.aliases(event.channel, event.event_id, event.shape.names());
        let value = |name: &str| {
            event.get(name).map(std::borrow::Cow::into_owned).or_else(|| {
                let (_, at) = aliases.iter().find(|(alias, _)| **alias == *name)?;
                event.values.get(usize::from(*at)).map(Value::text)
            })
        };
        let values =
            names.iter().filter_map(|name| Some((Arc::clone(name), value(name)?.into_boxed_str()))).collect();
        Hit { rule, time: event.time.map_or(0, Timestamp::as_microsecond), values, event: 0 }
    }
}
