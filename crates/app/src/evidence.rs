//! Evidence: taken in (hashed, sealed, durable) before the journal says so, read only through a check of its bytes,
//! hashed again on demand and on a schedule.

use std::{collections::BTreeMap, io::Read, path::PathBuf};

use incident::Request;
use kernel::{Actor, Capability, Digest, EvidenceId, IncidentId, PracticeId, Requires, authorise};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError, Done,
    command::{Along, How},
    ports::{EvidenceError, EvidenceQuery, EvidenceRow, Rehash, Scope, Stored},
};

/// Handling evidence.
struct Handle;

impl Requires for Handle {
    fn requires(&self) -> Capability {
        Capability::Evidence
    }
}

/// Where an item comes from, and why it is taken.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// What it is called. No PHI.
    pub name: String,
    /// Where it comes from: a host, a person, a product. No PHI.
    pub source: String,
    /// Why it is taken.
    pub why: String,
}

/// What came of hashing an item again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Rehashed {
    /// The item.
    pub evidence: EvidenceId,
    /// What it is called.
    pub name: String,
    /// `ok`, `changed` or `missing`.
    pub outcome: String,
}

/// `ok`, `changed` or `missing`, by item.
type Outcomes = BTreeMap<EvidenceId, String>;

/// What is found of one practice's evidence.
#[derive(Default)]
struct Findings {
    /// By an earlier request with the same key.
    before: Option<Outcomes>,
    /// By this one.
    now: Outcomes,
}

impl App {
    /// Takes in bytes.
    ///
    /// # Errors
    /// [`AppError`]; then neither vault nor journal has anything of it.
    pub async fn take_evidence(
        &self,
        actor: &Actor,
        incident: IncidentId,
        reader: Box<dyn Read + Send>,
        from: Provenance,
        how: How,
    ) -> Result<Done, AppError> {
        let _ = authorise(actor, Handle)?;
        // Looked at first, so that gigabytes are not sealed for an incident that is not there.
        let _ = self.load(Scope::of(actor), incident).await?;
        let store = self.store().clone();
        let stored = self
            .blocking(move || {
                let mut reader = reader;
                Ok(store.put(&mut reader)?)
            })
            .await?;
        self.record_evidence(actor, incident, &stored, from, how).await
    }

    /// Takes in a file, or each file of a folder.
    ///
    /// # Errors
    /// [`AppError`]; items taken in before the failure stay.
    pub async fn take_evidence_path(
        &self,
        actor: &Actor,
        incident: IncidentId,
        path: PathBuf,
        source: &str,
        why: &str,
    ) -> Result<Vec<Done>, AppError> {
        let _ = authorise(actor, Handle)?;
        let _ = self.load(Scope::of(actor), incident).await?;
        let store = self.store().clone();
        let files = self.blocking(move || Ok(store.put_path(&path)?)).await?;
        let mut done = Vec::new();
        for file in files {
            let from = Provenance { name: file.name, source: source.to_owned(), why: why.to_owned() };
            done.push(self.record_evidence(actor, incident, &file.stored, from, How::default()).await?);
        }
        Ok(done)
    }

    /// As [`App::take_evidence_path`], but for files whose bytes the incident holds already. How many were taken now,
    /// and how many were there.
    pub(crate) async fn take_evidence_once(
        &self,
        actor: &Actor,
        incident: IncidentId,
        path: PathBuf,
        source: &str,
        why: &str,
    ) -> Result<(usize, usize), AppError> {
        let _ = authorise(actor, Handle)?;
        let store = self.store().clone();
        let files = self.blocking(move || Ok(store.put_path(&path)?)).await?;
        let (mut taken, mut there) = (0, 0);
        for file in files {
            let state = self.load(Scope::of(actor), incident).await?;
            if state.evidence.values().any(|item| item.digest == file.stored.sha256 && !item.is_destroyed()) {
                there += 1;
                continue;
            }
            let from = Provenance { name: file.name, source: source.to_owned(), why: why.to_owned() };
            self.record_evidence(actor, incident, &file.stored, from, How::default()).await?;
            taken += 1;
        }
        Ok((taken, there))
    }

    pub(crate) async fn record_evidence(
        &self,
        actor: &Actor,
        incident: IncidentId,
        stored: &Stored,
        from: Provenance,
        how: How,
    ) -> Result<Done, AppError> {
        let request = Request::TakeEvidence {
            evidence: self.edge().id(EvidenceId::new),
            digest: stored.sha256,
            bytes: stored.bytes,
            source: from.source,
            why: from.why,
        };
        let along = Along { evidence_name: Some(from.name), ..Along::default() };
        self.command_with(actor, incident, request, how, along).await
    }

    /// The bytes of an item, checked as they are read: a changed file ends in an error, never in a good end.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn open_evidence(
        &self,
        actor: &Actor,
        id: EvidenceId,
    ) -> Result<(EvidenceRow, Box<dyn Read + Send>), AppError> {
        let _ = authorise(actor, Handle)?;
        let row = self.evidence_row(actor, id).await?;
        let (store, digest) = (self.store().clone(), row.sha256);
        let reader = self.blocking(move || Ok(store.open(&digest)?)).await?;
        Ok((row, reader))
    }

    /// Hashes items again: those of one incident, or all that the actor may see.
    ///
    /// # Errors
    /// [`AppError`] where the disk or the database fails; a changed item is an outcome, not an error.
    pub async fn rehash(
        &self,
        actor: &Actor,
        incident: Option<IncidentId>,
    ) -> Result<Vec<Rehashed>, AppError> {
        self.rehash_once(actor, incident, None).await
    }

    /// As [`App::rehash`]; with a key, a request that is sent again is answered with what was found, and nothing is hashed.
    ///
    /// # Errors
    /// As [`App::rehash`]; the key of another request is one.
    pub async fn rehash_once(
        &self,
        actor: &Actor,
        incident: Option<IncidentId>,
        key: Option<String>,
    ) -> Result<Vec<Rehashed>, AppError> {
        let _ = authorise(actor, Handle)?;
        let asked = serde_json::to_vec(&("rehash", incident)).map_err(AppError::json("the request"))?;
        let key = key.map(|key| (key, Digest::of(&asked)));
        let mut found: BTreeMap<PracticeId, Findings> = BTreeMap::new();
        let mut outcomes = Vec::new();
        let mut query = EvidenceQuery { incident, limit: 500, ..EvidenceQuery::default() };
        loop {
            let page = self.journal().evidence(Scope::of(actor), query.clone()).await?;
            for row in page.items {
                if let (Some(key), false) = (&key, found.contains_key(&row.practice)) {
                    found.insert(row.practice, self.found_before(row.practice, key).await?);
                }
                let findings = found.entry(row.practice).or_default();
                let before = findings.before.as_ref().map(|before| before.get(&row.id));
                let outcome = match before {
                    Some(Some(outcome)) => outcome.clone(),
                    // What was taken in since is no part of the first answer.
                    Some(None) => continue,
                    None if row.state == "destroyed" => continue,
                    None => self.rehash_one(actor, &row).await?,
                };
                findings.now.insert(row.id, outcome.clone());
                outcomes.push(Rehashed { evidence: row.id, name: row.name, outcome });
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        if let Some(key) = key {
            for (practice, findings) in found.into_iter().filter(|(_, findings)| findings.before.is_none()) {
                self.record_findings(actor, practice, incident, &findings.now, key.clone()).await?;
            }
        }
        Ok(outcomes)
    }

    /// Hashes one item again and records what came of it.
    async fn rehash_one(&self, actor: &Actor, row: &EvidenceRow) -> Result<String, AppError> {
        let (store, digest) = (self.store().clone(), row.sha256);
        let outcome = self
            .blocking(move || match store.rehash(&digest) {
                Err(EvidenceError::Missing(_)) => Ok(Rehash::Missing),
                outcome => Ok(outcome?),
            })
            .await?;
        // Hashing takes its time; the row is taken as it stands now, so that what happened meanwhile stays.
        let standing = self.journal().evidence_item(Scope::Practice(row.practice), row.id).await?;
        let mut row = standing.unwrap_or_else(|| row.clone());
        if row.state != "destroyed" {
            row.rehashed = Some((self.edge().now(), outcome.as_str().to_owned()));
            self.record_rehash(actor, row).await?;
        }
        Ok(outcome.as_str().to_owned())
    }

    /// What an earlier request with this key found among a practice's evidence, if there was one.
    async fn found_before(
        &self,
        practice: PracticeId,
        (key, asked): &(String, Digest),
    ) -> Result<Findings, AppError> {
        let Some(first) = self.journal().repeated(practice, key, asked).await? else {
            return Ok(Findings::default());
        };
        let entries = self.journal().tail(Scope::Practice(practice), first.first, 1).await?;
        let entry = entries.first().filter(|recorded| recorded.index == first.first);
        let entry = entry.ok_or_else(|| AppError::not_found("what the first request with this key found"))?;
        let entry: kernel::Entry =
            serde_json::from_slice(&entry.canonical).map_err(AppError::json("an entry"))?;
        let outcomes = entry.body.get("outcomes").cloned().unwrap_or_default();
        let before = serde_json::from_value(outcomes).map_err(AppError::json("an entry's outcomes"))?;
        Ok(Findings { before: Some(before), now: BTreeMap::new() })
    }

    /// Records what a request with a key found, so that it can be answered again.
    async fn record_findings(
        &self,
        actor: &Actor,
        practice: PracticeId,
        incident: Option<IncidentId>,
        outcomes: &Outcomes,
        key: (String, Digest),
    ) -> Result<(), AppError> {
        let stream = kernel::Stream::practice(practice);
        loop {
            let expected = self.whole_stream(practice, stream).await?.last().map_or(0, |last| last.version);
            let body = serde_json::json!({ "incident": incident, "outcomes": outcomes });
            let fact = crate::write::Fact { kind: "evidence_rehashed".to_owned(), privileged: false, body };
            let part = self.part(practice, stream, expected, actor, self.edge().now(), [fact])?;
            let append = crate::ports::Append {
                practice,
                key: Some(key.clone()),
                parts: vec![part],
                rows: Vec::new(),
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(_) => return Ok(()),
                Err(crate::ports::JournalError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn record_rehash(&self, actor: &Actor, row: EvidenceRow) -> Result<(), AppError> {
        // A good outcome is a row's business; that evidence was changed or is gone belongs into the record for good.
        let changed = row.rehashed.as_ref().is_some_and(|(_, outcome)| outcome != "ok");
        let stream = kernel::Stream::practice(row.practice);
        loop {
            let mut parts = Vec::new();
            if changed {
                let expected =
                    self.whole_stream(row.practice, stream).await?.last().map_or(0, |last| last.version);
                let body = serde_json::json!({
                    "evidence": row.id, "incident": row.incident, "sha256": row.sha256,
                    "outcome": row.rehashed.as_ref().map(|(_, outcome)| outcome),
                });
                let fact =
                    crate::write::Fact { kind: "evidence_found_altered".to_owned(), privileged: false, body };
                parts.push(self.part(row.practice, stream, expected, actor, self.edge().now(), [fact])?);
            }
            let append = crate::ports::Append {
                practice: row.practice,
                key: None,
                parts,
                rows: vec![crate::ports::Row::Evidence(Box::new(row.clone()))],
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(_) => return Ok(()),
                Err(crate::ports::JournalError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
