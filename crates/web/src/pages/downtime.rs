//! The paper form of a clinical service, on a page that prints: blank, for when there is no computer to write on.

use app::downtime::{Part, paper_form};
use axum::response::Response;
use incident::practice::ClinicalService;
use kernel::{Capability, PracticeId};
use maud::{Markup, html};

use super::{
    desk::Desk,
    layout::{self, Place, Sheet},
    parts,
};
use crate::{error::Problem, received::Named};

/// The form of one service of a practice.
pub(crate) async fn page(
    desk: Desk,
    Named((id, service)): Named<(PracticeId, String)>,
) -> Result<Response, Problem> {
    desk.needs(Capability::Status)?;
    let profile = desk.web.app.profile(&desk.actor, id).await?;
    let service = profile.practice.service(&service).ok_or_else(|| Problem::not_found("this service"))?;
    let body = form(&profile.practice.name, service);
    Ok(layout::page(&desk, &Sheet::new(format!("Form for {}", service.name), Place::Today, body)))
}

/// Where the form of a service is, below a path.
pub(crate) fn place(under: &str, service: &str) -> String {
    format!("{under}/forms/{}", parts::segment(service))
}

/// The form.
pub(crate) fn form(practice: &str, service: &ClinicalService) -> Markup {
    let Some(form) = paper_form(service.kind.as_str()) else {
        return html! { h1 { (service.name) } p { "Write by hand what you would have typed." } };
    };
    html! {
        article.paper {
            p.kicker { (practice) " · " (service.name) }
            h1 { (form.title) }
            ul.small { @for line in &form.how { li { (line) } } @if let Some(own) = &service.downtime { li { "The practice’s own way: " strong { (own) } } } }
            @for part in &form.parts { (section(part)) }
            p.small.quiet { "Page ____ of ____" }
        }
        p.unprinted { "To print it, use your browser’s menu." }
    }
}

fn section(part: &Part) -> Markup {
    html! {
        section { h2 { (part.title) }
            @if !part.ticks.is_empty() { ul.boxes { @for tick in &part.ticks { li { span.box aria-hidden="true" {} (tick) @if tick.ends_with(':') { span.rule {} } } } } }
            @if !part.lines.is_empty() { ul.rules { @for line in &part.lines { li { span { (line) } span.rule {} } } } }
            @for area in &part.areas { div.area { @if !area.label.is_empty() { p.small { (area.label) } } @for _ in 0..area.rows { div.row {} } } }
        }
    }
}
