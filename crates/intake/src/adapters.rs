//! The table of adapters. To add one: write `src/adapters/<name>.rs` with a `pub(crate) const ADAPTER`, declare the
//! module here and put it into [`TABLE`]. Where two recognise an item as surely, the one that stands first has it.

mod abnormal_security;
mod bitdefender_gravityzone;
mod carbon_black;
mod cef;
mod cortex_xdr;
mod crowdstrike_falcon;
mod csaf;
mod darktrace;
mod duo;
mod ecs;
mod elastic_security;
mod email;
mod entra_id;
mod fortinet;
mod generic;
mod google_workspace;
mod huntress;
mod leef;
mod m365_unified_audit;
mod microsoft_defender;
mod microsoft_defender_xdr;
mod microsoft_sentinel;
mod mimecast;
mod misp;
mod ocsf;
mod okta;
mod openioc;
mod osquery;
mod paloalto;
mod proofpoint;
mod rapid7_insightidr;
mod red_canary;
mod sentinelone;
mod sophos_central;
mod staff;
mod statuspage;
mod stix21;
mod sublime_security;
mod suricata;
mod syslog;
mod thinkst_canary;
mod wazuh;
mod zeek_notice;

use crate::adapter::Adapter;

/// Every adapter that recognises its items; `generic`, which takes the rest, is apart.
pub(crate) static TABLE: &[Adapter] = &[
    staff::ADAPTER,
    microsoft_sentinel::ADAPTER,
    microsoft_defender_xdr::ADAPTER,
    microsoft_defender::ADAPTER,
    crowdstrike_falcon::ADAPTER,
    sentinelone::ADAPTER,
    sophos_central::ADAPTER,
    huntress::ADAPTER,
    wazuh::ADAPTER,
    cortex_xdr::ADAPTER,
    bitdefender_gravityzone::ADAPTER,
    red_canary::ADAPTER,
    elastic_security::ADAPTER,
    ocsf::ADAPTER,
    darktrace::ADAPTER,
    thinkst_canary::ADAPTER,
    carbon_black::ADAPTER,
    rapid7_insightidr::ADAPTER,
    okta::ADAPTER,
    entra_id::ADAPTER,
    m365_unified_audit::ADAPTER,
    google_workspace::ADAPTER,
    duo::ADAPTER,
    abnormal_security::ADAPTER,
    proofpoint::ADAPTER,
    mimecast::ADAPTER,
    sublime_security::ADAPTER,
    suricata::ADAPTER,
    zeek_notice::ADAPTER,
    osquery::ADAPTER,
    stix21::ADAPTER,
    misp::ADAPTER,
    openioc::ADAPTER,
    csaf::ADAPTER,
    statuspage::ADAPTER,
    email::ADAPTER,
    cef::ADAPTER,
    leef::ADAPTER,
    paloalto::ADAPTER,
    fortinet::ADAPTER,
    syslog::ADAPTER,
];

/// The adapter of what nobody else knows.
pub(crate) static GENERIC: Adapter = generic::ADAPTER;

/// All adapters, in the order of their names, `generic` last.
pub fn adapters() -> impl Iterator<Item = &'static Adapter> {
    let mut sorted: Vec<&'static Adapter> = TABLE.iter().collect();
    sorted.sort_by_key(|adapter| adapter.name);
    sorted.into_iter().chain([&GENERIC])
}

/// The adapter of this name.
#[must_use]
pub fn adapter(name: &str) -> Option<&'static Adapter> {
    TABLE.iter().chain([&GENERIC]).find(|adapter| adapter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_adapter_has_a_name_of_its_own_that_fits_a_web_address() {
        let mut names: Vec<_> = adapters().map(|adapter| adapter.name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
        );
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), adapters().count());
    }
}
