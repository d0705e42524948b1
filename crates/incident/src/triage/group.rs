//! Which alerts belong to one event: those close in time that share a host, an account or an indicator. Names that
//! every machine has (SYSTEM, the local administrator, loopback) join nothing.

use std::collections::HashMap;

use kernel::{Alert, AlertId, GroupId, Indicator, IndicatorKind, Timestamp};

use super::{About, Reasons, RelatedAlert};
use crate::Practice;

/// Alerts further apart than this are not joined directly; a chain of them may last longer.
pub const WINDOW_HOURS: i64 = 24;

fn close(a: Timestamp, b: Timestamp) -> bool {
    a.as_second().abs_diff(b.as_second()) <= WINDOW_HOURS.unsigned_abs() * 3_600
}

/// A host's name as far as it joins alerts: the profile's key, else its first label; `None` where it joins nothing.
fn host_key(host: &str, practice: Option<&Practice>) -> Option<String> {
    let host = host.trim().to_ascii_lowercase();
    if host.is_empty() || ["localhost", "127.0.0.1", "::1", "unknown", "n/a", "-"].contains(&host.as_str()) {
        return None;
    }
    if let Some(system) = practice.and_then(|practice| practice.system_of_host(&host)) {
        return Some(system.key.to_string());
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Some(host);
    }
    host.split('.').next().map(str::to_owned)
}

/// An account as far as it joins alerts; `None` for those that every machine has.
fn account_key(account: &str) -> Option<String> {
    const EVERYWHERE: [&str; 10] = [
        "system",
        "local service",
        "network service",
        "administrator",
        "root",
        "anonymous logon",
        "anonymous",
        "guest",
        "unknown",
        "-",
    ];
    let account = account.trim().to_lowercase();
    let name = account.rsplit('\\').next().unwrap_or(&account);
    (!name.is_empty() && !EVERYWHERE.contains(&name)).then_some(account)
}

/// An indicator as far as it joins alerts. A process or a path that every machine has says nothing of one event.
fn indicator_key(indicator: &Indicator) -> Option<String> {
    let value = indicator.value.trim().to_lowercase();
    let loopback = value
        .parse::<std::net::IpAddr>()
        .is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    let common =
        matches!(indicator.kind, IndicatorKind::Process | IndicatorKind::FilePath | IndicatorKind::Cve);
    (!value.is_empty() && !loopback && !common).then(|| format!("{}:{value}", indicator.kind.as_str()))
}

/// The alerts among `related` that belong with `alert`, and the group that most of them are in.
pub(super) fn belonging(
    alert: &Alert,
    at: Timestamp,
    related: &[RelatedAlert],
    practice: &Practice,
    reasons: &mut Reasons,
) -> (Vec<AlertId>, Option<GroupId>) {
    let hosts: Vec<_> = alert.hosts.iter().filter_map(|host| host_key(host, Some(practice))).collect();
    let accounts: Vec<_> = alert.accounts.iter().filter_map(|account| account_key(account)).collect();
    let indicators: Vec<_> = alert.indicators.iter().filter_map(indicator_key).collect();
    let mut with = Vec::new();
    let mut shared: [Vec<String>; 3] = Default::default();
    let mut groups: HashMap<GroupId, usize> = HashMap::new();
    for other in related.iter().filter(|other| close(at, other.at)) {
        let [by_host, by_account, by_indicator] = &mut shared;
        let joined = [
            note(by_host, other.hosts.iter().filter_map(|host| host_key(host, Some(practice))), &hosts),
            note(by_account, other.accounts.iter().filter_map(|account| account_key(account)), &accounts),
            note(by_indicator, other.indicators.iter().filter_map(indicator_key), &indicators),
        ];
        if joined.contains(&true) {
            with.push(other.id);
            if let Some(group) = other.group {
                *groups.entry(group).or_default() += 1;
            }
        }
    }
    with.sort_unstable();
    with.dedup();
    for (what, values) in ["host", "account", "indicator"].into_iter().zip(&shared) {
        if !values.is_empty() {
            let text = format!(
                "shares {what} {} with alerts of the {WINDOW_HOURS} hours around it",
                values.join(", ")
            );
            reasons.add(About::Group, text);
        }
    }
    if with.is_empty() {
        reasons
            .add(About::Group, "no other alert of the hours around it shares a host, account or indicator");
    }
    // The largest group, and of two that are as large the older, so that the answer does not depend on hashing.
    let group = groups
        .into_iter()
        .max_by_key(|&(group, size)| (size, std::cmp::Reverse(group)))
        .map(|(group, _)| group);
    (with, group)
}

/// Whether any of `theirs` is among `ours`; notes up to three that are.
fn note(shared: &mut Vec<String>, theirs: impl Iterator<Item = String>, ours: &[String]) -> bool {
    let mut any = false;
    for key in theirs.filter(|key| ours.contains(key)) {
        any = true;
        if shared.len() < 3 && !shared.contains(&key) {
            shared.push(key);
        }
    }
    any
}

/// The groups of a batch: each a list of indices into `alerts`, oldest alert first. Every alert is in exactly one.
#[must_use]
pub fn group(alerts: &[RelatedAlert]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..alerts.len()).collect();
    order.sort_by_key(|&index| alerts.get(index).map(|alert| (alert.at, alert.id)));
    let mut parents: Vec<usize> = (0..alerts.len()).collect();
    // The last alert that carried a key; as the alerts come in time order, no other could be closer.
    let mut last: HashMap<(u8, String), usize> = HashMap::new();
    for &index in &order {
        let Some(alert) = alerts.get(index) else { continue };
        let hosts = alert.hosts.iter().filter_map(|host| host_key(host, None)).map(|key| (0, key));
        let accounts = alert.accounts.iter().filter_map(|account| account_key(account)).map(|key| (1, key));
        let indicators = alert.indicators.iter().filter_map(indicator_key).map(|key| (2, key));
        for key in hosts.chain(accounts).chain(indicators) {
            if let Some(before) = last.insert(key, index)
                && alerts.get(before).is_some_and(|other| close(alert.at, other.at))
            {
                join(&mut parents, before, index);
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut place: HashMap<usize, usize> = HashMap::new();
    for index in order {
        let root = root(&mut parents, index);
        let at = *place.entry(root).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(members) = groups.get_mut(at) {
            members.push(index);
        }
    }
    groups
}

fn root(parents: &mut [usize], mut index: usize) -> usize {
    while let Some(&parent) = parents.get(index)
        && parent != index
    {
        let above = parents.get(parent).copied().unwrap_or(parent);
        if let Some(slot) = parents.get_mut(index) {
            *slot = above;
        }
        index = above;
    }
    index
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    if let Some(slot) = parents.get_mut(a.max(b)) {
        *slot = a.min(b);
    }
}
