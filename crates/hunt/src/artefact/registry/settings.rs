//! Values that start programs by themselves, and values that switch a protection off (ATT&CK T1547, T1546, T1562, T1112).

use super::{
    hive::Key,
    scribe::{Kind, Scribe, called, matching},
};

/// Below `Microsoft` of the machine's software and of a user's: the key, the values (all where none is named), what it is.
const STARTS: &[(&str, &[&str], &str)] = &[
    ("Windows\\CurrentVersion\\Run", &[], "run key"),
    ("Windows\\CurrentVersion\\RunOnce", &[], "run key"),
    ("Windows\\CurrentVersion\\RunOnceEx\\*", &[], "run key"),
    ("Windows\\CurrentVersion\\RunServices", &[], "run key"),
    ("Windows\\CurrentVersion\\Policies\\Explorer\\Run", &[], "run key"),
    ("Windows NT\\CurrentVersion\\Winlogon", &["Shell", "Userinit", "Taskman", "VmApplet"], "winlogon"),
    ("Windows NT\\CurrentVersion\\Windows", &["AppInit_DLLs", "LoadAppInit_DLLs", "Load", "Run"], "appinit"),
    (
        "Windows NT\\CurrentVersion\\Image File Execution Options\\*",
        &["Debugger", "VerifierDlls"],
        "image file execution options",
    ),
    ("Windows NT\\CurrentVersion\\SilentProcessExit\\*", &["MonitorProcess"], "silent process exit"),
];

/// Below the current control set.
const OF_SYSTEM: &[(&str, &[&str], &str)] = &[
    (
        "Control\\Lsa",
        &["Security Packages", "Notification Packages", "Authentication Packages"],
        "lsa package",
    ),
    ("Control\\Session Manager", &["BootExecute"], "boot execute"),
    ("Control\\Session Manager\\AppCertDlls", &[], "appcert"),
    ("Control\\Print\\Monitors\\*", &["Driver"], "print monitor"),
];

/// Of a user alone.
const OF_USER: &[(&str, &[&str], &str)] = &[
    ("Environment", &["UserInitMprLogonScript"], "logon script"),
    ("Control Panel\\Desktop", &["SCRNSAVE.EXE"], "screen saver"),
];

/// A protection: the key, the value, the numbers by which it is off, and what it means then.
type Protection = (&'static str, &'static str, &'static [u64], &'static str);

const PROTECTIONS_OF_SOFTWARE: &[Protection] = &[
    (
        "Policies\\Microsoft\\Windows Defender",
        "DisableAntiSpyware",
        &[1],
        "Microsoft Defender was switched off",
    ),
    (
        "Policies\\Microsoft\\Windows Defender\\Real-Time Protection",
        "DisableRealtimeMonitoring",
        &[1],
        "the real-time protection of Microsoft Defender was switched off by policy",
    ),
    (
        "Microsoft\\Windows Defender\\Real-Time Protection",
        "DisableRealtimeMonitoring",
        &[1],
        "the real-time protection of Microsoft Defender was switched off",
    ),
    (
        "Microsoft\\Windows Defender\\Features",
        "TamperProtection",
        &[0, 4],
        "the tamper protection of Microsoft Defender was off",
    ),
    (
        "Microsoft\\Windows\\CurrentVersion\\Policies\\System",
        "EnableLUA",
        &[0],
        "user account control was switched off",
    ),
    (
        "Microsoft\\Windows\\CurrentVersion\\Policies\\System",
        "LocalAccountTokenFilterPolicy",
        &[1],
        "local accounts were given full rights over the network",
    ),
    (
        "Policies\\Microsoft\\Windows\\PowerShell\\ScriptBlockLogging",
        "EnableScriptBlockLogging",
        &[0],
        "the log of PowerShell scripts was switched off",
    ),
];

const PROTECTIONS_OF_SYSTEM: &[Protection] = &[
    (
        "Control\\SecurityProviders\\WDigest",
        "UseLogonCredential",
        &[1],
        "Windows was told to keep passwords in clear in memory (WDigest)",
    ),
    (
        "Control\\Lsa",
        "RunAsPPL",
        &[0],
        "the protection of the process that holds credentials was switched off",
    ),
    (
        "Control\\Lsa",
        "DisableRestrictedAdmin",
        &[0],
        "remote desktop with a password's hash alone was allowed",
    ),
    ("Control\\Terminal Server", "fDenyTSConnections", &[0], "remote desktop was allowed"),
    (
        "Services\\SharedAccess\\Parameters\\FirewallPolicy\\*",
        "EnableFirewall",
        &[0],
        "the firewall was switched off",
    ),
];

/// What Microsoft Defender does not look at.
const EXCLUSIONS: [&str; 2] =
    ["Microsoft\\Windows Defender\\Exclusions\\*", "Policies\\Microsoft\\Windows Defender\\Exclusions\\*"];

pub(super) fn told(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    match scribe.kind {
        Kind::Software => {
            for base in ["Microsoft", "Wow6432Node\\Microsoft"] {
                starting(root, base, STARTS, scribe);
            }
            protected(root, "", PROTECTIONS_OF_SOFTWARE, scribe);
            excluded(root, scribe);
        }
        Kind::User => {
            for base in ["Software\\Microsoft", "Software\\Wow6432Node\\Microsoft"] {
                starting(root, base, STARTS, scribe);
            }
            starting(root, "", OF_USER, scribe);
        }
        Kind::System => {
            let set = scribe.current.clone();
            starting(root, &set, OF_SYSTEM, scribe);
            protected(root, &set, PROTECTIONS_OF_SYSTEM, scribe);
        }
        Kind::Security => audited(root, scribe),
        _ => {}
    }
}

fn below(base: &str, path: &str) -> String {
    if base.is_empty() { path.to_owned() } else { format!("{base}\\{path}") }
}

fn starting(root: &Key<'_>, base: &str, table: &[(&str, &[&str], &str)], scribe: &mut Scribe<'_>) {
    for (path, names, kind) in table {
        matching(root, &below(base, path), &mut |path, key| {
            for value in key.values() {
                let wanted =
                    names.is_empty() || names.iter().any(|name| name.eq_ignore_ascii_case(&value.name));
                if wanted && !(value.text().is_empty() && value.number().is_none()) {
                    let row = scribe.set(path, called(&value), value.details(), kind);
                    scribe.tell(row, key.written(), value.at);
                }
            }
        });
    }
}

fn protected(root: &Key<'_>, base: &str, table: &[Protection], scribe: &mut Scribe<'_>) {
    for (path, name, off, meaning) in table {
        matching(root, &below(base, path), &mut |path, key| {
            let Some((value, number)) =
                key.value(name).and_then(|value| Some((value.clone(), value.number()?)))
            else {
                return;
            };
            let mut row = scribe.set(path, &value.name, value.details(), "protection");
            let is_off = off.contains(&number);
            row.push("State", if is_off { "off" } else { "on" });
            if is_off {
                row.push("Meaning", *meaning);
            }
            scribe.tell(row, key.written(), value.at);
        });
    }
}

fn excluded(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    for path in EXCLUSIONS {
        matching(root, path, &mut |path, key| {
            for value in key.values() {
                let mut row = scribe.set(path, called(&value), value.details(), "protection");
                row.push("State", "off");
                row.push("Meaning", "a place was taken out of what Microsoft Defender looks at");
                scribe.tell(row, key.written(), value.at);
            }
        });
    }
}

/// The audit policy: twelve bytes, then two for each kind of event. Their order differs between versions of Windows, so that no more
/// is said than whether anything is audited at all; every version since Vista has at least fifty of them.
fn audited(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let path = "Policy\\PolAdtEv";
    let Some(key) = root.below(path) else { return };
    let Some(value) = key.value("") else { return };
    let Some(kinds) = value.bytes.get(12..112) else { return };
    let (kinds, _) = kinds.as_chunks::<2>();
    let on = kinds.iter().filter(|kind| **kind != [0, 0]).count();
    let mut row = scribe.set(path, called(&value), value.details(), "protection");
    row.push("State", if on == 0 { "off" } else { "on" });
    if on == 0 {
        row.push("Meaning", "Windows was told to audit nothing: the Security log is empty for that reason");
    }
    scribe.tell(row, key.written(), value.at);
}
