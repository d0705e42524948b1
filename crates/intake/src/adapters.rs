//! The table of adapters. To add one: write `src/adapters/<name>.rs` with a `pub(crate) const ADAPTER`, declare the
//! module here and put it into [`TABLE`]. Where two recognise an item as surely, the one that stands first has it.

mod bitdefender_gravityzone;
mod carbon_black;
mod cortex_xdr;
mod crowdstrike_falcon;
mod darktrace;
mod ecs;
mod elastic_security;
mod generic;
mod huntress;
mod microsoft_defender;
mod microsoft_defender_xdr;
mod microsoft_sentinel;
mod ocsf;
mod rapid7_insightidr;
mod red_canary;
mod sentinelone;
mod sophos_central;
mod staff;
mod thinkst_canary;
mod wazuh;

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
