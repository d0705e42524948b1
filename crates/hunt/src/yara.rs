//! YARA rules over the files of the evidence, by the crate `boreal`: a match is a detection among the others, with its level, id and
//! techniques from the rule's own `meta`. `docs/decisions/0004-artefacts.md` says why this engine.

use std::{
    collections::BTreeMap,
    io::Read as _,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use boreal::{
    Compiler, MetadataValue, Scanner,
    compiler::CompilerParams,
    scanner::{EvaluatedRule, ScanParams},
};
use sigma::Level;

use crate::{
    artefact::{Damage, Stream},
    detect::Detection,
    evidence::Item,
};

/// What is scanned of a file: its first 256 MiB. A thread holds one file at a time.
const SCANNED: u64 = 256 << 20;
/// How long one file may take.
const LONGEST: Duration = Duration::from_secs(60);
/// How much of a match is quoted, in bytes, and how many matches of one string.
const QUOTED: usize = 80;
const FEW: usize = 3;

/// Compiled YARA rules.
pub struct Yara {
    scanner: Scanner,
    /// How many rules.
    pub rules: usize,
    /// Files of rules that cannot be used, and why.
    pub refused: Vec<(String, String)>,
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Matches, in the order of the files' paths.
    pub found: Vec<Detection>,
    /// Files that were not scanned as a whole, and why.
    pub damage: BTreeMap<Arc<str>, Damage>,
}

impl Yara {
    /// Compiles rules; each text has the name that it is known by. Includes are not followed.
    #[must_use]
    pub fn compile<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let mut compiler = Compiler::new();
        compiler.set_params(CompilerParams::default().disable_includes(true));
        let mut refused = Vec::new();
        for (name, text) in texts {
            if let Err(error) = compiler.add_rules_str_in_namespace(text, name) {
                refused.push((name.to_owned(), error.to_string()));
            }
        }
        let mut scanner = compiler.finalize();
        let params = ScanParams::default().compute_full_matches(true).timeout_duration(Some(LONGEST));
        scanner.set_scan_params(params.string_max_nb_matches(100).match_max_length(QUOTED));
        let rules = scanner.rules().count();
        Self { scanner, rules, refused }
    }

    /// Scans the items over several threads; what is below the level is not told.
    #[must_use]
    pub fn scan(&self, items: &[Item], threads: usize, least: Level) -> Scanned {
        let next = AtomicUsize::new(0);
        let all = Mutex::new(Scanned::default());
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let (mut found, damage) = self.scan_one(item);
                        found.retain(|found| found.level >= least);
                        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                        all.found.append(&mut found);
                        if !damage.is_none() {
                            all.damage.insert(Arc::clone(&item.path), damage);
                        }
                    }
                });
            }
        });
        let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.found.sort_by(|one, other| (&one.file, &one.rule).cmp(&(&other.file, &other.rule)));
        all
    }

    fn scan_one(&self, item: &Item) -> (Vec<Detection>, Damage) {
        let mut damage = Damage::default();
        let mut bytes = Vec::new();
        match (item.open)() {
            Ok(file) => {
                if file.size() > SCANNED {
                    damage.note(format!("YARA looked at the first {SCANNED} of {} bytes", file.size()));
                }
                if let Err(error) = Stream::new(&*file).take(SCANNED).read_to_end(&mut bytes) {
                    damage.note(error.to_string());
                }
            }
            // The hunt itself tells of files that cannot be opened.
            Err(_) => return (Vec::new(), damage),
        }
        let scanned = catch_unwind(AssertUnwindSafe(|| self.scanner.scan_mem(&bytes)));
        let result = match scanned {
            Ok(Ok(result)) => result,
            Ok(Err((error, result))) => {
                damage.note(format!("YARA did not finish: {error}"));
                result
            }
            Err(_) => {
                damage.note("YARA did not survive this file");
                return (Vec::new(), damage);
            }
        };
        (result.rules.iter().map(|rule| self.detection(rule, &item.path)).collect(), damage)
    }

    fn detection(&self, rule: &EvaluatedRule<'_>, file: &Arc<str>) -> Detection {
        let meta: BTreeMap<String, String> = rule
            .metadatas
            .iter()
            .map(|meta| {
                let value = match meta.value {
                    MetadataValue::Bytes(bytes) => {
                        String::from_utf8_lossy(self.scanner.get_bytes_symbol(bytes)).into_owned()
                    }
                    MetadataValue::Integer(number) => number.to_string(),
                    MetadataValue::Boolean(yes) => yes.to_string(),
                };
                (self.scanner.get_string_symbol(meta.name).to_lowercase(), value)
            })
            .collect();
        let of = |names: &[&str]| names.iter().find_map(|name| meta.get(*name)).cloned();
        let tags = rule.tags.iter().map(|tag| self.scanner.get_string_symbol(*tag).to_owned());
        let tags: Vec<String> = tags.chain(of(&["mitre", "mitre_att", "technique", "attack"])).collect();
        let mut matched = BTreeMap::new();
        for string in &rule.matches {
            let quoted = string.matches.iter().take(FEW).map(|one| {
                let text: String = String::from_utf8_lossy(&one.data)
                    .chars()
                    .filter(|letter| !letter.is_control())
                    .collect();
                format!("{:#x}: {text}", one.base + one.offset)
            });
            let quoted: Vec<String> = quoted.collect();
            if !quoted.is_empty() {
                matched.insert(format!("${}", string.name), quoted.join(" | "));
            }
        }
        Detection {
            rule_id: of(&["id", "uuid", "rule_id"]).unwrap_or_else(|| rule.name.to_owned()),
            rule: of(&["title"]).unwrap_or_else(|| rule.name.to_owned()),
            level: level(&of),
            time: None,
            computer: String::new(),
            channel: "yara".to_owned(),
            event_id: 0,
            record_id: 0,
            file: Arc::clone(file),
            techniques: techniques(&tags),
            tactics: Vec::new(),
            matched,
            events: Vec::new(),
        }
    }
}

/// The level that a rule's meta says: in words, or as a score up to 100 as many collections have it; medium where it says none.
fn level(of: &dyn Fn(&[&str]) -> Option<String>) -> Level {
    let named = of(&["level", "severity", "threat_level"]).map(|text| text.to_lowercase());
    if let Some(level) = named.as_deref().and_then(|text| text.parse().ok()) {
        return level;
    }
    match of(&["score"]).and_then(|text| text.parse::<i64>().ok()) {
        Some(90..) => Level::Critical,
        Some(70..) => Level::High,
        Some(50..) | None => Level::Medium,
        Some(_) => Level::Low,
    }
}

/// Techniques in tags and texts: `T1486`, `attack_t1059_001`.
fn techniques(texts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for text in texts {
        for word in text.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '.' | '_')) {
            let word = word.to_uppercase().replace('_', ".");
            let word = word.strip_prefix("ATTACK.").unwrap_or(&word);
            let digits = word.strip_prefix('T').unwrap_or_default();
            let number = digits.split('.').next().unwrap_or_default();
            let is =
                number.len() == 4 && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
            if is && !found.contains(&word.to_owned()) {
                found.push(word.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
rule encryptor : T1486 {
    meta:
        id = "6e0f8e64-0000-4000-8000-000000000001"
        title = "Encryptor of the sample family"
        level = "critical"
    strings:
        $note = "YOUR FILES ARE LOCKED" nocase
    condition:
        $note
}
rule rated { meta: score = 75 condition: filesize < 4 }
"#;

    #[test]
    fn matches_are_detections_with_the_rules_own_level_and_id() {
        let yara = Yara::compile([("ours.yar", RULES), ("broken.yar", "rule x { condition: }")]);
        assert_eq!((yara.rules, yara.refused.len()), (2, 1), "{:?}", yara.refused);
        let items = [
            Item::of_bytes("a/note.txt", b"... your files are locked ...".to_vec()),
            Item::of_bytes("b", b"abc".to_vec()),
            Item::of_bytes("c", b"nothing".to_vec()),
        ];
        let found = yara.scan(&items, 2, Level::Informational).found;
        let told: Vec<String> = found
            .iter()
            .map(|found| {
                format!(
                    "{} {} {} {:?} {:?}",
                    found.file,
                    found.level.as_str(),
                    found.rule,
                    found.techniques,
                    found.matched
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "a/note.txt critical Encryptor of the sample family [\"T1486\"] {\"$note\": \"0x4: your files are locked\"}",
                "b high rated [] {}",
            ]
        );
        assert_eq!(yara.scan(&items, 1, Level::Critical).found.len(), 1);
    }
}
