//! Alerts come in (`contracts/intake.md`): once, durably, from who may send them, and never half.

use kernel::Role;
use serde_json::json;

use crate::ground::{Call, Ground, alert};

#[tokio::test]
async fn the_same_alert_sent_twice_is_recorded_once_and_says_so() {
    let ground = Ground::new().await;
    let first = ground.alert("twice").await;
    let again =
        ground.send(Call::post("/api/v1/intake/generic", &alert("twice")).by(ground.of(Role::Service))).await;
    assert_eq!(again.status, 200);
    assert_eq!((&again.json()["id"], &again.json()["duplicate_of"]), (&first["id"], &first["id"]));
    assert_eq!(first["duplicate_of"], json!(null));
    let list = ground.send(Call::get("/api/v1/alerts").by(ground.of(Role::Responder))).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let raw = format!("/api/v1/alerts/{}/raw", first["id"].as_str().unwrap());
    let raw = ground.send(Call::get(raw).by(ground.of(Role::Responder))).await;
    assert_eq!(raw.json(), alert("twice"));
    assert!(raw.header("content-disposition").starts_with("attachment"));
}

#[tokio::test]
async fn several_alerts_in_one_body_each_have_a_result_and_a_broken_one_loses_no_other() {
    let ground = Ground::new().await;
    ground.alert("b").await;
    let body = format!("{}\n{}\n{{\"title\": \"cut off\n{}\n", alert("a"), alert("b"), alert("c"));
    let reply = ground
        .send(Call::new("POST", "/api/v1/intake/generic").bytes(body).by(ground.of(Role::Service)))
        .await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let results = reply.json()["results"].as_array().unwrap().clone();
    let of = |status: u16| results.iter().filter(|result| result["status"] == status).count();
    assert!(of(202) >= 1 && of(200) == 1 && of(422) == 1, "{results:?}");
    let broken = results.iter().find(|result| result["status"] == 422).unwrap();
    assert!(broken["problem"]["offset"].as_u64().is_some_and(|offset| offset > 0), "{broken}");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place_and_leaves_nothing() {
    let ground = Ground::new().await;
    for (body, status) in [(&b""[..], 422), (b"{\"title\": \"cut", 422), (&[0_u8; 1000], 422)] {
        let reply = ground
            .send(Call::new("POST", "/api/v1/intake/generic").bytes(body).by(ground.of(Role::Service)))
            .await;
        reply.is_problem(status, "unreadable");
    }
    let list = ground.send(Call::get("/api/v1/alerts").by(ground.of(Role::Responder))).await.json();
    assert!(list["items"].as_array().unwrap().is_empty());
    ground
        .send(Call::post("/api/v1/intake/no-such-tool", &alert("x")).by(ground.of(Role::Service)))
        .await
        .is_problem(404, "not_found");
    let large = vec![b' '; (64 << 20) + 1];
    let reply = ground
        .send(Call::new("POST", "/api/v1/intake/generic").bytes(large).by(ground.of(Role::Service)))
        .await;
    reply.is_problem(413, "too_large");
}

#[tokio::test]
async fn a_source_proves_itself_by_its_own_secret_and_by_no_other() {
    let ground = Ground::new().await;
    let practice = ground.program.practice.to_string();
    let secret = |source: &str, secret: &str| json!({"name": source, "role": "service", "practice": practice, "kind": "source", "secret": secret});
    ground.made(secret("generic", "generic-secret-0123456789")).await;
    ground.made(secret("wazuh", "wazuh-secret-0123456789")).await;
    let send = |token: &str| Call::post("/api/v1/intake/generic", &alert("by-secret")).by(token);
    let taken = ground.send(send("generic-secret-0123456789")).await;
    assert_eq!(taken.status, 202, "{}", taken.text());
    for wrong in ["wazuh-secret-0123456789", "nothing", ""] {
        ground.send(send(wrong)).await.is_problem(401, "unauthenticated");
    }
    // A source's secret opens nothing else.
    ground
        .send(Call::get("/api/v1/alerts").by("generic-secret-0123456789"))
        .await
        .is_problem(401, "unauthenticated");
    let rows = ground.send(Call::get("/api/v1/alerts").by(ground.of(Role::Responder))).await.json();
    assert_eq!(rows["items"][0]["practice"], practice);
}

#[tokio::test]
async fn a_token_for_all_practices_has_to_say_which() {
    let ground = Ground::new().await;
    let send = |path: String| Call::post(path, &alert("whose")).by(&ground.provider);
    ground.send(send("/api/v1/intake/generic".to_owned())).await.is_problem(422, "invalid");
    let path = format!("/api/v1/intake/generic?practice={}", ground.other);
    assert_eq!(ground.send(send(path.clone())).await.status, 202);
    let foreign = Call::post(path, &alert("foreign")).by(ground.of(Role::Service));
    ground.send(foreign).await.is_problem(404, "not_found");
}

#[tokio::test]
async fn what_the_front_desk_says_is_an_alert_at_once_and_what_stands_still_is_told() {
    let ground = Ground::new().await;
    let report = json!({"what": "All files have a strange ending", "place": "Exam 3", "screen": "Pay us"});
    let reply = ground.send(Call::post("/api/v1/staff-reports", &report).by(ground.of(Role::Staff))).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    assert_eq!(reply.json()["channel"], "staff");
    assert_eq!(reply.json()["title"], "All files have a strange ending");
    let blank = Call::post("/api/v1/staff-reports", &json!({"what": " "})).by(ground.of(Role::Staff));
    ground.send(blank).await.is_problem(422, "invalid");

    let today = ground.send(Call::get("/api/v1/status").by(ground.of(Role::Staff))).await.json();
    assert_eq!(today["items"].as_array().unwrap().len(), 1);
    assert!(today["items"][0]["all_works"].as_bool().unwrap(), "{today}");
    assert!(!today["items"][0]["services"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn okta_s_one_time_question_is_answered_to_who_holds_the_secret_and_to_nobody_else() {
    let ground = Ground::new().await;
    let practice = ground.program.practice.to_string();
    let secret = json!({
        "name": "okta", "role": "service", "practice": practice, "kind": "source", "secret": "okta-secret-0123456789",
    });
    ground.made(secret).await;
    let ask = |source: &str, secret: &str| {
        Call::get(format!("/api/v1/intake/{source}"))
            .with("authorization", secret)
            .with("x-okta-verification-challenge", "echo-me-4711")
    };
    let answered = ground.send(ask("okta", "okta-secret-0123456789")).await;
    assert_eq!(answered.status, 200, "{}", answered.text());
    assert_eq!(answered.json(), json!({"verification": "echo-me-4711"}));
    ground.send(ask("okta", "wrong")).await.is_problem(401, "unauthenticated");
    ground.send(ask("wazuh", "okta-secret-0123456789")).await.is_problem(404, "not_found");
    let plain = Call::get("/api/v1/intake/okta").with("authorization", "okta-secret-0123456789");
    ground.send(plain).await.is_problem(404, "not_found");
    // And the deliveries that follow carry the same secret.
    let event = json!({
        "eventType": "com.okta.event_hook", "eventTime": "2026-01-26T14:20:00Z", "eventId": "h-1",
        "data": {"events": [{"uuid": "e-1", "eventType": "user.session.start", "displayMessage": "Sign-in",
            "published": "2026-01-26T14:19:00Z", "actor": {"type": "User", "alternateId": "rosa@cedarhollow.example"}}]},
    });
    let sent = Call::post("/api/v1/intake/okta", &event).with("authorization", "okta-secret-0123456789");
    assert_eq!(ground.send(sent).await.status, 202);
}

#[tokio::test]
async fn a_new_version_of_an_advisory_is_taken_in_and_not_seen_as_a_repetition() {
    let ground = Ground::new().await;
    let advisory = |version: &str| {
        json!({"document": {"csaf_version": "2.0", "title": "Pump gateway", "publisher": {"name": "Acme"},
            "tracking": {"id": "ACME-1", "version": version, "current_release_date": "2026-01-20T08:14:15Z"}},
            "vulnerabilities": [{"cve": "CVE-2026-1000"}]})
    };
    let send =
        |version: &str| Call::post("/api/v1/intake/csaf", &advisory(version)).by(ground.of(Role::Service));
    assert_eq!(ground.send(send("1")).await.status, 202);
    assert_eq!(ground.send(send("1")).await.status, 200);
    assert_eq!(ground.send(send("2")).await.status, 202, "the vendor's update was lost");
}
