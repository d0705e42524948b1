//! STIX patterns (STIX 2.1 section 9): the values that a pattern compares for equality, with their object paths.

/// `(object path, value)` of every `=` and `IN` comparison with a string that is not negated. `MATCHES` and `LIKE`
/// compare with patterns, not with values, and give nothing.
pub(crate) fn equalities(pattern: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut path, mut equal, mut negated) = (None::<String>, false, false);
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' => {
                let (value, after) = literal(rest.get(1..).unwrap_or_default());
                if let (Some(path), true, false) = (&path, equal, negated) {
                    found.push((path.clone(), value));
                }
                rest = after;
                continue;
            }
            '!' => negated = true,
            '=' => equal = true,
            ']' => (path, equal, negated) = (None, false, false),
            letter if letter.is_ascii_alphanumeric() => {
                let (word, after) = word(rest);
                match word.as_str() {
                    "IN" => equal = true,
                    "NOT" => negated = true,
                    "AND" | "OR" | "MATCHES" | "LIKE" | "FOLLOWEDBY" => (equal, negated) = (false, false),
                    _ if word.contains(':') => (path, equal, negated) = (Some(word), false, false),
                    _ => {}
                }
                rest = after;
                continue;
            }
            _ => {}
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    found
}

/// The string literal whose opening quote has been read, and what follows it.
fn literal(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return (value, text.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// A keyword or an object path (`file:hashes.'SHA-256'`, `a:b[*].c`), without the quotes of its parts.
fn word(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut index = false;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        match character {
            '\'' if word.ends_with('.') => {
                let (part, after) = literal(rest.get(1..).unwrap_or_default());
                word.push_str(&part);
                rest = after;
                continue;
            }
            '[' => index = true,
            ']' if index => index = false,
            ':' | '.' | '-' | '_' | '*' => {}
            other if other.is_ascii_alphanumeric() => {}
            _ => break,
        }
        word.push(character);
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    (word, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Vec<(String, String)> {
        equalities(pattern)
    }

    fn pair(path: &str, value: &str) -> (String, String) {
        (path.to_owned(), value.to_owned())
    }

    #[test]
    fn a_blocklist_gets_every_value_and_no_pattern() {
        assert_eq!(
            of(
                "[file:hashes.'SHA-256' = 'aa' OR file:hashes.md5 = 'bb'] FOLLOWEDBY [ipv4-addr:value IN ('1.2.3.4', '5.6.7.8')]"
            ),
            [
                pair("file:hashes.SHA-256", "aa"),
                pair("file:hashes.md5", "bb"),
                pair("ipv4-addr:value", "1.2.3.4"),
                pair("ipv4-addr:value", "5.6.7.8")
            ]
        );
        assert_eq!(
            of(
                r"[email-message:body_multipart[*].body_raw_ref.name MATCHES '^x\\.exe$' AND domain-name:value = 'it\'s']"
            ),
            [pair("domain-name:value", "it's")]
        );
        assert_eq!(
            of(
                "[url:value != 'http://good.example/' AND url:value NOT IN ('http://fine.example/') AND mutex:name = 'm']"
            ),
            [pair("mutex:name", "m")]
        );
        assert_eq!(of("[x:y = 'open"), [pair("x:y", "open")]);
        assert_eq!(of("]['='"), []);
    }
}
