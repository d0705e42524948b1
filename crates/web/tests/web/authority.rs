//! Every route, as the API's own description lists them, by every role, by another practice and by nobody. A route that
//! this table does not know fails: whoever adds one says here who may use it.

use kernel::{Capability as C, Role};
use serde_json::{Value, json};

use crate::ground::{Call, Ground, alert, declaration};

/// Operation, scope, capability; `None` is for every role.
const ROUTES: &[(&str, &str, Option<C>)] = &[
    ("deliver_alerts", "intake", Some(C::Intake)),
    ("report_trouble", "write", Some(C::Report)),
    ("sources", "read", None),
    ("list_alerts", "read", Some(C::Read)),
    ("agreement", "read", Some(C::Read)),
    ("show_alert", "read", Some(C::Read)),
    ("show_raw_alert", "read", Some(C::Read)),
    ("command_alert", "write", Some(C::Triage)),
    ("list_incidents", "read", Some(C::Read)),
    ("declare_incident", "write", Some(C::Lead)),
    ("show_incident", "read", Some(C::Read)),
    ("show_timeline", "read", Some(C::Read)),
    ("show_phases", "read", Some(C::Read)),
    ("show_decisions", "read", Some(C::Read)),
    ("show_clocks", "read", Some(C::Read)),
    ("command_incident", "write", Some(C::Respond)),
    ("show_case", "read", Some(C::Read)),
    ("show_facts", "read", Some(C::Read)),
    ("set_facts", "write", Some(C::Respond)),
    ("patch_facts", "write", Some(C::Respond)),
    ("list_facts_versions", "read", Some(C::Read)),
    ("list_changes", "read", Some(C::Read)),
    ("what_if", "read", Some(C::Read)),
    ("show_factors", "read", Some(C::Read)),
    ("prepare_factors", "write", Some(C::Write)),
    ("recommend_probability", "write", Some(C::Write)),
    ("determine_probability", "write", Some(C::Counsel)),
    ("state_condition", "write", Some(C::Counsel)),
    ("show_mailing", "read", Some(C::Read)),
    ("import_recipients", "write", Some(C::Evidence)),
    ("record_mail", "write", Some(C::Write)),
    ("show_proof", "read", Some(C::Read)),
    ("list_small_breaches", "read", Some(C::Read)),
    ("list_small_breaches_csv", "read", Some(C::Read)),
    ("show_binder", "read", Some(C::Read)),
    ("list_views", "read", Some(C::Read)),
    ("save_view", "write", Some(C::Read)),
    ("discard_view", "write", Some(C::Read)),
    ("list_photos", "read", Some(C::Read)),
    ("add_photo", "intake", Some(C::Report)),
    ("show_photo", "read", Some(C::Read)),
    ("list_notes", "read", Some(C::Read)),
    ("write_note", "write", Some(C::Write)),
    ("show_note", "read", Some(C::Read)),
    ("revise_note", "write", Some(C::Write)),
    ("list_drafts", "read", Some(C::Write)),
    ("keep_draft", "write", Some(C::Write)),
    ("discard_draft", "write", Some(C::Write)),
    ("list_situations", "read", Some(C::Read)),
    ("show_restore_order", "read", Some(C::Read)),
    ("send_situation", "write", Some(C::Write)),
    ("draft_situation", "read", Some(C::Read)),
    ("show_situation", "read", Some(C::Read)),
    ("list_evidence", "read", Some(C::Read)),
    ("show_evidence", "read", Some(C::Read)),
    ("list_incident_evidence", "read", Some(C::Read)),
    ("take_evidence", "write", Some(C::Evidence)),
    ("show_evidence_content", "read", Some(C::Evidence)),
    ("rehash_evidence", "write", Some(C::Evidence)),
    ("list_retention", "read", Some(C::Read)),
    ("show_hunt", "read", Some(C::Evidence)),
    ("run_hunt", "write", Some(C::Evidence)),
    ("begin_hunt", "write", Some(C::Evidence)),
    ("show_hunt_standing", "read", Some(C::Read)),
    ("show_investigation", "read", Some(C::Read)),
    ("show_hunt_figure", "read", Some(C::Read)),
    ("list_hunt_lines", "read", Some(C::Read)),
    ("search_entries", "read", Some(C::Read)),
    ("follow_events", "read", Some(C::Read)),
    ("show_checkpoint", "read", Some(C::Read)),
    ("show_log_key", "read", Some(C::Read)),
    ("prove_inclusion", "read", Some(C::Read)),
    ("prove_consistency", "read", Some(C::Read)),
    ("list_practices", "read", Some(C::Read)),
    ("make_practice", "administer", Some(C::Administer)),
    ("show_practice", "read", Some(C::Read)),
    ("change_practice", "administer", Some(C::Administer)),
    ("list_tokens", "administer", Some(C::Administer)),
    ("make_token", "administer", Some(C::Administer)),
    ("revoke_token", "administer", Some(C::Administer)),
    ("show_me", "read", None),
    ("list_accounts", "administer", Some(C::Administer)),
    ("make_account", "administer", Some(C::Administer)),
    ("reset_account", "administer", Some(C::Administer)),
    ("end_account", "administer", Some(C::Administer)),
    ("change_account", "administer", Some(C::Administer)),
    ("link_identity", "administer", Some(C::Administer)),
    ("unlink_identity", "administer", Some(C::Administer)),
    ("let_in", "write", Some(C::Lead)),
    ("list_emergencies", "read", None),
    ("end_emergency", "write", Some(C::Lead)),
    ("list_sign_ins", "administer", Some(C::Administer)),
    ("list_memberships", "administer", Some(C::Administer)),
    ("give_membership", "administer", Some(C::Administer)),
    ("end_membership", "administer", Some(C::Administer)),
    ("list_standings", "read", None),
    ("act_at", "read", None),
    ("list_passkeys", "read", None),
    ("ask_for_passkey", "write", None),
    ("make_passkey", "write", None),
    ("remove_passkey", "write", None),
    ("unlink_own_identity", "write", None),
    ("show_own_account", "read", None),
    ("set_password", "write", None),
    ("begin_authenticator", "write", None),
    ("confirm_authenticator", "write", None),
    ("drop_authenticator", "write", None),
    ("list_own_sessions", "read", None),
    ("end_own_session", "write", None),
    ("make_backup", "administer", Some(C::Administer)),
    ("show_report", "read", Some(C::Read)),
    ("show_decisions_text", "read", Some(C::Read)),
    ("show_obligations", "read", Some(C::Read)),
    ("make_package", "export", Some(C::Export)),
    ("assess_breach", "read", Some(C::Read)),
    ("explain_breach", "read", Some(C::Read)),
    ("breach_calendar", "read", Some(C::Read)),
    ("show_notice_template", "read", Some(C::Read)),
    ("make_breach_document", "read", Some(C::Read)),
    ("make_incident_document", "write", Some(C::Read)),
    ("show_status", "read", None),
];

/// Operations on the caller's own account or session. A token has neither, and is told so.
const OF_ONES_OWN: &[&str] = &[
    "act_at",
    "show_own_account",
    "set_password",
    "begin_authenticator",
    "confirm_authenticator",
    "drop_authenticator",
    "end_own_session",
    "list_passkeys",
    "ask_for_passkey",
    "make_passkey",
    "remove_passkey",
    "unlink_own_identity",
];

/// Operations that name no thing of a practice: another practice gets an answer about itself.
const ABOUT_THEMSELVES: &[&str] = &[
    "deliver_alerts",
    "report_trouble",
    "sources",
    "list_alerts",
    "agreement",
    "list_views",
    "save_view",
    "discard_view",
    "list_incidents",
    "list_evidence",
    "search_entries",
    "follow_events",
    "show_checkpoint",
    "show_log_key",
    "prove_inclusion",
    "prove_consistency",
    "list_practices",
    "list_tokens",
    "list_accounts",
    "list_own_sessions",
    "list_emergencies",
    "list_sign_ins",
    "list_memberships",
    "list_standings",
    "show_me",
    "rehash_evidence",
    "list_retention",
    "make_backup",
    "show_status",
    "declare_incident",
    "assess_breach",
    "explain_breach",
    "breach_calendar",
    "show_notice_template",
    "make_breach_document",
    "list_small_breaches",
    "list_small_breaches_csv",
];

/// The facts of a breach.
pub(crate) fn breach_facts() -> Value {
    json!({
        "entity": {"kind": "covered_entity", "name": "Cedar Hollow ENT", "state": "OH", "time_zone": "America/New_York"},
        "event": {"kind": "ransomware", "data": ["phi"]},
        "knowledge": {"known_on": "2026-03-10"},
        "individuals": {"by_state": {"OH": 612}, "elements": ["name", "diagnosis"]},
    })
}

struct Operation {
    id: String,
    method: String,
    path: String,
}

fn operations() -> Vec<Operation> {
    let api = serde_json::to_value(web::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(id) = operation["operationId"].as_str() {
                found.push(Operation {
                    id: id.to_owned(),
                    method: method.to_uppercase(),
                    path: path.clone(),
                });
            }
        }
    }
    found
}

/// Things of the practice that paths name.
struct Things {
    incident: String,
    alert: String,
    told: String,
    photo: String,
    evidence: String,
    note: String,
    report: String,
    practice: String,
    profile: Value,
}

impl Things {
    async fn new(ground: &Ground) -> Self {
        let incident = ground.incident().await;
        let alert = ground.alert("walk-1").await["id"].as_str().unwrap().to_owned();
        let evidence = ground.evidence(&incident, b"the only copy").await;
        let (told, photo) = ground.told_with_a_photo().await;
        let note = ground.note(&incident, Role::Responder, "seen by the door", false).await;
        let hunt = Call::new("POST", format!("/api/v1/incidents/{incident}/hunt")).by(ground.of(Role::Lead));
        assert!(ground.head(hunt).await.is_success(), "the hunt");
        let list = "individual,address_1\nA Person,1 Example Street\nB Person,2 Example Street\n";
        let path = format!("/api/v1/incidents/{incident}/breach/mailing");
        let call = Call::new("POST", path).bytes(list).by(ground.of(Role::Responder));
        let reply = ground.send(call).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let report = ground.situation(&incident).await;
        let practice = ground.program.practice.to_string();
        let profile = serde_json::to_value(testkit::app::demo_practice().unwrap()).unwrap();
        Self { incident, alert, told, photo, evidence, note, report, practice, profile }
    }

    /// Facts that a responder may state: what happened, and to how many.
    fn facts(&self, round: usize) -> Value {
        let (name, state) = (&self.profile["name"], &self.profile["state"]);
        json!({
            "entity": {"kind": "covered_entity", "name": name, "state": state, "time_zone": self.profile["time_zone"]},
            "event": {"kind": "ransomware", "data": ["phi"], "permitted_use": false, "medium": "electronic"},
            "knowledge": {"known_on": "2026-01-26"},
            "individuals": {"by_state": {"OH": 100 + round}},
        })
    }

    /// The newest version of the four factors; with reasoning for one that is to be signed.
    async fn factors(&self, ground: &Ground, round: usize, reasoned: bool) -> usize {
        if reasoned {
            let body = json!({"factors": factors(&format!("because of {round}"))});
            let path = format!("/api/v1/incidents/{}/breach/factors", self.incident);
            let reply = ground.send(Call::post(path, &body).by(ground.of(Role::Attorney))).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
        }
        let id = self.incident.parse().unwrap();
        ground.program.app.load(app::ports::Scope::Provider, id).await.unwrap().case.factors.len()
    }

    fn account(&self, word: &str) -> Value {
        json!({"sign_in": format!("{word}@cedarhollow.example"), "name": word, "role": "auditor", "practice": self.practice})
    }

    /// An account that may be ended, or an emergency access of one.
    async fn spare_account(&self, ground: &Ground, id: &str) -> String {
        let word = ground.program.app.edge().id(kernel::TokenId::new).to_string();
        let call = Call::post("/api/v1/accounts", &self.account(&word));
        let reply = ground.send(call.by(ground.of(Role::Lead))).await.json();
        let spare = reply["id"].as_str().unwrap().to_owned();
        let lead = || ground.of(Role::Lead);
        if id == "unlink_identity" {
            // Nobody else's any more: the one before is ended with its account.
            for account in ground.send(Call::get("/api/v1/accounts").by(lead())).await.json()["items"]
                .as_array()
                .unwrap()
            {
                for linked in account["identities"].as_array().unwrap() {
                    let path = format!(
                        "/api/v1/accounts/{}/identities/{}",
                        account["id"].as_str().unwrap(),
                        linked["id"].as_str().unwrap()
                    );
                    ground.send(Call::new("DELETE", path).by(lead())).await;
                }
            }
            let body = json!({"provider": "nowhere", "subject": "person-9"});
            let reply = ground
                .send(Call::post(format!("/api/v1/accounts/{spare}/identities"), &body).by(lead()))
                .await;
            assert_eq!(reply.status, 201, "{}", reply.text());
        }
        if id != "end_emergency" {
            return spare;
        }
        let body = json!({"reason": "Their telephone is broken; I see them."});
        let link = ground
            .send(Call::post(format!("/api/v1/accounts/{spare}/let-in"), &body).by(lead()))
            .await
            .json();
        let session = ground.program.app.use_link(link["token"].as_str().unwrap()).await.unwrap().unwrap();
        session.id.to_string()
    }

    /// An operation's path with the ids of things that are there.
    fn path(&self, operation: &Operation, spare: &str) -> String {
        let id = operation.id.as_str();
        let thing = match operation.path.split('/').nth(3) {
            Some("alerts") if id.ends_with("photo") || id == "list_photos" => &self.told,
            Some("alerts") => &self.alert,
            Some("evidence") => &self.evidence,
            Some("practices") => &self.practice,
            Some("tokens" | "accounts" | "emergencies" | "memberships") => spare,
            _ => &self.incident,
        };
        let mut path = operation
            .path
            .replace("{id}", thing)
            .replace("{note}", &self.note)
            .replace("{of}", "note")
            .replace("{view}", &self.photo)
            .replace("{sha256}", &self.photo)
            .replace("{report}", &self.report)
            .replace("{source}", "generic")
            .replace("{kind}", "letters")
            .replace("{identity}", &identity("person-9"));
        path.push_str(match id {
            "take_evidence" => "?name=a&source=b&why=c",
            "prove_inclusion" => "?index=0&size=1",
            "prove_consistency" => "?old=1&new=2",
            _ => "",
        });
        path
    }

    async fn call(&self, ground: &Ground, operation: &Operation, round: usize) -> Call {
        let id = operation.id.as_str();
        let spare = if id == "revoke_token" {
            ground.made(json!({"name": "spare", "role": "auditor", "practice": self.practice})).await["id"]
                .as_str()
                .unwrap()
                .to_owned()
        } else if id == "end_membership" {
            ground.membership().await["id"].as_str().unwrap().to_owned()
        } else if operation.path.starts_with("/api/v1/accounts/{id}") || id == "end_emergency" {
            self.spare_account(ground, id).await
        } else {
            String::new()
        };
        let path = self.path(operation, &spare);
        let call = Call::new(&operation.method, path);
        match id {
            "deliver_alerts" => call.json(&alert(&format!("by-{round}"))),
            "report_trouble" => call.json(&json!({"what": format!("the screen is red ({round})")})),
            "command_alert" => call.json(&json!({"command": "judge", "verdict": "undetermined", "reasons": [format!("round {round}")]})),
            "declare_incident" => call.json(&declaration()),
            "command_incident" => call.json(&json!({
                "command": "suspect", "subject": {"what": "system", "system": format!("ws-{round}")}, "why": "it is slow",
            })),
            "save_view" => call.json(&json!({"name": format!("Night {round}"), "filter": {"verdict": "none"}, "shared": true})),
            "add_photo" => call.bytes([&b"\xff\xd8\xff\xe0"[..], b"a screen"].concat()),
            "write_note" => call.json(&json!({"text": "a note"})),
            "revise_note" => call.json(&json!({"text": format!("revised {round}"), "reason": "a typing error"})),
            "keep_draft" => call.json(&json!({"text": format!("half a word {round}")})),
            "send_situation" => call.json(&json!({"text": format!("all is held {round}"), "to": "the owner"})),
            "take_evidence" => call.bytes("bytes"),
            "make_practice" | "change_practice" => call.json(&self.profile),
            "make_token" => call.json(&json!({"name": "new", "role": "auditor", "practice": self.practice})),
            "make_account" => call.json(&self.account(&format!("new-{round}"))),
            "give_membership" => {
                let sign_in = ground.somebody_elsewhere().await;
                call.json(&json!({"sign_in": sign_in, "role": "auditor", "practice": self.practice}))
            }
            "change_account" => call.json(&json!({"name": format!("Renamed {round}")})),
            "link_identity" => call.json(&json!({"provider": "nowhere", "subject": format!("person of {round}")})),
            "let_in" => call.json(&json!({"reason": "Their telephone is broken; I see them."})),
            _ if OF_ONES_OWN.contains(&id) => call.json(&of_ones_own(id)),
            "set_facts" => call.json(&json!({"facts": self.facts(round), "reason": "counted"})),
            "patch_facts" => call.json(&json!({
                "facts": {"individuals": {"by_state": {"OH": 100 + round}}}, "reason": "counted again",
            })),
            "what_if" => call.json(&json!({"individuals": {"by_state": {"OH": 600}}})),
            "prepare_factors" => {
                let mut factors = factors("");
                factors["mitigation"]["unknown"] = json!([format!("who has the copy ({round})")]);
                call.json(&json!({"factors": factors}))
            }
            "recommend_probability" => {
                let version = self.factors(ground, round, round == 0).await;
                call.json(&json!({"version": version, "probability": "low", "because": format!("round {round}")}))
            }
            "determine_probability" => {
                let version = self.factors(ground, round, true).await;
                call.json(&json!({"version": version, "probability": "more_than_low"}))
            }
            "state_condition" => call.json(&json!({
                "about": "not_retained", "condition": "good_faith", "met": false, "because": format!("round {round}"),
            })),
            "import_recipients" => call.bytes(format!("individual,address_1\nPerson {round},1 Example Street\n")),
            "record_mail" => call.json(&json!({"step": "sent", "letters": "1", "on": "2026-01-26"})),
            "make_package" => call.json(&json!({"for": "insurer"})),
            "assess_breach" | "explain_breach" | "breach_calendar" => call.json(&breach_facts()),
            "make_breach_document" | "make_incident_document" => call.json(&json!({"facts": breach_facts()})),
            _ => call,
        }
    }
}

/// What an identity is known by: the beginning of the digest of issuer and subject.
fn identity(subject: &str) -> String {
    let digest = kernel::Digest::of(format!("identity\u{0}https://id.invalid\u{0}{subject}").as_bytes());
    digest.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn of_ones_own(id: &str) -> Value {
    match id {
        "make_passkey" => json!({"ticket": "00", "answer": "{}", "name": "telephone"}),
        "set_password" => json!({"new": "seven quiet lanterns drift"}),
        "confirm_authenticator" => json!({"code": "000000"}),
        "act_at" => json!({"practice": kernel::PracticeId::from_u128(9)}),
        _ => json!({}),
    }
}

fn factors(reasoning: &str) -> Value {
    let factor = json!({"known": [], "unknown": [], "reasoning": reasoning});
    json!({
        "nature_of_phi": factor, "unauthorized_person": factor, "acquired_or_viewed": factor, "mitigation": factor,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_role_and_no_other_practice_gets_past_what_it_may() {
    let ground = Ground::new().await;
    let things = Things::new(&ground).await;
    let narrow: Vec<(&str, String)> = {
        let mut all = Vec::new();
        for scope in app::access::SCOPES {
            all.push((scope, ground.token(Role::Lead, &[scope]).await));
        }
        all
    };
    let mut round = 0;
    for operation in operations() {
        let id = operation.id.as_str();
        let Some((_, scope, needs)) = ROUTES.iter().find(|(known, _, _)| *known == id) else {
            panic!(
                "{} {} has no expectation: say in ROUTES who may use `{id}`",
                operation.method, operation.path
            );
        };
        assert_eq!(ground.head(things.call(&ground, &operation, 0).await).await, 401, "{id} by nobody");
        let wrong = things.call(&ground, &operation, 0).await.by("tq_wrong");
        assert_eq!(ground.head(wrong).await, 401, "{id} with a wrong token");
        for role in Role::ALL {
            round += 1;
            // A practice watches over who is in there, and ends it.
            let watches = id == "end_emergency" && role == Role::Practice;
            let may = (watches || needs.is_none_or(|needs| role.may(needs))) && id != "make_backup";
            let status = ground.head(things.call(&ground, &operation, round).await.by(ground.of(role))).await;
            if OF_ONES_OWN.contains(&id) {
                assert_eq!(status, 404, "{id} by {role}");
            } else if may {
                if !status.is_success() {
                    let call = things.call(&ground, &operation, round).await.by(ground.of(role));
                    panic!("{id} by {role}: {status} {}", ground.send(call).await.text());
                }
            } else {
                assert_eq!(status, 403, "{id} by {role}");
            }
            round += 1;
            let call = things.call(&ground, &operation, round).await.by(ground.elsewhere(role));
            let foreign = ground.head(call).await;
            if !ABOUT_THEMSELVES.contains(&id) {
                assert!(
                    matches!(foreign.as_u16(), 403 | 404 | 422),
                    "{id} by {role} of another practice: {foreign}"
                );
                assert!(
                    matches!(id, "make_token" | "make_account" | "give_membership") || foreign != 422,
                    "{id} by {role} of another practice: {foreign}"
                );
            } else if id != "follow_events" {
                let call = things.call(&ground, &operation, round).await.by(ground.elsewhere(role));
                let text = ground.send(call).await.text();
                for theirs in
                    [&things.incident, &things.alert, &things.evidence, &things.note, &things.practice]
                {
                    assert!(
                        !text.contains(theirs.as_str()),
                        "{id} shows {role} of another practice {theirs}"
                    );
                }
            }
        }
        for (own, token) in &narrow {
            round += 1;
            let status = ground.head(things.call(&ground, &operation, round).await.by(token)).await;
            assert_eq!(
                status == 403,
                own != scope || id == "make_backup" || needs.is_some_and(|needs| !Role::Lead.may(needs)),
                "{id} with the scope {own}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn the_providers_lead_alone_takes_a_backup_of_all_practices() {
    let ground = Ground::new().await;
    let reply = ground.send(Call::new("POST", "/api/v1/backups").by(&ground.provider)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    ground
        .send(Call::new("POST", "/api/v1/backups").by(ground.of(Role::Lead)))
        .await
        .is_problem(403, "forbidden");
    let left: Vec<_> = std::fs::read_dir(ground.program.folder().join("tmp")).unwrap().collect();
    assert!(left.is_empty(), "a backup is left lying: {left:?}");
}

#[tokio::test]
async fn law_is_the_attorneys_and_technology_the_responders() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let path = format!("/api/v1/incidents/{incident}/commands");
    let law = json!({"command": "decide_breach", "answer": "breach", "reasons": ["files were read"]});
    let technology =
        json!({"command": "suspect", "subject": {"what": "system", "system": "ehr-clinic"}, "why": "slow"});
    for role in [Role::Responder, Role::Lead, Role::Practice] {
        ground.send(Call::post(&path, &law).by(ground.of(role))).await.is_problem(403, "forbidden");
    }
    ground
        .send(Call::post(&path, &technology).by(ground.of(Role::Attorney)))
        .await
        .is_problem(403, "forbidden");
    assert_eq!(ground.send(Call::post(&path, &technology).by(ground.of(Role::Responder))).await.status, 200);
    let reply = ground.send(Call::post(&path, &law).by(ground.of(Role::Attorney))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn a_privileged_note_is_seen_by_the_attorney_and_by_nobody_else_anywhere() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let note = ground.note(&incident, Role::Attorney, "counsel's thought: xylophone", true).await;
    let under = format!("/api/v1/incidents/{incident}");
    let seen = ground.send(Call::get(format!("{under}/notes/{note}")).by(ground.of(Role::Attorney))).await;
    assert_eq!(seen.json()["items"][0]["text"], "counsel's thought: xylophone");
    for role in [Role::Lead, Role::Responder, Role::Practice, Role::Auditor] {
        ground
            .send(Call::get(format!("{under}/notes/{note}")).by(ground.of(role)))
            .await
            .is_problem(404, "not_found");
        for path in [
            under.clone(),
            format!("{under}/notes"),
            format!("{under}/timeline"),
            "/api/v1/entries".to_owned(),
        ] {
            let text = ground.send(Call::get(&path).by(ground.of(role))).await.text();
            assert!(!text.contains(&note), "{path} shows {role} the privileged note");
        }
    }
}
