//! A form's command to an incident: read, given, and back to where the form was.

use axum::{extract::State, response::Response};
use incident::Request;
use kernel::IncidentId;

use super::desk::Act;
use crate::{error::Problem, received::Named, state::Web};

/// Gives the incident what the form says.
pub(crate) async fn act(
    State(web): State<Web>,
    Named(id): Named<IncidentId>,
    act: Act,
) -> Result<Response, Problem> {
    let actor = &act.desk.actor;
    let view = web.app.incident(actor, id).await?;
    let profile = web.app.profile(actor, view.state.practice).await?;
    let request: Request = act.fields.request(&profile.practice.zone())?;
    let done = web.app.command(actor, id, request, act.how()).await?;
    Ok(act.back_after(done.version))
}
