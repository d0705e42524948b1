//! Atlassian Statuspage, which most cloud vendors of a practice tell their outages with: webhooks on incidents and
//! components, and the incidents of a page's own API. Each update of an incident is an alert of its own, so that the
//! one that says "resolved" is not taken for a repetition. A webhook carries no proof of its sender.
//! (<https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/>)

use kernel::{AlertStatus, Channel, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first_moment, has, has_all, list, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "statuspage",
    vendor: "Atlassian",
    product: "Statuspage",
    reads: "webhooks on incidents and components, incidents of a status page's API",
    channel: Channel::Vendor,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let webhook = has(value, "page") && (has(value, "incident/name") || has(value, "component_update"));
    Confidence::Certain.when(webhook || has_all(value, &["incident_updates", "impact", "name"]))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| match at(value, "component_update") {
        Some(update) => component(value, update, draft),
        None => incident(at(value, "incident").unwrap_or(value), draft),
    })
}

fn incident(incident: &Value, draft: &mut Draft) {
    // The latest update stands first.
    let update = list(incident, "incident_updates").next();
    draft.source_id = update.and_then(|update| word(update, "id")).or_else(|| word(incident, "id"));
    // An update can be written over, and the last one's incident go on without a new one.
    draft.revision =
        update.and_then(|update| word(update, "updated_at")).or_else(|| word(incident, "updated_at"));
    draft.title = text(incident, "name").map(str::to_owned);
    draft.description = update.and_then(|update| text(update, "body")).map(str::to_owned);
    draft.source_severity = word(incident, "impact");
    draft.severity = match draft.source_severity.as_deref() {
        Some("critical") => Some(Severity::Critical),
        Some("major") => Some(Severity::High),
        Some("minor") => Some(Severity::Low),
        Some("none" | "maintenance") => Some(Severity::Informational),
        _ => None,
    };
    draft.status = match text(incident, "status") {
        Some("resolved" | "postmortem" | "completed") => Some(AlertStatus::Resolved),
        Some(_) => Some(AlertStatus::Open),
        None => None,
    };
    draft.occurred_at = first_moment(incident, &["started_at", "scheduled_for", "created_at"]);
    draft.reported_at = update
        .and_then(|update| first_moment(update, &["display_at", "created_at"]))
        .or_else(|| first_moment(incident, &["updated_at", "created_at"]));
    draft.link = text(incident, "shortlink").map(str::to_owned);
}

fn component(value: &Value, update: &Value, draft: &mut Draft) {
    let (name, now) =
        (text(value, "component/name"), text(update, "new_status").or(text(value, "component/status")));
    draft.source_id = word(update, "id");
    draft.title = match (name, now) {
        (Some(name), Some(now)) => Some(format!("{name}: {now}")),
        (name, now) => name.or(now).map(str::to_owned),
    };
    draft.description = text(value, "page/status_description").map(str::to_owned);
    draft.source_severity = now.map(str::to_owned);
    draft.severity = match now {
        Some("major_outage") => Some(Severity::High),
        Some("partial_outage") => Some(Severity::Medium),
        Some("degraded_performance") => Some(Severity::Low),
        Some("operational" | "under_maintenance") => Some(Severity::Informational),
        _ => None,
    };
    draft.status =
        now.map(|now| if now == "operational" { AlertStatus::Resolved } else { AlertStatus::Open });
    draft.occurred_at = first_moment(update, &["created_at"]);
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::{Value, json};

    fn update(status: &str, id: &str) -> Value {
        json!({"meta": {"unsubscribe": "x"}, "page": {"id": "p", "status_indicator": "critical", "status_description": "Outage"},
            "incident": {"id": "inc-1", "name": "EHR sign-in unavailable", "status": status, "impact": "critical", "shortlink": "https://stspg.example/i",
                "created_at": "2026-03-02T08:14:15.003Z", "updated_at": "2026-03-02T08:30:00Z",
                "incident_updates": [{"id": id, "status": status, "body": "We are looking into it.", "created_at": "2026-03-02T08:20:00Z"}]}})
    }

    #[test]
    fn each_update_of_an_outage_is_an_alert() {
        let found = alerts(&update("investigating", "u-1"));
        assert_eq!(
            found,
            [json!({
                "channel": "vendor", "source": "statuspage", "source_id": "u-1", "title": "EHR sign-in unavailable",
                "description": "We are looking into it.", "severity": "critical", "source_severity": "critical", "status": "open",
                "occurred_at": "2026-03-02T08:14:15.003Z", "reported_at": "2026-03-02T08:20:00Z", "hosts": [], "accounts": [],
                "indicators": [], "techniques": [], "link": "https://stspg.example/i"
            })]
        );
        let later = alerts(&update("resolved", "u-2"));
        assert_eq!((&later[0]["status"], &later[0]["source_id"]), (&json!("resolved"), &json!("u-2")));
    }

    #[test]
    fn a_component_that_fails() {
        let found = alerts(
            &json!({"page": {"id": "p"}, "component_update": {"id": "c-1", "old_status": "operational", "new_status": "major_outage",
            "created_at": "2026-03-02T08:14:15Z"}, "component": {"id": "x", "name": "Lab interface", "status": "major_outage"}}),
        );
        assert_eq!(found[0]["title"], "Lab interface: major_outage");
        assert_eq!((&found[0]["severity"], &found[0]["status"]), (&json!("high"), &json!("open")));
    }
}
