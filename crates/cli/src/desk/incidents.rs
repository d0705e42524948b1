//! Questions about incidents.

use app::{
    notes::{NewNote, RevisedNote},
    ports::{Cursor, IncidentQuery, IncidentRow},
    situation::NewSituation,
};
use incident::{Request, RestoreStep};
use kernel::{IncidentId, NoteId, PracticeId, ReportId, Severity};
use serde_json::{Value, json};

use super::{
    Answered, Desk, How, Listed, Seen, Told, as_sent,
    there::{Query, add},
};
use crate::failure::Failure;

/// The cursor that a page gave.
pub(super) fn cursor(after: Option<&str>) -> Result<Option<Cursor>, Failure> {
    after
        .map(|text| text.parse().map_err(|error| Failure::usage(format!("--after {text}: {error}"))))
        .transpose()
}

impl Desk {
    /// A page of incidents.
    pub(crate) async fn incidents(
        &self,
        text: Option<&str>,
        status: Option<&str>,
        severity: Option<Severity>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Listed<IncidentRow>, Failure> {
        match self {
            Self::Here(here) => {
                let query = IncidentQuery {
                    text: text.map(str::to_owned),
                    status: status.map(str::to_owned),
                    severity,
                    updated_since: None,
                    after: cursor(after.as_deref())?,
                    limit,
                };
                as_sent(&here.app.incidents(&here.actor, query).await?)
            }
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "text", text);
                add(&mut query, "status", status);
                add(&mut query, "severity", severity);
                add(&mut query, "cursor", after);
                add(&mut query, "limit", Some(limit));
                there.get("/incidents", query)
            }
        }
    }

    /// One incident.
    pub(crate) async fn incident(&self, id: IncidentId) -> Result<Seen, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.incident(&here.actor, id).await?),
            Self::There(there) => there.get(&format!("/incidents/{id}"), Query::new()),
        }
    }

    /// The systems that are not back, in the order in which they should come.
    pub(crate) async fn restore_order(&self, id: IncidentId) -> Result<Vec<RestoreStep>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.restore_order(&here.actor, id).await?),
            Self::There(there) => {
                let answer: Value = there.get(&format!("/incidents/{id}/restore-order"), Query::new())?;
                as_sent(answer.get("items").unwrap_or(&answer))
            }
        }
    }

    /// Every entry of an incident.
    pub(crate) async fn timeline(&self, id: IncidentId) -> Result<Vec<Told>, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.timeline(&here.actor, id).await?),
            Self::There(there) => {
                let answer: Value = there.get(&format!("/incidents/{id}/timeline"), Query::new())?;
                as_sent(answer.get("items").or_else(|| answer.get("entries")).unwrap_or(&answer))
            }
        }
    }

    /// Opens an incident.
    pub(crate) async fn declare(
        &self,
        practice: PracticeId,
        request: Request,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => {
                Ok(here.app.declare(&here.actor, practice, request, how.key.clone()).await?.into())
            }
            Self::There(there) => {
                let mut body = as_sent::<Value>(&request)?;
                if let Value::Object(members) = &mut body {
                    members.remove("command");
                    members.insert("practice".to_owned(), json!(practice));
                }
                there.post("/incidents", &body, how)
            }
        }
    }

    /// Gives an incident a command.
    pub(crate) async fn command(
        &self,
        id: IncidentId,
        request: Request,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.command(&here.actor, id, request, how.of_app()).await?.into()),
            Self::There(there) => there.post(&format!("/incidents/{id}/commands"), &request, how),
        }
    }

    /// Writes a note.
    pub(crate) async fn write_note(
        &self,
        id: IncidentId,
        note: NewNote,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.write_note(&here.actor, id, note, how.of_app()).await?.into()),
            Self::There(there) => there.post(&format!("/incidents/{id}/notes"), &note, how),
        }
    }

    /// Revises a note.
    pub(crate) async fn revise_note(
        &self,
        id: IncidentId,
        note: NoteId,
        revised: RevisedNote,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => {
                Ok(here.app.revise_note(&here.actor, id, note, revised, how.of_app()).await?.into())
            }
            Self::There(there) => there.put(&format!("/incidents/{id}/notes/{note}"), &revised),
        }
    }

    /// The next situation report as it would be written now.
    pub(crate) async fn situation_draft(&self, id: IncidentId) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.situation_draft(&here.actor, id).await?),
            Self::There(there) => there.get(&format!("/incidents/{id}/situations/draft"), Query::new()),
        }
    }

    /// Sends a situation report.
    pub(crate) async fn send_situation(
        &self,
        id: IncidentId,
        new: NewSituation,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => {
                Ok(here.app.send_situation(&here.actor, id, new, how.of_app()).await?.1.into())
            }
            Self::There(there) => there.post(&format!("/incidents/{id}/situations"), &new, how),
        }
    }

    /// A situation report as it was sent.
    pub(crate) async fn situation(&self, id: IncidentId, report: ReportId) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.situation(&here.actor, id, report).await?),
            Self::There(there) => there.get(&format!("/incidents/{id}/situations/{report}"), Query::new()),
        }
    }

    /// Every version of a note.
    pub(crate) async fn note(&self, id: IncidentId, note: NoteId) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.note(&here.actor, id, note).await?),
            Self::There(there) => {
                let answer: Value = there.get(&format!("/incidents/{id}/notes/{note}"), Query::new())?;
                Ok(answer.get("items").cloned().unwrap_or(answer))
            }
        }
    }

    /// The binder of a practice.
    pub(crate) async fn binder(&self, id: PracticeId) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.binder_pdf(&here.actor, id).await?),
            Self::There(there) => there.bytes(&format!("/practices/{id}/binder.pdf")),
        }
    }

    /// The report for the practice's leadership, as PDF/A.
    pub(crate) async fn report_pdf(&self, id: IncidentId) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.report_pdf(&here.actor, id).await?),
            Self::There(there) => there.bytes(&format!("/incidents/{id}/report.pdf")),
        }
    }
}
