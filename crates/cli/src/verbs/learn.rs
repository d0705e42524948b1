//! Lessons: root cause, remediation, runbooks, reports.

use std::path::PathBuf;

use app::edge::Edge;
use clap::Subcommand;
use incident::Request;
use jiff::civil::Date;
use kernel::ReportId;

use super::{
    Bench,
    ask::{Ask, On, give},
    situation,
};
use crate::{
    failure::Failure,
    pick::{digest, pick, pick_all},
};

/// `learn …`
#[derive(Debug, Subcommand)]
pub(crate) enum LearnVerb {
    /// Records the root cause; a later one takes its place, and the journal keeps both
    #[command(
        after_help = "Example:\n  tourniquet learn root-cause open --text 'a contractor account without a second factor' --evidence 7K3M9Q"
    )]
    RootCause {
        #[command(flatten)]
        on: On,
        /// What it was
        #[arg(long)]
        text: String,
        /// Evidence it rests on (may be repeated)
        #[arg(long)]
        evidence: Vec<String>,
    },
    /// Records something that has to change, with its owner and date
    #[command(
        after_help = "Example:\n  tourniquet learn remediate open --what 'second factor for every VPN account' --owner 'IT company' --due 2026-10-01"
    )]
    Remediate {
        #[command(flatten)]
        on: On,
        /// What
        #[arg(long)]
        what: String,
        /// Whose
        #[arg(long)]
        owner: String,
        /// By when, YYYY-MM-DD
        #[arg(long)]
        due: Date,
    },
    /// Records that it was changed
    #[command(
        after_help = "Example:\n  tourniquet learn done open 7K3M9Q --how 'enforced for all; exceptions are refused'"
    )]
    Done {
        #[command(flatten)]
        on: On,
        /// The remediation item
        item: String,
        /// How
        #[arg(long)]
        how: String,
    },
    /// Records a change to a runbook
    #[command(
        after_help = "Example:\n  tourniquet learn runbook open ransomware --change 'isolate the backup server first'"
    )]
    Runbook {
        #[command(flatten)]
        on: On,
        /// The runbook
        runbook: String,
        /// What changed
        #[arg(long)]
        change: String,
    },
    /// Records that a report was delivered
    #[command(
        after_help = "Example:\n  tourniquet learn report open --what 'incident report' --to 'practice owners' --file report.pdf"
    )]
    Report {
        #[command(flatten)]
        on: On,
        /// What it is
        #[arg(long)]
        what: String,
        /// To whom
        #[arg(long)]
        to: String,
        /// The report's file, or its SHA-256
        #[arg(long, value_name = "FILE|SHA256")]
        file: String,
        /// It is attorney–client privileged
        #[arg(long)]
        privileged: bool,
    },
    /// Sends a situation report that stands in a text file: the same as `situation send --file`
    #[command(
        after_help = "Example:\n  tourniquet learn sitrep open --to 'practice owner, insurer' --file report.txt"
    )]
    Sitrep {
        #[command(flatten)]
        on: On,
        /// To whom
        #[arg(long)]
        to: String,
        /// The report: a text file
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

pub(crate) async fn run(bench: &Bench, verb: LearnVerb) -> Result<(), Failure> {
    match verb {
        LearnVerb::Sitrep { on, to, file } => situation::send(bench, &on, situation::read(&file)?, to).await,
        verb => match verb.ask() {
            Some(ask) => give(bench, ask).await,
            None => Ok(()),
        },
    }
}

impl LearnVerb {
    /// The command; `None` where the report itself is sent, and not a word about it.
    pub(crate) fn ask(self) -> Option<Ask> {
        Some(match self {
            Self::RootCause { on, text, evidence } => Ask::with(on, move |about| {
                let evidence = pick_all(&evidence, about.state.evidence.keys().copied(), "evidence")?;
                Ok(Request::RecordRootCause { text, evidence })
            }),
            Self::Remediate { on, what, owner, due } => {
                Ask::of(on, Request::AddRemediation { what, owner, due })
            }
            Self::Done { on, item, how } => Ask::with(on, move |about| {
                let item = pick(&item, about.state.remediation.keys().copied(), "remediation item")?;
                Ok(Request::CompleteRemediation { item, how })
            }),
            Self::Runbook { on, runbook, change } => Ask::of(on, Request::ChangeRunbook { runbook, change }),
            Self::Report { on, what, to, file, privileged } => Ask::with(on, move |_| {
                let report = Edge::machine().id(ReportId::new);
                Ok(Request::DeliverReport { report, what, to, digest: digest(&file)?, privileged })
            }),
            Self::Sitrep { .. } => return None,
        })
    }
}
