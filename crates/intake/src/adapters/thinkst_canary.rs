//! Thinkst Canary notifications, as its generic webhook sends them.
//! (<https://docs.canary.tools/guide/alert-payloads.html>)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{first, first_moment, has, has_all, list, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "thinkst-canary",
    vendor: "Thinkst",
    product: "Canary",
    reads: "webhook notifications of incidents and of Canaries that disconnect",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    Confidence::Certain.when(
        has_all(value, &["CanaryID", "Description"])
            && (has(value, "IncidentKey") || has(value, "AlertType")),
    )
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = word(value, "IncidentKey");
        draft.title = text(value, "Description").map(str::to_owned);
        draft.description = text(value, "Intro").map(str::to_owned);
        draft.occurred_at = text(value, "Timestamp")
            .and_then(|written| crate::when::read(written.trim_end_matches(" (UTC)")));
        draft.reported_at = first_moment(value, &["ReportedTime"]);
        draft.host(first(value, &["CanaryName"]));
        draft.address(text(value, "SourceIP"));
        for pair in list(value, "AdditionalDetails") {
            let (name, detail) = (text(pair, "0"), text(pair, "1"));
            match name {
                Some("User" | "Username") => draft.account(detail),
                _ => draft.observe(detail),
            }
        }
    })
}
