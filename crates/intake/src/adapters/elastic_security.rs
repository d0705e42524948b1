//! Elastic Security detection alerts, as Kibana stores them (`kibana.alert.*`, and `signal.*` before version 8), alone
//! or as search hits; and Elastic Endpoint's own alerts.
//! (<https://www.elastic.co/docs/reference/security/fields-and-object-schemas/alert-schema>)

use kernel::Channel;
use serde_json::Value;

use super::ecs;
use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{as_word, at, dotted},
    severity, when,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "elastic-security",
    vendor: "Elastic",
    product: "Elastic Security",
    reads: "detection alerts (kibana.alert.*, signal.*), Elastic Endpoint alerts",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn event(value: &Value) -> &Value {
    at(value, "_source").unwrap_or(value)
}

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value().map(event) else { return Confidence::No };
    if dotted(value, "kibana.alert.rule.name").is_some() || dotted(value, "signal.rule.name").is_some() {
        return Confidence::Certain;
    }
    let alert = matches!(ecs::text(value, "event.kind"), Some("alert" | "signal"));
    if alert && dotted(value, "wazuh").is_none() && dotted(value, "ecs.version").is_some() {
        return Confidence::Likely;
    }
    Confidence::Possible.when(dotted(value, "ecs.version").is_some() && dotted(value, "@timestamp").is_some())
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |outer, draft| {
        let value = event(outer);
        let first = |paths: &[&str]| paths.iter().find_map(|path| ecs::text(value, path)).map(str::to_owned);
        let moment = |paths: &[&str]| paths.iter().find_map(|path| when::of_value(dotted(value, path)?));
        draft.source_id = first(&["kibana.alert.uuid"])
            .or_else(|| ecs::text(outer, "_id").map(str::to_owned))
            .or_else(|| first(&["event.id"]));
        draft.title = first(&["kibana.alert.rule.name", "signal.rule.name", "rule.name", "message"]);
        draft.description = first(&[
            "kibana.alert.reason",
            "signal.reason",
            "signal.rule.description",
            "rule.description",
            "message",
        ]);
        draft.severity_word(first(&["kibana.alert.severity", "signal.rule.severity"]));
        if draft.source_severity.is_none()
            && let Some(score) = dotted(value, "event.severity").and_then(as_word)
        {
            // The scale of Elastic's rules: 21 low, 47 medium, 73 high, 99 critical.
            draft.severity =
                score.parse().ok().and_then(|score| severity::of_score(score, [1.0, 47.0, 73.0, 99.0]));
            draft.source_severity = Some(score);
        }
        let workflow = first(&["kibana.alert.workflow_status", "signal.status"]);
        draft.status_word(workflow.as_deref());
        let alert = moment(&["@timestamp"]);
        draft.occurred_at = moment(&[
            "kibana.alert.original_time",
            "signal.original_time",
            "kibana.alert.original_event.created",
            "event.created",
        ])
        .or(alert);
        draft.reported_at = alert.filter(|_| draft.title.is_some());
        draft.link = first(&["kibana.alert.url"]);
        ecs::read(value, draft);
        draft.techniques_in(dotted(value, "kibana.alert.rule.threat"));
        draft.techniques_in(dotted(value, "signal.rule.threat"));
    })
}
