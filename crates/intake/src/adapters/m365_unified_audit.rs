//! The Microsoft 365 unified audit log: records of the Management Activity API, rows of the portal's or PowerShell's CSV
//! export (whose `AuditData` column holds the record), and rows of Sentinel's `OfficeActivity` table; keys may have been
//! written in lower case. (<https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema>)

use kernel::{Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, embedded, first, first_moment, has, list, text, texts, word},
    format::{keys, observables},
    indicator,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "m365-unified-audit",
    vendor: "Microsoft",
    product: "Microsoft 365 unified audit log",
    reads: "Management Activity API records, audit log export (CSV with AuditData), OfficeActivity rows",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// Parameters of mailbox rules and settings that send mail elsewhere.
const SENDS_TO: [&str; 6] = [
    "ForwardTo",
    "ForwardAsAttachmentTo",
    "RedirectTo",
    "ForwardingSmtpAddress",
    "ForwardingAddress",
    "BlindCopyTo",
];

/// Parameters that name the mailbox or the account that is changed or given rights.
const CONCERNS: [&str; 5] = ["Identity", "Mailbox", "User", "Member", "Trustee"];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let any = |names: &[&str]| names.iter().any(|name| keys::has(value, name));
    let record = any(&["Operation"])
        && any(&["RecordType"])
        && any(&["CreationTime", "TimeGenerated", "Workload", "OfficeWorkload"]);
    let row = any(&["AuditData", "CreationDate"])
        && any(&["Operations", "Operation"])
        && any(&["UserIds", "UserId", "RecordType"]);
    Confidence::Certain.when(record || row)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    let record = embedded(value, "AuditData")
        .or_else(|| at(value, "AuditData").filter(|data| data.is_object()).cloned());
    let mut draft = Draft::default();
    match record {
        Some(record) => read(&keys::lower(&record), &mut draft),
        None => read(&keys::lower(value), &mut draft),
    }
    if has(value, "AuditData") || has(value, "Operations") {
        let row = keys::lower(value);
        draft.title = draft.title.or_else(|| first(&row, &["operations", "operation"]).map(str::to_owned));
        draft.occurred_at = draft.occurred_at.or_else(|| first_moment(&row, &["creationdate"]));
        draft.source_id =
            draft.source_id.or_else(|| first(&row, &["identity", "recordid"]).map(str::to_owned));
        texts(&row, "userids").for_each(|user| draft.account(user));
    }
    Ok(vec![draft])
}

fn read(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id");
    draft.title = first(value, &["name", "operation"]).map(str::to_owned);
    draft.description =
        first(value, &["comments", "subject", "logonerror", "resultstatusdetail", "eventsource"])
            .map(str::to_owned);
    draft.occurred_at = first_moment(value, &["creationtime", "timegenerated"]);
    // Alerts of the compliance centre carry both; nothing else in the log does.
    draft.severity_word(word(value, "severity"));
    draft.status_word(text(value, "status"));
    draft.link = first(value, &["eventdeeplink", "alertlinks/0/alertlinkhref"]).map(str::to_owned);
    people(value, draft);
    for name in ["clientip", "clientipaddress", "client_ipaddress", "actoripaddress", "senderip"] {
        draft.address(text(value, name));
    }
    for property in list(value, "deviceproperties").chain(list(value, "extendedproperties")) {
        if text(property, "name") == Some("DisplayName") {
            draft.host(text(property, "value"));
        }
    }
    draft.host(first(value, &["devicename", "clientmachinename"]));
    settings(value, draft);
    mail(value, draft);
}

fn people(value: &Value, draft: &mut Draft) {
    draft.account(text(value, "userid"));
    for target in list(value, "target").chain(list(value, "actor")) {
        draft.account(text(target, "id").filter(|id| indicator::is_email(id)));
    }
    for name in ["objectid", "mailboxownerupn", "targetuserorgroupname"] {
        draft.account(text(value, name).filter(|name| indicator::is_email(name)));
    }
}

/// What an Exchange command changed.
fn settings(value: &Value, draft: &mut Draft) {
    // OfficeActivity holds the list as text.
    let parameters = embedded(value, "parameters")
        .map_or_else(|| value.clone(), |list| keys::lower(&serde_json::json!({ "parameters": list })));
    for parameter in list(&parameters, "parameters").chain(list(value, "operationproperties")) {
        let (Some(name), Some(said)) = (text(parameter, "name"), text(parameter, "value")) else { continue };
        if SENDS_TO.contains(&name) {
            said.split([';', ',']).for_each(|address| observables::mailbox(draft, address));
        } else if CONCERNS.contains(&name) {
            draft.account(observables::bare_mailbox(said));
        }
    }
}

/// Threat Explorer's records: a mail that was found bad, a link that was clicked.
fn mail(value: &Value, draft: &mut Draft) {
    for name in ["p1sender", "p2sender", "sender"] {
        observables::mailbox(draft, text(value, name));
    }
    texts(value, "recipients").for_each(|address| draft.account(address));
    observables::web(draft, text(value, "url"));
    for file in list(value, "attachmentdata") {
        draft.indicator(K::Sha256, text(file, "sha256"));
        draft.file(None, text(file, "filename"));
    }
    if let Some(file) = at(value, "filedata") {
        draft.indicator(K::Sha256, text(file, "sha256"));
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{alerts, alerts_of};
    use serde_json::json;

    fn rule() -> serde_json::Value {
        json!({"CreationTime": "2026-03-02T08:14:15", "Id": "r-1", "Operation": "New-InboxRule", "RecordType": 1,
            "ResultStatus": "True", "UserType": 2, "Workload": "Exchange", "ClientIP": "[2001:db8::1a]:54809",
            "ObjectId": "x\\1", "UserId": "billing@cedarhollow.example",
            "Parameters": [{"Name": "Mailbox", "Value": "owner@cedarhollow.example"},
                {"Name": "ForwardTo", "Value": "smtp:a@evil.example;b@evil.example"}, {"Name": "Name", "Value": "."}]})
    }

    #[test]
    fn a_forwarding_rule_is_seen_with_its_targets() {
        assert_eq!(
            alerts(&rule()),
            [json!({
                "channel": "mdr", "source": "m365-unified-audit", "source_id": "r-1", "title": "New-InboxRule",
                "description": null, "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:14:15Z", "reported_at": null, "hosts": [],
                "accounts": ["billing@cedarhollow.example", "owner@cedarhollow.example"],
                "indicators": [{"kind": "ipv6", "value": "2001:db8::1a"}, {"kind": "email", "value": "a@evil.example"},
                    {"kind": "email", "value": "b@evil.example"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn the_portals_csv_gives_the_same_alert_for_each_row() {
        let quoted = rule().to_string().replace('"', "\"\"");
        let csv = format!(
            "\u{feff}\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\"\r\n\
             \"ExchangeAdmin\",\"3/2/2026 8:14:15 AM\",\"billing@cedarhollow.example\",\"New-InboxRule\",\"{quoted}\"\r\n\
             \"ExchangeAdmin\",\"3/2/2026 8:14:16 AM\",\"desk@cedarhollow.example\",\"Set-Mailbox\",\"\"\r\n"
        );
        let found = alerts_of(csv.as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], alerts(&rule())[0]);
        assert_eq!(
            (&found[1]["title"], &found[1]["occurred_at"]),
            (&json!("Set-Mailbox"), &json!("2026-03-02T08:14:16Z"))
        );
    }
}
