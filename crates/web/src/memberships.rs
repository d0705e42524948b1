//! Roles at further practices: given and taken by those who administer the practice that they are at. Whoever has one sees
//! what waits there, and goes there with the browser in which they signed in.

use app::accounts::{ActAt, MembershipView, NewMembership, Standing};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use kernel::TokenId;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{Administer, By, Read},
    conditions::Listed,
    error::Problem,
    received::{Named, Sent},
    signin,
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, give)).routes(routes!(end)).routes(routes!(standings, act_at))
}

/// Who has a role at a practice that their account is not for.
#[utoipa::path(get, path = "/memberships", tag = "accounts", operation_id = "list_memberships", responses((status = 200, body = Listed<MembershipView>)))]
async fn list(State(web): State<Web>, by: By<Administer>) -> Result<Json<Listed<MembershipView>>, Problem> {
    Ok(Json(web.app.memberships(&by.actor).await?.into()))
}

/// Gives somebody who has an account a role at a further practice, in place of one that they have there.
#[utoipa::path(post, path = "/memberships", tag = "accounts", operation_id = "give_membership", request_body = NewMembership, responses((status = 201, body = MembershipView)))]
async fn give(
    State(web): State<Web>,
    by: By<Administer>,
    Sent(new): Sent<NewMembership>,
) -> Result<(StatusCode, Json<MembershipView>), Problem> {
    Ok((StatusCode::CREATED, Json(web.app.give_membership(&by.actor, new).await?)))
}

/// Takes it away. Their sessions there end.
#[utoipa::path(delete, path = "/memberships/{id}", tag = "accounts", operation_id = "end_membership", params(("id" = TokenId, Path, description = "The membership")), responses((status = 204)))]
async fn end(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    web.app.end_membership(&by.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The practices at which the caller has a role, and what waits at each. Empty where there is one, for a token, and for a
/// browser that came by a link.
#[utoipa::path(get, path = "/me/standings", tag = "accounts", operation_id = "list_standings", responses((status = 200, body = Listed<Standing>)))]
async fn standings(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<Standing>>, Problem> {
    Ok(Json(web.app.standings(&by.token).await?.into()))
}

/// Goes on at another practice, in the role that one has there. For a browser that signed in: its cookie is replaced, and
/// the session at the practice before ends.
#[utoipa::path(put, path = "/me/standings", tag = "accounts", operation_id = "act_at", request_body = ActAt, responses((status = 204)))]
async fn act_at(State(web): State<Web>, by: By<Read>, Sent(given): Sent<ActAt>) -> Result<Response, Problem> {
    let session = web.app.act_at(&by.token, given).await?;
    Ok(signin::carrying(&web, StatusCode::NO_CONTENT.into_response(), &session.token))
}
