//! Reports and packages: everything that can be made of an incident for somebody who was not there, each with who it is for,
//! and made from the page. A package is sealed and can be checked by a stranger, without us.

use app::notices::Kind;
use axum::{extract::State, response::Response};
use kernel::{Capability, IncidentId};
use ledger::package::Audience;
use maud::{Markup, html};

use super::{
    desk::{Act, Desk},
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
    state::Web,
};

/// The list.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let body = html! {
        (room.head(Tab::Reports))
        (room.said(&said).await?)
        section aria-labelledby="now-h" {
            h2 #now-h { "Made from what stands now" }
            ul.tiles.wide-tiles {
                (tile(id, "report.pdf", "Report for leadership", "What happened, what stands, what is to be decided, in a few pages for the practice’s owners.", "PDF"))
                (tile(id, "decisions.md", "Decision register", "Every decision that waits, in order, with its owner and its clock.", "text"))
                (tile(id, "obligations.ics", "Legal dates", "Every duty with a day, for a calendar: subscribe to it or import it.", "calendar"))
            }
        }
        (packages(&room))
        (papers(&room))
        section #delivered data-live aria-labelledby="delivered-h" {
            h2 #delivered-h { "Handed over so far" }
            @let reports = &room.state().reports;
            @if reports.is_empty() { (parts::empty("Nothing is recorded as handed over.", &html! { p.small.quiet { "A package that is made here is in the record by itself; say below who got a report." } })) }
            ul.plain { @for report in reports { li { (parts::capitalised(&report.what)) " to " (report.to) " " (parts::stamp(&report.stamp, &room.zone)) } } }
            p.small { a href={ "/journal?incident=" (id) } { "Every package that was made stands in the record" } }
        }
    };
    let title = format!("Reports · {}", room.state().title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Reports), body).wide().live(id, from)))
}

fn tile(id: IncidentId, file: &str, name: &str, what: &str, kind: &str) -> Markup {
    html! {
        li.tile {
            h3 { (name) }
            p.small.quiet { (what) }
            a.button.plain href={ "/api/v1/incidents/" (id) "/" (file) } download { "Make the " (kind) }
        }
    }
}

/// What a reader's package holds, in words.
const fn holds(audience: Audience) -> (&'static str, &'static str) {
    match audience {
        Audience::Counsel => (
            "The practice’s attorney",
            "Everything: the record with what is privileged, the report, and the evidence.",
        ),
        Audience::Insurer => (
            "The cyber insurer",
            "The record without what is privileged, and the report. No patients’ identities.",
        ),
        Audience::Ocr => (
            "HHS Office for Civil Rights",
            "The record without what is privileged, and the report. Evidence only if it is asked for.",
        ),
        Audience::LawEnforcement => (
            "Law enforcement",
            "The record without what is privileged, and the report. No patients’ identities.",
        ),
        Audience::Archive => {
            ("The practice’s own archive", "Everything, for the six years that it has to be kept.")
        }
    }
}

fn packages(room: &Room<'_>) -> Markup {
    let may = room.desk.actor.role.may(Capability::Export) && room.desk.caller.within("export");
    html! {
        section aria-labelledby="packages-h" {
            h2 #packages-h { "Sealed packages" }
            p.quiet { "One file that a stranger can check: each entry is proven against the signed log, and one changed byte shows. What its reader may not see is left out, and only its digest stands there. " code { "tourniquet verify package.zip" } " checks it." }
            @if !may { p.notice { "Packages are made by the lead, responders, the practice and the attorney." } }
            ul.tiles.wide-tiles {
                @for audience in Audience::ALL {
                    @let (name, what) = holds(audience);
                    li.tile {
                        h3 { (name) }
                        p.small.quiet { (what) }
                        @if may {
                            form.do method="post" action={ "/incidents/" (room.id) "/reports/package" } {
                                (room.desk.seal())
                                input type="hidden" name="for" value=(audience);
                                @if audience.sees_identities() { label.tick { input type="checkbox" name="evidence:bool" value="true" checked[audience != Audience::Ocr]; span { "with the evidence" } } }
                                button.plain type="submit" { "Make the package" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn papers(room: &Room<'_>) -> Markup {
    let privileged = room.desk.actor.role.may(Capability::Privileged);
    html! {
        section aria-labelledby="papers-h" {
            h2 #papers-h { "Papers of the breach" }
            p.quiet { "Drafts from the facts as they stand, until the attorney signs. Nothing is sent or filed from here." }
            ul.tiles {
                @for kind in Kind::ALL.iter().filter(|kind| privileged || !kind.privileged()) {
                    li.tile { a href={ "/incidents/" (room.id) "/breach/papers/" (kind.as_str()) } { (parts::capitalised(kind.plain())) } }
                }
            }
        }
    }
}

/// Makes a package, and sends it.
pub(crate) async fn package(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    if !act.desk.caller.within("export") {
        let (title, detail) = ("This sign-in makes no packages", "ask the lead for a link that may export");
        return Err(Problem::new(axum::http::StatusCode::FORBIDDEN, "out_of_scope", title, detail));
    }
    let audience = act.fields.get("for").unwrap_or_default();
    // A box that is not ticked is not sent: for those who may have evidence that means without.
    let may_hold = audience.parse().is_ok_and(Audience::sees_identities);
    let evidence = may_hold.then(|| act.fields.get("evidence:bool").is_some());
    crate::reports::packaged(&web, &act.desk.actor, id, audience, evidence).await
}
