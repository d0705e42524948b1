//! From the bytes of one JSON value, line or text to alerts: parse, recognise, open envelopes, read.

use std::{borrow::Cow, ops::Range};

use kernel::{Alert, Digest};
use serde_json::Value;

use crate::{
    adapter::{Adapter, Body, Confidence, Item},
    adapters, charset, envelope,
    error::{Fault, IntakeError, MAX_ALERT},
};

/// An alert that was read, with the bytes it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The alert.
    pub alert: Alert,
    /// Which version of it this is, where its source publishes it anew under the same id.
    pub revision: Option<String>,
    /// Its bytes as received; their SHA-256 is the alert's `raw_sha256`.
    pub raw: Vec<u8>,
    /// Where in the input they begin.
    pub offset: u64,
}

/// What a part of an input gives: alerts and faults, in its order.
pub(crate) type Outcome = Vec<Result<Taken, IntakeError>>;

/// How deep envelopes are opened.
const ENVELOPES: usize = 4;

/// The adapter that knows the item best, and how surely.
pub(crate) fn recognise(item: &Item<'_>) -> Option<(&'static Adapter, Confidence)> {
    let mut best: Option<(&'static Adapter, Confidence)> = None;
    for adapter in adapters::TABLE {
        let confidence = (adapter.recognise)(item);
        if confidence > best.map_or(Confidence::No, |(_, confidence)| confidence) {
            best = Some((adapter, confidence));
            if confidence == Confidence::Certain {
                break;
            }
        }
    }
    best
}

/// Reads one JSON value.
pub(crate) fn json(doc: &[u8], offset: u64, chosen: Option<&'static Adapter>, out: &mut Outcome) {
    json_in(doc, offset, &Around { chosen, origin: None, sibling: None, depth: ENVELOPES }, out);
}

/// What is known of a value from outside it.
struct Around {
    /// The adapter that the caller chose.
    chosen: Option<&'static Adapter>,
    /// What the envelope says of its contents.
    origin: Option<String>,
    /// The adapter of the value before it in the same envelope: for an entry that lacks what its kind is known by.
    sibling: Option<&'static Adapter>,
    /// How many envelopes may still be opened.
    depth: usize,
}

fn json_in(doc: &[u8], offset: u64, around: &Around, out: &mut Outcome) {
    if doc.len() > MAX_ALERT {
        let found = envelope::elements(doc).filter(|_| around.depth > 0);
        match found {
            Some(found) => each(doc, offset, &found, around, None, out),
            None => out.push(Err(IntakeError { offset, fault: Fault::TooLarge(MAX_ALERT) })),
        }
        return;
    }
    let value = match parse(doc) {
        Ok(value) => value,
        Err((at, fault)) => {
            out.push(Err(IntakeError { offset: offset + at as u64, fault }));
            return;
        }
    };
    if value.is_array() && around.depth > 0 {
        return each(doc, offset, &crate::scan::elements(doc, 0), around, around.origin.clone(), out);
    }
    if !value.is_object() {
        out.push(Err(IntakeError { offset, fault: Fault::NotAnAlert(kind_of(&value)) }));
        return;
    }
    let inside = envelope::origin(&value);
    let item = Item { body: Body::Json(value), raw: doc, origin: around.origin.clone() };
    let known = known(&item, around.chosen);
    if let Some((adapter, confidence)) = known
        && confidence >= Confidence::Likely
    {
        return read(&item, offset, adapter, out);
    }
    if unwrapped(&item, offset, around.chosen, out) {
        return;
    }
    if let Some(found) = envelope::elements(doc).filter(|_| around.depth > 0)
        && (!found.is_empty() || is_empty_answer(&item))
    {
        return each(doc, offset, &found, around, inside, out);
    }
    let possible =
        known.filter(|(_, confidence)| *confidence >= Confidence::Possible).map(|(adapter, _)| adapter);
    read(&item, offset, around.chosen.or(possible).or(around.sibling).unwrap_or(&adapters::GENERIC), out);
}

/// Whether an object with an empty list is an answer without alerts, and not an alert with nothing in that list.
fn is_empty_answer(item: &Item<'_>) -> bool {
    let drafts = (adapters::GENERIC.parse)(item).unwrap_or_default();
    drafts
        .iter()
        .all(|draft| draft.severity.is_none() && draft.hosts().is_empty() && draft.accounts().is_empty())
}

/// The chosen adapter, or the one that knows the item best, and how surely.
fn known(item: &Item<'_>, chosen: Option<&'static Adapter>) -> Option<(&'static Adapter, Confidence)> {
    match chosen {
        Some(adapter) => Some((adapter, (adapter.recognise)(item))),
        None => recognise(item),
    }
}

/// Reads the values at these places.
fn each(
    doc: &[u8],
    offset: u64,
    places: &[Range<usize>],
    around: &Around,
    origin: Option<String>,
    out: &mut Outcome,
) {
    let mut inner =
        Around { chosen: around.chosen, origin, sibling: around.sibling, depth: around.depth - 1 };
    for place in places {
        json_in(doc.get(place.clone()).unwrap_or_default(), offset + place.start as u64, &inner, out);
        if let Some(Ok(taken)) = out.last()
            && taken.alert.source != adapters::GENERIC.name
        {
            inner.sibling = adapters::adapter(&taken.alert.source);
        }
    }
}

/// Reads the one alert inside wrapping, where there is one.
fn unwrapped(item: &Item<'_>, offset: u64, chosen: Option<&'static Adapter>, out: &mut Outcome) -> bool {
    for value in item.value().into_iter().flat_map(envelope::inner) {
        let inner = Item { body: Body::Json(value.clone()), raw: item.raw, origin: item.origin.clone() };
        if let Some((adapter, confidence)) = known(&inner, chosen)
            && confidence >= Confidence::Likely
        {
            read(&inner, offset, adapter, out);
            return true;
        }
    }
    false
}

/// Reads one item that is no JSON.
pub(crate) fn other(
    body: Body,
    raw: &[u8],
    offset: u64,
    chosen: Option<&'static Adapter>,
    out: &mut Outcome,
) {
    let item = Item { body, raw, origin: None };
    let adapter =
        chosen.or_else(|| recognise(&item).map(|(adapter, _)| adapter)).unwrap_or(&adapters::GENERIC);
    read(&item, offset, adapter, out);
}

fn read(item: &Item<'_>, offset: u64, adapter: &'static Adapter, out: &mut Outcome) {
    let Ok(mut drafts) = (adapter.parse)(item) else {
        out.push(Err(IntakeError { offset, fault: Fault::NotForAdapter(adapter.name, adapter.reads) }));
        return;
    };
    if drafts.iter().all(crate::draft::Draft::is_blank) {
        // A vendor's new format, sent to the vendor's own address: the usual names are better than nothing.
        drafts = (adapters::GENERIC.parse)(item).unwrap_or_default();
    }
    let digest = Digest::of(item.raw);
    for draft in drafts {
        let revision = draft.revision.clone().filter(|revision| !revision.trim().is_empty());
        let alert = draft.finish(adapter, digest);
        out.push(Ok(Taken { alert, revision, raw: item.raw.to_vec(), offset }));
    }
}

/// The JSON value of some bytes, or where and why there is none.
fn parse(doc: &[u8]) -> Result<Value, (usize, Fault)> {
    let text = charset::text(doc);
    serde_json::from_str(&text).or_else(|error| {
        let mended = mended(&text).and_then(|mended| serde_json::from_str(&mended).ok());
        mended.ok_or_else(|| {
            let at = if matches!(text, Cow::Borrowed(_)) { place(doc, &error) } else { 0 };
            let fault = if error.is_eof() { Fault::Truncated } else { Fault::Syntax(plain(&error)) };
            (at, fault)
        })
    })
}

/// The parser's words without its own line and column, which count from the item and not from the input.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn place(doc: &[u8], error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => memchr::memchr_iter(b'\n', doc).nth(line - 2).map_or(0, |at| at + 1),
    };
    (line_start + error.column().saturating_sub(1)).min(doc.len())
}

/// The same JSON without two faults that vendors' own writers make: bare control characters in strings, and halves of
/// surrogate pairs. `None` where neither is there.
fn mended(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let (mut out, mut changed, mut in_string, mut at) = (String::with_capacity(text.len()), false, false, 0);
    while let Some(character) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let mut length = character.len_utf8();
        match character {
            '"' => in_string = !in_string,
            '\\' if in_string => {
                length = match (unit(at), unit(at + 6)) {
                    (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
                    (Some(0xD800..=0xDFFF), _) => {
                        out.push('\u{FFFD}');
                        changed = true;
                        at += 6;
                        continue;
                    }
                    _ => {
                        1 + text.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
                    }
                };
            }
            control if in_string && control < ' ' => {
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
                changed = true;
                at += length;
                continue;
            }
            _ => {}
        }
        out.push_str(text.get(at..at + length)?);
        at += length;
    }
    changed.then_some(out)
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendors_broken_escapes_do_not_lose_the_alert() {
        let doc = b"{\"title\":\"tab\there\",\"x\":\"\\ud83d!\",\"y\":\"\\ud83d\\ude00\"}";
        let value = parse(doc).unwrap();
        assert_eq!(value, serde_json::json!({"title": "tab\there", "x": "\u{fffd}!", "y": "😀"}));
    }

    #[test]
    fn the_place_of_a_fault_is_its_byte() {
        assert_eq!(parse(b"{\n\"a\": nope}").unwrap_err().0, 8);
    }
}
