//! JSON whose keys somebody's pipeline wrote in lower case (log platforms do) reads as the vendor's own.

use serde_json::Value;

/// `value` with all keys in lower case.
pub(crate) fn lower(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, inner)| (key.to_ascii_lowercase(), lower(inner))).collect()
        }
        Value::Array(elements) => elements.iter().map(lower).collect(),
        other => other.clone(),
    }
}

/// Whether the object has a member of this name: as the vendor writes it, in lower case, or with a capital first.
pub(crate) fn has(value: &Value, name: &str) -> bool {
    let there = |name: &str| value.get(name).is_some_and(|inner| !inner.is_null());
    let capital = || {
        let mut characters = name.chars();
        characters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), characters.as_str()))
    };
    there(name) || there(&name.to_ascii_lowercase()) || capital().is_some_and(|name| there(&name))
}

/// Whether the object has members of all these names; see [`has`].
pub(crate) fn has_all(value: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| has(value, name))
}
