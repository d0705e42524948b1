//! ArcSight's Common Event Format, with or without a syslog header before it.
//! (<https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.3/cef-implementation-standard/>)

use kernel::Channel;

use crate::{
    adapter::{Adapter, Confidence, Item, NotMine},
    authentication::Authentication,
    draft::Draft,
    format::extension::{self, Members, get, moment},
};

pub(crate) const ADAPTER: Adapter = Adapter {
    name: "cef",
    vendor: "any",
    product: "Common Event Format",
    reads: "CEF messages, also over syslog",
    channel: Channel::Mdr,
    authentication: Authentication::Bearer,
    recognise,
    parse,
};

fn recognise(item: &Item<'_>) -> Confidence {
    Confidence::Certain.when(item.line().is_some_and(|line| message(line).is_some()))
}

/// Keys of the specification have at most 40 characters; vendors' own are longer.
const LONGEST_KEY: usize = 128;

/// What follows `CEF:` and its version's digit.
fn message(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("CEF:")?;
    let rest = rest.trim_start();
    (rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('|')).then_some(rest)
}

fn parse(item: &Item<'_>) -> Result<Vec<Draft>, NotMine> {
    let line = item.line().and_then(message).ok_or(NotMine)?;
    let (header, rest) = header(line).ok_or(NotMine)?;
    let members = members(rest);
    let [_, _, _, _, class, name, severity] = header;
    let mut draft = Draft {
        source_id: get(&members, &["externalId"]).map(str::to_owned),
        title: Some(name).filter(|name| !name.trim().is_empty()).or(Some(class)),
        description: get(&members, &["msg", "message", "reason"]).map(str::to_owned),
        occurred_at: moment(&members, &["start", "rt", "FTNTFGTeventtime", "deviceReceiptTime", "end"]),
        reported_at: moment(&members, &["rt", "deviceReceiptTime"]),
        ..Draft::default()
    };
    extension::scale(&mut draft, Some(&severity));
    extension::observe(&mut draft, &members);
    Ok(vec![draft])
}

/// The seven fields before the extension, with `\|` and `\\` read.
fn header(line: &str) -> Option<([String; 7], &str)> {
    let mut fields: Vec<String> = vec![String::new()];
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '|' if fields.len() == 7 => {
                let fields = <[String; 7]>::try_from(fields).ok()?;
                return Some((fields, line.get(at + 1..).unwrap_or_default()));
            }
            '|' => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(characters.next().map(|(_, escaped)| escaped)),
            other => fields.last_mut()?.push(other),
        }
    }
    // A message without extension may leave out the last bar.
    <[String; 7]>::try_from(fields).ok().map(|fields| (fields, ""))
}

/// `key=value key=value with spaces`: a value ends where the next key begins, and `\=` begins none.
fn members(text: &str) -> Members {
    let mut equals: Vec<usize> = Vec::new();
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'=' => equals.push(at),
            _ => {}
        }
    }
    let key_start = |equal: usize| {
        let from = text.floor_char_boundary(equal.saturating_sub(LONGEST_KEY));
        let before = text.get(from..equal).unwrap_or_default();
        let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let key = before.get(start..).unwrap_or_default();
        let is_key = !key.is_empty()
            && key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']'));
        is_key.then_some((from + start, key))
    };
    let keys: Vec<(usize, &str, usize)> = equals
        .into_iter()
        .filter_map(|equal| key_start(equal).map(|(start, key)| (start, key, equal)))
        .collect();
    let ends = keys.iter().skip(1).map(|(start, ..)| *start).chain([text.len()]);
    keys.iter()
        .zip(ends)
        .take(extension::MOST)
        .map(|((_, key, equal), end)| {
            let value = text.get(equal + 1..end).unwrap_or_default();
            ((*key).to_owned(), unescaped(value.trim()))
        })
        .collect()
}

fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some(other @ ('=' | '\\' | '|')) => plain.push(other),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            (other, false) => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use crate::testing::alerts_of;
    use serde_json::json;

    #[test]
    fn a_message_over_syslog_with_escapes_and_spaces() {
        let line = br"<134>Mar  2 08:14:15 fw01 CEF:0|Acme|Threat\|Wall|1.0|100|Worm \\ stopped|9|externalId=42 rt=1772439255003 src=203.0.113.9 spt=1232 dst=10.0.4.12 shost=ws-exam3.cedarhollow.example suser=CEDAR\\frontdesk2 request=https://evil.example/a?b\=1 fname=a.exe fileHash=d41d8cd98f00b204e9800998ecf8427f cs1Label=MITRE technique cs1=T1059.001 msg=Seen in C:\\Temp and stopped";
        assert_eq!(
            alerts_of(line),
            [json!({
                "channel": "mdr", "source": "cef", "source_id": "42", "title": "Worm \\ stopped",
                "description": "Seen in C:\\Temp and stopped", "severity": "critical", "source_severity": "9", "status": null,
                "occurred_at": "2026-03-02T08:14:15.003Z", "reported_at": "2026-03-02T08:14:15.003Z",
                "hosts": ["ws-exam3.cedarhollow.example"], "accounts": ["CEDAR\\frontdesk2"],
                "indicators": [{"kind": "ipv4", "value": "203.0.113.9"}, {"kind": "ipv4", "value": "10.0.4.12"},
                    {"kind": "url", "value": "https://evil.example/a?b=1"}, {"kind": "domain", "value": "evil.example"},
                    {"kind": "file_path", "value": "a.exe"}, {"kind": "md5", "value": "d41d8cd98f00b204e9800998ecf8427f"}],
                "techniques": ["T1059.001"], "link": null
            })]
        );
    }

    #[test]
    fn several_lines_are_several_alerts_and_a_short_one_is_still_read() {
        let found = alerts_of(b"CEF:0|A|B|1|2|First|Low|\nCEF:0|A|B|1|2|Second|Very-High|start=Mar 02 2026 08:14:15 dtz=-05:00\n");
        assert_eq!((&found[0]["title"], &found[0]["severity"]), (&json!("First"), &json!("low")));
        assert_eq!((&found[1]["title"], &found[1]["severity"]), (&json!("Second"), &json!("critical")));
        assert_eq!(found[1]["occurred_at"], "2026-03-02T13:14:15Z");
    }
}
