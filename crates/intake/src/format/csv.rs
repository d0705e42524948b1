//! Comma-separated values (RFC 4180): the fields of a record, and tables with a heading, as portals export them. A row
//! becomes the JSON object of its columns' names.

use serde_json::{Map, Value};

use crate::error::Fault;

/// The fields of one record; a field that holds a comma stands in quotes, and a quote in it is doubled.
pub(crate) fn fields(record: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => field.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

/// Whether a record ends inside quotes, so that it goes on in the next line.
pub(crate) fn is_open(record: &[u8]) -> bool {
    memchr::memchr_iter(b'"', record).count() % 2 == 1
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// The columns that a first line names: at least three, different, each a word or a few.
    pub(crate) fn of(line: &str) -> Option<Self> {
        if is_open(line.as_bytes()) || line.len() > 8192 {
            return None;
        }
        let names: Vec<String> = fields(line.trim_end()).iter().map(|name| name.trim().to_owned()).collect();
        let is_name = |name: &String| {
            (1..=64).contains(&name.len())
                && name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '@'))
                && name.chars().all(|c| c.is_alphanumeric() || " _-.@/()#".contains(c))
        };
        let mut different = names.clone();
        different.sort_unstable();
        different.dedup();
        (names.len() >= 3 && different.len() == names.len() && names.iter().all(is_name))
            .then_some(Self(names))
    }

    /// Whether the text after the heading goes on with as many fields, as prose with commas does not.
    pub(crate) fn fit(&self, rest: &str) -> bool {
        let mut record = String::new();
        for line in rest.lines().skip_while(|line| line.trim().is_empty()) {
            record.push_str(line);
            if !is_open(record.as_bytes()) {
                return fields(&record).len() == self.0.len();
            }
            record.push('\n');
        }
        // The first record is longer than what is looked at.
        !record.is_empty() && fields(&record).len() <= self.0.len()
    }

    /// The object of a record.
    pub(crate) fn row(&self, record: &str) -> Result<Value, Fault> {
        let fields = fields(record);
        if fields.len() != self.0.len() {
            return Err(Fault::Columns(fields.len(), self.0.len()));
        }
        let said = self.0.iter().zip(fields).filter(|(_, field)| !field.trim().is_empty());
        Ok(Value::Object(
            said.map(|(name, field)| (name.clone(), Value::String(field))).collect::<Map<_, _>>(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_field_keeps_commas_quotes_and_breaks() {
        assert_eq!(fields("a,\"b,\"\"c\"\"\nd\",,e"), ["a", "b,\"c\"\nd", "", "e"]);
        assert!(is_open(b"a,\"b") && !is_open(b"a,\"b\""));
    }

    #[test]
    fn a_heading_is_told_from_prose() {
        let columns = Columns::of("\"RecordType\",\"Creation Date\",AuditData").unwrap();
        assert!(columns.fit("\n1,2,\"{\"\"a\"\": 1}\"\n"));
        assert_eq!(columns.row("1,,x").unwrap(), serde_json::json!({"RecordType": "1", "AuditData": "x"}));
        assert_eq!(columns.row("1,2"), Err(Fault::Columns(2, 3)));
        assert!(
            !Columns::of("Hello, doctor, the screen is red").unwrap().fit("\nPlease come soon, thank you\n")
        );
        assert_eq!(Columns::of("a,b"), None);
        assert_eq!(Columns::of("a,a,b"), None);
        assert_eq!(Columns::of("1,2026/03/02 08:14:16,0011,THREAT"), None);
    }
}
