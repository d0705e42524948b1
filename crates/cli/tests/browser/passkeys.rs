//! Passkeys in a real browser with a virtual authenticator (WebAuthn, section 11): made on one's own page, used to come
//! in, and removed. And the way round: without scripts the same pages offer the other ways.

use serde_json::{Value, json};
use testkit::server::{Program, Server};

use crate::chromium::{Browser, Window};

const PASSWORD: &str = "seven quiet lanterns drift";

struct Entrance {
    server: Server,
    link: String,
    _folder: tempfile::TempDir,
}

impl Entrance {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::new(env!("CARGO_BIN_EXE_tourniquet"), folder.path().join("data"), None);
        let made = program
            .done(["account", "add", "Dana Reyes", "--sign-in", "dana@cedarhollow.example", "--role", "lead"])
            .unwrap();
        let link = made.trim().rsplit('/').next().unwrap().to_owned();
        Self { server: program.serve().unwrap(), link, _folder: folder }
    }

    /// By its name: a passkey belongs to a name and not to a number.
    fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.server.address().port())
    }

    /// Follows the invitation and chooses a password.
    fn invited(&self, browser: &mut Browser) -> Window {
        let window = browser.window();
        browser.go(&window, &self.url(&format!("/signin/{}", self.link)));
        browser.send(&window, "input[name=again]", &[("new", PASSWORD), ("again", PASSWORD)]);
        browser.until(&window, "document.body.innerText.includes('Your password is set')");
        window
    }
}

/// Sends a form whose answer comes after the browser's own dialogue.
fn prove(browser: &mut Browser, window: &Window, form: &str, fields: &[(&str, &str)]) {
    browser.send(window, &format!("form[data-passkey={form}] input[name=ticket]"), fields);
}

#[test]
fn a_passkey_is_made_signs_its_owner_in_alone_and_after_the_password_and_is_removed() {
    let Some(mut browser) = Browser::start() else { return };
    let entrance = Entrance::new();
    let window = entrance.invited(&mut browser);
    browser.virtual_authenticator(&window);
    browser.go(&window, &entrance.url("/me"));
    prove(&mut browser, &window, "create", &[("name", "My <b>telephone</b>"), ("present", PASSWORD)]);
    browser.until(&window, "document.body.innerText.includes('Your passkey is in use')");
    let codes = browser.value(&window, "document.querySelectorAll('.codes code').length");
    assert_eq!(codes, json!(10), "the first second factor comes with recovery codes");
    let recovery = browser.value(&window, "document.querySelector('.codes code').textContent");
    browser.go(&window, &entrance.url("/me"));
    browser.until(&window, "document.body.innerText.includes('My <b>telephone</b>')");
    // The same device makes no second one, and says why.
    browser.value(&window, &sent("create", &[("name", "again"), ("present", PASSWORD)]));
    browser.until(&window, "document.querySelector('form[data-passkey=create] [data-trouble]').textContent.includes('has a passkey for you already')");

    // Signed out, it alone brings its owner in.
    browser.send(&window, "form[action='/signout'] button", &[]);
    browser.go(&window, &entrance.url("/signin"));
    prove(&mut browser, &window, "get", &[]);
    browser.until(&window, "location.pathname === '/' && document.body.innerText.includes('Dana Reyes')");
    browser.go(&window, &entrance.url("/me"));
    browser.until(&window, "document.body.innerText.includes('last used')");

    // From now on a password alone is half: the page says what is missing, and the passkey completes it.
    browser.send(&window, "form[action='/signout'] button", &[]);
    browser.go(&window, &entrance.url("/signin"));
    let password = [("name", "dana@cedarhollow.example"), ("password", PASSWORD)];
    browser.send(&window, "form[action='/signin'] input[name=name]", &password);
    browser.until(&window, "document.body.innerText.includes('also asks for a passkey')");
    prove(&mut browser, &window, "get", &[]);
    browser.until(&window, "location.pathname === '/' && document.body.innerText.includes('Dana Reyes')");

    // A device that somebody else holds proves nothing: it does not verify its owner.
    browser.send(&window, "form[action='/signout'] button", &[]);
    browser.user_verified(&window, false);
    browser.go(&window, &entrance.url("/signin"));
    browser.value(&window, &sent("get", &[]));
    browser.until(&window, "document.querySelector('form[data-passkey=get] [data-trouble]').textContent.includes('the answer was no')");
    // The device is lost: a recovery code stands in for it, without scripts as well.
    browser.scripts_off(&window);
    browser.go(&window, &entrance.url("/signin"));
    let with_code = [password[0], password[1], ("code", recovery.as_str().unwrap())];
    browser.send(&window, "form[action='/signin'] input[name=name]", &with_code);
    browser.until(&window, "location.pathname === '/'");
    browser.go(&window, &entrance.url("/me"));
    assert_eq!(
        browser.value(&window, "getComputedStyle(document.querySelector('form[data-passkey]')).display"),
        json!("none")
    );
    let removal = "form[action$='/remove'] input[name=present]";
    browser.send(&window, removal, &[("present", PASSWORD)]);
    browser.until(&window, "document.body.innerText.includes('The passkey is removed')");
    // Removed, it lets nobody in; and the password alone is enough again.
    let other = browser.window();
    browser.go(&other, &entrance.url("/signin"));
    browser.send(&other, "form[action='/signin'] input[name=name]", &password);
    browser.until(&other, "location.pathname === '/' && document.body.innerText.includes('Dana Reyes')");
    let expected = |complaint: &Value| complaint.as_str().is_some_and(|text| text.contains("422"));
    let complaints: Vec<String> = browser.complaints();
    let unexpected: Vec<&String> = complaints.iter().filter(|text| !expected(&json!(text))).collect();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

/// Fills and sends a form that answers on the page itself.
fn sent(form: &str, fields: &[(&str, &str)]) -> String {
    let fields = json!(fields.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>());
    format!(
        "(() => {{ const form = document.querySelector('form[data-passkey={form}]');
        for (const [name, value] of {fields}) form.elements[name].value = value;
        form.requestSubmit(); return true; }})()"
    )
}

#[test]
fn by_its_number_the_page_says_where_passkeys_work() {
    let Some(mut browser) = Browser::start() else { return };
    let entrance = Entrance::new();
    let window = browser.window();
    let address = entrance.server.address();
    browser.go(&window, &format!("http://{address}/signin"));
    let port = address.port();
    browser.until(&window, &format!("document.body.innerText.includes('http://localhost:{port}')"));
    assert_eq!(browser.value(&window, "document.querySelector('form[data-passkey]')"), Value::Null);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
