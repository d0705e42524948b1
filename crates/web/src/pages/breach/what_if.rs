//! What if: other counts, other days. The duties as they stand and as they would stand, side by side, with what moves marked.
//! Nothing is recorded; the form is a plain question in the page's address, and answers while one types where scripts run.
//! There each number and each day can be moved with a slider as well, which our own module binds to its field.

use std::collections::BTreeMap;

use app::case::FactsView;
use axum::{extract::RawQuery, response::Response};
use breach::{
    Assessment,
    result::{Obligation, ObligationKey},
};
use jiff::civil::Date;
use kernel::IncidentId;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::{
    super::{
        desk::Desk,
        form::Fields,
        incident::Room,
        investigation::grouped,
        layout::{self, Place, Sheet, Tab},
        parts,
    },
    facts::{count_field, count_fields, counts},
    usa,
};
use crate::{error::Problem, received::Named};

/// Days that can be asked about: where they stand, and their words.
const DAYS: [(&str, &str); 4] = [
    ("/knowledge/known_on", "The practice knew on"),
    ("/knowledge/workforce_known_on", "Somebody of the workforce knew on"),
    ("/knowledge/determined_on", "Determined to be a breach on"),
    ("/sent/individuals_on", "Letters go out on"),
];

/// The question and its answer.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let room = Room::of(&desk, id).await?;
    let view = desk.web.app.facts(&desk.actor, id).await?;
    let now = desk.web.app.case(&desk.actor, id).await?.assessment;
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let asked = patch(&fields, &view.facts);
    let body = html! {
        (room.head(Tab::Breach))
        h2 { "What if?" }
        p.lead { "Change a count or a day, and see which duties come, go or move. Nothing is recorded." }
        (form(&room, &view, &fields))
        section #would aria-live="polite" aria-labelledby="would-h" {
            h2 #would-h { "What would follow" }
            @match asked {
                Err(problem) => p.notice.bad { (problem.detail) },
                Ok(patch) => (answer(&room, &view, now.as_ref(), &patch).await),
            }
        }
        p { a href={ "/incidents/" (id) "/breach" } { "Back to the breach" } }
    };
    let title = format!("What if · {}", room.state().title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Breach), body).wide().asks("would")))
}

fn day_of(facts: &Value, pointer: &str) -> String {
    facts
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(|text| text.chars().take(10).collect())
        .unwrap_or_default()
}

/// A slider goes so many days back and on from the day that stands, or from today.
const DAYS_AROUND: i32 = 90;
/// The least that a slider of people goes up to: past the 500 at which media and HHS are told at once.
const PEOPLE: u64 = 1_000;

/// A field with its slider, which stays hidden until the module binds it: without scripts the field is all there is.
fn slid(field: &Markup, slider: &Markup) -> Markup {
    html! { div.slid { (field) (slider) } }
}

/// A number of people: `standing` is what stands.
fn people_field(words: &str, name: &str, people: Option<u64>, standing: Option<u64>) -> Markup {
    let most =
        people.max(standing).unwrap_or(0).saturating_mul(2).div_ceil(500).saturating_mul(500).max(PEOPLE);
    slid(
        &html! { (count_field(words, name, people)) @if let Some(standing) = standing { small.quiet { "stands: " (grouped(standing)) } } },
        &html! { input type="range" hidden data-slides=(name) min="0" max=(most) step="1" value=(people.unwrap_or(0)) aria-label={ (words) ": slide from 0 to " (grouped(most)) }; },
    )
}

/// A day: `standing` is what stands, empty where nothing does.
fn day_field(words: &str, name: &str, day: &str, standing: &str, today: Date) -> Markup {
    let middle = standing.parse::<Date>().unwrap_or(today);
    slid(
        &html! { label.field { span { (words) } input type="date" name=(name) value=(day); } small.quiet { @if standing.is_empty() { "not stated" } @else { "stands: " (standing) } } },
        &html! { input type="range" hidden data-slides=(name) data-day=(middle) min=(-DAYS_AROUND) max=(DAYS_AROUND) step="1" value="0" aria-label={ (words) ": slide " (DAYS_AROUND) " days back or on" }; },
    )
}

fn form(room: &Room<'_>, view: &FactsView, fields: &Fields) -> Markup {
    // The form keeps what was asked: the facts with the patch in them.
    let asked = patch(fields, &view.facts).unwrap_or_else(|_| json!({}));
    let shown = app::case::facts::merge(view.facts.clone(), &asked);
    let today = room.now.to_zoned(room.zone.clone()).date();
    let standing = usa::counts(&view.facts);
    let people = |words: &str, name: &str, people: Option<u64>| {
        let code = name.strip_prefix("count.").unwrap_or_default();
        people_field(words, name, people, standing.get(code).copied())
    };
    html! {
        form.sheet.what-if #what-if method="get" action={ "/incidents/" (room.id) "/breach/what-if" } data-ask="would" {
            fieldset.wide { legend { "How many people" } (count_fields(&shown, &people)) }
            fieldset.wide { legend { "Which days" } div.pairs {
                @for (pointer, words) in DAYS { (day_field(words, pointer, &day_of(&shown, pointer), &day_of(&view.facts, pointer), today)) }
            } }
            p.actions { button type="submit" { "What would follow?" } a.button.plain href={ "/incidents/" (room.id) "/breach/what-if" } { "As it stands" } }
        }
    }
}

/// The patch that the question is.
fn patch(fields: &Fields, facts: &Value) -> Result<Value, Problem> {
    let mut patch = counts(fields, facts)?;
    for (pointer, _) in DAYS {
        if !fields.has(pointer) {
            continue;
        }
        let given = fields.get(pointer).unwrap_or_default();
        if given != day_of(facts, pointer) {
            let value = if given.is_empty() { Value::Null } else { json!(given) };
            app::case::facts::put(&mut patch, pointer, Some(value));
        }
    }
    Ok(patch)
}

async fn answer(room: &Room<'_>, view: &FactsView, now: Option<&Assessment>, patch: &Value) -> Markup {
    let Some(now) = now else {
        return html! { p.notice.bad { "The facts contradict each other as they stand: mend them first." } };
    };
    if patch.as_object().is_some_and(serde_json::Map::is_empty) {
        return html! { p.quiet { "This is what stands. Change a number or a day above." } (table(now, now)) };
    }
    match room.desk.web.app.what_if(&room.desk.actor, room.id, patch).await {
        Ok(would) => {
            let shown = app::case::facts::merge(view.facts.clone(), patch);
            html! {
                @if would.said.is_empty() { p { (parts::chip("good", "✓", "nothing moves")) " No duty comes, goes or moves." } }
                @else { ul.moved { @for line in &would.said { li { (line) } } } }
                (table(now, &would.assessment))
                details.more #would-map { summary { "The counts of this question on the map" } (usa::draw(&usa::counts(&shown))) }
            }
        }
        Err(error) => html! { p.notice.bad { "That does not fit together: " (error) } },
    }
}

/// Duties then and now, in the order of their days.
fn table(now: &Assessment, would: &Assessment) -> Markup {
    let mut both: BTreeMap<ObligationKey, (Option<&Obligation>, Option<&Obligation>)> = BTreeMap::new();
    for own in &now.obligations {
        both.entry(own.key()).or_default().0 = Some(own);
    }
    for own in &would.obligations {
        both.entry(own.key()).or_default().1 = Some(own);
    }
    let mut rows: Vec<_> = both.into_values().collect();
    rows.sort_by_key(|(now, would)| {
        let due = would.or(*now).and_then(|own| own.due);
        (due.is_none(), due)
    });
    let moved = rows.iter().filter(|(now, would)| difference(*now, *would).is_some()).count();
    html! {
        p.small.quiet { (grouped(now.counts.total)) " people as it stands, " (grouped(would.counts.total)) " in the question; " (parts::count(moved, "duty differs", "duties differ")) "." }
        table.side-by-side {
            thead { tr { th scope="col" { "Duty" } th scope="col" { "As it stands" } th scope="col" { "In the question" } th scope="col" { "Difference" } } }
            tbody { @for (now, would) in &rows {
                @let differs = difference(*now, *would);
                @if let Some(own) = would.or(*now) {
                    tr.differs[differs.is_some()] {
                        th scope="row" { (own.duty.title()) span.small.quiet { (own.recipient) " · " (own.regime) " · " (own.citation) } }
                        td data-label="As it stands" { (day(*now)) }
                        td data-label="In the question" { (day(*would)) @if let Some(own) = would { span.small.quiet { (own.arithmetic) } } }
                        td data-label="Difference" { @match differs { Some((tone, shape, words)) => (parts::chip(tone, shape, &words)), None => span.quiet { "the same" } } }
                    }
                }
            } }
        }
    }
}

fn day(own: Option<&Obligation>) -> Markup {
    let said = |due: Option<Date>| {
        due.map_or_else(|| "no fixed day".to_owned(), |due| due.strftime("%a, %b %-d, %Y").to_string())
    };
    html! { @match own { Some(own) => (said(own.due)), None => span.quiet { "not due" } } }
}

/// How a duty differs: tone, shape, words.
fn difference(
    now: Option<&Obligation>,
    would: Option<&Obligation>,
) -> Option<(&'static str, &'static str, String)> {
    match (now, would) {
        (None, Some(_)) => Some(("bad", "＋", "new".to_owned())),
        (Some(_), None) => Some(("quiet", "–", "no longer due".to_owned())),
        (Some(now), Some(would)) if now.due != would.due => {
            Some(match now.due.zip(would.due).map(|(now, would)| breach::day::between(now, would)) {
                Some(days) if days < 0 => ("bad", "←", format!("{} earlier", days_of(-days))),
                Some(days) => ("calm", "→", format!("{} later", days_of(days))),
                None => ("care", "◆", "another kind of limit".to_owned()),
            })
        }
        _ => None,
    }
}

fn days_of(days: i64) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}
