//! Instants. The journal's own are [`Timestamp`]s of microseconds; what an outside source says keeps the precision
//! it was said with, as a [`Moment`].

use std::{fmt, str::FromStr};

pub use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// `at` without anything finer than a microsecond: what a database's integer column and an entry can hold.
#[must_use]
pub fn microseconds(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}

/// An instant as an outside source gave it, in UTC, written with as many fractional digits as the source wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    at: Timestamp,
    digits: u8,
}

impl Moment {
    /// An instant with `digits` (0 to 9) fractional digits of a second; anything finer is cut off when written.
    #[must_use]
    pub const fn new(at: Timestamp, digits: u8) -> Self {
        Self { at, digits: if digits > 9 { 9 } else { digits } }
    }

    /// The instant.
    #[must_use]
    pub const fn at(self) -> Timestamp {
        self.at
    }

    /// Seconds since 1970. `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        Timestamp::from_second(seconds).ok().map(|at| Self::new(at, 0))
    }

    /// Milliseconds since 1970. `None` outside the years -9999 to 9999.
    #[must_use]
    pub fn from_unix_milliseconds(milliseconds: i64) -> Option<Self> {
        Timestamp::from_millisecond(milliseconds).ok().map(|at| Self::new(at, 3))
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        let text = at.to_string();
        let digits = text.rsplit_once('.').map_or(0, |(_, fraction)| fraction.len().saturating_sub(1));
        Self::new(at, u8::try_from(digits).unwrap_or(9))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.*}", usize::from(self.digits), self.at)
    }
}

impl FromStr for Moment {
    type Err = jiff::Error;

    /// Reads RFC 3339 with any offset; keeps the number of fractional digits.
    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        let at: Timestamp = text.parse()?;
        let digits =
            text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        Ok(Self::new(at, u8::try_from(digits).unwrap_or(9)))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Moment {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}
impl utoipa::ToSchema for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_keeps_the_precision_it_wrote() {
        for (given, written) in [
            ("2026-01-26T20:31:32Z", "2026-01-26T20:31:32Z"),
            ("2026-01-26T20:31:32.100Z", "2026-01-26T20:31:32.100Z"),
            ("2026-01-26T15:31:32.120-05:00", "2026-01-26T20:31:32.120Z"),
            ("2026-01-26T20:31:32.1234567Z", "2026-01-26T20:31:32.1234567Z"),
        ] {
            assert_eq!(given.parse::<Moment>().unwrap().to_string(), written);
        }
        assert_eq!(
            Moment::from_unix_milliseconds(1_769_459_492_000).unwrap().to_string(),
            "2026-01-26T20:31:32.000Z"
        );
    }
}
