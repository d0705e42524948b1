//! What strangers send: too much, too deep, cut off, in the wrong charset, with markup in it. Each gets a problem, and
//! nothing of it stays.

use kernel::Role;
use serde_json::json;

use crate::ground::{Call, Ground};

const HEADERS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cache-control", "no-store"),
];

#[tokio::test]
async fn every_error_is_a_problem_and_every_answer_carries_the_headers() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let under = format!("/api/v1/incidents/{incident}");
    let lead = || ground.of(Role::Lead).to_owned();
    let post = |path: &str, body: &str, kind: &str| {
        Call::new("POST", path).bytes(body).with("content-type", kind).by(&lead())
    };
    let commands = format!("{under}/commands");
    let deep =
        format!("{{\"command\": \"close\", \"summary\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let cases = [
        (Call::get("/api/v1/incidents"), 401, "unauthenticated"),
        (Call::get("/api/v1/incidents").by("tq_no"), 401, "unauthenticated"),
        (Call::get("/api/v1/incidents").with("authorization", "Basic eDp5"), 401, "unauthenticated"),
        (Call::get("/api/v1/nothing").by(&lead()), 404, "no_such_route"),
        (Call::get("/nothing"), 404, "no_such_route"),
        (Call::new("PATCH", "/api/v1/incidents").by(&lead()), 405, "no_such_method"),
        (Call::get("/api/v1/incidents/not-an-id").by(&lead()), 404, "not_found"),
        (Call::get("/api/v1/incidents/00000000000000000000000000").by(&lead()), 404, "not_found"),
        (post(&commands, "{\"command\": \"clo", "application/json"), 400, "malformed"),
        (post(&commands, "", "application/json"), 400, "malformed"),
        (post(&commands, "{\"command\": \"no_such\"}", "application/json"), 422, "invalid"),
        (post(&commands, "{\"command\": \"close\", \"extra\": 1}", "application/json"), 422, "invalid"),
        (post(&commands, "{\"command\": \"close\"}", "text/plain"), 415, "media_type"),
        (post(&commands, "{\"command\": \"close\"}", "application/json; charset=utf-16"), 415, "media_type"),
        (post(&commands, "{\"command\": \"close\"}", "application/json"), 409, "not_ready"),
        (post(&commands, &deep, "application/json"), 400, "malformed"),
        (post(&format!("{under}/notes"), "{\"text\": 7}", "application/json"), 422, "invalid"),
        (
            Call::new("POST", &commands)
                .bytes(&b"{\"command\": \"\xff\"}"[..])
                .with("content-type", "application/json")
                .by(&lead()),
            400,
            "malformed",
        ),
        (
            Call::new("POST", &commands)
                .bytes(vec![b' '; (16 << 20) + 1])
                .with("content-type", "application/json")
                .by(&lead()),
            413,
            "too_large",
        ),
        (
            Call::new("POST", format!("{under}/evidence?name=a&source=b&why=c"))
                .bytes(vec![0; (1 << 20) + 1])
                .by(&lead()),
            413,
            "too_large",
        ),
        (
            Call::new("POST", format!("{under}/evidence?name=a&source=b")).bytes("x").by(&lead()),
            422,
            "invalid",
        ),
        (
            Call::new("POST", format!("{under}/evidence?name=%00&source=b&why=c")).bytes("x").by(&lead()),
            422,
            "invalid",
        ),
    ];
    for (call, status, code) in cases {
        let reply = ground.send(call).await;
        reply.is_problem(status, code);
        for (name, value) in HEADERS {
            assert_eq!(reply.header(name), value, "{name} of {code}");
        }
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"), "{code}");
        assert_eq!(reply.header("x-request-id").len(), 26, "{code}");
    }
    let wrong = ground.send(post(&format!("{under}/notes"), "{\"text\": 7}", "application/json")).await;
    assert_eq!(wrong.json()["pointer"], "/text");
    let closing = ground.send(post(&commands, "{\"command\": \"close\"}", "application/json")).await;
    assert!(!closing.json()["missing"].as_array().unwrap().is_empty(), "{}", closing.text());
    let list = ground.send(Call::get(format!("{under}/evidence")).by(&lead())).await.json();
    assert!(list["items"].as_array().unwrap().is_empty(), "something of a refused item stayed: {list}");
    let method = ground.send(Call::new("PATCH", "/api/v1/incidents").by(&lead())).await;
    assert!(method.header("allow").contains("POST"), "{}", method.header("allow"));
}

#[tokio::test]
async fn evidence_comes_back_byte_for_byte_and_changed_evidence_does_not_come_back_whole() {
    let ground = Ground::new().await;
    let incident = ground.incident().await;
    let bytes: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
    let id = ground.evidence(&incident, &bytes).await;
    let get = || Call::get(format!("/api/v1/evidence/{id}/content")).by(ground.of(Role::Responder));
    let whole = ground.send(get()).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-length")), (200, "700000"));
    assert!(whole.body == bytes);
    assert!(whole.header("content-disposition").starts_with("attachment"));

    let mut sealed = Vec::new();
    files(&ground.program.folder().join("vault"), &mut sealed);
    let largest = sealed.into_iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut damaged = std::fs::read(&largest).unwrap();
    let last = damaged.len() - 40;
    damaged[last] ^= 1;
    let mut permissions = largest.metadata().unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    std::fs::set_permissions(&largest, permissions).unwrap();
    std::fs::write(&largest, damaged).unwrap();

    let response = tower::ServiceExt::oneshot(ground.router.clone(), get().request()).await.unwrap();
    if response.status() == 200 {
        assert!(
            http_body_util::BodyExt::collect(response.into_body()).await.is_err(),
            "a changed item came back whole"
        );
    } else {
        assert_eq!(response.status(), 500);
    }
    let path = format!("/api/v1/evidence/rehash?incident={incident}");
    let rehashed = ground.send(Call::new("POST", path).by(ground.of(Role::Responder))).await;
    assert_eq!(rehashed.json()["items"][0]["outcome"], "changed", "{}", rehashed.text());
}

fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[tokio::test]
async fn markup_in_an_alert_or_a_title_is_text_on_the_page() {
    let ground = Ground::new().await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\" onmouseover=\"x";
    let declared = json!({"title": evil, "incident_kind": "malware", "reason": evil, "subjects": [
        {"what": "system", "system": "</li><svg/onload=alert(1)>"},
    ]});
    let reply = ground.send(Call::post("/api/v1/incidents", &declared).by(ground.of(Role::Lead))).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let incident = reply.json()["incident"].as_str().unwrap().to_owned();
    let cookie = crate::session::sign_in(&ground, Role::Lead).await;
    for path in ["/".to_owned(), format!("/incidents/{incident}")] {
        let page = ground.send(Call::get(&path).with("cookie", cookie.clone())).await;
        assert_eq!(page.status, 200);
        let text = page.text();
        for tag in ["<script>", "<img", "<svg/onload", "onmouseover=\"x"] {
            assert!(!text.contains(tag), "{path} holds {tag}");
        }
        assert!(text.contains("&lt;script&gt;"), "{path} does not show the title");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(text.contains(&format!("nonce=\"{nonce}\"")));
        let again = ground.send(Call::get(&path).with("cookie", cookie.clone())).await;
        assert!(!again.header("content-security-policy").contains(nonce), "the nonce is used twice");
    }
}
