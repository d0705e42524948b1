//! Huntress incident reports, of its API and as its ticket integrations forward them.
//! (<https://api.huntress.io/docs>)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, text, texts, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "huntress",
    vendor: "Huntress",
    product: "Managed EDR, ITDR and SIEM",
    reads: "incident reports",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let report = has_all(value, &["subject", "severity", "organization_id"])
        && (has(value, "indicator_types") || has(value, "indicator_counts") || has(value, "footholds"));
    let wrapped = has_all(value, &["incident_report/subject", "incident_report/severity"]);
    Confidence::Certain.when(report || wrapped)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |outer, draft| {
        let value = at(outer, "incident_report").unwrap_or(outer);
        draft.source_id = word(value, "id");
        draft.title = text(value, "subject").map(str::to_owned);
        draft.description = first(value, &["summary", "body"]).map(str::to_owned);
        draft.severity_word(word(value, "severity"));
        // `sent` is a report that waits for its reader.
        draft.status_word(match text(value, "status") {
            Some("sent" | "partner_notified" | "partner_remediating") => Some("open"),
            other => other,
        });
        draft.reported_at = first_moment(value, &["sent_at", "created_at"]);
        draft.occurred_at = first_moment(value, &["detected_at", "occurred_at"]);
        draft.host(first(value, &["agent/hostname", "agent_hostname", "hostname", "host_name"]));
        list(value, "hosts").filter_map(|host| text(host, "hostname")).for_each(|host| draft.host(host));
        draft.account(first(
            value,
            &["identity/email", "identity/user_principal_name", "username", "identity"],
        ));
        draft.link = first(value, &["portal_url", "url", "links/portal"]).map(str::to_owned);
        for remedy in list(value, "remediations") {
            for path in ["details", "path", "target", "file_path", "registry_path", "hash"] {
                draft.observe(text(remedy, path));
            }
            draft.observe(first(remedy, &["details/path", "details/file", "details/registry_key"]));
        }
        texts(value, "footholds").for_each(|foothold| draft.observe(foothold));
        let told = first_word(value, &["body", "summary"]);
        draft.technique(told.as_deref());
    })
}
