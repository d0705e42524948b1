//! One system, from suspicion to production: what is known, what was done, what may be done now, and its gates.

use axum::response::Response;
use incident::{Finding, Gate, GateStanding, Side, System, SystemStage, SystemWork, Target};
use kernel::{Capability, IncidentId, SystemName};
use maud::{Markup, html};

use super::{
    action::{Field, choices, folded},
    desk::Desk,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
};

/// Findings shown beside; the investigation has them all.
const BESIDE: usize = 6;

/// The system's page.
pub(crate) async fn page(
    desk: Desk,
    Named((id, name)): Named<(IncidentId, String)>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let name = SystemName::new(&name).map_err(|_| Problem::not_found("this system"))?;
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let profile = &room.profile;
    let timeline = desk.web.app.shared_timeline(&desk.actor, id).await?;
    let own = profile.practice.system(&name);
    let system = view.state.systems.get(&name);
    if own.is_none() && system.is_none() {
        return Err(Problem::not_found(format!("system {name}")));
    }
    let impact = profile.practice.impact(std::slice::from_ref(&name), room.now, 12);
    let body = html! {
        (room.head(Tab::Systems))
        (room.said(&said).await?)
        section #system data-live aria-labelledby="system-h" {
            h2 #system-h { (own.map_or(name.as_str(), |own| own.name.as_str())) " " span.quiet.mono { (name) } }
            p.chips { @if let Some(system) = system { (parts::system_stage(&system.stage)) span.small.quiet { "since " } (parts::stamp(system.stage.since(), &room.zone)) } @else { (parts::chip("quiet", "○", "not affected")) } }
            (parts::stops(&impact))
            @match system {
                Some(system) => {
                    p { (system.why) }
                    (next(&room, &name, system))
                    div.columns {
                        div.main-column { (gates(&room, &name, system)) (work(&room, &name, system)) }
                        aside.side-column aria-label="Known about it" { (findings(&room, &name)) (restore(&room, &name, system)) (watch(&room, &name, system)) }
                    }
                },
                None => (folded(&desk, id, Capability::Respond, "It is suspected", "suspect", &[Field::Fixed("subject.what", "system".to_owned()), Field::Fixed("subject.system", name.to_string()), Field::Text("why", "Why")])),
            }
        }
        section #containment data-live aria-labelledby="containment-h" {
            h2 #containment-h { "Containment" }
            @if !view.state.actions.values().any(|action| matches!(&action.target, Target::System { system } if *system == name)) { p.quiet { "No measure on it is proposed." } }
            @for action in view.state.actions.values().filter(|action| matches!(&action.target, Target::System { system } if *system == name)) { (room.action(action)) }
            (folded(&desk, id, Capability::Respond, "Propose a measure on it", "propose_containment", &[
                Field::Fixed("target.on", "system".to_owned()), Field::Fixed("target.system", name.to_string()),
                Field::Choice("measure", "Measure", ["isolate_host", "quarantine_system", "take_service_offline", "remote_wipe", "other"].into_iter().map(|word| (word.to_owned(), parts::words(word))).collect()),
                Field::Text("why", "Why"),
            ]))
        }
        section #history data-live aria-labelledby="history-h" {
            h2 #history-h { "History" }
            @if !timeline.iter().any(|seen| seen.says.contains(name.as_str())) { (parts::empty("Nothing in the record names this system yet.", &html! { a href={ "/incidents/" (id) "/systems" } { "All systems" } })) }
            ol.line { @for seen in timeline.iter().rev().filter(|seen| seen.says.contains(name.as_str())).take(40) { li { (parts::moment(seen.entry.at, &room.zone)) p { (seen.says) } span.small.quiet { (seen.entry.actor.name) ", " (seen.entry.actor.role) } } } }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("{name} · {}", view.state.title), Place::Incident(Tab::Systems), body)
            .wide()
            .live(id, from),
    ))
}

/// What may be done with it as it stands.
fn next(room: &Room<'_>, name: &SystemName, system: &System) -> Markup {
    let named = || Field::Fixed("system", name.to_string());
    let subject = || {
        [Field::Fixed("subject.what", "system".to_owned()), Field::Fixed("subject.system", name.to_string())]
    };
    let form = |label: &str, command: &str, fields: &[Field<'_>]| {
        folded(room.desk, room.id, Capability::Respond, label, command, fields)
    };
    let about = |label: &str, command: &str, field: Field<'_>| {
        let [what, which] = subject();
        form(label, command, &[what, which, field])
    };
    html! {
        div.deeds {
            @match &system.stage {
                SystemStage::Suspected { .. } => {
                    @if system.confirmed.is_none() { (about("It is confirmed", "confirm", Field::Line("why", "What shows it"))) }
                    (about("It was unfounded", "clear_suspicion", Field::Line("why", "What shows it")))
                },
                SystemStage::Contained { .. } => (form("It is clean", "declare_clean", &[named()])),
                SystemStage::Clean { .. } => (form("It is restored", "record_restored", &[named()])),
                SystemStage::Restored { .. } => { @if system.open_gates().is_empty() { (form("Return to production", "return_to_production", &[named()])) } @else { p.small { (parts::count(system.open_gates().len(), "gate is open", "gates are open")) "; they are below." } } },
                SystemStage::InProduction { .. } => (form("Clear it", "clear_system", &[named(), Field::Line("why", "Why it is over")])),
                SystemStage::Cleared { .. } | SystemStage::Retired { .. } => {}
            }
            (form("Record work on it", "record_system_work", &[named(), Field::Choice("work", "Work", choices!(SystemWork)), Field::Text("what", "What was done")]))
            @if !matches!(system.stage, SystemStage::Suspected { .. }) { (about("It came back", "record_recurrence", Field::Text("what", "What was seen again"))) }
            (folded(room.desk, room.id, Capability::Lead, "Retire it", "retire_system", &[named(), Field::Line("reason", "Reason")]))
        }
    }
}

/// The six gates before production, with the two signatures.
pub(crate) fn gates(room: &Room<'_>, name: &SystemName, system: &System) -> Markup {
    let named = || Field::Fixed("system", name.to_string());
    html! {
        section.card aria-label={ "Gates of " (name) } {
            h3 { "Gates before production" }
            ul.gates {
                @for gate in Gate::ALL {
                    @let standing = system.gates.get(gate);
                    li {
                        @match standing {
                            Some(GateStanding::Held { stamp, how, .. }) => { (parts::chip("good", "✓", "holds")) span.what { (parts::capitalised(gate.plain())) span.small.quiet { (how) " " (parts::stamp(stamp, &room.zone)) } } },
                            Some(GateStanding::Waived { stamp, reason }) => { (parts::chip("bad", "!", "waived")) span.what { (parts::capitalised(gate.plain())) span.small { (reason) " " (parts::stamp(stamp, &room.zone)) } } },
                            Some(GateStanding::Fallen { stamp, why }) => { (parts::chip("bad", "✕", "fallen")) span.what { (parts::capitalised(gate.plain())) span.small { (why) " " (parts::stamp(stamp, &room.zone)) } } },
                            None => { (parts::chip("quiet", "○", "open")) span.what { (parts::capitalised(gate.plain())) } },
                        }
                        @if !standing.is_some_and(GateStanding::passes) {
                            div.deeds {
                                @match gate {
                                    Gate::SignedByResponder => (folded(room.desk, room.id, Capability::Respond, "Sign as responder", "sign_gate", &[named(), Field::Fixed("side", Side::Responder.as_str().to_owned()), Field::Line("statement", "What you state")])),
                                    Gate::SignedByPractice => (folded(room.desk, room.id, Capability::Approve, "Sign for the practice", "sign_gate", &[named(), Field::Fixed("side", Side::Practice.as_str().to_owned()), Field::Line("statement", "What you state")])),
                                    _ => (folded(room.desk, room.id, Capability::Respond, "It holds", "hold_gate", &[named(), Field::Fixed("gate", gate.as_str().to_owned()), Field::Line("how", "How it was shown")])),
                                }
                                (folded(room.desk, room.id, Capability::Lead, "Waive", "waive_gate", &[named(), Field::Fixed("gate", gate.as_str().to_owned()), Field::Line("reason", "Reason, under your name")]))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn work(room: &Room<'_>, name: &SystemName, system: &System) -> Markup {
    html! {
        section.card aria-label={ "Work on " (name) } {
            h3 { "Work done" }
            @if system.work.is_empty() { p.quiet { "Nothing was recorded yet." } }
            ul.plain { @for work in &system.work { li { strong { (parts::capitalised(work.kind.plain())) } ": " (work.what) " " (parts::stamp(&work.stamp, &room.zone)) } } }
            @for again in &system.recurrences { p.bad { "Came back: " (again.what) " " (parts::stamp(&again.stamp, &room.zone)) } }
        }
    }
}

fn findings(room: &Room<'_>, name: &SystemName) -> Markup {
    let found: Vec<&Finding> =
        room.state().findings.values().filter(|finding| finding.statement.systems.contains(name)).collect();
    html! {
        section.card aria-label="Findings" {
            h3 { "Findings" }
            @if found.is_empty() { p.quiet { "None names it yet." } }
            ul.small { @for finding in found.iter().take(BESIDE) { li { strong { (parts::capitalised(finding.statement.question.plain())) } ": " (finding.statement.text) " (" (finding.statement.confidence.plain()) ")" } } }
            @if found.len() > BESIDE { p.small { a href={ "/incidents/" (room.id) "/investigation#findings" } { (found.len() - BESIDE) " more that name it" } } }
            (record_finding(room, Some(name)))
        }
    }
}

/// The form that records a finding.
pub(crate) fn record_finding(room: &Room<'_>, system: Option<&SystemName>) -> Markup {
    let mut fields = vec![
        Field::Choice("statement.question", "On", choices!(incident::Question)),
        Field::Text("statement.text", "What was found"),
        Field::Choice("statement.confidence", "How sure", choices!(incident::Confidence)),
    ];
    if let Some(system) = system {
        fields.push(Field::Fixed("statement.systems:lines", system.to_string()));
    }
    folded(room.desk, room.id, Capability::Respond, "Record a finding", "record_finding", &fields)
}

/// The restore point, and the forms that choose and verify one.
pub(crate) fn restore(room: &Room<'_>, name: &SystemName, system: &System) -> Markup {
    let named = || Field::Fixed("system", name.to_string());
    html! {
        section.card aria-label="Restore point" {
            h3 { "Restore point" }
            @match &system.restore_point {
                Some(point) => {
                    p { strong { (point.name) } " from " (point.source) ", taken " (parts::whole_moment(point.taken_at, &room.zone)) }
                    @match &point.verified { Some((stamp, how)) => p.good { "✓ verified: " (how) " " (parts::stamp(stamp, &room.zone)) }, None => (folded(room.desk, room.id, Capability::Respond, "It is verified", "verify_restore_point", &[named(), Field::Line("how", "How it was checked")])) }
                },
                None => p.quiet { "None was chosen." @if let Some(earliest) = room.state().earliest_compromise() { " It must be older than " (parts::whole_moment(earliest, &room.zone)) "." } },
            }
            (folded(room.desk, room.id, Capability::Respond, "Choose a restore point", "choose_restore_point", &[named(), Field::Line("name", "Its name"), Field::Line("source", "Where it lies"), Field::Time("taken_at", "When it was taken", parts::field_time(room.now, &room.zone))]))
        }
    }
}

fn watch(room: &Room<'_>, name: &SystemName, system: &System) -> Markup {
    let named = || Field::Fixed("system", name.to_string());
    html! {
        @if let SystemStage::InProduction { watch, .. } = &system.stage {
            section.card aria-label="Watch" {
                h3 { "Watch" }
                @match watch {
                    Some(watch) => {
                        p { (watch.what) " until " (parts::whole_moment(watch.until, &room.zone)) " " (parts::due(watch.until, room.now)) }
                        ul.small { @for seen in &watch.observations { li { (if seen.quiet { "quiet: " } else { "not quiet: " }) (seen.text) " " (parts::stamp(&seen.stamp, &room.zone)) } } }
                        (folded(room.desk, room.id, Capability::Respond, "Record an observation", "record_observation", &[named(), Field::Line("text", "What was seen"), Field::Choice("quiet:bool", "Was it quiet?", vec![("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())])]))
                    },
                    None => p.quiet { "Nobody watches it yet." },
                }
                (folded(room.desk, room.id, Capability::Respond, "Set a watch", "set_watch", &[named(), Field::Time("until", "Until", parts::field_time(room.now, &room.zone)), Field::Line("what", "What is watched")]))
            }
        }
    }
}
