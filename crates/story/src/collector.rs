//! The collector: sees every record once, keeps what the story may need. Sign-ins and written files are counted together, so that
//! memory grows with what is different and not with what is repeated.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    Story, compose,
    coverage::{Coverage, Watch},
    detected::Detected,
    kept::{Download, Kept, Opened},
    observation::{Flow, Observation, Origin, Seen, SignIn, What, host_name},
    signs::{self, Sign, Writes},
    windows,
};

/// More kept signs than a person could read; the first ones are kept.
const MOST: usize = 200_000;

/// Sign-ins of one kind within one hour, as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LogonKey {
    pub(crate) host: Arc<str>,
    pub(crate) account: Arc<str>,
    pub(crate) kind: u32,
    pub(crate) from: String,
    hour: i64,
}

/// Their first and last, and how many.
#[derive(Debug, Clone)]
pub(crate) struct Logons {
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) count: u64,
    pub(crate) origin: Origin,
}

type WriteKey = (Arc<str>, String, String);

/// Sees records and detections, and tells the story in the end.
#[derive(Debug, Default)]
pub struct Collector {
    pub(crate) logons: BTreeMap<LogonKey, Logons>,
    writes: HashMap<WriteKey, Writes>,
    pub(crate) signs: Vec<Sign>,
    /// Lookups and connections, for the name of an address: address → name.
    pub(crate) flows: Vec<Flow>,
    pub(crate) sign_ins: Vec<SignIn>,
    pub(crate) detections: Vec<Detected>,
    pub(crate) downloads: Vec<Download>,
    pub(crate) opened: Vec<Opened>,
    /// Which host has which address, where a record says so.
    pub(crate) addresses: BTreeMap<IpAddr, Arc<str>>,
    watch: Watch,
}

impl Collector {
    /// One that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sees a record.
    pub fn see(&mut self, seen: &Seen<'_>) {
        self.watch.see(seen);
        self.learn_address(seen);
        let Some(observation) = windows::observe(seen) else { return };
        self.watch.observed(&observation);
        if self.opened.len() < MOST {
            self.opened.extend(Opened::of(&observation));
        }
        match &observation.what {
            What::Logon { kind, from } => self.logon(&observation, *kind, from),
            What::Wrote { image, path } => self.wrote(&observation, image, path),
            _ if self.signs.len() < MOST => self.signs.extend(signs::signs(&observation)),
            _ => {}
        }
    }

    /// Sees what a machine keeps of itself.
    pub fn keep(&mut self, kept: &Kept<'_>) {
        if self.downloads.len() < MOST {
            self.downloads.extend(kept.download());
        }
        if self.signs.len() < MOST {
            self.signs.extend(kept.sign());
        }
    }

    /// Sees a detection.
    pub fn detect(&mut self, detected: Detected) {
        if self.detections.len() < MOST {
            self.detections.push(detected);
        }
    }

    /// Sees a connection that a firewall or sensor counted.
    pub fn flow(&mut self, flow: Flow) {
        self.watch.network(&flow.observer, flow.time);
        // What can carry patients' files away is larger than a page: 10 MB and more is kept.
        if flow.sent >= 10_000_000 && self.flows.len() < MOST {
            self.flows.push(flow);
        }
    }

    /// Sees a sign-in from outside.
    pub fn sign_in(&mut self, sign_in: SignIn) {
        self.watch.signed_in(&sign_in.to, sign_in.time);
        if self.sign_ins.len() < MOST {
            self.sign_ins.push(sign_in);
        }
    }

    /// Notes how many records or parts of a file could not be read, and why.
    pub fn damaged(&mut self, file: &Arc<str>, parts: u64, what: &str) {
        self.watch.damaged(file, parts, what);
    }

    /// Takes over what another collector saw.
    pub fn merge(&mut self, other: Self) {
        for (key, more) in other.logons {
            let known = self.logons.entry(key).or_insert_with(|| more.clone());
            if known.origin != more.origin {
                known.count += more.count;
            }
            if (more.first, &more.origin) < (known.first, &known.origin) {
                (known.first, known.origin) = (more.first, more.origin);
            }
            known.last = known.last.max(more.last);
        }
        for (key, more) in other.writes {
            let known = self.writes.entry(key).or_insert_with(|| more.clone());
            if known.origin != more.origin {
                known.count += more.count;
            }
            if (more.first, &more.origin) < (known.first, &known.origin) {
                (known.first, known.account, known.origin) = (more.first, more.account, more.origin);
            }
            known.last = known.last.max(more.last);
        }
        self.signs.extend(other.signs);
        self.flows.extend(other.flows);
        self.sign_ins.extend(other.sign_ins);
        self.detections.extend(other.detections);
        self.downloads.extend(other.downloads);
        self.opened.extend(other.opened);
        for (address, host) in other.addresses {
            self.address_of(address, host);
        }
        self.watch.merge(other.watch);
    }

    /// The story and the coverage of all that was seen.
    #[must_use]
    pub fn finish(mut self) -> (Story, Coverage) {
        let encrypted = self
            .writes
            .iter()
            .filter_map(|((host, image, ending), writes)| signs::encrypted(host, image, ending, writes));
        self.signs.extend(encrypted);
        // The order is whole: what threads saw first is no part of it, and the same evidence is the same story.
        self.signs.sort_by(|a, b| {
            (a.time, &a.host, &a.text, &a.origins).cmp(&(b.time, &b.host, &b.text, &b.origins))
        });
        self.flows.sort_by(|a, b| (a.time, &a.origin).cmp(&(b.time, &b.origin)));
        self.sign_ins.sort_by(|a, b| (a.time, &a.origin).cmp(&(b.time, &b.origin)));
        self.detections.sort_by(|a, b| (a.time, &a.origin, &a.rule_id).cmp(&(b.time, &b.origin, &b.rule_id)));
        self.downloads.sort_by(|a, b| (a.time, &a.origin).cmp(&(b.time, &b.origin)));
        self.opened.sort_by_cached_key(Opened::order);
        let watch = std::mem::take(&mut self.watch);
        let story = compose::story(&self);
        let coverage = watch.finish(&story);
        (story, coverage)
    }

    fn logon(&mut self, seen: &Observation, kind: u32, from: &str) {
        let Some(account) = seen.account.clone() else { return };
        let hour = seen.time.as_second().div_euclid(3600);
        let key = LogonKey { host: seen.host.clone(), account, kind, from: from.to_owned(), hour };
        let known = self.logons.entry(key).or_insert_with(|| Logons {
            first: seen.time,
            last: seen.time,
            count: 0,
            origin: seen.origin.clone(),
        });
        known.count += 1;
        known.last = known.last.max(seen.time);
        if (seen.time, &seen.origin) < (known.first, &known.origin) {
            (known.first, known.origin) = (seen.time, seen.origin.clone());
        }
    }

    fn wrote(&mut self, seen: &Observation, image: &str, path: &str) {
        let name = crate::observation::file_name(path);
        let Some((_, ending)) = name.rsplit_once('.') else { return };
        if ending.len() > 16 {
            return;
        }
        let key = (seen.host.clone(), image.to_owned(), ending.to_lowercase());
        if self.writes.len() >= MOST && !self.writes.contains_key(&key) {
            return;
        }
        let known = self.writes.entry(key).or_insert_with(|| Writes {
            first: seen.time,
            last: seen.time,
            count: 0,
            account: seen.account.clone(),
            origin: seen.origin.clone(),
        });
        known.count += 1;
        known.last = known.last.max(seen.time);
        if (seen.time, &seen.origin) < (known.first, &known.origin) {
            (known.first, known.origin) = (seen.time, seen.origin.clone());
            known.account.clone_from(&seen.account);
        }
    }

    /// Sysmon's network events name the host's own address.
    fn learn_address(&mut self, seen: &Seen<'_>) {
        if seen.event_id == 3
            && seen.channel == "Microsoft-Windows-Sysmon/Operational"
            && seen.fields.get("Initiated").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            && let Some(address) = seen.fields.get("SourceIp").and_then(|text| text.parse().ok())
        {
            self.address_of(address, host_name(seen.computer));
        }
    }

    /// Of several hosts that had an address it is the first by name, whoever was seen first.
    fn address_of(&mut self, address: IpAddr, host: Arc<str>) {
        let known = self.addresses.entry(address).or_insert_with(|| host.clone());
        if host < *known {
            *known = host;
        }
    }
}
