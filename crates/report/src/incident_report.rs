//! What the incident report for the practice's leadership is made from: plain values, already decided and worded by
//! whoever fills them in. Texts are shown as they are and never evaluated. An empty list is said in the report as what
//! it means ("nothing waits for a decision"), so an absent section is never mistaken for a forgotten one.

use jiff::{Timestamp, civil::Date};
use kernel::{Digest, Severity};
use serde::{Deserialize, Serialize};

use crate::{ReportError, Template, render, sheet};

/// One incident as its practice's leadership should see it at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentReport {
    /// The practice.
    pub practice: Practice,
    /// The number people say on the telephone, such as `2026-014`.
    pub number: String,
    /// One line.
    pub title: String,
    /// What kind of incident, in words: `Ransomware`.
    pub kind: String,
    /// Whether this is a drill; every page then says so.
    pub exercise: bool,
    /// A marking for every page, such as `Privileged and confidential`; `None` prints `Confidential`.
    pub marking: Option<String>,
    /// How bad, and why.
    pub severity: Assessed,
    /// The instant that the report describes.
    pub as_of: Timestamp,
    /// IANA name of the practice's time zone; all times are shown in it. An unknown name falls back to UTC, and the
    /// report says so.
    pub time_zone: String,
    /// Who prepared it; `None` where the program did, unattended.
    pub prepared_by: Option<String>,
    /// One paragraph for somebody who reads nothing else.
    pub summary: String,
    /// The numbers of the first page.
    pub figures: Figures,
    /// The six phases, in order.
    pub phases: Vec<Phase>,
    /// What happened, in plain words.
    pub story: Vec<Chapter>,
    /// Everything of the timeline, in any order.
    pub timeline: Vec<Event>,
    /// The clinical services and whether they work.
    pub services: Vec<Service>,
    /// The systems that the incident touches.
    pub systems: Vec<System>,
    /// Containment actions, in the order they were proposed.
    pub actions: Vec<Action>,
    /// Decisions that are open, most urgent first.
    pub decisions: Vec<Decision>,
    /// Legal duties. Empty means that counsel has not decided yet, and is printed so.
    pub obligations: Vec<Obligation>,
    /// The scope questions and their answers.
    pub findings: Vec<Finding>,
    /// What the logs cannot show.
    pub gaps: Vec<CoverageGap>,
    /// Evidence, with its custody.
    pub evidence: Vec<EvidenceItem>,
    /// What is to change so that it does not happen again.
    pub remediation: Vec<Remediation>,
    /// Who was called, and when they answered.
    pub people: Vec<Person>,
    /// The checkpoint of the record that the report rests on.
    pub record: Option<Checkpoint>,
    /// Content that verdicts in the report came from, such as law tables and runbooks; the template adds itself.
    pub content: Vec<ContentVersion>,
}

impl IncidentReport {
    /// The report as PDF/A, dated `created`.
    ///
    /// # Errors
    /// [`ReportError`] of [`render`].
    pub fn to_pdf(&self, created: Timestamp) -> Result<Vec<u8>, ReportError> {
        render(Template::IncidentReport, &sheet::sheet(self), created)
    }
}

/// The practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Practice {
    /// Its name.
    pub name: String,
    /// Where it is, such as `Asheville, North Carolina`.
    pub place: Option<String>,
}

/// A severity with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessed {
    /// The step.
    pub level: Severity,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// The numbers of the first page. `None` is printed as not known yet, which is not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Systems suspected or confirmed.
    pub systems_affected: u32,
    /// Of these, contained (or further).
    pub systems_contained: u32,
    /// Of these, back in production.
    pub systems_returned: u32,
    /// Accounts suspected or confirmed.
    pub accounts_affected: u32,
    /// Of these, disabled (or further).
    pub accounts_contained: u32,
    /// Office visits of the schedule that it touches.
    pub visits_touched: Option<u32>,
    /// Procedures of the schedule that it touches.
    pub procedures_touched: Option<u32>,
    /// People whose information may have been seen.
    pub people_affected: Option<u64>,
    /// Items of evidence held.
    pub evidence_items: u32,
    /// Minutes from declaration to the last verified containment; `None` while something is not contained.
    pub minutes_to_containment: Option<u64>,
}

/// How far a phase is. Phases are derived from where systems, accounts and indicators stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phase {
    /// `Identification`, `Containment`, …
    pub name: String,
    /// Its status.
    pub status: Progress,
    /// Things of this phase that are done.
    pub done: u32,
    /// Things of this phase.
    pub total: u32,
    /// What is counted, such as `systems contained`.
    pub counted: String,
}

/// Not begun, under way or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Nothing of it has begun.
    Open,
    /// Some of it is done.
    Underway,
    /// All of it is done.
    Done,
}

/// A line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Which lane of the figure it belongs to.
    pub lane: Lane,
    /// What happened, a sentence.
    pub text: String,
    /// Who did or saw it.
    pub who: Option<String>,
    /// Whether it is one of the moments that tell the story; up to twelve are numbered in the figure.
    pub key: bool,
}

/// The lanes of the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// What the attacker did.
    Attacker,
    /// Alerts and what people noticed.
    Detection,
    /// Containment.
    Containment,
    /// Evidence and findings.
    Investigation,
    /// Eradication.
    Eradication,
    /// Recovery.
    Recovery,
    /// Decisions, law and communication.
    Decision,
}

/// A clinical service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The site it belongs to, such as `ENT clinic` or `Surgery center`. Sites are shown apart, in order of appearance.
    pub site: String,
    /// Its name, such as `Scheduling and check-in`.
    pub name: String,
    /// Whether it works.
    pub status: ServiceStatus,
    /// What to do instead, such as `Paper form D-2`.
    pub instead: Option<String>,
}

/// Whether a clinical service works today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStatus {
    /// As usual.
    Works,
    /// With restrictions.
    Limited,
    /// Still, on a system that is suspected or that is to be held.
    AtRisk,
    /// Not at all.
    Down,
}

/// A system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// The name that the practice knows it by.
    pub name: String,
    /// What it is for.
    pub purpose: Option<String>,
    /// Its site.
    pub site: Option<String>,
    /// Where it stands.
    pub condition: Condition,
    /// Since when.
    pub since: Option<Timestamp>,
    /// Clinical services that depend on it.
    pub services: Vec<String>,
    /// Gates before production that hold or are waived.
    pub gates_held: u32,
    /// Gates before production.
    pub gates: u32,
    /// Waived gates: which, by whom, why.
    pub waivers: Vec<String>,
}

/// Where a system stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Suspected, not contained.
    Suspected,
    /// Confirmed, not contained.
    Confirmed,
    /// Contained.
    Contained,
    /// Swept clean.
    Clean,
    /// Restored, not in production.
    Restored,
    /// In production, watched.
    InProduction,
    /// Cleared.
    Cleared,
    /// Retired.
    Retired,
    /// Stopped as a precaution or for want of another; not compromised.
    Stopped,
    /// Works, and stands on a system that is suspected.
    AtRisk,
}

/// A containment action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// What is done, such as `Isolate from the network`.
    pub what: String,
    /// To what.
    pub target: String,
    /// Why.
    pub why: String,
    /// What stops working at the practice.
    pub stops: Vec<String>,
    /// How it is undone.
    pub undo: Option<String>,
    /// Where it stands.
    pub status: ActionStatus,
    /// When it came to stand there.
    pub since: Timestamp,
    /// Who approved it.
    pub approvals: Vec<Approval>,
    /// Set where somebody went ahead without the approvals it needed.
    pub break_glass: Option<BreakGlass>,
}

/// Where a containment action stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    /// Waits for approval.
    Proposed,
    /// Approved, not applied.
    Approved,
    /// Applied, not verified.
    Applied,
    /// Applied, and seen to hold.
    Verified,
    /// Applied, and seen not to hold.
    Failed,
    /// Undone.
    Undone,
    /// Refused by somebody whose approval it needed.
    Refused,
}

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who; the plan's name where the practice's plan pre-approves it.
    pub by: String,
    /// In which role.
    pub role: String,
    /// When; `None` where pre-approved.
    pub at: Option<Timestamp>,
}

/// An action taken without the approvals it needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Who.
    pub by: String,
    /// In which role.
    pub role: String,
    /// Why it could not wait.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A decision that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number, as in the list of decisions.
    pub number: u32,
    /// The question.
    pub question: String,
    /// What it depends on, or what happens meanwhile.
    pub context: Option<String>,
    /// Whose it is: a role, or a name and role.
    pub owner: String,
    /// By when.
    pub due: Option<Timestamp>,
}

/// A legal duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// What is owed, such as `Notice to each individual`.
    pub duty: String,
    /// To whom.
    pub recipient: String,
    /// Such as `45 CFR 164.404(b)`.
    pub citation: Option<String>,
    /// The last lawful day.
    pub due: Option<Date>,
    /// Where it stands.
    pub status: ObligationStatus,
    /// The proof, or what is open.
    pub note: Option<String>,
}

/// Where a duty stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationStatus {
    /// Counsel has not determined whether it is due.
    Undetermined,
    /// Due.
    Due,
    /// Met, with proof.
    Met,
    /// Counsel determined that it is not due.
    NotDue,
}

/// A part of what happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chapter {
    /// What it tells, such as `How they got in`; empty for plain paragraphs.
    #[serde(default)]
    pub title: String,
    /// What it tells, in order.
    pub points: Vec<Point>,
}

/// A thing that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// When, where that is known.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What, in plain words.
    pub text: String,
}

/// A scope question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The question, such as `How did they get in?`
    pub question: String,
    /// The answer.
    pub answer: String,
    /// How sure.
    pub confidence: Confidence,
    /// What it rests on, such as evidence ids.
    pub evidence: Vec<String>,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Seen in evidence.
    Observed,
    /// Follows from evidence.
    Inferred,
    /// Not known.
    Unknown,
}

/// Something that the logs cannot show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageGap {
    /// Which log of which system.
    pub source: String,
    /// What it cannot show, and why.
    pub cannot_show: String,
    /// From when; `None` where the gap has no known beginning.
    pub from: Option<Timestamp>,
    /// Until when.
    pub to: Option<Timestamp>,
}

/// An item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// A short id, such as `E-07`.
    pub id: String,
    /// What it is.
    pub what: String,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// Its size.
    pub bytes: u64,
    /// When it was taken in.
    pub taken_at: Timestamp,
    /// By whom.
    pub taken_by: String,
    /// What has been done with it since, oldest first.
    pub custody: Vec<CustodyEvent>,
}

/// Something done with an item of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyEvent {
    /// When.
    pub at: Timestamp,
    /// What, such as `Handed over to Blue Ridge Forensics`.
    pub what: String,
    /// By whom.
    pub by: String,
}

/// Something to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// What.
    pub what: String,
    /// Whose it is.
    pub owner: String,
    /// By when.
    pub due: Option<Date>,
    /// How far.
    pub status: Progress,
}

/// Somebody who was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name.
    pub name: String,
    /// Role, such as `Incident lead`.
    pub role: String,
    /// For whom they work.
    pub organization: Option<String>,
    /// When they were called.
    pub called_at: Option<Timestamp>,
    /// By when they had to answer.
    pub answer_by: Option<Timestamp>,
    /// When they answered.
    pub answered_at: Option<Timestamp>,
}

/// A checkpoint of the record (RFC 6962 tree head, C2SP checkpoint).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// Entries covered.
    pub size: u64,
    /// Root hash, as the checkpoint writes it (base64).
    pub root_hash: String,
    /// When it was signed.
    pub at: Timestamp,
    /// The key that signed it, as a verifier key.
    pub key: Option<String>,
    /// Commands that verify it, one a line.
    pub verify: Vec<String>,
}

/// Content that a verdict came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentVersion {
    /// Such as `Law tables`.
    pub name: String,
    /// Such as `2026-03-01`.
    pub version: String,
}
