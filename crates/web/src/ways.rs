//! Ways in besides the password: passkeys and sign-ins elsewhere, of one's own and as an administrator gives them; and
//! emergency access, given, listed and ended. To enter another practice is a browser's business alone: what comes of it
//! is a session of that browser.

use app::accounts::{
    AccountView, ChangedAccount, Emergency, IdentityView, Invitation, LetIn, MadePasskey, NewIdentity,
    NewPasskey, PasskeyChallenge, PasskeyView, SignInLine,
};
use axum::{Json, extract::State, http::StatusCode};
use kernel::TokenId;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Present,
    caller::{Administer, By, Read, Write},
    conditions::Listed,
    error::Problem,
    received::{Asked, Named, Sent},
    site::At,
    state::Web,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new()
        .routes(routes!(passkeys, make_passkey))
        .routes(routes!(challenge))
        .routes(routes!(remove_passkey))
        .routes(routes!(unlink_own))
        .routes(routes!(change))
        .routes(routes!(link))
        .routes(routes!(unlink))
        .routes(routes!(let_in))
        .routes(routes!(emergencies))
        .routes(routes!(end_emergency))
        .routes(routes!(sign_ins))
}

/// The caller's own passkeys.
#[utoipa::path(get, path = "/me/passkeys", tag = "accounts", operation_id = "list_passkeys", responses((status = 200, body = Listed<PasskeyView>)))]
async fn passkeys(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<PasskeyView>>, Problem> {
    Ok(Json(web.app.passkeys(&by.actor).await?.into()))
}

/// Begins to make a passkey: what a browser is to be asked (`navigator.credentials.create`).
#[utoipa::path(post, path = "/me/passkeys/challenge", tag = "accounts", operation_id = "ask_for_passkey", request_body = Present, responses((status = 200, body = PasskeyChallenge)))]
async fn challenge(
    State(web): State<Web>,
    at: At,
    by: By<Write>,
    Sent(sent): Sent<Present>,
) -> Result<Json<PasskeyChallenge>, Problem> {
    // Who has no account is told that first: the address does not help them.
    web.app.passkeys(&by.actor).await?;
    Ok(Json(web.app.begin_passkey(&by.actor, &by.token, at.need_site()?, sent.present).await?))
}

/// Keeps the passkey that the browser made. The first second factor comes with recovery codes, shown once.
#[utoipa::path(post, path = "/me/passkeys", tag = "accounts", operation_id = "make_passkey", request_body = NewPasskey, responses((status = 201, body = MadePasskey)))]
async fn make_passkey(
    State(web): State<Web>,
    at: At,
    by: By<Write>,
    Sent(new): Sent<NewPasskey>,
) -> Result<(StatusCode, Json<MadePasskey>), Problem> {
    web.app.passkeys(&by.actor).await?;
    Ok((StatusCode::CREATED, Json(web.app.add_passkey(&by.actor, at.need_site()?, new).await?)))
}

/// Removes one of the caller's own passkeys.
#[utoipa::path(delete, path = "/me/passkeys/{id}", tag = "accounts", operation_id = "remove_passkey", params(("id" = String, Path, description = "The passkey")), request_body = Present, responses((status = 204)))]
async fn remove_passkey(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<String>,
    Sent(sent): Sent<Present>,
) -> Result<StatusCode, Problem> {
    web.app.drop_passkey(&by.actor, &by.token, &id, sent.present).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlinks a sign-in elsewhere from the caller's own account.
#[utoipa::path(delete, path = "/me/identities/{id}", tag = "accounts", operation_id = "unlink_own_identity", params(("id" = String, Path, description = "The identity")), request_body = Present, responses((status = 204)))]
async fn unlink_own(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<String>,
    Sent(sent): Sent<Present>,
) -> Result<StatusCode, Problem> {
    web.app.unlink_own_identity(&by.actor, &by.token, &id, sent.present).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes an account. Where the role changes, every session of the person ends.
#[utoipa::path(patch, path = "/accounts/{id}", tag = "accounts", operation_id = "change_account", params(("id" = TokenId, Path, description = "The account")), request_body = ChangedAccount, responses((status = 200, body = AccountView)))]
async fn change(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
    Sent(changed): Sent<ChangedAccount>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(web.app.change_account(&by.actor, id, changed).await?))
}

/// Links a provider's name for somebody (`sub`) to their account, so that they may sign in there.
#[utoipa::path(post, path = "/accounts/{id}/identities", tag = "accounts", operation_id = "link_identity", params(("id" = TokenId, Path, description = "The account")), request_body = NewIdentity, responses((status = 201, body = IdentityView)))]
async fn link(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
    Sent(new): Sent<NewIdentity>,
) -> Result<(StatusCode, Json<IdentityView>), Problem> {
    Ok((StatusCode::CREATED, Json(web.app.link_identity(&by.actor, id, new).await?)))
}

/// Unlinks one.
#[utoipa::path(delete, path = "/accounts/{id}/identities/{identity}", tag = "accounts", operation_id = "unlink_identity", params(("id" = TokenId, Path, description = "The account"), ("identity" = String, Path, description = "The identity")), responses((status = 204)))]
async fn unlink(
    State(web): State<Web>,
    by: By<Administer>,
    Named((id, identity)): Named<(TokenId, String)>,
) -> Result<StatusCode, Problem> {
    web.app.unlink_identity(&by.actor, id, &identity).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Breaks the glass for somebody who has an account and cannot sign in: a link for half an hour that signs one browser in,
/// once, for four hours. Leads may for anybody in their care, a practice for its own practice and staff.
#[utoipa::path(post, path = "/accounts/{id}/let-in", tag = "accounts", operation_id = "let_in", params(("id" = TokenId, Path, description = "The account")), request_body = LetIn, responses((status = 201, body = Invitation)))]
async fn let_in(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<TokenId>,
    Sent(given): Sent<LetIn>,
) -> Result<(StatusCode, Json<Invitation>), Problem> {
    Ok((StatusCode::CREATED, Json(web.app.let_in(&by.actor, id, given).await?)))
}

/// Who broke the glass to come in and is in now: for leads, and for a practice about itself. Others see none.
#[utoipa::path(get, path = "/emergencies", tag = "accounts", operation_id = "list_emergencies", responses((status = 200, body = Listed<Emergency>)))]
async fn emergencies(State(web): State<Web>, by: By<Read>) -> Result<Json<Listed<Emergency>>, Problem> {
    Ok(Json(web.app.emergencies(&by.actor).await?.into()))
}

/// Ends one.
#[utoipa::path(delete, path = "/emergencies/{id}", tag = "accounts", operation_id = "end_emergency", params(("id" = TokenId, Path, description = "The emergency access")), responses((status = 204)))]
async fn end_emergency(
    State(web): State<Web>,
    by: By<Write>,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    web.app.end_emergency(&by.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lines {
    #[serde(default)]
    limit: Option<u32>,
}

/// Who signed in and who was turned away, the latest first.
#[utoipa::path(get, path = "/sign-ins", tag = "accounts", operation_id = "list_sign_ins", params(("limit" = Option<u32>, Query, description = "Lines, 1 to 500; 100 where absent")), responses((status = 200, body = Listed<SignInLine>)))]
async fn sign_ins(
    State(web): State<Web>,
    by: By<Administer>,
    Asked(lines): Asked<Lines>,
) -> Result<Json<Listed<SignInLine>>, Problem> {
    let limit = lines.limit.unwrap_or(100).clamp(1, 500);
    Ok(Json(web.app.sign_ins(&by.actor, limit).await?.into()))
}
