//! What the logs show and what they cannot, hour by hour and host by host, and what that means for the question that decides
//! most about a breach: was patients' information acquired or viewed (45 CFR 164.402(2)(iii))?

use app::chronicle::{Blind, CoverageTold, RecordedTold};
use jiff::tz::TimeZone;
use kernel::Timestamp;
use maud::{Markup, html};

use super::super::{axis, incident::Room, parts};

const WIDE: i64 = 1_000;
const LEFT: i64 = 176;
const BAND: i64 = 12;
const HOST: i64 = 4 * BAND + 16;
const TOP: i64 = 10;

/// What is recorded: its word, and whether it was.
type Band = (&'static str, fn(&RecordedTold) -> bool);

const BANDS: [Band; 4] = [
    ("files", |own| own.files),
    ("programs", |own| own.programs),
    ("network", |own| own.network),
    ("sign-ins", |own| own.sign_ins),
];

/// Draws it, with its words.
pub(super) fn draw(room: &Room<'_>, told: &CoverageTold) -> Markup {
    let (Some(first), Some(last)) = (told.hours.first(), told.hours.last()) else {
        return html! {
            p.quiet { "Without a story there are no hours to look at." }
            (says(told)) (logs(room, told))
        };
    };
    let mut hosts: Vec<&str> = Vec::new();
    for own in told.hours.iter().flat_map(|hours| &hours.hosts) {
        if !hosts.contains(&own.host.as_str()) {
            hosts.push(&own.host);
        }
    }
    let span = (last.to.as_second() - first.from.as_second()).max(1);
    let x = |at: Timestamp| {
        let into = (at.as_second() - first.from.as_second()).clamp(0, span);
        LEFT + (WIDE - LEFT - 8) * into / span
    };
    let tall = TOP + HOST * i64::try_from(hosts.len()).unwrap_or(0) + 30;
    html! {
        (says(told))
        div.scroll tabindex="0" role="region" aria-label="What each host recorded, hour by hour" {
            svg.fig.cover xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (tall) } width=(WIDE) height=(tall) role="img" aria-label={ "What " (hosts.len()) " hosts recorded while they were in the attacker’s hands; the table below says the same" } {
                defs { pattern #unseen-hours width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" { rect.gap-ground width="7" height="7" {} rect.gap-line width="2.4" height="7" {} } }
                @for tick in axis::ticks(first.from, last.to, &room.zone, 8) {
                    line.grid x1=(x(tick.at)) y1=(TOP - 4) x2=(x(tick.at)) y2=(tall - 24) {}
                    text.tick x=(x(tick.at)) y=(tall - 8) { (tick.words) }
                }
                @for (place, host) in (0_i64..).zip(&hosts) {
                    @let top = TOP + HOST * place;
                    text.row-name x="0" y=(top + 20) { (host) }
                    @for (nth, (word, was)) in (0_i64..).zip(BANDS) {
                        @let y = top + BAND * nth;
                        text.band x=(LEFT - 8) y=(y + 9) { (word) }
                        @for (from, to, recorded) in stretches(told, host, was) {
                            rect class=(if recorded { "seen" } else { "unseen-band" }) fill=[(!recorded).then_some("url(#unseen-hours)")] x=(x(from)) y=(y) width=((x(to) - x(from)).max(2)) height=(BAND - 2) { title { (host) ": " (word) (if recorded { " recorded" } else { " not recorded" }) ", " (said_span(from, to, &room.zone)) } }
                        }
                    }
                    @for (blind, words) in told.cleared.iter().map(|own| (own, "log cleared")).chain(told.audit_off.iter().map(|own| (own, "auditing off"))).filter(|(own, _)| own.host == **host) {
                        line.cut x1=(x(blind.time)) y1=(top - 3) x2=(x(blind.time)) y2=(top + 4 * BAND + 1) {}
                        text.cut-word.at-end[x(blind.time) > WIDE - 130] x=(x(blind.time) + (if x(blind.time) > WIDE - 130 { -5 } else { 5 })) y=(top + 4 * BAND + 11) { "✕ " (words) }
                    }
                }
            }
        }
        p.legend.small { span { i.swatch.seen aria-hidden="true" {} " recorded" } span { i.swatch.unseen aria-hidden="true" {} " not recorded: the logs cannot say" } span { "✕ log cleared, or auditing turned off" } span { "blank: not in their hands yet" } }
        h3 { "What that means for patients’ information" }
        (meaning(room, told))
        (blinds(room, told))
        (logs(room, told))
    }
}

fn said_span(from: Timestamp, to: Timestamp, zone: &TimeZone) -> String {
    let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%b %-d, %-I:%M %p").to_string();
    format!("{} to {}", local(from), local(to))
}

/// A host's hours with equal ones together.
fn stretches(
    told: &CoverageTold,
    host: &str,
    was: fn(&RecordedTold) -> bool,
) -> Vec<(Timestamp, Timestamp, bool)> {
    let mut found: Vec<(Timestamp, Timestamp, bool)> = Vec::new();
    for hours in &told.hours {
        let Some(own) = hours.hosts.iter().find(|own| own.host == host) else { continue };
        match found.last_mut() {
            Some((_, to, recorded)) if *to == hours.from && *recorded == was(own) => *to = hours.to,
            _ => found.push((hours.from, hours.to, was(own))),
        }
    }
    found
}

fn says(told: &CoverageTold) -> Markup {
    html! { @if !told.says.is_empty() { ul { @for line in &told.says { li { (line) } } } } }
}

/// The sentences of the hours, equal ones together: the same as the figure, in words.
fn meaning(room: &Room<'_>, told: &CoverageTold) -> Markup {
    let mut lines: Vec<(Timestamp, Timestamp, &str)> = Vec::new();
    for hours in &told.hours {
        match lines.last_mut() {
            Some((_, to, says)) if *says == hours.says && *to == hours.from => *to = hours.to,
            _ => lines.push((hours.from, hours.to, &hours.says)),
        }
    }
    // Each sentence once, with how many hours it stands for; the hours one by one are folded away.
    let mut sentences: Vec<(&str, i64)> = Vec::new();
    for (from, to, says) in &lines {
        let hours = (to.as_second() - from.as_second()) / 3_600;
        match sentences.iter_mut().find(|(own, _)| own == says) {
            Some((_, sum)) => *sum += hours,
            None => sentences.push((says, hours)),
        }
    }
    html! {
        p.quiet.small { "Where access to files was not recorded, the law’s presumption stands: it may have been viewed. Only the attorney decides what follows." }
        ul.says { @for (says, hours) in &sentences { li { strong { (parts::count(usize::try_from(*hours).unwrap_or(0), "hour", "hours")) ": " } (says) } } }
        details.more #hours { summary { "The same hour by hour" }
            table {
                thead { tr { th scope="col" { "Hours" } th scope="col" { "What the logs can say" } } }
                tbody { @for (from, to, says) in &lines { tr { th scope="row" { (said_span(*from, *to, &room.zone)) } td data-label="What the logs can say" { (says) } } } }
            }
        }
    }
}

fn blinds(room: &Room<'_>, told: &CoverageTold) -> Markup {
    let line = |own: &Blind, words: &str| {
        html! { li { (parts::moment(own.time, &room.zone)) " · " span.mono { (own.host) } ": " (words) @if let Some(account) = &own.account { ", by " span.mono { (account) } } } }
    };
    html! {
        @if !told.cleared.is_empty() || !told.audit_off.is_empty() {
            h3 { "Somebody saw to it that less is known" }
            ul { @for own in &told.cleared { (line(own, &format!("the {} log was cleared", own.what))) } @for own in &told.audit_off { (line(own, &format!("no longer recorded: {}", own.what))) } }
        }
    }
}

fn logs(room: &Room<'_>, told: &CoverageTold) -> Markup {
    html! {
        @if !told.logs.is_empty() {
            details.more #logs { summary { (parts::count(told.logs.len(), "log", "logs")) ", each with its first and last record" }
                table {
                    thead { tr { th scope="col" { "Log" } th scope="col" { "Records" } th scope="col" { "First" } th scope="col" { "Last" } th scope="col" { "Missing" } } }
                    tbody { @for log in told.logs.iter().take(200) { tr {
                        th scope="row" { span.mono { (log.host) } span.small { (log.log) } }
                        td data-label="Records" { (super::grouped(log.records)) }
                        td data-label="First" { (parts::moment(log.first, &room.zone)) }
                        td data-label="Last" { (parts::moment(log.last, &room.zone)) }
                        td data-label="Missing" { @if log.gaps.is_empty() { "nothing" } @for gap in log.gaps.iter().take(3) { span.small { @if gap.missing_records > 0 { (super::grouped(gap.missing_records)) " records, " } @else { "silent, " } (said_span(gap.from, gap.to, &room.zone)) } } }
                    } } }
                }
            }
        }
    }
}
