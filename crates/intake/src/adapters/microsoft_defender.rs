//! Microsoft Defender alerts, in the forms that Microsoft gives them: the Defender for Endpoint API, Graph
//! `security/alerts_v2`, the older Graph `security/alerts`, and the `AlertInfo`, `AlertEvidence` and event rows of
//! advanced hunting. (<https://learn.microsoft.com/graph/api/resources/security-alert>,
//! <https://learn.microsoft.com/defender-endpoint/api/alerts>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, embedded, first, first_moment, first_word, has, has_all, list, moment, text, texts, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "microsoft-defender",
    vendor: "Microsoft",
    product: "Defender for Endpoint, Defender XDR",
    reads: "Defender for Endpoint API alerts, Graph security alerts_v2 and alerts, advanced hunting rows",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let kind = text(value, "@odata.type").unwrap_or_default();
    let context = text(value, "@odata.context").or(item.origin.as_deref()).unwrap_or_default();
    let hunting = text(value, "category").is_some_and(|category| category.starts_with("AdvancedHunting-"));
    if kind == "#microsoft.graph.security.alert" || hunting && has(value, "properties") {
        return Confidence::Certain;
    }
    if has(value, "value") && value.get("value").is_some_and(Value::is_array) {
        return Confidence::No;
    }
    let v2 = has_all(value, &["serviceSource", "createdDateTime", "title"]);
    let legacy = has_all(value, &["vendorInformation", "title"])
        && (has(value, "azureTenantId") || has(value, "hostStates") || has(value, "eventDateTime"));
    let endpoint = has_all(value, &["machineId", "title", "severity"]) && has(value, "alertCreationTime");
    let event =
        has_all(value, &["ActionType", "Timestamp"]) && (has(value, "DeviceId") || has(value, "ReportId"));
    let row = has_all(value, &["AlertId", "Timestamp"])
        && (has(value, "ServiceSource") || has(value, "EntityType"));
    let of_its_api = context.contains("securitycenter.microsoft.com")
        || context.contains("security.microsoft.com/api")
        || context.contains("security/alerts");
    Confidence::Likely.when(v2 || legacy || endpoint || event || row || of_its_api)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| {
        let row = at(value, "properties").filter(|_| has(value, "category")).unwrap_or(value);
        if has(row, "Timestamp") && (has(row, "AlertId") || has(row, "ActionType")) {
            hunting(row, draft);
            draft.reported_at = moment(value, "time");
            return;
        }
        alert(value, draft);
    })
}

fn alert(value: &Value, draft: &mut Draft) {
    draft.source_id = first_word(value, &["id", "alertId", "providerAlertId"]);
    draft.title = first(value, &["title", "alertDisplayName"]).map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    draft.status_word(text(value, "status"));
    draft.occurred_at =
        first_moment(value, &["firstActivityDateTime", "firstEventTime", "eventDateTime", "firstActivity"]);
    draft.reported_at =
        first_moment(value, &["createdDateTime", "alertCreationTime", "creationTime", "creationDateTimeUtc"]);
    draft.link = first(value, &["alertWebUrl", "incidentWebUrl"]).map(str::to_owned);
    draft.host(text(value, "computerDnsName"));
    draft.account_in(text(value, "relatedUser/domainName"), text(value, "relatedUser/userName"));
    for path in ["mitreTechniques", "techniques"] {
        draft.techniques_in(at(value, path));
    }
    for evidence in list(value, "evidence").chain(list(value, "entities")) {
        entity(evidence, draft);
    }
    // Some exports set each piece of evidence as a member of its own.
    for (_, evidence) in
        value.as_object().into_iter().flatten().filter(|(name, _)| name.ends_with("Evidence"))
    {
        entity(evidence, draft);
    }
    for device in list(value, "devices") {
        draft.host(first(device, &["deviceDnsName", "hostName"]));
        list(device, "loggedOnUsers").for_each(|user| account(user, draft));
    }
    for user in list(value, "loggedOnUsers") {
        account(user, draft);
    }
    states(value, draft);
    draft.hashes(value);
}

/// An account by its domain and name, and by its address where it has one.
pub(super) fn account(user: &Value, draft: &mut Draft) {
    let domain = first(user, &["domainName", "ntDomain", "activeDirectoryDomain"]);
    let name = first(user, &["accountName", "name", "userName"]);
    let address = first(user, &["userPrincipalName", "upn"]);
    if domain.is_some() || address.is_none() {
        draft.account_in(domain, name);
    }
    draft.account(address);
}

/// A piece of evidence, flat as the Defender API writes it or typed as Graph does.
pub(super) fn entity(evidence: &Value, draft: &mut Draft) {
    draft.host(first(evidence, &["deviceDnsName", "hostName", "computerDnsName"]));
    let kind = first(evidence, &["entityType", "@odata.type"]).unwrap_or_default();
    if kind.contains("ser") || has(evidence, "accountName") || has(evidence, "userPrincipalName") {
        account(evidence, draft);
    }
    for path in ["userAccount", "parentProcessImageFile/userAccount"] {
        if let Some(user) = at(evidence, path) {
            account(user, draft);
        }
    }
    list(evidence, "loggedOnUsers").for_each(|user| account(user, draft));
    draft.account(first(evidence, &["primaryAddress", "mailboxAddress"]));
    for path in ["fileDetails", "imageFile", "parentProcessImageFile"] {
        if let Some(file) = at(evidence, path) {
            file_of(file, draft);
        }
    }
    file_of(evidence, draft);
    draft.indicator(K::Process, text(evidence, "processCommandLine"));
    for path in ["ipAddress", "senderIp", "lastIpAddress", "lastExternalIpAddress"] {
        draft.address(text(evidence, path));
    }
    draft.indicator(K::Url, text(evidence, "url"));
    texts(evidence, "urls").for_each(|url| draft.indicator(K::Url, url));
    draft.indicator(
        K::Domain,
        text(evidence, "domainName").filter(|_| kind.contains("Dns") || kind.contains("domain")),
    );
    for path in ["sender", "p1Sender/emailAddress", "p2Sender/emailAddress"] {
        draft.indicator(K::Email, text(evidence, path));
    }
    draft.account(text(evidence, "recipientEmailAddress"));
    registry(evidence, "registryHive", "registryKey", draft);
    draft.indicator(K::Mutex, text(evidence, "mutexName"));
}

fn file_of(file: &Value, draft: &mut Draft) {
    draft.hashes(file);
    if has(file, "filePath") || has(file, "fileName") {
        draft.file(text(file, "filePath"), text(file, "fileName"));
    }
}

fn registry(value: &Value, hive: &str, key: &str, draft: &mut Draft) {
    if let Some(key) = text(value, key) {
        match text(value, hive) {
            Some(hive) if !key.to_ascii_uppercase().starts_with("HK") => {
                draft.indicator(K::RegistryKey, format!("{hive}\\{key}").as_str());
            }
            _ => draft.indicator(K::RegistryKey, key),
        }
    }
}

/// The lists of the older Graph alert.
fn states(value: &Value, draft: &mut Draft) {
    for host in list(value, "hostStates") {
        draft.host(first(host, &["fqdn", "netBiosName"]));
        draft.address(text(host, "publicIpAddress"));
    }
    for user in list(value, "userStates") {
        account(user, draft);
        draft.address(text(user, "logonIp"));
    }
    for file in list(value, "fileStates").chain(list(value, "processes")) {
        draft.file(text(file, "path"), text(file, "name"));
        draft.indicator(K::Sha256, text(file, "fileHash/hashValue"));
        draft.indicator(K::Process, text(file, "commandLine"));
        draft.account(text(file, "accountName"));
    }
    for connection in list(value, "networkConnections") {
        draft.address(text(connection, "destinationAddress"));
        draft.address(text(connection, "sourceAddress"));
        draft.indicator(K::Domain, text(connection, "destinationDomain"));
        draft.indicator(K::Url, text(connection, "destinationUrl"));
    }
    for key in list(value, "registryKeyStates") {
        registry(key, "hive", "key", draft);
    }
    for message in list(value, "messageSecurityStates") {
        draft.indicator(K::Email, text(message, "sender"));
    }
    for fault in list(value, "vulnerabilityStates") {
        draft.indicator(K::Cve, text(fault, "cve"));
    }
}

/// A row of the tables `AlertInfo` and `AlertEvidence`, or of an event table.
fn hunting(row: &Value, draft: &mut Draft) {
    draft.source_id = first_word(row, &["AlertId", "ReportId"]).filter(|id| id != "0");
    draft.title = first(row, &["Title", "ActionType"]).map(str::to_owned);
    draft.severity_word(word(row, "Severity"));
    draft.occurred_at = moment(row, "Timestamp");
    draft.techniques_in(at(row, "AttackTechniques"));
    draft.host(text(row, "DeviceName"));
    draft.account_in(text(row, "AccountDomain"), text(row, "AccountName"));
    draft.account(first(row, &["AccountUpn", "AccountObjectName"]));
    draft.account_in(text(row, "InitiatingProcessAccountDomain"), text(row, "InitiatingProcessAccountName"));
    draft.account(text(row, "InitiatingProcessAccountUpn"));
    draft.hashes(row);
    draft.file(text(row, "FolderPath"), text(row, "FileName"));
    for path in ["ProcessCommandLine", "InitiatingProcessCommandLine"] {
        draft.indicator(K::Process, text(row, path));
    }
    for path in ["InitiatingProcessSHA256", "InitiatingProcessSHA1", "InitiatingProcessMD5"] {
        draft.indicator(K::Sha256, text(row, path));
    }
    draft.file(text(row, "InitiatingProcessFolderPath"), text(row, "InitiatingProcessFileName"));
    for path in ["RemoteIP", "IPAddress", "SenderIPv4", "FileOriginIP"] {
        draft.address(text(row, path));
    }
    draft.indicator(K::Url, first(row, &["FileOriginUrl", "Url"]));
    draft.observe(text(row, "RemoteUrl"));
    draft.indicator(K::RegistryKey, text(row, "RegistryKey"));
    if let Some(more) = embedded(row, "AdditionalFields")
        && draft.hosts().is_empty()
    {
        draft.host(first(&more, &["HostName", "NetBiosName"]));
    }
}
