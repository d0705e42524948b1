//! Wazuh alerts: version 4 (`alerts.json`, the indexer, and what integrations such as Slack's or Shuffle's send) and
//! the findings of version 5. (<https://documentation.wazuh.com/current/user-manual/manager/alert-management.html>)

use kernel::{Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use super::ecs;
use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, has, has_all, moment, number, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "wazuh",
    vendor: "Wazuh",
    product: "Wazuh",
    reads: "alerts.json of version 4, indexer documents, integration messages, findings of version 5",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// The alert itself, inside an indexer's or an integration's wrapping.
fn alert(value: &Value) -> &Value {
    ["_source", "all_fields"].iter().find_map(|name| at(value, name)).unwrap_or(value)
}

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value().map(alert) else { return Confidence::No };
    let four = has_all(value, &["rule/level", "rule/description", "rule/id"])
        && (has(value, "agent") || has(value, "manager") || has(value, "decoder"));
    let five = has(value, "wazuh/rule") || has_all(value, &["wazuh/agent", "wazuh/integration"]);
    Confidence::Certain.when(four || five)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |outer, draft| {
        let value = alert(outer);
        if has(value, "wazuh") {
            finding(value, draft);
        } else {
            version_four(value, draft);
        }
    })
}

fn version_four(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = text(value, "rule/description").map(str::to_owned);
    draft.description = text(value, "full_log").map(str::to_owned);
    draft.source_severity = word(value, "rule/level");
    draft.severity = number(value, "rule/level").and_then(of_level);
    draft.occurred_at = first_moment(value, &["timestamp", "@timestamp"]);
    draft.techniques_in(at(value, "rule/mitre"));
    draft.host(text(value, "agent/name"));
    // Agent 000 is the manager itself: what it reports for other devices has their names in the log line.
    if text(value, "agent/id") == Some("000") {
        draft.host(text(value, "predecoder/hostname"));
    }
    if draft.hosts().is_empty() {
        draft.host(first(value, &["data/win/system/computer", "predecoder/hostname", "agent/ip"]));
    }
    for path in
        ["data/dstuser", "data/srcuser", "data/user", "syscheck/audit/user/name", "data/office365/UserId"]
    {
        draft.account(text(value, path));
    }
    for path in ["data/srcip", "data/src_ip", "data/dstip", "data/dest_ip", "data/office365/ClientIP"] {
        draft.address(text(value, path));
    }
    draft.indicator(K::Url, text(value, "data/url").filter(|url| url.contains("://")));
    draft.observe(text(value, "data/hostname"));
    draft.indicator(K::Cve, text(value, "data/vulnerability/cve"));
    if let Some(file) = at(value, "syscheck") {
        let windows_key = text(file, "path").filter(|path| path.to_ascii_uppercase().starts_with("HKEY_"));
        match windows_key {
            Some(key) => draft.indicator(K::RegistryKey, key),
            None => draft.indicator(K::FilePath, text(file, "path")),
        }
        for path in ["sha256_after", "sha1_after", "md5_after"] {
            draft.indicator(K::Sha256, text(file, path));
        }
    }
    draft.indicator(
        K::FilePath,
        first(value, &["data/audit/exe", "data/file", "data/virustotal/source/file"]),
    );
    draft.indicator(K::Process, first(value, &["data/audit/execve", "data/command"]));
    for path in ["data/virustotal/source/sha1", "data/virustotal/source/md5", "data/sha256", "data/md5"] {
        draft.indicator(K::Sha256, text(value, path));
    }
    if let Some(event) = at(value, "data/win/eventdata") {
        windows(event, draft);
    }
}

/// A Windows event, its members as Wazuh writes them.
fn windows(event: &Value, draft: &mut Draft) {
    draft.account_in(text(event, "targetDomainName"), text(event, "targetUserName"));
    draft.account_in(text(event, "subjectDomainName"), text(event, "subjectUserName"));
    draft.account(text(event, "user"));
    for path in ["ipAddress", "sourceIp", "destinationIp"] {
        draft.address(text(event, path));
    }
    for path in ["destinationHostname", "queryName"] {
        draft.observe(text(event, path));
    }
    draft.indicator(K::Process, text(event, "commandLine"));
    for path in ["image", "targetFilename", "imageLoaded"] {
        draft.indicator(K::FilePath, text(event, path));
    }
    draft.indicator(K::RegistryKey, text(event, "targetObject"));
    // `SHA1=…,MD5=…,SHA256=…`
    for part in text(event, "hashes").into_iter().flat_map(|hashes| hashes.split(',')) {
        if let Some((name, hash)) = part.split_once('=')
            && !name.eq_ignore_ascii_case("IMPHASH")
        {
            draft.indicator(K::Sha256, hash);
        }
    }
}

fn finding(value: &Value, draft: &mut Draft) {
    draft.source_id = first(value, &["event/id", "event/doc_id"]).map(str::to_owned);
    draft.title = first(value, &["wazuh/rule/title", "message"]).map(str::to_owned);
    draft.description = first(value, &["message", "event/original"]).map(str::to_owned);
    draft.severity_word(word(value, "wazuh/rule/level"));
    draft.occurred_at = first_moment(value, &["event/start", "event/created", "@timestamp"]);
    draft.reported_at = moment(value, "@timestamp");
    ecs::read(value, draft);
    draft.host(first(value, &["wazuh/agent/host/hostname", "wazuh/agent/name"]));
    draft.techniques_in(at(value, "wazuh/rule/mitre"));
    if let Some(threat) = at(value, "wazuh/threat") {
        let inside = serde_json::json!({ "threat": threat });
        ecs::read(&inside, draft);
    }
}

/// The steps of Wazuh's own dashboard (low to 6, medium to 11, high to 14, critical 15), with its levels that are no
/// security matter (to 3) as informational.
fn of_level(level: f64) -> Option<Severity> {
    severity::of_score(level, [4.0, 7.0, 12.0, 15.0])
}
