//! An event against a route's rules. The scratch space belongs to a thread and is used again for each event, so that
//! matching allocates nothing once it has grown.

use crate::{
    route::{Candidate, Check, Route},
    rule::Ask,
    steps::YES,
    test::{Test, lies, part, wild, within},
};

/// A value of an event, as the matcher needs it.
pub trait Value {
    /// Whether there is nothing (no value; empty text is a value).
    fn is_null(&self) -> bool;
    /// Writes the value as text.
    fn write(&self, into: &mut String);
    /// Writes the value as text in the form in which case does not count ([`fold`]).
    fn write_lower(&self, into: &mut String) {
        let from = into.len();
        self.write(into);
        fold_from(into, from);
    }
}

/// Text in the form in which case does not count.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut text = text.to_owned();
    fold_from(&mut text, 0);
    text
}

/// Brings the text from this place on into the form in which case does not count.
pub fn fold_from(text: &mut String, from: usize) {
    let Some(part) = text.get_mut(from..) else { return };
    if part.is_ascii() {
        part.make_ascii_lowercase();
    } else {
        let lower: String = part.chars().flat_map(char::to_lowercase).collect();
        text.truncate(from);
        text.push_str(&lower);
    }
}

/// A thread's space for matching.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The values that the route needs, where case does not count.
    lower: String,
    /// For each value: its range in `lower`; none where it is null or not needed.
    spans: Vec<Option<(usize, usize)>>,
    /// A value as it is written, for the tests that ask for that.
    text: String,
    /// For each check: `2 × round` for no, `2 × round + 1` for yes.
    known: Vec<u32>,
    /// For each candidate: the round in which it was looked at.
    seen: Vec<u32>,
    woken: Vec<u32>,
    round: u32,
}

impl Scratch {
    fn lower(&self, slot: u16) -> Option<&str> {
        let (from, to) = (*self.spans.get(usize::from(slot))?)?;
        self.lower.get(from..to)
    }

    fn load<V: Value>(&mut self, route: &Route, values: &[V]) {
        self.lower.clear();
        self.spans.clear();
        self.spans.resize(values.len(), None);
        for slot in &route.needed {
            let Some(value) = values.get(usize::from(*slot)).filter(|value| !value.is_null()) else {
                continue;
            };
            let from = self.lower.len();
            value.write_lower(&mut self.lower);
            if let Some(span) = self.spans.get_mut(usize::from(*slot)) {
                *span = Some((from, self.lower.len()));
            }
        }
    }

    /// A round that no entry of `known` and `seen` is of: numbers of another route mean other checks.
    fn begin(&mut self, route: &Route) -> u32 {
        if self.round >= u32::MAX / 2 - 1 {
            self.round = 0;
            self.known.clear();
            self.seen.clear();
        }
        self.round += 1;
        if self.known.len() < route.checks.len() {
            self.known.resize(route.checks.len(), 0);
        }
        if self.seen.len() < route.candidates.len() {
            self.seen.resize(route.candidates.len(), 0);
        }
        self.round
    }

    fn holds<V: Value>(&mut self, route: &Route, values: &[V], number: u32) -> bool {
        let at = number as usize;
        let (yes, no) = (self.round * 2 + 1, self.round * 2);
        match self.known.get(at) {
            Some(known) if *known == yes => return true,
            Some(known) if *known == no => return false,
            _ => {}
        }
        let Some(check) = route.checks.get(at) else { return false };
        // What the index answers for it has said by now.
        let told = |hint: &u32| self.known.get(*hint as usize) == Some(&yes);
        let may = !check.indexed && (check.hints.is_empty() || check.hints.iter().any(told));
        let holds = may && self.test(check, values);
        if let Some(known) = self.known.get_mut(at) {
            *known = if holds { yes } else { no };
        }
        holds
    }

    fn test<V: Value>(&mut self, check: &Check, values: &[V]) -> bool {
        match &check.test {
            Test::Null => check.slots.iter().all(|slot| self.lower(*slot).is_none()),
            Test::Exists(wanted) => check.slots.iter().any(|slot| self.lower(*slot).is_some()) == *wanted,
            Test::SameAs { place, cased: false, .. } => {
                let others = || check.other.iter().filter_map(|other| self.lower(*other));
                let mut there = check.slots.iter().filter_map(|slot| self.lower(*slot));
                there.any(|text| others().any(|other| lies(*place, text, other)))
            }
            Test::SameAs { place, cased: true, .. } => {
                let text = |slot: &u16| written(values, *slot);
                let others: Vec<String> = check.other.iter().filter_map(text).collect();
                let mut there = check.slots.iter().filter_map(text);
                there.any(|text| others.iter().any(|other| lies(*place, &text, other)))
            }
            test => check.slots.iter().any(|slot| self.tells(check, test, values, *slot)),
        }
    }

    /// Whether a test of one value holds for that in this place.
    fn tells<V: Value>(&mut self, check: &Check, test: &Test, values: &[V], slot: u16) -> bool {
        if !test.asks_for_case() {
            return self.lower(slot).is_some_and(|lower| lower_test(test, lower));
        }
        if self.spans.get(usize::from(slot)).is_none_or(Option::is_none) {
            return false;
        }
        let Some(value) = values.get(usize::from(slot)) else { return false };
        self.text.clear();
        value.write(&mut self.text);
        match test {
            Test::Regex(_) => check.regex().is_some_and(|regex| regex.is_match(&self.text)),
            test => written_test(test, &self.text),
        }
    }

    fn answer<V: Value>(&mut self, route: &Route, values: &[V], ask: &Ask) -> bool {
        match ask {
            Ask::Is(number) => self.holds(route, values, *number),
            Ask::All(parts) => parts.iter().all(|part| self.answer(route, values, part)),
            Ask::Any(parts) => parts.iter().any(|part| self.answer(route, values, part)),
            Ask::AtLeast(needed, parts) => {
                let mut count = 0;
                *needed == 0
                    || parts.iter().any(|part| {
                        count += u64::from(self.answer(route, values, part));
                        count >= *needed
                    })
            }
            Ask::Not(part) => !self.answer(route, values, part),
            Ask::Const(yes) => *yes,
        }
    }

    fn asked<V: Value>(&mut self, route: &Route, values: &[V], candidate: &Candidate) -> bool {
        let Some(mut at) = candidate.first else { return self.answer(route, values, &candidate.ask) };
        while let Some(step) = route.steps.get(at as usize) {
            at = if self.holds(route, values, step.check) { step.yes } else { step.no };
        }
        at == YES
    }

    /// The values (by place) in which a matched rule found what it asks for.
    fn places<V: Value>(&mut self, route: &Route, values: &[V], ask: &Ask, into: &mut Vec<u16>) {
        match ask {
            Ask::Is(number) => {
                if self.holds(route, values, *number)
                    && let Some(check) = route.checks.get(*number as usize)
                {
                    for slot in &check.slots {
                        let telling = match &check.test {
                            Test::Null | Test::Exists(_) | Test::SameAs { .. } => true,
                            test => self.tells(check, test, values, *slot),
                        };
                        if telling {
                            into.push(*slot);
                        }
                    }
                }
            }
            Ask::All(parts) | Ask::Any(parts) | Ask::AtLeast(_, parts) => {
                for part in parts {
                    if self.answer(route, values, part) {
                        self.places(route, values, part, into);
                    }
                }
            }
            Ask::Not(_) | Ask::Const(_) => {}
        }
    }

    /// Judges an event by a route's rules; calls back with each rule's number that matches and the places of the
    /// values that it found something in.
    pub fn judge<V: Value>(&mut self, route: &Route, values: &[V], each: &mut dyn FnMut(u32, &[u16])) {
        if route.is_empty() {
            return;
        }
        self.load(route, values);
        let round = self.begin(route);
        let mut woken = std::mem::take(&mut self.woken);
        let mut known = std::mem::take(&mut self.known);
        woken.clear();
        woken.extend(&route.always);
        for (number, slot) in route.index.slots() {
            let Some(text) = self.lower(slot) else { continue };
            route.index.scan(number, text, |check| {
                let Some(known) = known.get_mut(check as usize) else { return };
                if *known != round * 2 + 1 {
                    *known = round * 2 + 1;
                    woken.extend(route.wakes.get(check as usize).into_iter().flatten());
                }
            });
        }
        self.known = known;
        let mut places = Vec::new();
        for number in &woken {
            match self.seen.get_mut(*number as usize) {
                Some(seen) if *seen != round => *seen = round,
                _ => continue,
            }
            let Some(candidate) = route.candidates.get(*number as usize) else { continue };
            if self.asked(route, values, candidate) {
                places.clear();
                self.places(route, values, &candidate.ask, &mut places);
                places.sort_unstable();
                places.dedup();
                each(candidate.rule, &places);
            }
        }
        self.woken = woken;
    }
}

/// A value as it is written, if there is one.
fn written<V: Value>(values: &[V], slot: u16) -> Option<String> {
    let value = values.get(usize::from(slot)).filter(|value| !value.is_null())?;
    let mut text = String::new();
    value.write(&mut text);
    Some(text)
}

/// A test for which the text as it is written has to be there.
fn written_test(test: &Test, text: &str) -> bool {
    match test {
        Test::Text { place, needle, .. } => lies(*place, text, needle),
        Test::Wild { tokens, .. } => wild(tokens, text),
        Test::Regex(pattern) => crate::test::regex(pattern).is_ok_and(|regex| regex.is_match(text)),
        _ => false,
    }
}

/// A test for which the text in lower case is enough.
fn lower_test(test: &Test, text: &str) -> bool {
    match test {
        Test::Text { place, needle, .. } => lies(*place, text, needle),
        Test::Wild { tokens, .. } => wild(tokens, text),
        Test::Cidr(network, bits) => within(text, *network, *bits),
        Test::Number(comparison, bits) => {
            let text = text.trim();
            #[expect(clippy::cast_precision_loss, reason = "a rule's bounds are far below 2^52")]
            let number = match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok().map(|number| number as f64),
                None => text.parse().ok(),
            };
            number.is_some_and(|number: f64| comparison.holds(number, f64::from_bits(*bits)))
        }
        Test::Time(of, number) => part(text, *of) == Some(*number),
        Test::Exists(wanted) => *wanted,
        Test::Null | Test::SameAs { .. } | Test::Regex(_) => false,
    }
}

/// A test against a value that is there and known beforehand.
pub(crate) fn plain_test(test: &Test, text: &str) -> bool {
    if test.asks_for_case() { written_test(test, text) } else { lower_test(test, &fold(text)) }
}

/// The tokens of a text without wildcards, for tests of this crate.
#[cfg(test)]
pub(crate) fn letters(text: &str) -> Vec<crate::test::Token> {
    use crate::test::Token;
    text.chars()
        .map(|letter| match letter {
            '*' => Token::Many,
            '?' => Token::One,
            letter => Token::Letter(letter),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Place;

    #[test]
    fn a_wildcard_takes_any_run_and_a_question_mark_one_letter() {
        for (pattern, text, fits) in [
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("*b?d", "aabcd", true),
            ("?", "ü", true),
            ("a*b*c", "axbxbxc", true),
            ("a*", "a", true),
            ("", "", true),
            ("a?", "a", false),
        ] {
            assert_eq!(wild(&letters(pattern), text), fits, "{pattern} {text}");
        }
        assert!(lies(Place::End, "c:\\cmd.exe", "\\cmd.exe"));
    }
}
