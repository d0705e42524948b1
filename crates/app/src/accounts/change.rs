//! What an administrator changes about somebody's account. A role that changes ends every session that had the old one:
//! what somebody may do is never what they could do yesterday.

use kernel::{Actor, Role, TokenId, authorise};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AccountView;
use crate::{App, AppError, access::Administer};

/// What changes; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedAccount {
    /// Their name, as the record shows it from now on.
    #[serde(default)]
    pub name: Option<String>,
    /// What they may do from now on. Their sessions end.
    #[serde(default)]
    pub role: Option<Role>,
    /// Whether they may enter practices that are not theirs in an emergency. The provider's administrators alone say so.
    #[serde(default)]
    pub elsewhere: Option<bool>,
}

impl App {
    /// Changes an account. Where the role changes, every session of the person ends.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Invalid`] where it makes no sense, or is the actor's own role.
    pub async fn change_account(
        &self,
        actor: &Actor,
        id: TokenId,
        changed: ChangedAccount,
    ) -> Result<AccountView, AppError> {
        let _ = authorise(actor, Administer)?;
        let mut row = self.account_of_id(actor, id).await?;
        let before = row.role;
        if let Some(name) = changed.name {
            if name.trim().is_empty() {
                return Err(AppError::invalid("/name", "the record shows who did what: a name is needed"));
            }
            name.trim().clone_into(&mut row.name);
        }
        if let Some(role) = changed.role {
            if role == Role::Service {
                return Err(AppError::invalid("/role", "a program has no account: make a token for it"));
            }
            if row.person == actor.id && role != row.role {
                return Err(AppError::invalid(
                    "/role",
                    "nobody changes their own role: ask another administrator",
                ));
            }
            row.role = role;
        }
        if let Some(elsewhere) = changed.elsewhere {
            if actor.practice.is_some() {
                let what = "only the provider's administrators give leave to enter other practices";
                return Err(AppError::invalid("/elsewhere", what));
            }
            let mut secrets = self.secrets(&row)?;
            secrets.elsewhere = elsewhere;
            row.sealed = Some(self.sealed_secrets(&secrets)?);
        }
        let said = [("from", before.as_str().into()), ("elsewhere", changed.elsewhere.into())];
        self.write_token_saying(actor, row.clone(), "account_changed", None, &said).await?;
        if row.role != before {
            self.end_sessions(actor, row.person, None).await?;
        }
        self.view(&row)
    }
}
