//! What a hunt found, read back from the vault for people: the story's answers, the way from host to host, what the logs
//! cannot show, and every line of the timeline behind an index that answers a zoomed figure at once. What was read once is
//! kept in memory within a limit, under the digest of its bytes.

mod figure;
mod index;
#[cfg(test)]
mod tests;
mod told;

use std::{
    io::Read,
    sync::{Arc, PoisonError},
};

use kernel::{Actor, Capability, Digest, EvidenceId, IncidentId, Timestamp, authorise};
use serde::Serialize;
use utoipa::ToSchema;

pub use figure::{Bin, Figure, Filter, Lane, LineView, Lines};
pub use index::{Chronicle, Level, Named};
pub use told::{Blind, CoverageTold, GapTold, HostTold, HoursTold, LogTold, Origin, RecordedTold, Step};

use crate::{
    App, AppError,
    hunt::SOURCE,
    ports::{Cursor, EvidenceError, EvidenceRow, Hunted, Outside, Scope},
    read::Look,
};

/// Memory that indexes may take together, 256 MiB; the one asked for is kept whatever it takes.
const MOST_MEMORY: usize = 256 << 20;
/// The largest result that is read back.
const LARGEST: u64 = 256 << 20;
/// Results kept besides.
const MOST_RESULTS: usize = 32;

/// What is kept in memory, the latest last.
#[derive(Default)]
pub(crate) struct Kept {
    chronicles: Vec<(Digest, Arc<Chronicle>)>,
    results: Vec<(Digest, Arc<Hunted>)>,
}

impl Kept {
    fn keep(&mut self, digest: Digest, chronicle: &Arc<Chronicle>) {
        self.chronicles.retain(|(own, _)| *own != digest);
        self.chronicles.push((digest, chronicle.clone()));
        let mut sum: usize = self.chronicles.iter().map(|(_, own)| own.memory()).sum();
        while sum > MOST_MEMORY && self.chronicles.len() > 1 {
            let (_, oldest) = self.chronicles.remove(0);
            sum -= oldest.memory();
        }
    }
}

/// What the latest hunt through an incident's evidence found, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Investigation {
    /// The sealed result.
    pub result: EvidenceId,
    /// When it was sealed.
    pub taken_at: Timestamp,
    /// What was found. The story's own words, in which commands and paths stand, only for those who handle evidence.
    pub found: Hunted,
    /// The way from host to host, in order of time.
    pub path: Vec<Step>,
    /// The hosts of the story, in the order in which they fell.
    pub hosts: Vec<HostTold>,
    /// What the logs show and what they cannot.
    pub coverage: CoverageTold,
}

fn unreadable(error: std::io::Error) -> AppError {
    AppError::Outside(Outside::later("cannot read what the hunt found", error))
}

impl App {
    /// What the latest hunt found; `None` where none was made.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn investigation(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Option<Investigation>, AppError> {
        let _ = authorise(actor, Look)?;
        let Some(row) = self.latest_result(actor, incident).await? else { return Ok(None) };
        let found = self.found(&row).await?;
        let (path, hosts) = (told::path(&found.story), told::hosts(&found.story));
        let coverage = told::coverage(&found.coverage);
        let mut found = Hunted::clone(&found);
        if !actor.role.may(Capability::Evidence) {
            found.story = serde_json::Value::Null;
        }
        Ok(Some(Investigation { result: row.id, taken_at: row.taken_at, found, path, hosts, coverage }))
    }

    /// The lines of the latest hunt, ready to be drawn; `None` where none was made, or where it was made before lines were
    /// kept.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn chronicle(
        &self,
        actor: &Actor,
        incident: IncidentId,
    ) -> Result<Option<Arc<Chronicle>>, AppError> {
        let _ = authorise(actor, Look)?;
        let Some(row) = self.latest_result(actor, incident).await? else { return Ok(None) };
        let found = self.found(&row).await?;
        let file = |ending: &str| {
            let own = found.sealed.iter().find(|file| file.name.ends_with(ending));
            own.map(|file| file.sha256)
        };
        let (Some(detections), Some(timeline)) = (file(".jsonl"), file(".csv")) else { return Ok(None) };
        // Two incidents may hold the same files; their items have other ids.
        let key = Digest::of(format!("{detections} {timeline} {incident}").as_bytes());
        {
            let mut kept = self.chronicles().lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = kept.chronicles.iter().position(|(own, _)| *own == key) {
                let known = kept.chronicles.remove(place);
                let chronicle = known.1.clone();
                kept.chronicles.push(known);
                return Ok(Some(chronicle));
            }
        }
        let items = self
            .held(actor, incident)
            .await?
            .into_iter()
            .filter(|row| row.source != SOURCE)
            .map(|row| (row.name, row.id))
            .collect();
        let store = self.store().clone();
        let chronicle = self
            .blocking(move || {
                let open =
                    |digest: &Digest| -> Result<Box<dyn Read + Send>, EvidenceError> { store.open(digest) };
                let (timeline, detections) = (open(&timeline)?, open(&detections)?);
                Chronicle::read(timeline, detections, items).map_err(unreadable)
            })
            .await?;
        let chronicle = Arc::new(chronicle);
        self.chronicles().lock().unwrap_or_else(PoisonError::into_inner).keep(key, &chronicle);
        Ok(Some(chronicle))
    }

    /// A sealed result, from memory where it is there.
    async fn found(&self, row: &EvidenceRow) -> Result<Arc<Hunted>, AppError> {
        let digest = row.sha256;
        {
            let kept = self.chronicles().lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, known)) = kept.results.iter().find(|(own, _)| *own == digest) {
                return Ok(known.clone());
            }
        }
        let store = self.store().clone();
        let found: Hunted = self
            .blocking(move || {
                let mut bytes = Vec::new();
                store.open(&digest)?.take(LARGEST).read_to_end(&mut bytes).map_err(unreadable)?;
                serde_json::from_slice(&bytes).map_err(AppError::json("the hunt's result"))
            })
            .await?;
        let found = Arc::new(found);
        let mut kept = self.chronicles().lock().unwrap_or_else(PoisonError::into_inner);
        if kept.results.len() >= MOST_RESULTS {
            kept.results.remove(0);
        }
        kept.results.push((digest, found.clone()));
        Ok(found)
    }

    /// A figure of the timeline: counts in bins, host by host.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where no hunt left lines.
    pub async fn hunt_figure(
        &self,
        actor: &Actor,
        incident: IncidentId,
        filter: &Filter,
    ) -> Result<Figure, AppError> {
        Ok(self.lines_of(actor, incident).await?.figure(filter))
    }

    /// Lines of the timeline, in order of time. What commands and paths say only for those who handle evidence.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where no hunt left lines.
    pub async fn hunt_lines(
        &self,
        actor: &Actor,
        incident: IncidentId,
        filter: &Filter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Lines, AppError> {
        let chronicle = self.lines_of(actor, incident).await?;
        let words = actor.role.may(Capability::Evidence);
        Ok(chronicle.lines(filter, after, usize::try_from(limit).unwrap_or(usize::MAX), words))
    }

    async fn lines_of(&self, actor: &Actor, incident: IncidentId) -> Result<Arc<Chronicle>, AppError> {
        let _ = self.load(Scope::of(actor), incident).await?;
        self.chronicle(actor, incident)
            .await?
            .ok_or_else(|| AppError::not_found(format!("a hunt through the evidence of incident {incident}")))
    }
}
