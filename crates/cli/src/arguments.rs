//! The command line: global options and verbs. Each verb's own arguments stand with the verb.

use std::{path::PathBuf, str::FromStr};

use clap::{Args, Parser, Subcommand};
use kernel::Role;

use crate::verbs::{
    account::AccountVerb,
    alert::AlertVerb,
    backup::{BackupArgs, RestoreArgs, RestoreTestArgs},
    binder::BinderArgs,
    breach::BreachVerb,
    contain::ContainVerb,
    demo::DemoArgs,
    engage::EngageVerb,
    eradicate::EradicateVerb,
    evidence::EvidenceVerb,
    export::ExportArgs,
    finding::FindingVerb,
    hunt::HuntArgs,
    incident::IncidentVerb,
    intake::IntakeArgs,
    learn::LearnVerb,
    log::LogVerb,
    note::NoteVerb,
    practice::PracticeVerb,
    recover::RecoverVerb,
    respond::RespondArgs,
    retention::RetentionVerb,
    serve::ServeArgs,
    shell::{CompletionsArgs, ManArgs},
    situation::SituationVerb,
    source::SourceVerb,
    suspicion::SuspectArgs,
    suspicion::SuspicionArgs,
    token::TokenVerb,
    verify::VerifyArgs,
};

/// Takes a medical practice through a security incident: containment first, every deadline kept, on a record that a
/// stranger can verify.
#[derive(Debug, Parser)]
#[command(name = "tourniquet", version, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Tourniquet {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// Options that every verb knows.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Globals {
    /// Where everything is kept
    #[arg(
        long,
        global = true,
        env = "TOURNIQUET_DATA",
        default_value = "./tourniquet-data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,
    /// Keeps the records in PostgreSQL (postgres://…) instead of the embedded SQLite
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Goes through a running `tourniquet serve` instead of opening the data directory
    #[arg(long, global = true, env = "TOURNIQUET_SERVER", value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The token for --server
    #[arg(
        long = "token",
        global = true,
        env = "TOURNIQUET_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        id = "server_token"
    )]
    pub(crate) token: Option<String>,
    /// In which part you act on the data directory, and under which name: lead, responder, practice, staff, attorney,
    /// auditor or service. (With --server the token says it.)
    #[arg(
        long = "as",
        global = true,
        env = "TOURNIQUET_AS",
        default_value = "lead",
        value_name = "ROLE[:NAME]"
    )]
    pub(crate) acting: Acting,
    /// Prints JSON instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// A role, and the name under which it is acted in.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    pub(crate) role: Role,
    pub(crate) name: Option<String>,
}

impl FromStr for Acting {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (role, name) =
            text.split_once(':').map_or((text, None), |(role, name)| (role, Some(name.trim())));
        let role = role.trim().parse::<Role>().map_err(|error| error.to_string())?;
        match name {
            Some("") => Err("a name is missing after the colon".to_owned()),
            Some(name) if name.chars().any(char::is_control) => {
                Err("a name has no control characters".to_owned())
            }
            name => Ok(Self { role, name: name.map(str::to_owned) }),
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Takes one incident as far as a program can, and leaves the rest as numbered decisions
    Respond(RespondArgs),
    /// Builds a made-up practice in a ransomware Monday, responds to it and serves the result
    Demo(DemoArgs),

    /// Reads alerts and prints each as one line of JSON; records and triages them
    Intake(IntakeArgs),
    /// Looks at alerts, judges and groups them
    #[command(subcommand)]
    Alert(AlertVerb),
    /// Declares, looks at, closes and reopens incidents
    #[command(subcommand)]
    Incident(IncidentVerb),
    /// Records who was called, and who answered
    #[command(subcommand)]
    Engage(EngageVerb),
    /// Names a system, account or indicator as suspected
    Suspect(SuspectArgs),
    /// Confirms a suspicion
    Confirm(SuspicionArgs),
    /// Clears a suspicion that proved unfounded
    Clear(SuspicionArgs),

    /// Containment: proposed, approved, applied, verified, undone
    #[command(subcommand)]
    Contain(ContainVerb),

    /// Searches logs for attacks: one detection a line, and with --out the story, timeline and coverage
    Hunt(HuntArgs),
    /// What the investigation knows, with its evidence
    #[command(subcommand)]
    Finding(FindingVerb),
    /// Evidence and its chain of custody
    #[command(subcommand)]
    Evidence(EvidenceVerb),

    /// Work that removes the compromise
    #[command(subcommand)]
    Eradicate(EradicateVerb),

    /// Restore points, gates, return to production, watch
    #[command(subcommand)]
    Recover(RecoverVerb),

    /// The breach question, obligations and their dates
    #[command(subcommand)]
    Breach(BreachVerb),
    /// Root cause, remediation, runbooks, reports
    #[command(subcommand)]
    Learn(LearnVerb),
    /// Situation reports, drafted from the incident and frozen when sent
    #[command(subcommand)]
    Situation(SituationVerb),
    /// Notes, with their whole history
    #[command(subcommand)]
    Note(NoteVerb),
    /// How long the record has to be kept
    #[command(subcommand)]
    Retention(RetentionVerb),

    /// Writes what one reader may see, with everything needed to check it
    Export(ExportArgs),
    /// Checks a package or a data directory, by itself
    Verify(VerifyArgs),
    /// The signed head of the log and the key that verifies it
    #[command(subcommand)]
    Log(LogVerb),
    /// Writes everything, evidence and keys included, into one file
    Backup(BackupArgs),
    /// Restores a backup into a new data directory
    Restore(RestoreArgs),
    /// Restores a backup into a scratch place, verifies all of it, and removes it
    RestoreTest(RestoreTestArgs),

    /// Practices and their profiles
    #[command(subcommand)]
    Practice(PracticeVerb),
    /// Writes the binder for when nothing works: contacts, runbooks in brief, paper forms
    Binder(BinderArgs),
    /// Serves the HTTP API and the pages
    Serve(ServeArgs),
    /// People who sign in with a password of their own
    #[command(subcommand)]
    Account(AccountVerb),
    /// Access tokens
    #[command(subcommand)]
    Token(TokenVerb),
    /// The secrets with which alert sources prove themselves over HTTP
    #[command(subcommand)]
    Source(SourceVerb),
    /// Prints a completion script for a shell
    Completions(CompletionsArgs),
    /// Writes the manual pages
    Man(ManArgs),
}
