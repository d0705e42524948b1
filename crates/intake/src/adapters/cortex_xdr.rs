//! Palo Alto Cortex XDR: alerts and incidents of its API, and incidents with their details.
//! (<https://docs-cortex.paloaltonetworks.com/r/Cortex-XDR-REST-API>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, moment, text, texts, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "cortex-xdr",
    vendor: "Palo Alto Networks",
    product: "Cortex XDR",
    reads: "alerts (get_alerts, get_alerts_multi_events), incidents and their extra data",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let alert = has(value, "alert_id")
        && has(value, "severity")
        && (has(value, "detection_timestamp") || has_all(value, &["endpoint_id", "host_name"]));
    let incident =
        has(value, "incident_id") && (has(value, "xdr_url") || has(value, "alerts_grouping_status"));
    let details = has(value, "incident/incident_id") && has(value, "alerts");
    Confidence::Certain.when(alert || incident || details)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        let incident = at(value, "incident").unwrap_or(value);
        if has(incident, "incident_id") {
            case(incident, draft);
            list(value, "alerts/data").for_each(|alert| names(alert, draft));
            for artifact in list(value, "file_artifacts/data") {
                draft.indicator(K::Sha256, text(artifact, "file_sha256"));
            }
            for artifact in list(value, "network_artifacts/data") {
                draft.address(text(artifact, "network_remote_ip"));
                draft.indicator(K::Domain, text(artifact, "network_domain"));
            }
        } else {
            alert(value, draft);
        }
    })
}

fn status(draft: &mut Draft, word: Option<&str>) {
    // `STATUS_020_UNDER_INVESTIGATION`, `resolved_true_positive`, `STATUS_050_RESOLVED_DUPLICATE`
    let word = word.map(|word| {
        let word =
            word.trim_start_matches("STATUS_").trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
        if word.to_ascii_lowercase().starts_with("resolved") { "resolved" } else { word }
    });
    draft.status_word(word);
}

fn case(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "incident_id");
    draft.title = first(value, &["incident_name", "description"]).map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    status(draft, text(value, "status"));
    draft.reported_at = moment(value, "creation_time");
    draft.link = text(value, "xdr_url").map(str::to_owned);
    for host in texts(value, "hosts") {
        // `name:agent id`
        draft.host(host.split_once(':').map_or(host, |(name, _)| name));
    }
    texts(value, "users").for_each(|user| draft.account(user));
    draft.techniques_in(at(value, "mitre_techniques_ids_and_names"));
}

fn alert(value: &Value, draft: &mut Draft) {
    draft.source_id = first_word(value, &["alert_id", "external_id"]);
    draft.title = text(value, "name").map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    status(draft, text(value, "resolution_status"));
    draft.occurred_at =
        moment(value, "event_timestamp").or_else(|| moment(value, "events/0/event_timestamp"));
    draft.reported_at = first_moment(value, &["detection_timestamp", "local_insert_ts"]);
    draft.link = text(value, "xdr_url").map(str::to_owned);
    names(value, draft);
}

fn names(value: &Value, draft: &mut Draft) {
    draft.host(first(value, &["host_name", "agent_fqdn"]));
    for path in ["mitre_technique_id_and_name", "mitre_techniques_ids_and_names"] {
        draft.techniques_in(at(value, path));
    }
    actions(value, draft);
    list(value, "events").for_each(|event| actions(event, draft));
}

fn actions(value: &Value, draft: &mut Draft) {
    for path in ["user_name", "actor_effective_username", "os_actor_effective_username"] {
        texts(value, path).for_each(|user| draft.account(user));
    }
    for path in ["action_remote_ip", "fw_xff"] {
        texts(value, path).for_each(|ip| draft.address(ip));
    }
    for path in [
        "action_file_sha256",
        "action_file_md5",
        "action_process_image_sha256",
        "actor_process_image_sha256",
        "actor_process_image_md5",
        "causality_actor_process_image_sha256",
    ] {
        texts(value, path).for_each(|hash| draft.indicator(K::Sha256, hash));
    }
    for path in ["action_file_path", "action_process_image_path", "actor_process_image_path"] {
        texts(value, path).for_each(|path| draft.indicator(K::FilePath, path));
    }
    for path in ["action_process_image_command_line", "actor_process_command_line"] {
        texts(value, path).for_each(|line| draft.indicator(K::Process, line));
    }
    for path in ["dns_query_name", "action_external_hostname"] {
        texts(value, path).for_each(|name| draft.indicator(K::Domain, name));
    }
    texts(value, "action_registry_full_key").for_each(|key| draft.indicator(K::RegistryKey, key));
    texts(value, "fw_url_domain").for_each(|url| draft.observe(url));
    texts(value, "fw_email_sender").for_each(|address| draft.indicator(K::Email, address));
    texts(value, "fw_email_recipient").for_each(|address| draft.account(address));
}
