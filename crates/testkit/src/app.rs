//! The whole program in one process: real database, real vault, real readers, on a directory that goes when this does.

use std::{path::Path, sync::Arc};

use app::{App, Parts, directory::Directory, edge::Edge, practices::SetProfile};
use incident::Practice;
use kernel::{Actor, PersonId, PracticeId, Role};
use tempfile::TempDir;

/// A program in a temporary directory.
pub struct Program {
    /// The use cases.
    pub app: App,
    /// A practice that is there: the demo's.
    pub practice: PracticeId,
    folder: TempDir,
}

/// Anything that went wrong while setting up.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Program {
    /// Puts a program together on SQLite in a new directory, with the demo's practice in it.
    ///
    /// # Errors
    /// Whatever went wrong: the test cannot go on.
    pub async fn start(edge: Edge) -> Result<Self, Failed> {
        Self::start_with(edge, Vec::new()).await
    }

    /// The same, with providers of sign-ins.
    ///
    /// # Errors
    /// Whatever went wrong.
    pub async fn start_with(edge: Edge, providers: Vec<identity::Configured>) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let location = store::Location::File(folder.path().join("journal.sqlite"));
        let app = open_with(folder.path(), &location, edge, providers).await?;
        let practice = app
            .set_profile(&actor(Role::Lead, None), SetProfile { id: None, practice: demo_practice()? })
            .await?;
        Ok(Self { app, practice: practice.id, folder })
    }

    /// The data directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody with this role at the practice.
    #[must_use]
    pub fn person(&self, role: Role) -> Actor {
        actor(role, Some(self.practice))
    }
}

/// Puts a program together on a data directory, which is made where it is absent.
///
/// # Errors
/// Whatever went wrong.
pub async fn open(folder: &Path, location: &store::Location, edge: Edge) -> Result<App, Failed> {
    open_with(folder, location, edge, Vec::new()).await
}

/// The same, with providers of sign-ins.
///
/// # Errors
/// Whatever went wrong.
pub async fn open_with(
    folder: &Path,
    location: &store::Location,
    edge: Edge,
    providers: Vec<identity::Configured>,
) -> Result<App, Failed> {
    let directory = Arc::new(Directory::open(folder, &edge)?);
    let evidence = Arc::new(vault::port::SealedEvidence::open(&directory.vault(), &edge)?);
    let journal = store::open(location, directory.signer()?, store::Options::default()).await?;
    let signer = Arc::new(directory.signer()?);
    Ok(App::new(Parts {
        journal,
        evidence,
        readers: Arc::new(intake::port::Readers),
        hunter: Arc::new(hunter::Engine::new()),
        passkeys: Arc::new(identity::WebAuthn),
        single_sign_on: Arc::new(identity::OpenId::new(providers)),
        edge,
        signer,
        directory,
    }))
}

/// The demo's practice.
///
/// # Errors
/// Where its file is not a valid profile.
pub fn demo_practice() -> Result<Practice, Failed> {
    let practice: Practice = toml::from_str(include_str!("../../../content/demo/practice.toml"))?;
    Ok(practice.validated()?)
}

/// Somebody with this role: the same person each time.
#[must_use]
pub fn actor(role: Role, practice: Option<PracticeId>) -> Actor {
    let number = Role::ALL.iter().position(|other| *other == role).unwrap_or_default();
    let id = PersonId::from_u128(1 + u128::try_from(number).unwrap_or_default());
    Actor { id, name: format!("Test {role}"), role, practice }
}
