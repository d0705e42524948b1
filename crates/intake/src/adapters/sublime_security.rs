//! Sublime Security: flagged messages and audit events, as its event log and webhooks give them.
//! (<https://docs.sublime.security/reference/get_v1-audit-log-events>)

use kernel::Channel;
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{first, has, has_all, list, moment, text, word},
    severity,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "sublime-security",
    vendor: "Sublime Security",
    product: "Sublime",
    reads: "message.flagged and audit log events",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let dotted = text(value, "type").is_some_and(|kind| kind.contains('.'));
    let event = has_all(value, &["created_at", "data"])
        && (has(value, "data/flagged_rules")
            || has(value, "data/message/canonical_id")
            || has(value, "data/request/authentication_method"));
    Confidence::Certain.when(dotted && event)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

fn read(value: &Value, draft: &mut Draft) {
    draft.source_id = word(value, "id").or_else(|| word(value, "data/message/id"));
    let rules: Vec<&Value> =
        list(value, "data/flagged_rules").chain(list(value, "data/triggered_rules")).collect();
    let names: Vec<&str> = rules.iter().filter_map(|rule| text(rule, "name")).collect();
    draft.title = names.first().copied().or(text(value, "type")).map(str::to_owned);
    draft.description = (names.len() > 1).then(|| names.join("; "));
    let worst =
        rules.iter().filter_map(|rule| text(rule, "severity")).max_by_key(|word| severity::of_word(word));
    draft.severity_word(worst.map(str::to_owned));
    draft.reported_at = moment(value, "created_at");
    draft.account(first(value, &["created_by/email_address"]));
    draft.account(first(value, &["data/message/mailbox/email_address", "data/message/mailbox/email"]));
    draft.address(text(value, "data/request/ip"));
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts;
    use serde_json::json;

    #[test]
    fn a_flagged_message_has_its_worst_rules_severity() {
        let found = alerts(
            &json!({"type": "message.flagged", "created_at": "2026-03-02T08:14:15.302769Z", "data": {
            "flagged_rules": [{"id": "1", "name": "HTML smuggling", "severity": "medium"}, {"id": "2", "name": "Credential phishing", "severity": "high"}],
            "message": {"id": "m-1", "canonical_id": "c"}}}),
        );
        assert_eq!(found[0]["source"], "sublime-security");
        assert_eq!((&found[0]["source_id"], &found[0]["severity"]), (&json!("m-1"), &json!("high")));
        assert_eq!(found[0]["description"], "HTML smuggling; Credential phishing");
        assert_eq!(found[0]["reported_at"], "2026-03-02T08:14:15.302769Z");
    }
}
