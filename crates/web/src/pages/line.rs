//! A line of dates: what is due, on one axis from today on, drawn as SVG. The list beside it says the same in words.

use incident::Clock;
use jiff::tz::TimeZone;
use kernel::Timestamp;
use maud::{Markup, html};

const WIDE: i64 = 900;
const TALL: i64 = 92;
const LEFT: i64 = 40;
const DAY: i64 = 86_400;

/// Draws the open clocks on an axis from today to the last of them.
pub(crate) fn dates(clocks: &[Clock], now: Timestamp, zone: &TimeZone) -> Markup {
    let mut due: Vec<(Timestamp, &Clock)> = clocks
        .iter()
        .filter(|clock| clock.stopped_at.is_none())
        .filter_map(|clock| clock.due_at.map(|at| (at, clock)))
        .collect();
    due.sort_by_key(|(at, _)| *at);
    let Some((last, _)) = due.last() else { return html! { p.quiet { "No date is running." } } };
    let span = (last.as_second() - now.as_second()).max(DAY);
    // The near days matter most: the axis is the square root of time.
    let x = |at: Timestamp| {
        let passed = (at.as_second() - now.as_second()).max(0);
        LEFT + (WIDE - 2 * LEFT) * isqrt(passed) / isqrt(span).max(1)
    };
    let place = |days: i64| LEFT + (WIDE - 2 * LEFT) * isqrt(days * DAY) / isqrt(span).max(1);
    // The near marks would stand on top of each other; each keeps its distance from the one before.
    let mut marks: Vec<(i64, i64)> = Vec::new();
    for days in [1, 3, 7, 14, 30, 60, 90, 180, 365, 730, 1_460, 2_190] {
        let here = place(days);
        if days * DAY <= span && here - marks.last().map_or(LEFT, |(before, _)| *before) > 44 {
            marks.push((here, days));
        }
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label="Line of dates" {
            svg.dates xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (TALL) } width=(WIDE) height=(TALL) role="img" aria-label={ (due.len()) " dates from today to " (last.to_zoned(zone.clone()).strftime("%B %-d, %Y")) } {
                line.axis x1=(LEFT) y1="52" x2=(WIDE - LEFT) y2="52" {}
                text.tick x=(LEFT) y="80" { "today" }
                @for (here, days) in &marks {
                    line.axis x1=(here) y1="48" x2=(here) y2="56" {}
                    text.tick x=(here) y="80" { (days) " d" }
                }
                @for (place, (at, clock)) in due.iter().enumerate() {
                    @let tone = if *at < now { "bad" } else if at.as_second() - now.as_second() < 3 * DAY { "care" } else { "calm" };
                    circle class={ "date " (tone) } cx=(x(*at)) cy=(52 - 12 * i64::try_from(place % 3).unwrap_or(0)) r="6" { title { (clock.what) ", " (at.to_zoned(zone.clone()).strftime("%B %-d, %Y")) } }
                }
            }
        }
    }
}

fn isqrt(number: i64) -> i64 {
    number.max(0).isqrt()
}
