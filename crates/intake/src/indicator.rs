//! What kind of indicator a text is, and the ATT&CK techniques that a text names.

use std::net::{Ipv4Addr, Ipv6Addr};

use kernel::IndicatorKind;

/// The kind of indicator that a lone text plainly is; `None` where it could be anything.
#[must_use]
pub fn classify(text: &str) -> Option<IndicatorKind> {
    let text = text.trim();
    if text.len() < 3 || text.len() > 4096 {
        return None;
    }
    if let Some(kind) = hash_kind(text) {
        return Some(kind);
    }
    if text.parse::<Ipv4Addr>().is_ok() {
        return Some(IndicatorKind::Ipv4);
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some(IndicatorKind::Ipv6);
    }
    if is_cve(text) {
        return Some(IndicatorKind::Cve);
    }
    if text.contains("://") {
        return (!text.contains(char::is_whitespace)).then_some(IndicatorKind::Url);
    }
    if is_registry_key(text) {
        return Some(IndicatorKind::RegistryKey);
    }
    if is_path(text) {
        return Some(IndicatorKind::FilePath);
    }
    if is_email(text) {
        return Some(IndicatorKind::Email);
    }
    is_domain(text).then_some(IndicatorKind::Domain)
}

/// The kind of hash that a text is, by its length.
#[must_use]
pub fn hash_kind(text: &str) -> Option<IndicatorKind> {
    let kind = match text.len() {
        32 => IndicatorKind::Md5,
        40 => IndicatorKind::Sha1,
        64 => IndicatorKind::Sha256,
        _ => return None,
    };
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(kind)
}

/// Whether it is a CVE id (`CVE-2024-3400`).
#[must_use]
pub fn is_cve(text: &str) -> bool {
    let mut parts = text.split('-');
    let digits = |part: Option<&str>, least: usize| {
        part.is_some_and(|part| {
            part.len() >= least && part.len() <= 19 && part.bytes().all(|b| b.is_ascii_digit())
        })
    };
    parts.next().is_some_and(|head| head.eq_ignore_ascii_case("CVE"))
        && digits(parts.next(), 4)
        && digits(parts.next(), 4)
        && parts.next().is_none()
}

fn is_registry_key(text: &str) -> bool {
    let upper: String = text.chars().take(24).collect::<String>().to_ascii_uppercase();
    ["HKLM\\", "HKCU\\", "HKCR\\", "HKU\\", "HKEY_", "\\REGISTRY\\"]
        .iter()
        .any(|hive| upper.starts_with(hive))
}

/// Whether it is an absolute path of Windows or Unix.
#[must_use]
pub fn is_path(text: &str) -> bool {
    match text.as_bytes() {
        [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
        [b'\\', b'\\', ..] => text.len() > 4,
        [b'\\', rest @ ..] => rest.starts_with(b"Device\\") || rest.starts_with(b"Users\\"),
        [b'/', first, ..] => {
            first.is_ascii_alphanumeric() && text.matches('/').count() > 1 && !text.contains("//")
        }
        _ => false,
    }
}

/// Whether it is one mail address.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && !local
            .contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"' | '\\' | '/'))
        && is_domain(domain)
}

/// Whether it is a domain name of at least two labels whose last is no number and no file's ending.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    const ENDINGS: [&str; 22] = [
        "exe", "dll", "sys", "bat", "cmd", "ps1", "vbs", "js", "jse", "hta", "lnk", "doc", "docx", "xls",
        "xlsx", "pdf", "txt", "log", "tmp", "json", "xml", "dmp",
    ];
    let text = text.strip_suffix('.').unwrap_or(text);
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    text.len() <= 253
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic() || last.starts_with("xn--"))
        && !ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending))
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        })
}

/// The ATT&CK technique ids that a text names (`T1059`, `t1059.001`), upper case, in its order.
pub fn techniques(text: &str) -> impl Iterator<Item = String> + '_ {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'T', b't', bytes).filter_map(move |at| technique_at(bytes, at))
}

fn technique_at(bytes: &[u8], at: usize) -> Option<String> {
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    let boundary_before = at == 0 || !bytes.get(at - 1).is_some_and(u8::is_ascii_alphanumeric);
    if !boundary_before || !(1..=4).all(|step| digit(at + step)) {
        return None;
    }
    let sub = bytes.get(at + 5) == Some(&b'.') && (6..=8).all(|step| digit(at + step));
    let end = if sub { at + 9 } else { at + 5 };
    if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let text = std::str::from_utf8(bytes.get(at..end)?).ok()?;
    Some(text.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use IndicatorKind as K;

    #[test]
    fn a_lone_text_is_classified_only_where_it_is_plain() {
        for (text, kind) in [
            ("203.0.113.9", Some(K::Ipv4)),
            ("2001:db8::1", Some(K::Ipv6)),
            ("D41D8CD98F00B204E9800998ECF8427E", Some(K::Md5)),
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", Some(K::Sha1)),
            ("https://evil.example/a", Some(K::Url)),
            ("billing@cedarhollow.example", Some(K::Email)),
            ("cedarhollow.example", Some(K::Domain)),
            (r"C:\Users\Public\a.exe", Some(K::FilePath)),
            (r"\\srv\share\a.exe", Some(K::FilePath)),
            ("/tmp/a/b", Some(K::FilePath)),
            (r"HKLM\Software\Run", Some(K::RegistryKey)),
            ("CVE-2024-3400", Some(K::Cve)),
            ("powershell.exe", None),
            ("7.0.7", None),
            ("hello world", None),
            ("CVE-2024", None),
        ] {
            assert_eq!(classify(text), kind, "{text}");
        }
    }

    #[test]
    fn techniques_are_found_in_prose_and_made_upper_case() {
        let found: Vec<_> = techniques("Regsvr32 (t1218.010), T1059; not XT1059, T10599 or AT1").collect();
        assert_eq!(found, ["T1218.010", "T1059"]);
    }
}
