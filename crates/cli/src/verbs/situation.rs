//! Situation reports: drafted from the incident as it stands, edited, sent and frozen.

use std::io::Read as _;

use app::situation::NewSituation;
use clap::Subcommand;
use serde_json::Value;

use super::{
    Bench,
    ask::{On, paper_of, told},
};
use crate::{
    failure::Failure,
    pick::{pick, short},
    terminal::{clean, plain, say, say_json},
};

/// The longest report that is read from standard input.
const LONGEST: u64 = 1 << 20;

/// `situation …`
#[derive(Debug, Subcommand)]
pub(crate) enum SituationVerb {
    /// Prints the next report as it would be written now, to be edited and sent
    #[command(after_help = "Example:\n  tourniquet situation draft open > report.txt")]
    Draft {
        #[command(flatten)]
        on: On,
    },
    /// Sends a report: it is frozen, and the next one's clock starts
    #[command(
        after_help = "Examples:\n  tourniquet situation send open --to 'practice owner, insurer' < report.txt\n  \
        tourniquet situation send open --to 'practice owner' 'Nothing changed since 9:00.'"
    )]
    Send {
        #[command(flatten)]
        on: On,
        /// The text; standard input where absent or `-`
        text: Option<String>,
        /// To whom it goes
        #[arg(long)]
        to: String,
    },
    /// Lists those that were sent
    #[command(after_help = "Example:\n  tourniquet situation list open")]
    List {
        #[command(flatten)]
        on: On,
    },
    /// Prints one as it was sent
    #[command(after_help = "Example:\n  tourniquet situation show open 7K3M9Q")]
    Show {
        #[command(flatten)]
        on: On,
        /// The report
        report: String,
    },
}

fn input() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| Failure::usage(format!("standard input: {error}")))
}

fn member<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) async fn run(bench: &Bench, verb: SituationVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        SituationVerb::Draft { on } => {
            let draft = desk.situation_draft(desk.find_incident(&on.incident).await?).await?;
            if bench.json() {
                return say_json(&draft);
            }
            member(&draft, "/text").lines().for_each(|line| say(&clean(line)));
            Ok(())
        }
        SituationVerb::Send { on, text, to } => {
            let id = desk.find_incident(&on.incident).await?;
            let text = match text {
                Some(text) if text != "-" => text,
                _ => input()?,
            };
            told(bench, &desk.send_situation(id, NewSituation { text, to }, &on.how()).await?).await
        }
        SituationVerb::List { on } => {
            let seen = desk.incident(desk.find_incident(&on.incident).await?).await?;
            let sent: Vec<_> = seen.state.reports.iter().filter(|report| report.situation).collect();
            if bench.json() {
                return say_json(&sent);
            }
            let paper = paper_of(bench, &seen).await;
            if sent.is_empty() {
                say("No situation report was sent yet.");
            }
            let rows = sent.iter().rev().map(|report| {
                vec![
                    plain(short(report.id)),
                    plain(paper.at(report.stamp.at)),
                    plain(&report.to),
                    plain(&report.stamp.name),
                ]
            });
            paper.table(&["report", "sent", "to", "by"], rows.collect());
            Ok(())
        }
        SituationVerb::Show { on, report } => {
            let id = desk.find_incident(&on.incident).await?;
            let state = desk.incident(id).await?.state;
            let sent = state.reports.iter().filter(|report| report.situation).map(|report| report.id);
            let found = desk.situation(id, pick(&report, sent, "situation report")?).await?;
            if bench.json() {
                return say_json(&found);
            }
            match found.get("text").and_then(Value::as_str) {
                Some(text) => text.lines().for_each(|line| say(&clean(line))),
                None => say("Its text is not kept here; the record has its digest."),
            }
            Ok(())
        }
    }
}
