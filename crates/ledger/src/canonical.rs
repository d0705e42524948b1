//! Canonical JSON (RFC 8785, the JSON Canonicalization Scheme): one value has one sequence of bytes, so that its hash
//! means something. Members are sorted by their names' UTF-16 code units (section 3.2.3), strings carry the fewest
//! escapes (3.2.2.2), numbers are written as ECMAScript writes them (3.2.2.3).
//!
//! The scheme rounds integers beyond ±(2^53 − 1) to the nearest double, so that two different entries could share their
//! bytes. Here they are refused instead, as are duplicate names, NaN and the infinities: what cannot be told apart
//! later is not written now. That, and the speed of the journal (one buffer, no boxed writer per fragment), is why
//! this is our own and not `serde_jcs`; the digits of doubles come from `ryu-js`.

use std::{borrow::Cow, cmp::Ordering, ops::Range};

use serde::{Serialize, Serializer, ser};

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1 (RFC 7493 section 2.2).
pub const MAX_INTEGER: i128 = (1 << 53) - 1;

/// How deep arrays and objects may nest. The same as `serde_json` reads.
pub const MAX_DEPTH: usize = 127;

/// A value that has no canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// NaN or an infinity.
    #[error("a number is not finite")]
    NotFinite,
    /// An integer that doubles cannot tell from its neighbours.
    #[error("the integer {0} is beyond ±(2^53 − 1); write it as a string")]
    IntegerTooLarge(i128),
    /// Two members of one object have the same name.
    #[error("the member `{0}` appears twice in one object")]
    DuplicateMember(String),
    /// A map's key that is neither a string nor a number nor a truth value.
    #[error("a member's name is not a string")]
    NameNotString,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The value's own `Serialize` gave up.
    #[error("{0}")]
    Value(String),
}

impl ser::Error for CanonicalError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Value(message.to_string())
    }
}

/// The canonical bytes of a value.
///
/// # Errors
/// [`CanonicalError`] where the value has none.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(512);
    value.serialize(Writer { out: &mut out, depth: 0 })?;
    Ok(out)
}

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
}

impl<'a> Writer<'a> {
    fn raw(self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn integer(self, value: i128) -> Result<(), CanonicalError> {
        if value.abs() > MAX_INTEGER {
            return Err(CanonicalError::IntegerTooLarge(value));
        }
        // Writing to a vector does not fail.
        let _ = std::io::Write::write_fmt(self.out, format_args!("{value}"));
        Ok(())
    }

    fn deeper(&self) -> Result<usize, CanonicalError> {
        if self.depth >= MAX_DEPTH { Err(CanonicalError::TooDeep) } else { Ok(self.depth + 1) }
    }

    fn array(self) -> Result<Array<'a>, CanonicalError> {
        let depth = self.deeper()?;
        self.out.push(b'[');
        Ok(Array { out: self.out, depth, first: true, wrapped: false })
    }

    fn object(self) -> Result<Object<'a>, CanonicalError> {
        let depth = self.deeper()?;
        self.out.push(b'{');
        let start = self.out.len();
        Ok(Object { out: self.out, depth, start, members: Vec::new(), sorted: true, wrapped: false })
    }

    /// `{"variant":` of an enum's variant that holds data; the caller closes the brace.
    fn variant(self, variant: &str) -> Result<Self, CanonicalError> {
        let depth = self.deeper()?;
        self.out.push(b'{');
        string(self.out, variant);
        self.out.push(b':');
        Ok(Writer { out: self.out, depth })
    }
}

/// A string with the escapes that RFC 8785 section 3.2.2.2 asks for and no others.
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&special, tail)) = tail.split_first() else { break };
        match special {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', special]),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            0x0D => out.extend_from_slice(b"\\r"),
            control => out.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// The order of RFC 8785 section 3.2.3: by UTF-16 code units. It differs from that of UTF-8 only where a character
/// beyond the basic plane meets one of U+E000 to U+FFFF.
fn by_utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

struct Array<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    first: bool,
    wrapped: bool,
}

impl Array<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        value.serialize(Writer { out: self.out, depth: self.depth })
    }

    fn close(self) {
        self.out.extend_from_slice(if self.wrapped { b"]}" } else { b"]" });
    }
}

struct Member {
    name: Cow<'static, str>,
    /// Where `"name":value` stands in the buffer.
    span: Range<usize>,
}

struct Object<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    start: usize,
    members: Vec<Member>,
    sorted: bool,
    wrapped: bool,
}

impl Object<'_> {
    fn name(&mut self, name: Cow<'static, str>) {
        if let Some(last) = self.members.last() {
            self.sorted &= by_utf16(&last.name, &name) == Ordering::Less;
            self.out.push(b',');
        }
        let at = self.out.len();
        string(self.out, &name);
        self.out.push(b':');
        self.members.push(Member { name, span: at..at });
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(Writer { out: self.out, depth: self.depth })?;
        if let Some(member) = self.members.last_mut() {
            member.span.end = self.out.len();
        }
        Ok(())
    }

    fn close(mut self) -> Result<(), CanonicalError> {
        if !self.sorted {
            self.sort()?;
        }
        self.out.extend_from_slice(if self.wrapped { b"}}" } else { b"}" });
        Ok(())
    }

    fn sort(&mut self) -> Result<(), CanonicalError> {
        self.members.sort_by(|a, b| by_utf16(&a.name, &b.name));
        let mut previous: Option<&str> = None;
        let mut sorted = Vec::with_capacity(self.out.len().saturating_sub(self.start));
        for member in &self.members {
            if previous.is_some_and(|name| name == member.name) {
                return Err(CanonicalError::DuplicateMember(member.name.clone().into_owned()));
            }
            if previous.is_some() {
                sorted.push(b',');
            }
            previous = Some(&member.name);
            sorted.extend_from_slice(self.out.get(member.span.clone()).unwrap_or_default());
        }
        self.out.truncate(self.start);
        self.out.extend_from_slice(&sorted);
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident: $kind:ty),*) => {$(
        fn $method(self, value: $kind) -> Result<(), CanonicalError> {
            self.integer(i128::from(value))
        }
    )*};
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = CanonicalError;
    type SerializeSeq = Array<'a>;
    type SerializeTuple = Array<'a>;
    type SerializeTupleStruct = Array<'a>;
    type SerializeTupleVariant = Array<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    integers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_u128(self, value: u128) -> Result<(), CanonicalError> {
        self.integer(i128::try_from(value).map_err(|_| CanonicalError::IntegerTooLarge(i128::MAX))?)
    }

    fn serialize_bool(self, value: bool) -> Result<(), CanonicalError> {
        self.raw(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), CanonicalError> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), CanonicalError> {
        if !value.is_finite() {
            return Err(CanonicalError::NotFinite);
        }
        self.raw(ryu_js::Buffer::new().format_finite(value).as_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), CanonicalError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), CanonicalError> {
        string(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), CanonicalError> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CanonicalError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), CanonicalError> {
        self.raw(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), CanonicalError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), CanonicalError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), CanonicalError> {
        let inner = self.variant(variant)?;
        value.serialize(Writer { out: inner.out, depth: inner.depth })?;
        inner.out.push(b'}');
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Array<'a>, CanonicalError> {
        self.array()
    }

    fn serialize_tuple(self, _length: usize) -> Result<Array<'a>, CanonicalError> {
        self.array()
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Array<'a>, CanonicalError> {
        self.array()
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Array<'a>, CanonicalError> {
        Ok(Array { wrapped: true, ..self.variant(variant)?.array()? })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Object<'a>, CanonicalError> {
        self.object()
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Object<'a>, CanonicalError> {
        self.object()
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Object<'a>, CanonicalError> {
        Ok(Object { wrapped: true, ..self.variant(variant)?.object()? })
    }
}

macro_rules! arrays {
    ($($kind:ident: $method:ident),*) => {$(
        impl ser::$kind for Array<'_> {
            type Ok = ();
            type Error = CanonicalError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
                self.element(value)
            }
            fn end(self) -> Result<(), CanonicalError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

arrays!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field);

macro_rules! structs {
    ($($kind:ident),*) => {$(
        impl ser::$kind for Object<'_> {
            type Ok = ();
            type Error = CanonicalError;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), CanonicalError> {
                self.name(Cow::Borrowed(name));
                self.value(value)
            }
            fn end(self) -> Result<(), CanonicalError> {
                self.close()
            }
        }
    )*};
}

structs!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = CanonicalError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CanonicalError> {
        let name = match serde_json::to_value(key) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(serde_json::Value::Number(number)) => number.to_string(),
            Ok(serde_json::Value::Bool(truth)) => truth.to_string(),
            _ => return Err(CanonicalError::NameNotString),
        };
        self.name(Cow::Owned(name));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CanonicalError> {
        self.value(value)
    }

    fn end(self) -> Result<(), CanonicalError> {
        self.close()
    }
}

#[cfg(test)]
pub(crate) mod tests;
