//! Holds the folder of detection rules to its own promises: every rule has an id of its own, a level, ATT&CK tags, false
//! positives and samples of both kinds, and stands in the list of `docs/rules.md`.
#![cfg(test)]

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `GROUP/NAME.yml` of every file two levels below a folder.
fn files(folder: &Path) -> HashSet<String> {
    let mut found = HashSet::new();
    for group in
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir())
    {
        for file in fs::read_dir(group.path()).unwrap() {
            let name = file.unwrap().file_name();
            found.insert(format!("{}/{}", group.file_name().to_string_lossy(), name.to_string_lossy()));
        }
    }
    found
}

fn is_uuid_v4(id: &str) -> bool {
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12]
        && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        && id.as_bytes()[14] == b'4'
}

fn is_attack_tag(tag: &str) -> bool {
    let Some(name) = tag.strip_prefix("attack.") else { return false };
    match name.strip_prefix('t').filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit())) {
        Some(number) => {
            let (technique, part) = number.split_once('.').unwrap_or((number, "001"));
            technique.len() == 4
                && part.len() == 3
                && (technique.to_owned() + part).bytes().all(|b| b.is_ascii_digit())
        }
        None => name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
    }
}

#[test]
fn every_rule_is_whole_proved_and_listed() {
    let rules = files(&root().join("content/rules"));
    assert_eq!(
        rules,
        files(&root().join("content/rule-samples")),
        "a rule without samples, or samples without a rule"
    );
    assert!(rules.len() >= 120, "{} rules", rules.len());
    let list = fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let mut ids = HashSet::new();
    for name in &rules {
        let text = fs::read_to_string(root().join("content/rules").join(name)).unwrap();
        for document in text.split("\n---\n") {
            let id = document.lines().find_map(|line| line.strip_prefix("id: ")).expect(name);
            assert!(is_uuid_v4(id), "{name}: {id}");
            assert!(ids.insert(id.to_owned()), "{name}: {id} is taken");
            assert!(document.lines().any(|line| line.starts_with("level: ")), "{name}: no level");
        }
        let rule = text.split("\n---\n").last().unwrap();
        let tags: Vec<&str> =
            rule.lines().filter_map(|line| line.strip_prefix("  - attack").map(|_| &line[4..])).collect();
        assert!(!tags.is_empty(), "{name}: no ATT&CK tag");
        assert!(tags.iter().all(|tag| is_attack_tag(tag)), "{name}: {tags:?}");
        assert!(rule.contains("\nfalsepositives:\n  - "), "{name}: no false positives");
        assert!(list.contains(&format!("](../content/rules/{name})")), "{name} is not in docs/rules.md");
        let samples = fs::read_to_string(root().join("content/rule-samples").join(name)).unwrap();
        assert!(samples.contains("\nmalicious:\n  - "), "{name}: nothing that must match");
        assert!(samples.contains("\nbenign:\n  - "), "{name}: nothing that must not match");
    }
    assert_eq!(
        list.matches("](../content/rules/").count(),
        rules.len() + 1,
        "docs/rules.md lists what is gone"
    );
    assert!(list.contains(&format!("{} rules.", rules.len())), "docs/rules.md counts wrong");
}
