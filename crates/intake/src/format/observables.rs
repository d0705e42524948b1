//! What running text names: addresses, hashes, web addresses, CVE ids. Analysts write dangerous addresses so that
//! nobody clicks on them (`hxxps://evil[.]example`); these are read as what they stand for.

use std::net::IpAddr;

use kernel::IndicatorKind;
use linkify::{LinkFinder, LinkKind};

use crate::{draft::Draft, indicator};

/// An alert lists at most so many indicators found in running text: a page of spam must not fill the index.
const MOST: usize = 500;

/// Adds everything that `text` names.
pub(crate) fn in_text(draft: &mut Draft, text: &str) {
    let text = refang(text);
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    for link in finder.links(&text) {
        if draft.indicators().len() >= MOST {
            return;
        }
        match link.kind() {
            LinkKind::Url if is_web(link.as_str()) => web(draft, link.as_str()),
            LinkKind::Email => draft.indicator(IndicatorKind::Email, link.as_str()),
            _ => {}
        }
    }
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-'))) {
        if draft.indicators().len() >= MOST {
            return;
        }
        let token = token.trim_matches(['.', ':', '-']);
        if token.parse::<IpAddr>().is_ok() {
            draft.address(token);
        } else if indicator::hash_kind(token).is_some() {
            draft.indicator(IndicatorKind::Sha256, token);
        } else if indicator::is_cve(token) {
            draft.indicator(IndicatorKind::Cve, token);
        }
    }
}

/// Adds a web address, and the address or name of its host.
pub(crate) fn web<'a>(draft: &mut Draft, url: impl Into<Option<&'a str>>) {
    let Some(url) = url.into().map(str::trim).filter(|url| !url.is_empty()) else { return };
    draft.indicator(IndicatorKind::Url, url);
    if let Some(host) = host_of(url) {
        host_name(draft, host);
    }
}

/// Adds an IP address or a domain name, whichever it is.
pub(crate) fn host_name<'a>(draft: &mut Draft, host: impl Into<Option<&'a str>>) {
    let Some(host) = host.into() else { return };
    if without_port(host).parse::<IpAddr>().is_ok() {
        draft.address(host);
    } else if indicator::is_domain(host) {
        draft.indicator(IndicatorKind::Domain, host);
    }
}

/// Adds a mail address, also one with a display name around it: `CEO <ceo@evil.example>`, `smtp:a@b.example`.
pub(crate) fn mailbox<'a>(draft: &mut Draft, text: impl Into<Option<&'a str>>) {
    if let Some(address) = text.into().and_then(bare_mailbox) {
        draft.indicator(IndicatorKind::Email, address);
    }
}

/// The address of a mailbox, without display name, brackets and `smtp:`.
pub(crate) fn bare_mailbox(text: &str) -> Option<&str> {
    let address = match text.rsplit_once('<') {
        Some((_, inner)) => inner.split('>').next().unwrap_or_default(),
        None => text,
    };
    let address = address.trim().trim_matches('"');
    let bare = match address.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("smtp:") => address.get(5..)?,
        _ => address,
    };
    indicator::is_email(bare).then_some(bare)
}

/// The CVE ids in `text`, upper case, also where they are written with underscores.
pub(crate) fn cves(draft: &mut Draft, text: &str) {
    for token in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        let token = token.replace('_', "-");
        if indicator::is_cve(&token) {
            draft.indicator(IndicatorKind::Cve, token.as_str());
        }
    }
}

fn without_port(text: &str) -> &str {
    match text.rsplit_once(':') {
        Some((address, port)) if address.contains('.') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            address
        }
        _ => text.trim_matches(['[', ']']),
    }
}

fn is_web(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| {
        ["http", "https", "ftp"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
    })
}

/// The host of a web address, without user and port.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?.0,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    };
    (!host.is_empty()).then_some(host)
}

/// `text` with the usual ways of making addresses harmless undone.
pub(crate) fn refang(text: &str) -> String {
    const WAYS: [(&str, &str); 12] = [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[@]", "@"),
        ("[at]", "@"),
        ("hxxp://", "http://"),
        ("hxxps://", "https://"),
        ("hXXp://", "http://"),
        ("hXXps://", "https://"),
    ];
    WAYS.iter().fold(text.to_owned(), |text, (harmless, meant)| {
        if text.contains(harmless) { text.replace(harmless, meant) } else { text }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(read: impl FnOnce(&mut Draft)) -> Vec<String> {
        let mut draft = Draft::default();
        read(&mut draft);
        draft.indicators().iter().map(|i| format!("{} {}", i.kind.as_str(), i.value)).collect()
    }

    #[test]
    fn a_defanged_report_yields_what_a_firewall_can_block() {
        let text = "Open hxxps://login[.]evil.example:8443/a?b=1, mail boss@evil[.]example (192.0.2[.]9, 2001:db8::9). \
            cve-2021-44228 E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855 at 12:30:45, 0.0.0.0, v1.2.3";
        assert_eq!(
            of(|draft| in_text(draft, text)),
            [
                "url https://login.evil.example:8443/a?b=1",
                "domain login.evil.example",
                "email boss@evil.example",
                "ipv4 192.0.2.9",
                "ipv6 2001:db8::9",
                "cve CVE-2021-44228",
                "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ]
        );
    }

    #[test]
    fn hosts_mailboxes_and_vulnerabilities() {
        assert_eq!(host_of("https://u:p@[2001:db8::1]:8/x"), Some("2001:db8::1"));
        assert_eq!(host_of("https:///x"), None);
        assert_eq!(
            of(|draft| web(draft, "http://192.0.2.9/x")),
            ["url http://192.0.2.9/x", "ipv4 192.0.2.9"]
        );
        assert_eq!(of(|draft| mailbox(draft, "CEO <ceo@evil.example>")), ["email ceo@evil.example"]);
        assert_eq!(of(|draft| mailbox(draft, "SMTP:a@evil.example")), ["email a@evil.example"]);
        assert_eq!(of(|draft| cves(draft, "CVE_2014_6271 and CVE-2014-6271, CVE-1")), ["cve CVE-2014-6271"]);
    }

    #[test]
    fn a_page_of_spam_does_not_fill_the_index() {
        let spam: String = (0..5000).map(|n| format!("http://h{n}.example/ ")).collect();
        assert!(of(|draft| in_text(draft, &spam)).len() <= MOST + 2);
    }
}
