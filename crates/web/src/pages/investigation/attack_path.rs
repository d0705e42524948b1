//! The way they went, drawn from host to host: each host is a line downwards, each step an arrow from one to the next with
//! its account and its means, and time runs down the page. The table below says the same in words.

use app::chronicle::{Investigation, Step};
use incident::{Confidence, Question};
use jiff::tz::TimeZone;
use kernel::Timestamp;
use maud::{Markup, html};

use super::super::{incident::Room, parts};

/// Hosts that have a line of their own.
const MOST_HOSTS: usize = 14;
/// Steps and marks that are drawn.
const MOST_ROWS: usize = 40;
const LEFT: i64 = 92;
const COLUMN: i64 = 156;
const HEAD: i64 = 74;
const ROW: i64 = 46;

/// What is drawn in a row.
enum Row<'a> {
    Step(&'a Step),
    Mark { at: Timestamp, host: &'a str, question: Question, text: &'a str, sure: bool },
}

impl Row<'_> {
    const fn at(&self) -> Timestamp {
        match self {
            Self::Step(step) => step.time,
            Self::Mark { at, .. } => *at,
        }
    }
}

/// Draws it, with its table.
pub(super) fn draw(room: &Room<'_>, found: &Investigation) -> Markup {
    let rows = rows(found);
    if rows.is_empty() {
        return parts::empty(
            "The evidence shows no step from one host to another.",
            &html! { p.small.quiet { "Logs of sign-ins on more hosts would show more of it." } },
        );
    }
    let hosts = hosts(found, &rows);
    let (left_out, rows) =
        (rows.len().saturating_sub(MOST_ROWS), rows.get(..rows.len().min(MOST_ROWS)).unwrap_or_default());
    let width = LEFT + COLUMN * as_length(hosts.len()) + 8;
    let height = HEAD + ROW * as_length(rows.len()) + 26;
    let x = |host: &str| -> Option<i64> {
        let place = hosts.iter().position(|own| own == host)?;
        Some(LEFT + COLUMN * as_length(place) + COLUMN / 2)
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="The way from host to host" {
            svg.fig.path xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="group" aria-label="From host to host, in order of time from top to bottom; the table below says the same" {
                defs { marker #arrow viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse" { path.tip d="M0 0L10 5L0 10z" {} } }
                @for host in &hosts { @if let Some(x) = x(host) { (lifeline(room, found, host, x, height, rows)) } }
                @for (place, row) in rows.iter().enumerate() {
                    @let y = HEAD + ROW * as_length(place) + 24;
                    (when(row.at(), &room.zone, y, rows.get(place.wrapping_sub(1)).map(Row::at)))
                    @match row {
                        Row::Step(step) => { @if let (Some(from), Some(to)) = (x(&step.from), x(&step.to)) { (arrow(step, from, to, y)) } },
                        Row::Mark { host, question, text, sure, .. } => { @if let Some(x) = x(host) { (mark(*question, text, *sure, x, y)) } },
                    }
                }
            }
        }
        p.legend.small { span { "→ a step, with account and means" } span { "⇢ dashed: inferred, not seen in a record" } span { "◆ what they did there" } span { "thick line: in their hands" } span { "▣ holds patients’ information" } }
        @if left_out > 0 { p.small.quiet { (left_out) " more in the answers below." } }
        (table(room, &found.path))
    }
}

fn as_length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(0)
}

/// Steps, and the first sign of each weighty answer on each host.
fn rows(found: &Investigation) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = found.path.iter().map(Row::Step).collect();
    let weighty =
        [Question::CredentialTheft, Question::Persistence, Question::Exfiltration, Question::Impact];
    for question in weighty {
        let mut told: Vec<&str> = Vec::new();
        let answers = found.found.answers.iter();
        for answer in answers.filter(|own| own.question == question && own.confidence != Confidence::Unknown)
        {
            let (Some(at), Some(host)) = (answer.at, answer.hosts.first()) else { continue };
            if !told.contains(&host.as_str()) {
                told.push(host);
                let sure = answer.confidence == Confidence::Observed;
                rows.push(Row::Mark { at, host, question, text: &answer.text, sure });
            }
        }
    }
    rows.sort_by_key(Row::at);
    rows
}

/// Hosts in the order in which they come in.
fn hosts(found: &Investigation, rows: &[Row<'_>]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    let mut add = |host: &str| {
        if hosts.len() < MOST_HOSTS && !hosts.iter().any(|own| own == host) {
            hosts.push(host.to_owned());
        }
    };
    for row in rows {
        match row {
            Row::Step(step) => [&step.from, &step.to].into_iter().for_each(|host| add(host)),
            Row::Mark { host, .. } => add(host),
        }
    }
    found.hosts.iter().for_each(|host| add(&host.host));
    hosts
}

fn lifeline(
    room: &Room<'_>,
    found: &Investigation,
    host: &str,
    x: i64,
    height: i64,
    rows: &[Row<'_>],
) -> Markup {
    let system = room.profile.practice.system_of_host(host);
    let told = found.hosts.iter().find(|own| own.host == host);
    // Their hands are on it from the first row that is not earlier than that.
    let since = told.and_then(|told| rows.iter().position(|row| row.at() >= told.since));
    let phi = system.is_some_and(|system| system.holds_phi);
    let name: String = system.map_or_else(
        || if told.is_some() { String::new() } else { "outside, or unknown".to_owned() },
        |system| shortened(&system.name, 22),
    );
    let box_of = html! {
        rect class={ "host" (if told.is_some() { " taken" } else { "" }) } x=(x - 70) y="4" width="140" height="50" rx="8" { title { (system.map_or(host, |system| system.name.as_str())) } }
        text.name x=(x) y="25" { @if phi { "▣ " } (shortened(host, 16)) }
        text.sub x=(x) y="43" { (name) }
    };
    html! {
        line.life x1=(x) y1="54" x2=(x) y2=(height - 12) {}
        @if let Some(since) = since { line.hands x1=(x) y1=(HEAD + ROW * as_length(since) + 18) x2=(x) y2=(height - 12) {} }
        @match system {
            Some(system) => a href=(parts::system_page(room.id, &system.key)) { (box_of) },
            None => (box_of),
        }
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        text.chars().take(most - 1).chain(['…']).collect()
    }
}

fn when(at: Timestamp, zone: &TimeZone, y: i64, before: Option<Timestamp>) -> Markup {
    let local = at.to_zoned(zone.clone());
    let same_day = before.is_some_and(|before| before.to_zoned(zone.clone()).date() == local.date());
    html! {
        @if !same_day { text.day x="2" y=(y - 12) { (local.strftime("%a, %b %-d")) } }
        text.hour x="2" y=(y + 4) { (local.strftime("%-I:%M %p")) }
    }
}

fn arrow(step: &Step, from: i64, to: i64, y: i64) -> Markup {
    let (dx, inferred) = (if to >= from { 5 } else { -5 }, step.confidence != "observed");
    let middle = i64::midpoint(from, to);
    html! {
        g {
            title { (step.account) " went from " (step.from) " to " (step.to) " by " (step.means) @if inferred { " (" (step.confidence) ")" } }
            @if from == to {
                path.step.dashed[inferred] marker-end="url(#arrow)" d={ "M" (from) " " (y - 8) " c46 0 46 16 6 16" } {}
                text.label.at-start x=(from + 50) y=(y + 4) { (shortened(bare(&step.account), 14)) " · " (shortened(&step.means, 16)) }
            } @else {
                line.step.dashed[inferred] marker-end="url(#arrow)" x1=(from + dx) y1=(y) x2=(to - dx) y2=(y) {}
                text.label x=(middle) y=(y - 7) { (shortened(bare(&step.account), 18)) }
                text.label.means x=(middle) y=(y + 14) { (shortened(&step.means, 20)) @if inferred { " ?" } }
            }
        }
    }
}

fn bare(account: &str) -> &str {
    account.rsplit('\\').next().unwrap_or(account)
}

fn mark(question: Question, text: &str, sure: bool, x: i64, y: i64) -> Markup {
    let words = match question {
        Question::CredentialTheft => "took credentials",
        Question::Persistence => "made a way back",
        Question::Exfiltration => "took data out",
        _ => "did damage",
    };
    let tone = if matches!(question, Question::Exfiltration | Question::Impact) { "bad" } else { "care" };
    html! {
        g {
            title { (text) }
            path class={ "deed " (tone) } d={ "M" (x) " " (y - 8) " l8 8 l-8 8 l-8 -8 z" } {}
            text class={ "label at-start " (tone) } x=(x + 13) y=(y + 4) { (words) @if !sure { " ?" } }
        }
    }
}

fn table(room: &Room<'_>, path: &[Step]) -> Markup {
    html! {
        @if !path.is_empty() {
            details.more #path-table { summary { "The same as a table" }
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "From" } th scope="col" { "To" } th scope="col" { "Account" } th scope="col" { "By" } th scope="col" { "How sure" } th scope="col" { "Rests on" } } }
                    tbody { @for step in path { tr {
                        th scope="row" { (parts::whole_moment(step.time, &room.zone)) }
                        td data-label="From" { span.mono { (step.from) } }
                        td data-label="To" { span.mono { (step.to) } }
                        td data-label="Account" { span.mono { (step.account) } }
                        td data-label="By" { (step.means) }
                        td data-label="How sure" { (step.confidence) }
                        td data-label="Rests on" { @for origin in step.rests_on.iter().take(2) { span.small { (super::short_file(&origin.file)) ", record " (origin.record) } } }
                    } } }
                }
            }
        }
    }
}
