//! The timeline: lines in order of time out of more of them than memory holds. Lines are collected up to a budget, sorted and
//! written to a temporary file as one run; in the end all runs are merged. Equal lines become one that says how many there were.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub time: Timestamp,
    /// On which host.
    pub host: String,
    /// What kind of line: `detection`, `logon`, `process` ….
    pub what: String,
    /// In words.
    pub text: String,
    /// The account.
    pub account: String,
    /// The file.
    pub file: String,
    /// The record.
    pub record: u64,
}

impl Line {
    /// Whether two lines say the same, wherever they stand: a log that was collected twice.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.time, &self.host, &self.what, &self.text, &self.account)
            == (other.time, &other.host, &other.what, &other.text, &other.account)
    }

    fn size(&self) -> usize {
        160 + self.host.len() + self.what.len() + self.text.len() + self.account.len() + self.file.len()
    }
}

/// Collects lines in bounded memory.
#[derive(Debug)]
pub struct Sorter {
    folder: std::path::PathBuf,
    budget: usize,
    held: usize,
    lines: Vec<Line>,
    runs: Vec<File>,
}

/// Runs that are merged at once; more are merged in rounds, so that no more files are open.
const AT_ONCE: usize = 64;

impl Sorter {
    /// A sorter that holds about `budget` bytes in memory and the rest in unnamed files in `folder`.
    #[must_use]
    pub fn new(folder: &Path, budget: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            budget: budget.max(4096),
            held: 0,
            lines: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Takes a line.
    ///
    /// # Errors
    /// Where the folder cannot be written to.
    pub fn push(&mut self, line: Line) -> io::Result<()> {
        self.held += line.size();
        self.lines.push(line);
        if self.held >= self.budget { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut lines = std::mem::take(&mut self.lines);
        self.held = 0;
        lines.sort_unstable();
        let run = self.written(|out| lines.iter().try_for_each(|line| write_line(out, line)))?;
        self.runs.push(run);
        if self.runs.len() >= AT_ONCE {
            let runs = std::mem::take(&mut self.runs);
            let merged = self.written(|out| merge(runs, |line| write_line(out, &line)))?;
            self.runs.push(merged);
        }
        Ok(())
    }

    fn written(&self, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<File> {
        let file = tempfile::tempfile_in(&self.folder)?;
        let mut out = BufWriter::new(&file);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        (&file).rewind()?;
        Ok(file)
    }

    /// Gives every line in order of time, with how many copies of it there were.
    ///
    /// # Errors
    /// Where the temporary files fail, or `each` does.
    pub fn finish(mut self, mut each: impl FnMut(&Line, u64) -> io::Result<()>) -> io::Result<()> {
        let mut held: Option<(Line, u64)> = None;
        let mut take = |line: Line| -> io::Result<()> {
            match &mut held {
                Some((known, copies)) if known.says_the_same(&line) => *copies += 1,
                _ => {
                    if let Some((known, copies)) = held.replace((line, 1)) {
                        each(&known, copies)?;
                    }
                }
            }
            Ok(())
        };
        if self.runs.is_empty() {
            self.lines.sort_unstable();
            self.lines.drain(..).try_for_each(&mut take)?;
        } else {
            self.spill()?;
            merge(std::mem::take(&mut self.runs), &mut take)?;
        }
        match held {
            Some((line, copies)) => each(&line, copies),
            None => Ok(()),
        }
    }

    /// Writes `timeline.csv`: `time,host,what,account,text,copies,file,record`.
    ///
    /// # Errors
    /// As [`Sorter::finish`].
    pub fn write_csv(self, out: impl Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(["time", "host", "what", "account", "text", "copies", "file", "record"])?;
        self.finish(|line, copies| {
            let (time, copies, record) = (line.time.to_string(), copies.to_string(), line.record.to_string());
            let cells =
                [&time, &line.host, &line.what, &line.account, &line.text, &copies, &line.file, &record];
            Ok(csv.write_record(cells.iter().map(|cell| inert(cell)))?)
        })?;
        csv.flush()
    }
}

/// A cell that a spreadsheet takes for text: logs are written by attackers too (OWASP, "CSV Injection").
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn write_line(out: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Merges sorted runs.
fn merge(runs: Vec<File>, mut each: impl FnMut(Line) -> io::Result<()>) -> io::Result<()> {
    let mut readers: Vec<BufReader<File>> = runs.into_iter().map(BufReader::new).collect();
    let mut heap = BinaryHeap::new();
    for (number, reader) in readers.iter_mut().enumerate() {
        if let Some(line) = next(reader)? {
            heap.push(Reverse((line, number)));
        }
    }
    while let Some(Reverse((line, number))) = heap.pop() {
        each(line)?;
        if let Some(reader) = readers.get_mut(number)
            && let Some(line) = next(reader)?
        {
            heap.push(Reverse((line, number)));
        }
    }
    Ok(())
}

fn next(reader: &mut BufReader<File>) -> io::Result<Option<Line>> {
    let mut text = String::new();
    if reader.read_line(&mut text)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: i64, file: &str) -> Line {
        Line {
            time: Timestamp::from_second(second).unwrap(),
            host: "WS-1".into(),
            what: "logon".into(),
            text: "=1+1 signed in".into(),
            account: String::new(),
            file: file.into(),
            record: 1,
        }
    }

    #[test]
    fn more_lines_than_memory_come_out_in_order_and_copies_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 4096);
        for number in 0..5000_i64 {
            sorter.push(line((number * 7919) % 5000, "a.evtx")).unwrap();
            sorter.push(line((number * 7919) % 5000, "copy/a.evtx")).unwrap();
            // However many come, no more are held than the budget allows.
            assert!(sorter.held <= 4096 && sorter.lines.len() <= 32, "{} lines held", sorter.lines.len());
            assert!(sorter.runs.len() < AT_ONCE, "{} files open", sorter.runs.len());
        }
        let mut seen = Vec::new();
        sorter
            .finish(|line, copies| {
                seen.push((line.time.as_second(), copies));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, (0..5000).map(|second| (second, 2)).collect::<Vec<_>>());
    }

    #[test]
    fn a_cell_cannot_be_a_formula() {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path(), 4096);
        sorter.push(line(1, "a.evtx")).unwrap();
        let mut out = Vec::new();
        sorter.write_csv(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(",'=1+1 signed in,1,a.evtx,1"), "{text}");
    }
}
