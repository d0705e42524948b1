//! What happened in an incident. Each event is the kind and the body of one journal entry.

use jiff::civil::Date;
use kernel::{
    AccountName, ActionId, AlertId, Digest, Entry, EvidenceId, FindingId, ItemId, NoteId, ReportId, Severity,
    SystemName, Timestamp,
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeSeed, IntoDeserializer as _, MapAccess, value::MapAccessDeserializer},
};
use utoipa::ToSchema;

use crate::{
    AccountWork, BreachAnswer, ContainmentKind, Duty, FactsRealm, Gate, IncidentKind, LetterSpan, Likelihood,
    MailReturn, MailStep, Party, Side, Statement, Subject, SystemWork, Target, practice::Impact,
};

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $kind:literal { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        /// An event of an incident: in JSON `{"kind": "…", "body": {…}}`, the two members of an entry.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(tag = "kind", content = "body", rename_all = "snake_case")]
        #[expect(missing_docs, reason = "each member is named in the field's terms, and its variant's line says what happened")]
        pub enum Event {
            $($(#[$doc])* $variant { $($(#[$field_meta])* $field: $type),* },)*
        }

        impl Event {
            /// The kinds of all events, in order.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The kind: an entry's `kind`.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $kind,)* }
            }
        }
    };
}

events! {
    /// The incident was opened.
    Declared = "declared" { title: String, incident_kind: IncidentKind, reason: String, exercise: bool }
    /// An alert was put to it.
    AlertAttached = "alert_attached" { alert: AlertId, reason: String }
    /// An alert was taken off it.
    AlertDetached = "alert_detached" { alert: AlertId, reason: String }
    /// It is another kind of incident than thought.
    KindRevised = "kind_revised" { incident_kind: IncidentKind, reason: String }
    /// Its severity was set.
    SeveritySet = "severity_set" {
        severity: Severity,
        /// Why, in words.
        reasons: Vec<String>,
        /// What the facts alone gave.
        computed: Severity,
        /// Minutes within which those called have to answer.
        engage_within_minutes: u32,
    }
    /// Somebody was called.
    Engaged = "engaged" { engagement: ItemId, party: Party, name: String, means: String, due_at: Timestamp }
    /// Somebody who was called answered.
    Answered = "answered" { engagement: ItemId, joins: bool, text: String, answered_at: Timestamp }

    /// A system, account or indicator was named as suspected.
    Suspected = "suspected" { subject: Subject, why: String, seen_on: Vec<SystemName> }
    /// A suspicion was confirmed.
    Confirmed = "confirmed" { subject: Subject, why: String }
    /// A suspicion proved unfounded.
    SuspicionCleared = "suspicion_cleared" { subject: Subject, why: String }

    /// A containment action was proposed.
    ContainmentProposed = "containment_proposed" {
        action: ActionId,
        measure: ContainmentKind,
        target: Target,
        why: String,
        stops: Impact,
        undo: Option<String>,
        preapproved: bool,
    }
    /// It was approved, for one side.
    ContainmentApproved = "containment_approved" { action: ActionId, side: Side }
    /// It was withdrawn.
    ContainmentWithdrawn = "containment_withdrawn" { action: ActionId, reason: String }
    /// Somebody broke glass for it.
    GlassBroken = "glass_broken" {
        action: ActionId,
        reason: String,
        /// Whose approval it went without.
        without: Vec<Side>,
    }
    /// It was applied.
    ContainmentApplied = "containment_applied" {
        action: ActionId,
        receipt: Option<String>,
        /// Whether the practice's plan approved it beforehand, for the kind of incident that this was then.
        preapproved: bool,
    }
    /// It was seen to hold.
    ContainmentVerified = "containment_verified" { action: ActionId, how: String }
    /// It had no effect.
    ContainmentFailed = "containment_failed" { action: ActionId, reason: String }
    /// It was undone.
    ContainmentUndone = "containment_undone" { action: ActionId, reason: String }

    /// A finding was recorded.
    FindingRecorded = "finding_recorded" { finding: FindingId, statement: Statement }
    /// A finding was revised.
    FindingRevised = "finding_revised" { finding: FindingId, statement: Statement, reason: String }

    /// An item of evidence was taken in.
    EvidenceTaken = "evidence_taken" {
        evidence: EvidenceId,
        digest: Digest,
        bytes: u64,
        source: String,
        why: String,
        /// The last day it has to be kept, as of now.
        retain_until: Date,
    }
    /// It was handed over.
    EvidenceHandedOver = "evidence_handed_over" { evidence: EvidenceId, to: String, why: String }
    /// It was received back.
    EvidenceReceivedBack = "evidence_received_back" {
        evidence: EvidenceId,
        from: String,
        digest: Option<Digest>,
        /// Whether the digest is the one it was taken in with; `None` where nobody computed it.
        unchanged: Option<bool>,
    }
    /// A copy was examined.
    CopyExamined = "copy_examined" { evidence: EvidenceId, purpose: String, copy: Option<Digest> }
    /// It was given away for good.
    EvidenceReleased = "evidence_released" { evidence: EvidenceId, to: String, why: String }
    /// A legal hold was placed on it, or on everything of the incident, now and later.
    HoldPlaced = "hold_placed" { evidence: Option<EvidenceId>, reason: String }
    /// Its legal hold was lifted, or the one on everything.
    HoldLifted = "hold_lifted" { evidence: Option<EvidenceId>, reason: String }
    /// The last day it has to be kept was set.
    EvidenceRetentionSet = "evidence_retention_set" { evidence: EvidenceId, until: Date, reason: String }
    /// Somebody asked for its destruction.
    DestructionRequested = "destruction_requested" { evidence: EvidenceId, reason: String }
    /// The request was taken back.
    DestructionWithdrawn = "destruction_withdrawn" { evidence: EvidenceId, reason: String }
    /// Another person confirmed; the bytes are to be destroyed, the digest stays.
    EvidenceDestroyed = "evidence_destroyed" { evidence: EvidenceId, digest: Digest }

    /// Eradication work was done on a system.
    SystemWorkDone = "system_work_done" { system: SystemName, work: SystemWork, what: String, evidence: Vec<EvidenceId> }
    /// Eradication work was done on an account.
    AccountWorkDone = "account_work_done" {
        account: AccountName,
        work: AccountWork,
        what: String,
        evidence: Vec<EvidenceId>,
    }
    /// A system is clean.
    SystemCleaned = "system_cleaned" { system: SystemName, uncontained_because: Option<String> }
    /// Its restore point was chosen.
    RestorePointChosen = "restore_point_chosen" { system: SystemName, name: String, source: String, taken_at: Timestamp }
    /// Its restore point was verified.
    RestorePointVerified = "restore_point_verified" { system: SystemName, how: String }
    /// It was restored.
    SystemRestored = "system_restored" { system: SystemName }
    /// A gate holds.
    GateHeld = "gate_held" { system: SystemName, gate: Gate, how: String, evidence: Vec<EvidenceId> }
    /// Somebody did without a gate.
    GateWaived = "gate_waived" { system: SystemName, gate: Gate, reason: String }
    /// It returned to production.
    SystemReturned = "system_returned" { system: SystemName }
    /// A watch on it was set.
    WatchSet = "watch_set" { system: SystemName, until: Timestamp, what: String }
    /// Somebody looked.
    Observed = "observed" { system: SystemName, text: String, quiet: bool }
    /// It was cleared after its watch.
    SystemCleared = "system_cleared" { system: SystemName, why: String }
    /// The compromise came back.
    Recurred = "recurred" { subject: Subject, what: String }
    /// It was taken out of use for good.
    SystemRetired = "system_retired" { system: SystemName, reason: String }
    /// An account was given back to its owner.
    AccountReturned = "account_returned" { account: AccountName, without_mfa_because: Option<String> }
    /// An account was removed for good.
    AccountRetired = "account_retired" { account: AccountName, reason: String }

    /// The breach question was answered.
    BreachDecided = "breach_decided" {
        answer: BreachAnswer,
        reasons: Vec<String>,
        document: Option<Digest>,
        privileged: bool,
    }
    /// Obligations were computed.
    ObligationsSet = "obligations_set" {
        /// Each duty with its id; a duty that is known already has the id it had.
        obligations: Vec<IdentifiedDuty>,
        law_tables_as_of: Date,
        facts: Option<Digest>,
        /// What changed, in words.
        changes: Vec<String>,
    }
    /// An obligation was met.
    ObligationMet = "obligation_met" { obligation: ItemId, on: Date, proof: Digest, note: String }
    /// An obligation is not due.
    ObligationNotDue = "obligation_not_due" { obligation: ItemId, reasons: Vec<String>, privileged: bool }

    /// A version of the facts was stated.
    FactsStated = "facts_stated" {
        digest: Digest,
        bytes: u64,
        realm: FactsRealm,
        /// JSON pointers of what changed.
        changed: Vec<String>,
        reason: String,
    }
    /// A version of the four-factor assessment was written.
    FactorsPrepared = "factors_prepared" { digest: Digest, bytes: u64 }
    /// Somebody recommended what to determine.
    ProbabilityRecommended = "probability_recommended" { version: u32, probability: Likelihood, because: String }
    /// The attorney signed the assessment.
    ProbabilityDetermined = "probability_determined" { version: u32, probability: Likelihood }
    /// The attorney stated a condition of an exception or a safe harbour.
    ConditionStated = "condition_stated" {
        about: String,
        condition: String,
        met: Option<bool>,
        because: String,
        evidence: Vec<EvidenceId>,
    }
    /// A mailing was begun.
    MailingBegun = "mailing_begun" { evidence: EvidenceId, letters: u32 }
    /// Something happened to letters.
    MailRecorded = "mail_recorded" {
        step: MailStep,
        letters: Vec<LetterSpan>,
        on: Date,
        reason: Option<MailReturn>,
        how: Option<String>,
    }

    /// The root cause was recorded.
    RootCauseRecorded = "root_cause_recorded" { text: String, evidence: Vec<EvidenceId> }
    /// Something has to change.
    RemediationAdded = "remediation_added" { item: ItemId, what: String, owner: String, due: Date }
    /// It was changed.
    RemediationDone = "remediation_done" { item: ItemId, how: String }
    /// A runbook changed.
    RunbookChanged = "runbook_changed" { item: ItemId, runbook: String, change: String }
    /// A report was delivered.
    ReportDelivered = "report_delivered" {
        report: ReportId,
        what: String,
        to: String,
        digest: Digest,
        privileged: bool,
    }
    /// A situation report was sent.
    SituationReportSent = "situation_report_sent" { report: ReportId, to: String, digest: Digest }

    /// A note was written.
    NoteWritten = "note_written" {
        note: NoteId,
        digest: Digest,
        bytes: u64,
        about: Option<Subject>,
        privileged: bool,
    }
    /// A note was revised.
    NoteRevised = "note_revised" { note: NoteId, digest: Digest, bytes: u64, reason: String, privileged: bool }

    /// The last day the record has to be kept was set.
    RetentionSet = "retention_set" { until: Date, reason: String }
    /// The incident was closed.
    Closed = "closed" {
        summary: Option<String>,
        /// Evidence is kept at least until then: six years from the closing.
        retain_until: Date,
    }
    /// It was opened again.
    Reopened = "reopened" { reason: String }
}

/// A duty with the obligation's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IdentifiedDuty {
    /// The obligation's id.
    pub id: ItemId,
    /// The duty.
    pub duty: Duty,
}

impl Event {
    /// Whether the entry is attorney–client privileged.
    #[must_use]
    pub const fn privileged(&self) -> bool {
        match self {
            Self::BreachDecided { privileged, .. }
            | Self::ObligationNotDue { privileged, .. }
            | Self::ReportDelivered { privileged, .. }
            | Self::NoteWritten { privileged, .. }
            | Self::NoteRevised { privileged, .. } => *privileged,
            // Why the attorney takes a condition to be met is advice; that it was stated is not.
            Self::ConditionStated { .. } => true,
            _ => false,
        }
    }

    /// The body: an entry's `body`.
    #[must_use]
    pub fn body(&self) -> serde_json::Value {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(mut parts)) => parts.remove("body").unwrap_or_default(),
            _ => serde_json::Value::Null,
        }
    }

    /// The event of an entry's kind and body, without copying the body first.
    ///
    /// # Errors
    /// Where the kind is none of an incident's, or the body is not of that kind.
    pub fn from_parts(kind: &str, body: &serde_json::Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(MapAccessDeserializer::new(Parts::new(kind, body)))
    }

    /// The event of an entry.
    ///
    /// # Errors
    /// As [`Event::from_parts`].
    pub fn from_entry(entry: &Entry) -> Result<Self, serde_json::Error> {
        Self::from_parts(&entry.kind, &entry.body)
    }
}

/// An entry's kind and body, as the map with two members that serde expects of an adjacently tagged enum.
pub(crate) struct Parts<'a> {
    kind: Option<&'a str>,
    body: Option<&'a serde_json::Value>,
    in_kind: bool,
}

impl<'a> Parts<'a> {
    pub(crate) const fn new(kind: &'a str, body: &'a serde_json::Value) -> Self {
        Self { kind: Some(kind), body: Some(body), in_kind: false }
    }
}

impl<'de> MapAccess<'de> for Parts<'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        self.in_kind = self.kind.is_some();
        let key = if self.in_kind { "kind" } else { "body" };
        if self.kind.is_none() && self.body.is_none() {
            return Ok(None);
        }
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        if let Some(kind) = self.kind.take() {
            return seed.deserialize(kind.into_deserializer());
        }
        seed.deserialize(self.body.take().unwrap_or(&serde_json::Value::Null))
    }
}
