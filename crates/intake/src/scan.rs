//! Where a JSON value ends, without building it. It looks at brackets, strings and what may stand before a bracket,
//! so that a value cut off in the middle of a line does not swallow the lines after it; whether the inside is right is
//! the parser's question.

use std::ops::Range;

use crate::error::{Fault, MAX_DEPTH};

/// What a look at the bytes so far shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value is this long.
    Complete(usize),
    /// It goes on after these bytes.
    More,
    /// It is damaged at this byte.
    Broken(usize, Fault),
}

/// Finds the end of one object or array; can be fed piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Extent {
    position: usize,
    depth: u32,
    /// One bit for each open bracket, the innermost lowest: set where it is an object's.
    objects: u128,
    in_string: bool,
    previous: u8,
}

impl Extent {
    /// Looks at the value's bytes so far; `bytes` always begins at the value's first byte.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Step {
        while let Some(&byte) = bytes.get(self.position) {
            if self.in_string {
                let rest = bytes.get(self.position..).unwrap_or_default();
                let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                    self.position = bytes.len();
                    return Step::More;
                };
                let at = self.position + next;
                match bytes.get(at) {
                    Some(b'\\') if at + 1 >= bytes.len() => {
                        self.position = at;
                        return Step::More;
                    }
                    Some(b'\\') => self.position = at + 2,
                    Some(b'\n') => {
                        return Step::Broken(at, Fault::Syntax("a line ends inside a string".into()));
                    }
                    _ => {
                        self.in_string = false;
                        self.previous = b'"';
                        self.position = at + 1;
                    }
                }
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'"' => self.in_string = true,
                b'{' | b'[' => {
                    if let Err(fault) = self.open(byte) {
                        return Step::Broken(self.position, fault);
                    }
                }
                b'}' | b']' => {
                    if (byte == b'}') != (self.objects & 1 == 1) {
                        let what = format!("`{}` closes what it did not open", char::from(byte));
                        return Step::Broken(self.position, Fault::Syntax(what));
                    }
                    self.depth -= 1;
                    self.objects >>= 1;
                    self.previous = byte;
                    if self.depth == 0 {
                        return Step::Complete(self.position + 1);
                    }
                }
                other => self.previous = other,
            }
            self.position += 1;
        }
        Step::More
    }

    fn open(&mut self, bracket: u8) -> Result<(), Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        let may_stand = match (self.depth, self.objects & 1 == 1) {
            (0, _) => true,
            (_, true) => self.previous == b':',
            (_, false) => matches!(self.previous, b'[' | b','),
        };
        if !may_stand {
            return Err(Fault::Syntax(format!("`{}` where none may stand", char::from(bracket))));
        }
        self.depth += 1;
        self.objects = (self.objects << 1) | u128::from(bracket == b'{');
        self.previous = bracket;
        Ok(())
    }
}

/// The end of the value that begins at `start`, as far as it can be found.
fn value_end(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    match rest.first()? {
        b'{' | b'[' => match Extent::default().feed(rest) {
            Step::Complete(length) => Some(start + length),
            _ => None,
        },
        b'"' => string_end(bytes, start),
        _ => {
            let length = rest
                .iter()
                .position(|byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
            length.map(|length| start + length)
        }
    }
}

/// The text, number or word that a line begins with, where it ends in the line.
pub(crate) fn lone(line: &[u8]) -> Option<&[u8]> {
    let end = match line.first()? {
        b'"' => string_end(line, 0)?,
        _ => value_end(line, 0).unwrap_or(line.len()),
    };
    line.get(..end).filter(|element| !element.is_empty())
}

fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let next = memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        match bytes.get(at + next)? {
            b'\\' => at += next + 2,
            _ => return Some(at + next + 1),
        }
    }
}

fn skip_blank(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The members of the object that begins at `start`: key (between its quotes) and value. Stops where it is damaged.
pub(crate) fn members(bytes: &[u8], start: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = skip_blank(bytes, start + 1);
    while bytes.get(at) == Some(&b'"') {
        let Some(key_end) = string_end(bytes, at) else { break };
        let colon = skip_blank(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            break;
        }
        let value = skip_blank(bytes, colon + 1);
        let end = value_end(bytes, value);
        found.push((at + 1..key_end - 1, value..end.unwrap_or(bytes.len())));
        let Some(end) = end else { break };
        let comma = skip_blank(bytes, end);
        if bytes.get(comma) != Some(&b',') {
            break;
        }
        at = skip_blank(bytes, comma + 1);
    }
    found
}

/// The elements of the array that begins at `start`. Stops where it is damaged.
pub(crate) fn elements(bytes: &[u8], start: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = skip_blank(bytes, start + 1);
    while at < bytes.len() && bytes.get(at) != Some(&b']') {
        let Some(end) = value_end(bytes, at) else { break };
        found.push(at..end);
        let comma = skip_blank(bytes, end);
        if bytes.get(comma) != Some(&b',') {
            break;
        }
        at = skip_blank(bytes, comma + 1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_its_last_bracket_closes() {
        assert_eq!(Extent::default().feed(br#"{"a":"}\"]","b":[{}]} {"#), Step::Complete(21));
        assert_eq!(Extent::default().feed(br#"{"a":"x\"#), Step::More);
    }

    #[test]
    fn a_line_cut_off_does_not_swallow_the_next() {
        for cut in [
            "{\"a\": {\n{\"b\":1}\n",
            "{\"a\":1,\n{\"b\":1}\n",
            "{\"a\": \"x\n{\"b\":1}\n",
            "{\"a\":[1]\n{\"b\":1}",
        ] {
            assert!(matches!(Extent::default().feed(cut.as_bytes()), Step::Broken(..)), "{cut}");
        }
    }

    #[test]
    fn members_and_elements_are_found_as_they_stand() {
        let doc = br#"{"n": 1, "value" : [ {"a":1}, {"b":[2]} ], "s":"x"}"#;
        let found = members(doc, 0);
        let names: Vec<_> =
            found.iter().map(|(key, _)| std::str::from_utf8(&doc[key.clone()]).unwrap()).collect();
        assert_eq!(names, ["n", "value", "s"]);
        let inside = elements(doc, found[1].1.start);
        assert_eq!(&doc[inside[1].clone()], br#"{"b":[2]}"#);
    }
}
