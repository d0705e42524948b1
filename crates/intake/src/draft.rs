//! An alert in the making. Its methods keep the contract's promises, so that an adapter cannot break them: nothing
//! empty, nothing twice, hashes in lower case, techniques in upper case, order as the source gave it.

use std::{collections::HashSet, hash::Hash};

use kernel::{Alert, AlertStatus, Channel, Digest, Indicator, IndicatorKind, Moment, Severity};
use serde_json::Value;

use crate::{adapter::Adapter, field, indicator, severity};

/// The most characters of a title; the rest is in the raw bytes.
const TITLE: usize = 1000;

/// What an adapter reads out of an item.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Another channel than the adapter's own (a mail may be a vendor's notice or a report of phishing).
    pub channel: Option<Channel>,
    /// The source's own id of it.
    pub source_id: Option<String>,
    /// Which version of it this is, where the source publishes it anew under the same id: an updated advisory is not
    /// the one that was taken before.
    pub revision: Option<String>,
    /// One line; brought to one when finished.
    pub title: Option<String>,
    /// What happened, in the source's words.
    pub description: Option<String>,
    /// On our five steps.
    pub severity: Option<Severity>,
    /// In the source's own word or number.
    pub source_severity: Option<String>,
    /// Open or resolved, as the source said it.
    pub status: Option<AlertStatus>,
    /// When it happened.
    pub occurred_at: Option<Moment>,
    /// When the source reported it.
    pub reported_at: Option<Moment>,
    /// Where a person can see it at the source.
    pub link: Option<String>,
    pub(crate) hosts: Unique<String>,
    pub(crate) accounts: Unique<String>,
    pub(crate) indicators: Unique<Indicator>,
    pub(crate) techniques: Unique<String>,
}

impl Draft {
    /// Names a host. Empty words, `unknown` and their like are left out.
    pub fn host<'a>(&mut self, name: impl Into<Option<&'a str>>) {
        if let Some(name) = name.into().and_then(meant) {
            self.hosts.add(name.to_owned());
        }
    }

    /// Names an account.
    pub fn account<'a>(&mut self, name: impl Into<Option<&'a str>>) {
        if let Some(name) = name.into().and_then(meant) {
            self.accounts.add(name.to_owned());
        }
    }

    /// Names an account of a domain (`CEDAR\frontdesk2`), or without one where there is none or the name has its own.
    pub fn account_in(&mut self, domain: Option<&str>, name: Option<&str>) {
        let Some(name) = name.and_then(meant) else { return };
        match domain.and_then(meant) {
            Some(domain) if !name.contains(['\\', '@']) => self.accounts.add(format!("{domain}\\{name}")),
            _ => self.accounts.add(name.to_owned()),
        }
    }

    /// Adds an indicator whose kind the source says. A hash of the wrong length and an address that is none are left
    /// out; a hash is kept under the kind its length says.
    pub fn indicator<'a>(&mut self, kind: IndicatorKind, value: impl Into<Option<&'a str>>) {
        let Some(value) = value.into().and_then(meant) else { return };
        use IndicatorKind as K;
        let (kind, value) = match kind {
            K::Md5 | K::Sha1 | K::Sha256 => match indicator::hash_kind(value) {
                Some(kind) if !empty_hash(value) => (kind, value.to_ascii_lowercase()),
                _ => return,
            },
            K::Ipv4 | K::Ipv6 => return self.address(value),
            K::Cve => (kind, value.to_ascii_uppercase()),
            K::Url | K::Domain | K::Email | K::FilePath | K::Process | K::RegistryKey | K::Mutex => {
                (kind, value.to_owned())
            }
        };
        self.indicators.add(Indicator { kind, value });
    }

    /// Adds an IP address of either version, with or without a port or zone. The loopback and `0.0.0.0` say nothing.
    pub fn address<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        let Some(value) = value.into().and_then(meant) else { return };
        let bare = bare_address(value);
        let Ok(address) = bare.parse::<std::net::IpAddr>() else { return };
        if address.is_unspecified() || address.is_loopback() {
            return;
        }
        let kind = if address.is_ipv4() { IndicatorKind::Ipv4 } else { IndicatorKind::Ipv6 };
        self.indicators.add(Indicator { kind, value: bare.to_owned() });
    }

    /// Adds a network of addresses as the source wrote it (`203.0.113.0/24`), under the kind of its addresses.
    pub fn network(&mut self, kind: IndicatorKind, value: &str) {
        let address = value.split_once('/').and_then(|(address, _)| address.parse::<std::net::IpAddr>().ok());
        if address.is_some() && matches!(kind, IndicatorKind::Ipv4 | IndicatorKind::Ipv6) {
            self.indicators.add(Indicator { kind, value: value.to_owned() });
        }
    }

    /// Adds a file by directory and name, or whichever of them makes a path: `C:\Temp` and `a.exe`.
    pub fn file(&mut self, directory: Option<&str>, name: Option<&str>) {
        let (directory, name) = (directory.and_then(meant), name.and_then(meant));
        let path = match (directory, name) {
            (Some(directory), Some(name)) if ends_with_name(directory, name) => directory.to_owned(),
            (Some(directory), Some(name)) => {
                let slash = if directory.contains('/') && !directory.contains('\\') { '/' } else { '\\' };
                format!("{}{slash}{name}", directory.trim_end_matches(['/', '\\']))
            }
            (Some(only), None) | (None, Some(only)) => only.to_owned(),
            (None, None) => return,
        };
        self.indicators.add(Indicator { kind: IndicatorKind::FilePath, value: path });
    }

    /// Adds an indicator where the text plainly is one; see [`indicator::classify`].
    pub fn observe<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        if let Some(value) = value.into().and_then(meant)
            && let Some(kind) = indicator::classify(value)
        {
            self.indicator(kind, value);
        }
    }

    /// Adds the hashes of an object under the usual names.
    pub fn hashes(&mut self, value: &Value) {
        for name in ["sha256", "SHA256", "sha1", "SHA1", "md5", "MD5"] {
            if let Some(hash) = field::text(value, name) {
                self.indicator(IndicatorKind::Sha256, hash);
            }
        }
    }

    /// Adds every technique that the text names.
    pub fn technique<'a>(&mut self, text: impl Into<Option<&'a str>>) {
        for id in text.into().into_iter().flat_map(indicator::techniques) {
            self.techniques.add(id);
        }
    }

    /// Adds every technique named in any text at or under the value.
    pub fn techniques_in(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::String(text)) => self.technique(text.as_str()),
            Some(Value::Array(elements)) => elements.iter().for_each(|inner| self.techniques_in(Some(inner))),
            Some(Value::Object(members)) => {
                members.values().for_each(|inner| self.techniques_in(Some(inner)))
            }
            _ => {}
        }
    }

    /// Sets both severities from the source's word, by the words that most sources share.
    pub fn severity_word(&mut self, word: Option<String>) {
        if let Some(word) = word {
            self.severity = severity::of_word(&word);
            self.source_severity = Some(word);
        }
    }

    /// Sets the status from the source's word, by the words that most sources share; any other leaves it open to
    /// question.
    pub fn status_word(&mut self, word: Option<&str>) {
        let word: String = word.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        self.status = match word.to_ascii_lowercase().as_str() {
            "new" | "open" | "opened" | "active" | "inprogress" | "newalert" | "pending" | "unresolved"
            | "reopened" | "investigating" | "underinvestigation" | "assigned" | "triaged"
            | "acknowledged" | "unassigned" | "onhold" | "awaitingaction" | "notmitigated" | "firing"
            | "identified" | "monitoring" => Some(AlertStatus::Open),
            "resolved" | "closed" | "dismissed" | "mitigated" | "remediated" | "suppressed" | "ignored"
            | "completed" | "falsepositive" | "truepositive" | "cleared" | "fixed" | "autoresolved"
            | "autoclosed" => Some(AlertStatus::Resolved),
            _ => None,
        };
    }

    /// Whether nothing of use was read.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.source_id.is_none()
            && self.title.is_none()
            && self.occurred_at.is_none()
            && self.hosts.items.is_empty()
            && self.accounts.items.is_empty()
            && self.indicators.items.is_empty()
    }

    /// The hosts so far.
    #[must_use]
    pub fn hosts(&self) -> &[String] {
        &self.hosts.items
    }

    /// The accounts so far.
    #[must_use]
    pub fn accounts(&self) -> &[String] {
        &self.accounts.items
    }

    /// The indicators so far.
    #[must_use]
    pub fn indicators(&self) -> &[Indicator] {
        &self.indicators.items
    }

    /// The alert: the draft under the adapter's name and with the digest of its bytes.
    #[must_use]
    pub fn finish(self, adapter: &Adapter, raw_sha256: Digest) -> Alert {
        let whole =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        Alert {
            channel: self.channel.unwrap_or(adapter.channel),
            source: adapter.name.to_owned(),
            source_id: whole(self.source_id),
            title: self.title.as_deref().map(one_line).filter(|title| !title.is_empty()),
            description: whole(self.description),
            severity: self.severity,
            source_severity: whole(self.source_severity),
            status: self.status,
            occurred_at: self.occurred_at,
            reported_at: self.reported_at,
            hosts: self.hosts.items,
            accounts: self.accounts.items,
            indicators: self.indicators.items,
            techniques: self.techniques.items,
            link: whole(self.link),
            raw_sha256,
        }
    }
}

/// A text that names something, without the blanks around it.
fn meant(text: &str) -> Option<&str> {
    const NOTHING: [&str; 12] = [
        "-",
        "--",
        "n/a",
        "na",
        "none",
        "null",
        "(null)",
        "nil",
        "unknown",
        "undefined",
        "not available",
        "*",
    ];
    let text = text.trim();
    (!text.is_empty() && !NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word))).then_some(text)
}

/// A hash of nothing but one digit is a vendor's way to say that there is none.
fn empty_hash(hash: &str) -> bool {
    let mut bytes = hash.bytes();
    let first = bytes.next();
    bytes.all(|byte| Some(byte) == first)
}

fn bare_address(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split_once(']').map_or(text, |(address, _)| address);
    }
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    match text.split_once(':') {
        Some((address, port)) if address.contains('.') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            address
        }
        _ => text,
    }
}

fn ends_with_name(path: &str, name: &str) -> bool {
    path.rsplit(['/', '\\']).next().is_some_and(|last| last.eq_ignore_ascii_case(name))
}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(TITLE));
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > TITLE {
            return line.chars().take(TITLE).collect();
        }
    }
    line
}

/// Values in the order of their first mention. Only the methods of [`Draft`] add to it.
#[derive(Debug, Clone)]
pub(crate) struct Unique<T> {
    items: Vec<T>,
    /// Kept only once there are many, as most alerts name a handful.
    seen: HashSet<T>,
}

impl<T> Default for Unique<T> {
    fn default() -> Self {
        Self { items: Vec::new(), seen: HashSet::new() }
    }
}

impl<T: Clone + Eq + Hash> Unique<T> {
    fn add(&mut self, item: T) {
        if self.items.len() < 16 {
            if !self.items.contains(&item) {
                self.items.push(item);
            }
            return;
        }
        if self.seen.is_empty() {
            self.seen = self.items.iter().cloned().collect();
        }
        if self.seen.insert(item.clone()) {
            self.items.push(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_once_in_its_place_and_placeholders_never() {
        let mut draft = Draft::default();
        for name in ["B", "a", "B", "", " - ", "N/A", "Unknown"] {
            draft.host(name);
        }
        assert_eq!(draft.hosts(), ["B", "a"]);
        for number in 0..100 {
            draft.account(format!("user{}", number % 50).as_str());
        }
        assert_eq!(draft.accounts().len(), 50);
    }

    #[test]
    fn hashes_and_addresses_are_what_they_say() {
        let mut draft = Draft::default();
        draft.indicator(IndicatorKind::Sha256, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709");
        draft.indicator(IndicatorKind::Md5, "abc123md5");
        draft.indicator(IndicatorKind::Md5, "00000000000000000000000000000000");
        draft.address("203.0.113.9:443");
        draft.address("[2001:db8::1]:443");
        draft.address("127.0.0.1");
        draft.file(Some(r"C:\Temp"), Some("a.exe"));
        draft.file(Some(r"C:\Temp\A.exe"), Some("a.exe"));
        let found: Vec<_> =
            draft.indicators().iter().map(|i| format!("{} {}", i.kind.as_str(), i.value)).collect();
        assert_eq!(
            found,
            [
                "sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709",
                "ipv4 203.0.113.9",
                "ipv6 2001:db8::1",
                r"file_path C:\Temp\a.exe",
                r"file_path C:\Temp\A.exe",
            ]
        );
    }
}
