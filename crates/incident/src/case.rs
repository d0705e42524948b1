//! The breach case of an incident: versions of its facts, of the four-factor assessment, what was stated of exceptions
//! and safe harbours, and the mailing. Texts that could name a person are sealed elsewhere; here are their digests, who
//! wrote them and what follows from them by name and count (45 CFR 164.402, 164.404, 164.414(b)).

use jiff::civil::Date;
use kernel::{Digest, EvidenceId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{stamp::Stamp, word::words};

words! {
    /// Whose a change of facts is.
    FactsRealm, "a realm of facts":
    Technical = "technical", "technical facts";
    Legal = "legal", "legal facts";
    Shared = "shared", "facts that anybody of the case may state";
}

words! {
    /// What a four-factor assessment finds or would find.
    Likelihood, "a probability that PHI was compromised":
    Low = "low", "a low probability of compromise";
    MoreThanLow = "more_than_low", "more than a low probability of compromise";
}

words! {
    /// What happened to letters.
    MailStep, "something that happens to letters":
    Sent = "sent", "sent";
    Returned = "returned", "came back";
    Reached = "reached", "reached by other means";
}

words! {
    /// Why a letter came back.
    MailReturn, "a reason for which letters come back":
    Moved = "moved", "moved, no forwarding address";
    NoSuchAddress = "no_such_address", "no such address";
    Refused = "refused", "refused or unclaimed";
    Deceased = "deceased", "the addressee has died";
    Bounced = "bounced", "the e-mail bounced";
    Other = "other", "another reason";
}

/// The breach case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct BreachCase {
    /// Versions of the facts, oldest first; the last one stands.
    pub facts: Vec<FactsVersion>,
    /// Versions of the four-factor assessment, oldest first.
    pub factors: Vec<FactorsVersion>,
    /// Recommendations, oldest first; they bind nobody.
    pub recommendations: Vec<Opinion>,
    /// The attorney's determinations, oldest first.
    pub determinations: Vec<Opinion>,
    /// What the attorney stated of conditions, oldest first; the last word on each counts.
    pub conditions: Vec<ConditionStated>,
    /// The mailing, where one was begun.
    pub mailing: Option<MailRecord>,
    /// SHA-256 of the facts from which the obligations were last computed.
    pub computed_from: Option<Digest>,
}

/// A version of the facts. The document is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactsVersion {
    /// SHA-256 of the document.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
    /// Whose change it was.
    pub realm: FactsRealm,
    /// JSON pointers of what changed.
    pub changed: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who and when.
    pub stamp: Stamp,
}

/// A version of the four-factor assessment. The text is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactorsVersion {
    /// SHA-256 of the text.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
    /// Who and when.
    pub stamp: Stamp,
}

/// What somebody recommends, or the attorney determines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Opinion {
    /// On which version of the assessment.
    pub version: u32,
    /// What.
    pub probability: Likelihood,
    /// Why, where it is a recommendation.
    pub because: Option<String>,
    /// Who and when.
    pub stamp: Stamp,
}

/// What the attorney stated of a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConditionStated {
    /// The exception or safe harbour, such as `not_retained` or `encryption`.
    pub about: String,
    /// The condition, such as `good_faith` or `key_safe`.
    pub condition: String,
    /// Whether it is met; `None` is not known.
    pub met: Option<bool>,
    /// Why; hidden from those who may not read what is privileged.
    pub because: String,
    /// The evidence it rests on.
    pub evidence: Vec<EvidenceId>,
    /// Who and when.
    pub stamp: Stamp,
}

/// A mailing: letters by number. Whose each is stands in the sealed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailRecord {
    /// The list of recipients, as evidence.
    pub evidence: EvidenceId,
    /// How many letters.
    pub letters: u32,
    /// Who began it, and when.
    pub stamp: Stamp,
    /// What happened, in the order in which it was recorded.
    pub happened: Vec<MailHappened>,
}

/// Something that happened to letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailHappened {
    /// What.
    pub step: MailStep,
    /// Which letters, as spans of numbers.
    pub letters: Vec<LetterSpan>,
    /// On which day.
    pub on: Date,
    /// Why they came back.
    pub reason: Option<MailReturn>,
    /// How people were reached otherwise.
    pub how: Option<String>,
    /// Who recorded it, and when.
    pub stamp: Stamp,
}

/// Letters from one number to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterSpan {
    /// The first.
    pub from: u32,
    /// The last.
    pub to: u32,
}

impl LetterSpan {
    /// How many letters.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }
}

/// Why a duty is due on its day, or is not due any more: what goes into the record of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DutyGround {
    /// The duty's word.
    pub duty: String,
    /// The regime's word.
    pub regime: String,
    /// Two-letter code where the duty belongs to one jurisdiction.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Who receives it, where that matters.
    #[serde(default)]
    pub recipient: Option<String>,
    /// Why.
    pub why: String,
}

impl DutyGround {
    /// Whether it is about this duty.
    #[must_use]
    pub fn is_of(&self, duty: &crate::Duty) -> bool {
        self.duty == duty.duty
            && self.regime == duty.regime
            && self.jurisdiction == duty.jurisdiction
            && (self.recipient.is_none() || self.recipient == duty.recipient)
    }
}

impl BreachCase {
    /// The determination in force: the last one, as long as it was made on the newest version.
    #[must_use]
    pub fn in_force(&self) -> Option<&Opinion> {
        let newest = u32::try_from(self.factors.len()).ok()?;
        self.determinations.last().filter(|signed| newest > 0 && signed.version == newest)
    }
}
