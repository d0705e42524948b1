//! Notes. A note's text is sealed; the record has the digest of every version.

use std::io::Read as _;

use app::notes::{LONGEST, NewNote, RevisedNote};
use clap::{Args, Subcommand};
use incident::Subject;
use kernel::{AccountName, Indicator, SystemName};
use serde_json::Value;

use super::{
    Bench,
    ask::{On, paper_of, told},
};
use crate::{
    failure::Failure,
    pick::{pick, short},
    terminal::{Ink, clean, plain, say, say_json},
    word::indicator,
};

/// `note …`
#[derive(Debug, Subcommand)]
pub(crate) enum NoteVerb {
    /// Writes a note
    #[command(after_help = "Examples:\n  tourniquet note write open 'called the vendor, case 4711'\n  \
        tourniquet note write open --privileged --as 'attorney:A. Counsel' < memo.txt")]
    Write {
        #[command(flatten)]
        on: On,
        /// The text; standard input where absent or `-`
        text: Option<String>,
        #[command(flatten)]
        about: AboutArgs,
        /// It is attorney–client privileged
        #[arg(long)]
        privileged: bool,
    },
    /// Revises a note; its earlier versions stay
    #[command(
        after_help = "Example:\n  tourniquet note revise open 7K3M9Q 'called the vendor, case 4712' --reason 'wrong number'"
    )]
    Revise {
        #[command(flatten)]
        on: On,
        /// The note
        note: String,
        /// The new text; standard input where absent or `-`
        text: Option<String>,
        /// Why it changes
        #[arg(long, default_value = "")]
        reason: String,
        /// The version that the text was begun on: what came in since is merged with it
        #[arg(long, value_name = "VERSION")]
        base: Option<usize>,
    },
    /// Shows a note with every version
    #[command(after_help = "Example:\n  tourniquet note show open 7K3M9Q")]
    Show {
        #[command(flatten)]
        on: On,
        /// The note
        note: String,
    },
    /// Lists the notes
    #[command(after_help = "Example:\n  tourniquet note list open")]
    List {
        #[command(flatten)]
        on: On,
    },
}

/// What a note is about.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct AboutArgs {
    /// About a system
    #[arg(long, value_name = "NAME")]
    system: Option<SystemName>,
    /// About an account
    #[arg(long, value_name = "NAME")]
    account: Option<AccountName>,
    /// About an indicator
    #[arg(long, value_name = "KIND:VALUE", value_parser = indicator)]
    indicator: Option<Indicator>,
}

impl AboutArgs {
    fn about(self) -> Option<Subject> {
        let system = self.system.map(|system| Subject::System { system });
        let account = self.account.map(|account| Subject::Account { account });
        system.or(account).or_else(|| self.indicator.map(|indicator| Subject::Indicator { indicator }))
    }
}

fn text_or_input(text: Option<String>) -> Result<String, Failure> {
    match text {
        Some(text) if text != "-" => Ok(text),
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .take(LONGEST as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| Failure::outside(format!("standard input: {error}")))?;
            String::from_utf8(bytes).map_err(|error| {
                Failure::usage(format!(
                    "standard input: byte {} is not UTF-8; save the text as UTF-8",
                    error.utf8_error().valid_up_to()
                ))
            })
        }
    }
}

pub(crate) async fn run(bench: &Bench, verb: NoteVerb) -> Result<(), Failure> {
    let desk = &bench.desk;
    match verb {
        NoteVerb::Write { on, text, about, privileged } => {
            let id = desk.find_incident(&on.incident).await?;
            let note = NewNote { text: text_or_input(text)?, about: about.about(), privileged };
            told(bench, &desk.write_note(id, note, &on.how()).await?).await
        }
        NoteVerb::Revise { on, note, text, reason, base } => {
            let id = desk.find_incident(&on.incident).await?;
            let note = pick(&note, desk.incident(id).await?.state.notes.keys().copied(), "note")?;
            let revised = RevisedNote { text: text_or_input(text)?, reason, base };
            told(bench, &desk.revise_note(id, note, revised, &on.how()).await?).await
        }
        NoteVerb::Show { on, note } => {
            let id = desk.find_incident(&on.incident).await?;
            let seen = desk.incident(id).await?;
            let note = pick(&note, seen.state.notes.keys().copied(), "note")?;
            let versions = desk.note(id, note).await?;
            if bench.json() {
                return say_json(&versions);
            }
            let paper = paper_of(bench, &seen).await;
            for version in versions.as_array().into_iter().flatten() {
                let part = |path: &str| version.pointer(path).and_then(Value::as_str).unwrap_or_default();
                let at = part("/stamp/at").parse().map_or_else(|_| String::new(), |at| paper.at(at));
                let number = version.get("version").and_then(Value::as_u64).unwrap_or_default();
                let because = version
                    .get("because")
                    .and_then(Value::as_str)
                    .map(|why| format!(" ({why})"))
                    .unwrap_or_default();
                say(&paper.ink(Ink::Strong, &format!("Version {number}, {at}{because}")));
                let text =
                    version.get("text").and_then(Value::as_str).unwrap_or("(destroyed; its digest stays)");
                for line in text.lines() {
                    say(&format!("  {}", clean(line)));
                }
            }
            Ok(())
        }
        NoteVerb::List { on } => {
            let seen = desk.incident(desk.find_incident(&on.incident).await?).await?;
            if bench.json() {
                return say_json(&seen.state.notes);
            }
            let paper = paper_of(bench, &seen).await;
            let rows: Vec<_> = seen
                .state
                .notes
                .values()
                .map(|note| {
                    let last = note.versions.last();
                    vec![
                        plain(short(note.id)),
                        plain(note.about.as_ref().map_or_else(|| "–".to_owned(), Subject::plain)),
                        plain(note.versions.len()),
                        plain(paper.maybe(last.map(|version| version.stamp.at))),
                        if note.privileged { (Ink::Caution, "privileged".to_owned()) } else { plain("") },
                    ]
                })
                .collect();
            if rows.is_empty() {
                say("There are no notes that you may read.");
            }
            paper.table(&["note", "about", "versions", "last", ""], rows);
            Ok(())
        }
    }
}
