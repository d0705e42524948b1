//! A record as readers of text put it together, before it is lent out as an [`Event`].

use std::{
    cell::RefCell,
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

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

/// More values than a record has, and more shapes than logs have.
const MOST: usize = 2048;

thread_local! {
    static SHAPES: RefCell<HashMap<u64, Arc<Shape>>> = RefCell::new(HashMap::new());
}

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

    /// The shape of its names, the same for all rows with these: whoever keeps something for each shape keeps little.
    fn shape(&self) -> Arc<Shape> {
        let mut hasher = DefaultHasher::new();
        self.fields.iter().for_each(|(name, _)| name.hash(&mut hasher));
        let is = |shape: &Shape| {
            shape.names().iter().map(AsRef::as_ref).eq(self.fields.iter().map(|(name, _)| name.as_str()))
        };
        SHAPES.with_borrow_mut(|shapes| {
            if let Some(shape) = shapes.get(&hasher.finish()).filter(|shape| is(shape)) {
                return Arc::clone(shape);
            }
            let shape = Shape::new(self.fields.iter().map(|(name, _)| name));
            if shapes.len() < MOST {
                shapes.insert(hasher.finish(), Arc::clone(&shape));
            }
            shape
        })
    }

    /// Lends it out.
    pub(crate) fn emit(&self, record: u64, each: &mut dyn FnMut(&Event<'_>)) {
        let shape = self.shape();
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

/// Forms of dates that are not RFC 3339's, as portals and firewalls export them.
const FORMS: [&str; 8] = [
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S%.f",
    "%m/%d/%Y, %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y,%H:%M:%S",
];

/// An instant as logs write it: RFC 3339 and its kin with or without a zone (then UTC), or a number of seconds,
/// milliseconds, microseconds or nanoseconds since 1970, told apart by their size; or a date as portals write it, in UTC.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    instant_in(text, &TimeZone::UTC, None)
}

/// As [`instant`], where a clock without a zone is in this one, and a form of its own may be known (strftime's letters).
pub(crate) fn instant_in(text: &str, zone: &TimeZone, form: Option<&str>) -> Option<Timestamp> {
    let text = text.trim();
    let utc = TimeZone::UTC;
    let (text, zone) = match text.strip_suffix(" UTC") {
        Some(text) => (text.trim_end(), &utc),
        None => (text, zone),
    };
    if text.is_empty() {
        return None;
    }
    if let Some(form) = form {
        let civil = DateTime::strptime(form, text).ok()?;
        return zone.to_timestamp(civil).ok();
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    // `2026-09-11 02:41:07.310 +00:00`: the offset stands apart.
    if let Some((clock, offset)) = text.rsplit_once(' ').filter(|(_, offset)| offset.starts_with(['+', '-']))
        && let Ok(time) = format!("{clock}{offset}").parse()
    {
        return Some(time);
    }
    if let Ok(civil) = text.parse::<DateTime>() {
        return zone.to_timestamp(civil).ok();
    }
    if let Some(time) = of_number(text) {
        return Some(time);
    }
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let civil = FORMS.iter().find_map(|form| DateTime::strptime(form, text).ok())?;
    zone.to_timestamp(civil).ok()
}

fn of_number(text: &str) -> Option<Timestamp> {
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
