//! SentinelOne Singularity: threats (API 2.0 and 2.1), cloud detection alerts, unified alerts (GraphQL), activities and
//! agents. (<https://usea1-partners.sentinelone.net/api-doc/overview>)

use kernel::{Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, moment, text, word},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "sentinelone",
    vendor: "SentinelOne",
    product: "Singularity",
    reads: "threats, cloud detection alerts, unified alerts, activities",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

enum Form {
    Threat,
    FlatThreat,
    Alert,
    Unified,
    Activity,
    Agent,
}

fn form(value: &Value) -> Option<Form> {
    if has(value, "threatInfo") {
        return Some(Form::Threat);
    }
    if has_all(value, &["alertInfo", "ruleInfo"]) {
        return Some(Form::Alert);
    }
    if has(value, "detectionSource/product") && (has(value, "detectionTime") || has(value, "storylineId")) {
        return Some(Form::Unified);
    }
    if has_all(value, &["activityType", "primaryDescription"])
        || has_all(value, &["activitytype", "primarydescription"])
    {
        return Some(Form::Activity);
    }
    if has_all(value, &["agentComputerName", "mitigationStatus"]) {
        return Some(Form::FlatThreat);
    }
    has_all(value, &["agentVersion", "computerName", "siteId"]).then_some(Form::Agent)
}

fn recognise(item: &Item<'_>) -> Confidence {
    match item.value().and_then(form) {
        Some(Form::Agent) => Confidence::Likely,
        Some(_) => Confidence::Certain,
        None => Confidence::No,
    }
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, |value, draft| match form(value) {
        Some(Form::Alert) => alert(value, draft),
        Some(Form::Unified) => unified(value, draft),
        Some(Form::Activity) => activity(value, draft),
        Some(Form::FlatThreat) => flat(value, draft),
        Some(Form::Agent) => {
            draft.source_id = word(value, "id");
            draft.host(text(value, "computerName"));
            draft.account(first(value, &["lastLoggedInUserName", "activeDirectory/userPrincipalName"]));
        }
        Some(Form::Threat) | None => threat(value, draft),
    })
}

/// SentinelOne gives a threat no severity but how sure it is that it is one.
fn confidence(draft: &mut Draft, word: Option<String>) {
    draft.severity = match word.as_deref() {
        Some("malicious") => Some(Severity::High),
        Some("suspicious") => Some(Severity::Medium),
        _ => None,
    };
    draft.source_severity = word;
}

fn threat(value: &Value, draft: &mut Draft) {
    let Some(info) = at(value, "threatInfo") else { return };
    draft.source_id = first_word(value, &["id", "threatInfo/threatId"]);
    draft.title = first(info, &["threatName", "classification"]).map(str::to_owned);
    draft.description = list(value, "indicators").find_map(|one| text(one, "description")).map(str::to_owned);
    confidence(draft, word(info, "confidenceLevel"));
    draft.status_word(text(info, "incidentStatus"));
    draft.occurred_at = moment(info, "identifiedAt");
    draft.reported_at = moment(info, "createdAt");
    draft
        .host(first(value, &["agentRealtimeInfo/agentComputerName", "agentDetectionInfo/agentComputerName"]));
    draft.account(first(info, &["processUser", "initiatingUsername"]));
    let last = first(
        value,
        &["agentDetectionInfo/agentLastLoggedInUpn", "agentDetectionInfo/agentLastLoggedInUserName"],
    );
    // The same account again, without its domain, is no second one.
    let known = |name: &str| draft.accounts().iter().any(|account| account.ends_with(&format!("\\{name}")));
    draft.account(last.filter(|name| !known(name)));
    draft.hashes(info);
    draft.indicator(K::FilePath, text(info, "filePath"));
    draft.indicator(K::Process, text(info, "maliciousProcessArguments"));
    draft.techniques_in(at(value, "indicators"));
}

fn flat(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = first(value, &["threatName", "fileDisplayName"]).map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    confidence(draft, word(value, "confidenceLevel"));
    draft.status_word(match at(value, "resolved").and_then(Value::as_bool) {
        Some(true) => Some("resolved"),
        Some(false) => Some("unresolved"),
        None => text(value, "incidentStatus"),
    });
    draft.occurred_at = first_moment(value, &["createdDate", "createdAt"]);
    draft.reported_at = moment(value, "createdAt");
    draft.host(text(value, "agentComputerName"));
    draft.account(first(value, &["username", "processUser"]));
    draft.indicator(K::Sha1, text(value, "fileContentHash"));
    draft.indicator(K::Sha256, text(value, "fileSha256"));
    draft.indicator(K::FilePath, text(value, "filePath"));
}

fn alert(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "alertInfo/alertId");
    draft.title = text(value, "ruleInfo/name").map(str::to_owned);
    draft.description = text(value, "ruleInfo/description").map(str::to_owned);
    draft.severity_word(word(value, "ruleInfo/severity"));
    draft.status_word(text(value, "alertInfo/incidentStatus"));
    draft.occurred_at = moment(value, "alertInfo/createdAt");
    draft.reported_at = moment(value, "alertInfo/reportedAt");
    draft.host(first(value, &["agentRealtimeInfo/name", "agentDetectionInfo/name"]));
    draft.account(first(value, &["alertInfo/loginAccountName", "alertInfo/loginsUserName"]));
    for process in ["sourceProcessInfo", "sourceParentProcessInfo"] {
        let Some(process) = at(value, process) else { continue };
        draft.account(text(process, "user"));
        for hash in ["fileHashSha256", "fileHashSha1", "fileHashMd5"] {
            draft.indicator(K::Sha256, text(process, hash));
        }
        draft.indicator(K::FilePath, text(process, "filePath"));
        draft.indicator(K::Process, text(process, "commandline"));
    }
    if let Some(target) = at(value, "targetProcessInfo") {
        for hash in ["tgtFileHashSha256", "tgtFileHashSha1"] {
            draft.indicator(K::Sha256, text(target, hash));
        }
        draft.indicator(K::FilePath, first(target, &["tgtFilePath", "tgtProcImagePath"]));
        draft.indicator(K::Process, text(target, "tgtProcCmdLine"));
    }
    for path in ["alertInfo/srcIp", "alertInfo/dstIp", "alertInfo/srcMachineIp"] {
        draft.address(text(value, path));
    }
    draft.observe(text(value, "alertInfo/dnsRequest"));
    draft.indicator(K::RegistryKey, text(value, "alertInfo/registryKeyPath"));
    draft.techniques_in(at(value, "ruleInfo/description"));
}

fn unified(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = text(value, "name").map(str::to_owned);
    draft.description = text(value, "description").map(str::to_owned);
    draft.severity_word(word(value, "severity"));
    draft.status_word(text(value, "status"));
    draft.occurred_at = first_moment(value, &["firstSeenAt", "detectedAt"]);
    draft.reported_at = moment(value, "createdAt");
    draft.host(text(value, "asset/name"));
    draft.account(first(value, &["process/username", "asset/lastLoggedInUser"]));
    if let Some(file) = at(value, "process/file") {
        draft.hashes(file);
        draft.indicator(K::FilePath, text(file, "path"));
    }
    draft.indicator(K::Process, text(value, "process/cmdLine"));
    draft.techniques_in(at(value, "attacks"));
    draft.techniques_in(at(value, "techniques"));
}

/// An activity, its members in the case of the API or all in lower case, as log pipelines make them.
fn activity(value: &Value, draft: &mut Draft) {
    let data = |camel: &str| {
        let found =
            at(value, "data").and_then(|data| at(data, camel).or_else(|| at(data, &camel.to_lowercase())));
        found.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    };
    draft.source_id = first_word(value, &["id", "activityUuid", "activityuuid"]);
    draft.title = data("ruleName")
        .or_else(|| first(value, &["primaryDescription", "primarydescription"]))
        .map(str::to_owned);
    draft.description = first(value, &["primaryDescription", "primarydescription"]).map(str::to_owned);
    match data("severity") {
        // `E_CRITICAL`
        Some(word) => {
            draft.severity_word(Some(word.trim_start_matches("E_").to_owned()));
            draft.source_severity = Some(word.to_owned());
        }
        None => confidence(draft, data("confidenceLevel").map(str::to_owned)),
    }
    draft.occurred_at = data("detectedAt").and_then(crate::when::read);
    draft.reported_at = first_moment(value, &["createdAt", "createdat"]);
    if draft.occurred_at.is_none() {
        draft.occurred_at = draft.reported_at;
    }
    draft.host(data("computerName").or_else(|| data("agentComputerName")));
    if draft.hosts().is_empty() {
        draft.host(data("agentIpV4"));
    }
    draft.account(data("username").or_else(|| data("userName")));
    draft.address(data("ipAddress"));
    draft.indicator(K::Sha1, data("fileContentHash"));
    for name in ["sha256", "sha1", "md5"] {
        draft.indicator(K::Sha256, data(name));
    }
    draft.indicator(K::FilePath, data("filePath"));
}
