//! Duo authentication logs (v1 and v2), administrator logs and Trust Monitor events.
//! (<https://duo.com/docs/adminapi#authentication-logs>, `#administrator-logs`, `#trust-monitor`)

use kernel::{AlertStatus, Channel};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, embedded, first, first_moment, has, has_all, text, word},
    indicator,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "duo",
    vendor: "Cisco",
    product: "Duo",
    reads: "authentication logs, administrator logs, Trust Monitor events (Admin API)",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let authentication = has(value, "access_device") && (has(value, "auth_device") || has(value, "txid"))
        || has_all(value, &["txid", "factor", "result"]);
    let trust_monitor =
        has(value, "sekey") && (has(value, "surfaced_timestamp") || has(value, "surfaced_auth"));
    let administrator = has_all(value, &["action", "isotimestamp"])
        || has_all(value, &["action", "timestamp", "username", "description", "object"]);
    Confidence::Certain.when(authentication || trust_monitor).max(Confidence::Likely.when(administrator))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        if has(value, "sekey") {
            trust_monitor(value, draft);
        } else if has(value, "action") && !has(value, "access_device") {
            administrator(value, draft);
        } else {
            authentication(value, draft);
        }
    })
}

fn authentication(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "txid");
    let what: Vec<&str> = ["event_type", "eventtype", "result"]
        .into_iter()
        .filter_map(|name| text(value, name))
        .chain(text(value, "reason"))
        .collect();
    draft.title = (!what.is_empty()).then(|| what.join(" "));
    draft.description =
        first(value, &["application/name", "integration"]).map(|application| match text(value, "factor") {
            Some(factor) => format!("{application}, {factor}"),
            None => application.to_owned(),
        });
    draft.occurred_at = first_moment(value, &["isotimestamp", "timestamp"]);
    draft.account(first(value, &["user/name", "username"]));
    draft.account(text(value, "email"));
    draft.host(first(value, &["access_device/hostname"]));
    for path in ["access_device/ip", "auth_device/ip", "ip"] {
        draft.address(text(value, path));
    }
}

fn administrator(value: &Value, draft: &mut Draft) {
    draft.title = text(value, "action").map(str::to_owned);
    // The API gives the description as JSON in a text; some collectors have opened it.
    let details =
        embedded(value, "description").or_else(|| at(value, "description").cloned()).unwrap_or_default();
    draft.description = match &details {
        Value::Object(_) => {
            first(&details, &["message", "error"]).map(str::to_owned).or(Some(details.to_string()))
        }
        Value::String(said) => Some(said.clone()),
        _ => None,
    };
    draft.occurred_at = first_moment(value, &["isotimestamp", "timestamp"]);
    draft.account(text(value, "username"));
    draft.account(text(value, "object").filter(|object| indicator::is_email(object)));
    draft.account(first(&details, &["email", "uname"]));
    draft.address(first(&details, &["ip_address", "ip"]));
}

fn trust_monitor(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "sekey");
    draft.title = text(value, "type").map(str::to_owned);
    let reasons = value.get("explanations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let said: Vec<&str> = reasons.iter().filter_map(|reason| text(reason, "summary")).collect();
    draft.description = (!said.is_empty()).then(|| said.join("; "));
    draft.reported_at = first_moment(value, &["surfaced_timestamp"]);
    draft.status = match text(value, "state") {
        Some("new" | "state_new") => Some(AlertStatus::Open),
        Some("processed" | "state_processed") => Some(AlertStatus::Resolved),
        _ => None,
    };
    draft.link = text(value, "triage_event_uri").map(str::to_owned);
    let surfaced = at(value, "surfaced_auth").cloned().unwrap_or_default();
    let mut inner = Draft::default();
    authentication(&surfaced, &mut inner);
    draft.occurred_at = inner.occurred_at;
    inner.accounts().iter().for_each(|account| draft.account(account.as_str()));
    inner.hosts().iter().for_each(|host| draft.host(host.as_str()));
    inner.indicators().iter().for_each(|found| draft.indicator(found.kind, found.value.as_str()));
    draft.account(text(value, "bypass_status_enabled_for/name"));
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_push_that_the_user_called_a_fraud() {
        let input = json!({"stat": "OK", "response": {"authlogs": [{
            "txid": "t-1", "event_type": "authentication", "result": "fraud", "reason": "user_marked_fraud", "factor": "duo_push",
            "isotimestamp": "2026-03-02T08:14:15.041420+00:00", "timestamp": 1772439255,
            "application": {"key": "K", "name": "EHR VPN"}, "user": {"name": "frontdesk2", "key": "U"}, "email": "fd2@cedarhollow.example",
            "access_device": {"ip": "203.0.113.9", "hostname": null}, "auth_device": {"ip": "198.51.100.7"}
        }], "metadata": {"total_objects": 1}}});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "duo", "source_id": "t-1", "title": "authentication fraud user_marked_fraud",
                "description": "EHR VPN, duo_push", "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:14:15.041420Z", "reported_at": null, "hosts": [],
                "accounts": ["frontdesk2", "fd2@cedarhollow.example"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "198.51.100.7"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn administrator_and_trust_monitor_events() {
        let found = alerts(
            &json!({"response": [{"action": "admin_login", "isotimestamp": "2026-03-02 08:14:15", "username": "Ann",
            "object": null, "description": "{\"ip_address\": \"203.0.113.9\", \"email\": \"ann@cedarhollow.example\"}"}]}),
        );
        assert_eq!(found[0]["accounts"], json!(["Ann", "ann@cedarhollow.example"]));
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15Z");
        let found = alerts(
            &json!({"sekey": "SE1", "type": "auth", "state": "new", "surfaced_timestamp": 1_772_439_300_000_i64,
            "triage_event_uri": "https://admin-x.duosecurity.com/trust-monitor?sekey=SE1",
            "explanations": [{"type": "NEW_COUNTRY_CODE", "summary": "From a new country"}],
            "surfaced_auth": {"txid": "t", "isotimestamp": "2026-03-02T08:14:15+00:00", "user": {"name": "fd2"}, "access_device": {"ip": "203.0.113.9"}}}),
        );
        assert_eq!(found[0]["status"], "open");
        assert_eq!(found[0]["description"], "From a new country");
        assert_eq!(found[0]["reported_at"], "2026-03-02T08:15:00.000Z");
        assert_eq!(found[0]["accounts"], json!(["fd2"]));
    }
}
