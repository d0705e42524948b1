//! Outlook's `.msg` files ([MS-OXMSG]): an OLE compound file whose streams are named after MAPI properties.

use std::io::{Cursor, Read};

use cfb::CompoundFile;
use kernel::Digest;

use super::mail::{Attachment, Mail, filetime, targets};
use crate::indicator::is_email;

/// The first bytes of a compound file ([MS-CFB] 2.2).
const SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// No property is read further than this.
const MOST: u64 = 64 << 20;

type File<'a> = CompoundFile<Cursor<&'a [u8]>>;

/// Whether the bytes are those of a compound file.
pub(crate) fn is_compound_file(bytes: &[u8]) -> bool {
    bytes.starts_with(&SIGNATURE)
}

/// Reads a message; `None` where the file is damaged or holds something else.
pub(crate) fn read(bytes: &[u8]) -> Option<Mail> {
    super::mail::fenced(|| message(bytes))
}

fn message(bytes: &[u8]) -> Option<Mail> {
    let mut file = CompoundFile::open(Cursor::new(bytes)).ok()?;
    file.is_stream("/__properties_version1.0").then_some(())?;
    // The transport headers, where the message has them, are an RFC 5322 header: read as one.
    let mut mail = text(&mut file, "", "007D")
        .filter(|headers| !headers.trim().is_empty())
        .and_then(|headers| super::mail::read(format!("{}\r\n\r\n", headers.trim()).as_bytes()))
        .unwrap_or_default();
    (mail.text, mail.links, mail.attachments, mail.attached) = Default::default();

    mail.subject = text(&mut file, "", "0037").filter(|subject| !subject.is_empty()).or(mail.subject);
    mail.message_id =
        text(&mut file, "", "1035").map(|id| id.trim_matches(['<', '>', ' ']).to_owned()).or(mail.message_id);
    mail.date = submitted(&mut file).or(mail.date);
    // PidTagSenderSmtpAddress, PidTagSenderEmailAddress, PidTagSentRepresentingEmailAddress
    if mail.from.is_empty() {
        let stated = ["5D01", "0C1F", "0065"].into_iter().find_map(|tag| address(&mut file, "", tag));
        mail.from.extend(stated);
    }
    let storages: Vec<String> = file
        .read_root_storage()
        .filter(cfb::Entry::is_storage)
        .map(|entry| entry.name().to_owned())
        .collect();
    if mail.recipients.is_empty() {
        for storage in storages.iter().filter(|name| name.starts_with("__recip_version1.0_")) {
            let stated = ["39FE", "3003"].into_iter().find_map(|tag| address(&mut file, storage, tag));
            mail.recipients.extend(stated);
        }
    }
    mail.text = text(&mut file, "", "1000").unwrap_or_default();
    let html = binary(&mut file, "", "1013")
        .map(|html| String::from_utf8_lossy(&html).into_owned())
        .or_else(|| text(&mut file, "", "1013"));
    mail.links = html.map(|html| targets(&html)).unwrap_or_default();
    for storage in storages.iter().filter(|name| name.starts_with("__attach_version1.0_")) {
        if let Some(bytes) = binary(&mut file, storage, "3701") {
            let name = ["3707", "3704", "3001"].into_iter().find_map(|tag| text(&mut file, storage, tag));
            mail.attachments.push(Attachment { name, sha256: Digest::of(&bytes) });
        }
    }
    Some(mail)
}

fn address(file: &mut File<'_>, storage: &str, tag: &str) -> Option<String> {
    text(file, storage, tag).filter(|address| is_email(address))
}

fn stream(file: &mut File<'_>, path: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.open_stream(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn binary(file: &mut File<'_>, storage: &str, tag: &str) -> Option<Vec<u8>> {
    stream(file, &format!("/{storage}/__substg1.0_{tag}0102"))
}

/// A text property: UTF-16LE, or eight bits a character, which are taken for UTF-8.
fn text(file: &mut File<'_>, storage: &str, tag: &str) -> Option<String> {
    let text = match stream(file, &format!("/{storage}/__substg1.0_{tag}001F")) {
        Some(wide) => {
            let units = wide.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => {
            let narrow = stream(file, &format!("/{storage}/__substg1.0_{tag}001E"))?;
            String::from_utf8_lossy(&narrow).into_owned()
        }
    };
    Some(text.trim_end_matches('\0').trim().to_owned())
}

/// PidTagClientSubmitTime, or PidTagMessageDeliveryTime.
fn submitted(file: &mut File<'_>) -> Option<kernel::Moment> {
    const HEADER: usize = 32;
    let properties = stream(file, "/__properties_version1.0")?;
    let entries = properties.get(HEADER..)?.as_chunks::<16>().0;
    [0x0039_0040_u32, 0x0E06_0040].into_iter().find_map(|wanted| {
        entries.iter().find_map(|[a, b, c, d, _, _, _, _, value @ ..]| {
            (u32::from_le_bytes([*a, *b, *c, *d]) == wanted).then(|| filetime(u64::from_le_bytes(*value)))?
        })
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn example() -> Vec<u8> {
        let mut file = CompoundFile::create(Cursor::new(Vec::new())).unwrap();
        let mut put = |path: &str, bytes: &[u8]| {
            file.create_stream(path).unwrap().write_all(bytes).unwrap();
        };
        let mut properties = vec![0; 32];
        properties.extend(0x0039_0040_u32.to_le_bytes());
        properties.extend([0; 4]);
        properties.extend(((1_772_457_255_u64 + 11_644_473_600) * 10_000_000).to_le_bytes());
        put("/__properties_version1.0", &properties);
        put("/__substg1.0_0037001F", &wide("Invoice overdue"));
        put("/__substg1.0_0C1F001F", &wide("billing@evil.example"));
        put("/__substg1.0_1000001F", &wide("Pay at http://evil.example/pay"));
        put("/__substg1.0_1035001F", &wide("<9@evil.example>"));
        file.create_storage("/__attach_version1.0_#00000000").unwrap();
        let mut put = |path: &str, bytes: &[u8]| {
            file.create_stream(path).unwrap().write_all(bytes).unwrap();
        };
        put("/__attach_version1.0_#00000000/__substg1.0_37010102", b"abc");
        put("/__attach_version1.0_#00000000/__substg1.0_3707001F", &wide("invoice.html"));
        file.into_inner().into_inner()
    }

    #[test]
    fn a_dragged_outlook_message_is_read() {
        let mail = read(&example()).unwrap();
        assert_eq!(mail.subject.as_deref(), Some("Invoice overdue"));
        assert_eq!(mail.from, ["billing@evil.example"]);
        assert_eq!(mail.message_id.as_deref(), Some("9@evil.example"));
        assert_eq!(mail.date.unwrap().to_string(), "2026-03-02T13:14:15Z");
        assert_eq!(
            mail.attachments,
            [Attachment { name: Some("invoice.html".to_owned()), sha256: Digest::of(b"abc") }]
        );
    }

    #[test]
    fn a_damaged_file_is_refused_and_never_panics() {
        let whole = example();
        for length in (0..whole.len()).step_by(97) {
            let _ = read(&whole[..length]);
        }
        for at in (0..whole.len()).step_by(13) {
            let mut broken = whole.clone();
            broken[at] ^= 0xFF;
            let _ = read(&broken);
        }
    }
}
