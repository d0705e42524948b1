#![doc = include_str!("../README.md")]

mod cells;
mod journal;

pub use journal::{Journaled, journaled, marvin32};

use jiff::Timestamp;

/// 100-nanosecond steps from 1601 to 1970.
const UNIX_IN_FILETIME: i64 = 116_444_736_000_000_000;

/// An instant as Windows counts it: 100 nanoseconds since 1601-01-01; 0 for what lies before.
#[must_use]
pub fn filetime(time: Timestamp) -> u64 {
    let ticks = time.as_microsecond().saturating_mul(10).saturating_add(UNIX_IN_FILETIME);
    u64::try_from(ticks).unwrap_or(0)
}

/// Text in UTF-16, little endian, without a zero at its end.
#[must_use]
pub fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A value.
#[derive(Debug, Clone)]
pub enum Value {
    /// `REG_SZ`.
    Text(String),
    /// `REG_EXPAND_SZ`.
    Expand(String),
    /// `REG_DWORD`.
    Number(u32),
    /// `REG_MULTI_SZ`.
    Many(Vec<String>),
    /// `REG_BINARY`.
    Binary(Vec<u8>),
    /// Any other type, by its number.
    Typed(u32, Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl Value {
    /// The type's number and the bytes.
    fn raw(&self) -> (u32, Vec<u8>) {
        let text = |text: &str| [wide(text), vec![0, 0]].concat();
        match self {
            Self::Text(words) => (1, text(words)),
            Self::Expand(words) => (2, text(words)),
            Self::Binary(bytes) => (3, bytes.clone()),
            Self::Number(number) => (4, number.to_le_bytes().to_vec()),
            Self::Many(list) => {
                let all: Vec<u8> = list.iter().flat_map(|words| text(words)).collect();
                (7, [all, vec![0, 0]].concat())
            }
            Self::Typed(kind, bytes) => (*kind, bytes.clone()),
        }
    }
}

#[derive(Debug, Clone)]
struct Key {
    name: String,
    written: Timestamp,
    values: Vec<(String, Value)>,
    keys: Vec<Key>,
}

impl Key {
    fn new(name: &str, written: Timestamp) -> Self {
        Self { name: name.to_owned(), written, values: Vec::new(), keys: Vec::new() }
    }

    fn put(&mut self, path: &[&str], written: Timestamp, values: Vec<(String, Value)>) {
        let Some((first, rest)) = path.split_first() else {
            self.written = written;
            return self.values.extend(values);
        };
        let is = |key: &Self| key.name.eq_ignore_ascii_case(first);
        if !self.keys.iter().any(is) {
            self.keys.push(Self::new(first, written));
        }
        if let Some(key) = self.keys.iter_mut().find(|key| is(key)) {
            key.put(rest, written, values);
        }
    }
}

/// A hive that is being put together.
#[derive(Debug, Clone)]
pub struct Hive {
    root: Key,
    /// The path that Windows keeps in the base block, at most 31 letters of its end.
    file: String,
}

impl Hive {
    /// A hive with nothing but its root.
    #[must_use]
    pub fn new(file: &str, written: Timestamp) -> Self {
        Self { root: Key::new("ROOT", written), file: file.to_owned() }
    }

    /// Adds values to a key (names with `\` between them), which is made where it is not there, and says when it was last written.
    pub fn key<V: Into<Value>>(
        &mut self,
        path: &str,
        written: Timestamp,
        values: impl IntoIterator<Item = (&'static str, V)>,
    ) {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        self.values(path, written, values);
    }

    /// As [`Hive::key`], with names that are not known beforehand.
    pub fn values(&mut self, path: &str, written: Timestamp, values: Vec<(String, Value)>) {
        let path: Vec<&str> = path.split('\\').filter(|name| !name.is_empty()).collect();
        self.root.put(&path, written, values);
    }

    /// The hive's bytes, clean.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        cells::hive(&self.root, &self.file)
    }
}
