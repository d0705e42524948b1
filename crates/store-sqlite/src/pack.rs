//! Many rows as two parameters: a JSON array of arrays for `json_each`, and one blob that holds every byte string,
//! which the rows name by offset and length. One statement then inserts a whole batch.

use std::fmt::Write as _;

/// Both parameters.
pub(crate) type Packed = (String, Vec<u8>);

/// Rows on their way into a statement.
#[derive(Debug)]
pub(crate) struct Pack {
    json: String,
    blob: Vec<u8>,
}

impl Pack {
    /// Without rows.
    pub(crate) fn new() -> Self {
        Self { json: "[".to_owned(), blob: Vec::new() }
    }

    /// Starts a row.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.json.push_str(if self.json.len() > 1 { "],[" } else { "[" });
        self
    }

    /// A number.
    pub(crate) fn number(&mut self, number: i64) -> &mut Self {
        self.comma();
        let _ = write!(self.json, "{number}");
        self
    }

    /// Bytes whose length the statement knows: their offset, from 1.
    pub(crate) fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.comma();
        let _ = write!(self.json, "{}", self.blob.len() + 1);
        self.blob.extend_from_slice(bytes);
        self
    }

    /// Bytes: their offset and their length.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.fixed(bytes).number(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
    }

    /// Both parameters.
    pub(crate) fn finish(mut self) -> Packed {
        self.json.push_str(if self.json.len() > 1 { "]]" } else { "]" });
        (self.json, self.blob)
    }

    fn comma(&mut self) {
        if !self.json.ends_with('[') {
            self.json.push(',');
        }
    }
}
