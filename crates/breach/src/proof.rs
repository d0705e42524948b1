//! Proof. The entity bears the burden of showing that every notice was made, or that there was no breach (45 CFR
//! 164.414(b)): for each duty, what was sent, when, to how many, and the evidence of it. And the record of a
//! law-enforcement statement, which an oral one needs by law: what was said, and the identity of the official (45 CFR
//! 164.412(b)).

use jiff::{civil::Date, tz::TimeZone};
use kernel::{Digest, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    day::{Day, between},
    facts::{Hold, HoldForm},
    result::{Assessment, Duty, Obligation, ObligationKey},
    words::words,
};

words! {
    /// What shows that a notice was made.
    ProofKind {
        /// A receipt of the post office or the print house.
        MailingReceipt = "mailing_receipt",
        /// A portal's receipt with its tracking number.
        PortalReceipt = "portal_receipt",
        /// A newspaper's or station's confirmation.
        MediaConfirmation = "media_confirmation",
        /// The web page as it was posted.
        PostedPage = "posted_page",
        /// An e-mail as it was sent.
        Email = "email",
        /// A note of a telephone call.
        CallNote = "call_note",
        /// Something else.
        Other = "other",
    }
}

/// Something done towards a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachProof)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Which duty.
    pub of: ObligationKey,
    /// When it was done.
    pub done_on: Date,
    /// To how many.
    pub count: Option<u64>,
    /// What shows it.
    pub kind: ProofKind,
    /// The digest of that, as the vault holds it.
    pub digest: Digest,
    /// A tracking or reference number.
    pub reference: Option<String>,
    /// Who recorded it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

/// A line of the proof-of-notice ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachLedgerLine)]
#[serde(deny_unknown_fields)]
pub struct LedgerLine {
    /// The duty.
    pub obligation: Obligation,
    /// When it was completed: the last of what was done towards it, or what the facts say.
    pub done_on: Option<Date>,
    /// Days late; `None` in time or not done.
    pub late_by_days: Option<i64>,
    /// What shows it, oldest first.
    pub proofs: Vec<Proof>,
    /// Said to be done, with nothing to show for it.
    pub unproven: bool,
}

/// The ledger: each obligation, and any that was proven though it is no longer asked.
#[must_use]
pub fn ledger(assessment: &Assessment, proofs: &[Proof]) -> Vec<LedgerLine> {
    assessment
        .obligations
        .iter()
        .filter(|each| each.duty != Duty::RecordRetention)
        .map(|obligation| {
            let key = obligation.key();
            let mut own: Vec<Proof> = proofs.iter().filter(|proof| proof.of == key).cloned().collect();
            own.sort_by_key(|proof| (proof.done_on, proof.at));
            let done_on = own.last().map(|proof| proof.done_on).or(obligation.met_on);
            let late = done_on.zip(obligation.due).map(|(done, due)| between(due, done));
            LedgerLine {
                done_on,
                late_by_days: late.filter(|&days| days > 0),
                unproven: done_on.is_some() && own.is_empty(),
                proofs: own,
                obligation: obligation.clone(),
            }
        })
        .collect()
}

/// Proofs of duties that the assessment does not ask for: they stay on the record.
#[must_use]
pub fn beyond<'p>(assessment: &Assessment, proofs: &'p [Proof]) -> Vec<&'p Proof> {
    proofs.iter().filter(|proof| !assessment.obligations.iter().any(|each| each.key() == proof.of)).collect()
}

/// The record of a law-enforcement statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BreachDelayRecord)]
#[serde(deny_unknown_fields)]
pub struct DelayRecord {
    /// Spoken or written.
    pub form: HoldForm,
    /// The official's name.
    pub official: String,
    /// The official's agency.
    pub agency: String,
    /// Why: impeding an investigation, or damage to national security, in the official's words.
    pub statement: String,
    /// When it was made.
    pub stated_at: Timestamp,
    /// The last day of the time it states.
    pub until: Option<Date>,
    /// The digest of the written statement.
    pub document: Option<Digest>,
    /// Who recorded it.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
}

impl DelayRecord {
    /// What is missing from the record; it should not be relied on before the list is empty.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let mut out = Vec::new();
        for (text, what) in [
            (&self.official, "the official's name: 164.412(b) asks for the official's identity"),
            (&self.agency, "the official's agency"),
            (&self.statement, "what the official stated: 164.412(b) asks that it be documented"),
        ] {
            if text.trim().is_empty() {
                out.push(what);
            }
        }
        if self.form == HoldForm::Written && self.document.is_none() {
            out.push("the written statement itself");
        }
        if self.form == HoldForm::Written && self.until.is_none() {
            out.push(
                "the time for which the delay is required: without it the statement holds 30 days at most",
            );
        }
        out
    }

    /// The member of `/law_enforcement_holds`.
    #[must_use]
    pub fn hold(&self, zone: &TimeZone) -> Hold {
        Hold { form: self.form, stated_on: Day::at(self.stated_at, zone), until: self.until.map(Day::on) }
    }
}
