//! The index: every line of the timeline as a few numbers, in order of time, and each word once. A million lines are some fifty
//! megabytes; counting them in bins is one walk over half of that.

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, BufRead as _, BufReader, Read},
};

use kernel::{EvidenceId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Lines that are kept; of more the latest, since an attack shows itself at its end.
const MOST: usize = 3_000_000;
/// The longest text that is kept of a line, in letters.
const LONGEST: usize = 600;
/// Tactics that are told apart: one bit each.
const TACTICS: usize = 32;

/// How bad the rule says that it is; the order is that of the words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No detection: an event worth a line.
    #[default]
    None,
    /// Informational.
    Informational,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Level {
    /// All levels of detections, the worst first.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// The word used in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|level| level.as_str() == word).unwrap_or(Self::Informational)
    }
}

/// What a line is counted by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Microseconds since 1970.
    pub(super) at: i64,
    pub(super) host: u32,
    pub(super) account: u32,
    /// A bit for each tactic.
    pub(super) tactics: u32,
    pub(super) what: u16,
    pub(super) level: Level,
}

/// What a line says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) record: u64,
    pub(super) text: u32,
    pub(super) file: u32,
    pub(super) copies: u32,
    /// Of a detection: its place in `details`, counted from 1.
    pub(super) detail: u32,
}

/// What a detection says besides.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    pub(super) techniques: Box<[Box<str>]>,
    pub(super) matched: Box<[(Box<str>, Box<str>)]>,
    pub(super) counted: u32,
}

/// A word that lines share, with how many lines have it and how bad the worst of them is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Named {
    /// The word.
    pub name: String,
    /// Lines.
    pub lines: u64,
    /// Detections.
    pub detections: u64,
    /// The worst of them.
    pub worst: Level,
}

/// Words, each once.
#[derive(Debug, Default)]
pub(super) struct Words {
    known: HashMap<Box<str>, u32>,
    all: Vec<Box<str>>,
    bytes: usize,
}

impl Words {
    fn put(&mut self, word: &str) -> u32 {
        if let Some(number) = self.known.get(word) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.known.insert(word.into(), number);
        self.all.push(word.into());
        self.bytes += 2 * word.len() + 64;
        number
    }

    pub(super) fn get(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|number| self.all.get(number)).map_or("", |word| word)
    }

    pub(super) fn find(&self, word: &str) -> Option<u32> {
        self.known.get(word).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

/// A hunt's lines, ready to be drawn and listed.
#[derive(Debug, Default)]
pub struct Chronicle {
    pub(super) marks: Vec<Mark>,
    pub(super) said: Vec<Said>,
    pub(super) details: Vec<Detail>,
    pub(super) hosts: Words,
    pub(super) accounts: Words,
    pub(super) whats: Words,
    pub(super) tactics: Words,
    pub(super) files: Words,
    pub(super) texts: Words,
    items: BTreeMap<String, EvidenceId>,
    left_out: u64,
    undated: u64,
}

/// A line of `hunt-detections.jsonl` (`contracts/hunt.md`), as far as it is shown.
#[derive(Deserialize)]
struct Found {
    rule: String,
    level: String,
    time: Option<Timestamp>,
    computer: String,
    record_id: u64,
    file: String,
    #[serde(default)]
    techniques: Vec<Box<str>>,
    #[serde(default)]
    tactics: Vec<String>,
    #[serde(default)]
    matched: BTreeMap<Box<str>, String>,
    #[serde(default)]
    events: Vec<serde::de::IgnoredAny>,
}

/// A host's short name in capitals, as the story has it; an address stays whole.
fn host_name(computer: &str) -> String {
    let whole = computer.trim();
    let short = if whole.parse::<std::net::IpAddr>().is_ok() {
        whole
    } else {
        whole.split('.').next().unwrap_or(whole)
    };
    short.to_uppercase()
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

/// A cell as it was before it was made inert for spreadsheets.
fn cell(text: &str) -> &str {
    let rest = text.strip_prefix('\'');
    rest.filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r'])).unwrap_or(text)
}

impl Chronicle {
    /// Reads the two files of a hunt. The items are those that were searched, by name, in the order of name and id.
    ///
    /// # Errors
    /// Where the bytes cannot be read, or are not what a hunt writes.
    pub fn read(
        timeline: impl Read,
        detections: impl Read,
        items: Vec<(String, EvidenceId)>,
    ) -> io::Result<Self> {
        let mut own = Self::default();
        for (name, id) in items {
            // The first of one name has it alone; the others go by their id, as the hunt named them.
            if own.items.contains_key(&name) {
                own.items.insert(format!("{id}/{name}"), id);
            } else {
                own.items.insert(name, id);
            }
        }
        let accounts = own.read_timeline(timeline)?;
        own.read_detections(detections, &accounts)?;
        own.in_order();
        Ok(own)
    }

    /// Takes the timeline's lines but for those of detections, which have a file that says more; of those the accounts.
    fn read_timeline(&mut self, timeline: impl Read) -> io::Result<HashMap<(u32, u64), u32>> {
        let mut accounts = HashMap::new();
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(timeline));
        let mut row = csv::StringRecord::new();
        while csv.read_record(&mut row)? {
            let get = |place: usize| cell(row.get(place).unwrap_or_default());
            let Ok(time) = get(0).parse::<Timestamp>() else { continue };
            let record: u64 = get(7).parse().unwrap_or_default();
            let (file, account) = (self.files.put(get(6)), self.accounts.put(get(3)));
            if get(2) == "detection" {
                accounts.insert((file, record), account);
                continue;
            }
            let mark = Mark {
                at: time.as_microsecond(),
                host: self.hosts.put(&host_name(get(1))),
                account,
                tactics: 0,
                what: u16::try_from(self.whats.put(get(2))).unwrap_or(u16::MAX),
                level: Level::None,
            };
            let text = self.texts.put(cut(get(4)));
            let copies = get(5).parse().unwrap_or(1);
            self.push(mark, Said { record, text, file, copies, detail: 0 });
        }
        Ok(accounts)
    }

    fn read_detections(
        &mut self,
        detections: impl Read,
        accounts: &HashMap<(u32, u64), u32>,
    ) -> io::Result<()> {
        let what = u16::try_from(self.whats.put("detection")).unwrap_or(u16::MAX);
        for line in BufReader::new(detections).lines() {
            let found: Found = serde_json::from_str(&line?)?;
            let Some(time) = found.time else {
                self.undated += 1;
                continue;
            };
            let mut tactics = 0_u32;
            for tactic in &found.tactics {
                let number = self.tactics.put(&tactic.replace('_', "-"));
                if usize::try_from(number).is_ok_and(|number| number < TACTICS) {
                    tactics |= 1 << number;
                }
            }
            let file = self.files.put(&found.file);
            let account = accounts.get(&(file, found.record_id)).copied();
            let mark = Mark {
                at: time.as_microsecond(),
                host: self.hosts.put(&host_name(&found.computer)),
                account: account.unwrap_or_else(|| self.accounts.put("")),
                tactics,
                what,
                level: Level::of(&found.level),
            };
            let matched = found.matched.into_iter().map(|(name, value)| (name, cut(&value).into())).collect();
            let counted = u32::try_from(found.events.len()).unwrap_or(u32::MAX);
            let techniques = found.techniques.into_boxed_slice();
            self.details.push(Detail { techniques, matched, counted });
            let detail = u32::try_from(self.details.len()).unwrap_or_default();
            let text = self.texts.put(cut(&found.rule));
            self.push(mark, Said { record: found.record_id, text, file, copies: 1, detail });
        }
        Ok(())
    }

    fn push(&mut self, mark: Mark, said: Said) {
        if self.marks.len() >= MOST + MOST / 4 {
            let over = self.marks.len() - MOST;
            self.marks.drain(..over);
            self.said.drain(..over);
            self.left_out += over as u64;
        }
        self.marks.push(mark);
        self.said.push(said);
    }

    /// In order of time; what happened at once keeps the order of its files.
    fn in_order(&mut self) {
        let mut both: Vec<(Mark, Said)> = self.marks.drain(..).zip(self.said.drain(..)).collect();
        both.sort_by_key(|(mark, said)| (mark.at, said.file, said.record));
        (self.marks, self.said) = both.into_iter().unzip();
        self.marks.shrink_to_fit();
        self.said.shrink_to_fit();
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Lines that are not kept in memory, the earliest ones; they stand in the sealed timeline.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Detections whose record has no time.
    #[must_use]
    pub const fn undated(&self) -> u64 {
        self.undated
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn memory(&self) -> usize {
        let words: usize =
            [&self.hosts, &self.accounts, &self.whats, &self.tactics, &self.files, &self.texts]
                .iter()
                .map(|words| words.bytes)
                .sum();
        let details: usize = self
            .details
            .iter()
            .map(|detail| {
                96 + detail.matched.iter().map(|(name, value)| 48 + name.len() + value.len()).sum::<usize>()
            })
            .sum();
        self.marks.len() * (size_of::<Mark>() + size_of::<Said>()) + words + details
    }

    /// The first and the last line's time.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let time = |mark: &Mark| Timestamp::from_microsecond(mark.at).ok();
        Some((time(self.marks.first()?)?, time(self.marks.last()?)?))
    }

    /// The item of evidence that a file belongs to: what an archive holds stands behind `!`.
    #[must_use]
    pub fn evidence(&self, file: &str) -> Option<EvidenceId> {
        let outer = file.split_once('!').map_or(file, |(outer, _)| outer);
        self.items.get(outer).copied()
    }

    fn counted(&self, words: &Words, of: impl Fn(&Mark) -> u32) -> Vec<Named> {
        let mut counts = vec![(0_u64, 0_u64, Level::None); words.len()];
        for mark in &self.marks {
            if let Some((lines, detections, worst)) =
                usize::try_from(of(mark)).ok().and_then(|at| counts.get_mut(at))
            {
                *lines += 1;
                *detections += u64::from(mark.level > Level::None);
                *worst = (*worst).max(mark.level);
            }
        }
        let mut named: Vec<Named> = words
            .all
            .iter()
            .zip(counts)
            .filter(|(name, (lines, ..))| !name.is_empty() && *lines > 0)
            .map(|(name, (lines, detections, worst))| Named {
                name: name.to_string(),
                lines,
                detections,
                worst,
            })
            .collect();
        named.sort_by(|one, other| {
            (other.worst, other.detections, other.lines, &one.name).cmp(&(
                one.worst,
                one.detections,
                one.lines,
                &other.name,
            ))
        });
        named
    }

    /// The hosts, the worst first.
    #[must_use]
    pub fn hosts(&self) -> Vec<Named> {
        self.counted(&self.hosts, |mark| mark.host)
    }

    /// The accounts, the worst first.
    #[must_use]
    pub fn accounts(&self) -> Vec<Named> {
        self.counted(&self.accounts, |mark| mark.account)
    }

    /// What kinds of lines there are.
    #[must_use]
    pub fn kinds(&self) -> Vec<Named> {
        self.counted(&self.whats, |mark| u32::from(mark.what))
    }

    /// ATT&CK tactics of the detections, each with how many have it.
    #[must_use]
    pub fn tactics(&self) -> Vec<(String, u64)> {
        let mut counts = vec![0_u64; self.tactics.len().min(TACTICS)];
        for mark in self.marks.iter().filter(|mark| mark.tactics != 0) {
            for (number, count) in counts.iter_mut().enumerate() {
                *count += u64::from((mark.tactics >> number) & 1);
            }
        }
        self.tactics.all.iter().map(|name| name.to_string()).zip(counts).collect()
    }
}
