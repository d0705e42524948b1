//! An instant is a civil day in the entity's own zone: across midnight, on the nights when clocks change, at the end of
//! the year and of a leap year. The days here were worked out by hand from each zone's offset.

use breach::result::Duty;
use serde_json::json;

use crate::assessed;

/// Zone, instant of discovery, the day it is there, the last day of the letters, the last day of the yearly report.
const NIGHTS: &[(&str, &str, &str, &str, &str)] = &[
    // Eastern daylight time, four hours behind.
    ("America/New_York", "2026-03-11T03:59:59Z", "2026-03-10", "2026-05-09", "2027-03-01"),
    ("America/New_York", "2026-03-11T04:00:00Z", "2026-03-11", "2026-05-10", "2027-03-01"),
    // The night of 8 March 2026 has no hour from two to three: the day has 23 hours.
    ("America/New_York", "2026-03-08T04:59:59Z", "2026-03-07", "2026-05-06", "2027-03-01"),
    ("America/New_York", "2026-03-08T05:00:00Z", "2026-03-08", "2026-05-07", "2027-03-01"),
    ("America/New_York", "2026-03-08T06:59:59Z", "2026-03-08", "2026-05-07", "2027-03-01"),
    ("America/New_York", "2026-03-09T03:59:59Z", "2026-03-08", "2026-05-07", "2027-03-01"),
    ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09", "2026-05-08", "2027-03-01"),
    // The night of 1 November 2026 has the hour from one to two twice: the day has 25 hours.
    ("America/New_York", "2026-11-01T03:59:59Z", "2026-10-31", "2026-12-30", "2027-03-01"),
    ("America/New_York", "2026-11-01T04:00:00Z", "2026-11-01", "2026-12-31", "2027-03-01"),
    ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-01", "2026-12-31", "2027-03-01"),
    ("America/New_York", "2026-11-01T06:30:00Z", "2026-11-01", "2026-12-31", "2027-03-01"),
    ("America/New_York", "2026-11-02T04:59:59Z", "2026-11-01", "2026-12-31", "2027-03-01"),
    ("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02", "2027-01-01", "2027-03-01"),
    // Arizona keeps standard time all year; the Navajo Nation's clocks are its own and are not asked here.
    ("America/Phoenix", "2026-07-02T06:59:59Z", "2026-07-01", "2026-08-30", "2027-03-01"),
    ("America/Phoenix", "2026-07-02T07:00:00Z", "2026-07-02", "2026-08-31", "2027-03-01"),
    // The year ends ten hours after Greenwich's in Hawaii, and ten hours before it on Guam.
    ("Pacific/Honolulu", "2026-01-01T09:59:59Z", "2025-12-31", "2026-03-01", "2026-03-01"),
    ("Pacific/Honolulu", "2026-01-01T10:00:00Z", "2026-01-01", "2026-03-02", "2027-03-01"),
    // The filing day of what was discovered in 2027 is a leap day; of 2028, which has one, it is not.
    ("Pacific/Guam", "2027-12-31T13:59:59Z", "2027-12-31", "2028-02-29", "2028-02-29"),
    ("Pacific/Guam", "2027-12-31T14:00:00Z", "2028-01-01", "2028-03-01", "2029-03-01"),
    // Sixty days over a leap day, and over its place in a year without one.
    ("America/Chicago", "2028-02-29T18:00:00Z", "2028-02-29", "2028-04-29", "2029-03-01"),
    ("America/Chicago", "2027-02-28T18:00:00Z", "2027-02-28", "2027-04-29", "2028-02-29"),
    ("America/Anchorage", "2026-12-31T12:00:00Z", "2026-12-31", "2027-03-01", "2027-03-01"),
];

#[test]
fn a_night_is_counted_to_the_day_of_the_practices_own_clock() {
    for (zone, at, day, letters, yearly) in NIGHTS {
        let answer = assessed(&json!({
            "entity": {"kind": "covered_entity", "state": "OH", "time_zone": zone},
            "event": {"kind": "hacking", "data": ["phi"], "permitted_use": false, "medium": "electronic"},
            "knowledge": {"known_on": at},
            "individuals": {"by_state": {"OH": 3}, "elements": ["name", "diagnosis"]},
        }));
        let due = |duty| {
            answer
                .obligations
                .iter()
                .find(|each| each.duty == duty)
                .and_then(|each| each.due)
                .unwrap()
                .to_string()
        };
        assert_eq!(answer.discovery.on.to_string(), *day, "{at} in {zone}");
        assert_eq!(due(Duty::IndividualNotice), *letters, "{at} in {zone}");
        assert_eq!(due(Duty::HhsAnnualReport), *yearly, "{at} in {zone}");
    }
}
