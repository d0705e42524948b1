//! Members of JSON objects by path, as vendors write them: missing, null, empty, a number for a string, one value for
//! a list. A path is `a/b/c`; a number is an index into an array.

use kernel::Moment;
use serde_json::Value;

use crate::when;

/// The value at a path, where it is there and not null.
#[must_use]
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut here = value;
    for step in path.split('/') {
        here = match here {
            Value::Object(members) => members.get(step)?,
            Value::Array(elements) => elements.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    (!here.is_null()).then_some(here)
}

/// Whether something that is not null stands at the path.
#[must_use]
pub fn has(value: &Value, path: &str) -> bool {
    at(value, path).is_some()
}

/// Whether all of these stand there.
#[must_use]
pub fn has_all(value: &Value, paths: &[&str]) -> bool {
    paths.iter().all(|path| has(value, path))
}

/// The text at a path, trimmed, where it is one and not empty or a lone dash.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    plain(at(value, path)?)
}

/// The first text among several paths.
#[must_use]
pub fn first<'a>(value: &'a Value, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| text(value, path))
}

fn plain(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty() && *text != "-")
}

/// The text, number or truth value at a path, as text.
#[must_use]
pub fn word(value: &Value, path: &str) -> Option<String> {
    as_word(at(value, path)?)
}

/// The first word among several paths.
#[must_use]
pub fn first_word(value: &Value, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|path| word(value, path))
}

/// A text, number or truth value as text.
#[must_use]
pub fn as_word(value: &Value) -> Option<String> {
    match value {
        Value::String(_) => plain(value).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The elements at a path: of an array, or the one value itself.
pub fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let found = at(value, path);
    let many = found.and_then(Value::as_array).map(Vec::as_slice);
    let lone = found.filter(|value| !value.is_array());
    many.unwrap_or_default().iter().chain(lone)
}

/// The texts at a path: of an array, or the one text itself.
pub fn texts<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    list(value, path).filter_map(plain)
}

/// The number at a path, also where it is written as text.
#[must_use]
pub fn number(value: &Value, path: &str) -> Option<f64> {
    match at(value, path)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

/// The instant at a path, in any of the ways of [`when::read`].
#[must_use]
pub fn moment(value: &Value, path: &str) -> Option<Moment> {
    when::of_value(at(value, path)?)
}

/// The first instant among several paths.
#[must_use]
pub fn first_moment(value: &Value, paths: &[&str]) -> Option<Moment> {
    paths.iter().find_map(|path| moment(value, path))
}

/// The text at a path whose members may be written apart (`{"a":{"b":1}}`) or together (`{"a.b":1}`), or both, as
/// the Elastic Common Schema's are. The path here has dots.
#[must_use]
pub fn dotted<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let members = value.as_object()?;
    if let Some(found) = members.get(path) {
        return (!found.is_null()).then_some(found);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (head, tail) = path.split_at(dot);
        members.get(head).and_then(|inner| dotted(inner, tail.trim_start_matches('.')))
    })
}

/// JSON that a vendor wrote as text inside JSON, where it is an object or array.
#[must_use]
pub fn embedded(value: &Value, path: &str) -> Option<Value> {
    let text = text(value, path)?;
    if !text.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}
