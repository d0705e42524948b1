//! The investigation by a browser: a hunt is begun, its figures are drawn and narrowed, a line becomes a finding that points at
//! its evidence; what commands say is shown to those alone who handle evidence.

use app::{command::How, evidence::Provenance};
use kernel::{IncidentId, Role};
use testkit::app::actor;

use crate::{
    ground::{Call, Ground},
    pages::{form, look, send, sign_in},
};

/// An incident with the event logs of the demo's Monday in custody.
async fn with_logs(ground: &Ground) -> String {
    let incident = ground.incident().await;
    let id: IncidentId = incident.parse().unwrap();
    let who = actor(Role::Responder, Some(ground.program.practice));
    for log in monday::logs().unwrap() {
        let from = Provenance {
            name: log.path.to_string(),
            source: "collected on the host".to_owned(),
            why: "the logs of the weekend".to_owned(),
        };
        let bytes = Box::new(std::io::Cursor::new(log.bytes));
        ground.program.app.take_evidence(&who, id, bytes, from, How::default()).await.unwrap();
    }
    incident
}

async fn hunted(ground: &Ground, cookie: &str, incident: &str) {
    let page = look(ground, cookie, &format!("/incidents/{incident}/investigation")).await.text();
    let (action, fields) = form(&page, "Hunt through the evidence");
    assert_eq!(send(ground, cookie, &action, &fields).await.status, 303);
    for _ in 0..600 {
        let path = format!("/api/v1/incidents/{incident}/hunt/standing");
        let standing = ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json();
        if !standing["ended"].is_null() {
            assert!(standing["failed"].is_null(), "{standing}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the hunt does not end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hunt_is_begun_from_the_page_and_a_line_of_it_becomes_a_finding_with_its_evidence() {
    let ground = Ground::new().await;
    let incident = with_logs(&ground).await;
    let room = format!("/incidents/{incident}/investigation");
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    assert!(look(&ground, &responder, &room).await.text().contains("has not been searched yet"));
    hunted(&ground, &responder, &incident).await;

    let page = look(&ground, &responder, &room).await.text();
    for wanted in
        ["SRV-FILE1", "WS-BILL2", "marker-end=\"url(#arrow)\"", "unseen-hours", "hunt is over", "Hunt again"]
    {
        assert!(page.contains(wanted), "no {wanted}");
    }
    let marks = page.matches("class=\"bar ").count();
    assert!((50..700).contains(&marks), "{marks} marks");
    let own = Call::get(&room).with("cookie", responder.clone()).with("accept-encoding", "gzip");
    let sent = ground.send(own).await.body.len();
    assert!(sent < 45_000, "the page is {sent} bytes, and style and script come on top");

    // Narrowed by host, tactic and time, each by its address.
    let narrowed =
        look(&ground, &responder, &format!("{room}?host=SRV-BKP1&from=2026-09-12T00:00&to=2026-09-13T12:00"))
            .await
            .text();
    assert!(narrowed.contains("SRV-BKP1") && narrowed.matches("class=\"bar ").count() < marks);
    let none = look(&ground, &responder, &format!("{room}?host=NOWHERE")).await.text();
    assert!(none.contains("Nothing here") && none.contains("No line fits"));
    for wrong in [
        "from=yesterday",
        "level=dreadful",
        "cursor=x",
        "from=2026-09-13T00:00&to=2026-09-12T00:00",
        "hots=A",
    ] {
        assert_eq!(look(&ground, &responder, &format!("{room}?{wrong}")).await.status, 422, "{wrong}");
    }

    let link = page.split("/investigation/finding?line=").nth(1).unwrap().split('"').next().unwrap();
    let page = look(&ground, &responder, &format!("{room}/finding?line={link}")).await.text();
    let (action, mut fields) = form(&page, "value=\"record_finding\"");
    fields.push(("statement.question".to_owned(), "execution".to_owned()));
    fields.push(("statement.text".to_owned(), "They ran their tool here".to_owned()));
    fields.push(("statement.confidence".to_owned(), "observed".to_owned()));
    let answer = send(&ground, &responder, &action, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").starts_with(&room), "{}", answer.header("location"));
    let state = ground
        .send(Call::get(format!("/api/v1/incidents/{incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    let findings = state["state"]["findings"].as_object().unwrap();
    let made = findings.values().find(|own| own["statement"]["text"] == "They ran their tool here").unwrap();
    let evidence = made["statement"]["evidence"][0].as_str().unwrap();
    assert!(state["state"]["evidence"].get(evidence).is_some(), "{made}");
    assert!(look(&ground, &responder, &room).await.text().contains("They ran their tool here"));

    // The result is evidence itself, and hunting again adds nothing.
    let count = state["state"]["evidence"].as_object().unwrap().len();
    let (action, fields) = form(&look(&ground, &responder, &room).await.text(), "Hunt again");
    assert_eq!(send(&ground, &responder, &action, &fields).await.status, 303);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    for _ in 0..600 {
        let path = format!("/api/v1/incidents/{incident}/hunt/standing");
        if !ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json()["ended"].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let state = ground
        .send(Call::get(format!("/api/v1/incidents/{incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    assert_eq!(state["state"]["evidence"].as_object().unwrap().len(), count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yara_rules_go_over_the_sealed_evidence_from_the_page_and_over_the_api() {
    let ground = Ground::new().await;
    let incident = with_logs(&ground).await;
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let rule = |title: &str| {
        format!(
            "rule log {{ meta: title = \"{title}\" level = \"high\" strings: $a = \"ElfFile\" condition: $a at 0 }}"
        )
    };
    let room = format!("/incidents/{incident}/investigation");
    let (action, mut fields) =
        form(&look(&ground, &responder, &room).await.text(), "Hunt through the evidence");
    fields.retain(|(name, _)| name != "yara");
    fields.push(("yara".to_owned(), rule("By the page")));
    assert_eq!(send(&ground, &responder, &action, &fields).await.status, 303);
    let standing = format!("/api/v1/incidents/{incident}/hunt/standing");
    for _ in 0..600 {
        if !ground.send(Call::get(&standing).by(ground.of(Role::Lead))).await.json()["ended"].is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(look(&ground, &responder, &room).await.text().contains("files match the YARA rule By the page"));

    let path = format!("/api/v1/incidents/{incident}/hunt");
    let sent = serde_json::json!({"yara": [{"name": "own.yar", "text": rule("By the API")}]});
    let done = ground.send(Call::post(&path, &sent).by(ground.of(Role::Lead))).await.json();
    let answers = done["found"]["answers"].as_array().unwrap();
    let answer = answers.iter().find(|answer| answer["text"].to_string().contains("By the API")).unwrap();
    let state = ground
        .send(Call::get(format!("/api/v1/incidents/{incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    let evidence = answer["rests_on"][0]["evidence"].as_str().unwrap();
    assert!(state["state"]["evidence"].get(evidence).is_some(), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_and_paths_are_shown_to_those_alone_who_handle_evidence() {
    let ground = Ground::new().await;
    let incident = with_logs(&ground).await;
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    hunted(&ground, &responder, &incident).await;
    let under = format!("/api/v1/incidents/{incident}");
    let paths = [
        format!("/incidents/{incident}/investigation?show=all"),
        format!("{under}/investigation"),
        format!("{under}/hunt/lines?limit=500&level=informational"),
        format!("{under}/hunt/figure"),
    ];
    const COMMAND: &str = "vssadmin.exe delete";
    for role in [Role::Practice, Role::Attorney, Role::Auditor, Role::Responder, Role::Lead] {
        let cookie = sign_in(&ground, role, ground.program.practice).await;
        let mut shown = false;
        for path in &paths {
            let reply = if path.starts_with("/api/") {
                ground.send(Call::get(path).by(ground.of(role))).await
            } else {
                look(&ground, &cookie, path).await
            };
            assert_eq!(reply.status, 200, "{role} {path}: {}", reply.text());
            shown |= reply.text().contains(COMMAND);
        }
        let handles = matches!(role, Role::Responder | Role::Lead);
        assert_eq!(shown, handles, "{role}");
        // Who may not begin a hunt is not offered one, and who may not state a finding no button.
        let page = look(&ground, &cookie, &paths[0]).await.text();
        assert_eq!(page.contains("Hunt again"), handles, "{role}");
        assert_eq!(page.contains("/investigation/finding?line="), handles, "{role}");
        let status = look(&ground, &cookie, &format!("/incidents/{incident}/investigation/finding?line=0"))
            .await
            .status;
        assert_eq!(status == 200, handles, "{role}: {status}");
    }
    let foreign = sign_in(&ground, Role::Responder, ground.other).await;
    for path in [
        format!("/incidents/{incident}/investigation"),
        format!("/incidents/{incident}/investigation/finding?line=0"),
    ] {
        assert_eq!(look(&ground, &foreign, &path).await.status, 404, "{path}");
    }
    ground
        .send(Call::get(format!("{under}/hunt/lines")).by(ground.elsewhere(Role::Lead)))
        .await
        .is_problem(404, "not_found");
}
