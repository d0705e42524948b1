//! The obligations as iCalendar (RFC 5545): one all-day event for each last lawful day, with reminders; a timed one
//! where a statute counts hours; the internal target where the law names no number of days. Identifiers stay the same
//! when a date moves, so that a calendar that imports the file again moves the event.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use kernel::Digest;

use crate::{
    clock::target,
    day::plus,
    result::{Assessment, Duty, Obligation},
};

/// The calendar. `reference` names the incident and keeps two incidents' events apart; `stamp` is DTSTAMP, when the
/// calendar was made.
#[must_use]
pub fn calendar(assessment: &Assessment, reference: &str, stamp: Timestamp) -> String {
    let mut out = Lines::default();
    out.line("BEGIN:VCALENDAR");
    out.line("VERSION:2.0");
    out.line("PRODID:-//Tourniquet//Breach obligations//EN");
    out.line("CALSCALE:GREGORIAN");
    out.line("METHOD:PUBLISH");
    for obligation in &assessment.obligations {
        if obligation.met_on.is_none() {
            event(&mut out, assessment, obligation, reference, stamp);
        }
    }
    out.line("END:VCALENDAR");
    out.text
}

fn event(out: &mut Lines, all: &Assessment, of: &Obligation, reference: &str, stamp: Timestamp) {
    let keep = of.duty == Duty::RecordRetention;
    let Some(day) = of.due.or_else(|| target(of, all)) else { return };
    let place = of.jurisdiction.map_or_else(String::new, |state| format!(" ({state})"));
    let kind = match (keep, of.due) {
        (true, _) => "Keep until",
        (false, Some(_)) => "Last lawful day",
        (false, None) => "Internal target, the law names no number of days",
    };
    out.line("BEGIN:VEVENT");
    out.line(&format!("UID:{}", uid(of, reference)));
    out.line(&format!("DTSTAMP:{}", utc(stamp)));
    match of.due_at {
        Some(instant) => out.line(&format!("DTSTART:{}", utc(instant.at))),
        None => {
            out.line(&format!("DTSTART;VALUE=DATE:{}", basic(day)));
            out.line(&format!("DTEND;VALUE=DATE:{}", basic(plus(day, 1))));
        }
    }
    out.property("SUMMARY", &format!("{kind}: {}{place} – {}", of.duty.title(), of.recipient));
    let note = of.note.as_ref().map_or_else(String::new, |note| format!("\n{note}"));
    out.property(
        "DESCRIPTION",
        &format!(
            "{}\n{}\n{} ({}){note}\nThis supports counsel and does not replace counsel.",
            of.standard, of.arithmetic, of.citation, of.confidence
        ),
    );
    out.property("CATEGORIES", &of.regime.to_string());
    out.line("TRANSP:TRANSPARENT");
    for before in if keep { &["P30D"][..] } else { &["P7D", "P1D"][..] } {
        out.line("BEGIN:VALARM");
        out.line("ACTION:DISPLAY");
        out.line(&format!("TRIGGER:-{before}"));
        out.property("DESCRIPTION", of.duty.title());
        out.line("END:VALARM");
    }
    out.line("END:VEVENT");
}

/// The same for the same duty of the same incident, whatever its date.
fn uid(of: &Obligation, reference: &str) -> String {
    let place = of.jurisdiction.map_or("-", |state| state.code());
    let name = format!("{reference}\n{}\n{}\n{place}\n{}", of.duty, of.regime, of.recipient);
    let digest = Digest::of(name.as_bytes()).to_string();
    format!("{}@breach.tourniquet.invalid", digest.get(..32).unwrap_or(&digest))
}

fn basic(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

fn utc(at: Timestamp) -> String {
    let at = TimeZone::UTC.to_datetime(at);
    format!("{}T{:02}{:02}{:02}Z", basic(at.date()), at.hour(), at.minute(), at.second())
}

/// Content lines: CRLF, at most 75 octets, continued with a space (RFC 5545 section 3.1).
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn line(&mut self, line: &str) {
        let mut room = 75;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.text.push_str("\r\n ");
                room = 74;
            }
            self.text.push(c);
            room -= c.len_utf8();
        }
        self.text.push_str("\r\n");
    }

    /// A TEXT value, escaped (section 3.3.11). Control characters other than the line break have no place in one.
    fn property(&mut self, name: &str, value: &str) {
        let mut line = format!("{name}:");
        for c in value.chars() {
            match c {
                '\\' => line.push_str("\\\\"),
                ';' => line.push_str("\\;"),
                ',' => line.push_str("\\,"),
                '\n' => line.push_str("\\n"),
                c if c.is_control() => {}
                c => line.push(c),
            }
        }
        self.line(&line);
    }
}
