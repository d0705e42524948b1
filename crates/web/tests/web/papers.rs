//! The breach question and its documents over the API: whose signature counts, and what a wrong request is told.

use kernel::Role;
use serde_json::{Value, json};

use crate::{
    authority::breach_facts,
    ground::{Call, Ground},
};

fn notice() -> Value {
    json!({
        "reference": "2026-014", "dated": "2026-04-03",
        "sender": {"address": ["410 Larch Street", "Cedar Hollow, OH 44999"]},
        "signatory": {"name": "Dana Whitfield", "title": "Practice Administrator"},
        "what_we_are_doing": {"measures": ["We shut down the system the same day."]},
        "contact": {"toll_free": "1-833-555-0144", "email": "privacy@cedarhollow.example"},
    })
}

#[tokio::test]
async fn facts_are_assessed_explained_and_put_in_the_diary() {
    let ground = Ground::new().await;
    let token = ground.of(Role::Practice);
    let answer = ground.send(Call::post("/api/v1/breach/assess", &breach_facts()).by(token)).await.json();
    assert_eq!((&answer["determination"]["breach"], &answer["counts"]["total"]), (&json!(true), &json!(612)));
    let told = ground.send(Call::post("/api/v1/breach/explain", &breach_facts()).by(token)).await.text();
    assert!(told.contains("What would change") && told.contains("does not replace counsel"), "{told}");
    let diary = ground.send(Call::post("/api/v1/breach/calendar", &breach_facts()).by(token)).await.text();
    assert!(diary.starts_with("BEGIN:VCALENDAR") && diary.contains("20260509"), "{diary}");
    let mut wrong = breach_facts();
    wrong["individuals"]["by_state"]["ZZ"] = json!(1);
    let reply = ground.send(Call::post("/api/v1/breach/assess", &wrong).by(token)).await;
    reply.is_problem(422, "invalid");
    assert_eq!(reply.json()["pointer"], "/individuals/by_state/ZZ");
}

#[tokio::test]
async fn an_attorney_signs_a_letter_and_nobody_else_does() {
    let ground = Ground::new().await;
    let path = "/api/v1/breach/documents/letters";
    let body = |sign: bool| json!({"facts": breach_facts(), "notice": notice(), "sign": sign});
    let listing = ground.send(Call::post(path, &body(false)).by(ground.of(Role::Practice))).await.json();
    assert_eq!(listing["documents"][0]["name"], "letter-individual", "{listing}");
    assert_eq!((&listing["draft"], &listing["letters"][0]["may_go_out"]), (&json!(true), &json!(false)));
    assert!(listing["letters"][0]["reading_grade"].as_f64().unwrap() <= 8.0, "{listing}");
    for role in [Role::Lead, Role::Responder, Role::Practice, Role::Auditor] {
        let call = Call::post(path, &body(true)).by(ground.of(role));
        ground.send(call).await.is_problem(403, "forbidden");
    }
    let call = Call::post(format!("{path}?format=text"), &body(true)).by(ground.of(Role::Attorney));
    let letter = ground.send(call).await;
    assert_eq!(letter.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        !letter.text().contains("DRAFT") && letter.text().contains("1-833-555-0144"),
        "{}",
        letter.text()
    );
    let call = Call::post(format!("{path}?format=docx"), &body(false)).by(ground.of(Role::Practice));
    assert!(ground.send(call).await.body.starts_with(b"PK"));
}

#[tokio::test]
async fn a_signature_under_an_incident_is_in_its_record() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let under = format!("/api/v1/incidents/{incident}");
    let path = format!("{under}/breach/documents/substitute?format=html");
    let body = json!({"facts": breach_facts(), "notice": notice(), "sign": true});
    let page = ground.send(Call::post(&path, &body).by(ground.of(Role::Attorney))).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("<html") && !page.text().contains("DRAFT"), "{}", page.text());
    let notes = ground.send(Call::get(format!("{under}/notes")).by(ground.of(Role::Practice))).await.json();
    let note = notes["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{notes}")).to_owned();
    let text =
        ground.send(Call::get(format!("{under}/notes/{note}")).by(ground.of(Role::Practice))).await.text();
    assert!(text.contains("Signed the content") && text.contains("SHA-256"), "{text}");
    // The memorandum is privileged under an incident.
    let path = format!("{under}/breach/documents/memorandum?format=text");
    let body = json!({"facts": breach_facts(), "notice": notice()});
    ground.send(Call::post(&path, &body).by(ground.of(Role::Lead))).await.is_problem(403, "forbidden");
    let memo = ground.send(Call::post(&path, &body).by(ground.of(Role::Attorney))).await;
    assert!(memo.text().contains("presumed"), "{}", memo.text());
    // Without facts, those that the incident supports by itself.
    let path = format!("{under}/breach/documents/proof");
    let reply = ground.send(Call::post(&path, &json!({})).by(ground.of(Role::Practice))).await;
    assert_eq!(reply.json()["documents"][0]["name"], "proof-of-notice", "{}", reply.text());
}

#[tokio::test]
async fn a_wrong_request_for_a_document_is_told_where() {
    let ground = Ground::new().await;
    let token = ground.of(Role::Practice);
    for (path, body, pointer) in [
        ("letters", json!({}), "/facts"),
        ("letters", json!({"facts": {"entity": 1}}), "/facts/entity"),
        ("letters", json!({"facts": breach_facts(), "notice": {"dated": "soon"}}), "/notice/dated"),
        ("letters", json!({"facts": breach_facts(), "people": "name\nAnn Secret\n"}), "/people"),
        ("hhs", json!({"facts": breach_facts(), "notice": {"portal": {"x": 1}}}), "/notice/portal/x"),
        ("hhs?format=docx", json!({"facts": breach_facts()}), "/format"),
        ("states?format=pdf&state=ZZ", json!({"facts": breach_facts()}), "state"),
    ] {
        let call = Call::post(format!("/api/v1/breach/documents/{path}"), &body).by(token);
        let reply = ground.send(call).await;
        reply.is_problem(422, "invalid");
        assert_eq!(reply.json()["pointer"], pointer, "{}", reply.text());
        assert!(!reply.text().contains("Secret"));
    }
    let call = Call::post("/api/v1/breach/documents/delay?format=pdf", &json!({"facts": breach_facts()}));
    ground.send(call.by(token)).await.is_problem(404, "not_found");
    let call = Call::post("/api/v1/breach/documents/poem", &json!({"facts": breach_facts()}));
    ground.send(call.by(token)).await.is_problem(404, "not_found");
}
