//! Every pair of rule and file that the reference engine finds, and none that it does not; each difference stands in
//! `truth.differences.csv` with its reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use hunt::{
    judge::Judge,
    run::{Hunt, Progress},
    source::Sources,
    walk,
};

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if path.join("evtx/truth-rsigma.csv").is_file() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent; the samples of attacks are not compared", path.display());
    None
}

fn rules(folder: &Path) -> sigma::RuleSet {
    let (items, _) = walk::files(folder).unwrap();
    let texts: Vec<(String, String)> = items
        .iter()
        .filter(|item| item.path.ends_with(".yml"))
        .map(|item| (item.path.to_string(), fs::read_to_string(folder.join(&*item.path)).unwrap()))
        .collect();
    let texts = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    sigma::compile(texts, &sigma::Settings::default())
}

type Pairs = BTreeMap<(String, String), u64>;

fn pairs(text: &str) -> Pairs {
    let mut pairs = Pairs::new();
    for line in text.lines().skip(1) {
        // Titles may hold commas; ids, files and counts do not.
        let (id, rest) = line.split_once(',').unwrap();
        let (rest, hits) = rest.rsplit_once(',').unwrap();
        let file = rest.rsplit_once(',').unwrap().1;
        pairs.insert((id.to_owned(), file.to_owned()), hits.parse().unwrap());
    }
    pairs
}

#[test]
fn attacks_in_the_samples_are_found_as_the_reference_finds_them() {
    let Some(shared) = shared() else { return };
    let set = rules(&shared.join("sigma/windows"));
    assert_eq!((set.rules.len(), set.refused.len()), (2858, 0), "{:?}", set.refused);
    let judge = Judge::new(Arc::new(set), Sources::builtin().unwrap(), sigma::Level::Informational);
    let (items, _) = walk::files(&shared.join("evtx")).unwrap();
    let progress = Progress::default();
    let mut ours = Pairs::new();
    let hunt = Hunt { rules: Some(&judge), threads: 2, progress: &progress };
    let (outcome, _) = hunt.run(&items, || (), &mut |found| {
        *ours.entry((found.rule_id, found.file.to_string())).or_default() += 1;
    });
    eprintln!("{} records, {} detections", outcome.records, outcome.detections);
    let theirs = pairs(&fs::read_to_string(shared.join("evtx/truth-rsigma.csv")).unwrap());
    let known = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/truth.differences.csv"));
    let known: BTreeSet<(String, String)> = known
        .unwrap_or_default()
        .lines()
        .filter_map(|line| {
            let mut cells = line.splitn(3, ',');
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        })
        .collect();
    let mut wrong = Vec::new();
    for pair in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let (mine, reference) = (ours.get(pair).unwrap_or(&0), theirs.get(pair).unwrap_or(&0));
        if mine != reference && !known.contains(pair) {
            wrong.push(format!("{},{}: {mine} here, {reference} there", pair.0, pair.1));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
