//! What is kept for years: backups, sealed and not, into either database; and the list of what may be destroyed when.

use std::fs;

use serde_json::Value;

use crate::life::{COUNSEL, Desk, intake_and_declare, with};

const SECRET: &[u8] = b"AGE-SECRET-KEY-";

fn take_evidence(desk: &Desk) {
    fs::write(desk.path("vpn.log"), b"sign-ins of the weekend").unwrap();
    desk.does(&["evidence", "take", "open", "vpn.log", "--source", "vpn", "--why", "sign-ins"]);
}

fn holds(file: &str, needle: &[u8]) -> bool {
    fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle)
}

#[test]
fn a_sealed_backup_opens_with_its_passphrase_and_with_nothing_else() {
    let desk = Desk::new();
    intake_and_declare(&desk);
    take_evidence(&desk);
    let open = desk.run(&["backup", "open.tourniquet"]);
    let said = String::from_utf8_lossy(&open.stderr).into_owned();
    assert!(
        open.status.success() && said.contains("NOT SEALED") && said.contains("--passphrase-file"),
        "{said}"
    );
    assert!(holds(&desk.path("open.tourniquet"), SECRET));

    fs::write(desk.path("pass"), "four words and a horse\nnot this line\n").unwrap();
    fs::write(desk.path("wrong"), "four words and a house\n").unwrap();
    fs::write(desk.path("short"), "abc\n").unwrap();
    desk.refuses(2, &["backup", "no.tourniquet", "--passphrase-file", "short"]);
    desk.refuses(2, &["backup", "no.tourniquet", "--passphrase-file", "missing"]);
    let sealed = desk.run(&["backup", "sealed.tourniquet", "--passphrase-file", "pass"]);
    assert!(sealed.status.success(), "{}", String::from_utf8_lossy(&sealed.stderr));
    assert!(!String::from_utf8_lossy(&sealed.stderr).contains("NOT SEALED"));
    for needle in [SECRET, b"journal.dump", b"vault.keys"] {
        assert!(!holds(&desk.path("sealed.tourniquet"), needle), "{}", String::from_utf8_lossy(needle));
    }

    let never = desk.path("never");
    let without = desk.refuses(2, &["restore", "sealed.tourniquet", "--data", &never]);
    assert!(without.lines().count() == 1 && without.contains("--passphrase-file"), "{without}");
    let wrong =
        desk.refuses(2, &["restore", "sealed.tourniquet", "--data", &never, "--passphrase-file", "wrong"]);
    assert!(wrong.lines().count() == 1 && wrong.contains("does not open"), "{wrong}");
    assert!(!std::path::Path::new(&never).exists());
    let tested = desk.json(&["restore-test", "sealed.tourniquet", "--passphrase-file", "pass"]);
    assert_eq!((&tested["verified"], &tested["backup"]["sealed"]), (&Value::Bool(true), &Value::Bool(true)));
    let restored = desk.path("restored");
    desk.does(&["restore", "sealed.tourniquet", "--data", &restored, "--passphrase-file", "pass"]);
    assert_eq!(desk.does(&["log", "checkpoint", "--data", &restored]), desk.does(&["log", "checkpoint"]));
    desk.does(&["restore-test", "open.tourniquet", "--passphrase-file", "pass"]);
}

#[test]
fn a_backup_of_sqlite_is_restored_into_postgresql_and_back_with_everything() {
    let Some(server) = testkit::postgres::start() else { return };
    let desk = Desk::new();
    intake_and_declare(&desk);
    take_evidence(&desk);
    desk.does(&["note", "write", "open", "Rosa saw it first"]);
    desk.does(&["backup", "all.tourniquet"]);
    let (data, url) = (desk.path("in-postgres"), server.database());
    let there = ["--data", data.as_str(), "--database-url", url.as_str()];
    let line = |verb: &[&'static str]| verb.iter().copied().map(str::to_owned).collect::<Vec<_>>();
    let on = |verb: &[&'static str]| {
        let line = line(verb);
        let line: Vec<_> = line.iter().map(String::as_str).chain(there).collect();
        desk.json(&line)
    };
    on(&["restore", "all.tourniquet"]);
    let before = desk.json(&["incident", "show", "open"]);
    assert_eq!(on(&["incident", "show", "open"])["state"], before["state"]);
    let note = on(&["note", "list", "open"]).as_object().unwrap().keys().next().unwrap().clone();
    let note = [&["note", "show", "open", note.as_str()][..], &there].concat();
    assert_eq!(desk.json(&note)[0]["text"], "Rosa saw it first");
    let rows = on(&["evidence", "list", "open"]);
    let item = rows[0]["id"].as_str().unwrap();
    desk.does(&[&["evidence", "get", "open", item, "--out", "again.log"][..], &there].concat());
    assert_eq!(fs::read(desk.path("again.log")).unwrap(), fs::read(desk.path("vpn.log")).unwrap());
    let verified = desk.does(&["verify", &data, "--database-url", &url, "--evidence"]);
    assert!(verified.ends_with("verified\n"), "{verified}");
    // Life goes on there, and what it writes comes back into SQLite.
    on(&["note", "write", "open", "from the new place"]);
    let again = desk.path("again");
    let second = ["restore", "all.tourniquet", "--data", &again, "--database-url", &url];
    let said = desk.refuses(3, &second);
    assert!(said.contains("holds a record already"), "{said}");
    on(&["backup", "back.tourniquet"]);
    let home = desk.path("home");
    desk.does(&["restore", "back.tourniquet", "--data", &home]);
    assert_eq!(desk.json(&["note", "list", "open", "--data", &home]).as_object().unwrap().len(), 2);
}

#[test]
fn what_may_be_destroyed_when_and_by_whom_is_one_list() {
    let desk = Desk::new();
    intake_and_declare(&desk);
    take_evidence(&desk);
    assert_eq!(desk.json(&["retention", "list"]).as_array().unwrap().len(), 0, "six years are not soon");
    let years = ["retention", "list", "--within", "2200", "--incident", "open"];
    let soon = desk.json(&years);
    assert_eq!((&soon[0]["standing"], &soon[0]["name"]), (&"ends_soon".into(), &"vpn.log".into()));
    assert!(soon[0]["next"].as_str().unwrap().contains("two people"), "{soon}");
    desk.does(&with(&["evidence", "hold", "open", "--reason", "a patient sues"], COUNSEL));
    let held = desk.json(&["retention", "list"]);
    assert_eq!(held[0]["standing"], "on_hold");
    assert!(held[0]["next"].as_str().unwrap().contains("only the attorney lifts that"), "{held}");
    let shown = desk.does(&["retention", "list"]);
    assert!(shown.contains("on hold") && shown.contains("a patient sues"), "{shown}");
    // What was changed on the disk stands first once it was hashed again.
    let objects = desk.folder.path().join("data/vault/objects");
    let object = fs::read_dir(objects)
        .unwrap()
        .flatten()
        .find_map(|folder| Some(fs::read_dir(folder.path()).ok()?.flatten().next()?.path()));
    let object = object.unwrap();
    let mut permissions = fs::metadata(&object).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the test plays who tampers")]
    permissions.set_readonly(false);
    fs::set_permissions(&object, permissions).unwrap();
    let mut bytes = fs::read(&object).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&object, bytes).unwrap();
    desk.run(&["evidence", "rehash", "open"]);
    let altered = desk.json(&["retention", "list"]);
    assert_eq!(altered[0]["standing"], "altered", "{altered}");
    assert!(altered[0]["next"].as_str().unwrap().contains("not what was taken in"), "{altered}");
}
