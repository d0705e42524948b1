//! The documents of a breach at the terminal: from a facts file, a notice file and a list of people to what is handed to
//! the post and to counsel, without any data directory.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

const PEOPLE: &str = "individual,template,method,address_1,city,state,zip\n\
                      Ann Example,individual,first_class_mail,1 Orchard Lane,Mill Run,OH,44998\n\
                      Ben Example,parent_or_guardian,first_class_mail,2 Orchard Lane,Mill Run,OH,44998\n\
                      Eve Example,individual,email,eve@mail.example,,,\n\
                      Gus Example,individual,first_class_mail,,,,\n";

const NOTICE: &str = r#"
reference = "2026-014"
dated = 2026-04-03
[sender]
address = ["410 Larch Street", "Cedar Hollow, OH 44999"]
[signatory]
name = "Dana Whitfield"
title = "Practice Administrator"
[what_we_are_doing]
measures = ["We shut down the system the same day."]
[contact]
toll_free = "1-833-555-0144"
email = "privacy@cedarhollow.example"
"#;

struct Table {
    folder: TempDir,
}

impl Table {
    fn new() -> Self {
        let table = Self { folder: tempfile::tempdir().unwrap() };
        let facts = json!({
            "entity": {"kind": "covered_entity", "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York"},
            "event": {"kind": "ransomware", "data": ["phi"]},
            "knowledge": {"known_on": "2026-03-10"},
            "individuals": {"by_state": {"OH": 612, "TX": 300}, "elements": ["name", "ssn", "diagnosis"]},
        });
        table.put("facts.json", &facts.to_string());
        table.put("people.csv", PEOPLE);
        table.put("notice.toml", NOTICE);
        table
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn run(&self, line: &str) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_tourniquet"))
            .args(line.split(' ').map(|word| word.replace('~', " ")))
            .current_dir(self.folder.path())
            .env_remove("TOURNIQUET_AS")
            .output()
            .unwrap();
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{line}: {output:?}");
        output
    }

    /// Standard output and standard error of what ends with this status.
    #[track_caller]
    fn ends(&self, status: i32, line: &str) -> (String, String) {
        let output = self.run(line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{line}: {said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

#[test]
fn letters_are_checked_signed_and_written_for_the_post() {
    let table = Table::new();
    let line = "breach letters facts.json --notice notice.toml --recipients people.csv --out mailing";
    let (_, told) = table.ends(0, line);
    assert!(told.contains("individual (2 people): 5 of 5 elements present; reading grade"), "{told}");
    assert!(
        told.contains("may not go out yet") && told.contains("1 of the people have no address"),
        "{told}"
    );
    for (name, begins) in [
        ("letter-individual.pdf", &b"%PDF-"[..]),
        ("letter-individual.docx", b"PK"),
        ("letter-parent-or-guardian.pdf", b"%PDF-"),
        ("mail-merge.csv", b"letter,template,method,addressee"),
    ] {
        assert!(table.file(&format!("mailing/{name}")).starts_with(begins), "{name}");
    }
    let mail = String::from_utf8(table.file("mailing/email-00003.txt")).unwrap();
    assert!(mail.contains("Dear Eve Example:") && mail.contains("DRAFT"), "{mail}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = table.folder.path().join("mailing/mail-merge.csv");
        assert_eq!(
            fs::metadata(path).unwrap().permissions().mode() & 0o077,
            0,
            "patients' names for all to read"
        );
    }
    let (_, told) = table.ends(1, &format!("{line} --sign"));
    assert!(told.contains("attorney"), "{told}");
    let (json, _) = table.ends(0, &format!("{line} --sign --json --as attorney:A.~Counsel"));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["draft"], &json["letters"][0]["may_go_out"]), (&json!(false), &json!(true)), "{json}");
    let mail = String::from_utf8(table.file("mailing/email-00003.txt")).unwrap();
    assert!(!mail.contains("DRAFT"), "{mail}");
}

#[test]
fn worksheets_and_papers_are_written_or_shown() {
    let table = Table::new();
    let (text, _) = table.ends(0, "breach worksheet facts.json --form hhs");
    assert!(text.contains("500 or More Individuals") && text.contains("does not replace counsel"), "{text}");
    table.ends(0, "breach worksheet facts.json --notice notice.toml --out sheets --format pdf");
    assert!(table.file("sheets/hhs-worksheet.pdf").starts_with(b"%PDF-"));
    let names: Vec<_> = fs::read_dir(table.folder.path().join("sheets")).unwrap().flatten().collect();
    assert!(names.iter().any(|name| name.file_name().to_string_lossy().starts_with("tx-")), "{names:?}");
    let (_, told) = table.ends(1, "breach worksheet facts.json --form WY");
    assert!(told.contains("no filing is due for WY"), "{told}");
    for kind in ["substitute", "media", "business-associate", "insurer", "memorandum", "proof"] {
        let (text, _) = table.ends(0, &format!("breach document {kind} facts.json --notice notice.toml"));
        assert!(text.contains("Cedar Hollow"), "{kind}: {text}");
    }
    table.ends(0, "breach document substitute facts.json --notice notice.toml --out web --format html");
    assert!(String::from_utf8(table.file("web/substitute-notice.html")).unwrap().contains("<html"));
    let (_, told) = table.ends(1, "breach document delay facts.json");
    assert!(told.contains("law_enforcement_holds"), "{told}");
}

#[test]
fn the_notice_file_is_written_once_and_a_mistake_in_any_file_is_told_with_its_place() {
    let table = Table::new();
    table.ends(0, "breach notice init new.toml");
    table.ends(2, "breach notice init new.toml");
    table.ends(0, "breach letters facts.json --notice new.toml --out drafts --format docx");
    assert!(Path::new(&table.folder.path().join("drafts/letter-individual.docx")).exists());
    table.put("bad.toml", "exercise = false\ncolour = \"red\"\n");
    table.put("bad.csv", "individual,template\nAnn Secret,cousin\n");
    table.put("bad.json", r#"{"entity": {"kind": "covered_entity", "state": "ZZ"}}"#);
    for (line, says) in [
        ("breach letters facts.json --notice bad.toml", "bad.toml: line 2: "),
        ("breach letters facts.json --recipients bad.csv --out x", "bad.csv: line 2: `template`"),
        ("breach letters bad.json", "/entity/"),
        ("breach letters none.json", "no such file"),
        ("breach worksheet facts.json --form XX", "--form XX"),
    ] {
        let (_, told) = table.ends(2, line);
        assert!(told.contains(says) && !told.contains("Secret"), "{line}: {told}");
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    }
}
