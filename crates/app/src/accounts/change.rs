//! What an administrator changes about somebody's account. A role that changes ends every session that had the old one:
//! what somebody may do is never what they could do yesterday. Two who change one account at the same moment both see
//! their change stand, and whoever leads last stays.

use kernel::{Actor, Digest, Role, Timestamp, TokenId, authorise};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{AccountView, secrets::Secrets};
use crate::{
    App, AppError,
    access::{Administer, actor_of},
    ports::{Appended, Scope, TokenKind, TokenRow},
};

/// What changes; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    /// Their name, as the record shows it from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What they may do from now on. Their sessions end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The role that this was decided on: where they have another by now, nothing is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<Role>,
    /// Whether they may enter practices that are not theirs in an emergency. The provider's administrators alone say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<bool>,
}

/// What an entry says beside the account itself.
type Said = Vec<(&'static str, Value)>;

impl App {
    /// Changes an account. Where the role changes, every session of the person ends.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Invalid`] where it makes no sense, is the actor's own role, or would leave
    /// nobody to lead; [`AppError::Overtaken`] where the role is not the one it was decided on.
    pub async fn change_account(
        &self,
        actor: &Actor,
        id: TokenId,
        changed: ChangedAccount,
    ) -> Result<AccountView, AppError> {
        let _ = authorise(actor, Administer)?;
        let mut from = None;
        let row = self
            .change_row(actor, id, "account_changed", |row, _| {
                from = Some(row.role);
                self.put(actor, row, &changed)
            })
            .await?;
        if from != Some(row.role) {
            self.end_sessions(actor, row.person, |_| true).await?;
        }
        self.view(&row)
    }

    /// Puts what changes into the row.
    fn put(&self, actor: &Actor, row: &mut TokenRow, changed: &ChangedAccount) -> Result<Said, AppError> {
        let mut said = vec![("from", row.role.as_str().into())];
        if changed.was.is_some_and(|was| was != row.role) {
            return Err(AppError::Overtaken);
        }
        if let Some(name) = &changed.name {
            if name.trim().is_empty() {
                return Err(AppError::invalid("/name", "the record shows who did what: a name is needed"));
            }
            said.push(("name_before", row.name.clone().into()));
            name.trim().clone_into(&mut row.name);
        }
        if let Some(role) = changed.role {
            if role == Role::Service {
                return Err(AppError::invalid("/role", "a program has no account: make a token for it"));
            }
            if row.person == actor.id && role != row.role {
                let what = "nobody changes their own role: ask another administrator";
                return Err(AppError::invalid("/role", what));
            }
            row.role = role;
        }
        if let Some(elsewhere) = changed.elsewhere {
            if actor.practice.is_some() {
                let what = "only the provider's administrators give leave to enter other practices";
                return Err(AppError::invalid("/elsewhere", what));
            }
            let mut secrets = self.secrets(row)?;
            secrets.elsewhere = elsewhere;
            row.sealed = Some(self.sealed_secrets(&secrets)?);
            said.push(("elsewhere", elsewhere.into()));
        }
        Ok(said)
    }

    /// Changes an account's row by its id. Where somebody else changed it meanwhile, the change is made again on theirs.
    pub(super) async fn change_row(
        &self,
        actor: &Actor,
        id: TokenId,
        kind: &str,
        mut change: impl FnMut(&mut TokenRow, Timestamp) -> Result<Said, AppError> + Send,
    ) -> Result<TokenRow, AppError> {
        loop {
            let before = self.account_of_id(actor, id).await?;
            let mut row = before.clone();
            let said = change(&mut row, self.edge().now())?;
            match self.write_token_over(Some(&before), actor, row.clone(), kind, None, &said).await {
                Ok(_) => return Ok(row),
                Err(AppError::Overtaken) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps an account's secrets, in place of those of the row that was read.
    ///
    /// # Errors
    /// [`AppError::Overtaken`] where somebody else changed the account meanwhile.
    pub(super) async fn keep_secrets(
        &self,
        actor: &Actor,
        before: TokenRow,
        secrets: &Secrets,
        kind: &str,
        once: Option<(String, Digest)>,
    ) -> Result<Appended, AppError> {
        let row = TokenRow { sealed: Some(self.sealed_secrets(secrets)?), ..before.clone() };
        self.write_token_over(Some(&before), actor, row, kind, once, &[]).await
    }

    /// Refuses to take the last lead away, of a practice or of the provider: nobody would be left to let others in.
    pub(crate) async fn keep_a_lead(&self, before: &TokenRow, row: &TokenRow) -> Result<(), AppError> {
        let leads = |row: &TokenRow| {
            row.kind == TokenKind::Account && row.role == Role::Lead && row.revoked_at.is_none()
        };
        if !leads(before) || leads(row) {
            return Ok(());
        }
        let rows = self.journal().tokens(Scope::Provider).await?;
        let others = rows.iter().filter(|other| leads(other) && other.id != before.id);
        for other in others.filter(|other| other.practice.is_none() || other.practice == before.practice) {
            if self.secrets(other)?.comes_in() {
                return Ok(());
            }
        }
        let what =
            "nobody else who leads here can sign in: make another lead first, and let them sign in once";
        Err(AppError::invalid("/role", what))
    }

    /// Whether the account that a session just begun stands for is still what it was when its owner came in. Who changes
    /// an account writes it down first and looks for sessions then; who comes in begins the session first and looks at
    /// the account then. So one of the two sees the other. Where the account has changed, the session ends.
    pub(crate) async fn still_theirs(
        &self,
        mut session: TokenRow,
        account: Option<&Digest>,
    ) -> Result<bool, AppError> {
        let account = match account {
            Some(hash) => self.journal().token(hash).await?,
            // A link says whose it is, not what they sign in with.
            None => {
                let rows = self.journal().tokens(Scope::Provider).await?;
                rows.into_iter().find(|row| row.kind == TokenKind::Account && row.person == session.person)
            }
        };
        let Some(account) = account else { return Ok(true) };
        let role = match session.practice {
            _ if session.glass.is_some() || session.practice == account.practice => Some(account.role),
            // Elsewhere acts only whoever came by signing in, in the role that they have there.
            Some(practice) if session.account == Some(account.hash) => {
                self.role_at(account.person, practice).await?
            }
            _ => None,
        };
        if account.revoked_at.is_none() && account.person == session.person && role == Some(session.role) {
            return Ok(true);
        }
        session.revoked_at = Some(self.edge().now());
        self.write_token(&actor_of(&session), session, "session_ended", None).await?;
        Ok(false)
    }
}
