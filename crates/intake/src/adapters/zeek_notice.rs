//! Zeek's notice log, tab-separated or JSON. (<https://docs.zeek.org/en/master/frameworks/notice.html>)

use kernel::Channel;
use serde_json::Value;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine, one},
    authentication::Authentication,
    draft::Draft,
    field::{dotted, has, has_all, moment, text, word},
    format::observables,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "zeek-notice",
    vendor: "The Zeek Project",
    product: "Zeek",
    reads: "notice.log, tab-separated or JSON",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    let Some(value) = item.value() else { return Confidence::No };
    let notice = has_all(value, &["note", "msg"]);
    let named = text(value, "_path").or_else(|| text(value, "@path")) == Some("notice");
    let of_zeek = ["actions", "suppress_for", "peer_descr", "uid", "id.orig_h", "src"]
        .iter()
        .any(|name| has(value, name));
    let scoped = text(value, "note").is_some_and(|note| note.contains("::"));
    Confidence::Certain.when(notice && (named || scoped && of_zeek))
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    one(item, read)
}

/// A notice has no id: the connection of `uid` may raise several.
fn read(value: &Value, draft: &mut Draft) {
    draft.title = text(value, "note").map(str::to_owned);
    let (message, detail) = (text(value, "msg"), text(value, "sub"));
    draft.description = match (message, detail) {
        (Some(message), Some(detail)) if !message.contains(detail) => Some(format!("{message} ({detail})")),
        (message, detail) => message.or(detail).map(str::to_owned),
    };
    draft.occurred_at = moment(value, "ts");
    // Only sites that load the severity extension have one.
    draft.severity_word(word(value, "severity.name").or_else(|| word(value, "severity/name")));
    for name in ["src", "dst"] {
        draft.address(text(value, name));
    }
    for name in ["id.orig_h", "id.resp_h"] {
        draft.address(dotted(value, name).and_then(Value::as_str));
    }
    if text(value, "note").is_some_and(|note| note.starts_with("Intel::")) {
        draft.observe(detail);
    }
    observables::cves(draft, message.unwrap_or_default());
    draft.file(None, text(value, "file_desc").filter(|name| name.starts_with('/')));
}

#[cfg(test)]
mod tests {
    use crate::testing::{alerts, alerts_of};
    use serde_json::json;

    #[test]
    fn a_row_and_a_json_line_are_the_same_notice() {
        let log = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tnotice\n\
            #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tnote\tmsg\tsub\tsrc\tdst\tactions\n\
            #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tstring\taddr\taddr\tset[enum]\n\
            1772439255.003000\tC1\t203.0.113.9\t41459\t10.0.4.12\t443\tHeartbleed::SSL_Heartbeat_Attack\tHeartbeat\\x09before ciphertext\t-\t203.0.113.9\t10.0.4.12\tNotice::ACTION_LOG\n";
        let expected = json!({
            "channel": "mdr", "source": "zeek-notice", "source_id": null, "title": "Heartbleed::SSL_Heartbeat_Attack",
            "description": "Heartbeat\tbefore ciphertext", "severity": null, "source_severity": null, "status": null,
            "occurred_at": "2026-03-02T08:14:15.003000Z", "reported_at": null, "hosts": [], "accounts": [],
            "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "10.0.4.12"}],
            "techniques": [], "link": null
        });
        assert_eq!(alerts_of(log.as_bytes()), [expected]);
        let found = alerts(
            &json!({"ts": "2026-03-02T08:14:15.003000Z", "uid": "C1", "id.orig_h": "203.0.113.9", "id.resp_h": "10.0.4.12",
            "note": "Intel::Notice", "msg": "Intel hit on evil.example at DNS::IN_REQUEST", "sub": "evil.example", "actions": []}),
        );
        assert_eq!(found[0]["source"], "zeek-notice");
        assert_eq!(found[0]["indicators"][2], json!({"kind": "domain", "value": "evil.example"}));
    }
}
