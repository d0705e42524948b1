//! Sources' words and numbers for how bad something is, on our five steps.

use kernel::Severity;

/// The step for a word that most sources share; `None` for any other.
#[must_use]
pub fn of_word(word: &str) -> Option<Severity> {
    let lower = word.trim().to_ascii_lowercase();
    Some(match lower.as_str() {
        "informational" | "information" | "info" | "notice" | "debug" | "none" | "unspecified"
        | "minimal" | "very low" | "verylow" => Severity::Informational,
        "low" | "minor" => Severity::Low,
        "medium" | "moderate" | "warning" | "warn" | "suspicious" | "elevated" | "med" => Severity::Medium,
        "high" | "major" | "severe" | "important" | "error" | "err" | "malicious" => Severity::High,
        "critical" | "crit" | "fatal" | "very high" | "veryhigh" | "emergency" | "emerg" | "alert" => {
            Severity::Critical
        }
        _ => return None,
    })
}

/// The step for a number, from the least number of each step above informational: low, medium, high, critical.
#[must_use]
pub fn of_score(score: f64, [low, medium, high, critical]: [f64; 4]) -> Option<Severity> {
    if !score.is_finite() {
        return None;
    }
    Some(if score >= critical {
        Severity::Critical
    } else if score >= high {
        Severity::High
    } else if score >= medium {
        Severity::Medium
    } else if score >= low {
        Severity::Low
    } else {
        Severity::Informational
    })
}
