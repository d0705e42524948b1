//! The members that CEF and LEEF share once their notations are read: a list of keys and values whose keys are either
//! format's own words.

use kernel::{IndicatorKind as K, Moment, Severity};

use super::observables;
use crate::{draft::Draft, severity, when};

/// The most members that are read: the two specifications have some 150 keys.
pub(crate) const MOST: usize = 2000;

/// Keys and values, in the order of the message.
pub(crate) type Members = Vec<(String, String)>;

/// The first value of these keys that is not empty.
pub(crate) fn get<'a>(members: &'a Members, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let found = members.iter().find(|(key, value)| key == name && !value.trim().is_empty());
        found.map(|(_, value)| value.trim())
    })
}

/// An instant of these keys; a time without a zone is in the zone that `dtz` or its like names, where it names one.
pub(crate) fn moment(members: &Members, names: &[&str]) -> Option<Moment> {
    let zone = get(members, &["dtz", "deviceTimeZone", "FTNTFGTtz"]);
    names.iter().find_map(|name| {
        let said = get(members, &[name])?;
        let offset = zone.filter(|zone| zone.starts_with(['+', '-']) && said.contains(':'));
        offset
            .and_then(|offset| when::read(&format!("{said} {}", offset.replace(':', ""))))
            .or_else(|| when::read(said))
    })
}

/// Both scales have words or numbers to 10: Low 0-3, Medium 4-6, High 7-8, Very High 9-10 (CEF 25, section "Header").
pub(crate) fn scale(draft: &mut Draft, said: Option<&str>) {
    let Some(said) = said.map(str::trim).filter(|said| !said.is_empty()) else { return };
    draft.severity = match said.parse::<u8>() {
        Ok(0..=3) => Some(Severity::Low),
        Ok(4..=6) => Some(Severity::Medium),
        Ok(7..=8) => Some(Severity::High),
        Ok(9..=10) => Some(Severity::Critical),
        Ok(_) => None,
        Err(_) => severity::of_word(&said.replace('-', " ")),
    };
    draft.source_severity = Some(said.to_owned());
}

/// Adds hosts, accounts, indicators and techniques.
pub(crate) fn observe(draft: &mut Draft, members: &Members) {
    for (key, value) in members {
        let value = value.trim();
        match key.as_str() {
            "shost" | "dhost" | "identHostName" | "srcHostName" | "dstHostName" | "HostName"
            | "computerName" => {
                draft.host(value);
            }
            "suser" | "duser" | "usrName" | "accountName" | "userName" => draft.account(value),
            "src"
            | "dst"
            | "sourceTranslatedAddress"
            | "destinationTranslatedAddress"
            | "c6a2"
            | "c6a3"
            | "srcPostNAT"
            | "dstPostNAT"
            | "identSrc"
            | "dvcSrc" => draft.address(value),
            "request" | "url" | "requestUrl" => web(draft, value),
            "destinationDnsDomain" | "sourceDnsDomain" | "domain" => observables::host_name(draft, value),
            "fileHash" | "oldFileHash" | "md5" | "sha1" | "sha256" | "hash" => hashes(draft, value),
            "filePath" => draft.indicator(K::FilePath, value),
            "fname" | "fileName" if get(members, &["filePath"]).is_none() => draft.file(None, Some(value)),
            "sproc" | "dproc" | "processName" | "process" => draft.indicator(K::Process, value),
            "cve" | "CVE" => observables::cves(draft, value),
            _ => labelled(draft, members, key, value),
        }
    }
}

/// A value whose meaning its label says: `cs1Label=MD5 cs1=…`.
fn labelled(draft: &mut Draft, members: &Members, key: &str, value: &str) {
    let label = get(members, &[&format!("{key}Label")]).unwrap_or(key).to_ascii_lowercase();
    if label.contains("mitre") || label.contains("technique") || label.contains("attack") {
        draft.technique(value);
    } else if label.contains("hash")
        || ["md5", "sha1", "sha-1", "sha256", "sha-256"].contains(&label.as_str())
    {
        hashes(draft, value);
    } else if label.contains("cve") {
        observables::cves(draft, value);
    }
}

fn web(draft: &mut Draft, value: &str) {
    if value.contains("://") {
        observables::web(draft, value);
    } else if value.contains('.') {
        draft.indicator(K::Url, value);
        observables::host_name(draft, value.split('/').next());
    }
}

fn hashes(draft: &mut Draft, value: &str) {
    for word in value.split(|c: char| !c.is_ascii_hexdigit()) {
        draft.indicator(K::Sha256, word);
    }
}
