//! Findings, lessons, reports and notes.

use kernel::{Capability, FindingId, ItemId, NoteId};

use super::{Ask, Decided, refuse, said};
use crate::{Confidence, Event, Question, Refusal, RefusalKind, Request, Statement};

impl Ask<'_> {
    pub(super) fn lessons(&self, request: &Request) -> Decided {
        match request {
            Request::RecordFinding { statement } => {
                let statement = self.statement(statement)?;
                Ok(vec![Event::FindingRecorded { finding: FindingId::new(self.now, self.bits()), statement }])
            }
            Request::ReviseFinding { finding, statement, reason } => {
                let reason = said("reason", reason)?;
                let Some(known) = self.state.findings.get(finding) else {
                    return Err(refuse(
                        RefusalKind::Unknown,
                        format!("no finding {finding}"),
                        "record it first",
                    ));
                };
                if known.statement.question != statement.question {
                    let reason = format!("the finding answers {}", known.statement.question.plain());
                    return Err(refuse(
                        RefusalKind::Invalid,
                        reason,
                        "record another finding for another question",
                    ));
                }
                let statement = self.statement(statement)?;
                Ok(vec![Event::FindingRevised { finding: *finding, statement, reason }])
            }
            Request::RecordRootCause { text, evidence } => Ok(vec![Event::RootCauseRecorded {
                text: said("text", text)?,
                evidence: self.known_evidence(evidence)?,
            }]),
            Request::AddRemediation { what, owner, due } => Ok(vec![Event::RemediationAdded {
                item: ItemId::new(self.now, self.bits()),
                what: said("what", what)?,
                owner: said("owner", owner)?,
                due: *due,
            }]),
            Request::CompleteRemediation { item, how } => match self.state.remediation.get(item) {
                None => {
                    Err(refuse(RefusalKind::Unknown, format!("no remediation {item}"), "record it first"))
                }
                Some(known) if known.done.is_some() => {
                    Err(refuse(RefusalKind::Already, "it is done already", "nothing has to be done"))
                }
                Some(_) => Ok(vec![Event::RemediationDone { item: *item, how: said("how", how)? }]),
            },
            Request::ChangeRunbook { runbook, change } => Ok(vec![Event::RunbookChanged {
                item: ItemId::new(self.now, self.bits()),
                runbook: said("runbook", runbook)?,
                change: said("change", change)?,
            }]),
            Request::DeliverReport { report, what, to, digest, privileged } => {
                Ok(vec![Event::ReportDelivered {
                    report: *report,
                    what: said("what", what)?,
                    to: said("to", to)?,
                    digest: *digest,
                    privileged: *privileged,
                }])
            }
            Request::SendSituationReport { report, to, digest } => {
                Ok(vec![Event::SituationReportSent { report: *report, to: said("to", to)?, digest: *digest }])
            }
            _ => self.note(request),
        }
    }

    fn note(&self, request: &Request) -> Decided {
        match request {
            Request::WriteNote { digest, bytes, about, privileged } => Ok(vec![Event::NoteWritten {
                note: NoteId::new(self.now, self.bits()),
                digest: *digest,
                bytes: *bytes,
                about: about.clone(),
                privileged: *privileged,
            }]),
            Request::ReviseNote { note: id, digest, bytes, reason } => {
                // Whoever may not read a privileged note is not told that there is one, unless they wrote it.
                let mine = |stamp: &crate::Stamp| stamp.by == self.actor.id;
                let note = self.state.notes.get(id).filter(|note| {
                    !note.privileged
                        || self.actor.role.may(Capability::Privileged)
                        || note.versions.iter().any(|version| mine(&version.stamp))
                });
                let Some(note) = note else {
                    return Err(refuse(RefusalKind::Unknown, format!("no note {id}"), "write it first"));
                };
                Ok(vec![Event::NoteRevised {
                    note: *id,
                    digest: *digest,
                    bytes: *bytes,
                    reason: said("reason", reason)?,
                    privileged: note.privileged,
                }])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn statement(&self, statement: &Statement) -> Result<Statement, Refusal> {
        said("text", &statement.text)?;
        self.known_evidence(&statement.evidence)?;
        if statement.confidence == Confidence::Observed && statement.evidence.is_empty() {
            return Err(refuse(
                RefusalKind::Invalid,
                "what was observed rests on evidence, and none is named",
                "name the evidence, or say `inferred`",
            ));
        }
        let about_time = matches!(statement.question, Question::Earliest | Question::Latest);
        if about_time && statement.at.is_none() && statement.confidence != Confidence::Unknown {
            let reason = format!("{} is an instant, and none is given", statement.question.plain());
            return Err(refuse(RefusalKind::Invalid, reason, "give it in `at`, or say `unknown`"));
        }
        if statement.at.is_some_and(|at| at > self.now) {
            return Err(refuse(
                RefusalKind::Invalid,
                "`at` lies in the future",
                "give the time of what was seen",
            ));
        }
        Ok(statement.clone())
    }
}
