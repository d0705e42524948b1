//! Situation reports: drafted from the incident as it stands, edited, sent and frozen.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

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
        tourniquet situation send open --to 'practice owner' --file report.txt\n  \
        tourniquet situation send open --to 'practice owner' 'Nothing changed since 9:00.'"
    )]
    Send {
        #[command(flatten)]
        on: On,
        /// The text; standard input where absent or `-`
        text: Option<String>,
        /// The file that holds the text
        #[arg(long, value_name = "FILE", conflicts_with = "text")]
        file: Option<PathBuf>,
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

/// The text of a report that stands in a file. What is no text (a PDF made elsewhere) is refused: what was sent is kept
/// word by word and frozen, and its next one's clock starts.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
    text_of(&mut file, &path.display().to_string())
}

fn text_of(from: &mut dyn Read, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = from.take(LONGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage(format!(
            "{name}: longer than {LONGEST} bytes: a situation report is short"
        )));
    }
    let text =
        String::from_utf8(bytes).ok().filter(|text| !text.contains('\0') && !text.starts_with("%PDF-"));
    text.ok_or_else(|| {
        Failure::usage(format!(
            "{name}: not text, and a situation report is kept as its text: send the text, and record a paper made \
             elsewhere with `tourniquet learn report`"
        ))
    })
}

/// Sends a report.
pub(crate) async fn send(bench: &Bench, on: &On, text: String, to: String) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&on.incident).await?;
    told(bench, &bench.desk.send_situation(id, NewSituation { text, to }, &on.how()).await?).await
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
        SituationVerb::Send { on, text, file, to } => {
            let text = match (text, file) {
                (Some(text), _) if text != "-" => text,
                (_, Some(file)) => read(&file)?,
                _ => text_of(&mut std::io::stdin().lock(), "standard input")?,
            };
            send(bench, &on, text, to).await
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
