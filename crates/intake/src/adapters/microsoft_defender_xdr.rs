//! Microsoft Defender XDR incidents with the alerts in them: one alert for the incident, which names everything that
//! its alerts name. (<https://learn.microsoft.com/defender-xdr/api-list-incidents>,
//! <https://learn.microsoft.com/graph/api/resources/security-incident>)

use kernel::Channel;

use super::microsoft_defender::entity;
use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, moment, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "microsoft-defender-xdr",
    vendor: "Microsoft",
    product: "Defender XDR",
    reads: "incidents with their alerts, of the Defender XDR and Graph security APIs",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let own = has_all(value, &["incidentId", "incidentName"])
        || text(value, "@odata.type") == Some("#microsoft.graph.security.incident")
        || has_all(value, &["displayName", "incidentWebUrl", "createdDateTime"]);
    if own {
        return Confidence::Certain;
    }
    Confidence::Possible.when(has_all(value, &["classification", "determination", "status"]))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        draft.source_id = first_word(value, &["incidentId", "id"]);
        draft.title = first(value, &["incidentName", "displayName"]).map(str::to_owned);
        draft.description = first(value, &["description", "summary"])
            .or_else(|| list(value, "alerts").find_map(|alert| text(alert, "description")))
            .map(str::to_owned);
        draft.severity_word(word(value, "severity"));
        draft.status_word(text(value, "status"));
        draft.reported_at = first_moment(value, &["createdTime", "createdDateTime"]);
        draft.link = first(value, &["incidentUri", "incidentWebUrl"]).map(str::to_owned);
        for alert in list(value, "alerts") {
            let began = first_moment(alert, &["firstActivity", "firstActivityDateTime"]);
            draft.occurred_at = [draft.occurred_at, began].into_iter().flatten().min();
            draft.techniques_in(at(alert, "mitreTechniques"));
            list(alert, "devices").for_each(|device| entity(device, draft));
            list(alert, "entities").chain(list(alert, "evidence")).for_each(|one| entity(one, draft));
        }
        if draft.occurred_at.is_none() && has(value, "firstActivity") {
            draft.occurred_at = moment(value, "firstActivity");
        }
    })
}
