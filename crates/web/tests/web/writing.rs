//! What people write is never lost: drafts, two who write at once, situation reports, files and photos that are sent in.

use kernel::Role;
use serde_json::{Value, json};

use crate::{
    ground::{Call, Ground, PHOTO, Reply},
    pages::{form, look, send, sign_in},
};

fn with(fields: &[(String, String)], more: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<_> =
        fields.iter().filter(|(name, _)| !more.iter().any(|(own, _)| own == name)).cloned().collect();
    all.extend(more.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())));
    all
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(own, _)| own == name).map_or("", |(_, text)| text)
}

async fn versions(ground: &Ground, incident: &str, note: &str) -> Vec<String> {
    let path = format!("/api/v1/incidents/{incident}/notes/{note}");
    let list = ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json();
    list["items"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_draft_outlives_the_browser_is_its_writers_alone_and_ends_when_it_is_kept() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let notes = format!("/incidents/{incident}/notes");
    let cookie = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let (_, fields) = form(&look(&ground, &cookie, &notes).await.text(), "Write a note");
    // What the script sends after a pause, and what the button sends without scripts.
    let place = format!("/incidents/{incident}/drafts/note");
    let kept = send(&ground, &cookie, &place, &with(&fields, &[("text", "called the ven")])).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let page = look(&ground, &cookie, &notes).await.text();
    assert!(page.contains("called the ven</textarea>") && page.contains("your draft"), "{page}");
    let (action, fields) = form(&page, "Write a note");
    assert_eq!(field(&fields, "seen"), "1");
    // Nobody else has it, and the record has nothing of it.
    let other = sign_in(&ground, Role::Lead, ground.program.practice).await;
    assert!(!look(&ground, &other, &notes).await.text().contains("called the ven"));
    let entries = ground.send(Call::get("/api/v1/entries?text=ven").by(ground.of(Role::Lead))).await.json();
    assert!(entries["items"].as_array().unwrap().is_empty(), "{entries}");
    // Kept for good, the draft ends.
    let said = with(&fields, &[("text", "called the vendor")]);
    assert_eq!(send(&ground, &cookie, &action, &said).await.status, 303);
    let page = look(&ground, &cookie, &notes).await.text();
    assert!(page.contains("called the vendor") && !page.contains("your draft"), "{page}");
    // The draft of somebody who only looks is refused.
    let call = Call::new("PUT", format!("/api/v1{place}")).json(&json!({"text": "x"}));
    assert_eq!(ground.send(call.by(ground.of(Role::Auditor))).await.status, 403);
}

#[tokio::test]
async fn a_draft_written_in_two_windows_keeps_both_texts() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let place = format!("/api/v1/incidents/{incident}/drafts/note");
    let keep = async |text: &str, seen: Option<u64>| {
        let body = json!({"text": text, "seen": seen});
        let call = Call::new("PUT", &place).json(&body).by(ground.of(Role::Responder));
        ground.send(call).await.json()
    };
    assert_eq!(keep("at the front desk", None).await["revision"], 1);
    assert_eq!(keep("at the front desk it is red", Some(1)).await["aside"], json!([]));
    let second = keep("somewhere else entirely", Some(1)).await;
    assert_eq!(second["aside"][0]["text"], "at the front desk it is red", "{second}");
    let path = format!("/api/v1/incidents/{incident}/drafts");
    let all = ground.send(Call::get(&path).by(ground.of(Role::Responder))).await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    assert_eq!(ground.send(Call::new("DELETE", &place).by(ground.of(Role::Responder))).await.status, 204);
    let all = ground.send(Call::get(&path).by(ground.of(Role::Responder))).await.json();
    assert!(all["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_two_people_change_at_once_is_merged_or_shown_side_by_side_and_settled() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let note = ground.note(&incident, Role::Responder, "head\nmiddle\ntail", false).await;
    let notes = format!("/incidents/{incident}/notes");
    let one = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let two = sign_in(&ground, Role::Practice, ground.program.practice).await;
    let open = async |cookie: &str| form(&look(&ground, cookie, &notes).await.text(), "Keep this version");
    let ((action, mine), (_, theirs)) = (open(&one).await, open(&two).await);
    let said = with(&mine, &[("text", "HEAD\nmiddle\ntail")]);
    assert_eq!(send(&ground, &one, &action, &said).await.status, 303);
    // Another line: merged. The same form again: taken once.
    let said = with(&theirs, &[("text", "head\nmiddle\nTAIL"), ("reason", "seen again")]);
    assert_eq!(send(&ground, &two, &action, &said).await.status, 303);
    assert_eq!(send(&ground, &two, &action, &said).await.status, 303);
    assert_eq!(versions(&ground, &incident, &note).await[1..], ["HEAD\nmiddle\ntail", "HEAD\nmiddle\nTAIL"]);
    // The same line: both texts, and nothing recorded.
    let ((_, mine), (_, theirs)) = (open(&one).await, open(&two).await);
    assert_eq!(send(&ground, &one, &action, &with(&mine, &[("text", "HEAD\nhis\nTAIL")])).await.status, 303);
    let conflict = send(&ground, &two, &action, &with(&theirs, &[("text", "HEAD\nhers\nTAIL")])).await;
    assert_eq!(conflict.status, 409);
    let page = conflict.text();
    assert!(page.contains("HEAD\nhis\nTAIL") && page.contains("HEAD\nhers\nTAIL"), "{page}");
    assert_eq!(versions(&ground, &incident, &note).await.len(), 4);
    // It waits as a draft, also on another device, and the form that was shown settles it.
    assert!(look(&ground, &two, &notes).await.text().contains("HEAD\nhers\nTAIL"));
    let (action, fields) = form(&page, "The note shall say");
    let settled = with(&fields, &[("text", "HEAD\nhis and hers\nTAIL")]);
    assert_eq!(send(&ground, &two, &action, &settled).await.status, 303);
    assert_eq!(versions(&ground, &incident, &note).await.last().unwrap(), "HEAD\nhis and hers\nTAIL");
    let page = look(&ground, &two, &notes).await.text();
    assert!(!page.contains("Your draft"), "the draft outlived the settling: {page}");
    // The history tells who changed what.
    let history = look(&ground, &one, &format!("{notes}/{note}")).await.text();
    assert!(history.contains("<ins>his and hers</ins>") && history.contains("<del>his</del>"), "{history}");
    assert!(history.contains("seen again (merged with version 2)"), "{history}");
}

#[tokio::test]
async fn a_program_is_told_of_two_changes_that_do_not_go_together() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let note = ground.note(&incident, Role::Responder, "case 1", false).await;
    let path = format!("/api/v1/incidents/{incident}/notes/{note}");
    let revise = async |text: &str, base: Value| {
        let body = json!({"text": text, "base": base});
        ground.send(Call::new("PUT", &path).json(&body).by(ground.of(Role::Responder))).await
    };
    assert_eq!(revise("case 2", json!(1)).await.status, 200);
    let refused: Reply = revise("case 3", json!(1)).await;
    refused.is_problem(409, "note_conflict");
    let conflict = &refused.json()["conflict"];
    assert_eq!((&conflict["theirs"], &conflict["yours"]), (&json!("case 2"), &json!("case 3")), "{conflict}");
    assert_eq!(revise("case 2 and 3", conflict["version"].clone()).await.status, 200);
    revise("x", json!(9)).await.is_problem(422, "invalid");
    // Without a base the text takes the note's place, as before.
    assert_eq!(revise("case 4", Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_situation_report_is_drafted_from_the_incident_frozen_when_sent_and_due_again() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let under = format!("/api/v1/incidents/{incident}");
    let clock = async || {
        let clocks = ground.send(Call::get(format!("{under}/clocks")).by(ground.of(Role::Lead))).await.json();
        let all = clocks["items"].as_array().unwrap().clone();
        all.into_iter().find(|clock| clock["kind"] == "situation").unwrap()
    };
    assert_eq!(clock().await["what"], "send situation report 1");
    // What only counsel may read is in no draft, whoever asks for it.
    ground.note(&incident, Role::Attorney, "counsel's thought: xylophone", true).await;
    let draft =
        ground.send(Call::get(format!("{under}/situations/draft")).by(ground.of(Role::Attorney))).await;
    let text = draft.json()["text"].as_str().unwrap().to_owned();
    for wanted in [
        "SITUATION REPORT 1",
        "HOW BAD",
        "WHAT HAPPENED",
        "WHAT WORKS",
        "DONE SO FAR",
        "NEXT DECISIONS",
        "NEXT REPORT",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("xylophone") && !text.contains("Privileged"), "{text}");
    let page = format!("/incidents/{incident}/situation");
    let cookie = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let (action, fields) = form(&look(&ground, &cookie, &page).await.text(), "Send and freeze");
    let said = with(&fields, &[("text", "All is held."), ("to", "the owner")]);
    let sent = send(&ground, &cookie, &action, &said).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(send(&ground, &cookie, &action, &said).await.status, 303);
    let one = look(&ground, &cookie, sent.header("location")).await.text();
    assert!(one.contains("All is held.") && one.contains("Frozen as it was sent"), "{one}");
    let list =
        ground.send(Call::get(format!("{under}/situations")).by(ground.of(Role::Auditor))).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "sent twice: {list}");
    let digest = kernel::Digest::of(b"All is held.").to_string();
    assert_eq!(list["items"][0]["sha256"], digest);
    assert_eq!(clock().await["what"], "send situation report 2");
    let entries =
        ground.send(Call::get("/api/v1/entries?text=situation").by(ground.of(Role::Lead))).await.text();
    assert!(!entries.contains("All is held"), "the text stands in the record: {entries}");
}

fn multipart(fields: &[(String, String)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, text) in fields {
        body.extend(
            format!("--b7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes(),
        );
    }
    for (name, file, bytes) in files {
        let head =
            format!("--b7\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n");
        body.extend(head.bytes());
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--b7--\r\n");
    body
}

async fn upload(ground: &Ground, cookie: &str, path: &str, body: Vec<u8>) -> Reply {
    let call = Call::new("POST", path).bytes(body).with("content-type", "multipart/form-data; boundary=b7");
    let call = call.with("cookie", cookie).with("sec-fetch-site", "same-origin");
    ground.send(call.with("accept", "text/html")).await
}

#[tokio::test]
async fn files_come_into_custody_from_the_page_whole_or_not_at_all() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let page = format!("/incidents/{incident}/evidence");
    let cookie = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let (action, fields) = form(&look(&ground, &cookie, &page).await.text(), "Take them in");
    let fields = with(&fields, &[("source", "ws-exam3"), ("why", "sealed at once")]);
    let big = vec![7_u8; 300_000];
    let body =
        multipart(&fields, &[("file", "C:\\logs\\security.evtx", &big), ("file", "b.txt", b"two\r\n")]);
    let taken = upload(&ground, &cookie, &action, body.clone()).await;
    assert_eq!(taken.status, 303, "{}", taken.text());
    // The same form again is the same files.
    assert_eq!(upload(&ground, &cookie, &action, body.clone()).await.status, 303);
    let list = async || {
        let path = format!("/api/v1/incidents/{incident}/evidence");
        ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json()["items"]
            .as_array()
            .unwrap()
            .clone()
    };
    let items = list().await;
    assert_eq!(items.len(), 2, "{items:?}");
    let found = items.iter().find(|item| item["name"] == "security.evtx").unwrap();
    assert_eq!(found["sha256"], kernel::Digest::of(&big).to_string());
    let text = look(&ground, &cookie, &page).await.text();
    assert!(text.contains("security.evtx") && text.contains("Custody, newest first"), "{text}");
    // Cut short, too large, from another site, without the right: nothing.
    let fresh = async || {
        let (_, fields) = form(&look(&ground, &cookie, &page).await.text(), "Take them in");
        with(&fields, &[("source", "a"), ("why", "b")])
    };
    let whole = multipart(&fresh().await, &[("file", "c", b"cut")]);
    assert_eq!(upload(&ground, &cookie, &action, whole[..whole.len() - 8].to_vec()).await.status, 400);
    let large = multipart(&fresh().await, &[("file", "d", &vec![0; (1 << 20) + 1])]);
    assert_eq!(upload(&ground, &cookie, &action, large).await.status, 413);
    let none = multipart(&fresh().await, &[("file", "", b"")]);
    assert_eq!(upload(&ground, &cookie, &action, none).await.status, 422);
    let lead = sign_in(&ground, Role::Practice, ground.program.practice).await;
    assert_eq!(upload(&ground, &lead, &action, body).await.status, 403);
    assert_eq!(list().await.len(), 2);
}

#[tokio::test]
async fn a_photo_of_the_screen_comes_with_a_staff_report_and_into_the_incidents_custody() {
    let ground = Ground::new().await;
    let new = json!({"name": "Front desk", "role": "staff", "practice": ground.program.practice, "scopes": ["read", "intake"]});
    let link = format!("/staff/{}", ground.made(new).await["token"].as_str().unwrap());
    let page = ground.send(Call::get(&link)).await.text();
    assert!(page.contains("capture=\"environment\"") && page.contains("multipart/form-data"), "{page}");
    let fields = [("what".to_owned(), "The screen is red".to_owned())];
    let told = upload(&ground, "", &link, multipart(&fields, &[("photo", "IMG_1.jpg", PHOTO)])).await;
    assert_eq!(told.status, 200, "{}", told.text());
    assert!(!told.text().contains("did not come with it"), "{}", told.text());
    // What is no photo does not take the words with it.
    let fields = [("what".to_owned(), "Another screen".to_owned())];
    let told =
        upload(&ground, "", &link, multipart(&fields, &[("photo", "x.jpg", b"<svg onload=alert(1)>")])).await;
    assert!(
        told.text().contains("We have it") && told.text().contains("did not come with it"),
        "{}",
        told.text()
    );
    let alerts =
        ground.send(Call::get("/api/v1/alerts?channel=staff").by(ground.of(Role::Lead))).await.json();
    assert_eq!(alerts["items"].as_array().unwrap().len(), 2, "{alerts}");
    let alert = alerts["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["alert"]["title"] == "The screen is red")
        .unwrap();
    let alert = alert["id"].as_str().unwrap();
    let digest = kernel::Digest::of(PHOTO).to_string();
    let cookie = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let page = look(&ground, &cookie, &format!("/alerts/{alert}")).await.text();
    let photo = format!("/alerts/{alert}/photos/{digest}");
    assert!(page.contains(&format!("<img src=\"{photo}\"")), "{page}");
    let shown = look(&ground, &cookie, &photo).await;
    assert_eq!((shown.header("content-type"), shown.body.as_slice()), ("image/jpeg", PHOTO));
    assert_eq!(shown.header("x-content-type-options"), "nosniff");
    let foreign = sign_in(&ground, Role::Lead, ground.other).await;
    assert_eq!(look(&ground, &foreign, &photo).await.status, 404);
    // Put to an incident, it is evidence.
    let incident = ground.incident().await;
    let attach = json!({"command": "attach_alert", "alert": alert, "reason": "it is the same"});
    let path = format!("/api/v1/incidents/{incident}/commands");
    let done = ground.send(Call::post(path, &attach).by(ground.of(Role::Lead))).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let path = format!("/api/v1/incidents/{incident}/evidence");
    let items = ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json();
    assert_eq!(items["items"][0]["sha256"], digest, "{items}");
    assert_eq!(items["items"][0]["name"], "staff-photo-1.jpeg");
}

#[tokio::test]
async fn the_staff_link_gives_paper_forms_and_a_sheet_for_the_wall() {
    let ground = Ground::new().await;
    let new = json!({"name": "Front desk", "role": "staff", "practice": ground.program.practice, "scopes": ["read", "intake"]});
    let link = format!("/staff/{}", ground.made(new).await["token"].as_str().unwrap());
    let poster = ground.send(Call::get(format!("{link}/poster")).with("host", "clinic.example:8443")).await;
    assert_eq!(poster.status, 200);
    assert!(poster.text().contains("<svg") && poster.text().contains("Scan this with your phone"));
    let page = ground.send(Call::get(&link)).await.text();
    let form =
        page.split("href=\"").filter_map(|rest| rest.split('"').next()).find(|path| path.contains("/forms/"));
    let form = ground.send(Call::get(form.unwrap())).await;
    assert_eq!(form.status, 200, "{}", form.text());
    assert!(form.text().contains("Date of birth"), "{}", form.text());
    assert_eq!(
        ground.send(Call::get(format!("{link}/forms/none")).with("accept", "text/html")).await.status,
        404
    );
    assert_eq!(ground.send(Call::get("/staff/tq_0/poster").with("accept", "text/html")).await.status, 404);
}

#[tokio::test]
async fn a_verdict_is_undone_in_one_gesture_and_the_one_before_it_stands_again() {
    let ground = Ground::new().await;
    let alert = ground.alert("undone").await["id"].as_str().unwrap().to_owned();
    let cookie = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let verdict = async || {
        ground.send(Call::get(format!("/api/v1/alerts/{alert}")).by(ground.of(Role::Lead))).await.json()["verdict"].clone()
    };
    let judge = async |word: &str| {
        let (action, fields) =
            form(&look(&ground, &cookie, "/alerts").await.text(), "name=\"reasons:lines\"");
        let said = with(&fields, &[("verdict", word), ("reasons:lines", "as the machine shows")]);
        let answer = send(&ground, &cookie, &action, &said).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").to_owned()
    };
    judge("true_positive").await;
    let back = judge("false_positive").await;
    assert_eq!(verdict().await, "false");
    let (action, fields) = form(&look(&ground, &cookie, &back).await.text(), "data-undo");
    assert_eq!(send(&ground, &cookie, &action, &fields).await.status, 303);
    assert_eq!(verdict().await, "true");
    let withdraw = json!({"command": "withdraw_verdict", "reason": "another machine"});
    let path = format!("/api/v1/alerts/{alert}/commands");
    assert_eq!(ground.send(Call::post(&path, &withdraw).by(ground.of(Role::Responder))).await.status, 200);
    assert_eq!(verdict().await, Value::Null);
    assert_eq!(ground.send(Call::post(&path, &withdraw).by(ground.of(Role::Responder))).await.status, 409);
}

#[tokio::test]
async fn a_saved_view_is_ones_own_or_the_practices_and_nobody_elses() {
    let ground = Ground::new().await;
    let cookie = sign_in(&ground, Role::Responder, ground.program.practice).await;
    for (name, shared) in [("Night", true), ("Mine <b>", false)] {
        let (action, fields) =
            form(&look(&ground, &cookie, "/alerts?text=red&verdict=none").await.text(), "Save it");
        let mut said = with(&fields, &[("name", name)]);
        if shared {
            said.push(("shared:bool".to_owned(), "true".to_owned()));
        }
        let saved = send(&ground, &cookie, &action, &said).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        assert_eq!(saved.header("location"), "/alerts?text=red&verdict=none");
    }
    let other = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let page = look(&ground, &other, "/alerts").await.text();
    assert!(page.contains(">Night<") && !page.contains("Mine"), "{page}");
    let foreign = sign_in(&ground, Role::Lead, ground.other).await;
    assert!(!look(&ground, &foreign, "/alerts").await.text().contains(">Night<"));
    let page = look(&ground, &cookie, "/alerts?text=red&verdict=none").await.text();
    assert!(page.contains("Mine &lt;b&gt;"), "{page}");
    // Another's shared view is not theirs to take away.
    let views = ground.send(Call::get("/api/v1/alert-views").by(ground.of(Role::Lead))).await.json();
    assert_eq!(views["items"][0]["own"], false, "{views}");
    let path = format!("/api/v1/alert-views/{}", views["items"][0]["id"].as_str().unwrap());
    assert_eq!(ground.send(Call::new("DELETE", path).by(ground.of(Role::Lead))).await.status, 204);
    assert!(look(&ground, &other, "/alerts").await.text().contains(">Night<"));
    let (action, fields) = form(&page, "Take “");
    assert_eq!(send(&ground, &cookie, &action, &fields).await.status, 303);
    let bad = json!({"name": "x", "filter": {"verdict": "perhaps"}});
    ground
        .send(Call::post("/api/v1/alert-views", &bad).by(ground.of(Role::Lead)))
        .await
        .is_problem(422, "invalid");
}

#[tokio::test]
async fn a_system_with_any_name_has_a_page_that_its_links_lead_to() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let name = "srv/asc 1?x#y%41&\"'";
    let command =
        json!({"command": "suspect", "subject": {"what": "system", "system": name}, "why": "it beacons"});
    let path = format!("/api/v1/incidents/{incident}/commands");
    assert_eq!(ground.send(Call::post(path, &command).by(ground.of(Role::Responder))).await.status, 200);
    let cookie = sign_in(&ground, Role::Responder, ground.program.practice).await;
    for tab in ["systems", "recovery"] {
        let page = look(&ground, &cookie, &format!("/incidents/{incident}/{tab}")).await.text();
        let mut links = page.split("href=\"").filter_map(|rest| rest.split('"').next());
        let Some(link) = links.find(|link| link.contains("/systems/srv")) else {
            assert_ne!(tab, "systems", "{page}");
            continue;
        };
        let seen = look(&ground, &cookie, link).await;
        assert_eq!(seen.status, 200, "{link}: {}", seen.text());
        assert!(seen.text().contains("srv/asc 1?x#y%41&amp;"), "{link}");
        // A form of that page leads back to it.
        let (_, fields) = form(&seen.text(), "_back");
        assert!(field(&fields, "_back").ends_with(link), "{fields:?}");
    }
}
