//! What stands between strangers and the practice: headers on every answer, cookies that no script reads and no other
//! site sends, sessions that nobody can plant, forms that no other site fills, text that stays text whatever it is, and
//! an owner who gets in while somebody guesses.

use app::accounts::{CameFrom, Credentials, NewAccount, SignedIn};
use kernel::Role;
use testkit::app::actor;

use crate::{
    doors::Things,
    ground::{Call, Ground, Reply},
    session::sign_in,
};

const PASSWORD: &str = "seven quiet lanterns drift";

/// On every answer, whatever it is.
const ALWAYS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

fn guarded(reply: &Reply, what: &str, secure: bool) {
    for (name, value) in ALWAYS {
        assert_eq!(reply.header(name), value, "{name} of {what}");
    }
    let policy = reply.header("content-security-policy");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    if reply.header("content-type").starts_with("text/html") {
        // Pages and refusals in words alike: nothing runs, or what runs bears the answer's own word; no script is made of
        // text.
        assert!(policy.contains("require-trusted-types-for 'script'"), "{what}: {policy}");
        let runs = reply.text().contains("<script");
        assert_eq!(policy.contains("script-src 'nonce-"), runs, "{what}: {policy}");
        assert!(runs || !policy.contains("script-src"), "{what}: {policy}");
    }
    let kept = reply.header("cache-control");
    assert!(
        kept == "no-store" || (what.contains("/assets/") && kept.contains("immutable")),
        "{what}: {kept}"
    );
    assert_eq!(reply.header("strict-transport-security").contains("max-age"), secure, "{what}");
    assert!(!reply.header("server").contains('/') && reply.headers.get("x-powered-by").is_none(), "{what}");
}

/// The paths of everything that can be looked at, of what a page loads, and of some that are not there.
async fn pages(ground: &Ground, things: &Things, cookie: &str) -> Vec<String> {
    let mut paths = things.looked_into();
    paths.extend(
        ["/signin/tq_0", "/staff/tq_0", "/nothing/here", "/assets/nothing.js", "/incidents/none"]
            .map(str::to_owned),
    );
    let board = ground.send(Call::get("/").with("cookie", cookie)).await.text();
    paths.extend(
        board.split("\"/assets/").skip(1).map(|rest| format!("/assets/{}", rest.split('"').next().unwrap())),
    );
    paths
}

#[tokio::test]
async fn every_answer_carries_the_headers_whoever_asks_for_whatever() {
    for secure in [false, true] {
        let ground = Ground::with(|config| config.secure = secure).await;
        let things = Things::new(&ground).await;
        let cookie = sign_in(&ground, Role::Lead).await;
        let api = serde_json::to_value(web::openapi()).unwrap();
        let operations = api["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys().map(|method| method.to_uppercase());
            methods.map(move |method| (method, path.replace("{id}", "00000000000000000000000000")))
        });
        let mut asked: Vec<(String, String)> = operations
            .filter(|(_, path)| !path.ends_with("/events") && !path.ends_with("/backups"))
            .collect();
        asked.extend(pages(&ground, &things, &cookie).await.into_iter().map(|path| ("GET".to_owned(), path)));
        asked.push(("PATCH".to_owned(), "/".to_owned()));
        asked.push(("POST".to_owned(), "/signin".to_owned()));
        asked.push(("OPTIONS".to_owned(), "/api/v1/incidents".to_owned()));
        for (method, path) in asked {
            for signed in [true, false] {
                for accept in ["text/html", "application/json"] {
                    let mut call = Call::new(&method, &path).with("accept", accept);
                    if signed {
                        call = call.with("cookie", cookie.clone());
                    }
                    let reply = ground.send(call).await;
                    guarded(&reply, &format!("{method} {path}"), secure);
                    assert_ne!(reply.status, 500, "{method} {path}: {}", reply.text());
                }
            }
        }
    }
}

#[tokio::test]
async fn over_tls_a_cookie_is_bound_to_the_host_and_to_tls() {
    let ground = Ground::with(|config| config.secure = true).await;
    account(&ground).await;
    let reply = enter(&ground, PASSWORD, None).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let cookies: Vec<&str> =
        reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in cookies {
        // RFC 6265bis section 4.1.3.2: `__Host-` needs Secure, Path=/ and no Domain.
        assert!(cookie.starts_with("__Host-tourniquet"), "{cookie}");
        for part in ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;"] {
            assert!(cookie.contains(part), "{part}: {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

async fn account(ground: &Ground) {
    let app = &ground.program.app;
    let new = NewAccount {
        sign_in: "dana@cedarhollow.example".into(),
        name: "Dana".into(),
        role: Role::Practice,
        practice: Some(ground.program.practice),
    };
    let made = app.make_account(&actor(Role::Lead, None), new).await.unwrap();
    let session = app.use_link(&made.token).await.unwrap().unwrap();
    let caller = app.caller(&session.token).await.unwrap().unwrap();
    app.set_password(&caller.actor, session.id, None, PASSWORD.into()).await.unwrap();
}

async fn enter(ground: &Ground, password: &str, cookie: Option<&str>) -> Reply {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("name", "dana@cedarhollow.example"), ("password", password)])
        .finish();
    let call = Call::new("POST", "/signin").bytes(body).with("sec-fetch-site", "same-origin");
    let call = call.with("content-type", "application/x-www-form-urlencoded");
    ground
        .send(match cookie {
            Some(cookie) => call.with("cookie", cookie),
            None => call,
        })
        .await
}

fn session_of(reply: &Reply) -> String {
    let cookies = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let own =
        cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("tourniquet="));
    own.unwrap().to_owned()
}

#[tokio::test]
async fn nobody_can_plant_a_session_that_its_victim_then_signs_in() {
    let ground = Ground::new().await;
    account(&ground).await;
    // A value of the attacker's own choice, and a session of the attacker's own.
    for planted in ["tourniquet=tq_planted".to_owned(), sign_in(&ground, Role::Staff).await] {
        let reply = enter(&ground, PASSWORD, Some(&planted)).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let own = session_of(&reply);
        assert_ne!(own, planted);
        let me = ground.send(Call::get("/api/v1/me").with("cookie", own)).await.json();
        assert_eq!(me["name"], "Dana");
        let theirs = ground.send(Call::get("/api/v1/me").with("cookie", planted)).await;
        assert!(
            !theirs.text().contains("Dana\"") || theirs.status == 401 || theirs.json()["role"] == "staff",
            "{}",
            theirs.text()
        );
    }
    // Two sign-ins are two sessions.
    let (one, two) = (enter(&ground, PASSWORD, None).await, enter(&ground, PASSWORD, None).await);
    assert_ne!(session_of(&one), session_of(&two));
}

#[tokio::test]
async fn somebody_who_guesses_keeps_neither_the_owner_nor_the_practice_out() {
    let ground = Ground::new().await;
    account(&ground).await;
    let first = enter(&ground, PASSWORD, None).await;
    let known = first.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let known = known
        .filter_map(|cookie| cookie.split(';').next())
        .find(|pair| pair.starts_with("tourniquet-known="));
    let known = known.unwrap().to_owned();
    let mut statuses = Vec::new();
    for n in 0..40 {
        statuses.push(enter(&ground, &format!("a guess number {n} of many"), None).await.status.as_u16());
    }
    assert!(
        statuses.ends_with(&[429]) && statuses.iter().filter(|status| **status == 422).count() <= 10,
        "{statuses:?}"
    );
    // From where nobody signed in before, even the right password waits; the owner's own browser does not.
    assert_eq!(enter(&ground, PASSWORD, None).await.status, 429);
    assert_eq!(enter(&ground, PASSWORD, Some(&known)).await.status, 303, "the owner is locked out");
    // A browser known for one account helps nobody with another.
    let other = NewAccount {
        sign_in: "pat@cedarhollow.example".into(),
        name: "Pat".into(),
        role: Role::Staff,
        practice: Some(ground.program.practice),
    };
    ground.program.app.make_account(&actor(Role::Lead, None), other).await.unwrap();
    let given = |browser: Option<String>| {
        let given =
            Credentials { sign_in: "pat@cedarhollow.example".into(), password: "wrong".into(), code: None };
        (given, CameFrom { address: None, browser })
    };
    let seal = known.split_once('=').unwrap().1.to_owned();
    let mut waits = 0;
    for n in 0..14 {
        let (given, from) = given((n % 2 == 0).then(|| seal.clone()));
        waits +=
            u32::from(matches!(ground.program.app.sign_in(given, from).await.unwrap(), SignedIn::Wait(_)));
    }
    assert_eq!(waits, 4);
    // The log of sign-ins says that somebody hammered, and does not grow with every blow.
    let lines = ground.send(Call::get("/api/v1/sign-ins").by(&ground.provider)).await.json();
    let refused = lines["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["refused"] == "too_many_attempts")
        .count();
    assert!((1..=60).contains(&refused), "{refused}");
}

/// A form of a page, filled in.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    /// Whether it brings files.
    files: bool,
}

/// A form's body as a browser writes it, with a file of this name where it brings files.
fn written(call: Call, fields: &[(String, String)], file: Option<&str>) -> Call {
    let Some(name) = file else {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        return call.bytes(body).with("content-type", "application/x-www-form-urlencoded");
    };
    // HTML Standard, section 4.10.21.8: what would end the name is written in percent.
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut body = String::new();
    for (name, text) in fields {
        body.push_str(&format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
    }
    body.push_str(&format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\nbytes\r\n--cut--\r\n"
    ));
    call.bytes(body).with("content-type", "multipart/form-data; boundary=cut")
}

/// Whatever a form asks for, with this in each field that takes text.
fn filled(page: &str, text: &str) -> Vec<Form> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        Some(
            rest.split('"')
                .next()?
                .replace("&amp;", "&")
                .replace("&quot;", "\"")
                .replace("&lt;", "<")
                .replace("&gt;", ">"),
        )
    };
    let mut forms = Vec::new();
    for form in page.split("<form ").skip(1) {
        let form = format!(" {}", form.split("</form>").next().unwrap());
        let head = form.split('>').next().unwrap();
        if attribute(head, "method").as_deref() != Some("post") {
            continue;
        }
        let Some(action) = attribute(head, "action") else { continue };
        let mut fields = Vec::new();
        for input in form.split("<input").skip(1) {
            let tag = input.split('>').next().unwrap();
            let Some(name) = attribute(tag, "name") else { continue };
            let value = match attribute(tag, "type").as_deref() {
                Some("file") => continue,
                Some("hidden") => attribute(tag, "value").unwrap_or_default(),
                Some("radio" | "checkbox") => attribute(tag, "value").unwrap_or_else(|| "on".to_owned()),
                Some("datetime-local") => "2026-01-26T09:30".to_owned(),
                Some("date") => "2026-01-26".to_owned(),
                Some("number") => "1".to_owned(),
                _ => text.to_owned(),
            };
            fields.push((name, value));
        }
        for area in form.split("<textarea").skip(1) {
            let tag = area.split('>').next().unwrap();
            fields.extend(attribute(tag, "name").map(|name| (name, text.to_owned())));
        }
        for select in form.split("<select").skip(1) {
            let tag = select.split('>').next().unwrap();
            let inner = select.split("</select>").next().unwrap();
            let options: Vec<String> = inner
                .split("<option")
                .skip(1)
                .filter_map(|option| attribute(option.split('>').next().unwrap(), "value"))
                .collect();
            let value = options.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
            fields.extend(attribute(tag, "name").map(|name| (name, value)));
        }
        let files = attribute(head, "enctype").is_some_and(|kind| kind.starts_with("multipart"));
        forms.push(Form { action, fields, files });
    }
    forms
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_text_in_every_field_of_every_form_stays_text_on_every_page() {
    let long = "x".repeat(10_240);
    let hostile = [
        "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>".to_owned(),
        format!("{long} javascript:alert(4)"),
        "\u{202e}gnp.exe\u{202c}\u{2066}\u{200f}\u{feff}nul\u{0}bell\u{7}\u{1b}[31m</title></textarea></script>\
         {{7*7}}${7*7}%0d%0aset-cookie:a=b\r\nset-cookie: c=d"
            .to_owned(),
    ];
    for text in &hostile {
        let ground = Ground::new().await;
        account(&ground).await;
        let things = Things::new(&ground).await;
        let pages = things.pages();
        let mut sent = 0;
        for role in [Role::Lead, Role::Practice, Role::Attorney, Role::Responder] {
            let cookie = sign_in(&ground, role).await;
            let mut known = std::collections::BTreeSet::new();
            for page in &pages {
                let shown = ground
                    .send(Call::get(page).with("cookie", cookie.clone()).with("accept", "text/html"))
                    .await;
                for Form { action, fields, files } in filled(&shown.text(), text) {
                    // What would end the test's own incident or session stays out.
                    if ["/signout", "/end", "/revoke"].iter().any(|end| action.ends_with(end))
                        || fields.iter().any(|(_, value)| value == "close")
                    {
                        continue;
                    }
                    // A form that stands on several pages is sent once: what differs is its seal alone.
                    let own = |(name, _): &&(String, String)| !name.starts_with('_');
                    if !known.insert((action.clone(), fields.iter().filter(own).cloned().collect::<Vec<_>>()))
                    {
                        continue;
                    }
                    let call = Call::new("POST", &action).with("cookie", cookie.clone());
                    let call = written(call, &fields, files.then_some(text.as_str()));
                    let call = call.with("accept", "text/html").with("sec-fetch-site", "same-origin");
                    let reply = ground.send(call).await;
                    sent += 1;
                    assert!(reply.status.as_u16() < 500, "{role} {action}: {}", reply.text());
                    harmless(&reply, &action);
                }
            }
        }
        assert!(sent > 40, "only {sent} forms were found");
        for open in things.open_forms() {
            let shown = ground.send(Call::get(&open).with("accept", "text/html")).await;
            assert_eq!(shown.status, 200, "{open}");
            for Form { action, fields, files } in filled(&shown.text(), text) {
                let call = written(Call::new("POST", &action), &fields, files.then_some(text.as_str()));
                let call = call.with("accept", "text/html").with("sec-fetch-site", "same-origin");
                let reply = ground.send(call).await;
                assert!(reply.status.as_u16() < 500, "{action}: {}", reply.text());
                harmless(&reply, &action);
            }
        }
        let cookie = sign_in(&ground, Role::Lead).await;
        for page in &pages {
            let reply =
                ground.send(Call::get(page).with("cookie", cookie.clone()).with("accept", "text/html")).await;
            assert_eq!(reply.status, 200, "{page}: {}", reply.text());
            harmless(&reply, page);
        }
    }
}

fn harmless(reply: &Reply, what: &str) {
    let kind = reply.header("content-type");
    if !kind.starts_with("text/html") && !kind.is_empty() {
        // What a browser saves (a package) or hands to a program may hold any text; it must be nothing that it shows.
        let plain = ["application/zip", "application/json", "application/problem+json", "text/plain"];
        assert!(plain.iter().any(|own| kind.starts_with(own)), "{what} is {kind}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
        return;
    }
    let text = reply.text();
    for live in ["<script>alert", "<img src=x", "<svg/onload", "</title></textarea>", "href=\"javascript:"] {
        assert!(!text.contains(live), "{what} holds {live}");
    }
    assert!(!text.contains('\u{0}') && !text.contains('\u{1b}'), "{what} holds a control character");
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert!(
        cookies.iter().all(|cookie| cookie.to_str().is_ok_and(|cookie| cookie.contains("tourniquet"))),
        "{what}: {cookies:?}"
    );
}
