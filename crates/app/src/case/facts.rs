//! What is done with a facts document before it is believed: a patch applied to it (RFC 7396), the members that changed
//! by JSON pointer (RFC 6901), and whose each of them is. Responders state what happened, the attorney what it means in
//! law, and anybody of the case what was sent.

use incident::FactsRealm;
use serde_json::{Map, Value};

/// `target` after a JSON merge patch (RFC 7396): members that are null go, objects are merged, all else is replaced.
#[must_use]
pub fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            let old = members.remove(name).unwrap_or(Value::Null);
            members.insert(name.clone(), merge(old, value));
        }
    }
    Value::Object(members)
}

/// The JSON pointers of members that differ, in order. Lists are compared whole; a null is an absent member.
#[must_use]
pub fn changed(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk("", Some(before), Some(after), &mut found);
    found
}

fn walk(at: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<String>) {
    // An empty object says no more than an absent one.
    let there = |value: Option<&Value>| {
        value.is_some_and(|value| {
            !value.is_null() && value.as_object().is_none_or(|members| !members.is_empty())
        })
    };
    let members = |value: Option<&Value>| match value {
        Some(Value::Object(members)) => Some(members.clone()),
        None | Some(Value::Null) => Some(Map::new()),
        _ => None,
    };
    match (members(before), members(after)) {
        (Some(old), Some(new)) if !old.is_empty() || !new.is_empty() => {
            let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                walk(&at, old.get(name), new.get(name), found);
            }
        }
        _ if there(before) == there(after) && (!there(before) || before == after) => {}
        _ => found.push(at.to_owned()),
    }
}

/// The members that are law: how facts are read, which exception is claimed, what was determined, what is held.
const LEGAL: [&str; 9] = [
    "/entity/kind",
    "/event/permitted_use",
    "/event/protection",
    "/event/exception",
    "/event/risk_assessment",
    "/knowledge/determined_on",
    "/knowledge/diligence_on",
    "/business_associate/role",
    "/law_enforcement_holds",
];

/// The members that the practice knows as well as anybody: who it is, whom letters reach, what was sent.
const SHARED: [&str; 8] = [
    "/entity",
    "/sent",
    "/individuals/undeliverable_addresses",
    "/individuals/deceased",
    "/individuals/minors",
    "/individuals/minors_consented_alone",
    "/individuals/email_agreed",
    "/business_associate/contract_days",
];

/// Whether a pointer is a member or lies below it.
#[must_use]
pub fn within(pointer: &str, member: &str) -> bool {
    pointer.strip_prefix(member).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whose a member is.
#[must_use]
pub fn realm(pointer: &str) -> FactsRealm {
    if LEGAL.iter().any(|member| within(pointer, member)) {
        FactsRealm::Legal
    } else if SHARED.iter().any(|member| within(pointer, member)) {
        FactsRealm::Shared
    } else {
        FactsRealm::Technical
    }
}

/// Whose a change is. One that is both technical and legal is nobody's: it is sent in two parts.
///
/// # Errors
/// The first legal pointer, where technical facts change with it.
pub fn realm_of(changed: &[String]) -> Result<FactsRealm, &str> {
    let of = |wanted| changed.iter().find(|pointer| realm(pointer) == wanted);
    match (of(FactsRealm::Legal), of(FactsRealm::Technical)) {
        (Some(legal), Some(_)) => Err(legal),
        (Some(_), None) => Ok(FactsRealm::Legal),
        (None, Some(_)) => Ok(FactsRealm::Technical),
        (None, None) => Ok(FactsRealm::Shared),
    }
}

/// Puts a member in its place; objects on the way are made. `None` takes it out.
pub fn put(document: &mut Value, pointer: &str, value: Option<Value>) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    let mut at = document;
    for step in parent.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else { return };
        at = members.entry(step.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    }
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    if let Value::Object(members) = at {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.remove(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_merge_patch_does_what_rfc_7396_shows() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(merge(target.clone(), &patch), result, "{target} with {patch}");
        }
    }

    #[test]
    fn what_changed_is_named_by_its_pointer() {
        let before =
            json!({"event": {"kind": "other", "data": ["phi"]}, "individuals": {"by_state": {"OH": 480}}});
        let after = json!({"event": {"kind": "other", "data": ["phi", "part2"]}, "individuals": {"by_state": {"OH": 480, "KY": 2}}, "sent": {"hhs_on": null}});
        assert_eq!(changed(&before, &after), ["/event/data", "/individuals/by_state/KY"]);
        assert!(changed(&before, &before).is_empty());
        assert_eq!(changed(&json!({}), &json!({"a": {}})), Vec::<String>::new());
    }

    #[test]
    fn law_is_told_from_technology_by_the_member() {
        for (pointer, expected) in [
            ("/event/kind", FactsRealm::Technical),
            ("/individuals/by_state/OH", FactsRealm::Technical),
            ("/knowledge/known_on", FactsRealm::Technical),
            ("/event/protection/method", FactsRealm::Legal),
            ("/law_enforcement_holds", FactsRealm::Legal),
            ("/entity/kind", FactsRealm::Legal),
            ("/entity/dea_registrant", FactsRealm::Shared),
            ("/sent/media_on", FactsRealm::Shared),
            ("/individuals/minors", FactsRealm::Shared),
            ("/individuals/minors_x", FactsRealm::Technical),
        ] {
            assert_eq!(realm(pointer), expected, "{pointer}");
        }
        let both = ["/event/kind".to_owned(), "/event/exception/kind".to_owned()];
        assert_eq!(realm_of(&both), Err("/event/exception/kind"));
    }

    #[test]
    fn a_member_is_put_where_its_pointer_says() {
        let mut document = json!({"sent": null});
        put(&mut document, "/sent/hhs_on", Some(json!("2026-05-01")));
        put(&mut document, "/event/exception", Some(json!({"kind": "not_retained"})));
        assert_eq!(
            document,
            json!({"sent": {"hhs_on": "2026-05-01"}, "event": {"exception": {"kind": "not_retained"}}})
        );
        put(&mut document, "/event/exception", None);
        assert_eq!(document, json!({"sent": {"hhs_on": "2026-05-01"}, "event": {}}));
    }
}
