//! Suspecting, confirming, clearing: systems, accounts and indicators.

use clap::Args;
use incident::Request;
use kernel::SystemName;

use super::ask::{Ask, On, SubjectArgs};

/// `suspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet suspect open --system ws-bill2 --why 'remote tool installed on Friday night'\n  \
    tourniquet suspect open --indicator ipv4:198.51.100.23 --why 'upload target' --seen-on srv-file1"
)]
pub(crate) struct SuspectArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    subject: SubjectArgs,
    /// Why
    #[arg(long)]
    why: String,
    /// For an indicator: a system it was seen on (may be repeated)
    #[arg(long, value_name = "SYSTEM")]
    seen_on: Vec<SystemName>,
}

impl SuspectArgs {
    pub(crate) fn ask(self) -> Ask {
        let Self { on, subject, why, seen_on } = self;
        Ask::with(on, move |_| Ok(Request::Suspect { subject: subject.subject()?, why, seen_on }))
    }
}

/// `confirm` and `clear`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tourniquet confirm open --account 'CEDAR\\mkessler' --why 'sign-in from 203.0.113.77, he was asleep'\n  \
    tourniquet clear open --system ws-exam3 --why 'the alert was the vulnerability scanner'"
)]
pub(crate) struct SuspicionArgs {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    subject: SubjectArgs,
    /// Why
    #[arg(long)]
    why: String,
}

impl SuspicionArgs {
    pub(crate) fn confirm(self) -> Ask {
        let Self { on, subject, why } = self;
        Ask::with(on, move |_| Ok(Request::Confirm { subject: subject.subject()?, why }))
    }

    pub(crate) fn clear(self) -> Ask {
        let Self { on, subject, why } = self;
        Ask::with(on, move |_| Ok(Request::ClearSuspicion { subject: subject.subject()?, why }))
    }
}
