//! Access logs of health records, and any other table of a product's own: a mapping (`docs/mapping.md`) says which columns hold what,
//! so that rules know them by one set of names, and joins what the log does not hold from the practice's lists (is the patient on
//! the staff, was there an appointment). A mapping is a file whose name ends in `.mapping.toml`; it lies in the evidence, or is named
//! beside it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

use super::{
    Artefact, Damage, Head, ReadAt,
    row::{Row, instant_in},
    table::{headings, rows},
};
use crate::{event::Event, evidence::Item};

/// How a mapping's file is called.
pub const ENDING: &str = ".mapping.toml";
/// Larger than a mapping or a list of a practice is, in bytes.
const LARGEST: u64 = 64 << 20;

/// A mapping as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    columns: Vec<String>,
    #[serde(default = "ehr")]
    channel: String,
    time: OneOrMore,
    #[serde(default)]
    time_format: Option<String>,
    #[serde(default = "utc")]
    zone: String,
    #[serde(default)]
    host: Option<String>,
    fields: BTreeMap<String, String>,
    #[serde(default)]
    surnames: BTreeMap<String, String>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    #[serde(default)]
    same: BTreeMap<String, [String; 2]>,
    #[serde(default)]
    join: Vec<WrittenJoin>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenJoin {
    file: String,
    on: BTreeMap<String, String>,
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    flag: Option<String>,
}

fn ehr() -> String {
    "ehr/audit".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

/// A mapping, ready for rows.
#[derive(Debug)]
pub struct Mapping {
    written: Written,
    time: Vec<String>,
    zone: TimeZone,
    joins: Vec<Join>,
}

/// A list of the practice, by its key.
#[derive(Debug)]
struct Join {
    /// Names of a row's values, in the order of the key.
    on: Vec<String>,
    /// Names that a match sets.
    set: Vec<String>,
    flag: Option<String>,
    rows: HashMap<Vec<String>, Vec<String>>,
}

impl Mapping {
    /// Reads a mapping; the lists that it names are asked for by their names.
    ///
    /// # Errors
    /// In words: what of it cannot be used.
    pub fn parse(text: &str, list: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        if written.columns.is_empty() {
            return Err("`columns` is empty: the mapping would fit every table".to_owned());
        }
        let zone =
            TimeZone::get(&written.zone).map_err(|error| format!("zone `{}`: {error}", written.zone))?;
        let joins = written.join.iter().map(|join| Join::read(join, list)).collect::<Result<_, _>>()?;
        let time = match &written.time {
            OneOrMore::One(column) => vec![column.clone()],
            OneOrMore::More(columns) => columns.clone(),
        };
        Ok(Self { time, zone, joins, written })
    }

    fn fits(&self, headings: &[String]) -> bool {
        let there = |column: &String| headings.iter().any(|heading| heading.eq_ignore_ascii_case(column));
        self.written.columns.iter().all(there)
    }

    fn row(&self, headings: &[String], cells: &[String]) -> Row {
        let written = &self.written;
        let value = |column: &str| {
            let at = headings.iter().position(|heading| heading.eq_ignore_ascii_case(column))?;
            cells.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
        };
        let mut row = Row { channel: written.channel.clone(), ..Row::default() };
        let clock: Vec<&str> = self.time.iter().filter_map(|column| value(column)).collect();
        row.time = instant_in(&clock.join(" "), &self.zone, written.time_format.as_deref());
        for (name, column) in &written.fields {
            if let Some(cell) = value(column) {
                row.push(name.as_str(), self.said(name, cell));
            }
        }
        for (name, column) in &written.surnames {
            if let Some(cell) = value(column) {
                row.push(name.as_str(), surname(cell));
            }
        }
        if let Some(time) = row.time {
            self.local(time, &mut row);
        }
        for join in &self.joins {
            join.apply(&mut row);
        }
        for (name, [one, other]) in &written.same {
            let same = match (row.get(one), row.get(other)) {
                (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
                _ => false,
            };
            row.push(name.as_str(), if same { "true" } else { "false" });
        }
        row.host = written.host.as_deref().and_then(value).unwrap_or_default().to_owned();
        row.account = row.get("UserId").map(str::to_owned);
        row
    }

    /// The hour, the weekday and the day in the zone of the log.
    fn local(&self, time: Timestamp, row: &mut Row) {
        let local = time.to_zoned(self.zone.clone());
        row.push("LocalHour", local.hour().to_string());
        row.push("LocalWeekday", local.weekday().to_monday_one_offset().to_string());
        row.push("LocalDay", local.date().to_string());
    }

    /// A cell in the rules' words: its own where no list of values holds it.
    fn said(&self, name: &str, cell: &str) -> String {
        let words = self.written.values.get(name);
        let known = words.and_then(|words| {
            words.iter().find(|(_, cells)| cells.iter().any(|known| known.eq_ignore_ascii_case(cell)))
        });
        match known {
            Some((word, _)) => word.clone(),
            None => normal(name, cell),
        }
    }
}

/// Addresses in one form, so that two ways of writing one are the same; everything else as it is.
fn normal(name: &str, cell: &str) -> String {
    if !name.ends_with("Address") {
        return cell.to_owned();
    }
    let letters: String =
        cell.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    let short = |word: &str| {
        let word = word.to_lowercase();
        match word.as_str() {
            "street" => "st".to_owned(),
            "road" => "rd".to_owned(),
            "avenue" => "ave".to_owned(),
            "drive" => "dr".to_owned(),
            "lane" => "ln".to_owned(),
            "court" => "ct".to_owned(),
            "boulevard" => "blvd".to_owned(),
            "apartment" | "unit" | "suite" => "apt".to_owned(),
            _ => word,
        }
    };
    letters.split_whitespace().map(short).collect::<Vec<_>>().join(" ")
}

/// `Kline, Bea` and `Bea Kline`.
fn surname(cell: &str) -> String {
    match cell.split_once(',') {
        Some((surname, _)) => surname.trim().to_owned(),
        None => cell.split_whitespace().last().unwrap_or_default().to_owned(),
    }
}

impl Join {
    fn read(written: &WrittenJoin, list: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, String> {
        let bytes = list(&written.file).ok_or_else(|| format!("the list `{}` is not there", written.file))?;
        let on: Vec<String> = written.on.keys().cloned().collect();
        let set: Vec<String> = written.set.keys().cloned().collect();
        let mut kept = HashMap::new();
        let mut missing = None;
        let mut damage = Damage::default();
        rows(&bytes, &mut damage, |_, headings, cells| {
            let value = |column: &String| {
                let at = headings.iter().position(|heading| heading.eq_ignore_ascii_case(column))?;
                cells.get(at).cloned()
            };
            let columns = written.on.values().chain(written.set.values());
            let absent = columns
                .into_iter()
                .find(|column| !headings.iter().any(|heading| heading.eq_ignore_ascii_case(column)));
            if let Some(absent) = absent {
                missing.get_or_insert(absent.clone());
                return;
            }
            let key: Vec<String> =
                written.on.values().filter_map(value).map(|cell| cell.to_lowercase()).collect();
            if key.len() == on.len() && key.iter().all(|cell| !cell.is_empty()) {
                let values =
                    written.set.iter().map(|(name, column)| normal(name, &value(column).unwrap_or_default()));
                kept.insert(key, values.collect());
            }
        });
        match missing {
            Some(column) => Err(format!("the list `{}` has no column `{column}`", written.file)),
            None => Ok(Self { on, set, flag: written.flag.clone(), rows: kept }),
        }
    }

    fn apply(&self, row: &mut Row) {
        let key: Option<Vec<String>> =
            self.on.iter().map(|name| row.get(name).map(str::to_lowercase)).collect();
        let found = key.and_then(|key| self.rows.get(&key));
        if let Some(flag) = &self.flag {
            row.push(flag.as_str(), if found.is_some() { "true" } else { "false" });
        }
        for (name, value) in self.set.iter().zip(found.into_iter().flatten()) {
            if row.get(name).is_none() && !value.is_empty() {
                row.push(name.as_str(), value.as_str());
            }
        }
    }
}

/// The reader of tables that one of its mappings fits.
#[derive(Debug)]
pub struct Mapped {
    mappings: Vec<Arc<Mapping>>,
}

impl Mapped {
    fn mapping(&self, headings: &[String]) -> Option<&Mapping> {
        self.mappings.iter().map(Arc::as_ref).find(|mapping| mapping.fits(headings))
    }
}

impl Artefact for Mapped {
    fn name(&self) -> &'static str {
        "mapped"
    }

    fn recognises(&self, head: &Head<'_>) -> bool {
        headings(head.bytes).is_some_and(|headings| self.mapping(&headings).is_some())
    }

    fn read(&self, file: &dyn ReadAt, _part: u64, each: &mut dyn FnMut(&Event<'_>)) -> Damage {
        let mut damage = Damage::default();
        let (mut mapping, mut timeless) = (None, 0);
        rows(file, &mut damage, |number, headings, cells| {
            let Some(mapping) = *mapping.get_or_insert_with(|| self.mapping(headings)) else { return };
            let row = mapping.row(headings, &cells);
            timeless += u64::from(row.time.is_none());
            row.emit(number, each);
        });
        if timeless > 0 {
            damage.records += timeless;
            damage.note(format!("{timeless} rows whose time does not read as the mapping says"));
        }
        damage
    }
}

/// The mappings that lie among the items, and what is wrong with those that cannot be used.
#[must_use]
pub fn found(items: &[Item]) -> (Vec<Arc<Mapping>>, Vec<String>) {
    let (mut mappings, mut faults) = (Vec::new(), Vec::new());
    for item in items.iter().filter(|item| item.path.to_lowercase().ends_with(ENDING)) {
        let folder = item.path.rfind(['/', '!']).and_then(|at| item.path.get(..=at)).unwrap_or_default();
        let list = |name: &str| {
            let path = format!("{folder}{name}");
            items.iter().find(|item| *item.path == *path).and_then(bytes)
        };
        let text = bytes(item).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        match Mapping::parse(&text, &list) {
            Ok(mapping) => mappings.push(Arc::new(mapping)),
            Err(fault) => faults.push(format!("{}: {fault}", item.path)),
        }
    }
    (mappings, faults)
}

fn bytes(item: &Item) -> Option<Vec<u8>> {
    let file = (item.open)().ok()?;
    let mut bytes = vec![0; usize::try_from(file.size().min(LARGEST)).ok()?];
    let count = super::fill(&*file, 0, &mut bytes).ok()?;
    bytes.truncate(count);
    Some(bytes)
}

/// Gives the items that may be tables a reader with these mappings; each still goes to it only where a mapping fits.
pub fn apply(items: &mut [Item], mappings: Vec<Arc<Mapping>>) {
    if mappings.is_empty() {
        return;
    }
    let reader = Arc::new(Mapped { mappings });
    for item in items {
        let name = item.path.to_lowercase();
        if [".csv", ".tsv", ".txt", ".log"].iter().any(|ending| name.ends_with(ending)) {
            item.reader = Some(reader.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAPPING: &str = r#"
columns = ["Access Date", "Login", "MRN"]
time = ["Access Date", "Access Time"]
time_format = "%m/%d/%Y %H:%M:%S"
zone = "America/New_York"
host = "Workstation"
[fields]
UserId = "Login"
PatientId = "MRN"
Action = "Event"
[surnames]
PatientSurname = "Patient"
[values.Action]
view = ["Chart Viewed"]
[same]
PatientIsSelf = ["UserPatientId", "PatientId"]
[[join]]
file = "staff.csv"
on = { UserId = "Login" }
set = { UserSurname = "Surname", UserAddress = "Address", UserPatientId = "MRN" }
[[join]]
file = "visits.csv"
on = { PatientId = "MRN", LocalDay = "Day" }
flag = "HasAppointment"
"#;

    fn list(name: &str) -> Option<Vec<u8>> {
        match name {
            "staff.csv" => {
                Some(b"Login,Surname,Address,MRN\nbkline,Kline,\"12 Elm Street, Apt. 4\",CH7\n".to_vec())
            }
            "visits.csv" => Some(b"MRN,Day\nCH7,2026-09-11\n".to_vec()),
            _ => None,
        }
    }

    fn read(text: &str) -> Vec<BTreeMap<String, String>> {
        let mapped = Mapped { mappings: vec![Arc::new(Mapping::parse(MAPPING, &list).unwrap())] };
        let bytes = text.as_bytes().to_vec();
        assert!(mapped.recognises(&Head { path: "a.csv", bytes: &bytes, size: 1 }));
        let mut seen = Vec::new();
        let _ = mapped.read(&bytes, 0, &mut |event| {
            let mut values: BTreeMap<String, String> =
                event.fields().map(|(name, value)| (name.to_owned(), value.text())).collect();
            values.insert("time".into(), event.time.map_or_else(String::new, |time| time.to_string()));
            values.insert("host".into(), event.host.into());
            seen.push(values);
        });
        seen
    }

    #[test]
    fn a_products_columns_become_the_rules_names_with_the_practices_lists_joined() {
        let seen = read(
            "Access Date,Access Time,Login,Patient,MRN,Event,Workstation\n\
             09/11/2026,22:41:07,BKLINE,\"Kline, Ann\",CH7,chart viewed,WS-1\n\
             09/12/2026,08:00:00,other,Ann Osei,CH8,Printed,WS-2\n",
        );
        let of = |row: usize, name: &str| seen[row].get(name).map(String::as_str);
        assert_eq!(of(0, "time"), Some("2026-09-12T02:41:07Z"));
        assert_eq!((of(0, "LocalHour"), of(0, "LocalWeekday")), (Some("22"), Some("5")));
        assert_eq!((of(0, "Action"), of(0, "host")), (Some("view"), Some("WS-1")));
        assert_eq!((of(0, "UserSurname"), of(0, "PatientSurname")), (Some("Kline"), Some("Kline")));
        assert_eq!(of(0, "UserAddress"), Some("12 elm st apt 4"));
        assert_eq!((of(0, "PatientIsSelf"), of(0, "HasAppointment")), (Some("true"), Some("true")));
        assert_eq!((of(1, "PatientIsSelf"), of(1, "HasAppointment")), (Some("false"), Some("false")));
        assert_eq!((of(1, "Action"), of(1, "PatientSurname")), (Some("Printed"), Some("Osei")));
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_said() {
        let wrong = |text: &str| Mapping::parse(text, &|_| None).unwrap_err();
        assert!(wrong(MAPPING).contains("`staff.csv` is not there"));
        assert!(wrong(&MAPPING.replace("America/New_York", "Nowhere/Town")).contains("Nowhere/Town"));
        assert!(wrong("columns = []\ntime = \"a\"\n[fields]\n").contains("fit every table"));
    }

    proptest! {
        #[test]
        fn any_rows_end_well(bytes in prop::collection::vec(any::<u8>(), 0..600), text in "[ -~\\n]{0,300}") {
            let mut table = b"Access Date,Access Time,Login,MRN\n".to_vec();
            table.extend(&bytes);
            let mapped = Mapped { mappings: vec![Arc::new(Mapping::parse(MAPPING, &list).unwrap())] };
            let _ = mapped.read(&table, 0, &mut |_| ());
            let _ = Mapping::parse(&text, &list);
        }
    }
}
