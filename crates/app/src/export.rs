//! The sealed package: what one reader may see of an incident, with everything needed to check it without us
//! (`contracts/package.md`). That it was made, for whom and by whom is an entry too.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use incident::State;
use kernel::{Actor, Capability, Digest, Entry, IncidentId, PracticeId, Requires, Stream, authorise};
use ledger::package::{Audience, Consistency, File as Packed, Line, Package, Shown};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    App, AppError,
    command::damaged,
    ports::{Append, EvidenceStore, JournalError, Outside, Recorded},
    write::{Fact, entry_actor},
};

struct Exporting;

impl Requires for Exporting {
    fn requires(&self) -> Capability {
        Capability::Export
    }
}

/// What was exported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Exported {
    /// The package's file.
    #[schema(value_type = String)]
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of its manifest: the one number that stands for the whole package.
    pub manifest: Digest,
    /// Entries that the reader sees.
    pub entries: u64,
    /// Entries of which the reader sees the leaf hash alone.
    pub withheld: u64,
    /// Files that go along.
    pub files: u64,
    /// The key that verifies it.
    pub key: String,
}

/// A file of a package, with where its bytes come from.
enum Content {
    Bytes(Vec<u8>),
    Evidence(Arc<dyn EvidenceStore>, Digest),
}

struct Going {
    path: ledger::package::FilePath,
    size: u64,
    sha256: Digest,
    content: Content,
}

impl App {
    /// Writes a package.
    ///
    /// # Errors
    /// [`AppError`]; then no file is left at `out`.
    pub async fn export(
        &self,
        actor: &Actor,
        incident: IncidentId,
        audience: Audience,
        with_evidence: Option<bool>,
        out: &Path,
    ) -> Result<Exported, AppError> {
        let _ = authorise(actor, Exporting)?;
        let state = self.load(crate::ports::Scope::of(actor), incident).await?;
        let sees_privileged = audience.sees_privileged();
        if sees_privileged && has_privileged(&state) && !actor.role.may(Capability::Privileged) {
            return Err(AppError::invalid(
                "--for",
                format!(
                    "this incident has privileged entries, and a package for {audience} holds them: the attorney \
                     exports it (or name another reader)"
                ),
            ));
        }
        let evidence =
            with_evidence.unwrap_or_else(|| audience.sees_identities() && audience != Audience::Ocr);
        if evidence && !audience.sees_identities() {
            return Err(AppError::invalid(
                "--evidence",
                format!("evidence may hold patients' identities, which a package for {audience} must not"),
            ));
        }
        let mut recorded = self.whole_stream(state.practice, Stream::incident(incident)).await?;
        for alert in state.alerts.keys() {
            recorded.extend(self.whole_stream(state.practice, Stream::alert(*alert)).await?);
        }
        recorded.sort_by_key(|entry| entry.index);
        let (checkpoint, entries, consistency) =
            self.proven(state.practice, &recorded, sees_privileged).await?;
        let files = self.files(actor, &state, audience, evidence).await?;
        let now = self.edge().now();
        let parts = (state.practice, incident, audience, now, entry_actor(actor));
        let (app, target) = (self.clone(), out.to_owned());
        let written = self
            .blocking(move || {
                let (practice, incident, audience, exported_at, exported_by) = parts;
                let files = files.iter().map(Going::packed).collect();
                let package = Package {
                    practice,
                    incident,
                    audience,
                    exported_at,
                    exported_by,
                    checkpoint,
                    entries,
                    consistency,
                    files,
                };
                write_whole(&package, &app, &target)
            })
            .await?;
        self.record_export(actor, &state, audience, &written).await?;
        Ok(Exported {
            file: out.to_owned(),
            bytes: written.size,
            manifest: written.manifest,
            entries: written.shown,
            withheld: written.withheld,
            files: written.files,
            key: self.verifier_key(),
        })
    }

    /// The entries with their proofs against the log's head, and proofs that it extends what earlier packages showed.
    async fn proven(
        &self,
        practice: PracticeId,
        recorded: &[Recorded],
        sees_privileged: bool,
    ) -> Result<(String, Vec<Line>, Vec<Consistency>), AppError> {
        let head = self.journal().head().await?;
        let indices: Vec<u64> = recorded.iter().map(|entry| entry.index).collect();
        let proofs = self.journal().inclusion(&indices, head.size).await?;
        let mut lines = Vec::with_capacity(recorded.len());
        for (entry, proof) in recorded.iter().zip(proofs) {
            let parsed: Entry =
                serde_json::from_slice(&entry.canonical).map_err(AppError::json("an entry"))?;
            let shown = if parsed.privileged && !sees_privileged {
                let leaf_hash = ledger::tree::leaf_hash(&entry.canonical);
                Shown::Withheld { stream: entry.stream, version: entry.version, leaf_hash }
            } else {
                Shown::Entry(entry.canonical.clone())
            };
            lines.push(Line { index: entry.index, proof, shown });
        }
        let mut sizes: Vec<u64> = Vec::new();
        for earlier in self.whole_stream(practice, Stream::practice(practice)).await? {
            let entry: Entry =
                serde_json::from_slice(&earlier.canonical).map_err(AppError::json("an entry"))?;
            if entry.kind == "package_exported"
                && let Some(size) = entry.body.get("log_size").and_then(serde_json::Value::as_u64)
            {
                sizes.push(size);
            }
        }
        sizes.retain(|&size| size > 0 && size < head.size);
        sizes.sort_unstable();
        sizes.dedup();
        let mut consistency = Vec::new();
        // The newest earlier packages are the ones that somebody still holds.
        for size in sizes.into_iter().rev().take(16).rev() {
            let hashes = self.journal().consistency(size, head.size).await?;
            consistency.push(Consistency { size, hashes });
        }
        Ok((head.checkpoint, lines, consistency))
    }

    async fn files(
        &self,
        actor: &Actor,
        state: &State,
        audience: Audience,
        evidence: bool,
    ) -> Result<Vec<Going>, AppError> {
        let bad = |error: ledger::package::BadPath| damaged("a file's name in the package", error);
        let mut files = vec![Going::bytes("report.pdf", self.report_pdf(actor, state.incident).await?)?];
        let seen = if audience.sees_privileged() { state.clone() } else { state.without_privileged() };
        let json = serde_json::to_vec_pretty(&seen).map_err(AppError::json("the incident's state"))?;
        files.push(Going::bytes("incident.json", json)?);
        if audience.sees_privileged() {
            for (id, note) in &seen.notes {
                for (version, written) in (1..).zip(&note.versions) {
                    if let Ok(text) = self.unsealed(state.practice, &written.digest, "the note's text").await
                    {
                        files.push(Going::bytes(&format!("notes/{id}-v{version}.txt"), text)?);
                    }
                }
            }
        }
        if evidence {
            let names = self.evidence_names(state.practice, state.incident).await?;
            for (id, item) in state.evidence.iter().filter(|(_, item)| !item.is_destroyed()) {
                let folder = format!("evidence/{id}");
                let name = names.get(id).map_or("item", String::as_str);
                let path = ledger::package::FilePath::below(&folder, name).map_err(bad)?;
                let content = Content::Evidence(self.store().clone(), item.digest);
                files.push(Going { path, size: item.bytes, sha256: item.digest, content });
            }
            for alert in state.alerts.keys() {
                if let Ok(raw) = self.raw_alert(actor, *alert).await {
                    files.push(Going::bytes(&format!("alerts/{alert}.raw"), raw)?);
                }
            }
        }
        Ok(files)
    }

    async fn record_export(
        &self,
        actor: &Actor,
        state: &State,
        audience: Audience,
        written: &ledger::package::Written,
    ) -> Result<(), AppError> {
        let stream = Stream::practice(state.practice);
        loop {
            let before = self.whole_stream(state.practice, stream).await?;
            let expected = before.last().map_or(0, |last| last.version);
            let head = self.journal().head().await?;
            let body = serde_json::json!({
                "incident": state.incident, "for": audience.as_str(), "manifest": written.manifest,
                "entries": written.shown, "withheld": written.withheld, "log_size": head.size,
            });
            let fact = Fact { kind: "package_exported".to_owned(), privileged: false, body };
            let append = Append {
                practice: state.practice,
                key: None,
                parts: vec![self.part(state.practice, stream, expected, actor, self.edge().now(), [fact])?],
                rows: Vec::new(),
                payloads: Vec::new(),
            };
            match self.journal().append(append).await {
                Ok(_) => return Ok(()),
                Err(JournalError::Stale { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn has_privileged(state: &State) -> bool {
    state.notes.values().any(|note| note.privileged)
        || state.reports.iter().any(|report| report.privileged)
        || state.breach.iter().any(|decision| decision.privileged)
        || state.obligations.values().any(|obligation| {
            matches!(obligation.standing, incident::ObligationStanding::NotDue { privileged: true, .. })
        })
}

impl Going {
    fn bytes(path: &str, bytes: Vec<u8>) -> Result<Self, AppError> {
        let path = ledger::package::FilePath::new(path)
            .map_err(|error| damaged("a file's name in the package", error))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(Self { path, size, sha256: Digest::of(&bytes), content: Content::Bytes(bytes) })
    }

    fn packed(&self) -> Packed<'_> {
        let open: ledger::package::Open<'_> = match &self.content {
            Content::Bytes(bytes) => Box::new(move || Ok(Box::new(bytes.as_slice()) as Box<dyn Read + '_>)),
            Content::Evidence(store, digest) => Box::new(move || {
                let reader: Box<dyn Read> = store.open(digest).map_err(io::Error::other)?;
                Ok(reader)
            }),
        };
        Packed { path: self.path.clone(), size: self.size, sha256: self.sha256, open }
    }
}

/// Writes beside the target first, so that a package is whole or absent.
fn write_whole(package: &Package<'_>, app: &App, out: &Path) -> Result<ledger::package::Written, AppError> {
    let draft = out.with_extension("part");
    let failed = |what: &str, error: io::Error| {
        AppError::Outside(Outside::never(format!("{what} {}", out.display()), error))
    };
    let outcome = File::create(&draft).map_err(|error| failed("cannot write", error)).and_then(|file| {
        let mut buffered = io::BufWriter::with_capacity(1 << 20, file);
        let written =
            ledger::package::write(package, app.signer(), &mut buffered).map_err(|error| match error {
                ledger::package::PackageError::Write(error) => failed("cannot write", error),
                other => AppError::Document(other.to_string()),
            })?;
        let file = buffered.into_inner().map_err(|error| failed("cannot write", error.into_error()))?;
        file.sync_all()
            .and_then(|()| fs::rename(&draft, out))
            .map_err(|error| failed("cannot write", error))?;
        Ok(written)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&draft);
    }
    outcome
}
