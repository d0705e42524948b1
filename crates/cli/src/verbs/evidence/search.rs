//! `evidence hunt`: the hunt through what an incident holds, and what the last one found.

use std::path::PathBuf;

use app::ports::RuleText;
use hunt::rules::named;
use incident::Confidence;

use super::super::{Bench, ask::paper_of};
use crate::{
    failure::Failure,
    terminal::{Ink, plain, say, say_json, waiting},
};

/// Runs a hunt, or reads the last one's result, and prints the answers with where they stand.
pub(super) async fn run(bench: &Bench, incident: &str, last: bool, rules: &[PathBuf]) -> Result<(), Failure> {
    let mut texts = Vec::new();
    for path in rules {
        let named = named(path).map_err(|(file, error)| Failure::reading(&file, &error))?;
        texts.extend(named.into_iter().map(|(name, text)| RuleText { name, text }));
    }
    let id = bench.desk.find_incident(incident).await?;
    let bar = waiting("hunting");
    let done = if last { bench.desk.hunt_result(id).await } else { bench.desk.hunt(id, texts).await };
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
