//! Every page of a provider with 1,000 practices, 10,000 incidents and 1,000,000 alerts: how long the server needs for
//! it, and how much a browser loads at first. `cargo run --release -p bench --example pages [PRACTICES INCIDENTS ALERTS]`
//!
//! The promise: 95 of 100 answers within 20 ms, and under 60 kB for the first load of any page, with the style sheet and the
//! scripts. The record is the demo's, multiplied; it stays beside the program for the next time.

use std::{
    collections::BTreeSet,
    error::Error,
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use bench::{Times, heading, ms, row};
use serde_json::{Value, json};
use testkit::{
    http::{Answer, Client},
    scale::{self, Size},
    server::Program,
};

const PROMISE: Duration = Duration::from_millis(20);
const FIRST_LOAD: usize = 60_000;
const VISITS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut next = |usual: u64| numbers.next().unwrap_or(Ok(usual));
    let size = Size { practices: next(1_000)?, incidents: next(10_000)?, alerts: next(1_000_000)? };
    let binary = bench::binary()?;
    let place = binary
        .parent()
        .unwrap_or(&binary)
        .join(format!("bench-provider-{}-{}-{}", size.practices, size.incidents, size.alerts));
    let program = Program::new(&binary, place.join("data"), None);
    fill(&program, &place, size)?;
    let link = program.done(["token", "make", "bench", "--role", "lead", "--link"])?;
    let staff = staff_page(&program)?;
    let server = program.serve()?;
    let mut client = Client::new(server.address(), None);
    let cookie = sign_in(&mut client, link.trim())?;
    heading(&format!("{} practices, {} incidents, {} alerts", size.practices, size.incidents, size.alerts))?;
    row(
        "the server's memory at its start",
        &format!("{:.0} MB", bench::resident_megabytes(server.id())?),
        None,
    )?;

    for (name, paths) in every_page(&mut client, &cookie, staff)? {
        visit(&mut client, &cookie, name, &paths)?;
    }
    row(
        "the server's memory afterwards",
        &format!("{:.0} MB", bench::resident_megabytes(server.id())?),
        None,
    )?;
    server.stop()?;
    Ok(())
}

/// Kinds of pages, and some of each.
type Pages = Vec<(&'static str, Vec<String>)>;

fn every_page(client: &mut Client, cookie: &str, staff: String) -> Result<Pages, Box<dyn Error>> {
    let incidents = ids(client, cookie, "/api/v1/incidents?limit=200")?;
    let alerts = ids(client, cookie, "/api/v1/alerts?limit=200")?;
    let practices = ids(client, cookie, "/api/v1/practices")?;
    let whole = |path: &str| vec![path.to_owned()];
    let each =
        |of: &[String], path: &str| -> Vec<String> { of.iter().map(|id| path.replace("{id}", id)).collect() };
    let mut pages = vec![
        ("board", whole("/")),
        ("alerts", whole("/alerts")),
        ("alerts that wait", whole("/alerts?verdict=none")),
        ("alerts, severe, with a word", whole("/alerts?severity=high&text=powershell")),
        ("alerts, a host", whole("/alerts?text=WS-00042")),
        ("an alert", each(&alerts, "/alerts/{id}")),
        ("journal", whole("/journal")),
        ("practices", whole("/practices")),
        ("a practice", each(&practices, "/practices/{id}")),
        ("administration", whole("/administration")),
        ("what works today", whole("/today")),
        (
            "an entry of the journal",
            (0..200).map(|number| format!("/journal/{}", number * 4_000 + 7)).collect(),
        ),
        ("declare an incident", whole("/declare")),
        ("one's own page", whole("/me")),
        ("emergencies", whole("/emergencies")),
        ("the staff's page", whole(&staff)),
        ("the sheet for the wall", vec![format!("{staff}/poster")]),
    ];
    for (name, tab) in [
        ("war room", ""),
        ("systems", "/systems"),
        ("accounts", "/accounts"),
        ("evidence", "/evidence"),
        ("investigation", "/investigation"),
        ("breach", "/breach"),
        ("recovery", "/recovery"),
        ("lessons", "/lessons"),
        ("notes", "/notes"),
        ("situation report", "/situation"),
        ("reports and packages", "/reports"),
        ("what if", "/breach/what-if"),
        ("worksheet for HHS", "/breach/papers/hhs"),
    ] {
        pages.push((name, each(&incidents, &format!("/incidents/{{id}}{tab}"))));
    }
    for (name, from, below) in [
        ("a paper form", each(&practices, "/practices/{id}"), "/forms/"),
        ("the staff's paper form", vec![staff], "/forms/"),
        ("a system", each(&incidents, "/incidents/{id}/systems"), "/systems/"),
        ("a note", each(&incidents, "/incidents/{id}/notes"), "/notes/"),
    ] {
        pages.push((name, links(client, cookie, &from, below)?));
    }
    if let Some((_, notes)) = pages.last_mut()
        && notes.is_empty()
    {
        write_notes(client, cookie)?;
        let open = ids(client, cookie, OPEN)?;
        *notes = links(client, cookie, &each(&open, "/incidents/{id}/notes"), "/notes/")?;
    }
    Ok(pages)
}

/// Some incidents that are open.
const OPEN: &str = "/api/v1/incidents?status=open&limit=20";

/// Writes a note in each of some incidents: the demo, which the record is a multiple of, has none by itself.
fn write_notes(client: &mut Client, cookie: &str) -> Result<(), Box<dyn Error>> {
    let note = json!({"text": "Exam room 3 is off the network. Dr. Osei has the paper forms.\n".repeat(12), "privileged": false});
    let note = serde_json::to_vec(&note)?;
    let headers =
        [("cookie", cookie), ("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
    for id in ids(client, cookie, OPEN)? {
        let path = format!("/api/v1/incidents/{id}/notes");
        let answer = client.send("POST", &path, &headers, &note)?;
        if answer.status >= 300 {
            return Err(format!("{path}: {} {}", answer.status, answer.text()).into());
        }
    }
    Ok(())
}

/// The page of a practice's front desk.
fn staff_page(program: &Program) -> Result<String, Box<dyn Error>> {
    let listed: Value = serde_json::from_str(&program.done(["practice", "list", "--json"])?)?;
    let home = listed.pointer("/items/0/id").or_else(|| listed.pointer("/0/id"));
    let home = home.and_then(Value::as_str).ok_or("no practice")?;
    let made = program.done(["token", "make", "desk", "--role", "staff", "--practice", home, "--json"])?;
    let made: Value = serde_json::from_str(&made)?;
    Ok(format!("/staff/{}", made.get("token").and_then(Value::as_str).ok_or("no token")?))
}

/// Makes the record, unless it is there.
fn fill(program: &Program, place: &Path, size: Size) -> Result<(), Box<dyn Error>> {
    let done = place.join("filled");
    if done.exists() {
        return Ok(());
    }
    if place.exists() {
        fs::remove_dir_all(place)?;
    }
    fs::create_dir_all(place)?;
    program.done(["demo", "--no-serve", "--dir", &place.to_string_lossy()])?;
    let start = Instant::now();
    tokio::runtime::Runtime::new()?
        .block_on(scale::multiply(program.data(), size))
        .map_err(|error| io::Error::other(error.to_string()))?;
    fs::write(&done, "")?;
    heading(&format!("filled in {:.0} s", start.elapsed().as_secs_f64()))?;
    Ok(())
}

/// Signs a browser in; gives its cookie.
fn sign_in(client: &mut Client, link: &str) -> Result<String, Box<dyn Error>> {
    let path = link.rsplit('/').next().unwrap_or(link);
    let answer = client.get(&format!("/signin/{path}"))?;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    Ok(cookie.ok_or("no cookie")?.to_owned())
}

fn ask(client: &mut Client, cookie: &str, path: &str) -> io::Result<Answer> {
    let headers = [("cookie", cookie), ("accept-encoding", "gzip"), ("accept", "text/html,application/json")];
    client.send("GET", path, &headers, &[])
}

fn ids(client: &mut Client, cookie: &str, path: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let answer = client.send("GET", path, &[("cookie", cookie), ("accept", "application/json")], &[])?;
    let items = answer.json();
    let items =
        items.get("items").and_then(Value::as_array).ok_or_else(|| format!("{path}: {}", answer.status))?;
    Ok(items.iter().filter_map(|item| item.get("id").and_then(Value::as_str)).map(str::to_owned).collect())
}

/// Looks at a page many times, at another of its kind each time; then loads it as a browser does that was never here.
fn visit(client: &mut Client, cookie: &str, name: &str, paths: &[String]) -> Result<(), Box<dyn Error>> {
    let mut times = Times::default();
    let mut largest = 0;
    for path in paths.iter().cycle().take(VISITS) {
        let start = Instant::now();
        let answer = ask(client, cookie, path)?;
        times.add(start.elapsed());
        if answer.status != 200 {
            row(name, &format!("{path}: {}", answer.status), None)?;
            return Ok(());
        }
        largest = largest.max(answer.body.len());
    }
    let Some(first) = paths.first() else {
        row(name, "there is none", None)?;
        return Ok(());
    };
    let mut loaded = largest;
    for asset in assets(client, cookie, first)? {
        loaded += ask(client, cookie, &asset)?.body.len();
    }
    let kept = times.quantile(0.95) < PROMISE && loaded < FIRST_LOAD;
    let told = format!(
        "p50 {:6.1}  p95 {:6.1} ms  {:5.1} + {:4.1} kB",
        ms(times.quantile(0.5)),
        ms(times.quantile(0.95)),
        largest as f64 / 1e3,
        (loaded - largest) as f64 / 1e3,
    );
    row(name, &told, Some(("20 ms, 60 kB", kept)))?;
    Ok(())
}

/// Where the pages lead to, below themselves.
fn links(client: &mut Client, cookie: &str, pages: &[String], below: &str) -> io::Result<Vec<String>> {
    let mut found = BTreeSet::new();
    for path in pages.iter().take(VISITS) {
        let page = client.send("GET", path, &[("cookie", cookie), ("accept", "text/html")], &[])?.text();
        let stem = path.strip_suffix(below.trim_end_matches('/')).unwrap_or(path);
        let own = |link: &&str| link.starts_with(&format!("{stem}{below}")) && !link.contains(['?', '#']);
        found.extend(page.split(['"', '\'']).filter(own).map(str::to_owned));
    }
    Ok(found.into_iter().collect())
}

/// What the page has the browser load.
fn assets(client: &mut Client, cookie: &str, path: &str) -> io::Result<BTreeSet<String>> {
    let page = client.send("GET", path, &[("cookie", cookie), ("accept", "text/html")], &[])?.text();
    let links = page.split(['"', '\'']).filter(|part| part.starts_with("/assets/"));
    Ok(links.map(str::to_owned).collect())
}
