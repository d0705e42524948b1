//! Backwards from what is certain: under which sign-in was it done, from which host did that come, and under which sign-in was
//! somebody there? Each step is a record; the search ends at an address that is none of the hosts, or where nothing is left.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    collector::{Collector, LogonKey, Logons},
    observation::{SignIn, bare, is_inside},
    signs::{Sign, same_account},
};

/// How long before a deed its sign-in may have been: a session that is left open over a weekend and a holiday.
const SESSION: SignedDuration = SignedDuration::from_hours(24 * 8);

/// A way from one host to another, or from outside.
#[derive(Debug, Clone)]
pub(crate) struct Hop<'a> {
    pub(crate) key: &'a LogonKey,
    pub(crate) logons: &'a Logons,
    /// The host that the address belongs to, where that is known.
    pub(crate) from: Option<Arc<str>>,
}

/// What the search found.
#[derive(Debug, Default)]
pub(crate) struct Trace<'a> {
    /// When each host was first in the attacker's hands, as far as is known.
    pub(crate) hosts: BTreeMap<Arc<str>, Timestamp>,
    /// The same for accounts.
    pub(crate) accounts: BTreeMap<Arc<str>, Timestamp>,
    /// The hops, latest first.
    pub(crate) hops: Vec<Hop<'a>>,
    /// The sign-in from an address that is none of the hosts, where one was found.
    pub(crate) entry: Option<Hop<'a>>,
    /// Sign-ins from outside that led to it, in order of time.
    pub(crate) outside: Vec<&'a SignIn>,
}

impl Trace<'_> {
    /// The earliest moment of all.
    pub(crate) fn earliest(&self) -> Option<Timestamp> {
        let inside = self.hosts.values().chain(self.accounts.values()).min().copied();
        let outside = self.outside.iter().map(|sign_in| sign_in.time).min();
        inside.into_iter().chain(outside).min()
    }
}

/// Traces back from the certain signs.
pub(crate) fn trace<'a>(all: &'a Collector) -> Trace<'a> {
    let mut trace = Trace::default();
    let mut work: Vec<(Arc<str>, Option<Arc<str>>, Timestamp)> = Vec::new();
    for sign in all.signs.iter().filter(|sign| sign.certain) {
        work.push((sign.host.clone(), sign.account.clone(), sign.time));
    }
    let mut done = BTreeSet::new();
    while let Some((host, account, time)) = work.pop() {
        if !done.insert((host.clone(), account.clone(), time)) || done.len() > 10_000 {
            continue;
        }
        sooner(&mut trace.hosts, &host, time);
        if let Some(account) = &account {
            sooner(&mut trace.accounts, account, time);
        }
        let Some(hop) = hop_before(all, &host, account.as_ref(), time) else { continue };
        sooner(&mut trace.hosts, &host, hop.logons.first);
        sooner(&mut trace.accounts, &hop.key.account, hop.logons.first);
        match &hop.from {
            Some(from) => work.push((from.clone(), None, hop.logons.first)),
            None if trace.entry.as_ref().is_none_or(|entry| hop.logons.first < entry.logons.first) => {
                trace.entry = Some(hop.clone());
            }
            None => {}
        }
        if !trace.hops.iter().any(|known| known.key == hop.key) {
            trace.hops.push(hop);
        }
    }
    forwards(all, &mut trace);
    outside(all, &mut trace);
    trace
}

/// Every host on which an account of theirs worked since it was theirs.
fn forwards(all: &Collector, trace: &mut Trace<'_>) {
    let accounts = trace.accounts.clone();
    for (key, logons) in all.logons.iter().filter(|(key, _)| key.kind == 10) {
        let since =
            accounts.iter().find(|(known, _)| same_account(known, &key.account)).map(|(_, since)| *since);
        if let Some(since) = since.filter(|since| logons.last >= *since) {
            sooner(&mut trace.hosts, &key.host, logons.first.max(since));
        }
    }
}

fn sooner(known: &mut BTreeMap<Arc<str>, Timestamp>, name: &Arc<str>, time: Timestamp) {
    let entry = known.entry(name.clone()).or_insert(time);
    *entry = (*entry).min(time);
}

/// The last sign-in from another machine before `time` under which somebody worked on this host.
fn hop_before<'a>(
    all: &'a Collector,
    host: &Arc<str>,
    account: Option<&Arc<str>>,
    time: Timestamp,
) -> Option<Hop<'a>> {
    let fits = |key: &LogonKey, logons: &Logons| {
        key.host == *host
            && key.kind == 10
            && logons.first <= time
            && time.duration_since(logons.last) <= SESSION
            && account.is_none_or(|account| same_account(account, &key.account))
    };
    let (key, logons) =
        all.logons.iter().filter(|(key, logons)| fits(key, logons)).max_by_key(|(_, logons)| logons.first)?;
    Some(Hop { key, logons, from: host_of(all, &key.from).filter(|from| from != host) })
}

/// The host that an address belongs to.
pub(crate) fn host_of(all: &Collector, address: &str) -> Option<Arc<str>> {
    let address: IpAddr = address.parse().ok()?;
    all.addresses.get(&address.to_canonical()).cloned()
}

/// Whether an address as a log writes it is one from outside.
pub(crate) fn is_public(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok_and(|address| !is_inside(&address))
}

/// The sign-ins from outside that belong to the entry: of the same account not more than a day before it, and with them
/// every other one from the same address, since whoever was there then was there before.
fn outside<'a>(all: &'a Collector, trace: &mut Trace<'a>) {
    let Some(entry) = &trace.entry else { return };
    let own = |sign_in: &&SignIn| bare(&sign_in.user).eq_ignore_ascii_case(bare(&entry.key.account));
    let last = all
        .sign_ins
        .iter()
        .filter(own)
        .filter(|sign_in| {
            sign_in.time <= entry.logons.first
                && entry.logons.first.duration_since(sign_in.time) <= SignedDuration::from_hours(24)
        })
        .max_by_key(|sign_in| {
            let inside = sign_in.inside.is_some_and(|inside| inside.to_string() == entry.key.from);
            (inside, sign_in.time)
        });
    let Some(last) = last else { return };
    trace.outside = all
        .sign_ins
        .iter()
        .filter(|sign_in| sign_in.from == last.from && sign_in.time <= last.time)
        .collect();
}

/// Signs that belong to the story: the certain ones, and the likely ones on a host and under an account that the attacker had.
pub(crate) fn belongs(trace: &Trace<'_>, sign: &Sign) -> bool {
    if sign.certain {
        return true;
    }
    match &sign.account {
        // What an account does that is theirs puts the host it is done on among theirs.
        Some(account) => {
            trace.accounts.iter().any(|(known, since)| same_account(known, account) && sign.time >= *since)
        }
        None => trace.hosts.get(&sign.host).is_some_and(|since| sign.time >= *since),
    }
}
