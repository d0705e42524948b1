//! A template of binary XML, compiled to the list of its named values. Elements of `System` get the names by which
//! rules know them; `Data` elements the name in their `Name` attribute; any other element that holds text its own.

use super::record::Names;
use crate::event::Value;

/// What a value is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'c> {
    Literal(Value<'c>),
    Slot(u16),
}

/// A named value of a template.
#[derive(Debug)]
pub(super) struct Leaf<'c> {
    pub(super) name: u32,
    pub(super) parts: Vec<Part<'c>>,
}

/// A compiled template.
#[derive(Debug, Default)]
pub(super) struct Program<'c> {
    pub(super) leaves: Vec<Leaf<'c>>,
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

const DEEPEST: usize = 64;
const LONGEST: usize = 4096;

struct Element<'c> {
    name: &'c [u8],
    /// The attributes' values, by name.
    attributes: Vec<(&'c [u8], Vec<Part<'c>>)>,
    parts: Vec<Part<'c>>,
    children: bool,
}

pub(super) struct Compiler<'c, 'n> {
    pub(super) chunk: &'c [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    /// Whether elements carry a dependency identifier: in templates they do.
    pub(super) dependency: bool,
    pub(super) names: &'n mut Names,
}

impl<'c> Compiler<'c, '_> {
    fn byte(&mut self) -> Option<u8> {
        if self.at >= self.end {
            return None;
        }
        let byte = *self.chunk.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn short(&mut self) -> Option<u16> {
        let number = u16_at(self.chunk, self.at)?;
        self.at += 2;
        Some(number)
    }

    fn long(&mut self) -> Option<u32> {
        let number = u32_at(self.chunk, self.at)?;
        self.at += 4;
        Some(number)
    }

    /// A name: where in the chunk it lies; it may lie right here.
    fn name(&mut self) -> Option<&'c [u8]> {
        let offset = self.long()? as usize;
        let length = usize::from(u16_at(self.chunk, offset + 6)?) * 2;
        let name = self.chunk.get(offset + 8..offset + 8 + length)?;
        if offset == self.at {
            self.at += 8 + length + 2;
        }
        Some(name)
    }

    fn counted(&mut self) -> Option<&'c [u8]> {
        let length = usize::from(self.short()?) * 2;
        let text = self.chunk.get(self.at..self.at + length)?;
        self.at += length;
        Some(text)
    }

    /// Compiles from here to the end of the fragment; what was understood before a fault is kept.
    pub(super) fn compile(&mut self) -> Option<Program<'c>> {
        let mut program = Program::default();
        let mut open: Vec<Element<'c>> = Vec::new();
        let mut in_attribute = false;
        while let Some(token) = self.byte() {
            match token & 0x3F {
                0x00 => break,
                0x0F => self.at += 3,
                0x01 => {
                    if open.len() >= DEEPEST {
                        return None;
                    }
                    if self.dependency {
                        self.short()?;
                    }
                    self.long()?;
                    let name = self.name()?;
                    if token & 0x40 != 0 {
                        self.long()?;
                    }
                    if let Some(parent) = open.last_mut() {
                        parent.children = true;
                    }
                    in_attribute = false;
                    open.push(Element { name, attributes: Vec::new(), parts: Vec::new(), children: false });
                }
                0x02 => in_attribute = false,
                0x03 | 0x04 => {
                    in_attribute = false;
                    let element = open.pop()?;
                    let system = open.last().is_some_and(|parent| is(parent.name, "System"));
                    self.close(element, system, open.is_empty(), &mut program);
                    if open.is_empty() || program.leaves.len() > LONGEST {
                        break;
                    }
                }
                0x06 => {
                    let name = self.name()?;
                    open.last_mut()?.attributes.push((name, Vec::new()));
                    in_attribute = true;
                }
                other => {
                    let part = self.content(other)?;
                    if let (Some(part), Some(element)) = (part, open.last_mut()) {
                        let to = match element.attributes.last_mut() {
                            Some((_, parts)) if in_attribute => parts,
                            _ => &mut element.parts,
                        };
                        to.push(part);
                    }
                }
            }
        }
        Some(program)
    }

    fn content(&mut self, token: u8) -> Option<Option<Part<'c>>> {
        Some(match token {
            0x05 => {
                let _kind = self.byte()?;
                Some(Part::Literal(Value::Utf16(self.counted()?)))
            }
            0x07 => Some(Part::Literal(Value::Utf16(self.counted()?))),
            0x08 => {
                self.short()?;
                None
            }
            0x09 => {
                let name = self.name()?;
                let entities = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
                entities
                    .iter()
                    .find(|(entity, _)| is(name, entity))
                    .map(|(_, text)| Part::Literal(Value::Text(text)))
            }
            0x0A => {
                self.name()?;
                None
            }
            0x0B => {
                self.counted()?;
                None
            }
            0x0D | 0x0E => {
                let slot = self.short()?;
                self.byte()?;
                Some(Part::Slot(slot))
            }
            _ => return None,
        })
    }

    fn close(&mut self, element: Element<'c>, system: bool, root: bool, program: &mut Program<'c>) {
        let mut leaf = |name: u32, parts: Vec<Part<'c>>| program.leaves.push(Leaf { name, parts });
        if system {
            for (name, parts) in element.attributes {
                let attribute = ascii(name);
                let element = ascii(element.name);
                let known = match (element.as_str(), attribute.as_str()) {
                    ("Provider", "Name") => "Provider_Name",
                    ("Provider", "Guid") => "Provider_Guid",
                    ("TimeCreated", _) => "SystemTime",
                    ("Execution", "ProcessID") => "Execution_ProcessID",
                    ("Execution", "ThreadID") => "Execution_ThreadID",
                    ("Security", "UserID") => "Security_UserID",
                    _ => continue,
                };
                leaf(self.names.of(known), parts);
            }
            if !element.parts.is_empty() {
                leaf(self.names.of_utf16(element.name), element.parts);
            }
            return;
        }
        let holds_children = element.children && element.parts.is_empty();
        let container = ["Event", "EventData", "UserData", "System", "ProcessingErrorData"];
        let is_container = container.iter().any(|name| is(element.name, name));
        if holds_children || is_container && element.parts.is_empty() || root && element.parts.is_empty() {
            return;
        }
        if element.children || is_container {
            // Beside its children it takes another fragment in: the event's data.
            for part in element.parts {
                leaf(self.names.of("Data"), vec![part]);
            }
            return;
        }
        let named =
            element.attributes.iter().find(|(name, _)| is(name, "Name")).map(|(_, parts)| parts.as_slice());
        let name = match named {
            Some([Part::Literal(Value::Utf16(name))]) => self.names.of_utf16(name),
            _ => self.names.of_utf16(element.name),
        };
        leaf(name, element.parts);
    }
}

fn ascii(name: &[u8]) -> String {
    let mut text = String::new();
    crate::event::push_utf16(name, &mut text);
    text
}

fn is(name: &[u8], text: &str) -> bool {
    name.len() == text.len() * 2
        && name.as_chunks::<2>().0.iter().zip(text.bytes()).all(|(unit, letter)| *unit == [letter, 0])
}
