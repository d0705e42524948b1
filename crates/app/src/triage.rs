//! Judging and grouping alerts. A person's verdict stands beside the proposal of triage; how often the two agreed is a
//! number that one can ask for.

use incident::{AlertRequest, AlertState, alert};
use kernel::{Actor, AlertId, Digest, Stream, authorise};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    command::How,
    intake::{fold, shown_severity, verdict},
    ports::{AlertRow, Append, JournalError, Row, Scope},
    read::Look,
    write::{Fact, entry_actor},
};

/// How often people agreed with triage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Agreement {
    /// Alerts that a person has judged.
    pub judged: u64,
    /// Of these, how many got the verdict that triage had proposed.
    pub agreed: u64,
}

impl App {
    /// Judges, groups or ungroups an alert. (Alerts are put to an incident by the incident's commands.) A request that was
    /// taken before with the same key changes nothing: the alert is given as it stands.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn triage(
        &self,
        actor: &Actor,
        id: AlertId,
        request: AlertRequest,
        how: How,
    ) -> Result<AlertRow, AppError> {
        if matches!(request, AlertRequest::Receive { .. } | AlertRequest::Propose { .. }) {
            return Err(AppError::invalid("/command", "alerts are taken in by intake"));
        }
        if matches!(request, AlertRequest::AddPhoto { .. }) {
            return Err(AppError::invalid(
                "/command",
                "a photo is sealed as it comes: send its bytes to the alert's photos",
            ));
        }
        if matches!(request, AlertRequest::Attach { .. } | AlertRequest::Detach { .. }) {
            return Err(AppError::invalid("/command", "give the incident `attach_alert` or `detach_alert`"));
        }
        let How { expected, key } = how;
        let asked = serde_json::to_vec(&(id, &request)).map_err(AppError::json("the request"))?;
        let key = key.map(|key| (key, Digest::of(&asked)));
        let request = authorise(actor, request)?;
        for attempt in 1..=3 {
            let mut row = self.alert(actor, id).await?;
            if let Some((key, asked)) = &key
                && self.journal().repeated(row.practice, key, asked).await?.is_some()
            {
                return Ok(row);
            }
            let stream = Stream::alert(id);
            let entries = self.journal().stream(row.practice, stream, 0, 10_000).await?;
            let mut state: AlertState = fold(id, row.practice, &entries)?;
            let before = state.version;
            if let Some(expected) = expected.filter(|&expected| expected != before) {
                let since = self.journal().stream(row.practice, stream, expected, 100).await?;
                return Err(AppError::Stale { expected, current: before, since });
            }
            let now = self.edge().now();
            let events = alert::decide(&state, &request)?;
            for event in &events {
                state.apply(event, now, &entry_actor(actor));
            }
            let proposed = state.proposal.as_ref().map_or(row.severity, |proposal| proposal.severity);
            row.version = state.version;
            row.updated_at = now;
            row.verdict = state.judgement.as_ref().map(|judged| verdict(judged.verdict));
            row.severity = shown_severity(&state, proposed);
            if let Some(group) = state.group {
                row.group = group;
            }
            let append = Append {
                practice: row.practice,
                key: key.clone(),
                parts: vec![self.part(
                    row.practice,
                    stream,
                    before,
                    actor,
                    now,
                    events.iter().map(Fact::from),
                )?],
                rows: vec![Row::Alert(Box::new(row.clone()))],
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(appended) if appended.repeated => return self.alert(actor, id).await,
                Ok(_) => return Ok(row),
                Err(JournalError::Stale { .. }) if expected.is_none() && attempt < 3 => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::invalid("", "the alert changes too fast; try again"))
    }

    /// How often people agreed with triage.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn agreement(&self, actor: &Actor) -> Result<Agreement, AppError> {
        let _ = authorise(actor, Look)?;
        let (judged, agreed) = self.journal().verdict_agreement(Scope::of(actor)).await?;
        Ok(Agreement { judged, agreed })
    }
}
