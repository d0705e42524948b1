//! Proofpoint Targeted Attack Protection: the four lists of the SIEM API (clicks and messages, blocked and let through),
//! single events of them, threat forensics, and the text of an alert mail that a collector put into JSON.
//! (<https://help.proofpoint.com/Threat_Insight_Dashboard/API_Documentation/SIEM_API>)

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
    name: "proofpoint",
    vendor: "Proofpoint",
    product: "Targeted Attack Protection",
    reads: "SIEM API clicks and messages, threat forensics, alert text",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

/// The lists of the SIEM API, and what their events are.
const LISTS: [(&str, &str); 4] = [
    ("clicksBlocked", "Click blocked"),
    ("clicksPermitted", "Click permitted"),
    ("messagesBlocked", "Message blocked"),
    ("messagesDelivered", "Message delivered"),
];

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let answer = LISTS.iter().any(|(name, _)| value.get(name).is_some_and(Value::is_array));
    let click = has_all(value, &["clickTime", "url"]) || has_all(value, &["clickIP", "threatID"]);
    let message = has(value, "threatsInfoMap") || has_all(value, &["impostorScore", "phishScore"]);
    let forensics = has_all(value, &["forensics", "threatStatus"]) || has_all(value, &["forensics", "scope"]);
    Confidence::Certain.when(answer || click || message || forensics || has(value, "tapAlert"))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let value = item.value().ok_or(NotMine)?;
    if let Some(alert) = text(value, "tapAlert") {
        return Ok(vec![notice(alert)]);
    }
    let mut drafts: Vec<Draft> =
        LISTS.iter().flat_map(|(name, what)| list(value, name).map(|one| event(one, Some(what)))).collect();
    if LISTS.iter().all(|(name, _)| !has(value, name)) {
        drafts.push(if has(value, "forensics") { forensics(value) } else { event(value, None) });
    }
    Ok(drafts)
}

fn event(value: &Value, what: Option<&str>) -> Draft {
    let mut draft = Draft::default();
    if has(value, "clickTime") || has(value, "clickIP") {
        click(value, what, &mut draft);
    } else {
        message(value, what, &mut draft);
    }
    for name in ["sender", "fromAddress", "headerFrom", "replyToAddress"] {
        texts(value, name).for_each(|address| observables::mailbox(&mut draft, address));
    }
    draft.address(text(value, "senderIP"));
    for part in list(value, "messageParts") {
        draft.hashes(part);
        if text(part, "disposition") == Some("attached") || has(part, "sha256") {
            draft.file(None, text(part, "filename"));
        }
    }
    draft
}

fn titled(what: Option<&str>, said: Option<&str>) -> Option<String> {
    match (what, said) {
        (Some(what), Some(said)) => Some(format!("{what}: {said}")),
        (what, said) => what.or(said).map(str::to_owned),
    }
}

fn click(value: &Value, what: Option<&str>, draft: &mut Draft) {
    draft.source_id = first_word(value, &["id", "GUID"]);
    draft.title = titled(what, text(value, "classification"));
    draft.occurred_at = moment(value, "clickTime");
    draft.reported_at = moment(value, "threatTime");
    draft.status = text(value, "threatStatus").and_then(status);
    draft.link = text(value, "threatURL").map(str::to_owned);
    texts(value, "recipient").for_each(|address| draft.account(address));
    observables::web(draft, text(value, "url"));
    draft.address(text(value, "clickIP"));
}

fn message(value: &Value, what: Option<&str>, draft: &mut Draft) {
    draft.source_id = first_word(value, &["GUID", "id", "messageID", "threatsInfoMap/0/threatID"]);
    draft.title = titled(what, text(value, "subject"));
    draft.occurred_at = first_moment(value, &["messageTime"]);
    let threats: Vec<&Value> = list(value, "threatsInfoMap").collect();
    draft.reported_at = threats.iter().filter_map(|threat| moment(threat, "threatTime")).max();
    let said: Vec<String> = threats
        .iter()
        .filter_map(|threat| {
            Some(format!("{} {}", text(threat, "classification")?, first(threat, &["threat", "threatID"])?))
        })
        .collect();
    draft.description = (!said.is_empty()).then(|| said.join("; "));
    // The message is dealt with when each of its threats is.
    let states: Vec<AlertStatus> =
        threats.iter().filter_map(|threat| text(threat, "threatStatus").and_then(status)).collect();
    draft.status =
        if states.contains(&AlertStatus::Open) { Some(AlertStatus::Open) } else { states.first().copied() };
    draft.link = threats
        .iter()
        .find_map(|threat| text(threat, "threatUrl"))
        .filter(|url| url.contains("://"))
        .map(str::to_owned);
    for name in ["recipient", "toAddresses", "ccAddresses"] {
        texts(value, name).for_each(|address| draft.account(address));
    }
    for threat in threats {
        let named = text(threat, "threat");
        match text(threat, "threatType") {
            Some("url" | "URL") => {
                observables::web(draft, named.filter(|url| url.contains(['.', '/']) && !url.contains(' ')));
            }
            Some("attachment" | "ATTACHMENT") => match named {
                Some(hash) if crate::indicator::hash_kind(hash).is_some() => draft.indicator(K::Sha256, hash),
                name => draft.file(None, name),
            },
            _ => draft.observe(named),
        }
    }
}

fn status(word: &str) -> Option<AlertStatus> {
    match word.to_ascii_lowercase().as_str() {
        "active" => Some(AlertStatus::Open),
        "cleared" | "falsepositive" => Some(AlertStatus::Resolved),
        _ => None,
    }
}

/// What a threat was seen to do in the sandbox.
fn forensics(value: &Value) -> Draft {
    let mut draft = Draft {
        source_id: word(value, "id"),
        title: first(value, &["name", "type", "scope"]).map(str::to_owned),
        status: text(value, "threatStatus").and_then(status),
        ..Draft::default()
    };
    for seen in list(value, "forensics").filter(|seen| at(seen, "malicious") != Some(&Value::Bool(false))) {
        let Some(what) = at(seen, "what") else { continue };
        observables::web(&mut draft, text(what, "url"));
        observables::host_name(&mut draft, text(what, "host"));
        draft.address(text(what, "ip"));
        texts(what, "ips").for_each(|address| draft.address(address));
        draft.hashes(what);
        draft.file(None, text(what, "path"));
        draft.indicator(K::RegistryKey, text(what, "key"));
        let name = text(what, "name");
        draft.indicator(K::Mutex, name.filter(|_| text(seen, "type") == Some("mutex")));
    }
    draft
}

/// The alert mail that says that a user clicked: its labels stand without breaks between them.
fn notice(alert: &str) -> Draft {
    let plain = alert.split("<html").next().unwrap_or(alert);
    let between = |from: &str, to: &str| {
        let (_, rest) = plain.split_once(from)?;
        let (said, _) = rest.split_once(to)?;
        Some(said.trim()).filter(|said| !said.is_empty() && said.len() < 1000 && *said != "=97")
    };
    let mut draft = Draft {
        source_id: between("Threat-ID", "Sender IP").map(str::to_owned),
        title: between("URL Defense", ".")
            .or_else(|| plain.lines().next())
            .map(|title| title.replace('=', "")),
        description: between("Category", "Condemnation Time").map(str::to_owned),
        occurred_at: between("ClickTime", "Source IP").and_then(crate::when::read),
        reported_at: between("Condemnation Time", "MessageTime").and_then(crate::when::read),
        ..Draft::default()
    };
    draft.account(between("Recipient", "Subject"));
    draft.address(between("Source IP", "User Agent"));
    let url = between("ThreatURL", "Category").map(|url| observables::refang(&url.replace('=', "")));
    observables::web(&mut draft, url.as_deref());
    draft
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn the_four_lists_are_told_apart() {
        let input = json!({"queryEndTime": "2026-03-02T09:00:00Z", "clicksBlocked": [], "messagesBlocked": [],
            "clicksPermitted": [{"id": "c-1", "GUID": "g", "classification": "phish", "clickIP": "203.0.113.9",
                "clickTime": "2026-03-02T08:14:15.000Z", "threatTime": "2026-03-02T08:15:00.000Z", "recipient": ["desk@cedarhollow.example"],
                "sender": "x@evil.example", "senderIP": "198.51.100.7", "threatID": "t", "threatStatus": "active",
                "threatURL": "https://threatinsight.proofpoint.com/t", "url": "https://evil.example/a"}],
            "messagesDelivered": [{"GUID": "g-2", "subject": "Invoice", "messageTime": "2026-03-02T08:00:00Z", "recipient": ["b@cedarhollow.example"],
                "threatsInfoMap": [{"threat": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "threatType": "attachment",
                    "classification": "malware", "threatStatus": "cleared", "threatTime": "2026-03-02T08:30:00Z"}]}]});
        let found = alerts(&input);
        assert_eq!(
            found[0],
            json!({
                "channel": "mdr", "source": "proofpoint", "source_id": "c-1", "title": "Click permitted: phish",
                "description": null, "severity": null, "source_severity": null, "status": "open",
                "occurred_at": "2026-03-02T08:14:15.000Z", "reported_at": "2026-03-02T08:15:00.000Z", "hosts": [],
                "accounts": ["desk@cedarhollow.example"],
                "indicators": [{"kind": "url", "value": "https://evil.example/a"}, {"kind": "domain", "value": "evil.example"},
                    {"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "email", "value": "x@evil.example"},
                    {"kind": "ipv4", "value": "198.51.100.7"}],
                "techniques": [], "link": "https://threatinsight.proofpoint.com/t"
            })
        );
        assert_eq!(found[1]["title"], "Message delivered: Invoice");
        assert_eq!(found[1]["status"], "resolved");
        assert_eq!(found[1]["indicators"][0]["kind"], "sha256");
        assert_eq!(found.len(), 2);
    }
}
