//! What every page has to be, in a real browser: axe finds nothing in either theme, nothing is wider than the screen from a
//! phone to 4K, whatever can be used is reached by keyboard and shows where the focus is, nothing moves. Pictures of each
//! page are kept beside the build, to be looked at.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    Scene, axe,
    chromium::{Browser, Window},
    every::{Page, every},
};

/// Width, height and theme of each look.
const LOOKS: [(u32, u32, &str); 4] =
    [(1280, 900, "light"), (1280, 900, "dark"), (380, 800, "light"), (3840, 2160, "dark")];

/// Elements that can be used and do not show that they have the focus: each shown control and link is focused as the
/// keyboard does it. A node of the map shows it by its own border.
const UNSEEN_FOCUS: &str = r"(() => {
    const shows = (one) => {
        one.focus({focusVisible: true, preventScroll: true});
        if (document.activeElement !== one) return false;
        const style = getComputedStyle(one), node = one.querySelector?.('.map .node');
        return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || (node && parseFloat(getComputedStyle(node).strokeWidth) >= 3);
    };
    const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex=\'0\']');
    const shown = [...all].filter((one) => one.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && !one.disabled);
    return shown.filter((one) => !shows(one)).slice(0, 5).map((one) => one.outerHTML.slice(0, 120));
})()";

/// What scrolls inside a page has to be reached by keyboard: itself, or something in it.
const UNREACHED: &str = r"[...document.querySelectorAll('.scroll, pre')].filter((one) => one.scrollWidth > one.clientWidth + 1 && one.tabIndex < 0 && !one.querySelector('a[href], button, input')).map((one) => one.outerHTML.slice(0, 120))";

fn screens() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screens");
    fs::create_dir_all(&place).unwrap();
    place
}

struct Eye<'a> {
    browser: &'a mut Browser,
    axe: String,
    found: Vec<String>,
}

impl Eye<'_> {
    /// Looks at a page in every size and theme; what is wrong with it is kept.
    fn look(&mut self, window: &Window, page: &Page, url: &str) {
        for (width, height, theme) in LOOKS {
            let name = format!("{}-{width}-{theme}", page.name);
            self.browser.look_at(window, (width, height), theme);
            self.browser.go(window, url);
            let wide = self.browser.value(window, "document.documentElement.scrollWidth - innerWidth");
            if wide.as_i64() > Some(0) {
                self.found.push(format!("{name} is {wide} px too wide"));
            }
            let picture = screens().join(format!("{name}.png"));
            self.browser.picture(window, width, &picture);
            if width == 3840 {
                continue;
            }
            self.list(window, &name, "does not show its focus", UNSEEN_FOCUS);
            self.list(window, &name, "is not reached by keyboard", UNREACHED);
            let moving = self.browser.value(window, "document.getAnimations().length");
            if moving != 0 {
                self.found.push(format!("{name}: {moving} things move"));
            }
            self.browser.value(window, &format!("{}; true", self.axe));
            let violations = self.browser.value(window, "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then((result) => result.violations.map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 160), one.nodes[0].failureSummary]))");
            self.found.extend(violations.as_array().unwrap().iter().map(|own| format!("{name}: {own}")));
        }
        self.browser.print(window, &screens().join(format!("{}.pdf", page.name)));
    }

    fn list(&mut self, window: &Window, name: &str, what: &str, question: &str) {
        let answer = self.browser.value(window, question);
        let all = answer.as_array().unwrap().iter().filter_map(Value::as_str);
        self.found.extend(all.map(|own| format!("{name}: {what}: {own}")));
    }
}

/// Every page for which `wanted` holds.
fn looked_at(wanted: impl Fn(&Page) -> bool) {
    let Some(mut browser) = Browser::start() else { return };
    let Some(axe) = axe() else { return };
    let scene = Scene::new();
    let pages: Vec<Page> = every(&scene).into_iter().filter(wanted).collect();
    let mut windows: Vec<(Option<&str>, Window)> = Vec::new();
    let mut eye = Eye { browser: &mut browser, axe, found: Vec::new() };
    for page in &pages {
        let known = windows.iter().find(|(by, _)| *by == page.by).map(|(_, window)| window.clone());
        let window = known.unwrap_or_else(|| {
            let window = match page.by {
                Some(role) => scene.sign_in(eye.browser, role),
                None => eye.browser.window(),
            };
            windows.push((page.by, window.clone()));
            window
        });
        eye.look(&window, page, &scene.url(&page.path));
    }
    let found = eye.found;
    assert!(found.is_empty(), "{}", found.join("\n"));
    for page in &pages {
        let kept = LOOKS.map(|(width, _, theme)| format!("{}-{width}-{theme}.png", page.name));
        for file in kept.iter().chain([&format!("{}.pdf", page.name)]) {
            let size = fs::metadata(screens().join(file)).map_or(0, |file| file.len());
            assert!(size > 1_000, "{file} was not kept");
        }
    }
    eprintln!("{} pages; their pictures are in {}", pages.len(), screens().display());
    // Pages that refuse are among them: the browser writes their status to the console.
    let refused = |text: &String| ["401", "403", "404"].iter().any(|status| text.contains(status));
    let complaints: Vec<String> = browser.complaints().into_iter().filter(|text| !refused(text)).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn axe_finds_nothing_on_an_incidents_pages_and_every_one_fits_is_reached_and_is_kept_as_a_picture() {
    looked_at(|page| page.path.starts_with("/incidents/"));
}

#[test]
fn axe_finds_nothing_on_the_other_pages_and_every_one_fits_is_reached_and_is_kept_as_a_picture() {
    looked_at(|page| !page.path.starts_with("/incidents/"));
}
