//! Rapid7 InsightIDR alerts and investigations. (<https://docs.rapid7.com/insightidr/insightidr-rest-api/>)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, list, text, texts, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "rapid7-insightidr",
    vendor: "Rapid7",
    product: "InsightIDR",
    reads: "alerts, investigations",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let rrn = item.value().and_then(|value| text(value, "rrn")).unwrap_or_default();
    Confidence::Certain.when(rrn.starts_with("rrn:alerts:") || rrn.starts_with("rrn:investigation:"))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = word(value, "rrn");
        draft.title = first(value, &["title", "type"]).map(str::to_owned);
        draft.severity_word(word(value, "priority"));
        draft.status_word(text(value, "status"));
        draft.occurred_at = first_moment(value, &["alerted_at", "first_alert_time", "created_time"]);
        draft.reported_at = first_moment(value, &["created_at", "created_time"]);
        draft.techniques_in(at(value, "rule/mitre_tcodes"));
        for key in list(value, "rule_keys_of_interest").chain(list(value, "rule_matching_keys")) {
            let name = text(key, "key").unwrap_or_default();
            for found in texts(key, "values") {
                match name {
                    "account" | "user" | "source_user" | "destination_user" => draft.account(found),
                    "asset" | "hostname" | "source_asset" | "destination_asset" => draft.host(found),
                    _ => draft.observe(found),
                }
            }
        }
    })
}
