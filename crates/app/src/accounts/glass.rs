//! Breaking the glass to come in. Two doors, each named, with a reason, for four hours, seen by everybody and ended by
//! any lead: somebody who cannot sign in (the telephone is lost, the key is at home) is let in by a colleague who knows
//! them; and a responder whom the provider has given leave enters a practice that is not theirs. Neither makes anybody
//! more than they are: the role stays the account's own. The actor's name says it in every entry that they make.

use kernel::{Actor, Capability, Forbidden, PracticeId, Role, Timestamp, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AccountView, Invitation};
use crate::{
    App, AppError,
    access::{MadeToken, NOBODY, actor_of, token_text},
    ports::{Glass, Scope, TokenKind, TokenRow},
};

/// How long such a session lasts, in hours.
pub(crate) const HOURS: i64 = 4;
/// How long a link to one can be used, in minutes.
const LINK: i64 = 30;
/// The shortest reason: a sentence, not a dot.
const SHORTEST: usize = 10;

/// Why somebody is to be let in who cannot sign in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LetIn {
    /// Why they cannot sign in, and how you know that it is they: at least ten letters.
    pub reason: String,
}

/// A practice that is to be entered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enter {
    /// Its name as it calls itself, or its id. Practices are not listed to those who do not serve them.
    pub practice: String,
    /// Why: at least ten letters.
    pub reason: String,
}

/// Somebody who came in past the usual way, and is in now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Emergency {
    /// The session, with which it can be ended.
    pub id: TokenId,
    /// Who.
    pub name: String,
    /// As what.
    pub role: Role,
    /// In which practice; `None` for all.
    pub practice: Option<PracticeId>,
    /// Why.
    pub reason: String,
    /// Who let them in; themselves where they entered a practice that is not theirs.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

fn judge(reason: &str) -> Result<String, AppError> {
    let reason = reason.trim();
    if reason.chars().filter(|c| c.is_alphanumeric()).count() < SHORTEST || reason.chars().count() > 500 {
        let what =
            "say in a sentence why: everybody will read it, today and in six years (10 to 500 letters)";
        return Err(AppError::invalid("/reason", what));
    }
    if reason.chars().any(|c| c.is_control() && c != '\n') {
        return Err(AppError::invalid("/reason", "plain words only"));
    }
    Ok(reason.to_owned())
}

/// Whether somebody watches over who comes in: leads, and the practice over its own.
fn watches(actor: &Actor) -> bool {
    actor.role.may(Capability::Lead) || (actor.role.may(Capability::Approve) && actor.practice.is_some())
}

impl App {
    /// Lets somebody in who has an account and cannot sign in: a link that signs one browser in, within half an hour, for
    /// four hours. A lead may do so for anybody in their care; the practice for its own practice and staff.
    ///
    /// # Errors
    /// [`AppError::Forbidden`], [`AppError::NotFound`]; [`AppError::Invalid`] where the reason is none.
    pub async fn let_in(&self, actor: &Actor, id: TokenId, given: LetIn) -> Result<Invitation, AppError> {
        if !watches(actor) {
            return Err(Forbidden { role: actor.role, needs: Capability::Lead }.into());
        }
        let row = self.account_of_id(actor, id).await?;
        let lead = actor.role.may(Capability::Lead);
        if !lead && !matches!(row.role, Role::Practice | Role::Staff) {
            return Err(Forbidden { role: actor.role, needs: Capability::Lead }.into());
        }
        if row.person == actor.id {
            return Err(AppError::invalid("/id", "nobody lets themselves in: you are in"));
        }
        let reason = judge(&given.reason)?;
        let token = token_text(&self.edge().random());
        let now = self.edge().now();
        let link = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: TokenKind::Link,
            hash: kernel::Digest::of(token.as_bytes()),
            sealed: None,
            created_at: now,
            expires_at: now.checked_add(jiff::SignedDuration::from_mins(LINK)).ok(),
            glass: Some(Glass { reason, by: actor.name.clone(), home: row.practice }),
            ..row.clone()
        };
        self.write_token(actor, link, "glass_opened", None).await?;
        tracing::warn!(account = %row.id, "somebody is let in past the usual way");
        Ok(Invitation { id: row.id, token })
    }

    /// The accounts that the actor may let in.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn people_to_let_in(&self, actor: &Actor) -> Result<Vec<AccountView>, AppError> {
        if !watches(actor) {
            return Ok(Vec::new());
        }
        let lead = actor.role.may(Capability::Lead);
        let rows = self.journal().tokens(Scope::of(actor)).await?;
        let standing = rows.into_iter().filter(|row| {
            row.kind == TokenKind::Account && row.revoked_at.is_none() && row.person != actor.id
        });
        let theirs = standing.filter(|row| lead || matches!(row.role, Role::Practice | Role::Staff));
        theirs.map(|row| self.view(&row)).collect()
    }

    /// Enters a practice that is not the actor's, for four hours. Their account must have leave for it from the provider,
    /// and a role that works on systems.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where there is no such practice, or no leave: which of the two is nobody's business.
    pub async fn enter_practice(&self, actor: &Actor, given: Enter) -> Result<MadeToken, AppError> {
        if !actor.role.may(Capability::Respond) {
            return Err(Forbidden { role: actor.role, needs: Capability::Respond }.into());
        }
        let reason = judge(&given.reason)?;
        let closed = || AppError::not_found("a practice of that name that you have leave to enter");
        let account = self.own_row(actor).await?.ok_or_else(closed)?;
        if account.practice.is_none() {
            return Err(AppError::invalid(
                "/practice",
                "you serve every practice already: choose it on the board",
            ));
        }
        // Who works on systems here may be something else where their account is; what they bring along is that.
        if !account.role.may(Capability::Respond) {
            return Err(Forbidden { role: account.role, needs: Capability::Respond }.into());
        }
        if !self.secrets(&account)?.elsewhere {
            self.refused_sign_in("emergency", "no_leave", Some(&account)).await;
            return Err(closed());
        }
        let named = given.practice.trim();
        let practices = self.journal().practices(Scope::Provider).await?;
        let mut found = practices.iter().filter(|row| {
            row.name.eq_ignore_ascii_case(named) || row.id.to_string().eq_ignore_ascii_case(named)
        });
        let (Some(practice), None) = (found.next(), found.next()) else {
            self.refused_sign_in("emergency", "no_such_practice", Some(&account)).await;
            return Err(closed());
        };
        if Some(practice.id) == account.practice {
            return Err(AppError::invalid("/practice", "that is your own practice"));
        }
        if self.role_at(account.person, practice.id).await?.is_some() {
            let what = "you have a role there: act there from the page Your account";
            return Err(AppError::invalid("/practice", what));
        }
        let token = token_text(&self.edge().random());
        let now = self.edge().now();
        let own = account.hash;
        let session = TokenRow {
            id: self.edge().id(TokenId::new),
            kind: TokenKind::Session,
            hash: kernel::Digest::of(token.as_bytes()),
            practice: Some(practice.id),
            sealed: None,
            created_at: now,
            expires_at: now.checked_add(jiff::SignedDuration::from_hours(HOURS)).ok(),
            glass: Some(Glass { reason, by: account.name.clone(), home: account.practice }),
            ..account
        };
        let id = session.id;
        let actor = actor_of(&session);
        let said = [("way", "emergency".into())];
        self.write_token_saying(&actor, session.clone(), "session_begun", None, &said).await?;
        if !self.still_theirs(session, Some(&own)).await? {
            return Err(closed());
        }
        tracing::warn!(session = %id, "somebody entered a practice that is not theirs");
        Ok(MadeToken { id, token })
    }

    /// Who is in past the usual way now: for leads, and for a practice about itself. Others see none.
    ///
    /// # Errors
    /// [`AppError`].
    pub async fn emergencies(&self, actor: &Actor) -> Result<Vec<Emergency>, AppError> {
        if !watches(actor) {
            return Ok(Vec::new());
        }
        let now = self.edge().now();
        let rows = self.few_tokens().await?;
        let standing = rows
            .iter()
            .filter(|row| row.kind == TokenKind::Session && row.expires_at.is_none_or(|end| end > now));
        let theirs =
            standing.filter(|row| row.practice.map_or(actor.practice.is_none(), |id| actor.serves(id)));
        Ok(theirs.cloned().filter_map(emergency).collect())
    }

    /// Ends one.
    ///
    /// # Errors
    /// [`AppError::Forbidden`], [`AppError::NotFound`].
    pub async fn end_emergency(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        let rows = self.journal().tokens(Scope::of(actor)).await?;
        let missing = || AppError::not_found(format!("emergency access {id}"));
        let ours = |row: &TokenRow| row.id == id && row.kind == TokenKind::Session && row.glass.is_some();
        let mut row = rows.into_iter().find(ours).ok_or_else(missing)?;
        if !watches(actor) && row.person != actor.id {
            return Err(Forbidden { role: actor.role, needs: Capability::Lead }.into());
        }
        if row.revoked_at.is_none() {
            row.revoked_at = Some(self.edge().now());
            self.write_token(actor, row, "glass_mended", None).await?;
        }
        Ok(())
    }
}

fn emergency(row: TokenRow) -> Option<Emergency> {
    let TokenRow { id, name, role, practice, glass, created_at, expires_at, .. } = row;
    let Glass { reason, by, .. } = glass?;
    let practice = practice.filter(|id| *id != NOBODY);
    Some(Emergency { id, name, role, practice, reason, by, since: created_at, until: expires_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_sentence_and_not_a_dot() {
        for none in ["", "          ", "..........", "lost", "a\u{0}bcdefghijklm"] {
            assert!(judge(none).is_err(), "{none:?}");
        }
        assert_eq!(judge(" Her telephone is broken. ").unwrap(), "Her telephone is broken.");
        assert!(judge(&"x".repeat(501)).is_err());
    }
}
