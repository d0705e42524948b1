//! Whether bytes are canonical JSON (RFC 8785), by looking at them: no value is built and nothing is written again. What
//! passes has no duplicate names, no insignificant bytes and one spelling for each string and number.

use std::{borrow::Cow, cmp::Ordering};

/// Deeper nesting is refused; `serde_json` reads no deeper either.
const MAX_DEPTH: usize = 127;

/// Checks that `bytes` are exactly one canonical JSON value.
pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8")?;
    let mut scan = Scan { text, at: 0 };
    scan.value(0)?;
    if scan.at == text.len() { Ok(()) } else { Err("something follows the JSON value") }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> Result<(), &'static str> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err("not JSON");
        }
        self.at += word.len();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), &'static str> {
        match self.peek() {
            Some(b'{' | b'[') if depth == MAX_DEPTH => Err("nested too deep"),
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b' ' | b'\t' | b'\r' | b'\n') => Err("not canonical JSON: white space"),
            _ => Err("not JSON"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), &'static str> {
        self.at += 1;
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value(depth)?;
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err("not canonical JSON: an array is malformed");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), &'static str> {
        self.at += 1;
        if self.take(b'}') {
            return Ok(());
        }
        let mut last: Option<Cow<'a, str>> = None;
        loop {
            if self.peek() != Some(b'"') {
                return Err("not canonical JSON: a member has no name");
            }
            let name = self.string()?;
            if last.is_some_and(|last| utf16_order(&last, &name) != Ordering::Less) {
                return Err("not canonical JSON: members are repeated or out of order");
            }
            last = Some(name);
            if !self.take(b':') {
                return Err("not canonical JSON: a member has no value");
            }
            self.value(depth)?;
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err("not canonical JSON: an object is malformed");
            }
        }
    }

    /// A string, decoded.
    fn string(&mut self) -> Result<Cow<'a, str>, &'static str> {
        self.at += 1;
        let mut decoded = Cow::Borrowed("");
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let run = rest.bytes().position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            let plain = run.and_then(|run| rest.get(..run)).ok_or("not JSON: a string does not end")?;
            decoded += plain;
            self.at += plain.len();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => {
                    let (character, length) = escape(
                        self.text.as_bytes().get(self.at + 1..).unwrap_or_default(),
                    )
                    .ok_or("not canonical JSON: a character is escaped that must not be, or otherwise")?;
                    decoded.to_mut().push(character);
                    self.at += 1 + length;
                }
                _ => return Err("not JSON: a control character in a string"),
            }
        }
    }

    fn number(&mut self) -> Result<(), &'static str> {
        const WRONG: &str = "not canonical JSON: a number is not in its shortest form";
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .bytes()
            .position(|byte| !matches!(byte, b'-' | b'+' | b'.' | b'e' | b'0'..=b'9'))
            .unwrap_or(rest.len());
        let token = rest.get(..length).unwrap_or_default();
        self.at += length;
        let digits = token.strip_prefix('-').unwrap_or(token);
        // Integers of up to 15 digits are exact in a double and written as they are.
        if digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let plain = matches!(digits.as_bytes(), [b'1'..=b'9', ..]) || token == "0";
            return if plain { Ok(()) } else { Err(WRONG) };
        }
        match token.parse::<f64>() {
            Ok(value) if value.is_finite() && ecmascript(value) == token => Ok(()),
            _ => Err(WRONG),
        }
    }
}

/// What a backslash introduces, and how many bytes that takes.
fn escape(after: &[u8]) -> Option<(char, usize)> {
    Some(match after {
        [b'"', ..] => ('"', 1),
        [b'\\', ..] => ('\\', 1),
        [b'b', ..] => ('\u{8}', 1),
        [b't', ..] => ('\t', 1),
        [b'n', ..] => ('\n', 1),
        [b'f', ..] => ('\u{c}', 1),
        [b'r', ..] => ('\r', 1),
        [b'u', b'0', b'0', high @ (b'0' | b'1'), low, ..] => {
            let low = match low {
                b'0'..=b'9' => low - b'0',
                b'a'..=b'f' => low - b'a' + 10,
                _ => return None,
            };
            let control = (high - b'0') << 4 | low;
            if matches!(control, 0x8 | 0x9 | 0xA | 0xC | 0xD) {
                return None;
            }
            (char::from(control), 5)
        }
        _ => return None,
    })
}

fn utf16_order(a: &str, b: &str) -> Ordering {
    // UTF-8 sorts as UTF-16 does below the surrogates.
    if a.bytes().chain(b.bytes()).all(|byte| byte < 0xED) {
        return a.cmp(b);
    }
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Number::toString of ECMAScript (section 6.1.6.1.20), from the shortest digits that tell the double from others.
fn ecmascript(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let (digits, exponent) = shortest(value.abs());
    let point = exponent + 1;
    let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let split = |at: i32| digits.split_at_checked(usize::try_from(at).unwrap_or(0)).unwrap_or((&digits, ""));
    let magnitude = match point {
        _ if length <= point && point <= 21 => format!("{digits}{}", zeros(point - length)),
        1..=21 => format!("{}.{}", split(point).0, split(point).1),
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let sign = if point > 0 { '+' } else { '-' };
            let (first, rest) = split(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{sign}{}", (point - 1).abs())
        }
    };
    if value < 0.0 { format!("-{magnitude}") } else { magnitude }
}

/// The shortest digits that tell a double from others, and its decimal exponent. Of two that lie equally near, the even one
/// (note 2 there); the standard library takes the upper.
fn shortest(value: f64) -> (String, i32) {
    let parts = |text: &str| {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        (digits, exponent.parse::<i32>().unwrap_or(0))
    };
    let (digits, exponent) = parts(&format!("{value:e}"));
    let longer = format!("{value:.*e}", digits.len());
    if longer.split('e').next().is_some_and(|mantissa| mantissa.ends_with('5')) {
        // No double has more digits than these.
        let (exact, own) = parts(&format!("{value:.1100e}"));
        let (head, rest) = exact.split_at_checked(digits.len()).unwrap_or((&exact, ""));
        let halfway = rest.strip_prefix('5').is_some_and(|zeros| zeros.bytes().all(|digit| digit == b'0'));
        let even = head.bytes().last().is_some_and(|digit| digit % 2 == 0);
        // Below a power of two doubles lie closer together: the lower of the two may stand for another one.
        let same = || {
            let (first, others) = head.split_at_checked(1).unwrap_or((head, ""));
            format!("{first}.{others}e{own}").parse() == Ok(value)
        };
        if halfway && even && own == exponent && same() {
            return (head.to_owned(), own);
        }
    }
    (digits, exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::canonical;

    #[test]
    fn spellings_that_are_not_canonical_are_found() {
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "-0",
            "1.0",
            "1e2",
            "1E30",
            "+1",
            "-",
            "1.",
            ".5",
            "0.0000001",
            "1e+20",
            "1e400",
            "9007199254740993",
            "{\"b\":1,\"a\":2}",
            "{\"a\":1,\"a\":1}",
            "[1, 2]",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "\"\\u0041\"",
            "\"\\/\"",
            "\"\\u000A\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\n\"",
            "\"",
            "nul",
            "truE",
            "{\"\u{fb33}\":1,\"\u{1f600}\":2}",
            "1-2",
            "--1",
            "[",
            "{",
            "{\"a\"",
            "{\"a\":",
            "[1",
            "\"\\",
            "\"\\u00",
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(check(b"\"\xff\"").is_err());
        for good in
            ["0", "-1", "1e+21", "1e-7", "0.000001", "123456789012345680000", "\"\\u001f\\n\"", "[]", "{}"]
        {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good:?}");
        }
        assert!(check(&[b'['; 100_000]).is_err());
    }

    #[test]
    fn of_two_spellings_equally_near_the_even_one_is_canonical() {
        for (value, text) in [
            (-259_143_890_357_394.62, "-259143890357394.62"),
            (5e-324, "5e-324"),
            (2f64.powi(-24), "5.960464477539063e-8"),
        ] {
            assert_eq!(ecmascript(value), text);
            assert_eq!(canonical::to_vec(&serde_json::json!(value)).unwrap(), text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_passes(value in crate::canonical::tests::any_json()) {
            let bytes = canonical::to_vec(&value).unwrap();
            prop_assert_eq!(check(&bytes), Ok(()), "{}", String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn numbers_are_spelt_as_ecmascript_does(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(ecmascript(value).into_bytes(), canonical::to_vec(&value).unwrap());
        }

        /// What passes has one spelling: to read and write it again gives the same bytes.
        #[test]
        fn what_passes_is_what_would_be_written(
            value in crate::canonical::tests::any_json(),
            at: prop::sample::Index,
            byte: u8,
        ) {
            let mut bytes = canonical::to_vec(&value).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if check(&bytes).is_ok() {
                let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
                match canonical::to_vec(&read) {
                    Ok(again) => prop_assert_eq!(again, bytes),
                    Err(error) => prop_assert!(matches!(error, canonical::CanonicalError::IntegerTooLarge(_))),
                }
            }
        }
    }
}
