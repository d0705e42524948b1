//! Firewall and VPN logs that are lines of `name=value`: FortiGate, and SonicWall (`id=firewall …`). A syslog prefix before the
//! first pair is passed over. Values may stand in quotes.

use std::io::{BufRead as _, BufReader, Read as _};

use jiff::Timestamp;

use super::{
    Artefact, Damage, Head, ReadAt, Stream,
    row::{Row, instant},
};
use crate::event::Event;

/// The longest line that is read; what is longer is counted as damage.
const LONGEST: u64 = 64 << 10;

/// The reader.
#[derive(Debug)]
pub struct KeyValueLog;

impl Artefact for KeyValueLog {
    fn name(&self) -> &'static str {
        "firewall"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        let text = String::from_utf8_lossy(head.bytes);
        let Some(line) = text.lines().find(|line| !line.trim().is_empty()) else { return false };
        maker(&pairs(line)).is_some()
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        lines(file, &mut damage, |number, line, damage| match row(line) {
            Some(row) => row.emit(number, each),
            None => {
                damage.records += 1;
                damage.note(format!("line {number}: is no line of a firewall's log"));
            }
        });
        damage
    }
}

/// Calls back with each line that is not empty, its number from 1. Too long ones and what is no UTF-8 are no end.
pub(crate) fn lines(file: &dyn ReadAt, damage: &mut Damage, mut each: impl FnMut(u64, &str, &mut Damage)) {
    lines_as_they_are(file, damage, |number, line, damage| match line.trim() {
        "" => {}
        line => each(number, line, damage),
    });
}

/// As [`lines`], with the spaces and tabs at the ends, which are values where tabs part them.
pub(crate) fn lines_as_they_are(
    file: &dyn ReadAt,
    damage: &mut Damage,
    mut each: impl FnMut(u64, &str, &mut Damage),
) {
    let mut reader = BufReader::with_capacity(1 << 16, Stream::new(file));
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        match reader.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                damage.note(error.to_string());
                return;
            }
        }
        if !bytes.ends_with(b"\n") && bytes.len() as u64 == LONGEST {
            damage.records += 1;
            damage.note(format!("line {number}: is longer than {LONGEST} bytes"));
            if reader.skip_until(b'\n').is_err() {
                return;
            }
            continue;
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        if !line.is_empty() {
            each(number, line, damage);
        }
    }
}

/// `name=value` pairs of a line; values in double quotes may hold spaces, and `\"`.
pub(crate) fn pairs(line: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('=') {
        // A syslog priority (`<189>`) may stand right before the first name.
        let name = before.rsplit([' ', '\t', '>']).next().unwrap_or(before);
        let named = !name.is_empty()
            && name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.'));
        let (value, left) = value(after);
        if named {
            found.push((name.to_owned(), value));
        }
        rest = left;
        if found.len() >= 512 {
            break;
        }
    }
    found
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[derive(Clone, Copy)]
enum Maker {
    FortiGate,
    SonicWall,
}

fn maker(pairs: &[(String, String)]) -> Option<Maker> {
    let has = |name: &str| pairs.iter().any(|(is, _)| is == name);
    let is = |name: &str, value: &str| pairs.iter().any(|(known, held)| known == name && held == value);
    if has("type") && (has("devname") || has("logid") || has("devid")) && (has("date") || has("eventtime")) {
        Some(Maker::FortiGate)
    } else if is("id", "firewall") && has("time") {
        Some(Maker::SonicWall)
    } else {
        None
    }
}

fn of(row: &Row, name: &str) -> String {
    row.get(name).unwrap_or_default().to_owned()
}

fn row(line: &str) -> Option<Row> {
    let pairs = pairs(line);
    let maker = maker(&pairs)?;
    let mut row = Row::default();
    for (name, value) in pairs {
        row.push(name, value);
    }
    match maker {
        Maker::FortiGate => {
            (row.time, row.host, row.channel) =
                (fortigate_time(&row), of(&row, "devname"), format!("fortigate/{}", of(&row, "type")));
        }
        Maker::SonicWall => {
            // src and dst are `address:port:interface`.
            for name in ["src", "dst"] {
                let whole = of(&row, name);
                let mut parts = whole.split(':');
                let (address, port) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                row.push(format!("{name}ip"), address);
                row.push(format!("{name}port"), port);
            }
            (row.time, row.host) = (instant(&of(&row, "time")), of(&row, "fw"));
            let (sent, received) = (of(&row, "sent"), of(&row, "rcvd"));
            row.push("sentbyte", sent);
            row.push("rcvdbyte", received);
            "sonicwall/event".clone_into(&mut row.channel);
        }
    }
    row.account = row.get("user").map(str::to_owned);
    Some(row)
}

/// `date` and `time` in the zone `tz`; without a zone the exact `eventtime`; without both UTC.
fn fortigate_time(row: &Row) -> Option<Timestamp> {
    let zone = row.get("tz");
    if let (None, Some(exact)) = (zone, row.get("eventtime")) {
        return instant(exact);
    }
    instant(&format!("{}T{}{}", row.get("date")?, row.get("time")?, zone.unwrap_or("Z")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<String>, Damage) {
        let mut seen = Vec::new();
        let damage = KeyValueLog.read(&text.as_bytes().to_vec(), 0, &mut |event| {
            let fields: Vec<String> = ["srcip", "dstip", "sentbyte", "user", "msg"]
                .iter()
                .filter_map(|name| Some(format!("{name}={}", event.get(name)?)))
                .collect();
            let time = event.time.map_or_else(String::new, |time| time.to_string());
            seen.push(format!(
                "{}|{time}|{}|{}|{}",
                event.record,
                event.host,
                event.channel,
                fields.join(" ")
            ));
        });
        (seen, damage)
    }

    #[test]
    fn fortigate_and_sonicwall_lines_are_read_with_their_time_and_ends() {
        let log = "<189>date=2026-09-13 time=04:40:31 tz=\"-0400\" devname=\"FW-1\" logid=\"13\" type=\"traffic\" srcip=10.20.1.11 dstip=198.51.100.23 sentbyte=18412331008 msg=\"a \\\"b\\\" c\"\n\
                   not a line\n\
                   date=2026-09-13 time=08:40:31 devname=FW-1 type=event subtype=vpn action=tunnel-up user=\"mk\"\n";
        let (seen, damage) = read(log);
        assert_eq!(
            seen,
            [
                "1|2026-09-13T08:40:31Z|FW-1|fortigate/traffic|srcip=10.20.1.11 dstip=198.51.100.23 sentbyte=18412331008 msg=a \"b\" c",
                "3|2026-09-13T08:40:31Z|FW-1|fortigate/event|user=mk",
            ]
        );
        assert_eq!(damage.records, 1);
        let (seen, _) = read(
            "id=firewall sn=18B1 time=\"2026-09-13 08:40:31 UTC\" fw=203.0.113.9 src=10.0.0.4:5001:X0 dst=198.51.100.7:443:X1 sent=900 rcvd=3\n",
        );
        assert_eq!(
            seen,
            [
                "1|2026-09-13T08:40:31Z|203.0.113.9|sonicwall/event|srcip=10.0.0.4 dstip=198.51.100.7 sentbyte=900"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = KeyValueLog.read(&bytes, 0, &mut |_| ());
        }

        #[test]
        fn a_line_that_is_cut_anywhere_ends_well(cut in 0_usize..200) {
            let line = "date=2026-09-13 time=04:40:31 tz=\"-0400\" devname=\"FW-1\" type=\"traffic\" srcip=10.20.1.11 msg=\"ä \\\"b\\\" c\"";
            let bytes: Vec<u8> = line.bytes().take(cut).collect();
            let _ = KeyValueLog.read(&bytes, 0, &mut |_| ());
        }
    }
}
