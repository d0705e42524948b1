//! The API's description: a snapshot, so that a change of the API is a change that somebody sees; and valid.

use std::{collections::BTreeSet, env, fs, path::Path};

use serde_json::Value;

use crate::ground::{Call, Ground};

#[test]
fn the_description_is_the_one_that_was_agreed_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let mut now = serde_json::to_string_pretty(&web::openapi()).unwrap();
    now.push('\n');
    if env::var_os("RENEW_OPENAPI").is_some() {
        fs::write(&path, &now).unwrap();
    }
    // What it says counts, not the order in which a build happens to write the members of an object.
    let said = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let agreed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        said(&agreed) == said(&now),
        "the API differs from openapi.json: look at the difference, and renew it with RENEW_OPENAPI=1"
    );
}

fn walk<'a>(value: &'a Value, see: &mut dyn FnMut(&'a str, &'a Value)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            see(name, value);
            walk(value, see);
        }),
        Value::Array(items) => items.iter().for_each(|value| walk(value, see)),
        _ => {}
    }
}

#[test]
fn the_description_is_valid_openapi_3_1() {
    let api = serde_json::to_value(web::openapi()).unwrap();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut dangling = Vec::new();
    walk(&api, &mut |name, value| {
        if name == "$ref"
            && let Some(text) = value.as_str()
            && text.strip_prefix('#').is_none_or(|pointer| api.pointer(pointer).is_none())
        {
            dangling.push(text.to_owned());
        }
    });
    assert!(dangling.is_empty(), "references that lead nowhere: {dangling:?}");

    let mut ids = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
            assert!(ids.insert(id.to_owned()), "two operations are called {id}");
            let mut declared = BTreeSet::new();
            let mut all = BTreeSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
                assert!(all.insert((name, place)), "{id} declares {name} twice");
                assert!(parameter["schema"].is_object(), "{id}: {name} has no schema");
                if place == "path" {
                    assert_eq!(parameter["required"], true, "{id}: {name}");
                    declared.insert(name);
                }
            }
            assert_eq!(declared, named, "{id} at {path}");
            assert!(
                !operation["summary"].as_str().unwrap_or_default().is_empty(),
                "{id} does not say what it does"
            );
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("default"), "{id}");
            assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
            for response in responses.values() {
                assert!(response["description"].is_string(), "{id}");
            }
        }
    }
    assert!(ids.len() >= 45, "{}", ids.len());
    for name in api["components"]["schemas"].as_object().unwrap().keys() {
        let known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
        assert!(name.chars().all(known), "{name} cannot name a component");
    }
}

#[tokio::test]
async fn the_description_is_served_to_anybody_and_is_the_same() {
    let ground = Ground::new().await;
    let served = ground.send(Call::get("/api/v1/openapi.json")).await;
    assert_eq!(served.status, 200);
    assert_eq!(served.json(), serde_json::to_value(web::openapi()).unwrap());
}
