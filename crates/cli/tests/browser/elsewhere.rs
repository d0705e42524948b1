//! Signing in with somebody else's page, in a real browser: away to a real provider on another site and back. The session's
//! own cookie does not come along from there, and nobody notices.

use serde_json::json;
use testkit::{
    provider::{IdProvider, Mischief},
    server::Program,
};

use crate::chromium::Browser;

const PASSWORD: &str = "seven quiet lanterns drift";

#[test]
fn somebody_links_their_clinics_sign_in_and_comes_in_by_it_without_scripts() {
    let Some(mut browser) = Browser::start() else { return };
    let provider = IdProvider::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = provider.write_file(folder.path()).unwrap();
    let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.path().join("data"), None)
        .told("TOURNIQUET_SIGN_IN_WITH", file.to_str().unwrap());
    let made = program
        .done(["account", "add", "Dana Reyes", "--sign-in", "dana@cedarhollow.example", "--role", "lead"])
        .unwrap();
    let link = made.trim().rsplit('/').next().unwrap().to_owned();
    let server = program.serve().unwrap();
    let url = |path: &str| format!("http://localhost:{}{path}", server.address().port());

    let window = browser.window();
    browser.scripts_off(&window);
    browser.go(&window, &url(&format!("/signin/{link}")));
    browser.send(&window, "input[name=again]", &[("new", PASSWORD), ("again", PASSWORD)]);
    browser.go(&window, &url("/me/link/clinic"));
    browser.until(&window, "location.pathname === '/me' && document.body.innerText.includes('person-1')");

    browser.send(&window, "form[action='/signout'] button", &[]);
    browser.go(&window, &url("/signin"));
    let to = browser.value(&window, "document.querySelector('a[href^=\"/signin/with/\"]').pathname");
    assert_eq!(to, json!("/signin/with/clinic"));
    browser.value(&window, "document.querySelector('a[href^=\"/signin/with/\"]').click(); true");
    browser.until(&window, "location.pathname === '/' && document.body.innerText.includes('Dana Reyes')");

    // A word that does not hold: a sentence, and no session.
    browser.send(&window, "form[action='/signout'] button", &[]);
    provider.does(Mischief::WrongNonce);
    browser.go(&window, &url("/signin/with/clinic"));
    browser.until(&window, "document.body.innerText.includes('belongs to another sign-in')");
    browser.go(&window, &url("/administration"));
    browser.until(&window, "document.body.innerText.includes('You are not signed in')");
    let refused = |text: &String| text.contains("403") || text.contains("401");
    let complaints: Vec<String> = browser.complaints().into_iter().filter(|text| !refused(text)).collect();
    assert_eq!(complaints, Vec::<String>::new());
}
