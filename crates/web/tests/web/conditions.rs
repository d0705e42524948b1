//! Sending again, and being second: idempotency keys, stale versions, pages, proofs.

use kernel::Role;
use serde_json::{Value, json};

use crate::ground::{Call, Ground, alert, declaration};

fn suspect(system: &str) -> serde_json::Value {
    json!({"command": "suspect", "subject": {"what": "system", "system": system}, "why": "it is slow"})
}

#[tokio::test]
async fn a_request_sent_again_with_its_key_is_taken_once_and_answered_as_before() {
    let ground = Ground::new().await;
    let declare = || {
        Call::post("/api/v1/incidents", &declaration())
            .by(ground.of(Role::Lead))
            .with("idempotency-key", "call-1")
    };
    let (first, again) = (ground.send(declare()).await, ground.send(declare()).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200), "{}", again.text());
    assert_eq!(first.json()["incident"], again.json()["incident"]);
    assert_eq!(first.json()["entries"], again.json()["entries"]);
    assert_eq!(
        (first.json()["repeated"].as_bool(), again.json()["repeated"].as_bool()),
        (Some(false), Some(true))
    );

    let path = format!("/api/v1/incidents/{}/commands", first.json()["incident"].as_str().unwrap());
    let command = |system| {
        Call::post(&path, &suspect(system))
            .by(ground.of(Role::Responder))
            .with("idempotency-key", "\"call-2\"")
    };
    let (first, again) = (ground.send(command("ehr-clinic")).await, ground.send(command("ehr-clinic")).await);
    assert_eq!(first.json()["entries"], again.json()["entries"]);
    ground.send(command("mail")).await.is_problem(422, "key_reused");
    // The same words from somebody else are another key.
    let other =
        Call::post(&path, &suspect("mail")).by(ground.of(Role::Lead)).with("idempotency-key", "call-2");
    assert_eq!(ground.send(other).await.status, 200);
}

#[tokio::test]
async fn evidence_sent_again_with_its_key_is_one_item() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let path = format!("/api/v1/incidents/{incident}/evidence?name=a&source=b&why=c");
    let send = || {
        Call::new("POST", &path)
            .bytes("bytes")
            .by(ground.of(Role::Responder))
            .with("idempotency-key", "upload-1")
    };
    let (first, again) = (ground.send(send()).await, ground.send(send()).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200), "{}", again.text());
    let list = ground
        .send(Call::get(format!("/api/v1/incidents/{incident}/evidence")).by(ground.of(Role::Responder)))
        .await;
    assert_eq!(list.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_delivery_sent_again_with_its_key_is_taken_once_and_another_body_is_refused() {
    let ground = Ground::new().await;
    let deliver = |body: String| {
        let call = Call::new("POST", "/api/v1/intake/generic").bytes(body).by(ground.of(Role::Service));
        ground.send(call.with("idempotency-key", "batch-1"))
    };
    let both = format!("{}\n{}\n", alert("a"), alert("b"));
    let (first, again) = (deliver(both.clone()).await, deliver(both).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 200), "{}", again.text());
    let ids = |reply: &Value| {
        let results = reply["results"].as_array().unwrap();
        results.iter().map(|result| result["alert"]["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&first.json()), ids(&again.json()));
    deliver(alert("c").to_string()).await.is_problem(422, "key_reused");
    let list = ground.send(Call::get("/api/v1/alerts").by(ground.of(Role::Responder))).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn evidence_is_hashed_again_once_for_a_key_and_the_answer_stays_what_it_was() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let send = |name: &str| {
        let path = format!("/api/v1/incidents/{incident}/evidence?name={name}&source=b&why=c");
        ground.send(Call::new("POST", path).bytes("bytes").by(ground.of(Role::Responder)))
    };
    let rehash = |path: &str| {
        let call = Call::post(path, &json!({})).by(ground.of(Role::Responder));
        ground.send(call.with("idempotency-key", "again-1"))
    };
    assert_eq!(send("a").await.status, 201);
    let first = rehash("/api/v1/evidence/rehash").await;
    assert_eq!(first.json()["items"].as_array().map(Vec::len), Some(1), "{}", first.text());
    assert_eq!(first.json()["items"][0]["outcome"], "ok");
    assert_eq!(send("later").await.status, 201);
    let again = rehash("/api/v1/evidence/rehash").await;
    assert_eq!(again.json(), first.json());
    let other = format!("/api/v1/evidence/rehash?incident={incident}");
    rehash(&other).await.is_problem(422, "key_reused");
}

#[tokio::test]
async fn a_command_on_an_old_version_is_refused_and_told_what_changed() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let shown =
        ground.send(Call::get(format!("/api/v1/incidents/{incident}")).by(ground.of(Role::Responder))).await;
    let etag = shown.header("etag").to_owned();
    assert!(etag.starts_with("\"v"), "{etag}");
    let path = format!("/api/v1/incidents/{incident}/commands");
    let command = |system| {
        Call::post(&path, &suspect(system)).by(ground.of(Role::Responder)).with("if-match", etag.clone())
    };
    let taken = ground.send(command("ehr-clinic")).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_ne!(taken.header("etag"), etag);
    let stale = ground.send(command("mail")).await;
    stale.is_problem(412, "stale");
    assert_eq!(stale.json()["current"], taken.json()["version"]);
    let since: Vec<_> =
        stale.json()["since"].as_array().unwrap().iter().map(|entry| entry["kind"].clone()).collect();
    assert!(since.iter().any(|kind| kind.as_str().is_some_and(|kind| kind.contains("suspect"))), "{since:?}");
    let wrong = Call::post(&path, &suspect("mail")).by(ground.of(Role::Responder)).with("if-match", "v3");
    ground.send(wrong).await.is_problem(400, "malformed");
}

#[tokio::test]
async fn pages_go_through_a_list_without_a_gap_or_a_repetition() {
    let ground = Ground::new().await;
    for number in 0..7 {
        ground.alert(&format!("page-{number}")).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/alerts?limit=3{cursor}");
        let page = ground.send(Call::get(path).by(ground.of(Role::Responder))).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        seen.extend(items.iter().map(|row| row["alert"]["source_id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, (0..7).rev().map(|number| format!("page-{number}")).collect::<Vec<_>>());
    for (query, expected) in [
        ("verdict=none", 7),
        ("verdict=true", 0),
        ("severity=critical", 0),
        ("channel=staff", 0),
        ("source=generic", 7),
        ("text=ransomware", 7),
        ("text=nothing-like-it", 0),
        ("updated_since=2026-01-26T14:30:00Z", 7),
        ("updated_since=2026-01-27T00:00:00Z", 0),
    ] {
        let page =
            ground.send(Call::get(format!("/api/v1/alerts?{query}")).by(ground.of(Role::Auditor))).await;
        assert_eq!(page.json()["items"].as_array().map(Vec::len), Some(expected), "{query}: {}", page.text());
    }
    for wrong in [
        "limit=0",
        "limit=501",
        "limit=x",
        "cursor=x",
        "verdict=maybe",
        "severity=awful",
        "serverity=high",
        "incident=1",
        "text=a&text=b",
    ] {
        let reply =
            ground.send(Call::get(format!("/api/v1/alerts?{wrong}")).by(ground.of(Role::Responder))).await;
        reply.is_problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_stranger_can_check_that_an_entry_is_in_the_signed_log() {
    let ground = Ground::new().await;
    ground.incident().await;
    let get = |path: &str| Call::get(path).by(ground.of(Role::Auditor));
    let checkpoint = ground.send(get("/api/v1/log/checkpoint")).await.text();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let root = checkpoint.lines().nth(2).unwrap().to_owned();
    let key = ground.send(get("/api/v1/log/key")).await.text();
    assert!(key.starts_with(checkpoint.lines().next().unwrap()), "{key} {root}");
    let entries = ground.send(get("/api/v1/entries?limit=1")).await.json();
    let (index, leaf) = (
        entries["items"][0]["index"].as_u64().unwrap(),
        entries["items"][0]["leaf"].as_str().unwrap().to_owned(),
    );
    let proof = ground.send(get(&format!("/api/v1/log/inclusion?index={index}&size={size}"))).await.json();
    assert_eq!((proof["size"].as_u64(), leaf.len()), (Some(size), 64));
    assert!(!proof["hashes"].as_array().unwrap().is_empty());
    assert!(ground.send(get(&format!("/api/v1/log/consistency?old=1&new={size}"))).await.status.is_success());
    for wrong in [
        format!("inclusion?index={size}&size={size}"),
        format!("inclusion?index=0&size={}", size + 1),
        format!("consistency?old=0&new={size}"),
        "consistency?old=2&new=1".to_owned(),
        format!("consistency?old=1&new={}", u64::MAX),
    ] {
        ground.send(get(&format!("/api/v1/log/{wrong}"))).await.is_problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_judgement_sent_again_with_its_key_is_taken_once() {
    let ground = Ground::new().await;
    let id = ground.alert("judged").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/alerts/{id}/commands");
    let judge = |verdict: &str, key: &str| {
        let body = json!({"command": "judge", "verdict": verdict, "reasons": ["looked at the host"]});
        Call::post(&path, &body).by(ground.of(Role::Responder)).with("idempotency-key", key)
    };
    let first = ground.send(judge("false_positive", "judge-1")).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let second = ground.send(judge("true_positive", "judge-2")).await;
    assert_ne!(first.header("etag"), second.header("etag"));
    // The first one again, late: the verdict that stands is not turned back.
    let again = ground.send(judge("false_positive", "judge-1")).await;
    assert_eq!(again.status, 200, "{}", again.text());
    assert_eq!((again.header("etag"), &again.json()["verdict"]), (second.header("etag"), &json!("true")));
    ground.send(judge("undetermined", "judge-1")).await.is_problem(422, "key_reused");
}

#[tokio::test]
async fn a_token_asked_for_again_with_its_key_is_made_once_and_its_text_shown_once() {
    let ground = Ground::new().await;
    let practice = ground.program.practice.to_string();
    let make = |name: &str| {
        let body = json!({"name": name, "role": "auditor", "practice": practice});
        Call::post("/api/v1/tokens", &body).by(&ground.provider).with("idempotency-key", "token-1")
    };
    let (first, again) = (ground.send(make("reader")).await, ground.send(make("reader")).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200), "{}", again.text());
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert!(first.json()["token"].is_string());
    assert_eq!((&again.json()["token"], &again.json()["repeated"]), (&json!(null), &json!(true)));
    ground.send(make("other")).await.is_problem(422, "key_reused");
    let list = ground.send(Call::get("/api/v1/tokens").by(&ground.provider)).await.json();
    let readers = list["items"].as_array().unwrap().iter().filter(|row| row["name"] == "reader").count();
    assert_eq!(readers, 1);
}

#[tokio::test]
async fn a_profile_sent_again_with_its_key_does_not_undo_a_later_change() {
    let ground = Ground::new().await;
    let path = format!("/api/v1/practices/{}", ground.program.practice);
    let profile = |service: &str| {
        let mut profile = serde_json::to_value(testkit::app::demo_practice().unwrap()).unwrap();
        profile["services"][0]["name"] = json!(service);
        profile
    };
    let put = |service: &str, key: &str| {
        Call::new("PUT", &path).json(&profile(service)).by(&ground.provider).with("idempotency-key", key)
    };
    let first = ground.send(put("Clinic visits", "put-1")).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let second = ground.send(put("Visits at the clinic", "put-2")).await;
    let again = ground.send(put("Clinic visits", "put-1")).await;
    assert_eq!((again.status, again.header("etag")), (second.status, second.header("etag")));
    assert_eq!(again.json()["profile"]["services"][0]["name"], "Visits at the clinic");
    ground.send(put("Clinic", "put-1")).await.is_problem(422, "key_reused");
    let make = |name: &str| {
        let mut profile = profile("Clinic visits");
        profile["name"] = json!(name);
        Call::post("/api/v1/practices", &profile).by(&ground.provider).with("idempotency-key", "make-1")
    };
    let (made, again) = (ground.send(make("New Place")).await, ground.send(make("New Place")).await);
    assert_eq!((made.status.as_u16(), &made.json()["id"]), (201, &again.json()["id"]));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_week_and_not_before() {
    let ground = Ground::new().await;
    let declare = || {
        Call::post("/api/v1/incidents", &declaration())
            .by(ground.of(Role::Lead))
            .with("idempotency-key", "weekly")
    };
    let first = ground.send(declare()).await.json()["incident"].clone();
    ground.hand.set("2026-02-02T14:29:00Z".parse().unwrap());
    assert_eq!(ground.program.app.forget_old_keys().await.unwrap(), 0);
    assert_eq!(ground.send(declare()).await.json()["incident"], first);
    ground.hand.set("2026-02-02T14:31:00Z".parse().unwrap());
    assert_eq!(ground.program.app.forget_old_keys().await.unwrap(), 1);
    assert_ne!(ground.send(declare()).await.json()["incident"], first);
}

#[tokio::test]
async fn a_front_desk_that_presses_twice_reports_once() {
    let ground = Ground::new().await;
    let report = |what: &str| {
        Call::post("/api/v1/staff-reports", &json!({ "what": what }))
            .by(ground.of(Role::Staff))
            .with("idempotency-key", "form-1")
    };
    let (first, again) = (ground.send(report("odd screen")).await, ground.send(report("odd screen")).await);
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (202, 200), "{}", again.text());
    assert_eq!(
        (&again.json()["id"], &again.json()["duplicate_of"]),
        (&first.json()["id"], &first.json()["id"])
    );
    ground.send(report("another thing")).await.is_problem(422, "key_reused");
}
