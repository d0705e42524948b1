//! What a request leads to: events, or a refusal. Pure: the instant is given, ids are derived from the incident, its
//! version and the instant, so that the same request on the same state gives the same events. Whether the role may
//! ask at all was settled when the request was authorised.

mod case;
mod containment;
mod custody;
mod law;
mod lessons;
mod life;
mod recovery;
mod scope;

use std::cell::Cell;

use jiff::civil::Date;
use kernel::{Actor, Authorised, Digest, EvidenceId, SystemName, Timestamp, entry::EntryActor};

use crate::{Event, Practice, Refusal, RefusalKind, Request, Request as R, State, Status, System};

/// Hours ahead for which visits and procedures are counted.
pub const IMPACT_HOURS: u16 = 12;

/// The most characters a text of a request may have.
pub const MAX_TEXT: usize = 8_000;

/// What the request leads to. No events mean that it changes nothing (obligations that were computed anew and are as
/// they were).
///
/// # Errors
/// [`Refusal`] with the reason and the way out. Nothing changed then.
pub fn decide(
    state: &State,
    request: &Authorised<Request>,
    practice: &Practice,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let ask = Ask {
        state,
        practice,
        now: kernel::time::microseconds(now),
        actor: request.actor(),
        made: Cell::new(0),
    };
    let request = request.request();
    ask.open_for(request)?;
    match request {
        R::Declare { .. }
        | R::AttachAlert { .. }
        | R::DetachAlert { .. }
        | R::ReviseKind { .. }
        | R::SetSeverity { .. }
        | R::Engage { .. }
        | R::RecordAnswer { .. }
        | R::SetRetention { .. }
        | R::Close { .. }
        | R::Reopen { .. } => ask.life(request),
        R::Suspect { .. } | R::Confirm { .. } | R::ClearSuspicion { .. } | R::RecordRecurrence { .. } => {
            ask.scope(request)
        }
        R::ProposeContainment { .. }
        | R::ApproveContainment { .. }
        | R::WithdrawContainment { .. }
        | R::ApplyContainment { .. }
        | R::BreakGlass { .. }
        | R::VerifyContainment { .. }
        | R::FailContainment { .. }
        | R::UndoContainment { .. } => ask.containment(request),
        R::TakeEvidence { .. }
        | R::HandOverEvidence { .. }
        | R::ReceiveEvidenceBack { .. }
        | R::ExamineCopy { .. }
        | R::ReleaseEvidence { .. }
        | R::PlaceHold { .. }
        | R::LiftHold { .. }
        | R::SetEvidenceRetention { .. }
        | R::RequestDestruction { .. }
        | R::ConfirmDestruction { .. }
        | R::WithdrawDestruction { .. } => ask.custody(request),
        R::RecordAccountWork { .. } | R::ReturnAccount { .. } | R::RetireAccount { .. } => {
            ask.account(request)
        }
        R::RecordSystemWork { .. }
        | R::DeclareClean { .. }
        | R::ChooseRestorePoint { .. }
        | R::VerifyRestorePoint { .. }
        | R::RecordRestored { .. }
        | R::HoldGate { .. }
        | R::SignGate { .. }
        | R::WaiveGate { .. }
        | R::ReturnToProduction { .. }
        | R::SetWatch { .. }
        | R::RecordObservation { .. }
        | R::ClearSystem { .. }
        | R::RetireSystem { .. } => ask.recovery(request),
        R::DecideBreach { .. }
        | R::SetObligations { .. }
        | R::MeetObligation { .. }
        | R::DetermineNotDue { .. } => ask.law(request),
        R::StateFacts { .. }
        | R::PrepareFactors { .. }
        | R::RecommendProbability { .. }
        | R::DetermineProbability { .. }
        | R::StateCondition { .. }
        | R::BeginMailing { .. }
        | R::RecordMail { .. } => ask.case(request),
        R::RecordFinding { .. }
        | R::ReviseFinding { .. }
        | R::RecordRootCause { .. }
        | R::AddRemediation { .. }
        | R::CompleteRemediation { .. }
        | R::ChangeRunbook { .. }
        | R::DeliverReport { .. }
        | R::SendSituationReport { .. }
        | R::WriteNote { .. }
        | R::ReviseNote { .. } => ask.lessons(request),
    }
}

/// Six years after `date`, as 45 CFR 164.316(b)(2)(i) keeps records; 29 February becomes 1 March.
#[must_use]
pub fn six_years_after(date: Date) -> Date {
    let year = date.year().saturating_add(6);
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, 3, 1)).unwrap_or(Date::MAX)
}

type Decided = Result<Vec<Event>, Refusal>;

/// Everything that a decision rests on.
struct Ask<'a> {
    state: &'a State,
    practice: &'a Practice,
    now: Timestamp,
    actor: &'a Actor,
    made: Cell<u64>,
}

fn refuse(why: RefusalKind, reason: impl Into<String>, way_out: impl Into<String>) -> Refusal {
    Refusal::new(why, reason, way_out)
}

/// A text that has to say something.
fn said(member: &str, text: &str) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        let way_out = format!("say it in `{member}`");
        return Err(refuse(RefusalKind::Invalid, format!("`{member}` is blank"), way_out));
    }
    bounded(member, text)
}

/// A text that may be blank.
fn bounded(member: &str, text: &str) -> Result<String, Refusal> {
    if text.chars().nth(MAX_TEXT).is_some() {
        return Err(refuse(
            RefusalKind::Invalid,
            format!("`{member}` is longer than {MAX_TEXT} characters"),
            "write the long text as a note or take it in as evidence, and name it here",
        ));
    }
    Ok(text.to_owned())
}

impl Ask<'_> {
    /// 128 bits for a new id: fresh for this incident, version and request, and the same when decided again.
    fn bits(&self) -> u128 {
        let nth = self.made.get();
        self.made.set(nth.saturating_add(1));
        let mut seed = [0_u8; 40];
        let parts = [
            &self.state.incident.to_bytes()[..],
            &self.state.version.to_be_bytes(),
            &nth.to_be_bytes(),
            &self.now.as_microsecond().to_be_bytes(),
        ];
        for (to, from) in seed.iter_mut().zip(parts.concat()) {
            *to = from;
        }
        let digest = Digest::of(&seed);
        digest.as_bytes().iter().take(16).fold(0, |bits, &byte| (bits << 8) | u128::from(byte))
    }

    /// Today at the practice.
    fn today(&self) -> Date {
        self.now.to_zoned(self.practice.zone()).date()
    }

    fn entry_actor(&self) -> EntryActor {
        EntryActor { id: self.actor.id, name: self.actor.name.clone(), role: self.actor.role }
    }

    /// Whether the incident takes such a request at all now.
    fn open_for(&self, request: &Request) -> Result<(), Refusal> {
        use Request as R;
        match (self.state.status, request) {
            (Status::Undeclared, R::Declare { .. }) => Ok(()),
            (Status::Undeclared, _) => Err(refuse(
                RefusalKind::NotDeclared,
                "the incident has not been declared",
                "declare it first",
            )),
            (_, R::Declare { .. }) => Err(refuse(
                RefusalKind::AlreadyDeclared,
                "the incident is declared already",
                "attach the alert to it, or declare another incident",
            )),
            (Status::Open, R::Reopen { .. }) => {
                Err(refuse(RefusalKind::Open, "the incident is open", "go on with it"))
            }
            (Status::Open, _) => Ok(()),
            // What goes on after the closing: custody until retention ends, promises, and the record of it.
            (
                Status::Closed,
                R::Reopen { .. }
                | R::WriteNote { .. }
                | R::ReviseNote { .. }
                | R::HandOverEvidence { .. }
                | R::ReceiveEvidenceBack { .. }
                | R::ExamineCopy { .. }
                | R::ReleaseEvidence { .. }
                | R::PlaceHold { .. }
                | R::LiftHold { .. }
                | R::SetEvidenceRetention { .. }
                | R::RequestDestruction { .. }
                | R::ConfirmDestruction { .. }
                | R::WithdrawDestruction { .. }
                | R::SetRetention { .. }
                | R::CompleteRemediation { .. }
                | R::DeliverReport { .. },
            ) => Ok(()),
            (Status::Closed, _) => {
                Err(refuse(RefusalKind::Closed, "the incident is closed", "reopen it with a reason"))
            }
        }
    }

    fn known_evidence(&self, evidence: &[EvidenceId]) -> Result<Vec<EvidenceId>, Refusal> {
        match evidence.iter().find(|id| !self.state.evidence.contains_key(id)) {
            Some(id) => Err(refuse(
                RefusalKind::Unknown,
                format!("the incident has no evidence {id}"),
                "take it in first",
            )),
            None => Ok(evidence.to_vec()),
        }
    }

    fn system_in(&self, name: &SystemName) -> Result<&System, Refusal> {
        self.state.systems.get(name).ok_or_else(|| {
            refuse(
                RefusalKind::Unknown,
                format!("{name} is not part of the incident"),
                "name it as suspected first",
            )
        })
    }
}
