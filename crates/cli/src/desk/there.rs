//! A server, over HTTP. Its problems (RFC 9457) become this program's exit status.

use std::{io::Read, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use ureq::{Agent, Body, SendBody, http::Response};

use super::How;
use crate::failure::{Failure, chain};

/// The longest answer that is held in memory.
const LONGEST: u64 = 256 << 20;

/// A server and the token with which it is asked.
pub(crate) struct There {
    agent: Agent,
    base: String,
    token: String,
}

/// How something is changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Method {
    /// Something is added.
    Post,
    /// Something is replaced.
    Put,
    /// Members of something are.
    Patch,
}

/// Members of a query, those that are absent left out.
pub(crate) type Query = Vec<(&'static str, String)>;

/// Adds a member to a query where it is there.
pub(crate) fn add(query: &mut Query, name: &'static str, value: Option<impl ToString>) {
    if let Some(value) = value {
        query.push((name, value.to_string()));
    }
}

impl There {
    pub(crate) fn new(url: &str, token: Option<&str>) -> Result<Self, Failure> {
        let token = token.ok_or_else(|| {
            Failure::usage(
                "--server needs a token: --token or TOURNIQUET_TOKEN (make one with `tourniquet token make`)",
            )
        })?;
        let base = url.trim_end_matches('/');
        if !(base.starts_with("http://") || base.starts_with("https://")) {
            return Err(Failure::usage(format!(
                "--server {base}: an address that begins with http:// or https:// is needed"
            )));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(Duration::from_secs(120)))
            .max_redirects(0)
            .build();
        Ok(Self { agent: config.new_agent(), base: base.to_owned(), token: token.trim().to_owned() })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        Failure::outside(format!("the server {} does not answer: {}", self.base, chain(error)))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn ask(&self, path: &str, query: Query) -> Result<Response<Body>, Failure> {
        let mut request = self.agent.get(self.url(path)).header("authorization", self.bearer());
        for (name, value) in query {
            request = request.query(name, value);
        }
        self.good(request.call().map_err(|error| self.unreachable(&error))?)
    }

    /// GET, answered with JSON.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: Query) -> Result<T, Failure> {
        let response = self.ask(path, query)?;
        self.json(response)
    }

    /// GET, answered with bytes.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        self.stream(path)?
            .take(LONGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::outside(format!("the server's answer broke off: {error}")))?;
        Ok(bytes)
    }

    /// GET, answered with a stream.
    pub(crate) fn stream(&self, path: &str) -> Result<impl Read + use<>, Failure> {
        Ok(self.ask(path, Vec::new())?.into_body().into_reader())
    }

    /// JSON, with what changes something.
    fn sent(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        how: &How,
    ) -> Result<Response<Body>, Failure> {
        let text = serde_json::to_vec(body)
            .map_err(|error| Failure::outside(format!("cannot write JSON: {error}")))?;
        let url = self.url(path);
        let mut request = match method {
            Method::Post => self.agent.post(url),
            Method::Put => self.agent.put(url),
            Method::Patch => self.agent.patch(url),
        };
        request = request.header("authorization", self.bearer()).header("content-type", "application/json");
        if let Some(key) = &how.key {
            request = request.header("idempotency-key", key);
        }
        if let Some(version) = how.expected {
            request = request.header("if-match", format!("\"v{version}\""));
        }
        self.good(request.send(&text[..]).map_err(|error| self.unreachable(&error))?)
    }

    /// POST of JSON, answered with JSON.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        how: &How,
    ) -> Result<T, Failure> {
        let response = self.sent(Method::Post, path, body, how)?;
        self.json(response)
    }

    /// PUT of JSON, answered with JSON.
    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let response = self.sent(Method::Put, path, body, &How::default())?;
        self.json(response)
    }

    /// JSON with this method, on the version and with the key that were given; answered with JSON.
    pub(crate) fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        how: &How,
    ) -> Result<T, Failure> {
        let response = self.sent(method, path, body, how)?;
        self.json(response)
    }

    /// POST of JSON, answered with a stream and its length where the server says it.
    pub(crate) fn posted(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<(impl Read + use<>, Option<u64>), Failure> {
        let response = self.sent(Method::Post, path, body, &How::default())?;
        let length = response.body().content_length();
        Ok((response.into_body().into_reader(), length))
    }

    /// POST of bytes, answered with JSON.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        query: Query,
        kind: &str,
        reader: &mut dyn Read,
        how: &How,
    ) -> Result<T, Failure> {
        let mut request = self
            .agent
            .post(self.url(path))
            .header("authorization", self.bearer())
            .header("content-type", kind);
        if let Some(key) = &how.key {
            request = request.header("idempotency-key", key);
        }
        for (name, value) in query {
            request = request.query(name, value);
        }
        let sent = request.send(SendBody::from_reader(reader)).map_err(|error| self.unreachable(&error))?;
        let response = self.good(sent)?;
        self.json(response)
    }

    /// DELETE.
    pub(crate) fn delete(&self, path: &str) -> Result<(), Failure> {
        let request = self.agent.delete(self.url(path)).header("authorization", self.bearer());
        self.good(request.call().map_err(|error| self.unreachable(&error))?).map(|_| ())
    }

    fn json<T: DeserializeOwned>(&self, response: Response<Body>) -> Result<T, Failure> {
        serde_json::from_reader(std::io::BufReader::new(response.into_body().into_reader().take(LONGEST)))
            .map_err(|error| {
                Failure::outside(format!(
                    "the server {} answered what this version cannot read: {error}",
                    self.base
                ))
            })
    }

    /// The answer where it is one, and otherwise the problem.
    fn good(&self, response: Response<Body>) -> Result<Response<Body>, Failure> {
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let mut text = Vec::new();
        let _ = response.into_body().into_reader().take(1 << 20).read_to_end(&mut text);
        Err(problem(status, &serde_json::from_slice(&text).unwrap_or(Value::Null)))
    }
}

fn problem(status: u16, problem: &Value) -> Failure {
    let text = |name: &str| problem.get(name).and_then(Value::as_str);
    let what = text("detail").or_else(|| text("title")).unwrap_or("no reason was given").to_owned();
    let code = text("code").unwrap_or("refused").to_owned();
    match status {
        401 => Failure::usage(format!("the server does not accept this token: {what}")),
        403 | 409 | 412 | 428 => {
            let missing = problem.get("missing").and_then(Value::as_array).into_iter().flatten();
            let missing = missing.filter_map(Value::as_str).map(str::to_owned).collect();
            Failure::No { what, code, missing }
        }
        429 | 500.. => Failure::outside(format!("the server failed ({status}): {what}")),
        _ => Failure::usage(format!("the server refused the request ({status}): {what}")),
    }
}
