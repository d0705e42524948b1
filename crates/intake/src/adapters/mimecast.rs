//! Mimecast: Targeted Threat Protection logs (URL, attachment, impersonation), SIEM events of API 2.0, tracked messages.
//! (<https://developer.services.mimecast.com/docs/securityevents/1/overview>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{first, first_moment, has, has_all, list, text, texts, word},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "mimecast",
    vendor: "Mimecast",
    product: "Email Security",
    reads: "TTP logs, SIEM events (API 2.0), message tracking",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let protection = has(value, "ttpDefinition")
        || has_all(value, &["userEmailAddress", "scanResult"])
        || has(value, "impersonationResults");
    let siem = has_all(value, &["aggregateId", "processingId"]);
    let tracked = has_all(value, &["fromEnv", "route"]);
    Confidence::Certain.when(protection || siem || tracked)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

fn read(value: &Value, draft: &mut Draft) {
    // Neither messageId nor aggregateId is the event's own: a message has several events.
    draft.source_id = has(value, "fromEnv").then(|| word(value, "id")).flatten();
    draft.title = title(value);
    draft.description = text(value, "subject").map(str::to_owned);
    draft.occurred_at = first_moment(value, &["date", "eventTime", "timestamp", "received"]);
    for name in ["userEmailAddress", "recipients", "recipient", "toUserEmailAddress"] {
        texts(value, name).for_each(|address| draft.account(address));
    }
    list(value, "to").for_each(|to| draft.account(text(to, "emailAddress")));
    for name in [
        "fromUserEmailAddress",
        "senderAddress",
        "senderEnvelope",
        "senderHeader",
        "fromEnv/emailAddress",
        "fromHdr/emailAddress",
    ] {
        observables::mailbox(draft, text(value, name));
    }
    for name in ["sendingIp", "senderIp", "senderIP", "sourceIp", "SourceIP"] {
        draft.address(text(value, name));
    }
    observables::web(draft, first(value, &["url", "urlClicked"]));
    draft.hashes(value);
    draft.indicator(K::Sha256, text(value, "fileHash"));
    draft.file(None, text(value, "fileName"));
    for result in list(value, "impersonationResults") {
        observables::host_name(draft, text(result, "similarDomain"));
    }
}

/// What was found: of the protections the verdict and its category, of the others the kind of event.
fn title(value: &Value) -> Option<String> {
    let said: Vec<&str> = [("scanResult", "category"), ("type", "subtype"), ("status", "info")]
        .into_iter()
        .find(|(what, _)| has(value, what))
        .map(|(what, detail)| [text(value, what), text(value, detail)].into_iter().flatten().collect())
        .unwrap_or_default();
    (!said.is_empty()).then(|| said.join(": "))
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_click_on_a_dangerous_link() {
        let input = json!({"meta": {"status": 200}, "data": [{"clickLogs": [{
            "userEmailAddress": "desk@cedarhollow.example", "fromUserEmailAddress": "x@evil.example", "url": "https://evil.example/a",
            "ttpDefinition": "Default", "subject": "Invoice", "action": "warn", "scanResult": "malicious", "category": "Phishing",
            "sendingIp": "203.0.113.9", "date": "2026-03-02T08:14:15+0000", "route": "inbound", "messageId": "1"}]}], "fail": []});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "mimecast", "source_id": null, "title": "malicious: Phishing",
                "description": "Invoice", "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:14:15Z", "reported_at": null, "hosts": [],
                "accounts": ["desk@cedarhollow.example"],
                "indicators": [{"kind": "email", "value": "x@evil.example"}, {"kind": "ipv4", "value": "203.0.113.9"},
                    {"kind": "url", "value": "https://evil.example/a"}, {"kind": "domain", "value": "evil.example"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn a_siem_event() {
        let found = alerts(
            &json!({"aggregateId": "a", "processingId": "p", "type": "attachment protect", "subtype": null,
            "timestamp": 1_772_439_255_000_i64, "senderEnvelope": "x@evil.example", "recipients": "desk@cedarhollow.example",
            "md5": "d41d8cd98f00b204e9800998ecf8427f", "fileName": "a.pdf"}),
        );
        assert_eq!(found[0]["title"], "attachment protect");
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15.000Z");
        assert_eq!(
            found[0]["indicators"][1],
            json!({"kind": "md5", "value": "d41d8cd98f00b204e9800998ecf8427f"})
        );
    }
}
