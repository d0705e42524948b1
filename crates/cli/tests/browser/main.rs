//! The real binary in a real browser: people at their own windows take the demo's Monday on by links and forms, with
//! scripts and without; what a page writes to the console, and every violation of its policy, fails the test. Every page
//! is checked by axe in both themes, and for its width on a phone.
#![cfg(test)]

mod chromium;
mod closing;
mod elsewhere;
mod every;
mod looks;
mod passkeys;
mod socket;
mod weight;

use std::{fs, path::Path, process::Command, time::Instant};

use chromium::{Browser, Window};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::server::{Program, Server};

/// The demo's incident, served, and links for four people.
struct Scene {
    server: Server,
    incident: String,
    practice: String,
    links: Vec<(&'static str, String)>,
    /// The token of the staff page, one that reads the API, and the attorney's.
    staff: String,
    reader: String,
    attorney: String,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self::made(|_| {})
    }

    /// The same, with more in its record before it is served.
    fn made(more: impl FnOnce(&Program)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo");
        let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), demo.join("data"), None);
        program.done(["demo", "--no-serve", "--dir", &demo.to_string_lossy()]).unwrap();
        let listed: Value =
            serde_json::from_str(&program.done(["incident", "list", "--json"]).unwrap()).unwrap();
        let incident = listed
            .pointer("/items/0/id")
            .or_else(|| listed.pointer("/0/id"))
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        let practices: Value =
            serde_json::from_str(&program.done(["practice", "list", "--json"]).unwrap()).unwrap();
        let practice = practices
            .pointer("/items/0/id")
            .or_else(|| practices.pointer("/0/id"))
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        let link = |role: &'static str| {
            let made = program
                .done(["token", "make", role, "--role", role, "--practice", &practice, "--link"])
                .unwrap();
            (role, made.trim().rsplit('/').next().unwrap().to_owned())
        };
        let mut links = ["responder", "practice", "attorney", "lead"].map(link).to_vec();
        let provider = program.done(["token", "make", "provider", "--role", "lead", "--link"]).unwrap();
        links.push(("provider", provider.trim().rsplit('/').next().unwrap().to_owned()));
        let token = |name: &str, role: &str| {
            let made = program
                .done(["token", "make", name, "--role", role, "--practice", &practice, "--json"])
                .unwrap();
            let made: Value = serde_json::from_str(made.trim()).unwrap();
            made["token"].as_str().unwrap().to_owned()
        };
        let (staff, reader) = (token("front desk", "staff"), token("reader", "lead"));
        let attorney = token("counsel", "attorney");
        more(&program);
        let server = program.serve().unwrap();
        Self { server, incident, practice, links, staff, reader, attorney, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    fn room(&self, tab: &str) -> String {
        self.url(&format!("/incidents/{}{tab}", self.incident))
    }

    /// The link that signs this role in, once.
    fn link(&self, role: &str) -> &str {
        &self.links.iter().find(|(own, _)| *own == role).unwrap().1
    }

    fn sign_in(&self, browser: &mut Browser, role: &str) -> Window {
        let window = browser.window();
        browser.go(&window, &self.url(&format!("/signin/{}", self.link(role))));
        window
    }
}

/// From a proposal to a containment that was looked at again, by the people whose word it needs.
fn contain(browser: &mut Browser, scene: &Scene, responder: &Window, practice: &Window) {
    let proposal = "input[name=command][value=propose_containment]";
    browser.go(responder, &scene.room("/systems/pacs"));
    let fields = [("measure", "isolate_host"), ("why", "it talks to the attacker’s address")];
    browser.send(responder, proposal, &fields);
    browser.until(responder, "document.body.innerText.includes('Recorded:')");
    for window in [responder, practice] {
        browser.go(window, &scene.room("/systems/pacs"));
        browser.send(window, "input[name=command][value=approve_containment]", &[]);
    }
    browser.go(responder, &scene.room("/systems/pacs"));
    browser.send(responder, "input[name=command][value=apply_containment]", &[]);
    browser.send(
        responder,
        "input[name=command][value=verify_containment]",
        &[("how", "it answers no more")],
    );
    browser.until(responder, "document.body.innerText.includes('Looked at again: it answers no more')");
}

#[test]
fn people_at_their_own_windows_triage_and_contain_and_see_it_live() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let responder = scene.sign_in(&mut browser, "responder");
    let practice = scene.sign_in(&mut browser, "practice");

    browser.go(&responder, &scene.url("/alerts?verdict=none"));
    let before = browser.value(&responder, "document.querySelectorAll('[data-alert]').length");
    assert!(before.as_u64().is_some_and(|count| count > 0), "no alert waits in the demo");
    // One key chooses the verdict and leads to the reason.
    browser
        .value(&responder, "document.dispatchEvent(new KeyboardEvent('keydown', {key: 't', bubbles: true}))");
    browser.until(&responder, "document.querySelector('input[value=true_positive]').checked && document.activeElement.name === 'reasons:lines'");
    browser.send(
        &responder,
        "input[name=verdict]",
        &[("verdict", "true_positive"), ("reasons:lines", "seen on the machine")],
    );
    let after = browser.value(&responder, "document.querySelectorAll('[data-alert]').length");
    assert!(after.as_u64() < before.as_u64() || before == json!(40), "{before} then {after}");

    // The practice's window stands open and shows what the responder does, without being touched.
    browser.go(&practice, &scene.room("/notes"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    browser.go(&responder, &scene.room("/notes"));
    browser.send(&responder, "textarea[name=text]", &[("text", "The scanner in room 3 is off the network.")]);
    let written = Instant::now();
    browser.until(&practice, "document.getElementById('notes').innerText.includes('The scanner in room 3')");
    eprintln!("seen live after {} ms (polled every 20 ms)", written.elapsed().as_millis());

    contain(&mut browser, &scene, &responder, &practice);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_same_is_done_with_scripts_off() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let responder = scene.sign_in(&mut browser, "responder");
    let practice = scene.sign_in(&mut browser, "practice");
    browser.scripts_off(&responder);
    browser.scripts_off(&practice);
    browser.go(&responder, &scene.url("/alerts?verdict=none"));
    browser.send(
        &responder,
        "input[name=verdict]",
        &[("verdict", "undetermined"), ("reasons:lines", "looked at without scripts")],
    );
    contain(&mut browser, &scene, &responder, &practice);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn what_one_writes_outlives_its_window_and_anothers_edit_comes_without_taking_it() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let responder = scene.sign_in(&mut browser, "responder");
    let practice = scene.sign_in(&mut browser, "practice");
    let typed = |text: &str| {
        format!(
            "(() => {{ const field = document.querySelector('#notes details[open] textarea') ?? document.querySelector('textarea[name=text]'); field.value = {}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})()",
            json!(text)
        )
    };
    browser.go(&responder, &scene.room("/notes"));
    browser.value(&responder, &typed("Half a sentence about the sca"));
    browser.until(
        &responder,
        "document.querySelector('[data-draft-state]').textContent.startsWith('Draft kept')",
    );
    // The window goes, as in a crash; another one of the same person has it.
    browser.go(&responder, &scene.url("/"));
    browser.go(&responder, &scene.room("/notes"));
    browser.until(
        &responder,
        "document.querySelector('textarea[name=text]').value === 'Half a sentence about the sca'",
    );
    browser.send(&responder, "textarea[name=text]", &[("text", "one\ntwo\nthree")]);
    browser.until(
        &responder,
        "document.querySelector('#notes article p.pre').textContent === 'one\\ntwo\\nthree'",
    );

    // Both open the same note; what one keeps appears at the other beside the text being written.
    for window in [&responder, &practice] {
        browser.go(window, &scene.room("/notes"));
        browser.value(window, "document.querySelector('#notes article details').open = true");
    }
    browser.value(&practice, &typed("one\ntwo\nthree, which the practice saw"));
    std::thread::sleep(std::time::Duration::from_millis(900));
    browser.send(&responder, "#notes textarea", &[("text", "one, by the responder\ntwo\nthree")]);
    browser.until(
        &practice,
        "document.querySelector('#notes article p.pre').textContent.startsWith('one, by the responder')",
    );
    browser.until(&practice, "!document.querySelector('#notes [data-news]').hidden");
    let own = browser.value(&practice, "document.querySelector('#notes textarea').value");
    assert_eq!(own, json!("one\ntwo\nthree, which the practice saw"), "the text being written was taken");
    browser.value(&practice, "document.querySelector('#notes form').requestSubmit()");
    browser.until(&practice, "document.querySelector('#notes article p.pre')?.textContent === 'one, by the responder\\ntwo\\nthree, which the practice saw'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// axe, as the lock file names it, fetched once for this build directory.
fn axe() -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/npm");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-npm");
    fs::create_dir_all(&place).unwrap();
    for name in ["package.json", "package-lock.json"] {
        fs::copy(source.join(name), place.join(name)).unwrap();
    }
    let script = place.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        let ran = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"])
            .current_dir(&place)
            .output();
        if !ran.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: axe-core cannot be fetched with npm");
            return None;
        }
    }
    Some(fs::read_to_string(script).unwrap())
}

#[test]
fn the_investigation_is_zoomed_and_a_line_of_it_becomes_a_finding_with_scripts_and_without() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    for (role, scripts) in [("responder", true), ("lead", false)] {
        let window = scene.sign_in(&mut browser, role);
        if !scripts {
            browser.scripts_off(&window);
        }
        browser.go(&window, &scene.room("/investigation"));
        let bars = "document.querySelectorAll('.fig.time .bar').length";
        assert!(browser.value(&window, bars).as_u64() > Some(40));
        let steps = browser.value(&window, "document.querySelectorAll('.fig.path .step').length");
        assert_eq!(steps, json!(5), "the way from host to host");
        // A link of the axis leads to a part of it, and the part has an address.
        let zoom = browser.value(&window, "document.querySelector('.fig.time a.zoom').getAttribute('href')");
        browser.go(&window, &scene.url(zoom.as_str().unwrap()));
        assert!(browser.value(&window, "location.search").as_str().unwrap().contains("from=2026-09-"));
        browser.go(&window, &scene.room("/investigation?level=critical"));
        let line = browser
            .value(&window, "document.querySelector('a[href*=\"finding?line=\"]').getAttribute('href')");
        browser.go(&window, &scene.url(line.as_str().unwrap()));
        let words = format!("Stated in the browser, scripts {scripts}");
        browser.send(&window, "input[name=command][value=record_finding]", &[("statement.text", &words)]);
        browser.until(&window, &format!("document.getElementById('findings').innerText.includes('{words}')"));
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn a_question_is_answered_while_it_is_typed_and_counts_stand_on_the_map() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let responder = scene.sign_in(&mut browser, "responder");
    browser.go(&responder, &scene.room("/breach"));
    browser.send(
        &responder,
        "input[name=realm][value=counts]",
        &[("state", "OH"), ("people", "499"), ("reason", "counted on the share")],
    );
    browser.until(&responder, "document.querySelector('.fig.usa .people')?.textContent === '499'");
    browser.go(&responder, &scene.room("/breach/what-if"));
    browser.value(&responder, "(() => { const field = document.querySelector('input[name=\"count.OH\"]'); field.value = '501'; field.dispatchEvent(new Event('input', {bubbles: true})); return true; })()");
    let media = "document.querySelector('#would tr.differs')?.innerText.includes('Media notice') === true";
    browser.until(&responder, media);
    // The slider moves the same field, to and fro; a day has one as well.
    let slide = |name: &str, to: i32| {
        format!(
            "(() => {{ const slide = document.querySelector('input[data-slides=\"{name}\"]'); slide.value = {to}; slide.dispatchEvent(new Event('input', {{bubbles: true}})); return slide.hidden || document.querySelector('input[name=\"{name}\"]').value; }})()"
        )
    };
    assert_eq!(browser.value(&responder, &slide("count.OH", 400)), json!("400"));
    browser.until(&responder, "document.querySelector('#would tr.differs') === null && document.querySelector('#would').innerText.includes('400')");
    assert_eq!(browser.value(&responder, &slide("count.OH", 640)), json!("640"));
    browser.until(&responder, media);
    let day = browser.value(&responder, &slide("/knowledge/known_on", -2));
    assert_eq!(day, json!("2026-09-12"));
    browser.until(&responder, "[...document.querySelectorAll('#would tr.differs')].some((row) => row.innerText.includes('2 days earlier'))");
    browser.scripts_off(&responder);
    browser.go(&responder, &scene.room("/breach/what-if?count.OH=501"));
    assert_eq!(browser.value(&responder, media), json!(true), "the plain form answers too");
    let hidden = "[...document.querySelectorAll('input[type=range]')].every((slide) => slide.hidden)";
    assert_eq!(browser.value(&responder, hidden), json!(true), "a slider that nothing binds is shown");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn every_page_says_when_there_is_no_way_to_the_server_and_when_there_is_one_again() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let window = scene.sign_in(&mut browser, "lead");
    let (gone, there) = ("!document.getElementById('away').hidden", "document.getElementById('away').hidden");
    for page in ["/", "/alerts", "/journal", "/me"] {
        browser.go(&window, &scene.url(page));
        assert_eq!(browser.value(&window, there), json!(true), "{page}");
        browser.value(&window, "dispatchEvent(new Event('offline'))");
        browser.until(&window, gone);
        browser.value(&window, "dispatchEvent(new Event('online'))");
        browser.until(&window, there);
    }
    browser.go(&window, &scene.room(""));
    std::thread::sleep(std::time::Duration::from_millis(500));
    scene.server.kill().unwrap();
    browser.until(&window, gone);
    let shown = browser.value(&window, "document.getElementById('away').innerText");
    assert!(shown.as_str().unwrap().contains("no way to the server"), "{shown}");
}
