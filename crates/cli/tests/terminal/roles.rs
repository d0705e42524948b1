//! Who may do what, changed at the terminal.

use serde_json::Value;

use crate::life::Desk;

#[test]
fn a_role_is_changed_at_the_terminal_and_the_last_lead_cannot_be_taken_away() {
    let desk = Desk::new();
    let dana = "dana@cedarhollow.example";
    desk.does(&["account", "add", "Dana Reyes", "--sign-in", dana, "--role", "lead"]);
    let last = desk.refuses(2, &["account", "change", dana, "--role", "staff"]);
    assert!(last.contains("make another lead first"), "{last}");
    let last = desk.refuses(2, &["account", "end", dana]);
    assert!(last.contains("make another lead first"), "{last}");

    let owner = "owner@cedarhollow.example";
    desk.does(&["account", "add", "Dr. Calloway", "--sign-in", owner, "--role", "practice"]);
    let changed = desk.json(&["account", "change", owner, "--role", "auditor", "--was", "practice"]);
    assert_eq!(changed["role"], "auditor");
    let late = desk.refuses(1, &["account", "change", owner, "--role", "staff", "--was", "practice"]);
    assert!(late.contains("look at it and try again"), "{late}");
    desk.refuses(2, &["account", "change", owner, "--was", "auditor"]);
    let accounts = desk.json(&["account", "list"]);
    let role = |name: &str| -> Value {
        accounts.as_array().unwrap().iter().find(|own| own["sign_in"] == name).unwrap()["role"].clone()
    };
    assert_eq!((role(owner), role(dana)), ("auditor".into(), "lead".into()));
}
