//! What an input looks like, from its first bytes: how it is to be cut into items.

use crate::error::Fault;

/// How much of an input is looked at.
pub(crate) const HEAD: usize = 4096;

/// The ways to cut an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// JSON: one value, several one after another, JSON Lines, an array.
    Json,
    /// Rows under a `#fields` header.
    Zeek,
    /// A mail, whole: RFC 5322, or Outlook's compound file.
    Mail,
    /// Text: lines where an adapter reads its first line, else whole.
    Text,
    /// XML, whole.
    Xml,
    /// Not to be read at all.
    Refused(Fault),
}

/// The shape of an input that begins with `head` (after a UTF-8 mark).
pub(crate) fn of(head: &[u8]) -> Shape {
    if let Some(kind) = archive(head) {
        return Shape::Refused(Fault::Archive(kind));
    }
    if crate::format::outlook::is_compound_file(head) {
        return Shape::Mail;
    }
    let start = head.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x1E).count();
    let rest = head.get(start..).unwrap_or_default();
    match rest {
        [] => Shape::Refused(Fault::Empty),
        [b'{' | b'[', ..] if is_json_start(rest) => Shape::Json,
        _ if binary(rest) => Shape::Refused(Fault::Binary),
        [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z', ..] => Shape::Xml,
        [b'#', ..] if is_zeek(rest) => Shape::Zeek,
        _ if is_mail(rest) => Shape::Mail,
        _ => Shape::Text,
    }
}

fn archive(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "ZIP"),
        (b"PK\x05\x06", "ZIP"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"Rar!\x1A\x07", "RAR"),
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ\x00", "xz"),
        (b"\x28\xB5\x2F\xFD", "Zstandard"),
        (b"MSCF", "cabinet"),
    ];
    KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind)
}

/// Not so for a bracketed text such as `[2026-01-26 20:31:32] failed login`.
fn is_json_start(rest: &[u8]) -> bool {
    let second = rest.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
    match rest.first() {
        Some(b'{') => matches!(second, None | Some(b'"' | b'}')),
        _ => matches!(second, None | Some(b'{' | b'[' | b']' | b'"')) || is_number_list(rest),
    }
}

/// `[1, …`, and not `[2026-01-26 …`.
fn is_number_list(rest: &[u8]) -> bool {
    let inside = rest.get(1..).unwrap_or_default().trim_ascii_start();
    let digits = inside.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    digits > 0 && inside.get(digits..).unwrap_or_default().trim_ascii_start().starts_with(b",")
}

fn binary(rest: &[u8]) -> bool {
    let control = |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x1B | 0x0C | 0x1E);
    rest.contains(&0) || rest.iter().filter(control).count() * 20 > rest.len()
}

fn is_zeek(rest: &[u8]) -> bool {
    // The last are the columns of a notice log whose `#fields` somebody's tool has taken off.
    [&b"#separator"[..], b"#fields", b"\tnote\tmsg\t"]
        .iter()
        .any(|sign| memchr::memmem::find(rest, sign).is_some())
}

/// The first lines are mail headers (RFC 5322), among them one that every mail has.
fn is_mail(rest: &[u8]) -> bool {
    const USUAL: [&str; 12] = [
        "from",
        "received",
        "return-path",
        "delivered-to",
        "subject",
        "mime-version",
        "message-id",
        "date",
        "to",
        "dkim-signature",
        "x-mozilla-status",
        "authentication-results",
    ];
    let mut lines = rest.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut usual = 0;
    let mut first = lines.next().unwrap_or_default();
    if first.starts_with(b"From ") {
        first = lines.next().unwrap_or_default();
    }
    for line in std::iter::once(first).chain(lines) {
        if line.is_empty() || usual >= 3 {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = memchr::memchr(b':', line) else { return usual >= 2 };
        let name = line.get(..colon).unwrap_or_default();
        if name.is_empty()
            || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        {
            return usual >= 2;
        }
        usual += usize::from(USUAL.iter().any(|word| name.eq_ignore_ascii_case(word.as_bytes())));
    }
    usual >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_cut_as_what_it_is() {
        for (head, shape) in [
            ("  {\"a\":1}", Shape::Json),
            ("[\n {", Shape::Json),
            ("[1, 2]", Shape::Json),
            ("[2026-01-26 20:31:32] failed login", Shape::Text),
            ("<189>Dec 16 CEF:0|x", Shape::Text),
            ("<?xml version=\"1.0\"?>", Shape::Xml),
            ("#separator \\x09\n#fields\tts", Shape::Zeek),
            ("From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\nhi", Shape::Mail),
            ("Note: the screen is red\nhelp", Shape::Text),
            ("\0\0\0\0", Shape::Refused(Fault::Binary)),
            ("PK\x03\x04", Shape::Refused(Fault::Archive("ZIP"))),
            (" \n", Shape::Refused(Fault::Empty)),
        ] {
            assert_eq!(of(head.as_bytes()), shape, "{head}");
        }
    }
}
