//! The incident's own life: declaring, alerts, severity, calls, law, lessons, closing.

use crate::{
    Answer, BreachDecision, Closing, Engagement, Event, Note, NoteVersion, Obligation, ObligationStanding,
    Remediation, Report, RootCause, RunbookChange, SeverityStanding, Stamp, State, Status,
};

impl State {
    pub(super) fn apply_life(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::Declared { title, incident_kind, exercise, .. } => {
                self.status = Status::Open;
                self.title.clone_from(title);
                self.kind = Some(*incident_kind);
                self.exercise = *exercise;
                self.declared.get_or_insert(stamp);
            }
            Event::AlertAttached { alert, .. } => {
                self.alerts.insert(*alert, stamp);
            }
            Event::AlertDetached { alert, .. } => {
                self.alerts.remove(alert);
            }
            Event::KindRevised { incident_kind, .. } => self.kind = Some(*incident_kind),
            Event::SeveritySet { severity, reasons, computed, engage_within_minutes } => {
                self.severity = Some(SeverityStanding {
                    severity: *severity,
                    computed: *computed,
                    reasons: reasons.clone(),
                    engage_within_minutes: *engage_within_minutes,
                    stamp,
                });
            }
            Event::Engaged { engagement, party, name, means, due_at } => {
                let call = Engagement {
                    id: *engagement,
                    party: *party,
                    name: name.clone(),
                    means: means.clone(),
                    due_at: *due_at,
                    called: stamp,
                    answer: None,
                };
                self.engagements.insert(*engagement, call);
            }
            Event::Answered { engagement, joins, text, answered_at } => {
                if let Some(call) = self.engagements.get_mut(engagement) {
                    call.answer = Some(Answer { at: *answered_at, joins: *joins, text: text.clone(), stamp });
                }
            }
            Event::RetentionSet { until, .. } => self.retain_until = Some(*until),
            Event::Closed { summary, retain_until } => {
                self.status = Status::Closed;
                for item in self.evidence.values_mut() {
                    item.retain_until = item.retain_until.max(Some(*retain_until));
                }
                self.closings.push(Closing { closed: stamp, summary: summary.clone(), reopened: None });
            }
            Event::Reopened { reason } => {
                self.status = Status::Open;
                if let Some(closing) = self.closings.last_mut() {
                    closing.reopened = Some((stamp, reason.clone()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn apply_law(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::BreachDecided { answer, reasons, document, privileged } => {
                self.breach.push(BreachDecision {
                    answer: *answer,
                    reasons: reasons.clone(),
                    document: *document,
                    privileged: *privileged,
                    stamp,
                })
            }
            Event::ObligationsSet { obligations, law_tables_as_of, facts, .. } => {
                self.case.computed_from = *facts;
                self.law_tables_as_of = Some(*law_tables_as_of);
                // What the facts ask for again is open again: counsel's word was on facts that no longer stand.
                let again = |obligation: &&mut Obligation| {
                    !obligation.computed
                        && matches!(obligation.standing, ObligationStanding::NotDue { .. })
                        && obligations.iter().any(|given| given.id == obligation.id)
                };
                for obligation in self.obligations.values_mut().filter(again) {
                    obligation.standing = ObligationStanding::Open;
                }
                for obligation in self.obligations.values_mut() {
                    obligation.computed = false;
                }
                for given in obligations {
                    let obligation = self.obligations.entry(given.id).or_insert_with(|| Obligation {
                        id: given.id,
                        duty: given.duty.clone(),
                        standing: ObligationStanding::Open,
                        computed: true,
                    });
                    obligation.duty.clone_from(&given.duty);
                    obligation.computed = true;
                }
            }
            Event::ObligationMet { obligation, on, proof, note } => {
                if let Some(obligation) = self.obligations.get_mut(obligation) {
                    obligation.standing =
                        ObligationStanding::Met { on: *on, proof: *proof, note: note.clone(), stamp };
                }
            }
            Event::ObligationNotDue { obligation, reasons, privileged } => {
                if let Some(obligation) = self.obligations.get_mut(obligation) {
                    obligation.standing = ObligationStanding::NotDue {
                        reasons: reasons.clone(),
                        privileged: *privileged,
                        stamp,
                    };
                }
            }
            _ => {}
        }
    }

    pub(super) fn apply_lessons(&mut self, event: &Event, stamp: Stamp) {
        match event {
            Event::RootCauseRecorded { text, evidence } => {
                self.root_cause = Some(RootCause { text: text.clone(), evidence: evidence.clone(), stamp });
            }
            Event::RemediationAdded { item, what, owner, due } => {
                let added = Remediation {
                    id: *item,
                    what: what.clone(),
                    owner: owner.clone(),
                    due: *due,
                    stamp,
                    done: None,
                };
                self.remediation.insert(*item, added);
            }
            Event::RemediationDone { item, how } => {
                if let Some(item) = self.remediation.get_mut(item) {
                    item.done = Some((stamp, how.clone()));
                }
            }
            Event::RunbookChanged { item, runbook, change } => self.runbook_changes.push(RunbookChange {
                id: *item,
                runbook: runbook.clone(),
                change: change.clone(),
                stamp,
            }),
            Event::ReportDelivered { report, what, to, digest, privileged } => self.reports.push(Report {
                id: *report,
                what: what.clone(),
                to: to.clone(),
                digest: *digest,
                situation: false,
                privileged: *privileged,
                stamp,
            }),
            Event::SituationReportSent { report, to, digest } => self.reports.push(Report {
                id: *report,
                what: "situation report".to_owned(),
                to: to.clone(),
                digest: *digest,
                situation: true,
                privileged: false,
                stamp,
            }),
            Event::NoteWritten { note, digest, bytes, about, privileged } => {
                let version = NoteVersion { digest: *digest, bytes: *bytes, because: None, stamp };
                let written = Note {
                    id: *note,
                    about: about.clone(),
                    privileged: *privileged,
                    versions: vec![version],
                };
                self.notes.insert(*note, written);
            }
            Event::NoteRevised { note, digest, bytes, reason, .. } => {
                if let Some(note) = self.notes.get_mut(note) {
                    let because = Some(reason.clone());
                    note.versions.push(NoteVersion { digest: *digest, bytes: *bytes, because, stamp });
                }
            }
            _ => {}
        }
    }
}
