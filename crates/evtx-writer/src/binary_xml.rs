//! Binary XML (MS-EVEN6 section 2.2.12): a record is an instance of a template of the `System` part, whose last value is itself
//! an instance of a template of the event's data. A template stands in a chunk once, where it is first used.

use crate::{
    chunk::Chunk,
    record::{Body, Record, Value, guid_bytes},
};

const NAMESPACE: &str = "http://schemas.microsoft.com/win/2004/08/events/event";
/// Start of every fragment: token, version 1.1, no flags.
const FRAGMENT: [u8; 4] = [0x0f, 1, 1, 0];
const END_OF_FRAGMENT: u8 = 0x00;
const OPEN: u8 = 0x01;
const HAS_ATTRIBUTES: u8 = 0x40;
const CLOSE_START: u8 = 0x02;
const CLOSE_EMPTY: u8 = 0x03;
const END_ELEMENT: u8 = 0x04;
const VALUE: u8 = 0x05;
const ATTRIBUTE: u8 = 0x06;
const INSTANCE: u8 = 0x0c;
const SUBSTITUTION: u8 = 0x0d;
const OPTIONAL: u8 = 0x0e;
const NO_DEPENDENCY: u16 = 0xffff;
const NESTED: u8 = 0x21;

/// The number by which a template is chained: the first field of its GUID.
pub(crate) const fn template_number(guid: u128) -> u32 {
    (guid >> 96) as u32
}

/// A GUID that stands for what a template looks like (FNV-1a over its parts).
fn shape<'a>(parts: impl IntoIterator<Item = &'a str>) -> u128 {
    let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
    }
    hash
}

/// An element that is open, with the places of the sizes that are known only at its end.
struct Open {
    size_at: usize,
    attributes_at: Option<usize>,
}

fn open(chunk: &mut Chunk, name: &str, dependency: u16, attributes: bool) -> Open {
    chunk.put(&[if attributes { OPEN | HAS_ATTRIBUTES } else { OPEN }]);
    chunk.put(&dependency.to_le_bytes());
    let size_at = chunk.bytes.len();
    chunk.put(&[0; 4]);
    chunk.name(name);
    let attributes_at = attributes.then_some(chunk.bytes.len());
    if attributes {
        chunk.put(&[0; 4]);
    }
    Open { size_at, attributes_at }
}

fn sized(chunk: &mut Chunk, at: usize) {
    let size = u32::try_from(chunk.bytes.len().saturating_sub(at + 4)).unwrap_or(u32::MAX);
    chunk.patch(at, size);
}

impl Open {
    fn begun(&self, chunk: &mut Chunk) {
        if let Some(at) = self.attributes_at {
            sized(chunk, at);
        }
        chunk.put(&[CLOSE_START]);
    }

    fn ended(self, chunk: &mut Chunk) {
        chunk.put(&[END_ELEMENT]);
        sized(chunk, self.size_at);
    }

    fn empty(self, chunk: &mut Chunk) {
        if let Some(at) = self.attributes_at {
            sized(chunk, at);
        }
        chunk.put(&[CLOSE_EMPTY]);
        sized(chunk, self.size_at);
    }
}

fn text(chunk: &mut Chunk, text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    chunk.put(&[VALUE, 0x01]);
    chunk.put(&u16::try_from(units.len()).unwrap_or(u16::MAX).to_le_bytes());
    units.iter().for_each(|unit| chunk.put(&unit.to_le_bytes()));
}

fn substitution(chunk: &mut Chunk, token: u8, number: usize, kind: u8) {
    chunk.put(&[token]);
    chunk.put(&u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes());
    chunk.put(&[kind]);
}

fn attribute(chunk: &mut Chunk, more: bool, name: &str, number: usize, kind: u8) {
    chunk.put(&[if more { ATTRIBUTE | 0x40 } else { ATTRIBUTE }]);
    chunk.name(name);
    substitution(chunk, OPTIONAL, number, kind);
}

/// Writes an instance of a template, its definition first where the chunk has not got it.
fn instance(chunk: &mut Chunk, guid: u128, values: &[(u8, Vec<u8>)], define: impl FnOnce(&mut Chunk)) {
    begin_instance(chunk, guid, define);
    values_of(chunk, values);
}

fn begin_instance(chunk: &mut Chunk, guid: u128, define: impl FnOnce(&mut Chunk)) {
    chunk.put(&FRAGMENT);
    chunk.put(&[INSTANCE, 1]);
    chunk.put(&template_number(guid).to_le_bytes());
    if chunk.template(guid) {
        chunk.put(&guid_bytes(guid));
        let size_at = chunk.bytes.len();
        chunk.put(&[0; 4]);
        chunk.put(&FRAGMENT);
        define(chunk);
        chunk.put(&[END_OF_FRAGMENT]);
        sized(chunk, size_at);
    }
}

fn values_of(chunk: &mut Chunk, values: &[(u8, Vec<u8>)]) {
    descriptors(chunk, values);
    values.iter().for_each(|(_, bytes)| chunk.put(bytes));
}

fn descriptors(chunk: &mut Chunk, values: &[(u8, Vec<u8>)]) {
    chunk.put(&u32::try_from(values.len()).unwrap_or(u32::MAX).to_le_bytes());
    for (kind, bytes) in values {
        chunk.put(&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_le_bytes());
        chunk.put(&[*kind, 0]);
    }
}

/// Writes a record's binary XML.
pub(crate) fn write(chunk: &mut Chunk, id: u64, record: &Record) {
    let guid = shape(["System", record.computer.as_str()]);
    begin_instance(chunk, guid, |chunk| system(chunk, &record.computer));
    let value = |value: Value| (value.kind(), value.bytes());
    let or_null = |wanted: Option<Value>| value(wanted.unwrap_or(Value::Null));
    let mut values = vec![
        value(Value::U8(record.level)),
        value(Value::U8(record.opcode)),
        value(Value::U16(record.task)),
        value(Value::U16(record.event_id)),
        value(Value::Null),
        value(Value::Hex64(record.keywords)),
        value(Value::Time(record.time)),
        value(Value::Null),
        value(Value::U32(record.process_id)),
        value(Value::U32(record.thread_id)),
        value(Value::U64(id)),
        value(Value::U8(record.version)),
        or_null(record.user.clone().map(Value::Sid)),
        value(Value::Null),
        value(Value::Text(record.provider.clone())),
        or_null(record.provider_guid.map(Value::Guid)),
        value(Value::Text(record.channel.clone())),
    ];
    // The nested fragment's size is known only once it stands there, since names and templates are written where they
    // are first used: its descriptor is patched afterwards.
    values.push((NESTED, Vec::new()));
    descriptors(chunk, &values);
    let nested_size_at = chunk.bytes.len().saturating_sub(4);
    values.iter().for_each(|(_, bytes)| chunk.put(bytes));
    let start = chunk.bytes.len();
    body(chunk, &record.body);
    let size = u16::try_from(chunk.bytes.len() - start).unwrap_or(u16::MAX);
    if let Some(place) = chunk.bytes.get_mut(nested_size_at..nested_size_at + 2) {
        place.copy_from_slice(&size.to_le_bytes());
    }
    chunk.put(&[END_OF_FRAGMENT]);
}

/// The template of what every event has. The computer's name is text in it, as Windows does it.
fn system(chunk: &mut Chunk, computer: &str) {
    let event = open(chunk, "Event", 17, true);
    chunk.put(&[ATTRIBUTE]);
    chunk.name("xmlns");
    text(chunk, NAMESPACE);
    event.begun(chunk);
    let system = open(chunk, "System", NO_DEPENDENCY, false);
    system.begun(chunk);
    let provider = open(chunk, "Provider", NO_DEPENDENCY, true);
    attribute(chunk, true, "Name", 14, 0x01);
    attribute(chunk, false, "Guid", 15, 0x0f);
    provider.empty(chunk);
    let number = open(chunk, "EventID", 3, true);
    attribute(chunk, false, "Qualifiers", 4, 0x06);
    number.begun(chunk);
    substitution(chunk, OPTIONAL, 3, 0x06);
    number.ended(chunk);
    for (name, number, kind) in [
        ("Version", 11, 0x04),
        ("Level", 0, 0x04),
        ("Task", 2, 0x06),
        ("Opcode", 1, 0x04),
        ("Keywords", 5, 0x15),
    ] {
        simple(chunk, name, number, kind);
    }
    let created = open(chunk, "TimeCreated", NO_DEPENDENCY, true);
    attribute(chunk, false, "SystemTime", 6, 0x11);
    created.empty(chunk);
    simple(chunk, "EventRecordID", 10, 0x0a);
    let correlation = open(chunk, "Correlation", NO_DEPENDENCY, true);
    attribute(chunk, true, "ActivityID", 7, 0x0f);
    attribute(chunk, false, "RelatedActivityID", 13, 0x0f);
    correlation.empty(chunk);
    let execution = open(chunk, "Execution", NO_DEPENDENCY, true);
    attribute(chunk, true, "ProcessID", 8, 0x08);
    attribute(chunk, false, "ThreadID", 9, 0x08);
    execution.empty(chunk);
    simple(chunk, "Channel", 16, 0x01);
    let host = open(chunk, "Computer", NO_DEPENDENCY, false);
    host.begun(chunk);
    text(chunk, computer);
    host.ended(chunk);
    let security = open(chunk, "Security", NO_DEPENDENCY, true);
    attribute(chunk, false, "UserID", 12, 0x13);
    security.empty(chunk);
    system.ended(chunk);
    substitution(chunk, OPTIONAL, 17, NESTED);
    event.ended(chunk);
}

fn simple(chunk: &mut Chunk, name: &str, number: usize, kind: u8) {
    let dependency = u16::try_from(number).unwrap_or(NO_DEPENDENCY);
    let element = open(chunk, name, dependency, false);
    element.begun(chunk);
    substitution(chunk, OPTIONAL, number, kind);
    element.ended(chunk);
}

fn body(chunk: &mut Chunk, body: &Body) {
    let packed = |values: &mut dyn Iterator<Item = &Value>| -> Vec<(u8, Vec<u8>)> {
        values.map(|value| (value.kind(), value.bytes())).collect()
    };
    match body {
        Body::Named(fields) => {
            let names = fields.iter().map(|(name, _)| name.as_str());
            let guid = shape(["EventData"].into_iter().chain(names));
            let values = packed(&mut fields.iter().map(|(_, value)| value));
            instance(chunk, guid, &values, |chunk| event_data(chunk, fields));
        }
        Body::Unnamed(fields) => {
            let count = fields.len().to_string();
            let values = packed(&mut fields.iter());
            instance(chunk, shape(["Data", count.as_str()]), &values, |chunk| unnamed(chunk, fields));
        }
        Body::User { element, namespace, fields } => {
            let names = fields.iter().map(|(name, _)| name.as_str());
            let guid = shape(["UserData", element, namespace].into_iter().chain(names));
            let values = packed(&mut fields.iter().map(|(_, value)| value));
            instance(chunk, guid, &values, |chunk| user_data(chunk, element, namespace, fields));
        }
    }
}

fn event_data(chunk: &mut Chunk, fields: &[(String, Value)]) {
    let data = open(chunk, "EventData", NO_DEPENDENCY, false);
    data.begun(chunk);
    for (number, (name, value)) in fields.iter().enumerate() {
        let field = open(chunk, "Data", NO_DEPENDENCY, true);
        chunk.put(&[ATTRIBUTE]);
        chunk.name("Name");
        text(chunk, name);
        field.begun(chunk);
        substitution(chunk, SUBSTITUTION, number, value.kind());
        field.ended(chunk);
    }
    data.ended(chunk);
}

fn unnamed(chunk: &mut Chunk, fields: &[Value]) {
    let data = open(chunk, "EventData", NO_DEPENDENCY, false);
    data.begun(chunk);
    for (number, value) in fields.iter().enumerate() {
        let field = open(chunk, "Data", NO_DEPENDENCY, false);
        field.begun(chunk);
        substitution(chunk, SUBSTITUTION, number, value.kind());
        field.ended(chunk);
    }
    data.ended(chunk);
}

fn user_data(chunk: &mut Chunk, element: &str, namespace: &str, fields: &[(String, Value)]) {
    let data = open(chunk, "UserData", NO_DEPENDENCY, false);
    data.begun(chunk);
    let inner = open(chunk, element, NO_DEPENDENCY, true);
    chunk.put(&[ATTRIBUTE]);
    chunk.name("xmlns");
    text(chunk, namespace);
    inner.begun(chunk);
    for (number, (name, value)) in fields.iter().enumerate() {
        let field = open(chunk, name, NO_DEPENDENCY, false);
        field.begun(chunk);
        substitution(chunk, SUBSTITUTION, number, value.kind());
        field.ended(chunk);
    }
    inner.ended(chunk);
    data.ended(chunk);
}
