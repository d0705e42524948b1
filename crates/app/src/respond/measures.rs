//! What containment to propose for what is suspected, in the order that limits damage first: systems that others depend
//! on or that hold PHI, then the other systems; privileged accounts, then the others; addresses, domains, hashes.

use std::net::IpAddr;

use incident::{ContainmentKind, IncidentKind, Practice, State, SystemStage, Target, practice::SystemKind};
use kernel::{Indicator, IndicatorKind, SystemName};

/// Measures that are not in the incident yet.
pub(super) fn measures(state: &State, practice: &Practice) -> Vec<(ContainmentKind, Target, String)> {
    let known = |target: &Target| state.actions.values().any(|action| action.target == *target);
    let mut found = systems(state, practice);
    found.extend(accounts(state, practice));
    found.extend(indicators(state));
    found.retain(|(_, target, _)| !known(target));
    found
}

fn systems(state: &State, practice: &Practice) -> Vec<(ContainmentKind, Target, String)> {
    let dependants =
        |name: &SystemName| practice.systems.iter().filter(|other| other.depends_on.contains(name)).count();
    let mut names: Vec<&SystemName> = state
        .systems
        .iter()
        .filter(|(_, system)| matches!(system.stage, SystemStage::Suspected { .. }))
        .map(|(name, _)| name)
        .collect();
    names.sort_by_key(|name| {
        let profile = practice.system(name);
        let identity = profile.is_some_and(|profile| profile.kind == SystemKind::Identity);
        let phi = profile.is_some_and(|profile| profile.holds_phi);
        let confirmed = state.systems.get(*name).is_some_and(|system| system.confirmed.is_some());
        std::cmp::Reverse((confirmed, identity, phi, dependants(name)))
    });
    let spreads = matches!(state.kind, Some(IncidentKind::Ransomware | IncidentKind::Malware));
    names
        .into_iter()
        .filter_map(|name| {
            let profile = practice.system(name);
            let target = Target::System { system: name.clone() };
            let measure = match profile.map(|profile| profile.kind) {
                Some(SystemKind::Cloud | SystemKind::Mail) => return None,
                Some(SystemKind::Mobile | SystemKind::Laptop)
                    if state.kind == Some(IncidentKind::LostOrStolenDevice) =>
                {
                    ContainmentKind::RemoteWipe
                }
                _ if state.kind == Some(IncidentKind::Outage) => return None,
                _ => ContainmentKind::IsolateHost,
            };
            let why = match (spreads, profile) {
                (true, Some(profile)) if profile.holds_phi => {
                    "it holds or reaches PHI, and what is on it spreads"
                }
                (true, _) => "what is on it spreads to whatever it can reach",
                (false, Some(profile)) if profile.holds_phi => "it holds or reaches PHI",
                (false, _) => "whoever is on it must not get further",
            };
            Some((measure, target, why.to_owned()))
        })
        .collect()
}

fn accounts(state: &State, practice: &Practice) -> Vec<(ContainmentKind, Target, String)> {
    let mut names: Vec<_> = state
        .accounts
        .iter()
        .filter(|(_, account)| account.stage.as_str() == "suspected")
        .map(|(name, _)| name)
        .collect();
    let privileged =
        |name: &kernel::AccountName| practice.account(name).is_some_and(|account| account.privileged);
    names.sort_by_key(|name| std::cmp::Reverse(privileged(name)));
    names
        .into_iter()
        .map(|name| {
            let why = if privileged(name) {
                "it has administrative rights: whoever holds it holds everything"
            } else {
                "somebody else may be using it"
            };
            (ContainmentKind::DisableAccount, Target::Account { account: name.clone() }, why.to_owned())
        })
        .collect()
}

fn indicators(state: &State) -> Vec<(ContainmentKind, Target, String)> {
    let mut found: Vec<_> = state
        .indicators
        .values()
        .filter(|standing| matches!(standing.stage, incident::IndicatorStage::Seen { .. }))
        .filter_map(|standing| {
            let (order, measure) = match standing.indicator.kind {
                IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => (0, ContainmentKind::BlockAddress),
                IndicatorKind::Domain | IndicatorKind::Url => (1, ContainmentKind::BlockDomain),
                IndicatorKind::Sha256 | IndicatorKind::Sha1 | IndicatorKind::Md5 => {
                    (2, ContainmentKind::BlockHash)
                }
                IndicatorKind::Email => (3, ContainmentKind::QuarantineMail),
                _ => return None,
            };
            let target = Target::Indicator { indicator: standing.indicator.clone() };
            Some((order, (measure, target, "the attacker is recognised by it".to_owned())))
        })
        .collect();
    found.sort_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, measure)| measure).collect()
}

/// Whether an indicator tells the attacker from the practice: not a private address, not a path on every machine.
pub(super) fn tells(indicator: &Indicator) -> bool {
    match indicator.kind {
        IndicatorKind::Ipv4 | IndicatorKind::Ipv6 => {
            indicator.value.parse::<IpAddr>().is_ok_and(|address| match address {
                IpAddr::V4(v4) => {
                    !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified())
                }
                IpAddr::V6(v6) => {
                    !(v6.is_loopback()
                        || v6.is_unspecified()
                        || v6.is_unique_local()
                        || v6.is_unicast_link_local())
                }
            })
        }
        IndicatorKind::Domain
        | IndicatorKind::Url
        | IndicatorKind::Sha256
        | IndicatorKind::Sha1
        | IndicatorKind::Md5
        | IndicatorKind::Email => true,
        _ => false,
    }
}
