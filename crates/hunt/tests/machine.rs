//! What a machine keeps of itself, in a collection: the story rests on keys of its hives, under the name that its SYSTEM hive has.

use std::{fs, path::Path, sync::Arc, time::Instant};

use hive_writer::{Hive, Value, filetime, journaled};
use hunt::{
    rules,
    run::Progress,
    sweep::{Evidence, Format, Sweep},
};
use jiff::Timestamp;
use serde_json::Value as Json;
use sigma::Level;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A collection of one machine, as tools leave it: hives below their path, one of them not up to date, with its log.
fn collection(folder: &Path) {
    let (old, night) = (at("2024-03-04T08:00:00Z"), at("2026-01-25T03:12:00Z"));
    let mut system = Hive::new("SYSTEM", old);
    system.key("Select", old, [("Current", 1)]);
    system.key(r"ControlSet001\Control\ComputerName\ComputerName", old, [("ComputerName", "WS-EXAM3")]);
    system.key(
        r"ControlSet001\Services\upd",
        at("2026-01-25T04:00:00Z"),
        [("ImagePath", r"C:\ProgramData\upd.exe -s")],
    );
    system.key(
        r"ControlSet001\Services\Spooler",
        at("2026-01-25T04:00:00Z"),
        [("ImagePath", r"C:\Windows\System32\spoolsv.exe")],
    );
    let mut software = Hive::new("SOFTWARE", old);
    software.key::<&str>("Classes", old, []);
    let before = software.bytes();
    let options = r"Microsoft\Windows NT\CurrentVersion\Image File Execution Options\sethc.exe";
    software.key(options, night, [("Debugger", r"C:\Windows\System32\cmd.exe")]);
    software.key(
        r"Microsoft\Windows\CurrentVersion\Run",
        at("2026-01-25T05:00:00Z"),
        [("Updater", r"C:\Users\Public\upd.exe")],
    );
    let made = journaled(&before, &software.bytes());
    let mut user = Hive::new("NTUSER.DAT", old);
    user.key::<&str>(r"Software\Microsoft", old, []);
    let mut data = vec![0; 72];
    data[60..68].copy_from_slice(&filetime(at("2026-01-25T05:30:00Z")).to_le_bytes());
    // `C:\Users\Public\rclone.exe`, thirteen letters on.
    user.values(
        r"Software\Microsoft\Windows\CurrentVersion\Explorer\UserAssist\{CEBFF5CD}\Count",
        night,
        vec![(r"P:\Hfref\Choyvp\epybar.rkr".to_owned(), Value::Binary(data))],
    );
    let config = folder.join("C/Windows/System32/config");
    fs::create_dir_all(&config).unwrap();
    fs::create_dir_all(folder.join("C/Users/nadia")).unwrap();
    fs::write(config.join("SYSTEM"), system.bytes()).unwrap();
    fs::write(config.join("SOFTWARE"), made.hive).unwrap();
    fs::write(config.join("SOFTWARE.LOG1"), made.log).unwrap();
    fs::write(folder.join("C/Users/nadia/NTUSER.DAT"), user.bytes()).unwrap();
}

#[test]
fn how_they_stayed_is_told_with_the_hive_and_key_it_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let (evidence, out) = (folder.path().join("evidence"), folder.path().join("out"));
    collection(&evidence);
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/rules");
    let progress = Progress::default();
    let sweep = Sweep {
        rules: Arc::new(rules::compile(&rules::named(&content).unwrap())),
        yara: None,
        format: Format::Jsonl,
        least: Level::Informational,
        threads: 2,
        out: Some(&out),
        progress: &progress,
        began: Instant::now(),
    };
    let mut printed = Vec::new();
    let summary = sweep.run(&Evidence::of(&[evidence]).unwrap(), &mut printed).unwrap();
    assert_eq!((summary.files, summary.files_not_read.len()), (4, 0), "{summary:?}");
    assert_eq!(
        summary.damage["C/Windows/System32/config/SOFTWARE"].notes,
        ["the hive was in use when it was copied: its transaction logs were replayed"]
    );
    let story: Json = serde_json::from_slice(&fs::read(out.join("story.json")).unwrap()).unwrap();
    let told = |question: &str| -> Vec<String> {
        let answers = story[question].as_array().unwrap().iter();
        answers
            .map(|answer| {
                let origin = &answer["rests_on"][0];
                assert!(origin["record"].as_u64().unwrap() > 4096, "{answer}");
                let text = |value: &Json| value.as_str().unwrap_or("-").to_owned();
                format!("{} {} {}", text(&answer["host"]), text(&answer["text"]), text(&origin["file"]))
            })
            .collect()
    };
    assert_eq!(
        told("persistence"),
        [
            r"WS-EXAM3 sethc.exe of WS-EXAM3, which starts before anybody signs in, was made to start another program: C:\Windows\System32\cmd.exe C/Windows/System32/config/SOFTWARE",
            r#"WS-EXAM3 The registry of WS-EXAM3 holds the service "upd" (a program from a place where programs do not belong): C:\ProgramData\upd.exe -s C/Windows/System32/config/SYSTEM"#,
            r"WS-EXAM3 The registry of WS-EXAM3 starts a program by itself (HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\Updater): C:\Users\Public\upd.exe C/Windows/System32/config/SOFTWARE",
        ]
    );
    // Rules made for values that are set see those of a hive, and the timeline tells them under the machine's name.
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("Accessibility program replaced by a debugger entry"), "{printed}");
    assert!(printed.contains("\"computer\":\"WS-EXAM3\""), "{printed}");
    let timeline = fs::read_to_string(out.join("timeline.csv")).unwrap();
    assert!(timeline.contains(r"C:\Users\Public\rclone.exe") && !timeline.contains("spoolsv"), "{timeline}");
}
