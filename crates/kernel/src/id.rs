//! Identifiers: 128 bits, ordered by the millisecond they were made in, written as 26 characters of Crockford
//! base 32 (the ULID text form, <https://github.com/ulid/spec>). Each kind of thing has a type of its own, so
//! that an alert's id cannot be handed over where an incident's is meant.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// A text that is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an id: expected 26 characters of Crockford base 32, such as 01JQ3V5T8Z6F0M2N4P7R9S1WXY"
)]
pub struct BadId {
    /// What was given, cut to 64 characters.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Makes an id from the instant it is made at and 80 random bits (the lower 80 of `random`).
            /// Instants before 1970 count as 1970.
            #[must_use]
            pub fn new(at: Timestamp, random: u128) -> Self {
                let ms = u128::from(u64::try_from(at.as_millisecond()).unwrap_or(0) & 0xFFFF_FFFF_FFFF);
                Self((ms << 80) | (random & ((1 << 80) - 1)))
            }

            /// The 128 bits.
            #[must_use]
            pub const fn as_u128(self) -> u128 { self.0 }

            /// The id of these 128 bits.
            #[must_use]
            pub const fn from_u128(bits: u128) -> Self { Self(bits) }

            /// The 16 bytes, most significant first: they sort as the ids do.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] { self.0.to_be_bytes() }

            /// The id of these 16 bytes, most significant first.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self { Self(u128::from_be_bytes(bytes)) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0; ulid::ULID_LEN];
                f.pad(Ulid(self.0).array_to_str(&mut buffer))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Ulid::from_string(text)
                    .map(|ulid| Self(ulid.0))
                    .map_err(|_| BadId { text: text.chars().take(64).collect() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some("^[0-7][0-9A-HJKMNP-TV-Z]{25}$"))
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// A medical practice: the tenant.
    PracticeId,
    /// An incident.
    IncidentId,
    /// An alert.
    AlertId,
    /// A line of the journal.
    EntryId,
    /// An item of evidence.
    EvidenceId,
    /// A containment action.
    ActionId,
    /// An approval of a containment action.
    ApprovalId,
    /// A person or a program that acts.
    PersonId,
    /// A note.
    NoteId,
    /// A finding of the investigation.
    FindingId,
    /// A remediation item, a runbook change or an obligation.
    ItemId,
    /// A report that was delivered.
    ReportId,
    /// An API token.
    TokenId,
    /// A group of alerts that triage took for one event.
    GroupId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_survives_its_text(bits: u128) {
            let id = IncidentId::from_u128(bits);
            prop_assert_eq!(id.to_string().parse::<IncidentId>().unwrap(), id);
            prop_assert_eq!(IncidentId::from_bytes(id.to_bytes()), id);
        }

        #[test]
        fn a_later_id_sorts_after_an_earlier_one(a in 0_i64..4_000_000_000_000, b in 0_i64..4_000_000_000_000, r: u128) {
            prop_assume!(a < b);
            let early = AlertId::new(Timestamp::from_millisecond(a).unwrap(), r);
            let late = AlertId::new(Timestamp::from_millisecond(b).unwrap(), !r);
            prop_assert!(early < late && early.to_string() < late.to_string());
        }
    }
}
