//! How an event changes where an incident stands. Total: any event on any state gives a state. An event about a thing
//! that the state does not have changes only the version, so that no record, however odd, keeps an incident from opening.

mod case;
mod containment;
mod custody;
mod people;
mod recovery;
mod scope;

use kernel::{Entry, Role, Timestamp, entry::EntryActor};

use crate::{Event, Stamp, State};

/// The state after `event`.
#[must_use]
pub fn evolve(mut state: State, event: &Event, at: Timestamp, actor: &EntryActor) -> State {
    state.apply(event, at, actor);
    state
}

impl State {
    /// Applies an event, made by `actor` at `at`.
    pub fn apply(&mut self, event: &Event, at: Timestamp, actor: &EntryActor) {
        self.version = self.version.saturating_add(1);
        self.changed_at = Some(at);
        let stamp = Stamp::new(at, actor);
        if actor.role != Role::Service {
            self.acted.insert(actor.id, stamp.clone());
        }
        use Event as E;
        match event {
            E::Suspected { .. } | E::Confirmed { .. } | E::SuspicionCleared { .. } | E::Recurred { .. } => {
                self.apply_scope(event, stamp);
            }
            E::ContainmentProposed { .. }
            | E::ContainmentApproved { .. }
            | E::ContainmentWithdrawn { .. }
            | E::GlassBroken { .. }
            | E::ContainmentApplied { .. }
            | E::ContainmentVerified { .. }
            | E::ContainmentFailed { .. }
            | E::ContainmentUndone { .. } => self.apply_containment(event, stamp),
            E::FindingRecorded { .. } | E::FindingRevised { .. } => self.apply_finding(event, stamp),
            E::EvidenceTaken { .. }
            | E::EvidenceHandedOver { .. }
            | E::EvidenceReceivedBack { .. }
            | E::CopyExamined { .. }
            | E::EvidenceReleased { .. }
            | E::HoldPlaced { .. }
            | E::HoldLifted { .. }
            | E::EvidenceRetentionSet { .. }
            | E::DestructionRequested { .. }
            | E::DestructionWithdrawn { .. }
            | E::EvidenceDestroyed { .. } => self.apply_custody(event, stamp),
            E::AccountWorkDone { .. } | E::AccountReturned { .. } | E::AccountRetired { .. } => {
                self.apply_account(event, stamp);
            }
            E::SystemWorkDone { .. }
            | E::SystemCleaned { .. }
            | E::RestorePointChosen { .. }
            | E::RestorePointVerified { .. }
            | E::SystemRestored { .. }
            | E::GateHeld { .. }
            | E::GateWaived { .. }
            | E::SystemReturned { .. }
            | E::WatchSet { .. }
            | E::Observed { .. }
            | E::SystemCleared { .. }
            | E::SystemRetired { .. } => self.apply_recovery(event, stamp),
            E::BreachDecided { .. }
            | E::ObligationsSet { .. }
            | E::ObligationMet { .. }
            | E::ObligationNotDue { .. } => self.apply_law(event, stamp),
            E::FactsStated { .. }
            | E::FactorsPrepared { .. }
            | E::ProbabilityRecommended { .. }
            | E::ProbabilityDetermined { .. }
            | E::ConditionStated { .. }
            | E::MailingBegun { .. }
            | E::MailRecorded { .. } => self.apply_case(event, stamp),
            E::RootCauseRecorded { .. }
            | E::RemediationAdded { .. }
            | E::RemediationDone { .. }
            | E::RunbookChanged { .. }
            | E::ReportDelivered { .. }
            | E::SituationReportSent { .. }
            | E::NoteWritten { .. }
            | E::NoteRevised { .. } => self.apply_lessons(event, stamp),
            E::Declared { .. }
            | E::AlertAttached { .. }
            | E::AlertDetached { .. }
            | E::KindRevised { .. }
            | E::SeveritySet { .. }
            | E::Engaged { .. }
            | E::Answered { .. }
            | E::RetentionSet { .. }
            | E::Closed { .. }
            | E::Reopened { .. } => self.apply_life(event, stamp),
        }
    }

    /// Applies an entry of the incident's stream.
    ///
    /// # Errors
    /// Where the entry's kind is none of an incident's, or its body is not of that kind. The state is unchanged then.
    pub fn apply_entry(&mut self, entry: &Entry) -> Result<(), serde_json::Error> {
        let event = Event::from_entry(entry)?;
        self.apply(&event, entry.at, &entry.actor);
        Ok(())
    }
}
