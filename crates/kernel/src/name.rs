//! The names that systems and accounts go by in the journal: trimmed and lower case, so that `WS-EXAM3` of one
//! tool and `ws-exam3` of another are one system.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

/// A text that cannot name a system or an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name needs 1 to 256 characters, none of them a control character")]
pub struct BadName;

fn clean(text: &str) -> Result<String, BadName> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > 256 || text.chars().any(char::is_control) {
        return Err(BadName);
    }
    Ok(text.to_lowercase())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name of `text`: trimmed, lower case.
            ///
            /// # Errors
            /// [`BadName`] where it is empty, longer than 256 characters or holds a control character.
            pub fn new(text: &str) -> Result<Self, BadName> { clean(text).map(Self) }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }

        impl FromStr for $name {
            type Err = BadName;
            fn from_str(text: &str) -> Result<Self, BadName> { Self::new(text) }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

names! {
    /// A system: the key it has in the practice's profile (`ehr-clinic`), or a host's name where it is not listed there.
    SystemName,
    /// An account: `CEDAR\frontdesk2`, `billing@cedarhollow.example`.
    AccountName
}
