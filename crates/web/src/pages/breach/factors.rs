//! The four factors (45 CFR 164.402(2)): what is known and what it rests on, what is not known, and the attorney's words.
//! Anybody of the case may add what is known; the reasoning, the conditions of exceptions and the signature are the attorney's,
//! and what the attorney wrote is shown to those alone who may read what is privileged.

use app::{
    case::{ConditionGiven, Determination, FactorsGiven, FactorsView, Recommendation},
    ports::EvidenceRow,
};
use axum::{extract::State, response::Response};
use breach::decision::{Factor, FactorKind, Factors, Ground, Known};
use incident::Likelihood;
use kernel::{Capability, Digest, EvidenceId, IncidentId};
use maud::{Markup, html};

use super::super::{
    desk::{Act, Desk},
    incident::Room,
    parts,
};
use crate::{error::Problem, received::Named, state::Web};

const fn name(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::NatureOfPhi => "1. What information it was",
        FactorKind::UnauthorizedPerson => "2. Who had it",
        FactorKind::AcquiredOrViewed => "3. Whether it was taken or seen",
        FactorKind::Mitigation => "4. How far the risk was reduced",
    }
}

/// All four, then the recommendation and the signature.
pub(super) fn section(room: &Room<'_>, view: &FactorsView, items: &[EvidenceRow]) -> Markup {
    let nothing = Factors::default();
    let newest = view.versions.last();
    let factors = newest.map_or(&nothing, |version| &version.factors);
    let missing: Vec<&str> =
        view.guide.iter().filter(|guide| !guide.reasoned).map(|guide| name(guide.factor)).collect();
    html! {
        p { "An unpermitted use or disclosure is presumed to be a breach, unless all four factors together show a low probability that the information was compromised." }
        p.chips {
            @match &view.in_force {
                Some(own) => { (likelihood(own.probability)) span.small.quiet { "determined on version " (own.version) " " (parts::stamp(&own.stamp, &room.zone)) } },
                None => { (parts::chip("care", "◐", "presumed to be a breach")) span.small.quiet { "nobody has determined the probability" } },
            }
            @if let Some(version) = newest { span.small.quiet { "version " (version.number) " " (parts::stamp(&version.stamp, &room.zone)) } }
        }
        @for kind in FactorKind::ALL {
            @let factor = factors.get(*kind);
            @let guide = view.guide.iter().find(|guide| guide.factor == *kind);
            article.card id={ "factor-" (kind.as_str()) } {
                h3 { (name(*kind)) }
                p.small.quiet { (kind.question()) " " span { (kind.citation()) } }
                (known(room, view, items, factor))
                @if !factor.unknown.is_empty() { p.small { strong { "Not known: " } (factor.unknown.join("; ")) } }
                p { strong { "The attorney’s reasoning: " } @if factor.reasoning.trim().is_empty() { span.quiet { "not written yet" } } @else { (factor.reasoning) } }
                @if guide.is_some_and(|guide| guide.without_grounds > 0) { p.small.care { "◆ What rests on nothing is an assertion." } }
                div.deeds {
                    (add_known(room, view, items, *kind))
                    (add(room, *kind, "unknown", "Something is not known", "What is not known"))
                    @if room.desk.may(Capability::Counsel) { (reasoning(room, *kind, factor)) }
                }
            }
        }
        (opinions(room, view, &missing))
        (conditions(room, view))
    }
}

fn likelihood(probability: Likelihood) -> Markup {
    match probability {
        Likelihood::Low => parts::chip("good", "✓", "low probability of compromise"),
        Likelihood::MoreThanLow => parts::chip("bad", "▲", "more than a low probability"),
    }
}

fn known(room: &Room<'_>, view: &FactorsView, items: &[EvidenceRow], factor: &Factor) -> Markup {
    html! {
        @if factor.known.is_empty() { p.quiet { "Nothing is written down as known." } }
        ul {
            @for known in &factor.known {
                li { (known.fact)
                    @if known.grounds.is_empty() { " " (parts::chip("care", "◆", "an assertion")) }
                    @for ground in &known.grounds { span.small.quiet { " · rests on " (ground_of(room, view, items, ground)) } }
                }
            }
        }
    }
}

fn ground_of(room: &Room<'_>, view: &FactorsView, items: &[EvidenceRow], ground: &Ground) -> Markup {
    html! {
        @match ground {
            Ground::Finding { id } => a href={ "/incidents/" (room.id) "/investigation#finding-" (id) } { @match view.findings.iter().find(|own| own.id == *id) { Some(own) => { "the finding “" (own.text) "”" }, None => "a finding" } },
            Ground::Evidence { id, .. } => a href=(super::super::evidence::place(room.id, id)) { @match items.iter().find(|own| own.id == *id) { Some(own) => (own.name), None => "an item of evidence" } },
            Ground::LogCoverage { source, from, until, gaps } => { "the logs of " (source) ", " (parts::moment(*from, &room.zone)) " to " (parts::moment(*until, &room.zone)) @if *gaps { ", with gaps" } },
            Ground::Census { people, .. } => { "a count of " (people) " people" },
        }
    }
}

fn head(room: &Room<'_>, kind: FactorKind, what: &str) -> Markup {
    html! {
        (room.desk.seal())
        input type="hidden" name="factor" value=(kind.as_str());
        input type="hidden" name="what" value=(what);
    }
}

fn add_known(room: &Room<'_>, view: &FactorsView, items: &[EvidenceRow], kind: FactorKind) -> Markup {
    html! {
        @if room.desk.may(Capability::Write) {
            details.act id={ "know-" (kind.as_str()) } {
                summary { "Something is known" }
                form.do method="post" action={ "/incidents/" (room.id) "/breach/factors" } {
                    (head(room, kind, "known"))
                    label.field { span { "What is known; no patients’ names" } textarea name="text" rows="2" required maxlength="2000" {} }
                    label.field { span { "It rests on" } select name="ground" {
                        option value="" { "nothing yet: an assertion" }
                        @if !view.findings.is_empty() { optgroup label="Findings" { @for own in &view.findings { option value={ "finding " (own.id) } { (parts::capitalised(own.question.plain())) ": " (own.text) } } } }
                        @if !items.is_empty() { optgroup label="Evidence" { @for own in items.iter().take(120) { option value={ "evidence " (own.id) " " (own.sha256) } { (own.name) } } } }
                    } }
                    button type="submit" { "Add it" }
                }
            }
        }
    }
}

fn add(room: &Room<'_>, kind: FactorKind, what: &str, label: &str, field: &str) -> Markup {
    html! {
        @if room.desk.may(Capability::Write) {
            details.act id={ (what) "-" (kind.as_str()) } {
                summary { (label) }
                form.do method="post" action={ "/incidents/" (room.id) "/breach/factors" } {
                    (head(room, kind, what))
                    label.field { span { (field) } input type="text" name="text" required maxlength="1000" autocomplete="off"; }
                    button type="submit" { "Add it" }
                }
            }
        }
    }
}

fn reasoning(room: &Room<'_>, kind: FactorKind, factor: &Factor) -> Markup {
    html! {
        details.act id={ "reason-" (kind.as_str()) } {
            summary { "Write the reasoning" }
            form.do method="post" action={ "/incidents/" (room.id) "/breach/factors" } {
                (head(room, kind, "reasoning"))
                label.field { span { "Reasoning, privileged" } textarea name="text" rows="5" required maxlength="8000" { (factor.reasoning) } }
                button type="submit" { "Keep it" }
            }
        }
    }
}

/// What was recommended and determined, and the forms for both.
fn opinions(room: &Room<'_>, view: &FactorsView, missing: &[&str]) -> Markup {
    let version = view.versions.last().map(|version| version.number);
    let choice = html! { label.field { span { "The probability that it was compromised" } select name="probability" required { option value="more_than_low" { "more than low: it is a breach" } option value="low" { "low: it is no breach" } } } };
    html! {
        section.card #signature aria-labelledby="signature-h" {
            h3 #signature-h { "Recommended, and determined" }
            ul.small {
                @for own in &view.recommendations { li { "Recommended on version " (own.version) ": " (own.probability.plain()) @if let Some(why) = &own.because { ", because " (why) } " " (parts::stamp(&own.stamp, &room.zone)) } }
                @for own in &view.determinations { li { strong { "Determined on version " (own.version) ": " (own.probability.plain()) } " " (parts::stamp(&own.stamp, &room.zone)) } }
            }
            @match version {
                None => p.quiet { "Write down what is known first: one signs what one has read." },
                Some(version) => {
                    @if !missing.is_empty() { p.small { "The reasoning is missing of: " (missing.join(", ")) "." } }
                    div.deeds {
                        @if room.desk.may(Capability::Write) {
                            details.act #recommend { summary { "Recommend" } form.do method="post" action={ "/incidents/" (room.id) "/breach/recommend" } { (room.desk.seal()) input type="hidden" name="version" value=(version); (choice) label.field { span { "Because" } textarea name="because" rows="2" required maxlength="2000" {} } button type="submit" { "Recommend this" } } }
                        }
                        @if room.desk.may(Capability::Counsel) && missing.is_empty() {
                            details.act #determine { summary { "Determine, as the attorney" } form.do method="post" action={ "/incidents/" (room.id) "/breach/determine" } { (room.desk.seal()) input type="hidden" name="version" value=(version); (choice) p.small { "You sign version " (version) " as it stands. A newer version asks for a new signature." } button type="submit" { "Sign" } } }
                        }
                    }
                    @if !room.desk.actor.role.may(Capability::Counsel) { p.small.quiet { "Only the attorney determines." } }
                },
            }
        }
    }
}

/// The conditions of exceptions and safe harbours.
fn conditions(room: &Room<'_>, view: &FactorsView) -> Markup {
    let own = &view.conditions;
    html! {
        details.more #conditions { summary { "Exceptions and safe harbours" @if !own.is_empty() { " (" (parts::count(own.len(), "condition stated", "conditions stated")) ")" } }
            p.small.quiet { "Each holds only if all of its conditions are met and stated. The attorney states them." }
            ul.small { @for each in own { li { (parts::capitalised(&parts::words(&each.about))) ", " (parts::words(&each.condition)) ": " @match each.met { Some(true) => "met", Some(false) => "not met", None => "not known" } @if !each.because.is_empty() { ", because " (each.because) } " " (parts::stamp(&each.stamp, &room.zone)) } } }
            @if room.desk.may(Capability::Counsel) {
                form.do method="post" action={ "/incidents/" (room.id) "/breach/conditions" } {
                    (room.desk.seal())
                    label.field { span { "Condition" } select name="condition" required { @for each in &view.could_be_stated { optgroup label=(parts::capitalised(&parts::words(&each.about))) { @for condition in &each.conditions { option value={ (each.about) " " (condition.as_str()) } { (parts::words(condition.as_str())) } } } } } }
                    label.field { span { "Is it met?" } select name="met" { option value="" { "not known" } option value="true" { "yes" } option value="false" { "no" } } }
                    label.field { span { "Because" } textarea name="because" rows="2" required maxlength="2000" {} }
                    button type="submit" { "State it" }
                }
            }
        }
    }
}

fn text<'a>(act: &'a Act, name: &str) -> Result<&'a str, Problem> {
    act.fields.get(name).ok_or_else(|| Problem::invalid(name, format!("“{name}” was left empty")))
}

fn factor_mut(factors: &mut Factors, kind: FactorKind) -> &mut Factor {
    match kind {
        FactorKind::NatureOfPhi => &mut factors.nature_of_phi,
        FactorKind::UnauthorizedPerson => &mut factors.unauthorized_person,
        FactorKind::AcquiredOrViewed => &mut factors.acquired_or_viewed,
        FactorKind::Mitigation => &mut factors.mitigation,
    }
}

/// What a fact rests on, as the form's choice names it.
fn ground(text: &str) -> Option<Ground> {
    let mut words = text.split(' ');
    match (words.next()?, words.next()?) {
        ("finding", id) => Some(Ground::Finding { id: id.parse().ok()? }),
        ("evidence", id) => {
            let (id, digest): (EvidenceId, Digest) = (id.parse().ok()?, words.next()?.parse().ok()?);
            Some(Ground::Evidence { id, digest })
        }
        _ => None,
    }
}

/// Writes a version with what the form adds to the newest.
pub(crate) async fn prepare(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let actor = &act.desk.actor;
    let view = web.app.factors(actor, id).await?;
    let mut factors = view.versions.last().map(|version| version.factors.clone()).unwrap_or_default();
    let kind = FactorKind::from_word(text(&act, "factor")?)
        .ok_or_else(|| Problem::invalid("factor", "factor: none of the four"))?;
    let said = text(&act, "text")?.replace("\r\n", "\n");
    let factor = factor_mut(&mut factors, kind);
    match text(&act, "what")? {
        "known" => {
            let grounds = match act.fields.get("ground") {
                Some(chosen) => {
                    vec![ground(chosen).ok_or_else(|| Problem::invalid("ground", "ground: no such thing"))?]
                }
                None => Vec::new(),
            };
            factor.known.push(Known { fact: said, grounds });
        }
        "unknown" => factor.unknown.push(said),
        "reasoning" => factor.reasoning = said,
        _ => return Err(Problem::invalid("what", "what: no such part of a factor")),
    }
    let done = web.app.prepare_factors(actor, id, FactorsGiven { factors }, act.how()).await?;
    Ok(act.back_after(done.version))
}

fn opinion(act: &Act) -> Result<(u32, Likelihood), Problem> {
    let version = text(act, "version")?.parse();
    let version = version.map_err(|_| Problem::invalid("version", "version: a number is wanted"))?;
    let word = text(act, "probability")?;
    let probability = Likelihood::ALL.iter().copied().find(|own| own.as_str() == word);
    Ok((
        version,
        probability.ok_or_else(|| Problem::invalid("probability", "probability: low or more than low"))?,
    ))
}

/// Recommends.
pub(crate) async fn recommend(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let (version, probability) = opinion(&act)?;
    let because = text(&act, "because")?.to_owned();
    let given = Recommendation { version, probability, because };
    let done = web.app.recommend(&act.desk.actor, id, given, act.how()).await?;
    Ok(act.back_after(done.version))
}

/// Signs, as the attorney alone may.
pub(crate) async fn determine(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    attorney(&act.desk)?;
    let (version, probability) = opinion(&act)?;
    let given = Determination { version, probability };
    let done = web.app.determine(&act.desk.actor, id, given, act.how()).await?;
    Ok(act.back_after(done.version))
}

/// States a condition, as the attorney alone may.
pub(crate) async fn condition(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    attorney(&act.desk)?;
    let chosen = text(&act, "condition")?;
    let (about, condition) = chosen
        .split_once(' ')
        .ok_or_else(|| Problem::invalid("condition", "condition: no such condition"))?;
    let given = ConditionGiven {
        about: about.to_owned(),
        condition: condition.to_owned(),
        met: act.fields.get("met").map(|met| met == "true"),
        because: text(&act, "because")?.to_owned(),
        evidence: Vec::new(),
    };
    let done = web.app.state_condition(&act.desk.actor, id, given, act.how()).await?;
    Ok(act.back_after(done.version))
}

fn attorney(desk: &Desk) -> Result<(), Problem> {
    desk.needs(Capability::Counsel)
}
