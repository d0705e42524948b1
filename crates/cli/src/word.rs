//! Words of the field as arguments: the help lists them, and `-` may be written for `_`.

use app::notices::{Format, Kind};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _, ValueParser};
use incident::{
    AccountWork, BreachAnswer, Confidence, ContainmentKind, Gate, IncidentKind, Likelihood, MailReturn,
    Party, Question, Side, SystemWork, Verdict,
};
use kernel::{Channel, Indicator, Role, Severity};
use ledger::package::Audience;

/// A closed list of words.
pub(crate) trait Word: Copy + Send + Sync + 'static {
    /// All of them.
    fn all() -> &'static [Self];
    /// The word.
    fn word(self) -> &'static str;
    /// In plain English, where that says more.
    fn meaning(self) -> Option<&'static str>;
}

macro_rules! plain_words {
    ($($name:ty),* $(,)?) => {$(
        impl Word for $name {
            fn all() -> &'static [Self] { Self::ALL }
            fn word(self) -> &'static str { self.as_str() }
            fn meaning(self) -> Option<&'static str> { Some(self.plain()) }
        }
    )*};
}

plain_words!(
    AccountWork,
    BreachAnswer,
    Confidence,
    ContainmentKind,
    Gate,
    IncidentKind,
    Likelihood,
    MailReturn,
    Party,
    Question,
    Side,
    SystemWork,
    Verdict
);

macro_rules! bare_words {
    ($($name:ty),* $(,)?) => {$(
        impl Word for $name {
            fn all() -> &'static [Self] { &Self::ALL }
            fn word(self) -> &'static str { self.as_str() }
            fn meaning(self) -> Option<&'static str> { None }
        }
    )*};
}

bare_words!(Role, Severity, Audience);

impl Word for Kind {
    fn all() -> &'static [Self] {
        &Self::ALL
    }
    fn word(self) -> &'static str {
        self.as_str()
    }
    fn meaning(self) -> Option<&'static str> {
        Some(self.plain())
    }
}

impl Word for Format {
    fn all() -> &'static [Self] {
        &Self::ALL
    }
    fn word(self) -> &'static str {
        self.as_str()
    }
    fn meaning(self) -> Option<&'static str> {
        None
    }
}

impl Word for Channel {
    fn all() -> &'static [Self] {
        &[Self::Mdr, Self::Staff, Self::Vendor]
    }
    fn word(self) -> &'static str {
        self.as_str()
    }
    fn meaning(self) -> Option<&'static str> {
        None
    }
}

/// Reads one of the words.
pub(crate) fn word<W: Word>() -> ValueParser {
    let values = W::all().iter().map(|word| {
        let text = word.word();
        let value = PossibleValue::new(text);
        let value = if text.contains('_') { value.alias(text.replace('_', "-")) } else { value };
        match word.meaning() {
            Some(meaning) if meaning != text => value.help(meaning),
            _ => value,
        }
    });
    let parser = PossibleValuesParser::new(values).try_map(|given| {
        let same = |word: &&W| word.word() == given || word.word().replace('_', "-") == given;
        W::all().iter().find(same).copied().ok_or_else(|| format!("`{given}` is not one of the words"))
    });
    ValueParser::new(parser)
}

/// An indicator as `KIND:VALUE`, such as `ipv4:203.0.113.77`.
pub(crate) fn indicator(text: &str) -> Result<Indicator, String> {
    let bad = || {
        "write KIND:VALUE, such as ipv4:203.0.113.77; kinds: ipv4, ipv6, domain, url, email, md5, sha1, sha256, \
         file_path, process, registry_key, mutex, cve"
            .to_owned()
    };
    let (kind, value) = text.split_once(':').ok_or_else(bad)?;
    let kind = serde_json::from_value(serde_json::Value::from(kind)).map_err(|_| bad())?;
    let value = value.trim();
    if value.is_empty() { Err(bad()) } else { Ok(Indicator { kind, value: value.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_colons_keeps_them() {
        assert_eq!(indicator("ipv6:2001:db8::7").unwrap().value, "2001:db8::7");
        assert!(
            indicator("203.0.113.7").is_err()
                && indicator("ip:203.0.113.7").is_err()
                && indicator("md5:").is_err()
        );
    }
}
