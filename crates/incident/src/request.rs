//! Everything that a person or a program may ask of an incident, in all six phases, and which capability each needs.
//! In JSON: `{"command": "propose_containment", …}`; a member that a command does not know is refused.

use jiff::civil::Date;
use kernel::{
    AccountName, ActionId, AlertId, Capability, Digest, EvidenceId, FindingId, ItemId, NoteId, ReportId,
    Requires, Severity, SystemName, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AccountWork, BreachAnswer, ContainmentKind, Duty, DutyGround, FactsRealm, Gate, IncidentKind, LetterSpan,
    Likelihood, MailReturn, MailStep, Party, Side, Statement, Subject, SystemWork, Target,
};

/// A request. A text that says why or how must not be blank; no text may hold PHI.
/// Ids of new things are made by `decide`, except those of evidence, reports and notes' texts, which other parts made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "each member is named in the field's terms, and its variant's line says what it does"
)]
pub enum Request {
    /// Opens the incident. Without a severity it is computed from the facts.
    Declare {
        title: String,
        incident_kind: IncidentKind,
        reason: String,
        #[serde(default)]
        alerts: Vec<AlertId>,
        #[serde(default)]
        subjects: Vec<Subject>,
        #[serde(default)]
        severity: Option<Severity>,
        /// Whether this is an exercise.
        #[serde(default)]
        exercise: bool,
    },
    /// Puts an alert to the incident.
    AttachAlert { alert: AlertId, reason: String },
    /// Takes an alert off the incident.
    DetachAlert { alert: AlertId, reason: String },
    /// Says that it is another kind of incident than thought.
    ReviseKind { incident_kind: IncidentKind, reason: String },
    /// Sets the severity; without one it is computed anew from the facts.
    SetSeverity {
        #[serde(default)]
        severity: Option<Severity>,
        reason: String,
    },
    /// Records that somebody was called.
    Engage {
        party: Party,
        name: String,
        means: String,
        /// Minutes to answer in; the severity's own where absent.
        #[serde(default)]
        within_minutes: Option<u32>,
    },
    /// Records what somebody who was called answered.
    RecordAnswer {
        engagement: ItemId,
        joins: bool,
        #[serde(default)]
        text: String,
        /// When they answered; now where absent.
        #[serde(default)]
        answered_at: Option<Timestamp>,
    },

    /// Names a system, account or indicator as suspected.
    Suspect {
        subject: Subject,
        why: String,
        /// For an indicator: systems it was seen on.
        #[serde(default)]
        seen_on: Vec<SystemName>,
    },
    /// Confirms a suspicion.
    Confirm { subject: Subject, why: String },
    /// Clears a suspicion that proved unfounded.
    ClearSuspicion { subject: Subject, why: String },

    /// Proposes a containment action. What stops working is computed from the practice's profile.
    ProposeContainment {
        measure: ContainmentKind,
        target: Target,
        why: String,
        /// How it is undone, where the measure does not say.
        #[serde(default)]
        undo: Option<String>,
    },
    /// Approves a containment action, for one side.
    ApproveContainment { action: ActionId, side: Side },
    /// Withdraws a containment action that was not applied.
    WithdrawContainment { action: ActionId, reason: String },
    /// Applies a containment action that has its approvals.
    ApplyContainment {
        action: ActionId,
        /// The tool's own receipt.
        #[serde(default)]
        receipt: Option<String>,
    },
    /// Applies a containment action without its approvals: named, with a reason, and loud.
    BreakGlass {
        action: ActionId,
        reason: String,
        #[serde(default)]
        receipt: Option<String>,
    },
    /// Records that an applied action holds.
    VerifyContainment { action: ActionId, how: String },
    /// Records that an applied action had no effect.
    FailContainment { action: ActionId, reason: String },
    /// Undoes an applied action.
    UndoContainment { action: ActionId, reason: String },

    /// Records a finding.
    RecordFinding { statement: Statement },
    /// Revises a finding; what it said stays.
    ReviseFinding { finding: FindingId, statement: Statement, reason: String },

    /// Takes an item of evidence in.
    TakeEvidence { evidence: EvidenceId, digest: Digest, bytes: u64, source: String, why: String },
    /// Hands it over to somebody who has to give it back.
    HandOverEvidence { evidence: EvidenceId, to: String, why: String },
    /// Receives it back; a digest that differs is recorded and stays visible.
    ReceiveEvidenceBack {
        evidence: EvidenceId,
        from: String,
        #[serde(default)]
        digest: Option<Digest>,
    },
    /// Records that a copy was examined.
    ExamineCopy {
        evidence: EvidenceId,
        purpose: String,
        #[serde(default)]
        copy: Option<Digest>,
    },
    /// Gives it away for good.
    ReleaseEvidence { evidence: EvidenceId, to: String, why: String },
    /// Places a legal hold on one item; where none is named, on everything of the incident, now and later.
    PlaceHold {
        #[serde(default)]
        evidence: Option<EvidenceId>,
        reason: String,
    },
    /// Lifts the legal hold from one item; where none is named, the one on everything.
    LiftHold {
        #[serde(default)]
        evidence: Option<EvidenceId>,
        reason: String,
    },
    /// Sets the last day an item has to be kept. It can be moved later, never earlier.
    SetEvidenceRetention { evidence: EvidenceId, until: Date, reason: String },
    /// Asks for the destruction of an item whose retention has ended.
    RequestDestruction { evidence: EvidenceId, reason: String },
    /// Confirms it, as another person.
    ConfirmDestruction { evidence: EvidenceId },
    /// Takes the request for destruction back.
    WithdrawDestruction { evidence: EvidenceId, reason: String },

    /// Records eradication work on a system.
    RecordSystemWork {
        system: SystemName,
        work: SystemWork,
        what: String,
        #[serde(default)]
        evidence: Vec<EvidenceId>,
    },
    /// Records eradication work on an account.
    RecordAccountWork {
        account: AccountName,
        work: AccountWork,
        what: String,
        #[serde(default)]
        evidence: Vec<EvidenceId>,
    },
    /// Declares a system clean, after work on it.
    DeclareClean {
        system: SystemName,
        /// Why it was never contained, where that is so.
        #[serde(default)]
        uncontained_because: Option<String>,
    },
    /// Chooses the restore point of a system.
    ChooseRestorePoint { system: SystemName, name: String, source: String, taken_at: Timestamp },
    /// Records that the chosen restore point was verified, and how.
    VerifyRestorePoint { system: SystemName, how: String },
    /// Records that a system was restored, from its restore point or rebuilt.
    RecordRestored { system: SystemName },
    /// Records that a gate holds. Signatures are given with `sign_gate`.
    HoldGate {
        system: SystemName,
        gate: Gate,
        how: String,
        #[serde(default)]
        evidence: Vec<EvidenceId>,
    },
    /// Signs for a system's return, for one side.
    SignGate { system: SystemName, side: Side, statement: String },
    /// Does without a gate, with a name and a reason. Signatures cannot be waived.
    WaiveGate { system: SystemName, gate: Gate, reason: String },
    /// Returns a system to production.
    ReturnToProduction { system: SystemName },
    /// Sets what is watched for on a returned system, and until when.
    SetWatch { system: SystemName, until: Timestamp, what: String },
    /// Records what was seen while watching.
    RecordObservation { system: SystemName, text: String, quiet: bool },
    /// Clears a system after its watch.
    ClearSystem { system: SystemName, why: String },
    /// Records that the compromise is back; reopens what it must.
    RecordRecurrence { subject: Subject, what: String },
    /// Takes a system out of use for good.
    RetireSystem { system: SystemName, reason: String },
    /// Gives an account back to its owner.
    ReturnAccount {
        account: AccountName,
        /// Why it has no second factor, where that is so.
        #[serde(default)]
        without_mfa_because: Option<String>,
    },
    /// Removes an account for good.
    RetireAccount { account: AccountName, reason: String },

    /// Answers the breach question.
    DecideBreach {
        answer: BreachAnswer,
        reasons: Vec<String>,
        /// SHA-256 of the signed assessment; needed for `not_a_breach`.
        #[serde(default)]
        document: Option<Digest>,
        #[serde(default)]
        privileged: bool,
    },
    /// Sets the obligations that the breach engine computed. What was met or decided stays; what is no longer
    /// computed stays open until it is met or the attorney decides.
    SetObligations {
        duties: Vec<Duty>,
        /// The version of the law tables.
        law_tables_as_of: Date,
        /// SHA-256 of the facts that were assessed.
        #[serde(default)]
        facts: Option<Digest>,
        /// Why a duty is due on its day, and why one is not due any more: said of what changed.
        #[serde(default)]
        grounds: Vec<DutyGround>,
    },
    /// Records that an obligation was met.
    MeetObligation { obligation: ItemId, on: Date, proof: Digest, note: String },
    /// Determines that an obligation is not due.
    DetermineNotDue {
        obligation: ItemId,
        reasons: Vec<String>,
        #[serde(default)]
        privileged: bool,
    },

    /// States a version of the facts, sealed elsewhere. Technical facts are the responders', legal ones the attorney's.
    StateFacts {
        digest: Digest,
        bytes: u64,
        realm: FactsRealm,
        /// JSON pointers of what changed.
        changed: Vec<String>,
        reason: String,
    },
    /// Writes a version of the four-factor assessment, sealed elsewhere.
    PrepareFactors {
        digest: Digest,
        bytes: u64,
        /// Whether it changes the reasoning, which is the attorney's.
        reasoned: bool,
    },
    /// Recommends what the attorney should determine. It binds nobody.
    RecommendProbability { version: u32, probability: Likelihood, because: String },
    /// Signs the newest version of the four-factor assessment (45 CFR 164.402(2)).
    DetermineProbability { version: u32, probability: Likelihood },
    /// States whether a condition of an exception or a safe harbour is met.
    StateCondition {
        about: String,
        condition: String,
        #[serde(default)]
        met: Option<bool>,
        because: String,
        #[serde(default)]
        evidence: Vec<EvidenceId>,
    },
    /// Begins the mailing of letters 1 to `letters`, to the recipients of a sealed list.
    BeginMailing { evidence: EvidenceId, letters: u32 },
    /// Records what happened to letters.
    RecordMail {
        step: MailStep,
        letters: Vec<LetterSpan>,
        on: Date,
        /// Why they came back.
        #[serde(default)]
        reason: Option<MailReturn>,
        /// How people were reached otherwise.
        #[serde(default)]
        how: Option<String>,
    },

    /// Records the root cause; a later one takes its place, and the journal keeps both.
    RecordRootCause {
        text: String,
        #[serde(default)]
        evidence: Vec<EvidenceId>,
    },
    /// Records something that has to change.
    AddRemediation { what: String, owner: String, due: Date },
    /// Records that it was changed.
    CompleteRemediation { item: ItemId, how: String },
    /// Records a change to a runbook.
    ChangeRunbook { runbook: String, change: String },
    /// Records that a report was delivered.
    DeliverReport {
        report: ReportId,
        what: String,
        to: String,
        digest: Digest,
        #[serde(default)]
        privileged: bool,
    },
    /// Records that a situation report was sent, frozen as it was.
    SendSituationReport { report: ReportId, to: String, digest: Digest },

    /// Writes a note whose text is sealed elsewhere.
    WriteNote {
        digest: Digest,
        bytes: u64,
        #[serde(default)]
        about: Option<Subject>,
        #[serde(default)]
        privileged: bool,
    },
    /// Revises a note; its earlier versions stay.
    ReviseNote { note: NoteId, digest: Digest, bytes: u64, reason: String },

    /// Sets the last day the incident's record has to be kept.
    SetRetention { until: Date, reason: String },
    /// Closes the incident, where nothing is missing.
    Close {
        #[serde(default)]
        summary: Option<String>,
    },
    /// Opens a closed incident again.
    Reopen { reason: String },
}

impl Requires for Request {
    fn requires(&self) -> Capability {
        use Capability as C;
        match self {
            Self::Declare { .. } | Self::Close { .. } | Self::Reopen { .. } => C::Lead,
            Self::BreakGlass { .. } | Self::WaiveGate { .. } | Self::RetireSystem { .. } => C::Lead,
            Self::SetRetention { .. } | Self::SetEvidenceRetention { .. } => C::Evidence,

            Self::ApproveContainment { side: Side::Practice, .. }
            | Self::SignGate { side: Side::Practice, .. } => C::Approve,
            Self::PlaceHold { .. }
            | Self::LiftHold { .. }
            | Self::DecideBreach { .. }
            | Self::DetermineNotDue { .. } => C::Counsel,

            Self::TakeEvidence { .. }
            | Self::HandOverEvidence { .. }
            | Self::ReceiveEvidenceBack { .. }
            | Self::ExamineCopy { .. }
            | Self::ReleaseEvidence { .. } => C::Evidence,
            Self::RequestDestruction { .. }
            | Self::ConfirmDestruction { .. }
            | Self::WithdrawDestruction { .. } => C::Destroy,

            Self::StateFacts { realm: FactsRealm::Technical, .. } => C::Respond,
            Self::StateFacts { realm: FactsRealm::Legal, .. }
            | Self::PrepareFactors { reasoned: true, .. }
            | Self::DetermineProbability { .. }
            | Self::StateCondition { .. } => C::Counsel,
            Self::StateFacts { realm: FactsRealm::Shared, .. }
            | Self::PrepareFactors { reasoned: false, .. }
            | Self::RecommendProbability { .. }
            | Self::BeginMailing { .. }
            | Self::RecordMail { .. } => C::Write,

            Self::AttachAlert { .. } | Self::DetachAlert { .. } => C::Triage,
            Self::WriteNote { .. }
            | Self::ReviseNote { .. }
            | Self::Engage { .. }
            | Self::RecordAnswer { .. }
            | Self::SetObligations { .. }
            | Self::MeetObligation { .. }
            | Self::AddRemediation { .. }
            | Self::CompleteRemediation { .. }
            | Self::ChangeRunbook { .. }
            | Self::DeliverReport { .. }
            | Self::SendSituationReport { .. } => C::Write,

            Self::ReviseKind { .. }
            | Self::SetSeverity { .. }
            | Self::Suspect { .. }
            | Self::Confirm { .. }
            | Self::ClearSuspicion { .. }
            | Self::ProposeContainment { .. }
            | Self::ApproveContainment { side: Side::Responder, .. }
            | Self::WithdrawContainment { .. }
            | Self::ApplyContainment { .. }
            | Self::VerifyContainment { .. }
            | Self::FailContainment { .. }
            | Self::UndoContainment { .. }
            | Self::RecordFinding { .. }
            | Self::ReviseFinding { .. }
            | Self::RecordSystemWork { .. }
            | Self::RecordAccountWork { .. }
            | Self::DeclareClean { .. }
            | Self::ChooseRestorePoint { .. }
            | Self::VerifyRestorePoint { .. }
            | Self::RecordRestored { .. }
            | Self::HoldGate { .. }
            | Self::SignGate { side: Side::Responder, .. }
            | Self::ReturnToProduction { .. }
            | Self::SetWatch { .. }
            | Self::RecordObservation { .. }
            | Self::ClearSystem { .. }
            | Self::RecordRecurrence { .. }
            | Self::ReturnAccount { .. }
            | Self::RetireAccount { .. }
            | Self::RecordRootCause { .. } => C::Respond,
        }
    }
}
