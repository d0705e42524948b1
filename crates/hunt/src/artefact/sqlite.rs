//! The file format of SQLite, read without SQLite: tables with row ids, and the write-ahead log beside them. A database out of the
//! evidence was written by whoever had the machine, and the library that holds the incident's own record is not to open it; here no
//! statement, view or trigger of it is ever run, a page that lies costs its own rows alone, and each page is looked at once.
//! The layout is that of <https://sqlite.org/fileformat2.html>.

use std::{
    cell::Cell,
    collections::{HashMap, HashSet},
};

/// A row's payload that is longer is not a row of a history, 16 MiB.
const LONGEST: usize = 16 << 20;
/// How deep trees are followed: SQLite's own are seldom deeper than five.
const DEEPEST: usize = 24;
/// Columns of a table, at most.
const MOST_COLUMNS: usize = 2000;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Field {
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "a time that was stored as a fraction")]
            Self::Float(number) => Some(*number as i64),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }
}

/// A database in memory.
pub(super) struct Database {
    bytes: Vec<u8>,
    wal: Vec<u8>,
    /// Pages that stand in the write-ahead log: where in it.
    newer: HashMap<u32, usize>,
    page: usize,
    usable: usize,
    encoding: u32,
    broken: Cell<u64>,
    /// Bytes of rows that may still be put together: rows that lie may all be said to go on over the same pages.
    left: Cell<usize>,
}

/// A table: its first page, and the names of its columns.
pub(super) struct Table {
    root: u32,
    columns: Vec<String>,
    /// The column that stands for the row's number.
    alias: Option<usize>,
}

/// A row, by the names of its columns.
pub(super) struct Row<'t> {
    table: &'t Table,
    pub(super) id: i64,
    fields: Vec<Field>,
}

impl Row<'_> {
    pub(super) fn get(&self, name: &str) -> Field {
        let Some(at) = self.table.columns.iter().position(|is| is == name) else { return Field::Null };
        match self.fields.get(at) {
            Some(Field::Null) if self.table.alias == Some(at) => Field::Int(self.id),
            Some(field) => field.clone(),
            None => Field::Null,
        }
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?)))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number of one to nine bytes, and how many those were.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for count in 0..9 {
        let byte = *bytes.get(at.checked_add(count)?)?;
        if count == 8 {
            return Some(((number << 8) | u64::from(byte), 9));
        }
        number = (number << 7) | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((number, count + 1));
        }
    }
    None
}

/// Whether a file begins as a database.
pub(super) fn is_database(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

/// Whether a file begins as a write-ahead log.
pub(super) fn is_wal(head: &[u8]) -> bool {
    matches!(be32(head, 0), Some(0x377F_0682 | 0x377F_0683))
}

impl Database {
    /// A database and its write-ahead log, which may be empty; `None` where it is none.
    pub(super) fn new(bytes: Vec<u8>, wal: Vec<u8>) -> Option<Self> {
        let page = match be16(&bytes, 16).filter(|_| is_database(&bytes))? {
            1 => 65_536,
            size @ 512..=32_768 if size.is_power_of_two() => size,
            _ => return None,
        };
        let usable = page - usize::from(*bytes.get(20)?);
        let encoding = be32(&bytes, 56)?;
        let mut database = Self {
            bytes,
            wal,
            newer: HashMap::new(),
            page,
            usable,
            encoding,
            broken: Cell::new(0),
            left: Cell::new(0),
        };
        if usable < 480 {
            return None;
        }
        database.newer = database.frames().unwrap_or_default();
        Some(database)
    }

    /// How many pages and rows could not be read so far.
    pub(super) fn broken(&self) -> u64 {
        self.broken.get()
    }

    fn fail(&self) {
        self.broken.set(self.broken.get() + 1);
    }

    /// The pages of the write-ahead log up to its last commit, the newest of each.
    fn frames(&self) -> Option<HashMap<u32, usize>> {
        let wal = &self.wal;
        let big = be32(wal, 0).filter(|_| is_wal(wal))? & 1 == 1;
        if usize::try_from(be32(wal, 8)?).ok()? != self.page {
            return None;
        }
        let sum = |mut sums: (u32, u32), bytes: &[u8]| {
            let (words, _) = bytes.as_chunks::<4>();
            let number =
                |word: &[u8; 4]| if big { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) };
            let (pairs, _) = words.as_chunks::<2>();
            for [one, two] in pairs {
                sums.0 = sums.0.wrapping_add(number(one)).wrapping_add(sums.1);
                sums.1 = sums.1.wrapping_add(number(two)).wrapping_add(sums.0);
            }
            sums
        };
        let mut sums = sum((0, 0), wal.get(..24)?);
        if sums != (be32(wal, 24)?, be32(wal, 28)?) {
            return None;
        }
        let (mut done, mut waiting, mut at) = (HashMap::new(), Vec::new(), 32);
        while let Some(frame) = wal.get(at..at + 24 + self.page) {
            sums = sum(sum(sums, frame.get(..8)?), frame.get(24..)?);
            let same_log = frame.get(8..16) == wal.get(16..24);
            if !same_log || sums != (be32(frame, 16)?, be32(frame, 20)?) {
                break;
            }
            waiting.push((be32(frame, 0)?, at + 24));
            if be32(frame, 4)? != 0 {
                done.extend(waiting.drain(..));
            }
            at += 24 + self.page;
        }
        Some(done)
    }

    fn page(&self, number: u32) -> Option<&[u8]> {
        if let Some(at) = self.newer.get(&number) {
            return self.wal.get(*at..at + self.page);
        }
        let at = usize::try_from(number.checked_sub(1)?).ok()?.checked_mul(self.page)?;
        self.bytes.get(at..at.checked_add(self.page)?)
    }

    /// The tables of the database that may be read: plain ones, with row ids.
    pub(super) fn tables(&self) -> HashMap<String, Table> {
        let names = ["type", "name", "tbl_name", "rootpage", "sql"].map(str::to_owned);
        let schema = Table { root: 1, columns: names.to_vec(), alias: None };
        let mut tables = HashMap::new();
        self.rows(&schema, usize::from(u16::MAX), &mut |row| {
            let (kind, name, sql) = (row.get("type"), row.get("name"), row.get("sql"));
            let root = row.get("rootpage").int().and_then(|root| u32::try_from(root).ok());
            if let (Some(root), true) = (root.filter(|root| *root > 0), kind.text() == "table")
                && let Some((columns, alias)) = columns(sql.text())
            {
                tables.insert(name.text().to_lowercase(), Table { root, columns, alias });
            }
        });
        tables
    }

    /// Calls with the rows of a table, at most so many of them.
    pub(super) fn rows(&self, table: &Table, most: usize, each: &mut dyn FnMut(&Row<'_>)) {
        let (mut seen, mut left) = (HashSet::new(), most);
        // The rows of a table are never longer than the file that holds them.
        self.left.set(self.bytes.len() + self.wal.len());
        let mut waiting = vec![(table.root, 0)];
        while let Some((number, deep)) = waiting.pop() {
            // A page that is part of a tree twice is a lie; the first time counts.
            if !seen.insert(number) || deep > DEEPEST {
                self.fail();
                continue;
            }
            if self.visit(number, deep, table, &mut waiting, &mut left, each).is_none() {
                self.fail();
            }
            if left == 0 {
                return;
            }
        }
    }

    fn visit(
        &self,
        number: u32,
        deep: usize,
        table: &Table,
        waiting: &mut Vec<(u32, usize)>,
        left: &mut usize,
        each: &mut dyn FnMut(&Row<'_>),
    ) -> Option<()> {
        let page = self.page(number)?;
        // The first page begins with the file's own header.
        let head = if number == 1 { 100 } else { 0 };
        let (kind, count) = (*page.get(head)?, be16(page, head + 3)?);
        let cells = head + if kind == 5 { 12 } else { 8 };
        let places = (0..count).map_while(|cell| be16(page, cells + cell * 2));
        match kind {
            5 => {
                // The last one on the stack is the first to be read.
                waiting.push((be32(page, head + 8)?, deep + 1));
                let below: Vec<u32> = places.filter_map(|at| be32(page, at)).collect();
                waiting.extend(below.into_iter().rev().map(|number| (number, deep + 1)));
            }
            13 => {
                for at in places {
                    match self.row(page, at, table) {
                        Some(row) => each(&row),
                        None => self.fail(),
                    }
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        break;
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn row<'t>(&self, page: &[u8], at: usize, table: &'t Table) -> Option<Row<'t>> {
        let (length, first) = varint(page, at)?;
        let (id, second) = varint(page, at + first)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST.min(self.left.get()))?;
        self.left.set(self.left.get() - length);
        let payload = self.payload(page, at + first + second, length)?;
        Some(Row { table, id: id.cast_signed(), fields: self.fields(&payload)? })
    }

    /// A row's bytes: on its page, and what does not fit there on pages of its own.
    fn payload(&self, page: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
        let most = self.usable - 35;
        if length <= most {
            return page.get(at..at.checked_add(length)?).map(<[u8]>::to_vec);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fits = least + (length - least) % (self.usable - 4);
        let local = if fits <= most { fits } else { least };
        let mut bytes = page.get(at..at.checked_add(local)?)?.to_vec();
        let mut next = be32(page, at + local)?;
        while bytes.len() < length {
            let page = self.page(next)?;
            let part = (length - bytes.len()).min(self.usable - 4);
            bytes.extend_from_slice(page.get(4..4 + part)?);
            next = be32(page, 0)?;
        }
        Some(bytes)
    }

    fn fields(&self, payload: &[u8]) -> Option<Vec<Field>> {
        let (head, mut at) = varint(payload, 0)?;
        let head = usize::try_from(head).ok()?;
        let (mut fields, mut data) = (Vec::new(), head);
        while at < head && fields.len() < MOST_COLUMNS {
            let (kind, count) = varint(payload, at)?;
            at += count;
            let length = match kind {
                0 | 8 | 9 => 0,
                1..=4 => usize::try_from(kind).ok()?,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                _ => usize::try_from((kind - 12) / 2).ok()?,
            };
            let bytes = payload.get(data..data.checked_add(length)?)?;
            data += length;
            fields.push(self.field(kind, bytes));
        }
        Some(fields)
    }

    fn field(&self, kind: u64, bytes: &[u8]) -> Field {
        let int = || {
            let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
            bytes.iter().fold(if negative { -1 } else { 0 }, |number, byte| (number << 8) | i64::from(*byte))
        };
        match kind {
            1..=6 => Field::Int(int()),
            7 => Field::Float(f64::from_bits(int().cast_unsigned())),
            8 => Field::Int(0),
            9 => Field::Int(1),
            12.. if kind.is_multiple_of(2) => Field::Blob(bytes.to_vec()),
            13.. => Field::Text(self.text(bytes)),
            _ => Field::Null,
        }
    }

    fn text(&self, bytes: &[u8]) -> String {
        let (units, _) = bytes.as_chunks::<2>();
        let wide = |unit: fn([u8; 2]) -> u16| {
            let letters = char::decode_utf16(units.iter().map(|bytes| unit(*bytes)));
            letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        match self.encoding {
            2 => wide(u16::from_le_bytes),
            3 => wide(u16::from_be_bytes),
            _ => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// The columns of a `CREATE TABLE`, and which of them is the row's number; `None` for what is no plain table with row ids.
fn columns(sql: &str) -> Option<(Vec<String>, Option<usize>)> {
    let (head, rest) = sql.split_once('(')?;
    let words: Vec<String> = head.split_whitespace().take(3).map(str::to_lowercase).collect();
    let plain = words.first().is_some_and(|word| word == "create")
        && words.get(1).is_some_and(|word| word == "table");
    let (inside, after) = enclosed(rest)?;
    if !plain || after.to_lowercase().contains("without") {
        return None;
    }
    let (mut names, mut alias) = (Vec::new(), None);
    for part in parts(inside) {
        let Some((name, kind)) = named(part.trim()) else { continue };
        let lower = kind.to_lowercase();
        let constraint = ["primary", "unique", "check", "foreign", "constraint"];
        if constraint.contains(&name.to_lowercase().as_str())
            && !part.trim_start().starts_with(['"', '[', '`'])
        {
            continue;
        }
        // A computed column that is not stored has no place in the row.
        if lower.contains("generated always") && !lower.contains("stored") {
            continue;
        }
        let words: Vec<&str> = lower.split_whitespace().collect();
        if words.starts_with(&["integer", "primary", "key"]) && words.get(3) != Some(&"desc") {
            alias = Some(names.len());
        }
        names.push(name);
    }
    (names.len() <= MOST_COLUMNS).then_some((names, alias))
}

/// What stands up to the closing parenthesis, and what after it.
fn enclosed(text: &str) -> Option<(&str, &str)> {
    let (mut deep, mut quote) = (0_u32, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(letter),
            (None, '[') => quote = Some(']'),
            (None, '(') => deep += 1,
            (None, ')') if deep == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            (None, ')') => deep -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between commas that stand in no parentheses or quotes.
fn parts(text: &str) -> Vec<&str> {
    let (mut deep, mut quote, mut from, mut found) = (0_u32, None, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(end), _) if letter == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(letter),
            (None, '[') => quote = Some(']'),
            (None, '(') => deep += 1,
            (None, ')') => deep = deep.saturating_sub(1),
            (None, ',') if deep == 0 => {
                found.extend(text.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    found.extend(text.get(from..));
    found
}

/// A column's name and what follows it.
fn named(part: &str) -> Option<(String, &str)> {
    let first = part.chars().next()?;
    let end = match first {
        '"' | '\'' | '`' => first,
        '[' => ']',
        _ => {
            let end = part.find(|letter: char| letter.is_whitespace() || letter == '(').unwrap_or(part.len());
            return Some((part.get(..end)?.to_owned(), part.get(end..)?));
        }
    };
    let inside = part.get(1..)?;
    let close = inside.find(end)?;
    Some((inside.get(..close)?.to_owned(), inside.get(close + 1..)?))
}
