//! The letter's content: the five elements of 45 CFR 164.404(c)(1) checked for presence, and the reading grade of its
//! text, as the rule asks for plain language. What the letter says is the attorney's.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// An element of 45 CFR 164.404(c)(1).
    ContentElement {
        /// (A): what happened, with the dates of the breach and of its discovery, if known.
        WhatHappened = "what_happened",
        /// (B): the types of unsecured PHI involved.
        TypesOfInformation = "types_of_information",
        /// (C): what individuals should do to protect themselves.
        WhatYouCanDo = "what_you_can_do",
        /// (D): what the entity does to investigate, mitigate and protect.
        WhatWeAreDoing = "what_we_are_doing",
        /// (E): how to ask: a toll-free number, an e-mail address, web site or postal address.
        HowToReachUs = "how_to_reach_us",
    }
}

impl ContentElement {
    /// The paragraph.
    #[must_use]
    pub const fn citation(self) -> &'static str {
        match self {
            Self::WhatHappened => "45 CFR 164.404(c)(1)(A)",
            Self::TypesOfInformation => "45 CFR 164.404(c)(1)(B)",
            Self::WhatYouCanDo => "45 CFR 164.404(c)(1)(C)",
            Self::WhatWeAreDoing => "45 CFR 164.404(c)(1)(D)",
            Self::HowToReachUs => "45 CFR 164.404(c)(1)(E)",
        }
    }
}

/// A paragraph of a letter and the element it is meant to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passage {
    /// The element.
    pub element: ContentElement,
    /// The text.
    pub text: String,
}

/// What a check of the content found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The element.
    pub element: ContentElement,
    /// Whether the letter may not go out so; otherwise it is advice.
    pub missing: bool,
    /// What was found.
    pub what: String,
    /// The paragraph.
    pub citation: String,
}

/// Checks the five elements. An empty list means all are present as far as a program can see.
#[must_use]
pub fn check(passages: &[Passage]) -> Vec<Remark> {
    let mut out = Vec::new();
    for &element in ContentElement::ALL {
        let text: Vec<&str> =
            passages.iter().filter(|each| each.element == element).map(|each| each.text.trim()).collect();
        let text = text.join(" ");
        let mut remark = |missing, what: &str| {
            let citation = element.citation().to_owned();
            out.push(Remark { element, missing, what: what.to_owned(), citation });
        };
        if text.trim().is_empty() {
            remark(true, "nothing is said about it");
            continue;
        }
        match element {
            ContentElement::WhatHappened if !has_digit(&text) => {
                remark(false, "no date of the breach or of its discovery; give them, if known");
            }
            ContentElement::HowToReachUs => match ways(&text) {
                (0, _) => remark(true, "no toll-free number, e-mail address, web site or postal address"),
                (_, false) => {
                    remark(false, "no toll-free number; the rule can be read to ask for one in every letter")
                }
                (1, true) => {
                    remark(false, "a toll-free number alone; give an e-mail, web or postal address too")
                }
                _ => {}
            },
            _ => {}
        }
    }
    out
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// How many ways of contact a text gives, and whether a toll-free number is among them.
fn ways(text: &str) -> (u32, bool) {
    let toll_free = toll_free(text);
    let email = text.split_whitespace().any(|word| {
        word.split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.trim_end_matches(['.', ',']).contains('.'))
    });
    let lower = text.to_lowercase();
    let web = lower.contains("https://") || lower.contains("http://") || lower.contains("www.");
    let postal = postal(text);
    (u32::from(toll_free) + u32::from(email) + u32::from(web) + u32::from(postal), toll_free)
}

/// A number with a toll-free area code: ten digits, or eleven from 1.
fn toll_free(text: &str) -> bool {
    let mut digits = String::new();
    let mut groups = Vec::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
        } else if !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '\u{2011}' | '\u{a0}') {
            groups.push(std::mem::take(&mut digits));
        }
    }
    const CODES: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
    groups.iter().any(|group| {
        CODES.iter().any(|code| {
            (group.len() == 10 && group.starts_with(code))
                || (group.len() == 11 && group.starts_with('1') && group.get(1..4) == Some(code))
        })
    })
}

/// A State's code followed by a ZIP code.
fn postal(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).collect();
    words.windows(2).any(|pair| match pair {
        [state, zip] => {
            let zip = zip.trim_end_matches(['.', ';']);
            let five = zip.len() == 5 || (zip.len() == 10 && zip.get(5..6) == Some("-"));
            state.parse::<crate::state::State>().is_ok()
                && five
                && zip.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        }
        _ => false,
    })
}

/// A text's reading grade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Words.
    pub words: u32,
    /// Sentences.
    pub sentences: u32,
    /// Syllables, counted by rule.
    pub syllables: u32,
    /// The Flesch-Kincaid grade: years of school. Plain language is commonly taken to be 8 or below.
    pub grade: f64,
}

/// The Flesch-Kincaid grade (Kincaid et al. 1975): 0.39 words/sentence + 11.8 syllables/word - 15.59. `None` for a text
/// without words.
#[must_use]
pub fn reading(text: &str) -> Option<Reading> {
    let mut words: u32 = 0;
    let mut sentences: u32 = 0;
    let mut syllables_in_all: u32 = 0;
    let mut open = false;
    for token in text.split_whitespace() {
        let letters: String = token.chars().filter(|c| c.is_alphabetic()).collect();
        if !letters.is_empty() || token.chars().any(|c| c.is_ascii_digit()) {
            words += 1;
            syllables_in_all += syllables(&letters);
            open = true;
        }
        let end = token.trim_end_matches(['"', '\'', ')', '\u{201d}', '\u{2019}']);
        if open && end.ends_with(['.', '!', '?', ':']) && !abbreviation(end) {
            sentences += 1;
            open = false;
        }
    }
    if open {
        sentences += 1;
    }
    if words == 0 || sentences == 0 {
        return None;
    }
    let (w, s, y) = (f64::from(words), f64::from(sentences), f64::from(syllables_in_all));
    let grade = 0.39f64.mul_add(w / s, 11.8 * (y / w)) - 15.59;
    Some(Reading { words, sentences, syllables: syllables_in_all, grade: (grade * 10.0).round() / 10.0 })
}

fn abbreviation(token: &str) -> bool {
    let bare = token.trim_start_matches(['(', '"', '\u{201c}']).to_lowercase();
    matches!(
        bare.as_str(),
        "mr." | "mrs." | "ms." | "dr." | "st." | "no." | "inc." | "e.g." | "i.e." | "u.s." | "a.m." | "p.m."
    )
}

/// Syllables by rule: runs of vowels, less a silent final e; at least one. A number counts as one.
fn syllables(word: &str) -> u32 {
    let lower: Vec<char> = word.to_lowercase().chars().collect();
    let mut count: u32 = 0;
    let mut before = false;
    for &c in &lower {
        let vowel = matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'é' | 'è' | 'á' | 'í' | 'ó' | 'ú');
        count += u32::from(vowel && !before);
        before = vowel;
    }
    let silent = match lower.as_slice() {
        [.., 'l', 'e'] => lower.iter().rev().nth(2).is_some_and(|c| "aeiouy".contains(*c)),
        [.., 'e'] => true,
        [.., c, 'e', 'd'] => !matches!(c, 't' | 'd'),
        [.., c, 'e', 's'] => !matches!(c, 's' | 'z' | 'x' | 'h' | 'c' | 'g'),
        _ => false,
    };
    if silent && count > 1 {
        count -= 1;
    }
    count.max(1)
}
