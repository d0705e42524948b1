//! What a person at a terminal sees: tables, colours where a terminal is, times of the practice's own clock. Text from
//! outside (an alert's title, a host's name) is written by attackers too, and never reaches the terminal as control.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use jiff::{civil::Date, tz::TimeZone};
use kernel::{Severity, Timestamp};
use serde::Serialize;

use crate::failure::Failure;

/// Writes a line to standard output. A reader that has gone away is no failure of ours.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes a warning to standard error.
pub(crate) fn warn(text: &str) {
    tell(&format!("warning: {}", clean(text)));
}

/// One JSON value on one line.
pub(crate) fn say_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::outside(format!("cannot write JSON: {error}")))?;
    say(&text);
    Ok(())
}

/// Text without control characters and without marks that turn the direction of writing.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let hidden = letter.is_control()
            || ('\u{200b}'..='\u{200f}').contains(&letter)
            || ('\u{202a}'..='\u{202e}').contains(&letter)
            || ('\u{2066}'..='\u{2069}').contains(&letter);
        match letter {
            '\n' | '\t' => out.push(' '),
            letter if hidden => {
                let _ = write!(out, "{}", letter.escape_unicode());
            }
            letter => out.push(letter),
        }
    }
    out
}

/// How to write: with colours or without, how wide, in whose time.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    colour: bool,
    width: u16,
    zone: TimeZone,
}

/// A colour's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// Something aside.
    Faint,
    /// It needs somebody now.
    Alarm,
    /// It needs somebody.
    Caution,
    /// It is well.
    Good,
}

impl Ink {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Alarm => "\u{1b}[1;31m",
            Self::Caution => "\u{1b}[33m",
            Self::Good => "\u{1b}[32m",
        }
    }

    /// For a severity.
    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Alarm,
            Severity::High => Self::Caution,
            Severity::Medium => Self::Strong,
            Severity::Low | Severity::Informational => Self::Faint,
        }
    }
}

impl Paper {
    /// For standard output as it is: colours only on a terminal, and not where `NO_COLOR` is set (no-color.org).
    pub(crate) fn new() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = io::stdout().is_terminal();
        let width = terminal_size::terminal_size().map_or(120, |(width, _)| width.0.max(40));
        Self {
            colour: terminal && !set("NO_COLOR") && !dumb,
            width: if terminal { width } else { 120 },
            zone: TimeZone::UTC,
        }
    }

    /// In the practice's time.
    pub(crate) fn in_zone(&self, zone: TimeZone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// Text in an ink.
    pub(crate) fn ink(&self, ink: Ink, text: &str) -> String {
        let text = clean(text);
        if self.colour && ink != Ink::Plain { format!("{}{text}\u{1b}[0m", ink.code()) } else { text }
    }

    /// An instant in the practice's time.
    pub(crate) fn at(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%a %b %-d %H:%M %Z").to_string()
    }

    /// An instant that may be absent.
    pub(crate) fn maybe(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(|| "–".to_owned(), |at| self.at(at))
    }

    /// A heading.
    pub(crate) fn heading(&self, text: &str) {
        say("");
        say(&self.ink(Ink::Strong, text));
    }

    /// A table; nothing at all where it has no rows.
    pub(crate) fn table(&self, head: &[&str], rows: Vec<Vec<(Ink, String)>>) {
        if rows.is_empty() {
            return;
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width);
        if self.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(head.iter().map(|title| Cell::new(title).add_attribute(Attribute::Dim)));
        for row in rows {
            table.add_row(row.into_iter().map(|(ink, text)| cell(ink, &clean(&text))));
        }
        for line in table.to_string().lines() {
            say(line.trim_end());
        }
    }
}

fn cell(ink: Ink, text: &str) -> Cell {
    let cell = Cell::new(text);
    match ink {
        Ink::Plain => cell,
        Ink::Strong => cell.add_attribute(Attribute::Bold),
        Ink::Faint => cell.add_attribute(Attribute::Dim),
        Ink::Alarm => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Ink::Caution => cell.fg(Color::Yellow),
        Ink::Good => cell.fg(Color::Green),
    }
}

/// A cell in no ink.
pub(crate) fn plain(text: impl ToString) -> (Ink, String) {
    (Ink::Plain, text.to_string())
}

/// A day that may be absent.
pub(crate) fn day(date: Option<Date>) -> String {
    date.map_or_else(|| "–".to_owned(), |date| date.to_string())
}

/// How many bytes, for people.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut whole, mut unit) = (bytes as f64 / 1000.0, "kB");
    for next in UNITS.into_iter().skip(1) {
        if whole < 999.95 {
            break;
        }
        (whole, unit) = (whole / 1000.0, next);
    }
    format!("{whole:.1} {unit}")
}

/// A spinner on standard error while something takes its time; nothing where standard error is no terminal.
pub(crate) fn waiting(what: &str) -> indicatif::ProgressBar {
    if !io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new_spinner();
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alerts_title_cannot_drive_the_terminal() {
        let cleaned = clean("a\u{1b}[2Jb\u{202e}c\r\nd");
        assert!(!cleaned.chars().any(char::is_control), "{cleaned:?}");
        assert!(cleaned.contains("\\u{1b}") && cleaned.contains("\\u{202e}"));
    }

    #[test]
    fn sizes_read_as_people_say_them() {
        assert_eq!([size(999), size(1_000), size(2_147_483_648)], ["999 B", "1.0 kB", "2.1 GB"]);
    }
}
