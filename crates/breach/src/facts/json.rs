//! JSON text into a value, and a value into typed members, with the pointer kept for every complaint. `serde_json`
//! alone would let a member that is written twice pass, the last one winning; facts that contradict themselves so are
//! refused.

use std::fmt::{self, Write as _};

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::FactsError;

const LIMIT: usize = 1 << 20;

/// Parses JSON text, refusing a member that is written twice.
pub(super) fn read(text: &[u8]) -> Result<Value, FactsError> {
    if text.len() > LIMIT {
        return Err(FactsError::at("", format!("{} bytes; facts are at most {LIMIT}", text.len())));
    }
    let twice = std::cell::RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Unique { pointer: "", twice: &twice }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match twice.into_inner() {
        Some(pointer) => Err(FactsError::at(pointer, "given twice")),
        None => value.map_err(|error| FactsError::at("", format!("not JSON: {error}"))),
    }
}

/// The pointer of a member.
pub(super) fn child(pointer: &str, name: &str) -> String {
    let mut out = String::with_capacity(pointer.len() + name.len() + 1);
    let _ = write!(out, "{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    out
}

struct Unique<'a> {
    pointer: &'a str,
    twice: &'a std::cell::RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;
    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let pointer = format!("{}/{}", self.pointer, items.len());
            match seq.next_element_seed(Unique { pointer: &pointer, twice: self.twice })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let pointer = child(self.pointer, &name);
            if members.contains_key(&name) {
                *self.twice.borrow_mut() = Some(pointer);
                return Err(de::Error::custom("given twice"));
            }
            let value = map.next_value_seed(Unique { pointer: &pointer, twice: self.twice })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) pointer: String,
}

/// An object whose members are all known.
pub(super) struct Object<'a> {
    members: Option<&'a Map<String, Value>>,
    pub(super) pointer: String,
}

impl<'a> Node<'a> {
    pub(super) fn fault<T>(&self, what: impl Into<String>) -> Result<T, FactsError> {
        Err(FactsError::at(self.pointer.clone(), what))
    }

    /// The object, whose members must be among `known`.
    pub(super) fn object(self, known: &[&str]) -> Result<Object<'a>, FactsError> {
        let Value::Object(members) = self.value else {
            return self.fault(format!("{}, not an object", kind(self.value)));
        };
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let what = format!("no such member; known here: {}", known.join(", "));
            return Err(FactsError::at(child(&self.pointer, name), what));
        }
        Ok(Object { members: Some(members), pointer: self.pointer })
    }

    /// The members of an object with free names.
    pub(super) fn members(&self) -> Result<Vec<(&'a str, Node<'a>)>, FactsError> {
        let Value::Object(members) = self.value else {
            return self.fault(format!("{}, not an object", kind(self.value)));
        };
        Ok(members
            .iter()
            .map(|(name, value)| (name.as_str(), Node { value, pointer: child(&self.pointer, name) }))
            .collect())
    }

    pub(super) fn items(&self) -> Result<Vec<Node<'a>>, FactsError> {
        let Value::Array(items) = self.value else {
            return self.fault(format!("{}, not a list", kind(self.value)));
        };
        Ok(items
            .iter()
            .enumerate()
            .map(|(at, value)| Node { value, pointer: format!("{}/{at}", self.pointer) })
            .collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, FactsError> {
        self.value
            .as_str()
            .ok_or_else(|| FactsError::at(self.pointer.clone(), format!("{}, not text", kind(self.value))))
    }

    pub(super) fn truth(&self) -> Result<bool, FactsError> {
        self.value.as_bool().ok_or_else(|| {
            FactsError::at(self.pointer.clone(), format!("{}, not true or false", kind(self.value)))
        })
    }

    /// A whole number from 0 to `most`.
    pub(super) fn count(&self, most: u64) -> Result<u64, FactsError> {
        match self.value.as_u64() {
            Some(count) if count <= most => Ok(count),
            Some(count) => self.fault(format!("{count} is more than {most}")),
            None => self.fault(format!("{}, not a whole number of 0 or more", kind(self.value))),
        }
    }

    /// A word of a vocabulary.
    pub(super) fn word<T: Copy>(
        &self,
        read: fn(&str) -> Option<T>,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<T, FactsError> {
        let text = self.text()?;
        read(text).map_or_else(
            || {
                let known: Vec<_> = all.iter().map(|&each| name(each)).collect();
                self.fault(format!("`{}` is not one of: {}", shorten(text), known.join(", ")))
            },
            Ok,
        )
    }
}

impl<'a> Object<'a> {
    /// An object without members, for one that is absent.
    pub(super) fn absent(pointer: &str) -> Self {
        Self { members: None, pointer: pointer.to_owned() }
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        let value = self.members?.get(name)?;
        (!value.is_null()).then(|| Node { value, pointer: child(&self.pointer, name) })
    }

    /// A member that must be there.
    pub(super) fn need(&self, name: &str) -> Result<Node<'a>, FactsError> {
        self.get(name).ok_or_else(|| FactsError::at(child(&self.pointer, name), "missing"))
    }

    /// An optional member, read by `read`.
    pub(super) fn opt<T>(
        &self,
        name: &str,
        read: impl FnOnce(Node<'a>) -> Result<T, FactsError>,
    ) -> Result<Option<T>, FactsError> {
        self.get(name).map(read).transpose()
    }
}

pub(super) const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A quoted word in a complaint stays on one line and short.
pub(super) fn shorten(text: &str) -> String {
    let mut out: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        out.push('…');
    }
    out
}
