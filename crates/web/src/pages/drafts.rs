//! What keeps every word that somebody writes on a page: a form whose text goes to its writer's draft after each pause and
//! when the page is left. Without scripts a button does the same; whatever was kept is in the form again, on any device.

use app::drafts::{Draft, DraftOf, DraftText};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use jiff::tz::TimeZone;
use kernel::IncidentId;
use maud::{Markup, html};
use serde::Serialize;

use super::{desk::Act, parts};
use crate::{error::Problem, received::Named, state::Web};

/// Where the draft of a form goes: its `data-draft`.
pub(crate) fn place(incident: IncidentId, of: DraftOf) -> String {
    format!("/incidents/{incident}/drafts/{of}")
}

/// The hidden fields of a form with a draft: the version that its text was begun on, and which writing of the draft it
/// goes on from. `base` is the version that a new text would be begun on.
pub(crate) fn fields(draft: Option<&Draft>, base: Option<usize>) -> Markup {
    let base = draft.and_then(|draft| draft.base).or(base);
    html! {
        @if let Some(base) = base { input type="hidden" name="base" value=(base); }
        input type="hidden" name="seen" value=(draft.map_or_else(String::new, |draft| draft.revision.to_string()));
    }
}

/// The text that stands in a form: the draft's, where there is one with something in it.
pub(crate) fn text<'a>(draft: Option<&'a Draft>, otherwise: &'a str) -> &'a str {
    draft.map(|draft| draft.text.as_str()).filter(|text| !text.trim().is_empty()).unwrap_or(otherwise)
}

/// What is said under such a form, with the buttons for those without scripts. It stands after the form's own button,
/// which is the one that the key Enter presses.
pub(crate) fn state(incident: IncidentId, of: DraftOf, draft: Option<&Draft>, zone: &TimeZone) -> Markup {
    let path = place(incident, of);
    let written = draft.filter(|draft| !draft.text.trim().is_empty());
    html! {
        p.draft.small {
            span.quiet data-draft-state role="status" {
                @match written {
                    Some(draft) => { "This is your draft, kept " (parts::moment(draft.at, zone)) "." },
                    None => "A draft is kept while you write. Only you can see it.",
                }
            }
            button.plain.slight type="submit" formaction=(path) formnovalidate data-draft-keep { "Keep as draft" }
            @if draft.is_some() { button.plain.slight type="submit" formaction={ (path) "/drop" } formnovalidate { "Throw the draft away" } }
        }
        @if let Some(draft) = draft {
            @for other in draft.aside.iter().rev() {
                details.more open { summary { "You also wrote this elsewhere, " (parts::moment(other.at, zone)) } p.pre.earlier { (other.text) } }
            }
        }
    }
}

#[derive(Serialize)]
struct Kept {
    revision: Option<u64>,
}

/// Keeps what a form holds.
pub(crate) async fn keep(
    State(web): State<Web>,
    Named((id, of)): Named<(IncidentId, DraftOf)>,
    headers: HeaderMap,
    mut act: Act,
) -> Result<Response, Problem> {
    let draft = DraftText {
        text: act.fields.take("text").unwrap_or_default().replace("\r\n", "\n"),
        base: act.fields.take("base").and_then(|text| text.parse().ok()),
        seen: act.fields.take("seen").and_then(|text| text.parse().ok()),
    };
    let kept = web.app.keep_draft(&act.desk.actor, id, of, draft).await?;
    let by_script = headers.get(header::ACCEPT).is_some_and(|kinds| kinds == "application/json");
    if by_script {
        return Ok(Json(Kept { revision: kept.map(|draft| draft.revision) }).into_response());
    }
    Ok(act.back())
}

/// Throws it away.
pub(crate) async fn discard(
    State(web): State<Web>,
    Named((id, of)): Named<(IncidentId, DraftOf)>,
    act: Act,
) -> Result<Response, Problem> {
    web.app.drop_draft(&act.desk.actor, id, of).await?;
    Ok(act.back())
}
