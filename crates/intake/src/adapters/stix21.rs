//! STIX 2.1 (and 2.0) bundles. A responder works on a report, not on each of its hundred hashes, so a bundle is one
//! alert with all that its patterns and observables name; a bundle of several reports is one alert for each report with
//! what that report refers to. A single object is read as a bundle of one.
//! (<https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html>)

use std::collections::HashMap;

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, first_moment, has, list, moment, text, texts, word},
    format::{observables, stix_pattern},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "stix21",
    vendor: "OASIS",
    product: "STIX",
    reads: "STIX 2.1 and 2.0 bundles and single objects",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// What gives a bundle its name, the best first.
const NAMED: [&str; 12] = [
    "report",
    "grouping",
    "incident",
    "campaign",
    "intrusion-set",
    "threat-actor",
    "malware",
    "indicator",
    "attack-pattern",
    "vulnerability",
    "tool",
    "infrastructure",
];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let (Some(kind), Some(id)) = (text(value, "type"), text(value, "id")) else { return Confidence::No };
    let own = id.strip_prefix(kind).is_some_and(|rest| rest.starts_with("--"));
    let bundle = kind == "bundle" && (own || value.get("objects").is_some_and(Value::is_array));
    Confidence::Certain.when(bundle || own)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    let objects: Vec<&Value> =
        if text(value, "type") == Some("bundle") { list(value, "objects").collect() } else { vec![value] };
    let reports: Vec<&Value> =
        objects.iter().copied().filter(|object| matches!(text(object, "type"), Some("report"))).collect();
    if let [_, _, ..] = reports.as_slice() {
        return Ok(reports.iter().map(|report| of_report(report, &objects)).collect());
    }
    let subject = reports.first().copied().or_else(|| subject(&objects));
    let id = reports.first().copied().unwrap_or(value);
    Ok(vec![draft(word(id, "id"), subject, &objects)])
}

fn subject<'a>(objects: &[&'a Value]) -> Option<&'a Value> {
    NAMED.iter().find_map(|kind| {
        objects.iter().copied().find(|object| text(object, "type") == Some(kind) && has(object, "name"))
    })
}

/// A report with the objects that it refers to, and those that these refer to.
fn of_report(report: &Value, objects: &[&Value]) -> Draft {
    let by_id: HashMap<&str, &Value> =
        objects.iter().filter_map(|object| Some((text(object, "id")?, *object))).collect();
    let referred = texts(report, "object_refs").filter_map(|id| by_id.get(id).copied());
    let mut within: Vec<&Value> = vec![report];
    for object in referred {
        within.push(object);
        within.extend(texts(object, "object_refs").filter_map(|id| by_id.get(id).copied()));
    }
    draft(word(report, "id"), Some(report), &within)
}

fn draft(id: Option<String>, subject: Option<&Value>, objects: &[&Value]) -> Draft {
    // Each version of an object has its own `modified` (section 3.6); a bundle is as new as the newest in it.
    let revision = objects.iter().filter_map(|object| word(object, "modified")).max();
    let mut draft = Draft { source_id: id, revision, ..Draft::default() };
    if let Some(subject) = subject {
        draft.title = text(subject, "name").map(str::to_owned);
        draft.description = text(subject, "description").map(str::to_owned);
        draft.reported_at = first_moment(subject, &["published", "modified", "created"]);
        draft.link = list(subject, "external_references")
            .find_map(|reference| text(reference, "url"))
            .map(str::to_owned);
    }
    // Only somebody's sighting says that anything happened.
    let seen = |object: &&Value| match text(object, "type") {
        Some("sighting") => moment(object, "first_seen"),
        Some("observed-data") => moment(object, "first_observed"),
        _ => None,
    };
    draft.occurred_at = objects.iter().filter_map(seen).min();
    for object in objects {
        read(object, &mut draft);
    }
    draft
}

fn read(object: &Value, draft: &mut Draft) {
    for reference in list(object, "external_references") {
        let source = text(reference, "source_name").unwrap_or_default();
        if source.starts_with("mitre") {
            draft.technique(text(reference, "external_id"));
        } else if source == "cve" {
            draft.indicator(K::Cve, text(reference, "external_id"));
        }
    }
    match text(object, "type") {
        Some("indicator") => {
            for (path, value) in stix_pattern::equalities(text(object, "pattern").unwrap_or_default()) {
                compared(draft, &path, &value);
            }
        }
        Some("observed-data") => {
            // STIX 2.0 holds its observables inside.
            let inside = at(object, "objects").and_then(Value::as_object);
            inside
                .into_iter()
                .flat_map(|members| members.values())
                .for_each(|inner| observable(draft, inner));
        }
        Some("vulnerability") => {
            draft.indicator(K::Cve, text(object, "name").filter(|name| crate::indicator::is_cve(name)));
        }
        _ => observable(draft, object),
    }
}

/// A comparison of a pattern.
fn compared(draft: &mut Draft, path: &str, value: &str) {
    let (kind, property) = path.split_once(':').unwrap_or((path, ""));
    match (kind, property) {
        ("ipv4-addr" | "ipv6-addr", _) => network(draft, kind, value),
        ("domain-name", "value") => draft.indicator(K::Domain, value),
        ("url", "value") => observables::web(draft, value),
        ("email-addr", "value") => draft.indicator(K::Email, value),
        ("email-message", "from_ref.value" | "sender_ref.value") => draft.indicator(K::Email, value),
        ("file" | "artifact", hash) if hash.starts_with("hashes") => draft.indicator(K::Sha256, value),
        ("file", "name" | "path") => draft.indicator(K::FilePath, value),
        ("windows-registry-key", "key") => draft.indicator(K::RegistryKey, value),
        ("mutex", "name") => draft.indicator(K::Mutex, value),
        ("process", "name" | "command_line" | "image_ref.name") => draft.indicator(K::Process, value),
        ("network-traffic", property) if property.ends_with("_ref.value") => {
            observables::host_name(draft, value);
        }
        ("user-account", "account_login" | "user_id") => draft.account(value),
        _ => {}
    }
}

/// An address, or a network of them, which is kept as it is written.
fn network(draft: &mut Draft, kind: &str, value: &str) {
    if value.contains('/') {
        // Draft::address takes single addresses; a network is a firewall's business too.
        draft.network(if kind == "ipv4-addr" { K::Ipv4 } else { K::Ipv6 }, value);
    } else {
        draft.address(value);
    }
}

/// A cyber-observable object.
fn observable(draft: &mut Draft, object: &Value) {
    let Some(kind) = text(object, "type") else { return };
    match kind {
        "ipv4-addr" | "ipv6-addr" | "domain-name" | "url" | "email-addr" => {
            if let Some(value) = text(object, "value") {
                compared(draft, &format!("{kind}:value"), value);
            }
        }
        "file" | "artifact" => {
            let hashes = at(object, "hashes").and_then(Value::as_object);
            for hash in hashes.into_iter().flat_map(|hashes| hashes.values()) {
                draft.indicator(K::Sha256, hash.as_str());
            }
            draft.indicator(K::FilePath, text(object, "name"));
        }
        "windows-registry-key" => draft.indicator(K::RegistryKey, text(object, "key")),
        "mutex" => draft.indicator(K::Mutex, text(object, "name")),
        "process" => draft.indicator(K::Process, text(object, "command_line").or(text(object, "name"))),
        "user-account" => draft.account(text(object, "account_login").or(text(object, "user_id"))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::{Value, json};

    fn indicator(id: &str, pattern: &str) -> Value {
        json!({"type": "indicator", "spec_version": "2.1", "id": format!("indicator--{id}"), "name": id, "pattern": pattern,
            "pattern_type": "stix", "created": "2026-03-01T00:00:00.000Z", "modified": "2026-03-01T00:00:00.000Z"})
    }

    fn report(id: &str, refs: &[&str]) -> Value {
        json!({"type": "report", "spec_version": "2.1", "id": format!("report--{id}"), "name": format!("Report {id}"),
            "description": "What we saw", "published": "2026-03-02T08:14:15.003Z", "object_refs": refs,
            "external_references": [{"source_name": "us", "url": "https://intel.example/r"}]})
    }

    #[test]
    fn a_bundle_is_one_alert_of_all_that_it_names() {
        let input = json!({"type": "bundle", "id": "bundle--1", "objects": [
            report("a", &["indicator--1"]), indicator("1", "[ipv4-addr:value = '203.0.113.0/24' OR domain-name:value = 'evil.example']"),
            {"type": "attack-pattern", "id": "attack-pattern--1", "name": "Phishing", "external_references": [{"source_name": "mitre-attack", "external_id": "T1566.001"}]},
            {"type": "sighting", "id": "sighting--1", "first_seen": "2026-02-28T01:02:03Z"},
            {"type": "file", "id": "file--1", "name": "a.exe", "hashes": {"SHA-1": "c79a326f8411e9488bdc3779753e1e3489aaedea"}}]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "stix21", "source_id": "report--a", "title": "Report a", "description": "What we saw",
                "severity": null, "source_severity": null, "status": null, "occurred_at": "2026-02-28T01:02:03Z",
                "reported_at": "2026-03-02T08:14:15.003Z", "hosts": [], "accounts": [],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.0/24"}, {"kind": "domain", "value": "evil.example"},
                    {"kind": "sha1", "value": "c79a326f8411e9488bdc3779753e1e3489aaedea"}, {"kind": "file_path", "value": "a.exe"}],
                "techniques": ["T1566.001"], "link": "https://intel.example/r"
            })]
        );
    }

    #[test]
    fn several_reports_each_keep_their_own_indicators() {
        let found = alerts(&json!({"type": "bundle", "id": "bundle--2", "objects": [
            report("a", &["indicator--1"]), report("b", &["indicator--2"]),
            indicator("1", "[domain-name:value = 'one.example']"), indicator("2", "[domain-name:value = 'two.example']")]}));
        assert_eq!(found.len(), 2);
        assert_eq!(found[1]["indicators"], json!([{"kind": "domain", "value": "two.example"}]));
        assert_eq!(found[1]["source_id"], "report--b");
    }
}
