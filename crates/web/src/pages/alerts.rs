//! The queue of alerts: filtered, searched, walked page by page by key (never by offset, so that the millionth row is as
//! near as the first), and judged in place.

use app::{
    ports::{AlertQuery, AlertRow, Cursor, Verdict},
    views::{AlertFilter, AlertView, NewView},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use incident::triage::Proposal;
use jiff::tz::TimeZone;
use kernel::{Capability, Severity};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    alert::{judge, undo, verdict},
    desk::{Act, Desk},
    layout::{self, Place, Sheet},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
    state::Web,
};

/// Rows a page.
const ROWS: u32 = 40;

/// The filters, as they stand in the address: a filter that is saved is a bookmark.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Filter {
    text: String,
    verdict: String,
    severity: String,
    channel: String,
    source: String,
    group: String,
    after: String,
    done: String,
    judged: String,
}

/// Refuses a filter that the queue could not show.
pub(crate) fn readable(filter: &AlertFilter) -> Result<(), Problem> {
    Filter::of(filter).query().map(drop)
}

impl Filter {
    fn of(saved: &AlertFilter) -> Self {
        let AlertFilter { text, verdict, severity, channel, source, group } = saved.clone();
        Self { text, verdict, severity, channel, source, group, ..Self::default() }
    }

    fn saved(&self) -> AlertFilter {
        let trimmed = |text: &str| text.trim().to_owned();
        AlertFilter {
            text: trimmed(&self.text),
            verdict: self.verdict.clone(),
            severity: self.severity.clone(),
            channel: self.channel.clone(),
            source: trimmed(&self.source),
            group: self.group.clone(),
        }
    }

    fn query(&self) -> Result<AlertQuery, Problem> {
        let given = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let bad = |name: &str, what: String| Problem::invalid(name, what);
        let verdict = match self.verdict.as_str() {
            "" => None,
            "none" => Some(None),
            "true" => Some(Some(Verdict::True)),
            "false" => Some(Some(Verdict::False)),
            "undetermined" => Some(Some(Verdict::Undetermined)),
            _ => return Err(bad("verdict", "a verdict is true, false, undetermined or none".to_owned())),
        };
        let channel = match self.channel.as_str() {
            "" => None,
            word => Some(
                serde_json::from_value(word.into())
                    .map_err(|_| bad("channel", "a channel is mdr, staff or vendor".to_owned()))?,
            ),
        };
        Ok(AlertQuery {
            text: given(&self.text),
            verdict,
            severity: given(&self.severity)
                .map(|word| serde_json::from_value(word.into()))
                .transpose()
                .map_err(|_| bad("severity", "no such severity".to_owned()))?,
            source: given(&self.source),
            channel,
            group: given(&self.group)
                .map(|id| id.parse())
                .transpose()
                .map_err(|_| bad("group", "no such group".to_owned()))?,
            after: given(&self.after)
                .map(|cursor| cursor.parse::<Cursor>())
                .transpose()
                .map_err(|error| bad("after", error.to_string()))?,
            limit: ROWS,
            ..AlertQuery::default()
        })
    }

    /// The address of the page after this one.
    fn next(&self, cursor: Cursor) -> String {
        self.address(Some(cursor))
    }

    /// The address of the queue with this filter.
    fn address(&self, after: Option<Cursor>) -> String {
        let fields = [
            ("text", &self.text),
            ("verdict", &self.verdict),
            ("severity", &self.severity),
            ("channel", &self.channel),
            ("source", &self.source),
            ("group", &self.group),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(cursor) = after {
            query.append_pair("after", &cursor.to_string());
        }
        format!("/alerts?{}", query.finish())
    }
}

/// The queue.
pub(crate) async fn page(desk: Desk, Asked(filter): Asked<Filter>) -> Result<Response, Problem> {
    let found = desk.web.app.alerts(&desk.actor, filter.query()?).await?;
    let agreement = desk.web.app.agreement(&desk.actor).await?;
    let now = desk.web.app.edge().now();
    let views = desk.web.app.alert_views(&desk.actor).await?;
    let judged = filter.judged.parse().ok().filter(|_| desk.may(Capability::Triage));
    let body = html! {
        div.masthead {
            h1 { "Alerts" }
            @if agreement.judged > 0 { p.quiet.small { "People agreed with the proposal in " (agreement.agreed) " of " (agreement.judged) " verdicts." } }
        }
        (saved(&filter, &views))
        (filters(&filter))
        (keep(&desk, &filter, &views))
        @if !filter.done.is_empty() { div.notice.told role="status" { span { @if judged.is_some() { "The verdict is recorded." } @else { "Recorded." } } @if let Some(judged) = judged { (undo(&desk, judged)) } } }
        @if found.items.is_empty() {
            (parts::empty("No alert fits these filters.", &html! { a href="/alerts" { "Show all alerts" } }))
        } @else {
            ol.queue aria-label="Alerts, newest first" { @for (place, row) in found.items.iter().enumerate() { (item(&desk, row, place.checked_sub(1).and_then(|before| found.items.get(before)), now)) } }
            p.keys.small.quiet { kbd { "j" } " " kbd { "k" } " move · " kbd { "t" } " true · " kbd { "f" } " false · " kbd { "u" } " undetermined · " kbd { "Enter" } " records · " kbd { "z" } " undoes · " kbd { "r" } " as received · " kbd { "/" } " search" }
        }
        @if let Some(next) = found.next { nav.pager aria-label="Pages" { a.button href=(filter.next(next)) rel="next" { "Older alerts" } } }
    };
    Ok(layout::page(&desk, &Sheet::new("Alerts", Place::Alerts, body).wide()))
}

/// The form that saves what is shown under a name, and the one that takes such a view away.
fn keep(desk: &Desk, filter: &Filter, views: &[AlertView]) -> Markup {
    let shown = filter.saved();
    let here = views.iter().find(|view| view.filter == shown && view.own);
    html! {
        @if desk.caller.within("write") { div.deeds.views {
            details.act { summary { "Save this view" }
                form.do method="post" action="/alerts/views" {
                    (desk.seal())
                    @for (name, text) in [("text", &shown.text), ("verdict", &shown.verdict), ("severity", &shown.severity), ("channel", &shown.channel), ("source", &shown.source), ("group", &shown.group)] {
                        input type="hidden" name={ "filter." (name) } value=(text);
                    }
                    label.field { span { "Its name" } input type="text" name="name" required maxlength="60" autocomplete="off" value=(here.map_or("", |view| view.name.as_str())); }
                    label.tick { input type="checkbox" name="shared:bool" value="true"; span { @if desk.actor.practice.is_some() { "For everybody at the practice" } @else { "For everybody who serves all practices" } } }
                    button.first type="submit" { "Save it" }
                }
            }
            @if let Some(view) = here { form.do.inline method="post" action={ "/alerts/views/" (view.id) "/drop" } { (desk.seal()) button.plain.slight type="submit" { "Take “" (view.name) "” away" } } }
        } }
    }
}

/// Saves a view.
pub(crate) async fn save(State(web): State<Web>, act: Act) -> Result<Response, Problem> {
    let new: NewView = act.fields.request(&ZONE)?;
    let filter = Filter::of(&new.filter);
    filter.query()?;
    web.app.save_view(&act.desk.actor, new).await?;
    Ok(Redirect::to(&filter.address(None)).into_response())
}

/// Takes one away.
pub(crate) async fn discard(
    State(web): State<Web>,
    Named(view): Named<kernel::Digest>,
    act: Act,
) -> Result<Response, Problem> {
    web.app.drop_view(&act.desk.actor, view).await?;
    Ok(act.back())
}

fn saved(filter: &Filter, own: &[AlertView]) -> Markup {
    let views = [
        ("Waiting", "none", ""),
        ("All", "", ""),
        ("Severe and waiting", "none", "high"),
        ("True", "true", ""),
        ("False", "false", ""),
        ("Undetermined", "undetermined", ""),
    ];
    let shown = filter.saved();
    let named = own.iter().any(|view| view.filter == shown);
    let plain = shown.text.is_empty()
        && shown.channel.is_empty()
        && shown.source.is_empty()
        && shown.group.is_empty();
    html! {
        nav.tabs aria-label="Views" { ul {
            @for view in own {
                li { a href=(Filter::of(&view.filter).address(None)) aria-current=[(view.filter == shown).then_some("page")] { (view.name) @if view.shared { span.small.quiet { " · " @if view.own { "shared" } @else { (view.by) } } } } }
            }
            @for (name, verdict, severity) in views {
                @let here = !named && plain && filter.verdict == verdict && filter.severity == severity;
                li { a href={ "/alerts?verdict=" (verdict) "&severity=" (severity) } aria-current=[here.then_some("page")] { (name) } }
            }
        } }
    }
}

fn filters(filter: &Filter) -> Markup {
    let option = |value: &str, words: &str, current: &str| html! { option value=(value) selected[value == current] { (words) } };
    html! {
        form.filters method="get" action="/alerts" role="search" {
            label.field.grow { span { "Words" } input type="search" name="text" value=(filter.text) maxlength="200"; }
            label.field { span { "Verdict" } select name="verdict" {
                (option("", "any", &filter.verdict)) (option("none", "waiting", &filter.verdict)) (option("true", "true", &filter.verdict)) (option("false", "false", &filter.verdict)) (option("undetermined", "undetermined", &filter.verdict))
            } }
            label.field { span { "At least" } select name="severity" {
                (option("", "any severity", &filter.severity))
                @for severity in Severity::ALL { (option(severity.as_str(), severity.as_str(), &filter.severity)) }
            } }
            label.field { span { "From" } select name="channel" {
                (option("", "anywhere", &filter.channel)) (option("mdr", "monitoring (MDR)", &filter.channel)) (option("staff", "staff", &filter.channel)) (option("vendor", "a vendor", &filter.channel))
            } }
            button type="submit" { "Show" }
        }
    }
}

/// The reasons of a proposal, beside what a person decides.
fn reasons(proposal: &Proposal) -> Markup {
    html! { dl.facts.why { @for reason in &proposal.reasons { dt { (parts::capitalised(reason.about.plain())) } dd { (reason.text) } } } }
}

fn item(desk: &Desk, row: &AlertRow, before: Option<&AlertRow>, now: kernel::Timestamp) -> Markup {
    let together = before.is_some_and(|before| before.group == row.group && before.practice == row.practice);
    let alert = &row.alert;
    let proposal: Option<Proposal> = serde_json::from_value(row.proposal.clone()).ok();
    html! {
        li.alert.together[together] data-alert=(row.id) {
            @if together { span.unseen { "Belongs together with the one before." } }
            div.line {
                span.sev { (parts::severity(row.severity)) }
                div.what {
                    a.title href={ "/alerts/" (row.id) } { (title(row)) }
                    p.small.quiet {
                        (alert.source) " · " (alert.channel.as_str()) " · " (parts::span(now.as_second() - row.received_at.as_second())) " ago"
                        @for host in alert.hosts.iter().take(3) { " · " span.mono { (host) } }
                        @for account in alert.accounts.iter().take(2) { " · " span.mono { (account) } }
                    }
                    @if let Some(proposal) = &proposal {
                        p.small { "Proposed: " strong { (proposal.verdict.plain()) } ", " (proposal.kind.plain())
                            @if let Some(reason) = super::alert::why(proposal) { span.quiet { " — " (reason) } }
                            @if !proposal.with.is_empty() { " · " a href={ "/alerts?group=" (row.group) } { "with " (parts::count(proposal.with.len(), "other", "others")) } }
                        }
                    }
                }
                div.verdict {
                    (verdict(row.verdict))
                    @if let Some(incident) = row.incident { a.small href={ "/incidents/" (incident) } { "its incident" } }
                }
            }
            @if desk.may(Capability::Triage) {
                details.act { summary { @if row.verdict.is_some() { "Revise" } @else { "Judge" } } div.judging { (judge(desk, row, proposal.as_ref())) @if let Some(proposal) = &proposal { (reasons(proposal)) } } }
            }
            a.raw.small data-raw href={ "/alerts/" (row.id) "#raw" } { "As received" }
        }
    }
}

/// What an alert is called: its title, or what it is about.
pub(crate) fn title(row: &AlertRow) -> String {
    let alert = &row.alert;
    alert
        .title
        .clone()
        .or_else(|| alert.description.as_ref().map(|text| text.chars().take(120).collect()))
        .unwrap_or_else(|| format!("An alert of {}", alert.source))
}

/// Alerts are a provider's, over many practices: their times are UTC, said so.
pub(crate) const ZONE: TimeZone = TimeZone::UTC;
