//! Every page of the demo's Monday, each with who looks at it: what is checked of all pages is checked of this list. A page
//! that is new gets a line here, and with it a picture, a look by axe in both themes, a width, a keyboard and a weight.

use serde_json::{Value, json};
use testkit::http::Client;

use crate::Scene;

/// A page.
pub(crate) struct Page {
    /// What it is called among the pictures.
    pub(crate) name: &'static str,
    /// Whose link signs the browser in; `None` for somebody without an account.
    pub(crate) by: Option<&'static str>,
    pub(crate) path: String,
}

fn page(name: &'static str, by: Option<&'static str>, path: impl Into<String>) -> Page {
    Page { name, by, path: path.into() }
}

/// What the demo has not by itself: a note, a situation report, counts, the attorney's answer.
struct More {
    alert: String,
    note: String,
    report: String,
    evidence: String,
}

fn more(scene: &Scene) -> More {
    let mut reader = Client::new(scene.server.address(), Some(&scene.reader));
    let mut attorney = Client::new(scene.server.address(), Some(&scene.attorney));
    let under = format!("/api/v1/incidents/{}", scene.incident);
    let made = |answer: std::io::Result<testkit::http::Answer>| {
        let answer = answer.unwrap();
        assert!(answer.status < 300, "{}: {}", answer.status, answer.text());
        answer
    };
    let last = |answer: &testkit::http::Answer| {
        answer.header("location").unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let note = json!({"text": "Exam room 3 is off the network.\nDr. Osei has the paper forms.", "privileged": false});
    let note = made(reader.post(&format!("{under}/notes"), &note, &[]));
    let report = json!({"text": "All that is suspected is held.\nNext report at noon.", "to": "the owner"});
    let report = made(reader.post(&format!("{under}/situations"), &report, &[]));
    let law = json!({"command": "decide_breach", "answer": "breach", "reasons": ["PHI left before the files were locked"]});
    made(attorney.post(&format!("{under}/commands"), &law, &[]));
    let first = |value: &Value, what: &str| {
        value["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{what}: {value}")).to_owned()
    };
    let alerts = made(reader.get("/api/v1/alerts?limit=1")).json();
    let evidence = made(reader.get(&format!("{under}/evidence?limit=1"))).json();
    More {
        alert: first(&alerts, "alert"),
        note: last(&note),
        report: last(&report),
        evidence: first(&evidence, "evidence"),
    }
}

/// All of them.
pub(crate) fn every(scene: &Scene) -> Vec<Page> {
    let More { alert, note, report, evidence } = more(scene);
    let (staff, practice) = (format!("/staff/{}", scene.staff), format!("/practices/{}", scene.practice));
    let own = Some("lead");
    let mut pages = vec![
        page("board", own, "/"),
        page("incidents-open", own, "/?show=open"),
        page("declare", own, "/declare"),
        page("alerts", own, "/alerts"),
        page("alert", own, format!("/alerts/{alert}")),
        page("today", own, "/today"),
        page("practices", own, "/practices"),
        page("practice", own, practice.clone()),
        page("paper-form", own, format!("{practice}/forms/visits")),
        page("journal", own, "/journal"),
        page("journal-entry", own, "/journal/3"),
        page("administration", own, "/administration"),
        page("account", own, "/me"),
        page("emergency-access", own, "/emergencies"),
        page("not-found", own, "/nowhere"),
        page("refused", Some("attorney"), "/administration"),
        page("sign-in", None, "/signin"),
        page("signed-out", None, "/alerts"),
        page("staff", None, staff.clone()),
        page("staff-poster", None, format!("{staff}/poster")),
        page("staff-paper-form", None, format!("{staff}/forms/visits")),
        page("staff-old-link", None, "/staff/tq_0"),
    ];
    let tabs = [
        ("war-room", ""),
        ("systems", "/systems"),
        ("system-suspected", "/systems/file1"),
        ("system", "/systems/pacs"),
        ("accounts", "/accounts"),
        ("investigation", "/investigation"),
        (
            "investigation-zoomed",
            "/investigation?show=all&host=SRV-FILE1&from=2026-09-13T00:00&to=2026-09-14T12:00",
        ),
        ("finding", "/investigation/finding?line=0"),
        ("evidence", "/evidence"),
        ("breach", "/breach"),
        ("what-if", "/breach/what-if?state=OH&people=501"),
        ("paper-letters", "/breach/papers/letters"),
        ("paper-hhs", "/breach/papers/hhs"),
        ("recovery", "/recovery"),
        ("reports", "/reports"),
        ("lessons", "/lessons"),
        ("situation", "/situation"),
        ("notes", "/notes"),
    ];
    let under = |tab: &str| format!("/incidents/{}{tab}", scene.incident);
    pages.extend(tabs.map(|(name, tab)| page(name, own, under(tab))));
    pages.extend([
        page("evidence-item", own, under(&format!("/evidence?item={evidence}"))),
        page("situation-sent", own, under(&format!("/situation/{report}"))),
        page("note", own, under(&format!("/notes/{note}"))),
        page("war-room-practice", Some("practice"), under("")),
        page("breach-attorney", Some("attorney"), under("/breach")),
        page("evidence-practice", Some("practice"), under("/evidence")),
    ]);
    pages
}
