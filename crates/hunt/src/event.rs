//! The one form that every artefact's records take: when, on which host, by whom, which log, and named values, with
//! the file and record that they came from. An event borrows what its reader decoded, so that a record which no rule
//! looks at costs no allocation; whoever keeps something of it copies that.

use std::{borrow::Cow, fmt::Write as _, sync::Arc};

use jiff::Timestamp;

/// The names of an event's values, shared by all events of the same build (an event template, a table's heading).
/// A name may stand there more than once: then it is a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    names: Vec<Box<str>>,
}

impl Shape {
    /// A shape of these names, in the order in which values will come.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Arc<Self> {
        Arc::new(Self { names: names.into_iter().map(|name| name.as_ref().into()).collect() })
    }

    /// The names, in order.
    #[must_use]
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }
}

/// One value, as its artefact holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Nothing there.
    Null,
    /// Text.
    Text(&'a str),
    /// Text in UTF-16, little endian, as Windows event logs hold it.
    Utf16(&'a [u8]),
    /// A signed number.
    Int(i64),
    /// An unsigned number.
    UInt(u64),
    /// A number written `0x…`.
    Hex(u64),
    /// A fraction.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// A GUID in the bytes of Windows.
    Guid(&'a [u8; 16]),
    /// A security identifier in the bytes of Windows.
    Sid(&'a [u8]),
    /// An instant: 100 nanoseconds since 1601-01-01.
    FileTime(u64),
    /// Bytes.
    Binary(&'a [u8]),
}

/// 100-nanosecond steps from 1601 to 1970.
const UNIX_IN_FILETIME: i128 = 116_444_736_000_000_000;

/// The instant of a FILETIME, where `jiff` can hold it.
#[must_use]
pub fn filetime(ticks: u64) -> Option<Timestamp> {
    Timestamp::from_nanosecond((i128::from(ticks) - UNIX_IN_FILETIME).checked_mul(100)?).ok()
}

impl Value<'_> {
    /// Whether there is nothing: no value, or empty text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Utf16(bytes) | Self::Binary(bytes) | Self::Sid(bytes) => bytes.is_empty(),
            _ => false,
        }
    }

    /// Writes the value as a person reads it (GUIDs in braces and upper case, SIDs `S-1-…`, instants in RFC 3339).
    pub fn write(&self, into: &mut String) {
        match *self {
            Self::Null => {}
            Self::Text(text) => into.push_str(text),
            Self::Utf16(bytes) => push_utf16(bytes, into),
            Self::Int(number) => {
                let _ = write!(into, "{number}");
            }
            Self::UInt(number) => push_number(number, into),
            Self::Hex(number) => {
                let _ = write!(into, "{number:#x}");
            }
            Self::Float(number) => {
                let _ = write!(into, "{number}");
            }
            Self::Bool(yes) => into.push_str(if yes { "true" } else { "false" }),
            Self::Guid(bytes) => push_guid(bytes, into),
            Self::Sid(bytes) => push_sid(bytes, into),
            Self::FileTime(ticks) => {
                if let Some(time) = filetime(ticks) {
                    let _ = write!(into, "{time}");
                }
            }
            Self::Binary(bytes) => {
                for byte in bytes {
                    let _ = write!(into, "{byte:02X}");
                }
            }
        }
    }

    /// The value as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// The value as a whole number: of a number, or of text that spells one (`0x` for hexadecimal).
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match *self {
            Self::Int(number) => Some(number),
            Self::UInt(number) | Self::Hex(number) => i64::try_from(number).ok(),
            Self::Text(_) | Self::Utf16(_) => {
                let text = self.text();
                let text = text.trim();
                match text.strip_prefix("0x") {
                    Some(hex) => i64::from_str_radix(hex, 16).ok(),
                    None => text.parse().ok(),
                }
            }
            _ => None,
        }
    }
}

fn push_number(mut number: u64, into: &mut String) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        if let Some(place) = digits.get_mut(at) {
            *place = b'0' + u8::try_from(number % 10).unwrap_or(0);
        }
        number /= 10;
        if number == 0 {
            break;
        }
    }
    into.push_str(digits.get(at..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default());
}

/// Appends UTF-16 (little endian) as UTF-8, what is no letter as U+FFFD; trailing zero letters are left away.
pub fn push_utf16(bytes: &[u8], into: &mut String) {
    let (units, _) = bytes.as_chunks::<2>();
    let mut end = units.len();
    while end > 0 && units.get(end - 1) == Some(&[0, 0]) {
        end -= 1;
    }
    let units = units.get(..end).unwrap_or_default();
    into.reserve(units.len());
    if units.iter().all(|unit| unit[1] == 0 && unit[0] < 0x80) {
        into.extend(units.iter().map(|unit| char::from(unit[0])));
        return;
    }
    let letters = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)));
    into.extend(letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

fn push_guid(b: &[u8; 16], into: &mut String) {
    let [a0, a1, a2, a3, b0, b1, c0, c1, rest @ ..] = *b;
    let _ = write!(
        into,
        "{{{:08X}-{:04X}-{:04X}-",
        u32::from_le_bytes([a0, a1, a2, a3]),
        u16::from_le_bytes([b0, b1]),
        u16::from_le_bytes([c0, c1])
    );
    for (at, byte) in rest.iter().enumerate() {
        if at == 2 {
            into.push('-');
        }
        let _ = write!(into, "{byte:02X}");
    }
    into.push('}');
}

fn push_sid(bytes: &[u8], into: &mut String) {
    let Some((&[revision, count, a, b, c, d, e, f], rest)) = bytes.split_first_chunk::<8>() else { return };
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let _ = write!(into, "S-{revision}-{authority}");
    let (parts, _) = rest.as_chunks::<4>();
    for part in parts.iter().take(usize::from(count)) {
        let _ = write!(into, "-{}", u32::from_le_bytes(*part));
    }
}

/// One record of an artefact.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// When it happened, where the record says so.
    pub time: Option<Timestamp>,
    /// The host that it happened on, or the device that wrote it; empty where unknown.
    pub host: &'a str,
    /// Who did it, where the reader knows; [`Event::account`] also looks into the values.
    pub account: Option<&'a str>,
    /// The log: a Windows channel (`Security`), or for other artefacts the Sigma service or category
    /// (`product/service`, such as `m365/audit`, `linux/auth`, `firewall`).
    pub channel: &'a str,
    /// Who wrote it: the Windows provider; empty elsewhere.
    pub provider: &'a str,
    /// The Windows event id; 0 elsewhere.
    pub event_id: u32,
    /// The record's number in its file: the record id of an event log, a line or row from 1 elsewhere.
    pub record: u64,
    /// Names of the values.
    pub shape: &'a Arc<Shape>,
    /// The values, in the order of the shape's names.
    pub values: &'a [Value<'a>],
}

/// Where an account stands in a Windows event, the most telling first.
const ACCOUNT: [&str; 6] = ["TargetUserName", "SubjectUserName", "User", "UserId", "AccountName", "user"];

impl<'a> Event<'a> {
    /// Names and values.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let (names, values) = (self.shape.names(), self.values);
        names.iter().map(AsRef::as_ref).zip(values.iter().copied())
    }

    /// The first value of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Value<'a>> {
        self.fields().find(|(is, _)| *is == name).map(|(_, value)| value)
    }

    /// The first value of this name as text; none where it is absent or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        match self.value(name)? {
            Value::Text(text) => (!text.is_empty()).then_some(Cow::Borrowed(text)),
            value => Some(value.text()).filter(|text| !text.is_empty()).map(Cow::Owned),
        }
    }

    /// The first value of this name as a whole number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.value(name)?.number()
    }

    /// Who did it: what the reader says, or the record's own account fields; `-` counts as nobody.
    #[must_use]
    pub fn account(&self) -> Option<Cow<'a, str>> {
        match self.account {
            Some(account) => Some(Cow::Borrowed(account)),
            None => ACCOUNT.iter().filter_map(|name| self.get(name)).find(|name| name != "-"),
        }
    }
}
