//! Duties on a calendar: the months in which something is due, each day with what is due on it. The list of duties says the
//! same in words.

use std::collections::BTreeMap;

use app::case::{DutyView, Stands};
use jiff::{ToSpan as _, civil::Date};
use maud::{Markup, html};

use super::super::parts;

/// Months that are drawn.
const MOST: usize = 6;

const fn look(stands: Stands) -> (&'static str, &'static str, &'static str) {
    match stands {
        Stands::Missed => ("bad", "▲", "missed"),
        Stands::Near => ("care", "◐", "near"),
        Stands::Ahead => ("calm", "◇", "ahead"),
        Stands::NoFixedLimit => ("calm", "○", "no fixed day"),
        Stands::NoLongerAsked => ("quiet", "–", "no longer asked"),
        Stands::Met => ("good", "✓", "met"),
        Stands::NotDue => ("quiet", "–", "not due"),
        Stands::Keep => ("quiet", "■", "to keep"),
    }
}

pub(super) fn stands(stands: Stands) -> Markup {
    let (tone, shape, word) = look(stands);
    parts::chip(tone, shape, word)
}

/// Draws the months.
pub(super) fn draw(duties: &[DutyView], today: Date) -> Markup {
    let mut days: BTreeMap<Date, Vec<&DutyView>> = BTreeMap::new();
    for duty in duties
        .iter()
        .filter(|duty| !matches!(duty.stands, Stands::NotDue | Stands::NoLongerAsked | Stands::Keep))
    {
        if let Some(due) = duty.due {
            days.entry(due).or_default().push(duty);
        }
    }
    let mut months: Vec<Date> = days.keys().map(|day| day.first_of_month()).collect();
    months.push(today.first_of_month());
    months.sort_unstable();
    months.dedup();
    let later = months.len().saturating_sub(MOST);
    html! {
        @if days.is_empty() { p.quiet { "No duty has a day yet." } }
        @else {
            div.months { @for month in months.iter().take(MOST) { (one(*month, &days, today)) } }
            @if later > 0 { p.small.quiet { "And " (parts::count(later, "later month", "later months")) "; every day stands in the list below." } }
        }
    }
}

fn one(month: Date, days: &BTreeMap<Date, Vec<&DutyView>>, today: Date) -> Markup {
    // Weeks begin on Sunday, as calendars in the United States do.
    let lead = month.weekday().to_sunday_zero_offset();
    let last = month.days_in_month();
    let weeks = (i16::from(lead) + i16::from(last) + 6) / 7;
    let day = |week: i16, weekday: i16| -> Option<Date> {
        let number = week * 7 + weekday - i16::from(lead);
        (0..i16::from(last))
            .contains(&number)
            .then(|| month.checked_add(i64::from(number).days()).ok())
            .flatten()
    };
    html! {
        table.month {
            caption { (month.strftime("%B %Y")) }
            thead { tr { @for (short, long) in [("S", "Sunday"), ("M", "Monday"), ("T", "Tuesday"), ("W", "Wednesday"), ("T", "Thursday"), ("F", "Friday"), ("S", "Saturday")] { th scope="col" abbr=(long) { (short) } } } }
            tbody { @for week in 0..weeks { tr { @for weekday in 0..7 {
                @match day(week, weekday) {
                    None => td {},
                    Some(date) => (cell(date, days.get(&date).map(Vec::as_slice).unwrap_or_default(), date == today)),
                }
            } } } }
        }
    }
}

fn cell(date: Date, due: &[&DutyView], today: bool) -> Markup {
    let words: Vec<String> = due.iter().map(|duty| parts::capitalised(&duty.duty)).collect();
    html! {
        @match due.first() {
            None => td.today[today] { span.day { (date.day()) @if today { span.unseen { ", today" } } } },
            Some(first) => {
                @let (tone, shape, word) = look(first.stands);
                td class={ "due-day " (tone) (if today { " today" } else { "" }) } { a href={ "#duty-" (first.id) } title=(words.join("; ")) { span.day { (date.day()) } span.mark aria-hidden="true" { (shape) @if due.len() > 1 { (due.len()) } } span.unseen { ": " (words.join("; ")) ", " (word) } } }
            },
        }
    }
}
