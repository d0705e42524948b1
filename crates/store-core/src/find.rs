//! How rows and entries are found. Each has a *document*: the set of its words and of *tags* that stand for what it
//! may be filtered by, sorted, in ASCII. A search is a set of *needles*, each a prefix of some token. The words are
//! cut here and not by a database, so that both databases find the same, and user text never reaches a query
//! language: a needle holds letters, digits and hyphens only.
//!
//! Tokens begin with the letter of the kind of row they belong to, so that a word that is common in entries does
//! not slow down a search among incidents. Tags begin with a hyphen after that letter and end with one; words hold none.

use std::{collections::BTreeSet, fmt::Write as _, hash::BuildHasher as _, ops::Range};

use hashbrown::{DefaultHashBuilder, HashTable};
use kernel::Digest;
use sqlx::types::Uuid;

/// Longer words are cut, in documents and in needles alike.
const WORD: usize = 40;
/// A document keeps this many words, the first ones; what somebody would search for stands early.
const WORDS: usize = 400;
/// What a word can go on with.
const NEXT: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
/// A search uses this many words.
const NEEDLES: usize = 16;

/// What kinds of things are found; the numbers stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Journal entries.
    Entry,
    /// Alerts.
    Alert,
    /// Incidents.
    Incident,
    /// Items of evidence.
    Evidence,
}

impl Kind {
    /// The number used in the database.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Entry => 0,
            Self::Alert => 1,
            Self::Incident => 2,
            Self::Evidence => 3,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Entry => 'e',
            Self::Alert => 'a',
            Self::Incident => 'i',
            Self::Evidence => 'v',
        }
    }

    /// The smallest key of this kind; the next kind's is 2^56 above.
    #[must_use]
    pub const fn floor(self) -> i64 {
        (self.number() as i64) << 56
    }

    /// The key of the row that arrived as number `order`.
    #[must_use]
    pub fn key(self, order: u64) -> i64 {
        self.floor() + i64::try_from(order).unwrap_or(i64::MAX).min((1 << 56) - 1)
    }

    /// The order of arrival in a key of this kind.
    #[must_use]
    pub fn order(self, key: i64) -> u64 {
        u64::try_from(key - self.floor()).unwrap_or(0)
    }
}

/// What a tag stands for.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Tag {
    Practice,
    Verdict,
    Severity,
    Source,
    Channel,
    Incident,
    Group,
    Status,
    Sha256,
    Stream,
    EntryKind,
    Open,
    Key,
}

impl Tag {
    const fn letter(self) -> char {
        match self {
            Self::Practice => 'p',
            Self::Verdict => 'v',
            Self::Severity => 'g',
            Self::Source => 'o',
            Self::Channel => 'c',
            Self::Incident => 'i',
            Self::Group => 'r',
            Self::Status => 't',
            Self::Sha256 => 'h',
            Self::Stream => 'm',
            Self::EntryKind => 'k',
            Self::Open => 'n',
            Self::Key => 'x',
        }
    }
}

/// Cuts `text` into words: runs of letters and digits, lower case, anything outside ASCII spelled as its code point.
fn words(text: &str, mut each: impl FnMut(&str)) {
    let mut word = Word::default();
    for c in text.chars() {
        if c.is_ascii() {
            word.add(c.to_ascii_lowercase(), &mut each);
        } else {
            c.to_lowercase().for_each(|c| word.add(c, &mut each));
        }
    }
    word.end(&mut each);
}

/// A word that is being cut.
#[derive(Default)]
struct Word {
    text: String,
    full: bool,
}

impl Word {
    fn add(&mut self, c: char, each: &mut impl FnMut(&str)) {
        if !c.is_alphanumeric() {
            self.end(each);
        } else if c.is_ascii() {
            self.full |= self.text.len() >= WORD;
            if !self.full {
                self.text.push(c);
            }
        } else {
            self.full |= self.text.len() + 6 > WORD;
            if !self.full {
                let _ = write!(self.text, "{:06x}", u32::from(c));
            }
        }
    }

    fn end(&mut self, each: &mut impl FnMut(&str)) {
        if !self.text.is_empty() {
            each(&self.text);
            self.text.clear();
        }
        self.full = false;
    }
}

fn tag(kind: Kind, tag: Tag, value: &str) -> String {
    format!("{}-{}{value}-", kind.letter(), tag.letter())
}

/// The tag of something that alerts are grouped by.
#[must_use]
pub fn alert_key_tag(key: Uuid) -> String {
    tag(Kind::Alert, Tag::Key, &id(key.as_u128()))
}

/// The value of a tag for an id.
#[must_use]
pub fn id(bits: u128) -> String {
    format!("{bits:032x}")
}

/// The value of a tag for a text of any kind.
#[must_use]
pub fn text(value: &str) -> String {
    Digest::of(value.as_bytes()).to_string().chars().take(16).collect()
}

/// Builds a document. Its tokens stand one after the other in one text: three documents of some sixty are made for each alert.
#[derive(Debug)]
pub struct Document {
    kind: Kind,
    text: String,
    tokens: Vec<Range<usize>>,
    /// Places in `tokens`, by what stands there.
    known: HashTable<usize>,
    hasher: DefaultHashBuilder,
    words: usize,
}

impl Document {
    /// An empty one for a row of this kind and tenant.
    #[must_use]
    pub fn new(kind: Kind, practice: Uuid) -> Self {
        let mut document = Self {
            kind,
            text: String::with_capacity(1024),
            tokens: Vec::with_capacity(64),
            known: HashTable::with_capacity(64),
            hasher: DefaultHashBuilder::default(),
            words: 0,
        };
        document.tag(Tag::Practice, &id(practice.as_u128()));
        document
    }

    /// Takes what was written from `start` on as a token; false where it is there already.
    fn take(&mut self, start: usize) -> bool {
        let Self { text, tokens, known, hasher, .. } = self;
        let of = |token: &Range<usize>| text.get(token.clone()).unwrap_or_default();
        let at = |place: &usize| tokens.get(*place).map_or("", of);
        let token = start..text.len();
        let hash = hasher.hash_one(of(&token));
        if known.find(hash, |place| at(place) == of(&token)).is_some() {
            text.truncate(start);
            return false;
        }
        known.insert_unique(hash, tokens.len(), |place| hasher.hash_one(at(place)));
        tokens.push(token);
        true
    }

    /// Adds a tag. The value must be of lower-case letters and digits.
    pub fn tag(&mut self, what: Tag, value: &str) {
        let start = self.text.len();
        self.text.push_str(&tag(self.kind, what, value));
        self.take(start);
    }

    /// Adds the words of a text.
    pub fn words(&mut self, text: &str) {
        words(text, |word| {
            if self.words < WORDS {
                let start = self.text.len();
                self.text.push(self.kind.letter());
                self.text.push_str(word);
                self.words += usize::from(self.take(start));
            }
        });
    }

    /// Adds the words of every text and number in a JSON value.
    pub fn value(&mut self, value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => self.words(text),
            serde_json::Value::Number(number) => self.words(&number.to_string()),
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.value(item)),
            serde_json::Value::Object(members) => members.values().for_each(|member| self.value(member)),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
    }

    /// The document: its tokens in order, a space before and after each.
    #[must_use]
    pub fn finish(self) -> String {
        let Self { text, tokens, .. } = &self;
        let mut sorted: Vec<&str> = tokens.iter().filter_map(|token| text.get(token.clone())).collect();
        sorted.sort_unstable();
        let mut document = String::with_capacity(text.len() + sorted.len() + 1);
        for token in sorted {
            document.push(' ');
            document.push_str(token);
        }
        document.push(' ');
        document
    }
}

/// What must all occur.
#[derive(Debug, Clone)]
pub struct Needles {
    kind: Kind,
    tokens: BTreeSet<String>,
}

impl Needles {
    /// None yet.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, tokens: BTreeSet::new() }
    }

    /// What kind of row is looked for.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// This tag must be there.
    pub fn tag(&mut self, what: Tag, value: &str) {
        self.tokens.insert(tag(self.kind, what, value));
    }

    /// Words that begin so must be there. A text without a letter or digit asks for nothing.
    pub fn words(&mut self, text: &str) {
        let letter = self.kind.letter();
        let mut count = 0;
        words(text, |word| {
            count += 1;
            if count <= NEEDLES {
                self.tokens.insert(format!("{letter}{word}"));
            }
        });
    }

    /// The tags, and each word by itself.
    #[must_use]
    pub fn apart(&self) -> (Self, Vec<Self>) {
        let (tags, words): (_, BTreeSet<_>) =
            self.tokens.iter().cloned().partition(|token| token.ends_with('-'));
        let alone = |word| Self { kind: self.kind, tokens: BTreeSet::from([word]) };
        (Self { kind: self.kind, tokens: tags }, words.into_iter().map(alone).collect())
    }

    /// Whether it asks for all that the other one asks for.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.tokens.is_superset(&other.tokens)
    }

    /// What another one asks for as well.
    pub fn join(&mut self, other: Self) {
        self.tokens.extend(other.tokens);
    }

    /// Whether every row matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The needles without those that another one implies, in order.
    fn needed(&self) -> impl Iterator<Item = &str> {
        self.tokens.iter().enumerate().filter_map(|(at, token)| {
            // Whatever begins with `token` follows it directly in the order.
            let implied = self.tokens.iter().nth(at + 1).is_some_and(|next| next.starts_with(token.as_str()));
            (!implied).then_some(token.as_str())
        })
    }

    /// A `LIKE` pattern that a document matches where it holds every needle. One pattern is enough, as documents
    /// and needles are sorted and no needle left is the beginning of another.
    #[must_use]
    pub fn like(&self) -> String {
        let mut pattern = String::from("%");
        for needle in self.needed() {
            pattern.push(' ');
            pattern.push_str(needle);
            pattern.push('%');
        }
        pattern
    }

    /// A query of SQLite's FTS5. It goes through the rows of a whole word in order and stops when it has enough, and gathers
    /// all rows of a beginning before the first. So a word is asked for as itself, or the beginning of a longer one: mostly
    /// somebody has typed a whole word, and few rows hold longer ones alone.
    #[must_use]
    pub fn fts5(&self) -> String {
        let each = self.needed().map(|needle| {
            if needle.ends_with('-') {
                return format!("\"{needle}\"");
            }
            let longer = NEXT.chars().map(|next| format!("\"{needle}{next}\" *"));
            let any: Vec<_> = std::iter::once(format!("\"{needle}\"")).chain(longer).collect();
            format!("({})", any.join(" OR "))
        });
        each.collect::<Vec<_>>().join(" AND ")
    }

    /// A `tsquery` of PostgreSQL, with `^` before each needle where the block is to be put that its word stands in.
    #[must_use]
    pub fn tsquery(&self) -> String {
        let each = self.needed().map(|needle| {
            let whole = needle.ends_with('-');
            format!("'^{needle}'{}", if whole { "" } else { ":*" })
        });
        each.collect::<Vec<_>>().join(" & ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `LIKE` with `%` alone.
    fn like(text: &str, pattern: &str) -> bool {
        let mut rest = text;
        pattern.split('%').filter(|piece| !piece.is_empty()).all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }

    proptest! {
        #[test]
        fn a_row_is_found_by_the_beginnings_of_all_its_words_and_only_so(
            document in proptest::collection::vec("[a-cé]{1,4}", 0..8),
            search in proptest::collection::vec("[a-cé]{1,3}", 0..5),
        ) {
            let mut doc = Document::new(Kind::Alert, Uuid::from_u128(7));
            doc.tag(Tag::Verdict, "none");
            doc.words(&document.join(" "));
            let doc = doc.finish();
            let mut needles = Needles::new(Kind::Alert);
            needles.words(&search.join(", "));
            needles.tag(Tag::Verdict, "none");
            let expected = search.iter().all(|needle| document.iter().any(|word| word.starts_with(needle)));
            prop_assert_eq!(like(&doc, &needles.like()), expected, "{} {}", doc, needles.like());
        }

        #[test]
        fn a_document_is_the_set_of_its_first_words_in_order(text in proptest::collection::vec("[a-d]{1,6}", 0..900)) {
            let mut doc = Document::new(Kind::Alert, Uuid::nil());
            text.iter().for_each(|word| doc.words(word));
            let mut set = BTreeSet::new();
            for word in &text {
                if set.len() < WORDS {
                    set.insert(format!("a{word}"));
                }
            }
            set.insert(tag(Kind::Alert, Tag::Practice, &id(0)));
            let expected: String = set.iter().map(|token| format!(" {token}")).collect();
            prop_assert_eq!(doc.finish(), format!("{expected} "));
        }

        #[test]
        fn whatever_a_person_types_is_data(text: String) {
            let mut needles = Needles::new(Kind::Entry);
            needles.words(&text);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            prop_assert!(needles.tokens.iter().all(|token| token.chars().all(plain)));
        }
    }
}
