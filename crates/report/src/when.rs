//! Times, spans and sizes as an American reader expects them, in the practice's own time zone.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

/// Writes instants in one time zone.
pub(crate) struct Clock {
    zone: TimeZone,
    /// The name that was asked for, where it is not known.
    pub(crate) unknown: Option<String>,
}

impl Clock {
    /// The clock of an IANA zone; UTC where the name is unknown.
    pub(crate) fn of(zone: &str) -> Self {
        match TimeZone::get(zone) {
            Ok(zone) => Self { zone, unknown: None },
            Err(_) => Self { zone: TimeZone::UTC, unknown: Some(zone.to_owned()) },
        }
    }

    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    fn write(&self, at: Timestamp, format: &str) -> String {
        self.local(at).strftime(format).to_string()
    }

    /// `7:42 AM`
    pub(crate) fn time(&self, at: Timestamp) -> String {
        self.write(at, "%-I:%M\u{A0}%p")
    }

    /// `Mar 9, 7:42 AM`
    pub(crate) fn short(&self, at: Timestamp) -> String {
        self.write(at, "%b\u{A0}%-d, %-I:%M\u{A0}%p")
    }

    /// `Mar 9, 2026, 7:42 AM`
    pub(crate) fn full(&self, at: Timestamp) -> String {
        self.write(at, "%b\u{A0}%-d, %Y, %-I:%M\u{A0}%p")
    }

    /// `Monday, March 9, 2026`
    pub(crate) fn day(&self, at: Timestamp) -> String {
        self.write(at, "%A, %B %-d, %Y")
    }

    /// `EDT`, the zone's name at that instant.
    pub(crate) fn abbreviation(&self, at: Timestamp) -> String {
        self.write(at, "%Z")
    }

    /// The local day of an instant.
    pub(crate) fn date(&self, at: Timestamp) -> Date {
        self.local(at).date()
    }
}

/// `Mar 9, 2026`
pub(crate) fn date(day: Date) -> String {
    day.strftime("%b %-d, %Y").to_string()
}

/// A span in the two units that matter: `38 min`, `5 h 12 min`, `2 d 4 h`.
pub(crate) fn span(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, _) => format!("{rest} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, _, _) => format!("{hours} h {rest} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// The time from `from` to `to`; `None` where it is negative.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Option<String> {
    u64::try_from((to.as_second() - from.as_second()).div_euclid(60)).ok().map(span)
}

/// A size in decimal units, as drives and file managers give it: `512 B`, `38.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let (mut whole, mut tenths, mut unit) = (bytes, 0, "B");
    for next in ["kB", "MB", "GB", "TB", "PB"] {
        if whole < 1_000 {
            break;
        }
        (whole, tenths, unit) = (whole / 1_000, whole % 1_000 / 100, next);
    }
    if unit == "B" || whole >= 100 { format!("{whole} {unit}") } else { format!("{whole}.{tenths} {unit}") }
}

/// `12,480`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 system`, `2 systems`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_sees_the_practices_own_time() {
        let at: Timestamp = "2026-03-09T11:42:00Z".parse().unwrap();
        let clock = Clock::of("America/New_York");
        assert_eq!(clock.full(at), "Mar\u{A0}9, 2026, 7:42\u{A0}AM");
        assert_eq!(clock.day(at), "Monday, March 9, 2026");
        assert_eq!(clock.abbreviation(at), "EDT");
        let lost = Clock::of("Mars/Olympus");
        assert_eq!(
            (lost.time(at).as_str(), lost.unknown.as_deref()),
            ("11:42\u{A0}AM", Some("Mars/Olympus"))
        );
    }

    #[test]
    fn spans_sizes_and_counts_read_naturally() {
        assert_eq!(
            [0, 38, 60, 312, 1_440, 3_120].map(span),
            ["0 min", "38 min", "1 h", "5 h 12 min", "1 d", "2 d 4 h"]
        );
        assert_eq!(
            [512, 1_234, 38_249_000, 412_000_000_000].map(size),
            ["512 B", "1.2 kB", "38.2 MB", "412 GB"]
        );
        assert_eq!([7, 999, 12_480, 1_000_000].map(count), ["7", "999", "12,480", "1,000,000"]);
        assert_eq!(counted(1, "system", "systems"), "1 system");
    }
}
