//! The kinds of events that happen, with the fields that Windows gives them, in their order: what they share, and those of
//! the services, the task scheduler and PowerShell. Those of the Security log and of Sysmon have rooms of their own.

use evtx_writer::{Body, Record, Value};
use jiff::Timestamp;

use crate::{Journal, Planned, hosts::Host};

mod security;
mod sysmon;

pub(crate) use security::{
    audit_policy, cleared, created, logoff, logon, member_added, service_audited, share_reached,
    task_audited, ticket,
};
pub(crate) use sysmon::{connected, file_created, looked_up, process_opened, process_seen};

const SERVICES: &str = "Service Control Manager";
const SERVICES_GUID: u128 = 0x5559_08d1_a6d7_4695_8e1e_2693_1d20_12f4;
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
