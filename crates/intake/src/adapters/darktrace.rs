//! Darktrace model breaches and AI Analyst incidents. (<https://customerportal.darktrace.com>, “API Guide”)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, number, text, texts, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "darktrace",
    vendor: "Darktrace",
    product: "Darktrace",
    reads: "model breaches, AI Analyst incidents",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let breach = has(value, "pbid") && (has(value, "model") || has(value, "triggeredComponents"));
    let incident = has_all(value, &["aiaScore", "title"]);
    Confidence::Certain.when(breach || incident)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = first_word(value, &["pbid", "id"]);
        draft.title =
            first(value, &["model/then/name", "model/name", "model/now/name", "title"]).map(str::to_owned);
        draft.description =
            first(value, &["model/then/description", "model/description", "summary"]).map(str::to_owned);
        // A breach's score goes from 0 to 1, an incident's from 0 to 100.
        draft.source_severity = first_word(value, &["score", "aiaScore"]);
        let score = number(value, "score").map(|score| score * 100.0).or_else(|| number(value, "aiaScore"));
        draft.severity = score.and_then(|score| severity::of_score(score, [20.0, 40.0, 60.0, 80.0]));
        let acknowledged = at(value, "acknowledged").is_some_and(|mark| mark.as_bool() != Some(false));
        draft.status_word(acknowledged.then_some("resolved"));
        draft.occurred_at = first_moment(value, &["time", "periods/0/start", "createdAt"]);
        draft.reported_at = first_moment(value, &["creationTime", "createdAt"]);
        draft.link = first(value, &["breachUrl", "incidentEventUrl"]).map(str::to_owned);
        draft.host(first(value, &["device/hostname", "device/devicelabel"]));
        if draft.hosts().is_empty() {
            draft.host(text(value, "device/ip"));
        }
        for device in list(value, "breachDevices") {
            draft.host(first(device, &["hostname", "identifier", "ip"]));
        }
        texts(value, "device/credentials").for_each(|name| draft.account(name));
        draft.techniques_in(at(value, "model/then/mitre"));
        draft.techniques_in(at(value, "mitreTechniques"));
        let triggers = list(value, "triggeredComponents").flat_map(|one| list(one, "triggeredFilters"));
        for trigger in triggers {
            draft.observe(word(trigger, "trigger/value").as_deref());
        }
    })
}
