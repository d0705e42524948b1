//! Bitdefender GravityZone: events of its push service (JSON-RPC `addEvents`), quarantine and block lists, endpoints.
//! (<https://www.bitdefender.com/business/support/en/77211-128440-push.html>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, number, text, texts, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "bitdefender-gravityzone",
    vendor: "Bitdefender",
    product: "GravityZone",
    reads: "push events (av, new-incident, hd, aph, avc, ransomware-mitigation …), quarantine and block lists",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let event = has(value, "module") && (has(value, "computer_name") || has(value, "computer_id"));
    let quarantine = has_all(value, &["quarantinedOn", "endpointName"]);
    let endpoint = has_all(value, &["malwareStatus", "moveState"])
        || has_all(value, &["isManaged", "machineType", "operatingSystemVersion"]);
    let blocked = has_all(value, &["companyId", "hash", "hashType"]);
    if event || quarantine {
        return Confidence::Certain;
    }
    Confidence::Likely.when(endpoint || blocked)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| if has(value, "module") { event(value, draft) } else { entry(value, draft) })
}

fn event(value: &Value, draft: &mut Draft) {
    let module = text(value, "module").unwrap_or_default();
    draft.source_id = first_word(value, &["incident_id", "event_id", "_testEvent_id"]);
    draft.title = first(
        value,
        &["detection_name", "malware_name", "exploit_type", "threat_name", "detection_type", "attack_type"],
    )
    .or_else(|| Some(module).filter(|module| !module.is_empty()))
    .map(str::to_owned);
    draft.description = first(value, &["main_action", "detail", "details", "aph_type"]).map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    if draft.severity.is_none()
        && let Some(score) = number(value, "severity_score")
    {
        draft.severity = severity::of_score(score, [1.0, 40.0, 70.0, 90.0]);
        draft.source_severity = draft.source_severity.take().or_else(|| word(value, "severity_score"));
    }
    draft.occurred_at = first_moment(
        value,
        &["timestamp", "created", "last_blocked", "detectionTime", "startDate", "BitdefenderGZDate"],
    );
    draft.reported_at = first_moment(value, &["created", "sent_at"]);
    draft.host(first(value, &["computer_fqdn", "computer_name"]));
    draft.account(first(value, &["user/name", "username", "user/userName", "userName"]));
    for path in ["hash", "file_hash_sha256", "file_hash_md5", "file_sha256", "process_hash_sha256"] {
        draft.indicator(K::Sha256, text(value, path));
    }
    draft.file(text(value, "file_path"), None);
    if !has(value, "file_path") {
        draft.file(None, text(value, "file_name").filter(|name| name.contains(['\\', '/'])));
    }
    draft.indicator(K::FilePath, first(value, &["process_path", "exploit_path"]));
    draft.indicator(K::Process, first(value, &["process_command_line", "command_line"]));
    draft.observe(first(value, &["url", "domain"]));
    for path in ["attacker_ip", "source_ip", "remote_ip", "attack_source"] {
        draft.address(text(value, path));
    }
    texts(value, "att_ck_id").for_each(|id| draft.technique(id));
    for detail in list(value, "attack_types") {
        draft.techniques_in(Some(detail));
    }
}

/// An entry of a list of the API: something in quarantine or blocked, an endpoint.
fn entry(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = text(value, "threatName").map(str::to_owned);
    draft.occurred_at = first_moment(value, &["quarantinedOn"]);
    draft.reported_at = draft.occurred_at;
    let endpoint = has(value, "machineType");
    draft.host(first(value, &["endpointName", "fqdn"]).or_else(|| text(value, "name").filter(|_| endpoint)));
    draft.indicator(K::FilePath, text(value, "details/filePath"));
    draft.indicator(K::Sha256, text(value, "hash"));
    draft.techniques_in(at(value, "details/attackTechniques"));
}
