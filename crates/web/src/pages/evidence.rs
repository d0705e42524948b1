//! Evidence and its custody: each item from the moment it was taken in, who has it, whether its bytes are still those.

use app::{
    command::How,
    evidence::Provenance,
    ports::{EvidenceQuery, EvidenceRow},
    retention::RetentionQuery,
};
use axum::{extract::State, response::Response};
use incident::{Evidence, Place as Kept};
use kernel::{Capability, IncidentId};
use maud::{Markup, html};

use super::{
    action::{Field, folded},
    desk::{Act, Desk, Upload},
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    keeping,
    received::{Asked, Named},
    state::Web,
    stream,
};

/// Items shown at once; the API has them all.
const MOST: u32 = 200;
/// Steps of custody shown beside them.
const CUSTODY: usize = 30;

/// The items with their chains.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let query = EvidenceQuery { incident: Some(id), limit: MOST, ..EvidenceQuery::default() };
    let rows = desk.web.app.evidence_list(&desk.actor, query).await?;
    let kept = RetentionQuery { incident: Some(id), ..RetentionQuery::default() };
    let kept = desk.web.app.retention(&desk.actor, kept).await?;
    let body = html! {
        (room.head(Tab::Evidence))
        (room.said(&said).await?)
        @if desk.may(Capability::Evidence) && view.state.status == incident::Status::Open { (take_in(&room)) }
        (underway(&room))
        div #watch data-live { (keeping::section(&kept)) }
        div.columns {
        div.main-column {
        section #items data-live aria-labelledby="items-h" {
            div.masthead { h2 #items-h { (parts::count(rows.items.len(), "item", "items")) " in custody" }
                @if desk.may(Capability::Evidence) && !rows.items.is_empty() { form.do method="post" action={ "/incidents/" (id) "/evidence/rehash" } { (desk.seal()) button.plain type="submit" { "Hash all of it again" } } }
            }
            @if let Some(hold) = &view.state.hold { p.notice { strong { "Legal hold: " } (hold.reason) " " (parts::stamp(&hold.stamp, &room.zone)) } }
            (folded(&desk, id, Capability::Counsel, "Place a legal hold on everything", "place_hold", &[Field::Text("reason", "Reason")]))
            @if rows.items.is_empty() { (parts::empty("Nothing was taken in yet.", &html! { p.small { "Many or large files: " code { "tourniquet evidence take" } " on the machine where they are." } })) }
            @for row in &rows.items { (item(&room, row, view.state.evidence.get(&row.id))) }
            @if rows.next.is_some() { p.quiet { "Only the newest " (MOST) " are shown here." } }
        }
        }
        aside.side-column aria-label="Custody" { section.card #custody data-live aria-labelledby="custody-h" { h2 #custody-h { "Custody, newest first" } (custody(&room, &rows.items)) } }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Evidence · {}", view.state.title), Place::Incident(Tab::Evidence), body)
            .wide()
            .live(id, from),
    ))
}

fn item(room: &Room<'_>, row: &EvidenceRow, own: Option<&Evidence>) -> Markup {
    let named = || Field::Fixed("evidence", row.id.to_string());
    let form = |needs: Capability, label: &str, command: &str, fields: &[Field<'_>]| {
        folded(room.desk, room.id, needs, label, command, fields)
    };
    let place = own.map(|own| &own.place);
    html! {
        article.card {
            div.line {
                h3 { (row.name) }
                @match place {
                    Some(Kept::HandedOver { to, .. }) => (parts::chip("care", "◐", &format!("with {to}"))),
                    Some(Kept::Released { to, .. }) => (parts::chip("quiet", "–", &format!("released to {to}"))),
                    Some(Kept::Destroyed { .. }) => (parts::chip("quiet", "✕", "destroyed")),
                    _ => (parts::chip("good", "■", "in the vault")),
                }
                @match row.rehashed.as_ref().map(|(_, outcome)| outcome.as_str()) {
                    Some("ok") => (parts::chip("good", "✓", "unchanged")),
                    Some("changed") => (parts::chip("critical", "!", "changed")),
                    Some("missing") => (parts::chip("critical", "!", "missing")),
                    _ => {}
                }
            }
            p.small { (row.source) " · " (parts::bytes(row.bytes)) " · SHA-256 " (parts::digest(&row.sha256)) " · taken " (parts::moment(row.taken_at, &room.zone))
                @if let Some((at, _)) = &row.rehashed { " · hashed again " (parts::moment(*at, &room.zone)) }
                @if room.desk.may(Capability::Evidence) && row.state != "destroyed" { " · " a href={ "/api/v1/evidence/" (row.id) "/content" } { "Save" } }
            }
            @if let Some(own) = own {
                p.small.quiet { (own.why) @if let Some(until) = own.retain_until { " · kept until " (until) } }
                @if let Some(asked) = &own.destruction { p.notice { "Destruction was asked for: " (asked.reason) " " (parts::stamp(&asked.stamp, &room.zone)) } }
                details.more id={ "chain-" (row.id) } { summary { "Chain of custody, " (parts::count(own.chain.len(), "step", "steps")) } ol.line { @for step in &own.chain { li { p { (step.what) } (parts::stamp(&step.stamp, &room.zone)) } } } }
                div.deeds {
                    @match place {
                        Some(Kept::Vault) => {
                            (form(Capability::Evidence, "Hand over", "hand_over_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
                            (form(Capability::Evidence, "A copy was examined", "examine_copy", &[named(), Field::Line("purpose", "For what")]))
                            (form(Capability::Evidence, "Release", "release_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
                            @if own.destruction.is_none() { (form(Capability::Destroy, "Ask for destruction", "request_destruction", &[named(), Field::Line("reason", "Reason")])) }
                            @else {
                                (form(Capability::Destroy, "Confirm destruction", "confirm_destruction", &[named()]))
                                (form(Capability::Destroy, "Do not destroy it", "withdraw_destruction", &[named(), Field::Line("reason", "Reason")]))
                            }
                        },
                        Some(Kept::HandedOver { .. }) => (form(Capability::Evidence, "It came back", "receive_evidence_back", &[named(), Field::Line("from", "From whom")])),
                        _ => {}
                    }
                }
            }
        }
    }
}

/// The form that takes files in. Its fields stand before the file, so that it is sealed while it comes.
fn take_in(room: &Room<'_>) -> Markup {
    let limit = room.desk.web.config.evidence_limit;
    html! {
        details.act open[room.view.state.evidence.is_empty()] { summary { "Take files in" }
            form.sheet method="post" enctype="multipart/form-data" action={ "/incidents/" (room.id) "/evidence" } data-upload {
                (room.desk.seal())
                label.field { span { "Where they come from: a host, a person, a product" } input type="text" name="source" required maxlength="1000" autocomplete="off"; }
                label.field { span { "Why they are taken" } input type="text" name="why" required maxlength="1000" autocomplete="off"; }
                label.field { span { "Files" } input type="file" name="file" required multiple; }
                p.small.quiet { "Hashed and sealed as they come, written once. At most " (parts::bytes(limit)) " each. No patient’s name in these fields or in a file’s name: they stand in the record." }
                p hidden data-progress { progress max="1000" value="0" aria-label="Sent so far" {} span.small role="status" {} }
                button.first type="submit" { "Take them in" }
            }
        }
    }
}

/// What is on its way just now, seen by everybody who looks.
fn underway(room: &Room<'_>) -> Markup {
    let files = room.desk.web.uploads.of(room.id);
    html! {
        section #underway data-live aria-label="On their way" {
            @for file in &files {
                div.notice role="status" {
                    strong { (file.name) } " is being taken in: " (parts::bytes(file.come())) @if let Some(of) = file.of { " of at most " (parts::bytes(of)) }
                    " by " (file.by) " since " (parts::moment(file.since, &room.zone)) ". "
                    a href=(room.desk.here) { "Look again" }
                    @if let Some(of) = file.of { progress max=(of.max(1)) value=(file.come().min(of)) aria-label="Sent so far" {} }
                }
            }
        }
    }
}

/// What happened to the items, whichever, newest first.
fn custody(room: &Room<'_>, rows: &[EvidenceRow]) -> Markup {
    let mut steps: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row, room.state().evidence.get(&row.id)?)))
        .flat_map(|(row, own)| own.chain.iter().map(move |step| (row, step)))
        .collect();
    steps.sort_by_key(|(_, step)| std::cmp::Reverse(step.stamp.at));
    html! {
        @if steps.is_empty() { p.quiet { "Nothing has been taken in." } }
        ol.line { @for (row, step) in steps.iter().take(CUSTODY) { li { (parts::moment(step.stamp.at, &room.zone)) p { strong { (row.name) } ": " (step.what) } span.small.quiet { (step.stamp.name) ", " (step.stamp.role) } } } }
        @if steps.len() > CUSTODY { p.small.quiet { (steps.len() - CUSTODY) " earlier steps stand with their items." } }
    }
}

/// Takes files in as they come, one after the other.
pub(crate) async fn take(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    upload: Upload,
) -> Result<Response, Problem> {
    let Upload { act, mut form, mut file, size } = upload;
    let actor = &act.desk.actor;
    act.desk.needs(Capability::Evidence)?;
    let _ = web.app.incident(actor, id).await?;
    let said = |name: &str| {
        act.fields
            .get(name)
            .filter(|text| text.len() <= 1_024 && !text.chars().any(char::is_control))
            .map(str::to_owned)
            .ok_or_else(|| {
                Problem::invalid(name, format!("{name}: say it in one line of at most 1,024 bytes"))
            })
    };
    let (source, why) = (said("source")?, said("why")?);
    let mut version = None;
    let mut place = 0;
    while let Some(part) = file {
        let name = part.file.as_deref().map(file_name).unwrap_or_default();
        if name.is_empty() {
            // A browser sends an empty one where no file was chosen.
            file = form.part().await?;
            continue;
        }
        let under = web.uploads.begin(id, &name, &actor.name, web.app.edge().now(), size);
        let (body, fill) = form.file(|bytes| under.came(bytes));
        let (reader, cause) = stream::incoming(body, web.config.evidence_limit);
        let from = Provenance { name, source: source.clone(), why: why.clone() };
        place += 1;
        let how = How { expected: None, key: act.how().key.map(|key| format!("{key} file {place}")) };
        let taken = web.app.take_evidence(actor, id, Box::new(reader), from, how);
        let (taken, filled) = tokio::join!(taken, fill);
        let done = taken.map_err(|error| match filled {
            Err(problem) => problem,
            Ok(()) => cause.take().unwrap_or_else(|| error.into()),
        })?;
        version = Some(done.version);
        file = form.part().await?;
    }
    match version {
        Some(version) => Ok(act.back_after(version)),
        None => Err(Problem::invalid("file", "no file was chosen: choose one and send the form again")),
    }
}

/// What a file is called, as the record takes it: its last part, in one line.
fn file_name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut name = plain.trim().to_owned();
    while name.len() > 1_000 {
        name.pop();
    }
    name
}

/// Hashes every item of the incident again.
pub(crate) async fn rehash(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let _ = web.app.incident(&act.desk.actor, id).await?;
    web.app.rehash(&act.desk.actor, Some(id)).await?;
    Ok(act.back())
}
