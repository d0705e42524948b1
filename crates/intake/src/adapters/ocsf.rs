//! The findings of the Open Cybersecurity Schema Framework: Detection, Incident, Security, Vulnerability and the other
//! finding classes, and events of any other class. (<https://schema.ocsf.io>)

use kernel::{AlertStatus, Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, number, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "ocsf",
    vendor: "Open Cybersecurity Schema Framework",
    product: "any",
    reads: "Detection Finding (2004), Incident Finding (2005), Security Finding (2001), other classes",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    if !has(value, "class_uid") {
        return Confidence::No;
    }
    if has(value, "finding_info") || has(value, "finding_info_list") || has(value, "finding") {
        return Confidence::Certain;
    }
    Confidence::Likely
        .when(has_all(value, &["metadata/version"]) && (has(value, "category_uid") || has(value, "type_uid")))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        let info = ["finding_info", "finding_info_list/0", "finding"].iter().find_map(|path| at(value, path));
        let told = info.unwrap_or(value);
        draft.source_id = first_word(told, &["uid"]).or_else(|| first_word(value, &["metadata/uid", "uid"]));
        draft.title = text(told, "title")
            .or_else(|| first(value, &["desc", "message", "class_name"]))
            .map(str::to_owned);
        draft.description =
            text(told, "desc").or_else(|| first(value, &["desc", "message"])).map(str::to_owned);
        how_bad(value, draft);
        status(value, draft);
        draft.occurred_at = first_moment(told, &["first_seen_time_dt", "first_seen_time"])
            .or_else(|| first_moment(value, &["start_time_dt", "start_time", "time_dt", "time"]));
        draft.reported_at = first_moment(told, &["created_time_dt", "created_time"]).or_else(|| {
            first_moment(value, &["metadata/logged_time_dt", "metadata/logged_time", "time_dt", "time"])
        });
        draft.link = text(told, "src_url").or_else(|| text(value, "src_url")).map(str::to_owned);
        for attacks in [at(told, "attacks"), at(value, "attacks")] {
            draft.techniques_in(attacks);
        }
        list(value, "finding_info_list").for_each(|one| draft.techniques_in(at(one, "attacks")));
        names(value, draft);
        list(value, "evidences").for_each(|evidence| names(evidence, draft));
        for resource in list(value, "resources") {
            resource_of(resource, draft);
        }
        for fault in list(value, "vulnerabilities") {
            draft.indicator(K::Cve, first(fault, &["cve/uid", "cve_uid"]));
        }
        for malware in list(value, "malware") {
            list(malware, "files").for_each(|one| file(one, draft));
            list(malware, "cves").for_each(|cve| draft.indicator(K::Cve, text(cve, "uid")));
        }
        list(value, "observables").for_each(|one| observable(one, draft));
    })
}

fn how_bad(value: &Value, draft: &mut Draft) {
    draft.source_severity = first_word(value, &["severity", "severity_id"]);
    draft.severity = match number(value, "severity_id").map(|id| id as i64) {
        Some(1) => Some(Severity::Informational),
        Some(2) => Some(Severity::Low),
        Some(3) => Some(Severity::Medium),
        Some(4) => Some(Severity::High),
        // 6 is fatal: action was taken, but it was too late.
        Some(5 | 6) => Some(Severity::Critical),
        _ => text(value, "severity").and_then(severity::of_word),
    };
}

fn status(value: &Value, draft: &mut Draft) {
    let incident = word(value, "class_uid").as_deref() == Some("2005");
    draft.status_word(text(value, "status"));
    if draft.status.is_none() {
        draft.status = match (number(value, "status_id").map(|id| id as i64), incident) {
            (Some(1 | 2), _) | (Some(3), true) => Some(AlertStatus::Open),
            (Some(3..=5), _) => Some(AlertStatus::Resolved),
            _ => None,
        };
    }
}

fn names(value: &Value, draft: &mut Draft) {
    for path in ["device", "src_endpoint", "dst_endpoint"] {
        let Some(endpoint) = at(value, path) else { continue };
        if path == "device" {
            draft.host(first(endpoint, &["hostname", "name"]));
        } else {
            draft.host(text(endpoint, "hostname").filter(|name| !name.contains('.')));
            draft.observe(text(endpoint, "hostname").filter(|name| name.contains('.')));
            draft.indicator(K::Domain, text(endpoint, "domain"));
            draft.address(text(endpoint, "ip"));
        }
    }
    for path in ["actor/user", "user", "actor/process/user", "process/user"] {
        at(value, path).into_iter().for_each(|user| account(user, draft));
    }
    list(value, "users").for_each(|user| account(user, draft));
    for path in ["process", "actor/process"] {
        let Some(process) = at(value, path) else { continue };
        at(process, "file").into_iter().for_each(|one| file(one, draft));
        draft.indicator(K::Process, text(process, "cmd_line"));
    }
    at(value, "file").into_iter().for_each(|one| file(one, draft));
    draft.indicator(K::Url, first(value, &["url/url_string", "url/text", "http_request/url/url_string"]));
    draft.observe(first(value, &["query/hostname", "dns_query/hostname"]));
    draft.indicator(K::Email, first(value, &["email/from", "email/smtp_from"]));
    draft.indicator(K::RegistryKey, text(value, "reg_key/path"));
}

fn account(user: &Value, draft: &mut Draft) {
    draft.account_in(text(user, "domain"), text(user, "name"));
    draft.account(text(user, "email_addr"));
    if !has(user, "name") && !has(user, "email_addr") {
        draft.account(text(user, "uid"));
    }
}

fn file(one: &Value, draft: &mut Draft) {
    draft.indicator(K::FilePath, text(one, "path"));
    for hash in list(one, "hashes").chain(list(one, "fingerprints")) {
        draft.indicator(K::Sha256, text(hash, "value"));
    }
}

fn resource_of(resource: &Value, draft: &mut Draft) {
    draft.host(text(resource, "hostname"));
    let kind = text(resource, "type").unwrap_or_default().to_ascii_lowercase();
    if ["host", "device", "endpoint", "instance", "machine", "server"].iter().any(|word| kind.contains(word))
    {
        draft.host(first(resource, &["name", "uid"]));
    }
    if kind.contains("user") || kind.contains("account") {
        draft.account(first(resource, &["name", "uid"]));
    }
    at(resource, "owner").into_iter().for_each(|owner| account(owner, draft));
}

/// An observable, by the numbers of the schema's types.
fn observable(one: &Value, draft: &mut Draft) {
    let value = text(one, "value");
    match number(one, "type_id").map(|id| id as i64) {
        Some(1) => match text(one, "name") {
            // A host name of the attacker's side is no host of ours.
            Some(name) if !name.contains("device") && !name.contains("resource") => draft.observe(value),
            _ => draft.host(value),
        },
        Some(2) => draft.address(value),
        Some(4 | 21) => draft.account(value),
        Some(5 | 22) => draft.indicator(K::Email, value),
        Some(6 | 23) => draft.indicator(K::Url, value),
        Some(8 | 30) => draft.indicator(K::Sha256, value),
        Some(13) => draft.indicator(K::Process, value),
        Some(20) => draft.host(value),
        Some(28) => draft.indicator(K::RegistryKey, value),
        Some(45) => draft.indicator(K::FilePath, value),
        _ => draft.observe(value),
    }
}
