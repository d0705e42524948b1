//! What the breach case shows at a terminal: duties and their days, what changed, what would, the four factors, proof of
//! notice, the yearly log.

use serde_json::Value;

use super::json;
use crate::{
    desk::case::{View, log_csv},
    failure::Failure,
    terminal::{Ink, clean, plain, say, say_json},
    verbs::{Bench, ask::On},
};

pub(super) async fn view(bench: &Bench, on: &On, view: View) -> Result<Value, Failure> {
    bench.desk.case(bench.desk.find_incident(&on.incident).await?, view).await
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A date, number or text of a member; a dash where there is none.
pub(super) fn cell(value: &Value, name: &str) -> String {
    match value.get(name) {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => clean(text),
        Some(other) => other.to_string(),
    }
}

pub(super) async fn clock(bench: &Bench, on: &On) -> Result<(), Failure> {
    let case = view(bench, on, View::Case).await?;
    if bench.json() {
        return say_json(case.get("duties").unwrap_or(&Value::Null));
    }
    let rows = list(&case, "duties")
        .map(|duty| {
            let stands = text(duty, "stands");
            let ink = match stands {
                "missed" => Ink::Alarm,
                "near" => Ink::Caution,
                "met" => Ink::Good,
                "ahead" | "no_fixed_limit" => Ink::Plain,
                _ => Ink::Faint,
            };
            vec![
                (ink, stands.replace('_', " ")),
                plain(cell(duty, "days")),
                plain(cell(duty, "target")),
                plain(cell(duty, "due")),
                plain(cell(duty, "duty")),
                plain(cell(duty, "citation")),
            ]
        })
        .collect();
    bench.paper.table(&["stands", "days", "internal target", "last lawful day", "duty", "citation"], rows);
    say(&bench.paper.ink(Ink::Faint, text(&case, "note")));
    Ok(())
}

pub(super) async fn changes(bench: &Bench, on: &On) -> Result<(), Failure> {
    let changes = view(bench, on, View::Changes).await?;
    if bench.json() {
        return say_json(&changes);
    }
    let mut none = true;
    for change in changes.as_array().into_iter().flatten() {
        none = false;
        let head = format!("{} · {}", cell(change, "at"), cell(change, "by"));
        say(&bench.paper.ink(Ink::Strong, &head));
        for line in list(change, "said").filter_map(Value::as_str) {
            say(&format!("  {}", clean(line)));
        }
    }
    if none {
        say("No obligation was computed yet.");
    }
    Ok(())
}

pub(super) async fn what_if(bench: &Bench, on: &On, patch: &str) -> Result<(), Failure> {
    let id = bench.desk.find_incident(&on.incident).await?;
    let answer = bench.desk.what_if(id, &json(patch)?).await?;
    if bench.json() {
        return say_json(&answer);
    }
    let mut none = true;
    for line in list(&answer, "said").filter_map(Value::as_str) {
        none = false;
        say(&clean(line));
    }
    if none {
        say("Nothing would change.");
    }
    say(&bench.paper.ink(Ink::Faint, "Nothing was recorded. What is due is counsel's to decide."));
    Ok(())
}

pub(super) async fn factors(bench: &Bench, on: &On, template: bool) -> Result<(), Failure> {
    let record = view(bench, on, View::Factors).await?;
    if template {
        let newest = list(&record, "versions").last().and_then(|version| version.get("factors")).cloned();
        let empty = || {
            let factor = serde_json::json!({ "known": [], "unknown": [], "reasoning": "" });
            let names =
                list(&record, "guide").map(|guide| (text(guide, "factor").to_owned(), factor.clone()));
            Value::Object(names.collect())
        };
        let pretty = serde_json::to_string_pretty(&newest.unwrap_or_else(empty));
        say(&pretty.map_err(|error| Failure::outside(format!("cannot write JSON: {error}")))?);
        return Ok(());
    }
    if bench.json() {
        return say_json(&record);
    }
    for guide in list(&record, "guide") {
        let title = text(guide, "factor").replace('_', " ");
        say(&format!("{} ({})", bench.paper.ink(Ink::Strong, &title), text(guide, "citation")));
        say(&format!("  {}", text(guide, "question")));
        if guide.get("reasoned").and_then(Value::as_bool) == Some(false) {
            say(&format!("  {}", bench.paper.ink(Ink::Caution, "the attorney's reasoning is missing")));
        }
        for unknown in list(guide, "unknown").filter_map(Value::as_str) {
            say(&format!("  not known: {}", clean(unknown)));
        }
    }
    for (name, word) in [("recommendations", "recommended"), ("determinations", "determined")] {
        for opinion in list(&record, name) {
            let stamp = opinion.get("stamp").unwrap_or(&Value::Null);
            let probability = text(opinion, "probability").replace('_', " ");
            let version = cell(opinion, "version");
            say(&format!(
                "{word} on version {version}: {probability} ({}, {})",
                cell(stamp, "name"),
                cell(stamp, "role")
            ));
        }
    }
    if record.get("in_force").is_none_or(Value::is_null) {
        say("No determination is in force: a breach is presumed (45 CFR 164.402(2)).");
    }
    Ok(())
}

pub(super) async fn proof(bench: &Bench, on: &On) -> Result<(), Failure> {
    let proof = view(bench, on, View::Proof).await?;
    if bench.json() {
        return say_json(&proof);
    }
    let rows = list(&proof, "lines")
        .map(|line| {
            let duty = line.get("obligation").unwrap_or(&Value::Null);
            let (proofs, done) = (list(line, "proofs").count(), cell(line, "done_on"));
            let shows = match (done.as_str(), proofs) {
                ("–", _) => (Ink::Caution, "not done".to_owned()),
                (_, 0) => (Ink::Alarm, "said to be done, and nothing shows it".to_owned()),
                (_, count) => (Ink::Good, format!("{count} proofs")),
            };
            let name = format!("{} ({})", text(duty, "duty").replace('_', " "), text(duty, "regime"));
            vec![plain(name), plain(cell(duty, "due")), plain(done), shows]
        })
        .collect();
    bench.paper.table(&["duty", "last lawful day", "done", "proof"], rows);
    let beyond = list(&proof, "beyond").count();
    if beyond > 0 {
        say(&format!("{beyond} proofs of duties that the facts no longer ask for stay on the record."));
    }
    Ok(())
}

pub(super) async fn log(
    bench: &Bench,
    practice: Option<&str>,
    year: Option<i16>,
    csv: bool,
) -> Result<(), Failure> {
    let practice = match practice {
        Some(named) => Some(bench.desk.find_practice(Some(named)).await?),
        None => None,
    };
    let logs = bench.desk.small_breaches(practice, year).await?;
    if csv {
        say(log_csv(&logs)?.trim_end());
        return Ok(());
    }
    if bench.json() {
        return say_json(&logs);
    }
    let mut rows = Vec::new();
    for log in logs.as_array().into_iter().flatten() {
        for year in list(log, "years") {
            for each in list(year, "breaches") {
                let filed = match cell(each, "filed_on") {
                    none if none == "–" => (Ink::Caution, "not filed".to_owned()),
                    day => (Ink::Good, day),
                };
                rows.push(vec![
                    plain(cell(log, "name")),
                    plain(cell(year, "year")),
                    plain(cell(year, "file_by")),
                    plain(cell(each, "discovered_on")),
                    plain(cell(each, "people")),
                    plain(cell(each, "kind").replace('_', " ")),
                    filed,
                ]);
            }
        }
    }
    if rows.is_empty() {
        say("No breach of fewer than 500 people is on record.");
    }
    bench.paper.table(&["practice", "year", "file by", "discovered", "people", "kind", "filed"], rows);
    Ok(())
}
