//! A record as readers of text put it together, before it is lent out as an [`Event`].

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::event::{Event, Shape, Value};

/// Named texts with what every event has.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) time: Option<Timestamp>,
    pub(crate) host: String,
    pub(crate) account: Option<String>,
    pub(crate) channel: String,
    pub(crate) provider: String,
    pub(crate) event_id: u32,
    pub(crate) fields: Vec<(String, String)>,
}

/// More values than a record has.
const MOST: usize = 2048;

impl Row {
    /// Adds a value.
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        if self.fields.len() < MOST {
            self.fields.push((name.into(), value.into()));
        }
    }

    /// The first value of this name that says something.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(is, value)| is == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Lends it out.
    pub(crate) fn emit(&self, record: u64, each: &mut dyn FnMut(&Event<'_>)) {
        let shape = Shape::new(self.fields.iter().map(|(name, _)| name));
        let values: Vec<Value<'_>> = self.fields.iter().map(|(_, value)| Value::Text(value)).collect();
        each(&Event {
            time: self.time,
            host: &self.host,
            account: self.account.as_deref(),
            channel: &self.channel,
            provider: &self.provider,
            event_id: self.event_id,
            record,
            shape: &shape,
            values: &values,
        });
    }
}

/// An instant as logs write it: RFC 3339 and its kin with or without a zone (then UTC), or a number of seconds,
/// milliseconds, microseconds or nanoseconds since 1970, told apart by their size.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches(" UTC");
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        return TimeZone::UTC.to_timestamp(civil).ok();
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number: i128 = whole.parse().ok()?;
    let scale: i128 = match number.unsigned_abs() {
        0..100_000_000_000 => 1_000_000_000,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    let digits: String = fraction.chars().take_while(char::is_ascii_digit).take(9).collect();
    let nanos = if scale == 1_000_000_000 { format!("{digits:0<9}").parse().unwrap_or(0) } else { 0 };
    Timestamp::from_nanosecond(number.checked_mul(scale)?.checked_add(nanos)?).ok()
}
