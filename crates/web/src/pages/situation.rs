//! Situation reports: the next one, drafted from the incident as it stands and edited by a person; those that were sent,
//! frozen; and each of them on a page that prints.

use app::{
    drafts::DraftOf,
    situation::{NewSituation, Situation},
};
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use kernel::{Capability, IncidentId, ReportId};
use maud::{Markup, html};

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

/// The next report and the earlier ones.
pub(crate) async fn page(
    desk: Desk,
    Named(id): Named<IncidentId>,
    Asked(said): Asked<Said>,
) -> Result<Response, Problem> {
    let from = desk.web.app.log_head(&desk.actor).await?.size;
    let room = Room::of(&desk, id).await?;
    let sent = desk.web.app.situations(&desk.actor, id).await?;
    let writes = desk.may(Capability::Write) && room.state().status == incident::Status::Open;
    let next = if writes { Some(next(&room).await?) } else { None };
    let body = html! {
        (room.head(Tab::Situation))
        (room.said(&said).await?)
        @if let Some(next) = next { (next) }
        section #sent data-live aria-labelledby="sent-h" {
            h2 #sent-h { "Sent" }
            @if sent.is_empty() { (parts::empty("No situation report was sent yet.", &html! { @if !writes { span.quiet { "Those who work on the incident write it." } } })) }
            @else { ul.plain.reports { @for report in &sent { li.card { (told(&room, report)) } } } }
        }
    };
    let title = format!("Situation reports · {}", room.view.state.title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Situation), body).live(id, from)))
}

fn told(room: &Room<'_>, report: &Situation) -> Markup {
    html! {
        div.line { h3 { a href={ "/incidents/" (room.id) "/situation/" (report.id) } { "Situation report " (report.number) } } span.small.quiet { "to " (report.to) } }
        (parts::stamp(&report.stamp, &room.zone)) span.small.quiet { " · SHA-256 " (parts::digest(&report.sha256)) }
    }
}

async fn next(room: &Room<'_>) -> Result<Markup, Problem> {
    let (desk, id, of) = (room.desk, room.id, DraftOf::Situation);
    let made = desk.web.app.situation_draft(&desk.actor, id).await?;
    let own = desk.web.app.draft(&desk.actor, id, of).await?;
    let people: Vec<&str> = room
        .state()
        .engagements
        .values()
        .filter(|call| call.answer.is_some())
        .map(|call| call.name.as_str())
        .collect();
    let to = made.to.clone().unwrap_or_else(|| people.join(", "));
    Ok(html! {
        section aria-labelledby="next-h" {
            h2 #next-h { "Situation report " (made.number) }
            p { @match (made.due_at, made.every_minutes) {
                (Some(due), Some(every)) => { "Due " (parts::due(due, room.now)) ", at " (parts::moment(due, &room.zone)) ". At this severity one is due every " (parts::span(every * 60)) "." },
                _ => span.quiet { "At this severity none is due. Send one when there is something to tell." },
            } }
            form.sheet.letter method="post" action={ "/incidents/" (id) "/situation" } data-draft=(drafts::place(id, of)) {
                (desk.seal())
                (drafts::fields(own.as_ref(), None))
                label.field { span { "The report. Drafted from the incident as it stands; change what you like" } textarea name="text" rows="26" required maxlength="200000" { (drafts::text(own.as_ref(), &made.text)) } }
                @if own.is_some() { details.more { summary { "What it would say drafted anew" } p.pre.earlier { (made.text) } p.small.quiet { "Throw your draft away to begin from this." } } }
                label.field { span { "To whom it goes" } input type="text" name="to" required maxlength="500" value=(to); }
                p.small.quiet { "Sending freezes it: the text is sealed, the record gets its digest, and the next one’s clock starts. Hand it on by your own means, or print it." }
                button.first type="submit" { "Send and freeze" }
                (drafts::state(id, of, own.as_ref(), &room.zone))
            }
        }
    })
}

/// Sends one.
pub(crate) async fn send(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    mut act: Act,
) -> Result<Response, Problem> {
    let text = act.fields.take("text").unwrap_or_default().replace("\r\n", "\n");
    let to = act.fields.take("to").unwrap_or_default();
    let seen = act.fields.take("seen").and_then(|text| text.parse().ok());
    let actor = &act.desk.actor;
    let (report, _) = web.app.send_situation(actor, id, NewSituation { text, to }, act.how()).await?;
    web.app.end_draft(actor, id, DraftOf::Situation, seen).await?;
    Ok(Redirect::to(&format!("/incidents/{id}/situation/{report}")).into_response())
}

/// One that was sent.
pub(crate) async fn one(
    desk: Desk,
    Named((id, report)): Named<(IncidentId, ReportId)>,
) -> Result<Response, Problem> {
    let room = Room::of(&desk, id).await?;
    let report = desk.web.app.situation(&desk.actor, id, report).await?;
    let body = html! {
        (room.head(Tab::Situation))
        article.sent {
            h2 { "Situation report " (report.number) }
            p { "To " (report.to) " · " (parts::stamp(&report.stamp, &room.zone)) }
            @match &report.text { Some(text) => p.pre.letter { (text) }, None => p.quiet { "Its text is not kept here; the record has its digest." } }
            p.small.quiet { "Frozen as it was sent. SHA-256 of the text: " code.hash { (report.sha256) } }
        }
        p.actions.unprinted { a.button.plain href={ "/incidents/" (id) "/situation" } { "All situation reports" } }
    };
    let title = format!("Situation report {} · {}", report.number, room.view.state.title);
    Ok(layout::page(&desk, &Sheet::new(title, Place::Incident(Tab::Situation), body)))
}
