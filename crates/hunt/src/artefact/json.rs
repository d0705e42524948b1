//! Exports that are JSON: an object a line, one array, or a list inside an object. Microsoft 365's unified audit log, Entra
//! sign-ins, Okta, Google Workspace, Suricata EVE, Zeek, FHIR AuditEvent, the Linux journal, and the output of Hayabusa,
//! Chainsaw and Plaso. Objects are flattened: `actor.alternateId`, `request.ipChain.ip`.

use std::io::Read as _;

use serde_json::{Map, Value};

use super::{
    Artefact, Damage, Head, ReadAt, Stream,
    key_value::lines,
    row::{Row, instant},
};
use crate::event::Event;

/// The largest document that is not an object a line.
const LARGEST: u64 = 256 << 20;
/// How deep objects are looked into.
const DEEPEST: usize = 12;
/// Names under which exports keep their list.
const LISTS: [&str; 6] = ["value", "records", "Records", "items", "Results", "entry"];

/// The reader.
#[derive(Debug)]
pub struct JsonExport;

/// A kind of export: its channel, the names that all have to be there, where its time and its host stand.
struct Kind {
    channel: &'static str,
    has: &'static [&'static str],
    time: &'static str,
    host: &'static str,
    account: &'static str,
}

/// The kinds, the most telling first.
static KINDS: [Kind; 13] = [
    Kind {
        channel: "okta/okta",
        has: &["eventType", "published", "actor"],
        time: "published",
        host: "",
        account: "actor.alternateId",
    },
    Kind {
        channel: "azure/signinlogs",
        has: &["userPrincipalName", "createdDateTime"],
        time: "createdDateTime",
        host: "deviceDetail.displayName",
        account: "userPrincipalName",
    },
    Kind {
        channel: "azure/auditlogs",
        has: &["activityDisplayName", "activityDateTime"],
        time: "activityDateTime",
        host: "",
        account: "initiatedBy.user.userPrincipalName",
    },
    Kind {
        channel: "m365/audit",
        has: &["Operation", "CreationTime"],
        time: "CreationTime",
        host: "",
        account: "UserId",
    },
    Kind { channel: "m365/audit", has: &["AuditData"], time: "CreationTime", host: "", account: "UserId" },
    Kind {
        channel: "gcp/google_workspace",
        has: &["id", "actor", "events"],
        time: "id.time",
        host: "",
        account: "actor.email",
    },
    Kind {
        channel: "suricata/eve",
        has: &["event_type", "timestamp"],
        time: "timestamp",
        host: "host",
        account: "",
    },
    Kind { channel: "zeek/log", has: &["ts", "uid"], time: "ts", host: "", account: "" },
    Kind {
        channel: "ehr/audit",
        has: &["resourceType", "recorded"],
        time: "recorded",
        host: "",
        account: "agent.who.display",
    },
    Kind {
        channel: "linux/journal",
        has: &["__REALTIME_TIMESTAMP"],
        time: "__REALTIME_TIMESTAMP",
        host: "_HOSTNAME",
        account: "_UID",
    },
    Kind {
        channel: "hayabusa/timeline",
        has: &["RuleTitle", "Timestamp"],
        time: "Timestamp",
        host: "Computer",
        account: "",
    },
    Kind {
        channel: "plaso/timeline",
        has: &["timestamp_desc", "message"],
        time: "datetime",
        host: "hostname",
        account: "username",
    },
    Kind {
        channel: "chainsaw/timeline",
        has: &["name", "timestamp", "document"],
        time: "timestamp",
        host: "document.data.Event.System.Computer",
        account: "",
    },
];

fn kind_of(object: &Map<String, Value>) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.names_all_of(object)).or_else(|| diagnostic(object))
}

impl Kind {
    fn names_all_of(&self, object: &Map<String, Value>) -> bool {
        self.has.iter().all(|name| object.contains_key(*name))
    }
}

/// What Azure Monitor sends on of Entra ID (diagnostic settings): the record as the API has it lies in `properties`.
fn diagnostic(object: &Map<String, Value>) -> Option<&'static Kind> {
    let inner = object.get("properties")?.as_object()?;
    let channel = if object.get("category")?.as_str()?.ends_with("SignInLogs") {
        "azure/signinlogs"
    } else if inner.contains_key("activityDateTime") {
        "azure/auditlogs"
    } else {
        return None;
    };
    KINDS.iter().find(|kind| kind.channel == channel)
}

impl Artefact for JsonExport {
    fn name(&self) -> &'static str {
        "json"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        let text = String::from_utf8_lossy(head.bytes);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if !text.starts_with(['{', '[']) {
            return false;
        }
        // The head may be cut in the middle of an object: then its names tell.
        let named = |name: &&str| text.contains(&format!("\"{name}\""));
        KINDS.iter().any(|kind| kind.has.iter().all(named))
            || ["properties", "category"].iter().all(named)
                && (text.contains("SignInLogs\"") || text.contains("\"activityDateTime\""))
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        if a_line_each(file) {
            lines(file, &mut damage, |number, line, damage| match serde_json::from_str(line) {
                Ok(value) => tell(value, number, damage, each),
                Err(error) => {
                    damage.records += 1;
                    damage.note(format!("line {number}: {error}"));
                }
            });
            return damage;
        }
        let mut bytes = Vec::new();
        if let Err(error) = Stream::new(file).take(LARGEST).read_to_end(&mut bytes) {
            damage.note(error.to_string());
        }
        let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let text = bytes.get(start..).unwrap_or_default();
        let mut number = 0;
        for document in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
            match document {
                Ok(document) => {
                    for value in listed(document) {
                        number += 1;
                        tell(value, number, &mut damage, each);
                    }
                }
                Err(error) => {
                    damage.records += 1;
                    damage.note(error.to_string());
                    break;
                }
            }
        }
        damage
    }
}

/// Whether the first line is a whole object and more follows.
fn a_line_each(file: &dyn ReadAt) -> bool {
    let mut head = vec![0; 1 << 16];
    let count = super::fill(file, 0, &mut head).unwrap_or(0);
    head.truncate(count);
    let Some(end) = head.iter().position(|byte| *byte == b'\n') else { return false };
    let line = head.get(..end).unwrap_or_default();
    serde_json::from_slice::<Map<String, Value>>(line).is_ok_and(|object| kind_of(&object).is_some())
}

/// The records of a document: the elements of an array or of the list inside an object, else itself.
fn listed(document: Value) -> Vec<Value> {
    match document {
        Value::Array(several) => several,
        Value::Object(mut object) if kind_of(&object).is_none() => {
            let list = LISTS.iter().find_map(|name| match object.get_mut(*name) {
                Some(Value::Array(list)) => Some(std::mem::take(list)),
                _ => None,
            });
            let list = list.unwrap_or_else(|| vec![Value::Object(object)]);
            // A FHIR bundle wraps each resource.
            list.into_iter()
                .map(|mut entry| match entry.get_mut("resource") {
                    Some(resource) => resource.take(),
                    None => entry,
                })
                .collect()
        }
        other => vec![other],
    }
}

fn tell(value: Value, number: u64, damage: &mut Damage, each: &mut dyn FnMut(&Event<'_>)) {
    let Value::Object(mut object) = value else {
        damage.records += 1;
        return;
    };
    let Some(kind) = kind_of(&object) else {
        damage.records += 1;
        damage.note(format!("record {number}: is none of the kinds that are known"));
        return;
    };
    // The portal's export holds the record as text within the record.
    if let Some(Value::String(inner)) = object.get("AuditData")
        && let Ok(Value::Object(inner)) = serde_json::from_str(inner)
    {
        object.remove("AuditData");
        object.extend(inner);
    }
    if !kind.names_all_of(&object)
        && let Some(Value::Object(inner)) = object.remove("properties")
    {
        let time = object.remove("time");
        object.extend(inner);
        if let (Some(time), false) = (time, object.contains_key(kind.time)) {
            object.insert(kind.time.to_owned(), time);
        }
    }
    record(&object, kind).emit(number, each);
}

fn record(object: &Map<String, Value>, kind: &Kind) -> Row {
    let mut row = Row::default();
    for (name, value) in object {
        flatten(name, value, &mut row, 0);
    }
    let of = |name: &str| row.get(name).map(str::to_owned);
    (row.time, row.host, row.account) =
        (of(kind.time).and_then(|time| instant(&time)), of(kind.host).unwrap_or_default(), of(kind.account));
    if kind.channel == "ehr/audit" {
        audit_event(&mut row);
    }
    row.channel = match of_application(&row) {
        Some(application) if kind.channel == "gcp/google_workspace" => {
            format!("{}.{application}", kind.channel)
        }
        _ if kind.channel == "zeek/log" => {
            row.get("_path").map_or_else(|| kind.channel.to_owned(), |log| format!("zeek/{log}"))
        }
        _ => kind.channel.to_owned(),
    };
    row
}

/// A FHIR AuditEvent (R4, R5) by the names of the rules about health records (`content/rules/README.md`).
fn audit_event(row: &mut Row) {
    let of = |names: &[&str]| names.iter().find_map(|name| row.get(name)).map(str::to_owned);
    let user = of(&["agent.altId", "agent.who.identifier.value", "agent.who.display", "agent.who.reference"]);
    let patients = row.fields.iter().filter(|(name, _)| name == "entity.what.reference");
    let patient =
        patients.filter_map(|(_, value)| value.rsplit_once("Patient/")).map(|(_, id)| id.to_owned()).next();
    let patient = patient.or_else(|| of(&["patient.reference"]).map(|of| of.replace("Patient/", "")));
    let failed =
        of(&["outcome", "outcome.code.code"]).is_some_and(|code| !matches!(code.as_str(), "0" | "success"));
    // 110114 is DICOM's "User Authentication", 110122 and 110123 its login and logout; the rest is REST's.
    let codes = ["type.code", "subtype.code", "category.coding.code", "code.coding.code"];
    let is = |code: &str| {
        codes.iter().any(|name| row.fields.iter().any(|(is, value)| is == name && value == code))
    };
    let action = match of(&["action"]).as_deref() {
        _ if is("110122") || is("110114") && !is("110123") => {
            if failed {
                "login_failed"
            } else {
                "login"
            }
        }
        _ if is("search") || is("search-type") => "search",
        _ if is("110106") || is("export") => "export",
        _ if is("110113") || is("BTG") => "break_glass",
        Some("R") => "view",
        Some("C" | "U") => "edit",
        Some("D") => "delete",
        _ => "",
    };
    let address = of(&["agent.network.address", "agent.networkString"]);
    // The hour of the clock on the wall is known where the record says its zone.
    let recorded = of(&["recorded"]).unwrap_or_default();
    let zoned = recorded.get(19..).is_some_and(|rest| rest.contains(['+', '-']));
    let hour = recorded.get(11..13).filter(|_| zoned).and_then(|hour| hour.parse::<u8>().ok());
    let values = [
        ("UserId", user),
        ("PatientId", patient),
        ("Action", Some(action.to_owned())),
        ("SourceIp", address),
        ("LocalHour", hour.map(|hour| hour.to_string())),
    ];
    for (name, value) in values {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            row.push(name, value);
        }
    }
    row.account = row.get("UserId").map(str::to_owned);
}

/// Which of Google Workspace's reports a record is of.
fn of_application(row: &Row) -> Option<String> {
    row.get("id.applicationName").map(str::to_owned)
}

/// Adds the values of a JSON object that stands in a cell; whether it was one.
pub(crate) fn flatten_text(text: &str, row: &mut Row) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return false };
    object.iter().for_each(|(name, value)| flatten(name, value, row, 0));
    true
}

fn flatten(name: &str, value: &Value, row: &mut Row, depth: usize) {
    match value {
        Value::Object(inner) if depth < DEEPEST => {
            for (key, value) in inner {
                flatten(&format!("{name}.{key}"), value, row, depth + 1);
            }
        }
        Value::Array(several) if depth < DEEPEST => {
            several.iter().for_each(|one| flatten(name, one, row, depth + 1))
        }
        Value::String(text) => row.push(name, text.as_str()),
        Value::Null => {}
        other => row.push(name, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<String>, Damage) {
        let bytes = text.as_bytes().to_vec();
        let head = Head {
            path: "a.json",
            bytes: bytes.get(..bytes.len().min(4096)).unwrap(),
            size: bytes.len() as u64,
        };
        assert!(JsonExport.recognises(&head), "{text}");
        let mut seen = Vec::new();
        let damage = JsonExport.read(&bytes, 0, &mut |event| {
            let time = event.time.map_or_else(String::new, |time| time.to_string());
            seen.push(format!("{}|{time}|{}|{}", event.record, event.channel, event.account.unwrap_or("")));
        });
        (seen, damage)
    }

    #[test]
    fn each_kind_of_export_becomes_events_with_time_and_account() {
        let okta = r#"[{"eventType":"user.session.start","published":"2026-09-11T02:41:07.310Z","actor":{"alternateId":"mk@x.example"},"client":{"ipAddress":"203.0.113.77"}}]"#;
        assert_eq!(read(okta).0, ["1|2026-09-11T02:41:07.31Z|okta/okta|mk@x.example"]);
        let entra = r#"{"value":[{"userPrincipalName":"a@x.example","createdDateTime":"2026-09-11T02:41:07Z","ipAddress":"203.0.113.7","status":{"errorCode":0}}]}"#;
        assert_eq!(read(entra).0, ["1|2026-09-11T02:41:07Z|azure/signinlogs|a@x.example"]);
        let monitor = r#"{"records":[{"time":"2026-09-11T02:41:07Z","category":"SignInLogs","properties":{"userPrincipalName":"a@x.example","status":{"errorCode":0}}},
            {"time":"x","category":"AuditLogs","properties":{"activityDateTime":"2026-09-11T02:41:08Z","activityDisplayName":"Add user","initiatedBy":{"user":{"userPrincipalName":"b@x.example"}}}}]}"#;
        assert_eq!(
            read(monitor).0,
            [
                "1|2026-09-11T02:41:07Z|azure/signinlogs|a@x.example",
                "2|2026-09-11T02:41:08Z|azure/auditlogs|b@x.example"
            ]
        );
        let m365 = r#"[{"RecordType":15,"AuditData":"{\"Operation\":\"New-InboxRule\",\"CreationTime\":\"2026-09-11T02:41:07\",\"UserId\":\"b@x.example\"}"}]"#;
        assert_eq!(read(m365).0, ["1|2026-09-11T02:41:07Z|m365/audit|b@x.example"]);
        let eve = "{\"timestamp\":\"2026-09-13T03:05:44.118204-0400\",\"event_type\":\"flow\",\"host\":\"fw\"}\nnot json\n{\"timestamp\":\"2026-09-13T03:05:45-0400\",\"event_type\":\"flow\"}\n";
        let (seen, damage) = read(eve);
        assert_eq!(
            seen,
            ["1|2026-09-13T07:05:44.118204Z|suricata/eve|", "3|2026-09-13T07:05:45Z|suricata/eve|"]
        );
        assert_eq!(damage.records, 1);
        let zeek = "{\"ts\":1789000000.5,\"uid\":\"C1\"}\n";
        assert_eq!(read(zeek).0, ["1|2026-09-10T00:26:40.5Z|zeek/log|"]);
        let fhir = r#"{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"AuditEvent","recorded":"2026-09-12T23:40:00-04:00","agent":[{"who":{"display":"mk"}}]}}]}"#;
        assert_eq!(read(fhir).0, ["1|2026-09-13T03:40:00Z|ehr/audit|mk"]);
        let workspace = r#"{"items":[{"id":{"time":"2026-09-11T02:41:07Z"},"actor":{"email":"c@x.example"},"events":[{"name":"login_success"}]}]}"#;
        assert_eq!(read(workspace).0, ["1|2026-09-11T02:41:07Z|gcp/google_workspace|c@x.example"]);
        let journal =
            r#"{"__REALTIME_TIMESTAMP":"1789000000500000","_HOSTNAME":"gw1","_UID":"0","MESSAGE":"x"}"#;
        assert_eq!(read(journal).0, ["1|2026-09-10T00:26:40.5Z|linux/journal|0"]);
    }

    #[test]
    fn the_timelines_of_other_tools_are_read_as_json_too() {
        let hayabusa = "{\"Timestamp\":\"2026-09-11 02:41:07.310 +00:00\",\"RuleTitle\":\"Odd\",\"Computer\":\"WS-1\",\"EventID\":4688}\n";
        assert_eq!(read(hayabusa).0, ["1|2026-09-11T02:41:07.31Z|hayabusa/timeline|"]);
        // One document over several lines, one behind the other, as Hayabusa's own JSON.
        let documents = format!("{}\n{}", hayabusa.replace(',', ",\n"), hayabusa.replace(',', ",\n"));
        assert_eq!(read(&documents).0.len(), 2);
        let chainsaw = r#"[{"name":"Odd logon","timestamp":"2026-09-11T02:41:07+00:00","document":{"data":{"Event":{"System":{"Computer":"WS-1"}}}}}]"#;
        assert_eq!(read(chainsaw).0, ["1|2026-09-11T02:41:07Z|chainsaw/timeline|"]);
        // Timesketch takes and gives the same.
        let plaso = "{\"datetime\":\"2026-09-11T02:41:07+00:00\",\"timestamp_desc\":\"Creation Time\",\"message\":\"x.exe\",\"username\":\"mk\"}\n";
        assert_eq!(read(plaso).0, ["1|2026-09-11T02:41:07Z|plaso/timeline|mk"]);
    }

    #[test]
    fn a_fhir_audit_event_has_the_names_of_the_rules_about_records() {
        let event = r#"{"resourceType":"AuditEvent","action":"R","recorded":"2026-09-12T23:40:00-04:00","outcome":"0",
            "type":{"code":"rest"},"agent":[{"altId":"bkline","network":{"address":"203.0.113.7"}}],
            "entity":[{"what":{"reference":"Encounter/9"}},{"what":{"reference":"https://ehr.example/fhir/Patient/CH7"}}]}"#;
        let mut seen = Vec::new();
        let _ = JsonExport.read(&event.as_bytes().to_vec(), 0, &mut |event| {
            let names = ["UserId", "PatientId", "Action", "SourceIp", "LocalHour"];
            seen.extend(names.iter().map(|name| event.get(name).unwrap_or_default().into_owned()));
            seen.push(event.account.unwrap_or_default().to_owned());
        });
        assert_eq!(seen, ["bkline", "CH7", "view", "203.0.113.7", "23", "bkline"]);
        let failed = event.replace("rest", "110114").replace("\"outcome\":\"0\"", "\"outcome\":\"8\"");
        let _ = JsonExport.read(&failed.as_bytes().to_vec(), 0, &mut |event| {
            assert_eq!(event.get("Action").as_deref(), Some("login_failed"));
        });
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
            let _ = JsonExport.read(&bytes, 0, &mut |_| ());
        }

        #[test]
        fn an_export_that_is_cut_anywhere_ends_well(cut in 0_usize..160) {
            let text = r#"[{"eventType":"user.session.start","published":"2026-09-11T02:41:07.310Z","actor":{"alternateId":"mk@x.example"},"a":[[[{"b":"\u00e4"}]]]}]"#;
            let bytes: Vec<u8> = text.bytes().take(cut).collect();
            let _ = JsonExport.read(&bytes, 0, &mut |_| ());
        }
    }
}
