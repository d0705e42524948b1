//! Questions about alerts.

use app::ports::{AlertQuery, AlertRow, TakenAlert, Verdict};
use incident::{AlertRequest, Photo};
use kernel::{AlertId, Channel, Digest, IncidentId, PracticeId, Severity, Timestamp};
use serde_json::Value;

use super::{
    Desk, How, Listed, as_sent,
    incidents::cursor,
    there::{Query, add},
};
use crate::failure::Failure;

/// What a list of alerts is filtered by.
#[derive(Debug, Clone, Default)]
pub(crate) struct AlertFilter {
    pub(crate) text: Option<String>,
    /// `Some(None)`: not judged by a person.
    pub(crate) verdict: Option<Option<Verdict>>,
    pub(crate) severity: Option<Severity>,
    pub(crate) source: Option<String>,
    pub(crate) channel: Option<Channel>,
    pub(crate) incident: Option<IncidentId>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) after: Option<String>,
    pub(crate) limit: u32,
}

impl Desk {
    /// A page of alerts.
    pub(crate) async fn alerts(&self, filter: &AlertFilter) -> Result<Listed<AlertRow>, Failure> {
        match self {
            Self::Here(here) => {
                let query = AlertQuery {
                    text: filter.text.clone(),
                    verdict: filter.verdict,
                    severity: filter.severity,
                    source: filter.source.clone(),
                    channel: filter.channel,
                    incident: filter.incident,
                    group: None,
                    updated_since: None,
                    received_since: filter.since,
                    after: cursor(filter.after.as_deref())?,
                    limit: filter.limit,
                };
                as_sent(&here.app.alerts(&here.actor, query).await?)
            }
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "text", filter.text.as_deref());
                add(
                    &mut query,
                    "verdict",
                    filter.verdict.map(|verdict| verdict.map_or("none", Verdict::as_str)),
                );
                add(&mut query, "severity", filter.severity);
                add(&mut query, "source", filter.source.as_deref());
                add(&mut query, "channel", filter.channel.map(Channel::as_str));
                add(&mut query, "incident", filter.incident);
                add(&mut query, "received_since", filter.since);
                add(&mut query, "cursor", filter.after.as_deref());
                add(&mut query, "limit", Some(filter.limit));
                there.get("/alerts", query)
            }
        }
    }

    /// The alert that a person means: a whole id, or the end of one of the newest.
    pub(crate) async fn find_alert(&self, text: &str) -> Result<AlertId, Failure> {
        if let Ok(id) = text.trim().parse() {
            return Ok(id);
        }
        let mut filter = AlertFilter { limit: 500, ..AlertFilter::default() };
        let mut known = Vec::new();
        loop {
            let page = self.alerts(&filter).await?;
            known.extend(page.items.iter().map(|row| row.id));
            filter.after = page.next;
            if filter.after.is_none() || known.len() >= 5_000 {
                return crate::pick::pick(text, known, "alert");
            }
        }
    }

    /// One alert.
    pub(crate) async fn alert(&self, id: AlertId) -> Result<AlertRow, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.alert(&here.actor, id).await?),
            Self::There(there) => there.get(&format!("/alerts/{id}"), Query::new()),
        }
    }

    /// An alert's bytes as they were received.
    pub(crate) async fn raw_alert(&self, id: AlertId) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.raw_alert(&here.actor, id).await?),
            Self::There(there) => there.bytes(&format!("/alerts/{id}/raw")),
        }
    }

    /// The photos that came with an alert.
    pub(crate) async fn photos(&self, id: AlertId) -> Result<Vec<Photo>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.photos(&here.actor, id).await?),
            Self::There(there) => {
                let page: Listed<Photo> = there.get(&format!("/alerts/{id}/photos"), Query::new())?;
                Ok(page.items)
            }
        }
    }

    /// A photo's bytes.
    pub(crate) async fn photo(&self, id: AlertId, sha256: &Digest) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.photo(&here.actor, id, sha256).await?.1),
            Self::There(there) => there.bytes(&format!("/alerts/{id}/photos/{sha256}")),
        }
    }

    /// Judges, groups or ungroups an alert.
    pub(crate) async fn triage(
        &self,
        id: AlertId,
        request: AlertRequest,
        how: &How,
    ) -> Result<AlertRow, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.triage(&here.actor, id, request, how.of_app()).await?),
            Self::There(there) => there.post(&format!("/alerts/{id}/commands"), &request, how),
        }
    }

    /// How often people agreed with triage.
    pub(crate) async fn agreement(&self) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.agreement(&here.actor).await?),
            Self::There(there) => there.get("/alerts/agreement", Query::new()),
        }
    }

    /// Records an alert that was read here.
    pub(crate) async fn take_alert(&self, practice: PracticeId, taken: TakenAlert) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.take_alert(&here.actor, practice, taken).await?),
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "practice", Some(practice));
                let path = format!("/intake/{}", taken.alert.source);
                there.send(
                    &path,
                    query,
                    "application/octet-stream",
                    &mut taken.raw.as_slice(),
                    &How::default(),
                )
            }
        }
    }

    /// Delivers the bytes of one source to a server, as they are.
    pub(crate) async fn deliver(
        &self,
        practice: PracticeId,
        source: &str,
        bytes: &[u8],
    ) -> Result<Value, Failure> {
        match self {
            Self::Here(_) => Err(Failure::outside("alerts are delivered to a server")),
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "practice", Some(practice));
                let mut bytes = bytes;
                there.send(
                    &format!("/intake/{source}"),
                    query,
                    "application/octet-stream",
                    &mut bytes,
                    &How::default(),
                )
            }
        }
    }
}
