//! Microsoft Entra ID sign-ins, risk detections, risky users and directory audits: as Microsoft Graph answers, as Azure
//! Monitor streams them, and as Log Analytics exports them. (<https://learn.microsoft.com/graph/api/resources/signin>,
//! `riskdetection`, `directoryaudit`; <https://learn.microsoft.com/entra/identity/monitoring-health/reference-azure-monitor-sign-ins-log-schema>)

use kernel::{AlertStatus, Channel, IndicatorKind as K, Severity};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, embedded, first, first_moment, list, text, word},
    format::keys,
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "entra-id",
    vendor: "Microsoft",
    product: "Entra ID",
    reads: "sign-ins, risk detections, risky users and directory audits (Graph, Azure Monitor, Log Analytics)",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// The categories of Azure Monitor and the tables of Log Analytics.
const LOGS: [&str; 14] = [
    "SignInLogs",
    "SigninLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "ADFSSignInLogs",
    "AADNonInteractiveUserSignInLogs",
    "AADServicePrincipalSignInLogs",
    "AADManagedIdentitySignInLogs",
    "AuditLogs",
    "RiskyUsers",
    "UserRiskEvents",
    "AADUserRiskEvents",
    "AADRiskyUsers",
];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let kind = text(value, "@odata.type").unwrap_or_default();
    if item.origin.as_deref().is_some_and(|origin| {
        ["auditLogs/signIns", "riskDetections", "riskyUsers", "directoryAudits"]
            .iter()
            .any(|set| origin.contains(set))
    }) || ["#microsoft.graph.signIn", "#microsoft.graph.riskDetection", "#microsoft.graph.directoryAudit"]
        .contains(&kind)
    {
        return Confidence::Certain;
    }
    let any = |names: &[&str]| names.iter().any(|name| keys::has(value, name));
    let sign_in = any(&["userPrincipalName", "servicePrincipalName"])
        && any(&["riskLevelDuringSignIn", "conditionalAccessStatus", "clientAppUsed"]);
    let risk = any(&["riskEventType", "riskDetail"])
        && any(&["riskState", "riskLevel"])
        && any(&["detectedDateTime", "activityDateTime", "riskLastUpdatedDateTime"]);
    let audit = any(&["activityDisplayName"]) && any(&["initiatedBy", "targetResources", "loggedByService"]);
    let of_log = ["category", "Category", "Type", "type"]
        .iter()
        .any(|name| text(value, name).is_some_and(|said| LOGS.contains(&said)));
    let of_tenant = first(value, &["resourceId", "resourceid", "ResourceId"]).unwrap_or_default();
    let monitor = at(value, "properties").is_some_and(Value::is_object)
        && any(&["operationName"])
        && (of_log || of_tenant.to_ascii_lowercase().contains("microsoft.aadiam"));
    let exported = of_log && any(&["AADTenantId", "TimeGenerated"]);
    Confidence::Certain.when(sign_in || risk || audit || monitor || exported)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = keys::lower(item.value().ok_or(NotMine)?);
    let streamed = at(&value, "properties").filter(|inner| inner.is_object());
    let event = streamed.unwrap_or(&value);
    let mut draft = Draft {
        source_id: word(event, "id").filter(|id| !is_nil(id)),
        title: title(&value, event),
        description: ["status/failurereason", "resultreason", "riskdetail", "resultdescription"]
            .iter()
            .filter_map(|path| text(event, path))
            .find(|said| !["Other.", "none", "hidden"].contains(said))
            .map(str::to_owned),
        occurred_at: first_moment(event, &["createddatetime", "activitydatetime", "timegenerated"])
            .or_else(|| first_moment(&value, &["time"])),
        reported_at: first_moment(event, &["detecteddatetime", "risklastupdateddatetime"])
            .or_else(|| streamed.and_then(|_| first_moment(&value, &["time"]))),
        status: first(event, &["riskstate"]).and_then(status),
        ..Draft::default()
    };
    (draft.severity, draft.source_severity) = severities(&value, event);
    people(&mut draft, event);
    for host in [event, &value] {
        draft.host(text(&from_text(host, "devicedetail"), "displayname"));
        draft.address(first(host, &["ipaddress", "calleripaddress"]));
    }
    for detail in list(event, "additionaldetails") {
        match (text(detail, "key"), text(detail, "value")) {
            (Some("ipaddr"), address) => draft.address(address),
            (Some("invitedUserEmailAddress"), address) => draft.indicator(K::Email, address),
            _ => {}
        }
    }
    draft.technique(text(event, "additionalinfo"));
    Ok(vec![draft])
}

/// An id of zeros is what anonymised exports write.
fn is_nil(id: &str) -> bool {
    id.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

fn title(value: &Value, event: &Value) -> Option<String> {
    let said = first(event, &["activitydisplayname", "riskeventtype", "risktype"])
        .or_else(|| first(value, &["operationname", "activitydisplayname"]));
    said.map(str::to_owned)
        .or_else(|| first(event, &["appdisplayname"]).map(|app| format!("Sign-in to {app}")))
}

/// A member that Log Analytics writes as text, read as the JSON it is.
fn from_text(event: &Value, name: &str) -> Value {
    embedded(event, name)
        .map(|inner| keys::lower(&inner))
        .or_else(|| at(event, name).cloned())
        .unwrap_or_default()
}

fn people(draft: &mut Draft, event: &Value) {
    draft.account(first(event, &["userprincipalname", "serviceprincipalname"]));
    let by = from_text(event, "initiatedby");
    draft.account(first(&by, &["user/userprincipalname", "user/displayname", "app/displayname"]));
    draft.address(text(&by, "user/ipaddress"));
    let targets = from_text(event, "targetresources");
    for target in targets.as_array().into_iter().flatten() {
        draft.account(text(target, "userprincipalname"));
        if text(target, "type") == Some("Device") {
            draft.host(text(target, "displayname"));
        }
    }
}

fn status(state: &str) -> Option<AlertStatus> {
    match state.to_ascii_lowercase().as_str() {
        "atrisk" | "confirmedcompromised" => Some(AlertStatus::Open),
        "remediated" | "dismissed" | "confirmedsafe" => Some(AlertStatus::Resolved),
        _ => None,
    }
}

/// The worst risk that is stated; without one the level of the diagnostic log.
fn severities(value: &Value, event: &Value) -> (Option<Severity>, Option<String>) {
    let stated = ["risklevel", "risklevelduringsignin", "risklevelaggregated"]
        .into_iter()
        .filter_map(|name| text(event, name))
        .filter(|word| !word.eq_ignore_ascii_case("hidden"))
        .map(|word| (severity::of_word(word), Some(word.to_owned())))
        .max_by_key(|(step, _)| *step);
    stated.unwrap_or_else(|| {
        let level = word(value, "level");
        let step = match level.as_deref() {
            Some("1" | "Critical") => Some(Severity::Critical),
            Some("2" | "Error") => Some(Severity::High),
            Some("3" | "Warning") => Some(Severity::Medium),
            Some("4" | "Informational") => Some(Severity::Informational),
            _ => None,
        };
        (step, level)
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_risk_detection_of_graph() {
        let input = json!({"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identityProtection/riskDetections", "value": [{
            "id": "rd-1", "riskEventType": "unfamiliarFeatures", "riskState": "atRisk", "riskLevel": "high",
            "riskDetail": "none", "ipAddress": "203.0.113.9", "userPrincipalName": "billing@cedarhollow.example",
            "activityDateTime": "2026-03-02T08:14:15.0030001Z", "detectedDateTime": "2026-03-02T08:20:00Z",
            "additionalInfo": "[{\"Key\":\"mitreTechniques\",\"Value\":\"T1078\"}]"
        }]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "entra-id", "source_id": "rd-1", "title": "unfamiliarFeatures",
                "description": null, "severity": "high",
                "source_severity": "high", "status": "open", "occurred_at": "2026-03-02T08:14:15.0030001Z",
                "reported_at": "2026-03-02T08:20:00Z", "hosts": [], "accounts": ["billing@cedarhollow.example"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}], "techniques": ["T1078"], "link": null
            })]
        );
    }

    #[test]
    fn a_directory_audit_as_azure_monitor_streams_it() {
        let found = alerts(&json!({"records": [{
            "time": "2026-03-02T08:20:00Z", "resourceId": "/tenants/t/providers/Microsoft.aadiam", "category": "AuditLogs",
            "operationName": "Add member to role", "Level": "4", "callerIpAddress": "203.0.113.9",
            "properties": {"id": "Directory_1", "activityDisplayName": "Add member to role", "activityDateTime": "2026-03-02T08:14:15.1Z",
                "initiatedBy": {"user": {"userPrincipalName": "admin@cedarhollow.example", "ipAddress": "203.0.113.9"}},
                "targetResources": [{"type": "User", "userPrincipalName": "temp@cedarhollow.example"}, {"type": "Device", "displayName": "WS-EXAM3"}]}
        }]}));
        assert_eq!(found[0]["accounts"], json!(["admin@cedarhollow.example", "temp@cedarhollow.example"]));
        assert_eq!(found[0]["hosts"], json!(["WS-EXAM3"]));
        assert_eq!(found[0]["severity"], "informational");
        assert_eq!(found[0]["occurred_at"], "2026-03-02T08:14:15.1Z");
        assert_eq!(found[0]["reported_at"], "2026-03-02T08:20:00Z");
    }

    #[test]
    fn a_hidden_risk_is_no_severity_and_an_id_of_zeros_no_id() {
        let found = alerts(&json!({
            "id": "00000000-0000-0000-0000-000000000000", "userPrincipalName": "a@b.example", "appDisplayName": "Outlook",
            "clientAppUsed": "Browser", "riskLevelDuringSignIn": "hidden", "riskState": "remediated",
            "deviceDetail": {"displayName": "WS-1"}, "createdDateTime": "2026-03-02T08:14:15Z"
        }));
        assert_eq!(found[0]["source_id"], json!(null));
        assert_eq!(found[0]["severity"], json!(null));
        assert_eq!(
            (&found[0]["title"], &found[0]["status"]),
            (&json!("Sign-in to Outlook"), &json!("resolved"))
        );
    }
}
