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
            Self::Binary(bytes) => push_hex(bytes.iter().copied(), into),
        }
    }

    /// Writes the value in the form in which case does not count.
    pub fn write_lower(&self, into: &mut String) {
        match *self {
            Self::Utf16(bytes) => push_utf16_lower(bytes, into),
            value => {
                let from = into.len();
                value.write(into);
                sigma::fold_from(into, from);
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

/// Units that are narrowed at once.
const BLOCK: usize = 64;

/// The units without trailing zero letters.
fn trimmed(bytes: &[u8]) -> &[[u8; 2]] {
    let (units, _) = bytes.as_chunks::<2>();
    let end = units.iter().rposition(|unit| *unit != [0, 0]).map_or(0, |last| last + 1);
    units.get(..end).unwrap_or_default()
}

/// Appends units as long as they are ASCII; says how many that were.
fn push_ascii<const LOWER: bool>(units: &[[u8; 2]], into: &mut String) -> usize {
    let mut done = 0;
    for block in units.chunks(BLOCK) {
        let (mut narrow, mut other) = ([0_u8; BLOCK], 0_u8);
        for (to, [low, high]) in narrow.iter_mut().zip(block) {
            *to = *low;
            other |= *high | (*low & 0x80);
        }
        if other != 0 {
            break;
        }
        let Some(letters) = narrow.get_mut(..block.len()) else { break };
        if LOWER {
            letters.make_ascii_lowercase();
        }
        into.push_str(str::from_utf8(letters).unwrap_or_default());
        done += block.len();
    }
    done
}

fn letters(units: &[[u8; 2]]) -> impl Iterator<Item = char> {
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Appends UTF-16 (little endian) as UTF-8, what is no letter as U+FFFD; trailing zero letters are left away.
pub fn push_utf16(bytes: &[u8], into: &mut String) {
    let units = trimmed(bytes);
    let ascii = push_ascii::<false>(units, into);
    into.extend(letters(units.get(ascii..).unwrap_or_default()));
}

/// As [`push_utf16`], in the form in which case does not count.
fn push_utf16_lower(bytes: &[u8], into: &mut String) {
    let units = trimmed(bytes);
    let ascii = push_ascii::<true>(units, into);
    into.extend(letters(units.get(ascii..).unwrap_or_default()).flat_map(char::to_lowercase));
}

fn push_hex(bytes: impl IntoIterator<Item = u8>, into: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            into.push(DIGITS.get(usize::from(half)).copied().unwrap_or('0'));
        }
    }
}

fn push_guid(b: &[u8; 16], into: &mut String) {
    let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, rest @ ..] = *b;
    into.push('{');
    push_hex([a3, a2, a1, a0], into);
    for part in [[b1, b0], [c1, c0], [d0, d1]] {
        into.push('-');
        push_hex(part, into);
    }
    into.push('-');
    push_hex(rest, into);
    into.push('}');
}

fn push_sid(bytes: &[u8], into: &mut String) {
    let Some((&[revision, count, a, b, c, d, e, f], rest)) = bytes.split_first_chunk::<8>() else { return };
    into.push_str("S-");
    push_number(u64::from(revision), into);
    into.push('-');
    push_number(u64::from_be_bytes([0, 0, a, b, c, d, e, f]), into);
    let (parts, _) = rest.as_chunks::<4>();
    for part in parts.iter().take(usize::from(count)) {
        into.push('-');
        push_number(u64::from(u32::from_le_bytes(*part)), into);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lower_case_straight_from_utf_16_is_the_text_in_lower_case(
            units in prop::collection::vec(prop_oneof![8 => 0x20_u16..0x7F, 1 => any::<u16>()], 0..300),
            odd in any::<bool>(),
        ) {
            let mut bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            if odd {
                bytes.push(b'x');
            }
            let value = Value::Utf16(&bytes);
            let mut lower = String::from("before");
            value.write_lower(&mut lower);
            prop_assert_eq!(&lower, &format!("before{}", sigma::fold(&value.text())));
            let text = String::from_utf16_lossy(&units);
            prop_assert_eq!(value.text(), text.trim_end_matches('\0'));
        }
    }

    #[test]
    fn identifiers_are_written_as_windows_writes_them() {
        let guid =
            [0x64, 0xb2, 0x06, 0x58, 0x1b, 0x58, 0x4e, 0x4a, 0xa8, 0x3d, 0xf0, 0x52, 0x78, 0x0f, 0x01, 0xac];
        assert_eq!(Value::Guid(&guid).text(), "{5806B264-581B-4A4E-A83D-F052780F01AC}");
        let sid = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(Value::Sid(&sid).text(), "S-1-5-32-544");
        assert_eq!(Value::Binary(&[0, 0xAB]).text(), "00AB");
    }
}
