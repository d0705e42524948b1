//! Syslog headers: RFC 5424, and RFC 3164 as devices write it. A time of RFC 3164 has neither year nor offset, so it
//! is no instant and is left out.

use kernel::{Moment, Severity};

/// A line's header and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Facility times eight plus severity (RFC 5424 section 6.2.1).
    pub(crate) priority: Option<u8>,
    /// RFC 5424's time.
    pub(crate) at: Option<Moment>,
    /// HOSTNAME.
    pub(crate) host: Option<&'a str>,
    /// APP-NAME, or the TAG of RFC 3164.
    pub(crate) app: Option<&'a str>,
    /// MSGID.
    pub(crate) message_id: Option<&'a str>,
    /// The parameters of the structured data: `id.name` and value.
    pub(crate) structured: Vec<(String, String)>,
    /// The rest.
    pub(crate) message: &'a str,
}

/// Reads a line that begins with `<priority>` or with the time of RFC 3164, with or without the octet count of
/// RFC 6587 before it.
pub(crate) fn line(text: &str) -> Option<Line<'_>> {
    let text = text.trim_end_matches(['\r', '\n', '\0']).trim_start_matches(['\u{feff}', ' ']);
    let text = match text.split_once(' ') {
        Some((count, rest))
            if !count.is_empty()
                && count.bytes().all(|byte| byte.is_ascii_digit())
                && rest.starts_with('<') =>
        {
            rest
        }
        _ => text,
    };
    match priority(text) {
        Some((priority, rest)) => match rest.strip_prefix("1 ") {
            Some(rest) => rfc5424(priority, rest).or_else(|| Some(rfc3164(Some(priority), rest))),
            None => Some(rfc3164(Some(priority), rest)),
        },
        None => timestamp3164(text).map(|_| rfc3164(None, text)),
    }
}

/// The severity of a priority (RFC 5424 table 2) on our scale.
pub(crate) const fn severity(priority: u8) -> Severity {
    match priority % 8 {
        0..=2 => Severity::Critical,
        3 => Severity::High,
        4 => Severity::Medium,
        5 => Severity::Low,
        _ => Severity::Informational,
    }
}

/// The keyword of a priority's severity (RFC 5424 table 2).
pub(crate) const fn keyword(priority: u8) -> &'static str {
    match priority % 8 {
        0 => "emerg",
        1 => "alert",
        2 => "crit",
        3 => "err",
        4 => "warning",
        5 => "notice",
        6 => "info",
        _ => "debug",
    }
}

fn priority(text: &str) -> Option<(u8, &str)> {
    let (number, rest) = text.strip_prefix('<')?.split_once('>')?;
    if !(1..=3).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let priority: u8 = number.parse().ok().filter(|priority| *priority <= 191)?;
    Some((priority, rest))
}

fn rfc5424(priority: u8, text: &str) -> Option<Line<'_>> {
    let mut parts = text.splitn(6, ' ');
    let mut field = || parts.next();
    let at = field()?;
    let at = if at == "-" { None } else { Some(at.parse().ok()?) };
    let host = said(field()?);
    let app = said(field()?);
    let _process = field()?;
    let message_id = said(field()?);
    let (structured, message) = structured(field()?)?;
    Some(Line { priority: Some(priority), at, host, app, message_id, structured, message })
}

fn said(field: &str) -> Option<&str> {
    (field != "-" && !field.is_empty()).then_some(field)
}

/// STRUCTURED-DATA and the message after it.
fn structured(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some((Vec::new(), message(rest)));
    }
    let mut parameters = Vec::new();
    let mut rest = text;
    while let Some(element) = rest.strip_prefix('[') {
        let end = closing(element)?;
        let (inside, after) = (element.get(..end)?, element.get(end + 1..)?);
        let (id, pairs) = inside.split_once(' ').unwrap_or((inside, ""));
        for (name, value) in super::pairs::pairs(pairs) {
            parameters.push((format!("{id}.{name}"), value));
        }
        rest = after;
    }
    (rest.len() != text.len()).then(|| (parameters, message(rest)))
}

/// The place of the bracket that ends an element: not one inside quotes.
fn closing(element: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in element.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn message(rest: &str) -> &str {
    rest.strip_prefix(' ').unwrap_or(rest).trim_start_matches('\u{feff}')
}

/// What follows `Mmm dd hh:mm:ss ` at the start of `text`.
fn timestamp3164(text: &str) -> Option<&str> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (month, rest) = (text.get(..3)?, text.get(3..)?);
    let (day, rest) = (rest.get(..3)?, rest.get(3..)?);
    let (clock, rest) = (rest.get(..9)?, rest.get(9..)?);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let day = day.trim();
    let shaped = MONTHS.contains(&month)
        && !day.is_empty()
        && digits(day)
        && clock.starts_with(' ')
        && clock.trim().split(':').count() == 3
        && clock.trim().split(':').all(|part| part.len() == 2 && digits(part));
    shaped.then(|| rest.strip_prefix(' ').unwrap_or(rest))
}

fn rfc3164(priority: Option<u8>, text: &str) -> Line<'_> {
    let mut line = Line {
        priority,
        at: None,
        host: None,
        app: None,
        message_id: None,
        structured: Vec::new(),
        message: text.trim_start(),
    };
    let Some(rest) = timestamp3164(text) else {
        return line;
    };
    line.message = rest;
    if let Some((host, rest)) = rest.split_once(' ')
        && !host.ends_with(':')
        && !host.contains(['=', '|', ',', '[', '"'])
    {
        line.host = said(host);
        line.message = rest;
    }
    if let Some((tag, rest)) = line.message.split_once(':') {
        let name = tag.split_once('[').map_or(tag, |(name, _)| name);
        let word =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'%');
        let is_tag = !name.is_empty() && name.len() <= 48 && name.bytes().all(word);
        if is_tag && rest.starts_with([' ', '\t']) && (tag == name || tag.ends_with(']')) {
            line.app = Some(name);
            line.message = rest.trim_start();
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5424_with_structured_data() {
        let line = line(
            "<165>1 2026-03-02T08:14:15.003Z pump-gw.example pumpd 42 ID47 [a@1 x=\"1\" y=\"]\\\"\"][b@2] \u{feff}door open",
        )
        .unwrap();
        assert_eq!(line.at.unwrap().to_string(), "2026-03-02T08:14:15.003Z");
        assert_eq!(
            (line.host, line.app, line.message_id),
            (Some("pump-gw.example"), Some("pumpd"), Some("ID47"))
        );
        assert_eq!(
            line.structured,
            [("a@1.x".to_owned(), "1".to_owned()), ("a@1.y".to_owned(), "]\"".to_owned())]
        );
        assert_eq!(line.message, "door open");
        assert_eq!((severity(165), keyword(165)), (Severity::Low, "notice"));
    }

    #[test]
    fn rfc_3164_and_its_relatives() {
        let plain = line("<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed on /dev/pts/8").unwrap();
        assert_eq!(
            (plain.host, plain.app, plain.message),
            (Some("mymachine"), Some("su"), "'su root' failed on /dev/pts/8")
        );
        assert_eq!(plain.at, None, "a time without a year is no instant");
        let bare = line("Jan  6 19:47:37 fw01 date=2021-01-06 time=11:17:02").unwrap();
        assert_eq!(
            (bare.host, bare.app, bare.message),
            (Some("fw01"), None, "date=2021-01-06 time=11:17:02")
        );
        let without_host = line("<14>Jul 20 23:59:02 1,2021/07/20 23:59:02,0123").unwrap();
        assert_eq!(without_host.message, "1,2021/07/20 23:59:02,0123");
        assert_eq!(line("<13>just words").unwrap().message, "just words");
        for other in ["", "words", "<999>x", "<14", "{\"a\":1}", "Jan"] {
            assert_eq!(line(other), None, "{other}");
        }
    }
}
