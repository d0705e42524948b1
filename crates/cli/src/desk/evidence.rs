//! Questions about evidence and packages.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use app::{
    chronicle::Filter,
    evidence::Provenance,
    hunt::HuntDone,
    ports::{EvidenceQuery, EvidenceRow, MoreRules},
    retention::{Kept, RetentionQuery},
};
use kernel::{EvidenceId, IncidentId};
use ledger::package::Audience;
use serde_json::{Value, json};

use super::{
    Answered, Desk, How, Listed, as_sent,
    there::{Query, add},
};
use crate::failure::Failure;

impl Desk {
    /// Takes bytes in.
    pub(crate) async fn take_evidence(
        &self,
        incident: IncidentId,
        mut reader: Box<dyn Read + Send>,
        from: Provenance,
        how: &How,
    ) -> Result<Answered, Failure> {
        match self {
            Self::Here(here) => {
                Ok(here.app.take_evidence(&here.actor, incident, reader, from, how.of_app()).await?.into())
            }
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "name", Some(from.name));
                add(&mut query, "source", Some(from.source));
                add(&mut query, "why", Some(from.why));
                let path = format!("/incidents/{incident}/evidence");
                there.send(&path, query, "application/octet-stream", &mut reader, how)
            }
        }
    }

    /// Evidence to be watched: retention, holds, requests to destroy, alterations.
    pub(crate) async fn retention(&self, asked: RetentionQuery) -> Result<Vec<Kept>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.retention(&here.actor, asked).await?),
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "practice", asked.practice.map(|id| id.to_string()));
                add(&mut query, "incident", asked.incident.map(|id| id.to_string()));
                add(&mut query, "within_days", asked.within_days.map(|days| days.to_string()));
                Ok(there.get::<Listed<Kept>>("/retention", query)?.items)
            }
        }
    }

    /// All items of an incident.
    pub(crate) async fn evidence(&self, incident: IncidentId) -> Result<Vec<EvidenceRow>, Failure> {
        let mut rows = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page: Listed<EvidenceRow> = match self {
                Self::Here(here) => {
                    let after = super::incidents::cursor(after.as_deref())?;
                    let query = EvidenceQuery {
                        incident: Some(incident),
                        after,
                        limit: 500,
                        ..EvidenceQuery::default()
                    };
                    as_sent(&here.app.evidence_list(&here.actor, query).await?)?
                }
                Self::There(there) => {
                    let mut query = Query::new();
                    add(&mut query, "cursor", after);
                    add(&mut query, "limit", Some(500));
                    there.get(&format!("/incidents/{incident}/evidence"), query)?
                }
            };
            rows.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Copies an item's bytes. A changed item ends in a failure, and whatever was written before is not to be used.
    pub(crate) async fn copy_evidence(
        &self,
        id: EvidenceId,
        out: &mut (dyn Write + Send),
    ) -> Result<u64, Failure> {
        let broken = |error: io::Error| {
            let text = crate::failure::chain(&error);
            if error.kind() == io::ErrorKind::InvalidData {
                Failure::no("evidence_changed", text)
            } else {
                Failure::outside(text)
            }
        };
        match self {
            Self::Here(here) => {
                let (_, mut reader) = here.app.open_evidence(&here.actor, id).await?;
                io::copy(&mut reader, out).map_err(broken)
            }
            Self::There(there) => {
                let mut reader = there.stream(&format!("/evidence/{id}/content"))?;
                io::copy(&mut reader, out).map_err(broken)
            }
        }
    }

    /// Hashes items again.
    pub(crate) async fn rehash(&self, incident: Option<IncidentId>) -> Result<Vec<Value>, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.rehash(&here.actor, incident).await?),
            Self::There(there) => {
                let path = incident.map_or_else(
                    || "/evidence/rehash".to_owned(),
                    |id| format!("/evidence/rehash?incident={id}"),
                );
                let answer: Value = there.post(&path, &json!({}), &How::default())?;
                as_sent(answer.get("items").unwrap_or(&answer))
            }
        }
    }

    /// Hunts through an incident's items, with these rules besides.
    pub(crate) async fn hunt(&self, incident: IncidentId, rules: MoreRules) -> Result<HuntDone, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.hunt(&here.actor, incident, rules).await?),
            Self::There(there) => {
                let with = json!({"rules": rules.texts, "yara": rules.yara});
                there.post(&format!("/incidents/{incident}/hunt"), &with, &How::default())
            }
        }
    }

    /// What the last hunt through them found.
    pub(crate) async fn hunt_result(&self, incident: IncidentId) -> Result<HuntDone, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.hunt_result(&here.actor, incident).await?),
            Self::There(there) => there.get(&format!("/incidents/{incident}/hunt"), Query::new()),
        }
    }

    /// Lines of the last hunt's timeline, as the API sends them.
    pub(crate) async fn hunt_lines(
        &self,
        incident: IncidentId,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => {
                let after = cursor.map(str::parse).transpose();
                let after =
                    after.map_err(|error: app::ports::page::BadCursor| Failure::usage(error.to_string()))?;
                as_sent(&here.app.hunt_lines(&here.actor, incident, filter, after, limit).await?)
            }
            Self::There(there) => {
                let mut query = Query::new();
                add(&mut query, "from", filter.from);
                add(&mut query, "to", filter.to);
                add(&mut query, "host", filter.host.as_deref());
                add(&mut query, "account", filter.account.as_deref());
                add(&mut query, "tactic", filter.tactic.as_deref());
                add(&mut query, "level", filter.level.map(app::chronicle::Level::as_str));
                add(&mut query, "what", filter.what.as_deref());
                add(&mut query, "cursor", cursor);
                add(&mut query, "limit", Some(limit));
                there.get(&format!("/incidents/{incident}/hunt/lines"), query)
            }
        }
    }

    /// Writes a package.
    pub(crate) async fn export(
        &self,
        incident: IncidentId,
        audience: Audience,
        evidence: Option<bool>,
        out: &Path,
    ) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => {
                as_sent(&here.app.export(&here.actor, incident, audience, evidence, out).await?)
            }
            Self::There(there) => {
                let mut body = json!({ "for": audience.as_str() });
                if let (Some(evidence), Some(members)) = (evidence, body.as_object_mut()) {
                    members.insert("evidence".to_owned(), Value::Bool(evidence));
                }
                let (reader, length) = there.posted(&format!("/incidents/{incident}/packages"), &body)?;
                let bytes = write_whole(reader, length, out)?;
                Ok(json!({ "file": out, "bytes": bytes }))
            }
        }
    }
}

/// Writes beside the target first, so that the file is whole or absent.
pub(super) fn write_whole(mut reader: impl Read, length: Option<u64>, out: &Path) -> Result<u64, Failure> {
    let draft = out.with_extension("part");
    let outcome = File::create(&draft).and_then(|mut file| {
        let count = io::copy(&mut reader, &mut file)?;
        if length.is_some_and(|length| length != count) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server's answer broke off"));
        }
        file.sync_all()?;
        std::fs::rename(&draft, out)?;
        Ok(count)
    });
    outcome.map_err(|error| {
        let _ = std::fs::remove_file(&draft);
        Failure::writing(out, &error)
    })
}
