//! The composition root: the one place where the data directory, the record, the vault, the readers of alerts and the
//! use cases are put together.

use std::{path::Path, sync::Arc};

use app::{
    App, Parts,
    directory::{Directory, private_directory, write_once},
    edge::Edge,
    ports::Journal,
};
use intake::port::Readers;
use kernel::Timestamp;
use vault::{Keys, VaultError, port::SealedEvidence};

use crate::failure::{Failure, chain};

fn vault_failed(error: &VaultError) -> Failure {
    let text = format!("{}. {}", chain(error), error.guidance());
    if matches!(error, VaultError::Layout { .. }) { Failure::Usage(text) } else { Failure::Outside(text) }
}

/// Where the record is: in the directory, or where an address was given in PostgreSQL.
fn location(directory: &Directory, database_url: Option<&str>) -> Result<store::Location, Failure> {
    match database_url {
        None => Ok(store::Location::File(directory.database())),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(store::Location::Postgres(url.to_owned()))
        }
        Some(_) => Err(Failure::usage(
            "--database-url must begin with postgres://; leave it (and DATABASE_URL) away for the embedded database",
        )),
    }
}

/// Says that a data directory is a demo's, and when its scenario began: there, time goes on from the scenario's instant.
const DEMO: &str = "demo.json";

#[derive(serde::Serialize, serde::Deserialize)]
struct DemoClock {
    /// The scenario's instant.
    scenario: Timestamp,
    /// When it was begun.
    begun: Timestamp,
}

/// Marks a data directory as a demo's whose scenario begins now at `scenario`.
pub(crate) fn mark_demo(data: &Path, scenario: Timestamp) -> Result<(), Failure> {
    private_directory(data)?;
    let clock = DemoClock { scenario, begun: Edge::machine().now() };
    let text = serde_json::to_vec(&clock)
        .map_err(|error| Failure::outside(format!("cannot write JSON: {error}")))?;
    Ok(write_once(&data.join(DEMO), &text)?)
}

/// The clock of a data directory: the machine's, but for a demo's.
pub(crate) fn edge_of(data: &Path) -> Edge {
    let clock =
        std::fs::read(data.join(DEMO)).ok().and_then(|text| serde_json::from_slice::<DemoClock>(&text).ok());
    match clock {
        None => Edge::machine(),
        Some(clock) => {
            let since = Edge::machine().now().duration_since(clock.begun);
            Edge::shifted(clock.scenario.checked_add(since).unwrap_or(clock.scenario))
        }
    }
}

/// Opens the data directory and puts the program together on it.
pub(crate) async fn open(data: &Path, database_url: Option<&str>, edge: Edge) -> Result<App, Failure> {
    open_with(data, database_url, edge, Vec::new()).await
}

/// The same, with providers of sign-ins.
pub(crate) async fn open_with(
    data: &Path,
    database_url: Option<&str>,
    edge: Edge,
    providers: Vec<identity::Configured>,
) -> Result<App, Failure> {
    let directory = Arc::new(Directory::open(data, &edge)?);
    let evidence =
        Arc::new(SealedEvidence::open(&directory.vault(), &edge).map_err(|error| vault_failed(&error))?);
    let journal = store::open(&location(&directory, database_url)?, directory.signer()?, options()).await?;
    assemble(directory, journal, evidence, edge, providers)
}

/// As [`open`], with the keys that a backup brought.
pub(crate) async fn open_restored(
    data: &Path,
    database_url: Option<&str>,
    keys: &str,
    edge: Edge,
) -> Result<(App, Arc<SealedEvidence>), Failure> {
    let keys =
        Keys::from_text(keys).map_err(|error| Failure::usage(format!("the backup's keys: {error}")))?;
    let directory = Arc::new(Directory::open(data, &edge)?);
    let evidence =
        Arc::new(SealedEvidence::with_keys(&directory.vault(), &keys).map_err(|error| vault_failed(&error))?);
    let journal = store::open(&location(&directory, database_url)?, directory.signer()?, options()).await?;
    Ok((assemble(directory, journal, evidence.clone(), edge, Vec::new())?, evidence))
}

/// Opens the record of a directory for reading alone, beside whatever has it open.
pub(crate) async fn open_to_verify(
    data: &Path,
    database_url: Option<&str>,
) -> Result<(Directory, Arc<dyn Journal>), Failure> {
    let directory = Directory::read(data)?;
    let journal = store::open_read_only(&location(&directory, database_url)?, options()).await?;
    Ok((directory, journal))
}

fn options() -> store::Options {
    store::Options::default()
}

fn assemble(
    directory: Arc<Directory>,
    journal: Arc<dyn Journal>,
    evidence: Arc<SealedEvidence>,
    edge: Edge,
    providers: Vec<identity::Configured>,
) -> Result<App, Failure> {
    let signer = Arc::new(directory.signer()?);
    let hunter = hunter::Engine::new().with_cache(directory.path().join("cache"));
    Ok(App::new(Parts {
        journal,
        evidence,
        readers: Arc::new(Readers),
        hunter: Arc::new(hunter),
        passkeys: Arc::new(identity::WebAuthn),
        single_sign_on: Arc::new(identity::OpenId::new(providers)),
        edge,
        signer,
        directory,
    }))
}
