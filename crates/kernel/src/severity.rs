//! How bad something is, on the five steps that alerts and incidents share.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Five steps, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Informational,
    /// Somebody should look within a working day.
    Low,
    /// Somebody should look today.
    Medium,
    /// Somebody must act within the hour.
    High,
    /// Everybody on the roster, now.
    Critical,
}

impl Severity {
    /// All steps, least first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in JSON, on the command line and in documents.
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

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is not a severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: informational, low, medium, high or critical")]
pub struct BadSeverity(pub String);

impl FromStr for Severity {
    type Err = BadSeverity;
    fn from_str(text: &str) -> Result<Self, BadSeverity> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or_else(|| BadSeverity(text.to_owned()))
    }
}
