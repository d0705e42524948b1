//! Carbon Black Cloud alerts (API version 7, and the older `threat_id` form) and audit log entries.
//! (<https://developer.carbonblack.com/reference/carbon-black-cloud/platform/latest/alerts-api/>)

use kernel::{Channel, IndicatorKind as K};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, number, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "carbon-black",
    vendor: "Broadcom",
    product: "Carbon Black Cloud",
    reads: "alerts, audit log entries",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let audit = has_all(value, &["eventId", "eventTime", "orgName", "requestUrl"]);
    let alert = has(value, "org_key") && (has(value, "backend_timestamp") || has(value, "threat_id"));
    Confidence::Certain.when(audit || alert)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = first_word(value, &["id", "eventId"]);
        draft.title = first(value, &["reason", "report_name", "description"]).map(str::to_owned);
        draft.description = first(value, &["report_description", "description"]).map(str::to_owned);
        draft.source_severity = word(value, "severity");
        // 1 to 10.
        draft.severity =
            number(value, "severity").and_then(|score| severity::of_score(score, [2.0, 4.0, 7.0, 9.0]));
        draft.status_word(first(value, &["workflow/status", "workflow/state"]));
        draft.occurred_at = first_moment(value, &["first_event_timestamp", "first_event_time", "eventTime"]);
        draft.reported_at = first_moment(value, &["backend_timestamp", "create_time"]);
        draft.link = text(value, "alert_url").map(str::to_owned);
        draft.host(text(value, "device_name"));
        draft.account(first(value, &["process_username", "device_username", "loginName"]));
        for path in ["process_sha256", "process_md5", "threat_cause_actor_sha256", "threat_cause_actor_md5"] {
            draft.indicator(K::Sha256, text(value, path));
        }
        draft.indicator(K::FilePath, text(value, "process_name").filter(|name| name.contains(['/', '\\'])));
        draft.indicator(K::Process, text(value, "process_cmdline"));
        for path in ["netconn_remote_ip", "netconn_remote_ipv4", "clientIp"] {
            draft.address(text(value, path));
        }
        draft.observe(text(value, "netconn_remote_domain"));
        draft.techniques_in(at(value, "ttps"));
        draft.techniques_in(at(value, "attack_technique"));
    })
}
