//! The breach question and the duties that follow, as an incident carries them. The engine that computes duties is
//! another crate; who decides is settled here: the attorney, and nobody for them (45 CFR 164.402, 164.404 to 164.414).

use jiff::civil::Date;
use kernel::{Digest, ItemId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{stamp::Stamp, word::words};

words! {
    /// The attorney's answer to the breach question.
    BreachAnswer, "an answer to the breach question":
    NotABreach = "not_a_breach", "not a breach";
    Breach = "breach", "a breach";
    Undetermined = "undetermined", "undetermined";
}

/// An answer to the breach question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BreachDecision {
    /// The answer.
    pub answer: BreachAnswer,
    /// Why; hidden from those who may not read what is privileged.
    pub reasons: Vec<String>,
    /// SHA-256 of the signed assessment.
    pub document: Option<Digest>,
    /// Whether the reasons are privileged.
    pub privileged: bool,
    /// Who and when.
    pub stamp: Stamp,
}

/// A duty, as the breach engine computed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// The duty's word, such as `individual_notice`.
    pub duty: String,
    /// The regime's word, such as `hipaa` or `state:OH`.
    pub regime: String,
    /// Two-letter code where the duty belongs to one jurisdiction.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Who receives it.
    #[serde(default)]
    pub recipient: Option<String>,
    /// The last lawful day; `None` where there is no fixed limit.
    #[serde(default)]
    pub due: Option<Date>,
    /// The last lawful instant, where a statute or contract counts hours.
    #[serde(default)]
    pub due_at: Option<Timestamp>,
    /// What the law says.
    #[serde(default)]
    pub standard: Option<String>,
    /// Where it says so.
    pub citation: String,
    /// How sure the table is: `settled`, `interpretation` or `unverified`.
    #[serde(default)]
    pub confidence: Option<String>,
    /// The internal target ahead of the last lawful day: never a legal date.
    #[serde(default)]
    pub target: Option<Date>,
}

impl Duty {
    /// Whether this is the same duty, whatever its date: duty, regime, jurisdiction and recipient.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.duty == other.duty
            && self.regime == other.regime
            && self.jurisdiction == other.jurisdiction
            && self.recipient == other.recipient
    }

    /// The duty in plain English.
    #[must_use]
    pub fn plain(&self) -> String {
        // The abbreviations of the rules and of those who keep them are read in capitals.
        let capitals = |word: &str| match word {
            "hhs" | "hipaa" | "ftc" | "dea" => word.to_uppercase(),
            "part2" => "Part 2".to_owned(),
            _ => word.to_owned(),
        };
        let duty: Vec<String> = self.duty.split('_').map(capitals).collect();
        let mut text = format!("{} ({}", duty.join(" "), capitals(&self.regime));
        if let Some(jurisdiction) = &self.jurisdiction
            && !self.regime.ends_with(jurisdiction.as_str())
        {
            text.push_str(", ");
            text.push_str(jurisdiction);
        }
        text.push(')');
        if let Some(recipient) = &self.recipient {
            text.push_str(" to ");
            text.push_str(recipient);
        }
        text
    }
}

/// An obligation of this incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Obligation {
    /// Its id.
    pub id: ItemId,
    /// The duty.
    pub duty: Duty,
    /// Where it stands.
    pub standing: ObligationStanding,
    /// Whether the last computation still has it. One that it does not have any more stays until it is met or the
    /// attorney determines that it is not due.
    pub computed: bool,
}

/// Where an obligation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum ObligationStanding {
    /// Not met.
    Open,
    /// Met.
    Met {
        /// The day it was met.
        on: Date,
        /// SHA-256 of the proof.
        proof: Digest,
        /// What the proof is.
        note: String,
        /// Who recorded it, and when.
        stamp: Stamp,
    },
    /// The attorney determined that it is not due.
    NotDue {
        /// Why; hidden where privileged.
        reasons: Vec<String>,
        /// Whether the reasons are privileged.
        privileged: bool,
        /// Who and when.
        stamp: Stamp,
    },
}

impl ObligationStanding {
    /// Whether nothing more has to be done.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        !matches!(self, Self::Open)
    }
}
