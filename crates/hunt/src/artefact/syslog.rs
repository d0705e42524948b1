//! Lines of devices and of Linux: syslog (RFC 3164 and RFC 5424) with what is known to stand in it (CEF, LEEF, and
//! [`super::message`]), and Linux audit records. RFC 3164 leaves the year and the zone out: the year is the last in which the line
//! is not younger than its file, and the clock is taken as UTC; of a file without a date such a line has no instant. What the line
//! says stands in the value `timestamp`.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    Artefact, Damage, Head, ReadAt,
    key_value::{lines, pairs},
    message,
    row::{Row, instant},
};
use crate::event::Event;

/// The reader.
#[derive(Debug)]
pub struct Syslog;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Artefact for Syslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        if head.bytes.contains(&0) {
            return false;
        }
        let text = String::from_utf8_lossy(head.bytes);
        text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| row(line.trim(), None).is_some())
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let written = file.modified();
        lines(file, &mut damage, |number, line, damage| match row(line, written) {
            Some(row) => row.emit(number, each),
            None => {
                damage.records += 1;
                damage.note(format!("line {number}: is no line of syslog"));
            }
        });
        damage
    }
}

fn row(line: &str, written: Option<Timestamp>) -> Option<Row> {
    if let Some(audit) = line.strip_prefix("type=") {
        return linux_audit(audit, "");
    }
    if let Some((node, audit)) = line.strip_prefix("node=").and_then(|rest| rest.split_once(" type=")) {
        return linux_audit(audit, node);
    }
    let mut row = Row::default();
    let (priority, rest) = priority(line);
    let message = match rest.strip_prefix("1 ").filter(|_| priority.is_some()) {
        Some(modern) => rfc5424(modern, &mut row)?,
        None => match rfc3164(rest, written, &mut row) {
            Some(message) => message,
            None if rest.starts_with("CEF:") || rest.starts_with("LEEF:") => rest,
            None => return None,
        },
    };
    if let Some(cef) = message.find("CEF:").and_then(|at| message.get(at + 4..)) {
        vendor(cef, "cef", 7, &mut row);
    } else if let Some(leef) = message.find("LEEF:").and_then(|at| message.get(at + 5..)) {
        vendor(leef, "leef", 5, &mut row);
    } else {
        message::known(message, &mut row);
    }
    row.push("message", message);
    Some(row)
}

/// `<PRI>` at the start.
fn priority(line: &str) -> (Option<u16>, &str) {
    let split = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match split.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
        Some((number, rest)) => (Some(number), rest),
        None => (None, line),
    }
}

/// RFC 5424: `TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG`.
fn rfc5424<'a>(text: &'a str, row: &mut Row) -> Option<&'a str> {
    let mut parts = text.splitn(6, ' ');
    let time = parts.next()?;
    row.time = instant(time);
    if row.time.is_none() && time != "-" {
        return None;
    }
    parts.next().filter(|host| *host != "-")?.clone_into(&mut row.host);
    let app = parts.next().unwrap_or("-");
    row.push("app", app);
    row.channel = channel_of(app);
    let _process_and_kind = (parts.next(), parts.next());
    let rest = parts.next().unwrap_or_default();
    Some(after_structured_data(rest))
}

fn after_structured_data(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('-') {
        return rest.trim_start();
    }
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            ' ' if !quoted && depth == 0 => return text.get(at + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    text
}

/// RFC 3164 `Mmm dd hh:mm:ss HOST APP[PID]: MSG`, and what takes its place: with the year (Cisco), an RFC 3339 instant (rsyslog),
/// `MM/DD/YYYY:hh:mm:ss GMT` (Citrix).
fn rfc3164<'a>(text: &'a str, written: Option<Timestamp>, row: &mut Row) -> Option<&'a str> {
    let text = text.trim_start();
    let rest = if MONTHS.iter().any(|month| text.starts_with(month)) {
        let (stamp, rest) = text.split_at_checked(15)?;
        // `Sep 12 2026 03:10:22`.
        match stamp.get(7..11).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(_) => {
                let (stamp, rest) = text.split_at_checked(20)?;
                row.push("timestamp", stamp);
                row.time = in_form("%b %d %Y %H:%M:%S", stamp);
                rest.trim_start_matches([':', ' '])
            }
            None => {
                row.push("timestamp", stamp);
                row.time = written.and_then(|written| of_year(stamp, written));
                rest.strip_prefix(' ')?
            }
        }
    } else if let Some((time, rest)) =
        text.split_once(" GMT ").and_then(|(stamp, rest)| Some((in_form("%m/%d/%Y:%H:%M:%S", stamp)?, rest)))
    {
        row.time = Some(time);
        rest
    } else {
        let (stamp, rest) = text.split_once(' ')?;
        row.time = Some(stamp.parse::<Timestamp>().ok()?);
        rest
    };
    let (host, rest) = rest.split_once(' ')?;
    host.trim_end_matches(':').clone_into(&mut row.host);
    let (tag, message) = match rest.split_once(": ") {
        Some((tag, message)) if !tag.contains([' ', ',', '%']) => (tag, message),
        _ => ("", rest),
    };
    let app = tag.split('[').next().unwrap_or(tag);
    row.push("app", app);
    row.channel = channel_of(app);
    Some(message)
}

fn in_form(form: &str, stamp: &str) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(DateTime::strptime(form, stamp.trim()).ok()?).ok()
}

/// The instant of `Mmm dd hh:mm:ss` in the last year in which it is not later than a day after the file was written.
fn of_year(stamp: &str, written: Timestamp) -> Option<Timestamp> {
    let year = written.to_zoned(TimeZone::UTC).year();
    let within = |time: &Timestamp| time.as_second() <= written.as_second() + 86_400;
    // The 29th of February may lie up to eight years back.
    (0..=8).find_map(|back| in_form("%Y %b %d %H:%M:%S", &format!("{} {stamp}", year - back)).filter(within))
}

pub(super) fn channel_of(app: &str) -> String {
    match app {
        "sshd" | "sshd-session" => "linux/sshd",
        "sudo" => "linux/sudo",
        "su" | "login" | "passwd" | "useradd" | "usermod" | "groupadd" => "linux/auth",
        "cron" | "CRON" | "crond" => "linux/cron",
        "filterlog" => "pfsense/filterlog",
        _ => "linux/syslog",
    }
    .to_owned()
}

/// `VERSION|vendor|product|…|extension`, with `heads` parts before the extension.
fn vendor(text: &str, kind: &str, heads: usize, row: &mut Row) {
    let names: &[&str] = if kind == "cef" {
        &["device_vendor", "device_product", "device_version", "signature", "name", "severity"]
    } else {
        &["device_vendor", "device_product", "device_version", "signature"]
    };
    let (parts, mut extension) = headed(text, heads);
    for (name, value) in names.iter().zip(parts.iter().skip(1)) {
        row.push(*name, value);
    }
    let mut between = None;
    if kind == "leef" {
        between = Some('\t');
        // LEEF 2 may say what stands between its pairs.
        if let Some((said, rest)) = extension.split_once('|')
            && parts.first().is_some_and(|version| version.starts_with('2'))
            && let Some(letter) = delimiter(said)
        {
            (between, extension) = (Some(letter), rest);
        }
    }
    for (name, value) in extensions(extension, between.filter(|letter| extension.contains(*letter))) {
        row.push(name, value);
    }
    let product = row.get("device_product").unwrap_or_default().to_lowercase();
    row.channel = format!("{kind}/{product}");
    let time = row.get("rt").or_else(|| row.get("end")).or_else(|| row.get("devTime")).and_then(instant);
    row.time = row.time.or(time);
    if let Some(host) = row.get("dvchost").map(str::to_owned).filter(|_| row.host.is_empty()) {
        row.host = host;
    }
    row.account = row.get("suser").or_else(|| row.get("usrName")).map(str::to_owned);
}

/// The parts before the extension, where `\|` and `\\` are no end of one, and the extension.
fn headed(text: &str, heads: usize) -> (Vec<String>, &str) {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next().map(|(_, next)| next);
                part.extend(Some('\\').filter(|_| !matches!(next, Some('|' | '\\'))));
                part.extend(next);
            }
            '|' => {
                parts.push(std::mem::take(&mut part));
                if parts.len() == heads {
                    return (parts, text.get(at + 1..).unwrap_or_default());
                }
            }
            letter => part.push(letter),
        }
    }
    parts.push(part);
    (parts, "")
}

/// A letter, or its number as `x5E` or `0x5E`; nothing says the tab.
fn delimiter(said: &str) -> Option<char> {
    let mut letters = said.chars();
    match (letters.next(), letters.next()) {
        (None, _) => Some('\t'),
        (Some(letter), None) => Some(letter),
        _ => {
            let digits = said.strip_prefix("0x").or_else(|| said.strip_prefix('x'))?;
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        }
    }
}

/// `name=value` pairs with a letter between them, or with spaces where values may hold spaces: a value ends where the next name
/// begins.
fn extensions(text: &str, between: Option<char>) -> Vec<(String, String)> {
    if let Some(between) = between {
        let pair =
            |part: &str| part.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        return text.split(between).filter_map(pair).collect();
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for word in text.split(' ') {
        let name = word.split_once('=').filter(|(name, _)| {
            !name.is_empty()
                && !name.ends_with('\\')
                && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        });
        match (name, found.last_mut()) {
            (Some((name, value)), _) => found.push((name.to_owned(), value.to_owned())),
            (None, Some((_, value))) => {
                value.push(' ');
                value.push_str(word);
            }
            (None, None) => {}
        }
    }
    found
}

/// Linux audit: `SYSCALL msg=audit(1694513522.123:45): name=value …`.
fn linux_audit(text: &str, node: &str) -> Option<Row> {
    let (kind, rest) = text.split_once(' ')?;
    let (stamp, rest) = rest.trim_start().strip_prefix("msg=audit(")?.split_once(')')?;
    let (time, serial) = stamp.split_once(':')?;
    let mut row = Row { time: instant(time), channel: "linux/auditd".to_owned(), ..Row::default() };
    row.push("type", kind);
    row.push("serial", serial);
    for (name, value) in pairs(rest) {
        row.push(name, value);
    }
    node.clone_into(&mut row.host);
    row.account = row.get("acct").or_else(|| row.get("auid")).map(str::to_owned);
    Some(row)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Vec<String> {
        let bytes = text.as_bytes().to_vec();
        let head = Head { path: "a.log", bytes: &bytes, size: bytes.len() as u64 };
        assert!(Syslog.recognises(&head), "{text}");
        let mut seen = Vec::new();
        let damage = Syslog.read(&bytes, 0, &mut |event| {
            let time = event.time.map_or_else(String::new, |time| time.to_string());
            let of =
                |name: &str| event.get(name).map_or_else(String::new, |value| format!(" {name}={value}"));
            let fields: String = ["src", "src_ip", "dst_ip", "dst_port", "user", "action", "name", "exe"]
                .into_iter()
                .map(of)
                .collect();
            seen.push(format!("{time}|{}|{}|{fields}", event.host, event.channel));
        });
        assert!(damage.is_none(), "{damage:?}");
        seen
    }

    #[test]
    fn each_form_of_line_is_read() {
        assert_eq!(
            read("Sep 12 03:10:22 gw1 sshd[411]: Accepted password for mk from 203.0.113.77 port 50111 ssh2"),
            ["|gw1|linux/sshd| src_ip=203.0.113.77 user=mk action=accepted"]
        );
        assert_eq!(
            read(
                "2026-09-12T03:10:22.5-04:00 gw1 sshd[411]: Failed password for invalid user eve from 203.0.113.77 port 1 ssh2"
            ),
            ["2026-09-12T07:10:22.5Z|gw1|linux/sshd| src_ip=203.0.113.77 user=eve action=failed"]
        );
        assert_eq!(
            read(
                "<34>1 2026-09-12T03:10:22Z gw1 app 12 ID47 [x@1 a=\"]\"] CEF:0|Acme|Wall|1|100|port scan|5|src=203.0.113.7 msg=a b c act=deny"
            ),
            ["2026-09-12T03:10:22Z|gw1|cef/wall| src=203.0.113.7 name=port scan"]
        );
        assert_eq!(
            read(
                "<134>Sep 12 03:10:22 pf filterlog[2]: 4,,,100,igb0,match,pass,out,4,0x0,,64,1,0,none,6,tcp,60,10.0.0.4,198.51.100.7,5001,443,0"
            ),
            ["|pf|pfsense/filterlog| src_ip=10.0.0.4 dst_ip=198.51.100.7 dst_port=443 action=pass"]
        );
        assert_eq!(
            read("type=EXECVE msg=audit(1789000000.250:45): argc=2 exe=\"/usr/bin/curl\""),
            ["2026-09-10T00:26:40.25Z||linux/auditd| exe=/usr/bin/curl"]
        );
        assert_eq!(
            read(
                "node=gw1 type=USER_AUTH msg=audit(1789000000.250:46): pid=1 acct=\"mk\" exe=\"/usr/sbin/sshd\" res=failed"
            ),
            ["2026-09-10T00:26:40.25Z|gw1|linux/auditd| exe=/usr/sbin/sshd"]
        );
        assert_eq!(
            read("LEEF:1.0|Acme|Gate|2.0|login|src=203.0.113.7\tusrName=mk\tdevTime=2026-09-12T03:10:22Z"),
            ["2026-09-12T03:10:22Z||leef/gate| src=203.0.113.7"]
        );
        for between in ["^|", "x5E|", "0x5e|"] {
            assert_eq!(
                read(&format!(
                    "LEEF:2.0|Acme|Gate|2.0|login|{between}src=203.0.113.7^name=a b=c^devTime=2026-09-12T03:10:22Z"
                )),
                ["2026-09-12T03:10:22Z||leef/gate| src=203.0.113.7 name=a b=c"]
            );
        }
        assert_eq!(
            read(r"CEF:0|Acme|Big\|Wall \\ 9|1|100|port|5|src=203.0.113.7 rt=2026-09-12T03:10:22Z"),
            [r"2026-09-12T03:10:22Z||cef/big|wall \ 9| src=203.0.113.7 name=port"]
        );
        assert_eq!(
            read(
                "<134>Sep 12 03:10:22 pf filterlog[2]: 4,,,100,igb0,match,block,in,6,0x00,0,64,TCP,6,40,2001:db8::7,2001:db8::9,5001,22,0"
            ),
            ["|pf|pfsense/filterlog| src_ip=2001:db8::7 dst_ip=2001:db8::9 dst_port=22 action=block"]
        );
        assert_eq!(
            read(
                "<134>Sep 12 03:10:22 pf filterlog[2]: 4,,,100,igb0,match,pass,out,4,0x0,,64,1,0,none,1,icmp,84,10.0.0.4,198.51.100.7,request,7,1"
            ),
            ["|pf|pfsense/filterlog| src_ip=10.0.0.4 dst_ip=198.51.100.7 action=pass"]
        );
    }

    #[test]
    fn remote_access_appliances_are_read_by_the_names_of_the_rules() {
        let seen = |text: &str, names: &[&str]| {
            let mut seen = Vec::new();
            let _ = Syslog.read(&text.as_bytes().to_vec(), 0, &mut |event| {
                let values = names.iter().map(|name| event.get(name).unwrap_or_default().into_owned());
                let time = event.time.map_or_else(String::new, |time| time.to_string());
                seen.push(format!(
                    "{time}|{}|{}|{}",
                    event.host,
                    event.channel,
                    values.collect::<Vec<_>>().join(",")
                ));
            });
            seen
        };
        assert_eq!(
            seen(
                "<166>Sep 12 2026 03:10:22 fw1 : %ASA-6-113039: Group <staff> User <mk> IP <203.0.113.77> AnyConnect parent session started.",
                &["message_id", "user", "src_ip"]
            ),
            ["2026-09-12T03:10:22Z|fw1|cisco/asa|113039,mk,203.0.113.77"]
        );
        assert_eq!(
            seen(
                "2026-09-12T03:10:22Z fw1 %ASA-6-113015: AAA user authentication Rejected : reason = Invalid password : local database : user = mk : user IP = 203.0.113.77",
                &["message_id", "user", "src_ip"]
            ),
            ["2026-09-12T03:10:22Z|fw1|cisco/asa|113015,mk,203.0.113.77"]
        );
        assert_eq!(
            seen(
                "2026-09-12T03:10:22Z fw1 %ASA-6-302014: Teardown TCP connection 7 for outside:198.51.100.23/443 to inside:10.0.0.4/5001 duration 0:00:10 bytes 12345 TCP FINs",
                &["src_ip", "dst_ip", "dst_port", "bytes"]
            ),
            ["2026-09-12T03:10:22Z|fw1|cisco/asa|10.0.0.4,198.51.100.23,443,12345"]
        );
        assert_eq!(
            seen(
                "<134> 09/12/2026:03:10:22 GMT ns1 0-PPE-0 : default SSLVPN TCPCONNSTAT 1234 0 :  Context mk@203.0.113.77 - SessionId: 33012 - User mk - Client_ip 203.0.113.77 - Total_bytes_send 900",
                &["event", "SessionId", "ClientIp", "User"]
            ),
            ["2026-09-12T03:10:22Z|ns1|citrix/netscaler|SSLVPN TCPCONNSTAT,33012,203.0.113.77,mk"]
        );
        assert_eq!(
            seen(
                "<134>1 2026-09-12T03:10:22Z vpn1 PulseSecure - - - 2026-09-12 03:10:22 - ive - [203.0.113.77] mk(Users)[Staff] - AUT24326: Primary authentication successful for mk",
                &["src_ip", "user"]
            ),
            ["2026-09-12T03:10:22Z|vpn1|ivanti/connect_secure|203.0.113.77,mk"]
        );
        assert_eq!(
            seen(
                "<14>Sep 12 03:10:22 PA-1 1,2026/09/12 03:10:22,0123,TRAFFIC,end,2560,2026/09/12 03:10:20,10.20.1.11,198.51.100.23,0.0.0.0,0.0.0.0,out,cedar\\mk,,ssl,vsys1,trust,untrust,e1,e2,fwd,,77,1,5001,443,0,0,0x0,tcp,allow,18412332000,18412331008,992,9,2026/09/12 03:00:00,600,any",
                &["Source address", "Destination Port", "Bytes Sent", "Source User"]
            ),
            ["2026-09-12T03:10:20Z|PA-1|paloalto/traffic|10.20.1.11,443,18412331008,cedar\\mk"]
        );
        assert_eq!(
            seen(
                "2026-09-12T03:10:22Z gw1 sudo: mk : TTY=pts/0 ; PWD=/home/mk ; USER=root ; COMMAND=/bin/sh",
                &["user", "command"]
            ),
            ["2026-09-12T03:10:22Z|gw1|linux/sudo|mk,/bin/sh"]
        );
    }

    #[test]
    fn a_year_that_is_left_out_is_that_of_the_file() {
        let written: Timestamp = "2027-01-03T00:00:00Z".parse().unwrap();
        let of = |stamp: &str| of_year(stamp, written).map(|time| time.to_string());
        assert_eq!(of("Sep 12 03:10:22").as_deref(), Some("2026-09-12T03:10:22Z"));
        assert_eq!(of("Jan  2 03:10:22").as_deref(), Some("2027-01-02T03:10:22Z"));
        assert_eq!(of("Feb 29 03:10:22").as_deref(), Some("2024-02-29T03:10:22Z"));
        assert_eq!(of("Feb 31 03:10:22"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..1000)) {
            let _ = Syslog.read(&bytes, 0, &mut |_| ());
        }

        #[test]
        fn any_line_ends_well(line in "(<34>1 |Sep 12 03:10:22 |type=|CEF:|)[ -~ä\\t]{0,120}") {
            let _ = Syslog.read(&line.into_bytes(), 0, &mut |_| ());
        }
    }
}
