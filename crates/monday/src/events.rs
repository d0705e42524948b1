//! The kinds of events that happen, with the fields that Windows and Sysmon give them, in their order.

use evtx_writer::{Body, Record, Value};
use jiff::Timestamp;

use crate::{Journal, Planned, hosts::Host};

const AUDIT: &str = "Microsoft-Windows-Security-Auditing";
const AUDIT_GUID: u128 = 0x5484_9625_5478_4994_a5ba_3e3b_0328_c30d;
const SERVICES: &str = "Service Control Manager";
const SERVICES_GUID: u128 = 0x5559_08d1_a6d7_4695_8e1e_2693_1d20_12f4;
const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SYSMON_GUID: u128 = 0x5770_385f_c22a_43e0_bf4c_06f5_698f_fbd9;
const POWERSHELL: &str = "Microsoft-Windows-PowerShell";
const POWERSHELL_GUID: u128 = 0xa0c1_853b_5c40_4b15_8766_3cf1_c58f_985a;
const TASKS: &str = "Microsoft-Windows-TaskScheduler";
const TASKS_GUID: u128 = 0xde7b_24ea_73c8_4a09_985d_5bda_dcfa_9017;
const SUCCESS: u64 = 0x8020_0000_0000_0000;
const DOMAIN: &str = "CEDAR";

/// The practice's time zone on these days is four hours behind UTC: `day` of September 2026 and the clock there.
pub(crate) fn eastern(day: i64, hour: i64, minute: i64, second: i64) -> Timestamp {
    // 2026-09-01T04:00:00Z is midnight there.
    let midnight = 1_788_235_200 + 86_400 * (day - 1);
    let seconds = midnight + hour * 3600 + minute * 60 + second;
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Who does something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) name: &'static str,
    /// The number of their session, by which events belong together.
    pub(crate) session: u64,
}

impl Who {
    pub(crate) const fn new(name: &'static str, session: u64) -> Self {
        Self { name, session }
    }

    fn sid(self) -> String {
        let last = self.name.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 800);
        if self.name == "SYSTEM" {
            "S-1-5-18".to_owned()
        } else {
            format!("S-1-5-21-1004336348-1177238915-682003330-{}", 1100 + last)
        }
    }

    fn domain(self) -> &'static str {
        if self.name == "SYSTEM" { "NT AUTHORITY" } else { DOMAIN }
    }

    fn full(self) -> String {
        format!("{}\\{}", self.domain(), self.name)
    }
}

/// A process that starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pub(crate) id: u32,
    pub(crate) image: &'static str,
    pub(crate) command: &'static str,
    pub(crate) parent_id: u32,
    pub(crate) parent: &'static str,
    pub(crate) parent_command: &'static str,
    pub(crate) sha256: &'static str,
}

type Fields = Vec<(String, Value)>;

fn named<const N: usize>(fields: [(&str, Value); N]) -> Body {
    Body::Named(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn planned(
    at: Timestamp,
    host: &'static Host,
    journal: Journal,
    (provider, guid): (&str, u128),
    event_id: u16,
    body: Body,
) -> Planned {
    let mut record = Record::new(at, host.computer, journal.channel(), provider, event_id);
    record.provider_guid = Some(guid);
    record.body = body;
    if journal == Journal::Security {
        record.keywords = SUCCESS;
        record.level = 0;
        record.process_id = 748;
        record.thread_id = 1000 + u32::from(host.address) * 4;
    }
    Planned { host, journal, record }
}

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

/// 7045: a service was installed, in the System log.
pub(crate) fn service_installed(at: Timestamp, host: &'static Host, name: &str, path: &str) -> Planned {
    planned(
        at,
        host,
        Journal::System,
        (SERVICES, SERVICES_GUID),
        7045,
        named([
            ("ServiceName", text(name)),
            ("ImagePath", text(path)),
            ("ServiceType", text("user mode service")),
            ("StartType", text("auto start")),
            ("AccountName", text("LocalSystem")),
        ]),
    )
}

/// 7036: a service entered a state.
pub(crate) fn service_state(at: Timestamp, host: &'static Host, name: &str, running: bool) -> Planned {
    planned(
        at,
        host,
        Journal::System,
        (SERVICES, SERVICES_GUID),
        7036,
        named([("param1", text(name)), ("param2", text(if running { "running" } else { "stopped" }))]),
    )
}

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

/// 4104: a PowerShell script block.
pub(crate) fn script(at: Timestamp, host: &'static Host, number: u32, script: &str, path: &str) -> Planned {
    let mut event = planned(
        at,
        host,
        Journal::PowerShell,
        (POWERSHELL, POWERSHELL_GUID),
        4104,
        named([
            ("MessageNumber", Value::U32(1)),
            ("MessageTotal", Value::U32(1)),
            ("ScriptBlockText", text(script)),
            ("ScriptBlockId", Value::Guid(u128::from(number) << 16 | u128::from(host.address))),
            ("Path", text(path)),
        ]),
    );
    event.record.version = 1;
    event.record.level = 5;
    event.record.task = 2;
    event
}

/// 106: a task was registered.
pub(crate) fn task_registered(at: Timestamp, host: &'static Host, who: Who, name: &str) -> Planned {
    let body = named([("TaskName", text(name)), ("UserContext", text(&who.full()))]);
    planned(at, host, Journal::Tasks, (TASKS, TASKS_GUID), 106, body)
}

/// 200: a task's action was started.
pub(crate) fn task_ran(at: Timestamp, host: &'static Host, name: &str, action: &str) -> Planned {
    planned(
        at,
        host,
        Journal::Tasks,
        (TASKS, TASKS_GUID),
        200,
        named([
            ("TaskName", text(name)),
            ("ActionName", text(action)),
            ("TaskInstanceId", Value::Guid(0x11)),
            ("EnginePID", Value::U32(1684)),
        ]),
    )
}
