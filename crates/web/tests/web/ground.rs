//! What the tests stand on: two practices, a token for each role at each, an incident with an alert, a note and evidence.

use std::{collections::BTreeMap, net::SocketAddr};

use app::{
    access::NewToken,
    edge::{Edge, Hand},
    ports::TokenKind,
    practices::SetProfile,
};
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode},
};
use http_body_util::BodyExt as _;
use incident::Practice;
use kernel::{PracticeId, Role};
use serde_json::{Value, json};
use testkit::app::{Program, actor};
use tower::ServiceExt as _;

/// The beginning of a JPEG.
pub(crate) const PHOTO: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF of a screen";

/// A Monday morning in Ohio.
pub(crate) const NOW: &str = "2026-01-26T14:30:00Z";

pub(crate) struct Ground {
    pub(crate) program: Program,
    pub(crate) router: Router,
    pub(crate) hand: Hand,
    pub(crate) other: PracticeId,
    own: BTreeMap<Role, String>,
    others: BTreeMap<Role, String>,
    pub(crate) provider: String,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// That it is this problem, as RFC 9457 writes one.
    pub(crate) fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("https://tourniquet.invalid/problems/{code}"));
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
    }
}

pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    address: Option<SocketAddr>,
}

impl Call {
    pub(crate) fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.parse().unwrap(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            address: None,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new("POST", path).json(body)
    }

    pub(crate) fn by(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.bytes(serde_json::to_vec(body).unwrap()).with("content-type", "application/json")
    }

    pub(crate) fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// As if it came from this address.
    pub(crate) fn from(mut self, address: [u8; 4]) -> Self {
        self.address = Some(SocketAddr::from((address, 50_000)));
        self
    }

    pub(crate) fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(address) = self.address {
            request = request.extension(ConnectInfo(address));
        }
        request.body(Body::from(self.body)).unwrap()
    }
}

impl Ground {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, with something said otherwise.
    pub(crate) async fn with(change: impl FnOnce(&mut web::Config)) -> Self {
        let (edge, hand) = Edge::simulated(NOW.parse().unwrap(), 7);
        let program = Program::start_with(edge, vec![testkit::provider::nowhere()]).await.unwrap();
        let lead = actor(Role::Lead, None);
        let practice = Practice::named("Elsewhere Family Medicine", "OH", "America/New_York");
        let other = program.app.set_profile(&lead, SetProfile { id: None, practice }).await.unwrap().id;
        let (mut own, mut others) = (BTreeMap::new(), BTreeMap::new());
        for role in Role::ALL {
            own.insert(role, token(&program, role, Some(program.practice), &[]).await);
            others.insert(role, token(&program, role, Some(other), &[]).await);
        }
        let provider = token(&program, Role::Lead, None, &[]).await;
        let mut config = web::Config { evidence_limit: 1 << 20, ..web::Config::default() };
        change(&mut config);
        let router = web::router(program.app.clone(), config);
        Self { program, router, hand, other, own, others, provider }
    }

    /// A token of this role at the practice.
    pub(crate) fn of(&self, role: Role) -> &str {
        &self.own[&role]
    }

    /// A token of this role at the other practice.
    pub(crate) fn elsewhere(&self, role: Role) -> &str {
        &self.others[&role]
    }

    pub(crate) async fn token(&self, role: Role, scopes: &[&str]) -> String {
        token(&self.program, role, Some(self.program.practice), scopes).await
    }

    pub(crate) async fn made(&self, new: Value) -> Value {
        let reply = self.send(Call::post("/api/v1/tokens", &new).by(&self.provider)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    pub(crate) async fn send(&self, call: Call) -> Reply {
        let response = self.router.clone().oneshot(call.request()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// The answer's head alone: of a stream that does not end.
    pub(crate) async fn head(&self, call: Call) -> StatusCode {
        self.router.clone().oneshot(call.request()).await.unwrap().status()
    }

    pub(crate) async fn alert(&self, id: &str) -> Value {
        let call = Call::post("/api/v1/intake/generic", &alert(id)).by(self.of(Role::Service));
        let reply = self.send(call).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        reply.json()
    }

    pub(crate) async fn incident(&self) -> String {
        let reply = self.send(Call::post("/api/v1/incidents", &declaration()).by(self.of(Role::Lead))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["incident"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn evidence(&self, incident: &str, bytes: &[u8]) -> String {
        let path = format!(
            "/api/v1/incidents/{incident}/evidence?name=log.evtx&source=ws-exam3&why=sealed%20at%20once"
        );
        let reply = self.send(Call::new("POST", path).bytes(bytes).by(self.of(Role::Responder))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.header("location").rsplit('/').next().unwrap().to_owned()
    }

    /// A staff report with a photo: the alert, and the photo's digest.
    pub(crate) async fn told_with_a_photo(&self) -> (String, String) {
        let report = json!({"what": "The screen is red", "place": "Front desk"});
        let call = Call::post("/api/v1/staff-reports", &report).by(self.of(Role::Staff));
        let alert = self.send(call).await.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/alerts/{alert}/photos");
        let reply = self.send(Call::new("POST", path).bytes(PHOTO).by(self.of(Role::Staff))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        (alert, reply.json()["sha256"].as_str().unwrap().to_owned())
    }

    /// Somebody with an account at the other practice: the name they sign in with.
    pub(crate) async fn somebody_elsewhere(&self) -> String {
        let word = self.program.app.edge().id(kernel::TokenId::new);
        let sign_in = format!("{word}@elsewhere.example");
        let new =
            json!({"sign_in": sign_in, "name": "Somebody", "role": "responder", "practice": self.other});
        let reply = self.send(Call::post("/api/v1/accounts", &new).by(self.elsewhere(Role::Lead))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        sign_in
    }

    /// A role here that somebody of the other practice was given.
    pub(crate) async fn membership(&self) -> Value {
        let sign_in = self.somebody_elsewhere().await;
        let new = json!({"sign_in": sign_in, "role": "auditor", "practice": self.program.practice});
        let reply = self.send(Call::post("/api/v1/memberships", &new).by(self.of(Role::Lead))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    /// A situation report that was sent.
    pub(crate) async fn situation(&self, incident: &str) -> String {
        let body = json!({"text": "All that is suspected is held.", "to": "the owner"});
        let path = format!("/api/v1/incidents/{incident}/situations");
        let reply = self.send(Call::post(path, &body).by(self.of(Role::Lead))).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.header("location").rsplit('/').next().unwrap().to_owned()
    }

    pub(crate) async fn note(&self, incident: &str, role: Role, text: &str, privileged: bool) -> String {
        let body = json!({"text": text, "privileged": privileged});
        let reply = self
            .send(Call::post(format!("/api/v1/incidents/{incident}/notes"), &body).by(self.of(role)))
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.header("location").rsplit('/').next().unwrap().to_owned()
    }
}

pub(crate) fn alert(id: &str) -> Value {
    json!({
        "id": id, "title": "Ransomware behaviour blocked", "severity": "high", "host": "ws-exam3.cedarhollow.example",
        "time": "2026-01-26T14:20:00Z",
    })
}

pub(crate) fn declaration() -> Value {
    json!({"title": "Files are being locked in the clinic", "incident_kind": "ransomware", "reason": "two machines show the note"})
}

async fn token(program: &Program, role: Role, practice: Option<PracticeId>, scopes: &[&str]) -> String {
    let new = NewToken {
        name: format!("Test {role}"),
        role,
        practice,
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        kind: TokenKind::Api,
        expires_at: None,
        secret: None,
        person: None,
    };
    program.app.make_token(&actor(Role::Lead, None), new).await.unwrap().token
}
