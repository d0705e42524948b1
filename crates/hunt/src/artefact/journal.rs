//! The journal of systemd as `journalctl -o export` writes it: entries of `NAME=value` lines with an empty line between; a value
//! that is no plain text stands as its name alone, its length in eight bytes, and its bytes. (`-o json` is read with the JSON.)

use std::io::{self, BufRead, BufReader, Read as _};

use jiff::Timestamp;

use super::{Artefact, Damage, Head, ReadAt, Stream, message, row::Row};
use crate::event::Event;

/// The reader.
#[derive(Debug)]
pub struct Journal;

/// The longest name or plain value that is read, and the longest of the others; what is longer is cut or passed over.
const LONGEST: u64 = 1 << 20;

impl Artefact for Journal {
    fn name(&self) -> &'static str {
        "journal"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        head.bytes.starts_with(b"__CURSOR=") || head.bytes.starts_with(b"__REALTIME_TIMESTAMP=")
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let mut reader = BufReader::with_capacity(1 << 16, Stream::new(file));
        let mut row = Row::default();
        for number in 1.. {
            match entry(&mut reader, &mut row) {
                Ok(true) => told(&mut row).emit(number, each),
                Ok(false) => {
                    if !row.fields.is_empty() {
                        told(&mut row).emit(number, each);
                    }
                    return damage;
                }
                Err(error) => {
                    damage.records += 1;
                    damage.note(format!("entry {number}: {error}"));
                    return damage;
                }
            }
            row = Row::default();
        }
        damage
    }
}

/// Reads an entry; whether an empty line ended it, and not the file.
fn entry(reader: &mut impl BufRead, row: &mut Row) -> io::Result<bool> {
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            return Ok(false);
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LONGEST {
            reader.skip_until(b'\n')?;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if text.is_empty() {
            if row.fields.is_empty() {
                continue;
            }
            return Ok(true);
        }
        let text = String::from_utf8_lossy(text);
        match text.split_once('=') {
            Some((name, value)) => row.push(name, value),
            None => {
                let value = binary(reader)?;
                row.push(&*text, value);
            }
        }
    }
}

fn binary(reader: &mut impl BufRead) -> io::Result<String> {
    let mut length = [0; 8];
    reader.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    reader.by_ref().take(length.min(LONGEST)).read_to_end(&mut bytes)?;
    if length > LONGEST {
        io::copy(&mut reader.by_ref().take(length - LONGEST), &mut io::sink())?;
    }
    let mut end = [0; 1];
    reader.read_exact(&mut end)?;
    if end != *b"\n" {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a value does not end where it says"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn told(row: &mut Row) -> &Row {
    let micros = row.get("__REALTIME_TIMESTAMP").and_then(|text| text.parse().ok());
    row.time = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    row.host = row.get("_HOSTNAME").unwrap_or_default().to_owned();
    row.account = row.get("_UID").map(str::to_owned);
    let app = row.get("SYSLOG_IDENTIFIER").or_else(|| row.get("_COMM")).unwrap_or_default().to_owned();
    row.channel = super::syslog::channel_of(&app);
    row.push("app", app);
    if let Some(text) = row.get("MESSAGE").map(str::to_owned) {
        message::known(&text, row);
        row.push("message", text);
    }
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_are_read_with_values_that_are_no_plain_text() {
        let mut text =
            b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1789000000250000\n_HOSTNAME=gw1\nSYSLOG_IDENTIFIER=sshd\n"
                .to_vec();
        text.extend(b"MESSAGE=Accepted publickey for mk from 203.0.113.77 port 50111 ssh2\n_UID=0\n\n");
        text.extend(b"__CURSOR=s=2\n__REALTIME_TIMESTAMP=1789000001000000\nMESSAGE\n");
        text.extend(7_u64.to_le_bytes());
        text.extend(b"two\nlin\n_COMM=app\n");
        assert!(Journal.recognises(&Head { path: "j.export", bytes: &text, size: text.len() as u64 }));
        let mut seen = Vec::new();
        let damage = Journal.read(&text, 0, &mut |event| {
            let of = |name: &str| event.get(name).unwrap_or_default().into_owned();
            let account = event.account.unwrap_or("");
            seen.push(format!(
                "{}|{}|{}|{account}|{}|{}",
                event.time.unwrap(),
                event.host,
                event.channel,
                of("src_ip"),
                of("message")
            ));
        });
        assert!(damage.is_none(), "{damage:?}");
        assert_eq!(
            seen,
            [
                "2026-09-10T00:26:40.25Z|gw1|linux/sshd|mk|203.0.113.77|Accepted publickey for mk from 203.0.113.77 port 50111 ssh2",
                "2026-09-10T00:26:41Z||linux/syslog|||two\nlin",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_well(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
            let mut text = b"__CURSOR=s\nMESSAGE\n".to_vec();
            text.extend(bytes);
            let _ = Journal.read(&text, 0, &mut |_| ());
        }
    }
}
