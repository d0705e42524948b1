//! A compiled set of rules: immutable, shareable, and written to bytes and back for a cache on disk.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{
    Level,
    correlation::Correlation,
    test::{Lazy, Test},
};

/// A field's number for keyless searches: any field.
pub(crate) const ANY: u16 = u16::MAX;

/// A test of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Predicate {
    pub(crate) field: u16,
    pub(crate) test: Test,
}

/// What a rule asks, over predicates by number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Ask {
    Is(u32),
    All(Vec<Ask>),
    Any(Vec<Ask>),
    AtLeast(u64, Vec<Ask>),
    Not(Box<Ask>),
    Const(bool),
}

/// Where a rule looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogSource {
    /// Such as `windows`.
    pub product: Option<String>,
    /// Such as `process_creation`.
    pub category: Option<String>,
    /// Such as `security`.
    pub service: Option<String>,
}

/// A compiled rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// Its id; its title where it has none.
    pub id: String,
    /// Its name, by which correlations may speak of it.
    pub name: Option<String>,
    /// Its title.
    pub title: String,
    /// How grave.
    pub level: Level,
    /// Its tags, as written.
    pub tags: Vec<String>,
    /// Where it looks.
    pub source: LogSource,
    /// Whether it is there for correlations alone and reports nothing itself.
    pub silent: bool,
    pub(crate) ask: Ask,
}

impl Rule {
    /// ATT&CK techniques of the tags, such as `T1059.001`.
    #[must_use]
    pub fn techniques(&self) -> Vec<String> {
        techniques(&self.tags)
    }

    /// ATT&CK tactics of the tags, such as `credential-access`.
    #[must_use]
    pub fn tactics(&self) -> Vec<String> {
        tactics(&self.tags)
    }
}

fn is_technique(tag: &str) -> bool {
    tag.strip_prefix(['t', 'T']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// ATT&CK techniques among tags.
#[must_use]
pub fn techniques(tags: &[String]) -> Vec<String> {
    let attack = tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
    attack.filter(|tag| is_technique(tag)).map(str::to_ascii_uppercase).collect()
}

/// ATT&CK tactics among tags.
#[must_use]
pub fn tactics(tags: &[String]) -> Vec<String> {
    let other = |tag: &str| {
        let mut letters = tag.chars();
        matches!(letters.next(), Some('g' | 's' | 'G' | 'S')) && letters.all(|c| c.is_ascii_digit())
    };
    let attack = tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
    attack.filter(|tag| !is_technique(tag) && !other(tag)).map(|tag| tag.replace('_', "-")).collect()
}

/// Compiled rules.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct RuleSet {
    pub(crate) fields: Vec<Box<str>>,
    pub(crate) predicates: Vec<Predicate>,
    /// What must lie in a text for a slow predicate to hold (see `hint`), by the predicate's number.
    pub(crate) hints: HashMap<u32, Vec<String>>,
    /// For each predicate that is a regular expression, by number.
    #[serde(skip)]
    pub(crate) regexes: HashMap<u32, Lazy>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// The correlation rules.
    pub correlations: Vec<Correlation>,
    /// What was asked for and cannot be done, or is worth a remark: the document and the reason.
    pub refused: Vec<(String, String)>,
}

/// The form of the bytes: a digest (FNV-1a) of the sources that make them, so that what another compiler made is not taken
/// back.
const FORM: u64 = {
    let mut sources: &[&[u8]] = &[
        include_bytes!("compile.rs"),
        include_bytes!("correlation.rs"),
        include_bytes!("hint.rs"),
        include_bytes!("rule.rs"),
        include_bytes!("test.rs"),
    ];
    let mut digest = 0xCBF2_9CE4_8422_2325_u64;
    while let [source, others @ ..] = sources {
        let mut rest = *source;
        while let [byte, after @ ..] = rest {
            digest = (digest ^ *byte as u64).wrapping_mul(0x0100_0000_01B3);
            rest = after;
        }
        sources = others;
    }
    digest
};

impl RuleSet {
    /// The set as bytes, for a cache.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(&(FORM, self)).unwrap_or_default()
    }

    /// A set out of a cache's bytes; none if they are of another form or damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (form, mut set): (u64, Self) = postcard::from_bytes(bytes).ok()?;
        set.prepare();
        (form == FORM && set.is_sound()).then_some(set)
    }

    /// Makes room for what is made when it is first needed.
    pub(crate) fn prepare(&mut self) {
        let regexes = (0..).zip(&self.predicates).filter(|(_, of)| matches!(of.test, Test::Regex(_)));
        self.regexes = regexes.map(|(number, _)| (number, Lazy::default())).collect();
    }

    /// The rules by where they look, each source with its rules' numbers.
    #[must_use]
    pub fn by_source(&self) -> Vec<(LogSource, Vec<u32>)> {
        let mut sources: HashMap<&LogSource, Vec<u32>> = HashMap::new();
        for (number, rule) in (0..).zip(&self.rules) {
            sources.entry(&rule.source).or_default().push(number);
        }
        sources.into_iter().map(|(source, rules)| (source.clone(), rules)).collect()
    }

    /// Whether a rule asks for a field of this name.
    #[must_use]
    pub fn asks(&self, rule: u32, name: &str) -> bool {
        fn within(ask: &Ask, is: &dyn Fn(u32) -> bool) -> bool {
            match ask {
                Ask::Is(number) => is(*number),
                Ask::All(asks) | Ask::Any(asks) | Ask::AtLeast(_, asks) => {
                    asks.iter().any(|ask| within(ask, is))
                }
                Ask::Not(ask) => within(ask, is),
                Ask::Const(_) => false,
            }
        }
        let is = |number: u32| {
            let field =
                self.predicates.get(number as usize).and_then(|of| self.fields.get(usize::from(of.field)));
            field.is_some_and(|field| **field == *name)
        };
        self.rules.get(rule as usize).is_some_and(|rule| within(&rule.ask, &is))
    }

    fn is_sound(&self) -> bool {
        fn known(ask: &Ask, count: usize) -> bool {
            match ask {
                Ask::Is(number) => (*number as usize) < count,
                Ask::All(asks) | Ask::Any(asks) | Ask::AtLeast(_, asks) => {
                    asks.iter().all(|ask| known(ask, count))
                }
                Ask::Not(ask) => known(ask, count),
                Ask::Const(_) => true,
            }
        }
        self.rules.iter().all(|rule| known(&rule.ask, self.predicates.len()))
    }
}
