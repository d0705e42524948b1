//! Where a machine was connected to: servers of its remote desktop client, USB disks, mounted volumes, networks; and the accounts
//! that live on it.

use super::{
    super::little::{u16_at, u32_at, u64_at, wide},
    hive::Key,
    scribe::{Kind, Scribe, matching},
};
use crate::event::filetime;

/// Times of a device: the property's number, and what happened then.
const DEVICE: [(&str, &str); 3] = [("0064", "first installed"), ("0066", "connected"), ("0067", "removed")];
const DEVICE_TIMES: &str = "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}";

pub(super) fn told(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    match scribe.kind {
        Kind::User => servers(root, scribe),
        Kind::System => {
            disks(root, scribe);
            mounted(root, scribe);
        }
        Kind::Software => networks(root, scribe),
        Kind::Sam => accounts(root, scribe),
        _ => {}
    }
}

fn servers(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let base = "Software\\Microsoft\\Terminal Server Client";
    matching(root, &format!("{base}\\Servers\\*"), &mut |path, key| {
        let mut row = scribe.row("rdp_client", path);
        row.push("Server", key.name());
        row.push("UserName", key.text("UsernameHint").unwrap_or_default());
        scribe.tell(row, key.written(), key.at);
    });
    matching(root, &format!("{base}\\Default"), &mut |path, key| {
        for value in key.values().iter().filter(|value| value.name.starts_with("MRU")) {
            let mut row = scribe.row("rdp_client", path);
            row.push("Server", value.text());
            row.push("Place", value.name.as_str());
            // The latest alone was used when the key was written.
            let time = key.written().filter(|_| value.name == "MRU0");
            scribe.tell(row, time, value.at);
        }
    });
}

fn disks(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let path = format!("{}\\Enum\\USBSTOR\\*\\*", scribe.current);
    matching(root, &path, &mut |path, key| {
        let row = |scribe: &Scribe<'_>, action: &str| {
            let mut row = scribe.row("usb", path);
            row.push("Device", key.text("FriendlyName").unwrap_or_default());
            row.push("Class", path.rsplit('\\').nth(1).unwrap_or_default());
            row.push("Serial", key.name());
            row.push("Action", action);
            row
        };
        let times = key.below(DEVICE_TIMES);
        let mut known = false;
        for (number, action) in DEVICE {
            let value = times.and_then(|times| times.below(number)?.value(""));
            let ticks = value.as_ref().and_then(|value| u64_at(&value.bytes, 0)).filter(|ticks| *ticks > 0);
            if let (Some(value), Some(time)) = (value, ticks.and_then(filetime)) {
                known = true;
                scribe.tell(row(scribe, action), Some(time), value.at);
            }
        }
        if !known {
            scribe.tell(row(scribe, "known"), key.written(), key.at);
        }
    });
}

fn mounted(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    matching(root, "MountedDevices", &mut |path, key| {
        for value in key.values() {
            // A removable device stands there by its name, a partition by its disk's signature.
            let device = wide(&value.bytes);
            if !device.starts_with(['_', '\\']) {
                continue;
            }
            let mut row = scribe.row("mounted", path);
            row.push("Volume", value.name.as_str());
            row.push("Device", device);
            // The key is written with each new volume; when this one came it does not say.
            scribe.tell(row, None, value.at);
        }
    });
}

/// A time as sixteen bytes of calendar, in the machine's own zone.
fn calendar(bytes: &[u8]) -> Option<String> {
    let part = |number: usize| u16_at(bytes, number * 2);
    let (year, month, day) = (part(0)?, part(1)?, part(3)?);
    Some(format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", part(4)?, part(5)?, part(6)?))
}

fn networks(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    matching(root, "Microsoft\\Windows NT\\CurrentVersion\\NetworkList\\Profiles\\*", &mut |path, key| {
        let mut row = scribe.row("network", path);
        row.push("ProfileName", key.text("ProfileName").unwrap_or_default());
        let kind = match key.number("NameType") {
            Some(6) => "wired",
            Some(23) => "VPN",
            Some(71) => "wireless",
            _ => "",
        };
        row.push("NameType", kind);
        for name in ["DateCreated", "DateLastConnected"] {
            let text = key.value(name).and_then(|value| calendar(&value.bytes));
            row.push(name, text.unwrap_or_default());
        }
        scribe.tell(row, key.written(), key.at);
    });
}

/// The accounts of the machine itself: the key of a name is written when the account is made.
fn accounts(root: &Key<'_>, scribe: &mut Scribe<'_>) {
    let users = "SAM\\Domains\\Account\\Users";
    matching(root, &format!("{users}\\Names\\*"), &mut |path, key| {
        let mut row = scribe.row("account", path);
        row.account = Some(key.name());
        row.push("TargetUserName", key.name());
        // The type of the default value is the account's number.
        let number = key.value("").map_or(0, |value| value.kind);
        row.push("Rid", number.to_string());
        let user = root.below(&format!("{users}\\{number:08X}")).and_then(|user| user.value("F"));
        let time = |at: usize| {
            let ticks = user.as_ref().and_then(|user| u64_at(&user.bytes, at));
            ticks.filter(|ticks| *ticks > 0 && *ticks < i64::MAX as u64).and_then(filetime)
        };
        for (name, at) in [("LastLogon", 8), ("PasswordSet", 24), ("LastFailed", 40)] {
            row.push(name, time(at).map_or_else(String::new, |time| time.to_string()));
        }
        let flags = user.as_ref().and_then(|user| u32_at(&user.bytes, 56)).unwrap_or(0);
        row.push("Disabled", if flags & 1 != 0 { "true" } else { "false" });
        let logons = user.as_ref().and_then(|user| u16_at(&user.bytes, 66)).unwrap_or(0);
        row.push("LogonCount", logons.to_string());
        scribe.tell(row, key.written(), key.at);
    });
}
