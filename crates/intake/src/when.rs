//! Instants as vendors write them, with the precision they were written with. A time without a zone is taken as UTC,
//! which is what machine logs mean; a text that is no instant is none, never a guess.

use jiff::{Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};
use kernel::Moment;
use serde_json::Value;

/// The instant that a JSON text or number stands for.
#[must_use]
pub fn of_value(value: &Value) -> Option<Moment> {
    match value {
        Value::String(text) => read(text),
        Value::Number(number) => epoch(&number.to_string()),
        _ => None,
    }
}

/// The instant that a text stands for: RFC 3339, the same without a zone or with a space, RFC 2822, seconds to
/// nanoseconds since 1970, and the few other ways of the vendors read here.
#[must_use]
pub fn read(text: &str) -> Option<Moment> {
    let text = text.trim();
    if !text.is_ascii() || text.len() < 8 || text.len() > 64 {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return epoch(text);
    }
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    iso(text).or_else(|| mail(text)).or_else(|| other(text)).filter(|moment| plausible(*moment))
}

/// Years 1980 to 2200: outside, it is an unset clock or not a time.
fn plausible(moment: Moment) -> bool {
    (315_532_800..7_258_118_400).contains(&moment.at().as_second())
}

fn iso(text: &str) -> Option<Moment> {
    let first = text.as_bytes().first()?;
    if !first.is_ascii_digit() || text.as_bytes().get(4)?.is_ascii_digit() && !text.contains('T') {
        return None;
    }
    // ISO 8601 allows a comma before the fraction, and Python's logs have one.
    let text = short_fraction(&text.replace(',', "."));
    if let Ok(moment) = text.parse::<Moment>() {
        return Some(moment);
    }
    let text = if text.as_bytes().get(4) == Some(&b'/') { text.replacen('/', "-", 2) } else { text };
    if let Some((local, zone)) = text.rsplit_once(' ')
        && (zone.starts_with(['+', '-']) || zone == "Z")
        && let Ok(moment) = format!("{local}{zone}").parse::<Moment>()
    {
        return Some(moment);
    }
    in_utc(text.parse::<DateTime>().ok()?, &text)
}

/// At most nine digits of a second's fraction, which is all that an instant holds.
fn short_fraction(text: &str) -> String {
    let Some((before, after)) = text.split_once('.') else { return text.to_owned() };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, zone) = after.split_at(digits);
    format!("{before}.{}{zone}", fraction.get(..9).unwrap_or(fraction))
}

fn in_utc(local: DateTime, text: &str) -> Option<Moment> {
    let at = local.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let digits =
        text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    Some(Moment::new(at, u8::try_from(digits).unwrap_or(9)))
}

fn mail(text: &str) -> Option<Moment> {
    rfc2822::parse(text).ok().map(|zoned| Moment::new(zoned.timestamp(), 0))
}

fn other(text: &str) -> Option<Moment> {
    const LOCAL: [&str; 6] = [
        "%b %d, %Y %I:%M:%S %p",
        "%b %d %Y %H:%M:%S",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %H:%M:%S",
        "%a %b %d %H:%M:%S %Y",
        "%d %b %Y %H:%M:%S",
    ];
    const ZONED: [&str; 2] = ["%b %d %Y %H:%M:%S %z", "%d/%b/%Y:%H:%M:%S %z"];
    let zoned = ZONED.iter().find_map(|form| Timestamp::strptime(form, text).ok());
    zoned.map(|at| Moment::new(at, 0)).or_else(|| {
        let text = text.replace("  ", " ");
        LOCAL.iter().find_map(|form| DateTime::strptime(form, &text).ok()).and_then(|local| in_utc(local, ""))
    })
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size; a fraction is kept.
fn epoch(text: &str) -> Option<Moment> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let count: i128 = whole.parse().ok()?;
    let (unit, digits) = match count {
        100_000_000..100_000_000_000 => (1_000_000_000, 0),
        100_000_000_000..100_000_000_000_000 => (1_000_000, 3),
        100_000_000_000_000..100_000_000_000_000_000 => (1_000, 6),
        100_000_000_000_000_000..10_000_000_000_000_000_000 => (1, 9),
        _ => return None,
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = fraction.get(..9 - digits).unwrap_or(fraction);
    let extra = match (kept.parse::<i128>(), u32::try_from(kept.len())) {
        (Ok(extra), Ok(length)) => extra * unit / 10_i128.checked_pow(length)?,
        _ => 0,
    };
    let at = Timestamp::from_nanosecond(count * unit + extra).ok()?;
    Some(Moment::new(at, u8::try_from(digits + kept.len()).unwrap_or(9))).filter(|moment| plausible(*moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendors_way_of_writing_an_instant_is_read_with_its_precision() {
        for (given, read_as) in [
            ("2026-01-26T20:31:32Z", "2026-01-26T20:31:32Z"),
            ("2026-01-26T15:31:32.1234567-05:00", "2026-01-26T20:31:32.1234567Z"),
            ("2026-01-26T20:31:32.123+0000", "2026-01-26T20:31:32.123Z"),
            ("2026-01-26T20:31:32.1234567890123Z", "2026-01-26T20:31:32.123456789Z"),
            ("2026-01-26 20:31:32.225", "2026-01-26T20:31:32.225Z"),
            ("2026-01-26 20:31:32,225", "2026-01-26T20:31:32.225Z"),
            ("2026-01-26 20:31:32 +0000", "2026-01-26T20:31:32Z"),
            ("2026-01-26 20:31:32 UTC", "2026-01-26T20:31:32Z"),
            ("2026/01/26 20:31:32", "2026-01-26T20:31:32Z"),
            ("2026-01-26T20:31:32", "2026-01-26T20:31:32Z"),
            ("Mon, 26 Jan 2026 15:31:32 -0500", "2026-01-26T20:31:32Z"),
            ("Jan 26, 2026 08:31:32 PM", "2026-01-26T20:31:32Z"),
            ("Jan 26 2026 20:31:32", "2026-01-26T20:31:32Z"),
            ("1769459492", "2026-01-26T20:31:32Z"),
            ("1769459492.25", "2026-01-26T20:31:32.25Z"),
            ("1769459492000", "2026-01-26T20:31:32.000Z"),
            ("1769459492000001", "2026-01-26T20:31:32.000001Z"),
            ("1769459492000000001", "2026-01-26T20:31:32.000000001Z"),
        ] {
            assert_eq!(read(given).map(|moment| moment.to_string()).as_deref(), Some(read_as), "{given}");
        }
        assert_eq!(
            of_value(&serde_json::json!(1_769_459_492.5)).unwrap().to_string(),
            "2026-01-26T20:31:32.5Z"
        );
    }

    #[test]
    fn what_is_no_instant_is_not_made_one() {
        for given in [
            "",
            "-",
            "0",
            "0001-01-01T00:00:00Z",
            "yesterday",
            "12",
            "99999999999999999999999",
            "1.2.3.4567890",
        ] {
            assert_eq!(read(given), None, "{given}");
        }
    }
}
