//! What no adapter knows: title, time, severity and names from the usual members, indicators from wherever a text
//! plainly is one. Nothing is refused; the bytes are kept.

use kernel::{Channel, IndicatorKind as K};
use serde_json::{Map, Value};

use crate::{
    adapter::{Adapter, Body, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    field::as_word,
    indicator, severity, when,
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "generic",
    vendor: "any",
    product: "any",
    reads: "any JSON object, line or text: title, time and names from the usual members",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise: |_| Confidence::No,
    parse,
};

/// How deep the names are looked for.
const DEPTH: usize = 8;

const ID: [&str; 9] = ["id", "_id", "alertid", "alert_id", "eventid", "event_id", "uuid", "guid", "uid"];
const TITLE: [&str; 17] = [
    "title",
    "alertname",
    "alert_name",
    "rulename",
    "rule_name",
    "subject",
    "headline",
    "name",
    "summary",
    "signature",
    "event_name",
    "eventname",
    "eventtype",
    "event_type",
    "detection",
    "message",
    "msg",
];
const DESCRIPTION: [&str; 6] = ["description", "details", "detail", "message", "msg", "body"];
const SEVERITY: [&str; 8] = [
    "severity",
    "alert_severity",
    "severitylabel",
    "severity_label",
    "priority",
    "risk_level",
    "risklevel",
    "level",
];
const STATUS: [&str; 3] = ["status", "state", "alert_status"];
const OCCURRED: [&str; 20] = [
    "occurred_at",
    "occurredat",
    "event_time",
    "eventtime",
    "event_timestamp",
    "timestamp",
    "@timestamp",
    "time",
    "first_seen",
    "firstseen",
    "start_time",
    "starttime",
    "date",
    "datetime",
    "ts",
    "eventdatetime",
    "created_at",
    "createdat",
    "created",
    "published",
];
const REPORTED: [&str; 9] = [
    "reported_at",
    "reportedat",
    "created_at",
    "createdat",
    "creation_time",
    "created",
    "createddatetime",
    "detected_at",
    "received_at",
];
const LINK: [&str; 9] = [
    "link",
    "permalink",
    "alert_url",
    "alerturl",
    "console_url",
    "incident_url",
    "web_url",
    "html_url",
    "url",
];
const HOST: [&str; 17] = [
    "host",
    "hostname",
    "host_name",
    "computer",
    "computername",
    "computer_name",
    "machine",
    "machine_name",
    "machinename",
    "device",
    "devicename",
    "device_name",
    "device_hostname",
    "endpoint",
    "endpoint_name",
    "workstation",
    "fqdn",
];
const ACCOUNT: [&str; 16] = [
    "user",
    "username",
    "user_name",
    "account",
    "accountname",
    "account_name",
    "login",
    "userid",
    "user_id",
    "userprincipalname",
    "user_principal_name",
    "upn",
    "actor",
    "principal",
    "src_user",
    "target_user",
];
const TECHNIQUE: [&str; 8] = [
    "technique",
    "techniques",
    "technique_id",
    "techniqueid",
    "mitre",
    "mitre_attack",
    "attack",
    "mitre_techniques",
];

pub(super) fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let mut draft = Draft::default();
    match &item.body {
        Body::Json(value) => object(value, &mut draft),
        Body::Line(text) | Body::Text(text) => prose(text, &mut draft),
        Body::Mail => prose(&crate::charset::text(item.raw), &mut draft),
    }
    Ok(vec![draft])
}

fn object(value: &Value, draft: &mut Draft) {
    let Some(members) = value.as_object() else { return };
    let heart = heart(value).unwrap_or(members);
    let word = |names: &[&str]| named(members, names).or_else(|| named(heart, names)).and_then(as_word);
    let moment = |names: &[&str]| {
        named_of(members, names, when::of_value).or_else(|| named_of(heart, names, when::of_value))
    };
    draft.source_id = word(&ID);
    draft.title = word(&TITLE).or_else(|| {
        let told =
            ["rule", "alert", "detection", "signature", "event"].iter().filter_map(|name| members.get(*name));
        told.filter_map(Value::as_object).find_map(|inner| named(inner, &TITLE).and_then(as_word))
    });
    draft.description = word(&DESCRIPTION).filter(|text| Some(text) != draft.title.as_ref());
    draft.source_severity = word(&SEVERITY);
    draft.severity = draft.source_severity.as_deref().and_then(severity::of_word);
    draft.status_word(word(&STATUS).as_deref());
    draft.occurred_at = moment(&OCCURRED);
    draft.reported_at = moment(&REPORTED).filter(|reported| Some(*reported) != draft.occurred_at);
    draft.link = word(&LINK).filter(|text| text.starts_with("https://") || text.starts_with("http://"));
    walk("", value, draft, DEPTH);
}

/// The outermost object, breadth first, that has a title: the alert itself where it comes in wrapping of its own.
fn heart(value: &Value) -> Option<&Map<String, Value>> {
    let mut row = vec![value];
    for _ in 0..5 {
        let titled = row.iter().filter_map(|value| value.as_object()).find(|members| {
            let named_and_timed =
                || named(members, &TITLE).is_some() && named_of(members, &OCCURRED, when::of_value).is_some();
            named(members, &TITLE[..7]).is_some() || named_and_timed()
        });
        if titled.is_some() {
            return titled;
        }
        row = row
            .into_iter()
            .flat_map(|value| {
                let elements = value.as_array().into_iter().flatten();
                elements.chain(value.as_object().into_iter().flat_map(Map::values))
            })
            .take(10_000)
            .collect();
    }
    None
}

/// The first member with one of these names, in any case, that holds a plain value.
fn named<'a>(members: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    named_of(members, names, |value| as_word(value).map(|_| value))
}

fn named_of<'a, T>(
    members: &'a Map<String, Value>,
    names: &[&str],
    read: impl Fn(&'a Value) -> Option<T>,
) -> Option<T> {
    names.iter().find_map(|name| {
        let found = members.get(*name).or_else(|| {
            members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        });
        found.and_then(&read)
    })
}

/// Names and indicators, wherever they are.
fn walk(key: &str, value: &Value, draft: &mut Draft, depth: usize) {
    match value {
        Value::String(text) => leaf(key, text, draft),
        Value::Array(elements) if depth > 0 => {
            elements.iter().for_each(|inner| walk(key, inner, draft, depth - 1))
        }
        Value::Object(members) if depth > 0 => {
            if is_any(key, &HOST) || is_any(key, &ACCOUNT) {
                let name =
                    named(members, &["name", "hostname", "username", "upn", "email"]).and_then(Value::as_str);
                name.into_iter().for_each(|name| leaf(key, name, draft));
            }
            members.iter().for_each(|(name, inner)| walk(name, inner, draft, depth - 1));
        }
        _ => {}
    }
}

fn is_any(key: &str, names: &[&str]) -> bool {
    let singular = key.strip_suffix('s').unwrap_or(key);
    names.iter().any(|name| key.eq_ignore_ascii_case(name) || singular.eq_ignore_ascii_case(name))
}

fn leaf(key: &str, text: &str, draft: &mut Draft) {
    let text = text.trim();
    if text.len() > 4096 {
        return;
    }
    if is_any(key, &TECHNIQUE) {
        draft.technique(text);
    }
    let kind = indicator::classify(text);
    if is_any(key, &HOST) && !matches!(kind, Some(K::Url | K::Email | K::FilePath | K::Ipv4 | K::Ipv6)) {
        draft.host(text);
        return;
    }
    if is_any(key, &ACCOUNT) && matches!(kind, None | Some(K::Email | K::Domain)) {
        draft.account(text);
        return;
    }
    // A link to the source's console, a time or a file's name is no sign of the attacker.
    let own = is_any(key, &LINK[..8]) || is_any(key, &ID) || is_any(key, &TITLE);
    if !own
        && draft.link.as_deref() != Some(text)
        && let Some(kind) = kind
    {
        draft.indicator(kind, text);
    }
}

/// A line or a text: its first line says what it is, and words that are plainly indicators are taken.
fn prose(text: &str, draft: &mut Draft) {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    draft.title = lines.next().map(str::to_owned);
    draft.description = lines.next().is_some().then(|| text.to_owned());
    for line in text.lines().take(10_000) {
        draft.technique(line);
        for word in line
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '<' | '>' | '(' | ')'))
        {
            let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '[' | ']'));
            match indicator::classify(word) {
                Some(K::FilePath) | None => {}
                Some(kind) => draft.indicator(kind, word),
            }
        }
    }
}
