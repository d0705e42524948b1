//! A headless Chromium, driven over the DevTools protocol on a loopback socket. One browser, a context for each person,
//! so that each has cookies of their own. Whatever a page writes to the console as an error, every exception and every
//! violation of its policy is kept, and fails the test.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::socket::Socket;

/// The longest that anything on a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most that a picture shows of a page from its top, in pixels.
const MOST: f64 = 12e6;

/// The bytes that a text in base64 stands for (RFC 4648, section 4).
fn unpacked(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(text.len() / 4 * 3), 0_u32, 0);
    for six in text.bytes().filter_map(value) {
        held = (held << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

/// The browser. Ended where it is dropped.
pub(crate) struct Browser {
    child: Child,
    socket: Socket,
    next: u64,
    complaints: Vec<String>,
    authenticator: String,
    _profile: TempDir,
}

/// One person's window.
#[derive(Clone)]
pub(crate) struct Window {
    session: String,
}

impl Browser {
    /// Starts it; `None`, loudly, where there is no Chromium.
    pub(crate) fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let started = names.into_iter().find_map(|name| {
            Command::new(name)
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-extensions",
                    "--remote-debugging-port=0",
                ])
                .arg(format!("--user-data-dir={}", profile.path().display()))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .ok()
        });
        let Some(mut child) = started else {
            eprintln!("SKIPPED: no chromium on this machine: install the package `chromium`");
            return None;
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| line.ok()?.strip_prefix("DevTools listening on ").map(str::to_owned))
            .expect("chromium says where it listens");
        // Its further words must be read, or it stops when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        let socket = Socket::connect(&url, PATIENCE).unwrap();
        Some(Self {
            child,
            socket,
            next: 0,
            complaints: Vec::new(),
            authenticator: String::new(),
            _profile: profile,
        })
    }

    /// What pages complained of since this was last asked.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        std::mem::take(&mut self.complaints)
    }

    fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut call = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            call["sessionId"] = json!(session);
        }
        self.socket.send(&call.to_string()).unwrap();
        loop {
            let text = self.socket.read().unwrap_or_else(|error| panic!("{method}: {error}"));
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.heard(&message);
        }
    }

    fn heard(&mut self, message: &Value) {
        let params = &message["params"];
        let said = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => params["exceptionDetails"].to_string(),
            Some("Runtime.consoleAPICalled")
                if matches!(params["type"].as_str(), Some("error" | "warning" | "assert")) =>
            {
                params["args"].to_string()
            }
            Some("Log.entryAdded")
                if matches!(params["entry"]["level"].as_str(), Some("error" | "warning")) =>
            {
                params["entry"].to_string()
            }
            _ => return,
        };
        self.complaints.push(said);
    }

    /// A window with cookies of its own.
    pub(crate) fn window(&mut self) -> Window {
        let context = self.ask(None, "Target.createBrowserContext", json!({}))["browserContextId"].clone();
        let target =
            self.ask(None, "Target.createTarget", json!({"url": "about:blank", "browserContextId": context}))
                ["targetId"]
                .clone();
        let session = self.ask(None, "Target.attachToTarget", json!({"targetId": target, "flatten": true}))["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.ask(Some(&session), domain, json!({}));
        }
        Window { session }
    }

    pub(crate) fn scripts_off(&mut self, window: &Window) {
        self.ask(Some(&window.session), "Emulation.setScriptExecutionDisabled", json!({"value": true}));
    }

    /// Gives the window a device that makes passkeys and knows its owner.
    pub(crate) fn virtual_authenticator(&mut self, window: &Window) {
        // The browser's dialogue asks for the window in front; a window without a screen never is, unless told so.
        self.ask(Some(&window.session), "Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        self.ask(Some(&window.session), "WebAuthn.enable", json!({}));
        let options = json!({"protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true});
        let made =
            self.ask(Some(&window.session), "WebAuthn.addVirtualAuthenticator", json!({"options": options}));
        self.authenticator = made["authenticatorId"].as_str().unwrap().to_owned();
    }

    /// Whether the device knows whoever touches it.
    pub(crate) fn user_verified(&mut self, window: &Window, known: bool) {
        let params = json!({"authenticatorId": self.authenticator, "isUserVerified": known});
        self.ask(Some(&window.session), "WebAuthn.setUserVerified", params);
    }

    /// The window's size, and which theme the system asks for.
    pub(crate) fn look_at(&mut self, window: &Window, (width, height): (u32, u32), theme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask(Some(&window.session), "Emulation.setDeviceMetricsOverride", size);
        let media = json!({"features": [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]});
        self.ask(Some(&window.session), "Emulation.setEmulatedMedia", media);
    }

    /// Keeps a picture of the whole page.
    pub(crate) fn picture(&mut self, window: &Window, width: u32, place: &Path) {
        let sizes = self.ask(Some(&window.session), "Page.getLayoutMetrics", json!({}));
        let tall = sizes["cssContentSize"]["height"].as_f64().unwrap_or(900.0).min(MOST / f64::from(width));
        let clip = json!({"x": 0, "y": 0, "width": width, "height": tall, "scale": 1});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let made = self.ask(Some(&window.session), "Page.captureScreenshot", params);
        fs::write(place, unpacked(made["data"].as_str().unwrap())).unwrap();
    }

    /// Keeps the page as it is printed, on letter paper.
    pub(crate) fn print(&mut self, window: &Window, place: &Path) {
        let params = json!({"preferCSSPageSize": true, "paperWidth": 8.5, "paperHeight": 11});
        let made = self.ask(Some(&window.session), "Page.printToPDF", params);
        fs::write(place, unpacked(made["data"].as_str().unwrap())).unwrap();
    }

    /// Goes to an address and waits until its page is whole.
    pub(crate) fn go(&mut self, window: &Window, url: &str) {
        let gone = self.ask(Some(&window.session), "Page.navigate", json!({"url": url}));
        assert!(gone.get("errorText").is_none(), "{url}: {gone}");
        self.until(window, "document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression on the page.
    pub(crate) fn value(&mut self, window: &Window, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.ask(Some(&window.session), "Runtime.evaluate", params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    pub(crate) fn until(&mut self, window: &Window, expression: &str) {
        let end = Instant::now() + PATIENCE;
        // The page may go away under the question.
        let asked =
            format!("(() => {{ try {{ return Boolean({expression}) }} catch {{ return false }} }})()");
        while self.value(window, &asked) != json!(true) {
            if Instant::now() >= end {
                let page = self.value(window, "location.href + '\\n' + document.body.innerText");
                panic!("never came: {expression}\n{}", page.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fills the fields of the first form that `selector` is in and sends it as a click on its button would; waits for
    /// the page that answers.
    pub(crate) fn send(&mut self, window: &Window, selector: &str, fields: &[(&str, &str)]) {
        let fields = json!(fields.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>());
        let sent = self.value(
            window,
            &format!(
                "(() => {{ const inner = document.querySelector({}); if (!inner) return false; const form = inner.closest('form');
                for (const [name, value] of {fields}) form.elements[name].value = value;
                document.documentElement.id = 'left'; form.closest('details')?.setAttribute('open', ''); form.querySelector('button[type=submit]').click(); return true; }})()",
                json!(selector)
            ),
        );
        assert_eq!(
            sent,
            json!(true),
            "no form with {selector}: {}",
            self.value(window, "document.body.innerText")
        );
        self.until(window, "document.documentElement.id !== 'left' && document.readyState === 'complete'");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
