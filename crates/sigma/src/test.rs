//! The tests that a rule makes on one field, and what each says of a value.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Where a needle has to lie in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Place {
    /// It is the whole text.
    Whole,
    /// Anywhere.
    Within,
    /// At the start.
    Start,
    /// At the end.
    End,
}

/// How numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Comparison {
    /// `>`
    Gt,
    /// `>=`
    Gte,
    /// `<`
    Lt,
    /// `<=`
    Lte,
    /// `=`
    Eq,
    /// `≠`
    Neq,
}

impl Comparison {
    /// Whether it holds.
    #[must_use]
    pub(crate) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Gt => left > right,
            Self::Gte => left >= right,
            Self::Lt => left < right,
            Self::Lte => left <= right,
            Self::Eq => (left - right).abs() < f64::EPSILON,
            Self::Neq => (left - right).abs() >= f64::EPSILON,
        }
    }
}

/// A part of an instant, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum TimePart {
    /// 0–59.
    Minute,
    /// 0–23.
    Hour,
    /// Of the month.
    Day,
    /// ISO 8601.
    Week,
    /// 1–12.
    Month,
    /// Such as 2026.
    Year,
}

/// A letter of a pattern with wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Token {
    /// This letter (in lower case, unless the test is `cased`).
    Letter(char),
    /// `?`
    One,
    /// `*`
    Many,
}

/// A test of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Test {
    /// Plain text; in lower case, unless `cased`.
    Text {
        /// Where.
        place: Place,
        /// What.
        needle: Box<str>,
        /// Whether case counts.
        cased: bool,
    },
    /// Text with wildcards.
    Wild {
        /// The pattern.
        tokens: Box<[Token]>,
        /// Whether case counts.
        cased: bool,
    },
    /// A regular expression, flags within.
    Regex(Box<str>),
    /// An address in a network.
    Cidr(IpAddr, u8),
    /// A number; the bits of an `f64`.
    Number(Comparison, u64),
    /// The field is absent, or holds nothing.
    Null,
    /// The field is there with a value (or is not).
    Exists(bool),
    /// As another field of the event.
    SameAs {
        /// The other field's number in the set.
        field: u16,
        /// How they lie together.
        place: Place,
        /// Whether case counts.
        cased: bool,
    },
    /// A part of an instant.
    Time(TimePart, i64),
}

impl Test {
    /// Whether it needs the text as it is written, and not only in lower case.
    pub(crate) fn asks_for_case(&self) -> bool {
        match self {
            Self::Text { cased, .. } | Self::Wild { cased, .. } | Self::SameAs { cased, .. } => *cased,
            Self::Regex(_) => true,
            _ => false,
        }
    }
}

/// A regular expression that is made when it is first needed, once for all routes.
pub(crate) type Lazy = Arc<OnceLock<Option<Regex>>>;

/// Makes a regular expression; the limit keeps a hostile one small.
pub(crate) fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(pattern).size_limit(4 << 20).build()
}

/// Whether the needle lies in the text as asked.
pub(crate) fn lies(place: Place, text: &str, needle: &str) -> bool {
    match place {
        Place::Whole => text == needle,
        Place::Within => text.contains(needle),
        Place::Start => text.starts_with(needle),
        Place::End => text.ends_with(needle),
    }
}

/// Whether a text has the pattern's form.
pub(crate) fn wild(tokens: &[Token], text: &str) -> bool {
    let (mut at, mut rest) = (0, text.chars());
    let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        let next = ahead.next();
        let fits = match (tokens.get(at), next) {
            (Some(Token::Many), _) => {
                at += 1;
                retry = Some((at, rest.clone()));
                continue;
            }
            (None, None) => return true,
            (Some(Token::One), Some(_)) => true,
            (Some(Token::Letter(letter)), Some(is)) => *letter == is,
            (Some(_), None) => return false,
            (None, Some(_)) => false,
        };
        if fits {
            at += 1;
            rest = ahead;
        } else {
            let Some((from, mut text)) = retry.take() else { return false };
            if text.next().is_none() {
                return false;
            }
            at = from;
            rest = text.clone();
            retry = Some((from, text));
        }
    }
}

/// Whether an address lies in a network.
pub(crate) fn within(text: &str, network: IpAddr, bits: u8) -> bool {
    let Ok(address) = text.trim().parse::<IpAddr>() else { return false };
    let (address, network) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            return match 32_u32.checked_sub(u32::from(bits)) {
                Some(32) => true,
                Some(shift) => (address.to_bits() ^ network.to_bits()) >> shift == 0,
                None => false,
            };
        }
        (IpAddr::V6(address), IpAddr::V4(network)) => {
            return address
                .to_ipv4_mapped()
                .is_some_and(|address| within(&address.to_string(), IpAddr::V4(network), bits));
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => (address.to_bits(), network.to_bits()),
        (IpAddr::V4(_), IpAddr::V6(_)) => return false,
    };
    match 128_u32.checked_sub(u32::from(bits)) {
        Some(128) => true,
        Some(shift) => (address ^ network) >> shift == 0,
        None => false,
    }
}

/// The part of an instant that is written in RFC 3339 or begins with `YYYY-MM-DD HH:MM`.
pub(crate) fn part(text: &str, part: TimePart) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    match part {
        TimePart::Year => Some(year),
        TimePart::Month => Some(month),
        TimePart::Day => Some(day),
        TimePart::Hour => number(11, 13),
        TimePart::Minute => number(14, 16),
        TimePart::Week => iso_week(year, month, day),
    }
}

/// ISO 8601: week 1 holds the year's first Thursday.
fn iso_week(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    let of_year = before.get(index)? + day + i64::from(month > 2 && leap(year));
    let years = year - 1;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + of_year;
    let weekday = (days - 1).rem_euclid(7) + 1;
    let thursday = of_year + 4 - weekday;
    if thursday < 1 {
        return iso_week(year - 1, 12, 31);
    }
    let length = 365 + i64::from(leap(year));
    Some(if thursday > length { 1 } else { (thursday - 1) / 7 + 1 })
}
