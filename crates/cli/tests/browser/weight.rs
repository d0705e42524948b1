//! What a browser that was never here loads for a page: the page itself, packed, and its style, scripts and mark. On the
//! demo's own data for every page, and for a provider with a thousand practices for those that list them.

use std::collections::BTreeMap;

use testkit::{
    http::{Answer, Client},
    scale::{self, Size},
};

use crate::{Scene, every::every};

/// The most that a first load may transfer, in bytes.
const MOST: usize = 60_000;

/// A visitor's client, with what it has loaded of assets so far and how large each is.
struct Visitor {
    client: Client,
    cookie: String,
    assets: BTreeMap<String, usize>,
}

impl Visitor {
    fn new(scene: &Scene, link: Option<&str>) -> Self {
        let mut client = Client::new(scene.server.address(), None);
        let cookie = link.map_or_else(String::new, |link| {
            let came = client.get(&format!("/signin/{link}")).unwrap();
            came.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
        });
        Self { client, cookie, assets: BTreeMap::new() }
    }

    fn ask(&mut self, path: &str, packed: bool) -> Answer {
        let coding = if packed { "gzip, deflate, br" } else { "identity" };
        let headers =
            [("cookie", self.cookie.as_str()), ("accept", "text/html"), ("accept-encoding", coding)];
        self.client.send("GET", path, &headers, &[]).unwrap()
    }

    /// What a first load of this page transfers, in bytes: the page, and what it loads.
    fn first_load(&mut self, path: &str) -> (usize, usize) {
        let page = self.ask(path, true);
        assert_eq!(page.header("content-encoding"), Some("gzip"), "{path}: {}", page.status);
        let text = self.ask(path, false).text();
        let mut loaded: Vec<&str> =
            text.split("\"/assets/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        loaded.sort_unstable();
        loaded.dedup();
        assert!(!loaded.is_empty(), "{path} has no style: {text}");
        let mut sum = 0;
        for asset in loaded {
            let known = self.assets.get(asset).copied();
            sum += known.unwrap_or_else(|| {
                let size = self.ask(&format!("/assets/{asset}"), true).body.len();
                self.assets.insert(asset.to_owned(), size);
                size
            });
        }
        (page.body.len(), sum)
    }
}

fn told(loads: &mut [(String, usize, usize)]) -> String {
    loads.sort_by_key(|(_, page, assets)| std::cmp::Reverse(page + assets));
    let line = |(name, page, assets): &(String, usize, usize)| {
        format!(
            "{:6.1} kB = {:5.1} + {:4.1}  {name}",
            (page + assets) as f64 / 1e3,
            *page as f64 / 1e3,
            *assets as f64 / 1e3
        )
    };
    loads.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn no_page_of_the_demo_transfers_sixty_kilobytes_on_its_first_load() {
    let scene = Scene::new();
    let pages = every(&scene);
    let mut visitors: BTreeMap<Option<&str>, Visitor> = BTreeMap::new();
    let mut loads = Vec::new();
    for page in &pages {
        let visitor = visitors
            .entry(page.by)
            .or_insert_with(|| Visitor::new(&scene, page.by.map(|role| scene.link(role))));
        let (own, assets) = visitor.first_load(&page.path);
        loads.push((page.name.to_owned(), own, assets));
    }
    let told = told(&mut loads);
    eprintln!("{told}");
    assert!(loads.iter().all(|(_, page, assets)| page + assets < MOST), "{told}");
}

#[test]
fn a_thousand_practices_make_no_page_heavier_than_it_may_be() {
    let size = Size { practices: 1_000, incidents: 300, alerts: 600 };
    let scene = Scene::made(|program| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(scale::multiply(program.data(), size)).unwrap_or_else(|error| panic!("{error}"));
    });
    let mut visitor = Visitor::new(&scene, Some(scene.link("provider")));
    let pages = [
        "/",
        "/?show=open",
        "/?show=closed",
        "/alerts",
        "/alerts?verdict=none",
        "/today",
        "/practices",
        "/declare",
        "/administration",
        "/journal",
        "/emergencies",
        "/me",
    ];
    let mut loads: Vec<_> = pages
        .iter()
        .map(|path| {
            let (page, assets) = visitor.first_load(path);
            ((*path).to_owned(), page, assets)
        })
        .collect();
    let told = told(&mut loads);
    eprintln!("{told}");
    assert!(loads.iter().all(|(_, page, assets)| page + assets < MOST), "{told}");
    // Nobody reads a list of a thousand; one is named instead, and found.
    let declare = visitor.ask("/declare", false).text();
    assert!(declare.contains("name=\"practice\"") && !declare.contains("<option value=\"01"), "{declare}");
}
