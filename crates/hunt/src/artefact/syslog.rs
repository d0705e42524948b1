//! Lines of devices and of Linux: syslog (RFC 3164 and RFC 5424) with what is known to stand in it (CEF, LEEF, pfSense's
//! filterlog, sshd), and Linux audit records. RFC 3164 leaves the year out: such a line has no instant, and its month, day
//! and clock stand in the value `timestamp` instead of a guess.

use jiff::Timestamp;

use super::{
    Artefact, Damage, Head, ReadAt,
    key_value::{lines, pairs},
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
        text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| row(line.trim()).is_some())
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        lines(file, &mut damage, |number, line, damage| match row(line) {
            Some(row) => row.emit(number, each),
            None => {
                damage.records += 1;
                damage.note(format!("line {number}: is no line of syslog"));
            }
        });
        damage
    }
}

fn row(line: &str) -> Option<Row> {
    if let Some(audit) = line.strip_prefix("type=") {
        return linux_audit(audit);
    }
    let mut row = Row::default();
    let (priority, rest) = priority(line);
    let message = match rest.strip_prefix("1 ").filter(|_| priority.is_some()) {
        Some(modern) => rfc5424(modern, &mut row)?,
        None => match rfc3164(rest, &mut row) {
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
        known(message, &mut row);
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

/// RFC 3164 `Mmm dd hh:mm:ss HOST APP[PID]: MSG`, and the newer habit of an RFC 3339 instant in its place.
fn rfc3164<'a>(text: &'a str, row: &mut Row) -> Option<&'a str> {
    let rest = if MONTHS.iter().any(|month| text.starts_with(month)) {
        let (stamp, rest) = text.split_at_checked(15)?;
        row.push("timestamp", stamp);
        rest.strip_prefix(' ')?
    } else {
        let (stamp, rest) = text.split_once(' ')?;
        row.time = Some(stamp.parse::<Timestamp>().ok()?);
        rest
    };
    let (host, rest) = rest.split_once(' ')?;
    host.clone_into(&mut row.host);
    let (tag, message) = rest.split_once(": ").unwrap_or(("", rest));
    let app = tag.split('[').next().unwrap_or(tag);
    row.push("app", app);
    row.channel = channel_of(app);
    Some(message)
}

fn channel_of(app: &str) -> String {
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
    let mut parts = text.splitn(heads + 1, '|');
    let _version = parts.next();
    let names: &[&str] = if kind == "cef" {
        &["device_vendor", "device_product", "device_version", "signature", "name", "severity"]
    } else {
        &["device_vendor", "device_product", "device_version", "signature"]
    };
    for (name, value) in names.iter().zip(parts.by_ref()) {
        row.push(*name, value);
    }
    let extension = parts.next().unwrap_or_default();
    for (name, value) in extensions(extension) {
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

/// `name=value` where values may hold spaces: a value ends where the next name begins. LEEF parts its pairs by tabs.
fn extensions(text: &str) -> Vec<(String, String)> {
    if text.contains('\t') {
        let pair =
            |part: &str| part.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
        return text.split('\t').filter_map(pair).collect();
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

/// What is known of messages: who was let in by sshd, and pfSense's packets.
fn known(message: &str, row: &mut Row) {
    if row.channel == "pfsense/filterlog" {
        return filterlog(message, row);
    }
    if row.channel != "linux/sshd" {
        return;
    }
    let words: Vec<&str> = message.split_whitespace().collect();
    let after =
        |word: &str| words.iter().position(|is| *is == word).and_then(|at| words.get(at + 1)).copied();
    let outcome = match words.first() {
        Some(&"Accepted") => "accepted",
        Some(&"Failed") => "failed",
        _ => return,
    };
    row.push("action", outcome);
    if let Some(method) = words.get(1) {
        row.push("method", *method);
    }
    if let Some(address) = after("from") {
        row.push("src_ip", address);
    }
    if let Some(user) = after("user").or_else(|| after("for")) {
        row.push("user", user);
        row.account = Some(user.to_owned());
    }
}

/// pfSense and OPNsense: `rule,…,interface,reason,action,direction,4,…,protocol,length,source,destination,ports…`.
fn filterlog(message: &str, row: &mut Row) {
    let parts: Vec<&str> = message.split(',').collect();
    let at = |index: usize| parts.get(index).copied().unwrap_or_default();
    row.push("interface", at(4));
    row.push("action", at(6));
    row.push("direction", at(7));
    let (protocol, source) = if at(8) == "6" { (12, 15) } else { (16, 18) };
    row.push("protocol", at(protocol));
    row.push("src_ip", at(source));
    row.push("dst_ip", at(source + 1));
    row.push("src_port", at(source + 2));
    row.push("dst_port", at(source + 3));
}

/// Linux audit: `SYSCALL msg=audit(1694513522.123:45): name=value …`.
fn linux_audit(text: &str) -> Option<Row> {
    let (kind, rest) = text.split_once(' ')?;
    let (stamp, rest) = rest.trim_start().strip_prefix("msg=audit(")?.split_once(')')?;
    let (time, serial) = stamp.split_once(':')?;
    let mut row = Row { time: instant(time), channel: "linux/auditd".to_owned(), ..Row::default() };
    row.push("type", kind);
    row.push("serial", serial);
    for (name, value) in pairs(rest) {
        row.push(name, value);
    }
    if let Some(node) = row.get("node").map(str::to_owned) {
        row.host = node;
    }
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
