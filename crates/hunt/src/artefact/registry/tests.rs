use hive_writer::{Hive as Writer, Value as Written, filetime, journaled, wide};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const INSTALLED: &str = "2024-03-04T08:00:00Z";
const NIGHT: &str = "2026-01-25T03:12:00Z";

fn counted(text: &str) -> Vec<u8> {
    let text = wide(text);
    [(text.len() as u32).to_le_bytes().to_vec(), text].concat()
}

/// A task's actions: one command.
fn actions(command: &str, arguments: &str) -> Vec<u8> {
    let parts = [counted("Author"), 0x6666_u16.to_le_bytes().to_vec(), counted(""), counted(command)];
    let rest = [counted(arguments), counted(""), vec![0, 0]];
    [vec![3, 0], parts.concat(), rest.concat()].concat()
}

fn system() -> Writer {
    let (old, night) = (at(INSTALLED), at(NIGHT));
    let mut hive = Writer::new(r"\SystemRoot\System32\Config\SYSTEM", old);
    hive.key("Select", old, [("Current", 1)]);
    hive.key(r"ControlSet001\Control\ComputerName\ComputerName", old, [("ComputerName", "WS-EXAM3")]);
    hive.key(r"ControlSet001\Services\Spooler", old, [("ImagePath", r"C:\Windows\System32\spoolsv.exe")]);
    hive.key(r"ControlSet001\Services\Spooler", old, [("Start", 2), ("Type", 0x110)]);
    hive.key(r"ControlSet001\Services\upd", night, [("ImagePath", r"C:\ProgramData\upd.exe -s")]);
    hive.key(r"ControlSet001\Services\upd", night, [("Start", 2)]);
    hive.key(r"ControlSet001\Services\lib", night, [("ImagePath", r"C:\Windows\System32\svchost.exe -k x")]);
    hive.key(r"ControlSet001\Services\lib\Parameters", night, [("ServiceDll", r"C:\Users\Public\lib.dll")]);
    hive.key(r"ControlSet001\Control\SecurityProviders\WDigest", night, [("UseLogonCredential", 1)]);
    hive.key(
        r"ControlSet001\Control\Lsa",
        old,
        [("Security Packages", Written::Many(vec!["kerberos".into(), "msv1_0".into()]))],
    );
    let ran = filetime(at("2026-01-25T03:10:00Z")).to_le_bytes();
    hive.values(
        r"ControlSet001\Services\bam\State\UserSettings\S-1-5-21-1-2-3-1105",
        night,
        vec![(
            r"\Device\HarddiskVolume3\Users\Public\rclone.exe".to_owned(),
            Written::Binary([&ran[..], &[0; 16]].concat()),
        )],
    );
    hive.key(r"ControlSet001\Control\Session Manager\AppCompatCache", night, [("AppCompatCache", shims())]);
    let disk = r"ControlSet001\Enum\USBSTOR\Disk&Ven_Acme&Prod_Stick\0123456789";
    hive.key(disk, night, [("FriendlyName", "Acme Stick")]);
    let arrived = Written::Typed(0xFFFF_0010, filetime(night).to_le_bytes().to_vec());
    hive.key(
        &format!(r"{disk}\Properties\{{83da6326-97a6-4088-9453-a1923f573b29}}\0066"),
        night,
        [("", arrived)],
    );
    hive
}

/// Two programs as Windows 10 keeps them.
fn shims() -> Vec<u8> {
    let mut bytes = vec![0; 0x34];
    bytes[0] = 0x34;
    for (path, time) in [(r"C:\Users\Public\rclone.exe", NIGHT), (r"C:\Windows\notepad.exe", INSTALLED)] {
        let path = wide(path);
        let mut entry = (path.len() as u16).to_le_bytes().to_vec();
        entry.extend(path);
        entry.extend(filetime(at(time)).to_le_bytes());
        entry.extend([0; 4]);
        bytes.extend(b"10ts\0\0\0\0");
        bytes.extend((entry.len() as u32).to_le_bytes());
        bytes.extend(entry);
    }
    bytes
}

/// A program as Windows 8 (`00ts`) and 8.1 (`10ts`) keep it: a package's name and flags stand before the time.
fn shims_of_windows_8(signature: &[u8; 4]) -> Vec<u8> {
    let mut bytes = vec![0x80, 0, 0, 0];
    bytes.resize(128, 0);
    for (path, package, time) in [
        (r"SYSVOL\Users\Public\rclone.exe", "", NIGHT),
        (r"SYSVOL\Windows\notepad.exe", "Notepad_8w", INSTALLED),
    ] {
        let mut entry = Vec::new();
        for text in [wide(path), wide(package)] {
            entry.extend((text.len() as u16).to_le_bytes());
            entry.extend(text);
        }
        entry.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        entry.extend(filetime(at(time)).to_le_bytes());
        entry.extend([0; 4]);
        bytes.extend(signature);
        bytes.extend([0; 4]);
        bytes.extend((entry.len() as u32).to_le_bytes());
        bytes.extend(entry);
    }
    bytes
}

/// The same as Windows 7 keeps it (64 bits): entries of one length, and their paths behind them.
fn shims_of_windows_7() -> Vec<u8> {
    let programs = [(r"\??\C:\Users\Public\rclone.exe", NIGHT), (r"\??\C:\Windows\notepad.exe", INSTALLED)];
    let mut bytes = 0xBADC_0FEE_u32.to_le_bytes().to_vec();
    bytes.extend((programs.len() as u32).to_le_bytes());
    bytes.resize(128, 0);
    let mut paths = Vec::new();
    let behind = 128 + 48 * programs.len();
    for (path, time) in programs {
        let path = wide(path);
        bytes.extend((path.len() as u16).to_le_bytes());
        bytes.extend((path.len() as u16 + 2).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((behind as u64 + paths.len() as u64).to_le_bytes());
        bytes.extend(filetime(at(time)).to_le_bytes());
        bytes.extend([0; 24]);
        paths.extend(path);
        paths.extend([0, 0]);
    }
    [bytes, paths].concat()
}

fn software() -> Writer {
    let (old, night) = (at(INSTALLED), at(NIGHT));
    let mut hive = Writer::new(r"\SystemRoot\System32\Config\SOFTWARE", old);
    hive.key::<&str>("Classes", old, []);
    let nt = r"Microsoft\Windows NT\CurrentVersion";
    hive.key(r"Microsoft\Windows\CurrentVersion\Run", night, [("Updater", r"C:\Users\Public\upd.exe /q")]);
    hive.key(&format!(r"{nt}\Winlogon"), old, [("Shell", "explorer.exe"), ("Other", "x")]);
    let options = format!(r"{nt}\Image File Execution Options\sethc.exe");
    hive.key(&options, night, [("Debugger", r"C:\Windows\System32\cmd.exe")]);
    let cache = format!(r"{nt}\Schedule\TaskCache");
    let id = "{0A0B0C0D-1111-2222-3333-444455556666}";
    hive.key(&format!(r"{cache}\Tree\Sync"), night, [("Id", id)]);
    hive.key(&format!(r"{cache}\Tasks\{id}"), night, [("Path", r"\Sync")]);
    let actions = actions(r"C:\ProgramData\upd.exe", "/sync");
    hive.key(&format!(r"{cache}\Tasks\{id}"), night, [("Actions", Written::Binary(actions))]);
    let real = r"Policies\Microsoft\Windows Defender\Real-Time Protection";
    hive.key(real, night, [("DisableRealtimeMonitoring", 1)]);
    hive.values(
        r"Microsoft\Windows Defender\Exclusions\Paths",
        night,
        vec![(r"C:\ProgramData".to_owned(), Written::Number(0))],
    );
    let network = format!(r"{nt}\NetworkList\Profiles\{{AAAA}}");
    hive.key(&network, night, [("ProfileName", "Hotel")]);
    hive.key(&network, night, [("NameType", 71)]);
    hive
}

fn user() -> Writer {
    let (old, night) = (at(INSTALLED), at(NIGHT));
    let mut hive = Writer::new(r"\??\C:\Users\nadia\ntuser.dat", old);
    let folders = r"Software\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders";
    hive.key(folders, old, [("Desktop", r"C:\Users\nadia\Desktop")]);
    let mut data = vec![0; 72];
    data[4] = 3;
    data[12..16].copy_from_slice(&61_000_u32.to_le_bytes());
    data[60..68].copy_from_slice(&filetime(at("2026-01-25T03:11:00Z")).to_le_bytes());
    // `C:\Users\Public\rclone.exe`, thirteen letters on.
    hive.values(
        r"Software\Microsoft\Windows\CurrentVersion\Explorer\UserAssist\{CEBFF5CD}\Count",
        night,
        vec![(r"P:\Hfref\Choyvp\epybar.rkr".to_owned(), Written::Binary(data))],
    );
    let servers = r"Software\Microsoft\Terminal Server Client\Servers\SRV-FILE1";
    hive.key(servers, night, [("UsernameHint", r"CEDARHOLLOW\svc-backup")]);
    hive
}

fn read_with(bytes: &Vec<u8>, logs: Vec<Vec<u8>>) -> (Vec<String>, Damage) {
    let mut items = vec![Item::of_bytes("C/Users/nadia/NTUSER.DAT", bytes.clone())];
    for (number, log) in (1..).zip(logs) {
        items.push(Item::of_bytes(&format!("C/Users/nadia/ntuser.dat.LOG{number}"), log));
    }
    with_logs(&mut items);
    let reader = items[0].reader.clone().unwrap();
    let mut seen = Vec::new();
    let damage = reader.read(bytes, 0, &mut |event| {
        let names = [
            "Kind",
            "TargetObject",
            "Details",
            "ServiceDll",
            "Hidden",
            "State",
            "Image",
            "RunCount",
            "Server",
            "UserName",
            "ProfileName",
            "Action",
            "Serial",
            "TargetUserName",
            "Rid",
        ];
        let values = names.iter().filter_map(|name| event.get(name)).map(|value| value.into_owned());
        let account = event.account.unwrap_or("-");
        let time = event.time.map_or_else(|| "never".to_owned(), |time| time.to_string());
        let values: Vec<String> = values.collect();
        seen.push(format!("{time} {} {} {account} {}", event.channel, event.host, values.join(" | ")));
    });
    (seen, damage)
}

fn read(bytes: &Vec<u8>) -> (Vec<String>, Damage) {
    read_with(bytes, Vec::new())
}

#[test]
fn how_somebody_stays_on_a_machine_is_read_from_its_services_with_host_and_time() {
    let (seen, damage) = read(&system().bytes());
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(
        seen,
        [
            r"2026-01-25T03:12:00Z windows/registry WS-EXAM3 - service | HKLM\System\CurrentControlSet\Services\lib\ImagePath | C:\Windows\System32\svchost.exe -k x | C:\Users\Public\lib.dll",
            r"2024-03-04T08:00:00Z windows/registry WS-EXAM3 - service | HKLM\System\CurrentControlSet\Services\Spooler\ImagePath | C:\Windows\System32\spoolsv.exe",
            r"2026-01-25T03:12:00Z windows/registry WS-EXAM3 - service | HKLM\System\CurrentControlSet\Services\upd\ImagePath | C:\ProgramData\upd.exe -s",
            r"2024-03-04T08:00:00Z windows/registry WS-EXAM3 - lsa package | HKLM\System\CurrentControlSet\Control\Lsa\Security Packages | kerberos; msv1_0",
            r"2026-01-25T03:12:00Z windows/registry WS-EXAM3 - protection | HKLM\System\CurrentControlSet\Control\SecurityProviders\WDigest\UseLogonCredential | DWORD (0x00000001) | off",
            r"2026-01-25T03:12:00Z windows/shimcache WS-EXAM3 - C:\Users\Public\rclone.exe",
            r"2024-03-04T08:00:00Z windows/shimcache WS-EXAM3 - C:\Windows\notepad.exe",
            r"2026-01-25T03:10:00Z windows/bam WS-EXAM3 S-1-5-21-1-2-3-1105 \Device\HarddiskVolume3\Users\Public\rclone.exe",
            r"2026-01-25T03:12:00Z windows/usb WS-EXAM3 - connected | 0123456789",
        ]
    );
}

#[test]
fn the_shim_caches_of_earlier_versions_of_windows_are_read() {
    for (cache, first, second) in [
        (shims_of_windows_7(), r"\??\C:\Users\Public\rclone.exe", r"\??\C:\Windows\notepad.exe"),
        (shims_of_windows_8(b"00ts"), r"SYSVOL\Users\Public\rclone.exe", r"SYSVOL\Windows\notepad.exe"),
        (shims_of_windows_8(b"10ts"), r"SYSVOL\Users\Public\rclone.exe", r"SYSVOL\Windows\notepad.exe"),
    ] {
        let mut hive = Writer::new("SYSTEM", at(INSTALLED));
        hive.key("Select", at(INSTALLED), [("Current", 1)]);
        let cached = r"ControlSet001\Control\Session Manager\AppCompatCache";
        hive.key(cached, at(NIGHT), [("AppCompatCache", cache)]);
        let (seen, damage) = read(&hive.bytes());
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(
            seen,
            [
                format!("2026-01-25T03:12:00Z windows/shimcache  - {first}"),
                format!("2024-03-04T08:00:00Z windows/shimcache  - {second}"),
            ]
        );
    }
}

#[test]
fn what_starts_by_itself_and_what_was_switched_off_is_read_from_the_machines_software() {
    let (seen, damage) = read(&software().bytes());
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(
        seen,
        [
            r"2026-01-25T03:12:00Z windows/registry  - task | HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks\{0A0B0C0D-1111-2222-3333-444455556666}\Actions | C:\ProgramData\upd.exe /sync | true",
            r"2026-01-25T03:12:00Z windows/registry  - run key | HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\Updater | C:\Users\Public\upd.exe /q",
            r"2024-03-04T08:00:00Z windows/registry  - winlogon | HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\Shell | explorer.exe",
            r"2026-01-25T03:12:00Z windows/registry  - image file execution options | HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\sethc.exe\Debugger | C:\Windows\System32\cmd.exe",
            r"2026-01-25T03:12:00Z windows/registry  - protection | HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection\DisableRealtimeMonitoring | DWORD (0x00000001) | off",
            r"2026-01-25T03:12:00Z windows/registry  - protection | HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths\C:\ProgramData | DWORD (0x00000000) | off",
            "2026-01-25T03:12:00Z windows/network  - Hotel",
        ]
    );
}

#[test]
fn what_a_user_ran_and_where_they_connected_to_is_read_under_their_name() {
    let (seen, damage) = read(&user().bytes());
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(
        seen,
        [
            r"2026-01-25T03:11:00Z windows/userassist  nadia C:\Users\Public\rclone.exe | 3",
            r"2026-01-25T03:12:00Z windows/rdp_client  nadia SRV-FILE1 | CEDARHOLLOW\svc-backup",
        ]
    );
}

#[test]
fn digests_of_programs_and_the_machines_own_accounts_are_read() {
    let (old, night) = (at(INSTALLED), at(NIGHT));
    let mut hive = Writer::new("Amcache.hve", old);
    let file = r"Root\InventoryApplicationFile\rclone.exe|abc";
    hive.key(file, night, [("LowerCaseLongPath", r"c:\users\public\rclone.exe")]);
    hive.key(file, night, [("FileId", "0000DA39A3EE5E6B4B0D3255BFEF95601890AFD80709")]);
    let mut digests = Vec::new();
    let bytes = hive.bytes();
    let damage = Registry.read(&bytes, 0, &mut |event| {
        digests.push(format!("{} {}", event.get("Image").unwrap(), event.get("Sha1").unwrap()));
    });
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(digests, [r"c:\users\public\rclone.exe da39a3ee5e6b4b0d3255bfef95601890afd80709"]);

    // Windows 8 numbers the values.
    let mut hive = Writer::new("Amcache.hve", old);
    let file = r"Root\File\5a01c3a5-0000-0000-0000-100000000000\b0000c2f4";
    hive.key(file, night, [("15", r"C:\Users\Public\rclone.exe"), ("0", "Rclone")]);
    hive.key(file, night, [("101", "0000da39a3ee5e6b4b0d3255bfef95601890afd80709")]);
    let mut old_form = Vec::new();
    let bytes = hive.bytes();
    let damage = Registry.read(&bytes, 0, &mut |event| {
        let get = |name: &str| event.get(name).unwrap().into_owned();
        old_form.push(format!("{} {} {}", get("Image"), get("Sha1"), get("Product")));
    });
    assert!(damage.is_none(), "{damage:?}");
    assert_eq!(old_form, [r"C:\Users\Public\rclone.exe da39a3ee5e6b4b0d3255bfef95601890afd80709 Rclone"]);

    let mut hive = Writer::new("SAM", old);
    let names = r"SAM\Domains\Account\Users\Names\support";
    hive.key(names, night, [("", Written::Typed(1003, Vec::new()))]);
    let mut account = vec![0; 80];
    account[8..16].copy_from_slice(&filetime(night).to_le_bytes());
    hive.key(r"SAM\Domains\Account\Users\000003EB", night, [("F", Written::Binary(account))]);
    let (seen, _) = read(&hive.bytes());
    assert_eq!(seen, ["2026-01-25T03:12:00Z windows/account  support support | 1003"]);
}

#[test]
fn a_hive_of_a_running_machine_is_brought_up_to_date_by_its_logs() {
    let before = software().bytes();
    let mut later = software();
    later.key(r"Microsoft\Windows\CurrentVersion\Run", at(NIGHT), [("Late", r"C:\PerfLogs\late.exe")]);
    let made = journaled(&before, &later.bytes());
    let late = |seen: &[String]| seen.iter().any(|line| line.contains("late.exe"));
    let (seen, damage) = read_with(&made.hive, vec![made.log.clone()]);
    assert!(late(&seen), "{seen:#?}");
    assert_eq!(damage.notes, ["the hive was in use when it was copied: its transaction logs were replayed"]);
    // Without the log, and with one that is not whole, the rest is there and it is said that something is missing.
    let (seen, damage) = read(&made.hive);
    assert!(!late(&seen) && seen.len() == 7, "{seen:#?}");
    assert!(damage.notes[0].contains("are not beside it: its last changes are missing"), "{damage:?}");
    let mut torn = made.log;
    *torn.last_mut().unwrap() ^= 1;
    torn[600] ^= 1;
    let (seen, damage) = read_with(&made.hive, vec![torn]);
    assert!(!late(&seen) && seen.len() == 7, "{seen:#?}");
    assert!(damage.notes[0].contains("nothing in its transaction logs fits it"), "{damage:?}");
}

/// A transaction log as Windows wrote it before 8.1: a map of the sectors that changed, and the sectors.
fn older_log(before: &[u8], after: &[u8]) -> Vec<u8> {
    const SECTOR: usize = 512;
    let (bins, old) = (&after[4096..], &before[4096..]);
    let mut map = vec![0_u8; bins.len() / SECTOR / 8];
    let mut changed: Vec<u8> = Vec::new();
    for (number, sector) in bins.chunks(SECTOR).enumerate() {
        if old.get(number * SECTOR..(number + 1) * SECTOR) != Some(sector) {
            map[number / 8] |= 1 << (number % 8);
            changed.extend(sector);
        }
    }
    let mut log = after[..SECTOR].to_vec();
    log.extend(b"DIRT");
    log.extend(map);
    log.resize(log.len().next_multiple_of(SECTOR), 0);
    log.extend(changed);
    log
}

#[test]
fn a_hive_of_an_older_windows_is_brought_up_to_date_by_its_log() {
    let before = software().bytes();
    let mut later = software();
    later.key(r"Microsoft\Windows\CurrentVersion\Run", at(NIGHT), [("Late", r"C:\PerfLogs\late.exe")]);
    // Larger, so that the bins grow.
    later.key(
        r"Microsoft\Windows\CurrentVersion\RunOnce",
        at(NIGHT),
        [("Long", Written::Text(format!(r"C:\PerfLogs\long.exe {}", "x".repeat(9000))))],
    );
    let after = later.bytes();
    assert!(after.len() > before.len());
    let old = journaled(&before, &after).hive;
    let log = older_log(&before, &after);
    let (seen, damage) = read_with(&old, vec![log.clone()]);
    for file in ["late.exe", "long.exe"] {
        assert!(seen.iter().any(|line| line.contains(file)), "{file}: {seen:#?}");
    }
    assert_eq!(damage.notes, ["the hive was in use when it was copied: its transaction logs were replayed"]);
    // One whose base block is torn is not believed.
    let mut torn = log;
    torn[40] ^= 1;
    let (seen, damage) = read_with(&old, vec![torn]);
    assert_eq!(seen.len(), 7, "{seen:#?}");
    assert!(damage.notes[0].contains("nothing in its transaction logs fits it"), "{damage:?}");
}

#[test]
fn long_values_and_deleted_keys_are_read() {
    let night = at(NIGHT);
    let mut hive = software();
    let long = format!(r"C:\Users\Public\a.exe {}", "x".repeat(30_000));
    hive.values(
        r"Microsoft\Windows\CurrentVersion\RunOnce",
        night,
        vec![("long".to_owned(), Written::Text(long.clone()))],
    );
    hive.key(r"Microsoft\Windows\CurrentVersion\Run\Gone", night, [("x", "y")]);
    let mut bytes = hive.bytes();
    // The cell of the key is given back, as deleting does it, and its parent's list forgets it.
    let cell = bytes.windows(8).position(|part| part.starts_with(b"Gone") && !part.contains(&b'\\')).unwrap()
        - 76
        - 4;
    let size = i32::from_le_bytes(bytes[cell..cell + 4].try_into().unwrap());
    bytes[cell..cell + 4].copy_from_slice(&(-size).to_le_bytes());
    let (seen, damage) = read(&bytes);
    assert!(seen.iter().any(|line| line.ends_with(&format!("| {long}"))), "no long value");
    let mut deleted = Vec::new();
    Registry.read(&bytes, 0, &mut |event| {
        if event.get("Kind").as_deref() == Some("deleted key") {
            deleted.push(format!("{} {}", event.time.unwrap(), event.get("Key").unwrap()));
        }
    });
    assert_eq!(deleted, [r"2026-01-25T03:12:00Z HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\Gone"]);
    assert_eq!(damage.chunks, 0);
}

#[test]
fn a_broken_value_does_not_take_its_neighbours_with_it() {
    let mut hive = software();
    hive.key(r"Microsoft\Windows\CurrentVersion\Run", at(NIGHT), [("Second", r"C:\PerfLogs\two.exe")]);
    let mut bytes = hive.bytes();
    let name = bytes.windows(7).position(|part| part == b"Updater").unwrap();
    bytes[name - 20] = b'x';
    let (seen, damage) = read(&bytes);
    assert!(seen.iter().any(|line| line.contains("two.exe")), "{seen:#?}");
    assert_eq!(damage.records, 1, "{damage:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_damage_is_survived(
        which in 0..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..48),
        cut in any::<prop::sample::Index>(),
        torn in any::<bool>(),
    ) {
        let before = match which { 0 => system(), 1 => software(), _ => user() }.bytes();
        let made = journaled(&before, &software().bytes());
        let (mut hive, mut log) = (made.hive, made.log);
        for (at, byte) in &flips {
            let at = at.index(hive.len());
            hive[at] = *byte;
        }
        if torn {
            for (at, byte) in &flips {
                let at = at.index(log.len());
                log[at] = *byte;
            }
            hive.truncate(cut.index(hive.len()));
        }
        let _ = read_with(&hive, vec![log]);
    }
}
