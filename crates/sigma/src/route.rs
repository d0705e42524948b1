//! The rules for one kind of event: those whose log source fits, with everything that the kind decides settled (its
//! event id, its channel, the fields that it does not have), and an index from what values hold to the tests that this
//! makes true. A route is made once for each kind and shared.

use std::collections::HashMap;

use crate::{
    index::{Builder, Index},
    rule::{ANY, Ask, Predicate, RuleSet},
    steps::{Step, steps},
    test::{Lazy, Place, Test, regex},
};

/// A test in a route: of which values, and what.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) slots: Vec<u16>,
    pub(crate) other: Vec<u16>,
    pub(crate) test: Test,
    pub(crate) regex: Lazy,
    /// Whether the index answers for it.
    pub(crate) indexed: bool,
    /// Checks of the index one of which holds wherever this one does; none where nothing is known of it.
    pub(crate) hints: Vec<u32>,
}

/// A rule in a route.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) rule: u32,
    pub(crate) ask: Ask,
    /// The first of its steps; none where it has to be asked as a whole.
    pub(crate) first: Option<u32>,
}

/// The rules for one kind of event.
#[derive(Debug, Default)]
pub struct Route {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) checks: Vec<Check>,
    pub(crate) steps: Vec<Step>,
    /// For each check, the candidates that it wakes.
    pub(crate) wakes: Vec<Vec<u32>>,
    /// Candidates that nothing indexed wakes.
    pub(crate) always: Vec<u32>,
    /// Values that any check looks at.
    pub(crate) needed: Vec<u16>,
    pub(crate) index: Index,
}

/// What a kind of event is: its fixed values by name and the names of the others.
pub struct Kind<'k> {
    /// The names of the event's values, in their order.
    pub names: &'k [Box<str>],
    /// Names that a value goes by beside its own (log source's field mapping): the name and the value's place.
    pub aliases: &'k [(Box<str>, u16)],
    /// Values that are the same in every event of the kind, by name.
    pub fixed: &'k [(&'k str, &'k str)],
}

impl Route {
    /// Whether no rule looks at this kind of event.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// How many rules look at this kind of event.
    #[must_use]
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// The rules (by number) for a kind of event.
    #[must_use]
    pub fn new(set: &RuleSet, rules: impl Iterator<Item = u32>, kind: &Kind<'_>) -> Self {
        let mut slots: HashMap<&str, Vec<u16>> = HashMap::new();
        for (at, name) in kind.names.iter().enumerate() {
            slots.entry(name).or_default().push(u16::try_from(at).unwrap_or(u16::MAX));
        }
        for (name, at) in kind.aliases {
            slots.entry(name).or_default().push(*at);
        }
        let every: Vec<u16> = (0..u16::try_from(kind.names.len()).unwrap_or(u16::MAX)).collect();
        let mut making = Making { set, slots, every, kind, route: Self::default(), checks: HashMap::new() };
        for number in rules {
            let Some(rule) = set.rules.get(number as usize) else { continue };
            let ask = making.settle(&rule.ask);
            if ask != Ask::Const(false) {
                making.route.candidates.push(Candidate { rule: number, ask, first: None });
            }
        }
        making.finish()
    }
}

struct Making<'m> {
    set: &'m RuleSet,
    slots: HashMap<&'m str, Vec<u16>>,
    every: Vec<u16>,
    kind: &'m Kind<'m>,
    route: Route,
    checks: HashMap<u32, u32>,
}

impl Making<'_> {
    fn settle(&mut self, ask: &Ask) -> Ask {
        match ask {
            Ask::Const(yes) => Ask::Const(*yes),
            Ask::Not(inner) => match self.settle(inner) {
                Ask::Const(yes) => Ask::Const(!yes),
                inner => Ask::Not(Box::new(inner)),
            },
            Ask::All(parts) => {
                let mut kept = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.settle(part) {
                        Ask::Const(false) => return Ask::Const(false),
                        Ask::Const(true) => {}
                        part => kept.push(part),
                    }
                }
                match kept.len() {
                    0 => Ask::Const(true),
                    1 => kept.remove(0),
                    _ => Ask::All(kept),
                }
            }
            Ask::Any(parts) => {
                let mut kept = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.settle(part) {
                        Ask::Const(true) => return Ask::Const(true),
                        Ask::Const(false) => {}
                        part => kept.push(part),
                    }
                }
                match kept.len() {
                    0 => Ask::Const(false),
                    1 => kept.remove(0),
                    _ => Ask::Any(kept),
                }
            }
            Ask::AtLeast(count, parts) => {
                Ask::AtLeast(*count, parts.iter().map(|part| self.settle(part)).collect())
            }
            Ask::Is(number) => match self.set.predicates.get(*number as usize) {
                Some(predicate) => self.settle_one(*number, predicate),
                None => Ask::Const(false),
            },
        }
    }

    fn places(&self, field: u16) -> (Vec<u16>, Option<&str>) {
        if field == ANY {
            return (self.every.clone(), None);
        }
        let name = self.set.fields.get(usize::from(field)).map(AsRef::as_ref).unwrap_or_default();
        let slots = self.slots.get(name).cloned().unwrap_or_default();
        let fixed = self.kind.fixed.iter().find(|(fixed, _)| *fixed == name).map(|(_, value)| *value);
        (slots, fixed)
    }

    fn settle_one(&mut self, number: u32, predicate: &Predicate) -> Ask {
        let (slots, fixed) = self.places(predicate.field);
        if let Some(value) = fixed
            && !matches!(predicate.test, Test::SameAs { .. })
        {
            return Ask::Const(crate::matching::plain_test(&predicate.test, value));
        }
        if slots.is_empty() {
            return Ask::Const(matches!(predicate.test, Test::Null | Test::Exists(false)));
        }
        if let Some(check) = self.checks.get(&number) {
            return Ask::Is(*check);
        }
        let other = match predicate.test {
            Test::SameAs { field, .. } => self.places(field).0,
            _ => Vec::new(),
        };
        let check = u32::try_from(self.route.checks.len()).unwrap_or(u32::MAX);
        let test = predicate.test.clone();
        let regex = self.set.regexes.get(&number).cloned().unwrap_or_default();
        self.route.checks.push(Check { slots, other, test, regex, indexed: false, hints: Vec::new() });
        self.checks.insert(number, check);
        Ask::Is(check)
    }

    fn finish(self) -> Route {
        let mut route = self.route;
        let mut index = Builder::default();
        for (predicate, check) in self.checks {
            let Some(pieces) = self.set.hints.get(&predicate) else { continue };
            let Some(slots) = route.checks.get(check as usize).map(|check| check.slots.clone()) else {
                continue;
            };
            let mut hints = Vec::new();
            for piece in pieces {
                hints.push(u32::try_from(route.checks.len()).unwrap_or(u32::MAX));
                let test = Test::Text { place: Place::Within, needle: piece.as_str().into(), cased: false };
                let (slots, other, regex) = (slots.clone(), Vec::new(), Lazy::default());
                route.checks.push(Check { slots, other, test, regex, indexed: false, hints: Vec::new() });
            }
            if let Some(check) = route.checks.get_mut(check as usize) {
                check.hints = hints;
            }
        }
        for (number, check) in (0_u32..).zip(&mut route.checks) {
            if let Test::Text { place, needle, cased: false } = &check.test {
                check.indexed = index.add(number, *place, needle, &check.slots);
            }
        }
        route.index = index.build();
        let mut needed: Vec<u16> =
            route.checks.iter().flat_map(|check| check.slots.iter().chain(&check.other)).copied().collect();
        needed.sort_unstable();
        needed.dedup();
        route.needed = needed;
        let mut uses = vec![0_u32; route.checks.len()];
        for candidate in &route.candidates {
            count(&candidate.ask, &mut uses);
        }
        route.wakes = vec![Vec::new(); route.checks.len()];
        for (number, candidate) in (0_u32..).zip(&route.candidates) {
            match clause(&candidate.ask, &route.checks, &uses) {
                Some((_, checks)) => {
                    for check in checks {
                        if let Some(wakes) = route.wakes.get_mut(check as usize) {
                            wakes.push(number);
                        }
                    }
                }
                None => route.always.push(number),
            }
        }
        for candidate in &mut route.candidates {
            candidate.first = steps(&candidate.ask, &route.checks, &mut route.steps);
        }
        route
    }
}

fn count(ask: &Ask, uses: &mut [u32]) {
    match ask {
        Ask::Is(check) => {
            if let Some(uses) = uses.get_mut(*check as usize) {
                *uses += 1;
            }
        }
        Ask::All(parts) | Ask::Any(parts) | Ask::AtLeast(_, parts) => {
            parts.iter().for_each(|part| count(part, uses));
        }
        Ask::Not(part) => count(part, uses),
        Ask::Const(_) => {}
    }
}

/// Indexed checks of which at least one holds wherever the question is answered yes, and how often that may be in
/// vain; none where there are none.
fn clause(ask: &Ask, checks: &[Check], uses: &[u32]) -> Option<(f64, Vec<u32>)> {
    match ask {
        Ask::Is(number) => {
            let check = checks.get(*number as usize)?;
            if !check.indexed {
                let hints: Option<Vec<f64>> =
                    check.hints.iter().map(|hint| Some(clause(&Ask::Is(*hint), checks, uses)?.0)).collect();
                return hints
                    .filter(|hints| !hints.is_empty())
                    .map(|h| (h.iter().sum(), check.hints.clone()));
            }
            let Test::Text { place, needle, .. } = &check.test else { return None };
            let often = f64::from(*uses.get(*number as usize)?);
            let length = f64::from(u32::try_from(needle.len()).unwrap_or(u32::MAX));
            let by_place = if *place == Place::Within { 1.0 } else { 1.5 };
            Some((by_place * (1.0 + often / 4.0) / (1.0 + length * length), vec![*number]))
        }
        Ask::All(parts) => parts
            .iter()
            .filter_map(|part| clause(part, checks, uses))
            .min_by(|(one, _), (other, _)| one.total_cmp(other)),
        Ask::Any(parts) => {
            let mut all = (0.0, Vec::new());
            for part in parts {
                let (cost, mut checks) = clause(part, checks, uses)?;
                all.0 += cost;
                all.1.append(&mut checks);
            }
            all.1.sort_unstable();
            all.1.dedup();
            Some(all)
        }
        Ask::AtLeast(needed, parts) if *needed > 0 => {
            let mut all = (0.0, Vec::new());
            for part in parts {
                let (cost, mut checks) = clause(part, checks, uses)?;
                all.0 += cost;
                all.1.append(&mut checks);
            }
            Some(all)
        }
        Ask::AtLeast(..) | Ask::Not(_) | Ask::Const(_) => None,
    }
}

impl Check {
    pub(crate) fn regex(&self) -> Option<&regex::Regex> {
        let Test::Regex(pattern) = &self.test else { return None };
        self.regex.get_or_init(|| regex(pattern).ok()).as_ref()
    }
}
