//! A provider of sign-ins (OpenID Connect) on a loopback port: discovery, the authorization endpoint, the token endpoint
//! with PKCE and one-time codes, and keys; its tokens are signed with P-256 (ES256). It is a real one that knows one
//! person, and it can be told to misbehave in the ways that a relying party has to notice.

use std::{
    collections::HashMap,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use app::ports::Provider;
use identity::Configured;
use kernel::{Digest, Timestamp};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use serde_json::{Value, json};

const CLIENT: &str = "tourniquet";
const SECRET: &str = "a secret of the test alone";

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mischief {
    /// Nothing.
    #[default]
    None,
    /// The token's nonce is another.
    WrongNonce,
    /// The token's issuer is another.
    WrongIssuer,
    /// The token is for another program.
    WrongAudience,
    /// The token's time is over.
    Expired,
    /// The token is signed with a key that it does not publish.
    OtherKey,
    /// No token that says who somebody is.
    NoToken,
    /// The token endpoint is broken.
    Broken,
}

/// A provider that is named and never asked.
#[must_use]
pub fn nowhere() -> Configured {
    let provider = Provider {
        key: "nowhere".to_owned(),
        name: "Nowhere sign-in".to_owned(),
        issuer: "https://id.invalid".to_owned(),
        domains: Vec::new(),
        second_factor_here: false,
    };
    Configured { provider, client_id: CLIENT.to_owned(), client_secret: None }
}

struct State {
    subject: String,
    email: String,
    email_verified: bool,
    mischief: Mischief,
    now: Option<i64>,
    codes: HashMap<String, Grant>,
    issued: u64,
    generation: u8,
    asked: HashMap<String, usize>,
}

struct Grant {
    redirect: String,
    challenge: String,
    nonce: String,
}

/// See the module. Stops where it is dropped.
pub struct IdProvider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl IdProvider {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            subject: "person-1".to_owned(),
            email: "dana@cedarhollow.example".to_owned(),
            email_verified: true,
            mischief: Mischief::None,
            now: None,
            codes: HashMap::new(),
            issued: 0,
            generation: 1,
            asked: HashMap::new(),
        }));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (state, stop) = (Arc::clone(&state), Arc::clone(&stop));
            move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let Ok(stream) = stream else { continue };
                    // Whatever a client does wrong ends its own connection alone.
                    let _ = answer(stream, &state, address);
                }
            }
        });
        Ok(Self { address, state, stop, thread: Some(thread) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a server is told about it.
    #[must_use]
    pub fn configured(&self, domains: &[&str], second_factor_here: bool) -> Configured {
        Configured {
            provider: Provider {
                key: "clinic".to_owned(),
                name: "Clinic sign-in".to_owned(),
                issuer: self.issuer(),
                domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
                second_factor_here,
            },
            client_id: CLIENT.to_owned(),
            client_secret: Some(SECRET.to_owned()),
        }
    }

    /// The same as the file that `serve --sign-in-with` reads, and its secret's file beside it.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn write_file(&self, folder: &std::path::Path) -> io::Result<std::path::PathBuf> {
        std::fs::write(folder.join("client-secret"), SECRET)?;
        let path = folder.join("providers.toml");
        let text = format!(
            "[[provider]]\nkey = \"clinic\"\nname = \"Clinic sign-in\"\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
             client_secret_file = \"client-secret\"\n",
            self.issuer()
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Whom it knows.
    pub fn knows(&self, subject: &str, email: &str, email_verified: bool) {
        self.with(|state| {
            (state.subject, state.email) = (subject.to_owned(), email.to_owned());
            state.email_verified = email_verified;
        });
    }

    /// What it does wrong from now on.
    pub fn does(&self, mischief: Mischief) {
        self.with(|state| state.mischief = mischief);
    }

    /// What time it is there.
    pub fn at(&self, now: Timestamp) {
        self.with(|state| state.now = Some(now.as_second()));
    }

    /// Signs with a new key from now on, and publishes that one alone.
    pub fn changes_its_key(&self) {
        self.with(|state| state.generation += 1);
    }

    /// How often a path was asked for.
    #[must_use]
    pub fn asked(&self, path: &str) -> usize {
        self.with(|state| state.asked.get(path).copied().unwrap_or_default())
    }

    /// What a browser does with the address that it is sent to: the code and the state with which it comes back.
    ///
    /// # Errors
    /// Where it is not sent back.
    pub fn visit(&self, address: &str) -> io::Result<(String, String)> {
        let path =
            address.strip_prefix(&self.issuer()).ok_or_else(|| io::Error::other(address.to_owned()))?;
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let location = text.lines().find_map(|line| line.strip_prefix("location: "));
        let query = location.and_then(|location| location.split_once('?')).map(|(_, query)| query);
        let fields = fields(query.ok_or_else(|| io::Error::other(text.clone()))?);
        let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
        Ok((get("code"), get("state")))
    }

    /// Is gone from now on.
    pub fn end(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection; this is the last one.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for IdProvider {
    fn drop(&mut self) {
        self.end();
    }
}

fn fields(query: &str) -> HashMap<String, String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let pair = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                let text = String::from_utf8_lossy(&pair).into_owned();
                bytes.push(u8::from_str_radix(&text, 16).unwrap_or(b'?'));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Base 64 for addresses (RFC 4648 section 5), without padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number =
            three.iter().enumerate().fold(0u32, |sum, (n, byte)| sum | u32::from(*byte) << (16 - 8 * n));
        for n in 0..=three.len() {
            let letter = (number >> (18 - 6 * n)) as usize & 63;
            text.push(LETTERS.get(letter).copied().map_or('?', char::from));
        }
    }
    text
}

fn key(generation: u8) -> io::Result<SigningKey> {
    SigningKey::from_slice(&[generation; 32]).map_err(io::Error::other)
}

fn answer(stream: TcpStream, state: &Mutex<State>, address: SocketAddr) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let target = line.split(' ').nth(1).unwrap_or("/").to_owned();
    let (mut length, mut secret) = (0, String::new());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => value.trim().clone_into(&mut secret),
            _ => {}
        }
    }
    let mut body = vec![0; std::cmp::min(length, 1 << 16)];
    reader.read_exact(&mut body)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    *state.asked.entry(path.to_owned()).or_default() += 1;
    let issuer = format!("http://{address}");
    let reply = match path {
        "/.well-known/openid-configuration" => json_reply("200 OK", &described(&issuer)),
        "/keys" => json_reply("200 OK", &keys(state.generation)?),
        "/authorize" => authorize(&mut state, &fields(query)),
        "/token" => token(&mut state, &issuer, &secret, &fields(&String::from_utf8_lossy(&body)))?,
        _ => json_reply("404 Not Found", &json!({})),
    };
    drop(state);
    let mut stream = stream;
    stream.write_all(reply.as_bytes())
}

fn json_reply(status: &str, value: &Value) -> String {
    let body = value.to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn described(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    })
}

fn keys(generation: u8) -> io::Result<Value> {
    let key = key(generation)?;
    let point = key.verifying_key().to_encoded_point(false);
    let part =
        |bytes: Option<&p256::FieldBytes>| base64(bytes.map(|bytes| bytes.as_slice()).unwrap_or_default());
    Ok(json!({"keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": format!("key-{generation}"),
        "x": part(point.x()), "y": part(point.y()),
    }]}))
}

fn authorize(state: &mut State, asked: &HashMap<String, String>) -> String {
    let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let good = get("client_id") == CLIENT
        && get("response_type") == "code"
        && get("code_challenge_method") == "S256"
        && get("scope").split(' ').any(|scope| scope == "openid");
    if !good {
        return json_reply("400 Bad Request", &json!({"error": "invalid_request"}));
    }
    state.issued += 1;
    let code = format!("code-{}", state.issued);
    let grant =
        Grant { redirect: get("redirect_uri"), challenge: get("code_challenge"), nonce: get("nonce") };
    let location = format!("{}?code={code}&state={}", grant.redirect, get("state"));
    state.codes.insert(code, grant);
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn token(
    state: &mut State,
    issuer: &str,
    secret: &str,
    asked: &HashMap<String, String>,
) -> io::Result<String> {
    let get = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let refused = || json_reply("400 Bad Request", &json!({"error": "invalid_grant"}));
    if state.mischief == Mischief::Broken {
        return Ok(json_reply("500 Internal Server Error", &json!({"oh": "no"})));
    }
    // RFC 6749 section 2.3.1: the client's name and secret, each escaped, then base 64.
    let wanted = format!("{CLIENT}:{}", SECRET.replace(' ', "+"));
    let sent = secret
        .strip_prefix("Basic ")
        .unwrap_or_default()
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    if sent != base64(wanted.as_bytes()) {
        return Ok(json_reply("401 Unauthorized", &json!({"error": "invalid_client"})));
    }
    // A code is good once (RFC 6749 section 4.1.2).
    let Some(grant) = state.codes.remove(&get("code")) else { return Ok(refused()) };
    let verifier = Digest::of(get("code_verifier").as_bytes());
    if grant.redirect != get("redirect_uri") || grant.challenge != base64(verifier.as_bytes()) {
        return Ok(refused());
    }
    let now = state.now.unwrap_or_else(now);
    let (issued, ends) = match state.mischief {
        Mischief::Expired => (now - 7_200, now - 3_600),
        _ => (now, now + 300),
    };
    let or = |mischief, wrong: &str, right: String| {
        if state.mischief == mischief { wrong.to_owned() } else { right }
    };
    let claims = json!({
        "iss": or(Mischief::WrongIssuer, "https://elsewhere.example", issuer.to_owned()),
        "aud": or(Mischief::WrongAudience, "another-program", CLIENT.to_owned()),
        "nonce": or(Mischief::WrongNonce, "another nonce", grant.nonce),
        "sub": state.subject, "email": state.email, "email_verified": state.email_verified,
        "iat": issued, "exp": ends,
    });
    let signer = if state.mischief == Mischief::OtherKey { key(200)? } else { key(state.generation)? };
    let head = json!({"alg": "ES256", "typ": "JWT", "kid": format!("key-{}", state.generation)});
    let said = format!("{}.{}", base64(head.to_string().as_bytes()), base64(claims.to_string().as_bytes()));
    let signature: Signature = signer.sign(said.as_bytes());
    let mut answer = json!({"access_token": "of no use here", "token_type": "Bearer", "expires_in": 300});
    if state.mischief != Mischief::NoToken
        && let Some(members) = answer.as_object_mut()
    {
        members.insert("id_token".to_owned(), json!(format!("{said}.{}", base64(&signature.to_bytes()))));
    }
    Ok(json_reply("200 OK", &answer))
}

fn now() -> i64 {
    app::edge::Edge::machine().now().as_second()
}
