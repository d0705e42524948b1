//! The sample of a health record's access log, with its mapping and the practice's lists, fires the rules that are about it.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use hunt::{
    archive::{Limits, expand},
    artefact::mapped,
    judge::Judge,
    run::{Hunt, Progress},
    source::Sources,
    walk,
};

#[test]
fn the_rules_about_records_fire_on_a_products_own_log() {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let (rules, _) = walk::files(&content.join("rules/ehr-audit")).unwrap();
    let texts: Vec<(String, String)> = rules
        .iter()
        .map(|item| {
            let text = fs::read_to_string(content.join("rules/ehr-audit").join(&*item.path)).unwrap();
            (item.path.to_string(), text)
        })
        .collect();
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let set = sigma::compile(texts, &sigma::Settings::default());
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), sigma::Level::Low);
    let mut items = expand(walk::files(&content.join("mappings")).unwrap().0, &Limits::default());
    let (mappings, faults) = mapped::found(&items);
    assert!(faults.is_empty() && mappings.len() == 1, "{faults:?}");
    mapped::apply(&mut items, mappings);
    let progress = Progress::default();
    let hunt = Hunt { rules: Some(&judge), threads: 2, progress: &progress };
    let mut fired = BTreeSet::new();
    let (outcome, _) = hunt.run(&items, || (), &mut |found| {
        fired.insert(found.rule);
    });
    assert!(outcome.damage.is_empty(), "{outcome:?}");
    fired.extend(outcome.correlated.iter().map(|found| found.rule.clone()));
    let all: BTreeSet<String> =
        judge.rules().rules.iter().filter(|rule| !rule.silent).map(|rule| rule.title.clone()).collect();
    let silent: Vec<&String> = all.difference(&fired).collect();
    // Every rule that needs no second log fires, and those that count do.
    assert!(silent.is_empty(), "{silent:?}; fired: {fired:#?}");
    for counted in [
        "Many records opened in the night or at the weekend",
        "One user opens very many records within an hour",
        "One user prints or exports many records",
        "Several records opened of patients without appointment",
        "Sign-in to the health record after many failures",
    ] {
        assert!(fired.contains(counted), "{counted}: {fired:#?}");
    }
}
