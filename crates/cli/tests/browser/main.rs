//! The real binary in a real browser: people at their own windows take the demo's Monday on by links and forms, with
//! scripts and without; what a page writes to the console, and every violation of its policy, fails the test. Every page
//! is checked by axe in both themes, and for its width on a phone.
#![cfg(test)]

mod chromium;
mod closing;
mod elsewhere;
mod passkeys;
mod socket;

use std::{fs, path::Path, process::Command, time::Instant};

use chromium::{Browser, Window};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::server::{Program, Server};

/// The demo's incident, served, and links for four people.
struct Scene {
    server: Server,
    incident: String,
    links: Vec<(&'static str, String)>,
    /// The token of the staff page, and one that reads the API.
    staff: String,
    reader: String,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
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
        let links = ["responder", "practice", "attorney", "lead"].map(link).to_vec();
        let token = |name: &str, role: &str| {
            let made = program
                .done(["token", "make", name, "--role", role, "--practice", &practice, "--json"])
                .unwrap();
            let made: Value = serde_json::from_str(made.trim()).unwrap();
            made["token"].as_str().unwrap().to_owned()
        };
        let (staff, reader) = (token("front desk", "staff"), token("reader", "lead"));
        Self { server: program.serve().unwrap(), incident, links, staff, reader, _folder: folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    fn room(&self, tab: &str) -> String {
        self.url(&format!("/incidents/{}{tab}", self.incident))
    }

    fn sign_in(&self, browser: &mut Browser, role: &str) -> Window {
        let window = browser.window();
        let link = &self.links.iter().find(|(own, _)| *own == role).unwrap().1;
        browser.go(&window, &self.url(&format!("/signin/{link}")));
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
fn axe_finds_nothing_on_any_page_in_either_theme_and_none_is_wider_than_a_phone() {
    let Some(mut browser) = Browser::start() else { return };
    let Some(axe) = axe() else { return };
    let scene = Scene::new();
    let window = scene.sign_in(&mut browser, "lead");
    let mut pages: Vec<String> = [
        "/",
        "/alerts",
        "/journal",
        "/journal/3",
        "/practices",
        "/today",
        "/declare",
        "/administration",
        "/me",
        "/emergencies",
        "/signin",
    ]
    .iter()
    .map(|path| scene.url(path))
    .collect();
    pages.extend(
        [
            "",
            "/systems",
            "/systems/pacs",
            "/accounts",
            "/investigation",
            "/investigation?show=all&host=SRV-FILE1&from=2026-09-13T00:00&to=2026-09-14T12:00",
            "/investigation/finding?line=0",
            "/evidence",
            "/breach",
            "/breach/what-if?state=OH&people=501",
            "/recovery",
            "/reports",
            "/lessons",
            "/situation",
            "/notes",
        ]
        .iter()
        .map(|tab| scene.room(tab)),
    );
    let mut found = Vec::new();
    for page in pages {
        for (width, theme) in [(1280, "light"), (1280, "dark"), (380, "light")] {
            browser.look(&window, width, theme);
            browser.go(&window, &page);
            let wide = browser.value(&window, "document.documentElement.scrollWidth - innerWidth");
            if wide.as_i64() > Some(0) {
                found.push(format!("{page} is {wide} px wider than {width} px"));
            }
            browser.value(&window, &format!("{axe}; true"));
            let violations = browser.value(&window, "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then((result) => result.violations.map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 160), one.nodes[0].failureSummary]))");
            for violation in violations.as_array().unwrap() {
                found.push(format!("{page} {width} {theme}: {violation}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
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
    browser.until(
        &responder,
        "document.querySelector('#would tr.differs')?.innerText.includes('Media notice') === true",
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
