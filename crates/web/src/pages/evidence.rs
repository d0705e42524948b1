//! Evidence and its custody: each item from the moment it was taken in, who has it, whether its bytes are still those.

use app::{
    command::How,
    evidence::Provenance,
    ports::{Cursor, EvidenceQuery, EvidenceRow, Page},
    retention::RetentionQuery,
};
use axum::{extract::State, response::Response};
use incident::{Evidence, Place as Kept};
use kernel::{Capability, IncidentId};
use maud::{Markup, html};
use serde::Deserialize;

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

/// Items shown at once; the others are a link away.
const SHOWN: u32 = 40;
/// Steps of custody shown beside them.
const CUSTODY: usize = 12;

/// Which items are looked at: some by words, one by its id, or all, page by page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    done: String,
    text: String,
    item: String,
    cursor: String,
}

impl Wanted {
    fn query(&self, incident: IncidentId) -> Result<EvidenceQuery, Problem> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let after = given(&self.cursor).map(|cursor| cursor.parse::<Cursor>()).transpose();
        Ok(EvidenceQuery {
            incident: Some(incident),
            text: given(&self.text),
            after: after.map_err(|error| Problem::invalid("cursor", error.to_string()))?,
            limit: SHOWN,
            ..EvidenceQuery::default()
        })
    }

    /// The items, and where the next page goes on.
    async fn items(&self, desk: &Desk, incident: IncidentId) -> Result<Page<EvidenceRow>, Problem> {
        if self.item.is_empty() {
            return Ok(desk.web.app.evidence_list(&desk.actor, self.query(incident)?).await?);
        }
        let missing = || Problem::not_found("this item of evidence");
        let id = self.item.parse().map_err(|_| missing())?;
        let row = desk.web.app.evidence_row(&desk.actor, id).await?;
        if row.incident != incident {
            return Err(missing());
        }
        Ok(Page { items: vec![row], next: None })
    }
}

/// Where an item of evidence is shown by itself.
pub(crate) fn place(incident: IncidentId, item: impl std::fmt::Display) -> String {
    format!("/incidents/{incident}/evidence?item={item}")
}

/// The items with their chains.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let rows = wanted.items(&desk, id).await?;
    let kept = RetentionQuery { incident: Some(id), ..RetentionQuery::default() };
    let kept = desk.web.app.retention(&desk.actor, kept).await?;
    let said = Said { done: wanted.done.clone() };
    let body = html! {
        (room.head(Tab::Evidence))
        (room.said(&said).await?)
        @if desk.may(Capability::Evidence) && view.state.status == incident::Status::Open { (take_in(&room)) }
        (underway(&room))
        div #watch data-live { (keeping::section(&kept)) }
        div.columns {
        div.main-column { (items(&room, &wanted, &rows)) }
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

fn items(room: &Room<'_>, wanted: &Wanted, rows: &Page<EvidenceRow>) -> Markup {
    let (desk, id, state) = (room.desk, room.id, room.state());
    let here = format!("/incidents/{id}/evidence");
    let (alone, some) = (!wanted.item.is_empty(), !wanted.text.trim().is_empty());
    let all = state.evidence.len();
    let next = |cursor: Cursor| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if some {
            query.append_pair("text", wanted.text.trim());
        }
        format!("{here}?{}", query.append_pair("cursor", &cursor.to_string()).finish())
    };
    html! {
        section #items data-live aria-labelledby="items-h" {
            div.masthead { h2 #items-h { @if alone { "One item in custody" } @else { (parts::count(all, "item", "items")) " in custody" } }
                @if alone { a.button.plain href=(here) { "All " (parts::count(all, "item", "items")) } }
                @else if desk.may(Capability::Evidence) && all > 0 { form.do method="post" action={ (here) "/rehash" } { (desk.seal()) button.plain type="submit" { "Hash all of it again" } } }
            }
            @if let Some(hold) = &state.hold { p.notice { strong { "Legal hold: " } (hold.reason) " " (parts::stamp(&hold.stamp, &room.zone)) } }
            (folded(desk, id, Capability::Counsel, "Place a legal hold on everything", "place_hold", &[Field::Text("reason", "Reason")]))
            @if !alone && (some || rows.next.is_some() || !wanted.cursor.is_empty()) { form.filters method="get" action=(here) role="search" { label.field.grow { span { "Name or source" } input type="search" name="text" value=(wanted.text) maxlength="200"; } button type="submit" { "Find" } @if some { a.button.plain href=(here) { "All of it" } } } }
            @if rows.items.is_empty() && all == 0 { (parts::empty("Nothing was taken in yet.", &html! { p.small { "Many or large files: " code { "tourniquet evidence take" } " on the machine where they are." } })) }
            @else if rows.items.is_empty() { (parts::empty("No item fits.", &html! { a href=(here) { "Show all of it" } })) }
            @for row in &rows.items { (item(room, row, state.evidence.get(&row.id), alone)) }
            @if let Some(cursor) = rows.next { nav.pager aria-label="Pages" { a.button href=(next(cursor)) rel="next" { "More items" } } }
        }
    }
}

/// One item; what can be done with it is folded away, but where it is looked at alone.
fn item(room: &Room<'_>, row: &EvidenceRow, own: Option<&Evidence>, alone: bool) -> Markup {
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
                details.more id={ "chain-" (row.id) } open[alone] { summary { "Chain of custody, " (parts::count(own.chain.len(), "step", "steps")) } ol.line { @for step in &own.chain { li { p { (step.what) } (parts::stamp(&step.stamp, &room.zone)) } } } }
                @let deeds = deeds(room, row, own);
                @if let Some(deeds) = deeds { details.more id={ "deeds-" (row.id) } open[alone] { summary { "Hand over, examine, release" span.unseen { ": " (row.name) } } (deeds) } }
            }
        }
    }
}

/// What can be done with an item where it is; nothing where its viewer may do none of it.
fn deeds(room: &Room<'_>, row: &EvidenceRow, own: &Evidence) -> Option<Markup> {
    let desk = room.desk;
    if !desk.may(Capability::Evidence) && !desk.may(Capability::Destroy) {
        return None;
    }
    let named = || Field::Fixed("evidence", row.id.to_string());
    let form = |needs: Capability, label: &str, command: &str, fields: &[Field<'_>]| {
        folded(desk, room.id, needs, label, command, fields)
    };
    let line = |name, label| [named(), Field::Line(name, label)];
    Some(match &own.place {
        Kept::Vault => html! { div.deeds {
            (form(Capability::Evidence, "Hand over", "hand_over_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
            (form(Capability::Evidence, "A copy was examined", "examine_copy", &line("purpose", "For what")))
            (form(Capability::Evidence, "Release", "release_evidence", &[named(), Field::Line("to", "To whom"), Field::Line("why", "Why")]))
            @if own.destruction.is_none() { (form(Capability::Destroy, "Ask for destruction", "request_destruction", &line("reason", "Reason"))) }
            @else {
                (form(Capability::Destroy, "Confirm destruction", "confirm_destruction", &[named()]))
                (form(Capability::Destroy, "Do not destroy it", "withdraw_destruction", &line("reason", "Reason")))
            }
        } },
        Kept::HandedOver { .. } => {
            html! { div.deeds { (form(Capability::Evidence, "It came back", "receive_evidence_back", &line("from", "From whom"))) } }
        }
        _ => return None,
    })
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
