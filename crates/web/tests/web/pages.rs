//! The pages: each is asked as every role, by nobody and from another practice; a form does what it says, once, and only
//! where it was shown; hostile text stays text; the staff's page reads like plain English.

use app::access::NewToken;
use kernel::Role;
use serde_json::{Value, json};
use testkit::app::actor;

use crate::ground::{Call, Ground, Reply};

/// Who reads incidents.
const READERS: &[Role] = &[Role::Responder, Role::Lead, Role::Practice, Role::Attorney, Role::Auditor];
const EVERYBODY: &[Role] = &Role::ALL;
const LEADS: &[Role] = &[Role::Lead];

pub(crate) async fn sign_in(ground: &Ground, role: Role, practice: kernel::PracticeId) -> String {
    let new = NewToken {
        name: format!("{role} by browser"),
        role,
        practice: Some(practice),
        scopes: Vec::new(),
        kind: app::ports::TokenKind::Link,
        expires_at: None,
        secret: None,
        person: None,
    };
    let link = ground.program.app.make_token(&actor(Role::Lead, None), new).await.unwrap().token;
    let reply = ground.send(Call::get(format!("/signin/{link}"))).await;
    reply.header("set-cookie").split(';').next().unwrap().to_owned()
}

pub(crate) async fn look(ground: &Ground, cookie: &str, path: &str) -> Reply {
    ground.send(Call::get(path).with("cookie", cookie).with("accept", "text/html")).await
}

/// The fields of the first form of a page that has this text in it.
pub(crate) fn form(page: &str, holding: &str) -> (String, Vec<(String, String)>) {
    let form = page
        .split("<form ")
        .skip(1)
        .map(|form| form.split("</form>").next().unwrap())
        .find(|form| form.contains(holding))
        .unwrap_or_else(|| panic!("no form with {holding}"));
    let attribute = |text: &str, name: &str| {
        text.split(&format!("{name}=\""))
            .nth(1)
            .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&").replace("&quot;", "\""))
    };
    let hidden = form.split("<input ").skip(1).filter(|input| input.contains("type=\"hidden\""));
    let fields = hidden
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap_or_default()))
        .collect();
    (attribute(form, "action").unwrap(), fields)
}

pub(crate) async fn send(ground: &Ground, cookie: &str, path: &str, fields: &[(String, String)]) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let call = Call::new("POST", path).bytes(body).with("content-type", "application/x-www-form-urlencoded");
    ground
        .send(call.with("cookie", cookie).with("sec-fetch-site", "same-origin").with("accept", "text/html"))
        .await
}

async fn suspected(ground: &Ground, incident: &str, system: &str) {
    let command = json!({"command": "suspect", "subject": {"what": "system", "system": system}, "why": "the note stands on its screen"});
    let path = format!("/api/v1/incidents/{incident}/commands");
    let reply = ground.send(Call::post(path, &command).by(ground.of(Role::Responder))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// A page and the roles that see it.
type Seen = (String, &'static [Role]);

async fn every_page(ground: &Ground) -> Vec<Seen> {
    let alert = ground.alert("paged").await["id"].as_str().unwrap().to_owned();
    let incident = ground.incident().await;
    suspected(ground, &incident, "ehr-clinic").await;
    let note = ground.note(&incident, Role::Responder, "seen on two machines", false).await;
    let report = ground.situation(&incident).await;
    ground.evidence(&incident, b"a log").await;
    let entries = ground
        .send(Call::get(format!("/api/v1/entries?incident={incident}")).by(ground.of(Role::Lead)))
        .await
        .json();
    let entry = entries["items"][0]["index"].as_u64().unwrap();
    let practice = ground.program.practice;
    let mut pages: Vec<Seen> = vec![
        (format!("/alerts/{alert}"), READERS),
        (format!("/practices/{practice}"), READERS),
        (format!("/journal/{entry}"), READERS),
        (format!("/practices/{practice}/forms/visits"), EVERYBODY),
        (format!("/incidents/{incident}/notes/{note}"), READERS),
        (format!("/incidents/{incident}/situation/{report}"), READERS),
        ("/alerts".to_owned(), READERS),
        ("/journal".to_owned(), READERS),
        ("/practices".to_owned(), READERS),
        ("/".to_owned(), EVERYBODY),
        ("/today".to_owned(), EVERYBODY),
        ("/declare".to_owned(), LEADS),
        ("/administration".to_owned(), LEADS),
    ];
    for tab in [
        "",
        "/systems",
        "/systems/ehr-clinic",
        "/accounts",
        "/investigation",
        "/evidence",
        "/breach",
        "/breach/what-if",
        "/breach/papers/hhs",
        "/recovery",
        "/reports",
        "/lessons",
        "/situation",
        "/notes",
    ] {
        pages.push((format!("/incidents/{incident}{tab}"), READERS));
    }
    pages
}

/// Whether a page holds things of one practice, so that another's people must be told that there is no such thing.
fn names_something(path: &str) -> bool {
    path.trim_start_matches('/').contains('/')
}

#[tokio::test]
async fn each_page_is_shown_to_its_roles_alone_and_never_to_another_practice() {
    let ground = Ground::new().await;
    let pages = every_page(&ground).await;
    for role in Role::ALL {
        let cookie = sign_in(&ground, role, ground.program.practice).await;
        let foreign = sign_in(&ground, role, ground.other).await;
        for (path, roles) in &pages {
            let reply = look(&ground, &cookie, path).await;
            let wanted = if roles.contains(&role) { 200 } else { 403 };
            assert_eq!(reply.status, wanted, "{role} {path}: {}", reply.text());
            assert!(reply.header("content-type").starts_with("text/html"), "{role} {path}");
            let reply = look(&ground, &foreign, path).await;
            let wanted = if !roles.contains(&role) {
                403
            } else if names_something(path) {
                404
            } else {
                200
            };
            assert_eq!(reply.status, wanted, "{role} of another practice {path}: {}", reply.text());
            assert!(
                !reply.text().contains("Files are being locked"),
                "{role} of another practice saw {path}"
            );
        }
    }
    for (path, _) in pages.iter().filter(|(path, _)| path != "/") {
        let reply = ground.send(Call::get(path).with("accept", "text/html")).await;
        assert_eq!(reply.status, 401, "{path}");
        assert!(reply.text().contains("not signed in"), "{path}");
    }
}

#[tokio::test]
async fn every_page_lets_nothing_run_but_what_this_program_serves() {
    let ground = Ground::new().await;
    let cookie = sign_in(&ground, Role::Lead, ground.program.practice).await;
    for (path, _) in every_page(&ground).await {
        let reply = look(&ground, &cookie, &path).await;
        let policy = reply.header("content-security-policy").to_owned();
        for wanted in [
            "default-src 'none'",
            "script-src 'nonce-",
            "require-trusted-types-for 'script'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(wanted), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        let text = reply.text();
        for inline in [" style=", " onclick=", " onload=", "javascript:"] {
            assert!(!text.contains(inline), "{path} holds {inline}");
        }
        for load in text.split("<script ").skip(1).chain(text.split("<link ").skip(1)) {
            let tag = load.split('>').next().unwrap();
            let place = tag
                .split("/assets/")
                .nth(1)
                .unwrap_or_else(|| panic!("{path} loads {tag}"))
                .split('"')
                .next()
                .unwrap();
            assert_eq!(ground.send(Call::get(format!("/assets/{place}"))).await.status, 200, "{place}");
        }
        // One first heading, a language, a way past the navigation.
        assert_eq!(text.matches("<h1").count(), 1, "{path}");
        assert!(text.contains("<html lang=\"en\"") && text.contains("href=\"#main\""), "{path}");
    }
}

#[tokio::test]
async fn an_alert_is_judged_and_a_containment_goes_from_proposal_to_verified_by_forms_alone() {
    let ground = Ground::new().await;
    let alert = ground.alert("judged").await["id"].as_str().unwrap().to_owned();
    let responder = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let page = look(&ground, &responder, &format!("/alerts/{alert}")).await.text();
    let (action, mut fields) = form(&page, "name=\"verdict\"");
    fields.push(("verdict".to_owned(), "true_positive".to_owned()));
    fields.push(("reasons:lines".to_owned(), "seen on the machine itself".to_owned()));
    assert_eq!(send(&ground, &responder, &action, &fields).await.status, 303);
    let row =
        ground.send(Call::get(format!("/api/v1/alerts/{alert}")).by(ground.of(Role::Lead))).await.json();
    assert_eq!(row["verdict"], "true");

    let incident = ground.incident().await;
    suspected(&ground, &incident, "ehr-clinic").await;
    let room = format!("/incidents/{incident}");
    let system = format!("{room}/systems/ehr-clinic");
    let page = look(&ground, &responder, &system).await.text();
    let (action, mut fields) = form(&page, "value=\"propose_containment\"");
    fields.push(("measure".to_owned(), "isolate_host".to_owned()));
    fields.push(("why".to_owned(), "the note stands on its screen".to_owned()));
    let answer = send(&ground, &responder, &action, &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert!(answer.header("location").starts_with(&system), "{}", answer.header("location"));
    // The same form sent twice is one action.
    assert_eq!(send(&ground, &responder, &action, &fields).await.status, 303);
    let state = async || {
        ground.send(Call::get(format!("/api/v1{room}")).by(ground.of(Role::Lead))).await.json()["state"]
            .clone()
    };
    let actions = |state: &Value| state["actions"].as_object().unwrap().values().cloned().collect::<Vec<_>>();
    assert_eq!(actions(&state().await).len(), 1);

    let practice = sign_in(&ground, Role::Practice, ground.program.practice).await;
    for (who, holding) in
        [(&responder, "name=\"side\" value=\"responder\""), (&practice, "name=\"side\" value=\"practice\"")]
    {
        let page = look(&ground, who, &room).await.text();
        if page.contains(holding) {
            let (action, fields) = form(&page, holding);
            assert_eq!(send(&ground, who, &action, &fields).await.status, 303);
        }
    }
    for (command, extra) in
        [("apply_containment", None), ("verify_containment", Some(("how", "it answers no more")))]
    {
        let page = look(&ground, &responder, &room).await.text();
        let (action, mut fields) = form(&page, &format!("value=\"{command}\""));
        fields.extend(extra.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let answer = send(&ground, &responder, &action, &fields).await;
        assert_eq!(answer.status, 303, "{command}: {}", answer.text());
    }
    let state = state().await;
    assert_eq!(actions(&state)[0]["stage"]["stage"], "verified", "{state}");
    assert_eq!(state["systems"]["ehr-clinic"]["stage"]["stage"], "contained");
}

#[tokio::test]
async fn a_form_is_taken_only_from_the_browser_and_the_page_that_it_was_shown_on() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let notes = format!("/incidents/{incident}/notes");
    let one = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let two = sign_in(&ground, Role::Responder, ground.program.practice).await;
    let (action, mut fields) = form(&look(&ground, &one, &notes).await.text(), "name=\"text\"");
    fields.push(("text".to_owned(), "forged".to_owned()));
    let refused = send(&ground, &two, &action, &fields).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("Nothing was recorded"), "{}", refused.text());
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "_form").cloned().collect();
    assert_eq!(send(&ground, &one, &action, &without).await.status, 403);
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    for site in ["cross-site", "same-site", "none"] {
        let call = Call::new("POST", &action)
            .bytes(body.clone())
            .with("content-type", "application/x-www-form-urlencoded");
        assert_eq!(
            ground.send(call.with("cookie", one.clone()).with("sec-fetch-site", site)).await.status,
            403,
            "{site}"
        );
    }
    // An auditor looks and changes nothing: no form is shown, and one that is made up is refused by the use case.
    let auditor = sign_in(&ground, Role::Auditor, ground.program.practice).await;
    assert!(!look(&ground, &auditor, &notes).await.text().contains("name=\"text\""));
    assert_eq!(send(&ground, &one, &action, &fields).await.status, 303);
    let count = form_count(&ground, &incident).await;
    assert_eq!(count, 1);
}

async fn form_count(ground: &Ground, incident: &str) -> usize {
    let path = format!("/api/v1/incidents/{incident}/notes");
    ground.send(Call::get(path).by(ground.of(Role::Lead))).await.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn hostile_text_in_every_field_is_text_on_every_page() {
    const HOSTILE: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'";
    let ground = Ground::new().await;
    let hostile = json!({"id": "h", "title": HOSTILE, "description": HOSTILE, "severity": "high", "host": HOSTILE, "user": HOSTILE, "time": "2026-01-26T14:20:00Z"});
    let reply =
        ground.send(Call::post("/api/v1/intake/generic", &hostile).by(ground.of(Role::Service))).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    let alert = reply.json()["id"].as_str().unwrap().to_owned();
    let declare =
        json!({"title": HOSTILE, "incident_kind": "ransomware", "reason": HOSTILE, "alerts": [alert]});
    let incident = ground
        .send(Call::post("/api/v1/incidents", &declare).by(ground.of(Role::Lead)))
        .await
        .json()["incident"]
        .as_str()
        .unwrap()
        .to_owned();
    ground.note(&incident, Role::Responder, HOSTILE, false).await;
    suspected(&ground, &incident, "ehr-clinic").await;
    let cookie = sign_in(&ground, Role::Lead, ground.program.practice).await;
    let mut paths = vec![
        "/".to_owned(),
        "/alerts".to_owned(),
        format!("/alerts/{alert}"),
        "/journal".to_owned(),
        "/alerts?text=%3Cscript%3Ealert(1)".to_owned(),
    ];
    for tab in [
        "",
        "/systems",
        "/systems/ehr-clinic",
        "/accounts",
        "/investigation",
        "/evidence",
        "/breach",
        "/breach/what-if",
        "/breach/papers/hhs",
        "/recovery",
        "/reports",
        "/lessons",
        "/situation",
        "/notes",
    ] {
        paths.push(format!("/incidents/{incident}{tab}"));
    }
    for path in paths {
        let reply = look(&ground, &cookie, &path).await;
        assert_eq!(reply.status, 200, "{path}");
        let text = reply.text();
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{path}");
    }
}

async fn staff_link(ground: &Ground) -> String {
    let new = json!({"name": "Front desk", "role": "staff", "practice": ground.program.practice, "scopes": ["read", "intake"]});
    format!("/staff/{}", ground.made(new).await["token"].as_str().unwrap())
}

#[tokio::test]
async fn staff_without_an_account_tell_what_is_wrong_and_see_what_works() {
    let ground = Ground::new().await;
    let link = staff_link(&ground).await;
    let page = ground.send(Call::get(&link)).await;
    assert_eq!(page.status, 200);
    for question in 1..=6 {
        assert!(page.text().contains(&format!("<span>{question}. ")), "{}", page.text());
    }
    let fields = [("what", "The files on the desk will not open"), ("place", "Front desk"), ("who", "Pat")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let told = ground.send(Call::new("POST", &link).bytes(body)).await;
    assert_eq!(told.status, 200, "{}", told.text());
    let alerts =
        ground.send(Call::get("/api/v1/alerts?channel=staff").by(ground.of(Role::Responder))).await.json();
    assert_eq!(alerts["items"].as_array().unwrap().len(), 1, "{alerts}");
    // The link opens nothing else, and a made-up one opens nothing.
    assert_eq!(ground.send(Call::get("/staff/tq_0").with("accept", "text/html")).await.status, 404);
    let token = ground.of(Role::Lead);
    assert_eq!(ground.send(Call::get(format!("/staff/{token}"))).await.status, 404);
}

/// Flesch and Kincaid's grade (1975): words a sentence and syllables a word.
fn grade(text: &str) -> f64 {
    let sentences = text
        .split(['.', '?', '!', ':', '\n'])
        .filter(|sentence| sentence.split_whitespace().count() > 0)
        .count();
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.chars().filter(|letter| letter.is_alphabetic()).collect::<String>().to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let syllables: usize = words
        .iter()
        .map(|word| {
            let vowels: Vec<bool> = word.chars().map(|letter| "aeiouy".contains(letter)).collect();
            let groups = vowels
                .iter()
                .zip(std::iter::once(&false).chain(&vowels))
                .filter(|(now, before)| **now && !**before)
                .count();
            let silent = usize::from(word.ends_with('e') && groups > 1);
            (groups - silent).max(1)
        })
        .sum();
    let (sentences, count) = (sentences as f64, words.len() as f64);
    0.39 * count / sentences + 11.8 * syllables as f64 / count - 15.59
}

/// What a page says, a line for each piece of text; labels of a word or two are no sentences.
fn own_words(page: &str) -> String {
    let main = page.split("<main").nth(1).unwrap_or_else(|| panic!("no main part: {page}"));
    let mut text = String::new();
    let mut inside = false;
    for letter in main.chars() {
        match letter {
            '<' => {
                inside = true;
                text.push('\n');
            }
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text.lines()
        .map(str::trim)
        .filter(|line| line.split_whitespace().count() > 2)
        .map(|line| format!("{line}\n"))
        .collect()
}

/// Everything that staff without an account may come to see: what works, the sheet for the wall, the paper form of every
/// service, what they are told after they sent a report, and when something does not work.
#[tokio::test]
async fn every_page_for_staff_reads_at_grade_eight_or_below() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    suspected(&ground, &incident, "ehr-clinic").await;
    let link = staff_link(&ground).await;
    let get = async |path: String| ground.send(Call::get(path).with("accept", "text/html")).await.text();
    let page = get(link.clone()).await;
    let mut pages = vec![("the poster".to_owned(), get(format!("{link}/poster")).await)];
    for form in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        if form.contains("/forms/") {
            pages.push((form.to_owned(), get(form.to_owned()).await));
        }
    }
    assert!(pages.len() > 3, "{} paper forms", pages.len() - 1);
    pages.push(("the staff page".to_owned(), page));
    let send = async |what: &str| {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("what", what).finish();
        ground.send(Call::new("POST", &link).bytes(body).with("accept", "text/html")).await
    };
    let thanks = send("The screen is red").await;
    assert_eq!(thanks.status, 200);
    pages.push(("the answer".to_owned(), thanks.text()));
    let refused = send("").await;
    assert_eq!(refused.status, 422);
    pages.push(("an empty report".to_owned(), refused.text()));
    pages.push(("an old link".to_owned(), get("/staff/tq_0".to_owned()).await));
    pages.push(("an old form".to_owned(), get(format!("{link}/forms/nowhere")).await));
    for (name, page) in &pages {
        let own = own_words(page);
        let grade = grade(&own);
        assert!(grade <= 8.0, "{name} reads at grade {grade:.1}:\n{own}");
        assert!(!page.contains("To the board"), "{name} leads staff to a page that they cannot see");
    }
}

#[tokio::test]
async fn the_proof_of_an_entry_is_checked_on_its_page_and_a_page_is_small() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let cookie = sign_in(&ground, Role::Auditor, ground.program.practice).await;
    let text = look(&ground, &cookie, "/journal/0").await.text();
    assert!(text.contains("proven") && !text.contains("not proven"), "{text}");
    let mut sum = 0;
    let page = Call::get(format!("/incidents/{incident}"))
        .with("cookie", cookie.clone())
        .with("accept-encoding", "gzip");
    let reply = ground.send(page).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    sum += reply.body.len();
    let text = look(&ground, &cookie, &format!("/incidents/{incident}")).await.text();
    for place in text.split("/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        sum += ground
            .send(Call::get(format!("/assets/{place}")).with("accept-encoding", "gzip"))
            .await
            .body
            .len();
    }
    assert!(sum < 60_000, "the first load of the war room is {sum} bytes");
}

/// What the regions of a page are, as the page itself says it when it asks again.
fn regions(page: &str) -> Vec<(String, String)> {
    let value = |tag: &str, name: &str| {
        tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    page.split('<')
        .filter(|tag| tag.contains("data-live=\""))
        .filter_map(|tag| Some((value(tag, " id")?, value(tag, "data-live")?)))
        .collect()
}

async fn look_again(ground: &Ground, cookie: &str, path: &str, has: &[(String, String)]) -> String {
    let has: Vec<_> = has.iter().map(|(id, digest)| format!("{id}:{digest}")).collect();
    let call = Call::get(path).with("cookie", cookie).with("accept", "text/html").with("hx-request", "true");
    let reply = ground.send(call.with("tourniquet-has", has.join(" "))).await;
    assert_eq!(reply.status, 200);
    reply.text()
}

#[tokio::test]
async fn a_page_that_asks_for_itself_again_is_given_what_changed_for_its_viewer() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let path = format!("/incidents/{incident}");
    let home = ground.program.practice;
    let (responder, auditor) =
        (sign_in(&ground, Role::Responder, home).await, sign_in(&ground, Role::Auditor, home).await);
    let has = regions(&look(&ground, &responder, &path).await.text());
    let ids: Vec<&str> = has.iter().map(|(id, _)| id.as_str()).collect();
    let every =
        ["head", "phases", "now", "actions", "timeline", "why", "clocks", "services", "people", "documents"];
    assert_eq!(ids, every);
    assert_eq!(look_again(&ground, &responder, &path, &has).await, "", "nothing happened");

    suspected(&ground, &incident, "ehr-clinic").await;
    let news = look_again(&ground, &responder, &path, &has).await;
    let newer = regions(&news);
    let ids: Vec<&str> = newer.iter().map(|(id, _)| id.as_str()).collect();
    assert!(ids.contains(&"now") && ids.contains(&"timeline"), "{ids:?}");
    assert!(!ids.contains(&"head") && !ids.contains(&"documents"), "{ids:?}");
    assert!(!news.contains("<html") && news.contains("ehr-clinic"));
    // Somebody works in a region: the page does not ask for it.
    let free: Vec<_> = has.iter().filter(|(id, _)| id != "now").cloned().collect();
    assert!(!regions(&look_again(&ground, &responder, &path, &free).await).iter().any(|(id, _)| id == "now"));

    // Who may do nothing is offered nothing, whoever looked before.
    let has = regions(&look(&ground, &auditor, &path).await.text());
    ground.note(&incident, Role::Attorney, "between us and counsel", true).await;
    let news = look_again(&ground, &auditor, &path, &has).await;
    assert!(!news.contains("<form") && !news.contains("between us"), "{news}");
    // And from elsewhere there is no such incident, with regions or without.
    let stranger = sign_in(&ground, Role::Responder, ground.other).await;
    let call = Call::get(&path).with("cookie", &stranger).with("tourniquet-has", "now:0");
    assert_eq!(ground.send(call).await.status, 404);
}

#[tokio::test]
async fn what_is_drawn_for_many_bears_each_ones_own_seal() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    suspected(&ground, &incident, "ehr-clinic").await;
    let path = format!("/incidents/{incident}");
    let home = ground.program.practice;
    let (one, other) =
        (sign_in(&ground, Role::Responder, home).await, sign_in(&ground, Role::Responder, home).await);
    let mut forms = Vec::new();
    for cookie in [&one, &other] {
        let whole = look(&ground, cookie, &path).await.text();
        let stale: Vec<_> = regions(&whole).into_iter().map(|(id, _)| (id, "0".to_owned())).collect();
        let again = look_again(&ground, cookie, &path, &stale).await;
        assert_eq!(regions(&again), regions(&whole));
        forms.push(form(&again, "Somebody was called"));
    }
    let (action, ours) = forms.swap_remove(0);
    let (_, theirs) = forms.swap_remove(0);
    let given = |fields: &[(String, String)]| {
        let more = [("party", "staff"), ("name", "Night desk"), ("means", "telephone")];
        let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
        fields.iter().cloned().chain(more).collect::<Vec<_>>()
    };
    assert_ne!(ours, theirs);
    assert_eq!(send(&ground, &one, &action, &given(&theirs)).await.status, 403);
    assert_eq!(send(&ground, &one, &action, &given(&ours)).await.status, 303);
    assert_eq!(send(&ground, &other, &action, &given(&theirs)).await.status, 303);
}
