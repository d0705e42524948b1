//! The demo's Monday from a report at the front desk to the closing, by four people at their own windows: a responder who
//! leads, the practice's owner, the attorney, and somebody at the front desk. All of it by links and forms of the pages;
//! what stands is read over the API, so that the test follows the record and not the words on a page.

use serde_json::Value;
use testkit::http::Client;

use crate::{
    Scene,
    chromium::{Browser, Window},
};

struct Four<'a> {
    browser: &'a mut Browser,
    scene: &'a Scene,
    lead: Window,
    practice: Window,
    attorney: Window,
}

impl Four<'_> {
    fn state(&self) -> Value {
        let path = format!("/api/v1/incidents/{}", self.scene.incident);
        // A connection of its own each time: between two looks a kept one may have been idle for too long.
        let mut reader = Client::new(self.scene.server.address(), Some(&self.scene.reader));
        reader.get(&path).unwrap().json()["state"].take()
    }

    /// The keys of a map of the state whose value has this property.
    fn keys(&self, map: &str, holds: impl Fn(&Value) -> bool) -> Vec<String> {
        let state = self.state();
        let all = state[map].as_object().unwrap();
        all.iter().filter(|(_, value)| holds(value)).map(|(key, _)| key.clone()).collect()
    }

    /// Sends the first form of a page that gives this command and is in, or holds, what is named; and sees that it was
    /// taken.
    fn give(&mut self, window: &Window, tab: &str, command: &str, own: &str, fields: &[(&str, &str)]) {
        self.browser.go(window, &self.scene.room(tab));
        let (place, holds) = if own.starts_with('#') { (own, "") } else { ("", own) };
        let form =
            format!("{place} form:has(input[name=command][value={command}]){holds} input[name=command]");
        self.browser.send(window, &form, fields);
        self.browser.until(window, "document.body.innerText.includes('Recorded:')");
    }

    /// Two seconds from now by the server's clock, as a field takes it at the demo's practice.
    fn soon(&self) -> String {
        let mut reader = Client::new(self.scene.server.address(), Some(&self.scene.reader));
        let status = reader.get("/api/v1/status").unwrap().json();
        let now: jiff::Timestamp = status["items"][0]["as_of"].as_str().unwrap().parse().unwrap();
        let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
        let soon = (now + jiff::SignedDuration::from_secs(2)).to_zoned(zone);
        soon.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn offers(&mut self, window: &Window, tab: &str, selector: &str) -> bool {
        self.browser.go(window, &self.scene.room(tab));
        self.browser.value(window, &format!("document.querySelector({selector:?}) !== null")) == true
    }

    /// Every measure that was proposed: approved by those whose word it needs, applied, looked at again.
    fn contain(&mut self) {
        let (lead, practice) = (self.lead.clone(), self.practice.clone());
        for action in self.keys("actions", |action| action["stage"]["stage"] == "proposed") {
            let own = format!("#action-{action}");
            for window in [&lead, &practice] {
                let form = format!("#action-{action} input[value=approve_containment]");
                if self.offers(window, "", &form) {
                    self.give(window, "", "approve_containment", &own, &[]);
                }
            }
            self.give(&lead, "", "apply_containment", &own, &[("receipt", "job 4711")]);
        }
        for action in self.keys("actions", |action| action["stage"]["stage"] == "applied") {
            let own = format!("#action-{action}");
            self.give(&lead, "", "verify_containment", &own, &[("how", "nothing moved for ten minutes")]);
        }
    }

    fn stage(&self, map: &str, key: &str) -> String {
        self.state()[map][key]["stage"]["stage"].as_str().unwrap().to_owned()
    }

    /// A system from wherever it stands to clear.
    fn bring_back(&mut self, system: &str, safe: &str) {
        let (lead, practice) = (self.lead.clone(), self.practice.clone());
        let tab = format!("/systems/{system}");
        if self.stage("systems", system) == "suspected" {
            let fields = [("measure", "isolate_host"), ("why", "it is part of the same attack")];
            self.give(&lead, &tab, "propose_containment", "", &fields);
            self.contain();
        }
        assert_eq!(self.stage("systems", system), "contained", "{system}");
        for (work, what) in [
            ("artefact_removed", "their tool and its task are gone"),
            ("attack_path_closed", "the way in is shut"),
        ] {
            self.give(&lead, &tab, "record_system_work", "", &[("work", work), ("what", what)]);
        }
        self.give(&lead, &tab, "declare_clean", "", &[]);
        let point = [("name", "nightly"), ("source", "offline disk"), ("taken_at:time", safe)];
        self.give(&lead, &tab, "choose_restore_point", "", &point);
        self.give(&lead, &tab, "verify_restore_point", "", &[("how", "mounted and swept")]);
        self.give(&lead, &tab, "record_restored", "", &[]);
        for gate in ["clean_source", "swept_clean", "patched", "monitored"] {
            let own = format!(":has(input[name=gate][value={gate}])");
            self.give(&lead, &tab, "hold_gate", &own, &[("how", "shown in the sweep's record")]);
        }
        for (window, side) in [(&lead, "responder"), (&practice, "practice")] {
            let own = format!(":has(input[name=side][value={side}])");
            self.give(window, &tab, "sign_gate", &own, &[("statement", "we have looked at it")]);
        }
        let holding =
            |action: &Value| action["stage"]["stage"] == "verified" && action["target"]["system"] == system;
        for action in self.keys("actions", holding) {
            let own = format!("#action-{action}");
            self.give(&lead, "", "undo_containment", &own, &[("reason", "it is clean and comes back")]);
        }
        self.give(&lead, &tab, "return_to_production", "", &[]);
        let soon = self.soon();
        let watch = [("until:time", soon.as_str()), ("what", "any new service or task")];
        self.give(&lead, &tab, "set_watch", "", &watch);
        self.give(&lead, &tab, "record_observation", "", &[("text", "nothing new")]);
    }

    fn give_back(&mut self, account: &str) {
        let lead = self.lead.clone();
        let own = format!(":has(input[value={account:?}])");
        if self.stage("accounts", account) == "suspected" {
            self.give(
                &lead,
                "/accounts",
                "propose_containment",
                &own,
                &[("why", "its password was used by them")],
            );
            self.contain();
        }
        for work in ["password_reset", "sessions_revoked", "mfa_re_enrolled"] {
            let fields = [("work", work), ("what", "done in person")];
            self.give(&lead, "/accounts", "record_account_work", &own, &fields);
        }
        let holding =
            |action: &Value| action["stage"]["stage"] == "verified" && action["target"]["account"] == account;
        for action in self.keys("actions", holding) {
            let own = format!("#action-{action}");
            self.give(&lead, "", "undo_containment", &own, &[("reason", "its owner has it back")]);
        }
        self.give(&lead, "/accounts", "return_account", &own, &[]);
    }

    /// The breach question and every duty: the attorney's windows alone offer the forms.
    fn decide(&mut self) {
        let (lead, practice, attorney) = (self.lead.clone(), self.practice.clone(), self.attorney.clone());
        for window in [&lead, &practice] {
            assert!(
                !self.offers(window, "/breach", "input[value=decide_breach]"),
                "only counsel decides law"
            );
        }
        let fields =
            [("answer", "breach"), ("reasons:lines", "PHI was taken before the files were encrypted")];
        self.give(&attorney, "/breach", "decide_breach", "", &fields);
        let mut open = self.keys("obligations", |own| own["standing"]["standing"] == "open");
        let first = open.pop().expect("the demo has duties");
        let own = format!(":has(input[value=\"{first}\"])");
        let today = self.soon();
        let met = [("on", &today[..10]), ("note", "letters were posted")];
        self.give(&practice, "/breach", "meet_obligation", &own, &met);
        for duty in open {
            let own = format!(":has(input[value=\"{duty}\"])");
            let fields = [("reasons:lines", "settled with the first")];
            self.give(&attorney, "/breach", "determine_not_due", &own, &fields);
        }
    }

    fn learn_and_close(&mut self) {
        let (lead, practice) = (self.lead.clone(), self.practice.clone());
        self.give(
            &lead,
            "/lessons",
            "record_root_cause",
            "",
            &[("text", "no second factor for contractors")],
        );
        let fields = [("what", "second factor everywhere"), ("owner", "IT"), ("due", "2030-10-01")];
        self.give(&practice, "/lessons", "add_remediation", "", &fields);
        let fields = [("runbook", "ransomware"), ("change", "the backup server first")];
        self.give(&lead, "/lessons", "change_runbook", "", &fields);
        let fields = [("until", "2040-01-01"), ("reason", "six years and more")];
        self.give(&lead, "/lessons", "set_retention", "", &fields);
        let fields = [("summary", "held within the hour, back within days")];
        self.give(&lead, "/lessons", "close", "", &fields);
    }
}

#[test]
fn four_people_take_the_demo_from_a_staff_report_to_its_closing_in_their_browsers() {
    let Some(mut browser) = Browser::start() else { return };
    let scene = Scene::new();
    let (lead, practice, attorney) = (
        scene.sign_in(&mut browser, "lead"),
        scene.sign_in(&mut browser, "practice"),
        scene.sign_in(&mut browser, "attorney"),
    );
    let staff = browser.window();
    let staff_page = scene.url(&format!("/staff/{}", scene.staff));
    browser.go(&staff, &staff_page);
    let told = [
        ("what", "A red note wants money on the scheduling screen"),
        ("place", "Front desk 2"),
        ("who", "Sam"),
    ];
    browser.send(&staff, "textarea[name=what]", &told);
    browser.until(&staff, "document.body.innerText.includes('We have it')");

    browser.go(&lead, &scene.url("/alerts?verdict=none&text=scheduling"));
    browser.until(&lead, "document.body.innerText.includes('red note')");
    let judged = [("verdict", "true_positive"), ("reasons:lines", "we see the note on the screen")];
    browser.send(&lead, "input[name=verdict]", &judged);

    let mut four = Four { browser: &mut browser, scene: &scene, lead, practice, attorney };
    four.contain();
    let state = four.state();
    let earliest = state["findings"].as_object().unwrap().values();
    let earliest =
        earliest.filter_map(|finding| finding["statement"]["at"].as_str()).min().map(str::to_owned);
    let safe = earliest.map_or_else(|| "2026-01-01T01:30:00".to_owned(), |at| day_before(&at));
    let unsettled = |own: &Value| !matches!(own["stage"]["stage"].as_str(), Some("cleared" | "retired"));
    let systems = four.keys("systems", unsettled);
    assert!(systems.len() > 3, "{systems:?}");
    for system in &systems {
        four.bring_back(system, &safe);
    }
    let settled = ["returned", "cleared", "retired"];
    for account in
        four.keys("accounts", |own| !settled.contains(&own["stage"]["stage"].as_str().unwrap_or("")))
    {
        four.give_back(&account);
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    let window = four.lead.clone();
    for system in &systems {
        let fields = [("why", "the watch was quiet")];
        four.give(&window, &format!("/systems/{system}"), "clear_system", "", &fields);
    }
    four.decide();
    four.learn_and_close();

    assert_eq!(four.state()["status"], "closed");
    let windows = [four.lead.clone(), four.practice.clone(), four.attorney.clone()];
    for window in &windows {
        browser.go(window, &scene.room(""));
        browser.until(window, "document.getElementById('head').innerText.includes('closed')");
    }
    browser.go(&staff, &staff_page);
    browser.until(&staff, "document.body.innerText.includes('everything works')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Half past one in the night two days before an instant, as a field takes it.
fn day_before(at: &str) -> String {
    let at: jiff::Timestamp = at.parse().unwrap();
    let day = (at - jiff::SignedDuration::from_hours(48)).to_zoned(jiff::tz::TimeZone::UTC).date();
    format!("{day}T01:30:00")
}
