//! Secrets of alert sources.

use app::{access::NewToken, ports::TokenKind};
use clap::Subcommand;
use kernel::Role;

use super::Bench;
use crate::{
    failure::Failure,
    terminal::{say, say_json, tell},
};

/// `source …`
#[derive(Debug, Subcommand)]
pub(crate) enum SourceVerb {
    /// Makes the secret with which a source proves itself at POST /api/v1/intake/NAME, and prints it, once
    #[command(
        after_help = "Examples:\n  tourniquet source add microsoft-defender --practice 'Cedar Hollow'\n  \
        TOURNIQUET_SOURCE_SECRET=whsec_… tourniquet source add statuspage\n  \
        tourniquet source add statuspage\n\n\
        A secret that is the sender's to choose is taken from the environment variable TOURNIQUET_SOURCE_SECRET.\n\
        `tourniquet token revoke ID` ends it; two may be good at once while one is being exchanged."
    )]
    Add {
        /// The adapter's name (`tourniquet intake --sources`)
        name: String,
        /// The practice that its alerts are for, by name or id; the only one where absent
        #[arg(long, value_name = "NAME|ID")]
        practice: Option<String>,
    },
}

pub(crate) async fn run(bench: &Bench, verb: SourceVerb) -> Result<(), Failure> {
    let SourceVerb::Add { name, practice } = verb;
    let Some(adapter) = intake::adapter(&name) else {
        return Err(Failure::usage(format!(
            "there is no source `{name}`; `tourniquet intake --sources` lists them"
        )));
    };
    let practice = bench.desk.find_practice(practice.as_deref()).await?;
    let secret = std::env::var("TOURNIQUET_SOURCE_SECRET").ok().filter(|secret| !secret.is_empty());
    let new = NewToken {
        name: name.clone(),
        role: Role::Service,
        practice: Some(practice),
        scopes: vec!["intake".to_owned()],
        kind: TokenKind::Source,
        expires_at: None,
        secret,
        person: None,
    };
    let given = bench.desk.make_token(new).await?;
    if bench.json() {
        return say_json(&given);
    }
    say(&given.token);
    tell(&format!(
        "source {}: POST /api/v1/intake/{name}, {}. The secret is not shown again",
        given.id,
        adapter.authentication.describe()
    ));
    Ok(())
}
