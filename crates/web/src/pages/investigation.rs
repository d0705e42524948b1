//! The investigation: what the hunt through the sealed evidence found, question by question with what each answer rests on; the
//! way from host to host, the timeline, and what the logs cannot show. A line of the timeline becomes a finding in one gesture.

mod attack_path;
mod coverage;
mod promote;
mod timeline;

use app::{
    chronicle::Investigation,
    hunt::HuntStanding,
    ports::{HuntAnswer, MoreRules, RuleText},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use incident::{Confidence, Finding, Question};
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

pub(crate) use promote::page as finding;

use super::{
    desk::{Act, Desk},
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts, system,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
    state::Web,
};

/// Answers to a question that are shown at once.
const FIRST: usize = 3;
/// Answers to a question that are unfolded; the sealed result has them all.
const REST: usize = 20;
/// Findings that the page lists, those of each question by their time; the journal has them all.
const FINDINGS: usize = 80;

/// The page.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(asked): Asked<timeline::Part>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let standing = desk.web.app.hunt_standing(&desk.actor, id).await?;
    let found = desk.web.app.investigation(&desk.actor, id).await?;
    let said = Said { done: asked.done.clone() };
    let body = html! {
        (room.head(Tab::Investigation))
        (room.said(&said).await?)
        (hunt(&room, standing.as_ref(), found.as_ref()))
        @match &found {
            Some(found) => {
                nav.jumps aria-label="On this page" { ul {
                    li { a href="#path" { "The way they went" } } li { a href="#lines" { "Timeline" } } li { a href="#coverage" { "What the logs cannot show" } }
                    li { a href="#answers" { "Answers" } } li { a href="#findings" { "Findings" } }
                } }
                section #path data-live aria-labelledby="path-h" { h2 #path-h { "The way they went" } (attack_path::draw(&room, found)) }
                section #lines data-live aria-labelledby="lines-h" { h2 #lines-h { "Timeline" } (timeline::section(&room, &asked, found).await?) }
                section #coverage data-live aria-labelledby="coverage-h" { h2 #coverage-h { "What the logs show, and what they cannot" } (coverage::draw(&room, &found.coverage)) }
                section #answers data-live aria-labelledby="answers-h" { h2 #answers-h { "Answers, and what each rests on" } (answers(&room, &found.found.answers)) }
            },
            None => {},
        }
        section #findings data-live aria-labelledby="findings-h" {
            h2 #findings-h { "Findings on the record" }
            p.quiet { "What the investigation states, under a name. Reports, gates and the breach question rest on these, not on the hunt by itself." }
            (findings(&room))
            (system::record_finding(&room, None))
        }
    };
    let title = format!("Investigation · {}", room.state().title);
    Ok(layout::page(
        &desk,
        &Sheet::new(title, Place::Incident(Tab::Investigation), body).wide().live(id, from),
    ))
}

/// The hunt: how it stands, what it found, and the form that begins one.
fn hunt(room: &Room<'_>, standing: Option<&HuntStanding>, found: Option<&Investigation>) -> Markup {
    let runs = standing.is_some_and(|standing| standing.ended.is_none());
    html! {
        section.card #hunt data-live data-running[runs] aria-labelledby="hunt-h" {
            h2 #hunt-h { "The hunt through the evidence" }
            @if let Some(standing) = standing { (how_it_stands(room, standing)) }
            @match found {
                Some(found) => {
                    dl.figures.tight {
                        div { dt { "Detections" } dd { (grouped(found.found.detections as u64)) } }
                        div { dt { "Records read" } dd { (grouped(found.found.records)) } }
                        div { dt { "Files" } dd { (grouped(found.found.files as u64)) } }
                        div { dt { "Hosts in the story" } dd { (found.found.hosts.len()) } }
                        div { dt { "Accounts in the story" } dd { (found.found.accounts.len()) } }
                    }
                    @for note in &found.found.notes { p.small.care { (note) } }
                    p.small.quiet { "Hunted " (parts::whole_moment(found.taken_at, &room.zone)) " with " (found.found.rules) " rules. The result is sealed as evidence: "
                        a href=(super::evidence::place(room.id, found.result)) { "result" }
                        @for file in &found.found.sealed { ", " a href=(super::evidence::place(room.id, file.evidence)) { (file.name.strip_prefix("hunt-").unwrap_or(&file.name)) } }
                        "."
                    }
                },
                None if !runs => (parts::empty("The evidence has not been searched yet.", &html! { p.small.quiet { "Take evidence in, then hunt: logs are read, rules are applied, and the answers to the scope questions appear here." } p { a href={ "/incidents/" (room.id) "/evidence" } { "To the evidence" } } })),
                None => {},
            }
            @if room.desk.may(Capability::Evidence) && !runs {
                form.do method="post" action={ "/incidents/" (room.id) "/investigation/hunt" } {
                    (room.desk.seal())
                    details {
                        summary { "With YARA rules of your own" }
                        label.field { span { "YARA rules " small.quiet { "they go over every file of the evidence, those in archives among them" } } textarea name="yara" rows="6" spellcheck="false" {} }
                    }
                    button.plain[found.is_some()] type="submit" { @if found.is_some() { "Hunt again" } @else { "Hunt through the evidence" } }
                }
                p.small.quiet { "Hunting again adds what is new to the record and nothing twice." }
            }
        }
    }
}

fn how_it_stands(room: &Room<'_>, standing: &HuntStanding) -> Markup {
    html! {
        @match (&standing.ended, &standing.failed) {
            (None, _) => {
                p role="status" { (parts::chip("care", "◐", "hunting")) " " (parts::bytes(standing.bytes)) " of " (parts::bytes(standing.total)) ", " (grouped(standing.records)) " records, " (grouped(standing.detections)) " detections so far." }
                progress value=(standing.bytes) max=(standing.total.max(1)) aria-label="How much of the evidence is read" {}
                p.small.quiet { "Begun by " (standing.by) " " (parts::moment(standing.began, &room.zone)) ". You may leave this page. " a href={ "/incidents/" (room.id) "/investigation" } { "Look again" } }
            },
            (Some(_), Some(why)) => p.notice.bad role="alert" { strong { "The hunt ended early: " } (why) " What was recorded before stays." },
            (Some(at), None) => p.small { (parts::chip("good", "✓", "hunt is over")) " " (parts::moment(*at, &room.zone)) ", begun by " (standing.by) },
        }
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn confidence(confidence: Confidence) -> Markup {
    match confidence {
        Confidence::Observed => parts::chip("calm", "●", "observed"),
        Confidence::Inferred => parts::chip("care", "◐", "inferred"),
        Confidence::Unknown => parts::chip("quiet", "○", "not known"),
    }
}

fn answers(room: &Room<'_>, answers: &[HuntAnswer]) -> Markup {
    html! {
        div.questions {
            @for question in Question::ALL {
                @let own: Vec<&HuntAnswer> = answers.iter().filter(|answer| answer.question == *question && answer.confidence != Confidence::Unknown).collect();
                section.card aria-label=(question.plain()) {
                    h3 { (parts::capitalised(question.plain())) }
                    @if own.is_empty() { p.quiet { "Nothing in the evidence shows it. That is not the same as: it did not happen." } }
                    ul.plain { @for answer in own.iter().take(FIRST) { li { (one(room, answer)) } } }
                    @if own.len() > FIRST {
                        details.more id={ "more-" (question.as_str()) } { summary { (own.len() - FIRST) " more" } ul.plain { @for answer in own.iter().skip(FIRST).take(REST) { li { (one(room, answer)) } } }
                            @if own.len() > FIRST + REST { p.small.quiet { (own.len() - FIRST - REST) " further answers stand in the sealed result." } }
                        }
                    }
                }
            }
        }
    }
}

fn one(room: &Room<'_>, answer: &HuntAnswer) -> Markup {
    html! {
        p { (answer.text) }
        p.small.quiet {
            (confidence(answer.confidence)) " "
            @if let Some(at) = answer.at { (parts::moment(at, &room.zone)) }
            @for host in &answer.hosts { " · " span.mono { (host) } }
            @for account in &answer.accounts { " · " span.mono { (account) } }
            @for (place, origin) in answer.rests_on.iter().take(2).enumerate() {
                @if place == 0 { " · rests on " } @else { ", " }
                a href=(super::evidence::place(room.id, origin.evidence)) { (short_file(&origin.file)) ", record " (origin.record) }
            }
            @if answer.rests_on.len() > 2 { " and " (answer.rests_on.len() - 2) " more" }
        }
    }
}

/// The last part of a path.
pub(super) fn short_file(file: &str) -> &str {
    file.rsplit(['/', '!', '\\']).next().unwrap_or(file)
}

fn findings(room: &Room<'_>) -> Markup {
    let state = room.state();
    let mut found: Vec<&Finding> = state.findings.values().collect();
    found.sort_by_key(|finding| (finding.statement.question, finding.statement.at));
    html! {
        @if found.is_empty() { (parts::empty("Nothing is stated yet.", &html! { p.small.quiet { "Make a line of the timeline a finding, or record one below." } })) }
        ul.plain.findings {
            @for finding in found.iter().take(FINDINGS) {
                @let said = &finding.statement;
                li id={ "finding-" (finding.id) } {
                    p { strong { (parts::capitalised(said.question.plain())) ": " } (said.text) }
                    p.small.quiet {
                        (confidence(said.confidence)) " "
                        @if let Some(at) = said.at { (parts::moment(at, &room.zone)) " · " }
                        @if said.evidence.is_empty() { "rests on no evidence" }
                        @for (place, item) in said.evidence.iter().enumerate() { @if place == 0 { "rests on " } @else { ", " } a href=(super::evidence::place(room.id, item)) { "item " (place + 1) } }
                        " · " (parts::stamp(&finding.stamp, &room.zone))
                        @if !finding.earlier.is_empty() { " · revised " (parts::count(finding.earlier.len(), "time", "times")) }
                    }
                }
            }
        }
        @if found.len() > FINDINGS { p.small { a href={ "/journal?kind=finding_recorded&incident=" (room.id) } { (found.len() - FINDINGS) " more findings stand in the journal" } } }
    }
}

/// Begins a hunt.
pub(crate) async fn begin(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let yara = act.fields.whole("yara").filter(|text| !text.trim().is_empty());
    let yara = yara.map(|text| RuleText { name: "the page's rules".to_owned(), text: text.to_owned() });
    let rules = MoreRules { yara: yara.into_iter().collect(), ..MoreRules::default() };
    web.app.begin_hunt(&act.desk.actor, id, rules).await?;
    Ok(act.back().into_response())
}
