//! The facts of the breach case as people see and state them: each with what it is, whose it is to state, and where it came
//! from. A form sends what it was shown; what somebody changed in it becomes a patch, and nothing else does.

use app::case::{
    FactsChange, FactsView, VersionOfFacts,
    facts::{realm, within},
};
use axum::{extract::State as Shared, response::Response};
use breach::facts::{
    AssociateRole, DataKind, Element, EntityKind, EventKind, HoldForm, Medium, ProtectionMethod,
};
use breach::state::State;
use incident::FactsRealm;
use kernel::{Capability, IncidentId};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::super::{
    desk::{Act, Desk},
    form::Fields,
    incident::Room,
    parts,
};
use crate::{error::Problem, received::Named, state::Web};

/// How a fact is asked for.
pub(super) enum Kind {
    /// One of these words.
    One(fn() -> Vec<&'static str>),
    /// Any of these words.
    Many(fn() -> Vec<&'static str>),
    /// A day.
    Day,
    /// A number of people.
    Count,
    /// Yes, no, or not known.
    YesNo,
}

/// A fact: where it stands in the document, its words, how it is asked for.
pub(super) struct Fact {
    pub(super) pointer: &'static str,
    pub(super) words: &'static str,
    pub(super) kind: Kind,
}

const fn fact(pointer: &'static str, words: &'static str, kind: Kind) -> Fact {
    Fact { pointer, words, kind }
}

macro_rules! every {
    ($kind:ty) => {
        || <$kind>::ALL.iter().map(|word| word.as_str()).collect()
    };
}

/// The facts that have a field, in the order of the forms.
pub(super) const FACTS: &[Fact] = &[
    fact("/event/kind", "What kind of event", Kind::One(every!(EventKind))),
    fact("/event/data", "Which data", Kind::Many(every!(DataKind))),
    fact("/event/medium", "In which form", Kind::One(every!(Medium))),
    fact("/knowledge/occurred_on", "It happened on", Kind::Day),
    fact("/knowledge/known_on", "The practice knew on", Kind::Day),
    fact("/knowledge/workforce_known_on", "Somebody of the workforce knew on", Kind::Day),
    fact("/knowledge/agent_known_on", "An agent of the practice knew on", Kind::Day),
    fact("/individuals/elements", "Which information about people", Kind::Many(every!(Element))),
    fact("/individuals/imminent_misuse", "Misuse may be imminent", Kind::YesNo),
    fact("/business_associate/discovered_on", "The vendor discovered it on", Kind::Day),
    fact("/business_associate/notice_reached_entity_on", "The vendor’s notice reached us on", Kind::Day),
    fact("/entity/kind", "What the practice is", Kind::One(every!(EntityKind))),
    fact("/event/permitted_use", "The use was permitted", Kind::YesNo),
    fact("/event/protection/method", "How the data were protected", Kind::One(every!(ProtectionMethod))),
    fact("/event/protection/meets_hhs_guidance", "The protection meets HHS guidance", Kind::YesNo),
    fact("/event/protection/key_compromised", "The key was compromised", Kind::YesNo),
    fact("/event/protection/open_at_the_time", "The data stood open at the time", Kind::YesNo),
    fact("/knowledge/diligence_on", "Diligence would have shown it on", Kind::Day),
    fact("/knowledge/determined_on", "Determined to be a breach on", Kind::Day),
    fact("/business_associate/role", "What the vendor is in law", Kind::One(every!(AssociateRole))),
    fact("/entity/state_licensed_facility", "Licensed by the State as a facility", Kind::YesNo),
    fact("/entity/part2_program", "A program under 42 CFR part 2", Kind::YesNo),
    fact("/entity/dea_registrant", "Registered with the DEA", Kind::YesNo),
    fact("/entity/phr_vendor", "A vendor of personal health records", Kind::YesNo),
    fact("/individuals/minors", "Minors among them", Kind::Count),
    fact("/individuals/undeliverable_addresses", "Letters that cannot be delivered", Kind::Count),
    fact("/individuals/email_agreed", "People who agreed to e-mail", Kind::Count),
    fact("/sent/individuals_on", "Letters went out on", Kind::Day),
    fact("/sent/hhs_on", "HHS was told on", Kind::Day),
    fact("/sent/media_on", "Media were told on", Kind::Day),
    fact("/sent/substitute_posted_on", "Substitute notice posted on", Kind::Day),
    fact("/sent/small_breach_report_on", "Yearly report to HHS sent on", Kind::Day),
];

/// Whose facts they are: the word of the form, its heading, who may send it.
const REALMS: [(FactsRealm, &str, &str, Capability); 3] = [
    (FactsRealm::Technical, "technical", "What happened: the responders state it", Capability::Respond),
    (FactsRealm::Legal, "legal", "What it is in law: the attorney states it", Capability::Counsel),
    (FactsRealm::Shared, "shared", "The practice, and what was sent", Capability::Write),
];

/// A fact's value as a field shows it.
fn shown(fact: &Fact, facts: &Value) -> String {
    match facts.pointer(fact.pointer) {
        None | Some(Value::Null) => String::new(),
        // Where a clock time was stated its day is what people speak of.
        Some(Value::String(text)) if matches!(fact.kind, Kind::Day) => text.chars().take(10).collect(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

fn said(text: &str, fact: &Fact) -> String {
    match (text, &fact.kind) {
        ("", _) => "not known".to_owned(),
        ("true", Kind::YesNo) => "yes".to_owned(),
        ("false", Kind::YesNo) => "no".to_owned(),
        (text, Kind::Many(_)) => text.split(',').map(parts::words).collect::<Vec<_>>().join(", "),
        (text, _) => parts::words(text),
    }
}

/// The facts, whose they are, and where each came from.
pub(super) fn section(room: &Room<'_>, view: &FactsView, versions: &[VersionOfFacts]) -> Markup {
    html! {
        @if let Some(wrong) = &view.contradiction { p.notice.bad role="alert" { strong { "The facts contradict each other: " } (wrong) " No date is computed until that is mended." } }
        @for source in &view.left_out { p.notice { span.mono { (source.pointer) } ": " (source.from) } }
        @for (own, word, heading, needs) in REALMS {
            @let facts = || FACTS.iter().filter(move |fact| realm(fact.pointer) == own);
            @let known: Vec<&Fact> = facts().filter(|fact| !shown(fact, &view.facts).is_empty()).collect();
            h3 { (heading) }
            @if known.is_empty() { p.quiet { "Nothing is stated yet." } }
            @else {
                table.stated {
                    thead { tr { th scope="col" { "Fact" } th scope="col" { "As it stands" } th scope="col" { "Where it came from" } } }
                    tbody { @for fact in known { tr {
                        th scope="row" { (fact.words) }
                        td data-label="As it stands" { (said(&shown(fact, &view.facts), fact)) }
                        td.small.quiet data-label="Where it came from" { (came_from(room, fact.pointer, view, versions)) }
                    } } }
                }
            }
            @if room.desk.may(needs) { (form(room, view, own, word)) }
        }
    }
}

/// The newest version that changed a fact, else the record it is drawn from, else what the incident shows by itself.
pub(super) fn came_from(
    room: &Room<'_>,
    pointer: &str,
    view: &FactsView,
    versions: &[VersionOfFacts],
) -> Markup {
    let drawn = view.drawn.iter().find(|source| within(pointer, &source.pointer));
    let stated = versions.iter().rev().find(|version| {
        version.changed.iter().any(|changed| within(pointer, changed) || within(changed, pointer))
    });
    html! {
        @if let Some(source) = drawn { (source.from) }
        @else if let Some(version) = stated { (parts::stamp(&version.stamp, &room.zone)) " · version " (version.version) ": " (version.reason) }
        @else { "what the incident shows by itself" }
    }
}

fn form(room: &Room<'_>, view: &FactsView, own: FactsRealm, word: &str) -> Markup {
    let open = |fact: &&Fact| {
        realm(fact.pointer) == own && !view.drawn.iter().any(|source| within(fact.pointer, &source.pointer))
    };
    html! {
        details.act id={ "state-" (word) } {
            summary { "Change these" }
            form.do method="post" action={ "/incidents/" (room.id) "/breach/facts" } {
                (room.desk.seal())
                input type="hidden" name="realm" value=(word);
                div.pairs { @for fact in FACTS.iter().filter(open) { (field(fact, &view.facts)) } }
                @if own == FactsRealm::Legal { (hold()) }
                label.field { span { "Why they change" } input type="text" name="reason" required maxlength="500" autocomplete="off"; }
                button type="submit" { "State these facts" }
            }
        }
    }
}

fn field(fact: &Fact, facts: &Value) -> Markup {
    let value = shown(fact, facts);
    let option = |word: &str, words: &str| html! { option value=(word) selected[word == value] { (words) } };
    html! {
        @match &fact.kind {
            Kind::One(words) => label.field { span { (fact.words) } select name=(fact.pointer) { (option("", "not known")) @for word in words() { (option(word, &parts::words(word))) } } },
            Kind::YesNo => label.field { span { (fact.words) } select name=(fact.pointer) { (option("", "not known")) (option("true", "yes")) (option("false", "no")) } },
            Kind::Day => label.field { span { (fact.words) } input type="date" name=(fact.pointer) value=(value); },
            Kind::Count => label.field { span { (fact.words) } input type="number" min="0" max="100000000" step="1" name=(fact.pointer) value=(value); },
            Kind::Many(words) => fieldset.wide {
                legend { (fact.words) }
                input type="hidden" name=(fact.pointer) value="";
                @for word in words() { label.tick { input type="checkbox" name=(fact.pointer) value=(word) checked[value.split(',').any(|own| own == word)]; span { (parts::words(word)) } } }
            },
        }
    }
}

/// A statement of law enforcement (45 CFR 164.412), added to those that are there.
fn hold() -> Markup {
    html! {
        fieldset.wide {
            legend { "A statement of law enforcement that notices must wait (45 CFR 164.412)" }
            div.pairs {
                label.field { span { "Its form" } select name="hold.form" { option value="" { "none" } @for form in HoldForm::ALL { option value=(form.as_str()) { (form.as_str()) } } } }
                label.field { span { "Stated on" } input type="date" name="hold.stated_on"; }
                label.field { span { "Until, where it is written" } input type="date" name="hold.until"; }
            }
        }
    }
}

/// States what a form changed.
pub(crate) async fn state(
    Shared(web): Shared<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let actor = &act.desk.actor;
    let standing = web.app.facts(actor, id).await?.facts;
    let patch = match act.fields.get("realm") {
        Some("counts") => counts(&act.fields, &standing)?,
        Some(word) => {
            let own = REALMS.iter().find(|(_, own, ..)| *own == word);
            let (own, ..) = own.ok_or_else(|| Problem::invalid("realm", "realm: no such form"))?;
            changed(&act.fields, &standing, *own)?
        }
        None => return Err(Problem::invalid("realm", "realm: no such form")),
    };
    if patch.as_object().is_some_and(Map::is_empty) {
        return Err(Problem::invalid("facts", "nothing was changed in the form"));
    }
    let reason = act.fields.get("reason").unwrap_or_default();
    let done = web.app.state_facts(actor, id, FactsChange::Patch(patch), reason, act.how()).await?;
    Ok(act.back_after(done.version))
}

fn changed(fields: &Fields, standing: &Value, own: FactsRealm) -> Result<Value, Problem> {
    let mut patch = json!({});
    for fact in FACTS.iter().filter(|fact| realm(fact.pointer) == own && fields.has(fact.pointer)) {
        let given = fields.every(fact.pointer).join(",");
        if given == shown(fact, standing) {
            continue;
        }
        app::case::facts::put(&mut patch, fact.pointer, Some(value(fact, &given)?));
    }
    if own == FactsRealm::Legal
        && let (Some(form), Some(stated_on)) = (fields.get("hold.form"), fields.get("hold.stated_on"))
    {
        let mut holds =
            standing.pointer("/law_enforcement_holds").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut hold = json!({"form": form, "stated_on": stated_on});
        if let (Some(until), Some(members)) = (fields.get("hold.until"), hold.as_object_mut()) {
            members.insert("until".to_owned(), json!(until));
        }
        holds.push(hold);
        app::case::facts::put(&mut patch, "/law_enforcement_holds", Some(Value::Array(holds)));
    }
    Ok(patch)
}

fn value(fact: &Fact, given: &str) -> Result<Value, Problem> {
    if given.is_empty() {
        return Ok(Value::Null);
    }
    Ok(match fact.kind {
        Kind::One(_) | Kind::Day => json!(given),
        Kind::Many(_) => json!(given.split(',').collect::<Vec<_>>()),
        Kind::YesNo => json!(given == "true"),
        Kind::Count => json!(count(fact.words, given)?),
    })
}

fn count(name: &str, given: &str) -> Result<u64, Problem> {
    given.trim().parse().map_err(|_| Problem::invalid("count", format!("{name}: a whole number is wanted")))
}

/// The patch of the form of counts: `count.OH`, and one State more.
pub(super) fn counts(fields: &Fields, standing: &Value) -> Result<Value, Problem> {
    let mut states = Map::new();
    let own = standing.pointer("/individuals/by_state").and_then(Value::as_object);
    for code in State::all().map(State::code).chain(["unknown"]) {
        let name = format!("count.{code}");
        let known = own.and_then(|own| own.get(code)).and_then(Value::as_u64);
        if !fields.has(&name) {
            continue;
        }
        let given = match fields.get(&name) {
            Some(text) => Some(count(code, text)?),
            None => None,
        };
        if given != known {
            states.insert(code.to_owned(), given.map_or(Value::Null, Value::from));
        }
    }
    if let (Some(code), Some(text)) = (fields.get("state"), fields.get("people")) {
        states.insert(code.to_owned(), json!(count(code, text)?));
    }
    Ok(if states.is_empty() { json!({}) } else { json!({"individuals": {"by_state": states}}) })
}

/// How a field of the form of counts is drawn: its words, its name, the number in it.
type Drawn<'a> = &'a dyn Fn(&str, &str, Option<u64>) -> Markup;

/// A plain field for a number of people.
pub(super) fn count_field(words: &str, name: &str, people: Option<u64>) -> Markup {
    html! { label.field { span { (words) } input type="number" min="0" max="100000000" step="1" name=(name) value=[people] inputmode="numeric"; } }
}

/// The fields of the counts, as the form of facts and the what-if have them; each State's as `drawn` draws it.
pub(super) fn count_fields(facts: &Value, drawn: Drawn<'_>) -> Markup {
    let own = facts.pointer("/individuals/by_state").and_then(Value::as_object);
    let known = || own.into_iter().flatten().filter_map(|(code, people)| Some((code, people.as_u64()?)));
    html! {
        div.pairs {
            @for (code, people) in known() { (drawn(state_name(code), &format!("count.{code}"), Some(people))) }
            label.field { span { "Another State " small.quiet { "optional" } } select name="state" { option value="" { "—" } @for state in State::all().filter(|state| !known().any(|(code, _)| code == state.code())) { option value=(state.code()) { (state.name()) } } option value="unknown" { "State not known" } } }
            (drawn("People there", "people", None))
        }
    }
}

pub(super) fn state_name(code: &str) -> &str {
    if code == "unknown" {
        "State not known"
    } else {
        code.parse::<State>().map_or(code, |state| state.name())
    }
}

/// The form that states the counts.
pub(super) fn count_form(room: &Room<'_>, view: &FactsView) -> Markup {
    let desk: &Desk = room.desk;
    html! {
        @if desk.may(Capability::Respond) {
            details.act #state-counts {
                summary { "Change the counts" }
                form.do method="post" action={ "/incidents/" (room.id) "/breach/facts" } {
                    (desk.seal())
                    input type="hidden" name="realm" value="counts";
                    (count_fields(&view.facts, &count_field))
                    label.field { span { "Why they change" } input type="text" name="reason" required maxlength="500" autocomplete="off"; }
                    button type="submit" { "State these counts" }
                }
            }
        }
    }
}
