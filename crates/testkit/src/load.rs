//! Clients that write to a server over HTTP and keep an account of it: what they sent, and what of it the server
//! acknowledged. Whatever happens to the server meanwhile, [`Account::check`] then holds it to its word.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    alert,
    http::{Answer, Client},
    random::Random,
};

/// How long a client waits after an answer that asks it to come back later.
const PAUSE: Duration = Duration::from_millis(20);

/// What a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Take an alert in. The marker is the vendor's own id.
    Alert,
    /// Open an incident. The marker is the idempotency key and the title.
    Declare,
    /// Name a system as suspected. The marker is the idempotency key and the reason.
    Command,
    /// Take an item of evidence in. The marker is the idempotency key, the name and what the bytes are made from.
    Evidence,
}

/// One request; sent again it is the same, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What for.
    pub kind: Kind,
    /// Nobody else's.
    pub marker: String,
    /// The incident, where it is about one.
    pub incident: String,
}

/// An acknowledgement: the ids that the server gave.
type Ids = Vec<String>;

/// What a client did in a round.
#[derive(Debug, Default)]
pub struct Tally {
    /// Acknowledged, with the ids in the answer.
    pub taken: Vec<(Job, Ids)>,
    /// Sent and not acknowledged, or told to come later.
    pub open: Vec<Job>,
    /// Refused although nothing was wrong with it.
    pub refused: Vec<String>,
    /// Told to come later: status and code.
    pub later: Vec<(u16, String)>,
}

/// Everything that was sent, over all rounds.
#[derive(Debug, Default)]
pub struct Account {
    taken: BTreeMap<(Kind, String), BTreeSet<Ids>>,
    of_incident: BTreeMap<(Kind, String), String>,
    incidents: Vec<String>,
    open: Vec<Job>,
    /// How often a request had no answer.
    pub unanswered: u64,
    /// Refusals of what should have been taken.
    pub refused: Vec<String>,
    /// Answers that asked to come later, by status and code.
    pub later: BTreeMap<(u16, String), u64>,
}

/// Clients at work.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    clients: Vec<JoinHandle<Tally>>,
}

/// What a round of clients works with.
#[derive(Debug, Clone)]
pub struct Round {
    /// The server.
    pub address: SocketAddr,
    /// A token that may do everything.
    pub token: String,
    /// The practice.
    pub practice: String,
    /// Makes this round's markers its own.
    pub name: String,
    /// How many clients.
    pub clients: usize,
}

impl Account {
    /// Sets clients to work: first on what earlier rounds left without an answer.
    pub fn begin(&mut self, round: &Round) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let mut shares: Vec<Vec<Job>> = (0..round.clients).map(|_| Vec::new()).collect();
        for (at, job) in std::mem::take(&mut self.open).into_iter().enumerate() {
            if let Some(share) = shares.get_mut(at % round.clients.max(1)) {
                share.push(job);
            }
        }
        // The newest incidents, so that none grows beyond what a real one does.
        let recent: Vec<_> = self.incidents.iter().rev().take(round.clients).cloned().collect();
        let clients = shares.into_iter().enumerate().map(|(number, share)| {
            let (stop, round, recent) = (Arc::clone(&stop), round.clone(), recent.clone());
            thread::spawn(move || work(&round, number, share, recent, &stop))
        });
        Load { clients: clients.collect(), stop }
    }

    /// Lets the clients end and takes down what they did: how many requests were acknowledged and how many were not.
    pub fn end(&mut self, load: Load) -> (usize, usize) {
        load.stop.store(true, Ordering::Relaxed);
        let (mut taken, mut open) = (0, 0);
        for client in load.clients {
            let tally = client.join().unwrap_or_else(|_| Tally {
                refused: vec!["a client ended by a panic".to_owned()],
                ..Tally::default()
            });
            taken += tally.taken.len();
            open += tally.open.len();
            for (job, ids) in tally.taken {
                if job.kind == Kind::Declare {
                    self.incidents.extend(ids.first().cloned());
                }
                self.of_incident.insert((job.kind, job.marker.clone()), job.incident);
                self.taken.entry((job.kind, job.marker)).or_default().insert(ids);
            }
            self.unanswered += tally.open.len() as u64;
            self.open.extend(tally.open);
            self.refused.extend(tally.refused);
            for what in tally.later {
                *self.later.entry(what).or_default() += 1;
            }
        }
        (taken, open)
    }

    /// How many requests of a kind were acknowledged.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.taken.keys().filter(|(own, _)| *own == kind).count()
    }

    /// What is still without an answer.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Holds the server to its word: all that was acknowledged is there, as it was acknowledged, and nothing twice.
    /// Gives back what is wrong.
    ///
    /// # Errors
    /// [`io::Error`] where the server does not answer.
    pub fn check(&self, client: &mut Client) -> io::Result<Vec<String>> {
        let mut wrong = self.refused.clone();
        let mut alerts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in pages(client, "/api/v1/alerts")? {
            alerts.entry(text(&row, "/alert/source_id")).or_default().push(text(&row, "/id"));
        }
        self.compare(Kind::Alert, &alerts, &mut wrong);
        let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut commands: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut evidence: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in pages(client, "/api/v1/incidents")? {
            let id = text(&row, "/id");
            declared.entry(text(&row, "/title")).or_default().push(id.clone());
            for (expected, told) in (1..).zip(timeline(client, &id)?) {
                let version = told.pointer("/entry/version").and_then(Value::as_u64);
                if version != Some(expected) {
                    wrong.push(format!("incident {id}: version {version:?} where {expected} belongs"));
                    break;
                }
                let into = match told.pointer("/entry/kind").and_then(Value::as_str) {
                    Some("suspected") => &mut commands,
                    Some("evidence_taken") => &mut evidence,
                    _ => continue,
                };
                into.entry(text(&told, "/entry/body/why")).or_default().push(text(&told, "/entry/id"));
            }
        }
        self.compare(Kind::Declare, &declared, &mut wrong);
        self.compare(Kind::Command, &commands, &mut wrong);
        self.compare(Kind::Evidence, &evidence, &mut wrong);
        Ok(wrong)
    }

    fn compare(&self, kind: Kind, there: &BTreeMap<String, Vec<String>>, wrong: &mut Vec<String>) {
        for (marker, ids) in there {
            if ids.len() > 1 {
                wrong.push(format!("{kind:?} {marker} is there {} times: {}", ids.len(), ids.join(", ")));
            }
        }
        for ((own, marker), answers) in &self.taken {
            if *own != kind {
                continue;
            }
            if answers.len() > 1 {
                wrong.push(format!("{kind:?} {marker} was acknowledged as different things: {answers:?}"));
            }
            let found = there.get(marker).and_then(|ids| ids.first());
            let told = answers.iter().next().and_then(|ids| ids.first());
            if found.is_none() || found != told {
                wrong.push(format!("{kind:?} {marker} was acknowledged as {told:?}, and {found:?} is there"));
            }
        }
    }

    /// Reads the bytes of up to `most` acknowledged alerts and items of evidence back. Gives back what is wrong.
    ///
    /// # Errors
    /// [`io::Error`] where the server does not answer.
    pub fn read_back(&self, client: &mut Client, most: usize) -> io::Result<Vec<String>> {
        let mut wrong = Vec::new();
        let step = (self.count(Kind::Alert) / most.max(1)).max(1);
        let alerts = self.taken.iter().filter(|((kind, _), _)| *kind == Kind::Alert);
        for ((_, marker), answers) in alerts.step_by(step) {
            let Some(id) = answers.iter().next().and_then(|ids| ids.first()) else { continue };
            let answer = client.get(&format!("/api/v1/alerts/{id}/raw"))?;
            if answer.status != 200 || answer.body != alert_of(marker) {
                wrong.push(format!("alert {id}: its bytes are not those that were sent ({})", answer.status));
            }
        }
        let step = (self.count(Kind::Evidence) / most.max(1)).max(1);
        let items = self.of_incident.iter().filter(|((kind, _), _)| *kind == Kind::Evidence);
        for ((_, marker), incident) in items.step_by(step) {
            let rows = pages(client, &format!("/api/v1/incidents/{incident}/evidence"))?;
            let Some(row) = rows.iter().find(|row| text(row, "/name") == *marker) else {
                wrong
                    .push(format!("evidence {marker} was acknowledged and is not in the list of {incident}"));
                continue;
            };
            let answer = client.get(&format!("/api/v1/evidence/{}/content", text(row, "/id")))?;
            if answer.status != 200 || answer.body != evidence_of(marker) {
                wrong.push(format!(
                    "evidence {marker}: its bytes are not those that were sent ({})",
                    answer.status
                ));
            }
        }
        Ok(wrong)
    }
}

/// Every row of a list.
///
/// # Errors
/// [`io::Error`] where the server does not answer, or with something else than a page.
pub fn pages(client: &mut Client, path: &str) -> io::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = client.get(&format!("{path}?limit=500{cursor}"))?;
        let page = answer.json();
        let items = page.get("items").and_then(Value::as_array).ok_or_else(|| unexpected(path, &answer))?;
        all.extend(items.iter().cloned());
        match page.get("next").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}

/// An incident's entries.
fn timeline(client: &mut Client, incident: &str) -> io::Result<Vec<Value>> {
    let path = format!("/api/v1/incidents/{incident}/timeline");
    let answer = client.get(&path)?;
    let entries = answer.json().get("items").and_then(Value::as_array).cloned();
    entries.ok_or_else(|| unexpected(&path, &answer))
}

fn unexpected(path: &str, answer: &Answer) -> io::Error {
    io::Error::other(format!("{path}: {} {}", answer.status, answer.text()))
}

/// The text at a JSON pointer; empty where there is none.
fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn seed_of(marker: &str) -> Random {
    Random::new(marker.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into())))
}

fn alert_of(marker: &str) -> Vec<u8> {
    alert::defender(marker, &mut seed_of(marker), 200).to_string().into_bytes()
}

fn evidence_of(marker: &str) -> Vec<u8> {
    let mut random = seed_of(marker);
    (0..2_000).flat_map(|_| random.next().to_le_bytes()).collect()
}

/// One client: repeats what is open, then makes new requests, until it is told to stop or the server is gone.
fn work(
    round: &Round,
    number: usize,
    mut jobs: Vec<Job>,
    mut incidents: Vec<String>,
    stop: &AtomicBool,
) -> Tally {
    let mut tally = Tally::default();
    let mut client = Client::new(round.address, Some(&round.token));
    let mut random = seed_of(&format!("{} {number}", round.name));
    let mut made = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        let job = jobs.pop().unwrap_or_else(|| {
            made += 1;
            new_job(format!("{}-{number}-{made}", round.name), &mut random, &incidents)
        });
        // A sender that had its answer sends again, now and then: it is told the same.
        let again = job.kind == Kind::Alert && random.below(20) == 0;
        for _ in 0..=u8::from(again) {
            match send(&mut client, round, &job) {
                Ok(answer) => match answer.status {
                    200..=202 => {
                        let ids = ids_in(job.kind, &answer.json());
                        if job.kind == Kind::Declare {
                            incidents.extend(ids.first().cloned());
                        }
                        tally.taken.push((job.clone(), ids));
                    }
                    409 | 429 | 503 | 507 => {
                        tally.later.push((answer.status, text(&answer.json(), "/code")));
                        tally.open.push(job.clone());
                        thread::sleep(PAUSE);
                    }
                    _ => tally.refused.push(format!("{job:?}: {} {}", answer.status, answer.text())),
                },
                Err(_) => {
                    tally.open.push(job);
                    tally.open.append(&mut jobs);
                    return tally;
                }
            }
        }
    }
    tally.open.append(&mut jobs);
    tally
}

fn new_job(marker: String, random: &mut Random, incidents: &[String]) -> Job {
    let chosen = usize::try_from(random.below(incidents.len() as u64)).ok().and_then(|at| incidents.get(at));
    let (kind, incident) = match (chosen, random.below(100)) {
        (None, 0..20) | (_, 0..2) => (Kind::Declare, String::new()),
        (Some(incident), 2..22) => (Kind::Command, incident.clone()),
        (Some(incident), 22..26) => (Kind::Evidence, incident.clone()),
        _ => (Kind::Alert, String::new()),
    };
    Job { kind, marker, incident }
}

fn send(client: &mut Client, round: &Round, job: &Job) -> io::Result<Answer> {
    let Job { kind, marker, incident } = job;
    let key = ("idempotency-key", marker.as_str());
    match kind {
        Kind::Alert => {
            let headers = [("content-type", "application/json")];
            client.send(
                "POST",
                &format!("/api/v1/intake/microsoft-defender?practice={}", round.practice),
                &headers,
                &alert_of(marker),
            )
        }
        Kind::Declare => {
            let body = json!({
                "practice": round.practice, "title": marker, "incident_kind": "malware", "reason": "a drill of power cuts",
            });
            client.post("/api/v1/incidents", &body, &[key])
        }
        Kind::Command => {
            let body = json!({
                "command": "suspect", "subject": {"what": "system", "system": marker}, "why": marker,
            });
            client.post(&format!("/api/v1/incidents/{incident}/commands"), &body, &[key])
        }
        Kind::Evidence => {
            let path =
                format!("/api/v1/incidents/{incident}/evidence?name={marker}&source=drill&why={marker}");
            let headers = [("content-type", "application/octet-stream"), key];
            client.send("POST", &path, &headers, &evidence_of(marker))
        }
    }
}

/// The ids by which the server acknowledged: the alert's, the incident's, the entries'.
fn ids_in(kind: Kind, answer: &Value) -> Ids {
    match kind {
        Kind::Alert => vec![text(answer, "/id")],
        Kind::Declare => vec![text(answer, "/incident")],
        Kind::Command | Kind::Evidence => {
            let entries = answer.get("entries").and_then(Value::as_array).into_iter().flatten();
            entries.map(|entry| text(entry, "/id")).collect()
        }
    }
}
