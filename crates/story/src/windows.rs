//! Windows event records that a story is made of: which events they are and where their values stand (Microsoft's
//! "Appendix L: Events to Monitor", Sysmon's schema).

use std::{borrow::Cow, net::IpAddr};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::observation::{Observation, Seen, What, account_name, host_name};

/// The log that an event belongs to.
fn source(channel: &str) -> &'static str {
    match channel {
        "Security" => "security",
        "System" => "system",
        "Microsoft-Windows-Sysmon/Operational" => "sysmon",
        "Microsoft-Windows-PowerShell/Operational" => "powershell",
        "Microsoft-Windows-TaskScheduler/Operational" => "tasks",
        _ => "",
    }
}

/// What a record shows, if it is one that a story may need.
pub(crate) fn observe(seen: &Seen<'_>) -> Option<Observation> {
    let get = |name: &str| seen.fields.get(name).filter(|value| !value.is_empty() && value != "-");
    let text = |name: &str| get(name).map_or_else(String::new, Cow::into_owned);
    let subject = || account_name(&text("SubjectDomainName"), &text("SubjectUserName"));
    let user = || {
        let user = text("User");
        let (domain, name) = user.split_once('\\').unwrap_or(("", &user));
        account_name(domain, name)
    };
    let (account, what) = match (source(seen.channel), seen.event_id) {
        ("security", 4624) => {
            let account = account_name(&text("TargetDomainName"), &text("TargetUserName"))?;
            let kind = number(&text("LogonType"))?;
            (Some(account), What::Logon { kind, from: text("IpAddress") })
        }
        ("security", 4688) => (subject(), process(&text("NewProcessName"), "", &text("CommandLine"), None)),
        ("sysmon", 1) => {
            let hashes = text("Hashes");
            let sha256 =
                hashes.split(',').find_map(|hash| hash.strip_prefix("SHA256=")).map(str::to_lowercase);
            (user(), process(&text("Image"), &text("OriginalFileName"), &text("CommandLine"), sha256))
        }
        ("security", 4697) => {
            (subject(), What::Service { name: text("ServiceName"), path: text("ServiceFileName") })
        }
        ("system", 7045) => (None, What::Service { name: text("ServiceName"), path: text("ImagePath") }),
        ("security", 4698) => {
            let content = text("TaskContent");
            let command = between(&content, "<Command>", "</Command>");
            let arguments = between(&content, "<Arguments>", "</Arguments>");
            let command = format!("{command} {arguments}").trim().to_owned();
            (subject(), What::Task { name: text("TaskName"), command })
        }
        ("security", 4728 | 4732 | 4756) => {
            (subject(), What::Member { group: text("TargetUserName"), member: text("MemberName") })
        }
        ("security", 1102) => (subject(), What::Cleared { log: "Security".to_owned() }),
        ("system", 104) => (subject(), What::Cleared { log: text("Channel") }),
        ("security", 4719) => {
            let changes = text("AuditPolicyChanges");
            let removed = changes.contains("%%8448") || changes.contains("%%8450");
            (subject(), What::AuditPolicy { subcategory: text("SubcategoryGuid"), removed })
        }
        ("security", 4616) => (subject(), What::ClockSet { from: instant(&text("PreviousTime"))? }),
        ("sysmon", 10) => {
            let target = text("TargetImage");
            if !target.to_lowercase().ends_with("\\lsass.exe") || !reads_memory(&text("GrantedAccess")) {
                return None;
            }
            let image = text("SourceImage");
            let source = text("SourceUser");
            let (domain, name) = source.split_once('\\').unwrap_or(("", &source));
            (account_name(domain, name), What::MemoryRead { image, target })
        }
        ("sysmon", 3) => {
            let to: IpAddr = text("DestinationIp").parse().ok()?;
            (user(), What::Connection { image: text("Image"), to, name: text("DestinationHostname") })
        }
        ("sysmon", 11) => (user(), What::Wrote { image: text("Image"), path: text("TargetFilename") }),
        ("powershell", 4104) => (None, What::Script { text: text("ScriptBlockText") }),
        _ => return None,
    };
    Some(Observation {
        time: seen.time,
        host: host_name(seen.computer),
        account,
        origin: seen.origin(),
        what,
    })
}

fn process(image: &str, original: &str, command: &str, sha256: Option<String>) -> What {
    What::Process {
        image: image.to_owned(),
        original: original.to_owned(),
        command: command.to_owned(),
        sha256,
    }
}

/// A number in decimal or, as Windows writes many, in hexadecimal with `0x`.
fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Whether an access mask lets a process read another's memory (`PROCESS_VM_READ`), and more than antivirus asks for.
fn reads_memory(mask: &str) -> bool {
    number(mask).is_some_and(|mask| mask & 0x10 != 0 && mask & 0x1400 != 0)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(inner, _)| inner)
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()
    })
}
