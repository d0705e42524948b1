//! What the Elastic Common Schema says of hosts, accounts and indicators (<https://www.elastic.co/docs/reference/ecs>),
//! for the sources that write it: members nested, with dots, or both.

use kernel::IndicatorKind as K;
use serde_json::Value;

use crate::{
    draft::Draft,
    field::{as_word, dotted},
};

/// The text at a dotted path.
pub(super) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    dotted(value, path).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The texts at a dotted path: of an array, or the one text itself.
fn texts(value: &Value, path: &str) -> Vec<String> {
    match dotted(value, path) {
        Some(Value::Array(elements)) => elements.iter().filter_map(as_word).collect(),
        Some(other) => as_word(other).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Names and indicators of an event.
pub(super) fn read(event: &Value, draft: &mut Draft) {
    draft.host(text(event, "host.name").or_else(|| text(event, "host.hostname")));
    for user in ["user", "user.target", "source.user", "destination.user", "client.user"] {
        let member = |name: &str| text(event, &format!("{user}.{name}"));
        draft.account_in(member("domain"), member("name"));
        draft.account(member("email"));
    }
    if draft.accounts().is_empty() {
        draft.account(text(event, "user.id").filter(|id| !id.starts_with("S-1-")));
    }
    for path in ["source.ip", "client.ip", "destination.ip", "server.ip"] {
        texts(event, path).iter().for_each(|ip| draft.address(ip.as_str()));
    }
    for path in ["destination.domain", "url.domain", "dns.question.name"] {
        draft.observe(text(event, path));
    }
    draft.indicator(K::Url, text(event, "url.full").or_else(|| text(event, "url.original")));
    for file in ["file", "process", "dll", "process.parent"] {
        for hash in ["sha256", "sha1", "md5"] {
            draft.indicator(K::Sha256, text(event, &format!("{file}.hash.{hash}")));
        }
    }
    draft.indicator(K::FilePath, text(event, "file.path"));
    draft.indicator(K::FilePath, text(event, "dll.path"));
    draft.indicator(K::FilePath, text(event, "process.executable"));
    draft.indicator(K::Process, text(event, "process.command_line"));
    draft.indicator(K::RegistryKey, text(event, "registry.path").or_else(|| text(event, "registry.key")));
    texts(event, "vulnerability.id").iter().for_each(|id| draft.observe(id.as_str()));
    for path in ["email.from.address", "email.sender.address", "email.reply_to.address"] {
        texts(event, path).iter().for_each(|address| draft.indicator(K::Email, address.as_str()));
    }
    texts(event, "email.to.address").iter().for_each(|address| draft.account(address.as_str()));
    matched(event, draft);
    draft.techniques_in(dotted(event, "threat"));
}

/// What a threat feed knew.
fn matched(event: &Value, draft: &mut Draft) {
    let Some(enrichments) = dotted(event, "threat.enrichments") else { return };
    let lone = std::slice::from_ref(enrichments);
    for enrichment in enrichments.as_array().map_or(lone, Vec::as_slice) {
        for path in ["matched.atomic", "indicator.ip", "indicator.url.full", "indicator.url.domain"] {
            draft.observe(text(enrichment, path));
        }
        for path in ["indicator.file.hash.sha256", "indicator.file.hash.sha1", "indicator.file.hash.md5"] {
            draft.indicator(K::Sha256, text(enrichment, path));
        }
        draft.indicator(K::FilePath, text(enrichment, "indicator.file.path"));
    }
}
