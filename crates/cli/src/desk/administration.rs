//! Questions about practices, tokens, backups and the log.

use std::path::Path;

use app::{
    access::NewToken,
    accounts::{
        AccountView, ChangedAccount, Emergency, IdentityView, LetIn, MembershipView, NewAccount, NewIdentity,
        NewMembership, SignInLine,
    },
    backup::Passphrase,
    ports::PracticeRow,
    practices::SetProfile,
};
use incident::Practice;
use kernel::{PracticeId, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Desk, How, as_sent,
    evidence::write_whole,
    there::{Method, Query},
};
use crate::failure::Failure;

/// A token as it is given to a person, once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Given {
    /// Its id, with which it can be revoked.
    pub(crate) id: TokenId,
    /// The token.
    pub(crate) token: String,
}

/// The log's head, for people.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    /// The signed checkpoint.
    pub(crate) checkpoint: String,
    /// The key that verifies it.
    pub(crate) key: String,
}

/// The items of a list, whether it comes bare or as a page.
fn items<T: serde::de::DeserializeOwned>(answer: &Value) -> Result<Vec<T>, Failure> {
    as_sent(answer.get("items").unwrap_or(answer))
}

impl Desk {
    /// The practices that the actor may see.
    pub(crate) async fn practices(&self) -> Result<Vec<PracticeRow>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.practices(&here.actor).await?),
            Self::There(there) => items(&there.get::<Value>("/practices", Query::new())?),
        }
    }

    /// A practice's profile.
    pub(crate) async fn practice(&self, id: PracticeId) -> Result<Practice, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.profile(&here.actor, id).await?.practice.clone()),
            Self::There(there) => {
                let answer: Value = there.get(&format!("/practices/{id}"), Query::new())?;
                as_sent(answer.get("profile").or_else(|| answer.get("practice")).unwrap_or(&answer))
            }
        }
    }

    /// Sets a practice's profile: its id and version.
    pub(crate) async fn set_practice(
        &self,
        id: Option<PracticeId>,
        practice: Practice,
    ) -> Result<(PracticeId, u64), Failure> {
        match self {
            Self::Here(here) => {
                let set = here.app.set_profile(&here.actor, SetProfile { id, practice }).await?;
                Ok((set.id, set.version))
            }
            Self::There(there) => {
                let answer: Value = match id {
                    Some(id) => there.put(&format!("/practices/{id}"), &practice)?,
                    None => there.post("/practices", &practice, &How::default())?,
                };
                let set = (
                    answer.get("id").cloned().unwrap_or_default(),
                    answer.get("version").cloned().unwrap_or(json!(1)),
                );
                as_sent(&set)
            }
        }
    }

    /// Makes a token.
    pub(crate) async fn make_token(&self, new: NewToken) -> Result<Given, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.make_token(&here.actor, new).await?),
            Self::There(there) => there.post("/tokens", &new, &How::default()),
        }
    }

    /// The tokens, without their secrets.
    pub(crate) async fn tokens(&self) -> Result<Vec<Value>, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.tokens(&here.actor).await?),
            Self::There(there) => items(&there.get::<Value>("/tokens", Query::new())?),
        }
    }

    /// Ends a token.
    pub(crate) async fn revoke_token(&self, id: TokenId) -> Result<(), Failure> {
        match self {
            Self::Here(here) => Ok(here.app.revoke_token(&here.actor, id).await?),
            Self::There(there) => there.delete(&format!("/tokens/{id}")),
        }
    }

    /// Makes an account: its id and the token of its owner's first link.
    pub(crate) async fn make_account(&self, new: NewAccount) -> Result<Given, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.make_account(&here.actor, new).await?),
            Self::There(there) => there.post("/accounts", &new, &How::default()),
        }
    }

    /// The accounts.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountView>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.accounts(&here.actor).await?),
            Self::There(there) => items(&there.get::<Value>("/accounts", Query::new())?),
        }
    }

    /// Lets somebody who is locked out in again.
    pub(crate) async fn reset_account(&self, id: TokenId) -> Result<Given, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.reset_account(&here.actor, id).await?),
            Self::There(there) => there.post(&format!("/accounts/{id}/reset"), &json!({}), &How::default()),
        }
    }

    /// Ends an account.
    pub(crate) async fn end_account(&self, id: TokenId) -> Result<(), Failure> {
        match self {
            Self::Here(here) => Ok(here.app.end_account(&here.actor, id).await?),
            Self::There(there) => there.delete(&format!("/accounts/{id}")),
        }
    }

    /// Changes an account.
    pub(crate) async fn change_account(
        &self,
        id: TokenId,
        changed: ChangedAccount,
    ) -> Result<AccountView, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.change_account(&here.actor, id, changed).await?),
            Self::There(there) => {
                there.change(Method::Patch, &format!("/accounts/{id}"), &changed, &How::default())
            }
        }
    }

    /// Links a provider's name for somebody to their account.
    pub(crate) async fn link_identity(&self, id: TokenId, new: NewIdentity) -> Result<IdentityView, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.link_identity(&here.actor, id, new).await?),
            Self::There(there) => there.post(&format!("/accounts/{id}/identities"), &new, &How::default()),
        }
    }

    /// Unlinks one.
    pub(crate) async fn unlink_identity(&self, id: TokenId, identity: &str) -> Result<(), Failure> {
        match self {
            Self::Here(here) => Ok(here.app.unlink_identity(&here.actor, id, identity).await?),
            Self::There(there) => there.delete(&format!("/accounts/{id}/identities/{identity}")),
        }
    }

    /// Gives somebody a role at a further practice.
    pub(crate) async fn give_membership(&self, new: NewMembership) -> Result<MembershipView, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.give_membership(&here.actor, new).await?),
            Self::There(there) => there.post("/memberships", &new, &How::default()),
        }
    }

    /// Who has one.
    pub(crate) async fn memberships(&self) -> Result<Vec<MembershipView>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.memberships(&here.actor).await?),
            Self::There(there) => items(&there.get::<Value>("/memberships", Query::new())?),
        }
    }

    /// Takes one away.
    pub(crate) async fn end_membership(&self, id: TokenId) -> Result<(), Failure> {
        match self {
            Self::Here(here) => Ok(here.app.end_membership(&here.actor, id).await?),
            Self::There(there) => there.delete(&format!("/memberships/{id}")),
        }
    }

    /// Breaks the glass for somebody who cannot sign in.
    pub(crate) async fn let_in(&self, id: TokenId, given: LetIn) -> Result<Given, Failure> {
        match self {
            Self::Here(here) => as_sent(&here.app.let_in(&here.actor, id, given).await?),
            Self::There(there) => there.post(&format!("/accounts/{id}/let-in"), &given, &How::default()),
        }
    }

    /// Who broke the glass to come in and is in now.
    pub(crate) async fn emergencies(&self) -> Result<Vec<Emergency>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.emergencies(&here.actor).await?),
            Self::There(there) => items(&there.get::<Value>("/emergencies", Query::new())?),
        }
    }

    /// Ends one.
    pub(crate) async fn end_emergency(&self, id: TokenId) -> Result<(), Failure> {
        match self {
            Self::Here(here) => Ok(here.app.end_emergency(&here.actor, id).await?),
            Self::There(there) => there.delete(&format!("/emergencies/{id}")),
        }
    }

    /// Who signed in and who was turned away.
    pub(crate) async fn sign_ins(&self, limit: u32) -> Result<Vec<SignInLine>, Failure> {
        match self {
            Self::Here(here) => Ok(here.app.sign_ins(&here.actor, limit).await?),
            Self::There(there) => {
                items(&there.get::<Value>("/sign-ins", vec![("limit", limit.to_string())])?)
            }
        }
    }

    /// Writes a backup.
    pub(crate) async fn backup(&self, out: &Path, passphrase: Option<String>) -> Result<Value, Failure> {
        match self {
            Self::Here(here) => {
                let passphrase = passphrase.map(Passphrase::new).transpose()?;
                as_sent(&here.app.backup(&here.actor, out, passphrase).await?)
            }
            Self::There(there) => {
                let sealed = passphrase.is_some();
                let (reader, length) = there.posted("/backups", &json!({ "passphrase": passphrase }))?;
                let bytes = write_whole(reader, length, out)?;
                Ok(json!({ "bytes": bytes, "sealed": sealed }))
            }
        }
    }

    /// The log's signed head.
    pub(crate) async fn log_head(&self) -> Result<Head, Failure> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        match self {
            Self::Here(here) => {
                let head = here.app.log_head(&here.actor).await?;
                Ok(Head { checkpoint: head.checkpoint, key: here.app.verifier_key() })
            }
            Self::There(there) => Ok(Head {
                checkpoint: text(there.bytes("/log/checkpoint")?),
                key: text(there.bytes("/log/key")?).trim().to_owned(),
            }),
        }
    }
}
