//! Exports that are tables: Microsoft 365's unified audit log as the portal gives it (a column of JSON), Entra sign-ins and audits,
//! Palo Alto's traffic and threats, and what Hayabusa, Chainsaw and Plaso made of a machine. The first line names the columns. Entra's
//! columns are brought to the names of its API, by which rules know them. Access logs of health records have columns of their own
//! in every product: see [`super::mapped`].

use super::{
    Artefact, Damage, Head, ReadAt, Stream,
    json::flatten_text,
    row::{Row, instant},
};
use crate::event::Event;

/// The reader.
#[derive(Debug)]
pub struct Table;

/// A kind of table. Names of columns are in small letters.
#[derive(Debug)]
struct Kind {
    channel: &'static str,
    /// Columns that all have to be there.
    has: &'static [&'static str],
    /// Columns of the time, the first that is there; two with `+` between are joined.
    time: &'static [&'static str],
    host: &'static str,
    account: &'static str,
    /// Columns, and the names by which rules know them.
    names: &'static [(&'static str, &'static str)],
}

const ENTRA: &[(&str, &str)] = &[
    ("date (utc)", "createdDateTime"),
    ("request id", "id"),
    ("correlation id", "correlationId"),
    ("user id", "userId"),
    ("user", "userDisplayName"),
    ("username", "userPrincipalName"),
    ("user type", "userType"),
    ("user agent", "userAgent"),
    ("authentication protocol", "authenticationProtocol"),
    ("application", "appDisplayName"),
    ("application id", "appId"),
    ("resource", "resourceDisplayName"),
    ("resource id", "resourceId"),
    ("ip address", "ipAddress"),
    ("sign-in error code", "status.errorCode"),
    ("failure reason", "status.failureReason"),
    ("client app", "clientAppUsed"),
    ("device id", "deviceDetail.deviceId"),
    ("browser", "deviceDetail.browser"),
    ("operating system", "deviceDetail.operatingSystem"),
    ("compliant", "deviceDetail.isCompliant"),
    ("managed", "deviceDetail.isManaged"),
    ("join type", "deviceDetail.trustType"),
    ("authentication requirement", "authenticationRequirement"),
    ("conditional access", "conditionalAccessStatus"),
    ("risk level during sign-in", "riskLevelDuringSignIn"),
    ("session id", "sessionId"),
];

static KINDS: [Kind; 11] = [
    Kind {
        channel: "m365/audit",
        has: &["auditdata"],
        time: &["creationtime", "creationdate"],
        host: "",
        account: "userid",
        names: &[("operations", "Operation"), ("userids", "UserId")],
    },
    Kind {
        channel: "azure/signinlogs",
        has: &["date (utc)", "ip address", "username", "sign-in error code"],
        time: &["date (utc)"],
        host: "",
        account: "username",
        names: ENTRA,
    },
    Kind {
        channel: "azure/auditlogs",
        has: &["date (utc)", "activity", "correlationid"],
        time: &["date (utc)"],
        host: "",
        account: "actoruserprincipalname",
        names: &[
            ("date (utc)", "activityDateTime"),
            ("activity", "activityDisplayName"),
            ("category", "category"),
            ("result", "result"),
            ("service", "loggedByService"),
            ("actoruserprincipalname", "initiatedBy.user.userPrincipalName"),
            ("ipaddress", "initiatedBy.user.ipAddress"),
        ],
    },
    Kind {
        channel: "paloalto/",
        has: &["receive time", "type", "source address", "destination address"],
        time: &["generate time", "receive time"],
        host: "device name",
        account: "source user",
        names: &[],
    },
    Kind {
        channel: "hayabusa/timeline",
        has: &["timestamp", "ruletitle"],
        time: &["timestamp"],
        host: "computer",
        account: "",
        names: &[],
    },
    Kind {
        channel: "chainsaw/timeline",
        has: &["timestamp", "detections", "path"],
        time: &["timestamp"],
        host: "computer",
        account: "",
        names: &[],
    },
    Kind {
        channel: "plaso/timeline",
        has: &["datetime", "timestamp_desc", "message"],
        time: &["datetime"],
        host: "hostname",
        account: "username",
        names: &[],
    },
    Kind {
        channel: "plaso/timeline",
        has: &["datetime", "timestamp_desc", "source_long"],
        time: &["datetime"],
        host: "hostname",
        account: "username",
        names: &[],
    },
    // log2timeline's own columns; the clock is in the column `timezone`, which Plaso writes as UTC.
    Kind {
        channel: "plaso/timeline",
        has: &["date", "time", "timezone", "macb", "sourcetype"],
        time: &["date+time"],
        host: "host",
        account: "user",
        names: &[("desc", "message"), ("type", "timestamp_desc")],
    },
    // An access log whose columns have the names of the rules already.
    Kind {
        channel: "ehr/audit",
        has: &["userid", "patientid", "action"],
        time: &["time", "timestamp", "datetime", "recorded"],
        host: "workstation",
        account: "userid",
        names: &[],
    },
    Kind {
        channel: "pacs/audit",
        has: &["callingae", "event"],
        time: &["time", "timestamp", "datetime"],
        host: "calledae",
        account: "userid",
        names: &[],
    },
];

fn kind_of(headings: &[String]) -> Option<&'static Kind> {
    let has = |name: &&str| headings.iter().any(|heading| heading.eq_ignore_ascii_case(name));
    KINDS.iter().find(|kind| kind.has.iter().all(has))
}

/// A reader of a table; the letter between cells is the one that the heading holds most of.
pub(crate) fn reader<R: std::io::Read>(from: R, delimiter: u8) -> csv::Reader<R> {
    csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(from)
}

/// The letter between the cells of a table that begins so.
pub(crate) fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |letter: u8| line.iter().filter(|byte| **byte == letter).count();
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(|letter| count(*letter)).unwrap_or(b',')
}

/// The names of the columns of a table that begins so; none where it is no table.
pub(crate) fn headings(head: &[u8]) -> Option<Vec<String>> {
    if head.contains(&0) || !head.contains(&b',') && !head.contains(&b';') && !head.contains(&b'\t') {
        return None;
    }
    let mut record = csv::ByteRecord::new();
    let read = reader(head, delimiter(head)).read_byte_record(&mut record);
    (read.unwrap_or(false) && record.len() > 1).then(|| cells(&record))
}

/// The cells of a row, in UTF-8.
pub(crate) fn cells(record: &csv::ByteRecord) -> Vec<String> {
    let cell = |cell: &[u8]| String::from_utf8_lossy(cell).trim_start_matches('\u{feff}').trim().to_owned();
    record.iter().map(cell).collect()
}

/// Calls back with the cells of each row below the heading, and its number from 1.
pub(crate) fn rows(
    file: &dyn ReadAt,
    damage: &mut Damage,
    mut each: impl FnMut(u64, &[String], Vec<String>),
) {
    let mut head = vec![0; 4096];
    let count = super::fill(file, 0, &mut head).unwrap_or(0);
    head.truncate(count);
    let mut table = reader(Stream::new(file), delimiter(&head));
    let mut record = csv::ByteRecord::new();
    if !table.read_byte_record(&mut record).unwrap_or(false) {
        return;
    }
    let headings = cells(&record);
    for number in 1.. {
        match table.read_byte_record(&mut record) {
            Ok(true) => each(number, &headings, cells(&record)),
            Ok(false) => return,
            Err(error) => {
                damage.records += 1;
                damage.note(format!("row {number}: {error}"));
                return;
            }
        }
    }
}

impl Artefact for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        headings(head.bytes).is_some_and(|headings| kind_of(&headings).is_some())
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let mut short = 0;
        let mut kind = None;
        rows(file, &mut damage, |number, headings, cells| {
            let Some(kind) = *kind.get_or_insert_with(|| kind_of(headings)) else { return };
            if cells.len() * 2 < headings.len() {
                short += 1;
            }
            row(kind, headings, cells).emit(number, each);
        });
        if short > 0 {
            damage.records += short;
            damage.note(format!("{short} rows have less than half of the columns"));
        }
        damage
    }
}

fn row(kind: &Kind, headings: &[String], cells: Vec<String>) -> Row {
    let mut row = Row::default();
    let value = |name: &str| {
        let at = headings.iter().position(|heading| heading.eq_ignore_ascii_case(name))?;
        cells.get(at).filter(|cell| !cell.is_empty()).cloned()
    };
    let time = kind.time.iter().find_map(|name| match name.split_once('+') {
        Some((date, clock)) => Some(format!("{} {}", value(date)?, value(clock)?)),
        None => value(name),
    });
    row.time = time.as_deref().and_then(instant);
    row.host = value(kind.host).unwrap_or_default();
    row.account = value(kind.account);
    row.channel = match kind.channel.strip_suffix('/') {
        Some(product) => format!("{product}/{}", value("type").unwrap_or_default().to_lowercase()),
        None => kind.channel.to_owned(),
    };
    for (heading, cell) in headings.iter().zip(&cells) {
        if heading.eq_ignore_ascii_case("AuditData") && flatten_text(cell, &mut row) {
            continue;
        }
        let known = kind.names.iter().find(|(column, _)| heading.eq_ignore_ascii_case(column));
        row.push(known.map_or(heading.as_str(), |(_, name)| *name), cell.as_str());
    }
    match kind.channel {
        "azure/signinlogs" => entra(&value, &mut row),
        // The record inside says it to the second and in UTC.
        "m365/audit" => {
            row.time = row.get("CreationTime").and_then(instant).or(row.time);
            row.account = row.get("UserId").map(str::to_owned);
        }
        _ => {}
    }
    row
}

/// What the portal's columns say otherwise than the API: `City, State, Country` and the word for success.
fn entra(value: &dyn Fn(&str) -> Option<String>, row: &mut Row) {
    if let Some(location) = value("location") {
        let parts: Vec<&str> = location.split(',').map(str::trim).collect();
        if let [.., country] = parts.as_slice() {
            row.push("location.countryOrRegion", *country);
        }
        if let [city, state, _] = parts.as_slice() {
            row.push("location.city", *city);
            row.push("location.state", *state);
        }
    }
    if row.get("status.errorCode").is_none()
        && value("status").is_some_and(|status| status.eq_ignore_ascii_case("success"))
    {
        row.push("status.errorCode", "0");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, names: &[&str]) -> Vec<String> {
        let bytes = text.as_bytes().to_vec();
        assert!(Table.recognises(&Head { path: "a.csv", bytes: &bytes, size: bytes.len() as u64 }), "{text}");
        let mut seen = Vec::new();
        let damage = Table.read(&bytes, 0, &mut |event| {
            let time = event.time.map_or_else(String::new, |time| time.to_string());
            let values: Vec<String> =
                names.iter().map(|name| event.get(name).unwrap_or_default().into_owned()).collect();
            let account = event.account.unwrap_or("");
            seen.push(format!(
                "{}|{time}|{}|{}|{account}|{}",
                event.record,
                event.channel,
                event.host,
                values.join(",")
            ));
        });
        assert!(damage.is_none(), "{damage:?}");
        seen
    }

    #[test]
    fn the_portals_exports_are_read_by_the_names_of_the_api() {
        let m365 = "\u{feff}RecordId,CreationDate,RecordType,Operation,UserId,AuditData\n\
                    1,2026-09-11T02:41:07.0000000Z,1,New-InboxRule,b@x.example,\"{\"\"CreationTime\"\":\"\"2026-09-11T02:41:07\"\",\"\"Operation\"\":\"\"New-InboxRule\"\",\"\"UserId\"\":\"\"b@x.example\"\",\"\"Parameters\"\":[{\"\"Name\"\":\"\"ForwardTo\"\",\"\"Value\"\":\"\"z@y.example\"\"}]}\"\n";
        assert_eq!(
            read(m365, &["Operation", "Parameters.Name"]),
            ["1|2026-09-11T02:41:07Z|m365/audit||b@x.example|New-InboxRule,ForwardTo"]
        );
        let old = "\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\"\n\"9/11/2026 2:41:07 AM\",\"b@x.example\",\"UserLoggedIn\",\"{}\"\n";
        assert_eq!(
            read(old, &["Operation"]),
            ["1|2026-09-11T02:41:07Z|m365/audit||b@x.example|UserLoggedIn"]
        );
        let entra = "Date (UTC),Request ID,User,Username,Application,IP address,Location,Status,Sign-in error code,Client app,Authentication requirement\n\
                     2026-09-11T02:41:07Z,r1,B Kline,bkline@x.example,Exchange,203.0.113.7,\"Iasi, Iasi, RO\",Success,0,IMAP4,Single-factor authentication\n";
        assert_eq!(
            read(entra, &["status.errorCode", "clientAppUsed", "location.countryOrRegion", "ipAddress"]),
            ["1|2026-09-11T02:41:07Z|azure/signinlogs||bkline@x.example|0,IMAP4,RO,203.0.113.7"]
        );
        let audit = "Date (UTC),CorrelationId,Service,Category,Activity,Result,ActorUserPrincipalName,IPAddress\n\
                     2026-09-11T02:41:07Z,c,Core Directory,UserManagement,Add user,success,a@x.example,203.0.113.7\n";
        assert_eq!(
            read(audit, &["activityDisplayName"]),
            ["1|2026-09-11T02:41:07Z|azure/auditlogs||a@x.example|Add user"]
        );
    }

    #[test]
    fn a_firewalls_export_and_other_tools_timelines_are_read() {
        let palo = "Domain,Receive Time,Serial #,Type,Threat/Content Type,Generate Time,Source address,Destination address,Source User,Application,Destination Port,Action,Bytes Sent,Bytes Received,Device Name\n\
                    1,2026/09/11 02:41:09,0123,TRAFFIC,end,2026/09/11 02:41:07,10.20.1.11,198.51.100.23,cedar\\mk,ssl,443,allow,18412331008,900,PA-1\n";
        assert_eq!(
            read(palo, &["Bytes Sent", "Destination Port"]),
            ["1|2026-09-11T02:41:07Z|paloalto/traffic|PA-1|cedar\\mk|18412331008,443"]
        );
        let hayabusa = "\"Timestamp\",\"RuleTitle\",\"Level\",\"Computer\",\"Channel\",\"EventID\",\"RecordID\",\"Details\"\n\
                        \"2026-09-11 02:41:07.310 +00:00\",\"Shadow copies deleted\",\"high\",\"WS-1\",\"Sec\",4688,90,\"Cmd: x\"\n";
        assert_eq!(
            read(hayabusa, &["RuleTitle"]),
            ["1|2026-09-11T02:41:07.31Z|hayabusa/timeline|WS-1||Shadow copies deleted"]
        );
        let chainsaw = "timestamp,detections,path,Event ID,Record ID,Computer,Event Data\n2026-09-11T02:41:07+00:00,Odd logon,a.evtx,4624,7,WS-1,x\n";
        assert_eq!(
            read(chainsaw, &["detections"]),
            ["1|2026-09-11T02:41:07Z|chainsaw/timeline|WS-1||Odd logon"]
        );
        let plaso = "datetime,timestamp_desc,source,source_long,message,parser,display_name,tag\n2026-09-11T02:41:07.000000+00:00,Creation Time,FILE,NTFS,x.exe,mft,NTFS:x,-\n";
        assert_eq!(read(plaso, &["message"]), ["1|2026-09-11T02:41:07Z|plaso/timeline|||x.exe"]);
        let l2t = "date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,filename,inode,notes,format,extra\n\
                   09/11/2026,02:41:07,UTC,M...,FILE,NTFS,Modified,mk,WS-1,s,a long line,2,f,1,-,mft,-\n";
        assert_eq!(read(l2t, &["message"]), ["1|2026-09-11T02:41:07Z|plaso/timeline|WS-1|mk|a long line"]);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
            let mut table = b"Timestamp,RuleTitle,Computer\n".to_vec();
            table.extend(&bytes);
            let _ = Table.read(&table, 0, &mut |_| ());
            let _ = Table.recognises(&Head { path: "a", bytes: &bytes, size: 1000 });
        }
    }
}
