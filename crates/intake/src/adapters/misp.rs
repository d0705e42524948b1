//! MISP events, one alert each, and the attributes or objects of a search without their event.
//! (<https://www.misp-standard.org/rfc/misp-standard-core.html>)

use kernel::{Channel, IndicatorKind as K, Moment, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, has, list, moment, text, word},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "misp",
    vendor: "MISP Project",
    product: "MISP",
    reads: "events, and attributes or objects of a search",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let wrapped = at(value, "Event").is_some_and(is_event) || at(value, "Object").is_some_and(is_object);
    let search = list(value, "response/Attribute").next().is_some_and(is_attribute);
    Confidence::Certain.when(wrapped || search || is_event(value))
}

fn is_event(value: &Value) -> bool {
    has(value, "info")
        && ["Attribute", "Object", "threat_level_id", "Orgc", "analysis"].iter().any(|name| has(value, name))
        || (is_list(value, "Attribute") || is_list(value, "Object"))
            && (has(value, "threat_level_id")
                || list(value, "Attribute").any(is_attribute)
                || list(value, "Object").any(is_object))
}

fn is_list(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(Value::is_array)
}

fn is_attribute(value: &Value) -> bool {
    has(value, "type") && has(value, "value")
}

fn is_object(value: &Value) -> bool {
    has(value, "name") && is_list(value, "Attribute")
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    let mut draft = Draft::default();
    if let Some(object) = at(value, "Object").filter(|object| object.is_object()) {
        draft.source_id = word(object, "uuid");
        draft.revision = word(object, "timestamp");
        draft.title = text(object, "name").map(str::to_owned);
        draft.description = text(object, "description").map(str::to_owned);
        draft.reported_at = stamp(object, "timestamp");
        list(object, "Attribute").for_each(|found| attribute(found, &mut draft));
    } else if has(value, "response/Attribute") {
        list(value, "response/Attribute").for_each(|found| attribute(found, &mut draft));
        draft.reported_at =
            list(value, "response/Attribute").filter_map(|found| stamp(found, "timestamp")).max();
    } else {
        event(at(value, "Event").unwrap_or(value), &mut draft);
    }
    Ok(vec![draft])
}

/// A time that MISP keeps as 0 until it is set.
fn stamp(value: &Value, name: &str) -> Option<Moment> {
    moment(value, name)
}

fn event(event: &Value, draft: &mut Draft) {
    draft.source_id = word(event, "uuid").or_else(|| word(event, "id"));
    // The second at which it was last changed.
    draft.revision = word(event, "timestamp");
    draft.title = text(event, "info").map(str::to_owned);
    draft.source_severity = word(event, "threat_level_id");
    draft.severity = match draft.source_severity.as_deref() {
        Some("1") => Some(Severity::High),
        Some("2") => Some(Severity::Medium),
        Some("3") => Some(Severity::Low),
        _ => None,
    };
    // The event's date is a day, not an instant.
    draft.reported_at = stamp(event, "publish_timestamp").or_else(|| stamp(event, "timestamp"));
    let objects = list(event, "Object").filter(|object| at(object, "deleted") != Some(&Value::Bool(true)));
    let of_objects = objects.flat_map(|object| list(object, "Attribute"));
    for found in list(event, "Attribute").chain(of_objects) {
        attribute(found, draft);
    }
    for galaxy in list(event, "Galaxy") {
        list(galaxy, "GalaxyCluster").for_each(|cluster| draft.technique(text(cluster, "value")));
    }
    list(event, "Tag")
        .for_each(|tag| draft.technique(text(tag, "name").filter(|name| name.contains("mitre"))));
}

fn attribute(attribute: &Value, draft: &mut Draft) {
    let (Some(kind), Some(value)) = (text(attribute, "type"), text(attribute, "value")) else { return };
    if at(attribute, "deleted") == Some(&Value::Bool(true)) {
        return;
    }
    // `filename|md5` and `domain|ip` hold two values.
    let kinds = kind.split('|');
    let values: Vec<&str> = if kind.contains('|') { value.splitn(2, '|').collect() } else { vec![value] };
    for (kind, value) in kinds.zip(values) {
        part(kind, value, draft);
    }
    list(attribute, "Tag")
        .for_each(|tag| draft.technique(text(tag, "name").filter(|name| name.contains("mitre"))));
}

fn part(kind: &str, value: &str, draft: &mut Draft) {
    match kind {
        "ip" | "ip-src" | "ip-dst" => draft.address(value),
        "domain" | "hostname" => observables::host_name(draft, value),
        "url" | "uri" => draft.indicator(K::Url, value),
        "md5" | "sha1" | "sha256" => draft.indicator(K::Sha256, value),
        "filename" => draft.indicator(K::FilePath, value),
        "email" | "email-src" | "email-reply-to" | "whois-registrant-email" => {
            observables::mailbox(draft, value)
        }
        "email-dst" | "target-email" | "target-user" => draft.account(value),
        "target-machine" => draft.host(value),
        "regkey" => draft.indicator(K::RegistryKey, value),
        "mutex" => draft.indicator(K::Mutex, value),
        "process-name" => draft.indicator(K::Process, value),
        "vulnerability" => {
            draft.indicator(K::Cve, Some(value).filter(|value| crate::indicator::is_cve(value)))
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn an_event_with_what_was_aimed_at_and_what_was_used() {
        let input = json!({"response": [{"Event": {
            "uuid": "ev-1", "info": "Ransomware at clinics", "threat_level_id": "1", "analysis": "2", "date": "2026-03-01",
            "timestamp": "1772439255", "publish_timestamp": "0", "published": false,
            "Attribute": [
                {"type": "domain|ip", "category": "Network activity", "value": "evil.example|203.0.113.9", "to_ids": true},
                {"type": "filename|sha256", "value": "a.exe|E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"},
                {"type": "target-machine", "value": "ws-exam3"}, {"type": "link", "value": "https://blog.example/post"},
                {"type": "ip-dst", "value": "198.51.100.7", "deleted": true}],
            "Object": [{"name": "email", "Attribute": [{"type": "email-src", "value": "x@evil.example"}, {"type": "email-dst", "value": "desk@cedarhollow.example"}]}],
            "Galaxy": [{"GalaxyCluster": [{"value": "Spearphishing Attachment - T1566.001"}]}]}}]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "misp", "source_id": "ev-1", "title": "Ransomware at clinics", "description": null,
                "severity": "high", "source_severity": "1", "status": null, "occurred_at": null,
                "reported_at": "2026-03-02T08:14:15Z", "hosts": ["ws-exam3"], "accounts": ["desk@cedarhollow.example"],
                "indicators": [{"kind": "domain", "value": "evil.example"}, {"kind": "ipv4", "value": "203.0.113.9"},
                    {"kind": "file_path", "value": "a.exe"},
                    {"kind": "sha256", "value": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                    {"kind": "email", "value": "x@evil.example"}],
                "techniques": ["T1566.001"], "link": null
            })]
        );
    }
}
