//! An e-mail, whichever file it came in: what intake needs of it, and how to read it from RFC 5322 with
//! `mail-parser`. `outlook` reads the same from Outlook's `.msg`.

use std::{
    collections::HashSet,
    net::IpAddr,
    panic::{UnwindSafe, catch_unwind},
};

use kernel::{Digest, Moment, Timestamp};
use mail_parser::{Address, HeaderValue, MessageParser, MimeHeaders, PartType};

/// A message. Addresses are as written, without display names.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) subject: Option<String>,
    /// Message-ID without its angle brackets.
    pub(crate) message_id: Option<String>,
    /// The Date header; seconds.
    pub(crate) date: Option<Moment>,
    pub(crate) from: Vec<String>,
    pub(crate) reply_to: Vec<String>,
    /// To and Cc.
    pub(crate) recipients: Vec<String>,
    /// The mailbox it was found in (Delivered-To).
    pub(crate) delivered_to: Vec<String>,
    /// Return-Path.
    pub(crate) envelope_from: Option<String>,
    /// Public addresses that it was received from.
    pub(crate) origins: Vec<IpAddr>,
    /// Authentication-Results of the receiving server (RFC 8601).
    pub(crate) authentication: Option<String>,
    /// The body as plain text.
    pub(crate) text: String,
    /// What the links and pictures of an HTML body point at.
    pub(crate) links: Vec<String>,
    pub(crate) attachments: Vec<Attachment>,
    /// The message that this one forwards as an attachment.
    pub(crate) attached: Option<Box<Mail>>,
}

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// Its name, as the sender wrote it.
    pub(crate) name: Option<String>,
    /// Of its decoded bytes.
    pub(crate) sha256: Digest,
}

/// The most links that are read out of a body, and the most characters of one.
const MOST: usize = 500;
const LONGEST: usize = 8192;

/// A mail that has more messages inside than this was made to exhaust its reader.
const MESSAGES: usize = 64;

/// Reads a message of RFC 5322; `None` where there is no header at all, or where messages are
/// nested as no mail program nests them.
pub(crate) fn read(bytes: &[u8]) -> Option<Mail> {
    let nested = memchr::memmem::find_iter(&bytes.to_ascii_lowercase(), b"message/").count();
    if nested > MESSAGES {
        return None;
    }
    fenced(|| MessageParser::default().parse(bytes).map(|message| mail(&message)))
}

/// Runs somebody else's parser on hostile bytes: a panic in it is an input that cannot be read, and no more.
pub(super) fn fenced<T>(parse: impl FnOnce() -> Option<T> + UnwindSafe) -> Option<T> {
    catch_unwind(parse).ok().flatten()
}

fn mail(message: &mail_parser::Message<'_>) -> Mail {
    let html: Vec<&str> = message
        .parts
        .iter()
        .filter_map(|part| match &part.body {
            PartType::Html(html) => Some(html.as_ref()),
            _ => None,
        })
        .collect();
    let mut text: Vec<String> = Vec::new();
    for position in 0..message.text_body_count() {
        text.extend(message.body_text(position).map(|body| body.trim().to_owned()));
    }
    let inner = message.attachments().find_map(|part| match &part.body {
        PartType::Message(inner) => Some(Box::new(mail(inner))),
        _ => None,
    });
    Mail {
        subject: message.subject().map(str::trim).filter(|subject| !subject.is_empty()).map(str::to_owned),
        message_id: message.message_id().map(str::to_owned),
        date: message
            .date()
            .filter(|date| date.is_valid())
            .and_then(|date| Moment::from_unix_seconds(date.to_timestamp())),
        from: addresses(message.from()),
        reply_to: addresses(message.reply_to()),
        recipients: [addresses(message.to()), addresses(message.cc())].concat(),
        delivered_to: message
            .header_values("Delivered-To")
            .filter_map(HeaderValue::as_text)
            .map(|address| address.trim_matches(['<', '>', ' ']).to_owned())
            .collect(),
        envelope_from: message.return_address().map(str::to_owned),
        origins: origins(message),
        authentication: message.header_raw("Authentication-Results").map(|header| header.trim().to_owned()),
        text: text.join("\n\n"),
        links: html.iter().flat_map(|html| targets(html)).collect(),
        attachments: message
            .attachments()
            .filter(|part| !part.is_message())
            .map(|part| Attachment {
                name: part.attachment_name().map(str::to_owned),
                sha256: Digest::of(part.contents()),
            })
            .collect(),
        attached: inner,
    }
}

fn addresses(header: Option<&Address<'_>>) -> Vec<String> {
    header
        .into_iter()
        .flat_map(|addresses| addresses.iter())
        .filter_map(|address| address.address())
        .map(str::to_owned)
        .collect()
}

fn origins(message: &mail_parser::Message<'_>) -> Vec<IpAddr> {
    let hops = message.received_all().filter_map(|hop| hop.from_ip);
    let stated = ["X-Originating-IP", "X-Sender-IP"]
        .into_iter()
        .flat_map(|name| message.header_values(name))
        .filter_map(HeaderValue::as_text)
        .filter_map(|text| text.trim_matches(['[', ']', ' ']).parse().ok());
    let mut found = Vec::new();
    for address in hops.chain(stated) {
        if is_public(address) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// Whether an address can be somebody else's: relays inside an organisation say nothing about the sender.
const fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()),
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    }
}

/// The values of `href`, `src` and `action` in HTML, each once, as far as [`MOST`].
pub(crate) fn targets(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for attribute in ["href", "src", "action"] {
        let mut from = 0;
        while let Some(at) = lower.get(from..).and_then(|rest| rest.find(attribute))
            && found.len() < MOST
        {
            from += at + attribute.len();
            if let Some(target) = html.get(from..).and_then(value)
                && seen.insert(target.clone())
            {
                found.push(target);
            }
        }
    }
    found
}

/// The web address that `= "…"` gives, where it is one.
fn value(text: &str) -> Option<String> {
    let text = text.trim_start().strip_prefix('=')?.trim_start();
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let said = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.split(quote).next()?,
        _ => text.split(|c: char| c.is_whitespace() || c == '>').next()?,
    };
    let target = said.trim().replace("&amp;", "&");
    let (scheme, _) = target.split_once("://")?;
    (!scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(target)
}

/// The instant of a FILETIME: tenths of microseconds since 1601.
pub(crate) fn filetime(ticks: u64) -> Option<Moment> {
    const SECONDS_1601_TO_1970: i64 = 11_644_473_600;
    let seconds = i64::try_from(ticks / 10_000_000).ok()?.checked_sub(SECONDS_1601_TO_1970)?;
    Timestamp::from_second(seconds).ok().map(|at| Moment::new(at, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_message_is_read_with_what_it_carries() {
        let raw = b"From: Front Desk <desk@cedarhollow.example>\r\nTo: help@msp.example\r\nSubject: Fwd: strange\r\n\
            Date: Mon, 2 Mar 2026 08:14:15 -0500\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
            --b\r\nContent-Type: text/plain\r\n\r\nIs this real?\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
            From: x@evil.example\r\nSubject: Pay\r\nMessage-ID: <1@evil.example>\r\n\
            Received: from evil.example ([203.0.113.9]) by mx.example; Mon, 2 Mar 2026 08:00:00 +0000\r\n\
            Content-Type: text/html\r\n\r\n<a HREF=\"https://evil.example/?a=1&amp;b=2\">go</a>\r\n--b\r\n\
            Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"a.pdf\"\r\n\r\nabc\r\n--b--\r\n";
        let mail = read(raw).unwrap();
        assert_eq!(mail.date.unwrap().to_string(), "2026-03-02T13:14:15Z");
        assert_eq!(mail.from, ["desk@cedarhollow.example"]);
        assert_eq!(mail.attachments.len(), 1);
        assert_eq!(mail.attachments[0].name.as_deref(), Some("a.pdf"));
        let inner = mail.attached.unwrap();
        assert_eq!(inner.message_id.as_deref(), Some("1@evil.example"));
        assert_eq!(inner.links, ["https://evil.example/?a=1&b=2"]);
        assert_eq!(inner.origins, ["203.0.113.9".parse::<IpAddr>().unwrap()]);
    }

    /// Read naively, each of these takes minutes or all of the stack.
    #[test]
    fn a_mail_made_to_exhaust_its_reader_is_read_or_refused_at_once() {
        let nested = "From: a@b.example\r\nContent-Type: message/rfc822\r\n\r\n".repeat(20_000);
        assert_eq!(read(nested.as_bytes()), None);
        let links: String = (0..200_000).map(|n| format!("<a href=http://h{n}.example/>")).collect();
        assert_eq!(targets(&links).len(), MOST);
        assert!(targets(&"href=\"http://a".repeat(100_000)).len() <= MOST);
    }

    #[test]
    fn html_targets_survive_odd_markup() {
        assert_eq!(
            targets("<a href = 'http://a.example/x'><img src=http://b.example/y>"),
            ["http://a.example/x", "http://b.example/y"]
        );
        assert_eq!(targets("href href= href=\"http://open"), ["http://open"]);
        assert_eq!(targets("İ href=\"http://a.example/\""), ["http://a.example/"]);
    }
}
