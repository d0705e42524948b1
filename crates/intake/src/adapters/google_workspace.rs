//! Google Workspace: activities of the Reports API, whole or flattened to one event by a log platform, and alerts of the
//! Alert Center. (<https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list>,
//! <https://developers.google.com/workspace/admin/alertcenter/reference/rest/v1beta1/alerts>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, has, has_all, list, moment, text, texts, word},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "google-workspace",
    vendor: "Google",
    product: "Workspace",
    reads: "Reports API activities, Alert Center alerts",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// Parameters that name an account of the customer.
const OWN: [&str; 5] = ["USER_EMAIL", "affected_email_address", "owner", "email", "affected_user"];

/// Parameters that name the other side.
const OTHERS: [&str; 6] = [
    "email_forwarding_destination_address",
    "target_user",
    "new_owner",
    "target",
    "recipient",
    "EMAIL_FORWARDING_DESTINATION_ADDRESS",
];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let activity = text(value, "kind") == Some("admin#reports#activity")
        || has(value, "id/applicationName")
            && has(value, "actor")
            && (has(value, "events") || has(value, "name"));
    let alert = has_all(value, &["alertId", "type", "source"])
        && (has(value, "customerId") || has(value, "createTime"))
        && (has(value, "data") || has(value, "metadata"));
    Confidence::Certain.when(activity || alert)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        if has(value, "alertId") {
            alert(value, draft);
        } else {
            activity(value, draft);
        }
    })
}

fn activity(value: &Value, draft: &mut Draft) {
    // Several activities share a time and differ in the qualifier alone.
    draft.source_id = word(value, "id/uniqueQualifier");
    draft.occurred_at = moment(value, "id/time");
    draft.account(first(value, &["actor/email", "actor/key"]));
    draft.address(text(value, "ipAddress"));
    let lone = has(value, "name").then_some(value);
    let events: Vec<&Value> = list(value, "events").chain(lone).collect();
    let names: Vec<&str> = events.iter().filter_map(|event| text(event, "name")).collect();
    draft.title = (!names.is_empty()).then(|| names.join(", "));
    draft.description = events.iter().find_map(|event| text(event, "type")).map(str::to_owned);
    for event in events {
        parameters(event, draft);
    }
}

/// `[{"name": …, "value": …}]` as Google writes them, or an object of them.
fn parameters(event: &Value, draft: &mut Draft) {
    for parameter in list(event, "parameters") {
        if let (Some(name), true) = (text(parameter, "name"), parameter.get("parameters").is_none()) {
            for path in ["value", "multiValue", "messageValue", "multiMessageValue"] {
                for found in list(parameter, path) {
                    member(name, found, draft);
                }
            }
        } else if let Some(members) = parameter.as_object() {
            members.iter().for_each(|(name, found)| member(name, found, draft));
        }
    }
}

fn member(name: &str, value: &Value, draft: &mut Draft) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|inner| member(name, inner, draft)),
        Value::Object(members) if name == "source" || name == "connection_info" || name == "message_info" => {
            members.iter().for_each(|(inner, found)| match (name, inner.as_str()) {
                ("source", "address" | "from_header_address") => {
                    observables::mailbox(draft, found.as_str());
                }
                _ => member(inner, found, draft),
            });
        }
        Value::Object(members) if name == "attachment" => {
            draft.hashes(value);
            draft.file(None, members.get("file_name").and_then(Value::as_str));
        }
        Value::Object(_) if name == "destination" => draft.account(text(value, "address")),
        Value::String(text) if OWN.contains(&name) => draft.account(text.as_str()),
        Value::String(text) if OTHERS.contains(&name) => observables::mailbox(draft, text.as_str()),
        Value::String(text) if name == "link_domain" => draft.indicator(K::Domain, text.as_str()),
        Value::String(text) if name == "client_ip" || name == "ip_address" || name == "IP_ADDRESS" => {
            draft.address(text.as_str());
        }
        _ => {}
    }
}

fn alert(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "alertId");
    draft.title = first(value, &["type"]).map(str::to_owned);
    draft.description =
        first(value, &["data/description", "data/title", "data/displayName", "source"]).map(str::to_owned);
    draft.severity_word(word(value, "metadata/severity"));
    draft.status_word(text(value, "metadata/status").map(|status| match status {
        "NOT_STARTED" => "new",
        other => other,
    }));
    draft.occurred_at = moment(value, "startTime");
    draft.reported_at = moment(value, "createTime");
    draft.link = text(value, "securityInvestigationToolLink").map(str::to_owned);
    let Some(data) = at(value, "data") else { return };
    draft.account(text(data, "email"));
    for path in ["affectedUserEmails", "actorEmail", "triggeringUserEmail"] {
        texts(data, path).for_each(|address| draft.account(address));
    }
    draft.address(first(data, &["loginDetails/ipAddress", "ipAddress"]));
    observables::mailbox(draft, text(data, "maliciousEntity/fromHeader"));
    observables::mailbox(draft, text(data, "maliciousEntity/entity/emailAddress"));
    for message in list(data, "messages") {
        draft.account(text(message, "recipient"));
        texts(message, "attachmentsSha256Hash").for_each(|hash| draft.indicator(K::Sha256, hash));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_forwarding_rule_to_outside_is_seen_with_its_target() {
        let input = json!({"kind": "admin#reports#activities", "items": [{
            "kind": "admin#reports#activity",
            "id": {"time": "2026-03-02T08:14:15.003Z", "uniqueQualifier": "-77", "applicationName": "user_accounts"},
            "actor": {"email": "billing@cedarhollow.example", "profileId": "1"}, "ipAddress": "2001:db8::9",
            "events": [{"type": "email_forwarding_change", "name": "email_forwarding_out_of_domain",
                "parameters": [{"name": "email_forwarding_destination_address", "value": "x@evil.example"}]}]
        }]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "google-workspace", "source_id": "-77",
                "title": "email_forwarding_out_of_domain", "description": "email_forwarding_change", "severity": null,
                "source_severity": null, "status": null, "occurred_at": "2026-03-02T08:14:15.003Z", "reported_at": null,
                "hosts": [], "accounts": ["billing@cedarhollow.example"],
                "indicators": [{"kind": "ipv6", "value": "2001:db8::9"}, {"kind": "email", "value": "x@evil.example"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn an_alert_center_alert() {
        let found = alerts(&json!({"alerts": [{
            "customerId": "C1", "alertId": "a-1", "createTime": "2026-03-02T08:20:00.1Z", "startTime": "2026-03-02T08:14:15Z",
            "type": "User reported phishing", "source": "Gmail phishing", "metadata": {"severity": "HIGH", "status": "CLOSED"},
            "data": {"maliciousEntity": {"fromHeader": "x@evil.example"}, "messages": [{"recipient": "desk@cedarhollow.example",
                "attachmentsSha256Hash": ["E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"]}]}
        }]}));
        assert_eq!((&found[0]["severity"], &found[0]["status"]), (&json!("high"), &json!("resolved")));
        assert_eq!(found[0]["accounts"], json!(["desk@cedarhollow.example"]));
        assert_eq!(found[0]["indicators"][1]["kind"], "sha256");
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15Z");
    }
}
