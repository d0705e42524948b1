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

#[test]
fn somebody_is_given_a_role_at_a_second_practice_and_it_is_taken_away_at_the_terminal() {
    let desk = Desk::new();
    let profile = "name = \"Larch Street Surgery\"\nstate = \"OH\"\ntime_zone = \"America/New_York\"\n";
    std::fs::write(desk.path("larch.toml"), profile).unwrap();
    desk.does(&["practice", "set", "larch.toml"]);
    let home = desk.json(&["practice", "list"]);
    let home = home.as_array().unwrap().iter().find(|own| own["name"] != "Larch Street Surgery").unwrap();
    let home = home["id"].as_str().unwrap();
    let okafor = "okafor@lawfirm.example";
    desk.does(&[
        "account",
        "add",
        "J. Okafor",
        "--sign-in",
        okafor,
        "--role",
        "attorney",
        "--practice",
        home,
    ]);
    let nobody = desk.refuses(
        2,
        &["account", "join", "nobody@lawfirm.example", "--role", "attorney", "--practice", "Larch"],
    );
    assert!(nobody.contains("make them an account"), "{nobody}");
    let given =
        desk.json(&["account", "join", okafor, "--role", "responder", "--practice", "Larch Street Surgery"]);
    assert_eq!((&given["name"], &given["role"]), (&"J. Okafor".into(), &"responder".into()));
    let listed = desk.does(&["account", "memberships"]);
    assert!(listed.contains(okafor) && listed.contains("Larch Street Surgery"), "{listed}");
    desk.does(&["account", "leave", okafor, "--practice", "Larch Street Surgery"]);
    assert_eq!(desk.json(&["account", "memberships"]), serde_json::json!([]));
    let again = desk.refuses(2, &["account", "leave", okafor, "--practice", "Larch Street Surgery"]);
    assert!(again.contains("account memberships"), "{again}");
}

#[test]
fn the_order_in_which_systems_come_back_is_told_at_the_terminal() {
    let desk = Desk::new();
    desk.does(&[
        "incident",
        "declare",
        "--title",
        "Files are being locked",
        "--kind",
        "ransomware",
        "--reason",
        "two machines show the note",
        "--system",
        "ws-bill2",
        "--system",
        "dc1",
    ]);
    let order = desk.json(&["recover", "order", "open"]);
    let order: Vec<_> =
        order.as_array().unwrap().iter().map(|step| step["system"].as_str().unwrap()).collect();
    assert_eq!(order, ["dc1", "ws-bill2"]);
    let listed = desk.does(&["incident", "list"]);
    assert!(listed.contains("on it"), "{listed}");
}
