//! Every route that the description of the API does not list, as the program itself lists them (`web::doors`): pages, what
//! their forms are sent to, sign-in, assets, health. Each is asked as every role, from another practice and by nobody;
//! each form with another's seal, without one and from another site. A route that this table does not know fails:
//! whoever opens one says here who may come in.

use std::collections::BTreeSet;

use kernel::{Capability as C, Digest, Role};
use serde_json::json;

use crate::{
    ground::{Call, Ground, Reply},
    pages::sign_in,
};

/// Who comes in by a door.
#[derive(Clone, Copy)]
enum Who {
    /// Whoever is signed in and may do this; another practice's people are told that there is no such thing.
    May(C),
    /// The same, and the page is about whoever asks: another practice's people see their own.
    Own(C),
    /// Everybody who is signed in, about a thing of their practice.
    All,
    /// Everybody who is signed in, about themselves.
    Self_,
    /// Whoever watches over who comes in: leads, and the practice over its own.
    Watch,
    /// Anybody, for a reason that another test has to say more about.
    Anybody,
}

use Who::{All, Anybody, May, Own, Self_, Watch};

const NONE: &[(&str, &str)] = &[];

/// Method, path, who, and what a form holds.
type Row = (&'static str, &'static str, Who, &'static [(&'static str, &'static str)]);

const DOORS: &[Row] = &[
    ("GET", "/", Self_, NONE),
    ("GET", "/declare", Own(C::Lead), NONE),
    (
        "POST",
        "/declare",
        May(C::Lead),
        &[
            ("title", "Files are being locked"),
            ("incident_kind", "ransomware"),
            ("reason", "two machines"),
            ("practice", "{practice}"),
        ],
    ),
    ("GET", "/alerts", Own(C::Read), NONE),
    ("POST", "/alerts/views", Own(C::Read), &[("name", "Night")]),
    ("POST", "/alerts/views/{view}/drop", Own(C::Read), NONE),
    ("GET", "/alerts/{id}", May(C::Read), NONE),
    (
        "POST",
        "/alerts/{id}/do",
        May(C::Triage),
        &[("verdict", "undetermined"), ("reasons:lines", "nobody can tell yet")],
    ),
    ("GET", "/alerts/{id}/photos/{sha256}", May(C::Read), NONE),
    ("GET", "/incidents/{id}", May(C::Read), NONE),
    (
        "POST",
        "/incidents/{id}/do",
        May(C::Respond),
        &[
            ("command", "suspect"),
            ("subject.what", "system"),
            ("subject.system", "ehr-clinic"),
            ("why", "it is slow"),
        ],
    ),
    ("GET", "/incidents/{id}/live", May(C::Read), NONE),
    ("GET", "/incidents/{id}/notes", May(C::Read), NONE),
    ("POST", "/incidents/{id}/notes", May(C::Write), &[("text", "a note")]),
    ("GET", "/incidents/{id}/notes/{note}", May(C::Read), NONE),
    ("POST", "/incidents/{id}/notes/{note}", May(C::Write), &[("text", "revised"), ("reason", "typing")]),
    ("GET", "/incidents/{id}/situation", May(C::Read), NONE),
    ("POST", "/incidents/{id}/situation", May(C::Write), &[("text", "all is held"), ("to", "the owner")]),
    ("GET", "/incidents/{id}/situation/{report}", May(C::Read), NONE),
    ("POST", "/incidents/{id}/drafts/{of}", May(C::Write), &[("text", "half a word")]),
    ("POST", "/incidents/{id}/drafts/{of}/drop", May(C::Write), NONE),
    ("GET", "/incidents/{id}/systems", May(C::Read), NONE),
    ("GET", "/incidents/{id}/systems/{system}", May(C::Read), NONE),
    ("GET", "/incidents/{id}/accounts", May(C::Read), NONE),
    ("GET", "/incidents/{id}/investigation", May(C::Read), NONE),
    ("POST", "/incidents/{id}/investigation/hunt", May(C::Evidence), NONE),
    ("GET", "/incidents/{id}/investigation/finding", May(C::Respond), NONE),
    ("GET", "/incidents/{id}/evidence", May(C::Read), NONE),
    ("POST", "/incidents/{id}/evidence", May(C::Evidence), NONE),
    ("POST", "/incidents/{id}/evidence/rehash", May(C::Evidence), NONE),
    ("GET", "/incidents/{id}/breach", May(C::Read), NONE),
    (
        "POST",
        "/incidents/{id}/breach/facts",
        May(C::Respond),
        &[("realm", "counts"), ("state", "OH"), ("people", "{number}"), ("reason", "counted")],
    ),
    (
        "POST",
        "/incidents/{id}/breach/factors",
        May(C::Write),
        &[("factor", "mitigation"), ("what", "unknown"), ("text", "who has copy {number}")],
    ),
    (
        "POST",
        "/incidents/{id}/breach/recommend",
        May(C::Write),
        &[("version", "1"), ("probability", "low"), ("because", "b")],
    ),
    (
        "POST",
        "/incidents/{id}/breach/determine",
        May(C::Counsel),
        &[("version", "1"), ("probability", "low")],
    ),
    (
        "POST",
        "/incidents/{id}/breach/conditions",
        May(C::Counsel),
        &[("condition", "not_retained good_faith"), ("met", "false"), ("because", "b")],
    ),
    ("GET", "/incidents/{id}/breach/what-if", May(C::Read), NONE),
    ("GET", "/incidents/{id}/breach/papers/{kind}", May(C::Read), NONE),
    ("GET", "/incidents/{id}/recovery", May(C::Read), NONE),
    ("GET", "/incidents/{id}/reports", May(C::Read), NONE),
    ("POST", "/incidents/{id}/reports/package", May(C::Export), &[("for", "insurer")]),
    ("GET", "/incidents/{id}/lessons", May(C::Read), NONE),
    ("GET", "/me", Self_, NONE),
    (
        "POST",
        "/me/password",
        Self_,
        &[("new", "seven quiet lanterns drift"), ("again", "seven quiet lanterns drift")],
    ),
    ("POST", "/me/authenticator", Self_, NONE),
    ("POST", "/me/authenticator/confirm", Self_, &[("code", "000000")]),
    ("POST", "/me/authenticator/drop", Self_, NONE),
    ("POST", "/me/sessions/{id}/end", Self_, NONE),
    ("POST", "/me/standings", Self_, &[("practice", "{practice}")]),
    ("POST", "/me/passkeys", Self_, &[("ticket", "00"), ("answer", "{}"), ("name", "telephone")]),
    ("POST", "/me/passkeys/challenge", Self_, NONE),
    ("POST", "/me/passkeys/{id}/remove", Self_, NONE),
    ("GET", "/me/link/{provider}", Self_, NONE),
    ("POST", "/me/identities/{id}/unlink", Self_, NONE),
    ("GET", "/emergencies", Self_, NONE),
    (
        "POST",
        "/emergencies/let-in",
        Watch,
        &[("account", "{account}"), ("reason", "Their telephone is broken; I see them.")],
    ),
    (
        "POST",
        "/emergencies/enter",
        Own(C::Respond),
        &[("practice", "Elsewhere Family Medicine"), ("reason", "Nobody of theirs answers the telephone.")],
    ),
    ("POST", "/emergencies/{id}/end", Watch, NONE),
    ("GET", "/journal", Own(C::Read), NONE),
    ("GET", "/journal/{index}", May(C::Read), NONE),
    ("GET", "/today", Self_, NONE),
    ("GET", "/practices", Own(C::Read), NONE),
    ("GET", "/practices/{id}", May(C::Read), NONE),
    ("GET", "/practices/{id}/forms/{service}", All, NONE),
    ("GET", "/administration", Own(C::Administer), NONE),
    (
        "POST",
        "/administration",
        Own(C::Administer),
        &[("kind", "link"), ("name", "Night"), ("role", "auditor")],
    ),
    (
        "POST",
        "/administration/accounts",
        Own(C::Administer),
        &[("name", "New"), ("sign_in", "{word}@cedarhollow.example"), ("role", "auditor")],
    ),
    ("POST", "/administration/accounts/{id}/reset", May(C::Administer), NONE),
    ("POST", "/administration/accounts/{id}/end", May(C::Administer), NONE),
    (
        "POST",
        "/administration/accounts/{id}/change",
        May(C::Administer),
        &[("role", "staff"), ("was", "practice")],
    ),
    (
        "POST",
        "/administration/memberships",
        Own(C::Administer),
        &[("sign_in", "{word}"), ("role", "auditor")],
    ),
    ("POST", "/administration/memberships/{id}/end", May(C::Administer), NONE),
    ("POST", "/administration/{id}/revoke", May(C::Administer), NONE),
    // By a link that is its own key: `pages.rs` and `writing.rs` walk in.
    ("GET", "/staff/{token}", Anybody, NONE),
    ("POST", "/staff/{token}", Anybody, NONE),
    ("GET", "/staff/{token}/poster", Anybody, NONE),
    ("GET", "/staff/{token}/forms/{service}", Anybody, NONE),
    // Before anybody is signed in: `session.rs` and `guard.rs`.
    ("GET", "/signin", Anybody, NONE),
    ("POST", "/signin", Anybody, NONE),
    ("POST", "/signin/passkey", Anybody, NONE),
    ("POST", "/signin/passkey/challenge", Anybody, NONE),
    ("GET", "/signin/with/{provider}", Anybody, NONE),
    ("GET", "/signin/return", Anybody, NONE),
    ("POST", "/signin/second", Anybody, NONE),
    ("GET", "/signin/{token}", Anybody, NONE),
    ("POST", "/signout", Anybody, NONE),
    // What holds nothing of anybody's: `quiet.rs` says who reads the counts, `delivery.rs` who is answered.
    ("GET", "/assets/{name}", Anybody, NONE),
    ("GET", "/healthz", Anybody, NONE),
    ("GET", "/readyz", Anybody, NONE),
    ("GET", "/metrics", Anybody, NONE),
    ("GET", "/api/v1/openapi.json", Anybody, NONE),
    ("GET", "/api/v1/intake/{source}", Anybody, NONE),
];

/// The ids of things of the practice.
pub(crate) struct Things {
    incident: String,
    alert: String,
    told: String,
    photo: String,
    note: String,
    report: String,
    entry: u64,
    practice: String,
    link: String,
}

impl Things {
    pub(crate) async fn new(ground: &Ground) -> Self {
        let incident = ground.incident().await;
        let suspect = json!({"command": "suspect", "subject": {"what": "system", "system": "ehr-clinic"}, "why": "the note"});
        let path = format!("/api/v1/incidents/{incident}/commands");
        let reply = ground.send(Call::post(path, &suspect).by(ground.of(Role::Responder))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let (told, photo) = ground.told_with_a_photo().await;
        let note = ground.note(&incident, Role::Responder, "seen on two machines", false).await;
        let report = ground.situation(&incident).await;
        ground.evidence(&incident, b"a log").await;
        let entries = ground
            .send(Call::get(format!("/api/v1/entries?incident={incident}")).by(ground.of(Role::Lead)))
            .await
            .json();
        let staff = json!({"name": "Front desk", "role": "staff", "practice": ground.program.practice, "scopes": ["read", "intake"]});
        Self {
            alert: ground.alert("walked").await["id"].as_str().unwrap().to_owned(),
            told,
            photo,
            note,
            report,
            entry: entries["items"][0]["index"].as_u64().unwrap(),
            practice: ground.program.practice.to_string(),
            link: ground.made(staff).await["token"].as_str().unwrap().to_owned(),
            incident,
        }
    }

    /// A door's path with the ids of things that are there; `spare` is what its own call may use up.
    fn path(&self, door: &str, spare: &str) -> String {
        let thing = match door.split('/').nth(1) {
            Some("alerts") if door.contains("photos") => &self.told,
            Some("alerts") => &self.alert,
            Some("practices") => &self.practice,
            Some("incidents") => &self.incident,
            _ => spare,
        };
        door.replace("{id}", thing)
            .replace("{note}", &self.note)
            .replace("{report}", &self.report)
            .replace("{sha256}", &self.photo)
            .replace("{view}", &self.photo)
            .replace("{index}", &self.entry.to_string())
            .replace("{token}", &self.link)
            .replace("{of}", "note")
            .replace("{system}", "ehr-clinic")
            .replace("{service}", "visits")
            .replace("{kind}", "hhs")
            .replace("{provider}", "nowhere")
            .replace("{source}", "generic")
            .replace("{name}", "nothing.js")
            .replace("/finding", "/finding?line=0")
    }

    /// The paths of all pages that somebody who leads can open.
    pub(crate) fn pages(&self) -> Vec<String> {
        let shown = |who: &Who| match who {
            May(needs) | Own(needs) => Role::Lead.may(*needs),
            All | Self_ | Watch => true,
            Anybody => false,
        };
        let pages = DOORS.iter().filter(|(method, path, who, _)| {
            *method == "GET"
                && shown(who)
                && !path.contains("/photos/")
                && !path.ends_with("/live")
                && !path.contains("/link/")
                && !path.ends_with("/finding")
        });
        pages.map(|(_, path, ..)| self.path(path, "")).collect()
    }

    /// Pages with forms that nobody has to sign in for.
    pub(crate) fn open_forms(&self) -> [String; 2] {
        ["/signin".to_owned(), self.path("/staff/{token}", "")]
    }

    /// The paths of all doors that are looked into, for headers.
    pub(crate) fn looked_into(&self) -> Vec<String> {
        let doors = DOORS.iter().filter(|(method, path, ..)| {
            *method == "GET" && !path.ends_with("/live") && *path != "/signin/{token}"
        });
        doors.map(|(_, path, ..)| self.path(path, "")).collect()
    }
}

/// A word that no other call has.
fn word(ground: &Ground) -> String {
    ground.program.app.edge().id(kernel::TokenId::new).to_string().to_lowercase()
}

/// Something that a call may use up: an account, an emergency access, a token.
async fn spare(ground: &Ground, door: &str) -> String {
    let new = |role: &str| json!({"sign_in": format!("{}@cedarhollow.example", word(ground)), "name": "Spare", "role": role, "practice": ground.program.practice});
    let made = async |body| {
        let reply = ground.send(Call::post("/api/v1/accounts", &body).by(ground.of(Role::Lead))).await.json();
        reply["id"].as_str().unwrap().to_owned()
    };
    match door {
        "/administration/{id}/revoke" => {
            let new = json!({"name": "spare", "role": "auditor", "practice": ground.program.practice});
            ground.made(new).await["id"].as_str().unwrap().to_owned()
        }
        "/administration/memberships/{id}/end" => {
            let given = ground.membership().await;
            given["id"].as_str().unwrap().to_owned()
        }
        "/emergencies/{id}/end" => {
            let account = made(new("staff")).await;
            let body = json!({"reason": "Their telephone is broken; I see them."});
            let call = Call::post(format!("/api/v1/accounts/{account}/let-in"), &body);
            let link = ground.send(call.by(ground.of(Role::Lead))).await.json();
            let link = link["token"].as_str().unwrap();
            ground.program.app.use_link(link).await.unwrap().unwrap().id.to_string()
        }
        _ if door.starts_with("/administration/accounts/") || door.starts_with("/emergencies/let-in") => {
            made(new("practice")).await
        }
        _ => word(ground).to_uppercase(),
    }
}

/// The fields of a door's form with the seal that a page shown to this browser would give it.
async fn sealed(
    ground: &Ground,
    things: &Things,
    row: &Row,
    spare: &str,
    cookie: &str,
) -> Vec<(String, String)> {
    let word = word(ground);
    // No two say the same: what changes nothing is no trial of who may change it.
    let number = u16::from_be_bytes(ground.program.app.edge().random()).to_string();
    let filled = row.3.iter().map(|(name, text)| {
        let text = text.replace("{number}", &number);
        let text = text.replace("{practice}", &things.practice).replace("{account}", spare);
        ((*name).to_owned(), text.replace("{word}", &word))
    });
    filled.chain(seal(ground, cookie)).collect()
}

fn seal(ground: &Ground, cookie: &str) -> [(String, String); 3] {
    let random: [u8; 16] = ground.program.app.edge().random();
    let once: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = cookie.split_once('=').unwrap().1;
    let token = Digest::of(format!("form {once} {secret}").as_bytes()).to_string();
    // The page's word, and the form's place on it.
    [("_once", format!("{once}0000")), ("_form", token), ("_back", "/me".to_owned())]
        .map(|(name, text)| (name.to_owned(), text))
}

async fn send(
    ground: &Ground,
    path: &str,
    fields: &[(String, String)],
    cookie: Option<&str>,
    site: &str,
) -> Reply {
    let mut call = if path.ends_with("/evidence") {
        let mut body = String::new();
        for (name, text) in fields {
            body.push_str(&format!(
                "--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            ));
        }
        for (name, text) in [("source", "ws-exam3"), ("why", "sealed at once")] {
            body.push_str(&format!(
                "--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
            ));
        }
        body.push_str("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.log\"\r\nContent-Type: text/plain\r\n\r\nbytes\r\n--cut--\r\n");
        Call::new("POST", path).bytes(body).with("content-type", "multipart/form-data; boundary=cut")
    } else {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Call::new("POST", path).bytes(body).with("content-type", "application/x-www-form-urlencoded")
    };
    if let Some(cookie) = cookie {
        call = call.with("cookie", cookie);
    }
    ground.send(call.with("sec-fetch-site", site).with("accept", "text/html")).await
}

#[test]
fn no_route_is_in_none_of_the_walks() {
    let known: BTreeSet<(&str, &str)> = DOORS.iter().map(|(method, path, ..)| (*method, *path)).collect();
    assert_eq!(known.len(), DOORS.len(), "a route stands in the table twice");
    let opened: BTreeSet<(&str, &str)> = web::doors().iter().map(|door| (door.method, door.path)).collect();
    let missing: Vec<_> = opened.difference(&known).collect();
    assert!(missing.is_empty(), "say in DOORS who may come in by {missing:?}");
    let gone: Vec<_> = known.difference(&opened).collect();
    assert!(gone.is_empty(), "nothing opens {gone:?}: take it out of DOORS");
}

#[test]
fn no_route_is_added_but_where_it_is_listed() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            if file.extension().is_none_or(|kind| kind != "rs") || file.ends_with("doors.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for hidden in [".route(", ".route_service(", ".nest_service(", ".fallback_service("] {
                assert!(!text.contains(hidden), "{} opens a route beside the list", file.display());
            }
        }
    }
}

/// What the door answers this role of the practice itself, and of another.
fn wanted(who: Who, role: Role) -> (bool, Option<bool>) {
    match who {
        May(needs) => (role.may(needs), Some(false)),
        Own(needs) => (role.may(needs), None),
        All => (true, Some(false)),
        Self_ | Anybody => (true, None),
        Watch => (role.may(C::Lead) || role.may(C::Approve), Some(false)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_role_and_no_other_practice_gets_in_by_a_door_that_is_not_theirs() {
    let ground = Ground::new().await;
    let things = Things::new(&ground).await;
    let mut browsers = Vec::new();
    for role in Role::ALL {
        let own = sign_in(&ground, role, ground.program.practice).await;
        browsers.push((role, own, sign_in(&ground, role, ground.other).await));
    }
    for row in DOORS.iter().filter(|row| !matches!(row.2, Anybody)) {
        let (method, door, who, _) = *row;
        let seen = async |cookie: Option<&str>| {
            let spare = spare(&ground, door).await;
            let path = things.path(door, &spare);
            if method == "GET" {
                let mut call = Call::get(&path).with("accept", "text/html");
                if let Some(cookie) = cookie {
                    call = call.with("cookie", cookie);
                }
                // A stream does not end: its head says enough.
                if door.ends_with("/live") {
                    return (ground.head(call).await, String::new());
                }
                let reply = ground.send(call).await;
                return (reply.status, reply.text());
            }
            let fields = match cookie {
                Some(cookie) => sealed(&ground, &things, row, &spare, cookie).await,
                None => sealed(&ground, &things, row, &spare, "tourniquet=tq_0").await,
            };
            let reply = send(&ground, &path, &fields, cookie, "same-origin").await;
            (reply.status, reply.text())
        };
        if door != "/" {
            assert_eq!(seen(None).await.0, 401, "{method} {door} by nobody");
        }
        for (role, own, others) in &browsers {
            let (may, elsewhere) = wanted(who, *role);
            let (status, text) = seen(Some(own)).await;
            let status = status.as_u16();
            if may {
                // There was no hunt, so that there is no line to make a finding of; a browser that came by a link has no
                // account to change.
                let none = door.ends_with("/finding") || matches!(who, Self_ | Own(_));
                let done = matches!(status, 200 | 303 | 409 | 422) || (none && status == 404);
                assert!(done, "{method} {door} by {role}: {status} {text}");
            } else {
                assert_eq!(status, 403, "{method} {door} by {role}: {text}");
            }
            let (status, text) = seen(Some(others)).await;
            let status = status.as_u16();
            match (may, elsewhere) {
                (false, _) => assert!(
                    matches!(status, 403 | 404),
                    "{method} {door} by {role} of another practice: {text}"
                ),
                (true, Some(false)) => {
                    assert_eq!(status, 404, "{method} {door} by {role} of another practice: {text}");
                }
                _ => assert!(status < 500, "{method} {door} by {role} of another practice: {status}"),
            }
            for theirs in [&things.incident, &things.alert, &things.told, &things.note, &things.photo] {
                // What was asked for by its id may be named in the refusal; nothing else is.
                let asked = things.path(door, "");
                assert!(
                    asked.contains(theirs.as_str()) || !text.contains(theirs.as_str()),
                    "{method} {door} shows {role} of another practice {theirs}"
                );
            }
            assert!(
                !text.contains("Files are being locked"),
                "{method} {door} by {role} of another practice"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_form_is_taken_without_its_seal_with_anothers_or_from_another_site() {
    let ground = Ground::new().await;
    let things = Things::new(&ground).await;
    let own = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let others = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let before = ground.program.app.journal().head().await.unwrap().size;
    for row in DOORS.iter().filter(|row| row.0 == "POST" && !matches!(row.2, Anybody)) {
        let path = things.path(row.1, "00000000000000000000000000");
        let good = sealed(&ground, &things, row, "00000000000000000000000000", &own).await;
        for site in ["cross-site", "same-site", "none"] {
            let reply = send(&ground, &path, &good, Some(&own), site).await;
            assert_eq!(reply.status, 403, "{path} from {site}: {}", reply.text());
        }
        let bare: Vec<_> = good.iter().filter(|(name, _)| !name.starts_with('_')).cloned().collect();
        let foreign = sealed(&ground, &things, row, "00000000000000000000000000", &others).await;
        for (what, fields) in [("no seal", bare), ("another's seal", foreign)] {
            let reply = send(&ground, &path, &fields, Some(&own), "same-origin").await;
            assert_eq!(reply.status, 403, "{path} with {what}: {}", reply.text());
            assert!(reply.text().contains("Nothing was recorded"), "{path}: {}", reply.text());
        }
    }
    // What anybody may send before signing in is taken from our own pages alone as well.
    for path in ["/signin", "/signin/passkey", "/signin/passkey/challenge", "/signin/second", "/signout"] {
        let fields =
            [("name", "a"), ("password", "b")].map(|(name, text)| (name.to_owned(), text.to_owned()));
        let cookie = (path == "/signout").then_some(own.as_str());
        let reply = send(&ground, path, &fields, cookie, "cross-site").await;
        assert_eq!(reply.status, 403, "{path}: {}", reply.text());
    }
    assert_eq!(ground.program.app.journal().head().await.unwrap().size, before, "a forged form was taken");
}

#[tokio::test]
async fn guesses_from_one_address_are_slowed_at_every_door_and_nobody_elses_are() {
    let ground = Ground::new().await;
    let things = Things::new(&ground).await;
    let guess = |door: usize| match door {
        0 => Call::get("/staff/tq_0").with("accept", "text/html"),
        1 => Call::get("/signin/tq_0").with("accept", "text/html"),
        2 => Call::get("/api/v1/me").by("tq_0"),
        3 => Call::post("/api/v1/intake/generic", &json!({"title": "x"})).by("tq_0"),
        4 => Call::get("/api/v1/intake/okta").with("x-okta-verification-challenge", "x").by("tq_0"),
        _ => Call::get("/staff/tq_0/poster").with("accept", "text/html"),
    };
    for door in 0..6 {
        let address = [203, 0, 113, 10 + u8::try_from(door).unwrap()];
        let mut passed = 0;
        for _ in 0..60 {
            let reply = ground.send(guess(door).from(address)).await;
            if reply.status == 429 {
                assert!(
                    reply.header("retry-after").parse::<u32>().is_ok(),
                    "door {door} says not for how long"
                );
            } else {
                passed += 1;
            }
        }
        assert!((15..=30).contains(&passed), "{passed} of 60 guesses at door {door} were answered");
    }
    // A wrong word from one address keeps no other out, and a right one is good from elsewhere.
    assert_eq!(
        ground.send(Call::get("/api/v1/me").by(ground.of(Role::Lead)).from([203, 0, 113, 99])).await.status,
        200
    );

    // Whoever has the link of the front desk cannot drown the queue with it, and what was taken is there.
    let link = things.path("/staff/{token}", "");
    let (mut taken, mut slowed) = (0, 0);
    for n in 0..60 {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("what", format!("the screen is red, number {n}"))])
            .finish();
        let call =
            Call::new("POST", &link).bytes(body).with("content-type", "application/x-www-form-urlencoded");
        match ground.send(call.with("accept", "text/html").from([203, 0, 113, 77])).await.status.as_u16() {
            200 => taken += 1,
            429 => slowed += 1,
            other => panic!("{other}"),
        }
    }
    assert!(slowed >= 30 && taken >= 10, "{taken} taken, {slowed} slowed");
    let alerts = Call::get("/api/v1/alerts?channel=staff&limit=100").by(ground.of(Role::Responder));
    let listed = ground.send(alerts).await.json()["items"].as_array().unwrap().len();
    assert_eq!(listed, taken + 1, "a report that was taken is not in the queue");
}
