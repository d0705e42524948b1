//! Every rule that ships with the program against its own samples (`content/rule-samples`), through the engine: what is
//! under `malicious` has to be found, what is under `benign` must not be.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hunt::{
    event::{Event, Shape, Value},
    judge::Judge,
    source::Sources,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};
use sigma::{Level, Settings};

/// A sample file, as `content/rules/README.md` describes it.
#[derive(serde::Deserialize)]
struct Samples {
    logsource: Source,
    malicious: Vec<Json>,
    benign: Vec<Json>,
}

#[derive(serde::Deserialize)]
struct Source {
    product: String,
    category: Option<String>,
    service: Option<String>,
}

/// One event of a case: seconds since the one before, names and values.
struct Step {
    after: i64,
    fields: Vec<(String, Option<String>)>,
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "yml") {
            into.push(path);
        }
    }
}

/// The value with `{n}` replaced; objects become names with dots, lists the same name again, as the readers do it.
fn flat(name: &str, value: &Json, n: &str, into: &mut Vec<(String, Option<String>)>) {
    match value {
        Json::Object(inner) => {
            for (key, value) in inner {
                flat(&if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, value, n, into);
            }
        }
        Json::Array(values) => values.iter().for_each(|value| flat(name, value, n, into)),
        Json::Null => into.push((name.to_owned(), None)),
        Json::String(text) => into.push((name.to_owned(), Some(text.replace("{n}", n)))),
        other => into.push((name.to_owned(), Some(other.to_string()))),
    }
}

/// The events of a case: one, or a list with `_repeat`, `_each` and `_every`.
fn steps(case: &Json) -> Vec<Step> {
    let listed = match case {
        Json::Array(listed) => listed.clone(),
        one => vec![one.clone()],
    };
    let mut steps = Vec::new();
    for event in listed {
        let Json::Object(mut event): Json = event else { panic!("{event} is no event") };
        let mut key = |name: &str| event.shift_remove(name);
        let after = key("_every").map_or(1, |seconds| seconds.as_i64().unwrap());
        let count = key("_repeat").map_or(1, |count| count.as_u64().unwrap());
        let each = match key("_each") {
            Some(Json::Array(each)) => each
                .iter()
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                .collect(),
            Some(other) => panic!("_each: {other} is no list"),
            None => (1..=count).map(|number| number.to_string()).collect::<Vec<_>>(),
        };
        let unknown: Vec<&String> = event.keys().filter(|key| key.starts_with('_')).collect();
        assert!(unknown.is_empty(), "{unknown:?} is no word of samples");
        for n in each {
            let mut fields = Vec::new();
            flat("", &Json::Object(Map::clone(&event)), &n, &mut fields);
            steps.push(Step { after, fields });
        }
    }
    steps
}

/// The ids of the rules that find something in a case.
fn found(text: &str, source: &Source, case: &Json) -> Vec<String> {
    let set = sigma::compile([("rule", text)], &Settings::default());
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), Level::Informational);
    let mut bench = judge.bench();
    let (mut detections, mut time) = (Vec::new(), "2026-01-26T20:00:00Z".parse::<Timestamp>().unwrap());
    for (record, step) in (1..).zip(steps(case)) {
        time += SignedDuration::from_secs(step.after);
        let get = |name: &str| {
            let found = step.fields.iter().find(|(is, _)| is == name);
            found.and_then(|(_, value)| value.clone()).unwrap_or_default()
        };
        let windows = source.product == "windows";
        let channel = if windows {
            get("Channel")
        } else {
            let log = source.service.as_deref().or(source.category.as_deref()).unwrap_or_default();
            format!("{}/{log}", source.product)
        };
        let shape = Shape::new(step.fields.iter().map(|(name, _)| name));
        let text = |value: &'_ Option<String>| value.clone();
        let texts: Vec<Option<String>> = step.fields.iter().map(|(_, value)| text(value)).collect();
        let values: Vec<Value<'_>> =
            texts.iter().map(|text| text.as_deref().map_or(Value::Null, Value::Text)).collect();
        let event = Event {
            time: Some(time),
            host: &get("Computer"),
            account: None,
            channel: &channel,
            provider: &get("Provider_Name"),
            event_id: if windows { get("EventID").parse().unwrap() } else { 0 },
            record,
            shape: &shape,
            values: &values,
        };
        bench.judge(&Arc::from("sample"), &event, &mut detections);
    }
    let mut correlator = judge.correlator();
    detections.extend(correlator.take(bench.counted()));
    detections.extend(correlator.finish());
    detections.into_iter().map(|detection| detection.rule_id).collect()
}

#[test]
fn every_rule_finds_its_malicious_samples_and_leaves_the_benign_ones() {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut rules = Vec::new();
    files(&content.join("rules"), &mut rules);
    rules.sort();
    assert!(rules.len() >= 120, "{} rules", rules.len());
    let mut wrong = Vec::new();
    for rule in &rules {
        let name = rule.strip_prefix(content.join("rules")).unwrap();
        let text = fs::read_to_string(rule).unwrap();
        let Ok(samples) = fs::read_to_string(content.join("rule-samples").join(name)) else {
            wrong.push(format!("{}: no samples", name.display()));
            continue;
        };
        let samples: Samples = yaml_serde::from_str(&samples).unwrap();
        assert!(!samples.malicious.is_empty() && !samples.benign.is_empty(), "{}", name.display());
        let set = sigma::compile([("rule", text.as_str())], &Settings::default());
        // The last document of a file is the rule; those before it are what it counts.
        let last = set.correlations.last().map(|rule| &rule.id).or(set.rules.last().map(|rule| &rule.id));
        let last = last.expect("a rule");
        for (cases, wanted) in [(&samples.malicious, true), (&samples.benign, false)] {
            for (number, case) in (1..).zip(cases) {
                if found(&text, &samples.logsource, case).contains(last) != wanted {
                    let kind = if wanted { "malicious sample is missed" } else { "benign sample is found" };
                    wrong.push(format!("{}: {kind}: number {number}", name.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
