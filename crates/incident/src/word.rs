//! Enumerations that are one word in JSON, on the command line and in the database: one macro, so that the words of
//! `as_str`, of `FromStr` and of serde cannot drift apart (a test compares them).

/// A word that is not one of those expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {noun}: {expected}")]
pub struct BadWord {
    /// What was given.
    pub given: String,
    /// What it should have been, with its article.
    pub noun: &'static str,
    /// The words expected, with commas between.
    pub expected: String,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $noun:literal: $($(#[$doc:meta])* $variant:ident = $word:literal, $plain:literal;)*) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* #[doc = $plain] $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in JSON and on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The same in plain English.
            #[must_use]
            pub const fn plain(self) -> &'static str {
                match self { $(Self::$variant => $plain,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::BadWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| $crate::word::BadWord {
                    given: text.chars().take(64).collect(),
                    noun: $noun,
                    expected: Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }

        #[cfg(test)]
        impl $crate::word::Checked for $name {
            fn check() {
                for word in Self::ALL {
                    assert_eq!(serde_json::to_value(word).unwrap(), serde_json::json!(word.as_str()));
                    assert_eq!(word.as_str().parse::<Self>().as_ref(), Ok(word));
                }
                assert!("no such word".parse::<Self>().is_err());
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
pub(crate) trait Checked {
    fn check();
}

#[cfg(test)]
mod tests {
    use super::Checked as _;

    #[test]
    fn a_word_in_json_is_the_word_on_the_command_line() {
        crate::IncidentKind::check();
        crate::ContainmentKind::check();
        crate::Side::check();
        crate::Question::check();
        crate::Confidence::check();
        crate::SystemWork::check();
        crate::AccountWork::check();
        crate::Gate::check();
        crate::BreachAnswer::check();
        crate::FactsRealm::check();
        crate::Likelihood::check();
        crate::MailStep::check();
        crate::MailReturn::check();
        crate::Party::check();
        crate::Verdict::check();
        crate::Phase::check();
        crate::practice::Weekday::check();
        crate::practice::SiteKind::check();
        crate::practice::SystemKind::check();
        crate::practice::BenignKind::check();
        crate::triage::About::check();
    }
}
