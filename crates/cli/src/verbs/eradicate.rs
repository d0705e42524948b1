//! Eradication: work on systems and accounts.

use clap::Subcommand;
use incident::{AccountWork, Request, SystemWork};
use kernel::{AccountName, SystemName};

use super::ask::{Ask, On};
use crate::{pick::pick_all, word::word};

/// `eradicate …`
#[derive(Debug, Subcommand)]
pub(crate) enum EradicateVerb {
    /// Records work on a system
    #[command(
        after_help = "Example:\n  tourniquet eradicate system open ws-bill2 rebuilt_from_clean_source --what 'reimaged from the gold image of August'"
    )]
    System {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// The kind of work
        #[arg(value_parser = word::<SystemWork>())]
        work: SystemWork,
        /// What was done
        #[arg(long)]
        what: String,
        /// Evidence of it (may be repeated)
        #[arg(long)]
        evidence: Vec<String>,
    },
    /// Records work on an account
    #[command(
        after_help = "Example:\n  tourniquet eradicate account open 'CEDAR\\mkessler' password_reset --what 'new password, told in person'"
    )]
    Account {
        #[command(flatten)]
        on: On,
        /// The account
        account: AccountName,
        /// The kind of work
        #[arg(value_parser = word::<AccountWork>())]
        work: AccountWork,
        /// What was done
        #[arg(long)]
        what: String,
        /// Evidence of it (may be repeated)
        #[arg(long)]
        evidence: Vec<String>,
    },
    /// Declares a system clean, after work on it
    #[command(after_help = "Examples:\n  tourniquet eradicate clean open ws-bill2\n  \
        tourniquet eradicate clean open ehr-clinic --uncontained-because 'the vendor runs it; it was never reached'")]
    Clean {
        #[command(flatten)]
        on: On,
        /// The system
        system: SystemName,
        /// Why it was never contained, where that is so
        #[arg(long, value_name = "WHY")]
        uncontained_because: Option<String>,
    },
}

impl EradicateVerb {
    pub(crate) fn ask(self) -> Ask {
        match self {
            Self::System { on, system, work, what, evidence } => Ask::with(on, move |about| {
                let evidence = pick_all(&evidence, about.state.evidence.keys().copied(), "evidence")?;
                Ok(Request::RecordSystemWork { system, work, what, evidence })
            }),
            Self::Account { on, account, work, what, evidence } => Ask::with(on, move |about| {
                let evidence = pick_all(&evidence, about.state.evidence.keys().copied(), "evidence")?;
                Ok(Request::RecordAccountWork { account, work, what, evidence })
            }),
            Self::Clean { on, system, uncontained_because } => {
                Ask::of(on, Request::DeclareClean { system, uncontained_because })
            }
        }
    }
}
