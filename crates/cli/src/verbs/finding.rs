//! Findings: what the investigation knows, one scope question each.

use clap::{Args, Subcommand};
use incident::{Confidence, Question, Request, State, Statement};
use kernel::{AccountName, SystemName, Timestamp};

use super::{
    Bench,
    ask::{Ask, On, give, paper_of},
};
use crate::{
    failure::Failure,
    pick::{pick, pick_all, short},
    terminal::{Ink, plain, say, say_json},
    word::word,
};

/// What a finding says.
#[derive(Debug, Args)]
pub(crate) struct StatementArgs {
    /// The scope question that it answers
    #[arg(value_parser = word::<Question>())]
    question: Question,
    /// The answer. No PHI
    #[arg(long)]
    text: String,
    /// How sure
    #[arg(long, value_parser = word::<Confidence>(), default_value = "observed")]
    confidence: Confidence,
    /// The instant it is about, RFC 3339; needed for `earliest` and `latest`
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Evidence it rests on (may be repeated)
    #[arg(long, value_name = "EVIDENCE")]
    evidence: Vec<String>,
    /// Systems it is about (may be repeated)
    #[arg(long, value_name = "NAME")]
    system: Vec<SystemName>,
    /// Accounts it is about (may be repeated)
    #[arg(long, value_name = "NAME")]
    account: Vec<AccountName>,
}

impl StatementArgs {
    fn statement(self, state: &State) -> Result<Statement, Failure> {
        Ok(Statement {
            question: self.question,
            text: self.text,
            confidence: self.confidence,
            at: self.at,
            evidence: pick_all(&self.evidence, state.evidence.keys().copied(), "evidence")?,
            systems: self.system,
            accounts: self.account,
        })
    }
}

/// `finding …`
#[derive(Debug, Subcommand)]
pub(crate) enum FindingVerb {
    /// Records a finding
    #[command(
        after_help = "Examples:\n  tourniquet finding record open initial_access --text 'VPN sign-in without a second factor' --account 'CEDAR\\mkessler'\n  \
        tourniquet finding record open earliest --text 'first VPN sign-in' --at 2026-09-10T22:41:00-04:00 --confidence inferred"
    )]
    Record {
        #[command(flatten)]
        on: On,
        #[command(flatten)]
        statement: StatementArgs,
    },
    /// Revises a finding; what it said stays
    #[command(
        after_help = "Example:\n  tourniquet finding revise open 7K3M9Q exfiltration --text '18.4 GB by rclone' --confidence observed --reason 'firewall log found'"
    )]
    Revise {
        #[command(flatten)]
        on: On,
        /// The finding
        finding: String,
        #[command(flatten)]
        statement: StatementArgs,
        /// Why it changes
        #[arg(long)]
        reason: String,
    },
    /// Lists the findings, and the questions that nobody has answered
    #[command(after_help = "Example:\n  tourniquet finding list open")]
    List {
        #[command(flatten)]
        on: On,
    },
}

impl FindingVerb {
    pub(crate) fn ask(self) -> Option<Ask> {
        Some(match self {
            Self::List { .. } => return None,
            Self::Record { on, statement } => Ask::with(on, move |about| {
                Ok(Request::RecordFinding { statement: statement.statement(about.state)? })
            }),
            Self::Revise { on, finding, statement, reason } => Ask::with(on, move |about| {
                let finding = pick(&finding, about.state.findings.keys().copied(), "finding")?;
                Ok(Request::ReviseFinding { finding, statement: statement.statement(about.state)?, reason })
            }),
        })
    }
}

pub(crate) async fn run(bench: &Bench, verb: FindingVerb) -> Result<(), Failure> {
    let on = match verb {
        FindingVerb::List { on } => on,
        verb => match verb.ask() {
            Some(ask) => return give(bench, ask).await,
            None => return Ok(()),
        },
    };
    let seen = bench.desk.incident(bench.desk.find_incident(&on.incident).await?).await?;
    let mut findings: Vec<_> = seen.state.findings.values().collect();
    findings.sort_by_key(|finding| (finding.statement.question, finding.statement.at));
    if bench.json() {
        return say_json(&findings);
    }
    let paper = paper_of(bench, &seen).await;
    let rows = findings
        .iter()
        .map(|finding| {
            let said = &finding.statement;
            vec![
                plain(short(finding.id)),
                plain(said.question.plain()),
                plain(&said.text),
                plain(said.confidence.plain()),
                plain(paper.maybe(said.at)),
                plain(said.evidence.iter().map(short).collect::<Vec<_>>().join(" ")),
            ]
        })
        .collect();
    paper.table(&["finding", "question", "answer", "how sure", "when", "evidence"], rows);
    let answered =
        |question: &&Question| findings.iter().any(|finding| finding.statement.question == **question);
    let open: Vec<_> = Question::ALL
        .iter()
        .filter(|question| !answered(question))
        .map(|question| question.plain())
        .collect();
    if !open.is_empty() {
        say(&format!("{} {}", paper.ink(Ink::Caution, "not answered:"), open.join("; ")));
    }
    Ok(())
}
