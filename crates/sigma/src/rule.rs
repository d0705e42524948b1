//! A compiled set of rules: immutable, shareable, and written to bytes and back for a cache on disk.

use serde::{Deserialize, Serialize};

use crate::{Level, correlation::Correlation, test::Test};

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
    /// The rules.
    pub rules: Vec<Rule>,
    /// The correlation rules.
    pub correlations: Vec<Correlation>,
    /// What was asked for and cannot be done, or is worth a remark: the document and the reason.
    pub refused: Vec<(String, String)>,
}

/// The form of the bytes; another number is another form.
const FORM: u32 = 1;

impl RuleSet {
    /// The set as bytes, for a cache.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(&(FORM, self)).unwrap_or_default()
    }

    /// A set out of a cache's bytes; none if they are of another form or damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (form, set): (u32, Self) = postcard::from_bytes(bytes).ok()?;
        (form == FORM && set.is_sound()).then_some(set)
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
