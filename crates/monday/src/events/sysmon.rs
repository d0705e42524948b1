//! Events of Sysmon: processes and what they open, files, connections and names looked up.

use evtx_writer::{Body, Value};
use jiff::Timestamp;

use super::{Process, Who, named, planned, text};
use crate::{Journal, Planned, hosts::Host};

const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SYSMON_GUID: u128 = 0x5770_385f_c22a_43e0_bf4c_06f5_698f_fbd9;

fn sysmon(at: Timestamp, host: &'static Host, event_id: u16, version: u8, body: Body) -> Planned {
    let mut event = planned(at, host, Journal::Sysmon, (SYSMON, SYSMON_GUID), event_id, body);
    event.record.version = version;
    event.record.task = event_id;
    event.record.process_id = 2816;
    event.record.user = Some("S-1-5-18".into());
    event
}

fn utc(at: Timestamp) -> Value {
    Value::Text(at.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string())
}

fn guid_of(host: &Host, process: u32) -> Value {
    Value::Guid(
        0x7a1c_0000_0000_0000_0000_0000_0000_0000 | u128::from(host.address) << 32 | u128::from(process),
    )
}

fn file_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

/// Sysmon 1: a process was created.
pub(crate) fn process_seen(at: Timestamp, host: &'static Host, who: Who, process: Process) -> Planned {
    sysmon(
        at,
        host,
        1,
        5,
        named([
            ("RuleName", text("-")),
            ("UtcTime", utc(at)),
            ("ProcessGuid", guid_of(host, process.id)),
            ("ProcessId", Value::U32(process.id)),
            ("Image", text(process.image)),
            ("FileVersion", text("-")),
            ("Description", text("-")),
            ("Product", text("-")),
            ("Company", text("-")),
            ("OriginalFileName", text(original_name(process.image))),
            ("CommandLine", text(process.command)),
            ("CurrentDirectory", text("C:\\Windows\\system32\\")),
            ("User", text(&who.full())),
            ("LogonGuid", Value::Guid(u128::from(who.session))),
            ("LogonId", Value::Hex64(who.session)),
            ("TerminalSessionId", Value::U32(2)),
            ("IntegrityLevel", text("High")),
            ("Hashes", text(&format!("SHA256={}", process.sha256.to_uppercase()))),
            ("ParentProcessGuid", guid_of(host, process.parent_id)),
            ("ParentProcessId", Value::U32(process.parent_id)),
            ("ParentImage", text(process.parent)),
            ("ParentCommandLine", text(process.parent_command)),
            ("ParentUser", text(&who.full())),
        ]),
    )
}

/// The name that a program's maker gave it, which renaming the file does not change.
fn original_name(image: &str) -> &str {
    match file_name(image) {
        "svcmon.exe" => "rclone.exe",
        "vssadmin.exe" => "VSSADMIN.EXE",
        "wbadmin.exe" => "WBADMIN.EXE",
        "rundll32.exe" => "RUNDLL32.EXE",
        "powershell.exe" => "PowerShell.EXE",
        "cmd.exe" => "Cmd.Exe",
        "hl.exe" | "relay.exe" => "-",
        other => other,
    }
}

/// Sysmon 3: a process made a network connection.
pub(crate) fn connected(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    process: (u32, &str),
    to: (&str, &str, u16),
) -> Planned {
    sysmon(
        at,
        host,
        3,
        5,
        named([
            ("RuleName", text("-")),
            ("UtcTime", utc(at)),
            ("ProcessGuid", guid_of(host, process.0)),
            ("ProcessId", Value::U32(process.0)),
            ("Image", text(process.1)),
            ("User", text(&who.full())),
            ("Protocol", text("tcp")),
            ("Initiated", text("true")),
            ("SourceIsIpv6", text("false")),
            ("SourceIp", text(host.ip)),
            ("SourceHostname", text(host.computer)),
            ("SourcePort", Value::U16(50_122)),
            ("SourcePortName", text("-")),
            ("DestinationIsIpv6", text("false")),
            ("DestinationIp", text(to.0)),
            ("DestinationHostname", text(to.1)),
            ("DestinationPort", Value::U16(to.2)),
            ("DestinationPortName", text("-")),
        ]),
    )
}

/// Sysmon 10: a process opened another.
pub(crate) fn process_opened(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    source: (u32, &str),
    target: &str,
    access: u32,
) -> Planned {
    sysmon(
        at,
        host,
        10,
        3,
        named([
            ("RuleName", text("-")),
            ("UtcTime", utc(at)),
            ("SourceProcessGUID", guid_of(host, source.0)),
            ("SourceProcessId", Value::U32(source.0)),
            ("SourceThreadId", Value::U32(4108)),
            ("SourceImage", text(source.1)),
            ("TargetProcessGUID", guid_of(host, 712)),
            ("TargetProcessId", Value::U32(712)),
            ("TargetImage", text(target)),
            ("GrantedAccess", Value::Hex32(access)),
            (
                "CallTrace",
                text(
                    "C:\\Windows\\SYSTEM32\\ntdll.dll+9d4c4|C:\\Windows\\System32\\KERNELBASE.dll+2bcbe|C:\\Windows\\System32\\comsvcs.dll+23ae7",
                ),
            ),
            ("SourceUser", text(&who.full())),
            ("TargetUser", text("NT AUTHORITY\\SYSTEM")),
        ]),
    )
}

/// Sysmon 11: a file was created.
pub(crate) fn file_created(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    process: (u32, &str),
    path: &str,
) -> Planned {
    sysmon(
        at,
        host,
        11,
        2,
        named([
            ("RuleName", text("-")),
            ("UtcTime", utc(at)),
            ("ProcessGuid", guid_of(host, process.0)),
            ("ProcessId", Value::U32(process.0)),
            ("Image", text(process.1)),
            ("TargetFilename", text(path)),
            ("CreationUtcTime", utc(at)),
            ("User", text(&who.full())),
        ]),
    )
}

/// Sysmon 22: a name was looked up.
pub(crate) fn looked_up(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    process: (u32, &str),
    name: &str,
    answer: &str,
) -> Planned {
    sysmon(
        at,
        host,
        22,
        5,
        named([
            ("RuleName", text("-")),
            ("UtcTime", utc(at)),
            ("ProcessGuid", guid_of(host, process.0)),
            ("ProcessId", Value::U32(process.0)),
            ("QueryName", text(name)),
            ("QueryStatus", text("0")),
            ("QueryResults", text(&format!("::ffff:{answer};"))),
            ("Image", text(process.1)),
            ("User", text(&who.full())),
        ]),
    )
}
