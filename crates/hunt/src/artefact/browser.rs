//! Histories of browsers: Chrome, Edge, Brave and their kin (`History`), Firefox (`places.sqlite`). Which pages were visited, what was
//! downloaded from where to where, and what the browser thought of it. The database is read by [`super::sqlite`], with the write-ahead
//! log that lies beside it while the browser runs.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use super::{
    Artefact, Damage, Head, ReadAt, fill,
    row::Row,
    sqlite::{Database, Row as Record, Table, is_database, is_wal},
};
use crate::{
    event::{Event, filetime},
    evidence::{Item, Open},
};

/// The largest database that is read, 512 MiB, and the largest write-ahead log.
const LARGEST: u64 = 512 << 20;
const LARGEST_WAL: u64 = 128 << 20;
/// Rows of one table.
const MOST: usize = 5_000_000;

/// The reader of a history that stands alone.
#[derive(Debug)]
pub struct Browser;

/// The reader of a history whose path is known, and whose write-ahead log may lie beside it.
struct Beside {
    path: Arc<str>,
    wal: Option<Open>,
}

/// The reader of a write-ahead log that is read with its database.
struct Wal;

fn name(path: &str) -> String {
    path.rsplit(['/', '!', '\\']).next().unwrap_or(path).to_lowercase()
}

/// Whether a file is called as histories are.
fn is_called(path: &str) -> bool {
    let name = name(path);
    let other = ["-wal", "-shm", "-journal"].iter().any(|ending| name.ends_with(ending));
    (name.contains("history") || name.contains("places.sqlite")) && !other
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

fn is_history(head: &Head<'_>) -> bool {
    let made =
        ["CREATE TABLE downloads_url_chains", "CREATE TABLE moz_historyvisits", "CREATE TABLE moz_places"];
    is_database(head.bytes) && (is_called(head.path) || made.iter().any(|table| contains(head.bytes, table)))
}

impl Artefact for Browser {
    fn name(&self) -> &'static str {
        "browser history"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_history(head)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        read(file, "", None, each)
    }
}

impl Artefact for Beside {
    fn name(&self) -> &'static str {
        "browser history"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_history(head)
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        read(file, &self.path, self.wal.as_ref(), each)
    }
}

impl Artefact for Wal {
    fn name(&self) -> &'static str {
        "browser history log"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        is_wal(head.bytes)
    }

    fn read(&self, _: &dyn ReadAt, _: u64, _: &mut dyn FnMut(&Event<'_>)) -> Damage {
        Damage::default()
    }
}

/// Gives histories a reader that knows their path and their write-ahead log (`NAME-wal`).
pub fn with_logs(items: &mut [Item]) {
    let at: HashMap<String, usize> =
        items.iter().enumerate().map(|(at, item)| (item.path.to_lowercase(), at)).collect();
    let histories: Vec<usize> =
        (0..).zip(&*items).filter(|(_, item)| is_called(&item.path)).map(|(at, _)| at).collect();
    for history in histories {
        let Some(path) = items.get(history).map(|item| Arc::clone(&item.path)) else { continue };
        let wal = at.get(&format!("{}-wal", path.to_lowercase())).and_then(|wal| items.get_mut(*wal));
        let wal = wal.map(|wal| {
            wal.reader = Some(Arc::new(Wal));
            wal.shared()
        });
        if let Some(item) = items.get_mut(history) {
            item.reader = Some(Arc::new(Beside { path, wal }));
        }
    }
}

fn bytes(file: &dyn ReadAt, most: u64, damage: &mut Damage) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.size().min(most)).unwrap_or(0)];
    match fill(file, 0, &mut bytes) {
        Ok(count) => bytes.truncate(count),
        Err(error) => {
            damage.note(error.to_string());
            bytes.clear();
        }
    }
    bytes
}

/// Whose history it is and of which browser, as far as the path tells.
fn origin(path: &str) -> (Option<String>, &'static str) {
    const BROWSERS: [(&str, &str); 7] = [
        ("/microsoft/edge/", "Edge"),
        ("/bravesoftware/", "Brave"),
        ("/opera software/", "Opera"),
        ("/vivaldi/", "Vivaldi"),
        ("/chromium/", "Chromium"),
        ("/google/chrome/", "Chrome"),
        ("/mozilla/firefox/", "Firefox"),
    ];
    let path = format!("/{}", path.replace(['\\', '!'], "/"));
    let lower = path.to_ascii_lowercase();
    let after = |folder: &str| {
        let name = path.get(lower.find(folder)? + folder.len()..)?.split('/').next()?;
        Some(name.to_owned())
    };
    let browser = BROWSERS.iter().find(|(folder, _)| lower.contains(folder)).map_or("", |(_, name)| name);
    (after("/users/").or_else(|| after("/home/")), browser)
}

fn read(file: &dyn ReadAt, path: &str, wal: Option<&Open>, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
    let mut damage = Damage::default();
    if file.size() > LARGEST {
        damage.note(format!("the database is {} bytes long; its first {LARGEST} were read", file.size()));
    }
    let own = bytes(file, LARGEST, &mut damage);
    let newer = match wal.map(|open| open()) {
        Some(Ok(wal)) => bytes(&*wal, LARGEST_WAL, &mut damage),
        Some(Err(error)) => {
            damage.note(error.to_string());
            Vec::new()
        }
        None => Vec::new(),
    };
    let Some(database) = Database::new(own, newer) else {
        damage.chunks += 1;
        damage.note("the database's header is broken");
        return damage;
    };
    let (account, browser) = origin(path);
    let tables = database.tables();
    let mut telling = Telling { database: &database, tables: &tables, account, browser, each };
    let known = [telling.chromium(), telling.firefox()];
    if !known.contains(&true) {
        damage.note("a SQLite database without a history in it that this program knows");
    }
    if database.broken() > 0 {
        damage.chunks += database.broken();
        damage.note("pages or rows of the database are broken; those beside them were read");
    }
    damage
}

/// Microseconds since 1601, as Chromium counts.
fn webkit(micros: i64) -> Option<Timestamp> {
    filetime(u64::try_from(micros).ok().filter(|micros| *micros > 0)?.checked_mul(10)?)
}

/// Microseconds since 1970, as Firefox counts.
fn prtime(micros: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros).ok().filter(|_| micros > 0)
}

/// What Chromium thought of a download.
fn danger(number: i64) -> &'static str {
    match number {
        0 => "not dangerous",
        1 => "dangerous file",
        2 => "dangerous address",
        3 => "dangerous content",
        4 => "maybe dangerous content",
        5 => "uncommon content",
        6 => "kept by the user",
        7 => "dangerous host",
        8 => "unwanted program",
        9 => "allowed by policy",
        11 => "blocked: locked archive",
        12 => "blocked: too large",
        14 => "blocked: sensitive content",
        _ => "other",
    }
}

fn state(number: i64) -> &'static str {
    match number {
        0 => "in progress",
        1 => "complete",
        2 => "cancelled",
        4 => "interrupted",
        _ => "other",
    }
}

/// How a page was come to: Chromium's transition, Firefox's type of visit.
fn transition(number: i64, firefox: bool) -> &'static str {
    match (firefox, number & 0xFF) {
        (false, 0) | (true, 1) => "link",
        (false, 1) | (true, 2) => "typed",
        (false, 2) | (true, 3) => "bookmark",
        (false, 3 | 4) | (true, 4 | 8) => "frame",
        (false, 5) => "search",
        (false, 6) => "start page",
        (false, 7) => "form",
        (false, 8) | (true, 9) => "reload",
        (true, 5 | 6) => "redirect",
        (true, 7) => "download",
        _ => "other",
    }
}

struct Telling<'t> {
    database: &'t Database,
    tables: &'t HashMap<String, Table>,
    account: Option<String>,
    browser: &'static str,
    each: &'t mut dyn FnMut(&Event<'_>),
}

impl Telling<'_> {
    fn rows(&self, table: &str, each: &mut dyn FnMut(&Record<'_>)) -> bool {
        let Some(table) = self.tables.get(table) else { return false };
        self.database.rows(table, MOST, each);
        true
    }

    fn row(&self, log: &str, browser: &str) -> Row {
        let mut row =
            Row { channel: format!("browser/{log}"), account: self.account.clone(), ..Row::default() };
        row.push("Browser", if self.browser.is_empty() { browser } else { self.browser });
        row
    }

    /// Addresses and titles by number.
    fn places(&self, table: &str) -> HashMap<i64, (String, String)> {
        let mut places = HashMap::new();
        self.rows(table, &mut |row| {
            let place = (row.get("url").text().to_owned(), row.get("title").text().to_owned());
            places.insert(row.get("id").int().unwrap_or(row.id), place);
        });
        places
    }

    fn visit(&mut self, row: &Record<'_>, place: i64, time: Option<Timestamp>, kind: &str, visits: &Visits) {
        let address = |place: Option<&i64>| place.and_then(|place| visits.places.get(place));
        let Some((url, title)) = address(Some(&place)) else { return };
        let mut told = self.row("history", visits.browser);
        told.push("Url", url.as_str());
        told.push("Title", title.as_str());
        told.push("Transition", kind);
        let from = row.get("from_visit").int().and_then(|from| address(visits.of.get(&from)));
        told.push("Referrer", from.map_or("", |(url, _)| url.as_str()));
        told.time = time;
        told.emit(row.id.cast_unsigned(), self.each);
    }

    fn chromium(&mut self) -> bool {
        let mut visits = Visits { places: self.places("urls"), of: HashMap::new(), browser: "Chromium" };
        self.rows("visits", &mut |row| {
            visits.of.insert(row.id, row.get("url").int().unwrap_or(0));
        });
        let (database, tables) = (self.database, self.tables);
        if let Some(table) = tables.get("visits") {
            database.rows(table, MOST, &mut |row| {
                let time = row.get("visit_time").int().and_then(webkit);
                let kind = transition(row.get("transition").int().unwrap_or(-1), false);
                self.visit(row, row.get("url").int().unwrap_or(0), time, kind, &visits);
            });
        }
        let mut chains: HashMap<i64, Vec<(i64, String)>> = HashMap::new();
        self.rows("downloads_url_chains", &mut |row| {
            let (id, place) = (row.get("id").int().unwrap_or(0), row.get("chain_index").int().unwrap_or(0));
            chains.entry(id).or_default().push((place, row.get("url").text().to_owned()));
        });
        chains.values_mut().for_each(|chain| chain.sort());
        if let Some(table) = tables.get("downloads") {
            database.rows(table, MOST, &mut |row| self.download(row, &chains));
        }
        tables.contains_key("visits") || tables.contains_key("downloads")
    }

    fn download(&mut self, row: &Record<'_>, chains: &HashMap<i64, Vec<(i64, String)>>) {
        let chain = chains.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let text = |name: &str| row.get(name).text().to_owned();
        let number = |name: &str| row.get(name).int().unwrap_or(0);
        let mut told = self.row("downloads", "Chromium");
        told.push(
            "TargetFilename",
            Some(text("target_path")).filter(|path| !path.is_empty()).unwrap_or_else(|| text("current_path")),
        );
        told.push("Url", chain.last().map_or_else(|| text("tab_url"), |(_, url)| url.clone()));
        told.push("FirstUrl", chain.first().map_or("", |(_, url)| url.as_str()));
        told.push("Referrer", text("referrer"));
        told.push("TabUrl", text("tab_url"));
        told.push("Danger", danger(number("danger_type")));
        told.push("State", state(number("state")));
        told.push("Opened", if number("opened") != 0 { "true" } else { "false" });
        told.push("ReceivedBytes", number("received_bytes").to_string());
        told.push("MimeType", text("mime_type"));
        told.push("Ended", webkit(number("end_time")).map_or_else(String::new, |time| time.to_string()));
        told.time = webkit(number("start_time"));
        told.emit(row.id.cast_unsigned(), self.each);
    }

    fn firefox(&mut self) -> bool {
        let mut visits = Visits { places: self.places("moz_places"), of: HashMap::new(), browser: "Firefox" };
        self.rows("moz_historyvisits", &mut |row| {
            visits.of.insert(row.id, row.get("place_id").int().unwrap_or(0));
        });
        let (database, tables) = (self.database, self.tables);
        if let Some(table) = tables.get("moz_historyvisits") {
            database.rows(table, MOST, &mut |row| {
                let time = row.get("visit_date").int().and_then(prtime);
                let kind = transition(row.get("visit_type").int().unwrap_or(-1), true);
                self.visit(row, row.get("place_id").int().unwrap_or(0), time, kind, &visits);
            });
        }
        let mut names = HashMap::new();
        self.rows("moz_anno_attributes", &mut |row| {
            names.insert(row.get("id").int().unwrap_or(row.id), row.get("name").text().to_owned());
        });
        if let Some(table) = tables.get("moz_annos") {
            database.rows(table, MOST, &mut |row| {
                let kind = row.get("anno_attribute_id").int().and_then(|id| names.get(&id));
                if kind.is_none_or(|kind| kind != "downloads/destinationFileURI") {
                    return;
                }
                let content = row.get("content");
                let path = content.text().strip_prefix("file:///").unwrap_or(content.text());
                let mut told = self.row("downloads", "Firefox");
                let windows = path.as_bytes().get(1) == Some(&b':');
                told.push(
                    "TargetFilename",
                    if windows {
                        unescaped(path).replace('/', "\\")
                    } else {
                        format!("/{}", unescaped(path))
                    },
                );
                let place = row.get("place_id").int().and_then(|place| visits.places.get(&place));
                told.push("Url", place.map_or("", |(url, _)| url.as_str()));
                told.time = row.get("dateAdded").int().and_then(prtime);
                told.emit(row.id.cast_unsigned(), self.each);
            });
        }
        tables.contains_key("moz_historyvisits")
    }
}

/// Visits with what they are of.
struct Visits {
    places: HashMap<i64, (String, String)>,
    /// The place of each visit.
    of: HashMap<i64, i64>,
    browser: &'static str,
}

/// A path out of an address: `%20` is a space.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| str::from_utf8(hex).ok());
        match hex.filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
