//! Accounts: an administrator's list of people, and each person's own password, authenticator app and sessions.

use app::accounts::{AccountView, Enrolment, Invitation, NewAccount, RecoveryCodes};
use axum::{Json, extract::State, http::StatusCode};
use kernel::{Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    caller::{Administer, By, Read, Write},
    conditions::Listed,
    error::Problem,
    received::{Named, Sent},
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(end))
        .routes(routes!(reset))
        .routes(routes!(own, set_password))
        .routes(routes!(begin_authenticator, confirm_authenticator, drop_authenticator))
        .routes(routes!(sessions))
        .routes(routes!(end_session))
}

/// The accounts of people who sign in with a password.
#[utoipa::path(get, path = "/accounts", tag = "accounts", operation_id = "list_accounts", responses((status = 200, body = Listed<AccountView>)))]
async fn list(State(web): State<Web>, by: By<Administer>) -> Result<Json<Listed<AccountView>>, Problem> {
    Ok(Json(web.app.accounts(&by.actor).await?.into()))
}

/// Makes an account. The answer holds the token of a link, `/signin/TOKEN`, by which its owner comes in the first time
/// and chooses a password.
#[utoipa::path(post, path = "/accounts", tag = "accounts", operation_id = "make_account", request_body = NewAccount, responses((status = 201, body = Invitation)))]
async fn make(
    State(web): State<Web>,
    by: By<Administer>,
    Sent(new): Sent<NewAccount>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    Ok((StatusCode::CREATED, Json(web.app.make_account(&by.actor, new).await?)))
}

/// Ends an account and its sessions.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", operation_id = "end_account", params(("id" = TokenId, Path, description = "The account")), responses((status = 204)))]
async fn end(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    web.app.end_account(&by.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes password and authenticator of somebody who is locked out away, ends their sessions, and makes a new link.
#[utoipa::path(post, path = "/accounts/{id}/reset", tag = "accounts", operation_id = "reset_account", params(("id" = TokenId, Path, description = "The account")), responses((status = 200, body = Invitation)))]
async fn reset(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
) -> Result<Json<Invitation>, Problem> {
    Ok(Json(web.app.reset_account(&by.actor, id).await?))
}

/// The caller's own account.
#[utoipa::path(get, path = "/me/account", tag = "accounts", operation_id = "show_own_account", responses((status = 200, body = AccountView)))]
async fn own(State(web): State<Web>, by: By<Read>) -> Result<Json<AccountView>, Problem> {
    let account = web.app.own_account(&by.actor).await?;
    account.map(Json).ok_or_else(|| app::AppError::not_found("an account of yours").into())
}

/// A new password of one's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    /// The present one; absent where there is none yet.
    #[serde(default)]
    present: Option<String>,
    /// The new one: 15 characters at least, four or five words.
    new: String,
}

/// Sets one's own password, from a browser's session. Other sessions of the same person end.
#[utoipa::path(put, path = "/me/account", tag = "accounts", operation_id = "set_password", request_body = NewPassword, responses((status = 204)))]
async fn set_password(
    State(web): State<Web>,
    by: By<Write>,
    Sent(sent): Sent<NewPassword>,
) -> Result<StatusCode, Problem> {
    web.app.set_password(&by.actor, by.token.id, sent.present, sent.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The present password, said again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Present {
    /// The password; absent where there is none.
    #[serde(default)]
    pub(crate) present: Option<String>,
}

/// Begins to set up an authenticator app (RFC 6238). It is asked for once a code of it has been given.
#[utoipa::path(post, path = "/me/authenticator", tag = "accounts", operation_id = "begin_authenticator", request_body = Present, responses((status = 200, body = Enrolment)))]
async fn begin_authenticator(
    State(web): State<Web>,
    by: By<Write>,
    Sent(sent): Sent<Present>,
) -> Result<Json<Enrolment>, Problem> {
    Ok(Json(web.app.begin_authenticator(&by.actor, sent.present).await?))
}

/// A code of the app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Code {
    /// Six digits.
    code: String,
}

/// Ends the setting up with a code of the app. The answer holds ten recovery codes, shown once.
#[utoipa::path(put, path = "/me/authenticator", tag = "accounts", operation_id = "confirm_authenticator", request_body = Code, responses((status = 200, body = RecoveryCodes)))]
async fn confirm_authenticator(
    State(web): State<Web>,
    by: By<Write>,
    Sent(sent): Sent<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    Ok(Json(web.app.confirm_authenticator(&by.actor, &sent.code).await?))
}

/// Takes one's own authenticator app away.
#[utoipa::path(delete, path = "/me/authenticator", tag = "accounts", operation_id = "drop_authenticator", request_body = Present, responses((status = 204)))]
async fn drop_authenticator(
    State(web): State<Web>,
    by: By<Write>,
    Sent(sent): Sent<Present>,
) -> Result<StatusCode, Problem> {
    web.app.drop_authenticator(&by.actor, sent.present).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A browser in which one is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct SessionView {
    /// Its id, with which it can be ended.
    id: TokenId,
    /// When it began.
    begun_at: Timestamp,
    /// When it ends by itself.
    ends_at: Option<Timestamp>,
    /// Whether it is the one that asks.
    this: bool,
}

/// The caller's own sessions.
#[utoipa::path(get, path = "/me/sessions", tag = "accounts", operation_id = "list_own_sessions", responses((status = 200, body = Listed<SessionView>)))]
async fn sessions(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<SessionView>>, Problem> {
    let rows = web.app.sessions(&by.actor).await?;
    let views = rows.into_iter().map(|row| SessionView {
        id: row.id,
        begun_at: row.created_at,
        ends_at: row.expires_at,
        this: row.id == by.token.id,
    });
    Ok(Json(views.collect::<Vec<_>>().into()))
}

/// Ends one of the caller's own sessions.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "accounts", operation_id = "end_own_session", params(("id" = TokenId, Path, description = "The session")), responses((status = 204)))]
async fn end_session(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    web.app.end_session(&by.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
