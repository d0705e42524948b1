//! Notes of an incident: every version of every one, who wrote it and why it was changed. A revision is written over the
//! version that its writer saw; where somebody else was first, both texts stand in the history and nothing is lost.

use app::notes::{NewNote, NoteText, RevisedNote};
use axum::{extract::State, response::Response};
use incident::Note;
use kernel::{Capability, IncidentId, NoteId};
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

/// The notes.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let mut notes = Vec::new();
    for note in view.state.notes.values() {
        notes.push((note, desk.web.app.note(&desk.actor, id, note.id).await?));
    }
    notes.sort_by_key(|(note, _)| std::cmp::Reverse(note.versions.last().map(|version| version.stamp.at)));
    let body = html! {
        (room.head(Tab::Notes))
        (room.said(&said).await?)
        @if desk.may(Capability::Write) {
            form.sheet method="post" action={ "/incidents/" (id) "/notes" } {
                (desk.seal())
                label.field { span { "Write a note" } textarea name="text" rows="4" required maxlength="1000000" {} }
                @if desk.may(Capability::Counsel) { label.tick { input type="checkbox" name="privileged" value="true"; span { "Privileged: for counsel alone" } } }
                button.first type="submit" { "Keep it" }
            }
        }
        section #notes data-live aria-label="Notes" {
            @if notes.is_empty() { (parts::empty("Nobody has written a note yet.", &html! {})) }
            @for (note, texts) in &notes { (one(&room, note, texts)) }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Notes · {}", view.state.title), Place::Incident(Tab::Notes), body)
            .live(id, from),
    ))
}

fn one(room: &Room<'_>, note: &Note, texts: &[NoteText]) -> Markup {
    let last = texts.last();
    let text = last.and_then(|last| last.text.as_deref());
    html! {
        article.card id={ "note-" (note.id) } {
            @if note.privileged { p { (parts::chip("held", "■", "privileged")) } }
            @match text { Some(text) => p.pre { (text) }, None => p.quiet { "Its text was destroyed when its retention ended; the record keeps its digest." } }
            @if let Some(last) = last { p { (parts::stamp(&last.stamp, &room.zone)) @if texts.len() > 1 { span.small.quiet { " · version " (texts.len()) } } } }
            @if texts.len() > 1 {
                details.more id={ "versions-" (note.id) } { summary { "Earlier versions" }
                    @for earlier in texts.iter().rev().skip(1) { div.earlier { p.pre { (earlier.text.as_deref().unwrap_or("destroyed")) } p { (parts::stamp(&earlier.stamp, &room.zone)) @if let Some(because) = &earlier.because { span.small { " · " (because) } } } } }
                }
            }
            @if room.desk.may(Capability::Write) {
                details.act { summary { "Revise" }
                    form.do method="post" action={ "/incidents/" (room.id) "/notes/" (note.id) } {
                        (room.desk.seal())
                        input type="hidden" name="seen" value=(texts.len());
                        label.field { span { "Text" } textarea name="text" rows="5" required { (text.unwrap_or("")) } }
                        label.field { span { "Why it changes" } input type="text" name="reason" required maxlength="500"; }
                        button.first type="submit" { "Keep this version" }
                    }
                }
            }
        }
    }
}

/// Writes a note.
pub(crate) async fn write(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    mut act: Act,
) -> Result<Response, Problem> {
    let privileged = act.fields.take("privileged").is_some();
    let text = act.fields.take("text").unwrap_or_default().replace("\r\n", "\n");
    let done =
        web.app.write_note(&act.desk.actor, id, NewNote { text, about: None, privileged }, act.how()).await?;
    Ok(act.back_after(done.version))
}

/// Revises one. Where somebody revised it meanwhile, the reason says that both are to be read.
pub(crate) async fn revise(
    State(web): State<Web>,
    Named((id, note)): Named<(IncidentId, NoteId)>,
    mut act: Act,
) -> Result<Response, Problem> {
    let actor = &act.desk.actor;
    let seen: usize = act.fields.take("seen").and_then(|text| text.parse().ok()).unwrap_or(0);
    let text = act.fields.take("text").unwrap_or_default().replace("\r\n", "\n");
    let mut reason = act.fields.take("reason").unwrap_or_default();
    let stands = web.app.note(actor, id, note).await?.len();
    if stands > seen {
        reason.push_str(&format!(" (written over version {seen} while version {stands} came in: read both)"));
    }
    let done = web.app.revise_note(actor, id, note, RevisedNote { text, reason }, act.how()).await?;
    Ok(act.back_after(done.version))
}
