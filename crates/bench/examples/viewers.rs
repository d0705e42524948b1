//! Five hundred people look at one incident, and one of them writes: how long until each has seen it?
//! `cargo run --release -p bench --example viewers [VIEWERS]`
//!
//! Each viewer opens the page and holds the incident's stream of events open, as a browser does. When the stream says that
//! something moved, the viewer asks for the page again, with rights of their own, says which regions it has, and gets those
//! that are others by now. The viewers share the machine with the server, two cores in all; what a browser unpacks and draws
//! on a machine of its own is left until all have their answer.
//! The promise: 300 ms from the entry to the page, for 95 of 100.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, Read as _},
    net::SocketAddr,
    time::{Duration, Instant},
};

use bench::{Times, heading, ms, row};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use testkit::{http::Client, server::Program};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};

const ROUNDS: usize = 10;
const SESSIONS: usize = 20;
const PROMISE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(30);
/// From one entry to the next: by then every viewer has read what it was sent.
const PAUSE: Duration = Duration::from_millis(1500);
/// A viewer reads what it was sent after this long.
const READING: Duration = Duration::from_millis(700);

type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let viewers = std::env::args().nth(1).map_or(Ok(500), |text| text.parse::<usize>())?;
    let folder = bench::scratch()?;
    let program = Program::new(bench::binary()?, folder.path().join("data"), None);
    program.done(["demo", "--no-serve", "--dir", &folder.path().to_string_lossy()])?;
    let made: Value =
        serde_json::from_str(&program.done(["token", "make", "bench", "--role", "lead", "--json"])?)?;
    let token = made.get("token").and_then(Value::as_str).ok_or("no token")?.to_owned();
    let roles = ["lead", "responder", "practice", "attorney"];
    let listed: Value = serde_json::from_str(&program.done(["practice", "list", "--json"])?)?;
    let practice = first_id(&listed).ok_or("no practice")?;
    let mut links = Vec::new();
    for number in 0..SESSIONS.min(viewers) {
        let role = roles.get(number % roles.len()).copied().unwrap_or("lead");
        let made =
            program.done(["token", "make", role, "--role", role, "--practice", &practice, "--link"])?;
        links.push(made.trim().rsplit('/').next().unwrap_or_default().to_owned());
    }
    let server = program.serve()?;
    let mut client = Client::new(server.address(), Some(&token));
    let incident = first_id(&client.get("/api/v1/incidents")?.json()).ok_or("no incident")?;
    let mut cookies = Vec::new();
    for link in &links {
        let answer = Client::new(server.address(), None).get(&format!("/signin/{link}"))?;
        cookies.push(
            answer
                .header("set-cookie")
                .and_then(|text| text.split(';').next())
                .ok_or("no cookie")?
                .to_owned(),
        );
    }
    for count in [1, viewers] {
        watch(&server.address(), server.id(), &mut client, &incident, &cookies, count).await?;
    }
    server.stop()?;
    Ok(())
}

fn first_id(list: &Value) -> Option<String> {
    let id = list.pointer("/items/0/id").or_else(|| list.pointer("/0/id"))?;
    id.as_str().map(str::to_owned)
}

/// What a viewer saw: when the event came, and when the page was there again.
struct Seen {
    told: Instant,
    shown: Instant,
    bytes: usize,
}

async fn watch(
    address: &SocketAddr,
    server: u32,
    client: &mut Client,
    incident: &str,
    cookies: &[String],
    count: usize,
) -> Result<(), Failed> {
    let (sender, mut seen) = mpsc::channel::<io::Result<Seen>>(count.max(1));
    let (ready, mut open) = mpsc::channel(count.max(1));
    let mut tasks = Vec::new();
    for number in 0..count {
        let cookie = cookies.get(number % cookies.len()).cloned().unwrap_or_default();
        let viewer = Viewer { address: *address, incident: incident.to_owned(), cookie };
        let (sender, ready) = (sender.clone(), ready.clone());
        tasks.push(tokio::spawn(async move {
            if let Err(error) = viewer.look(&sender, &ready).await {
                let _ = sender.send(Err(error)).await;
            }
        }));
    }
    for _ in 0..count {
        tokio::time::timeout(PATIENCE, open.recv()).await?;
    }
    let (mut told, mut shown, mut bytes) = (Times::default(), Times::default(), 0);
    let used = bench::processor_seconds(&server.to_string())?;
    for round in 0..ROUNDS {
        tokio::time::sleep(PAUSE).await;
        // A note is one line of the timeline; that another account is suspected is in most regions of the page.
        let (what, body) = if round % 2 == 0 {
            ("notes", json!({"text": format!("Note {round}: the scanner in room 3 is off the network.")}))
        } else {
            let subject = json!({"what": "account", "account": format!("temp{count}x{round}")});
            ("commands", json!({"command": "suspect", "subject": subject, "why": "it signed in at night"}))
        };
        let start = Instant::now();
        let answer = tokio::task::block_in_place(|| {
            client.post(&format!("/api/v1/incidents/{incident}/{what}"), &body, &[])
        })?;
        if answer.status >= 300 {
            return Err(format!("{} {}", answer.status, answer.text()).into());
        }
        for _ in 0..count {
            let one = tokio::time::timeout(PATIENCE, seen.recv()).await?.ok_or("the viewers are gone")??;
            told.add(one.told.saturating_duration_since(start));
            shown.add(one.shown.saturating_duration_since(start));
            bytes += one.bytes;
        }
    }
    let used = bench::processor_seconds(&server.to_string())? - used;
    for task in tasks {
        task.abort();
    }
    heading(&format!("{count} viewers of one incident"))?;
    let line = |times: &Times| {
        format!(
            "{:.0} / {:.0} / {:.0} ms",
            ms(times.quantile(0.5)),
            ms(times.quantile(0.95)),
            ms(times.quantile(1.0))
        )
    };
    row("told that something moved, p50 / p95 / slowest", &line(&told), None)?;
    let kept = shown.quantile(0.95) < PROMISE;
    row("the page is there again, p50 / p95 / slowest", &line(&shown), Some(("300 ms", kept)))?;
    let pages = (ROUNDS * count) as f64;
    row("one answer", &format!("{:.1} kB", bytes as f64 / pages / 1e3), None)?;
    row("processor time of the server", &format!("{:.2} ms a page", used * 1e3 / pages), None)?;
    row("memory of the server", &format!("{:.0} MB", bench::resident_megabytes(server)?), None)?;
    Ok(())
}

struct Viewer {
    address: SocketAddr,
    incident: String,
    cookie: String,
}

/// What the regions of a page are, by id.
type Regions = BTreeMap<String, String>;

impl Viewer {
    fn ask(&self, path: &str, accept: &str, more: &str) -> Vec<u8> {
        let Self { address, cookie, .. } = self;
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\naccept: {accept}\r\naccept-encoding: gzip\r\n{more}\r\n"
        );
        head.into_bytes()
    }

    /// As the page asks for itself again.
    fn ask_again(&self, regions: &Regions) -> Vec<u8> {
        let has: Vec<_> = regions.iter().map(|(id, digest)| format!("{id}:{digest}")).collect();
        let more = format!("hx-request: true\r\ntourniquet-has: {}\r\n", has.join(" "));
        self.ask(&format!("/incidents/{}", self.incident), "text/html", &more)
    }

    /// Holds the stream open and asks for the page whenever it says that something moved.
    async fn look(
        &self,
        sender: &mpsc::Sender<io::Result<Seen>>,
        ready: &mpsc::Sender<()>,
    ) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.address).await?;
        let mut pages = TcpStream::connect(self.address).await?;
        pages.set_nodelay(true)?;
        let mut buffer = vec![0; 64 << 10];
        let mut regions = Regions::new();
        pages.write_all(&self.ask(&format!("/incidents/{}", self.incident), "text/html", "")).await?;
        learn(&mut regions, &read_page(&mut pages, &mut buffer).await?)?;
        if regions.len() < 5 {
            return Err(io::Error::other("the page does not say what its regions are"));
        }
        let live = format!("/incidents/{}/live", self.incident);
        stream.write_all(&self.ask(&live, "text/event-stream", "")).await?;
        let mut text = String::new();
        let mut announced = false;
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            text.push_str(&String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()));
            if !announced && text.contains("\r\n\r\n") {
                announced = true;
                let _ = ready.send(()).await;
            }
            if !text.contains("event: moved") {
                continue;
            }
            let told = Instant::now();
            text.clear();
            pages.write_all(&self.ask_again(&regions)).await?;
            let body = read_page(&mut pages, &mut buffer).await?;
            let seen = Seen { told, shown: Instant::now(), bytes: body.len() };
            let _ = sender.send(Ok(seen)).await;
            tokio::time::sleep(READING).await;
            let before = regions.clone();
            learn(&mut regions, &body)?;
            if regions == before || regions.len() != before.len() {
                return Err(io::Error::other("an entry came, and no region is another"));
            }
        }
    }
}

/// Takes down what the regions of an answer are.
fn learn(regions: &mut Regions, packed: &[u8]) -> io::Result<()> {
    let mut text = String::new();
    GzDecoder::new(packed).read_to_string(&mut text)?;
    for (place, mark) in text.match_indices(" data-live=\"") {
        let tag = text.get(..place).and_then(|before| before.rsplit_once('<')).map_or("", |(_, tag)| tag);
        let id = tag.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
        let digest = text.get(place + mark.len()..).and_then(|rest| rest.split('"').next());
        if let (Some(id), Some(digest)) = (id, digest) {
            regions.insert(id.to_owned(), digest.to_owned());
        }
    }
    Ok(())
}

/// Reads one answer to its end, by its length, and gives its body.
async fn read_page(pages: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let count = pages.read(buffer).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        all.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(all.get(..end).unwrap_or_default()).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(io::Error::other(head));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize =
            length.and_then(|text| text.trim().parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        if all.len() >= end + 4 + length {
            return Ok(all.split_off(end + 4));
        }
    }
}
