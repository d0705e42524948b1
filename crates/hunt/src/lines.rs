//! Lines of the timeline (`contracts/hunt.md`, `timeline.csv`): which events are worth one by themselves, and what stands in
//! it. Every detection has one besides.

use std::{borrow::Cow, sync::Arc};

use story::timeline::Line;

use crate::{detect::Detection, event::Event};

/// What the line of a detection is.
pub const DETECTION: &str = "detection";

/// Events worth a line by themselves: channel, id, what it is, and the values that tell it.
const WORTH: &[(&str, u32, &str, &[&str])] = &[
    ("Security", 4624, "logon", &["LogonType", "TargetUserName", "IpAddress", "WorkstationName"]),
    ("Security", 4625, "logon failed", &["LogonType", "TargetUserName", "IpAddress", "Status"]),
    (
        "Security",
        4648,
        "logon with explicit credentials",
        &["TargetUserName", "TargetServerName", "ProcessName"],
    ),
    ("Security", 4697, "service installed", &["ServiceName", "ServiceFileName"]),
    ("Security", 4698, "task created", &["TaskName"]),
    ("Security", 4720, "account created", &["TargetUserName"]),
    ("Security", 4728, "added to a group", &["MemberName", "TargetUserName"]),
    ("Security", 4732, "added to a group", &["MemberSid", "TargetUserName"]),
    ("Security", 1102, "log cleared", &["SubjectUserName"]),
    ("Security", 4719, "audit policy changed", &["SubcategoryGuid", "AuditPolicyChanges"]),
    ("System", 104, "log cleared", &["Channel"]),
    ("System", 7045, "service installed", &["ServiceName", "ImagePath"]),
];

/// The same for logs without numbers: how the log is called, what it is, and the values that tell it.
const WORTH_ELSEWHERE: &[(&str, &str, &[&str])] = &[
    ("hayabusa/timeline", "found by Hayabusa", &["RuleTitle", "Level", "Details"]),
    ("chainsaw/timeline", "found by Chainsaw", &["detections", "name", "group"]),
    ("plaso/timeline", "Plaso", &["timestamp_desc", "message"]),
    ("windows/lnk", "shortcut", &["TargetFilename", "Arguments", "DriveType", "VolumeLabel"]),
    ("windows/prefetch", "program ran", &["Image", "RunCount"]),
    ("windows/userassist", "program ran", &["Image", "RunCount"]),
    ("windows/bam", "program ran", &["Image", "UserSid"]),
    ("windows/amcache", "program known", &["Image", "Sha1", "Product"]),
    ("windows/rdp_client", "remote desktop to", &["Server", "UserName"]),
    ("windows/usb", "USB disk", &["Action", "Device", "Serial"]),
    ("windows/network", "network", &["ProfileName", "NameType"]),
    ("windows/account", "local account", &["TargetUserName", "Rid", "Disabled"]),
    ("windows/registry", "registry", &["Kind", "TargetObject", "Details", "Meaning"]),
    ("browser/downloads", "download", &["TargetFilename", "Url", "Danger"]),
];

/// What an event is worth a line for, and the values that tell it.
fn worth(event: &Event<'_>) -> Option<(&'static str, &'static [&'static str])> {
    if event.event_id == 0 {
        if matches!(event.channel, "windows/registry" | "windows/amcache") && !is_worth(event) {
            return None;
        }
        let found = WORTH_ELSEWHERE.iter().find(|(channel, ..)| *channel == event.channel);
        return found.map(|(_, what, names)| (*what, *names));
    }
    let found = WORTH.iter().find(|(channel, id, ..)| *id == event.event_id && *channel == event.channel);
    found.map(|(_, _, what, names)| (*what, *names))
}

/// Whether what a machine keeps is worth a line: not the hundreds of services, tasks, programs and keys of every Windows.
fn is_worth(event: &Event<'_>) -> bool {
    let of_windows = |name: &str| {
        let text = event.get(name).unwrap_or_default().to_lowercase();
        let command = text.trim_start_matches('"');
        ["%systemroot%", "%windir%", "\\systemroot", "system32\\", "c:\\windows\\"]
            .iter()
            .any(|at| command.starts_with(at))
            || !command.contains('\\')
    };
    if event.channel == "windows/amcache" {
        let image = event.get("Image").unwrap_or_default().to_lowercase();
        return !of_windows("Image") && !image.starts_with("c:\\program files");
    }
    match event.get("Kind").as_deref() {
        Some("service") => !of_windows("Details") || !of_windows("ServiceDll"),
        Some("task" | "print monitor" | "lsa package" | "boot execute") => !of_windows("Details"),
        Some("protection") => event.get("State").is_some_and(|state| state == "off"),
        Some("deleted key") => event.get("Key").is_some_and(|key| {
            ["\\Run", "\\Services\\", "\\TaskCache\\", "\\Image File Execution Options\\"]
                .iter()
                .any(|place| key.contains(place))
        }),
        _ => true,
    }
}

/// The lines of an event: its own, where it is worth one, and one for each detection in it. None without a time.
pub fn of<'a>(
    file: &'a Arc<str>,
    event: &'a Event<'_>,
    detections: &'a [Detection],
) -> impl Iterator<Item = Line> + use<'a> {
    let worth = worth(event);
    // Most events are worth nothing by themselves, and their accounts are not looked up.
    let account = if event.time.is_some() && (worth.is_some() || !detections.is_empty()) {
        event.account().map(Cow::into_owned).unwrap_or_default()
    } else {
        String::new()
    };
    let own = worth.zip(event.time).map(|((what, names), time)| {
        let told: Vec<String> =
            names.iter().filter_map(|name| Some(format!("{name}={}", event.get(name)?))).collect();
        Line {
            time,
            host: event.host.to_owned(),
            what: what.to_owned(),
            text: told.join(" "),
            account: account.clone(),
            file: file.to_string(),
            record: event.record,
        }
    });
    own.into_iter().chain(detections.iter().filter_map(move |detection| of_detection(detection, &account)))
}

/// The line of a detection, where its event has a time; the account is the event's.
#[must_use]
pub fn of_detection(detection: &Detection, account: &str) -> Option<Line> {
    Some(Line {
        time: detection.time?,
        host: detection.computer.clone(),
        what: DETECTION.to_owned(),
        text: format!("{} ({})", detection.rule, detection.level),
        account: account.to_owned(),
        file: detection.file.to_string(),
        record: detection.record_id,
    })
}
