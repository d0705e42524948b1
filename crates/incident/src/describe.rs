//! One line of plain English for each event: for the timeline, the war room, the report and the terminal.

use kernel::ActionId;

use crate::{Event, State};

/// Ends a person's own words with a full stop, once.
fn full(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

impl Event {
    /// What happened, in one sentence or two. `state` is any state of the incident at or after the event: it lends the
    /// names of what the event holds only the id of.
    #[must_use]
    pub fn describe(&self, state: &State) -> String {
        self.of_life(state)
            .or_else(|| self.of_containment(state))
            .or_else(|| self.of_custody())
            .or_else(|| self.of_recovery())
            .or_else(|| self.of_law(state))
            .or_else(|| self.of_case())
            .or_else(|| self.of_lessons(state))
            .unwrap_or_else(|| full(&self.kind().replace('_', " ")))
    }

    fn of_life(&self, state: &State) -> Option<String> {
        Some(match self {
            Self::Declared { title, incident_kind, reason, exercise } => {
                let word = if *exercise { "Exercise" } else { "Incident" };
                full(&format!("{word} declared: {title} ({}). {reason}", incident_kind.plain()))
            }
            Self::AlertAttached { alert, reason } => {
                full(&format!("Alert {alert} put to the incident: {reason}"))
            }
            Self::AlertDetached { alert, reason } => {
                full(&format!("Alert {alert} taken off the incident: {reason}"))
            }
            Self::KindRevised { incident_kind, reason } => full(&format!(
                "The incident is {} rather than what was thought: {reason}",
                incident_kind.plain()
            )),
            Self::SeveritySet { severity, reasons, engage_within_minutes, .. } => full(&format!(
                "Severity {severity}, to be answered within {engage_within_minutes} minutes: {}",
                reasons.join("; ")
            )),
            Self::Engaged { party, name, means, due_at, .. } => {
                full(&format!("{name}, {}, called by {means}; has to answer by {due_at}", party.plain()))
            }
            Self::Answered { engagement, joins, text, .. } => {
                let name = state.engagements.get(engagement).map_or("Somebody", |call| call.name.as_str());
                let joins =
                    if *joins { "answered and takes part" } else { "answered and does not take part" };
                if text.trim().is_empty() {
                    full(&format!("{name} {joins}"))
                } else {
                    full(&format!("{name} {joins}: {text}"))
                }
            }
            Self::Suspected { subject, why, .. } => full(&format!("Suspected: {}. {why}", subject.plain())),
            Self::Confirmed { subject, why } => full(&format!("Confirmed: {}. {why}", subject.plain())),
            Self::SuspicionCleared { subject, why } => {
                full(&format!("Suspicion unfounded: {}. {why}", subject.plain()))
            }
            Self::Recurred { subject, what } => full(&format!("CAME BACK: {}. {what}", subject.plain())),
            Self::Closed { summary: Some(summary), .. } => full(&format!("Incident closed: {summary}")),
            Self::Closed { summary: None, .. } => "Incident closed.".to_owned(),
            Self::Reopened { reason } => full(&format!("Incident reopened: {reason}")),
            Self::RetentionSet { until, reason } => {
                full(&format!("The record is kept until {until}: {reason}"))
            }
            _ => return None,
        })
    }

    fn of_containment(&self, state: &State) -> Option<String> {
        let named = |id: &ActionId| match state.actions.get(id) {
            Some(action) => format!("\"{}\" on {}", action.measure.plain(), action.target.plain()),
            None => format!("action {id}"),
        };
        Some(match self {
            Self::ContainmentProposed { measure, target, why, stops, preapproved, .. } => {
                let approved = if *preapproved { " The plan approves it beforehand." } else { "" };
                let action = format!("\"{}\" on {}", measure.plain(), target.plain());
                format!("Proposed: {action}. {} {}{approved}", full(why), stops.sentence())
            }
            Self::ContainmentApproved { action, side } => {
                full(&format!("Approved for {}: {}", side.plain(), named(action)))
            }
            Self::ContainmentWithdrawn { action, reason } => {
                full(&format!("Withdrawn: {}. {reason}", named(action)))
            }
            Self::GlassBroken { action, reason, without } => {
                let without: Vec<_> = without.iter().map(|side| side.plain()).collect();
                let without = without.join(" and ");
                full(&format!(
                    "GLASS BROKEN for {} without the approval of {without}: {reason}",
                    named(action)
                ))
            }
            Self::ContainmentApplied { action, .. } => full(&format!("Applied: {}", named(action))),
            Self::ContainmentVerified { action, how } => full(&format!("Holds: {}. {how}", named(action))),
            Self::ContainmentFailed { action, reason } => {
                full(&format!("Had no effect: {}. {reason}", named(action)))
            }
            Self::ContainmentUndone { action, reason } => {
                full(&format!("Undone: {}. {reason}", named(action)))
            }
            Self::FindingRecorded { statement, .. } => full(&format!(
                "Finding on {} ({}): {}",
                statement.question.plain(),
                statement.confidence.plain(),
                statement.text
            )),
            Self::FindingRevised { statement, reason, .. } => full(&format!(
                "Finding on {} revised ({}): {} Reason: {reason}",
                statement.question.plain(),
                statement.confidence.plain(),
                full(&statement.text)
            )),
            _ => return None,
        })
    }

    fn of_custody(&self) -> Option<String> {
        let item = |id: &Option<kernel::EvidenceId>| {
            id.map_or_else(|| "everything of the incident".to_owned(), |id| format!("evidence {id}"))
        };
        Some(match self {
            Self::EvidenceTaken { evidence, bytes, source, why, .. } => {
                full(&format!("Evidence {evidence} taken in from {source}, {bytes} bytes: {why}"))
            }
            Self::EvidenceHandedOver { evidence, to, why } => {
                full(&format!("Evidence {evidence} handed over to {to}: {why}"))
            }
            Self::EvidenceReceivedBack { evidence, from, unchanged, .. } => {
                let state = match unchanged {
                    Some(true) => "unchanged",
                    Some(false) => "CHANGED: its digest differs",
                    None => "not compared",
                };
                full(&format!("Evidence {evidence} received back from {from}, {state}"))
            }
            Self::CopyExamined { evidence, purpose, .. } => {
                full(&format!("A copy of evidence {evidence} examined: {purpose}"))
            }
            Self::EvidenceReleased { evidence, to, why } => {
                full(&format!("Evidence {evidence} released to {to}: {why}"))
            }
            Self::HoldPlaced { evidence, reason } => {
                full(&format!("Legal hold on {}: {reason}", item(evidence)))
            }
            Self::HoldLifted { evidence, reason } => {
                full(&format!("Legal hold lifted from {}: {reason}", item(evidence)))
            }
            Self::EvidenceRetentionSet { evidence, until, reason } => {
                full(&format!("Evidence {evidence} is kept until {until}: {reason}"))
            }
            Self::DestructionRequested { evidence, reason } => {
                full(&format!("Destruction of evidence {evidence} asked for: {reason}"))
            }
            Self::DestructionWithdrawn { evidence, reason } => {
                full(&format!("The request to destroy evidence {evidence} was taken back: {reason}"))
            }
            Self::EvidenceDestroyed { evidence, .. } => {
                format!("Evidence {evidence} destroyed, confirmed by a second person; its digest stays.")
            }
            _ => return None,
        })
    }

    fn of_recovery(&self) -> Option<String> {
        Some(match self {
            Self::SystemWorkDone { system, work, what, .. } => {
                full(&format!("{system}: {}. {what}", work.plain()))
            }
            Self::AccountWorkDone { account, work, what, .. } => {
                full(&format!("Account {account}: {}. {what}", work.plain()))
            }
            Self::SystemCleaned { system, uncontained_because: None } => format!("{system} is clean."),
            Self::SystemCleaned { system, uncontained_because: Some(because) } => {
                full(&format!("{system} is clean; it was never contained: {because}"))
            }
            Self::RestorePointChosen { system, name, source, taken_at } => {
                full(&format!("{system} will be restored from {name} ({source}), taken at {taken_at}"))
            }
            Self::RestorePointVerified { system, how } => {
                full(&format!("The restore point of {system} is verified: {how}"))
            }
            Self::SystemRestored { system } => format!("{system} is restored."),
            Self::GateHeld { system, gate, how, .. } => full(&format!("{system}: {}. {how}", gate.plain())),
            Self::GateWaived { system, gate, reason } => {
                full(&format!("{system}: WAIVED \"{}\". {reason}", gate.plain()))
            }
            Self::SystemReturned { system } => format!("{system} is back in production."),
            Self::WatchSet { system, until, what } => {
                full(&format!("{system} is watched until {until} for {what}"))
            }
            Self::Observed { system, text, quiet } => {
                let word = if *quiet { "quiet" } else { "NOT QUIET" };
                full(&format!("{system} watched, {word}: {text}"))
            }
            Self::SystemCleared { system, why } => full(&format!("{system} is cleared: {why}")),
            Self::SystemRetired { system, reason } => {
                full(&format!("{system} is out of use for good: {reason}"))
            }
            Self::AccountReturned { account, without_mfa_because: None } => {
                format!("Account {account} is back with its owner.")
            }
            Self::AccountReturned { account, without_mfa_because: Some(because) } => {
                full(&format!("Account {account} is back with its owner, without a second factor: {because}"))
            }
            Self::AccountRetired { account, reason } => {
                full(&format!("Account {account} is removed: {reason}"))
            }
            _ => return None,
        })
    }

    fn of_law(&self, state: &State) -> Option<String> {
        let duty =
            |id| state.obligations.get(id).map_or_else(|| format!("obligation {id}"), |it| it.duty.plain());
        Some(match self {
            // The reasons stand in the entry, for those who may read it.
            Self::BreachDecided { answer, .. } => format!("The attorney decided: {}.", answer.plain()),
            Self::ObligationsSet { changes, law_tables_as_of, .. } if changes.is_empty() => {
                format!("Obligations computed as of {law_tables_as_of}; nothing changed.")
            }
            Self::ObligationsSet { changes, law_tables_as_of, .. } => {
                full(&format!("Obligations computed as of {law_tables_as_of}: {}", changes.join("; ")))
            }
            Self::ObligationMet { obligation, on, note, .. } => {
                full(&format!("Met on {on}: {}. {note}", duty(obligation)))
            }
            Self::ObligationNotDue { obligation, .. } => {
                full(&format!("The attorney determined that it is not due: {}", duty(obligation)))
            }
            _ => return None,
        })
    }

    fn of_case(&self) -> Option<String> {
        Some(match self {
            Self::FactsStated { realm, changed, reason, .. } => {
                let shown: Vec<_> = changed.iter().take(12).map(String::as_str).collect();
                let more = changed.len().saturating_sub(shown.len());
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                full(&format!(
                    "Breach facts changed ({}): {}{more}. {reason}",
                    realm.plain(),
                    shown.join(", ")
                ))
            }
            Self::FactorsPrepared { .. } => "A version of the four-factor assessment was written.".to_owned(),
            Self::ProbabilityRecommended { version, probability, because } => full(&format!(
                "Recommended on version {version} of the four-factor assessment: {}. {because}",
                probability.plain()
            )),
            Self::ProbabilityDetermined { version, probability } => full(&format!(
                "The attorney determined on version {version} of the four-factor assessment: {}",
                probability.plain()
            )),
            Self::ConditionStated { about, condition, met, because, .. } => {
                let met = match met {
                    Some(true) => "met",
                    Some(false) => "not met",
                    None => "not known",
                };
                let (about, condition) = (about.replace('_', " "), condition.replace('_', " "));
                full(&format!("The attorney states of {about}: {condition} is {met}. {because}"))
            }
            Self::MailingBegun { letters, .. } => format!("Mailing begun: {letters} letters."),
            Self::MailRecorded { step, letters, on, reason, how } => {
                let count = letters.iter().map(|span| span.count()).fold(0_u32, u32::saturating_add);
                let mut text = format!("{count} letters {} on {on}", step.plain());
                if let Some(reason) = reason {
                    text.push_str(&format!(": {}", reason.plain()));
                }
                if let Some(how) = how {
                    text.push_str(&format!(": {how}"));
                }
                full(&text)
            }
            _ => return None,
        })
    }

    fn of_lessons(&self, state: &State) -> Option<String> {
        Some(match self {
            Self::RootCauseRecorded { text, .. } => full(&format!("Root cause: {text}")),
            Self::RemediationAdded { what, owner, due, .. } => {
                full(&format!("To change: {what} ({owner}, by {due})"))
            }
            Self::RemediationDone { item, how } => {
                let what =
                    state.remediation.get(item).map_or("a remediation item", |known| known.what.as_str());
                full(&format!("Changed: {what}. {how}"))
            }
            Self::RunbookChanged { runbook, change, .. } => {
                full(&format!("Runbook {runbook} changed: {change}"))
            }
            Self::ReportDelivered { what, to, .. } => full(&format!("Delivered to {to}: {what}")),
            Self::SituationReportSent { to, .. } => full(&format!("Situation report sent to {to}")),
            Self::NoteWritten { about: Some(about), bytes, .. } => {
                format!("Note on {} written, {bytes} bytes.", about.plain())
            }
            Self::NoteWritten { about: None, bytes, .. } => format!("Note written, {bytes} bytes."),
            Self::NoteRevised { reason, .. } => full(&format!("Note revised: {reason}")),
            _ => return None,
        })
    }
}
