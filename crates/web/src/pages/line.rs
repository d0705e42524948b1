//! A line of dates: what is due, on one axis from today on, drawn as SVG, a row for each day with what is due on it. The
//! list beside it says the same in words.

use incident::Clock;
use jiff::{civil::Date, tz::TimeZone};
use kernel::Timestamp;
use maud::{Markup, html};

use super::parts;

const WIDE: i64 = 660;
const LEFT: i64 = 40;
const RIGHT: i64 = 40;
const TOP: i64 = 8;
const ROW: i64 = 24;
const DAY: i64 = 86_400;
/// Days drawn; the list has them all.
const MOST: usize = 10;
/// Letters of what is due that stand beside its mark.
const LETTERS: usize = 40;

/// What is due on one day.
struct Due<'a> {
    day: Date,
    at: Timestamp,
    clocks: Vec<&'a Clock>,
}

impl Due<'_> {
    fn words(&self) -> String {
        let first = self.clocks.first().map_or("", |clock| clock.what.as_str());
        let mut what: String = first.chars().take(LETTERS).collect();
        if what.len() < first.len() {
            what.push('…');
        }
        match self.clocks.len() {
            0 | 1 => what,
            many => format!("{what}, and {} more", many - 1),
        }
    }
}

fn by_day<'a>(clocks: impl Iterator<Item = &'a Clock>, zone: &TimeZone) -> Vec<Due<'a>> {
    let mut due: Vec<(Timestamp, &Clock)> = clocks
        .filter(|clock| clock.stopped_at.is_none())
        .filter_map(|clock| clock.due_at.map(|at| (at, clock)))
        .collect();
    due.sort_by_key(|(at, _)| *at);
    let mut days: Vec<Due<'_>> = Vec::new();
    for (at, clock) in due {
        let day = at.to_zoned(zone.clone()).date();
        match days.last_mut() {
            Some(last) if last.day == day => last.clocks.push(clock),
            _ => days.push(Due { day, at, clocks: vec![clock] }),
        }
    }
    days
}

/// Draws the open clocks on an axis from today to the last of them.
pub(crate) fn dates<'a>(clocks: impl Iterator<Item = &'a Clock>, now: Timestamp, zone: &TimeZone) -> Markup {
    let mut days = by_day(clocks, zone);
    let later = days.len().saturating_sub(MOST);
    days.truncate(MOST);
    let Some(last) = days.last() else { return html! { p.quiet { "No legal date is running." } } };
    let (last_at, last_day) = (last.at, last.day);
    let span = (last_at.as_second() - now.as_second()).max(DAY);
    // The near days matter most: the axis is the square root of time.
    let wide = WIDE - LEFT - RIGHT;
    let x = |seconds: i64| LEFT + wide * isqrt(seconds.clamp(0, span)) / isqrt(span).max(1);
    // The near marks would stand on top of each other; each keeps its distance from the one before.
    let mut marks: Vec<(i64, i64)> = Vec::new();
    for days in [1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1_460, 2_190] {
        let here = x(days * DAY);
        if days * DAY <= span && here - marks.last().map_or(LEFT, |(before, _)| *before) > 44 {
            marks.push((here, days));
        }
    }
    let axis = TOP + ROW * i64::try_from(days.len()).unwrap_or(1) + 6;
    html! {
        div.scroll tabindex="0" role="region" aria-label="Line of dates" {
            svg.dates xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (axis + 34) } width=(WIDE) height=(axis + 34) role="img" aria-label={ (parts::count(days.len(), "day", "days")) " from today to " (last_day.strftime("%B %-d, %Y")) " on which something is due" } {
                line.axis x1=(LEFT) y1=(axis) x2=(WIDE - RIGHT) y2=(axis) {}
                text.tick x=(LEFT) y=(axis + 24) { "today" }
                @for (here, days) in &marks {
                    line.axis x1=(here) y1=(axis - 4) x2=(here) y2=(axis + 4) {}
                    text.tick x=(here) y=(axis + 24) { (days) " d" }
                }
                @for (place, due) in (0_i64..).zip(&days) {
                    @let left = due.at.as_second() - now.as_second();
                    @let (tone, shape) = if left < 0 { ("bad", "▲ ") } else if left < 3 * DAY { ("care", "◐ ") } else { ("calm", "") };
                    @let (here, y) = (x(left), TOP + ROW * place + ROW / 2);
                    line.stem x1=(here) y1=(y) x2=(here) y2=(axis) {}
                    circle class={ "date " (tone) } cx=(here) cy=(y) r="6" {}
                    @let words = format!("{shape}{}: {}", due.day.strftime("%b %-d"), due.words());
                    @if here > WIDE / 2 { text.row-name.at-end x=(here - 12) y=(y + 4) { (words) } } @else { text.row-name x=(here + 12) y=(y + 4) { (words) } }
                }
            }
        }
        @if later > 0 { p.small.quiet { "And " (parts::count(later, "later day", "later days")) "; every one stands in the list below." } }
    }
}

fn isqrt(number: i64) -> i64 {
    number.max(0).isqrt()
}
