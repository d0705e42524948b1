//! Abnormal Security: cases, threats (one alert for each threat, with all its messages), their links and attachments,
//! message searches, the audit log and reported mails that were not analysed.
//! (<https://app.swaggerhub.com/apis-docs/abnormal-security/abx/>)

use std::collections::BTreeSet;

use kernel::{AlertStatus, Channel, IndicatorKind as K};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::{at, first, first_moment, first_word, has, has_all, list, moment, text, texts, word},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "abnormal-security",
    vendor: "Abnormal",
    product: "Inbound Email Security",
    reads: "cases, threats and their messages, links and attachments, message searches, audit log (REST API)",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let case = has(value, "caseId")
        && (has(value, "severity") || has(value, "affectedEmployee") || has(value, "analysis"));
    let threat = at(value, "messages/0").is_some_and(is_message)
        || has(value, "threatId") && (has(value, "attachments") || has(value, "links"));
    let found = has_all(value, &["abnormal_message_id", "internet_message_id"]);
    let reported = has_all(value, &["abx_message_id", "reported_datetime"]);
    let audit = has_all(value, &["action", "actionDetails", "tenantName", "timestamp"]);
    Confidence::Certain.when(case || threat || is_message(value) || found || reported || audit)
}

fn is_message(value: &Value) -> bool {
    has(value, "abxMessageId") || has(value, "abxMessageIdStr")
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    if has(value, "messages") {
        return Ok(threat(value));
    }
    let mut draft = Draft::default();
    if has(value, "caseId") {
        case(value, &mut draft);
    } else if is_message(value) {
        draft.source_id = message_id(value);
        message(value, &mut draft);
    } else if has(value, "actionDetails") {
        audit(value, &mut draft);
    } else if has(value, "threatId") {
        parts(value, &mut draft);
    } else {
        mailbox_entry(value, &mut draft);
    }
    Ok(vec![draft])
}

fn case(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "caseId");
    draft.title = first(value, &["description", "severity", "analysis/attackType"]).map(str::to_owned);
    draft.description = first(value, &["analysis", "analysis/summary"]).map(str::to_owned);
    draft.severity_word(first_word(value, &["severity_level", "severity"]));
    draft.status = match text(value, "case_status") {
        Some("Action Required" | "Acknowledged" | "In Progress") => Some(AlertStatus::Open),
        Some("Resolved" | "Closed" | "No Action Needed" | "Safe") => Some(AlertStatus::Resolved),
        _ => None,
    };
    draft.occurred_at = moment(value, "firstObserved");
    draft.reported_at = moment(value, "customerVisibleTime");
    draft.account(text(value, "affectedEmployee"));
}

/// One alert of the messages of a threat; where the messages are of several threats, one for each message.
fn threat(value: &Value) -> Vec<Draft> {
    let id = |message: &Value| word(message, "threatId");
    let of_messages: BTreeSet<Option<String>> = list(value, "messages").map(id).collect();
    if word(value, "threatId").is_none() && of_messages.len() > 1 {
        return list(value, "messages")
            .map(|one| {
                let mut draft = Draft { source_id: message_id(one), ..Draft::default() };
                message(one, &mut draft);
                draft
            })
            .collect();
    }
    let mut draft = Draft {
        source_id: word(value, "threatId").or_else(|| of_messages.into_iter().next().flatten()),
        ..Draft::default()
    };
    let earliest =
        list(value, "messages").filter_map(|one| first_moment(one, &["receivedTime", "sentTime"])).min();
    for one in list(value, "messages") {
        message(one, &mut draft);
    }
    draft.occurred_at = earliest;
    vec![draft]
}

/// The id as a text: as a number, other programs round its last digits, and the address of its page has them all.
fn message_id(value: &Value) -> Option<String> {
    let of_page = || {
        text(value, "abxPortalUrl")
            .and_then(|url| url.rsplit('/').next())
            .filter(|id| {
                !id.is_empty() && id.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit())
            })
            .map(str::to_owned)
    };
    word(value, "abxMessageIdStr").or_else(of_page).or_else(|| word(value, "abxMessageId"))
}

fn message(value: &Value, draft: &mut Draft) {
    if draft.title.is_none() {
        let kind = first(value, &["attackType"]);
        draft.title = match (kind, text(value, "subject")) {
            (Some(kind), Some(subject)) => Some(format!("{kind}: {subject}")),
            (kind, subject) => kind.or(subject).map(str::to_owned),
        };
        let insights: Vec<&str> = texts(value, "summaryInsights").collect();
        draft.description = (!insights.is_empty()).then(|| insights.join("; "));
        draft.link = text(value, "abxPortalUrl").map(str::to_owned);
        draft.occurred_at = first_moment(value, &["receivedTime", "sentTime"]);
    }
    draft.account(text(value, "recipientAddress"));
    texts(value, "toAddresses").flat_map(|all| all.split(',')).for_each(|address| draft.account(address));
    for name in ["fromAddress", "returnPath", "replyToEmails"] {
        texts(value, name).for_each(|address| observables::mailbox(draft, address));
    }
    draft.address(text(value, "senderIpAddress"));
    texts(value, "urls").for_each(|url| observables::web(draft, url));
    texts(value, "attachmentNames").for_each(|name| draft.file(None, Some(name)));
}

/// The links or attachments of a threat.
fn parts(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "threatId");
    for link in list(value, "links") {
        observables::web(draft, first(link, &["url", "linkUrl"]));
        draft.indicator(K::Domain, text(link, "domain"));
        draft.title = draft.title.take().or_else(|| first(link, &["category", "verdict"]).map(str::to_owned));
    }
    for file in list(value, "attachments") {
        draft.hashes(file);
        draft.file(None, text(file, "attachmentName"));
        draft.title = draft.title.take().or_else(|| text(file, "verdict").map(str::to_owned));
    }
}

/// A row of a message search, or a mail that staff reported.
fn mailbox_entry(value: &Value, draft: &mut Draft) {
    draft.source_id = first_word(value, &["abnormal_message_uuid", "abnormal_message_id", "abx_message_id"]);
    draft.title = text(value, "subject").map(str::to_owned);
    draft.description =
        first(value, &["judgement", "decision_category", "not_analyzed_reason"]).map(str::to_owned);
    draft.occurred_at = first_moment(value, &["received_time"]);
    draft.reported_at = first_moment(value, &["reported_datetime"]);
    observables::mailbox(draft, text(value, "sender"));
    draft.account(text(value, "mailbox_name"));
    draft.account(text(value, "reporter/email"));
}

fn audit(value: &Value, draft: &mut Draft) {
    draft.title = text(value, "action").map(str::to_owned);
    draft.description = text(value, "category").map(str::to_owned);
    draft.occurred_at = moment(value, "timestamp");
    draft.account(text(value, "user/email"));
    draft.address(text(value, "sourceIp"));
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_threat_is_one_alert_of_all_its_messages() {
        let message = |to: &str, at: &str| {
            json!({"threatId": "th-1", "abxMessageId": 1, "abxPortalUrl": "https://portal.example/x/4551618356913732076",
                "subject": "Invoice", "attackType": "Phishing", "fromAddress": "x@evil.example", "toAddresses": to,
                "receivedTime": at, "senderIpAddress": "203.0.113.9", "urls": ["https://evil.example/a"],
                "summaryInsights": ["Unusual Sender", "Suspicious Link"], "attachmentNames": ["a.pdf"]})
        };
        let input = json!({"threatId": "th-1", "messages": [
            message("b@cedarhollow.example", "2026-03-02T08:14:15Z"), message("c@cedarhollow.example, d@cedarhollow.example", "2026-03-02T08:10:00Z")]});
        assert_eq!(
            alerts(&input),
            [json!({
                "channel": "mdr", "source": "abnormal-security", "source_id": "th-1", "title": "Phishing: Invoice",
                "description": "Unusual Sender; Suspicious Link", "severity": null, "source_severity": null, "status": null,
                "occurred_at": "2026-03-02T08:10:00Z", "reported_at": null, "hosts": [],
                "accounts": ["b@cedarhollow.example", "c@cedarhollow.example", "d@cedarhollow.example"],
                "indicators": [{"kind": "email", "value": "x@evil.example"}, {"kind": "ipv4", "value": "203.0.113.9"},
                    {"kind": "url", "value": "https://evil.example/a"}, {"kind": "domain", "value": "evil.example"},
                    {"kind": "file_path", "value": "a.pdf"}],
                "techniques": [], "link": "https://portal.example/x/4551618356913732076"
            })]
        );
    }

    #[test]
    fn a_case_keeps_its_severity_and_status() {
        let found = alerts(
            &json!({"caseId": 1234, "description": "Potential Account Takeover", "affectedEmployee": "Jane Smith",
            "severity_level": "HIGH", "case_status": "Action Required", "firstObserved": "2026-03-02T08:14:15Z"}),
        );
        assert_eq!(found[0]["source_id"], "1234");
        assert_eq!((&found[0]["severity"], &found[0]["status"]), (&json!("high"), &json!("open")));
        assert_eq!(found[0]["accounts"], json!(["Jane Smith"]));
    }
}
