//! Counting days. The day a clock starts from is day 0; nothing is rolled forward over a weekend or a holiday, as "in
//! no case later than" leaves no room; a business-day clock skips Saturdays, Sundays and the holidays of the law
//! tables, and counts a day whose standing is disputed, which gives the earlier date.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize, Serializer};

/// A day as a fact gave it: a civil date in the entity's zone, and the instant where a clock time was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    /// The civil date in the entity's time zone.
    pub date: Date,
    /// The instant, where the fact carried a clock time.
    pub at: Option<Timestamp>,
}

impl Day {
    /// A day without a clock time.
    #[must_use]
    pub const fn on(date: Date) -> Self {
        Self { date, at: None }
    }

    /// The civil date on which the instant falls in the zone.
    #[must_use]
    pub fn at(at: Timestamp, zone: &TimeZone) -> Self {
        Self { date: zone.to_datetime(at).date(), at: Some(at) }
    }
}

crate::words::text!(Day, "BreachDay", "A civil date in the entity's time zone, or an instant (RFC 3339)");

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.at {
            Some(at) => serializer.collect_str(&at),
            None => serializer.collect_str(&self.date),
        }
    }
}

/// `date` and `days` calendar days more.
#[must_use]
pub fn plus(date: Date, days: u16) -> Date {
    date.saturating_add(i64::from(days).days())
}

/// Whole days from `from` to `to`; negative where `to` is earlier.
#[must_use]
pub fn between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The same calendar day so many years on; 29 February becomes 1 March where there is none, the longer reading.
#[must_use]
pub fn years_after(date: Date, years: i16) -> Date {
    let year = date.year().saturating_add(years);
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, 3, 1)).unwrap_or(Date::MAX)
}

/// The last day of the date's calendar year.
#[must_use]
pub fn year_end(date: Date) -> Date {
    Date::new(date.year(), 12, 31).unwrap_or(date)
}

/// A day that business-day clocks skip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Its name.
    pub name: String,
    /// When it falls.
    pub on: HolidayRule,
}

/// When a holiday falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum HolidayRule {
    /// On the same date each year, whatever the weekday.
    Fixed {
        /// 1 to 12.
        month: i8,
        /// 1 to 31.
        day: i8,
    },
    /// On the nth weekday of a month; -1 is the last.
    Nth {
        /// 1 to 12.
        month: i8,
        /// 1 to 5, or -1.
        nth: i8,
        /// Which weekday.
        weekday: DayOfWeek,
    },
}

crate::words::words! {
    /// A day of the week.
    DayOfWeek {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
        /// Saturday.
        Saturday = "saturday",
        /// Sunday.
        Sunday = "sunday",
    }
}

impl DayOfWeek {
    const fn weekday(self) -> Weekday {
        match self {
            Self::Monday => Weekday::Monday,
            Self::Tuesday => Weekday::Tuesday,
            Self::Wednesday => Weekday::Wednesday,
            Self::Thursday => Weekday::Thursday,
            Self::Friday => Weekday::Friday,
            Self::Saturday => Weekday::Saturday,
            Self::Sunday => Weekday::Sunday,
        }
    }
}

impl HolidayRule {
    /// Whether the holiday falls on the date.
    #[must_use]
    pub fn falls_on(self, date: Date) -> bool {
        match self {
            Self::Fixed { month, day } => date.month() == month && date.day() == day,
            Self::Nth { month, nth, weekday } => {
                date.month() == month
                    && date.weekday() == weekday.weekday()
                    && date.nth_weekday_of_month(nth, weekday.weekday()).is_ok_and(|that| that == date)
            }
        }
    }
}

/// Counts business days.
#[derive(Debug, Clone, Default)]
pub struct BusinessDays {
    holidays: Vec<Holiday>,
}

/// Where a count of business days ended, and what it passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessCount {
    /// The last day of the count.
    pub on: Date,
    /// The weekday holidays it skipped, in order.
    pub skipped: Vec<Date>,
}

impl BusinessDays {
    /// A calendar with these holidays.
    #[must_use]
    pub const fn new(holidays: Vec<Holiday>) -> Self {
        Self { holidays }
    }

    /// Whether the date counts.
    #[must_use]
    pub fn counts(&self, date: Date) -> bool {
        !weekend(date) && !self.holiday(date)
    }

    fn holiday(&self, date: Date) -> bool {
        self.holidays.iter().any(|holiday| holiday.on.falls_on(date))
    }

    /// The `days`-th business day after `from`, which is day 0.
    #[must_use]
    pub fn after(&self, from: Date, days: u16) -> BusinessCount {
        let (mut on, mut left, mut skipped) = (from, days, Vec::new());
        while left > 0 {
            on = plus(on, 1);
            if on == Date::MAX {
                break;
            }
            if self.counts(on) {
                left -= 1;
            } else if !weekend(on) {
                skipped.push(on);
            }
        }
        BusinessCount { on, skipped }
    }
}

fn weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn six_years_from_a_leap_day_is_the_first_of_march() {
        assert_eq!(years_after(date(2028, 2, 29), 6), date(2034, 3, 1));
        assert_eq!(years_after(date(2026, 5, 9), 6), date(2032, 5, 9));
    }

    #[test]
    fn between_counts_over_months_and_years() {
        assert_eq!(between(date(2013, 10, 22), date(2014, 1, 31)), 101);
        assert_eq!(between(date(2014, 1, 31), date(2013, 10, 22)), -101);
    }
}
