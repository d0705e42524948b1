//! The practice's ordinary work around the attack: people sign in, programs start, services come and go, backups and
//! inventories run. It follows the practice's hours, and a small generator of its own keeps it from looking stamped.

use jiff::Timestamp;

use crate::{
    Planned,
    events::{self, Process, Who, eastern},
    hosts::{ASC1, BKP1, DC1, FILE1, HOSTS, Host},
};

/// Thursday's midnight.
const FIRST_DAY: i64 = 10;
/// Monday, ten to eight: the logs were collected then.
const HOURS: i64 = 4 * 24 + 8;

static PROGRAMS: [(&str, &str, &str); 8] = [
    ("C:\\Windows\\System32\\taskhostw.exe", "taskhostw.exe", "C:\\Windows\\System32\\svchost.exe"),
    (
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
        "\"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe\" --type=renderer",
        "C:\\Windows\\explorer.exe",
    ),
    ("C:\\Program Files\\Larkspur\\tray.exe", "tray.exe /minimized", "C:\\Windows\\explorer.exe"),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE\"",
        "C:\\Windows\\explorer.exe",
    ),
    (
        "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE",
        "\"C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE\" \"F:\\Billing\\claims-aging.xlsx\"",
        "C:\\Windows\\explorer.exe",
    ),
    (
        "C:\\Windows\\System32\\conhost.exe",
        "conhost.exe 0xffffffff -ForceV1",
        "C:\\Windows\\System32\\svchost.exe",
    ),
    (
        "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
        "wmiprvse.exe -secured -Embedding",
        "C:\\Windows\\System32\\svchost.exe",
    ),
    (
        "C:\\Windows\\System32\\backgroundTaskHost.exe",
        "backgroundTaskHost.exe -ServerName:App",
        "C:\\Windows\\System32\\svchost.exe",
    ),
];
static SERVICES: [&str; 6] = [
    "Windows Time",
    "Background Intelligent Transfer Service",
    "Windows Update",
    "Windows Modules Installer",
    "Software Protection",
    "WMI Performance Adapter",
];
static ROUTINE: [(&str, &str); 4] = [
    ("\\Microsoft\\Windows\\Time Synchronization\\SynchronizeTime", "C:\\Windows\\System32\\sc.exe"),
    ("\\Microsoft\\Windows\\Defrag\\ScheduledDefrag", "C:\\Windows\\System32\\defrag.exe"),
    ("\\Microsoft\\Windows\\UpdateOrchestrator\\Schedule Scan", "C:\\Windows\\System32\\usoclient.exe"),
    ("\\Larkspur\\Tray update", "C:\\Program Files\\Larkspur\\tray.exe"),
];

/// Knuth's 64-bit linear congruential generator: the same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap_or(0) % below.max(1)
    }

    fn pick<T: Copy>(&mut self, of: &[T], otherwise: T) -> T {
        let number = self.roll(u32::try_from(of.len()).unwrap_or(1));
        of.get(number as usize).copied().unwrap_or(otherwise)
    }
}

/// The ordinary events of every host.
pub(crate) fn days() -> Vec<Planned> {
    let mut out = Vec::new();
    for host in HOSTS {
        let mut dice = Dice(0x00c0_ffee ^ u64::from(host.address));
        for hour in 0..HOURS {
            let (day, clock) = (FIRST_DAY + hour / 24, hour % 24);
            // The tenth is a Thursday: the twelfth and thirteenth are the weekend.
            let open = !matches!(day, 12 | 13) && (7..18).contains(&clock);
            one_hour(&mut out, host, (day, clock), open, &mut dice);
        }
    }
    backups(&mut out);
    out
}

fn one_hour(
    out: &mut Vec<Planned>,
    host: &'static Host,
    (day, clock): (i64, i64),
    open: bool,
    dice: &mut Dice,
) {
    // The logs were collected at ten to eight on Monday.
    let minutes = if day == 14 && clock == 7 { 48 } else { 60 };
    let at = |dice: &mut Dice| -> Timestamp {
        let minute = i64::from(dice.roll(minutes));
        let base = eastern(day, clock, minute, i64::from(dice.roll(60)));
        Timestamp::from_microsecond(base.as_microsecond() + i64::from(dice.roll(1_000_000))).unwrap_or(base)
    };
    let events = if open { host.bustle } else { 2 + host.bustle / 8 };
    for _ in 0..events {
        let time = at(dice);
        let session = 0x0100_0000 + u64::from(dice.roll(0x00ff_ffff));
        let system = Who::new("SYSTEM", 0x3e7);
        let person = if open { Who::new(dice.pick(host.users, "SYSTEM"), session) } else { system };
        let choice = dice.roll(10);
        match choice {
            0..=2 if host.server && open => {
                let from = dice.pick(&["10.20.1.41", "10.20.1.58", "10.20.1.42", "10.20.3.22"], "10.20.1.41");
                network_logon(out, host, person, time, from, dice);
            }
            0..=2 => out.push(events::logon(time, host, system, 5, ("-", 0))),
            3..=7 => program(out, host, person, time, open, dice),
            8 => {
                let name = dice.pick(&SERVICES, "Windows Time");
                out.push(events::service_state(time, host, name, dice.roll(2) == 0));
            }
            _ => {
                let (task, action) = dice.pick(&ROUTINE, ("\\Routine", "sc.exe"));
                out.push(events::task_ran(time, host, task, action));
            }
        }
    }
    // Each hour something is written to each of the two logs that every host has.
    out.push(events::service_state(at(dice), host, "Windows Time", clock % 2 == 0));
    out.push(events::logon(at(dice), host, Who::new("SYSTEM", 0x3e7), 5, ("-", 0)));
    if open && clock == 7 && !host.server {
        let who = Who::new(dice.pick(host.users, "SYSTEM"), 0x0200_0000 + u64::from(dice.roll(0xffff)));
        out.push(events::logon(at(dice), host, who, 2, ("127.0.0.1", 0)));
    }
    if clock == 6 {
        let inventory = "Get-CimInstance Win32_OperatingSystem | Select-Object Caption, BuildNumber";
        let number = u32::try_from(day).unwrap_or(0) * 100;
        out.push(events::script(
            at(dice),
            host,
            number,
            inventory,
            "C:\\Program Files\\Keystone\\inventory.ps1",
        ));
    }
}

fn network_logon(
    out: &mut Vec<Planned>,
    host: &'static Host,
    who: Who,
    time: Timestamp,
    from: &str,
    dice: &mut Dice,
) {
    let port = 49_152 + u16::try_from(dice.roll(16_000)).unwrap_or(0);
    out.push(events::logon(time, host, who, 3, (from, port)));
    let later = Timestamp::from_second(time.as_second() + 20 + i64::from(dice.roll(600))).unwrap_or(time);
    if host == &DC1 {
        let service = dice.pick(&["SRV-FILE1", "SRV-ASC1"], "SRV-FILE1");
        out.push(events::ticket(time, host, who, service, from));
    } else if host == &FILE1 {
        out.push(events::share_reached(time, host, who, (from, port), "Patients"));
    }
    if later < eastern(14, 7, 48, 0) {
        out.push(events::logoff(later, host, who, 3));
    }
}

fn program(
    out: &mut Vec<Planned>,
    host: &'static Host,
    who: Who,
    time: Timestamp,
    open: bool,
    dice: &mut Dice,
) {
    // By night nobody opens a spreadsheet.
    let choice =
        if open { dice.roll(8) } else { [0, 5, 6, 7].get(dice.roll(4) as usize).copied().unwrap_or(0) };
    let Some((image, command, parent)) = PROGRAMS.get(choice as usize).copied() else { return };
    let process = Process {
        id: 2000 + dice.roll(7000) * 4,
        image,
        command,
        parent_id: 900 + dice.roll(300) * 4,
        parent,
        parent_command: parent,
        sha256: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
    };
    out.push(events::created(time, host, who, process));
    if host.sysmon {
        out.push(events::process_seen(time, host, who, process));
        if image.ends_with("chrome.exe") {
            let to = format!("192.0.2.{}", 1 + dice.roll(250));
            let name = "www.cedarhollow-news.example";
            out.push(events::looked_up(time, host, who, (process.id, image), name, &to));
            out.push(events::connected(time, host, who, (process.id, image), (&to, name, 443)));
        }
    }
}

/// The nightly backup reads every server; since Saturday night it fails at the offsite vault.
fn backups(out: &mut Vec<Planned>) {
    for day in 10..14 {
        let session = 0x0300_0000 + u64::try_from(day).unwrap_or(0);
        let who = Who::new("svc-backup", session);
        out.push(events::logon(eastern(day, 23, 30, 1), &BKP1, who, 5, ("-", 0)));
        for (number, host) in [&FILE1, &ASC1, &DC1].into_iter().enumerate() {
            let minute = 31 + i64::try_from(number).unwrap_or(0) * 9;
            out.push(events::logon(eastern(day, 23, minute, 12), host, who, 3, (BKP1.ip, 51_000)));
            out.push(events::share_reached(
                eastern(day, 23, minute, 13),
                host,
                who,
                (BKP1.ip, 51_000),
                "Backup$",
            ));
            out.push(events::logoff(eastern(day + 1, 1, 10 + minute / 10, 0), host, who, 3));
        }
    }
}
