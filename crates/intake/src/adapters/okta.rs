//! Okta System Log events, singly or as an event hook delivers them; keys may have been written in lower case by a
//! log platform. (<https://developer.okta.com/docs/reference/api/system-log/>,
//! <https://developer.okta.com/docs/concepts/event-hooks/>)

use kernel::Channel;
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, list, moment, text, word},
    format::keys,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "okta",
    vendor: "Okta",
    product: "Workforce Identity",
    reads: "System Log events, also in the envelope of an event hook",
    channel: Channel::Mdr,
    // An event hook carries the header and the secret that were set for it.
    authentication: Authentication::Hook {
        header: "Authorization",
        challenge: "x-okta-verification-challenge",
    },
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let event = keys::has_all(value, &["eventType", "actor"])
        && ["published", "uuid", "legacyEventType", "displayMessage", "securityContext"]
            .iter()
            .any(|name| keys::has(value, name));
    let hook = text(value, "eventType") == Some("com.okta.event_hook");
    // A row that a query over the System Log gave: flat, under the log's own words.
    let row = keys::has_all(value, &["eventType", "actorId"])
        && (keys::has(value, "sourceIP") || keys::has(value, "actorName"));
    Confidence::Certain.when(event || hook).max(Confidence::Likely.when(row))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    if text(value, "eventType") == Some("com.okta.event_hook") {
        let reported = moment(value, "eventTime");
        let events = list(value, "data/events").map(|one| Draft { reported_at: reported, ..event(one) });
        return Ok(events.collect());
    }
    Ok(vec![event(value)])
}

fn event(value: &Value) -> Draft {
    let value = keys::lower(value);
    let mut draft = Draft {
        source_id: word(&value, "uuid"),
        title: first(&value, &["displaymessage", "eventtype"]).map(str::to_owned),
        description: text(&value, "outcome/reason").or(text(&value, "anomaly_type")).map(str::to_owned),
        occurred_at: moment(&value, "published"),
        ..Draft::default()
    };
    draft.severity_word(word(&value, "severity"));
    if let Some(actor) = at(&value, "actor") {
        principal(&mut draft, actor);
    }
    list(&value, "target").for_each(|target| principal(&mut draft, target));
    draft.account(text(&value, "actorid"));
    draft.host(first(&value, &["device/name", "client/device/name"]));
    draft.address(text(&value, "client/ipaddress"));
    draft.address(text(&value, "sourceip"));
    for hop in list(&value, "request/ipchain") {
        draft.address(first(hop, &["ip", "geographicalcontext/ip"]));
    }
    draft
}

/// A user by the login; an address that Okta itself names as the actor.
fn principal(draft: &mut Draft, principal: &Value) {
    match text(principal, "type") {
        Some("User") => draft.account(first(principal, &["alternateid", "displayname"])),
        None => draft.account(text(principal, "alternateid")),
        Some("IP address") => draft.address(first(principal, &["displayname", "id"])),
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_hook_delivers_each_event_with_the_time_of_its_report() {
        let input = json!({
            "eventType": "com.okta.event_hook", "eventTime": "2026-03-02T08:14:20.000Z", "eventId": "h-1",
            "data": {"events": [{
                "uuid": "e-1", "published": "2026-03-02T08:14:15.003Z", "eventType": "user.session.start",
                "displayMessage": "User login to Okta", "severity": "WARN",
                "actor": {"id": "00u", "type": "User", "alternateId": "frontdesk2@cedarhollow.example", "displayName": "Front Desk"},
                "client": {"ipAddress": "203.0.113.9", "device": "Computer"},
                "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
                "request": {"ipChain": [{"ip": "203.0.113.9", "version": "V4"}, {"ip": "2001:db8::9", "version": "V6"}]},
                "target": [{"type": "AppInstance", "alternateId": "EHR", "displayName": "EHR"}]
            }]}
        });
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "okta", "source_id": "e-1", "title": "User login to Okta",
                "description": "INVALID_CREDENTIALS", "severity": "medium", "source_severity": "WARN", "status": null,
                "occurred_at": "2026-03-02T08:14:15.003Z", "reported_at": "2026-03-02T08:14:20.000Z",
                "hosts": [], "accounts": ["frontdesk2@cedarhollow.example"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv6", "value": "2001:db8::9"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn a_log_platforms_lower_case_keys_are_the_same_event() {
        let found = alerts(&json!({
            "actor": {"alternateId": "unknown", "displayName": "1.2.3.4", "id": "1.2.3.4", "type": "IP address"},
            "eventtype": "security.threat.detected", "displaymessage": "Request from suspicious actor",
            "published": "2026-03-02 08:14:15.003", "severity": "WARN", "uuid": "x", "securitycontext": {}
        }));
        assert_eq!(found[0]["accounts"], json!([]));
        assert_eq!(found[0]["indicators"], json!([{"kind": "ipv4", "value": "1.2.3.4"}]));
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15.003Z");
    }
}
