//! Tokens, who the caller is, and backups: what an administrator does.

use app::{
    access::{NewToken, TokenOnce},
    backup::Passphrase,
    ports::{TokenKind, TokenRow},
};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kernel::{Capability, PersonId, PracticeId, Role, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    alerts::attachment,
    caller::{Administer, By, Read},
    conditions::{Conditions, Listed},
    error::Problem,
    received::{Named, Sent},
    state::Web,
    stream,
};

pub(crate) fn routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(revoke)).routes(routes!(me))
}

pub(crate) fn lasting_routes() -> OpenApiRouter<Web> {
    OpenApiRouter::new().routes(routes!(backup))
}

/// A token as a list shows it: neither its text nor anything it could be recognised by.
#[derive(Debug, Serialize, ToSchema)]
struct TokenView {
    /// Its id, with which it can be revoked.
    id: TokenId,
    /// What it is for.
    kind: TokenKind,
    /// Whose it is, or what it is called.
    name: String,
    /// The person it stands for.
    person: PersonId,
    /// What it may do.
    role: Role,
    /// For one practice, or for all.
    practice: Option<PracticeId>,
    /// Narrower than the role where not empty.
    scopes: Vec<String>,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends by itself.
    expires_at: Option<Timestamp>,
    /// When somebody ended it.
    revoked_at: Option<Timestamp>,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> Self {
        let TokenRow {
            id,
            kind,
            name,
            person,
            role,
            practice,
            scopes,
            created_at,
            expires_at,
            revoked_at,
            ..
        } = row;
        Self { id, kind, name, person, role, practice, scopes, created_at, expires_at, revoked_at }
    }
}

/// The tokens that the administrator may see.
#[utoipa::path(get, path = "/tokens", tag = "tokens", operation_id = "list_tokens", responses((status = 200, body = Listed<TokenView>)))]
async fn list(State(web): State<Web>, by: By<Administer>) -> Result<Json<Listed<TokenView>>, Problem> {
    let rows = web.app.tokens(&by.actor).await?;
    Ok(Json(rows.into_iter().map(TokenView::from).collect::<Vec<_>>().into()))
}

/// Makes a token: for a program, for a source of alerts, or a link that signs a browser in once. Its text is shown here
/// and never again.
#[utoipa::path(
    post, path = "/tokens", tag = "tokens", operation_id = "make_token", request_body = NewToken,
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request with the same key makes one token, for seven days")),
    responses(
        (status = 201, body = TokenOnce),
        (status = 200, description = "Made before with the same key; its text is not shown again", body = TokenOnce),
    ),
)]
async fn make(
    State(web): State<Web>,
    by: By<Administer>,
    conditions: Conditions,
    Sent(new): Sent<NewToken>,
) -> Result<(StatusCode, Json<TokenOnce>), Problem> {
    if new.kind == TokenKind::Account {
        return Err(Problem::invalid("/kind", "people have accounts: POST /api/v1/accounts"));
    }
    if new.kind == TokenKind::Session {
        return Err(Problem::invalid("/kind", "a session begins with a link: make one of those"));
    }
    let key = conditions.key(&by.actor);
    let made = web.app.make_token_once(&by.actor, new, key).await?;
    let status = if made.repeated { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(made)))
}

/// Ends a token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", operation_id = "revoke_token", params(("id" = TokenId, Path, description = "The token")), responses((status = 204)))]
async fn revoke(
    State(web): State<Web>,
    by: By<Administer>,
    Named(id): Named<TokenId>,
) -> Result<StatusCode, Problem> {
    web.app.revoke_token(&by.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who the caller is, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// Their id.
    person: PersonId,
    /// Their name.
    name: String,
    /// Their role.
    role: Role,
    /// Their practice; `null` for all of the provider's.
    practice: Option<PracticeId>,
    /// What the role allows.
    may: Vec<Capability>,
    /// What the token is narrowed to; empty where it is not.
    scopes: Vec<String>,
}

/// Who the caller is.
#[utoipa::path(get, path = "/me", tag = "tokens", operation_id = "show_me", responses((status = 200, body = Me)))]
async fn me(by: By<Read>) -> Json<Me> {
    let may = Capability::ALL.into_iter().filter(|&capability| by.actor.role.may(capability)).collect();
    let By { actor, token, .. } = by;
    Json(Me {
        person: actor.id,
        name: actor.name,
        role: actor.role,
        practice: actor.practice,
        may,
        scopes: token.scopes,
    })
}

/// How a backup is made.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBackup {
    /// Seals the file (age, scrypt): 12 characters or more. Without it the file holds the keys to the evidence in clear.
    #[serde(default)]
    passphrase: Option<String>,
}

/// Makes a backup of everything, evidence and keys included, and sends it: for the provider's lead. Without a passphrase
/// it has to be guarded as the evidence itself.
#[utoipa::path(
    post, path = "/backups", tag = "tokens", operation_id = "make_backup", request_body = Option<NewBackup>,
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>)),
)]
async fn backup(State(web): State<Web>, by: By<Administer>, body: Bytes) -> Result<Response, Problem> {
    by.needs(Capability::Administer)?;
    if by.actor.practice.is_some() {
        return Err(kernel::Forbidden { role: by.actor.role, needs: Capability::Administer }.into());
    }
    let path = web.app.directory().tmp().join(format!("{}.backup", web.app.edge().id(kernel::EntryId::new)));
    // No body at all is a backup in clear, as it always was.
    let asked: NewBackup = if body.is_empty() {
        NewBackup::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| Problem::invalid("", error.to_string()))?
    };
    let passphrase = asked.passphrase.map(Passphrase::new).transpose()?;
    web.app.backup(&by.actor, &path, passphrase).await?;
    passing(&path, "application/octet-stream", "tourniquet.backup").await
}

/// Sends a file that was made for this answer, and removes it.
pub(crate) async fn passing(
    path: &std::path::Path,
    kind: &'static str,
    name: &str,
) -> Result<Response, Problem> {
    let (body, size) = stream::passing_file(path)
        .await
        .map_err(|error| app::ports::Outside::never("the file cannot be sent", error))?;
    let mut response = (attachment(kind, name), body).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    Ok(response)
}
