//! Browsers: a link signs one in, once; its session acts from our own pages alone, and ends when it is told to.

use kernel::Role;
use serde_json::json;

use crate::ground::{Call, Ground, declaration};

/// The cookie of a browser that has signed in.
pub(crate) async fn sign_in(ground: &Ground, role: Role) -> String {
    let link = link(ground, role).await;
    let reply = ground.send(Call::get(format!("/signin/{link}"))).await;
    assert_eq!((reply.status.as_u16(), reply.header("location")), (303, "/"), "{}", reply.text());
    let cookie = reply.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn link(ground: &Ground, role: Role) -> String {
    let new = json!({"name": "Dana", "role": role, "practice": ground.program.practice, "kind": "link"});
    ground.made(new).await["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_works_once_and_a_preview_does_not_use_it_up() {
    let ground = Ground::new().await;
    let link = format!("/signin/{}", link(&ground, Role::Practice).await);
    assert_eq!(ground.send(Call::new("HEAD", &link)).await.status, 204);
    assert_eq!(ground.send(Call::get(&link)).await.status, 303);
    let again = ground.send(Call::get(&link)).await;
    assert_eq!(again.status, 410);
    assert_eq!(again.header("set-cookie"), "");
    // A link is no token.
    let bearer = link.rsplit('/').next().unwrap();
    ground.send(Call::get("/api/v1/me").by(bearer)).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn another_site_cannot_make_a_signed_in_browser_act() {
    let ground = Ground::new().await;
    let cookie = sign_in(&ground, Role::Lead).await;
    let declare = || Call::post("/api/v1/incidents", &declaration()).with("cookie", cookie.clone());
    for forged in [
        declare(),
        declare().with("sec-fetch-site", "cross-site"),
        declare().with("origin", "https://evil.example"),
    ] {
        ground.send(forged).await.is_problem(403, "cross_site");
    }
    let own = ground.send(declare().with("sec-fetch-site", "same-origin")).await;
    assert_eq!(own.status, 201, "{}", own.text());
    let me = ground.send(Call::get("/api/v1/me").with("cookie", cookie.clone())).await.json();
    assert_eq!((&me["name"], &me["role"]), (&json!("Dana"), &json!("lead")));
    // A session's cookie is no bearer token.
    let token = cookie.split_once('=').unwrap().1;
    ground.send(Call::get("/api/v1/me").by(token)).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn signing_out_ends_the_session_itself_and_not_only_the_cookie() {
    let ground = Ground::new().await;
    let cookie = sign_in(&ground, Role::Staff).await;
    let page = ground.send(Call::get("/").with("cookie", cookie.clone())).await.text();
    assert!(page.contains("What works today") && page.contains("Dana"), "{page}");
    let out =
        Call::new("POST", "/signout").with("cookie", cookie.clone()).with("sec-fetch-site", "same-origin");
    let out = ground.send(out).await;
    assert_eq!(out.status, 303, "{}", out.text());
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let page = ground.send(Call::get("/").with("cookie", cookie.clone())).await.text();
    assert!(page.contains("not signed in"), "{page}");
    ground.send(Call::get("/api/v1/me").with("cookie", cookie)).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_session_ends_by_itself_and_staff_see_no_incident() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let staff = sign_in(&ground, Role::Staff).await;
    let page = ground.send(Call::get(format!("/incidents/{incident}")).with("cookie", staff.clone())).await;
    assert_eq!(page.status, 403);
    assert!(!page.text().contains("Files are being locked"), "{}", page.text());
    ground.hand.set("2026-01-27T14:30:00Z".parse().unwrap());
    ground.send(Call::get("/api/v1/me").with("cookie", staff)).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn somebody_with_an_account_signs_in_with_a_password_and_nobody_learns_who_has_one() {
    let ground = Ground::new().await;
    let new = json!({"sign_in": "dana@cedarhollow.example", "name": "Dana", "role": "practice", "practice": ground.program.practice});
    let reply = ground.send(Call::post("/api/v1/accounts", &new).by(ground.of(Role::Lead))).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let link = reply.json()["token"].as_str().unwrap().to_owned();
    // The link leads to where a password is chosen.
    let came = ground.send(Call::get(format!("/signin/{link}"))).await;
    assert_eq!((came.status.as_u16(), came.header("location")), (303, "/me"), "{}", came.text());
    let cookie = came.header("set-cookie").split(';').next().unwrap().to_owned();
    let page = ground.send(Call::get("/me").with("cookie", cookie.clone())).await.text();
    assert!(page.contains("Choose a password"), "{page}");
    let set = Call::new("PUT", "/api/v1/me/account").json(&json!({"new": "seven quiet lanterns drift"}));
    let set = ground.send(set.with("cookie", cookie).with("sec-fetch-site", "same-origin")).await;
    assert_eq!(set.status, 204, "{}", set.text());

    let enter = async |name: &str, password: &str, site: &str| {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("name", name), ("password", password), ("code", "")])
            .finish();
        let call = Call::new("POST", "/signin").bytes(body).with("sec-fetch-site", site);
        ground.send(call.with("content-type", "application/x-www-form-urlencoded")).await
    };
    let (dana, password) = ("Dana@cedarhollow.example", "seven quiet lanterns drift");
    assert_eq!(enter(dana, password, "cross-site").await.status, 403, "another site cannot sign anybody in");
    let wrong = enter(dana, "seven loud lanterns sink", "same-origin").await;
    let nobody = enter("nobody@cedarhollow.example", password, "same-origin").await;
    assert_eq!((wrong.status.as_u16(), nobody.status.as_u16()), (422, 422));
    for reply in [&wrong, &nobody] {
        assert!(reply.text().contains("That did not match"), "{}", reply.text());
    }
    let right = enter(dana, password, "same-origin").await;
    assert_eq!((right.status.as_u16(), right.header("location")), (303, "/"), "{}", right.text());
    let cookie = right.header("set-cookie").split(';').next().unwrap().to_owned();
    let me = ground.send(Call::get("/api/v1/me").with("cookie", cookie)).await.json();
    assert_eq!(me["name"], "Dana");
}
