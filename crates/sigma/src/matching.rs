//! An event against a route's rules. The scratch space belongs to a thread and is used again for each event, so that
//! matching allocates nothing once it has grown.

use crate::{
    route::{Check, Route},
    rule::Ask,
    test::{Test, lies, part, wild, within},
};

/// A value of an event, as the matcher needs it.
pub trait Value {
    /// Whether there is nothing (no value; empty text is a value).
    fn is_null(&self) -> bool;
    /// Writes the value as text.
    fn write(&self, into: &mut String);
}

/// Text in the form in which case does not count.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        text.chars().flat_map(char::to_lowercase).collect()
    }
}

/// A thread's space for matching.
#[derive(Debug, Default)]
pub struct Scratch {
    text: String,
    lower: String,
    /// For each value: its ranges in `text` and `lower`; none where it is null or not needed.
    spans: Vec<Option<(usize, usize, usize, usize)>>,
    /// For each check: `2 × round` for no, `2 × round + 1` for yes.
    known: Vec<u64>,
    /// For each candidate: the round in which it was looked at.
    seen: Vec<u64>,
    woken: Vec<u32>,
    round: u64,
}

impl Scratch {
    /// A value's text, if the last event had it and its route needed it.
    #[must_use]
    pub fn text(&self, slot: u16) -> Option<&str> {
        let (from, to, _, _) = (*self.spans.get(usize::from(slot))?)?;
        self.text.get(from..to)
    }

    fn lower(&self, slot: u16) -> Option<&str> {
        let (_, _, from, to) = (*self.spans.get(usize::from(slot))?)?;
        self.lower.get(from..to)
    }

    fn load<V: Value>(&mut self, route: &Route, values: &[V]) {
        self.text.clear();
        self.lower.clear();
        self.spans.clear();
        self.spans.resize(values.len(), None);
        for slot in &route.needed {
            let Some(value) = values.get(usize::from(*slot)).filter(|value| !value.is_null()) else {
                continue;
            };
            let (from, low) = (self.text.len(), self.lower.len());
            value.write(&mut self.text);
            let text = self.text.get(from..).unwrap_or_default();
            if text.is_ascii() {
                self.lower.push_str(text);
                if let Some(lower) = self.lower.get_mut(low..) {
                    lower.make_ascii_lowercase();
                }
            } else {
                self.lower.extend(text.chars().flat_map(char::to_lowercase));
            }
            if let Some(span) = self.spans.get_mut(usize::from(*slot)) {
                *span = Some((from, self.text.len(), low, self.lower.len()));
            }
        }
    }

    fn holds(&mut self, route: &Route, number: u32) -> bool {
        let at = number as usize;
        let (yes, no) = (self.round * 2 + 1, self.round * 2);
        match self.known.get(at) {
            Some(known) if *known == yes => return true,
            Some(known) if *known == no => return false,
            _ => {}
        }
        let Some(check) = route.checks.get(at) else { return false };
        // What the index answers for it has said by now.
        let holds = !check.indexed && self.test(check);
        if let Some(known) = self.known.get_mut(at) {
            *known = if holds { yes } else { no };
        }
        holds
    }

    fn test(&self, check: &Check) -> bool {
        let mut there = check.slots.iter().filter_map(|slot| Some((self.text(*slot)?, self.lower(*slot)?)));
        match &check.test {
            Test::Null => there.next().is_none(),
            Test::Exists(wanted) => there.next().is_some() == *wanted,
            Test::Regex(_) => check.regex().is_some_and(|regex| there.any(|(text, _)| regex.is_match(text))),
            Test::SameAs { place, cased, .. } => there.any(|(text, lower)| {
                check.other.iter().any(|other| {
                    if *cased {
                        self.text(*other).is_some_and(|other| lies(*place, text, other))
                    } else {
                        self.lower(*other).is_some_and(|other| lies(*place, lower, other))
                    }
                })
            }),
            test => there.any(|(text, lower)| value_test(test, text, lower)),
        }
    }

    fn answer(&mut self, route: &Route, ask: &Ask) -> bool {
        match ask {
            Ask::Is(number) => self.holds(route, *number),
            Ask::All(parts) => parts.iter().all(|part| self.answer(route, part)),
            Ask::Any(parts) => parts.iter().any(|part| self.answer(route, part)),
            Ask::AtLeast(needed, parts) => {
                let mut count = 0;
                *needed == 0
                    || parts.iter().any(|part| {
                        count += u64::from(self.answer(route, part));
                        count >= *needed
                    })
            }
            Ask::Not(part) => !self.answer(route, part),
            Ask::Const(yes) => *yes,
        }
    }

    /// The values (by place) in which a matched rule found what it asks for.
    fn places(&mut self, route: &Route, ask: &Ask, into: &mut Vec<u16>) {
        match ask {
            Ask::Is(number) => {
                if self.holds(route, *number)
                    && let Some(check) = route.checks.get(*number as usize)
                {
                    let telling = |slot: &&u16| match (&check.test, self.text(**slot), self.lower(**slot)) {
                        (Test::Null | Test::Exists(_) | Test::SameAs { .. }, _, _) => true,
                        (Test::Regex(_), Some(text), _) => check.regex().is_some_and(|r| r.is_match(text)),
                        (test, Some(text), Some(lower)) => value_test(test, text, lower),
                        _ => false,
                    };
                    into.extend(check.slots.iter().filter(telling));
                }
            }
            Ask::All(parts) | Ask::Any(parts) | Ask::AtLeast(_, parts) => {
                for part in parts {
                    if self.answer(route, part) {
                        self.places(route, part, into);
                    }
                }
            }
            Ask::Not(_) | Ask::Const(_) => {}
        }
    }

    /// Judges an event by a route's rules; calls back with each rule's number that matches and the places of the
    /// values that it found something in.
    pub fn judge<V: Value>(&mut self, route: &Route, values: &[V], each: &mut dyn FnMut(&Self, u32, &[u16])) {
        if route.is_empty() {
            return;
        }
        self.load(route, values);
        // Numbers of another route mean other checks: a round is never used twice.
        self.round += 1;
        if self.known.len() < route.checks.len() {
            self.known.resize(route.checks.len(), 0);
        }
        if self.seen.len() < route.candidates.len() {
            self.seen.resize(route.candidates.len(), 0);
        }
        let round = self.round;
        let mut woken = std::mem::take(&mut self.woken);
        let mut known = std::mem::take(&mut self.known);
        woken.clear();
        woken.extend(&route.always);
        for slot in &route.needed {
            let Some(text) = self.lower(*slot) else { continue };
            let fits = |check: &Check| check.slots.contains(slot);
            route.index.scan(text, &route.checks, &fits, &mut |number| {
                let Some(known) = known.get_mut(number as usize) else { return };
                if *known != round * 2 + 1 {
                    *known = round * 2 + 1;
                    woken.extend(route.wakes.get(number as usize).into_iter().flatten());
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
            if self.answer(route, &candidate.ask) {
                places.clear();
                self.places(route, &candidate.ask, &mut places);
                places.sort_unstable();
                places.dedup();
                each(self, candidate.rule, &places);
            }
        }
        self.woken = woken;
    }
}

/// A test that looks at nothing but the one value.
fn value_test(test: &Test, text: &str, lower: &str) -> bool {
    let by_case = |cased: bool| if cased { text } else { lower };
    match test {
        Test::Text { place, needle, cased } => lies(*place, by_case(*cased), needle),
        Test::Wild { tokens, cased } => wild(tokens, by_case(*cased)),
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
        Test::Regex(pattern) => crate::test::regex(pattern).is_ok_and(|regex| regex.is_match(text)),
        Test::Exists(wanted) => *wanted,
        Test::Null | Test::SameAs { .. } => false,
    }
}

/// A test against a value that is there and known beforehand.
pub(crate) fn plain_test(test: &Test, text: &str) -> bool {
    value_test(test, text, &fold(text))
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
