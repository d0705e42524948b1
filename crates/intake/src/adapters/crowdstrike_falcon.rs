//! CrowdStrike Falcon: alerts of its API (v1 and v2), the older detections, the event stream, Falcon Data Replicator
//! events and devices. (<https://falcon.crowdstrike.com/documentation>, “Alerts APIs”, “Streaming API event dictionary”)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, moment, number, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "crowdstrike-falcon",
    vendor: "CrowdStrike",
    product: "Falcon",
    reads: "alerts v1 and v2, detections, event stream, Falcon Data Replicator events",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

enum Form {
    Alert,
    Detection,
    Stream,
    Replicator,
    Device,
}

fn form(value: &Value) -> Option<Form> {
    if has(value, "composite_id") || has_all(value, &["cid", "falcon_host_link"]) {
        return Some(Form::Alert);
    }
    if has_all(value, &["detection_id", "behaviors"]) {
        return Some(Form::Detection);
    }
    if has(value, "metadata/eventType") && has(value, "event") {
        return Some(Form::Stream);
    }
    let named = ["event_simpleName", "event_simplename", "fdr_event_type", "event/event_simpleName"];
    if named.iter().any(|name| has(value, name)) {
        return Some(Form::Replicator);
    }
    has_all(value, &["device_id", "cid", "agent_version"]).then_some(Form::Device)
}

fn recognise(item: &Item<'_>) -> Confidence {
    match item.value().and_then(form) {
        Some(Form::Alert | Form::Detection | Form::Stream | Form::Replicator) => Confidence::Certain,
        Some(Form::Device) => Confidence::Likely,
        None => Confidence::No,
    }
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| match form(value) {
        Some(Form::Detection) => detection(value, draft),
        Some(Form::Stream) => stream(value, draft),
        Some(Form::Replicator) => replicator(value, draft),
        Some(Form::Device) => {
            draft.source_id = word(value, "device_id");
            draft.host(text(value, "hostname"));
            draft.account(text(value, "last_login_user"));
        }
        Some(Form::Alert) | None => alert(value, draft),
    })
}

/// `High` where the name is given, else the number from 1 to 100 on CrowdStrike's own steps.
fn how_bad(draft: &mut Draft, value: &Value, name: &str, score: &str) {
    draft.severity_word(word(value, name));
    if draft.severity.is_none() {
        draft.severity =
            number(value, score).and_then(|score| severity::of_score(score, [20.0, 40.0, 60.0, 80.0]));
    }
    if draft.source_severity.is_none() {
        draft.source_severity = word(value, score);
    }
}

fn alert(value: &Value, draft: &mut Draft) {
    draft.source_id = first_word(value, &["composite_id", "id", "detection_id"]);
    draft.title = first(value, &["display_name", "name", "title"]).map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    how_bad(draft, value, "severity_name", "severity");
    draft.status_word(text(value, "status"));
    draft.occurred_at = first_moment(value, &["timestamp", "context_timestamp", "start_time"]);
    draft.reported_at = first_moment(value, &["created_timestamp", "crawled_timestamp"]);
    draft.link = text(value, "falcon_host_link").map(str::to_owned);
    draft.techniques_in(at(value, "technique_id"));
    draft.techniques_in(at(value, "mitre_attack"));
    draft.host(first(value, &["device/hostname", "hostname", "source_endpoint_host_name"]));
    list(value, "host_names").filter_map(Value::as_str).for_each(|name| draft.host(name));
    draft.account_in(text(value, "logon_domain"), text(value, "user_name"));
    draft.account(first(value, &["user_principal", "source_account_upn", "source_account_name"]));
    draft.hashes(value);
    draft.indicator(K::Process, text(value, "cmdline"));
    draft.file(text(value, "filepath"), text(value, "filename"));
    lists(value, draft);
}

fn lists(value: &Value, draft: &mut Draft) {
    for ioc in list(value, "ioc_context").chain(list(value, "quarantined_files")) {
        draft.observe(text(ioc, "ioc_value"));
        draft.hashes(ioc);
    }
    draft.observe(text(value, "ioc_value"));
    for file in list(value, "files_written") {
        draft.file(text(file, "filepath"), text(file, "filename"));
    }
    for connection in list(value, "network_accesses") {
        draft.address(text(connection, "remote_address"));
    }
    for request in list(value, "dns_requests") {
        draft.indicator(K::Domain, text(request, "domain_name"));
    }
}

fn detection(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "detection_id");
    let first_of = |name: &str| list(value, "behaviors").find_map(|one| text(one, name)).map(str::to_owned);
    draft.title = first_of("display_name").or_else(|| first_of("scenario"));
    draft.description = first_of("description");
    how_bad(draft, value, "max_severity_displayname", "max_severity");
    draft.status_word(text(value, "status"));
    draft.occurred_at = moment(value, "first_behavior");
    draft.reported_at = moment(value, "created_timestamp");
    draft.host(text(value, "device/hostname"));
    for one in list(value, "behaviors") {
        draft.techniques_in(at(one, "technique_id"));
        draft.account(text(one, "user_name"));
        draft.hashes(one);
        draft.indicator(K::Process, text(one, "cmdline"));
        draft.file(text(one, "filepath"), text(one, "filename"));
        draft.observe(text(one, "ioc_value"));
    }
}

fn stream(value: &Value, draft: &mut Draft) {
    let Some(event) = at(value, "event") else { return };
    draft.source_id = first_word(event, &["CompositeId", "DetectId", "IncidentID", "EventUUID", "eid"]);
    if draft.source_id.is_none() {
        // The position in the customer's stream, which is the stream's own name for an event.
        let customer = text(value, "metadata/customerIDString").unwrap_or_default();
        draft.source_id = word(value, "metadata/offset").map(|offset| format!("{customer}:{offset}"));
    }
    draft.title = first(event, &["Name", "DetectName", "IncidentType", "OperationName"])
        .or_else(|| text(value, "metadata/eventType"))
        .map(str::to_owned);
    draft.description = first(event, &["Description", "DetectDescription"]).map(str::to_owned);
    how_bad(draft, event, "SeverityName", "Severity");
    draft.occurred_at = first_moment(
        event,
        &["UTCTimestamp", "ContextTimeStamp", "ProcessStartTime", "StartTime", "StartTimestamp"],
    );
    draft.reported_at = moment(value, "metadata/eventCreationTime");
    draft.link = first(event, &["FalconHostLink", "IncidentLink"]).map(str::to_owned);
    draft.techniques_in(at(event, "MitreAttack"));
    draft.technique(first(event, &["Technique", "TechniqueId"]));
    names(event, draft);
    for pair in list(event, "AuditKeyValues").filter(|pair| text(pair, "Key") == Some("target_name")) {
        draft.account(text(pair, "ValueString"));
    }
}

/// Names and indicators of an event of the stream or the replicator.
fn names(event: &Value, draft: &mut Draft) {
    draft.host(first(
        event,
        &["ComputerName", "Hostname", "HostnameField", "EndpointName", "SourceEndpointHostName"],
    ));
    if draft.hosts().is_empty() {
        draft.host(text(event, "LocalIP"));
    }
    draft.account_in(first(event, &["UserDomain", "LogonDomain"]), text(event, "UserName"));
    draft.account(first(event, &["UserPrincipal", "SourceAccountUpn"]));
    draft.account(text(event, "UserId").filter(|id| id.contains('@')));
    for path in ["UserIp", "RemoteIP", "RemoteAddressIP4", "RemoteAddressIP6", "SourceEndpointIpAddress"] {
        draft.address(text(event, path));
    }
    for path in ["SHA256String", "SHA1String", "MD5String", "SHA256HashData", "SHA1HashData", "MD5HashData"] {
        draft.indicator(K::Sha256, text(event, path));
    }
    draft.indicator(K::Process, text(event, "CommandLine"));
    match text(event, "FilePath") {
        Some(directory) => draft.file(Some(directory), text(event, "FileName")),
        None => draft.indicator(K::FilePath, first(event, &["ImageFileName", "TargetFileName"])),
    }
    draft.indicator(K::Domain, text(event, "DomainName"));
    draft.indicator(K::RegistryKey, text(event, "RegObjectName"));
    draft.observe(text(event, "IOCValue"));
    for connection in list(event, "NetworkAccesses") {
        draft.address(text(connection, "RemoteAddress"));
    }
    for request in list(event, "DnsRequests") {
        draft.indicator(K::Domain, text(request, "DomainName"));
    }
}

fn replicator(value: &Value, draft: &mut Draft) {
    let event = at(value, "event").unwrap_or(value);
    draft.source_id = first_word(value, &["id", "event/id", "event/Nonce"]);
    draft.title =
        first(value, &["event_simpleName", "event_simplename", "fdr_event_type", "event/event_simpleName"])
            .map(str::to_owned);
    draft.occurred_at =
        first_moment(event, &["ContextTimeStamp", "timestamp", "UTCTimestamp", "ProcessStartTime"]);
    if draft.occurred_at.is_none() {
        draft.occurred_at = moment(value, "timestamp");
    }
    names(event, draft);
}
