//! The timeline as a figure and as lines. The server counts the lines in bins, so that the figure has a few hundred marks
//! whether there are a hundred lines or a million; zoom and filters are links and a form, and every state has an address.

use std::sync::Arc;

use app::{
    chronicle::{Chronicle, Figure, Filter, Investigation, Lane, Level, LineView},
    ports::Cursor,
};
use jiff::{civil::DateTime, tz::TimeZone};
use kernel::{Capability, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::{axis, incident::Room, parts};
use crate::error::Problem;

/// Lines of a page.
const PAGE: usize = 25;
/// Accounts that can be chosen from.
const ACCOUNTS: usize = 60;

const WIDE: i64 = 1_000;
const LEFT: i64 = 150;
const RIGHT: i64 = 10;
const LANE: i64 = 40;
const TOP: i64 = 46;

/// Which part of the timeline is looked at. Times are the practice's own; what is left empty was not given.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Part {
    pub(super) done: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) host: String,
    pub(super) account: String,
    pub(super) tactic: String,
    pub(super) level: String,
    /// `all` lists every line; else detections alone.
    pub(super) show: String,
    pub(super) cursor: String,
}

const SHAPE: &str = "%Y-%m-%dT%H:%M:%S";

impl Part {
    fn filter(&self, zone: &TimeZone) -> Result<Filter, Problem> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let time = |name: &str, text: &str| -> Result<Option<Timestamp>, Problem> {
            let Some(text) = given(text) else { return Ok(None) };
            let wrong = || {
                Problem::invalid(name, format!("{name}: a date and time is wanted, such as 2026-01-26T09:30"))
            };
            let local: DateTime = text.parse().map_err(|_| wrong())?;
            Ok(Some(local.to_zoned(zone.clone()).map_err(|_| wrong())?.timestamp()))
        };
        let level = given(&self.level).map(|word| {
            let known = Level::ALL.into_iter().find(|level| level.as_str() == word);
            known.ok_or_else(|| Problem::invalid("level", "level: none of the levels"))
        });
        let (from, to) = (time("from", &self.from)?, time("to", &self.to)?);
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(Problem::invalid("to", "to: lies before the begin"));
        }
        Ok(Filter {
            from,
            to,
            host: given(&self.host),
            account: given(&self.account),
            tactic: given(&self.tactic),
            level: level.transpose()?,
            what: None,
        })
    }

    /// The address of this part with some members changed.
    fn link(&self, room: &Room<'_>, changes: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let own = [
            ("from", &self.from),
            ("to", &self.to),
            ("host", &self.host),
            ("account", &self.account),
            ("tactic", &self.tactic),
            ("level", &self.level),
            ("show", &self.show),
        ];
        for (name, text) in own {
            let text =
                changes.iter().find(|(changed, _)| *changed == name).map_or(text.as_str(), |(_, text)| text);
            if !text.is_empty() {
                query.append_pair(name, text);
            }
        }
        if let Some((_, cursor)) = changes.iter().find(|(name, _)| *name == "cursor") {
            query.append_pair("cursor", cursor);
        }
        format!("/incidents/{}/investigation?{}#lines", room.id, query.finish())
    }

    fn zoom(&self, room: &Room<'_>, from: Timestamp, to: Timestamp) -> String {
        let local = |at: Timestamp| at.to_zoned(room.zone.clone()).strftime(SHAPE).to_string();
        self.link(room, &[("from", &local(from)), ("to", &local(to))])
    }
}

/// Figure, filters and lines.
pub(super) async fn section(room: &Room<'_>, part: &Part, found: &Investigation) -> Result<Markup, Problem> {
    let Some(chronicle) = room.desk.web.app.chronicle(&room.desk.actor, room.id).await? else {
        return Ok(parts::empty(
            "This hunt was made before its lines were kept.",
            &html! { p.small.quiet { "Hunt again, above: the lines of the timeline appear here." } },
        ));
    };
    let filter = part.filter(&room.zone)?;
    let figure = chronicle.figure(&filter);
    Ok(html! {
        (choices(part, &chronicle))
        (moves(room, part, &figure, found))
        (draw(room, part, &figure))
        (lines(room, part, &filter, &chronicle)?)
    })
}

/// The form of filters; it asks for the page again, and nothing else.
fn choices(part: &Part, chronicle: &Arc<Chronicle>) -> Markup {
    let named = |name: String, detections: u64| {
        let words = if detections > 0 { format!("{name} ({detections})") } else { name.clone() };
        (name, words)
    };
    let hosts = chronicle.hosts().into_iter().map(|own| named(own.name, own.detections)).collect();
    let accounts =
        chronicle.accounts().into_iter().take(ACCOUNTS).map(|own| named(own.name, own.detections)).collect();
    let tactics: Vec<(String, String)> = chronicle
        .tactics()
        .into_iter()
        .map(|(name, count)| (name.clone(), format!("{} ({count})", name.replace('-', " "))))
        .collect();
    let levels = Level::ALL
        .into_iter()
        .map(|level| (level.as_str().to_owned(), format!("{} or worse", level.as_str())))
        .collect();
    html! {
        form.filters method="get" action="#lines" aria-label="Which part of the timeline" {
            (select("host", "Host", "every host", &part.host, hosts))
            (select("account", "Account", "every account", &part.account, accounts))
            (select("tactic", "Tactic", "every tactic", &part.tactic, tactics))
            (select("level", "Level", "every line", &part.level, levels))
            label.field { span { "From" } input type="datetime-local" step="1" name="from" value=(part.from); }
            label.field { span { "To" } input type="datetime-local" step="1" name="to" value=(part.to); }
            (select("show", "List", "detections", &part.show, vec![("all".to_owned(), "every line".to_owned())]))
            button type="submit" { "Show" }
        }
    }
}

fn select(name: &str, label: &str, any: &str, chosen: &str, options: Vec<(String, String)>) -> Markup {
    html! {
        label.field { span { (label) }
            select name=(name) {
                option value="" { (any) }
                @for (value, words) in &options { option value=(value) selected[value == chosen] { (words) } }
                @if !chosen.is_empty() && !options.iter().any(|(value, _)| value == chosen) { option value=(chosen) selected { (chosen) } }
            }
        }
    }
}

/// Where one can go from here.
fn moves(room: &Room<'_>, part: &Part, figure: &Figure, found: &Investigation) -> Markup {
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap_or_default();
    let (from, to) = (figure.from.as_second(), figure.to.as_second().max(figure.from.as_second() + 1));
    let span = to - from;
    let answers = found.found.answers.iter().filter(|own| own.confidence != incident::Confidence::Unknown);
    let times: Vec<i64> = answers.filter_map(|own| own.at).map(Timestamp::as_second).collect();
    let story = times.iter().min().zip(times.iter().max());
    let narrowed = !part.from.is_empty() || !part.to.is_empty();
    html! {
        div.moves role="group" aria-label="Move along the timeline" {
            a.button.plain href=(part.link(room, &[("from", ""), ("to", "")])) aria-current=[(!narrowed).then_some("true")] { "All of it" }
            @if let Some((first, last)) = story { a.button.plain href=(part.zoom(room, at(first - 1_800), at(last + 1_800))) { "The attack" } }
            a.button.plain href=(part.zoom(room, at(from - span / 2), at(to - span / 2))) { "← Earlier" }
            a.button.plain href=(part.zoom(room, at(from + span / 2), at(to + span / 2))) { "Later →" }
            a.button.plain href=(part.zoom(room, at(from + span / 4), at((to - span / 4).max(from + span / 4 + 1)))) { "Closer" }
            a.button.plain href=(part.zoom(room, at(from - span / 2), at(to + span / 2))) { "Further" }
        }
    }
}

const fn tone(level: Level) -> &'static str {
    match level {
        Level::Critical | Level::High => "bad",
        Level::Medium => "care",
        Level::Low | Level::Informational => "calm",
        Level::None => "plain",
    }
}

pub(super) fn level_chip(level: Level) -> Markup {
    match level {
        Level::Critical => parts::chip("critical", "▲", "critical"),
        Level::High => parts::chip("bad", "▲", "high"),
        Level::Medium => parts::chip("care", "◆", "medium"),
        Level::Low => parts::chip("calm", "●", "low"),
        Level::Informational => parts::chip("quiet", "○", "informational"),
        Level::None => html! {},
    }
}

/// A count as a height: the logarithm, so that one line beside ten thousand is still seen.
fn height(lines: u64, most: i64) -> i64 {
    let doublings = i64::from(lines.max(1).ilog2());
    (4 + doublings * (most - 4) / 14).min(most)
}

fn draw(room: &Room<'_>, part: &Part, figure: &Figure) -> Markup {
    let lanes = i64::try_from(figure.lanes.len()).unwrap_or(0).max(1);
    let tall = TOP + lanes * LANE + 34;
    let (first, last) = (figure.from, figure.to);
    let span = (last.as_microsecond() - first.as_microsecond()).max(1);
    let x = |at: Timestamp| {
        let into = i128::from((at.as_microsecond() - first.as_microsecond()).clamp(0, span));
        LEFT + i64::try_from(i128::from(WIDE - LEFT - RIGHT) * into / i128::from(span)).unwrap_or(0)
    };
    let ticks = axis::ticks(first, last, &room.zone, 8);
    let ends = ticks.iter().skip(1).map(|tick| tick.at).chain([last]);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Timeline" {
            svg.fig.time xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (tall) } width=(WIDE) height=(tall) role="group" aria-label={ (super::grouped(figure.lines)) " lines, " (super::grouped(figure.detections)) " of them detections, on " (figure.lanes.iter().map(|lane| lane.hosts).sum::<usize>()) " hosts" } {
                (overview(figure))
                @for (tick, end) in ticks.iter().zip(ends) {
                    line.grid x1=(x(tick.at)) y1=(TOP - 4) x2=(x(tick.at)) y2=(tall - 28) {}
                    @if x(end) - x(tick.at) > 24 {
                        a.zoom href=(part.zoom(room, tick.at, end)) { title { "Zoom to " (tick.words) } rect.under x=(x(tick.at)) y=(tall - 26) width=(x(end) - x(tick.at) - 2) height="24" rx="4" {} text.tick.at-begin x=(x(tick.at) + 6) y=(tall - 9) { (tick.words) } }
                    }
                }
                @if figure.lines == 0 { text.nothing x=(i64::midpoint(LEFT, WIDE)) y=(TOP + LANE / 2) { "Nothing here: take a filter away, or look further" } }
                @for (place, lane) in (0_i64..).zip(&figure.lanes) { (one_lane(room, part, figure, lane, TOP + LANE * place)) }
            }
        }
        p.legend.small {
            span { (super::grouped(figure.lines)) " of " (super::grouped(figure.all)) " lines" } span { "the taller, the more lines" }
            span.bad { "▲ high or critical" } span.care { "◆ medium" } span.calm { "▪ low" } span { "▫ ordinary lines" }
        }
        @if figure.left_out > 0 { p.notice { "The earliest " (super::grouped(figure.left_out)) " lines are not drawn; they stand in the sealed timeline." } }
    }
}

/// The whole as a strip, with the part that is drawn below marked in it.
fn overview(figure: &Figure) -> Markup {
    let (begin, end) = figure.whole;
    let span = i128::from((end.as_microsecond() - begin.as_microsecond()).max(1));
    let wide = WIDE - LEFT - RIGHT;
    let bins = i64::try_from(figure.overview.len()).unwrap_or(1).max(1);
    let x = |at: Timestamp| {
        let into = i128::from(at.as_microsecond() - begin.as_microsecond()).clamp(0, span);
        LEFT + i64::try_from(i128::from(wide) * into / span).unwrap_or(0)
    };
    html! {
        text.row-sub x="0" y="22" { "All of it" }
        @for (place, (lines, worst)) in (0_i64..).zip(&figure.overview) {
            @if *lines > 0 {
                @let tall = height(*lines, 22);
                rect class={ "bar " (tone(*worst)) } x=(LEFT + wide * place / bins) y=(28 - tall) width=(wide / bins - 1) height=(tall) {}
            }
        }
        rect.window x=(x(figure.from)) y="3" width=((x(figure.to) - x(figure.from)).max(3)) height="28" rx="3" {}
    }
}

fn one_lane(room: &Room<'_>, part: &Part, figure: &Figure, lane: &Lane, top: i64) -> Markup {
    let bins = i64::try_from(figure.bins).unwrap_or(1).max(1);
    let wide = WIDE - LEFT - RIGHT;
    let base = top + LANE - 6;
    let name = html! {
        text.row-name x="0" y=(base - 12) { @match &lane.host { Some(host) => (host), None => { (lane.hosts) " other hosts" } } }
        text.row-sub x="0" y=(base + 2) { (super::grouped(lane.lines)) " lines" @if lane.detections > 0 { ", " (super::grouped(lane.detections)) " ▲◆▪" } }
    };
    html! {
        line.base x1=(LEFT) y1=(base) x2=(WIDE - RIGHT) y2=(base) {}
        @match &lane.host { Some(host) if part.host.is_empty() => a href=(part.link(room, &[("host", host)])) { (name) }, _ => (name) }
        @for bin in &lane.bins {
            @let place = i64::try_from(bin.at).unwrap_or(0);
            @let (left, right) = (LEFT + wide * place / bins, LEFT + wide * (place + 1) / bins);
            @let tall = height(bin.lines, LANE - 14);
            g {
                title { (super::grouped(bin.lines)) " lines" @if bin.worst > Level::None { ", the worst " (bin.worst.as_str()) } }
                rect class={ "bar " (tone(bin.worst)) } x=(left + 1) y=(base - tall) width=((right - left - 2).max(1)) height=(tall) {}
                @let middle = i64::midpoint(left, right);
                @match bin.worst {
                    Level::Critical | Level::High => path.cap.bad d={ "M" (middle) " " (base - tall - 9) "l4.5 7h-9z" } {},
                    Level::Medium => path.cap.care d={ "M" (middle) " " (base - tall - 9) "l4 4l-4 4l-4-4z" } {},
                    _ => {},
                }
            }
        }
    }
}

/// The lines themselves, a page of them.
fn lines(room: &Room<'_>, part: &Part, filter: &Filter, chronicle: &Chronicle) -> Result<Markup, Problem> {
    let mut filter = filter.clone();
    if part.show != "all" && filter.level.is_none() {
        filter.level = Some(Level::Informational);
    }
    let after: Option<Cursor> = match part.cursor.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Problem::invalid("cursor", "not a cursor of this list"))?),
    };
    let words = room.desk.actor.role.may(Capability::Evidence);
    let found = chronicle.lines(&filter, after, PAGE, words);
    let what = if filter.level.is_some() { ("detection", "detections") } else { ("line", "lines") };
    Ok(html! {
        h3 #list { (parts::count(usize::try_from(found.total).unwrap_or(usize::MAX), what.0, what.1)) " in this part" }
        @if !words { p.small.quiet { "What commands and paths say is shown to those who handle evidence: patients’ names may stand in them." } }
        @if found.items.is_empty() { (parts::empty("No line fits.", &html! { p { a href=(part.link(room, &[("host", ""), ("account", ""), ("tactic", ""), ("level", ""), ("from", ""), ("to", "")])) { "Take all filters away" } } })) }
        @else {
            table.lines {
                thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Host" } th scope="col" { "Account" } th scope="col" { "Where it stands" } th scope="col" { "" span.unseen { "Make it a finding" } } } }
                tbody { @for line in &found.items { (row(room, line)) } }
            }
        }
        p.pager {
            @if after.is_some() { a href=(part.link(room, &[])) { "From the first" } " " }
            @if let Some(next) = found.next { a.button.plain href=(part.link(room, &[("cursor", &next.to_string())])) { "More" } }
        }
        @if chronicle.undated() > 0 { p.small.quiet { (chronicle.undated()) " detections have no time and stand in the sealed file alone." } }
    })
}

fn row(room: &Room<'_>, line: &LineView) -> Markup {
    html! {
        tr {
            td data-label="When" { (parts::moment(line.time, &room.zone)) }
            th scope="row" {
                @if line.level == Level::None { (parts::capitalised(&line.what)) @if !line.text.is_empty() { span.small.mono.said { (line.text) } } }
                @else { (line.text) span.small { (level_chip(line.level)) " " (line.tactics.iter().map(|tactic| tactic.replace('-', " ")).collect::<Vec<_>>().join(", ")) @if !line.techniques.is_empty() { " · " (line.techniques.join(", ")) } @if line.counted > 0 { " · counts " (line.counted) " events" } } }
                @if !line.matched.is_empty() { details.more { summary { "What it saw" } dl.small.saw { @for (name, value) in &line.matched { dt { (name) } dd.mono { (value) } } } } }
            }
            td data-label="Host" { span.mono { (line.host) } }
            td data-label="Account" { span.mono { (line.account) } }
            td data-label="Where it stands" {
                @match line.evidence { Some(item) => a.small href=(super::super::evidence::place(room.id, item)) { (super::short_file(&line.file)) }, None => span.small { (super::short_file(&line.file)) } }
                span.small.quiet { " record " (line.record) @if line.copies > 1 { ", " (line.copies) " copies" } }
            }
            td.deed-cell { @if room.desk.may(Capability::Respond) { a.button.plain href={ "/incidents/" (room.id) "/investigation/finding?line=" (line.number) } aria-label={ "Make a finding of record " (line.record) " of " (super::short_file(&line.file)) } { "Finding" } } }
        }
    }
}
