//! Envelopes: the objects that vendors' programs answer with, around a list of alerts or around a single one. The
//! alerts are found by their place in the bytes, so that each keeps its own bytes as received, and the whole ones of
//! an answer that was cut off are still taken.

use std::ops::Range;

use serde_json::Value;

use crate::{field, scan};

/// Members that hold lists of alerts, the likelier first.
const LISTS: &[&str] = &[
    "value",
    "resources",
    "Resources",
    "items",
    "alerts",
    "incidents",
    "results",
    "records",
    "Records",
    "events",
    "data",
    "detections",
    "threats",
    "findings",
    "messages",
    "hits",
    "edges",
    "nodes",
    "entries",
    "authlogs",
    "logs",
    "issues",
    "reports",
    "notifications",
    "response",
    "objects",
    "trackedEmails",
    "clickLogs",
    "attachmentLogs",
    "impersonationLogs",
    "cases",
    "incident_reports",
];

/// Members that hold such lists further down, or one alert.
const WRAPPERS: &[&str] = &[
    "data",
    "reply",
    "hits",
    "response",
    "result",
    "body",
    "payload",
    "event",
    "alert",
    "message",
    "aggregations",
    "alerts",
    "issues",
    "_source",
    "node",
    "detail",
    "unifiedAlerts",
    "attributes",
    "params",
    "EntityResult",
];

/// Members whose text or number makes the outer object an alert itself, whatever lists it holds.
const TITLES: &[&str] = &[
    "title",
    "Title",
    "alert_name",
    "alertName",
    "rule_name",
    "ruleName",
    "subject",
    "headline",
    "eventType",
    "severity",
    "hostname",
    "host_name",
    "computer_name",
    "alert_id",
    "alertId",
];

/// Where the alerts are in an envelope of these bytes; `None` where the object is none.
pub(crate) fn elements(doc: &[u8]) -> Option<Vec<Range<usize>>> {
    within(doc, 0, 4)
}

fn within(doc: &[u8], start: usize, depth: usize) -> Option<Vec<Range<usize>>> {
    let members = scan::members(doc, start);
    let named = |name: &str| {
        members
            .iter()
            .find(|(key, _)| doc.get(key.clone()) == Some(name.as_bytes()))
            .map(|(_, value)| value.start)
            .filter(|value| *value < doc.len())
    };
    let first_byte = |at: usize| doc.get(at).copied();
    let says = |at: usize| match first_byte(at) {
        Some(b'"') => doc.get(at + 1) != Some(&b'"'),
        other => other.is_some_and(|byte| byte.is_ascii_digit()),
    };
    if TITLES.iter().any(|title| named(title).is_some_and(says)) {
        return None;
    }
    let mut empty = None;
    for at in LISTS.iter().filter_map(|name| named(name)).filter(|at| first_byte(*at) == Some(b'[')) {
        let found = scan::elements(doc, at);
        match found.first().map(|first| first_byte(first.start)) {
            None => empty = Some(found),
            Some(Some(b'{')) => return Some(found),
            Some(_) => {}
        }
    }
    if depth > 0 {
        let inner = WRAPPERS
            .iter()
            .filter_map(|name| named(name))
            .filter(|at| first_byte(*at) == Some(b'{'))
            .find_map(|at| within(doc, at, depth - 1));
        if inner.is_some() {
            return inner;
        }
    }
    empty
}

/// The objects one step inside, for a single alert in wrapping.
pub(crate) fn inner(value: &Value) -> impl Iterator<Item = &Value> {
    WRAPPERS.iter().filter_map(|name| value.get(name)).filter(|inner| inner.is_object())
}

/// What the envelope says of its contents.
pub(crate) fn origin(value: &Value) -> Option<String> {
    field::text(value, "@odata.context").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(doc: &str) -> Option<Vec<&str>> {
        elements(doc.as_bytes()).map(|all| all.into_iter().map(|range| &doc[range]).collect())
    }

    #[test]
    fn the_alerts_of_an_answer_are_found_whatever_it_is_wrapped_in() {
        for doc in [
            r#"{"value":[{"a":1},{"b":2}]}"#,
            r#"{"meta":{"n":2},"resources":[{"a":1},{"b":2}],"errors":[]}"#,
            r#"{"data":{"alerts":{"edges":[{"a":1},{"b":2}]}}}"#,
            r#"{"hits":{"total":2,"hits":[{"a":1},{"b":2}]}}"#,
        ] {
            assert_eq!(found(doc), Some(vec![r#"{"a":1}"#, r#"{"b":2}"#]), "{doc}");
        }
        assert_eq!(found(r#"{"value":[]}"#), Some(vec![]));
    }

    #[test]
    fn an_alert_with_a_list_of_its_own_is_not_an_envelope() {
        assert_eq!(found(r#"{"title":"x","events":[{"a":1}]}"#), None);
        assert_eq!(found(r#"{"message":"x","severity":3,"events":[{"a":1}]}"#), None);
        assert_eq!(found(r#"{"resources":["id1","id2"]}"#), None);
    }

    #[test]
    fn the_whole_alerts_of_an_answer_cut_off_are_found() {
        assert_eq!(found(r#"{"value":[{"a":1},{"b":2},{"c""#), Some(vec![r#"{"a":1}"#, r#"{"b":2}"#]));
    }
}
