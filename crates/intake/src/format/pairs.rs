//! `key=value key="value with spaces"`: the notation of FortiOS logs and of many others that go over syslog.

/// The pairs of `line`, in order. A value may stand in double quotes, inside which `\"` and `\\` are escapes; what
/// is not a pair is passed over.
pub(crate) fn pairs(line: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('=') {
        let key = before.rsplit(char::is_whitespace).next().unwrap_or(before);
        let (value, remaining) = value(after);
        if !key.is_empty() && key.bytes().all(is_key_byte) {
            found.push((key, value));
        }
        rest = remaining;
    }
    found
}

const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The value at the start of `text`, and what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_quotes_keeps_its_spaces_and_equals_signs() {
        let line = r#"Jan  6 fw01 level=notice msg="File \"a b\" url=x C:\dir" user="" srcip=10.0.0.1"#;
        let expected =
            [("level", "notice"), ("msg", r#"File "a b" url=x C:\dir"#), ("user", ""), ("srcip", "10.0.0.1")];
        assert_eq!(pairs(line), expected.map(|(key, value)| (key, value.to_owned())));
        assert_eq!(pairs("a=\"open"), [("a", "open".to_owned())]);
        assert_eq!(pairs("==="), []);
    }
}
