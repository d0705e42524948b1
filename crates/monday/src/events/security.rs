//! Events of the Security log, as the audit policy of a domain writes them: sign-ins and tickets, processes, services, tasks
//! and groups, the policy itself and the log cleared.

use evtx_writer::{Body, Value};
use jiff::Timestamp;

use super::{DOMAIN, Process, Who, named, planned, text};
use crate::{Journal, Planned, hosts::Host};

const AUDIT: &str = "Microsoft-Windows-Security-Auditing";
const AUDIT_GUID: u128 = 0x5484_9625_5478_4994_a5ba_3e3b_0328_c30d;

type Fields = Vec<(String, Value)>;

fn audit(at: Timestamp, host: &'static Host, event_id: u16, version: u8, task: u16, body: Body) -> Planned {
    let mut event = planned(at, host, Journal::Security, (AUDIT, AUDIT_GUID), event_id, body);
    event.record.version = version;
    event.record.task = task;
    event
}

fn subject(who: Who) -> Fields {
    vec![
        ("SubjectUserSid".into(), Value::Sid(who.sid())),
        ("SubjectUserName".into(), text(who.name)),
        ("SubjectDomainName".into(), text(who.domain())),
        ("SubjectLogonId".into(), Value::Hex64(who.session)),
    ]
}

fn with_subject<const N: usize>(who: Who, fields: [(&str, Value); N]) -> Body {
    let mut all = subject(who);
    all.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Body::Named(all)
}

/// 4624: an account was logged on. `kind`: 2 at the keyboard, 3 over the network, 5 a service, 7 unlocked, 10 remote desktop.
pub(crate) fn logon(at: Timestamp, host: &'static Host, who: Who, kind: u32, from: (&str, u16)) -> Planned {
    let (process, package) = match kind {
        3 => ("Kerberos", "Kerberos"),
        5 => ("Advapi  ", "Negotiate"),
        _ => ("User32 ", "Negotiate"),
    };
    let image = match kind {
        3 => "-",
        5 => "C:\\Windows\\System32\\services.exe",
        _ => "C:\\Windows\\System32\\svchost.exe",
    };
    audit(
        at,
        host,
        4624,
        2,
        12_544,
        named([
            ("SubjectUserSid", Value::Sid("S-1-5-18".into())),
            ("SubjectUserName", text(&format!("{}$", host.name))),
            ("SubjectDomainName", text(DOMAIN)),
            ("SubjectLogonId", Value::Hex64(0x3e7)),
            ("TargetUserSid", Value::Sid(who.sid())),
            ("TargetUserName", text(who.name)),
            ("TargetDomainName", text(who.domain())),
            ("TargetLogonId", Value::Hex64(who.session)),
            ("LogonType", Value::U32(kind)),
            ("LogonProcessName", text(process)),
            ("AuthenticationPackageName", text(package)),
            ("WorkstationName", text(if kind == 3 { "-" } else { host.name })),
            ("LogonGuid", Value::Guid(u128::from(who.session) << 40 | u128::from(host.address))),
            ("TransmittedServices", text("-")),
            ("LmPackageName", text("-")),
            ("KeyLength", Value::U32(0)),
            ("ProcessId", Value::Hex64(if kind == 3 { 0 } else { 0x4b8 })),
            ("ProcessName", text(image)),
            ("IpAddress", text(from.0)),
            ("IpPort", text(&from.1.to_string())),
            ("ImpersonationLevel", text("%%1833")),
            ("RestrictedAdminMode", text("-")),
            ("TargetOutboundUserName", text("-")),
            ("TargetOutboundDomainName", text("-")),
            ("VirtualAccount", text("%%1843")),
            ("TargetLinkedLogonId", Value::Hex64(0)),
            ("ElevatedToken", text(if who.name.starts_with("svc") { "%%1842" } else { "%%1843" })),
        ]),
    )
}

/// 4634: an account was logged off.
pub(crate) fn logoff(at: Timestamp, host: &'static Host, who: Who, kind: u32) -> Planned {
    audit(
        at,
        host,
        4634,
        0,
        12_545,
        named([
            ("TargetUserSid", Value::Sid(who.sid())),
            ("TargetUserName", text(who.name)),
            ("TargetDomainName", text(who.domain())),
            ("TargetLogonId", Value::Hex64(who.session)),
            ("LogonType", Value::U32(kind)),
        ]),
    )
}

/// 4688: a process was created.
pub(crate) fn created(at: Timestamp, host: &'static Host, who: Who, process: Process) -> Planned {
    audit(
        at,
        host,
        4688,
        2,
        13_312,
        with_subject(
            who,
            [
                ("NewProcessId", Value::Hex64(process.id.into())),
                ("NewProcessName", text(process.image)),
                ("TokenElevationType", text("%%1936")),
                ("ProcessId", Value::Hex64(process.parent_id.into())),
                ("CommandLine", text(process.command)),
                ("TargetUserSid", Value::Sid("S-1-0-0".into())),
                ("TargetUserName", text("-")),
                ("TargetDomainName", text("-")),
                ("TargetLogonId", Value::Hex64(0)),
                ("ParentProcessName", text(process.parent)),
                ("MandatoryLabel", Value::Sid("S-1-16-12288".into())),
            ],
        ),
    )
}

/// 4697: a service was installed.
pub(crate) fn service_audited(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    name: &str,
    path: &str,
) -> Planned {
    audit(
        at,
        host,
        4697,
        0,
        12_289,
        with_subject(
            who,
            [
                ("ServiceName", text(name)),
                ("ServiceFileName", text(path)),
                ("ServiceType", Value::Hex32(0x10)),
                ("ServiceStartType", Value::U32(2)),
                ("ServiceAccount", text("LocalSystem")),
            ],
        ),
    )
}

/// 4698: a scheduled task was created.
pub(crate) fn task_audited(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    name: &str,
    command: &str,
    arguments: &str,
) -> Planned {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><Task version=\"1.2\"><Triggers><BootTrigger/></Triggers><Principals>\
         <Principal id=\"Author\"><UserId>S-1-5-18</UserId></Principal></Principals><Actions><Exec><Command>{command}</Command>\
         <Arguments>{arguments}</Arguments></Exec></Actions></Task>"
    );
    audit(
        at,
        host,
        4698,
        0,
        12_804,
        with_subject(who, [("TaskName", text(name)), ("TaskContent", text(&content))]),
    )
}

/// 4719: the audit policy was changed. `changes`: `%%8448` success removed, `%%8449` success added.
pub(crate) fn audit_policy(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    subcategory: (u128, &str),
    changes: &str,
) -> Planned {
    audit(
        at,
        host,
        4719,
        0,
        13_568,
        with_subject(
            who,
            [
                ("CategoryId", text("%%8274")),
                ("SubcategoryId", text(subcategory.1)),
                ("SubcategoryGuid", Value::Guid(subcategory.0)),
                ("AuditPolicyChanges", text(changes)),
            ],
        ),
    )
}

/// 4728: a member was added to a global group.
pub(crate) fn member_added(at: Timestamp, host: &'static Host, who: Who, group: &str) -> Planned {
    audit(
        at,
        host,
        4728,
        0,
        13_826,
        named([
            ("MemberName", text(&format!("CN={},OU=Service,DC=cedarhollow,DC=example", who.name))),
            ("MemberSid", Value::Sid(who.sid())),
            ("TargetUserName", text(group)),
            ("TargetDomainName", text(DOMAIN)),
            ("TargetSid", Value::Sid("S-1-5-21-1004336348-1177238915-682003330-512".into())),
            ("SubjectUserSid", Value::Sid(who.sid())),
            ("SubjectUserName", text(who.name)),
            ("SubjectDomainName", text(DOMAIN)),
            ("SubjectLogonId", Value::Hex64(who.session)),
            ("PrivilegeList", text("-")),
        ]),
    )
}

/// 1102: the log was cleared.
pub(crate) fn cleared(at: Timestamp, host: &'static Host, who: Who) -> Planned {
    let fields = subject(who);
    let body = Body::User {
        element: "LogFileCleared".into(),
        namespace: "http://manifests.microsoft.com/win/2004/08/windows/eventlog".into(),
        fields,
    };
    let provider = ("Microsoft-Windows-Eventlog", 0xfc65_ddd8_d6ef_4962_83d5_6e5c_fe9c_e148);
    planned(at, host, Journal::Security, provider, 1102, body)
}

/// 5140: a network share was reached.
pub(crate) fn share_reached(
    at: Timestamp,
    host: &'static Host,
    who: Who,
    from: (&str, u16),
    share: &str,
) -> Planned {
    audit(
        at,
        host,
        5140,
        1,
        12_808,
        with_subject(
            who,
            [
                ("ObjectType", text("File")),
                ("IpAddress", text(from.0)),
                ("IpPort", text(&from.1.to_string())),
                ("ShareName", text(&format!("\\\\*\\{share}"))),
                ("ShareLocalPath", text("")),
                ("AccessMask", Value::Hex32(1)),
                ("AccessList", text("%%4416")),
            ],
        ),
    )
}

/// 4769: a Kerberos service ticket was asked for; `service` is the host that it is for.
pub(crate) fn ticket(at: Timestamp, host: &'static Host, who: Who, service: &str, from: &str) -> Planned {
    audit(
        at,
        host,
        4769,
        0,
        14_337,
        named([
            ("TargetUserName", text(&format!("{}@CEDARHOLLOW.EXAMPLE", who.name))),
            ("TargetDomainName", text("CEDARHOLLOW.EXAMPLE")),
            ("ServiceName", text(&format!("{service}$"))),
            ("ServiceSid", Value::Sid("S-1-5-21-1004336348-1177238915-682003330-1001".into())),
            ("TicketOptions", Value::Hex32(0x4081_0000)),
            ("TicketEncryptionType", Value::Hex32(0x12)),
            ("IpAddress", text(&format!("::ffff:{from}"))),
            ("IpPort", text("51234")),
            ("Status", Value::Hex32(0)),
            ("LogonGuid", Value::Guid(u128::from(who.session))),
            ("TransmittedServices", text("-")),
        ]),
    )
}
