//! Suricata alerts in EVE JSON. (<https://docs.suricata.io/en/latest/output/eve/eve-json-format.html>)

use kernel::{Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, has, list, moment, text, texts, word},
    format::observables,
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "suricata",
    vendor: "OISF",
    product: "Suricata",
    reads: "EVE JSON, event type alert",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let alert = has(value, "alert/signature") || has(value, "alert/signature_id");
    let eve = has(value, "event_type") && (has(value, "flow_id") || has(value, "src_ip"));
    Confidence::Certain.when(alert && eve).max(Confidence::Likely.when(alert && has(value, "src_ip")))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

/// EVE has no id for an alert: a flow may raise several.
fn read(value: &Value, draft: &mut Draft) {
    draft.title = text(value, "alert/signature").map(str::to_owned);
    draft.description = text(value, "alert/category").map(str::to_owned);
    draft.occurred_at = moment(value, "timestamp");
    draft.source_severity = word(value, "alert/severity");
    // The rule's priority: 1 is the worst, 3 the least of the classes that ship with Suricata.
    draft.severity = match draft.source_severity.as_deref() {
        Some("1") => Some(Severity::High),
        Some("2") => Some(Severity::Medium),
        Some("3") => Some(Severity::Low),
        Some(_) => Some(Severity::Informational),
        None => None,
    };
    if let Some(stated) = texts(value, "alert/metadata/signature_severity").next()
        && let Some(step) = severity::of_word(stated)
    {
        (draft.severity, draft.source_severity) = (Some(step), Some(stated.to_owned()));
    }
    for name in ["src_ip", "dest_ip"] {
        draft.address(text(value, name));
    }
    observables::cves(draft, draft.title.clone().unwrap_or_default().as_str());
    texts(value, "alert/metadata/cve").for_each(|cve| observables::cves(draft, cve));
    draft.techniques_in(at(value, "alert/metadata/mitre_technique_id"));
    web(value, draft);
    for query in list(value, "dns/query").chain(list(value, "dns/queries")) {
        observables::host_name(draft, text(query, "rrname"));
    }
    observables::host_name(draft, first(value, &["dns/rrname", "tls/sni", "quic/sni"]));
    for file in list(value, "fileinfo").chain(list(value, "files")) {
        draft.hashes(file);
        draft.file(None, text(file, "filename"));
    }
    observables::mailbox(draft, text(value, "email/from"));
    texts(value, "email/to").for_each(|address| observables::mailbox(draft, address));
}

fn web(value: &Value, draft: &mut Draft) {
    let (host, path) = (text(value, "http/hostname"), text(value, "http/url"));
    if let (Some(host), Some(path)) = (host, path.filter(|path| path.starts_with('/'))) {
        draft.indicator(K::Url, format!("http://{host}{path}").as_str());
    }
    observables::web(draft, path.filter(|path| path.contains("://")));
    observables::host_name(draft, host);
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn an_alert_on_a_web_request() {
        let input = json!({"timestamp": "2026-03-02T08:14:15.221126-0600", "flow_id": 7, "event_type": "alert", "src_ip": "203.0.113.9",
            "src_port": 4904, "dest_ip": "10.0.4.12", "dest_port": 80, "proto": "TCP",
            "alert": {"action": "allowed", "gid": 1, "signature_id": 1, "rev": 2, "signature": "Possible CVE-2014-6271 attempt",
                "category": "Attempted Administrator Privilege Gain", "severity": 1,
                "metadata": {"mitre_technique_id": ["T1190"], "created_at": ["2014_09_25"]}},
            "http": {"hostname": "portal.cedarhollow.example", "url": "/cgi-bin/x"}});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "suricata", "source_id": null, "title": "Possible CVE-2014-6271 attempt",
                "description": "Attempted Administrator Privilege Gain", "severity": "high", "source_severity": "1",
                "status": null, "occurred_at": "2026-03-02T14:14:15.221126Z", "reported_at": null, "hosts": [], "accounts": [],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "10.0.4.12"},
                    {"kind": "cve", "value": "CVE-2014-6271"},
                    {"kind": "url", "value": "http://portal.cedarhollow.example/cgi-bin/x"},
                    {"kind": "domain", "value": "portal.cedarhollow.example"}],
                "techniques": ["T1190"], "link": null
            })]
        );
    }
}
