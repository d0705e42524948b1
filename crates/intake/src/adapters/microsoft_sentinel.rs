//! Microsoft Sentinel incidents (ARM resources, and what its automation rules send to a Logic App) and rows of the
//! `SecurityAlert` table. (<https://learn.microsoft.com/rest/api/securityinsights/incidents>,
//! <https://learn.microsoft.com/azure/sentinel/security-alert-schema>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, embedded, first, first_moment, first_word, has, has_all, list, moment, text, texts, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "microsoft-sentinel",
    vendor: "Microsoft",
    product: "Sentinel",
    reads: "incidents (ARM resources, Logic App messages), SecurityAlert rows",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn incident(value: &Value) -> &Value {
    at(value, "object").unwrap_or(value)
}

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let inner = incident(value);
    let kind = text(inner, "type").unwrap_or_default();
    let incident = kind.eq_ignore_ascii_case("Microsoft.SecurityInsights/Incidents")
        || has_all(inner, &["properties/incidentNumber", "properties/title"]);
    let row = has_all(value, &["SystemAlertId", "AlertName"]);
    Confidence::Certain.when(incident || row)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        if has(value, "SystemAlertId") {
            row(value, draft);
            return;
        }
        let outer = incident(value);
        let inner = at(outer, "properties").unwrap_or(outer);
        draft.source_id = first_word(outer, &["name", "properties/incidentNumber", "id"]);
        draft.title = text(inner, "title").map(str::to_owned);
        draft.description = text(inner, "description").map(str::to_owned);
        draft.severity_word(word(inner, "severity"));
        draft.status_word(text(inner, "status"));
        draft.occurred_at = moment(inner, "firstActivityTimeUtc");
        draft.reported_at = moment(inner, "createdTimeUtc");
        draft.link = text(inner, "incidentUrl").map(str::to_owned);
        draft.techniques_in(at(inner, "additionalData/techniques"));
        for alert in list(inner, "alerts") {
            draft.techniques_in(at(alert, "properties/additionalData"));
            if draft.occurred_at.is_none() {
                draft.occurred_at = moment(alert, "properties/startTimeUtc");
            }
        }
        for one in list(inner, "relatedEntities") {
            let kind = text(one, "kind").unwrap_or_default();
            at(one, "properties").into_iter().for_each(|inner| entity(kind, inner, draft));
        }
    })
}

fn row(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "SystemAlertId");
    draft.title = first(value, &["AlertName", "DisplayName"]).map(str::to_owned);
    draft.description = text(value, "Description").map(str::to_owned);
    draft.severity_word(word(value, "AlertSeverity"));
    draft.status_word(text(value, "Status"));
    draft.occurred_at = moment(value, "StartTime");
    draft.reported_at = first_moment(value, &["TimeGenerated", "ProcessingEndTime"]);
    draft.link = text(value, "AlertLink").map(str::to_owned);
    draft.techniques_in(at(value, "Techniques"));
    draft.host(text(value, "CompromisedEntity").filter(|name| !name.contains([' ', '@', '/'])));
    let written = embedded(value, "Entities");
    for one in written.iter().chain(at(value, "Entities")).filter_map(Value::as_array).flatten() {
        entity(text(one, "Type").unwrap_or_default(), &lower_camel(one), draft);
    }
}

/// `HostName` as `hostName`: the table writes the members of an entity with a capital, the incident without.
fn lower_camel(value: &Value) -> Value {
    let members = value.as_object().into_iter().flatten().map(|(name, inner)| {
        let mut letters = name.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        (first.into_iter().chain(letters).collect::<String>(), inner.clone())
    });
    Value::Object(members.collect())
}

fn entity(kind: &str, value: &Value, draft: &mut Draft) {
    match kind.to_ascii_lowercase().as_str() {
        "host" | "azureresource" => match (text(value, "hostName"), text(value, "dnsDomain")) {
            (Some(name), Some(domain)) if !name.contains('.') => {
                draft.host(format!("{name}.{domain}").as_str())
            }
            (name, _) => draft.host(name.or_else(|| first(value, &["netBiosName", "fQDN"]))),
        },
        "account" => {
            let name = first(value, &["accountName", "name", "friendlyName"]);
            match text(value, "upnSuffix").filter(|_| name.is_some_and(|name| !name.contains('@'))) {
                Some(suffix) => draft.account(format!("{}@{suffix}", name.unwrap_or_default()).as_str()),
                None => draft.account_in(first(value, &["ntDomain", "nTDomain"]), name),
            }
        }
        "ip" => draft.address(text(value, "address")),
        "url" => draft.indicator(K::Url, text(value, "url")),
        "filehash" => draft.indicator(K::Sha256, first(value, &["hashValue", "value"])),
        "file" => draft.file(text(value, "directory"), first(value, &["fileName", "name"])),
        "process" => draft.indicator(K::Process, text(value, "commandLine")),
        "dnsresolution" | "dns" => draft.indicator(K::Domain, text(value, "domainName")),
        "registrykey" | "registry-key" => {
            let hive = text(value, "hive").map(|hive| format!("{hive}\\")).unwrap_or_default();
            draft.indicator(K::RegistryKey, text(value, "key").map(|key| format!("{hive}{key}")).as_deref());
        }
        "mailbox" => draft.account(text(value, "mailboxPrimaryAddress")),
        "mailmessage" => {
            draft.indicator(K::Email, first(value, &["sender", "p1Sender", "p2Sender"]));
            draft.account(text(value, "recipient"));
            draft.address(text(value, "senderIP"));
            texts(value, "urls").for_each(|url| draft.indicator(K::Url, url));
        }
        _ => {}
    }
}
