//! The breach case by forms: facts stated by whom they belong to, counts on the map, the four factors with the attorney's own
//! words, the signature, and what would follow if a count or a day were another.

use kernel::Role;
use serde_json::Value;

use crate::{
    ground::{Call, Ground},
    pages::{form, look, send, sign_in},
};

fn with(mut fields: Vec<(String, String)>, more: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    fields
}

/// States what the event was, so that the law has something to ask for.
async fn phi(ground: &Ground, cookie: &str, breach: &str) {
    let (action, fields) = form(&look(ground, cookie, breach).await.text(), "value=\"technical\"");
    let kinds = with(fields, &[("/event/data", "phi"), ("reason", "the share holds charts")]);
    assert_eq!(send(ground, cookie, &action, &kinds).await.status, 303);
}

async fn facts(ground: &Ground, incident: &str) -> Value {
    let path = format!("/api/v1/incidents/{incident}/breach/facts");
    ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json()["facts"].clone()
}

#[tokio::test]
async fn facts_are_stated_by_whom_they_belong_to_and_the_map_and_the_dates_follow() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let breach = format!("/incidents/{incident}/breach");
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let attorney = sign_in(&ground, Role::Attorney, ground.program.practice).await;
    let page = look(&ground, &responder, &breach).await.text();
    // What is another's to state is not offered.
    assert!(page.contains("value=\"technical\"") && !page.contains("value=\"legal\""));
    phi(&ground, &responder, &breach).await;
    let (action, fields) = form(&page, "value=\"counts\"");
    let counted = with(fields, &[("state", "OH"), ("people", "520"), ("reason", "counted on the share")]);
    let answer = send(&ground, &responder, &action, &counted).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(facts(&ground, &incident).await["individuals"]["by_state"]["OH"], 520);
    let page = look(&ground, &responder, &breach).await.text();
    assert!(
        page.contains("520")
            && page.contains("▲ more than 500: yes")
            && page.contains("counted on the share")
    );
    assert!(page.contains("The next legal day is"), "no day is set");

    let (action, fields) = form(&page, "value=\"technical\"");
    let kinds = with(
        fields,
        &[
            ("/event/kind", "ransomware"),
            ("/event/data", "phi"),
            ("/individuals/elements", "name"),
            ("/individuals/elements", "ssn"),
            ("/knowledge/known_on", "2026-01-24"),
            ("reason", "the note says so"),
        ],
    );
    assert_eq!(send(&ground, &responder, &action, &kinds).await.status, 303);
    let now = facts(&ground, &incident).await;
    assert_eq!(now["individuals"]["elements"], serde_json::json!(["name", "ssn"]));
    assert_eq!(now["knowledge"]["known_on"], "2026-01-24");

    let page = look(&ground, &attorney, &breach).await.text();
    assert!(!page.contains("value=\"technical\"") && page.contains("value=\"legal\""));
    let (action, fields) = form(&page, "value=\"legal\"");
    let law =
        with(fields, &[("/knowledge/determined_on", "2026-01-26"), ("reason", "read with the responders")]);
    assert_eq!(send(&ground, &attorney, &action, &law).await.status, 303);
    assert_eq!(facts(&ground, &incident).await["knowledge"]["determined_on"], "2026-01-26");
    // A form of law that somebody else makes up is refused by the use case.
    let (action, fields) = form(&look(&ground, &responder, &breach).await.text(), "value=\"counts\"");
    let mut forged = fields.clone();
    forged.retain(|(name, _)| name != "realm");
    let forged = with(forged, &[("realm", "legal"), ("/event/permitted_use", "true"), ("reason", "no")]);
    assert_eq!(send(&ground, &responder, &action, &forged).await.status, 403);
    // Nothing changed in a form is nothing stated.
    let same = with(fields, &[("reason", "again")]);
    assert_eq!(send(&ground, &responder, &action, &same).await.status, 422);
}

#[tokio::test]
async fn the_attorney_alone_reasons_and_signs_and_the_reasoning_is_read_by_nobody_else() {
    const SECRET: &str = "counsel weighs the xylophone";
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let breach = format!("/incidents/{incident}/breach");
    ground.evidence(&incident, b"a log").await;
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let attorney = sign_in(&ground, Role::Attorney, ground.program.practice).await;
    let page = look(&ground, &responder, &breach).await.text();
    let ground_of = page.split("value=\"evidence ").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (action, fields) = form(&page, "name=\"ground\"");
    let known = with(
        fields,
        &[("text", "Access to files was recorded"), ("ground", &format!("evidence {ground_of}"))],
    );
    let answer = send(&ground, &responder, &action, &known).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(!look(&ground, &responder, &breach).await.text().contains("value=\"reasoning\""));
    for factor in ["nature_of_phi", "unauthorized_person", "acquired_or_viewed", "mitigation"] {
        let page = look(&ground, &attorney, &breach).await.text();
        let place = page.split(&format!("id=\"reason-{factor}\"")).nth(1).unwrap();
        let (action, fields) = form(place, "value=\"reasoning\"");
        let answer = send(&ground, &attorney, &action, &with(fields, &[("text", SECRET)])).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
    }
    for role in [Role::Responder, Role::Lead, Role::Practice, Role::Auditor, Role::Attorney] {
        let cookie = sign_in(&ground, role, ground.program.practice).await;
        for path in [breach.clone(), format!("{breach}/what-if"), format!("/incidents/{incident}/reports")] {
            let text = look(&ground, &cookie, &path).await.text();
            assert!(role == Role::Attorney || !text.contains("xylophone"), "{role} {path}");
            assert!(role == Role::Attorney || !text.contains("/breach/determine"), "{role} {path}");
        }
        assert_eq!(
            look(&ground, &cookie, &breach).await.text().contains(SECRET),
            role == Role::Attorney,
            "{role}"
        );
    }
    // A recommendation binds nobody; a responder adds a fact, and the attorney's words stay.
    let page = look(&ground, &responder, &breach).await.text();
    let (action, fields) = form(&page, "/breach/recommend");
    let opinion = with(fields, &[("probability", "low"), ("because", "all copies came back")]);
    assert_eq!(send(&ground, &responder, &action, &opinion).await.status, 303);
    let (action, fields) = form(&page, "value=\"unknown\"");
    assert_eq!(
        send(&ground, &responder, &action, &with(fields, &[("text", "who else had the link")])).await.status,
        303
    );
    let page = look(&ground, &attorney, &breach).await.text();
    assert!(page.matches(SECRET).count() >= 4, "the reasoning is gone");
    let (action, fields) = form(&page, "/breach/determine");
    let forged = send(&ground, &responder, &action, &with(fields.clone(), &[("probability", "low")])).await;
    assert_eq!(forged.status, 403);
    let signed = send(&ground, &attorney, &action, &with(fields, &[("probability", "more_than_low")])).await;
    assert_eq!(signed.status, 303, "{}", signed.text());
    assert!(look(&ground, &attorney, &breach).await.text().contains("more than a low probability"));
}

#[tokio::test]
async fn what_would_follow_is_answered_beside_what_stands_and_nothing_is_recorded() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let breach = format!("/incidents/{incident}/breach");
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    phi(&ground, &responder, &breach).await;
    let page = look(&ground, &responder, &breach).await.text();
    let (action, fields) = form(&page, "value=\"counts\"");
    let counted = with(fields, &[("state", "OH"), ("people", "499"), ("reason", "counted")]);
    assert_eq!(send(&ground, &responder, &action, &counted).await.status, 303);
    let before = ground
        .send(Call::get(format!("/api/v1/entries?incident={incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    for role in [Role::Responder, Role::Practice, Role::Attorney, Role::Auditor] {
        let cookie = sign_in(&ground, role, ground.program.practice).await;
        let text = look(&ground, &cookie, &format!("{breach}/what-if?count.OH=501")).await.text();
        assert!(text.contains("＋") && text.contains("Media notice"), "{role}: {text}");
        assert!(text.contains("value=\"501\""), "the form forgot the question");
    }
    let text = look(
        &ground,
        &responder,
        &format!("{breach}/what-if?count.OH=501&state=KY&people=12&%2Fknowledge%2Fknown_on=2026-01-20"),
    )
    .await
    .text();
    assert!(text.contains("earlier") && text.contains("Kentucky"), "{text}");
    let text = look(&ground, &responder, &format!("{breach}/what-if?count.OH=many")).await.text();
    assert!(text.contains("a whole number is wanted"));
    let text =
        look(&ground, &responder, &format!("{breach}/what-if?%2Fknowledge%2Fknown_on=soon")).await.text();
    assert!(text.contains("does not fit together"), "{text}");
    let after = ground
        .send(Call::get(format!("/api/v1/entries?incident={incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_package_is_made_from_the_page_by_those_who_may() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let reports = format!("/incidents/{incident}/reports");
    let practice = sign_in(&ground, Role::Practice, ground.program.practice).await;
    let page = look(&ground, &practice, &reports).await.text();
    let (action, fields) = form(&page, "value=\"insurer\"");
    let made = send(&ground, &practice, &action, &fields).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(made.header("content-type"), "application/zip");
    assert!(made.body.starts_with(b"PK"));
    let auditor = sign_in(&ground, Role::Auditor, ground.program.practice).await;
    assert!(!look(&ground, &auditor, &reports).await.text().contains("/reports/package"));
    let report = ground
        .send(Call::get(format!("/api/v1/incidents/{incident}/report.pdf")).with("cookie", practice.clone()))
        .await;
    assert!(report.body.starts_with(b"%PDF"), "{}", report.status);
}
