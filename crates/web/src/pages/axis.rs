//! An axis of time: round moments of the practice's own clock between two instants, a handful of them, each with its words.

use jiff::{ToSpan as _, Unit, Zoned, ZonedRound, tz::TimeZone};
use kernel::Timestamp;

/// Steps from mark to mark, in seconds, each a round part of a day or of days.
const STEPS: [i64; 19] = [
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    1_209_600, 2_592_000, 7_776_000,
];

/// A mark on the axis.
pub(crate) struct Tick {
    /// When.
    pub(crate) at: Timestamp,
    /// What stands there.
    pub(crate) words: String,
}

/// Round moments between two instants, at most `most` of them.
pub(crate) fn ticks(from: Timestamp, to: Timestamp, zone: &TimeZone, most: i64) -> Vec<Tick> {
    let span = (to.as_second() - from.as_second()).max(1);
    let step = STEPS.into_iter().find(|step| span / step <= most).unwrap_or(31_536_000);
    let local = from.to_zoned(zone.clone());
    // From the midnight before on, so that hours and days are round on the wall.
    let Ok(midnight) = local.round(ZonedRound::new().smallest(Unit::Day).mode(jiff::RoundMode::Trunc)) else {
        return Vec::new();
    };
    let into_day = (from.as_second() - midnight.timestamp().as_second()).max(0);
    let first = (into_day + step - 1) / step * step;
    let mut found = Vec::new();
    for round in 0..=most {
        let Ok(at) = after(&midnight, first + round * step) else { break };
        if at.timestamp() >= to {
            break;
        }
        found.push(Tick { at: at.timestamp(), words: words(&at, step) });
    }
    found
}

/// Days are counted on the calendar, so that they stay round when the clocks change.
fn after(midnight: &Zoned, seconds: i64) -> Result<Zoned, jiff::Error> {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    midnight.checked_add(days.days())?.checked_add(rest.seconds())
}

fn words(at: &Zoned, step: i64) -> String {
    let midnight = at.hour() == 0 && at.minute() == 0 && at.second() == 0;
    let shape = match step {
        step if step >= 86_400 || midnight => "%b %-d",
        step if step >= 60 => "%-I:%M %p",
        _ => "%-I:%M:%S",
    };
    at.strftime(shape).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_on_the_practices_wall_and_few() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let from: Timestamp = "2026-09-11T02:41:07Z".parse().unwrap();
        let to: Timestamp = "2026-09-14T10:59:05Z".parse().unwrap();
        let words: Vec<String> = ticks(from, to, &zone, 8).into_iter().map(|tick| tick.words).collect();
        assert_eq!(words, ["Sep 11", "12:00 PM", "Sep 12", "12:00 PM", "Sep 13", "12:00 PM", "Sep 14"]);
        let near: Timestamp = "2026-09-11T02:42:07Z".parse().unwrap();
        let words: Vec<String> = ticks(from, near, &zone, 8).into_iter().map(|tick| tick.words).collect();
        assert_eq!(words, ["10:41:15", "10:41:30", "10:41:45", "10:42:00"]);
        for (days, most) in [(1_i64, 8_i64), (40, 6), (400, 9), (4_000, 9)] {
            let to = Timestamp::from_second(from.as_second() + days * 86_400).unwrap();
            assert!(ticks(from, to, &zone, most).len() <= 12, "{days}");
        }
    }
}
