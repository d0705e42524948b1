//! How many visits and procedures the hours hold, per clinical service. Counts only. A dated entry (from the EHR's
//! schedule of the day) takes the place of the usual week's for that date and service.

use jiff::{ToSpan as _, civil::Date};
use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Practice, Weekday};

/// The practice's schedule, in its own time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Where the counts come from: a file, an EHR report, the front desk.
    #[serde(default)]
    pub source: Option<String>,
    /// The usual week.
    #[serde(default)]
    pub usual: Vec<UsualDay>,
    /// Days as they are really booked.
    #[serde(default)]
    pub days: Vec<ScheduledDay>,
}

/// A service's usual load on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsualDay {
    /// The clinical service's key.
    pub service: String,
    /// On these days.
    pub weekdays: Vec<Weekday>,
    /// Its hours.
    pub hours: Vec<HourLoad>,
}

/// A service's load on one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledDay {
    /// The clinical service's key.
    pub service: String,
    /// The date.
    pub date: Date,
    /// Its hours; none means that nothing is booked.
    #[serde(default)]
    pub hours: Vec<HourLoad>,
}

/// What one hour holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HourLoad {
    /// The hour it begins in, 0 to 23.
    pub hour: i8,
    /// Visits that begin in it.
    #[serde(default)]
    pub visits: u32,
    /// Procedures that begin in it.
    #[serde(default)]
    pub procedures: u32,
}

/// Visits and procedures, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Load {
    /// Visits.
    pub visits: u32,
    /// Procedures.
    pub procedures: u32,
}

impl Load {
    /// Whether nothing is booked.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.visits == 0 && self.procedures == 0
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            visits: self.visits.saturating_add(other.visits),
            procedures: self.procedures.saturating_add(other.procedures),
        }
    }
}

impl Practice {
    /// What a service has booked in the `hours` hours from `now`, the running hour counted whole. At most a week.
    #[must_use]
    pub fn load(&self, service: &str, now: Timestamp, hours: u16) -> Load {
        let zone = self.zone();
        let mut total = Load::default();
        for ahead in 0..i64::from(hours.min(168)) {
            let Ok(at) = now.checked_add(ahead.hours()) else { break };
            let local = at.to_zoned(zone.clone());
            total = total.plus(self.load_of_hour(service, local.date(), local.hour()));
        }
        total
    }

    fn load_of_hour(&self, service: &str, date: Date, hour: i8) -> Load {
        let sum = |hours: &[HourLoad]| {
            hours.iter().filter(|load| load.hour == hour).fold(Load::default(), |sum, load| {
                sum.plus(Load { visits: load.visits, procedures: load.procedures })
            })
        };
        let dated = || self.schedule.days.iter().filter(|day| day.service == service && day.date == date);
        if dated().next().is_some() {
            return dated().fold(Load::default(), |total, day| total.plus(sum(&day.hours)));
        }
        let weekday = Weekday::from(date.weekday());
        self.schedule
            .usual
            .iter()
            .filter(|day| day.service == service && day.weekdays.contains(&weekday))
            .fold(Load::default(), |total, day| total.plus(sum(&day.hours)))
    }
}
