//! The words and shapes that pages share. Colour always comes with a word and a shape of its own, so that a page printed
//! in grey or seen without red and green says the same.

use app::status::Running;
use incident::{AccountStage, ClockKind, Stamp, SystemStage, practice::Impact};
use jiff::tz::TimeZone;
use kernel::{Severity, Timestamp};
use maud::{Markup, html};

/// A word with its colour and its shape.
pub(crate) fn chip(tone: &str, shape: &str, word: &str) -> Markup {
    html! { span class={ "chip " (tone) } { span aria-hidden="true" { (shape) } " " (word) } }
}

pub(crate) fn severity(severity: Severity) -> Markup {
    match severity {
        Severity::Critical => chip("critical", "▲", "critical"),
        Severity::High => chip("bad", "▲", "high"),
        Severity::Medium => chip("care", "◆", "medium"),
        Severity::Low => chip("calm", "●", "low"),
        Severity::Informational => chip("quiet", "○", "informational"),
    }
}

/// The look of a system's stage: tone and shape.
pub(crate) const fn stage_look(stage: &str) -> (&'static str, &'static str) {
    match stage.as_bytes() {
        b"suspected" => ("care", "◐"),
        b"contained" | b"disabled" => ("held", "■"),
        b"clean" | b"credentials_reset" => ("calm", "◇"),
        b"restored" | b"mfa_re_enrolled" => ("calm", "◈"),
        b"in_production" | b"returned" => ("good", "●"),
        b"cleared" => ("good", "✓"),
        _ => ("quiet", "–"),
    }
}

pub(crate) fn stage_word(stage: &str) -> Markup {
    let (tone, shape) = stage_look(stage);
    chip(tone, shape, &words(stage))
}

pub(crate) fn system_stage(stage: &SystemStage) -> Markup {
    stage_word(stage.as_str())
}

pub(crate) fn account_stage(stage: &AccountStage) -> Markup {
    stage_word(stage.as_str())
}

/// The look of a service: tone, shape, word.
pub(crate) const fn running_look(running: Running) -> (&'static str, &'static str, &'static str) {
    match running {
        Running::Works => ("good", "●", "works"),
        Running::OnPaper => ("care", "◐", "on paper"),
        Running::Stopped => ("bad", "■", "stopped"),
    }
}

pub(crate) fn running(running: Running) -> Markup {
    let (tone, shape, word) = running_look(running);
    chip(tone, shape, word)
}

pub(crate) const fn clock_kind(kind: ClockKind) -> &'static str {
    match kind {
        ClockKind::Engagement => "answer",
        ClockKind::Containment => "containment",
        ClockKind::Obligation => "legal date",
        ClockKind::Watch => "watch",
        ClockKind::Insurer => "insurer",
        ClockKind::Remediation => "remediation",
        ClockKind::Situation => "situation report",
    }
}

/// A word of a list or of JSON, for people.
pub(crate) fn words(text: &str) -> String {
    text.replace('_', " ")
}

pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A moment, as somebody at the practice reads it.
pub(crate) fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! { time datetime=(at) title=(local.strftime("%A, %B %-d, %Y, %-I:%M:%S %p %Z")) { (local.strftime("%b %-d, %-I:%M %p")) } }
}

/// The same with its year and zone, where it stands in a record.
pub(crate) fn whole_moment(at: Timestamp, zone: &TimeZone) -> Markup {
    html! { time datetime=(at) { (at.to_zoned(zone.clone()).strftime("%a, %b %-d, %Y, %-I:%M %p %Z")) } }
}

/// A date and time as a form's field takes it.
pub(crate) fn field_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// How far off a moment is, which scripts keep up to date.
pub(crate) fn due(due: Timestamp, now: Timestamp) -> Markup {
    let left = due.as_second() - now.as_second();
    let text = if left >= 0 { format!("in {}", span(left)) } else { format!("{} late", span(-left)) };
    let tone = match left {
        left if left < 0 => "bad",
        left if left < 3_600 => "care",
        _ => "quiet",
    };
    html! { span class={ "due " (tone) } data-due=(due) { (text) } }
}

pub(crate) fn span(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match () {
        () if days > 1 => format!("{days} days"),
        () if hours > 0 && minutes % 60 == 0 => format!("{hours} h"),
        () if hours > 0 => format!("{hours} h {} min", minutes % 60),
        () if minutes > 0 => format!("{minutes} min"),
        () => "under a minute".to_owned(),
    }
}

pub(crate) fn stamp(stamp: &Stamp, zone: &TimeZone) -> Markup {
    html! { span.small.quiet { (stamp.name) ", " (stamp.role) " · " (moment(stamp.at, zone)) } }
}

/// What stops working at the practice, with what to do instead.
pub(crate) fn stops(impact: &Impact) -> Markup {
    html! {
        @if impact.stops_care() {
            div.stops {
                p { strong { "Stops care: " } (impact.sentence()) }
                @for service in &impact.services {
                    @if !service.downtime.is_empty() { p.small { (service.name) ": use " (service.downtime.join(", ")) } }
                }
            }
        } @else { p.small.quiet { "No clinical service stops." } }
    }
}

/// Nothing there, and what to do about it.
pub(crate) fn empty(what: &str, next: &Markup) -> Markup {
    html! { div.empty { p { (what) } (next) } }
}

/// A quantity with its word.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A text as one segment of a path (RFC 3986, section 3.3): everything but unreserved characters is percent-encoded, so
/// that no name leads anywhere else.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The page of a system of an incident.
pub(crate) fn system_page(incident: kernel::IncidentId, name: &kernel::SystemName) -> String {
    format!("/incidents/{incident}/systems/{}", segment(name.as_str()))
}

/// Bytes for people.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10), ("bytes", 1)];
    let (unit, size) = UNITS.into_iter().find(|(_, size)| bytes >= *size).unwrap_or(("bytes", 1));
    let (whole, tenth) = (bytes / size, bytes % size * 10 / size);
    if size == 1 || whole >= 10 { format!("{whole} {unit}") } else { format!("{whole}.{tenth} {unit}") }
}

/// The first letters of a digest, the whole of it at hand.
pub(crate) fn digest(digest: &kernel::Digest) -> Markup {
    let text = digest.to_string();
    let plain = text.rsplit(':').next().unwrap_or(&text).to_owned();
    let short: String = plain.chars().take(12).collect();
    html! { code title=(text) { (short) "…" } }
}
