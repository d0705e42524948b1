//! Correlation rules: what several events together say within a span of time, by group (specification, correlation
//! rules, version 2.1). The caller collects the hits of the rules that they name; [`Correlation::judge`] goes through
//! them in the order of time.

mod in_order;

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

pub use in_order::InOrder;

use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, Quantifier,
    WindowMode,
};
use serde::{Deserialize, Serialize};

use crate::{Level, rule::Rule, test::Comparison};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    EventCount,
    ValueCount,
    Temporal,
    TemporalOrdered,
    Sum,
    Average,
    Percentile(u64),
}

/// How the span lies in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Window {
    Sliding,
    Tumbling,
    Session(i64),
}

/// Which of the rules must be there, for the temporal kinds.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Needs {
    Every,
    Rule(u32),
    And(Vec<Needs>),
    Or(Vec<Needs>),
    Not(Box<Needs>),
}

/// A compiled correlation rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Correlation {
    /// Its id; its title where it has none.
    pub id: String,
    /// Its name, by which other correlations may speak of it.
    pub name: Option<String>,
    /// Its title.
    pub title: String,
    /// How grave.
    pub level: Level,
    /// Its tags, as written.
    pub tags: Vec<String>,
    /// The rules whose hits it takes, by number in the set.
    pub rules: Vec<u32>,
    /// Whether it is there for other correlations alone and reports nothing itself.
    pub silent: bool,
    /// Whether the rules that it takes report what they find, too.
    generate: bool,
    kind: Kind,
    window: Window,
    group_by: Vec<String>,
    aliases: BTreeMap<String, BTreeMap<u32, String>>,
    /// Microseconds.
    span: i64,
    predicates: Vec<(Comparison, u64)>,
    fields: Vec<String>,
    needs: Needs,
}

/// An event that a rule found, with the values that correlations ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The rule's number in the set.
    pub rule: u32,
    /// Microseconds since 1970.
    pub time: i64,
    /// Values by name, for the names of [`Correlation::wants`].
    pub values: Vec<(Arc<str>, Box<str>)>,
    /// The caller's number for the event.
    pub event: u64,
}

impl Hit {
    /// The value of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(is, _)| **is == *name).map(|(_, value)| &**value)
    }
}

impl Correlation {
    /// `before`: the correlations that are compiled already, to which this one may refer (a correlation of
    /// correlations); their findings count as hits under numbers beyond the rules'.
    pub(crate) fn compile(rule: &CorrelationRule, rules: &[Rule], before: &[Self]) -> Result<Self, String> {
        let find = |rules: &[Rule], name: &str| find(rules, before, name);
        let mut numbers = Vec::new();
        for name in &rule.rules {
            numbers.push(find(rules, name)?);
        }
        let (mut predicates, mut fields, mut needs, mut rank) = (Vec::new(), Vec::new(), Needs::Every, 50);
        match &rule.condition {
            CorrelationCondition::Threshold { predicates: asked, field, percentile } => {
                predicates =
                    asked.iter().map(|(operator, number)| (comparison(*operator), *number)).collect();
                fields = field.clone().unwrap_or_default();
                rank = percentile.unwrap_or(50);
            }
            CorrelationCondition::Extended(condition) => {
                needs = compose(condition, &|name| find(rules, name), &numbers)?
            }
        }
        let kind = match rule.correlation_type {
            CorrelationType::EventCount => Kind::EventCount,
            CorrelationType::ValueCount => Kind::ValueCount,
            CorrelationType::Temporal => Kind::Temporal,
            CorrelationType::TemporalOrdered => Kind::TemporalOrdered,
            CorrelationType::ValueSum => Kind::Sum,
            CorrelationType::ValueAvg => Kind::Average,
            CorrelationType::ValuePercentile => Kind::Percentile(rank),
            CorrelationType::ValueMedian => Kind::Percentile(50),
        };
        let counts = matches!(kind, Kind::ValueCount | Kind::Sum | Kind::Average | Kind::Percentile(_));
        if counts && fields.is_empty() {
            return Err(format!("`{}` needs a `field` in its condition", rule.correlation_type.as_str()));
        }
        let micros = |seconds: u64| i64::try_from(seconds.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
        let window = match rule.window {
            WindowMode::Sliding => Window::Sliding,
            WindowMode::Tumbling => Window::Tumbling,
            WindowMode::Session => Window::Session(
                rule.gap.as_ref().map(|gap| micros(gap.seconds)).ok_or("a session window needs a `gap`")?,
            ),
        };
        let mut aliases = BTreeMap::new();
        for alias in &rule.aliases {
            let mut mapping = BTreeMap::new();
            for (name, field) in &alias.mapping {
                mapping.insert(find(rules, name)?, field.clone());
            }
            aliases.insert(alias.alias.clone(), mapping);
        }
        Ok(Self {
            id: rule.id.clone().unwrap_or_else(|| rule.title.clone()),
            name: rule.name.clone(),
            title: rule.title.clone(),
            level: rule.level.and_then(|level| level.as_str().parse().ok()).unwrap_or_default(),
            tags: rule.tags.clone(),
            rules: numbers,
            silent: false,
            generate: rule.generate,
            kind,
            window,
            group_by: rule.group_by.clone(),
            aliases,
            span: micros(rule.timespan.seconds),
            predicates,
            fields,
            needs,
        })
    }

    /// The names of the values that a hit of this rule should carry.
    #[must_use]
    pub fn wants(&self, rule: u32) -> Vec<&str> {
        self.group_by
            .iter()
            .map(|name| self.real(name, rule))
            .chain(self.fields.iter().map(String::as_str))
            .collect()
    }

    fn real<'n>(&'n self, name: &'n str, rule: u32) -> &'n str {
        self.aliases.get(name).and_then(|mapping| mapping.get(&rule)).map_or(name, String::as_str)
    }

    /// Whether an event that is read later can make a finding void: one that must not be there, an average, a bound from above.
    /// What such a rule finds is certain at the end alone.
    #[must_use]
    pub fn waits(&self) -> bool {
        fn denies(needs: &Needs) -> bool {
            match needs {
                Needs::Every | Needs::Rule(_) => false,
                Needs::And(parts) | Needs::Or(parts) => parts.iter().any(denies),
                Needs::Not(_) => true,
            }
        }
        let grows =
            |(comparison, _): &(Comparison, u64)| matches!(comparison, Comparison::Gt | Comparison::Gte);
        let certain = match self.kind {
            Kind::EventCount | Kind::ValueCount => self.predicates.iter().all(grows),
            Kind::Temporal | Kind::TemporalOrdered => !denies(&self.needs),
            Kind::Sum | Kind::Average | Kind::Percentile(_) => false,
        };
        !certain || matches!(self.window, Window::Session(_))
    }

    /// The values that group a hit; none where it lacks one.
    fn key<'h>(&self, hit: &'h Hit) -> Option<Vec<&'h str>> {
        let value = |name: &String| hit.value(self.real(name, hit.rule));
        self.group_by.iter().map(value).collect()
    }

    /// Goes through hits (of any rules, in any order): each list is one finding, the events that it counted in the
    /// order of time. After a finding its group begins anew, so that one flood is one finding for each full count.
    #[must_use]
    pub fn judge(&self, hits: &[Hit]) -> Vec<Vec<u64>> {
        let mut mine: Vec<&Hit> = hits.iter().filter(|hit| self.rules.contains(&hit.rule)).collect();
        mine.sort_by_key(|hit| (hit.time, hit.event));
        let mut groups: HashMap<Vec<&str>, VecDeque<&Hit>> = HashMap::new();
        let mut findings = Vec::new();
        for hit in mine {
            let Some(key) = self.key(hit) else { continue };
            findings.extend(self.step(groups.entry(key).or_default(), hit).map(numbers));
        }
        findings
    }

    /// One hit more in its group: the hits of a finding, if this makes one.
    fn step<H: Borrow<Hit>>(&self, group: &mut VecDeque<H>, hit: H) -> Option<Vec<H>> {
        self.forget(group, of(&hit).time);
        group.push_back(hit);
        self.holds(group).then(|| group.drain(..).collect())
    }

    fn forget<H: Borrow<Hit>>(&self, group: &mut VecDeque<H>, now: i64) {
        let first = group.front().map(|hit| of(hit).time);
        let last = group.back().map(|hit| of(hit).time);
        match self.window {
            Window::Sliding => {
                while group.front().is_some_and(|hit| now.saturating_sub(of(hit).time) > self.span) {
                    group.pop_front();
                }
            }
            Window::Tumbling => {
                let bucket = |time: i64| time.div_euclid(self.span.max(1));
                if first.is_some_and(|first| bucket(first) != bucket(now)) {
                    group.clear();
                }
            }
            Window::Session(gap) => {
                let over =
                    |from: Option<i64>, limit| from.is_some_and(|from| now.saturating_sub(from) > limit);
                if over(last, gap) || over(first, self.span) {
                    group.clear();
                }
            }
        }
    }

    fn holds<H: Borrow<Hit>>(&self, group: &VecDeque<H>) -> bool {
        let counted = |number: f64| {
            #[expect(clippy::cast_precision_loss, reason = "thresholds of rules are small")]
            self.predicates.iter().all(|(comparison, limit)| comparison.holds(number, *limit as f64))
        };
        let numbers = || -> Vec<f64> {
            let field = self.fields.first().map(String::as_str).unwrap_or_default();
            group.iter().filter_map(|hit| of(hit).value(field)?.trim().parse().ok()).collect()
        };
        #[expect(clippy::cast_precision_loss, reason = "counts of events are far below 2^52")]
        match self.kind {
            Kind::EventCount => counted(group.len() as f64),
            Kind::ValueCount => {
                let values: HashSet<Vec<&str>> = group
                    .iter()
                    .filter_map(|hit| self.fields.iter().map(|field| of(hit).value(field)).collect())
                    .collect();
                counted(values.len() as f64)
            }
            Kind::Sum => counted(numbers().iter().sum()),
            Kind::Average => {
                let numbers = numbers();
                !numbers.is_empty() && counted(numbers.iter().sum::<f64>() / numbers.len() as f64)
            }
            Kind::Percentile(rank) => {
                let mut numbers = numbers();
                numbers.sort_by(f64::total_cmp);
                let last = numbers.len().saturating_sub(1) as u64;
                let at = usize::try_from((last * rank.min(100)).div_ceil(100)).unwrap_or(0);
                numbers.get(at).is_some_and(|number| counted(*number))
            }
            Kind::Temporal => self.there(&self.needs, group),
            Kind::TemporalOrdered => {
                let mut wanted = self.rules.iter().peekable();
                for hit in group {
                    wanted.next_if(|rule| **rule == of(hit).rule);
                }
                wanted.peek().is_none()
            }
        }
    }

    fn there<H: Borrow<Hit>>(&self, needs: &Needs, group: &VecDeque<H>) -> bool {
        match needs {
            Needs::Every => self.rules.iter().all(|rule| group.iter().any(|hit| of(hit).rule == *rule)),
            Needs::Rule(rule) => group.iter().any(|hit| of(hit).rule == *rule),
            Needs::And(parts) => parts.iter().all(|part| self.there(part, group)),
            Needs::Or(parts) => parts.iter().any(|part| self.there(part, group)),
            Needs::Not(part) => !self.there(part, group),
        }
    }
}

/// A correlation rule while hits come in, portion by portion (file by file), each portion of any time. An event counts for
/// one finding of a rule; what is found is told with the portion that completes it, but for rules that have to wait for the
/// end ([`Correlation::waits`]).
#[derive(Debug)]
pub struct Running<'r> {
    rule: &'r Correlation,
    waits: bool,
    /// Hits that no finding has counted, by group, in the order of time.
    groups: HashMap<Vec<String>, Vec<Hit>>,
    /// All hits of a rule that waits.
    held: Vec<Hit>,
}

impl<'r> Running<'r> {
    /// Before the first portion.
    #[must_use]
    pub fn new(rule: &'r Correlation) -> Self {
        Self { rule, waits: rule.waits(), groups: HashMap::new(), held: Vec::new() }
    }

    /// Takes a portion of hits of any rules; gives the findings that it completes, each the events that it counted in the
    /// order of time.
    pub fn take(&mut self, hits: &[Hit]) -> Vec<Vec<u64>> {
        let mut touched: BTreeMap<Vec<String>, (i64, i64)> = BTreeMap::new();
        for hit in hits.iter().filter(|hit| self.rule.rules.contains(&hit.rule)) {
            if self.waits {
                self.held.push(hit.clone());
                continue;
            }
            let Some(key) = self.rule.key(hit) else { continue };
            let key: Vec<String> = key.into_iter().map(str::to_owned).collect();
            let (first, last) = touched.entry(key.clone()).or_insert((hit.time, hit.time));
            (*first, *last) = ((*first).min(hit.time), (*last).max(hit.time));
            self.groups.entry(key).or_default().push(hit.clone());
        }
        let mut findings = Vec::new();
        for (key, (first, last)) in touched {
            let Some(group) = self.groups.get_mut(&key) else { continue };
            group.sort_by_key(|hit| (hit.time, hit.event));
            // Only what lies within a span of something new can have become a finding.
            let span = self.rule.span;
            let from = group.partition_point(|hit| hit.time < first.saturating_sub(span));
            let to = group.partition_point(|hit| hit.time <= last.saturating_add(span));
            let mut window = VecDeque::new();
            let near = group.get(from..to).unwrap_or_default();
            let found: Vec<Vec<u64>> =
                near.iter().filter_map(|hit| self.rule.step(&mut window, hit).map(numbers)).collect();
            let counted: HashSet<u64> = found.iter().flatten().copied().collect();
            if !counted.is_empty() {
                group.retain(|hit| !counted.contains(&hit.event));
            }
            if group.is_empty() {
                self.groups.remove(&key);
            }
            findings.extend(found);
        }
        findings
    }

    /// The hits that wait for others.
    pub fn waiting(&self) -> impl Iterator<Item = &Hit> {
        self.groups.values().flatten().chain(&self.held)
    }

    /// Gives up the hits that wait for others.
    pub fn let_go(&mut self) -> Vec<Hit> {
        let mut all = std::mem::take(&mut self.held);
        all.extend(std::mem::take(&mut self.groups).into_values().flatten());
        all
    }

    /// What only the end could tell.
    #[must_use]
    pub fn finish(&self) -> Vec<Vec<u64>> {
        self.rule.judge(&self.held)
    }
}

fn of<H: Borrow<Hit>>(hit: &H) -> &Hit {
    hit.borrow()
}

/// The events of a finding, each once.
fn numbers<H: Borrow<Hit>>(hits: Vec<H>) -> Vec<u64> {
    let mut events: Vec<u64> = hits.iter().map(|hit| of(hit).event).collect();
    events.dedup();
    events
}

/// What correlations speak of reports nothing by itself, unless one of them says so (specification, `generate`).
pub(crate) fn silence(rules: &mut [Rule], correlations: &mut [Correlation]) {
    let mut reports: BTreeMap<usize, bool> = BTreeMap::new();
    for correlation in &*correlations {
        for rule in &correlation.rules {
            *reports.entry(*rule as usize).or_default() |= correlation.generate;
        }
    }
    for (number, reports) in reports {
        if let Some(rule) = rules.get_mut(number) {
            rule.silent = !reports;
        } else if let Some(rule) = correlations.get_mut(number - rules.len()) {
            rule.silent = !reports;
        }
    }
}

fn find(rules: &[Rule], before: &[Correlation], name: &str) -> Result<u32, String> {
    let rule = rules
        .iter()
        .position(|rule| rule.id == name || rule.name.as_deref() == Some(name) || rule.title == name);
    let chained = || {
        let named =
            |rule: &Correlation| rule.id == name || rule.name.as_deref() == Some(name) || rule.title == name;
        before.iter().position(named).map(|at| rules.len() + at)
    };
    let at = rule
        .or_else(chained)
        .ok_or_else(|| format!("it speaks of the rule `{name}`, which is not among those loaded"))?;
    u32::try_from(at).map_err(|error| error.to_string())
}

fn comparison(operator: ConditionOperator) -> Comparison {
    match operator {
        ConditionOperator::Lt => Comparison::Lt,
        ConditionOperator::Lte => Comparison::Lte,
        ConditionOperator::Gt => Comparison::Gt,
        ConditionOperator::Gte => Comparison::Gte,
        ConditionOperator::Eq => Comparison::Eq,
        ConditionOperator::Neq => Comparison::Neq,
    }
}

fn compose(
    condition: &ConditionExpr,
    find: &dyn Fn(&str) -> Result<u32, String>,
    numbers: &[u32],
) -> Result<Needs, String> {
    let each = |parts: &[ConditionExpr]| -> Result<Vec<Needs>, String> {
        parts.iter().map(|part| compose(part, find, numbers)).collect()
    };
    Ok(match condition {
        ConditionExpr::And(parts) => Needs::And(each(parts)?),
        ConditionExpr::Or(parts) => Needs::Or(each(parts)?),
        ConditionExpr::Not(part) => Needs::Not(Box::new(compose(part, find, numbers)?)),
        ConditionExpr::Identifier(name) => Needs::Rule(find(name)?),
        ConditionExpr::Selector { quantifier, .. } => {
            let every = numbers.iter().map(|number| Needs::Rule(*number)).collect();
            match quantifier {
                Quantifier::All => Needs::And(every),
                Quantifier::Any | Quantifier::Count(1) => Needs::Or(every),
                Quantifier::Count(_) => return Err("`N of` in a correlation's condition".to_owned()),
            }
        }
    })
}
