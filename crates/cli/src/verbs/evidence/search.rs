//! `evidence hunt` and `evidence lines`: the hunt through what an incident holds, and what the last one found.

use std::{
    io,
    path::{Path, PathBuf},
};

use app::{
    chronicle::Filter,
    ports::{MoreRules, RuleText},
};
use clap::Args;
use hunt::rules::{Texts, named, named_yara};
use incident::Confidence;
use kernel::Timestamp;
use serde_json::Value;

use super::super::{Bench, ask::paper_of};
use crate::{
    failure::Failure,
    terminal::{Ink, plain, say, say_json, waiting},
};

/// The rules that are named, as texts: the server that they go to may be another machine.
pub(super) fn rules(sigma: &[PathBuf], yara: &[PathBuf]) -> Result<MoreRules, Failure> {
    let texts = |paths: &[PathBuf], read: fn(&Path) -> Result<Texts, (PathBuf, io::Error)>| {
        let mut texts = Vec::new();
        for path in paths {
            let named = read(path).map_err(|(file, error)| Failure::reading(&file, &error))?;
            texts.extend(named.into_iter().map(|(name, text)| RuleText { name, text }));
        }
        Ok::<_, Failure>(texts)
    };
    Ok(MoreRules { texts: texts(sigma, named)?, yara: texts(yara, named_yara)?, ..MoreRules::default() })
}

/// Runs a hunt, or reads the last one's result, and prints the answers with where they stand.
pub(super) async fn run(bench: &Bench, incident: &str, last: bool, rules: MoreRules) -> Result<(), Failure> {
    let id = bench.desk.find_incident(incident).await?;
    let bar = waiting("hunting");
    let done = if last { bench.desk.hunt_result(id).await } else { bench.desk.hunt(id, rules).await };
    bar.finish_and_clear();
    let done = done?;
    if bench.json() {
        return say_json(&done);
    }
    let paper = paper_of(bench, &bench.desk.incident(id).await?).await;
    let found = &done.found;
    let rows: Vec<_> = found
        .answers
        .iter()
        .map(|answer| {
            let ink = if answer.confidence == Confidence::Unknown { Ink::Faint } else { Ink::Plain };
            let place = answer.rests_on.first();
            vec![
                plain(answer.at.map_or_else(|| "–".to_owned(), |at| paper.at(at))),
                plain(answer.question.as_str().replace('_', " ")),
                (ink, answer.confidence.as_str().to_owned()),
                (ink, answer.text.clone()),
                (
                    Ink::Faint,
                    place.map_or_else(String::new, |at| format!("{}, record {}", at.file, at.record)),
                ),
            ]
        })
        .collect();
    paper.table(&["when", "question", "how sure", "what", "where it stands"], rows);
    say(&format!(
        "{} records in {} files, {} rules, {} detections, {} hosts and {} accounts in the story",
        found.records,
        found.files,
        found.rules,
        found.detections,
        found.hosts.len(),
        found.accounts.len()
    ));
    found.notes.iter().for_each(|note| say(note));
    Ok(())
}

/// Which lines.
#[derive(Debug, Args)]
pub(crate) struct LinesArgs {
    /// The incident: its id, the end of its id, or `open` for the only open one
    incident: String,
    /// The host's short name in capitals
    #[arg(long)]
    host: Option<String>,
    /// The account as the log names it
    #[arg(long)]
    account: Option<String>,
    /// An ATT&CK tactic, such as `credential-access`
    #[arg(long)]
    tactic: Option<String>,
    /// Detections of at least this level
    #[arg(long, value_parser = ["informational", "low", "medium", "high", "critical"])]
    level: Option<String>,
    /// What kind of line: `detection`, `logon` …
    #[arg(long)]
    what: Option<String>,
    /// From when, such as 2026-09-13T06:00:00Z
    #[arg(long)]
    from: Option<Timestamp>,
    /// Until when, itself left out
    #[arg(long)]
    to: Option<Timestamp>,
    /// Where to go on: what the page before named at its end
    #[arg(long)]
    cursor: Option<String>,
    /// How many lines
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
}

/// Prints lines of the last hunt's timeline.
pub(super) async fn lines(bench: &Bench, args: LinesArgs) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&args.incident).await?;
    let level = args.level.map(|word| serde_json::from_value(Value::String(word))).transpose();
    let filter = Filter {
        from: args.from,
        to: args.to,
        host: args.host,
        account: args.account,
        tactic: args.tactic,
        level: level.map_err(|error| Failure::usage(error.to_string()))?,
        what: args.what,
    };
    let found = bench.desk.hunt_lines(id, &filter, args.cursor.as_deref(), args.limit).await?;
    if bench.json() {
        return say_json(&found);
    }
    let paper = paper_of(bench, &bench.desk.incident(id).await?).await;
    let text =
        |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let items = found.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let rows: Vec<_> = items
        .iter()
        .map(|line| {
            let at = text(line, "time").parse().map_or_else(|_| text(line, "time"), |at| paper.at(at));
            let level = text(line, "level");
            let record = line.get("record").and_then(Value::as_u64).unwrap_or_default();
            vec![
                plain(at),
                plain(text(line, "host")),
                plain(if level == "none" { text(line, "what") } else { level }),
                plain(text(line, "text")),
                plain(text(line, "account")),
                (Ink::Faint, format!("{}, record {record}", text(line, "file"))),
            ]
        })
        .collect();
    paper.table(&["when", "host", "what", "text", "account", "where it stands"], rows);
    let total = found.get("total").and_then(Value::as_u64).unwrap_or_default();
    match found.get("next").and_then(Value::as_str) {
        Some(next) => say(&format!("{} of {total} lines; go on with --cursor {next}", items.len())),
        None => say(&format!("{total} lines")),
    }
    Ok(())
}
