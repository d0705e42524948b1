//! The war room: one incident as it stands. How bad and why, the six phases, what has to be decided next and by whom,
//! the clocks, what works at the practice today, who is engaged, what was done. Containment first, always.

use std::sync::Arc;

use app::{
    practices::Profile,
    read::{EntryView, IncidentView},
    status::{Running, Today},
};
use axum::{http::HeaderMap, response::Response};
use incident::{
    Action, ActionStage, Clock, ClockKind, Decision, IncidentKind, Party, PhaseStatus, PhaseView, Side,
    State, Status, practice::Impact,
};
use jiff::tz::TimeZone;
use kernel::{Capability, IncidentId, Role, Severity, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    action::{self, Field, choices, folded},
    desk::Desk,
    layout::{self, Place, Sheet, Tab, tabs},
    line, parts,
    showing::{Region, Showing},
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Entries shown of the timeline, newest first; the record has them all.
const RECENT: usize = 60;

/// What a form's way back says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    pub(crate) done: String,
}

/// What the pages of an incident are drawn from.
pub(crate) struct Room<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) id: IncidentId,
    pub(crate) view: IncidentView,
    pub(crate) profile: Arc<Profile>,
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
}

impl<'a> Room<'a> {
    /// Loads it, with the viewer's own rights.
    pub(crate) async fn of(desk: &'a Desk, id: IncidentId) -> Result<Self, Problem> {
        let view = desk.web.app.incident(&desk.actor, id).await?;
        let profile = desk.web.app.profile(&desk.actor, view.state.practice).await?;
        Ok(Self { desk, id, view, zone: profile.practice.zone(), profile, now: desk.web.app.edge().now() })
    }

    pub(crate) fn state(&self) -> &State {
        &self.view.state
    }

    /// The head of every page of an incident: what it is, how bad, and its pages.
    pub(crate) fn head(&self, tab: Tab) -> Markup {
        html! {
            div #head data-live { (self.title()) }
            (tabs(self.id, tab))
        }
    }

    fn title(&self) -> Markup {
        let state = self.state();
        html! {
                p.kicker { a href={ "/practices/" (state.practice) } { (self.profile.practice.name) } " · " (app::leadership::spoken_number(state, &self.profile.practice)) }
                h1 { (state.title) }
                p.chips {
                    @if let Some(standing) = &state.severity { (parts::severity(standing.severity)) }
                    @if let Some(kind) = state.kind { span.chip.quiet { (kind.plain()) } }
                    @if state.exercise { (parts::chip("care", "◇", "exercise")) }
                    @if state.status == Status::Closed { (parts::chip("good", "✓", "closed")) }
                    @if let Some(declared) = &state.declared { span.small.quiet { "declared " (parts::moment(declared.at, &self.zone)) " by " (declared.name) } }
                }
                @for broken in &state.glass_broken {
                    p.notice.bad { strong { "Done without approval: " } (broken.reason) " " (parts::stamp(&broken.stamp, &self.zone)) }
                }
        }
    }

    /// What the form that led here did.
    pub(crate) async fn said(&self, said: &Said) -> Result<Markup, Problem> {
        said_at(self.desk, self.id, said).await
    }
}

/// What the form that led to this page of an incident did.
async fn said_at(desk: &Desk, id: IncidentId, said: &Said) -> Result<Markup, Problem> {
    let Ok(version) = said.done.parse::<u64>() else { return Ok(html! {}) };
    let timeline = desk.web.app.shared_timeline(&desk.actor, id).await?;
    let told = timeline.iter().find(|seen| seen.entry.version == version).map(|seen| seen.says.clone());
    Ok(html! { @if let Some(told) = told { p.notice.good role="status" { "Recorded: " (told) } } })
}

/// The war room.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // A page that asks for itself again was told of an entry by this process.
    let size = match Showing::is_asked_again(&headers) {
        true => *desk.web.app.journal().watch().borrow(),
        false => desk.web.app.log_head(&desk.actor).await?.size,
    };
    let alike = desk.web.showings.desk(&desk);
    let showing = desk.web.showings.of(&desk, id, size, draw(&alike, id, size)).await?;
    if let Some(news) = showing.news(&desk, &headers) {
        return Ok(layout::regions(news));
    }
    let part = |id: &str| showing.region(&desk, id);
    let body = html! {
        (part("head"))
        (tabs(id, Tab::Room))
        (said_at(&desk, id, &said).await?)
        (part("phases"))
        div.columns {
            div.main-column { (part("now")) (part("actions")) (part("timeline")) }
            aside.side-column aria-label="Standing" { (part("why")) (part("clocks")) (part("services")) (part("people")) (part("documents")) }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(showing.title.clone(), Place::Incident(Tab::Room), body).wide().live(id, showing.from),
    ))
}

/// Draws the regions of the war room.
async fn draw(desk: &Desk, id: IncidentId, size: u64) -> Result<Showing, Problem> {
    // First of all: it reads the whole incident, and what follows finds it in memory.
    let timeline = desk.web.app.shared_timeline(&desk.actor, id).await?;
    let room = Room::of(desk, id).await?;
    let view = &room.view;
    let today = desk.web.app.today(&desk.actor, Some(view.state.practice)).await?;
    let actions = html! { (room.actions()) (room.propose()) };
    let running = clocks(&view.clocks, room.now, &room.zone);
    let regions = vec![
        Region::new("head", &room.title(), |digest, title| {
            html! { div #head data-live=(digest) { (title) } }
        }),
        Region::new("phases", &phases(&view.phases), |digest, phases| {
            html! { section #phases data-live=(digest) aria-label="The six phases" { (phases) } }
        }),
        Region::section("now", false, "Now", &room.decisions()),
        Region::section("actions", false, "Containment", &actions),
        Region::section("timeline", false, "Timeline", &room.timeline(&timeline)),
        Region::section("why", true, "Why this severity", &room.why()),
        Region::section("clocks", true, "Clocks", &running),
        Region::section("services", true, "What works today", &services(&today)),
        Region::section("people", true, "People engaged", &room.people()),
        Region::section("documents", true, "Documents", &room.documents()),
    ];
    Ok(Showing::new(desk, view.state.title.clone(), size, regions))
}

fn services(today: &[Today]) -> Markup {
    html! {
        @for place in today {
            ul.services {
                @for service in &place.services {
                    li {
                        span { (service.service.name) }
                        (parts::running(service.running))
                        @if service.running != Running::Works && !service.service.downtime.is_empty() { span.small.quiet { "use " (service.service.downtime.join(", ")) } }
                    }
                }
            }
        }
    }
}

fn phases(phases: &[PhaseView]) -> Markup {
    html! {
        ol.phases {
            @for phase in phases {
                @let (tone, shape, word) = match phase.status { PhaseStatus::NotStarted => ("quiet", "○", "not begun"), PhaseStatus::Running => ("care", "◐", "under way"), PhaseStatus::Done => ("good", "✓", "done") };
                li class={ "phase " (tone) } {
                    details id={ "phase-" (phase.phase.as_str()) } {
                        summary {
                            span.name { (parts::capitalised(phase.phase.as_str())) }
                            span.count { (phase.done) span.quiet { " / " (phase.total) } }
                            span.state { span aria-hidden="true" { (shape) } " " (word) }
                            progress value=(phase.done) max=(phase.total.max(1)) aria-label={ (phase.phase.plain()) ": " (phase.done) " of " (phase.total) } {}
                        }
                        @if phase.open.is_empty() { p.small { "Nothing is open here." } }
                        ul.small { @for open in &phase.open { li { (open) } } }
                    }
                }
            }
        }
    }
}

/// The clocks: those that run by what is due first, then those that were stopped.
pub(crate) fn clocks(clocks: &[Clock], now: Timestamp, zone: &TimeZone) -> Markup {
    let (mut running, stopped): (Vec<&Clock>, Vec<&Clock>) =
        clocks.iter().partition(|clock| clock.stopped_at.is_none());
    running.sort_by_key(|clock| clock.due_at);
    html! {
        @if running.is_empty() { p.quiet { "No clock runs." } }
        ul.clocks {
            @for clock in running {
                li {
                    span.what { (clock.what) span.small.quiet { " " (parts::clock_kind(clock.kind)) " · for the " (clock.owner) @if let Some(target) = clock.target_at { " · internal target " (parts::moment(target, zone)) } } @if clock.near && !clock.late { " " (parts::chip("care", "◐", "near")) } }
                    span.when { @match clock.due_at { Some(due) => { (parts::due(due, now)) span.small.quiet { (parts::moment(due, zone)) } }, None => span.small.quiet { "no date" } } }
                }
            }
        }
        @if !stopped.is_empty() { details.more { summary { (parts::count(stopped.len(), "clock was stopped", "clocks were stopped")) } ul.clocks.small { @for clock in stopped { li { span.what { (clock.what) } span.when { "✓ " @if let Some(at) = clock.stopped_at { (parts::moment(at, zone)) } } } } } } }
    }
}

impl Room<'_> {
    fn decisions(&self) -> Markup {
        let mine = |role: Role| {
            role == self.desk.actor.role || (role == Role::Responder && self.desk.actor.role == Role::Lead)
        };
        html! {
            @if self.view.decisions.is_empty() { (parts::empty("Nothing waits for a decision.", &html! { span.quiet { "What comes next appears here by itself." } })) }
            ol.decisions {
                @for decision in self.view.decisions.iter().take(8) { (self.decision(decision, mine(decision.owner))) }
            }
            @if self.view.decisions.len() > 8 {
                details.more #more-decisions { summary { (self.view.decisions.len() - 8) " more, in order" }
                    ol.decisions { @for decision in self.view.decisions.iter().skip(8) { (self.decision(decision, mine(decision.owner))) } }
                }
            }
        }
    }

    fn decision(&self, decision: &Decision, mine: bool) -> Markup {
        // What stops is said once, in its own box.
        let stopped = decision.stops.as_ref().filter(|impact| impact.stops_care());
        let what = stopped
            .map_or_else(|| decision.what.clone(), |impact| decision.what.replace(&impact.sentence(), ""));
        let offered =
            decision.request.as_ref().and_then(|request| action::offered(self.desk, self.id, request));
        html! {
            li.decision.mine[mine] {
                span.number aria-hidden="true" { (decision.number) }
                div.text {
                    h3 { (what) }
                    p.small.quiet { (parts::capitalised(&decision.why)) }
                    @if let Some(impact) = stopped {
                        @match self.told_before(decision, impact).filter(|_| !mine) { Some(number) => p.small.care { "◐ Stops care, as under " (number) "." }, None => (parts::stops(impact)) }
                    }
                    p.small { "For the " strong { (decision.owner) } @if let Some(due) = decision.due_at { " · " (parts::due(due, self.now)) " · " (parts::moment(due, &self.zone)) } }
                }
                @match offered { Some(form) => div.deed { (form) }, None => { @if mine && decision.request.is_none() { div.deed { (self.elsewhere(decision)) } } } }
            }
        }
    }

    /// The decision just before this one, where it stops the very same: two people's word on one measure. Whose word it is
    /// reads it in full all the same.
    fn told_before(&self, decision: &Decision, impact: &Impact) -> Option<usize> {
        let place = self.view.decisions.iter().position(|own| own.number == decision.number)?;
        let before = self.view.decisions.get(place.checked_sub(1)?)?;
        (before.stops.as_ref() == Some(impact)).then_some(before.number)
    }

    /// A decision that is no single button: the page where it is made.
    fn elsewhere(&self, decision: &Decision) -> Markup {
        let page = match decision.owner {
            Role::Attorney => "breach",
            Role::Practice => "recovery",
            _ => "systems",
        };
        html! { a.button.plain href={ "/incidents/" (self.id) "/" (page) } { "Open" } }
    }

    fn actions(&self) -> Markup {
        let mut actions: Vec<&Action> = self.state().actions.values().collect();
        actions.sort_by_key(|action| (!action.is_open(), std::cmp::Reverse(action.moved().at)));
        html! {
            @if actions.is_empty() { (parts::empty("Nothing is contained yet, and nothing is proposed.", &html! { span.quiet { "The first decisions above say what would hold it." } })) }
            ul.plain { @for action in actions { li { (self.action(action)) } } }
        }
    }

    /// One containment action with what can be done to it now.
    pub(crate) fn action(&self, action: &Action) -> Markup {
        let (tone, shape) = match action.stage {
            ActionStage::Proposed => ("care", "◐"),
            ActionStage::Applied { .. } => ("held", "■"),
            ActionStage::Verified { .. } => ("good", "✓"),
            ActionStage::Failed { .. } => ("bad", "✕"),
            ActionStage::Undone { .. } | ActionStage::Withdrawn { .. } => ("quiet", "–"),
        };
        let missing = action.missing_approvals();
        let fixed = || Field::Fixed("action", action.id.to_string());
        let form = |label: &str, command: &str, fields: &[Field<'_>]| {
            folded(self.desk, self.id, Capability::Respond, label, command, fields)
        };
        html! {
            article.card.action id={ "action-" (action.id) } {
                div.line { h3 { (parts::capitalised(action.measure.plain())) ": " span.mono { (action.target.plain()) } } (parts::chip(tone, shape, action.stage.plain())) }
                p.small { (action.why) }
                @if action.is_open() { (parts::stops(&action.stops)) }
                p.small.quiet {
                    "Proposed " (parts::stamp(&action.proposed, &self.zone))
                    @for approval in &action.approvals { " · approved for " (approval.side.plain()) " " (parts::stamp(&approval.stamp, &self.zone)) }
                    @if action.preapproved { " · approved beforehand by the practice’s plan" }
                    @if let Some(undo) = &action.undo { " · undo: " (undo) } @else { " · cannot be undone" }
                }
                @match &action.stage {
                    ActionStage::Verified { how, .. } => p.small { "Looked at again: " (how) },
                    ActionStage::Failed { reason, .. } | ActionStage::Undone { reason, .. } | ActionStage::Withdrawn { reason, .. } => p.small { (reason) },
                    _ => {}
                }
                div.deeds {
                    @if action.is_open() {
                        @for side in &missing {
                            @let needs = match side { Side::Practice => Capability::Approve, Side::Responder => Capability::Respond };
                            (action::button(self.desk, self.id, needs, &format!("Approve for {}", side.plain()), "approve_containment", &[fixed(), Field::Fixed("side", side.as_str().to_owned())]))
                        }
                        @if missing.is_empty() { (form("It is applied", "apply_containment", &[fixed(), Field::MayLine("receipt", "The tool’s receipt or ticket")])) }
                        @else { (folded(self.desk, self.id, Capability::Lead, "Break the glass", "break_glass", &[fixed(), Field::Text("reason", "Why it cannot wait; everybody will see it")])) }
                        (form("Withdraw", "withdraw_containment", &[fixed(), Field::Line("reason", "Reason")]))
                    }
                    @if action.in_force() {
                        @if matches!(action.stage, ActionStage::Applied { .. }) {
                            (form("Verified", "verify_containment", &[fixed(), Field::Line("how", "How it was looked at again")]))
                            (form("It had no effect", "fail_containment", &[fixed(), Field::Line("reason", "What was seen")]))
                        }
                        @if action.undo.is_some() { (form("Undo", "undo_containment", &[fixed(), Field::Line("reason", "Reason")])) }
                    }
                }
            }
        }
    }

    /// The form that proposes a measure on anything that is known.
    pub(crate) fn propose(&self) -> Markup {
        let state = self.state();
        let json = |value: serde_json::Value| value.to_string();
        let mut targets: Vec<(String, String)> = Vec::new();
        targets.extend(
            state
                .systems
                .keys()
                .map(|name| (json(serde_json::json!({"on": "system", "system": name})), name.to_string())),
        );
        targets.extend(state.accounts.keys().map(|name| {
            (json(serde_json::json!({"on": "account", "account": name})), format!("account {name}"))
        }));
        targets.extend(state.indicators.values().map(|own| {
            (
                json(serde_json::json!({"on": "indicator", "indicator": own.indicator})),
                format!("{} {}", parts::words(own.indicator.kind.as_str()), own.indicator.value),
            )
        }));
        for system in
            self.profile.practice.systems.iter().filter(|system| !state.systems.contains_key(&system.key))
        {
            targets.push((
                json(serde_json::json!({"on": "system", "system": system.key})),
                format!("{} (not suspected)", system.key),
            ));
        }
        targets.extend(self.profile.practice.vendors.iter().map(|vendor| {
            (
                json(serde_json::json!({"on": "vendor", "vendor": vendor.name})),
                format!("vendor {}", vendor.name),
            )
        }));
        html! {
            div.deeds {
                (folded(self.desk, self.id, Capability::Respond, "Propose a measure", "propose_containment", &[
                    Field::Choice("measure", "Measure", choices!(incident::ContainmentKind)),
                    Field::Choice("target:json", "On", targets),
                    Field::Text("why", "Why"),
                    Field::MayLine("undo", "How it is undone, where it is not the usual way"),
                ]))
                (folded(self.desk, self.id, Capability::Respond, "Something else is suspected", "suspect", &[
                    Field::Choice("subject.what", "What", vec![("system".to_owned(), "A system".to_owned())]),
                    Field::Line("subject.system", "Its name"),
                    Field::Text("why", "Why it is suspected"),
                ]))
                (folded(self.desk, self.id, Capability::Respond, "An account is suspected", "suspect", &[
                    Field::Fixed("subject.what", "account".to_owned()),
                    Field::Line("subject.account", "The account"),
                    Field::Text("why", "Why it is suspected"),
                ]))
            }
        }
    }

    fn timeline(&self, timeline: &[Arc<EntryView>]) -> Markup {
        html! {
            ol.line {
                @for seen in timeline.iter().rev().take(RECENT) {
                    li.privileged[seen.entry.privileged] {
                        (parts::moment(seen.entry.at, &self.zone))
                        p { (seen.says) }
                        span.small.quiet { (seen.entry.actor.name) ", " (seen.entry.actor.role) " · " a href={ "/journal/" (seen.index) } aria-label={ "Entry " (seen.index) } { "entry " (seen.index) } }
                    }
                }
            }
            @if timeline.len() > RECENT { p { a href={ "/journal?incident=" (self.id) } { "All " (timeline.len()) " entries" } } }
        }
    }

    fn why(&self) -> Markup {
        html! {
            @if let Some(standing) = &self.state().severity {
                ul.small { @for reason in &standing.reasons { li { (reason) } } }
                @if standing.severity != standing.computed { p.small.quiet { "The facts alone would say " (standing.computed) "." } }
            } @else { p.quiet { "No severity is set." } }
            (folded(self.desk, self.id, Capability::Respond, "Change the severity", "set_severity", &[
                Field::MayChoice("severity", "Severity; empty: as the facts say", Severity::ALL.iter().map(|one| (one.as_str().to_owned(), one.as_str().to_owned())).collect()),
                Field::Line("reason", "Reason"),
            ]))
            (folded(self.desk, self.id, Capability::Respond, "Change the kind", "revise_kind", &[Field::Choice("incident_kind", "Kind", choices!(IncidentKind)), Field::Line("reason", "Reason")]))
        }
    }

    fn people(&self) -> Markup {
        html! {
            ul.people {
                @for call in self.state().engagements.values() {
                    li {
                        div { strong { (call.name) } span.small.quiet { " " (call.party.plain()) " · " (call.means) } }
                        @match &call.answer {
                            Some(answer) => { (parts::chip(if answer.joins { "good" } else { "quiet" }, if answer.joins { "✓" } else { "–" }, if answer.joins { "joined" } else { "cannot" })) span.small.quiet { (answer.text) " " (parts::moment(answer.at, &self.zone)) } },
                            None => { (parts::due(call.due_at, self.now)) (folded(self.desk, self.id, Capability::Write, "Answered", "record_answer", &[Field::Fixed("engagement", call.id.to_string()), Field::Choice("joins:bool", "Do they join?", vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())]), Field::MayLine("text", "What they said")])) },
                        }
                    }
                }
            }
            @if self.state().engagements.is_empty() { p.quiet { "Nobody was called yet." } }
            (folded(self.desk, self.id, Capability::Write, "Somebody was called", "engage", &[Field::Choice("party", "Who", choices!(Party)), Field::Line("name", "Name"), Field::Line("means", "How: telephone, page, e-mail")]))
        }
    }

    fn documents(&self) -> Markup {
        let api = format!("/api/v1/incidents/{}", self.id);
        html! {
            ul.plain.links {
                li { a href={ "/incidents/" (self.id) "/situation" } { "Situation reports" } }
                li { a href={ (api) "/report.pdf" } { "Report for leadership (PDF)" } }
                li { a href={ (api) "/decisions.md" } { "Decision register (text)" } }
                li { a href={ (api) "/obligations.ics" } { "Legal dates (calendar)" } }
            }
            @let reports = &self.state().reports;
            @if !reports.is_empty() { ul.small { @for report in reports { li { (report.what) " to " (report.to) " " (parts::stamp(&report.stamp, &self.zone)) } } } }
            @if self.state().status == Status::Closed { (folded(self.desk, self.id, Capability::Lead, "Reopen", "reopen", &[Field::Text("reason", "Reason")])) }
            @else { (folded(self.desk, self.id, Capability::Lead, "Close the incident", "close", &[Field::MayLine("summary", "In a sentence")])) }
        }
    }

    /// The line of the legal dates that run, for pages that show it.
    pub(crate) fn dates(&self) -> Markup {
        let legal = self
            .view
            .clocks
            .iter()
            .filter(|clock| matches!(clock.kind, ClockKind::Obligation | ClockKind::Insurer));
        line::dates(legal, self.now, &self.zone)
    }
}
