//! Red Canary detections (threats) and their timelines, of its portal API version 3.
//! (<https://redcanary.com/developer>)

use kernel::{Channel, IndicatorKind as K};

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, has, moment, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "red-canary",
    vendor: "Red Canary",
    product: "Managed Detection and Response",
    reads: "detections and timeline activities of the portal API",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let kind = text(value, "type").unwrap_or_default();
    let detection = has(value, "attributes/headline");
    Confidence::Certain.when(
        kind == "Detection" && has(value, "attributes")
            || detection
            || kind.starts_with("activity_timelines."),
    )
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        let kind = text(value, "type").unwrap_or_default();
        draft.source_id = word(value, "id");
        draft.title = first(value, &["attributes/headline", "attributes/type"]).map(str::to_owned);
        if draft.title.is_none() && !kind.is_empty() {
            draft.title = Some(kind.to_owned());
        }
        draft.description = text(value, "attributes/summary").map(str::to_owned);
        draft.severity_word(word(value, "attributes/severity"));
        draft.status_word(text(value, "attributes/last_remediated_status/remediation_state"));
        draft.occurred_at = first_moment(value, &["attributes/time_of_occurrence", "attributes/occurred_at"]);
        draft.reported_at = moment(value, "attributes/confirmed_at");
        draft.link = first(value, &["links/self/href", "links/self"]).map(str::to_owned);
        draft.host(first(value, &["hostname", "attributes/endpoint/hostname"]));
        draft.account(first(value, &["username", "attributes/endpoint_user/username"]));
        if let Some(activity) = at(value, "attributes/activity") {
            draft.address(first(activity, &["remote_ip", "remote_ip_address"]));
            draft.observe(first(activity, &["remote_domain", "domain"]));
            draft.indicator(K::Process, first(activity, &["command_line", "process_command_line"]));
            draft.indicator(K::FilePath, first(activity, &["path", "process_path", "file_path"]));
            draft.hashes(activity);
        }
        draft.techniques_in(at(value, "attributes/attack_techniques"));
        draft.techniques_in(at(value, "attributes/detectors"));
    })
}
