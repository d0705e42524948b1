//! The eight hosts and who works at them.

/// A host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: &'static str,
    pub(crate) computer: &'static str,
    pub(crate) ip: &'static str,
    /// The last part of its address, for numbers that differ from host to host.
    pub(crate) address: u8,
    pub(crate) server: bool,
    pub(crate) sysmon: bool,
    /// Who signs in there.
    pub(crate) users: &'static [&'static str],
    /// Events of ordinary work an hour while the practice is open.
    pub(crate) bustle: u32,
}

pub(crate) static DC1: Host = Host {
    name: "SRV-DC1",
    computer: "SRV-DC1.cedarhollow.example",
    ip: "10.20.1.10",
    address: 10,
    server: true,
    sysmon: false,
    users: &["dwhitlock", "tlindqvist", "iferro", "rcalloway", "or-nurse1", "mkessler"],
    bustle: 24,
};
pub(crate) static FILE1: Host = Host {
    name: "SRV-FILE1",
    computer: "SRV-FILE1.cedarhollow.example",
    ip: "10.20.1.11",
    address: 11,
    server: true,
    sysmon: true,
    users: &["dwhitlock", "tlindqvist", "iferro", "rcalloway", "mkessler"],
    bustle: 20,
};
pub(crate) static BKP1: Host = Host {
    name: "SRV-BKP1",
    computer: "SRV-BKP1.cedarhollow.example",
    ip: "10.20.1.12",
    address: 12,
    server: true,
    sysmon: false,
    users: &["svc-backup"],
    bustle: 6,
};
pub(crate) static ASC1: Host = Host {
    name: "SRV-ASC1",
    computer: "SRV-ASC1.cedarhollow.example",
    ip: "10.20.2.10",
    address: 20,
    server: true,
    sysmon: true,
    users: &["or-nurse1", "or-nurse2", "rcalloway"],
    bustle: 16,
};
pub(crate) static BILL2: Host = Host {
    name: "WS-BILL2",
    computer: "WS-BILL2.cedarhollow.example",
    ip: "10.20.3.22",
    address: 22,
    server: false,
    sysmon: true,
    users: &["mkessler"],
    bustle: 12,
};
pub(crate) static FRONT1: Host = Host {
    name: "WS-FRONT1",
    computer: "WS-FRONT1.cedarhollow.example",
    ip: "10.20.1.41",
    address: 41,
    server: false,
    sysmon: false,
    users: &["tlindqvist"],
    bustle: 14,
};
pub(crate) static EXAM3: Host = Host {
    name: "WS-EXAM3",
    computer: "WS-EXAM3.cedarhollow.example",
    ip: "10.20.1.58",
    address: 58,
    server: false,
    sysmon: false,
    users: &["iferro", "rcalloway"],
    bustle: 10,
};
pub(crate) static OR1: Host = Host {
    name: "WS-OR1",
    computer: "WS-OR1.cedarhollow.example",
    ip: "10.20.2.31",
    address: 31,
    server: false,
    sysmon: false,
    users: &["or-nurse1", "or-nurse2"],
    bustle: 8,
};

/// All of them.
pub(crate) static HOSTS: [&Host; 8] = [&DC1, &FILE1, &BKP1, &ASC1, &BILL2, &FRONT1, &EXAM3, &OR1];
