//! A record: the templates that it names, with its values in their places. Names and shapes are kept from chunk to
//! chunk, as the same few hundred come again and again.

use std::{collections::HashMap, rc::Rc, sync::Arc};

use sigma::Plain;

use super::program::{Compiler, Part, Program, u16_at, u32_at};
use crate::event::{Event, Shape, Value, filetime, push_utf16};

/// Names of values, by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    scratch: String,
}

impl Names {
    pub(super) fn of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }

    pub(super) fn of_utf16(&mut self, name: &[u8]) -> u32 {
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        push_utf16(name, &mut text);
        let number = self.of(&text);
        self.scratch = text;
        number
    }
}

/// Shapes with the numbers of their names.
type Shapes = Vec<(Vec<u32>, Arc<Shape>)>;

/// What is kept from chunk to chunk, by one thread.
#[derive(Debug, Default)]
pub struct Memory {
    names: Names,
    /// Shapes by the hash of their names' numbers.
    shapes: HashMap<u64, Shapes, Plain>,
    known: Known,
    provider: Told,
    channel: Told,
    host: Told,
    ids: Vec<u32>,
    slots: Vec<Slot>,
}

/// A text of an event's head. Most records say the same as the one before, and are not decoded again.
#[derive(Debug, Default)]
struct Told {
    raw: Vec<u8>,
    text: String,
    said: bool,
}

impl Told {
    fn tell(&mut self, value: &Value<'_>) {
        if self.said && !self.text.is_empty() {
            return;
        }
        self.said = true;
        let raw = match value {
            Value::Utf16(raw) => *raw,
            _ => &[],
        };
        if !raw.is_empty() && raw == self.raw {
            return;
        }
        self.raw.clear();
        self.raw.extend_from_slice(raw);
        self.text.clear();
        value.write(&mut self.text);
    }

    fn end(&mut self) {
        if !self.said {
            self.raw.clear();
            self.text.clear();
        }
    }
}

/// The numbers of the names that make an event's head.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    ready: bool,
    provider: u32,
    id: u32,
    channel: u32,
    computer: u32,
    time: u32,
}

/// Names and shapes are forgotten beyond this, so that a hostile file cannot fill the memory.
const MOST: usize = 50_000;
const DEEPEST: u8 = 6;
const MOST_VALUES: usize = 2048;

pub(super) struct Reader<'c, 'm> {
    chunk: &'c [u8],
    memory: &'m mut Memory,
    templates: HashMap<u32, Option<Rc<Program<'c>>>, Plain>,
    values: Vec<Value<'c>>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: usize,
    size: u16,
    kind: u8,
}

impl<'c, 'm> Reader<'c, 'm> {
    pub(super) fn new(chunk: &'c [u8], memory: &'m mut Memory) -> Self {
        if memory.names.texts.len() > MOST || memory.shapes.len() > MOST {
            *memory = Memory::default();
        }
        if !memory.known.ready {
            let names = &mut memory.names;
            memory.known = Known {
                ready: true,
                provider: names.of("Provider_Name"),
                id: names.of("EventID"),
                channel: names.of("Channel"),
                computer: names.of("Computer"),
                time: names.of("SystemTime"),
            };
        }
        Self { chunk, memory, templates: HashMap::default(), values: Vec::new() }
    }

    /// Reads the record at a place; false if nothing of it could be understood.
    pub(super) fn read(&mut self, at: usize, size: usize, each: &mut dyn FnMut(&Event<'_>)) -> bool {
        self.memory.ids.clear();
        self.memory.slots.clear();
        self.values.clear();
        let whole = self.fragment(at + 24, at + size - 4, true, 0).is_some();
        if self.values.is_empty() {
            return false;
        }
        let number = |at: usize| {
            let bytes = self.chunk.get(at..).and_then(|rest| rest.first_chunk::<8>());
            bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        let (record, written) = (number(at + 8), number(at + 16));
        let Memory { known, provider, channel, host, ids, .. } = &mut *self.memory;
        for told in [&mut *provider, &mut *channel, &mut *host] {
            told.said = false;
        }
        let (mut event_id, mut time) = (0, None);
        for (id, value) in ids.iter().zip(&self.values).take(24) {
            if *id == known.provider {
                provider.tell(value);
            } else if *id == known.channel {
                channel.tell(value);
            } else if *id == known.computer {
                host.tell(value);
            } else if *id == known.id && event_id == 0 {
                event_id = value.number().and_then(|id| u32::try_from(id & 0xFFFF).ok()).unwrap_or(0);
            } else if *id == known.time
                && let Value::FileTime(ticks) = value
            {
                time = filetime(*ticks);
            }
        }
        for told in [&mut *provider, &mut *channel, &mut *host] {
            told.end();
        }
        let shape = self.shape();
        let Memory { provider, channel, host, .. } = &*self.memory;
        each(&Event {
            time: time.or_else(|| filetime(written)),
            host: &host.text,
            account: None,
            channel: &channel.text,
            provider: &provider.text,
            event_id,
            record,
            shape: &shape,
            values: &self.values,
        });
        whole
    }

    /// The shape of the values that were read.
    fn shape(&mut self) -> Arc<Shape> {
        let Memory { names, shapes, ids, .. } = &mut *self.memory;
        let hash = ids.iter().fold(0_u64, |hash, id| {
            (hash.rotate_left(5) ^ u64::from(*id)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        let same = shapes.entry(hash).or_default();
        if let Some((_, shape)) = same.iter().find(|(of, _)| of == ids) {
            return Arc::clone(shape);
        }
        let name = |id: &u32| names.texts.get(*id as usize).map(AsRef::as_ref).unwrap_or_default();
        let shape = Shape::new(ids.iter().map(name));
        same.push((ids.clone(), Arc::clone(&shape)));
        shape
    }

    /// A fragment of binary XML: a template's instance, or elements by themselves.
    fn fragment(&mut self, mut at: usize, end: usize, dependency: bool, depth: u8) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        if self.chunk.get(at)? & 0x3F == 0x0F {
            at += 4;
        }
        if self.chunk.get(at)? & 0x3F != 0x0C {
            let names = &mut self.memory.names;
            let program = Compiler { chunk: self.chunk, at, end, dependency, names }.compile()?;
            return self.run(&program, self.memory.slots.len(), depth);
        }
        let offset = u32_at(self.chunk, at + 6)?;
        let mut at = at + 10;
        if offset as usize == at {
            at = at.checked_add(24 + u32_at(self.chunk, at + 20)? as usize)?;
        }
        let program = self.template(offset)?;
        let count = u32_at(self.chunk, at)? as usize;
        if count > MOST_VALUES {
            return None;
        }
        let mut place = at + 4 + count * 4;
        let (entries, _) = self.chunk.get(at + 4..place)?.as_chunks::<4>();
        let first = self.memory.slots.len();
        self.memory.slots.extend(entries.iter().map(|[low, high, kind, _]| {
            let size = u16::from_le_bytes([*low, *high]);
            let slot = Slot { at: place, size, kind: *kind };
            place += usize::from(size);
            slot
        }));
        let whole = self.run(&program, first, depth);
        self.memory.slots.truncate(first);
        whole
    }

    fn template(&mut self, offset: u32) -> Option<Rc<Program<'c>>> {
        if let Some(program) = self.templates.get(&offset) {
            return program.clone();
        }
        let at = offset as usize;
        let size = u32_at(self.chunk, at + 20)? as usize;
        let (from, end) = (at + 24, (at + 24).checked_add(size)?.min(self.chunk.len()));
        let names = &mut self.memory.names;
        let mut compiler = Compiler { chunk: self.chunk, at: from, end, dependency: true, names };
        let program = compiler.compile().map(Rc::new);
        self.templates.insert(offset, program.clone());
        program
    }

    /// Puts the values of an instance in the places of its template; they stand from `first` on in the memory's slots.
    fn run(&mut self, program: &Program<'c>, first: usize, depth: u8) -> Option<()> {
        let mut whole = Some(());
        for leaf in &program.leaves {
            if self.values.len() > MOST_VALUES {
                return None;
            }
            match leaf.parts.as_slice() {
                [] => self.push(leaf.name, Value::Text("")),
                [Part::Literal(value)] => self.push(leaf.name, *value),
                [Part::Slot(slot)] => match self.slot(first, *slot) {
                    Some(slot) if slot.kind == 0x21 => {
                        let end = slot.at + usize::from(slot.size);
                        if slot.size > 0 && self.fragment(slot.at, end, false, depth + 1).is_none() {
                            whole = None;
                        }
                    }
                    Some(slot) if slot.kind & 0x80 != 0 => self.list(leaf.name, slot),
                    Some(slot) => {
                        let value = self.value(slot).unwrap_or(Value::Null);
                        self.push(leaf.name, value);
                    }
                    None => self.push(leaf.name, Value::Null),
                },
                parts => {
                    // Text around values is rare; the longest part stands for the whole where one is, and a mixed
                    // value falls into its parts, each under the same name.
                    for part in parts {
                        let value = match part {
                            Part::Literal(value) => *value,
                            Part::Slot(slot) => self
                                .slot(first, *slot)
                                .and_then(|slot| self.value(slot))
                                .unwrap_or(Value::Null),
                        };
                        self.push(leaf.name, value);
                    }
                }
            }
        }
        whole
    }

    fn slot(&self, first: usize, slot: u16) -> Option<Slot> {
        self.memory.slots.get(first + usize::from(slot)).copied()
    }

    fn push(&mut self, name: u32, value: Value<'c>) {
        self.memory.ids.push(name);
        self.values.push(value);
    }

    fn value(&self, slot: Slot) -> Option<Value<'c>> {
        value(slot.kind, self.chunk.get(slot.at..slot.at + usize::from(slot.size))?)
    }

    fn list(&mut self, name: u32, slot: Slot) {
        let Some(bytes) = self.chunk.get(slot.at..slot.at + usize::from(slot.size)) else { return };
        let width = match slot.kind & 0x7F {
            0x01 => {
                let (units, _) = bytes.as_chunks::<2>();
                let mut from = 0;
                for (at, unit) in units.iter().enumerate() {
                    if *unit == [0, 0] {
                        self.push(name, Value::Utf16(bytes.get(from * 2..at * 2).unwrap_or_default()));
                        from = at + 1;
                    }
                }
                if from < units.len() {
                    self.push(name, Value::Utf16(bytes.get(from * 2..).unwrap_or_default()));
                }
                return;
            }
            0x03 | 0x04 => 1,
            0x05 | 0x06 => 2,
            0x07 | 0x08 | 0x0B | 0x0D | 0x14 => 4,
            0x0F | 0x12 => 16,
            _ => 8,
        };
        for item in bytes.chunks_exact(width).take(256) {
            if let Some(value) = value(slot.kind & 0x7F, item) {
                self.push(name, value);
            }
        }
    }
}

fn value(kind: u8, bytes: &[u8]) -> Option<Value<'_>> {
    fn number<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
        bytes.first_chunk::<N>().copied()
    }
    Some(match kind {
        0x00 => Value::Null,
        0x01 => Value::Utf16(bytes),
        0x02 => {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            let text = bytes.get(..end)?;
            str::from_utf8(text).map_or(Value::Binary(text), Value::Text)
        }
        0x03 => Value::Int(i64::from(i8::from_le_bytes(number(bytes)?))),
        0x04 => Value::UInt(u64::from(*bytes.first()?)),
        0x05 => Value::Int(i64::from(i16::from_le_bytes(number(bytes)?))),
        0x06 => Value::UInt(u64::from(u16::from_le_bytes(number(bytes)?))),
        0x07 => Value::Int(i64::from(i32::from_le_bytes(number(bytes)?))),
        0x08 => Value::UInt(u64::from(u32::from_le_bytes(number(bytes)?))),
        0x09 => Value::Int(i64::from_le_bytes(number(bytes)?)),
        0x0A => Value::UInt(u64::from_le_bytes(number(bytes)?)),
        0x0B => Value::Float(f64::from(f32::from_le_bytes(number(bytes)?))),
        0x0C => Value::Float(f64::from_le_bytes(number(bytes)?)),
        0x0D => Value::Bool(bytes.iter().any(|byte| *byte != 0)),
        0x0F => Value::Guid(bytes.first_chunk()?),
        0x10 | 0x15 if bytes.len() == 8 => Value::Hex(u64::from_le_bytes(number(bytes)?)),
        0x10 | 0x14 => Value::Hex(u64::from(u32::from_le_bytes(number(bytes)?))),
        0x11 => Value::FileTime(u64::from_le_bytes(number(bytes)?)),
        0x12 => Value::FileTime(system_time(bytes)?),
        0x13 => Value::Sid(bytes),
        _ => Value::Binary(bytes),
    })
}

/// A SYSTEMTIME as ticks since 1601.
fn system_time(bytes: &[u8]) -> Option<u64> {
    let part = |at: usize| u16_at(bytes, at * 2).map(i64::from);
    let small = |at: usize| part(at).and_then(|part| i8::try_from(part).ok());
    let date = jiff::civil::DateTime::new(
        i16::try_from(part(0)?).ok()?,
        small(1)?,
        small(3)?,
        small(4)?,
        small(5)?,
        small(6)?,
        i32::try_from(part(7)?).ok()?.checked_mul(1_000_000)?,
    )
    .ok()?;
    let time = jiff::tz::TimeZone::UTC.to_timestamp(date).ok()?;
    u64::try_from(time.as_nanosecond() / 100 + 116_444_736_000_000_000).ok()
}
