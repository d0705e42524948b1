//! IBM's Log Event Extended Format, versions 1.0 and 2.0.
//! (<https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components>)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::extension::{self, Members, get, moment},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "leef",
    vendor: "any",
    product: "Log Event Extended Format",
    reads: "LEEF 1.0 and 2.0 messages, also over syslog",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    Confidence::Certain.when(item.line().is_some_and(|line| message(line).is_some()))
}

fn message(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("LEEF:")?;
    (rest.starts_with(['1', '2']) && rest.matches('|').count() >= 4).then_some(rest)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let line = item.line().and_then(message).ok_or(NotMine)?;
    let mut parts = line.splitn(6, '|');
    let mut field = || parts.next().unwrap_or_default();
    let (version, _vendor, _product, _product_version, event) = (field(), field(), field(), field(), field());
    let rest = field();
    let (separator, rest) = if version.starts_with('2') { delimiter(rest) } else { ('\t', rest) };
    let members: Members = rest
        .split(separator)
        .filter_map(|pair| pair.split_once('='))
        .take(extension::MOST)
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect();
    let mut draft = Draft {
        source_id: get(&members, &["externalId", "eventUUID", "uniqueId"]).map(str::to_owned),
        title: get(&members, &["name", "eventName", "cat"]).map(str::to_owned).or(Some(event.to_owned())),
        description: get(&members, &["msg", "reason", "desc", "description"]).map(str::to_owned),
        occurred_at: moment(&members, &["devTime"]),
        ..Draft::default()
    };
    extension::scale(&mut draft, get(&members, &["sev", "severity"]));
    extension::observe(&mut draft, &members);
    Ok(vec![draft])
}

/// Version 2.0's separator, written as itself or as `x09` or `0x09`; without one it is the tab.
fn delimiter(rest: &str) -> (char, &str) {
    let Some((said, after)) = rest.split_once('|') else { return ('\t', rest) };
    let code = said.strip_prefix("0x").or_else(|| said.strip_prefix('x')).filter(|code| !code.is_empty());
    let of_code = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
    let mut characters = said.chars();
    match (of_code, characters.next(), characters.next()) {
        (Some(separator), ..) | (None, Some(separator), None) => (separator, after),
        (None, None, _) => ('\t', after),
        _ => ('\t', rest),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn version_1_with_tabs() {
        let line = b"<13>Mar  2 08:14:15 dc01 LEEF:1.0|Acme|Shield|1|Malware|devTime=Mar 02 2026 08:14:15\tsev=8\tsrc=203.0.113.9\tusrName=frontdesk2\tidentHostName=ws-exam3\turl=https://evil.example/a\tmsg=Stopped a=b";
        assert_eq!(
            alerts_of(line),
            [json!({
                "channel": "mdr", "source": "leef", "source_id": null, "title": "Malware", "description": "Stopped a=b",
                "severity": "high", "source_severity": "8", "status": null, "occurred_at": "2026-03-02T08:14:15Z",
                "reported_at": null, "hosts": ["ws-exam3"], "accounts": ["frontdesk2"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "url", "value": "https://evil.example/a"},
                    {"kind": "domain", "value": "evil.example"}],
                "techniques": [], "link": null
            })]
        );
    }

    #[test]
    fn version_2_with_each_way_to_name_the_separator() {
        for said in ["^", "x5E", "0x5e"] {
            let line = format!("LEEF:2.0|Acme|Shield|1|Login|{said}|src=203.0.113.9^sev=10");
            let found = alerts_of(line.as_bytes());
            assert_eq!(found[0]["severity"], "critical", "{said}");
            assert_eq!(found[0]["indicators"][0]["value"], "203.0.113.9");
        }
        assert_eq!(alerts_of(b"LEEF:2.0|Acme|Shield|1|Login|src=203.0.113.9\tsev=1")[0]["severity"], "low");
    }
}
