//! Somebody with a role at a second practice: given on the page Administration, seen on the board, gone to by one form, over
//! the API as well. What waits at one practice is told at the other, and nothing more.

use kernel::Role;
use serde_json::json;

use crate::{
    ground::{Call, Ground, Reply},
    pages::{form, look, send},
    session::sign_in,
};

const PASSWORD: &str = "seven quiet lanterns drift";

/// Signs in with the password, of an account at the other practice: the browser.
async fn enter(ground: &Ground, name: &str) -> String {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("name", name), ("password", PASSWORD), ("code", "")])
        .finish();
    let call = Call::new("POST", "/signin").bytes(body).with("sec-fetch-site", "same-origin");
    cookie(&ground.send(call.with("content-type", "application/x-www-form-urlencoded")).await)
}

fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// An account at the other practice, with a password.
async fn somebody(ground: &Ground) -> String {
    let name = "okafor@elsewhere.example";
    let new = json!({"sign_in": name, "name": "J. Okafor", "role": "attorney", "practice": ground.other});
    let made =
        ground.send(Call::post("/api/v1/accounts", &new).by(ground.elsewhere(Role::Lead))).await.json();
    let came = ground.send(Call::get(format!("/signin/{}", made["token"].as_str().unwrap()))).await;
    let set = Call::new("PUT", "/api/v1/me/account").json(&json!({"new": PASSWORD}));
    let set = ground.send(set.with("cookie", cookie(&came)).with("sec-fetch-site", "same-origin")).await;
    assert_eq!(set.status, 204, "{}", set.text());
    name.to_owned()
}

#[tokio::test]
async fn a_role_at_a_second_practice_is_given_seen_and_gone_to_on_the_pages() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let name = somebody(&ground).await;
    let lead = sign_in(&ground, Role::Lead).await;
    let page = look(&ground, &lead, "/administration").await.text();
    let (action, mut fields) = form(&page, "/administration/memberships");
    fields.push(("sign_in".to_owned(), name.clone()));
    fields.push(("role".to_owned(), "responder".to_owned()));
    let done = send(&ground, &lead, &action, &fields).await;
    assert_eq!(done.status, 200, "{}", done.text());
    assert!(done.text().contains("is responder there now") && done.text().contains(&name), "{}", done.text());

    let browser = enter(&ground, &name).await;
    let board = look(&ground, &browser, "/").await.text();
    assert!(board.contains("Your other practices") && board.contains("1 open incident"), "{board}");
    assert!(!board.contains("Files are being locked"), "another practice's incident is told: {board}");
    let theirs = look(&ground, &browser, &format!("/incidents/{incident}")).await;
    assert_eq!(theirs.status, 404, "one is at two practices at once");
    let (action, fields) = form(&board, "/me/standings");
    let gone = send(&ground, &browser, &action, &fields).await;
    assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/"), "{}", gone.text());
    let there = cookie(&gone);
    assert_eq!(ground.send(Call::get("/api/v1/me").with("cookie", browser)).await.status, 401);
    let me = ground.send(Call::get("/api/v1/me").with("cookie", there.clone())).await.json();
    assert_eq!((&me["name"], &me["role"]), (&json!("J. Okafor"), &json!("responder")), "{me}");
    let page = look(&ground, &there, &format!("/incidents/{incident}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Cedar Hollow"), "the frame does not say where one is: {}", page.text());
    let own = look(&ground, &there, "/me").await.text();
    assert!(own.contains("you are here") && own.contains("another practice than the one"), "{own}");

    // Taken away on the page, it is over at once.
    let page = look(&ground, &lead, "/administration").await.text();
    let at = page.find("/administration/memberships/").unwrap();
    let action = page[at..].split('"').next().unwrap().to_owned();
    let (action, fields) = form(&page, &action);
    let done = send(&ground, &lead, &action, &fields).await;
    assert!(done.text().contains("The role is ended"), "{}", done.text());
    assert_eq!(ground.send(Call::get("/api/v1/me").with("cookie", there)).await.status, 401);
}

#[tokio::test]
async fn over_the_api_a_browser_goes_to_its_other_practice_and_a_token_stays_where_it_is() {
    let ground = Ground::new().await;
    let name = somebody(&ground).await;
    let new = json!({"sign_in": name, "role": "auditor", "practice": ground.program.practice});
    let given = ground.send(Call::post("/api/v1/memberships", &new).by(ground.of(Role::Lead))).await;
    assert_eq!(given.status, 201, "{}", given.text());
    let browser = enter(&ground, &name).await;
    let list = ground.send(Call::get("/api/v1/me/standings").with("cookie", browser.clone())).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2, "{list}");
    let go = |practice: kernel::PracticeId| {
        Call::new("PUT", "/api/v1/me/standings").json(&json!({"practice": practice}))
    };
    let own =
        go(ground.program.practice).with("cookie", browser.clone()).with("sec-fetch-site", "same-origin");
    let from_outside =
        go(ground.program.practice).with("cookie", browser).with("sec-fetch-site", "cross-site");
    assert_eq!(ground.send(from_outside).await.status, 403, "another site takes a browser along");
    let gone = ground.send(own).await;
    assert_eq!(gone.status, 204, "{}", gone.text());
    let me = ground.send(Call::get("/api/v1/me").with("cookie", cookie(&gone))).await.json();
    assert_eq!(me["role"], "auditor");
    let token = ground.send(go(ground.other).by(ground.of(Role::Lead))).await;
    token.is_problem(404, "not_found");
    let id = given.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/memberships/{id}");
    ground
        .send(Call::new("DELETE", &path).by(ground.elsewhere(Role::Lead)))
        .await
        .is_problem(404, "not_found");
    assert_eq!(ground.send(Call::new("DELETE", &path).by(ground.of(Role::Lead))).await.status, 204);
}
