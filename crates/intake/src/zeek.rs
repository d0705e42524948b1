//! Zeek's tab-separated logs: rows under a header of `#` lines (<https://docs.zeek.org/en/master/log-formats.html>).
//! A row becomes the JSON object that Zeek's own JSON writer would have made, with the log's name in `_path`.

use serde_json::{Map, Value};

use crate::error::Fault;

/// What the `#` lines so far say.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    separator: String,
    set_separator: String,
    empty: String,
    unset: String,
    path: Option<String>,
    fields: Vec<String>,
    types: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: "\t".into(),
            set_separator: ",".into(),
            empty: "(empty)".into(),
            unset: "-".into(),
            path: None,
            fields: Vec::new(),
            types: Vec::new(),
        }
    }
}

impl Header {
    /// Learns from a line that begins with `#`.
    pub(crate) fn learn(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            self.separator = unescaped(separator.trim());
            return;
        }
        let mut parts = line.split(self.separator.as_str());
        let name = parts.next().unwrap_or_default();
        let rest: Vec<String> = parts.map(str::to_owned).collect();
        let first = rest.first().filter(|text| !text.is_empty()).cloned();
        match (name, first) {
            ("#set_separator", Some(first)) => self.set_separator = unescaped(&first),
            ("#empty_field", Some(first)) => self.empty = first,
            ("#unset_field", Some(first)) => self.unset = first,
            ("#path", first) => self.path = first,
            ("#fields", _) => self.fields = rest,
            ("#types", _) => self.types = rest,
            _ => {}
        }
    }

    /// Whether the columns are still unknown; the first line without `#` then names them.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.fields.is_empty()
    }

    /// Learns the columns from a line without `#fields` before it.
    pub(crate) fn name(&mut self, line: &str) {
        self.fields = line.split(self.separator.as_str()).map(str::to_owned).collect();
    }

    /// The object of a row.
    pub(crate) fn row(&self, line: &str) -> Result<Value, Fault> {
        let columns: Vec<&str> = line.split(self.separator.as_str()).collect();
        if columns.len() != self.fields.len() {
            return Err(Fault::Columns(columns.len(), self.fields.len()));
        }
        let mut members = Map::new();
        if let Some(path) = &self.path {
            members.insert("_path".into(), Value::String(path.clone()));
        }
        for (index, (name, text)) in self.fields.iter().zip(columns).enumerate() {
            if text == self.unset {
                continue;
            }
            members.insert(
                name.clone(),
                self.value(self.types.get(index).map_or("string", String::as_str), text),
            );
        }
        Ok(Value::Object(members))
    }

    fn value(&self, kind: &str, text: &str) -> Value {
        if kind.starts_with("set[") || kind.starts_with("vector[") {
            let elements = text.split(self.set_separator.as_str()).filter(|_| text != self.empty);
            return elements.map(|element| Value::String(unescaped(element))).collect();
        }
        let text = if text == self.empty { String::new() } else { unescaped(text) };
        match kind {
            "bool" => Value::Bool(text == "T"),
            "count" | "int" | "port" => text.parse::<i64>().map_or(Value::String(text), Value::from),
            // A time stays text: a number would lose the digits that the log has.
            _ => Value::String(text),
        }
    }
}

/// Zeek's `\x09` and `\\`.
fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let byte = after.strip_prefix('x').and_then(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok());
        rest = match byte {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                after.get(3..).unwrap_or_default()
            }
            _ if after.starts_with('\\') => {
                out.push('\\');
                after.get(1..).unwrap_or_default()
            }
            _ => {
                out.push('\\');
                after
            }
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_object_of_its_header() {
        let mut header = Header::default();
        for line in [
            "#separator \\x09",
            "#set_separator\t,",
            "#path\tnotice",
            "#fields\tts\tid.orig_p\tmsg\tsub\tactions\tok",
            "#types\ttime\tport\tstring\tstring\tset[enum]\tbool",
        ] {
            header.learn(line);
        }
        let row = header
            .row("1769459492.000001\t443\ta\\x09b\t-\tNotice::ACTION_LOG,Notice::ACTION_EMAIL\tT")
            .unwrap();
        let expected = serde_json::json!({"_path": "notice", "ts": "1769459492.000001", "id.orig_p": 443, "msg": "a\tb",
            "actions": ["Notice::ACTION_LOG", "Notice::ACTION_EMAIL"], "ok": true});
        assert_eq!(row, expected);
        assert_eq!(header.row("1\t2"), Err(Fault::Columns(2, 6)));
    }
}
