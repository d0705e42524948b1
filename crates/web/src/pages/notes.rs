//! Notes of an incident. What one writes is kept as a draft while one writes it; what two people change at once is put
//! together, and where that cannot be, both texts stand side by side until somebody settles them; every version stays.

use app::{
    AppError,
    drafts::{Draft, DraftOf},
    notes::{
        NewNote, NoteConflict, NoteText, RevisedNote,
        merge::{Fate, differences},
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use incident::Note;
use kernel::{Capability, IncidentId, NoteId};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    desk::{Act, Desk},
    drafts,
    incident::{Room, Said},
    layout::{self, Place, Sheet, Tab},
    parts,
};
use crate::{
    error::Problem,
    received::{Asked, Named},
    state::Web,
};

/// Notes of a page, the newest first.
const SHOWN: usize = 30;

/// From which of the notes on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Part {
    done: String,
    from: usize,
}

/// The notes.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(part): Asked<Part>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let view = &room.view;
    let mut all: Vec<&Note> = view.state.notes.values().collect();
    all.sort_by_key(|note| std::cmp::Reverse(note.versions.last().map(|version| version.stamp.at)));
    let mut notes = Vec::new();
    for note in all.iter().skip(part.from).take(SHOWN) {
        notes.push((*note, desk.web.app.note(&desk.actor, id, note.id).await?));
    }
    let next = part.from.saturating_add(SHOWN);
    let said = Said { done: part.done };
    let own =
        if desk.may(Capability::Write) { desk.web.app.drafts(&desk.actor, id).await? } else { Vec::new() };
    let draft = |of: DraftOf| own.iter().find(|draft| draft.of == of.to_string());
    let body = html! {
        (room.head(Tab::Notes))
        (room.said(&said).await?)
        @if desk.may(Capability::Write) { (new(&room, draft(DraftOf::NewNote))) }
        section #notes data-live aria-label="Notes" {
            @if notes.is_empty() { (parts::empty("Nobody has written a note yet.", &html! {})) }
            @for (note, texts) in &notes { (one(&room, note, texts, draft(DraftOf::Note(note.id)))) }
            @if part.from > 0 || next < all.len() { nav.pager.actions aria-label="Pages" {
                @if part.from > 0 { a.button.plain href={ "/incidents/" (id) "/notes" } { "Newest notes" } }
                @if next < all.len() { a.button href={ "/incidents/" (id) "/notes?from=" (next) } rel="next" { "Older notes" } }
            } }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("Notes · {}", view.state.title), Place::Incident(Tab::Notes), body)
            .live(id, from),
    ))
}

fn new(room: &Room<'_>, draft: Option<&Draft>) -> Markup {
    let (desk, id, of) = (room.desk, room.id, DraftOf::NewNote);
    html! {
        form.sheet method="post" action={ "/incidents/" (id) "/notes" } data-draft=(drafts::place(id, of)) {
            (desk.seal())
            (drafts::fields(draft, None))
            label.field { span { "Write a note" } textarea name="text" rows="4" required maxlength="1000000" { (drafts::text(draft, "")) } }
            @if desk.may(Capability::Counsel) { label.tick { input type="checkbox" name="privileged" value="true"; span { "Privileged: for counsel alone" } } }
            button.first type="submit" { "Keep it" }
            (drafts::state(id, of, draft, &room.zone))
        }
    }
}

fn one(room: &Room<'_>, note: &Note, texts: &[NoteText], draft: Option<&Draft>) -> Markup {
    let last = texts.last();
    let text = last.and_then(|last| last.text.as_deref());
    html! {
        article.card id={ "note-" (note.id) } {
            div id={ "note-text-" (note.id) } data-live data-version=(texts.len()) {
                @if note.privileged { p { (parts::chip("held", "■", "privileged")) } }
                @match text { Some(text) => p.pre { (text) }, None => p.quiet { "Its text was destroyed when its retention ended; the record keeps its digest." } }
                @if let Some(last) = last {
                    p { (parts::stamp(&last.stamp, &room.zone))
                        @if texts.len() > 1 { span.small.quiet { " · " a href={ "/incidents/" (room.id) "/notes/" (note.id) } { "version " (texts.len()) ", with its history" } } }
                    }
                }
            }
            @if room.desk.may(Capability::Write) { (edit(room, note, texts.len(), text.unwrap_or(""), draft)) }
        }
    }
}

fn edit(room: &Room<'_>, note: &Note, stands: usize, text: &str, draft: Option<&Draft>) -> Markup {
    let of = DraftOf::Note(note.id);
    html! {
        details.act id={ "edit-" (note.id) } open[draft.is_some()] { summary { @if draft.is_some() { "Your draft" } @else { "Revise" } }
            form.do method="post" action={ "/incidents/" (room.id) "/notes/" (note.id) } data-draft=(drafts::place(room.id, of)) data-note={ "note-text-" (note.id) } {
                (room.desk.seal())
                (drafts::fields(draft, Some(stands)))
                p.notice hidden data-news role="status" { "Somebody has changed this note while you write. When you keep yours, both changes are put together." }
                label.field { span { "Text" } textarea name="text" rows="5" required maxlength="1000000" { (drafts::text(draft, text)) } }
                label.field { span { "Why it changes " small.quiet { "optional" } } input type="text" name="reason" maxlength="500"; }
                button.first type="submit" { "Keep this version" }
                (drafts::state(room.id, of, draft, &room.zone))
            }
        }
    }
}

/// One note with every version of it, and what each changed.
pub(crate) async fn history(
    desk: Desk,
    Named((id, note)): Named<(IncidentId, NoteId)>,
) -> Result<Response, Problem> {
    let room = Room::of(&desk, id).await?;
    let texts = desk.web.app.note(&desk.actor, id, note).await?;
    let body = html! {
        (room.head(Tab::Notes))
        p { a href={ "/incidents/" (id) "/notes#note-" (note) } { "Back to the notes" } }
        h2 { "A note and its " (parts::count(texts.len(), "version", "versions")) }
        ol.line reversed {
            @for (place, version) in texts.iter().enumerate().rev() {
                li id={ "version-" (version.version) } {
                    h3 { "Version " (version.version) }
                    (parts::stamp(&version.stamp, &room.zone))
                    @if let Some(because) = &version.because { p.small { (because) } }
                    @match (&version.text, place.checked_sub(1).and_then(|before| texts.get(before))) {
                        (None, _) => p.quiet { "Its text was destroyed when its retention ended; the record keeps its digest." },
                        (Some(text), Some(before)) => {
                            (changed(before.text.as_deref().unwrap_or(""), text))
                            details.more { summary { "The whole text" } p.pre { (text) } }
                        },
                        (Some(text), None) => p.pre { (text) },
                    }
                    p.small.quiet { "SHA-256 " (parts::digest(&version.sha256)) }
                }
            }
        }
    };
    Ok(layout::page(
        &desk,
        &Sheet::new(format!("A note · {}", room.view.state.title), Place::Incident(Tab::Notes), body),
    ))
}

/// What changed from one text to another, line by line.
fn changed(before: &str, after: &str) -> Markup {
    let lines = differences(before, after);
    html! {
        @if lines.is_empty() { p.quiet.small { "The same text." } }
        @else { ul.changes {
            @for line in &lines {
                @match line.fate {
                    Fate::Stays => li { span.sign aria-hidden="true" {} span { (line.text) } },
                    Fate::Added => li.added { span.sign aria-hidden="true" { "+" } ins { (line.text) } },
                    Fate::Removed => li.removed { span.sign aria-hidden="true" { "−" } del { (line.text) } },
                    Fate::Skipped => li.skipped { span.sign aria-hidden="true" { "…" } span.unseen { "lines that stay" } },
                }
            }
        } }
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
    let seen = act.fields.take("seen").and_then(|text| text.parse().ok());
    let actor = &act.desk.actor;
    let done = web.app.write_note(actor, id, NewNote { text, about: None, privileged }, act.how()).await?;
    web.app.end_draft(actor, id, DraftOf::NewNote, seen).await?;
    Ok(act.back_after(done.version))
}

/// Revises one. What somebody else changed meanwhile is merged; where that cannot be, both texts are shown.
pub(crate) async fn revise(
    State(web): State<Web>,
    Named((id, note)): Named<(IncidentId, NoteId)>,
    mut act: Act,
) -> Result<Response, Problem> {
    let actor = &act.desk.actor;
    let base = act.fields.take("base").and_then(|text| text.parse().ok());
    let seen = act.fields.take("seen").and_then(|text| text.parse().ok());
    let text = act.fields.take("text").unwrap_or_default().replace("\r\n", "\n");
    let reason = act.fields.take("reason").unwrap_or_default();
    let revised = RevisedNote { text, reason: reason.clone(), base };
    match web.app.revise_note(actor, id, note, revised, act.how()).await {
        Ok(done) => {
            web.app.end_draft(actor, id, DraftOf::Note(note), seen).await?;
            Ok(act.back_after(done.version))
        }
        Err(AppError::Conflict(conflict)) => settle(&act.desk, id, &conflict, &reason).await,
        Err(error) => Err(error.into()),
    }
}

/// Two texts that do not go together, side by side, and the form that settles them.
async fn settle(
    desk: &Desk,
    id: IncidentId,
    conflict: &NoteConflict,
    reason: &str,
) -> Result<Response, Problem> {
    let room = Room::of(desk, id).await?;
    let of = DraftOf::Note(conflict.note);
    let draft = desk.web.app.draft(&desk.actor, id, of).await?;
    let revision = draft.map_or_else(String::new, |draft| draft.revision.to_string());
    let notes = format!("/incidents/{id}/notes");
    let body = html! {
        (room.head(Tab::Notes))
        h2 { "Two texts to settle" }
        p.notice role="status" { (conflict.stamp.name) " changed the same lines while you wrote. Nothing is lost: yours is kept as your draft, theirs stands as version " (conflict.version) ". Say below what the note shall say." }
        div.both {
            section.card aria-labelledby="theirs-h" { h3 #theirs-h { "As it stands" } p { (parts::stamp(&conflict.stamp, &room.zone)) } p.pre { (conflict.theirs) } }
            section.card aria-labelledby="yours-h" { h3 #yours-h { "As you wrote it" } p.small.quiet { "Not yet in the note." } p.pre { (conflict.yours) } }
        }
        form.sheet method="post" action={ (notes) "/" (conflict.note) } data-draft=(drafts::place(id, of)) {
            (desk.sealed_for(&notes))
            input type="hidden" name="base" value=(conflict.version);
            input type="hidden" name="seen" value=(revision);
            label.field { span { "The note shall say" } textarea name="text" rows="12" required maxlength="1000000" { (conflict.both) } }
            p.small.quiet { "What goes together is put together already. Where the two differ, both stand here between lines that say whose they are: keep what holds and take those lines out." }
            p.draft.small { span.quiet data-draft-state role="status" { "A draft is kept while you write." } }
            label.field { span { "Why it changes " small.quiet { "optional" } } input type="text" name="reason" maxlength="500" value=(reason); }
            button.first type="submit" { "Keep this text" }
        }
        p { a href={ (notes) "/" (conflict.note) } { "How the note came to stand so" } }
    };
    let title = format!("Two texts to settle · {}", room.view.state.title);
    let mut page = layout::page(desk, &Sheet::new(title, Place::Incident(Tab::Notes), body).wide());
    *page.status_mut() = StatusCode::CONFLICT;
    Ok(page)
}
