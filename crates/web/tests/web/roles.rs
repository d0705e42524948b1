//! What somebody may do is changed by whoever administers, on the page and over the API alike: the person is signed out
//! everywhere, the record says who changed it from what, nobody's change is lost, and whoever leads last stays.

use kernel::Role;
use serde_json::{Value, json};

use crate::{
    ground::{Call, Ground},
    pages::{form, look, send},
    session::sign_in,
};

const PASSWORD: &str = "seven quiet lanterns drift";

/// Somebody of the practice with an account, signed in: the account's id and their browser.
async fn person(ground: &Ground, name: &str, role: Role) -> (String, String) {
    let new = json!({
        "sign_in": format!("{name}@cedarhollow.example"), "name": name, "role": role, "practice": ground.program.practice,
    });
    let made = ground.send(Call::post("/api/v1/accounts", &new).by(ground.of(Role::Lead))).await.json();
    let came = ground.send(Call::get(format!("/signin/{}", made["token"].as_str().unwrap()))).await;
    let cookie = came.header("set-cookie").split(';').next().unwrap().to_owned();
    let set = Call::new("PUT", "/api/v1/me/account").json(&json!({"new": PASSWORD}));
    let set = ground.send(set.with("cookie", cookie.clone()).with("sec-fetch-site", "same-origin")).await;
    assert_eq!(set.status, 204, "{}", set.text());
    (made["id"].as_str().unwrap().to_owned(), cookie)
}

async fn account(ground: &Ground, id: &str) -> Value {
    let all = ground.send(Call::get("/api/v1/accounts").by(ground.of(Role::Lead))).await.json();
    let mut all = all["items"].as_array().unwrap().iter();
    all.find(|own| own["id"] == id).unwrap().clone()
}

async fn is_in(ground: &Ground, cookie: &str) -> bool {
    ground.send(Call::get("/api/v1/me").with("cookie", cookie)).await.status == 200
}

/// The last entry about a changed account.
async fn entry(ground: &Ground) -> Value {
    let path = "/api/v1/entries?kind=account_changed&limit=1";
    let page = ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json();
    page["items"][0].clone()
}

#[tokio::test]
async fn a_role_changed_on_the_page_signs_the_person_out_and_an_old_page_changes_nothing() {
    let ground = Ground::new().await;
    let (id, dana) = person(&ground, "dana", Role::Practice).await;
    let lead = sign_in(&ground, Role::Lead).await;
    let there = format!("/administration/accounts/{id}/change");
    let page = look(&ground, &lead, "/administration").await.text();
    let (action, shown) = form(&page, &there);
    assert_eq!(action, there);
    let with = |role: &str| {
        let mut fields = shown.clone();
        fields.push(("role".to_owned(), role.to_owned()));
        fields
    };
    assert!(is_in(&ground, &dana).await);
    let done = send(&ground, &lead, &action, &with("staff")).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("Changed."), "{}", done.text());
    assert_eq!(account(&ground, &id).await["role"], "staff");
    assert!(!is_in(&ground, &dana).await, "the old role is still signed in");
    let told = entry(&ground).await;
    let text = told.to_string();
    assert!(text.contains("\"from\":\"practice\"") && text.contains("\"role\":\"staff\""), "{text}");

    // The page that was open before was decided on another role.
    let late = send(&ground, &lead, &action, &with("attorney")).await;
    assert_eq!(late.status, 409, "{}", late.text());
    assert!(late.text().contains("at the same moment"), "{}", late.text());
    assert_eq!(account(&ground, &id).await["role"], "staff");
}

#[tokio::test]
async fn a_role_changed_over_the_api_is_the_same_and_whoever_leads_last_stays() {
    let ground = Ground::new().await;
    let (id, dana) = person(&ground, "dana", Role::Lead).await;
    let path = format!("/api/v1/accounts/{id}");
    let change = async |body: &Value| {
        ground.send(Call::new("PATCH", &path).json(body).by(ground.of(Role::Lead))).await
    };
    // Their own browser cannot either, and nobody else leads.
    change(&json!({"role": "practice"})).await.is_problem(422, "invalid");
    let end = ground.send(Call::new("DELETE", &path).by(ground.of(Role::Lead))).await;
    end.is_problem(422, "invalid");
    assert!(end.text().contains("make another lead first"), "{}", end.text());
    assert!(is_in(&ground, &dana).await, "what was refused signed somebody out");
    let lead = sign_in(&ground, Role::Lead).await;
    let page = look(&ground, &lead, "/administration").await.text();
    for what in ["change", "end"] {
        let (action, mut fields) = form(&page, &format!("/administration/accounts/{id}/{what}"));
        fields.push(("role".to_owned(), "staff".to_owned()));
        let refused = send(&ground, &lead, &action, &fields).await;
        assert_eq!(refused.status, 422, "{what}: {}", refused.text());
        assert!(refused.text().contains("make another lead first"), "{}", refused.text());
    }

    person(&ground, "colleague", Role::Lead).await;
    change(&json!({"role": "staff", "was": "practice"})).await.is_problem(409, "overtaken");
    let done = change(&json!({"role": "responder", "was": "lead"})).await;
    assert_eq!((done.status.as_u16(), &done.json()["role"]), (200, &json!("responder")));
    assert!(!is_in(&ground, &dana).await);
    // Another practice's lead is told that there is no such account.
    let foreign = Call::new("PATCH", &path).json(&json!({"role": "staff"})).by(ground.elsewhere(Role::Lead));
    ground.send(foreign).await.is_problem(404, "not_found");
    assert_eq!(account(&ground, &id).await["role"], "responder");
}
