//! How grave what a rule finds is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The specification's levels, the least first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; also that of a rule which names none.
    #[default]
    Informational,
    /// Rarely bad.
    Low,
    /// To be looked at.
    Medium,
    /// To be looked at now.
    High,
    /// Bad.
    Critical,
}

impl Level {
    /// The specification's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical]
            .into_iter()
            .find(|level| level.as_str() == text.trim().to_ascii_lowercase())
            .ok_or_else(|| format!("`{text}` is no level; use informational, low, medium, high or critical"))
    }
}
