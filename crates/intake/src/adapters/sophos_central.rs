//! Sophos Central: alerts of the Common API, events and alerts of the SIEM API, endpoints.
//! (<https://developer.sophos.com/docs/common-v1/1/routes/alerts/get>, <https://developer.sophos.com/docs/siem-v1/1/overview>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, has, has_all, list, moment, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "sophos-central",
    vendor: "Sophos",
    product: "Sophos Central",
    reads: "alerts of the Common API, events and alerts of the SIEM API, endpoints",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    if text(value, "type").is_some_and(|kind| kind.starts_with("Event::")) {
        return Confidence::Certain;
    }
    let alert =
        has_all(value, &["allowedActions", "raisedAt"]) || has_all(value, &["groupKey", "managedAgent"]);
    let endpoint = has_all(value, &["hostname", "health", "tamperProtectionEnabled"])
        || has_all(value, &["hostname", "associatedPerson", "tenant"]);
    if alert || endpoint {
        return Confidence::Likely;
    }
    Confidence::Possible.when(has(value, "isolation/enabled") || has(value, "allowedActions"))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        // An alert of the Common API says the event's type too, and when it was raised.
        let event = text(value, "type").is_some_and(|kind| kind.starts_with("Event::"));
        if event && !has(value, "raisedAt") {
            siem(value, draft);
        } else {
            common(value, draft);
        }
    })
}

fn common(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    draft.reported_at = moment(value, "raisedAt");
    draft.occurred_at = draft.reported_at;
    draft.host(first(value, &["managedAgent/name", "hostname", "data/endpoint_hostname"]));
    draft.account(first(value, &["person/name", "associatedPerson/viaLogin"]));
}

fn siem(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = first(value, &["name", "description"]).map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    draft.occurred_at = first_moment(value, &["when", "data/created_at"]);
    draft.reported_at = moment(value, "created_at");
    draft.host(first(value, &["location", "dhost"]));
    // `HOST\user` where a person was logged in, else the name of the device or policy.
    draft.account(first(value, &["source", "suser"]).filter(|name| name.contains(['\\', '@'])));
    draft.indicator(K::Sha256, first(value, &["appSha256", "data/core_remedy_items/items/0/sha256"]));
    for remedy in list(value, "core_remedy_items/items") {
        draft.observe(text(remedy, "descriptor"));
        draft.indicator(K::Sha256, text(remedy, "sha256"));
    }
    draft.indicator(K::FilePath, first(value, &["filePath", "data/file_path"]));
    for detection in list(value, "details") {
        draft.observe(text(detection, "value"));
    }
    draft.techniques_in(at(value, "mitreAttack"));
    draft.techniques_in(at(value, "ips_threat_data"));
    draft.address(first(value, &["ips_threat_data/remoteIp", "remote_ip"]));
}
